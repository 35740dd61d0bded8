"""Scores in order: joined, parted, stored and read back."""

from __future__ import annotations

from array import array
from dataclasses import replace

import pytest

from suture.errors import ConfigError
from suture.quality.scores import Scores

SCORES = Scores("vmaf", array("d", [95.123456, 80.0, 1 / 3]), "vmaf_v0.6.1", 1920, 1080, "yuv420p")


def test_stretches_become_one() -> None:
    """In the order in which they are given, and with what they were measured as."""
    parts = [SCORES.part(0, 1), SCORES.part(1, 3)]
    assert Scores.joined(parts) == SCORES
    assert [len(part) for part in parts] == [1, 2]
    assert len(SCORES) == 3


@pytest.mark.parametrize("other", [{"model": "vmaf_4k_v0.6.1"}, {"width": 1280}, {"metric": "ssim"}])
def test_what_was_measured_otherwise_is_not_joined(other: dict[str, str]) -> None:
    """Numbers of two models, sizes or metrics say nothing together; nor do none."""
    with pytest.raises(ConfigError, match="can't be joined"):
        Scores.joined([SCORES, replace(SCORES, **other)])  # type: ignore[arg-type]
    with pytest.raises(ConfigError):
        Scores.joined([])


def test_a_line_holds_all_of_it_exactly() -> None:
    """To the last bit of a number."""
    line = SCORES.to_line()
    assert "\n" not in line
    assert Scores.from_line(line) == SCORES


@pytest.mark.parametrize("line", ["", "[]", "{}", SCORES.to_line()[:-5], '{"metric":"vmaf","scores":"x"}'])
def test_a_torn_line_is_no_score(line: str) -> None:
    """Whoever reads it knows one error."""
    with pytest.raises(ValueError):  # noqa: PT011 - json's own, or ours
        Scores.from_line(line)


def test_the_worst_frame() -> None:
    """The first of equals."""
    assert SCORES.worst() == 2
    assert Scores("ssim", array("d", [1.0, 0.5, 0.5])).worst() == 1


def test_pooled_by_name() -> None:
    """The harmonic mean, unless another is named."""
    assert SCORES.pooled("min") == 1 / 3
    assert SCORES.pooled() < SCORES.pooled("mean")
