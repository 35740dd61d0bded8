"""`Track`: decoded sound on the clock, and how loud it is every ten milliseconds.

Samples lie in a memory-mapped file; where on the clock each stretch of them stands is said by its timestamps. Where
there is nothing there is silence. Pure but for the reading of the map; `lag` and `sound` compare two of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from suture.verify.decoded import Decoded

    Floats = NDArray[np.float32]

__all__ = ["HOP", "RATE", "Span", "Track", "levels", "track_of"]

RATE: Final = 16_000
"""Samples a second: all that a lag of a millisecond needs, and as far as low bit rates keep the sound."""

HOP: Final = 160
"""Samples in ten milliseconds."""

# Timestamps in milliseconds jitter by so many samples; the sound between them has no gap.
_JITTER: Final = 24
_CHUNK: Final = HOP * 3000


@dataclass(frozen=True, slots=True)
class Span:
    """``count`` samples from place ``at`` of the clock on, which lie from ``first`` on in the file."""

    at: int
    first: int
    count: int

    @property
    def end(self) -> int:
        """The place after the last one."""
        return self.at + self.count


@dataclass(frozen=True, slots=True)
class Track:
    """Sound on the clock; places are samples at `RATE` from the source's time 0.

    Args:
        samples: one row per sample, one column per channel, 16 bits.
        spans: what lies where, ascending.
    """

    samples: NDArray[np.int16]
    spans: tuple[Span, ...]

    @property
    def channels(self) -> int:
        """One or two."""
        return int(self.samples.shape[1])

    @property
    def begin(self) -> int:
        """Where the sound begins on the clock."""
        return min((span.at for span in self.spans), default=0)

    @property
    def end(self) -> int:
        """Where it ends."""
        return max((span.end for span in self.spans), default=0)

    def read(self, begin: int, count: int) -> Floats:
        """Samples from -1 to 1 from a place on: (sample, channel)."""
        made = np.zeros((count, self.channels), np.float32)
        for span in self.spans:
            first, last = max(begin, span.at), min(begin + count, span.end)
            if first < last:
                offset = span.first - span.at
                made[first - begin : last - begin] = self.samples[first + offset : last + offset]
        made /= 32768
        return made

    def within(self, begin: int | None, end: int | None) -> Track:
        """The part between two places of the clock."""
        kept = []
        for span in self.spans:
            first = span.at if begin is None else max(span.at, begin)
            last = span.end if end is None else min(span.end, end)
            if first < last:
                kept.append(Span(first, span.first + first - span.at, last - first))
        return replace(self, spans=tuple(kept))

    def stretches(self) -> Iterator[tuple[int, int]]:
        """First place and the one after the last of each stretch; a minute without sound divides two."""
        begin = end = None
        for span in sorted(self.spans, key=lambda span: span.at):
            if begin is None or end is None or span.at > end + 60 * RATE:
                if begin is not None and end is not None:
                    yield begin, end
                begin, end = span.at, span.end
            end = max(end, span.end)
        if begin is not None and end is not None:
            yield begin, end


def track_of(decoded: Decoded, channels: int, shift_s: float) -> Track:
    """Put what was decoded on the source's clock, from which the output's is ``shift_s`` away."""
    samples = decoded.numbers[: len(decoded.numbers) // channels * channels].reshape(-1, channels)
    spans: list[Span] = []
    first = 0
    for second, size in zip(decoded.seconds, decoded.listing.sizes, strict=True):
        at, count = round((second - shift_s) * RATE), min(size // (2 * channels), len(samples) - first)
        if spans and abs(at - spans[-1].end) <= _JITTER:
            spans[-1] = replace(spans[-1], count=spans[-1].count + count)
        elif count > 0:
            spans.append(Span(at, first, count))
        first += count
    return Track(samples, tuple(spans))


def levels(track: Track, begin: int, end: int) -> Floats:
    """Mean square of every ten milliseconds from ``begin`` on, one column per channel; read in parts."""
    count = max(0, (end - begin) // HOP)
    made = np.zeros((count, track.channels), np.float32)
    for at in range(0, count * HOP, _CHUNK):
        part = track.read(begin + at, min(_CHUNK, count * HOP - at))
        made[at // HOP : (at + len(part)) // HOP] = np.square(part).reshape(-1, HOP, track.channels).mean(axis=1)
    return made
