"""By how much is one sound later than another? Measured in windows along the track, by correlation.

A window of two seconds is looked for in the other track, half a second to both sides. Steady tones fit at many places:
then the window says no more than that it fits where it stands, and the edges of the sound (where it begins and ends)
are asked instead. Pure arithmetic on two `Track`; what it means is `sound`'s business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from suture.verify.track import HOP, RATE, Track, levels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

__all__ = ["TOLERANCE", "Fit", "edges", "far_lag", "fit", "fits"]

TOLERANCE: Final = RATE // 500
"""Two milliseconds: what two containers may round away (MKV and edit lists count in milliseconds, each side rounds
once), and less than the smallest mistake that priming makes (AC-3 256 samples, Opus 312: 5 ms and more)."""

_REACH: Final = RATE // 2
_WINDOWS: Final = 1200
# Quieter than this (-60 dB) a window tells nothing.
_QUIET: Final = 1e-6
# A place fits as well as the best one when its correlation is so near it; a window is sharp when no other place does.
_AS_WELL: Final = 0.97
_SHARP: Final = 0.9
# Edges: so long a silence beside so long a sound, so much louder; so much is looked at on both sides.
_SILENCE_HOPS: Final = 5
_SOUND_HOPS: Final = 4
_LOUDER: Final = 1000.0
_HEARD: Final = 1e-5
_EDGE: Final = int(0.08 * RATE)
_EDGE_REACH: Final = int(0.06 * RATE)
_EDGES: Final = 60

_COARSE: Final = 8
_PART: Final = 100_000
_FAR_WINDOW: Final = 30 * RATE
_FAR_REACH: Final = 600 * RATE
_FAR_FITS: Final = 0.4


@dataclass(frozen=True, slots=True)
class Fit:
    """How a window of the source fits into the output.

    Args:
        at: its middle on the clock, in samples.
        lag: samples by which the output is later; 0 where that fits as well as any other.
        likeness: the correlation there, 0 to 1.
        sharp: no other place fits nearly as well.
    """

    at: int
    lag: int
    likeness: float
    sharp: bool


def fits(source: Track, output: Track, centre: int = 0, window: int = 2 * RATE) -> list[Fit]:
    """Windows along the track, a second apart or, in long ones, as far as that ``_WINDOWS`` are enough.

    Args:
        source: where they come from.
        output: where they are looked for.
        centre: around this lag.
        window: their length in samples.
    """
    found = []
    for begin, end in source.stretches():
        step = max(RATE, (source.end - source.begin) // _WINDOWS)
        for at in range(begin, max(begin + 1, end - window // 2), step):
            got = fit(source, output, at, min(window, end - at), _REACH, centre)
            if got is not None:
                found.append(got)
    return found


def fit(source: Track, output: Track, at: int, count: int, reach: int, centre: int = 0) -> Fit | None:
    """Look for ``count`` samples of the source in the output; None where one of the two is silent.

    Args:
        source: where they come from.
        output: where they are looked for.
        at: their first place on the clock.
        count: how many.
        reach: so far to both sides.
        centre: of this lag.
    """
    window = source.read(at, count)
    around = output.read(at + centre - reach, count + 2 * reach)
    if np.square(window).mean() < _QUIET or np.square(around).mean() < _QUIET / 10:
        return None
    values = _correlation(window, around)
    best = float(values.max())
    near = slice(max(0, reach - centre - TOLERANCE), max(0, reach - centre + TOLERANCE + 1))
    here = values[near]
    place = int(values.argmax())
    if here.size and here.max() >= _AS_WELL * best:
        place = near.start + int(here.argmax())
    others = np.delete(values, slice(max(0, place - TOLERANCE), place + TOLERANCE + 1))
    sharp = others.size == 0 or float(others.max()) < _SHARP * best
    return Fit(at + count // 2, place - reach + centre, best, sharp)


def _correlation(window: Floats, around: Floats) -> Floats:
    """Of the window with every place around, all channels together: 0 to 1. A reversed polarity fits as well."""
    size = 1 << (len(around) + len(window) - 1).bit_length()
    total: Any = np.zeros(len(around) - len(window) + 1)
    energy: Any = np.zeros_like(total)
    for channel in range(window.shape[1]):
        product = np.fft.irfft(
            np.fft.rfft(around[:, channel], size) * np.conj(np.fft.rfft(window[:, channel], size)), size
        )
        total += product[: len(total)]
        running = np.concatenate(([0.0], np.cumsum(np.square(around[:, channel], dtype=np.float64))))
        energy += running[len(window) :] - running[: -len(window)]
    # Where the output is silent nothing fits.
    floor = max(_QUIET * len(window) / 10, 1e-3 * float(energy.max()))
    whole = float(np.square(window, dtype=np.float64).sum())
    return np.asarray(np.abs(total) / np.sqrt(np.maximum(energy, floor) * whole), np.float32)


def edges(source: Track, output: Track) -> list[Fit]:
    """How the places fit where the source's sound begins or ends after or before silence."""
    found = []
    for begin, end in source.stretches():
        loud = levels(source, begin - 10 * HOP, end + 10 * HOP).max(axis=1)
        for place in _edges(loud):
            at = begin + (place - 10) * HOP
            got = fit(source, output, at - _EDGE, 2 * _EDGE, _EDGE_REACH)
            if got is not None:
                found.append(got)
    return found


def _edges(loud: Floats) -> list[int]:
    """Hops at which a silence meets a sound."""
    windows = np.lib.stride_tricks.sliding_window_view
    length = len(loud) - _SILENCE_HOPS - _SOUND_HOPS
    if length <= 0:
        return []
    rising = windows(loud, _SILENCE_HOPS).max(axis=1)[:length], windows(loud, _SOUND_HOPS).min(axis=1)[_SILENCE_HOPS:]
    falling = windows(loud, _SOUND_HOPS).min(axis=1)[:length], windows(loud, _SILENCE_HOPS).max(axis=1)[_SOUND_HOPS:]
    places = _where(rising[1][:length], rising[0], _SILENCE_HOPS) + _where(falling[0], falling[1][:length], _SOUND_HOPS)
    places = sorted(places)
    return places[:: max(1, len(places) // _EDGES)]


def _where(sound: Floats, silence: Floats, after: int) -> list[int]:
    hops = np.flatnonzero((sound > _HEARD) & (sound > _LOUDER * silence))
    firsts = hops[np.concatenate(([True], np.diff(hops) > _SOUND_HOPS))] if hops.size else hops
    return [int(hop) + after for hop in firsts]


def far_lag(source: Track, output: Track) -> int:
    """The lag, in samples, at which half a minute of the shorter one fits best, up to ten minutes away; 0: nowhere."""
    if output.end - output.begin < source.end - source.begin:
        return -_far(output, source)
    return _far(source, output)


def _far(source: Track, output: Track) -> int:
    begin, end = max(source.stretches(), key=lambda ends: ends[1] - ends[0], default=(0, 0))
    count = min(end - begin, _FAR_WINDOW)
    at = begin + (end - begin - count) // 2
    first = max(at - _FAR_REACH, min(output.begin, at))
    last = min(at + count + _FAR_REACH, max(output.end, at + count))
    window, around = _coarse(source, at, count), _coarse(output, first, last - first)
    if len(window) < RATE // _COARSE or not window.any() or not around.any():
        return 0
    values = _correlation(window, np.pad(around, ((0, len(window)), (0, 0))))
    place = int(values.argmax())
    return first + place * _COARSE - at if values[place] > _FAR_FITS else 0


def _coarse(track: Track, begin: int, count: int) -> Floats:
    """Two thousand samples a second, of all channels together."""
    made = np.zeros((max(0, count // _COARSE), 1), np.float32)
    for at in range(0, len(made), _PART):
        part = track.read(begin + at * _COARSE, min(_PART, len(made) - at) * _COARSE).mean(axis=1)
        made[at : at + _PART, 0] = part.reshape(-1, _COARSE).mean(axis=1)
    return made
