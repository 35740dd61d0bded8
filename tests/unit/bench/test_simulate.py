"""`bench.simulate`: makespans that can be worked out by hand, and films that keep what was measured."""

from __future__ import annotations

import random
from array import array
from fractions import Fraction
from statistics import fmean

import pytest
from bench.compare_where import Span
from bench.simulate import WAYS, equal, fixed, makespan
from bench.simulate_film import Costs, made_film, measured_costs

from suture.media.index import FrameIndex

RATE = 10


def index_of(sizes: list[int], group: int = 10) -> FrameIndex:
    """So many frames, ten a second, a keyframe every group."""
    keys = bytes(n % group == 0 for n in range(len(sizes)))
    pts = array("q", range(len(sizes)))
    return FrameIndex(0, Fraction(1, RATE), pts, array("I", sizes), keys, len(sizes))


def dice(seed: int) -> random.Random:
    """That fall the same way every time."""
    return random.Random(seed)  # noqa: S311 - a game, no secret


def span(number: int, frames: int, cpu: float) -> Span:
    """A piece that was encoded."""
    return Span(f"video-0-{number:05d}", "a", 0.0, cpu, done=True, cpu_seconds=cpu, frames=frames)


SHORT = index_of([100, *[10] * 9] * 12)
SPANS = [span(n, 30, cpu) for n, cpu in enumerate((3.0, 6.0, 3.0, 4.0))]


def test_the_longest_predicted_goes_first() -> None:
    """2 and 2 beside 4, where the film's order gives 2 + 4; each core takes the next when it is free."""
    pieces = [(2.0, 2.0), (2.0, 2.0), (4.0, 4.0)]
    assert makespan(pieces, 2) == 4
    assert makespan(pieces, 2, longest_first=False) == 6
    assert makespan(pieces, 1) == 8
    assert makespan(pieces, 64) == 4


def test_a_wrong_prediction_costs_time() -> None:
    """The order follows what was predicted, the clock what it really took."""
    assert makespan([(4.0, 1.0), (3.0, 1.0), (1.0, 5.0)], 2) == 6


def test_what_is_measured_is_kept() -> None:
    """All seconds are in the pieces or their starts; errors are ratios to a prediction, one on average."""
    costs = measured_costs(SHORT, SPANS[::-1])
    assert [stretch.first for stretch in costs.stretches] == [0, 30, 60, 90]
    assert costs.work + len(SPANS) * costs.start_s == pytest.approx(16.0)
    assert fmean(costs.errors) == pytest.approx(1.0)


def test_the_cost_of_starting_is_told_by_short_pieces() -> None:
    """A second each, and a tenth for each frame; a piece of two frames then tells nothing about errors."""
    frames = [58, 60, 2]
    even = index_of([10] * 120)
    costs = measured_costs(even, [span(n, count, 1 + count / 10) for n, count in enumerate(frames)])
    assert costs.start_s == pytest.approx(1.0)
    assert costs.work == pytest.approx(12.0)
    assert costs.errors == pytest.approx([1.0, 1.0])


def test_pieces_of_another_film_are_refused() -> None:
    """The frames would not be those of the costs."""
    with pytest.raises(ValueError, match="the film has 120"):
        measured_costs(SHORT, SPANS[:3])


def test_a_long_film_is_made_of_the_short_one() -> None:
    """Its length, its keyframes, its work for a second of film, give or take the dice; the same for the same dice."""
    costs = measured_costs(SHORT, SPANS)
    film, same = (made_film(SHORT, costs, 600, dice(1), 5) for _ in range(2))
    assert len(film.index) == 6000
    assert film.index.keyframes()[:3] == [0, 10, 20]
    assert film.work == pytest.approx(50 * costs.work, rel=0.1)
    assert film.work == same.work
    assert film.predicted[-1] == pytest.approx(50 * costs.work)


def test_pieces_cost_their_start_and_what_is_decoded_in_vain() -> None:
    """Five frames behind a keyframe, half of what encoding would be; all frames are in one piece."""
    costs = Costs(measured_costs(SHORT, SPANS).stretches, 1.0)
    film = made_film(SHORT, costs, 60, dice(1), decode=0.5)
    on, off = film.pieces([0, 300]), film.pieces([0, 305])
    assert sum(real for _, real in on) == pytest.approx(film.work + 2)
    assert sum(real for _, real in off) == pytest.approx(film.work + 2 + 5 * 0.5 * film.work / 600)


def test_equal_pieces_are_equal_in_what_is_predicted() -> None:
    """Up to a group of pictures, on keyframes; fixed ones are equal in time."""
    film = made_film(SHORT, measured_costs(SHORT, SPANS), 600, dice(1))
    starts = equal(4)(film, 8)
    assert len(starts) == 32
    assert all(film.index.keys[start] for start in starts)
    predicted = [cost for cost, _ in film.pieces(starts)]
    assert max(predicted) - min(predicted) < 2 * film.predicted[-1] / 600
    assert fixed(10)(film, 8) == tuple(range(0, 6000, 100))


@pytest.mark.parametrize("name", WAYS)
def test_no_way_is_better_than_ideal_or_loses_a_frame(name: str) -> None:
    """Every way begins with the first frame, and takes at least all work over the cores."""
    film = made_film(SHORT, measured_costs(SHORT, SPANS), 900, dice(2))
    cutter, longest_first = WAYS[name]
    starts = cutter(film, 4)
    assert starts[0] == 0
    assert sorted(set(starts)) == list(starts)
    assert makespan(film.pieces(starts), 4, longest_first=longest_first) >= film.work / 4
