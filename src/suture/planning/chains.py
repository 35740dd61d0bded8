"""A user's filter chain by where its filters run, completed with what takes pictures to a device and back. Pure.

People write ``scale_vulkan=1280:-2``; ffmpeg wants ``format=…,hwupload,scale_vulkan=1280:-2,hwdownload,format=…``. What
stands in the chain already is left as it is. Whether the result runs on this machine is for `trial` to find out, and
what becomes a process of its own for `stages` to decide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from suture.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Chain", "Run", "chain_of", "encoder_device", "split_filters"]

# Source: the names of libavfilter's filters and libavcodec's encoders in 5.1 and 9.0.
_DEVICES: Final = {
    "_cuda": "cuda",
    "_npp": "cuda",
    "_opencl": "opencl",
    "_qsv": "qsv",
    "_vaapi": "vaapi",
    "_vt": "videotoolbox",
    "_vulkan": "vulkan",
}
_ENCODERS: Final = {
    "_nvenc": "cuda",
    "_qsv": "qsv",
    "_vaapi": "vaapi",
    "_vulkan": "vulkan",
    "_videotoolbox": "videotoolbox",
}
# They take pictures from their device only; the others copy them there themselves.
_NEEDS_UPLOAD: Final = frozenset({"vaapi", "vulkan"})
# They change what is said of a picture, not the picture, and do so wherever it is.
_ANYWHERE: Final = frozenset("null setdar setfield setparams setpts setrange setsar settb trim".split())  # noqa: SIM905
_LIGHT: Final = _ANYWHERE | {
    "copy",
    "crop",
    "format",
    "hflip",
    "noformat",
    "pad",
    "scale",
    "transpose",
    "vflip",
    "zscale",
}
# What a device takes. 4:2:0 only where others would lose colour without a word; ten bits as all devices have them.
_EIGHT_BITS: Final = {"vaapi": "nv12", "qsv": "nv12", "videotoolbox": "nv12"}
_KEPT: Final = {
    "cuda": frozenset({"yuv444p", "yuv444p16le"}),
    "vulkan": frozenset({"yuv422p", "yuv444p", "yuv422p10le", "yuv444p10le", "gray", "gbrp"}),
    "opencl": frozenset({"gray"}),
}
_OWN_FORMAT: Final = re.compile(r"(?:^|[=:])format=([A-Za-z0-9]+)")


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring filters that run at one place.

    Args:
        filters: as ffmpeg reads them, with the ways to the device and back.
        device: its kind; empty: processor cores.
        pixel_format: of the pictures that leave it; empty where that is not known.
        heavy: whether it is work, rather than a change of labels, shape or format.
    """

    filters: tuple[str, ...]
    device: str = ""
    pixel_format: str = ""
    heavy: bool = True


@dataclass(frozen=True, slots=True)
class Chain:
    """A completed chain.

    Args:
        runs: its filters in order; empty where it is a graph with branches, or maps pictures itself.
        filters: all of them, as one process takes them.
        device: the kind of device that it needs; empty: none.
        stays: the pictures stay on the device, for an encoder there.
    """

    runs: tuple[Run, ...]
    filters: tuple[str, ...]
    device: str = ""
    stays: bool = False


def split_filters(chain: str) -> list[str]:
    r"""The filters of a chain, as they are written; commas in quotes, brackets or after a backslash part nothing."""
    parts, quoted, escaped, depth = [""], False, False, 0
    for character in chain:
        plain = not quoted and not escaped
        depth += (character == "[") - (character == "]") if plain else 0
        if character == "," and plain and not depth:
            parts.append("")
            continue
        parts[-1] += character
        quoted ^= character == "'" and not escaped
        escaped = character == "\\" and plain
    return [part.strip() for part in parts if part.strip()]


def encoder_device(codec: str) -> str:
    """The kind of device that an encoder works on; empty: processor cores, or one that it finds itself."""
    return next((device for suffix, device in _ENCODERS.items() if codec.endswith(suffix)), "")


def chain_of(filters: Sequence[str], codec: str, pixel_format: str) -> Chain:
    """Complete a chain.

    Args:
        filters: the user's.
        codec: the encoder behind it.
        pixel_format: of the pictures before it.

    Raises:
        ConfigError: it needs devices of two kinds.
    """
    parts = split_filters(",".join(filters))
    devices = _devices(parts)
    if len(devices) > 1:
        what = f"-vf has filters for {' and '.join(sorted(devices))}, and a chain runs on one device"
        raise ConfigError(what, "choose filters of one kind")
    wanted = encoder_device(codec)
    device = next(iter(devices), wanted if wanted in _NEEDS_UPLOAD else "")
    if _is_own(parts):
        return Chain((), tuple(filters), device)
    found = _Walk(device, pixel_format).through(parts, wanted)
    return found if device else replace(found, filters=tuple(filters))


def _devices(parts: Sequence[str]) -> set[str]:
    return {device for part in parts if (device := _device_of(_name(part)))}


def _device_of(name: str) -> str:
    if name == "libplacebo":
        return "vulkan"
    return next((device for suffix, device in _DEVICES.items() if name.endswith(suffix)), "")


def _is_own(parts: Sequence[str]) -> bool:
    """Whether it has branches, or ways between devices that only who wrote it understands."""
    bare = [re.sub(r"\\.|'[^']*'", "", part) for part in parts]
    return any("[" in part or ";" in part or _name(part) == "hwmap" for part in bare)


def _name(part: str) -> str:
    return re.split(r"[=@]", part, maxsplit=1)[0].strip()


class _Walk:
    """Goes through a chain and remembers where the pictures are."""

    def __init__(self, device: str, pixel_format: str) -> None:
        self._device = device
        self._runs: list[Run] = []
        self._on_device = False
        self._format = pixel_format
        self._full_range = pixel_format.startswith("yuvj")
        self._uploaded = ""

    def through(self, parts: Sequence[str], wanted: str) -> Chain:
        for place, part in enumerate(parts):
            self._take(part, parts[place + 1] if place + 1 < len(parts) else "")
        stays = bool(wanted) and wanted == self._device and (self._on_device or wanted in _NEEDS_UPLOAD)
        if stays and not self._on_device:
            self._add(*self._up(), device=True)
        if self._on_device and not stays:
            self._add(*self._down(), device=True)
        filters = tuple(text for run in self._runs for text in run.filters)
        return Chain(tuple(self._runs), filters, self._device, stays)

    def _take(self, part: str, following: str) -> None:
        name = _name(part)
        if name.startswith("hwupload"):
            self._add(part, device=True)
            self._on_device, self._uploaded = True, self._format
        elif name == "hwdownload":
            self._on_device, self._format = False, _named_format(following)
            self._add(part, device=True)
        elif _device_of(name):
            self._add(*([] if self._on_device else self._up()), part, device=True)
            self._on_device = True
            self._uploaded = _own_format(part) or self._uploaded
        else:
            self._on_cores(name, part)

    def _on_cores(self, name: str, part: str) -> None:
        if self._on_device and (name in _ANYWHERE or _named_format(part) == self._device):
            return self._add(part, device=True)
        if self._on_device:
            self._add(*self._down(), device=True)
            self._on_device = False
        self._format = _named_format(part) or self._format
        # The format that a download is told belongs to it.
        own_way = name == "format" and bool(self._runs) and _name(self._runs[-1].filters[-1]) == "hwdownload"
        return self._add(part, device=own_way, heavy=name not in _LIGHT)

    def _add(self, *parts: str, device: bool, heavy: bool = True) -> None:
        place = self._device if device else ""
        if not self._runs or self._runs[-1].device != place:
            self._runs.append(Run((), place, heavy=False))
        last = self._runs[-1]
        self._runs[-1] = replace(
            last, filters=(*last.filters, *parts), pixel_format=self._format, heavy=last.heavy or heavy
        )

    def _up(self) -> Iterator[str]:
        self._uploaded = self._fitting()
        if self._full_range:  # the old name of full range is a format that devices do not know
            yield "scale=in_range=full:out_range=full"
        self._format, self._full_range = self._uploaded, False
        if self._runs and not self._runs[-1].device:
            self._runs[-1] = replace(self._runs[-1], pixel_format=self._format)
        yield f"format={self._uploaded}"
        yield "hwupload"

    def _down(self) -> Iterator[str]:
        self._format = self._uploaded
        yield "hwdownload"
        yield f"format={self._uploaded}"

    def _fitting(self) -> str:
        """The format in which pictures go to the device."""
        plain = self._format.replace("yuvj", "yuv") or "yuv420p"
        if plain in {"yuv420p", "nv12"}:
            return _EIGHT_BITS.get(self._device, plain)
        if plain in {"yuv420p10le", "p010le"}:
            return "p010le"
        if plain in _KEPT.get(self._device, ()):
            return plain
        what = f"how {plain} pictures get to a {self._device} device and back is not known"
        raise ConfigError(what, "write it into -vf: format=…,hwupload,…,hwdownload,format=…")


def _named_format(part: str) -> str:
    """The format that a ``format`` filter names, where it is one."""
    name, _, options = part.partition("=")
    return options.removeprefix("pix_fmts=") if name.strip() == "format" and "|" not in options else ""


def _own_format(part: str) -> str:
    found = _OWN_FORMAT.search(part)
    return found[1] if found else ""
