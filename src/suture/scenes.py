"""Shots: from how much each picture differs from the one before it to where shots begin, and from shots to pieces.

Pure. What the numbers are made of is `suture.command.scene_scores`' business, who runs that `suture.planning.scenes`';
`suture.cuts` asks for pieces. A cut is one sudden change among small ones, behind which the picture before it does not
come back: so fast motion, flashes and dissolves are none. Every decision looks at a few frames around it (but for where
a long shot is divided), so the shots of a film's beginning do not depend on its end.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from suture.media.index import FrameIndex

__all__ = ["PICTURE", "Kind", "Pictures", "Scores", "Shots", "find_shots", "gathered"]

# Samples of the little grey picture that is kept of each frame: 16 by 9.
PICTURE: Final = 144
# Source of these: docs/scenes.md, three films marked by eye. A change is a mean over the picture, in thousandths of a
# per cent of the full range. Smaller ones are no cuts, whatever is around them.
_LEAST: Final = 4_000
# A cut changes so many times as much as the one or two frames before and behind it, and as those next to them: motion
# comes in runs, and a drawn film may show each picture three or four times.
_TIMES: Final = (1.8, 1.8, 1.2, 1.2)
# It is a flash when a picture comes back within so many frames, that is, when it is so much nearer to the one from
# before (or, at its end, from behind) than the flash itself was.
_FLASH: Final = 8
_NEARER: Final = 0.4
# The brightest sample of a picture that is black, of 255.
_BLACK: Final = 10
# Shots shorter than this are joined with a neighbour (seconds), unless both of their ends are sharper than that, and
# they are longer than the second figure.
_SHORT, _SHORTEST = Fraction(1), Fraction(3, 10)
_SHARP: Final = 8_000
# Longer ones are divided.
_LONG: Final = Fraction(20)
# Shots are gathered until they are so long: an encoder's start should cost little.
_PIECE: Final = Fraction(4)


class Kind(StrEnum):
    """Why a shot begins where it does."""

    BEGINNING = "beginning"
    """The film begins."""
    CUT = "cut"
    """A cut."""
    FADE = "fade"
    """It comes out of black."""
    DIVIDED = "divided"
    """A long shot is divided here; nobody would see anything."""


class Pictures:
    """The little pictures of all frames, which lie in several buffers of any length, one behind the other.

    Args:
        parts: of `PICTURE` bytes for each frame.
    """

    def __init__(self, parts: Sequence[memoryview | bytes]) -> None:
        self._parts = [memoryview(part) for part in parts]
        self._ends = list(accumulate(len(part) // PICTURE for part in parts))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, frame: int) -> memoryview:
        part = bisect_right(self._ends, frame)
        at = (frame - (self._ends[part - 1] if part else 0)) * PICTURE
        return self._parts[part][at : at + PICTURE]

    def apart(self, one: int, other: int) -> int:
        """How different two pictures are; 0 is equal, the most is 255 for each sample."""
        return sum(abs(a - b) for a, b in zip(self[one], self[other], strict=True))

    def is_black(self, frame: int) -> bool:
        """Whether there is no light in it."""
        return max(self[frame]) <= _BLACK


@dataclass(frozen=True, slots=True)
class Scores:
    """What was seen of a film.

    Args:
        changes: from the frame before, in thousandths of a per cent (100,000 is from black to white); 0 for the first.
        pictures: as many.
    """

    changes: Sequence[int]
    pictures: Pictures


@dataclass(frozen=True, slots=True)
class Shots:
    """The shots of a film, in the numbers of its frames.

    Args:
        starts: first frames of shots, ascending; the first is 0.
        strengths: of the change at each, in per cent of the full range: 0 to 100, a cut has 4 or more.
        kinds: why each begins there.
    """

    starts: tuple[int, ...] = (0,)
    strengths: tuple[float, ...] = (0.0,)
    kinds: tuple[Kind, ...] = (Kind.BEGINNING,)

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def divided(self) -> int:
        """How many of the starts are none, but places where a long shot is divided."""
        return self.kinds.count(Kind.DIVIDED)


def find_shots(scores: Scores, index: FrameIndex) -> Shots:
    """Where shots begin.

    Args:
        scores: of the frames.
        index: when they are shown; as many frames.

    Raises:
        ValueError: they are not as many.
    """
    if not len(index) == len(scores.changes) == len(scores.pictures):
        raise ValueError(f"{len(scores.changes)} scores and {len(scores.pictures)} pictures for {len(index)} frames")
    kinds = dict.fromkeys(_out_of_black(scores.pictures), Kind.FADE)
    kinds |= {frame: Kind.CUT for frame in _peaks(scores.changes) if not _is_flash(scores.pictures, frame)}
    kinds = {frame: kinds[frame] for frame in _joined(sorted(kinds), scores.changes, index)}
    starts = [0, *kinds]
    for start, end in pairwise([*starts, len(index)]):
        kinds |= dict.fromkeys(_divided(start, end, scores.changes, index), Kind.DIVIDED)
    starts = [0, *sorted(kinds)]
    kinds[0] = Kind.BEGINNING
    strengths = (scores.changes[start] / 1000 if start else 0.0 for start in starts)
    return Shots(tuple(starts), tuple(strengths), tuple(kinds[start] for start in starts))


def _peaks(changes: Sequence[int]) -> Iterator[int]:
    """Frames that differ from the one before much more than those around them do.

    One of these may differ as much, if it has no other rival: a flash has two ends, and so has a very short shot.
    """
    for frame in range(1, len(changes)):
        if changes[frame] >= _LEAST:
            rivals = _rivals(changes, frame)
            if not rivals or (len(rivals) == 1 and _rivals(changes, rivals[0]) in ([], [frame])):
                yield frame


def _rivals(changes: Sequence[int], frame: int) -> list[int]:
    """The frames around one that differ nearly as much as it does, or more."""
    sides = ((frame + side * (away + 1), times) for away, times in enumerate(_TIMES) for side in (-1, 1))
    return [n for n, times in sides if 0 < n < len(changes) and changes[frame] < times * changes[n]]


def _is_flash(pictures: Pictures, frame: int) -> bool:
    """Whether what was there before a change soon comes back, or was there a moment ago."""
    most = _NEARER * pictures.apart(frame - 1, frame)
    behind = range(frame + 1, min(len(pictures), frame + _FLASH + 1))
    before = range(max(0, frame - 1 - _FLASH), frame - 1)
    return any(pictures.apart(frame - 1, n) < most for n in behind) or any(
        pictures.apart(frame, n) < most for n in before
    )


def _out_of_black(pictures: Pictures) -> Iterator[int]:
    """Where it becomes light again, behind a picture that was light and one that was black."""
    was_light = was_black = False
    for frame in range(len(pictures)):
        is_black = pictures.is_black(frame)
        if was_light and was_black and not is_black:
            yield frame
        was_light, was_black = was_light or not is_black, is_black


def _joined(frames: Sequence[int], changes: Sequence[int], index: FrameIndex) -> list[int]:
    """Without those that would leave a short shot; of two that are too near to each other the sharper one stays."""
    kept: list[int] = []
    for frame in frames:
        while kept and _too_near(kept[-1], frame, changes, index) and changes[frame] > changes[kept[-1]]:
            kept.pop()
        if not _too_near(kept[-1] if kept else 0, frame, changes, index):
            kept.append(frame)
    while kept and index.time(len(index)) - index.time(kept[-1]) < _SHORTEST:
        kept.pop()
    return kept


def _too_near(one: int, other: int, changes: Sequence[int], index: FrameIndex) -> bool:
    """Whether the shot between two frames is too short; where a film begins is as sharp as can be."""
    length = index.time(other) - index.time(one)
    sharp = changes[other] >= _SHARP and (one == 0 or changes[one] >= _SHARP)
    return length < (_SHORTEST if sharp else _SHORT)


def _divided(start: int, end: int, changes: Sequence[int], index: FrameIndex) -> Iterator[int]:
    """Where a long shot is divided: at its strongest motion, away from its ends; again, until no part is long."""
    begin, length = index.time(start), index.time(end) - index.time(start)
    if length <= _LONG:
        return
    middle, room = begin + length / 2, length / 4
    first, last = (bisect_left(index.pts, at / index.time_base) for at in (middle - room, middle + room))
    inside = range(max(start + 1, first), min(end, last + 1))
    if not inside:  # one frame that lasts for so long
        return
    best = min(inside, key=lambda frame: (-changes[frame], abs(index.time(frame) - middle)))
    yield from _divided(start, best, changes, index)
    yield best
    yield from _divided(best, end, changes, index)


def gathered(shots: Shots, index: FrameIndex) -> tuple[int, ...]:
    """Where pieces begin: at shots, short ones gathered.

    Args:
        shots: of these frames.
        index: when they are shown.
    """
    starts = [0]
    for start in shots.starts[1:]:
        if index.time(start) - index.time(starts[-1]) >= _PIECE:
            starts.append(start)
    if len(starts) > 1 and index.time(len(index)) - index.time(starts[-1]) < _PIECE / 2:
        starts.pop()
    return tuple(starts)
