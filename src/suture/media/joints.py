"""Where two neighbouring pieces of a sound are joined: at which packet the one ends and the other begins.

Both have encoded the samples around their boundary. Where both have the same packets for a while, byte for byte, their
encoders agree, and the join is that of one. Encoders whose states never agree (AAC's rate control remembers half a
minute) are joined where the second behind the join is no noisier than the left one would have gone on: both are
decoded, apart and joined, and held against the samples. `splice` writes what is chosen here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np

from suture.errors import ChunkError, PiecesDiffer
from suture.media.opening import open_input
from suture.media.sound_table import Packets, read_samples

if TYPE_CHECKING:
    from suture.media.sound_table import SoundTable

__all__ = ["Joint", "Overlap", "joint_of"]

# What cannot be heard any more: the noise of 16 bits.
_SILENCE: Final = 7.8e-11
# Decibels by which a join may be noisier than its surroundings: on average, and in its worst moment.
_MEAN_DB, _WORST_DB = 0.3, 1.5
# Packets that a decoder is given before those that count.
_LEAD: Final = 16
# So many places are tried, and so many packets apart.
_TRIALS: Final = 12
_APART: Final = 6
# A join that is so many times worse than it may be is none; one that is so good need not be better.
_BAD, _GOOD = 4.0, 0.05


@dataclass(frozen=True, slots=True)
class Overlap:
    """The packets that two pieces have in common, by their numbers in the whole track.

    Args:
        left: the piece that ends.
        left_first: number of its first packet.
        right: the piece that begins.
        right_first: number of its first packet.
        begin: the first packet where they may be joined.
        end: one past the last.
        tail: how many packets behind a join are looked at.
        reach: bytes before a packet that its own decoding needs (MP3's reservoir).
        run: so many packets in a row that both have tell that the encoders agree.
        samples: a WAV file of what both were given, from ``right_first`` on; empty: it is not kept.
    """

    left: SoundTable
    left_first: int
    right: SoundTable
    right_first: int
    begin: int
    end: int
    tail: int
    reach: int
    run: int
    samples: str


@dataclass(frozen=True, slots=True)
class Joint:
    """A join: the first packet of the right piece, and what speaks for it."""

    packet: int
    why: str


def joint_of(overlap: Overlap) -> Joint:
    """Choose where to join.

    Raises:
        PiecesDiffer: nowhere.
    """
    if (found := _common(overlap)) is not None:
        return found
    if overlap.samples:
        return _least_noise(overlap)
    raise PiecesDiffer("two pieces of the sound have no packet in common", "encoded whole, there is nothing to join")


def _common(overlap: Overlap) -> Joint | None:
    """The middle of the longest run of packets that both have, if it is long enough to tell something."""
    left, right = Packets(overlap.left), Packets(overlap.right)
    run, longest, at = 0, 0, 0
    for number in range(overlap.begin, overlap.end):
        same = right.read(number - overlap.right_first) == left.read(number - overlap.left_first)
        run = run + 1 if same else 0
        if run > longest:
            longest, at = run, number
    if longest < overlap.run:
        return None
    first = at - longest + 1
    reached = accumulate(right.size(number - overlap.right_first) for number in range(first, at + 1))
    # Behind so many bytes of packets that both have, nothing that it needs is another's.
    behind = next((n for n, size in enumerate([0, *reached]) if size >= overlap.reach), longest)
    chosen = first + max(longest // 2, behind)
    return Joint(chosen, f"{longest} packets in a row are the same") if chosen <= at else None


def _least_noise(overlap: Overlap) -> Joint:
    """Where a decoder hears least of the join.

    Joins that look good in each piece's own sound are tried: what a decoder makes of packets of both counts, for the
    windows of two neighbouring packets have to fit together.
    """
    judge = _Judge(overlap)
    costs = {at: judge.apart(at) for at in range(overlap.end - overlap.begin)}
    tried: dict[int, float] = {}
    for at in sorted(costs, key=costs.__getitem__):
        if all(abs(at - other) >= _APART for other in tried):
            tried[at] = judge.joined(at)
            if len(tried) == _TRIALS or tried[at] < _GOOD:
                break
    best = min(tried, key=tried.__getitem__)
    if tried[best] > _BAD:
        raise PiecesDiffer("two pieces of the sound differ wherever they could be joined", "it is encoded whole")
    return Joint(overlap.begin + best, f"the noise behind it is one encoder's ({tried[best]:.2f} of what may be)")


class _Judge:
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
