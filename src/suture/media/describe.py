"""An open container as a `MediaInfo`: what it says of itself, and what its first frames say.

Three sources, the exact one first: libavformat's fields as PyAV gives them, the first decoded frame of each
video stream (HDR, rotation, interlacing: `first_frame`), and the text of ``av_dump_format`` for what PyAV
does not show (`dump`). A broken or unknown stream is described as far as it goes; it never fails the rest.
"""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av.logging
from av.stream import Disposition

from suture.media.dump import DumpedStream, parse_dump
from suture.media.first_frame import FirstFrame, first_frames
from suture.media.names import FIELD_ORDERS, PRIMARIES, RANGES, SPACES, TRANSFERS, name_of
from suture.media.sidedata import matrix_rotation
from suture.model import Attachment, Chapter, MediaInfo, StreamInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from av.container import InputContainer
    from av.stream import AttachmentStream, Stream

__all__ = ["describe"]

_NO_FRAME = FirstFrame()


def describe(container: InputContainer, path: str) -> MediaInfo:
    """Everything that is known without reading the whole file. Reads some packets: the position is lost."""
    dumped = parse_dump(_dump(container))
    fixed = [_fixed(stream, dumped.get(stream.index, DumpedStream())) for stream in container.streams]
    frames = first_frames(container)
    streams = tuple(_complete(fields, frames.get(fields["index"], _NO_FRAME)) for fields in fixed)
    return MediaInfo(
        path=path,
        format=container.format.name,
        size_bytes=_size(container, path),
        start_us=container.start_time or 0,
        duration_us=_duration(container),
        streams=streams,
        chapters=tuple(_chapter(chapter) for chapter in container.chapters()),
        attachments=tuple(_attachment(stream) for stream in container.streams.attachments),
        metadata=dict(container.metadata),
    )


def _dump(container: InputContainer) -> str:
    """The dump at its most talkative (chroma positions come at that level only); logging as it was before."""
    level, skips = av.logging.get_level(), av.logging.get_skip_repeated()
    av.logging.set_level(av.logging.VERBOSE)
    av.logging.set_skip_repeated(False)
    av.logging.set_libav_level(av.logging.VERBOSE)
    try:
        return str(container.dumps_format())  # type: ignore[attr-defined]  # missing in PyAV's stubs
    finally:
        av.logging.set_libav_level(av.logging.INFO)
        av.logging.set_skip_repeated(skips)
        av.logging.set_level(level)


def _size(container: InputContainer, path: str) -> int:
    return Path(path).stat().st_size if os.path.lexists(path) else max(0, container.size)


def _duration(container: InputContainer) -> int | None:
    return container.duration if container.duration and container.duration > 0 else None


def _chapter(entry: Mapping[str, Any]) -> Chapter:
    base = entry["time_base"] or Fraction(1, 1000)
    return Chapter(entry["start"], entry["end"], base, dict(entry["metadata"]))


def _attachment(stream: AttachmentStream) -> Attachment:
    return Attachment(stream.index, stream.name or "", stream.mimetype or "", len(stream.data))


def _fixed(stream: Stream, dumped: DumpedStream) -> dict[str, Any]:
    """The fields that stand before anything is decoded; decoding changes the context that they come from."""
    context = stream.codec_context
    fields: dict[str, Any] = {
        "index": stream.index,
        "kind": stream.type,
        "codec": _codec(stream, dumped),
        "time_base": stream.time_base or Fraction(1, 1_000_000),
        "start_pts": stream.start_time,
        "duration": stream.duration,
        "frames": stream.frames,
        "codec_tag": _tag(stream, dumped),
        "profile": context.profile if context else None,
        "bit_rate": (context.bit_rate or None) if context else None,
        "language": stream.language,
        "metadata": dict(stream.metadata),
        "disposition": tuple(str(flag.name) for flag in Disposition if flag & stream.disposition),
        "side_data": dict(dumped.side_data),
    }
    if stream.type == "video":
        return fields | _video(stream, dumped)
    if stream.type == "audio":
        return fields | _audio(stream)
    return fields | {"width": dumped.width, "height": dumped.height}


def _codec(stream: Stream, dumped: DumpedStream) -> str:
    """The codec's (not its decoder's) name in libavcodec, else the container's tag, else ``unknown``."""
    if stream.codec_context:
        return stream.codec_context.codec.canonical_name
    if dumped.codec != "none":
        return dumped.codec
    return "none" if stream.type == "attachment" else dumped.tag or "unknown"


def _tag(stream: Stream, dumped: DumpedStream) -> str:
    tag = stream.codec_context.codec_tag if stream.codec_context else ""
    return tag if tag and tag.isprintable() else dumped.tag


def _video(stream: Any, dumped: DumpedStream) -> dict[str, Any]:  # noqa: ANN401 - PyAV's stubs lack some fields
    context = stream.codec_context
    fields: dict[str, Any] = {
        "width": context.width if context else dumped.width,
        "height": context.height if context else dumped.height,
        "frame_rate": None if _is_picture(stream) else stream.guessed_rate or stream.average_rate,
        "rotation": dumped.rotation or 0,
        "chroma_location": dumped.chroma_location,
    }
    if context is None:
        return fields
    return fields | {
        "pix_fmt": context.pix_fmt,
        "sample_aspect_ratio": stream.sample_aspect_ratio or None,
        "field_order": name_of(FIELD_ORDERS, context.field_order),
        "color_range": _range(context.pix_fmt, context.color_range),
        "color_primaries": name_of(PRIMARIES, context.color_primaries),
        "color_transfer": name_of(TRANSFERS, context.color_trc),
        "color_space": name_of(SPACES, context.colorspace),
    }


def _is_picture(stream: Stream) -> bool:
    return Disposition.attached_pic in stream.disposition


def _range(pix_fmt: str | None, number: int) -> str:
    """The yuvj formats mean full range, whatever the container says."""
    return "pc" if pix_fmt and pix_fmt.startswith("yuvj") else name_of(RANGES, number)


def _audio(stream: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    context = stream.codec_context
    if context is None:
        return {}
    return {
        "sample_rate": context.sample_rate or 0,
        "channels": context.channels,
        "channel_layout": context.layout.name if context.channels else "",
        "sample_format": context.format.name if context.format else "",
    }


def _complete(fields: dict[str, Any], first: FirstFrame) -> StreamInfo:
    """Add what the first frame knows; it has the word where the container was silent."""
    known = dict(fields)
    for name, value in first.fields.items():
        if known.get(name) in (None, "unknown"):
            known[name] = value
    known["side_data"] = known["side_data"] | first.side_data
    if "display_matrix" in first.side_data:
        known["rotation"] = matrix_rotation(first.side_data["display_matrix"])
    return StreamInfo(**known)
