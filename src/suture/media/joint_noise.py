"""`Judge`: how noisy a join of two pieces of a sound is, heard by a decoder and held against the samples.

What is heard is one piece, the other, or packets of both; `joints` chooses by it. Loaded only where packets alone do
not tell where to join.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np

from suture.errors import ChunkError, PiecesDiffer
from suture.media.opening import open_input
from suture.media.sound_table import Packets, read_samples

if TYPE_CHECKING:
    from suture.media.joints import Overlap
    from suture.media.sound_table import SoundTable

__all__ = ["Judge"]

# What cannot be heard any more: the noise of 16 bits.
_SILENCE: Final = 7.8e-11
# Decibels by which a join may be noisier than its surroundings: on average, and in its worst moment.
_MEAN_DB, _WORST_DB = 0.3, 1.5
# Packets that a decoder is given before those that count.
_LEAD: Final = 16


class Judge:
    """Holds what pieces decode to against the samples that they were made from.

    Args:
        overlap: what they have in common.
    """

    def __init__(self, overlap: Overlap) -> None:
        self._overlap = overlap
        try:
            self._wanted = read_samples(overlap.samples)
        except (OSError, ChunkError) as error:
            raise PiecesDiffer(f"the samples that two pieces share are lost: {error}", "it is encoded whole") from error
        self._packets = Packets(overlap.left), Packets(overlap.right)
        count = overlap.end - overlap.begin + overlap.tail
        self._noises = [self._noise([(n, side) for n in range(-_LEAD, count)], 0, count) for side in (0, 1)]

    def apart(self, at: int) -> float:
        """How much noisier the right piece is behind a place than the left one is there."""
        left, right = (noise[at : at + self._overlap.tail] for noise in self._noises)
        return _cost(left, right)

    def joined(self, at: int) -> float:
        """How much noisier both are, joined, than the left one would be."""
        tail = self._overlap.tail
        packets = [(at + n, 0 if n < 0 else 1) for n in range(-_LEAD, tail)]
        return _cost(self._noises[0][at : at + tail], self._noise(packets, at, tail))

    def _noise(self, packets: list[tuple[int, int]], at: int, count: int) -> Any:  # noqa: ANN401 - an array
        """The mean square error of the last ``count`` of some packets, each told by its place and its piece."""
        overlap, usual = self._overlap, self._overlap.left.usual
        firsts = overlap.left_first, overlap.right_first
        there = [(n + overlap.begin - firsts[side], side) for n, side in packets]
        made = _decoded(overlap.left, [self._packets[side].read(n) for n, side in there if n >= 0])[-count:]
        if len(made) != count or any(each.shape != (self._wanted.shape[0], usual) for each in made):
            raise PiecesDiffer("a piece of the sound can't be compared with what it was made from", "")
        begin = (overlap.begin + at - overlap.right_first) * usual - overlap.left.priming
        return np.array([self._error(begin + n * usual, sound) for n, sound in enumerate(made)]) + _SILENCE

    def _error(self, at: int, sound: Any) -> float:  # noqa: ANN401 - an array
        told = self._wanted[:, max(0, at) : at + sound.shape[1]]
        error = sound[:, sound.shape[1] - told.shape[1] :] - told
        return float(np.mean(error * error)) if error.size else 0.0


def _cost(left: Any, right: Any) -> float:  # noqa: ANN401 - arrays
    """How far the second behind a join is noisier than it would have been; 1: as far as it may be."""
    mean = 10 * math.log10(float(right.sum() / left.sum()))
    worst = 10 * math.log10(float(right.max() / left.max()))
    return max(0.0, mean / _MEAN_DB, worst / _WORST_DB) + 0.05 * abs(mean)


def _decoded(piece: SoundTable, packets: list[bytes]) -> list[Any]:
    """What packets decode to, as floats: channels by samples, for each packet."""
    with open_input(piece.path) as container:
        decoder = container.streams.audio[0].codec_context
        return [_floats(frame) for packet in packets for frame in decoder.decode(av.Packet(packet))]


def _floats(frame: Any) -> Any:  # noqa: ANN401
    data = frame.to_ndarray()
    if not frame.format.is_planar:
        data = data.reshape(-1, len(frame.layout.channels)).T
    return data.astype(np.float64) / (1 if data.dtype.kind == "f" else float(np.iinfo(data.dtype).max) + 1)
