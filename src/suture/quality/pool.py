"""One number of many: mean, harmonic mean, least, greatest, median, percentiles. Pure, and ours.

ffmpeg's own pooling is not used: of several stretches it knows nothing, and a percentile that it is asked for it turns
into a mean without a word.
"""

from __future__ import annotations

import re
from math import floor, fsum, inf
from statistics import fmean
from typing import TYPE_CHECKING, Final

from suture.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["POOLS", "check_pool", "pool"]

# The usual ones, in the order in which they are shown.
POOLS: Final = ("mean", "harmonic", "min", "p1", "p5", "p10", "p25", "median", "p75", "p90", "p95", "p99", "max")
_PERCENTILE: Final = re.compile(r"p([1-9][0-9]?)")


def check_pool(name: str) -> str:
    """The name of a pooling, if it is one: mean, harmonic, median, min, max, or p1 to p99.

    Raises:
        ConfigError: it is none.
    """
    if name not in POOLS and not _PERCENTILE.fullmatch(name):
        raise ConfigError(f"there is no pooling {name!r}", "mean, harmonic, median, min, max, or p1 to p99")
    return name


def pool(values: Sequence[float], name: str) -> float:
    """One number of many scores.

    Args:
        values: at least one.
        name: as `check_pool` takes it.

    Raises:
        ConfigError: there is no such pooling.
        ValueError: there are no values.
    """
    check_pool(name)
    if not values:
        raise ValueError("there is nothing to pool")
    if name == "mean":
        return fmean(values)
    if name == "harmonic":
        return _harmonic(values)
    if name in {"min", "max"}:
        return min(values) if name == "min" else max(values)
    return _percentile(values, 50 if name == "median" else int(name[1:]))


def _harmonic(values: Sequence[float]) -> float:
    """The harmonic mean of scores that may be 0, and of few below it.

    Source: libvmaf, `VMAF_POOL_METHOD_HARMONIC_MEAN`: 1 is added to every score, and taken off the mean.
    """
    inverse = fsum(1 / (value + 1) if value > -1 else inf for value in values)
    return len(values) / inverse - 1


def _percentile(values: Sequence[float], percent: int) -> float:
    """Between two ranks, a straight line: as NumPy and libvmaf's Python tools do by default."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    below = floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
