"""Which picture of the source each picture of the output shows: alignment, on numbers alone.

A lossy picture equals none of the source's; it lies nearer to one than to its neighbours, if these can be told apart at
all. `follow` finds the cheapest path through the distances: staying in step is free, changing step costs, so that a
picture or two must stand out far above the encoder's noise before they count as out of step, while a shift that lasts
needs only a little from each. `events_of` says in words what a path means. Nothing here knows of files; `pictures`
does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Frames = NDArray[np.uint8]
    Floats = NDArray[np.float32]
    Numbers = NDArray[np.int64]

__all__ = ["NEAR", "Event", "Steps", "distances", "events_of", "far_offsets", "follow", "lags", "runs"]

# Steps that are always looked at: two pictures late to two early.
NEAR: Final = (-2, -1, 0, 1, 2)
# Mean squared error of a sample, in grey levels, below which nothing is told: rounding in two decoders.
FLOOR: Final = 0.02
# So far apart two pictures of the source have their distance in a table.
FARTHEST: Final = 4
# In units of the doubt around: what a change of step costs, and the most that one picture can say.
_CHANGE: Final = 2.5
_MOST: Final = 12.0
# Of the distance between two pictures of the source, so much has to speak for the other one before it counts.
_MARGIN: Final = 0.1
# Doubt is what the last path leaves unexplained in the pictures around (this quantile of it), and a share of the error.
_DOUBT_QUANTILE: Final = 0.95
_DOUBT_OF_ERROR: Final = 0.02
_AROUND: Final = 12
_BLOCK: Final = 96
# Samples in a row, in so many of which two pictures have to differ.
_ROW: Final = 8
_ROWS: Final = 3
# So many pictures have to agree on a step far away.
_VOTES: Final = 3


@dataclass(frozen=True, slots=True)
class Steps:
    """All that the alignment goes by.

    Args:
        table: mean squared error of each output picture against the source's at ``base + offset``, in grey levels;
            infinite
            past the ends.
        base: the source's picture that each of the output's is expected to show.
        offsets: what the columns of the table stand for; 0 is one of them.
        apart: see `lags`.
        source: the source's pictures, one row each.
        lossless: the output's codec loses nothing.
    """

    table: Floats
    base: Numbers
    offsets: tuple[int, ...]
    apart: Floats
    source: Frames
    lossless: bool = False

    @property
    def home(self) -> int:
        """The column of offset 0."""
        return self.offsets.index(0)

    def error(self, columns: Numbers) -> Floats:
        """The error along a path; where it leads past an end, the least that there is."""
        along = np.take_along_axis(self.table, columns[:, None], axis=1)[:, 0]
        return np.where(np.isfinite(along), along, self.table.min(axis=1))

    def between(self, places: Numbers, one: int | Numbers, other: int | Numbers) -> Floats:
        """How far apart the source's pictures are that two columns stand for; infinite where no table says."""
        offsets = np.asarray(self.offsets)
        low, gap = np.minimum(offsets[one], offsets[other]), np.abs(offsets[one] - offsets[other])
        row = np.clip(self.base[places] + low, 0, len(self.apart) - 1)
        found = self.apart[row, np.minimum(gap, FARTHEST)]
        return np.asarray(np.where(gap > FARTHEST, np.float32(np.inf), found), np.float32)

    def strength(self, places: Numbers, one: int, other: int) -> Floats:
        """How much the source's pictures that two columns stand for differ where they differ most; see `strengths`."""
        last = len(self.source) - 1
        sides = (np.clip(self.base[places] + self.offsets[column], 0, last) for column in (one, other))
        return strengths(self.source, *sides)


def strengths(source: Frames, one: Numbers, other: Numbers) -> Floats:
    """Mean squared difference of pairs of pictures in the few samples in a row where it is greatest.

    Args:
        source: one row of samples per picture.
        one: numbers of pictures.
        other: as many.
    """
    made = np.zeros(len(one), np.float32)
    count = source.shape[1] // _ROW
    for begin in range(0, len(one), _BLOCK):
        block = slice(begin, begin + _BLOCK)
        error = source[one[block], : count * _ROW].astype(np.float32) - source[other[block], : count * _ROW]
        parts = np.einsum("nrk,nrk->nr", *(error.reshape(-1, count, _ROW),) * 2) / _ROW
        made[block] = np.partition(parts, -_ROWS, axis=1)[:, -_ROWS] if count >= _ROWS else parts.max(axis=1)
    return made


def distances(source: Frames, output: Frames, base: Numbers, offsets: Sequence[int]) -> Floats:
    """Mean squared error of each output picture against the source's at ``base + offset``; infinite past the ends.

    Args:
        source: one row of samples per picture; may be a memory map, which is read in blocks.
        output: the same.
        base: see `Steps`.
        offsets: how far from there to look.
    """
    table = np.full((len(output), len(offsets)), np.inf, np.float32)
    for begin in range(0, len(output), _BLOCK):
        shown = output[begin : begin + _BLOCK].astype(np.float32)
        for column, offset in enumerate(offsets):
            places = base[begin : begin + _BLOCK] + offset
            inside = np.flatnonzero((places >= 0) & (places < len(source)))
            if inside.size:
                table[begin + inside, column] = mean_square(shown[inside] - source[places[inside]])
    return table


def lags(source: Frames) -> Floats:
    """For each picture of the source its distance to the 0th (nothing), 1st ... 4th after it; 0 past the end."""
    table = np.zeros((len(source), FARTHEST + 1), np.float32)
    for begin in range(0, len(source), _BLOCK):
        rows = source[begin : begin + _BLOCK + FARTHEST].astype(np.float32)
        for lag in range(1, FARTHEST + 1):
            count = min(_BLOCK, len(rows) - lag)
            if count > 0:
                table[begin : begin + count, lag] = mean_square(rows[lag : lag + count] - rows[:count])
    return table


def mean_square(error: Floats) -> Floats:
    """Of each row."""
    return np.asarray(np.einsum("ij,ij->i", error, error) / error.shape[1], np.float32)


def follow(steps: Steps) -> Numbers:
    """The column of the cheapest path, for each picture: in three rounds, the doubt measured along the path before."""
    table, least = steps.table, steps.table.min(axis=1)
    columns = np.full(len(table), steps.home)
    rows = np.arange(len(table))[:, None]
    margin = steps.between(rows, np.arange(table.shape[1])[None, :], table.argmin(axis=1)[:, None])
    # Far apart, the excess itself tells how different the two are; past an end nothing does.
    excess = np.where(np.isfinite(table), table, 0) - least[:, None]
    excess -= _MARGIN * np.where(np.isfinite(margin), margin, excess)
    excess[~np.isfinite(table)] = np.inf
    for _ in range(3):
        costs = excess / _doubt(steps.error(columns) - least, least)[:, None]
        found = _cheapest(np.clip(costs, 0, _MOST))
        if (found == columns).all():
            break
        columns = found
    return columns


def _doubt(unexplained: Floats, least: Floats) -> Floats:
    windows = around(unexplained, _AROUND)
    # A picture's own excess, and that of its neighbours, is what is asked about.
    others = np.delete(windows, slice(_AROUND - 1, _AROUND + 2), axis=1)
    level = np.maximum(np.median(around(least, _AROUND), axis=1), least)
    return np.asarray(np.quantile(others, _DOUBT_QUANTILE, axis=1) + FLOOR + _DOUBT_OF_ERROR * level, np.float32)


def around(values: Floats, width: int) -> Floats:
    """Each value with those up to ``width`` before and after it, as rows; mirrored at the ends."""
    padded = np.pad(values, width, mode="reflect" if len(values) > width else "edge")
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * width + 1)


def _cheapest(costs: Floats) -> Numbers:
    """Viterbi: every step may follow every other, at one price."""
    back = np.zeros(costs.shape, np.int16)
    stay = np.arange(costs.shape[1])
    total = costs[0].astype(np.float64)
    for row in range(1, len(costs)):
        best = int(total.argmin())
        change = total[best] + _CHANGE
        back[row] = np.where(total <= change, stay, best)
        total = np.minimum(total, change) + costs[row]
    columns = np.zeros(len(costs), np.int64)
    columns[-1] = int(total.argmin())
    for row in range(len(costs) - 1, 0, -1):
        columns[row - 1] = back[row, columns[row]]
    return columns


def far_offsets(source: Floats, output: Floats, base: Numbers, samples: int = 150) -> list[int]:
    """Steps far from ``base`` at which many pictures fit: a trim, a piece that is missing, a clock that was reset.

    Args:
        source: small descriptions of the pictures, one row each.
        output: the same.
        base: as in `distances`.
        samples: of so many pictures the likest is looked for in the whole source.
    """
    places = np.unique(np.linspace(0, len(output) - 1, samples).astype(int))
    votes: dict[int, int] = {}
    for place in places:
        error = mean_square(source - output[place])
        best = int(error.argmin())
        elsewhere = np.delete(error, slice(max(0, best - 3), best + 4))
        if elsewhere.size and elsewhere.min() > 2 * error[best] + 1:
            step = best - int(base[place])
            votes[step] = votes.get(step, 0) + 1
    likely = (step for step, count in votes.items() if count >= _VOTES)
    return sorted(likely, key=lambda step: -votes[step])[:8]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a path says: ``missing``, ``doubled`` or ``swapped``.

    Args:
        kind: which.
        first: the first picture of the source that it is about.
        last: the last one, inclusive.
        place: the picture of the output where it shows.
        count: how often too much it is shown, for ``doubled``.
    """

    kind: str
    first: int
    last: int
    place: int
    count: int = 1


def events_of(shown: Numbers, length: int) -> list[Event]:
    """What is missing, doubled, swapped, by number; in the order of the source.

    Args:
        shown: see `Path`.
        length: pictures in the source.
    """
    counts = np.bincount(shown, minlength=length)
    events = [*_missing(shown, counts), *_doubled(shown, counts), *_swapped(shown, counts)]
    return sorted(events, key=lambda event: (event.first, event.kind))


def _missing(shown: Numbers, counts: NDArray[Any]) -> Iterator[Event]:
    for first, last in runs(counts == 0):
        yield Event("missing", first, last, int(np.searchsorted(np.maximum.accumulate(shown), first)))


def _doubled(shown: Numbers, counts: NDArray[Any]) -> Iterator[Event]:
    for number in np.flatnonzero(counts > 1):
        places = np.flatnonzero(shown == number)
        yield Event("doubled", int(number), int(number), int(places[1]), int(counts[number] - 1))


def _swapped(shown: Numbers, counts: NDArray[Any]) -> Iterator[Event]:
    for place in np.flatnonzero(np.diff(shown) < 0):
        first, last = int(shown[place + 1]), int(shown[place])
        if counts[first] == counts[last] == 1:
            yield Event("swapped", first, last, int(place))


def runs(flags: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """The first and last place, inclusive, of each run of true."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    for first, end in edges.reshape(-1, 2):
        yield int(first), int(end) - 1
