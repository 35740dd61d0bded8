"""Frames against the times at which they have to stand."""

from __future__ import annotations

from array import array
from fractions import Fraction

import pytest

from suture.verify.times import compare_times

MS = Fraction(1, 1000)
TIMES = array("q", range(0, 4000, 40))


def said(found: array[int], slack: int = 0) -> list[tuple[str, int | None]]:
    """Kinds and frames."""
    return [(finding.kind, finding.frame) for finding in compare_times(found, TIMES, MS, slack=slack)]


def test_equal_times_are_right() -> None:
    """And those within the slack."""
    assert said(TIMES[:]) == []
    near = array("q", (at + (-1) ** at for at in TIMES))
    assert said(near, slack=1) == []
    assert said(near)


@pytest.mark.parametrize("frame", [0, 47, 99])
def test_a_missing_frame_is_named(frame: int) -> None:
    """The first, one in the middle, the last."""
    found = TIMES[:]
    del found[frame]
    assert said(found) == [("frame-count", None), ("frame-missing", frame)]


def test_a_frame_too_many_and_one_too_late_are_named() -> None:
    """With its time; all that is off is told, up to twenty."""
    assert said(array("q", sorted([*TIMES, 1900]))) == [("frame-count", None), ("frame-added", None)]
    moved = TIMES[:]
    moved[30] += 5
    assert said(moved) == [("frame-time", 30)]
    assert len(said(array("q", (at + 10 for at in TIMES)))) == 20


def test_the_words_name_both_times() -> None:
    """What an encode says when it fails on it."""
    moved = array("q", [10, *TIMES[1:]])
    (finding,) = compare_times(moved, TIMES, MS)
    assert finding.text == "frame 0 stands at 0.010000 s, the source has it at 0.000000 s"
