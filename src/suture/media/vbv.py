"""A decoder's buffer, simulated: a leaky bucket over all packets of a joined stream.

Each piece was encoded for a buffer that is nearly full when it begins; the piece before it may leave less. So whether
the whole keeps to the buffer is found out over all packets, from their sizes and decoding times. Pure. Source: ITU-T
H.264 and H.265, annex C, for a variable rate: bits come in at ``rate`` until the buffer is full, a picture's bits leave
it at once when it is decoded, and they must be there by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Vbv", "first_underflow"]

# What may be missing, as a part of the buffer: x264 does not count the note on its settings that ffmpeg puts before its
# first packet (5600 bits), and a container rounds times.
_TOLERANCE: Final = 0.01


@dataclass(frozen=True, slots=True)
class Vbv:
    """A buffer.

    Args:
        rate: bits that come in each second, at most.
        size: bits that it holds.
        full: the part of it that is filled before the first picture is decoded.
    """

    rate: int
    size: int
    full: float = 0.9

    def __str__(self) -> str:
        return f"{self.rate}/{self.size}/{self.full:g}"

    @classmethod
    def parse(cls, text: str) -> Vbv:
        """Back from ``str()``.

        Raises:
            ValueError: it is none.
        """
        rate, size, full = text.split("/")
        return cls(int(rate), int(size), float(full))


def first_underflow(vbv: Vbv, packets: Iterable[tuple[float, int]], frame_s: float = 0) -> int:
    """The number of the first picture whose bits (but for a hundredth of the buffer) are not there in time, or -1.

    Args:
        vbv: the buffer.
        packets: seconds at which each is decoded, ascending, and its bytes.
        frame_s: seconds that a frame usually lasts. Encoders begin with at least what comes in meanwhile, whatever they
            are told. Source: what x265 logs.
    """
    level, before = min(vbv.size, max(vbv.full * vbv.size, vbv.rate * frame_s)), None
    for number, (at, size_bytes) in enumerate(packets):
        if before is not None:
            level = min(vbv.size, level + vbv.rate * (at - before))
        level -= 8 * size_bytes
        if level < -_TOLERANCE * vbv.size:
            return number
        before = at
    return -1
