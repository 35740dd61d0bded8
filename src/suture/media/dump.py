"""What libavformat prints about a container (``av_dump_format``), read back into values.

PyAV has no other way to the side data of streams (Dolby Vision configuration, display matrix, mastering
display), to chroma positions, and to anything about a stream that has no decoder. Pure text in, values out:
the text itself comes from `describe`. The layout is that of libavformat 62; what is not recognised is left
out, never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

__all__ = ["DumpedStream", "parse_dump"]

_STREAM = re.compile(r"^ +Stream #0:(\d+).*?: (?:Video|Audio|Subtitle|Data|Attachment|Unknown): (.*)$")
_TAG = re.compile(r"\(([^()]{1,30}) / 0x[0-9A-F]{4,8}\)")
_SIZE = re.compile(r", (\d{1,6})x(\d{1,6})\b")
_CHROMA = re.compile(r"[(,] ?(left|center|topleft|top|bottomleft|bottom)\)")
_ROTATION = re.compile(r"rotation of (-?\d+(?:\.\d+)?) degrees")
_NAMES = {
    "content_light_level_metadata": "content_light_level",
    "dovi_configuration_record": "dovi_configuration",
    "stereo_3d": "stereo3d",
    "cpb": "cpb_properties",
}


@dataclass(frozen=True, slots=True)
class DumpedStream:
    """One stream's lines. ``codec`` is ``none`` where libavcodec has no name for it."""

    codec: str = "none"
    tag: str = ""
    width: int = 0
    height: int = 0
    chroma_location: str = "unknown"
    rotation: int | None = None
    side_data: dict[str, Any] = field(default_factory=dict)


def parse_dump(text: str) -> dict[int, DumpedStream]:
    """The streams in a dump, by index."""
    heads: dict[int, str] = {}
    side: dict[int, dict[str, str]] = {}
    index, margin = -1, -1
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip(" "))
        head = _STREAM.match(line)
        if head:
            index, margin = int(head[1]), -1
            heads.setdefault(index, head[2])
        elif line.strip() == "Side data:":
            margin = indent
        elif indent <= margin:
            margin = -1
        elif margin >= 0 and index >= 0:
            name, _, value = line.strip().partition(": ")
            side.setdefault(index, {})[_key(name)] = value
    return {number: _stream(head, side.get(number, {})) for number, head in heads.items()}


def _key(name: str) -> str:
    snake = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return _NAMES.get(snake, snake)


def _stream(head: str, side: dict[str, str]) -> DumpedStream:
    codec = re.match(r"\w+", head)
    tag, size, chroma = _TAG.search(head), _SIZE.search(head), _CHROMA.search(head)
    turned = _ROTATION.search(side.pop("display_matrix", ""))
    return DumpedStream(
        codec=codec[0] if codec else "none",
        tag=tag[1] if tag else "",
        width=int(size[1]) if size else 0,
        height=int(size[2]) if size else 0,
        chroma_location=chroma[1] if chroma else "unknown",
        rotation=round(float(turned[1])) if turned else None,
        side_data={name: _value(name, text) for name, text in side.items()},
    )


def _value(name: str, text: str) -> Any:  # noqa: ANN401 - side data is as various as its sources
    if name == "mastering_display_metadata":
        return _mastering(text)
    if name == "content_light_level":
        numbers = re.findall(r"\d+", text)
        return {"max_content": int(numbers[0]), "max_average": int(numbers[1])} if len(numbers) > 1 else text
    if name == "cpb_properties":
        return {_key(key): number for key, number in re.findall(r"([a-z_/ ]+): (\S+)", text)}
    pairs = [part.partition(": ") for part in text.split(", ")]
    if all(colon for _, colon, _ in pairs):
        return {_key(key): int(value) if value.isdecimal() else value for key, _, value in pairs}
    return text


def _mastering(text: str) -> dict[str, str]:
    """Colour volume of the mastering display, with ffprobe's names; CIE 1931 coordinates and cd/m²."""
    found: dict[str, str] = {}
    for short, name in (("r", "red"), ("g", "green"), ("b", "blue"), ("wp", "white_point")):
        at = re.search(rf"\b{short}\(([\d.]+),? ?([\d.]+)\)", text)
        if at and "has_primaries:1" in text:
            found |= {f"{name}_x": at[1], f"{name}_y": at[2]}
    for name in ("min_luminance", "max_luminance"):
        at = re.search(rf"{name}=([\d.]+)", text)
        if at and "has_luminance:1" in text:
            found[name] = at[1]
    return found
