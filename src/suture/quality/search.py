"""Which quality of an encoder reaches a goal: what to try next, given what is known. Pure.

First a few runs of frames are encoded (``part``), once or twice, which tells about where the goal lies; then the whole
piece, and the first whole encode that is near enough is the piece. `next_trial` looks at the trials so far and nothing
else, so the way is the same whoever knows the answers: a fresh encoder, or a file with the points of an earlier run.
Its neighbours: `curve` draws the line, `command.targeted` does the trials.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from suture.quality.curve import bend, quality_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suture.goal import Goal

__all__ = ["Found", "Scale", "Trial", "Tried", "next_trial", "scale_of", "usual_slope"]

_MOST_PARTS: Final = 2
_MOST_WHOLE: Final = 8
# From so many on, what lies between two trials is halved.
_PATIENCE: Final = 4
# In steps of an encoder with 51: a part that was so far off says little of the place where the goal is.
_FAR: Final = 4.0


@dataclass(frozen=True, slots=True)
class Scale:
    """An encoder's constant quality, as far as it is searched: from ``low`` (best) to ``high``.

    Args:
        low: below it everybody is content, and some encoders become lossless.
        high: its other end.
        step: between two qualities that differ for the encoder, or are worth telling apart.
        usual: where a search begins for an ordinary film and a VMAF of 95.
        slope: how far the logit of VMAF falls with 1 of it, usually; below 0.
    """

    low: float
    high: float
    step: float
    usual: float
    slope: float

    def nearest(self, quality: float) -> float:
        """A quality that the encoder has."""
        return round(min(self.high, max(self.low, quality)) / self.step) * self.step


# Source: measured (docs/targets.md) for x264, x265 and SVT-AV1; of the others what their manuals say of their scales.
_X26X: Final = Scale(6, 48, 0.25, 23, -0.155)
_OF_63: Final = Scale(8, 62, 1, 32, -0.085)
_OF_51: Final = Scale(8, 48, 1, 25, -0.14)
_SCALES: Final = {
    "libx264": _X26X,
    "libx265": Scale(6, 48, 0.25, 23, -0.155),
    "libsvtav1": _OF_63,
    "libaom-av1": _OF_63,
    "libvpx-vp9": _OF_63,
    "libvpx": Scale(4, 60, 1, 16, -0.085),
    "av1_nvenc": _OF_63,
    "libvvenc": Scale(10, 58, 1, 30, -0.12),
    "librav1e": Scale(20, 240, 2, 95, -0.021),
    "av1_vaapi": Scale(20, 240, 2, 95, -0.021),
}


def scale_of(codec: str, low: float, high: float) -> Scale:
    """An encoder's scale; of one that nobody measured, from its two ends: ``low`` is best."""
    if codec in _SCALES:
        return _SCALES[codec]
    if (low, high) in {(0.0, 51.0), (1.0, 51.0), (0.0, 52.0)}:
        return _OF_51
    span = high - low
    return Scale(low, high, 1, round(low + span / 4), -8 / span)


@dataclass(frozen=True, slots=True)
class Trial:
    """What to encode and measure: the ``whole`` piece, or the runs of frames that stand for it."""

    quality: float
    whole: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a trial."""

    quality: float
    whole: bool
    score: float
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """The end of a search.

    Args:
        quality: of the encode that is the piece.
        score: that it has.
        verdict: ``near`` enough; ``nearest`` of what the encoder has; the ``best`` quality that is tried, and still
            below the goal; the ``worst``, and still above; ``far`` from it, as scores do not follow the quality.
    """

    quality: float
    score: float
    verdict: str


def next_trial(tried: Sequence[Tried], goal: Goal, scale: Scale, start: float, *, parts: bool) -> Trial | Found:
    """What to try next, or what was found.

    Args:
        tried: in the order in which they were asked for.
        goal: to be reached.
        scale: the encoder's.
        start: where to begin.
        parts: whether there are runs of it that can be tried first.
    """
    whole = [trial for trial in tried if trial.whole]
    if whole:
        return _next_whole(whole, tried, goal, scale)
    if not tried:
        return Trial(scale.nearest(start), whole=not parts)
    quality = scale.nearest(_estimate(tried, goal, scale))
    far = min(abs(quality - trial.quality) for trial in tried) > _FAR * (scale.high - scale.low) / 51
    return Trial(quality, whole=not (parts and far and len(tried) < _MOST_PARTS))


def _next_whole(whole: Sequence[Tried], tried: Sequence[Tried], goal: Goal, scale: Scale) -> Trial | Found:
    # Of equals, the one that takes fewer bytes.
    best = min(whole, key=lambda trial: (abs(trial.score - goal.value), -trial.quality))
    if abs(best.score - goal.value) <= goal.near:
        return Found(best.quality, best.score, "near")
    if (end := _at_an_end(whole, goal, scale)) is not None:
        return end
    above, below = _around(whole, goal, scale)
    if below - above < 1.5 * scale.step:
        return Found(best.quality, best.score, "nearest" if above < below else "far")
    if len(whole) >= _MOST_WHOLE:
        return Found(best.quality, best.score, "far")
    quality = scale.nearest(_estimate(whole, goal, scale, _slope(tried, goal, scale)))
    if len(whole) >= _PATIENCE and above >= scale.low and below <= scale.high:  # no curve leads there
        quality = scale.nearest((above + below) / 2)
    return Trial(min(below - scale.step, max(above + scale.step, quality)), whole=True)


def _at_an_end(whole: Sequence[Tried], goal: Goal, scale: Scale) -> Found | None:
    """What is found where the goal lies beyond the qualities that are searched."""
    if min(trial.quality for trial in whole) <= scale.low and all(trial.score < goal.value for trial in whole):
        best = max(whole, key=lambda trial: (trial.score, trial.quality))
        return Found(best.quality, best.score, "best")
    worst = max(whole, key=lambda trial: trial.quality)
    if worst.quality >= scale.high and all(trial.score > goal.value for trial in whole):
        return Found(worst.quality, worst.score, "worst")
    return None


def _around(whole: Sequence[Tried], goal: Goal, scale: Scale) -> tuple[float, float]:
    """The qualities that were tried nearest to the goal on both sides, or one step beyond the scale."""
    above = max((trial.quality for trial in whole if trial.score > goal.value), default=scale.low - scale.step)
    below = min((trial.quality for trial in whole if trial.score <= goal.value), default=scale.high + scale.step)
    return above, below


def _estimate(known: Sequence[Tried], goal: Goal, scale: Scale, slope: float | None = None) -> float:
    points = {trial.quality: bend(goal.metric, trial.score) for trial in known}
    return quality_at(list(points.items()), bend(goal.metric, goal.value), slope or usual_slope(goal, scale))


def usual_slope(goal: Goal, scale: Scale) -> float:
    """An encoder's slope on a metric's bent scale. A decibel is about 0.22 of VMAF's logit, and of SSIM's loss."""
    return scale.slope * {"vmaf": 1.0, "ssim": 0.7, "xpsnr": 2.9}[goal.metric]


def _slope(tried: Sequence[Tried], goal: Goal, scale: Scale) -> float:
    """Of this piece, as its parts have shown it; else the usual one."""
    parts = sorted((trial.quality, bend(goal.metric, trial.score)) for trial in tried if not trial.whole)
    usual = usual_slope(goal, scale)
    if len(parts) < 2 or parts[-1][0] == parts[0][0]:  # noqa: PLR2004 - a line needs two points
        return usual
    slope = (parts[-1][1] - parts[0][1]) / (parts[-1][0] - parts[0][0])
    return min(usual * 0.4, max(usual * 2.5, slope))
