"""Where a line or a curve through known points meets a score."""

from __future__ import annotations

import pytest

from suture.quality.curve import bend, quality_at, unbend


@pytest.mark.parametrize(("metric", "score"), [("vmaf", 95.0), ("vmaf", 3.0), ("ssim", 0.987), ("xpsnr", 38.25)])
def test_bending_is_undone(metric: str, score: float) -> None:
    """To the last digits."""
    assert unbend(metric, bend(metric, score)) == pytest.approx(score)


def test_the_ends_of_a_scale_are_finite() -> None:
    """And in order."""
    assert bend("vmaf", 0) < bend("vmaf", 50) < bend("vmaf", 100) < 20
    assert bend("ssim", -0.2) < bend("ssim", 0.5) < bend("ssim", 1.0) < 20


def test_one_point_has_the_usual_slope() -> None:
    """Up and down."""
    assert quality_at([(23, 2.0)], 2.5, -0.25) == 21
    assert quality_at([(23, 2.0)], 1.0, -0.25) == 27


def test_between_two_points_there_is_a_straight_line() -> None:
    """Whatever the order in which they are given."""
    assert quality_at([(30, 1.0), (20, 3.0)], 2.5, -0.1) == pytest.approx(22.5)


def test_three_points_make_a_curve_that_falls_all_the_way() -> None:
    """It goes through all of them, and nowhere beyond its neighbours."""
    points = [(20.0, 3.0), (26.0, 2.5), (32.0, 0.5)]
    found = [quality_at(points, height / 100, -0.2) for height in range(300, 49, -1)]
    assert found == sorted(found)
    assert quality_at(points, 2.5, -0.2) == pytest.approx(26, abs=1e-6)
    assert 26 < quality_at(points, 1.5, -0.2) < 32


def test_beyond_the_points_the_slope_stays_sensible() -> None:
    """Two points that lie nearly level, or the wrong way round, do not send it to the end of the world."""
    assert quality_at([(20, 2.0), (24, 1.999)], 1.0, -0.2) == pytest.approx(24 + 0.999 / (0.2 * 0.3))
    assert quality_at([(20, 2.0), (24, 2.2)], 1.0, -0.2) == pytest.approx(24 + 1.2 / (0.2 * 0.3))
    assert quality_at([(20, 9.0), (21, 2.0)], 1.0, -0.2) == pytest.approx(21 + 1.0 / (0.2 * 3))
