"""`bench.noise`: what is planted is found, and what is not planted isn't."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from bench.noise import CLICK, Excess, click, excess, offset, over_all, windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Sound = NDArray[np.float32]

RATE = 8000
AT = 12000


@pytest.fixture
def source() -> Sound:
    """Five seconds of stereo: noise with beats in it."""
    made = np.random.default_rng(1).standard_normal((5 * RATE, 2)) * 0.1
    made[::2000] += 0.8
    return made.astype(np.float32)


def coded(source: Sound, level: float, seed: int) -> Sound:
    """As a codec would: the source with noise of its own."""
    noise = np.random.default_rng(seed).standard_normal(source.shape) * level
    return (source + noise).astype(np.float32)


def test_two_encodes_with_as_much_noise_differ_by_nothing(source: Sound) -> None:
    """Noise that is other noise, but as loud, is no excess."""
    found = excess(coded(source, 0.01, 2), coded(source, 0.01, 3), source, RATE, AT)
    assert found is not None
    assert abs(found.mean) < 0.1
    assert found.good


def test_noise_twice_as_strong_is_six_decibels(source: Sound) -> None:
    """The mean over the second is a ratio of energies, in dB."""
    found = excess(coded(source, 0.02, 2), coded(source, 0.01, 3), source, RATE, AT)
    assert found is not None
    assert found.mean == pytest.approx(6.02, abs=0.1)
    assert not found.good


def test_one_spoiled_window_shows_in_the_worst_and_hardly_in_the_mean(source: Sound) -> None:
    """A burst of 20 ms, 10 dB louder than the noise around it."""
    ours = coded(source, 0.01, 2)
    burst = slice(AT + 3200, AT + 3360)
    ours[burst] = source[burst] + (ours[burst] - source[burst]) * 10**0.5
    found = excess(ours, coded(source, 0.01, 3), source, RATE, AT)
    assert found is not None
    assert found.worst == pytest.approx(10, abs=1)
    assert found.mean < 1


@pytest.mark.parametrize("begin", [AT - RATE, AT + RATE])
def test_only_the_second_after_the_join_counts(source: Sound, begin: int) -> None:
    """Noise before the join, and later than a second, is nothing that the join did."""
    ours = coded(source, 0.01, 2)
    ours[begin : begin + RATE] += 0.5
    found = excess(ours, coded(source, 0.01, 3), source, RATE, AT)
    assert found is not None
    assert found.good


def test_exact_copies_of_the_source_are_equal(source: Sound) -> None:
    """No noise against no noise is 0 dB, not a division by zero."""
    assert excess(source, source, source, RATE, AT) == Excess(0.0, 0.0)


def test_a_join_at_the_very_end_has_no_figure(source: Sound) -> None:
    """Half a second is not compared with a whole one."""
    assert excess(source, source, source, RATE, len(source) - RATE // 2) is None


def test_windows_are_mean_squares(source: Sound) -> None:
    """An error of 0.5 everywhere is 0.25 in each window, and what fills no window is left out."""
    assert windows(source + np.float32(0.5), source, RATE)[:3] == pytest.approx(0.25, rel=1e-3)
    assert len(windows(source[:399], source, RATE)) == 2


def test_the_largest_and_the_mean_over_all_joins() -> None:
    """Each figure by itself."""
    largest, mean = over_all([Excess(0.1, 2.0), Excess(0.3, -1.0)])
    assert (largest.mean, largest.worst) == (0.3, 2.0)
    assert (mean.mean, mean.worst) == pytest.approx((0.2, 0.5))
    assert over_all([])[0].good


@pytest.mark.parametrize("late", [0, 1, 312, 1024, -1, -1024])
def test_a_shift_is_found_to_the_sample(source: Sound, late: int) -> None:
    """Late is positive, early negative; noise does not move it."""
    moved = np.roll(coded(source, 0.02, 4), late, axis=0)
    assert offset(moved, source, 2000) == late


def test_a_planted_click_is_found(source: Sound) -> None:
    """The noise jumps by a tenth of full scale at the join, and stays there."""
    ours, serial = coded(source, 0.003, 2), coded(source, 0.003, 3)
    assert click(ours, serial, source, RATE, AT) < CLICK
    ours[AT + 20 :] += 0.1
    assert click(ours, serial, source, RATE, AT) > CLICK


def test_a_beat_in_the_source_is_no_click(source: Sound) -> None:
    """Castanets are steep in the sound, not in the noise."""
    assert AT % 2000 == 0, "a beat stands at the join"
    assert click(coded(source, 0.003, 2), coded(source, 0.003, 3), source, RATE, AT) < CLICK


def test_a_click_elsewhere_is_not_the_joins(source: Sound) -> None:
    """Half a second after the join is another place."""
    ours = coded(source, 0.003, 2)
    ours[AT + RATE // 2 :] += 0.1
    assert click(ours, coded(source, 0.003, 3), source, RATE, AT) < CLICK
