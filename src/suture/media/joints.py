"""Where two neighbouring pieces of a sound are joined: at which packet the one ends and the other begins.

Both have encoded the samples around their boundary. Where both have the same packets for a while, byte for byte, their
encoders agree, and the join is that of one. Encoders whose states never agree (AAC's rate control remembers half a
minute) are joined where the second behind the join is no noisier than the left one would have gone on: both are
decoded, apart and joined, and held against the samples. `splice` writes what is chosen here.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from suture.errors import PiecesDiffer
from suture.media.sound_table import Packets

if TYPE_CHECKING:
    from suture.media.sound_table import SoundTable

__all__ = ["Joint", "Overlap", "joint_of"]

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
    from suture.media.joint_noise import Judge  # noqa: PLC0415 - NumPy loads only where it is needed

    judge = Judge(overlap)
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
