"""Whether the pictures of two films fit better some frames apart: the usual reason of bad scores all over a film.

A file that lost its first frames, or begins at another one, is laid beside the wrong frames, and looks bad throughout.
A few places are looked at again, coarsely, with the file's frames beside earlier and later ones.
"""

from __future__ import annotations

from array import array
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from statistics import fmean, median
from typing import TYPE_CHECKING, Final

from suture.command.measuring import Gauge
from suture.proof.pairs import Pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suture.cancel import CancelToken
    from suture.proof.stretches import Stretches
    from suture.quality.scores import Scores

__all__ = ["offset_of", "suspicious"]

# Medians below which a film is bad throughout, or beside the wrong frames.
_BAD: Final = {"vmaf": 60.0, "xpsnr": 27.0, "ssim": 0.85, "psnr": 27.0}
_FARTHEST: Final = 3
# Places that are looked at, and how many frames of each.
_PLACES: Final = (0.25, 0.5, 0.75)
_FRAMES: Final = 8
# SSIM of coarse pictures by which another place has to be better; coding moves it by less.
_BETTER: Final = 0.03
_WIDTH, _HEIGHT = 256, 144


def suspicious(scores: Sequence[Scores]) -> bool:
    """Whether all metrics say that more than half of the film is bad."""
    return all(median(each.values) < _BAD[each.metric] for each in scores)


def offset_of(work: Stretches, stop: CancelToken) -> int:
    """By how many frames the reference has to move so that the pictures fit; 0: they do, or it can't be told.

    Raises:
        CommandError: something failed, or it was stopped.
    """
    if work.mine.linear or work.theirs.linear or len(work.pairs) < 2 * (_FRAMES + 2 * _FARTHEST):
        return 0
    offsets = range(-_FARTHEST, _FARTHEST + 1)
    with ThreadPoolExecutor(work.workers) as pool:
        fits = dict(zip(offsets, pool.map(lambda offset: _fit(work, offset, stop), offsets), strict=True))
    best = max(fits, key=lambda offset: (fits[offset], -abs(offset)))
    return best if fits[best] > fits[0] + _BETTER else 0


def _fit(work: Stretches, offset: int, stop: CancelToken) -> float:
    """How well it fits so many frames later, as mean SSIM."""
    gauges = [Gauge("ssim", _WIDTH, _HEIGHT)]
    found = []
    for place in _PLACES:
        first = max(_FARTHEST, min(int(len(work.pairs) * place), len(work.pairs) - _FRAMES - _FARTHEST))
        mine = work.pairs.mine[first + offset : first + offset + _FRAMES]
        pairs = Pairs(mine, array("q", work.pairs.theirs[first : first + _FRAMES]))
        part = replace(work, pairs=pairs, gauges=gauges, workers=1, name=f"offset{offset}-")
        (scores,) = part.measured(lambda _what, _done, _total: None, stop)
        found.append(fmean(scores.values))
    return fmean(found)
