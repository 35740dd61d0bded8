"""The frame index: every frame of one video stream, in presentation order, as integers.

`packet_index` makes it from packets alone; `index_of_listing` makes the same thing from what a linear decode gave, for
streams whose packets can't be trusted to be frames. Not here: where to cut (`cuts`) and how a piece is decoded
(`encoder`).

Kept in three flat arrays, 13 bytes a frame, so that ten hours of film stay below 30 MB.
"""

from __future__ import annotations

import json
import re
from array import array
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suture.errors import ProbeError
from suture.media.listing import read_frames, read_time_base

if TYPE_CHECKING:
    from collections.abc import Iterable
    from io import BufferedReader

__all__ = ["FrameIndex", "index_of_listing", "read_index", "write_index"]

_MAGIC = b"suture-index 1\n"
_KEY = re.compile(rb"[^\0]")
_WHOLE_RATES = (24, 25, 30, 48, 50, 60, 100, 120, 10, 12, 15, 20)
_STANDARD_RATES = [Fraction(whole * 1000, slower) for whole in _WHOLE_RATES for slower in (1000, 1001)]
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
        return [found.start() for found in _KEY.finditer(self.keys)]

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
        gaps = Counter(b - a for a, b in pairwise(self.pts))
        half, passed = gaps.total() // 2, 0
        for gap in sorted(gaps):
            passed += gaps[gap]
            if passed > half:
                return max(1, gap)
        return 1

    def is_constant(self) -> bool:
        """Whether all frames lie on one grid, give or take the rounding to ticks."""
        if len(self.pts) < 2:  # noqa: PLR2004
            return True
        # Everything times the number of gaps, so that whole numbers suffice: a long film has a million frames.
        gaps, first, length = len(self.pts) - 1, self.pts[0], self.pts[-1] - self.pts[0]
        slack = int(gaps * max(Fraction(1), Fraction(1, 2000) / self.time_base))
        return all(abs((pts - first) * gaps - n * length) <= slack for n, pts in enumerate(self.pts))

    def is_steady(self) -> bool:
        """Whether its rate is one for all of it: on a grid, or, but for a hiccup here and there, a standard one."""
        return self.is_constant() or self.rate() in _STANDARD_RATES

    def rate(self) -> Fraction:
        """Frames a second: the standard rate that the grid means, or the average of a variable one."""
        if len(self.pts) < 2:  # noqa: PLR2004
            return Fraction(25)
        length = (self.pts[-1] - self.pts[0]) * self.time_base
        return _standard_rate((len(self.pts) - 1) / length) if length > 0 else Fraction(25)


def _standard_rate(rate: Fraction) -> Fraction:
    """The broadcast rate within the rounding of a millisecond clock of ``rate``, else a short fraction near it."""
    for candidate in _STANDARD_RATES:
        if abs(rate - candidate) / candidate < Fraction(1, 4000):
            return candidate
    return rate.limit_denominator(1001) or Fraction(1)


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
        index.pts.tofile(file)
        index.sizes.tofile(file)
        file.write(index.keys)
    part.replace(path)


def read_index(path: str) -> FrameIndex:
    """Read what `write_index` wrote on this machine.

    Raises:
        ProbeError: it is no index, or a torn one.
    """
    try:
        file = Path(path).open("rb")  # noqa: SIM115 - in the next lines
    except OSError as error:
        raise ProbeError(f"{path} can't be read: {error.strerror}", "make it with suture index") from error
    with file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise ProbeError(f"{path} is no frame index", "make it with suture index")
        try:
            return _unpacked(json.loads(file.readline()), file)
        except (EOFError, ValueError, KeyError, TypeError) as error:
            raise ProbeError(f"{path} is torn: {error}", "make it again with suture index") from error


def _unpacked(head: dict[str, Any], file: BufferedReader) -> FrameIndex:
    pts, sizes, count = array("q"), array("I"), head["frames"]
    if head["size_width"] != sizes.itemsize:
        raise ValueError(f"its sizes have {head['size_width']} bytes")
    pts.fromfile(file, count)
    sizes.fromfile(file, count)
    keys = file.read()
    if len(keys) != count:
        raise ValueError(f"{len(keys)} flags are not {count} frames")
    base = Fraction(head["time_base"])
    told = {name: head[name] for name in ("trouble", "packets", "open_groups", "clock_jumps", "is_damaged")}
    return FrameIndex(head["stream_index"], base, pts, sizes, keys, head["end_pts"], **told)
