"""What each video encoder calls its quality and its speed, and what it occupies: one table.

Names and ranges are facts about ffmpeg's wrappers, not about a certain binary: what a binary has is
`ffmpeg.capabilities`' question. Encoders that are not in the table are taken to know ``-crf`` and
``-preset``, as most do. Pure. Neighbour: `video`, which turns settings into arguments by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from suture.command.base import Resource
from suture.errors import ConfigError

__all__ = ["VideoEncoderOptions", "options_of", "quality_arguments", "resource_of", "speed_arguments"]


@dataclass(frozen=True, slots=True)
class VideoEncoderOptions:
    """How one encoder is told what to do.

    Args:
        quality: its constant-quality option without the dash; empty: it has none.
        low: the least number that it takes.
        high: the greatest.
        whole: it takes whole numbers only.
        beside: arguments that constant quality needs beside it.
        speed: its speed option without the dash; empty: it has none.
        always: arguments that it gets in any case.
    """

    quality: str = "crf"
    low: float = 0
    high: float = 255
    whole: bool = False
    beside: tuple[str, ...] = ()
    speed: str = "preset"
    always: tuple[str, ...] = ()


_X26X = VideoEncoderOptions(high=51)
_VPX = VideoEncoderOptions(high=63, whole=True, beside=("-b:v", "0"), speed="cpu-used", always=("-deadline", "good"))
_NVENC = VideoEncoderOptions("cq", high=51, beside=("-rc", "vbr", "-b:v", "0"))
_QSV = VideoEncoderOptions("global_quality", low=1, high=51, whole=True)
_VAAPI = VideoEncoderOptions("qp", high=255, whole=True, beside=("-rc_mode", "CQP"), speed="compression_level")
_VULKAN = VideoEncoderOptions("qp", high=255, whole=True, beside=("-rc_mode", "cqp"), speed="")
_AMF = VideoEncoderOptions("qp_i", high=255, whole=True, beside=("-rc", "cqp"), speed="quality")
_TOOLBOX = VideoEncoderOptions("q:v", low=1, high=100, speed="")
_QSCALE = VideoEncoderOptions("q:v", low=1, high=31, speed="")
_LOSSLESS = VideoEncoderOptions("", speed="")

# Source: ffmpeg -h encoder=NAME of 5.1 and 9.0.
_BY_NAME = {
    "libx264": _X26X,
    "libx264rgb": _X26X,
    "libx265": _X26X,
    "libsvtav1": VideoEncoderOptions(high=63),
    "libaom-av1": VideoEncoderOptions(high=63, whole=True, beside=("-b:v", "0"), speed="cpu-used"),
    "libvpx": _VPX,
    "libvpx-vp9": _VPX,
    "librav1e": VideoEncoderOptions("qp", whole=True, speed="speed"),
    "libvvenc": VideoEncoderOptions("qp", high=63, whole=True),
    "mpeg4": _QSCALE,
    "mpeg2video": _QSCALE,
    "mpeg1video": _QSCALE,
    "mjpeg": _QSCALE,
    "libxvid": _QSCALE,
    "libtheora": VideoEncoderOptions("q:v", high=10, speed=""),
    "ffv1": _LOSSLESS,
    "huffyuv": _LOSSLESS,
    "ffvhuff": _LOSSLESS,
    "utvideo": _LOSSLESS,
    "rawvideo": _LOSSLESS,
    "copy": _LOSSLESS,
}
_BY_SUFFIX = {
    "_nvenc": _NVENC,
    "_qsv": _QSV,
    "_vaapi": _VAAPI,
    "_vulkan": _VULKAN,
    "_amf": _AMF,
    "_videotoolbox": _TOOLBOX,
}
_GPU_FILTER = re.compile(r"\b(?:\w+_(?:cuda|npp|vaapi|vulkan|qsv|opencl|vt)|libplacebo|hwupload\w*)\b")


def options_of(codec: str) -> VideoEncoderOptions:
    """What is known of an encoder."""
    by_suffix = next((known for suffix, known in _BY_SUFFIX.items() if codec.endswith(suffix)), None)
    return _BY_NAME.get(codec) or by_suffix or VideoEncoderOptions()


def quality_arguments(codec: str, crf: float) -> list[str]:
    """The arguments that ask an encoder for constant quality.

    Raises:
        ConfigError: the encoder has no such option, or not this number.
    """
    known = options_of(codec)
    if not known.quality:
        raise ConfigError(f"{codec} has no constant-quality option", "leave the CRF out")
    if not _fits(known, crf):
        kind = "a whole number" if known.whole else "a number"
        hint = f"{kind} from {known.low:g} to {known.high:g}"
        raise ConfigError(f"CRF {crf!r} is not possible with {codec}", hint)
    number = str(int(crf)) if crf == int(crf) else str(crf)
    more = ["-qp_p", number] if known is _AMF else []
    return [f"-{known.quality}", number, *more, *known.beside]


def _fits(known: VideoEncoderOptions, crf: float) -> bool:
    if not isinstance(crf, int | float) or isinstance(crf, bool) or not known.low <= crf <= known.high:
        return False
    return crf == int(crf) or not known.whole


def speed_arguments(codec: str, speed: str) -> list[str]:
    """The arguments that set an encoder's speed, in its own words or numbers.

    Raises:
        ConfigError: it has no speed option.
    """
    known = options_of(codec)
    if not known.speed:
        raise ConfigError(f"{codec} has no speed option", "leave --speed out")
    return [f"-{known.speed}", speed]


def resource_of(codec: str, filters: tuple[str, ...], hardware: str | None) -> Resource:
    """What encoding occupies: a GPU's encoder, a GPU's other units, the disk, or processor cores."""
    if codec == "copy":
        return Resource.IO
    if any(codec.endswith(suffix) for suffix in _BY_SUFFIX):
        return Resource.GPU_ENCODE
    if hardware is not None or any(_GPU_FILTER.search(text) for text in filters):
        return Resource.GPU_SCALE
    return Resource.CPU
