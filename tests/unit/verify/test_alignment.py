"""Two lists side by side: whatever was taken out, put in or moved is in a gap, and everything else is paired."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.verify.alignment import Alignment, Gap, align, share


def test_equal_lists_have_no_gap() -> None:
    """Also when all of it is the same thing, as silence is."""
    for items in ([1, 2, 3], [7] * 1000, []):
        assert align(items, items) == Alignment(tuple((n, n) for n in range(len(items))), ())


@pytest.mark.parametrize(
    ("other", "gap"),
    [
        ([0, 1, 3, 4, 5], Gap(2, 3, 2, 2)),
        ([0, 1, 2, 9, 3, 4, 5], Gap(3, 3, 3, 4)),
        ([0, 1, 2, 9, 4, 5], Gap(3, 4, 3, 4)),
        ([0, 1, 2], Gap(3, 6, 3, 3)),
        ([3, 4, 5], Gap(0, 3, 0, 0)),
        ([0, 1, 2, 2, 3, 4, 5], Gap(3, 3, 3, 4)),
    ],
)
def test_one_change_is_one_gap(other: list[int], gap: Gap) -> None:
    """Lost, added, changed, cut off at either end, doubled."""
    assert align([0, 1, 2, 3, 4, 5], other).gaps == (gap,)


def test_two_that_changed_places_leave_one_pair_apart() -> None:
    """One of the two stays paired; the other is lost here and new there."""
    gaps = align([0, 1, 2, 3], [0, 2, 1, 3]).gaps
    assert sorted((gap.last - gap.first, gap.end - gap.begin) for gap in gaps) == [(0, 1), (1, 0)]


@given(st.lists(st.integers(0, 6), max_size=40), st.lists(st.integers(0, 6), max_size=40))
def test_pairs_are_equal_and_nothing_is_left_over(one: list[int], other: list[int]) -> None:
    """Pairs rise in both lists and are equal; with the gaps they make up both lists."""
    laid = align(one, other)
    assert all(one[a] == other[b] for a, b in laid.pairs)
    assert [a for a, _ in laid.pairs] == sorted({a for a, _ in laid.pairs})
    assert [b for _, b in laid.pairs] == sorted({b for _, b in laid.pairs})
    mine = {a for a, _ in laid.pairs} | {n for gap in laid.gaps for n in range(gap.first, gap.last)}
    theirs = {b for _, b in laid.pairs} | {n for gap in laid.gaps for n in range(gap.begin, gap.end)}
    assert mine == set(range(len(one)))
    assert theirs == set(range(len(other)))


def test_share_is_that_of_the_shorter_list() -> None:
    """A copy that was cut off is still all in its source."""
    assert share([1, 2, 3, 4], [2, 3]) == 1.0
    assert share([1, 2, 3, 4], [4, 9]) == 0.5
    assert share([], [1]) == 0.0
