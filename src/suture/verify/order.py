"""Which picture of the source does each of the output's show? Two decoded films are laid side by side.

What is expected comes from times and numbers; `sequence` follows the pictures, `doubt` asks whether they are really
out of step. Nothing here is a finding; `pictures` makes them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from suture.verify.doubt import confirmed
from suture.verify.sequence import NEAR, Steps, distances, far_offsets, follow, lags

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Frames = NDArray[np.uint8]
    Numbers = NDArray[np.int64]
    Seconds = NDArray[np.float64]

__all__ = ["FEW", "Film", "align"]

# So many pictures more or less are accidents; more, and their times tell best which is which.
FEW: Final = 3
# A share of pictures that do not fit their neighbours in time: look for the right ones everywhere.
_UNFIT: Final = 0.05
_UNFIT_OTHER: Final = 0.1


@dataclass(frozen=True, slots=True)
class Film:
    """Small pictures, one row each, and their times in seconds on the source's clock."""

    rows: Frames
    seconds: Seconds


def align(mine: Film, theirs: Film, allowed_s: float, *, lossless: bool = False) -> tuple[Numbers, int]:
    """Which picture of the source each shows, and how many of them can be told from their neighbours.

    Args:
        mine: the source; not empty.
        theirs: the output, its times on the source's clock; not empty.
        allowed_s: by so much times may differ.
        lossless: the output's codec loses nothing.
    """
    base = _base(mine.seconds, theirs.seconds, allowed_s)
    apart = lags(mine.rows)
    steps = Steps(distances(mine.rows, theirs.rows, base, NEAR), base, NEAR, apart, mine.rows, lossless)
    columns = confirmed(steps, follow(steps))
    far = _far(mine, theirs, base, base + np.asarray(NEAR)[columns])
    if far:
        steps = _wider(steps, mine, theirs, far)
        columns = confirmed(steps, follow(steps))
    offsets = np.asarray(steps.offsets)
    shown = np.clip(base + offsets[columns], 0, len(mine.rows) - 1)
    told = np.maximum(apart[shown, 1], apart[np.maximum(shown - 1, 0), 1]) > steps.error(columns)
    return shown, int(told.sum())


def _base(source: Seconds, output: Seconds, allowed_s: float) -> Numbers:
    """Which source frame each stands for by its time, or by its number where the times tell nothing."""
    order = np.argsort(source, kind="stable")
    near = np.searchsorted(source[order], output)
    low, high = order[np.clip(near - 1, 0, len(order) - 1)], order[np.clip(near, 0, len(order) - 1)]
    nearest = np.where(np.abs(source[low] - output) <= np.abs(source[high] - output), low, high)
    off = np.abs(source[nearest] - output)
    # A number or two past the end, for the step that ends there.
    by_number = np.minimum(np.arange(len(output)), len(source) + 1)
    if len(output) == len(source):
        return by_number
    fits = off <= allowed_s + 1e-6
    if float(fits.mean()) > 0.9:  # noqa: PLR2004 - a few may have lost their time
        return _filled(nearest, fits, len(source))
    few = abs(len(output) - len(source)) <= max(FEW, len(source) // 100)
    roughly = len(source) > 1 and float(np.median(off)) < float(np.median(np.abs(np.diff(source))))
    return nearest if roughly and not few else by_number


def _filled(numbers: Numbers, fits: NDArray[np.bool_], count: int) -> Numbers:
    """Where a picture's time fits none of the source's, count on from the last one that does."""
    places = np.arange(len(numbers))
    last = np.maximum.accumulate(np.where(fits, places, -1))
    counted = np.where(last >= 0, numbers[last] + places - last, places)
    return np.asarray(np.minimum(counted, count + 1))


def _far(mine: Film, theirs: Film, base: Numbers, shown: Numbers) -> list[int]:
    """Steps far away to look at, where those near by do not explain the pictures."""
    a, b = _coarse(mine.rows), _coarse(theirs.rows)
    shown = np.clip(shown, 0, len(a) - 1)
    other = np.square(a[shown] - b).mean(axis=1) / (a[shown].var(axis=1) + 25)
    if len(a) == len(b) and float((other > _UNFIT_OTHER).mean()) < _UNFIT:
        return []
    return [step for step in far_offsets(a, b, base) if step not in NEAR]


def _coarse(rows: Frames) -> NDArray[np.float32]:
    """128 numbers that describe a picture, for all of them."""
    width = rows.shape[1] // 128
    made = np.empty((len(rows), 128), np.float32)
    for begin in range(0, len(rows), 256):
        part = rows[begin : begin + 256, : 128 * width]
        made[begin : begin + 256] = part.reshape(len(part), 128, width).mean(axis=2)
    return made


def _wider(steps: Steps, mine: Film, theirs: Film, far: list[int]) -> Steps:
    more = sorted({step + near for step in far for near in (-1, 0, 1)} - set(steps.offsets))
    table = distances(mine.rows, theirs.rows, steps.base, more)
    return replace(steps, table=np.hstack([steps.table, table]), offsets=(*steps.offsets, *more))
