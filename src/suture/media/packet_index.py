"""A frame index from packets alone: one pass of libavformat over a stream, without decoding.

It says itself where packets can't be trusted to be frames: damaged, encrypted, without a time, on a clock that jumps.
What is read is given back as a file (`index`), for this runs in a child.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import ceil
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from suture.errors import ProbeError
from suture.media.index import FrameIndex, write_index
from suture.media.opening import complaints, open_input

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import av

__all__ = ["index_file"]

# Gaps stay below this in a healthy film; a larger one is a clock that jumped, or a hole. A few pictures are no film.
_JUMP_SECONDS = 10
_JUDGED = 10
# A decoding time that a reader guesses may lie a little before the last; a clock that starts again goes back further.
_RESTART_SECONDS = Fraction(1, 2)
_REPORT_EVERY = 10_000
# So many frames at the most are shown before one that was stored earlier, on a healthy clock.
_REORDERED: Final = 64


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
    watch, shown = _Watch(), _Shown()
    codec = stream.codec_context.name if stream.codec_context else ""
    for packet in packets:
        if not packet.size:
            continue
        watch.see(packet)
        if packet.is_discard or packet.pts is None or (codec == "vp8" and _is_hidden_vp8(packet)):
            continue
        shown.add(packet.pts, packet.size, packet.is_keyframe, packet.duration or 0)
    shown.settle()
    index = FrameIndex(
        stream.index,
        Fraction(stream.time_base),
        shown.pts,
        shown.sizes,
        bytes(shown.keys),
        shown.end,
        packets=watch.packets,
        open_groups=watch.open_groups,
    )
    return _with_trouble(index, watch)


class _Shown:
    """Frames in presentation order, while they come in the order of decoding: a few neighbours change places.

    A sort of a long film at the end would need many times the memory.
    """

    def __init__(self) -> None:
        self.pts, self.sizes, self.keys = array("q"), array("I"), bytearray()
        self.end = 0
        self._last: int | None = None
        self.strays: list[tuple[int, int, bool]] = []

    def add(self, pts: int, size: int, key: bool, duration: int) -> None:  # noqa: FBT001 - a packet's facts
        """One more."""
        if self._last is None or pts >= self._last:
            self._last, self.end = pts, pts + duration
            self._insert(len(self.pts), pts, size, key)
        elif len(self.pts) - (at := bisect_right(self.pts, pts)) <= _REORDERED:
            self._insert(at, pts, size, key)
        else:
            self.strays.append((pts, size, key))

    def settle(self) -> None:
        """Put those in their places that came much too late, on a clock that goes back."""
        if self.strays:
            rows = [*zip(self.pts, self.sizes, self.keys, strict=True), *self.strays]
            rows.sort(key=itemgetter(0))
            self.pts, self.sizes = array("q", (row[0] for row in rows)), array("I", (row[1] for row in rows))
            self.keys = bytearray(row[2] for row in rows)

    def _insert(self, at: int, pts: int, size: int, key: bool) -> None:  # noqa: FBT001 - as above
        self.pts.insert(at, pts)
        self.sizes.insert(at, size)
        self.keys.insert(at, key)


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
        self.encrypted = False
        self.open_groups = False
        self._last_dts: int | None = None
        self._last_key: int | None = None

    def see(self, packet: Any) -> None:  # noqa: ANN401
        self.packets += 1
        self.without_pts += packet.pts is None
        self.corrupt += bool(packet.is_corrupt)
        if packet.is_keyframe or self.packets < _REORDERED:  # to ask takes longer than all else
            self.encrypted |= packet.has_sidedata("encryption_info")
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
    gaps = Counter(b - a for a, b in pairwise(pts))
    jump = max(gaps, default=0) * base
    hole = gaps.total() >= _JUDGED and jump > _JUMP_SECONDS
    trouble = ""
    if watch.encrypted:
        trouble = "its packets are encrypted"
    elif watch.without_pts:
        trouble = f"{watch.without_pts} packets have no timestamp"
    elif watch.backwards:
        trouble = f"the clock runs backwards {watch.backwards} times"
    elif watch.corrupt:
        trouble = f"{watch.corrupt} packets are damaged"
    elif gaps[0]:
        trouble = f"{gaps[0]} timestamps stand twice"
    elif hole:
        trouble = f"the clock jumps by {float(jump):.1f} s"
    end = index.end_pts if pts and index.end_pts > pts[-1] else (pts[-1] + index.gap() if pts else 0)
    jumps, damaged = hole or watch.farthest_back * base > _RESTART_SECONDS, bool(watch.corrupt)
    return replace(index, end_pts=end, trouble=trouble, clock_jumps=jumps, is_damaged=damaged)
