"""``suture probe``: what a file holds, for people or as JSON.

The table says in a line each what a stream is; ``--json`` is `suture.media.probe.to_json`, everything that is
known. With ``--index`` every packet is read, and the frames of each video stream are summed up.
"""

from __future__ import annotations

import json
import tempfile
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from suture.media import isolated
from suture.media.index import read_index
from suture.media.probe import probe, to_json
from suture.units import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.media.index import FrameIndex
    from suture.model import MediaInfo, StreamInfo


__all__ = ["command", "lines_of"]

_INDEX_PATIENCE_S = 600


@click.command("probe", short_help="print what a file holds")
@click.argument("source", metavar="INPUT")
@click.option("--index", is_flag=True, help="Read every packet and sum up the frames.")
@click.option("--json", "as_json", is_flag=True, help="Everything that is known, as JSON.")
def command(source: str, index: bool, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Print streams, chapters, attachments and side data of INPUT."""
    info = probe(source)
    indexes = {s.index: _index(source, s.index) for s in info.of_kind("video")} if index else {}
    if as_json:
        frames = {str(number): _index_json(found) for number, found in indexes.items()}
        data = to_json(info) | ({"frame_index": frames} if index else {})
        click.echo(json.dumps(data, indent=2, ensure_ascii=False).encode("utf-8", "replace").decode())
        return
    for line in lines_of(info, indexes):
        click.echo(_printable(line))


def _index(source: str, stream_index: int) -> FrameIndex:
    with tempfile.TemporaryDirectory(prefix="suture-") as folder:
        path = str(Path(folder) / "index")
        isolated.call("index", timeout_s=_INDEX_PATIENCE_S, path=source, stream_index=stream_index, output=path)
        return read_index(path)


def _index_json(index: FrameIndex) -> dict[str, Any]:
    return {
        "frames": len(index),
        "packets": index.packets,
        "keyframes": len(index.keyframes()),
        "longest_gop": _longest_gop(index),
        "first_pts": index.pts[0] if len(index) else None,
        "end_pts": index.end_pts,
        "time_base": f"{index.time_base.numerator}/{index.time_base.denominator}",
        "constant_rate": index.is_constant(),
        "rate": f"{index.rate().numerator}/{index.rate().denominator}",
        "trouble": index.trouble,
    }


def _longest_gop(index: FrameIndex) -> int:
    """Frames between two keyframes, at most."""
    edges = [*index.keyframes(), len(index)]
    return max((b - a for a, b in pairwise(edges)), default=0)


def _printable(text: str) -> str:
    """Names and tags come from outside: what would move the cursor is shown as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in text)


def lines_of(info: MediaInfo, indexes: dict[int, FrameIndex]) -> Iterator[str]:
    """The table, line by line."""
    length = "unknown length" if info.duration_us is None else format_time(Fraction(info.duration_us, 1_000_000))
    yield f"{info.path}: {info.format}, {length}, {info.size_bytes / 1_000_000:.1f} MB"
    if info.start_us:
        yield f"  starts at {format_time(Fraction(info.start_us, 1_000_000))}"
    yield from _tags(info.metadata, "  ")
    for stream in info.streams:
        yield f"  {_stream(stream)}"
        yield from _details(stream)
        if stream.index in indexes:
            yield f"      {_frames(indexes[stream.index])}"
    for number, chapter in enumerate(info.chapters):
        begin, end = chapter.start * chapter.time_base, chapter.end * chapter.time_base
        title = chapter.metadata.get("title", "")
        yield f"  chapter {number}: {format_time(begin)} to {format_time(end)} {title}".rstrip()
    for item in info.attachments:
        yield f"  attachment {item.name} ({item.mimetype or 'unknown type'}, {item.size_bytes} bytes)"


def _stream(stream: StreamInfo) -> str:
    kind = "cover" if stream.is_cover_art else stream.kind
    parts = [f"#{stream.index} {kind}: {stream.codec}{f' ({stream.profile})' if stream.profile else ''}"]
    parts += _video(stream) if stream.kind == "video" else _audio(stream) if stream.kind == "audio" else []
    parts += [f"{stream.bit_rate / 1000:.0f} kb/s"] if stream.bit_rate else []
    parts += [stream.language] if stream.language and stream.language != "und" else []
    parts += [", ".join(name for name in stream.disposition if name != "attached_pic")]
    return ", ".join(part for part in parts if part)


def _video(stream: StreamInfo) -> list[str]:
    rate, shape = stream.frame_rate, stream.sample_aspect_ratio
    return [
        f"{stream.width}x{stream.height}" if stream.width else "size unknown",
        f"SAR {shape.numerator}:{shape.denominator}" if shape not in (None, 1) else "",
        stream.pix_fmt or "pixel format unknown",
        _rate(rate) if rate else "",
        f"rotated {stream.rotation}°" if stream.rotation else "",
        stream.field_order if stream.field_order not in {"unknown", "progressive"} else "",
        _color(stream),
    ]


def _rate(rate: Fraction) -> str:
    return f"{float(rate):.3f}".rstrip("0").rstrip(".") + " fps"


def _color(stream: StreamInfo) -> str:
    names = (stream.color_range, stream.color_primaries, stream.color_transfer, stream.color_space)
    return "/".join(names) if set(names) != {"unknown"} else ""


def _audio(stream: StreamInfo) -> list[str]:
    layout = stream.channel_layout or (f"{stream.channels} channels" if stream.channels else "")
    return [
        f"{stream.sample_rate} Hz" if stream.sample_rate else "rate unknown",
        layout,
        stream.sample_format,
    ]


def _details(stream: StreamInfo) -> Iterator[str]:
    """What is worth a line of its own."""
    for name, value in stream.side_data.items():
        if name != "display_matrix":
            yield f"      {name.replace('_', ' ')}{_side(value)}"
    yield from _tags(stream.metadata, "      ", ("title",))


def _side(value: Any) -> str:  # noqa: ANN401 - side data is as various as its sources
    if value is True:
        return ""
    if isinstance(value, dict):
        return ": " + ", ".join(f"{key.replace('_', ' ')} {entry}" for key, entry in value.items())
    return f": {value}"


def _tags(metadata: dict[str, str], margin: str, names: tuple[str, ...] = ()) -> Iterator[str]:
    """All tags, or those of these names."""
    for name, value in metadata.items():
        if not names or name.lower() in names:
            yield f"{margin}{name}: {value}"


def _frames(index: FrameIndex) -> str:
    keys = len(index.keyframes())
    parts = [
        f"{len(index)} frames",
        "constant rate" if index.is_constant() else f"{_rate(index.rate())} on average",
        f"{keys} keyframe{'' if keys == 1 else 's'}",
        f"longest GOP {_longest_gop(index)} frames",
        f"not to be trusted: {index.trouble}" if index.trouble else "",
    ]
    return ", ".join(part for part in parts if part)
