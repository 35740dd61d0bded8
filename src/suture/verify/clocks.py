"""When one file's time is the other's: the shift that all streams have in common, and what one rounding allows.

A container that can't begin where another does moves everything by the same time; that keeps the film as it is. One
stream that is moved alone is out of sync. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Span", "Witness", "common_shift", "late", "slack_of"]

_MILLISECOND: Final = Fraction(1, 1000)


@dataclass(frozen=True, slots=True)
class Span:
    """The part of the source that the output is to hold, in seconds of the source's clock, half-open.

    Args:
        start: None: from its beginning.
        end: None: to its end.
        shift: seconds that are added to the source's times in the output.
    """

    start: Fraction | None = None
    end: Fraction | None = None
    shift: Fraction = Fraction(0)

    def holds(self, time: Fraction | None) -> bool:
        """Whether a moment lies in it; what has no time does."""
        if time is None:
            return True
        return (self.start is None or time >= self.start) and (self.end is None or time < self.end)

    def wider(self, by: Fraction) -> Span:
        """With so many seconds more at both edges, where there are edges."""
        start, end = self.start, self.end
        return replace(self, start=None if start is None else start - by, end=None if end is None else end + by)

    def narrower(self, by: Fraction) -> Span:
        """With so many seconds less."""
        return self.wider(-by)


@dataclass(frozen=True, slots=True)
class Witness:
    """A pair of streams: by how many seconds the output's seems to be later, and how exactly that is known."""

    shift: Fraction
    slack: Fraction


def common_shift(witnesses: Sequence[Witness], declared: Iterable[Fraction] = ()) -> Fraction:
    """The shift that most streams agree on; of several the one that was declared (or none), then the first.

    Args:
        witnesses: the most trustworthy first.
        declared: what it should be, the likeliest first.
    """
    candidates = [*declared, *(witness.shift for witness in witnesses)]
    if not witnesses:
        return candidates[0] if candidates else Fraction(0)
    return max(candidates, key=lambda shift: sum(abs(w.shift - shift) <= w.slack for w in witnesses))


def slack_of(source: Fraction, output: Fraction) -> Fraction:
    """What one rounding may move: a tick of the coarser clock."""
    return max(source, output)


def late(seconds: Fraction) -> str:
    """``20.0 ms late``, ``5.0 ms early``."""
    size = abs(seconds)
    text = f"{float(size):.3f} s" if size >= 10 else f"{float(size / _MILLISECOND):.1f} ms"  # noqa: PLR2004
    return f"{text} {'late' if seconds > 0 else 'early'}"
