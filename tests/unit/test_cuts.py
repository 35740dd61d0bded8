"""Where ``auto`` cuts: how long pieces are, that they end together, and the head of a long film."""

from __future__ import annotations

from array import array
from dataclasses import replace
from fractions import Fraction
from heapq import heapreplace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from suture.cuts import HEAD, cut_points, head_starts
from suture.media.index import FrameIndex

if TYPE_CHECKING:
    from collections.abc import Sequence

RATE = 25


def film(seconds: float, gop: int, sizes: Sequence[int] = ()) -> FrameIndex:
    """A film of 25 frames a second with a keyframe every ``gop`` frames."""
    count = round(seconds * RATE)
    keys = bytes(n % gop == 0 for n in range(count))
    weights = array("I", sizes or [1000] * count)
    return FrameIndex(0, Fraction(1, RATE), array("q", range(count)), weights, keys, count, packets=count)


def lengths(index: FrameIndex, starts: Sequence[int]) -> list[float]:
    """Of the pieces, in seconds."""
    return [float(index.time(end) - index.time(start)) for start, end in pairwise((*starts, len(index)))]


def idle(pieces: Sequence[float], workers: int) -> float:
    """The share of all workers' time in which they wait for the last piece, longest first."""
    slots = [0.0] * workers
    for piece in sorted(pieces, reverse=True):
        heapreplace(slots, slots[0] + piece)
    return 1 - sum(pieces) / (workers * max(slots))


@pytest.mark.parametrize(
    ("seconds", "gop", "workers"),
    [
        (60, 250, 2),
        (52, 48, 2),
        (52, 120, 2),
        (12, 48, 2),
        (300, 250, 4),
        (600, 25, 8),
        (7200, 48, 64),
        (5400, 250, 16),
    ],
)
def test_all_workers_end_together(seconds: int, gop: int, workers: int) -> None:
    """However far the keyframes are apart, hardly any time is spent waiting for the last piece."""
    index = film(seconds, gop)
    assert idle(lengths(index, cut_points(index, "auto", workers=workers).starts), workers) < 0.04


def test_pieces_shrink_towards_the_end() -> None:
    """From a minute at the most to a few seconds, so that a film has few pieces."""
    index = film(7200, 50)
    cuts = cut_points(index, "auto", workers=2)
    made = lengths(index, cuts.starts)
    assert len(made) < 7200 / 60 + 20
    assert max(made) <= 62
    assert min(made) >= 2
    assert made.index(min(made)) > 0.9 * len(made)
    assert f"{len(made)} pieces, {min(made):.1f} to {max(made):.1f} s long: 2 at once" in cuts.reason


def test_cuts_lie_on_keyframes_where_these_are_near() -> None:
    """With one every second, all do; with one every ten, those of long pieces do."""
    dense, sparse = film(600, 25), film(600, 250)
    assert all(start % 25 == 0 for start in cut_points(dense, "auto", workers=4).starts)
    starts = cut_points(sparse, "auto", workers=4).starts
    off = [end - start for start, end in pairwise((*starts, len(sparse))) if start % 250]
    assert off
    assert max(off) < 20 * RATE


def test_nothing_far_behind_a_keyframe_is_cut() -> None:
    """Where the last keyframe is a minute away, decoding from there would cost more than waiting."""
    starts = cut_points(film(600, 100 * RATE), "auto", workers=2).starts
    assert all(start % (100 * RATE) <= 15 * RATE for start in starts)


def test_one_piece_where_more_are_no_use() -> None:
    """A short film, one worker, one keyframe; the reason says which."""
    assert cut_points(film(8, 25), "auto", workers=8).reason == "one piece: 8.0 s are too short to share among 8"
    assert cut_points(film(50, 25), "auto", workers=1).reason == "one piece: 50.0 s for one worker"
    assert cut_points(film(90, 10**6), "auto", workers=8).reason == "one piece: one keyframe"
    assert len(cut_points(film(200, 25), "auto", workers=1).starts) > 1  # so that not all is lost when it is stopped


def test_what_is_hard_makes_shorter_pieces() -> None:
    """Where the source spent its bytes, encoding takes longer."""
    hard = film(120, 5, [10_000] * 1500 + [100] * 1500)
    starts = cut_points(hard, "auto", workers=4).starts
    first = lengths(hard, starts)[0]
    assert first < 0.75 * lengths(film(120, 5), cut_points(film(120, 5), "auto", workers=4).starts)[0]


def test_the_head_depends_on_the_beginning_alone() -> None:
    """An index of the first seconds, and one of a film that goes on otherwise, give the same first pieces."""
    whole = film(3600, 50)
    sizes = array("I", [*whole.sizes[:5000], *([90_000] * (len(whole) - 5000))])
    other = replace(whole, sizes=sizes, keys=whole.keys[:5000] + bytes(len(whole) - 5000))
    begun = whole.part(0, int(HEAD) * RATE + 1)
    for workers in (1, 2, 3, 16, 100):
        head = head_starts(begun, workers)
        assert head == head_starts(whole, workers) == head_starts(other, workers)
        assert len(head) - 1 >= min(workers, 14)
        assert cut_points(whole, "auto", workers=workers, head=head).starts[: len(head)] == head
        assert cut_points(other, "auto", workers=workers, head=head).starts[: len(head)] == head


def test_a_film_without_keyframes_has_no_head() -> None:
    """Nor has one whose second keyframe is far."""
    assert head_starts(film(3600, 10**9), 2) == ()
    assert head_starts(film(3600, 101 * RATE), 2) == ()
