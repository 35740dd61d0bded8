"""How like two pictures are: PSNR, SSIM, and the place where they differ most. Pure arithmetic on small luma pictures.

SSIM is that of Wang et al. (2004) over cells of 8 by 8 samples that do not overlap, which is what most fast versions
do; figures of other tools, at other sizes, differ. Damage is looked for per cell: a packet that lost its bits spoils a
part of a picture where the source stands still, which coarse coding never does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from suture.verify.sequence import runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Frames = NDArray[np.uint8]
    Floats = NDArray[np.float32]
    Numbers = NDArray[np.int64]

__all__ = ["Likeness", "levels", "likeness", "psnr"]

_CELL: Final = 8
_BLOCK: Final = 96
# Source: the stabilising constants of SSIM, (0.01 * 255)^2 and (0.03 * 255)^2.
_C1: Final = 6.5025
_C2: Final = 58.5225
# A PSNR of equal pictures is infinite; figures need a number.
_BEST_DB: Final = 100.0
# A cell is damaged when its squared error grows by so much from one picture to the next (17 grey levels) …
_JUMP: Final = 300.0
# (in so many cells: SVT-AV1 with few bits forgets a detail for the length of one picture)
_CELLS: Final = 3
# … and by so many times what changed there in the source.
_TIMES_CHANGE: Final = 6.0
# Variance that is added to a flat picture's, in which nothing can be recognised.
_FLAT: Final = 25.0
# … and by so many times the worst cell of most pictures.
_TIMES_USUAL: Final = 3.0
# Flatter pictures (ten grey levels) tell no contrast.
_RICH: Final = 100.0
# Damage has healed when the worst cell is back at so many times what it was before.
_HEALED: Final = 2.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """One number per picture of the output.

    Args:
        error: mean squared error of luma.
        ssim: 1 is equal.
        worst: squared error of the worst cell.
        jump: by how much the error of some cells grew from the picture before, beyond what changed in the source.
        other: how much of the coarse picture (the means of cells) is another one: 0 is none, 1 as much as chance.
    """

    error: Floats
    ssim: Floats
    worst: Floats
    jump: Floats
    other: Floats

    def damaged(self) -> list[tuple[int, int]]:
        """First and last picture of each run that looks as if a packet had been spoilt."""
        found: list[tuple[int, int]] = []
        usual = _TIMES_USUAL * float(np.median(self.worst)) if len(self.worst) else 0.0
        for first, _last in runs(self.jump > max(_JUMP, usual)):
            if not found or first > found[-1][1]:
                found.append((first, self._healed(first, usual)))
        return found

    def _healed(self, first: int, usual: float) -> int:
        before = float(self.worst[max(0, first - 3) : first].max(initial=1.0))
        after = np.flatnonzero(self.worst[first:] <= max(_HEALED * before, _JUMP / 3, usual))
        return max(first, first + int(after[0]) - 1) if after.size else len(self.worst) - 1


def psnr(error: Any) -> Any:  # noqa: ANN401 - a number or an array of them
    """Decibels of a mean squared error of 8-bit samples, 100 at most."""
    return np.minimum(_BEST_DB, 10 * np.log10(255.0**2 / np.maximum(error, 1e-12)))


def likeness(source: Frames, output: Frames, shown: Numbers, size: tuple[int, int]) -> Likeness:
    """Compare each picture of the output with the one of the source that it shows.

    Args:
        source: one row per picture, luma first; may be a memory map.
        output: the same.
        shown: for each of the output's the number of the source's.
        size: width and height of luma.
    """
    made = [np.zeros(len(output), np.float32) for _ in range(5)]
    for begin in range(0, len(output), _BLOCK):
        rows = slice(begin, min(begin + _BLOCK, len(output)))
        first = max(0, begin - 1)
        theirs = _pictures(output[first : rows.stop], size)
        mine = _pictures(source[shown[first : rows.stop]], size)
        for column, values in zip(made, _measure(mine, theirs), strict=True):
            column[rows] = values[begin - first :]
    return Likeness(*made)


def _pictures(rows: Frames, size: tuple[int, int]) -> Floats:
    """Luma as (picture, y, x), cut to whole cells."""
    width, height = size
    luma = rows[:, : width * height].reshape(-1, height, width)
    return luma[:, : height - height % _CELL, : width - width % _CELL].astype(np.float32)


def _mean(values: Floats) -> Floats:
    """Of each cell."""
    count, height, width = values.shape
    down = values.reshape(count, height // _CELL, _CELL, width).sum(axis=2)
    # numpy adds up a short last axis slowly, but for einsum.
    return np.asarray(np.einsum("nhwk->nhw", down.reshape(count, down.shape[1], width // _CELL, _CELL)) / _CELL**2)


def _measure(mine: Floats, theirs: Floats) -> tuple[Floats, ...]:
    mean_a, mean_b = _mean(mine), _mean(theirs)
    error = _mean(np.square(mine - theirs))
    var_a = _mean(np.square(mine)) - mean_a**2
    var_b = _mean(np.square(theirs)) - mean_b**2
    both = (var_a + mean_a**2 + var_b + mean_b**2 - error) / 2 - mean_a * mean_b
    ssim = (2 * mean_a * mean_b + _C1) * (2 * both + _C2) / ((mean_a**2 + mean_b**2 + _C1) * (var_a + var_b + _C2))
    change = _mean(np.square(mine[1:] - mine[:-1]))
    grown = (error[1:] - error[:-1] - _TIMES_CHANGE * change).reshape(len(change), -1)
    jump = np.partition(grown, -_CELLS, axis=1)[:, -_CELLS] if grown.shape[1] > _CELLS else grown.min(axis=1)
    other = np.square(mean_a - mean_b).mean((1, 2)) / (mean_a.var((1, 2)) + _FLAT)
    return error.mean((1, 2)), ssim.mean((1, 2)), error.max((1, 2)), np.concatenate(([0], jump)), other


def levels(source: Frames, output: Frames, size: tuple[int, int]) -> tuple[float, float] | None:
    """Contrast and brightness of most pictures against the source's: 1 and 0 are equal; None where all are flat.

    Args:
        source: some pictures, one row each.
        output: those that show them.
        size: width and height of luma.
    """
    a, b = (rows[:, : size[0] * size[1]].astype(np.float32) for rows in (source, output))
    spread = a.var(axis=1)
    rich = spread > _RICH
    if not rich.any():
        return None
    mean_a, mean_b = a.mean(axis=1), b.mean(axis=1)
    products = ((a - mean_a[:, None]) * (b - mean_b[:, None])).mean(axis=1)
    return float(np.median(products[rich] / spread[rich])), float(np.median(mean_b - mean_a))
