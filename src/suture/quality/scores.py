"""`Scores`: the numbers of single frames by one metric, with all that they depend on, and what is made of them.

They are kept in order, joined from stretches, stored as lines of JSON. Pure. `pool` makes one number of them.
"""

from __future__ import annotations

import json
from array import array
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from suture.errors import ConfigError
from suture.quality.pool import pool

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Scores"]


@dataclass(frozen=True, slots=True)
class Scores:
    """A number for each frame, in the order of presentation.

    Args:
        metric: ``vmaf``, ``xpsnr``, ``ssim`` or ``psnr``.
        values: one for each frame.
        model: VMAF's, by its name; empty for the others.
        width: of the pictures that were compared.
        height: of these.
        pixel_format: of these.
    """

    metric: str
    values: array[float] = field(default_factory=lambda: array("d"))
    model: str = ""
    width: int = 0
    height: int = 0
    pixel_format: str = ""

    def __len__(self) -> int:
        return len(self.values)

    @property
    def measured_as(self) -> tuple[str, str, int, int, str]:
        """What a number depends on, besides the pictures; numbers of which this differs can't be compared."""
        return self.metric, self.model, self.width, self.height, self.pixel_format

    def pooled(self, name: str = "harmonic") -> float:
        """One number of all, as `suture.quality.pool.pool` makes it.

        Raises:
            ConfigError: there is no such pooling.
            ValueError: there are no frames.
        """
        return pool(self.values, name)

    def worst(self) -> int:
        """The number of the worst frame, the first of equals."""
        return self.values.index(min(self.values))

    def part(self, first: int, end: int) -> Scores:
        """Those of the frames ``[first, end)``."""
        return replace(self, values=self.values[first:end])

    @classmethod
    def joined(cls, parts: Iterable[Scores]) -> Scores:
        """Of stretches that follow each other, all measured alike.

        Raises:
            ConfigError: there are none, or they were not measured alike.
        """
        first, *others = parts = list(parts) or [Scores("")]
        if not first.metric or any(part.measured_as != first.measured_as for part in others):
            raise ConfigError("these scores can't be joined: they were measured in different ways")
        values = array("d")
        for part in parts:
            values.extend(part.values)
        return replace(first, values=values)

    def to_json(self) -> dict[str, Any]:
        """What `from_json` gives back, of what JSON can hold."""
        told: dict[str, Any] = {"metric": self.metric, "model": self.model, "width": self.width}
        return told | {"height": self.height, "pixel_format": self.pixel_format, "scores": list(self.values)}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Scores:
        """The scores of which `to_json` told.

        Raises:
            ValueError: it tells of none.
        """
        try:
            values = array("d", told["scores"])
            facts = (str(told["model"]), int(told["width"]), int(told["height"]), str(told["pixel_format"]))
            return cls(str(told["metric"]), values, *facts)
        except (KeyError, TypeError) as error:
            raise ValueError(f"these are no scores: {error}") from error

    def to_line(self) -> str:
        """All of it as one line of JSON, exactly."""
        return json.dumps(self.to_json(), separators=(",", ":"))

    @classmethod
    def from_line(cls, line: str) -> Scores:
        """What `to_line` wrote.

        Raises:
            ValueError: it is no such line, or torn.
        """
        told = json.loads(line)
        if not isinstance(told, dict):
            raise ValueError("these are no scores: no object")  # noqa: TRY004 - of a line, not of a type
        return cls.from_json(told)
