"""Which frame of one film stands beside which of another: by number where they keep step, else by time. Pure."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Alone", "Pairs", "pair"]

# Whatever stands around a gap of a film.
_FARTHEST_S: Final = 0.5
# Matroska rounds times to a thousandth of a second.
_ROUNDED_S: Final = 0.0011


@dataclass(frozen=True, slots=True)
class Alone:
    """Frames ``first`` to ``last`` of one film, which have no partner in the other.

    Args:
        side: ``reference`` or ``file``.
        first: number of the first one in its film.
        last: and of the last one.
        time_s: when the first is shown, in seconds from its film's beginning.
    """

    side: str
    first: int
    last: int
    time_s: float

    def __len__(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Pairs:
    """Frames beside each other: ``mine[n]`` of the reference, ``theirs[n]`` of the file; both ascend."""

    mine: array[int]
    theirs: array[int]

    def __len__(self) -> int:
        return len(self.mine)

    def alone(self, times: Sequence[float], others: Sequence[float], mine: range, theirs: range) -> Iterator[Alone]:
        """What has no partner, of frames as `pair` was given them."""
        yield from _gaps("reference", self.mine, times, mine)
        yield from _gaps("file", self.theirs, others, theirs)


def pair(times: Sequence[float], others: Sequence[float], mine: range, theirs: range, late: float = 0.0) -> Pairs:
    """Pair frames of the reference with frames of the file.

    Args:
        times: of all frames of the reference, in seconds, ascending.
        others: of all frames of the file, ascending.
        mine: numbers of the reference's frames that count.
        theirs: numbers of the file's.
        late: seconds by which the file's clock is behind the reference's.
    """
    begun = zip(mine, theirs, strict=False)
    # One that only ends earlier keeps step; times that were rounded to one another's could not tell.
    if len(mine) == len(theirs) or all(abs(others[b] + late - times[a]) <= _near(times, a, mine) for a, b in begun):
        together = min(len(mine), len(theirs))
        return Pairs(array("q", mine[:together]), array("q", theirs[:together]))
    return _by_time(times, others, mine, theirs, late)


def _by_time(times: Sequence[float], others: Sequence[float], mine: range, theirs: range, late: float) -> Pairs:
    """Two that are each other's nearest, at most half a frame away."""
    found = Pairs(array("q"), array("q"))
    at = mine.start
    for number in theirs:
        time, follower = (others[min(n, theirs.stop - 1)] + late for n in (number, number + 1))
        while at + 1 < mine.stop and abs(times[at + 1] - time) <= abs(times[at] - time):
            at += 1
        if at >= mine.stop or abs(follower - times[at]) < abs(time - times[at]):
            continue
        if abs(times[at] - time) <= _near(times, at, mine):
            found.mine.append(at)
            found.theirs.append(number)
            at += 1
    return found


def _near(times: Sequence[float], at: int, among: range) -> float:
    """Half a frame, in seconds, as frames stand at this place."""
    before, behind = max(among.start, at - 1), min(among.stop - 1, at + 1)
    gap = (times[behind] - times[before]) / max(1, behind - before)
    return min(max(_ROUNDED_S, gap / 2), _FARTHEST_S)


def _gaps(side: str, taken: Sequence[int], times: Sequence[float], among: range) -> Iterator[Alone]:
    expected = among.start
    for number in (*taken, among.stop):
        if number > expected:
            yield Alone(side, expected, number - 1, times[expected])
        expected = number + 1
