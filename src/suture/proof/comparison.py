"""`Comparison`: how good a file is, frame by frame, as numbers. Values; how they are shown is `report`'s."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from fractions import Fraction
from heapq import nsmallest
from typing import TYPE_CHECKING, Any, Final

from suture.errors import ConfigError
from suture.quality.pool import POOLS

if TYPE_CHECKING:
    from suture.command.glimpse import Shape
    from suture.proof.pairs import Alone
    from suture.quality.scores import Scores

__all__ = ["SCHEMA", "Comparison", "Worst"]

SCHEMA: Final = 1


@dataclass(frozen=True, slots=True)
class Worst:
    """A frame that is worse than those around it: its ``number`` in the reference, its time, its score."""

    number: int
    time_s: float
    score: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of comparing a file with its reference.

    Args:
        reference: how it should look.
        file: how it looks.
        scores: one for each metric, each with a number for every pair of frames.
        numbers: of the pairs' frames in the reference.
        times: of these, in seconds from the reference's beginning.
        alone: frames that have no partner, and so no score.
        frames: of both films: of the reference's part that was asked for, and of the file.
        shapes: what the pictures of both look like.
        rate: of the reference, in frames a second, nominally.
        notes: what was decided and why, for people.
        ffmpeg: the version that measured.
    """

    reference: str
    file: str
    scores: tuple[Scores, ...]
    numbers: array[int]
    times: array[float]
    alone: tuple[Alone, ...] = ()
    frames: tuple[int, int] = (0, 0)
    shapes: tuple[Shape, ...] = ()
    rate: Fraction = Fraction(25)
    notes: tuple[str, ...] = ()
    ffmpeg: str = ""
    pools: tuple[str, ...] = field(default=POOLS)

    def of(self, metric: str) -> Scores:
        """The scores by one metric.

        Raises:
            ConfigError: it was not measured.
        """
        for scores in self.scores:
            if scores.metric == metric:
                return scores
        raise ConfigError(f"{metric} was not measured", "name it in metrics")

    def worst(self, metric: str, count: int = 10, apart_s: float = 1.0) -> list[Worst]:
        """The worst frames, the worst first, each at least ``apart_s`` seconds from the others."""
        values, found = self.of(metric).values, list[Worst]()
        # Enough candidates, unless the worst all lie in one place; then all.
        for among in (min(len(values), 200 * count), len(values)):
            found = []
            for number in nsmallest(among, range(len(values)), key=values.__getitem__):
                if all(abs(self.times[number] - other.time_s) >= apart_s for other in found):
                    found.append(Worst(self.numbers[number], self.times[number], values[number]))
                if len(found) == count:
                    return found
        return found

    def to_json(self) -> dict[str, Any]:
        """Plain data for JSON; times are seconds."""
        return {
            "schema": SCHEMA,
            "reference": self.reference,
            "file": self.file,
            "ffmpeg": self.ffmpeg,
            "rate": f"{self.rate.numerator}/{self.rate.denominator}",
            "frames": {"compared": len(self.numbers), "reference": self.frames[0], "file": self.frames[1]},
            "alone": [
                {"side": alone.side, "first": alone.first, "last": alone.last, "time": alone.time_s}
                for alone in self.alone
            ],
            "notes": list(self.notes),
            "numbers": list(self.numbers),
            "times": [round(time, 6) for time in self.times],
            "metrics": [self._told(scores) for scores in self.scores],
        }

    def _told(self, scores: Scores) -> dict[str, Any]:
        pooled = {name: scores.pooled(name) for name in self.pools}
        worst = [{"frame": w.number, "time": w.time_s, "score": w.score} for w in self.worst(scores.metric)]
        return scores.to_json() | {"pooled": pooled, "worst": worst}
