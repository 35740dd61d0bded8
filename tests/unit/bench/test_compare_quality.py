"""`bench.compare_quality`: BD-rate, by curves whose difference is known."""

from __future__ import annotations

from math import exp

import pytest
from bench.compare_quality import bd_rate

CURVE = [(500.0, 70.0), (1000.0, 82.0), (2000.0, 91.0), (4000.0, 96.0)]


def test_a_curve_differs_from_itself_by_nothing() -> None:
    """In whatever order its points come."""
    assert bd_rate(CURVE, CURVE[::-1]) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("factor", [0.5, 1.0037, 2.0])
def test_more_bytes_at_every_quality_are_so_many_more(factor: float) -> None:
    """By the same factor everywhere; and back again."""
    dearer = [(rate * factor, quality) for rate, quality in CURVE]
    assert bd_rate(CURVE, dearer) == pytest.approx(factor - 1)
    assert bd_rate(dearer, CURVE) == pytest.approx(1 / factor - 1)


def test_a_straight_line_is_met_exactly() -> None:
    """Of other points on one curve (the rate grows e-fold in ten) the difference is none, and e of a shift by ten."""
    line = [(exp(quality / 10), quality) for quality in (20.0, 30.0, 45.0, 60.0)]
    other = [(exp(quality / 10), quality) for quality in (25.0, 33.0, 50.0)]
    shifted = [(rate, quality - 10) for rate, quality in other]
    assert bd_rate(line, other) == pytest.approx(0, abs=1e-9)
    assert bd_rate(line, shifted) == pytest.approx(exp(1) - 1)


def test_only_the_quality_that_both_have_counts() -> None:
    """What lies beyond the other's best says nothing."""
    beyond = [*CURVE, (400000.0, 98.0)]
    assert bd_rate(CURVE, beyond) == pytest.approx(0, abs=0.02)


def test_the_curve_does_not_overshoot() -> None:
    """A flat stretch beside a steep one stays between its points, unlike a polynomial through all four."""
    steep = [(100.0, 50.0), (101.0, 90.0), (102.0, 95.0), (1000.0, 95.5)]
    level = [(100.0, 50.0), (100.0001, 95.5)]
    assert 0 < bd_rate(level, steep) < 0.1


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        ([(100.0, 90.0)], "no curve"),
        ([(100.0, 90.0), (200.0, 89.0)], "no curve"),
        ([(100.0, 10.0), (200.0, 20.0)], "in common"),
    ],
)
def test_what_can_not_be_compared_is_refused(points: list[tuple[float, float]], reason: str) -> None:
    """One point, a quality that falls, another range."""
    with pytest.raises(ValueError, match=reason):
        bd_rate(CURVE, points)
