"""The values that travel between the parts: frozen, typed, picklable, made of primitives.

Times inside are integer ticks with a time base; the float seconds here are for people. Ranges are half-open.
No I/O, no behaviour beyond what can be derived from the fields.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

__all__ = [
    "Attachment",
    "Chapter",
    "ChunkData",
    "EncoderResult",
    "MediaInfo",
    "StreamInfo",
]


@dataclass(frozen=True, slots=True)
class ChunkData:
    """One piece of one stream of a source.

    Args:
        chunk_id: 0, 1, 2 …, unique within the list it came in, no gaps.
        start_time: seconds from the stream's first frame, for people.
        end_time: seconds, for people; the next piece's ``start_time``.
        source_path: the file it is a piece of.
        start_frame: index of its first frame in presentation order.
        end_frame: one past its last frame; ``-1`` when the length is not known before decoding.
        start_pts: presentation time of the first frame, in ticks of the stream's time base.
        end_pts: presentation time of the first frame after it (of the last frame's end for the last piece).
        seek_us: the timestamp to seek to before decoding, in microseconds of the container's clock; ``-1``: decode
            from the beginning.
        stream_index: the stream's index in the source.
        open_end: nothing follows it: it is decoded to the end, so that a frame too many is noticed.
    """

    chunk_id: int
    start_time: float
    end_time: float
    source_path: str
    start_frame: int = 0
    end_frame: int = -1
    start_pts: int = 0
    end_pts: int = 0
    seek_us: int = -1
    stream_index: int = 0
    open_end: bool = False

    @property
    def is_exact(self) -> bool:
        """Whether its range is known in ticks; a chunk made by hand of two times is cut by these."""
        return self.end_pts > self.start_pts

    @property
    def frames(self) -> int | None:
        """How many frames it holds; None when that is not known before decoding."""
        return None if self.end_frame < 0 else self.end_frame - self.start_frame


@dataclass(frozen=True, slots=True)
class EncoderResult:
    """What became of one piece.

    ``error_message`` holds the return code and the relevant lines of stderr when ``success`` is false.
    """

    chunk_id: int
    output_path: str
    success: bool
    error_message: str | None = None
    frames: int = 0
    size_bytes: int = 0
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Chapter:
    """A named span of the source. ``start`` and ``end`` are ticks of ``time_base``."""

    start: int
    end: int
    time_base: Fraction
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside the container (a font, mostly)."""

    stream_index: int
    name: str
    mimetype: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """One stream as the container and, for video, its first decoded frame describe it.

    ``kind`` is ffmpeg's: video, audio, subtitle, data, attachment, unknown. Fields of other kinds keep their
    defaults. ``side_data`` names what rides along (``display_matrix``, ``mastering_display_metadata`` …) with
    values that JSON can hold.
    """

    index: int
    kind: str
    codec: str
    time_base: Fraction
    start_pts: int | None = None
    duration: int | None = None
    frames: int = 0
    codec_tag: str = ""
    profile: str | None = None
    bit_rate: int | None = None
    language: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    disposition: tuple[str, ...] = ()
    # video
    width: int = 0
    height: int = 0
    pix_fmt: str | None = None
    frame_rate: Fraction | None = None
    sample_aspect_ratio: Fraction | None = None
    rotation: int = 0
    field_order: str = "unknown"
    color_range: str = "unknown"
    color_primaries: str = "unknown"
    color_transfer: str = "unknown"
    color_space: str = "unknown"
    chroma_location: str = "unknown"
    # audio
    sample_rate: int = 0
    channels: int = 0
    channel_layout: str = ""
    sample_format: str = ""
    side_data: dict[str, Any] = field(default_factory=dict)

    @property
    def is_cover_art(self) -> bool:
        """A still picture that belongs to the file, not a film."""
        return "attached_pic" in self.disposition


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """A file as its container describes it. ``start_us`` is libavformat's start time in microseconds."""

    path: str
    format: str
    size_bytes: int
    start_us: int
    duration_us: int | None
    streams: tuple[StreamInfo, ...]
    chapters: tuple[Chapter, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)

    def of_kind(self, kind: str) -> tuple[StreamInfo, ...]:
        """The streams of one kind, in the file's order; cover art is no video."""
        return tuple(s for s in self.streams if s.kind == kind and not s.is_cover_art)

    @property
    def covers(self) -> tuple[StreamInfo, ...]:
        """Attached pictures."""
        return tuple(s for s in self.streams if s.is_cover_art)
