"""Made-up films of few samples: what is missing, doubled, swapped or shifted in them is found; no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from suture.verify.doubt import confirmed
from suture.verify.sequence import NEAR, Event, Steps, distances, events_of, far_offsets, follow, lags, runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

COUNT = 90
ORDER = list(range(COUNT))


def film(motion: float = 6.0) -> NDArray[np.uint8]:
    """Pictures of 400 samples that change by about ``motion`` grey levels each."""
    chance = np.random.default_rng(4)
    steps = chance.normal(0, motion, (COUNT, 400)).cumsum(axis=0)
    return np.asarray(np.clip(128 + steps - steps.mean(axis=0), 0, 255), np.uint8)


def coded(rows: NDArray[np.uint8], noise: float = 2.0) -> NDArray[np.uint8]:
    """The same with an encoder's noise."""
    chance = np.random.default_rng(5)
    return np.clip(rows + chance.normal(0, noise, rows.shape), 0, 255).astype(np.uint8)


def shown_by(source: NDArray[np.uint8], output: NDArray[np.uint8], *, lossless: bool = False) -> NDArray[np.int64]:
    """What the alignment says."""
    base = np.minimum(np.arange(len(output)), len(source) + 1)
    steps = Steps(distances(source, output, base, NEAR), base, NEAR, lags(source), source, lossless)
    return np.asarray(base + np.asarray(NEAR)[confirmed(steps, follow(steps))])


ORDERS = {
    "missing": ORDER[:40] + ORDER[41:],
    "doubled": ORDER[:41] + ORDER[40:],
    "replaced": [*ORDER[:40], 39, *ORDER[41:]],
    "swapped": [*ORDER[:40], 41, 40, *ORDER[42:]],
    "late from a place on": ORDER[:41] + ORDER[40:-1],
    "early from a place on": [*ORDER[:40], *ORDER[41:], COUNT - 1],
    "early all along": [*ORDER[1:], COUNT - 1],
    "late between two places": ORDER[:31] + ORDER[30:60] + ORDER[61:],
}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_order_is_found(order: list[int]) -> None:
    """Each picture of an output out of order is recognised, under an encoder's noise."""
    source = film()

    assert shown_by(source, coded(source[order])).tolist() == order


@pytest.mark.parametrize("noise", [0.0, 2.0, 12.0])
@pytest.mark.parametrize("motion", [0.0, 0.3, 6.0])
def test_order_is_not_doubted_without_cause(motion: float, noise: float) -> None:
    """An output in order is in order, however noisy it is and however little moves."""
    source = film(motion)

    assert shown_by(source, coded(source, noise)).tolist() == ORDER


def test_lag_of_an_encoder_is_no_shift() -> None:
    """Pictures that follow a slow change half a picture late, as encoders of few bits make them, are in order."""
    source = film(0.8)
    behind = (source.astype(np.float32) * 0.4 + np.roll(source, 1, axis=0) * 0.6).astype(np.uint8)
    behind[0] = source[0]

    assert shown_by(source, coded(behind, 3.0)).tolist() == ORDER


FADE = np.repeat((np.arange(COUNT) // 3 + 60).astype(np.uint8), 400).reshape(COUNT, 400)


def test_steps_of_a_fade_are_no_shift() -> None:
    """An encoder leaves out a step of one grey level in a flat picture, however exact it is elsewhere."""
    source = FADE
    lagging = source.copy()
    lagging[60], lagging[33:35] = source[59], source[32]

    assert shown_by(source, lagging).tolist() == ORDER


def test_a_lossless_codec_leaves_nothing_out() -> None:
    """The same in a codec that loses nothing is a picture shown twice."""
    lagging = FADE.copy()
    lagging[60] = FADE[59]

    assert shown_by(FADE, lagging, lossless=True).tolist() != ORDER


def test_repeated_pictures_are_no_doubles() -> None:
    """Animation that shows every picture three times has none too many."""
    source = np.repeat(film()[:30], 3, axis=0)

    assert shown_by(source, coded(source)).tolist() == ORDER


def test_events_are_named() -> None:
    """A path says what is missing, doubled and swapped, by number and place."""
    shown = np.array([0, 1, 3, 4, 4, 7, 6, 8])

    assert events_of(shown, 10) == [
        Event("missing", 2, 2, 2),
        Event("doubled", 4, 4, 4),
        Event("missing", 5, 5, 5),
        Event("swapped", 6, 7, 5),
        Event("missing", 9, 9, 8),
    ]


def test_no_events_in_order() -> None:
    """Order has no events."""
    assert events_of(np.arange(7), 7) == []


def test_far_offset_is_voted_for() -> None:
    """A film that begins 30 pictures late is found where it is, though nobody expected it."""
    source = film().astype(np.float32)

    assert far_offsets(source, source[30:], np.arange(COUNT - 30)) == [30]


def test_runs() -> None:
    """Runs are given with both ends, those at the edges too."""
    flags = np.array([True, True, False, True, False, False, True])

    assert list(runs(flags)) == [(0, 1), (3, 3), (6, 6)]


def test_distances_past_the_ends_are_infinite() -> None:
    """There is no picture before the first and none after the last."""
    source = film()[:3]

    table = distances(source, source, np.arange(3), (-1, 0, 1))

    assert np.isinf(table).tolist() == [[True, False, False], [False] * 3, [False, False, True]]
    assert (table[:, 1] == 0).all()
