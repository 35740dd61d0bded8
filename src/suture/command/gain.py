"""From a measured loudness to the filters that make the one that was asked for. Pure.

One gain does it, unless peaks would clip: these are limited then, by a limiter that looks ahead and works on four times
the samples, so that it sees what lies between them. Its gain is searched for, since what it takes away is missing.
``loudnorm``'s own way with peaks follows the loudness from second to second: on music it missed the target by up to
2.4 LU and halved the dynamics (docs/loudness.md). Neighbours: `suture.ffmpeg.loudness` measures, `loudness` runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suture.ffmpeg.loudness import Loudness

__all__ = ["Gain", "Trial", "best", "next_gain"]

# A meter that rounds to tenths is not to read more than the ceiling.
_BELOW_DB: Final = 0.1
# Near enough to the target, in LU; figures come in tenths.
_NEAR: Final = 0.15
_MOST_TRIALS: Final = 6
# How much louder the whole becomes for each decibel that is added before a limiter: first guess, and bounds.
_SLOPE: Final = 0.7
_SLOPES: Final = (0.25, 1.0)
# So much more than one gain would need; who asks for more asks for noise.
_MOST_EXTRA_DB: Final = 12.0
# Clocks in thousandths of a second are off by less than this, in seconds; what is more is a gap.
_JITTER_S: Final = 0.003
# Peaks between the samples are seen at 4 times 48 kHz. Source: ITU-R BS.1770-4, annex 2.
_FINE_RATE: Final = 176_400


@dataclass(frozen=True, slots=True)
class Gain:
    """What is done to the sound: decibels, and behind them the highest peak that may be, in dBTP; None: any."""

    db: float = 0.0
    ceiling: float | None = None

    def filters(self, rate: int) -> tuple[str, ...]:
        """The filters, for a sound of so many samples a second; they keep its rate and its place."""
        volume = f"volume=volume={self.db:.2f}dB:precision=double"
        return (volume,) if self.ceiling is None else (volume, *_limiter(rate, self.ceiling))


def _limiter(rate: int, ceiling: float) -> tuple[str, ...]:
    """None comes out later than it went in, and as many as went in, or as it takes to fill gaps.

    The limiter holds 5 ms back: across a gap in the clock it would carry them to the other side, and all that follows
    would be late. So gaps are filled before. Without ``asc``, FFmpeg 5.1's lets peaks of multichannel sound pass; 9.0
    makes no difference.
    """
    factor = next((factor for factor in (1, 2) if rate * factor >= _FINE_RATE), 4)
    limit = f"limit={10 ** ((ceiling - _BELOW_DB) / 20):.6f}"
    limiter = f"alimiter={limit}:attack=5:release=50:level=0:asc=1:latency=1"
    finer = f"aresample={rate * factor}:async=1:min_hard_comp={_JITTER_S:g}"
    return (finer, limiter) if factor == 1 else (finer, limiter, f"aresample={rate}")


@dataclass(frozen=True, slots=True)
class Trial:
    """A gain, and how loud the sound was with it."""

    gain: Gain
    heard: Loudness


def next_gain(target: float, ceiling: float, trials: Sequence[Trial]) -> Gain | None:
    """The gain to measure next; None: enough is known.

    Args:
        target: in LUFS.
        ceiling: the highest peak that may be, in dBTP.
        trials: so far; the first one is of the sound as it is.
    """
    plain = trials[0].heard
    wanted = target - plain.integrated
    if not plain.is_known or round(plain.true_peak + wanted, 2) <= ceiling:
        return None
    if len(trials) == 1:
        return Gain(wanted, ceiling)
    last = trials[-1]
    missing = target - last.heard.integrated
    more = min(last.gain.db + missing / _slope(trials), wanted + _MOST_EXTRA_DB)
    if abs(missing) <= _NEAR or len(trials) > _MOST_TRIALS or round(more - last.gain.db, 2) == 0:
        return None
    return Gain(more, ceiling)


def _slope(trials: Sequence[Trial]) -> float:
    """By the last two limited ones."""
    if len(trials) < 3:  # noqa: PLR2004 - the plain one, and two
        return _SLOPE
    before, last = trials[-2:]
    slope = (last.heard.integrated - before.heard.integrated) / (last.gain.db - before.gain.db)
    return min(max(slope, _SLOPES[0]), _SLOPES[1])


def best(target: float, trials: Sequence[Trial]) -> Trial:
    """What is done in the end: one gain where that is all it takes, else the trial that came nearest."""
    plain = trials[0]
    if len(trials) > 1:
        return min(trials[1:], key=lambda trial: abs(trial.heard.integrated - target))
    if not plain.heard.is_known:
        return plain
    db = target - plain.heard.integrated
    heard = type(plain.heard)(target, plain.heard.span, round(plain.heard.true_peak + db, 2))
    return Trial(Gain(db), heard)
