"""Timestamps from one clock to another: exact, rounded once, never accumulated. Pure.

A film has a million packets, so what is fraction arithmetic in principle is worked out once for each pair of clocks;
what is left for a packet is a multiplication and a division of integers. `rescale` says the same as a formula.
"""

from __future__ import annotations

import math
import zlib
from array import array
from dataclasses import dataclass, field
from fractions import Fraction

__all__ = ["AudioClock", "Clock", "fingerprint", "rescale"]


def rescale(ticks: int, base: Fraction, target: Fraction, shift: Fraction = Fraction(0)) -> int:
    """``ticks`` of ``base``, ``shift`` seconds later, in ticks of ``target``; halves go up."""
    exact = (ticks * base + shift) / target
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def fingerprint(ticks: array[int]) -> int:
    """A checksum of the distances of all later timestamps from the second.

    Where a stream begins is told by an edit list or a codec delay, on clocks of their own: a reader may place the first
    packet, or all of them, one tick beside where they were written.
    """
    return zlib.crc32(array("q", (at - ticks[1] for at in ticks[1:])).tobytes())


@dataclass(frozen=True, slots=True)
class Clock:
    """From a source's ticks to an output's."""

    base: Fraction
    target: Fraction
    shift: Fraction = Fraction(0)
    _line: tuple[int, int, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        slope, offset = self.base / self.target, self.shift / self.target + Fraction(1, 2)
        under = math.lcm(slope.denominator, offset.denominator)
        object.__setattr__(self, "_line", (int(slope * under), int(offset * under), under))

    def convert(self, ticks: int) -> int:
        """One rounding, to the nearest tick of the target; halves go up."""
        slope, offset, under = self._line
        return (ticks * slope + offset) // under


class AudioClock:
    """As `Clock`, for sound whose source clock is coarser than its samples.

    A millisecond clock jitters by half a millisecond around where the samples really are. Written as it is into a
    container that counts samples, that jitter becomes gaps and overlaps; so as long as packets follow each other
    within one tick of the source's clock, they are placed sample after sample. A real gap starts a new run.
    """

    def __init__(self, clock: Clock, sample_rate: int, frame_size: int) -> None:
        # All times here are whole numbers of a unit that divides both a tick and a sample.
        units = math.lcm(clock.base.denominator, sample_rate)
        self._tick = int(clock.base * units)
        self._sample = units // sample_rate
        self._out = Clock(Fraction(1, units), clock.target, clock.shift)
        self._frame = frame_size
        self._next: int | None = None

    def convert(self, ticks: int, priming: int = 0, samples: int | None = None) -> int:
        """Place the packet that the source puts at ``ticks``.

        Args:
            ticks: on the source's clock.
            priming: samples of it that are not to be heard.
            samples: that it holds, where not all packets hold as many.
        """
        exact = ticks * self._tick
        if self._next is None and priming and abs(exact + priming * self._sample) <= self._tick:
            exact = -priming * self._sample
        elif self._next is not None and abs(exact - self._next) <= self._tick:
            exact = self._next
        self._next = exact + (self._frame if samples is None else samples) * self._sample
        return self._out.convert(exact)
