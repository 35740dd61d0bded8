"""Is a picture really out of step? Every part of a path that `sequence` found is questioned before anyone is told.

Encoders of few bits lag: they repeat the picture before, or parts of it, where the change is smaller than their error,
so that an honest output lies nearer to an earlier picture of the source. Told apart by four questions: is the change
in the source larger than the error that is left? Is it anywhere so strong that no encoder leaves it out, as it does
with one step of a slow fade, however exact the rest is? Does the picture lie on the other's side by a clear share of
that change? And do the pictures around, which are in step, not do the same? Whatever fails goes back in step.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from suture.verify.sequence import FLOOR, Steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Floats = NDArray[np.float32]

__all__ = ["confirmed"]

# Found by trial on 1,150 encodes of 24 films by 7 encoder settings, most of them of few bits: docs/measurements.md.
# Pictures of the source count as different from here on.
_DIFFERENT: Final = 0.03
# A change is distinct when it is as large as the error: less, and encoders leave it out.
_DISTINCT: Final = 1.0
# It is strong where some samples in a row change by so much, squared (5 grey levels): a quantiser's dead zone in flat
# pictures is wider than the errors that are left.
_STRONG: Final = 25.0
_SHORT: Final = 2
# The sum of change over error that a part needs, and the share of the change by which it has to lie on the other's
# side.
_NEEDS_EARLY: Final = 1.5
_NEEDS_SHORT: Final = 3.0
_NEEDS_LONG: Final = 4.0
_SHARE_EARLY: Final = 0.3
_SHARE_LATE_SHORT: Final = 0.5
_SHARE_LATE_LONG: Final = 0.6
# Pictures around that are in step may lie so much on the other's side (0 is half-way).
_OTHERS: Final = 0.0
_AROUND: Final = 24
# With no picture in step to compare with.
_SHARE_ALONE: Final = 0.7


def confirmed(steps: Steps, columns: Numbers) -> Numbers:
    """The path without the parts that can't be told from an encoder's lag.

    Args:
        steps: what the path was found by.
        columns: a path, as `follow` gives it.
    """
    columns = columns.copy()
    floor = FLOOR + float(np.quantile(steps.error(columns), 0.75)) / 4
    for _ in range(len(columns)):
        changed = [_question(steps, columns, part, floor) for part in sorted(parts(columns), key=_length)]
        if not any(changed):
            break
    return columns


def parts(columns: Numbers) -> Iterator[tuple[int, int]]:
    """The stretches of one step: first picture and the one after the last."""
    edges = [0, *(np.flatnonzero(np.diff(columns)) + 1).tolist(), len(columns)]
    yield from pairwise(edges)


def _length(part: tuple[int, int]) -> int:
    return part[1] - part[0]


def _question(steps: Steps, columns: Numbers, part: tuple[int, int], floor: float) -> bool:
    """Put a part back in the step of a neighbour, or of the whole, if it can't be told from it; whether it was."""
    begin, end = part
    if (columns[begin:end] != columns[begin]).any():
        return False  # an earlier question has changed it; the next round asks again
    for other in _others(steps, columns, part):
        possible = np.isfinite(steps.table[begin:end, other]).all()
        if possible and not _stands_out(steps, columns, part, other, floor):
            columns[begin:end] = other
            return True
    return False


def _others(steps: Steps, columns: Numbers, part: tuple[int, int]) -> list[int]:
    begin, end = part
    others = set()
    if _length(part) < len(columns) // 2:
        others |= {int(columns[place]) for place in (begin - 1, end) if 0 <= place < len(columns)}
    if len(columns) == len(steps.apart):
        others.add(steps.home)
    return sorted(others - {int(columns[begin])})


def _stands_out(steps: Steps, columns: Numbers, part: tuple[int, int], other: int, floor: float) -> bool:
    begin, end = part
    shares, ratios, told = _sides(steps, np.arange(begin, end), int(columns[begin]), other, floor)
    distinct = ratios >= _DISTINCT
    if not steps.lossless:
        distinct[distinct] = steps.strength(told[distinct], int(columns[begin]), other) >= _STRONG
    short = _length(part) <= _SHORT
    late = steps.offsets[int(columns[begin])] < steps.offsets[other]
    # An encoder may repeat a picture; it never shows one before its time.
    least = (_NEEDS_SHORT if late else _NEEDS_EARLY) if short else _NEEDS_LONG
    if not distinct.any() or ratios[distinct].sum() < least:
        return False
    needed = (_SHARE_LATE_SHORT if short else _SHARE_LATE_LONG) if late else _SHARE_EARLY
    share = float(np.median(shares[distinct]))
    near = np.r_[max(0, begin - _AROUND) : begin, end : min(len(columns), end + _AROUND)]
    theirs, their_ratios, _ = _sides(steps, near[columns[near] == other], int(columns[begin]), other, floor)
    theirs = theirs[their_ratios >= _DISTINCT / 2]
    if len(theirs) < 3:  # noqa: PLR2004 - too few to tell
        return share >= max(needed, _SHARE_ALONE)
    return share >= needed and float(np.quantile(theirs, 0.95)) <= _OTHERS


def _sides(steps: Steps, places: Numbers, column: int, other: int, floor: float) -> tuple[Floats, Floats, Numbers]:
    """Whose side pictures lie on (1: ``column``'s, -1: ``other``'s), the change over the error, and which they are."""
    mine, theirs = steps.table[places, column], steps.table[places, other]
    apart = steps.between(places, column, other)
    apart = np.where(np.isfinite(apart), apart, np.abs(theirs - mine))
    told = np.isfinite(mine) & np.isfinite(theirs) & (apart > _DIFFERENT)
    mine, theirs, apart = mine[told], theirs[told], apart[told]
    return (theirs - mine) / apart, apart / np.maximum(floor, np.minimum(mine, theirs)), places[told]
