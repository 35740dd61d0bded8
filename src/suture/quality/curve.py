"""How a score falls as an encoder's quality number rises: nearly a straight line, once the score is bent.

`bend` takes a metric's scale to one on which a step of the encoder's means about the same everywhere; `quality_at`
finds where a line or a curve through known points meets a score. Pure. Which point to try next is `search`'s decision.
"""

from __future__ import annotations

from itertools import pairwise
from math import exp, log
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["bend", "quality_at", "unbend"]

# Scores at the ends of a scale are infinitely far away; so much of it is kept off.
_EDGE: Final = 1e-4
# How much steeper or flatter than is usual for an encoder a line through two points may be.
_STEEPEST: Final = 3.0
_FLATTEST: Final = 0.3


def bend(metric: str, score: float) -> float:
    """A score on a scale that an encoder walks evenly: VMAF's by its logit, SSIM's in decibels of what is lost.

    Source: measured, see docs/targets.md; XPSNR is a logarithm already.
    """
    if metric == "vmaf":
        share = min(1 - _EDGE, max(_EDGE, score / 100))
        return log(share / (1 - share))
    if metric == "ssim":
        return -log(max(_EDGE, 1 - score))
    return score


def unbend(metric: str, bent: float) -> float:
    """What `bend` was given."""
    if metric == "vmaf":
        return 100 / (1 + exp(-bent))
    return 1 - exp(-bent) if metric == "ssim" else bent


def quality_at(points: Sequence[tuple[float, float]], wanted: float, usual: float) -> float:
    """Where a falling curve through points meets a height; at least one point.

    One point: a line of the usual slope. Between two: a straight line, with a third a monotone curve. Beyond the
    outermost: on with the line through the two that are nearest, if that is not far from what is usual.

    Args:
        points: the encoder's quality, and the bent score there; no two of one quality.
        wanted: a bent score.
        usual: the slope of this encoder, below 0.
    """
    known = sorted(points)
    if len(known) == 1:
        return known[0][0] + (wanted - known[0][1]) / usual
    for number, ((left, high), (right, low)) in enumerate(pairwise(known)):
        if low <= wanted <= high:
            return _between(known, number, wanted) if high > low else (left + right) / 2
    ends = known[:2] if wanted > known[0][1] else known[-2:]
    anchor = ends[0] if wanted > known[0][1] else ends[1]
    slope = (ends[1][1] - ends[0][1]) / (ends[1][0] - ends[0][0])
    slope = min(usual * _FLATTEST, max(usual * _STEEPEST, slope))
    return anchor[0] + (wanted - anchor[1]) / slope


def _between(known: Sequence[tuple[float, float]], number: int, wanted: float) -> float:
    """The place between two neighbours, by halving: on the curve, which falls all the way."""
    (left, high), (right, low) = known[number : number + 2]
    slopes = _slopes(known)
    begin, end = 0.0, 1.0
    for _ in range(40):
        middle = (begin + end) / 2
        height = _hermite(middle, high, low, right - left, slopes[number], slopes[number + 1])
        begin, end = (middle, end) if height > wanted else (begin, middle)
    return left + (right - left) * begin


def _slopes(known: Sequence[tuple[float, float]]) -> list[float]:
    """Of a monotone cubic at each point. Source: Fritsch and Butland, 1984; at the ends, of the straight line."""
    widths = [b[0] - a[0] for a, b in pairwise(known)]
    lines = [(b[1] - a[1]) / width for (a, b), width in zip(pairwise(known), widths, strict=True)]
    inner = [
        0.0 if before * behind <= 0 else (w1 + w2) / (w1 / behind + w2 / before)
        for (before, behind), (w1, w2) in zip(pairwise(lines), pairwise(widths), strict=True)
    ]
    return [lines[0], *inner, lines[-1]]


def _hermite(at: float, high: float, low: float, width: float, first: float, last: float) -> float:
    """A cubic between two heights with given slopes, ``at`` from 0 to 1."""
    rest = 1 - at
    return (
        high * (1 + 2 * at) * rest * rest
        + width * first * at * rest * rest
        + low * at * at * (3 - 2 * at)
        - width * last * at * at * rest
    )
