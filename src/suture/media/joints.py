"""Where two neighbouring pieces of a sound are joined: at which packet the one ends and the other begins.

Both have encoded the samples around their boundary. At a packet that both have, byte for byte, two encoders whose state
depends on little more than their last packets agree, and the join is that of one encoder. One whose state never agrees
(AAC, which carries its rate for half a minute) is joined where the noise of the right one is like the noise that the
left one would have gone on with: both are decoded and held against the samples. `splice` writes what is chosen here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np

from suture.errors import PiecesDiffer
from suture.media.opening import open_input
from suture.media.sound_table import Packets, read_samples

if TYPE_CHECKING:
    from suture.media.sound_table import SoundTable

__all__ = ["Joint", "Overlap", "joint_of"]

# What cannot be heard any more: the noise of 16 bits.
_SILENCE: Final = 7.8e-11
# Decibels by which a join may be noisier than its surroundings: on average, and in its worst moment.
_MEAN_DB, _WORST_DB = 0.3, 1.5
# Packets that a decoder needs until its sound is right.
_LEAD: Final = 2
# A join that is so many times worse than it may be is none.
_BAD: Final = 4.0


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
        agrees: whether equal bytes tell that the encoders agree.
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
    agrees: bool
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
    if overlap.agrees and (found := _common(overlap)) is not None:
        return found
    if overlap.samples and not overlap.reach:
        return _least_noise(overlap)
    raise PiecesDiffer("two pieces of the sound have no packet in common", "encoded whole, there is nothing to join")


def _common(overlap: Overlap) -> Joint | None:
    """The middle of the longest run of packets that both have."""
    left, right = Packets(overlap.left), Packets(overlap.right)
    best, run, reached = None, 0, 0
    longest = 0
    for number in range(overlap.begin, overlap.end):
        data = right.read(number - overlap.right_first)
        if data != left.read(number - overlap.left_first):
            run = reached = 0
            continue
        run += 1
        if reached >= overlap.reach and run > longest:
            longest, best = run, number - (run - 1) // 2 if not overlap.reach else number
        reached += len(data)
    return None if best is None else Joint(best, f"{longest} packets in a row are the same")


def _least_noise(overlap: Overlap) -> Joint:
    noises = [_noise(overlap, overlap.left, overlap.left_first), _noise(overlap, overlap.right, overlap.right_first)]
    costs = [_cost(*(noise[at : at + overlap.tail] for noise in noises)) for at in range(overlap.end - overlap.begin)]
    at = int(np.argmin(costs))
    if not costs or costs[at] > _BAD:
        raise PiecesDiffer("two pieces of the sound differ wherever they could be joined", "it is encoded whole")
    return Joint(overlap.begin + at, f"the noise behind it is that of one encoder ({costs[at]:.2f} of what may be)")


def _cost(left: Any, right: Any) -> float:  # noqa: ANN401 - arrays
    """How far the second behind a join is noisier than it would have been; 1: as far as it may be."""
    mean = 10 * math.log10(float(right.sum() / left.sum()))
    worst = 10 * math.log10(float(right.max() / left.max()))
    return max(0.0, mean / _MEAN_DB, worst / _WORST_DB) + 0.05 * abs(mean)


def _noise(overlap: Overlap, piece: SoundTable, first: int) -> Any:  # noqa: ANN401 - an array
    """The mean square error of each packet from ``begin`` to ``tail`` behind ``end``."""
    wanted = read_samples(overlap.samples)
    count, usual = overlap.end - overlap.begin + overlap.tail, piece.usual
    lead = min(_LEAD, overlap.begin - first)
    made = _decoded(piece, overlap.begin - lead - first, lead + count)[lead:]
    if len(made) != count or any(each.shape != (wanted.shape[0], usual) for each in made):
        raise PiecesDiffer("a piece of the sound can't be compared with what it was made from")
    begin = (overlap.begin - overlap.right_first) * usual - piece.priming
    noise = np.empty(count)
    for n, sound in enumerate(made):
        at = begin + n * usual
        told = wanted[:, max(0, at) : at + usual]
        error = sound[:, usual - told.shape[1] :] - told
        noise[n] = np.mean(error * error) if error.size else 0.0
    return noise + _SILENCE


def _decoded(piece: SoundTable, first: int, count: int) -> list[Any]:
    """What packets decode to, as floats: channels by samples, for each packet."""
    packets = Packets(piece)
    with open_input(piece.path) as container:
        decoder = container.streams.audio[0].codec_context
        found = [frame for n in range(count) for frame in decoder.decode(av.Packet(packets.read(first + n)))]
    return [_floats(frame) for frame in found]


def _floats(frame: Any) -> Any:  # noqa: ANN401
    data = frame.to_ndarray()
    if not frame.format.is_planar:
        data = data.reshape(-1, len(frame.layout.channels)).T
    return data.astype(np.float64) / (1 if data.dtype.kind == "f" else float(np.iinfo(data.dtype).max) + 1)
