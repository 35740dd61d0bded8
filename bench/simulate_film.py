"""A long film made of the measured pieces of a short one: frames, packet sizes, and what each frame really costs. Pure.

A job's events say what each piece took; the short film's index says what a planner would have predicted of it. The
long film is the short one's stretches in random order, and its real costs are the predicted ones times an error that is
drawn from those that were measured, and lasts for a while, since a scene that is harder than its bytes tell stays so.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from statistics import linear_regression, median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from bench.compare_where import Span

    from suture.media.index import FrameIndex

__all__ = ["Costs", "Film", "Stretch", "made_film", "measured_costs"]

_FEWEST = 3


@dataclass(frozen=True, slots=True)
class Stretch:
    """One measured piece: its frames, what they took, and by what factor that is not what was predicted.

    What it takes to start an encoder is not in it (`Costs.start_s`).
    """

    first: int
    end: int
    cpu_seconds: float
    error: float


@dataclass(frozen=True, slots=True)
class Film:
    """A film with known costs.

    Args:
        index: what a planner sees.
        predicted: seconds before each frame as a planner would predict them, as many as the film has; one more than
            there are frames.
        real: the same as it comes.
        start_s: what a piece costs beside its frames.
        decode: what decoding a frame costs, against encoding the average frame.
    """

    index: FrameIndex
    predicted: Sequence[float]
    real: Sequence[float]
    start_s: float
    decode: float

    @property
    def work(self) -> float:
        """Seconds of all frames: what one core would need if cutting cost nothing."""
        return self.real[-1]

    def pieces(self, starts: Sequence[int]) -> list[tuple[float, float]]:
        """Predicted and real seconds of the pieces that begin at these frames.

        What lies between the keyframe before and a piece's first frame is decoded in vain.
        """
        keys, each = self.index.keyframes() or [0], self.decode * self.work / max(1, len(self.index))
        found = []
        for first, end in pairwise((*starts, len(self.index))):
            vain = each * (first - keys[max(0, bisect_right(keys, first) - 1)])
            real = self.real[end] - self.real[first] + self.start_s + vain
            found.append((self.predicted[end] - self.predicted[first], real))
        return found


@dataclass(frozen=True, slots=True)
class Costs:
    """What a job's events tell: its pieces in the film's order, and what starting an encoder costs.

    Args:
        stretches: the pieces.
        start_s: seconds of each piece that do not depend on its frames.
    """

    stretches: tuple[Stretch, ...]
    start_s: float

    @property
    def work(self) -> float:
        """Seconds of all frames."""
        return sum(stretch.cpu_seconds for stretch in self.stretches)

    @property
    def errors(self) -> list[float]:
        """By what predictions were wrong; of a stretch of a few frames that says nothing."""
        usual = median(stretch.end - stretch.first for stretch in self.stretches)
        return [stretch.error for stretch in self.stretches if stretch.end - stretch.first >= usual / 2]


def measured_costs(index: FrameIndex, ran: Sequence[Span]) -> Costs:
    """Costs of a job's pieces, against a prediction by frames and bytes.

    Raises:
        ValueError: the pieces are not the film's, or too few to tell errors.
    """
    pieces = sorted((span for span in ran if span.kind == "video" and span.done), key=lambda span: span.task)
    bounds = [0, *accumulate(span.frames for span in pieces)]
    if bounds[-1] != len(index) or len(pieces) < _FEWEST:
        raise ValueError(f"{len(pieces)} pieces with {bounds[-1]} frames; the film has {len(index)}")
    told = _predicted(index)
    shares = [told[end] - told[first] for first, end in pairwise(bounds)]
    took = [span.cpu_seconds for span in pieces]
    # A line through (share, seconds): where it begins is what a piece without frames would take.
    start = min(max(0.0, linear_regression(shares, took).intercept), *took)
    work = sum(took) - start * len(took)
    return Costs(
        tuple(
            Stretch(first, end, spent - start, (spent - start) / (share * work))
            for (first, end), share, spent in zip(pairwise(bounds), shares, took, strict=True)
        ),
        start,
    )


def _predicted(index: FrameIndex) -> list[float]:
    """Shares of a film's cost before each frame: half by frames, half by the source's bytes, as the planner has it."""
    total, frames = sum(index.sizes) or 1, len(index)
    return list(accumulate((0.5 / frames + 0.5 * size / total for size in index.sizes), initial=0.0))


def made_film(
    index: FrameIndex, costs: Costs, seconds: float, dice: random.Random, held_s: float = 30.0, decode: float = 0.0
) -> Film:
    """A film of that length.

    Args:
        index: the short film's.
        costs: what its pieces took.
        seconds: how long the film is to be.
        dice: which stretch comes next, and how wrong its prediction is.
        held_s: for how long an error lasts.
        decode: as `Film`'s.
    """
    gap = index.gap()
    frames = round(seconds / float(gap * index.time_base))
    sizes, keys, errors = array("I"), bytearray(), list[float]()
    wrong = costs.errors
    held = max(1, round(held_s / float(gap * index.time_base)))
    while len(sizes) < frames:
        stretch = dice.choice(costs.stretches)
        sizes.extend(index.sizes[stretch.first : stretch.end])
        keys.extend(b"\1" + index.keys[stretch.first + 1 : stretch.end])
        while len(errors) < len(sizes):
            errors.extend([dice.choice(wrong)] * held)
    pts = array("q", range(0, gap * frames, gap))
    longer = replace(index, pts=pts, sizes=sizes[:frames], keys=bytes(keys[:frames]), end_pts=gap * frames)
    rate = costs.work / len(index)
    predicted = [share * rate * frames for share in _predicted(longer)]
    real = accumulate((errors[n] * (predicted[n + 1] - predicted[n]) for n in range(frames)), initial=0.0)
    return Film(longer, predicted, list(real), costs.start_s, decode)
