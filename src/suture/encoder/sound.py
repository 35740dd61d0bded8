"""How the sound of each encoder can be cut: its grid of packets, how much neighbours overlap, what it takes.

The piece that owns packets k0 to k1 is given the samples from packet k0 - `Grid.before` to k1 + `Grid.behind`, on the
codec's grid, and is joined to its neighbours where both agree (`suture.media.joints`). What is not listed is encoded
whole. The overlaps were measured on music, speech and hard synthetic sound: docs/measurements.md, `bench.seams`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["GRIDS", "Grid", "grid_of"]

_MPEG_RATES: Final = (48_000, 44_100, 32_000, 24_000, 22_050, 16_000)


@dataclass(frozen=True, slots=True)
class Grid:
    """An encoder's packets.

    Args:
        packet: samples in each; 0: as many as a fiftieth of a second has.
        warm: packets until an encoder that begins in the middle is as one that came from the beginning.
        window: packets among which the join is chosen.
        tail: packets that only serve to compare, or that the end of the samples spoils.
        forms: of samples that it takes, the first for whatever has more.
        rates: that it takes; empty: any.
        cost: seconds of one core for a second of one channel.
        agrees: whether a packet that two encoders both made tells that they go on alike.
        compares: whether samples are kept to choose the join by.
        reach: bytes before a packet that its own decoding needs.
    """

    packet: int
    warm: int
    window: int
    tail: int
    forms: tuple[str, ...]
    rates: tuple[int, ...] = ()
    cost: float = 0.005
    agrees: bool = True
    compares: bool = False
    reach: int = 0

    @property
    def before(self) -> int:
        """Packets before the boundary that a piece encodes, too."""
        return self.warm + self.window // 2

    @property
    def behind(self) -> int:
        """Packets behind the boundary that a piece encodes, too."""
        return self.window - self.window // 2 + self.tail

    def samples(self, rate: int) -> int:
        """In a packet."""
        return self.packet or rate // 50

    def rate(self, rate: int) -> int:
        """The rate that it takes nearest to ``rate``, as ffmpeg chooses it."""
        return min(self.rates, key=lambda each: abs(each - rate)) if self.rates else rate

    def form(self, form: str) -> str:
        """What it is given of samples of ``form``: the same where it takes it, else what loses least."""
        plain = {"u8": "s16", "dbl": "flt", "s64": "s32"}.get(form.removesuffix("p"), form.removesuffix("p"))
        return plain if plain in self.forms else self.forms[0]


_AC3: Final = Grid(1536, 2, 2, 2, ("flt",), (48_000, 44_100, 32_000), 0.0008)
_AAC_RATES: Final = (96_000, 88_200, 64_000, *_MPEG_RATES, 12_000, 11_025, 8_000, 7_350)
_AAC: Final = Grid(1024, 128, 256, 44, ("flt",), _AAC_RATES, 0.0072, agrees=False, compares=True)
_OPUS_RATES: Final = (48_000, 24_000, 16_000, 12_000, 8_000)
_OPUS: Final = Grid(0, 8, 88, 50, ("flt", "s16"), _OPUS_RATES, 0.0033, compares=True)
# At few bits a second its state takes longer to agree.
_THIN_OPUS: Final = Grid(0, 8, 248, 50, ("flt", "s16"), _OPUS_RATES, 0.0033, compares=True)
_THIN_RATE: Final = 48_000

GRIDS: Final[dict[str, Grid]] = {
    "aac": _AAC,
    "libfdk_aac": Grid(1024, 128, 256, 44, ("s16",), _AAC_RATES, 0.005, agrees=False, compares=True),
    "libopus": _OPUS,
    "ac3": _AC3,
    "eac3": _AC3,
    "libmp3lame": Grid(1152, 16, 112, 3, ("flt", "s32", "s16"), _MPEG_RATES[:3], 0.0048, reach=511),
    "mp2": Grid(1152, 2, 32, 2, ("s16",), _MPEG_RATES[:3], 0.001),
    "alac": Grid(4096, 0, 2, 1, ("s32", "s16"), (), 0.001),
}


def grid_of(encoder: str, bit_rate: int | None, channels: int) -> Grid | None:
    """The grid of an encoder at a rate in bits a second (None: its own); None: its sound can't be cut."""
    if encoder == "libopus" and bit_rate is not None and bit_rate < _THIN_RATE * max(1, channels):
        return _THIN_OPUS
    return GRIDS.get(encoder)
