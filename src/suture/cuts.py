"""Where to cut: the strategies, pure functions over a `FrameIndex`.

What a range between two cuts is, and where a decoder has to seek for it, is `chunker`'s business.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from heapq import heapreplace
from itertools import accumulate, pairwise
from math import ceil
from typing import TYPE_CHECKING, Final

from suture.errors import ConfigError
from suture.scenes import gathered
from suture.settings import CHUNKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suture.media.index import FrameIndex
    from suture.scenes import Shots

__all__ = ["HEAD", "Cuts", "cut_points", "head_starts"]

_LONGEST: Final = Fraction(60)
_SHORTEST: Final = Fraction(3)
# Of the longest pieces there are so many at the most: each opens the film, which takes longer the longer it is.
_MOST: Final = 240
# Less is not worth more than one encoder with several threads.
_WORTH_CUTTING: Final = Fraction(10)
# What is left for a worker, over these, is a piece; and how far, in pieces, a keyframe may be from where a cut is best.
_SHARES: Final = (1.0, 1.5, 2.0, 3.0, 4.0)
_SLACKS: Final = (0.5, 0.2)
# Seconds that may be decoded in vain before a piece, and what decoding a second costs, against encoding it.
_IN_VAIN: Final = Fraction(15)
_DECODING: Final = 0.05
# What starting an encoder costs, in seconds of film.
_STARTING: Final = 0.1
# By what pieces may differ from what was predicted, in turn.
_WRONG: Final = ((1.0, 1.0), (1.25, 0.75), (0.75, 1.25))
_KEYFRAME_PIECE: Final = Fraction(2)
# Seconds at the beginning of a long film that are cut by themselves; an index of so much takes a moment.
HEAD: Final = Fraction(100)
_HEAD_SHORTEST, _HEAD_LONGEST = Fraction(5), Fraction(30)


@dataclass(frozen=True, slots=True)
class Cuts:
    """Frame numbers where pieces begin (the first is 0), and why there."""

    starts: tuple[int, ...]
    reason: str


def cut_points(
    index: FrameIndex,
    chunking: str,
    *,
    chunk_duration: Fraction = Fraction(600),
    chapter_starts: Sequence[Fraction] = (),
    workers: int = 1,
    head: Sequence[int] = (),
    shots: Shots | None = None,
    each: bool = False,
) -> Cuts:
    """Where pieces begin.

    Args:
        index: the stream's frames.
        chunking: one of `suture.settings.CHUNKING`; ``chapters`` and ``scenes`` fall back to ``fixed`` where
            there are none.
        chunk_duration: seconds, for ``fixed``.
        chapter_starts: seconds in the source's clock.
        workers: how many pieces run at once, for ``auto``.
        head: the first pieces of a long film, for ``auto`` (`head_starts`).
        shots: of these frames, for ``scenes``.
        each: every shot is a piece; else short ones are gathered.

    Raises:
        ConfigError: no such strategy, or a duration that is none.
    """
    if chunking not in CHUNKING:
        raise ConfigError(f"no chunking {chunking!r}", f"one of: {', '.join(CHUNKING)}")
    if len(index) < 2:  # noqa: PLR2004
        return Cuts((0,), "there is one frame")
    if chunking == "auto":
        return _auto(index, workers, head)
    if chunking == "keyframes":
        return _at_keyframes(index)
    if chunking == "chapters" and chapter_starts:
        return Cuts(_at_times(index, chapter_starts), f"at {len(chapter_starts)} chapters")
    if chunking == "scenes" and shots is not None:
        return _at_shots(index, shots, each=each)
    why = {"chapters": "no chapters, so ", "scenes": "nobody has looked for shots, so "}.get(chunking, "")
    return Cuts(_every(index, chunk_duration), f"{why}every {float(chunk_duration):g} s")


def _at_times(index: FrameIndex, marks: Sequence[Fraction]) -> tuple[int, ...]:
    """The first frame at or after each mark."""
    frames = {_frame_at(index, mark) for mark in marks}
    return tuple(sorted({0} | {frame for frame in frames if frame < len(index)}))


def _frame_at(index: FrameIndex, time: Fraction) -> int:
    """The first frame at or after a time in seconds; the number of frames when there is none."""
    return bisect_left(index.pts, ceil(time / index.time_base))


def _every(index: FrameIndex, duration: Fraction) -> tuple[int, ...]:
    """The first frame at or after each multiple of a duration; marks between which no frame lies are passed over."""
    if duration <= 0:
        raise ConfigError(f"a chunk of {float(duration):g} s is no chunk", "give a duration above 0")
    starts = [0]
    while starts[-1] < len(index):
        passed = (index.time(starts[-1]) - index.time(0)) // duration
        starts.append(_frame_at(index, index.time(0) + (passed + 1) * duration))
    return tuple(starts[:-1])


def _at_keyframes(index: FrameIndex) -> Cuts:
    """Every keyframe, but no piece shorter than what starting an encoder is worth."""
    starts = [0]
    for frame in index.keyframes():
        if index.time(frame) - index.time(starts[-1]) >= _KEYFRAME_PIECE:
            starts.append(frame)
    return Cuts(tuple(starts), f"at keyframes at least {float(_KEYFRAME_PIECE):g} s apart")


def _at_shots(index: FrameIndex, shots: Shots, *, each: bool) -> Cuts:
    """Where shots begin; unless each is wanted, short ones are gathered."""
    starts = shots.starts if each else gathered(shots, index)
    there = f"{len(shots)} shots, {_said(index, shots.starts)}" if len(shots) > 1 else "one shot"
    long = f", {shots.divided} of them parts of longer ones" if shots.divided else ""
    made = f"{len(starts)} pieces, {_said(index, starts)}" if len(starts) > 1 else "one piece"
    return Cuts(starts, f"{there}{long}, in {made}")


def _auto(index: FrameIndex, workers: int, head: Sequence[int]) -> Cuts:
    """Pieces whose predicted cost shrinks towards the end, cut on keyframes where these are near.

    Each piece takes a fixed share of what is left for one worker (guided self-scheduling: Polychronopoulos and Kuck,
    1987), so that the workers end within a short piece of each other, and a film still has few pieces. Which share is
    best for this film is told by playing each.
    """
    length = index.time(len(index)) - index.time(0)
    if why := _why_one(length, index, workers):
        return Cuts((0,), f"one piece: {why}")
    film = _Film.of(index)
    ways = {_guided(film, workers, tuple(head), share, slack) for share in _SHARES for slack in _SLACKS}
    starts = min(ways, key=lambda starts: (film.makespan(starts, workers), len(starts), starts))
    return Cuts(starts, f"{len(starts)} pieces, {_said(index, starts)}: {workers} at once, and all end together")


def _why_one(length: Fraction, index: FrameIndex, workers: int) -> str:
    if workers < 2 and length <= _LONGEST:  # noqa: PLR2004
        return f"{float(length):.1f} s for one worker"
    if length < _WORTH_CUTTING:
        return f"{float(length):.1f} s are too short to share among {workers}"
    return "one keyframe" if sum(index.keys) < 2 else ""  # noqa: PLR2004


def _said(index: FrameIndex, starts: Sequence[int]) -> str:
    """The lengths of pieces, for people."""
    lengths = [float(index.time(end) - index.time(start)) for start, end in pairwise((*starts, len(index)))]
    return f"{min(lengths):.1f} to {max(lengths):.1f} s long"


@dataclass(frozen=True, slots=True)
class _Film:
    """What cuts are weighed by.

    Args:
        index: the frames.
        keys: numbers of the keyframes.
        cost: predicted seconds of an average worker before each frame, as many as the film has.
    """

    index: FrameIndex
    keys: Sequence[int]
    cost: Sequence[float]

    @classmethod
    def of(cls, index: FrameIndex) -> _Film:
        """Half by frames, half by the source's bytes, which tell what is hard."""
        total, frames = sum(index.sizes) or 1, len(index)
        length = float(index.time(frames) - index.time(0))
        costs = (length * (0.5 / frames + 0.5 * size / total) for size in index.sizes)
        return cls(index, index.keyframes(), array("d", accumulate(costs, initial=0.0)))

    def key_before(self, frame: int) -> int:
        """The last keyframe that is not behind a frame."""
        return self.keys[max(0, bisect_left(self.keys, frame + 1) - 1)]

    def in_vain(self, frame: int) -> Fraction:
        """Seconds that are decoded before a piece that begins at a frame."""
        return max(Fraction(0), self.index.time(frame) - self.index.time(self.key_before(frame)))

    def piece(self, start: int, end: int) -> float:
        """Predicted cost of a piece."""
        return self.cost[end] - self.cost[start] + _STARTING + _DECODING * float(self.in_vain(start))

    def makespan(self, starts: Sequence[int], workers: int) -> float:
        """Seconds until the last piece ends, on average over predictions that are right, and wrong either way."""
        pieces = sorted((self.piece(*ends) for ends in pairwise((*starts, len(self.index)))), reverse=True)
        plays = ([piece * wrong[n % 2] for n, piece in enumerate(pieces)] for wrong in _WRONG)
        return sum(_played(play, workers) for play in plays) / len(_WRONG)


def _played(pieces: Sequence[float], workers: int) -> float:
    """When the last of them ends: each worker takes the next when it has done with one."""
    slots = [0.0] * min(workers, len(pieces))
    for piece in pieces:
        heapreplace(slots, slots[0] + piece)
    return max(slots)


def _guided(film: _Film, workers: int, head: tuple[int, ...], shares: float, slack: float) -> tuple[int, ...]:
    """Where pieces begin, given those of the head."""
    starts = list(head) or [0]
    longest = max(float(_LONGEST), film.cost[-1] / _MOST)
    while True:
        left = film.cost[-1] - film.cost[starts[-1]]
        share = min(longest, max(float(_SHORTEST), left / (workers * shares)))
        if left < share + float(_SHORTEST) / 2:
            return tuple(starts)
        start = _cut_near(film, film.cost[starts[-1]] + share, share * slack)
        if start <= starts[-1]:
            return tuple(starts)
        starts.append(start)


def _cut_near(film: _Film, ideal: float, slack: float) -> int:
    """The keyframe nearest to a point on the scale of cost, or the frame there.

    Behind a keyframe nothing is decoded in vain. But where the nearest is far, a worker would wait at the end, for
    longer than it takes to decode the few seconds from the one before.
    """
    frame = bisect_left(film.cost, ideal)
    behind = bisect_left(film.keys, frame)
    near = min(film.keys[max(0, behind - 1) : behind + 1], key=lambda key: abs(film.cost[key] - ideal))
    if abs(film.cost[near] - ideal) <= slack or frame >= len(film.index):
        return near
    return frame if film.in_vain(frame) <= _IN_VAIN else near


def head_starts(index: FrameIndex, workers: int) -> tuple[int, ...]:
    """Where the first pieces of a long film begin, and the last of them ends: one for each worker, if there are enough.

    They depend on the first `HEAD` seconds only, so that they can be encoded while the rest has not been looked at.

    Args:
        index: of the film, or of its beginning.
        workers: how many pieces run at once.

    Returns:
        Numbers of frames, of which the first is 0; nothing where there are too few keyframes.
    """
    length = max(_HEAD_SHORTEST, min(_HEAD_LONGEST, HEAD / workers))
    starts, mark = [0], length
    for key in index.keyframes():
        at = index.time(key) - index.time(0)
        if at > HEAD:
            break
        if at >= mark:
            starts.append(key)
            mark = (at // length + 1) * length
    return tuple(starts) if len(starts) > 1 else ()
