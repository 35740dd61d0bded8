"""Reads a finished file back: every packet of every stream, and the pictures around given times.

Only facts; whether they are the right ones is judged by `suture.verify`. Runs in a child, as all that opens files.
"""

from __future__ import annotations

import itertools
import zlib
from array import array
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import av.error
import av.logging

from suture.errors import ProbeError
from suture.media.opening import open_input

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["FileFacts", "StreamFacts", "decoded_times", "hasten", "is_readable", "read_facts"]

# Seconds by which a seek goes back further when it landed too late.
_FURTHER_BACK = (0, 2, 10, 60)


@dataclass(slots=True)
class StreamFacts:
    """One stream as its packets show it. ``pts`` and ``keys`` (pts of keyframes) are in ticks of ``time_base``.

    ``readable``: of sound, whether its rate and channels could be found out, without which nothing decodes it.
    """

    kind: str
    codec: str
    time_base: Fraction
    packets: int = 0
    bytes: int = 0
    crc: int = 0
    pts: array[int] = field(default_factory=lambda: array("q"))
    keys: array[int] = field(default_factory=lambda: array("q"))
    backwards: int = 0
    readable: bool = True

    def see(self, packet: Any, last_dts: int | None) -> None:  # noqa: ANN401
        """Count one packet."""
        self.packets += 1
        self.bytes += packet.size
        self.crc = zlib.crc32(packet, self.crc)
        if packet.pts is not None:
            self.pts.append(packet.pts)
            if packet.is_keyframe:
                self.keys.append(packet.pts)
        self.backwards += last_dts is not None and packet.dts is not None and packet.dts < last_dts


@dataclass(slots=True)
class FileFacts:
    """A file: its streams in order (pictures and fonts apart), its attachments' names, its chapters."""

    streams: list[StreamFacts]
    attachments: list[str]
    pictures: int
    chapters: int


def read_facts(path: str) -> FileFacts:
    """Read all packets of a file once.

    Raises:
        ProbeError: it can't be opened, or not read to its end.
    """
    try:
        return _facts(path)
    except av.error.FFmpegError as error:
        raise ProbeError(f"{path!r} can't be read to its end: {error}") from error


def _facts(path: str) -> FileFacts:
    with open_input(path) as container:
        facts: dict[int, StreamFacts] = {}
        last: dict[int, int | None] = {}
        attachments, pictures = [], 0
        for stream in container.streams:
            if stream.type == "attachment":
                attachments.append(stream.metadata.get("filename", ""))
            elif stream.disposition & av.stream.Disposition.attached_pic:
                pictures += 1
            elif stream.type in {"video", "audio", "subtitle"}:
                codec = stream.codec_context.codec.canonical_name if stream.codec_context else "unknown"
                base = Fraction(stream.time_base or 1)
                facts[stream.index] = StreamFacts(stream.type, codec, base, readable=is_readable(stream))
        for packet in container.demux([container.streams[index] for index in facts]):
            if packet.size:
                facts[packet.stream_index].see(packet, last.get(packet.stream_index))
                last[packet.stream_index] = packet.dts
        return FileFacts(list(facts.values()), attachments, pictures, len(container.chapters()))


def is_readable(stream: Any) -> bool:  # noqa: ANN401
    """Whether libavformat knows enough of a sound to decode it; of other streams that is not asked."""
    if stream.type != "audio":
        return True
    return bool(stream.codec_context and stream.codec_context.sample_rate and stream.codec_context.channels)


def decoded_times(
    path: str, number: int, spans: Iterable[tuple[int, int | None]], on_frame: Callable[[], None] = lambda: None
) -> Iterator[tuple[list[int], str]]:
    """Decode parts of the ``number``-th video stream. The file is opened once: that alone may take half a second.

    Args:
        path: the file.
        number: which of its video streams, counted from 0, pictures apart.
        spans: of each part, the pts of the keyframe to start at, and that of a frame at or after which to stop (None:
            the file's end).
        on_frame: called for each frame.

    Yields:
        Of each part the pts of the frames in the order in which they came, and what the decoder complained of (empty:
        nothing).
    """
    with open_input(path) as container:
        films = [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
        stream = films[number]
        hasten(stream)
        for begin, end in spans:
            yield _times_between(stream, _frames(container, stream, begin), begin, end, on_frame)


def _times_between(
    stream: Any,  # noqa: ANN401
    frames: Iterator[Any],
    begin: int,
    end: int | None,
    on_frame: Callable[[], None],
) -> tuple[list[int], str]:
    times: list[int] = []
    try:
        for frame in checked(stream, frames):
            on_frame()
            if frame.pts is None:
                return times, "a picture has no time"
            if frame.pts < begin:
                continue
            if end is not None and frame.pts >= end:
                break
            if frame.is_corrupt:
                return times, f"the picture at {float(frame.pts * stream.time_base):.3f} s is damaged"
            times.append(frame.pts)
    except (av.error.FFmpegError, Concealed) as error:
        return times, f"the decoder says: {error}"
    return times, ""


def hasten(stream: Any) -> None:  # noqa: ANN401
    """Whether a picture decodes is known without smoothing it, a fifth of the work; and others keep the other cores."""
    stream.codec_context.options = {"skip_loop_filter": "all"}
    stream.codec_context.thread_count = 1


class Concealed(Exception):
    """A picture was damaged, and the decoder patched it without marking it."""


def checked(stream: Any, frames: Iterator[Any]) -> Iterator[Any]:  # noqa: ANN401
    """The same frames; an FFV1 slice of a wrong checksum, which its decoder only logs, is an error."""
    if stream.codec_context.name != "ffv1":
        yield from frames
        return
    level = av.logging.get_level()
    av.logging.set_level(av.logging.ERROR)
    try:
        with av.logging.Capture(local=False) as logs:
            for frame in frames:
                if told := next((text for _, name, text in logs if name == "ffv1" and "CRC" in text), ""):
                    raise Concealed(told.strip())
                yield frame
    finally:
        av.logging.set_level(level)


def _frames(container: Any, stream: Any, begin: int) -> Iterator[Any]:  # noqa: ANN401
    for packet in _from_keyframe(container, stream, begin):
        yield from packet.decode()


def _from_keyframe(container: Any, stream: Any, begin: int) -> Iterator[Any]:  # noqa: ANN401
    """The packets from the last keyframe at or before ``begin`` that a seek finds.

    Some containers seek by decoding time, or to where they guess: then they land after the keyframe asked for.
    """
    for seconds in _FURTHER_BACK:
        container.seek(begin - int(seconds / stream.time_base), stream=stream, backward=True)
        packets = container.demux(stream)
        first = next((packet for packet in packets if packet.size and packet.is_keyframe), None)
        if first is not None and first.pts is not None and first.pts <= begin:
            return itertools.chain([first], packets)
    container.seek(0, backward=True, any_frame=True)
    return iter(container.demux(stream))
