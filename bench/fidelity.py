"""What of a film arrives in MKV, MP4, WebM and MOV: kept, converted, or named as lost. Writes docs/fidelity.md.

For each thing that a film can carry, a small film with it (`bench.fidelity_films`) is encoded in two pieces with each
encoder into each container, and what the output says is compared with what the source says. What is neither there nor
named in a warning is LOST, and the exit code is 1.

    python -m bench.fidelity [--ffmpeg PATH …] [--only REGEX] [--media FOLDER] [--keep JSON] [--write docs/fidelity.md]

``--keep`` holds what was measured already: it is not measured again.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.fidelity_films import Maker, make
from bench.running import version
from bench.table import row_line

from suture import pipeline
from suture.errors import ConfigError, SutureError
from suture.events import Warned
from suture.ffmpeg.locate import locate
from suture.media.probe import probe
from suture.presets import make_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from suture.model import MediaInfo, StreamInfo

_CONTAINERS: Final = ("mkv", "mp4", "webm", "mov")
_ENCODERS: Final = {
    "mkv": ("libx264", "libx265", "libsvtav1", "libaom-av1", "libvpx-vp9", "ffv1"),
    "mp4": ("libx264", "libx265", "libsvtav1", "libvpx-vp9"),
    "webm": ("libsvtav1", "libvpx-vp9"),
    "mov": ("libx264", "prores_ks"),
}
# What streams beside the pictures are tried with.
_USUAL: Final = {"mkv": ("libx264",), "mp4": ("libx264",), "webm": ("libvpx-vp9",), "mov": ("libx264",)}
_FASTEST: Final = {
    "libx264": "ultrafast",
    "libx265": "ultrafast",
    "libsvtav1": "12",
    "libaom-av1": "8",
    "libvpx-vp9": "8",
}
_SHORT: Final = {
    "libx264": "x264",
    "libx265": "x265",
    "libsvtav1": "SVT-AV1",
    "libaom-av1": "libaom",
    "libvpx-vp9": "VP9",
}
_KEPT, _CONVERTED, _WARNED, _REFUSED, _LOST = "kept", "converted", "warned", "refused", "LOST"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that a film can carry.

    Args:
        name: for the table.
        film: its name in `FILMS`.
        look: what a file says about it; None or empty: nothing.
        word: what a warning about it contains.
        beside: it is no matter of the video encoder.
    """

    name: str
    film: str
    look: Callable[[MediaInfo], Any]
    word: str
    beside: bool = False


def _video(info: MediaInfo) -> StreamInfo:
    return info.of_kind("video")[0]


def _side(name: str) -> Callable[[MediaInfo], Any]:
    """Side data; numbers as far as containers store them."""
    return lambda info: _rounded(_video(info).side_data.get(name))


def _rounded(value: Any) -> Any:  # noqa: ANN401 - side data
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, str) and "/" in value:
        above, below = value.split("/")
        return round(int(above) / int(below), 3)
    return value


def _field(*names: str) -> Callable[[MediaInfo], Any]:
    return lambda info: tuple(value for name in names if (value := getattr(_video(info), name)) != "unknown")


def _parity(info: MediaInfo) -> str:
    order = _video(info).field_order
    return "" if order in {"progressive", "unknown"} else order[:1]


def _coded_fields(info: MediaInfo) -> bool:
    return bool(_video(info).side_data.get("interlaced_frame"))


def _subtitle(info: MediaInfo) -> str:
    return next((stream.codec for stream in info.of_kind("subtitle")), "")


def _sound(info: MediaInfo) -> str:
    return next((stream.codec for stream in info.of_kind("audio")), "")


def _first_sound(name: str) -> Callable[[MediaInfo], str]:
    def look(info: MediaInfo) -> str:
        sound = info.of_kind("audio")[0]
        tags = {key.lower(): value for key, value in sound.metadata.items()}
        return {"language": sound.language or "", "title": tags.get("title") or tags.get("handler_name", "")}[name]

    return look


def _role(info: MediaInfo) -> bool:
    return "comment" in info.of_kind("audio")[0].disposition


def _delay(info: MediaInfo) -> float:
    sound = info.of_kind("audio")[0]
    return round(float((sound.start_pts or 0) * sound.time_base), 1)  # priming is shown or not, by container


def _tag(name: str) -> Callable[[MediaInfo], str]:
    return lambda info: {key.lower(): value for key, value in info.metadata.items()}.get(name, "")


def _chapters(info: MediaInfo) -> list[str]:
    return [chapter.metadata.get("title", "") for chapter in info.chapters]


def _data(info: MediaInfo) -> list[str]:
    return [stream.codec_tag for stream in info.of_kind("data") if stream.codec_tag == "gpmd"]


_COLORS: Final = ("color_primaries", "color_transfer", "color_space")
ROWS: Final = (
    Row("colour primaries, transfer, matrix", "colour", _field(*_COLORS), "colour"),
    Row("full range", "full range", _field("color_range"), "range"),
    Row("chroma location", "chroma location", _field("chroma_location"), "chroma location"),
    Row("HDR10: mastering display", "HDR10", _side("mastering_display_metadata"), "mastering"),
    Row("HDR10: content light level", "HDR10", _side("content_light_level"), "content light"),
    Row("HLG", "HLG", _field(*_COLORS), "colour"),
    Row("HDR10+", "HDR10+", _side("dynamic_hdr_plus"), "HDR10+"),
    Row("Dolby Vision", "Dolby Vision", _side("dovi_configuration"), "Dolby Vision"),
    Row("10 bit", "10 bit", _field("pix_fmt"), "bits a sample"),
    Row("12 bit", "12 bit", _field("pix_fmt"), "bits a sample"),
    Row("4:2:2", "4:2:2", _field("pix_fmt"), "4:2:2"),
    Row("4:4:4", "4:4:4", _field("pix_fmt"), "4:4:4"),
    Row("RGB", "RGB", _field("pix_fmt"), "RGB"),
    Row("transparency", "alpha", _field("pix_fmt"), "transparency"),
    Row("pixel shape (SAR)", "pixel shape", _field("sample_aspect_ratio"), "pixel shape"),
    Row("rotation", "rotation", _field("rotation"), "rotation"),
    Row("stereo 3D", "stereo 3D", _side("stereo3d"), "stereo 3D"),
    Row("field order, top first", "interlaced, top first", _parity, "interlacing"),
    Row("field order, bottom first", "interlaced, bottom first", _parity, "interlacing"),
    Row("coded as fields", "interlaced, top first", _coded_fields, "interlacing"),
    Row("closed captions (A53)", "closed captions", _side("closed_captions"), "closed captions"),
    *(Row(name, name, _subtitle, "subtitle", True) for name in ("SRT", "ASS", "mov_text", "WebVTT", "PGS")),
    *(Row(name, name, _subtitle, "subtitle", True) for name in ("DVD (VobSub)", "DVB")),
    *(
        Row(name, name, _sound, "audio", True)
        for name in ("AAC", "AC-3", "FLAC", "Opus", "Vorbis", "MP3", "PCM", "DTS")
    ),
    Row("language of a track", "tagged", _first_sound("language"), "language", True),
    Row("title of a track", "tagged", _first_sound("title"), "title", True),
    Row("role of a track (commentary)", "tagged", _role, "role", True),
    Row("delay of a track", "late sound", _delay, "delay", True),
    Row("chapters with names", "tagged", _chapters, "chapter", True),
    Row(
        "fonts",
        "tagged",
        lambda info: [item.name for item in info.attachments if "ttf" in item.name],
        "attachment",
        True,
    ),
    Row("cover art", "tagged", lambda info: bool(info.covers), "cover", True),
    Row("title of the film", "tagged", _tag("title"), "title", True),
    Row("a tag of one's own", "tagged", _tag("my_tag"), "tags", True),
    Row("data streams (GPMF)", "data stream", _data, "data stream", True),
)


def _encode(source: Path, output: Path, codec: str, ffmpeg: str) -> tuple[list[str], str]:
    """Warnings, and why there is no output."""
    events: list[Any] = []
    asked = {"video_codec": codec, "ffmpeg": ffmpeg, "chunking": "fixed", "chunk_duration": 0.5, "workers": 2, "end": 1}
    if codec in _FASTEST:
        asked["speed"] = _FASTEST[codec]
    try:
        settings = make_settings("h264", {**asked, "threads": 1})
        pipeline.encode(str(source), str(output), settings, overwrite=True, watcher=events.append)
    except ConfigError as error:
        return [], f"{_REFUSED}: {error.message}"
    except SutureError as error:
        return [], f"{_LOST}: {error.message}"
    return [event.text for event in events if isinstance(event, Warned)], ""


def _state(row: Row, source: MediaInfo, output: MediaInfo, warnings: Iterable[str]) -> str:
    before, after = row.look(source), row.look(output)
    if before == after or (row.film == "Dolby Vision" and after):
        return _KEPT if before == after else _CONVERTED
    if any(row.word.lower() in text.lower() for text in warnings):
        return _CONVERTED if row.beside and after else _WARNED
    # Text in other clothes, deeper samples, and full range under its other name lose nothing.
    return _CONVERTED if after and _is_harmless(row, before, after) else _LOST


def _is_harmless(row: Row, before: Any, after: Any) -> bool:  # noqa: ANN401 - whatever is looked at
    if row.beside:
        return row.look is _subtitle
    if row.look is _SIDE_STEREO:
        return bool(after)
    fits = {"yuv422p", "yuv422p10le", "yuva444p10le", "yuv444p10le", "yuv444p12le", "yuv444p12", "gbrp"}
    return bool(before and after and str(after[0]) in fits)


_SIDE_STEREO = next(row.look for row in ROWS if row.film == "stereo 3D")


@dataclass(frozen=True)
class _Kept:
    """States by version, row, container and encoder, on disk after each."""

    path: Path | None
    states: dict[str, str]

    @classmethod
    def read(cls, name: str | None) -> _Kept:
        path = Path(name) if name else None
        return cls(path, json.loads(path.read_text()) if path and path.is_file() else {})

    def note(self, key: tuple[str, ...], state: str) -> None:
        self.states["|".join(key)] = state
        if self.path:
            self.path.write_text(json.dumps(self.states, indent=1))

    def of(self, number: str) -> dict[tuple[str, str, str], str]:
        keys = {key: tuple(key.split("|")) for key in self.states}
        return {(k[1], k[2], k[3]): self.states[key] for key, k in keys.items() if k[0] == number}

    @property
    def versions(self) -> list[str]:
        return sorted({key.partition("|")[0] for key in self.states}, reverse=True)


def _measure(rows: Sequence[Row], maker: Maker, ffmpeg: str, folder: Path, kept: _Kept) -> None:
    """State by row, container and encoder."""
    number = version(ffmpeg)
    for film in dict.fromkeys(row.film for row in rows):
        source = make(maker, film)
        if source is None:
            continue
        those = [row for row in rows if row.film == film]
        info = probe(source)
        table = _USUAL if those[0].beside else _ENCODERS
        for container, codec in [(form, codec) for form in _CONTAINERS for codec in table[form]]:
            if all(f"{number}|{row.name}|{container}|{codec}" in kept.states for row in those):
                continue
            output = folder / f"out.{container}"
            warnings, refused = _encode(source, output, codec, ffmpeg)
            there = None if refused else probe(output)
            for row in those:
                state = _state(row, info, there, warnings) if there else refused
                kept.note((number, row.name, container, codec), state)
                if state.startswith(_LOST):
                    print(f"{row.name} into {container} by {codec}, ffmpeg {number}: {state}", flush=True)


def _cell(states: Mapping[str, str]) -> str:
    """``kept``, or who does what."""
    short = {codec: state.partition(":")[0] for codec, state in states.items()}
    if len(set(short.values())) == 1:
        return next(iter(short.values()))
    order = (_KEPT, _CONVERTED, _WARNED, _REFUSED, _LOST)
    groups = {state: [_SHORT.get(codec, codec) for codec in short if short[codec] == state] for state in order}
    return "; ".join(f"{state}: {', '.join(codecs)}" for state, codecs in groups.items() if codecs)


def _lines(rows: Sequence[Row], found: Mapping[str, Mapping[tuple[str, str, str], str]]) -> list[str]:
    lines = [
        row_line(["", *(name.upper() if name != "webm" else "WebM" for name in _CONTAINERS)]),
        row_line(["---"] * 5),
    ]
    for row in rows:
        cells = []
        for container in _CONTAINERS:
            each = {
                number: _cell(
                    {
                        codec: state
                        for (name, form, codec), state in states.items()
                        if (name, form) == (row.name, container)
                    }
                )
                for number, states in found.items()
                if any((name, form) == (row.name, container) for name, form, _ in states)
            }
            same = len(set(each.values())) == 1
            cells.append(
                next(iter(each.values())) if same else " / ".join(f"**{n}** {text}" for n, text in each.items())
            )
        lines.append(row_line([row.name, *(cell or "no film" for cell in cells)]))
    return lines


_HEAD = """# What arrives, and where

Made by `python -m bench.fidelity --write docs/fidelity.md`; not to be changed by hand. For each row a small film with
that one thing in it is encoded in two pieces with each encoder named below into each container, and what the output
says is compared with what the source says.

- **kept**: the same in the output (numbers but for the container's rounding).
- **converted**: there in another form, which loses nothing or what a warning names (styles of ASS in mov_text).
- **warned**: not there; named with the reason before the encode starts. With `--no-loss`, an error instead.
- **refused**: no such film can be made (exit code 2), such as one codec into a container that can't hold it.

Encoders: MKV {mkv}; MP4 {mp4}; WebM {webm}; MOV {mov}.
FFmpeg: {versions}. Where two versions differ, both stand in the cell.

"""

_TAIL = """
Beside the table:

- **Film grain**: grain that a decoder adds (AV1) is in the pictures that are encoded, like any other. An encoder may
  take it out and describe it anew (`-x svtav1-params=film-grain=8`); pieces join with it.
- **HDR10** stands in each piece's stream where the encoder takes it (x264, x265, SVT-AV1) and in the container's
  header in any case: FFmpeg 5.1 leaves both to the caller.
- **Dolby Vision** of profile 8 becomes profile 10 in AV1; x265 writes it only with a VBV (`-x maxrate=… -x bufsize=…`).
- **Interlaced** pictures are coded as fields by x264, MPEG-2, MPEG-4, ProRes, DNxHD and FFV1. x265, AV1 and VP9 code
  both fields as one frame, which the container alone marks; `--scale` scales each field by itself.
- **Odd sizes**: x264, x265 and some others take even numbers only where colour has half the resolution. Such a film is
  refused (exit code 2) with the ways out: padding, cropping or another codec is for the user to choose.
- **VBV** (`-x maxrate=… -x bufsize=…` with x264 and x265): all packets of the join go through a simulated buffer; where
  it would run empty, the film is encoded again in one piece, and the reason is printed. With HRD, a constant rate, or
  other encoders it is in one piece from the start.
"""


def main(words: Sequence[str]) -> int:
    """Run the rows; 1 if anything is lost without a word."""
    parser = argparse.ArgumentParser(prog="bench.fidelity", description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--ffmpeg", action="append", default=[])
    parser.add_argument("--only", default="")
    parser.add_argument("--media", default="../shared/media")
    parser.add_argument("--keep")
    parser.add_argument("--write")
    asked = parser.parse_args(words)
    rows = [row for row in ROWS if re.search(asked.only, row.name)]
    kept = _Kept.read(asked.keep)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        maker = Maker(folder, locate(), lambda end: _real_file(Path(asked.media), end))
        binaries = asked.ffmpeg or [locate()]
        for ffmpeg in binaries:
            _measure(rows, maker, ffmpeg, folder, kept)
    found = {number: kept.of(number) for number in kept.versions}
    lines = _lines(rows, found)
    print("\n".join(lines))
    if asked.write:
        names = {form: ", ".join(_SHORT.get(codec, codec) for codec in codecs) for form, codecs in _ENCODERS.items()}
        text = _HEAD.format(**names, versions=", ".join(found)) + "\n".join(lines) + "\n" + _TAIL
        Path(asked.write).write_text(text)
    return int(any(state.startswith(_LOST) for states in found.values() for state in states.values()))


def _real_file(media: Path, end: str) -> Path | None:
    return next((path.resolve() for path in media.glob("*/*") if path.name.endswith(end)), None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
