"""The first decoded frame of each video stream: HDR, rotation and interlacing that only frames tell.

Bounded: a few dozen packets or some megabytes of a stream, and a limit over all streams together, whichever
comes first, so that a broken file costs milliseconds and not a pass over itself. What does not decode is
noted, not raised.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import av.error

from suture.media.names import PRIMARIES, RANGES, SPACES, TRANSFERS, name_of
from suture.media.sidedata import frame_side_data

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

__all__ = ["FirstFrame", "first_frames"]

_STREAM_PACKETS = 50
_STREAM_BYTES = 5_000_000
_ALL_PACKETS = 3000
_ALL_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class FirstFrame:
    """What a frame says. ``fields`` are named as in `StreamInfo`; both are empty when none was decoded."""

    fields: dict[str, Any] = field(default_factory=dict)
    side_data: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Search:
    """How far the search has come in one stream."""

    stream: VideoStream
    packets: int = 0
    size_bytes: int = 0
    complaint: str = ""
    found: FirstFrame | None = None

    def open(self) -> bool:
        return self.found is None and self.packets < _STREAM_PACKETS and self.size_bytes < _STREAM_BYTES

    def feed(self, packet: Packet[Any]) -> None:
        self.packets += bool(packet.size)
        self.size_bytes += packet.size
        try:
            frames = self.stream.decode(packet)
        except av.error.EOFError:
            return
        except (av.error.FFmpegError, ValueError) as error:
            self.complaint = self.complaint or getattr(error, "strerror", None) or str(error)
            return
        if frames:
            self.found = _read(frames[0])

    def result(self) -> FirstFrame:
        if self.found is not None:
            return self.found
        why = self.complaint or f"no frame in {self.packets} packets from the start"
        return FirstFrame(side_data={"not_decoded": why})


def first_frames(container: InputContainer) -> dict[int, FirstFrame]:
    """By stream index; streams without a decoder have none."""
    searches = {stream.index: _Search(stream) for stream in container.streams.video if stream.codec_context}
    for search in searches.values():
        # One thread, so that the first frame is not held back by others in flight.
        search.stream.codec_context.thread_count = 1
    if searches:
        _feed_all(container, searches)
    return {index: search.result() for index, search in searches.items()}


def _feed_all(container: InputContainer, searches: dict[int, _Search]) -> None:
    packets = size_bytes = 0
    try:
        for packet in container.demux():
            packets += 1
            size_bytes += packet.size
            search = searches.get(packet.stream_index)
            if search is not None and search.open():
                search.feed(packet)
            if packets > _ALL_PACKETS or size_bytes > _ALL_BYTES or not _any_open(searches):
                return
    except (av.error.FFmpegError, ValueError) as error:
        for search in searches.values():
            search.complaint = search.complaint or str(error)


def _any_open(searches: dict[int, _Search]) -> bool:
    return any(search.open() for search in searches.values())


def _read(frame: VideoFrame) -> FirstFrame:
    fields: dict[str, Any] = {
        "pix_fmt": frame.format.name,
        "color_range": name_of(RANGES, frame.color_range),
        "color_primaries": name_of(PRIMARIES, frame.color_primaries),
        "color_transfer": name_of(TRANSFERS, frame.color_trc),
        "color_space": name_of(SPACES, frame.colorspace),
    }
    side_data = frame_side_data(frame)
    if frame.interlaced_frame:
        fields["field_order"] = "interlaced"
        side_data["interlaced_frame"] = True
    return FirstFrame(fields, side_data)
