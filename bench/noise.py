"""The one measure of a join of sound: how much coding noise stands after it, ours against one serial encode's.

Noise is the energy of (decoded - source) in windows of 20 ms over the second after a join. Of each join two figures
are taken, both in dB: `mean`, the whole second's noise against the same second of the serial encode, and `worst`, the
noisiest window of ours against the noisiest of the serial encode's. Beside it: where a signal lies (`offset`, by
cross-correlation), and a detector for clicks (`click`). Arrays are (samples, channels), full scale is 1. No ffmpeg
here: `bench.seams` decodes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Sound = NDArray[np.float32]
    Energies = NDArray[np.float64]

__all__ = ["CLICK", "MEAN_DB", "WORST_DB", "Excess", "click", "excess", "offset", "over_all", "windows"]

# What a join may have more than the serial encode, in dB.
MEAN_DB: Final = 0.3
WORST_DB: Final = 1.5
# An edge in the noise at a join so many times as steep as any of the serial encode's nearby is a click.
CLICK: Final = 2.0
_WINDOW_S: Final = 0.02
_AFTER_S: Final = 1.0
# What rounding to 16 bits makes, a twelfth of a step squared; below it nobody hears and ratios mean nothing.
_STEP: Final = 2.0**-15
_FLOOR: Final = _STEP**2 / 12
# A click stands where the two encodes overlap: within a frame or two of the join.
_NEAR_S: Final = 0.03


@dataclass(frozen=True, slots=True)
class Excess:
    """Noise above a serial encode's, in dB; below zero where there is less.

    Args:
        mean: over the second after the join.
        worst: of the noisiest window of 20 ms.
    """

    mean: float
    worst: float

    @property
    def good(self) -> bool:
        """Whether nobody can tell this second from the serial encode's."""
        return self.mean <= MEAN_DB and self.worst <= WORST_DB


def windows(decoded: Sound, source: Sound, rate: int) -> Energies:
    """Noise in each whole window of 20 ms: the mean square of what differs, over all channels."""
    step = round(rate * _WINDOW_S)
    whole = min(len(decoded), len(source)) // step * step
    error = decoded[:whole].astype(np.float64) - source[:whole]
    energies: Energies = (error**2).mean(axis=1).reshape(-1, step).mean(axis=1)
    return energies


def excess(ours: Sound, serial: Sound, source: Sound, rate: int, at: int) -> Excess | None:
    """The two figures of a join.

    Args:
        ours: decoded.
        serial: decoded.
        source: what both were made of; sample for sample in the same place.
        rate: in Hz.
        at: the join, a sample.

    Returns:
        None where less than a second follows the join.
    """
    end = at + round(rate * _AFTER_S)
    if end > min(len(ours), len(serial), len(source)):
        return None
    mine, theirs = (windows(sound[at:end], source[at:end], rate) + _FLOOR for sound in (ours, serial))
    return Excess(_decibels(mine.mean() / theirs.mean()), _decibels(mine.max() / theirs.max()))


def over_all(found: Iterable[Excess]) -> tuple[Excess, Excess]:
    """The largest of each figure over all joins, and the mean of each; zeros where there are no joins."""
    figures = np.array([(one.mean, one.worst) for one in found] or [(0.0, 0.0)])
    largest, mean = figures.max(axis=0), figures.mean(axis=0)
    return Excess(float(largest[0]), float(largest[1])), Excess(float(mean[0]), float(mean[1]))


def offset(decoded: Sound, source: Sound, reach: int) -> int:
    """By how many samples the decoded sound comes late, where the cross-correlation is greatest.

    Args:
        decoded: what is looked at.
        source: where it has to be.
        reach: as far as is searched, to both sides.
    """
    whole = min(len(decoded), len(source))
    size = 1 << (whole + reach).bit_length()
    spectra = [np.fft.rfft(sound[:whole].astype(np.float64).mean(axis=1), size) for sound in (decoded, source)]
    likeness = np.fft.irfft(spectra[0] * np.conj(spectra[1]), size)
    near = np.concatenate([likeness[-reach:], likeness[: reach + 1]])
    return int(near.argmax()) - reach


def click(ours: Sound, serial: Sound, source: Sound, rate: int, at: int) -> float:
    """The steepest edge in our noise around a join, as a multiple of the steepest in the serial encode's nearby.

    An edge is a large second difference; that of the noise, not of the sound, so that castanets are no clicks. Above
    `CLICK` it is one.
    """
    near, far = round(rate * _NEAR_S), round(rate * _AFTER_S)
    mine = _steepest(ours, source, max(0, at - near), at + near)
    theirs = _steepest(serial, source, max(0, at - far), at + far)
    return (mine + _STEP) / (theirs + _STEP)


def _steepest(decoded: Sound, source: Sound, begin: int, end: int) -> float:
    end = min(end, len(decoded), len(source))
    error = decoded[begin:end].astype(np.float64) - source[begin:end]
    return float(np.abs(np.diff(error, 2, axis=0)).max(initial=0.0))


def _decibels(ratio: float) -> float:
    return 10 * math.log10(ratio)
