"""The frame index: every frame of one video stream, in presentation order, as integers.

Made from packets alone (no decoding) in one pass of libavformat; `index_of_listing` makes the same thing from what a
linear decode gave, for streams whose packets can't be trusted to be frames. Not here: where to cut (`chunker`) and
how a piece is decoded (`encoder`).

Kept in three flat arrays, 13 bytes a frame, so that ten hours of film stay below 30 MB.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suture.errors import ProbeError
from suture.media.listing import read_frames, read_time_base

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import av

__all__ = ["FrameIndex", "index_file", "index_of_listing", "read_index", "write_index"]

_MAGIC = b"suture-index 1\n"
# Gaps stay below this in a healthy film; a larger one is a clock that jumped, or a hole. A few pictures are no film.
_JUMP_SECONDS = 10
_JUDGED = 10
# A decoding time that a reader guesses may lie a little before the last; a clock that starts again goes back further.
_RESTART_SECONDS = Fraction(1, 2)
_REPORT_EVERY = 10_000
# Ticks a second at which one is too short to be seen.
_FINE = 90_000


@dataclass(frozen=True, slots=True, eq=False)
class FrameIndex:
    """All frames of one stream.

    Args:
        stream_index: the stream's index in its file.
        time_base: what one tick of ``pts`` lasts, in seconds.
        pts: presentation times in ticks, ascending, one for each frame.
        sizes: bytes of each frame's packet (0 where not known).
        keys: 1 where the frame is a keyframe.
        end_pts: when the last frame ends.
        trouble: why the packets can't be trusted to be the frames; empty when they can.
        packets: how many packets the stream has, hidden and discarded ones included.
        open_groups: pictures that are shown before a keyframe are stored behind it, and may need the one before it.
        clock_jumps: the clock starts again, or there is a hole in it, whatever else is the matter.
        is_damaged: some packets are.
    """

    stream_index: int
    time_base: Fraction
    pts: array[int]
    sizes: array[int]
    keys: bytes
    end_pts: int
    trouble: str = ""
    packets: int = 0
    open_groups: bool = False
    clock_jumps: bool = False
    is_damaged: bool = False

    def __len__(self) -> int:
        return len(self.pts)

    def time(self, frame: int) -> Fraction:
        """Presentation time of a frame in seconds; ``len(self)`` gives the end of the last one."""
        ticks = self.end_pts if frame >= len(self.pts) else self.pts[frame]
        return ticks * self.time_base

    def keyframes(self) -> list[int]:
        """Frame numbers of all keyframes."""
        return [n for n, key in enumerate(self.keys) if key]

    def part(self, first: int, end: int) -> FrameIndex:
        """The frames ``[first, end)`` as an index of their own, on the same clock."""
        end_pts = self.pts[end] if end < len(self) else self.end_pts
        return replace(
            self,
            pts=self.pts[first:end],
            sizes=self.sizes[first:end],
            keys=self.keys[first:end],
            end_pts=end_pts,
        )

    def shifted(self, ticks: int) -> FrameIndex:
        """The same, so many ticks later."""
        return replace(self, pts=array("q", (at + ticks for at in self.pts)), end_pts=self.end_pts + ticks)

    def spread(self) -> FrameIndex:
        """The same, with frames that stand at one time a small tick apart, for containers that hold no two such."""
        if self.is_ascending() or any(b < a for a, b in pairwise(self.pts)):
            return self
        finer = ceil(self.time_base * _FINE)
        pts = array("q", (at * finer for at in self.pts))
        for n in range(1, len(pts)):
            pts[n] = max(pts[n], pts[n - 1] + 1)
        end = max(self.end_pts * finer, pts[-1] + 1)
        return replace(self, pts=pts, end_pts=end, time_base=self.time_base / finer)

    def regular(self, rate: Fraction) -> FrameIndex:
        """As many frames, so many a second from zero: for a film whose frames have no times."""
        return replace(self, pts=array("q", range(len(self.pts))), end_pts=len(self.pts), time_base=1 / rate)

    def with_keys(self, times: Iterable[Fraction]) -> FrameIndex:
        """The same with keyframes at these times (in seconds), or at the first frame after each."""
        keys = bytearray(self.keys)
        for time in times:
            frame = bisect_left(self.pts, ceil(time / self.time_base))
            if frame < len(keys):
                keys[frame] = 1
        return replace(self, keys=bytes(keys))

    def is_ascending(self) -> bool:
        """Whether each frame has a time of its own, later than the one before."""
        return all(a < b for a, b in pairwise(self.pts))

    def gap(self) -> int:
        """The usual distance between two frames in ticks (the median); 1 when there are fewer than two."""
        gaps = sorted(b - a for a, b in pairwise(self.pts))
        return max(1, gaps[len(gaps) // 2]) if gaps else 1

    def is_constant(self) -> bool:
        """Whether all frames lie on one grid, give or take the rounding to ticks."""
        if len(self.pts) < 2:  # noqa: PLR2004
            return True
        # Everything times the number of gaps, so that whole numbers suffice: a long film has a million frames.
        gaps, first, length = len(self.pts) - 1, self.pts[0], self.pts[-1] - self.pts[0]
        slack = int(gaps * max(Fraction(1), Fraction(1, 2000) / self.time_base))
        return all(abs((pts - first) * gaps - n * length) <= slack for n, pts in enumerate(self.pts))

    def rate(self) -> Fraction:
        """Frames a second: the standard rate that the grid means, or the average of a variable one."""
        if len(self.pts) < 2:  # noqa: PLR2004
            return Fraction(25)
        length = (self.pts[-1] - self.pts[0]) * self.time_base
        return _standard_rate((len(self.pts) - 1) / length) if length > 0 else Fraction(25)


def _standard_rate(rate: Fraction) -> Fraction:
    """The broadcast rate within the rounding of a millisecond clock of ``rate``, else a short fraction near it."""
    for whole in (24, 25, 30, 48, 50, 60, 100, 120, 10, 12, 15, 20):
        for candidate in (Fraction(whole), Fraction(whole * 1000, 1001)):
            if abs(rate - candidate) / candidate < Fraction(1, 4000):
                return candidate
    return rate.limit_denominator(1001) or Fraction(1)


def index_file(
    path: str,
    stream_index: int,
    output: str | None = None,
    on_progress: Callable[[int], None] | None = None,
    seconds: float | None = None,
) -> dict[str, Any]:
    """Index one video stream; the runner of ``suture index`` and of the parser child.

    Args:
        path: the source.
        stream_index: which stream.
        output: a file to write the index to (`read_index` reads it); None only counts.
        on_progress: told the number of packets now and then, so that a long film is not taken for a hang.
        seconds: stop behind so many, and leave out frames before which others may still come; None: to the end.

    Returns:
        ``frames``, ``packets``, ``trouble``, and ``cut_short``: what libavformat says of a file that ends too early.

    Raises:
        ProbeError: the file can't be opened or the stream can't be read.
    """
    from suture.media.opening import complaints, open_input  # noqa: PLC0415 - av loads only where it is used

    cut_short: list[str] = []
    with open_input(path) as container, complaints(cut_short):
        stream = _video_stream(container, stream_index, path)
        packets = _counted(container.demux(stream), on_progress)
        index = _from_packets(packets, stream) if seconds is None else _beginning(packets, stream, seconds)
    if output is not None:
        write_index(index, output)
    return {"frames": len(index), "packets": index.packets, "trouble": index.trouble, "cut_short": cut_short}


def _video_stream(container: av.container.InputContainer, stream_index: int, path: str) -> Any:  # noqa: ANN401
    try:
        stream = container.streams[stream_index]
    except IndexError:
        raise ProbeError(f"{path} has no stream {stream_index}", "see suture probe") from None
    if stream.type != "video":
        raise ProbeError(f"stream {stream_index} of {path} is {stream.type}, not video", "see suture probe")
    return stream


def _counted(packets: Iterable[Any], on_progress: Callable[[int], None] | None) -> Iterator[Any]:
    for number, packet in enumerate(packets, 1):
        if on_progress is not None and number % _REPORT_EVERY == 0:
            on_progress(number)
        yield packet


def _from_packets(packets: Iterable[Any], stream: Any) -> FrameIndex:  # noqa: ANN401
    """Collect shown packets and put them into presentation order."""
    pts, durations, sizes, keys = array("q"), array("q"), array("I"), bytearray()
    watch = _Watch()
    codec = stream.codec_context.name if stream.codec_context else ""
    for packet in packets:
        if not packet.size:
            continue
        watch.see(packet)
        if packet.is_discard or packet.pts is None or (codec == "vp8" and _is_hidden_vp8(packet)):
            continue
        pts.append(packet.pts)
        durations.append(packet.duration or 0)
        sizes.append(packet.size)
        keys.append(bool(packet.is_keyframe))
    order = sorted(range(len(pts)), key=pts.__getitem__)
    ordered = array("q", (pts[n] for n in order))
    last = order[-1] if order else 0
    end = ordered[-1] + durations[last] if order else 0
    index = FrameIndex(
        stream.index,
        Fraction(stream.time_base),
        ordered,
        array("I", (sizes[n] for n in order)),
        bytes(keys[n] for n in order),
        end,
        packets=watch.packets,
        open_groups=watch.open_groups,
    )
    return _with_trouble(index, watch)


def _beginning(packets: Iterable[Any], stream: Any, seconds: float) -> FrameIndex:  # noqa: ANN401
    """The index of a stream's first seconds; empty where its decoding times do not tell what is settled."""
    read: list[Any] = []
    last = first = None
    enough = ceil(seconds / Fraction(stream.time_base))
    for packet in packets:
        read.append(packet)
        last = packet.dts
        first = last if first is None else first  # a reader that has to work them out begins later
        if last is not None and last - first > enough:
            break
    index = _from_packets(read, stream)
    # No packet is shown before it is decoded, so what comes later is shown later.
    return index.part(0, bisect_left(index.pts, last) if last is not None else 0)


class _Watch:
    """What is odd about the packets as they come."""

    def __init__(self) -> None:
        self.packets = 0
        self.without_pts = 0
        self.corrupt = 0
        self.backwards = 0
        self.farthest_back = 0
        self.encrypted = 0
        self.open_groups = False
        self._last_dts: int | None = None
        self._last_key: int | None = None

    def see(self, packet: Any) -> None:  # noqa: ANN401
        self.packets += 1
        self.without_pts += packet.pts is None
        self.corrupt += bool(packet.is_corrupt)
        self.encrypted += packet.has_sidedata("encryption_info")
        if packet.dts is not None:
            back = 0 if self._last_dts is None else self._last_dts - packet.dts
            self.backwards += back > 0
            self.farthest_back = max(self.farthest_back, back)
            self._last_dts = packet.dts
        if packet.pts is not None:
            self._last_key = packet.pts if packet.is_keyframe else self._last_key
            self.open_groups |= self._last_key is not None and packet.pts < self._last_key


def _is_hidden_vp8(packet: Any) -> bool:  # noqa: ANN401
    """An alternate reference frame: decoded, never shown. Source: RFC 6386, 9.1 (show_frame is bit 4)."""
    return not (bytes(packet)[0] >> 4) & 1


def _with_trouble(index: FrameIndex, watch: _Watch) -> FrameIndex:
    """Name the first reason not to take packets for frames; and give the last frame a length."""
    pts, base = index.pts, index.time_base
    gaps = [b - a for a, b in pairwise(pts)]
    jump = max(gaps, default=0) * base
    hole = len(gaps) >= _JUDGED and jump > _JUMP_SECONDS
    trouble = ""
    if watch.encrypted:
        trouble = f"{watch.encrypted} packets are encrypted"
    elif watch.without_pts:
        trouble = f"{watch.without_pts} packets have no timestamp"
    elif watch.backwards:
        trouble = f"the clock runs backwards {watch.backwards} times"
    elif watch.corrupt:
        trouble = f"{watch.corrupt} packets are damaged"
    elif any(gap == 0 for gap in gaps):
        trouble = f"{sum(gap == 0 for gap in gaps)} timestamps stand twice"
    elif hole:
        trouble = f"the clock jumps by {float(jump):.1f} s"
    end = index.end_pts if pts and index.end_pts > pts[-1] else (pts[-1] + index.gap() if pts else 0)
    jumps, damaged = hole or watch.farthest_back * base > _RESTART_SECONDS, bool(watch.corrupt)
    return replace(index, end_pts=end, trouble=trouble, clock_jumps=jumps, is_damaged=damaged)


def index_of_listing(path: str, stream_index: int) -> FrameIndex:
    """The index that a linear decode gives (`suture.media.listing`).

    Only frame 0 counts as a keyframe, for a listing does not tell the others. ``trouble`` then tells of the frames, not
    of packets.

    Raises:
        ProbeError: it can't be read, or is no listing.
    """
    try:
        return _of_listing(path, stream_index)
    except (OSError, ValueError, IndexError) as error:
        raise ProbeError(f"{path!r} is no listing of frames: {error}", "make it with ffmpeg -f framecrc") from error


def _of_listing(path: str, stream_index: int) -> FrameIndex:
    pts, last_duration, sizes = array("q"), 0, set()
    with Path(path).open() as lines:
        for frame in read_frames(lines):
            pts.append(frame.pts)
            last_duration = frame.duration
            sizes.add(frame.size)
    keys = bytes([1]) + bytes(len(pts) - 1) if pts else b""
    end = pts[-1] + last_duration if pts else 0
    trouble = "the picture changes its size" if len(sizes) > 1 else ""
    base = read_time_base(path)
    unknown = array("I", bytes(array("I").itemsize * len(pts)))
    index = FrameIndex(stream_index, base, pts, unknown, keys, end, trouble, packets=len(pts))
    return replace(index, end_pts=pts[-1] + index.gap()) if pts and end <= pts[-1] else index


def write_index(index: FrameIndex, path: str) -> None:
    """Write an index so that `read_index` gives it back; the file appears whole or not at all."""
    head = {
        "stream_index": index.stream_index,
        "time_base": str(index.time_base),
        "frames": len(index),
        "end_pts": index.end_pts,
        "trouble": index.trouble,
        "packets": index.packets,
        "open_groups": index.open_groups,
        "clock_jumps": index.clock_jumps,
        "is_damaged": index.is_damaged,
        "size_width": index.sizes.itemsize,
    }
    part = Path(path).with_name(f".part-{Path(path).name}")
    with part.open("wb") as file:
        file.write(_MAGIC + json.dumps(head).encode() + b"\n")
        file.write(index.pts.tobytes() + index.sizes.tobytes() + index.keys)
    part.replace(path)


def read_index(path: str) -> FrameIndex:
    """Read what `write_index` wrote on this machine.

    Raises:
        ProbeError: it is no index, or a torn one.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ProbeError(f"{path} can't be read: {error.strerror}", "make it with suture index") from error
    if not data.startswith(_MAGIC):
        raise ProbeError(f"{path} is no frame index", "make it with suture index")
    head, _, body = data[len(_MAGIC) :].partition(b"\n")
    try:
        return _unpacked(json.loads(head), body)
    except (ValueError, KeyError, TypeError) as error:
        raise ProbeError(f"{path} is torn: {error}", "make it again with suture index") from error


def _unpacked(head: dict[str, Any], body: bytes) -> FrameIndex:
    pts, sizes, count = array("q"), array("I"), head["frames"]
    if head["size_width"] != sizes.itemsize or len(body) != count * (pts.itemsize + sizes.itemsize + 1):
        raise ValueError(f"{len(body)} bytes are not {count} frames")
    sizes_at, keys_at = count * pts.itemsize, count * (pts.itemsize + sizes.itemsize)
    pts.frombytes(body[:sizes_at])
    sizes.frombytes(body[sizes_at:keys_at])
    base = Fraction(head["time_base"])
    told = {name: head[name] for name in ("trouble", "packets", "open_groups", "clock_jumps", "is_damaged")}
    return FrameIndex(head["stream_index"], base, pts, sizes, body[keys_at:], head["end_pts"], **told)
