"""How the sound of each encoder can be cut: its grid of packets, how much neighbours overlap, what it takes.

The piece that owns packets k0 to k1 is given the samples from packet k0 - `Grid.before` to k1 + `Grid.behind`, on the
codec's grid, and is joined to its neighbours where both agree (`suture.media.joints`). What is not listed is encoded
whole. The overlaps were measured on music, speech and hard synthetic sound: docs/measurements.md, `bench.seams`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

__all__ = ["GRIDS", "Grid", "grid_of"]

_AC3_PACKET: Final = 1536
# Source: ISO/IEC 13818-3, 2.4.3.2: lower rates are MPEG-2's.
_LOW_RATE: Final = 32_000
# For mono and stereo, where nothing is said.
_AC3_RATE: Final = 192_000
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
        run: so many packets in a row that two encoders both made tell that they go on alike.
        compares: whether samples are kept to choose the join by.
        reach: bytes before a packet that its own decoding needs.
        pads: whether the encoder leaves out its last samples, unless silence follows them.
        halves: whether packets below 32 kHz have half as many samples.
    """

    packet: int
    warm: int
    window: int
    tail: int
    forms: tuple[str, ...]
    rates: tuple[int, ...] = ()
    cost: float = 0.005
    run: int = 1
    compares: bool = False
    reach: int = 0
    pads: bool = False
    halves: bool = False

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
        if self.halves and rate < _LOW_RATE:
            return self.packet // 2
        return self.packet or rate // 50

    def period(self, rate: int, bit_rate: int | None) -> int:
        """After so many packets an encoder begins anew: a piece has to begin at a multiple of it.

        Where AC-3's rate makes no whole bytes of a packet, every so many packets are two bytes longer, counted from
        the first one of the encode.
        """
        if self.packet != _AC3_PACKET:
            return 1
        bits = (bit_rate or _AC3_RATE) * _AC3_PACKET
        return 16 * rate // math.gcd(16 * rate, bits)

    def rate(self, rate: int) -> int:
        """The rate that it takes nearest to ``rate``, as ffmpeg chooses it."""
        return min(self.rates, key=lambda each: abs(each - rate)) if self.rates else rate

    def form(self, form: str, *, changed: bool) -> str:
        """What its pieces are given of samples of ``form``, as ffmpeg does it.

        Args:
            form: ffmpeg's name for it.
            changed: whether samples are made anew (filtered, resampled, mixed): these are of a form that it takes,
                with nothing rounded in between. Others stay as they are.
        """
        plain = _PLAIN.get(form.removesuffix("p"), form.removesuffix("p")) or self.forms[0]
        return plain if plain in self.forms or not changed else self.forms[0]


# Forms that WAV files of ours hold, for those that they don't.
_PLAIN: Final = {"u8": "s16", "dbl": "flt", "s64": "s32"}
_AC3: Final = Grid(_AC3_PACKET, 1, 4, 2, ("flt",), (48_000, 44_100, 32_000), 0.0008, pads=True)
_AAC_RATES: Final = (96_000, 88_200, 64_000, *_MPEG_RATES, 12_000, 11_025, 8_000, 7_350)
_AAC: Final = Grid(1024, 256, 512, 48, ("flt",), _AAC_RATES, 0.0072, run=16, compares=True)
# It takes 8 to 24 kHz, too, but counts its packets, priming and all, in 48ths of a millisecond.
_OPUS_RATES: Final = (48_000,)

_MP3_RATES: Final = (*_MPEG_RATES, 12_000, 11_025, 8_000)

_MP3: Final = Grid(1152, 16, 368, 40, ("flt", "s32", "s16"), _MP3_RATES, 0.0048)

GRIDS: Final[dict[str, Grid]] = {
    "aac": _AAC,
    "libfdk_aac": replace(_AAC, forms=("s16",)),
    "libopus": Grid(0, 64, 192, 50, ("flt", "s16"), _OPUS_RATES, 0.0033, run=16, compares=True),
    "ac3": _AC3,
    "eac3": _AC3,
    "libmp3lame": Grid(
        1152, 16, 368, 40, ("flt", "s32", "s16"), _MP3_RATES, 0.0048, compares=True, reach=511, halves=True
    ),
    "mp2": Grid(1152, 2, 32, 2, ("s16",), _MPEG_RATES, 0.001, pads=True),
    "alac": Grid(4096, 0, 2, 1, ("s32", "s16"), (), 0.001),
}


def grid_of(encoder: str) -> Grid | None:
    """The grid of an encoder; None: its sound can't be cut."""
    return GRIDS.get(encoder)
