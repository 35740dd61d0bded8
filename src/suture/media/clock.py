"""Timestamps from one clock to another: exact fractions, rounded once, never accumulated. Pure."""

from __future__ import annotations

import zlib
from array import array
from dataclasses import dataclass
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

    def convert(self, ticks: int) -> int:
        """One rounding, to the nearest tick of the target."""
        return rescale(ticks, self.base, self.target, self.shift)


class AudioClock:
    """As `Clock`, for sound whose source clock is coarser than its samples.

    A millisecond clock jitters by half a millisecond around where the samples really are. Written as it is into a
    container that counts samples, that jitter becomes gaps and overlaps; so as long as packets follow each other
    within one tick of the source's clock, they are placed sample after sample. A real gap starts a new run.
    """

    def __init__(self, clock: Clock, sample_rate: int, frame_size: int) -> None:
        self._clock = clock
        self._sample = Fraction(1, sample_rate)
        self._frame = frame_size
        self._next: Fraction | None = None

    def convert(self, ticks: int, priming: int = 0, samples: int | None = None) -> int:
        """Place the packet that the source puts at ``ticks``.

        Args:
            ticks: on the source's clock.
            priming: samples of it that are not to be heard.
            samples: that it holds, where not all packets hold as many.
        """
        clock = self._clock
        exact = ticks * clock.base
        if self._next is None and priming and abs(exact + priming * self._sample) <= clock.base:
            exact = -priming * self._sample
        elif self._next is not None and abs(exact - self._next) <= clock.base:
            exact = self._next
        self._next = exact + (self._frame if samples is None else samples) * self._sample
        return rescale(1, exact, clock.target, clock.shift)
