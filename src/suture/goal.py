"""`Goal`: how good a film is to look, as people write it: ``vmaf=95``, ``ssim=0.98:mean``, ``xpsnr=40:p5``.

A value, checked when it is made. What measures it is `quality`'s business, which quality of which encoder reaches it
`quality.search`'s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from suture.errors import ConfigError

__all__ = ["Goal"]

# The open range of what can be asked of each metric.
_METRICS: Final = {"vmaf": (0.0, 100.0), "xpsnr": (10.0, 80.0), "ssim": (0.0, 1.0)}
# How far from it is near enough: half a point of VMAF, and what is about as much of the others, is less than people
# see; of SSIM a share of what is lost. Source: Netflix takes 6 points for a difference that everybody sees.
_NEAR: Final = {"vmaf": 0.5, "xpsnr": 0.15}
_NEAR_LOSS: Final = 0.08
_POOLS: Final = re.compile(r"mean|harmonic|min|median|p([1-9]|[1-9][0-9])")


@dataclass(frozen=True, slots=True)
class Goal:
    """What each piece is to reach.

    Args:
        metric: ``vmaf``, ``xpsnr`` (dB) or ``ssim``.
        value: on the metric's own scale.
        pool: what becomes of the frames' scores: ``mean``, ``harmonic``, ``median``, ``min`` or ``p1`` to ``p99``.

    Raises:
        ConfigError: there is no such metric or pooling, or the value is none that can be reached.
    """

    metric: str
    value: float
    pool: str = "harmonic"

    def __post_init__(self) -> None:
        if self.metric not in _METRICS:
            raise ConfigError(f"--target: no metric {self.metric!r}", f"there is {', '.join(_METRICS)}: vmaf=95")
        low, high = _METRICS[self.metric]
        if not low < self.value < high:
            raise ConfigError(f"--target: {self.metric} is between {low:g} and {high:g}, not {self.value:.12g}")
        if not _POOLS.fullmatch(self.pool):
            raise ConfigError(f"--target: no pooling {self.pool!r}", "mean, harmonic, median, min, or p1 to p99")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``METRIC=VALUE`` or ``METRIC=VALUE:POOL``.

        Raises:
            ConfigError: it is not written so, or can't be asked for.
        """
        metric, equals, rest = text.strip().partition("=")
        number, _, pool = rest.partition(":")
        try:
            value = float(number)
        except ValueError:
            value = float("nan")
        if not equals or value != value:  # noqa: PLR0124 - what is not equal to itself is no number
            raise ConfigError(f"--target: {text!r} is no target", "write vmaf=95, xpsnr=40 or ssim=0.98")
        return cls(metric.lower(), value, pool.lower() or "harmonic")

    @property
    def near(self) -> float:
        """How far a score may be from it."""
        return _NEAR.get(self.metric, _NEAR_LOSS * (1 - self.value))

    def shown(self, score: float) -> str:
        """A score with the digits that mean something."""
        return f"{score:.5f}" if self.metric == "ssim" else f"{score:.2f}"

    def __str__(self) -> str:
        return f"{self.metric}={self.value:.12g}:{self.pool}"
