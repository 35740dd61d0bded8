"""Pooling against numbers that were worked out by hand."""

from __future__ import annotations

from array import array

import pytest

from suture.errors import ConfigError
from suture.quality.pool import POOLS, check_pool, pool

# One more than each: 91, 71, 101, 81. Their inverses: 0.010989011, 0.014084507, 0.009900990, 0.012345679.
VALUES = array("d", [90.0, 70.0, 100.0, 80.0])


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("mean", 85.0),
        ("harmonic", 83.530519),
        ("min", 70.0),
        ("max", 100.0),
        ("median", 85.0),
        ("p25", 77.5),
        ("p50", 85.0),
        # Rank 0.03 of 70, 80, 90, 100.
        ("p1", 70.3),
        ("p99", 99.7),
    ],
)
def test_by_hand(name: str, wanted: float) -> None:
    """Each pooling of four numbers is what pen and paper give, whatever their order."""
    assert pool(VALUES, name) == pytest.approx(wanted, abs=1e-6)
    assert pool(sorted(VALUES), name) == pytest.approx(wanted, abs=1e-6)


def test_of_one_frame_all_are_its_score() -> None:
    """Also percentiles, which have no neighbour to lean on."""
    assert {round(pool([42.5], name), 9) for name in POOLS} == {42.5}


def test_the_harmonic_mean_bears_zero_and_what_is_below() -> None:
    """A frame of score 0 pulls it down, but not to nothing; SSIM's least of -1 does."""
    assert pool([0.0, 99.0], "harmonic") == pytest.approx(2 / (1 + 0.01) - 1)
    assert pool([-1.0, 1.0], "harmonic") == -1


def test_nothing_can_not_be_pooled() -> None:
    """It has no mean, and no other number either."""
    with pytest.raises(ValueError, match="nothing to pool"):
        pool([], "mean")


@pytest.mark.parametrize("name", ["", "p0", "p100", "p05", "average", "Mean", "p1.5"])
def test_other_names_are_refused(name: str) -> None:
    """With those that there are."""
    with pytest.raises(ConfigError, match="no pooling"):
        check_pool(name)
