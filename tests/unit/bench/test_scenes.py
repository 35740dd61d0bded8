"""How boundaries that were found are judged, and that the marks of films can be what they say."""

from __future__ import annotations

import pytest
from bench.scenes import Counts, Marks, judged, marks

FILM = Marks("film", "film.mkv", "choosing", (100, 200, 300), ((140, 160),), ((400, 500),))


@pytest.mark.parametrize(
    ("found", "hits", "missed", "wrong"),
    [
        ([100, 200, 300], (100, 200, 300), (), ()),
        ([101, 200], (200,), (100, 300), (101,)),
        ([100, 140, 200, 300], (100, 200, 300), (), ()),
        ([100, 141, 160, 200, 300], (100, 200, 300), (), (160,)),
        ([100, 200, 300, 450], (100, 200, 300), (), ()),
        ([], (), (100, 200, 300), ()),
    ],
    ids=["all", "one frame off", "one in a dissolve", "two in a dissolve", "of no matter", "none"],
)
def test_only_the_very_frame_is_a_hit(
    found: list[int], hits: tuple[int, ...], missed: tuple[int, ...], wrong: tuple[int, ...]
) -> None:
    """A gradual change may have one boundary; what was not marked does not count."""
    assert judged(FILM, found) == Counts(hits, missed, wrong)


def test_shares_are_told_with_their_numbers() -> None:
    """Precision, then recall."""
    assert Counts((1, 2, 3), (4,), ()).row() == ["3/3 (100 %)", "3/4 (75 %)"]
    assert Counts().row() == ["-", "-"]


def test_at_least_three_films_are_marked_for_choosing() -> None:
    """In ascending order, no cut inside of what is of no matter; others are kept for checking."""
    told = marks()
    assert [marked.used_for for marked in told].count("choosing") >= 3
    assert told[-1].used_for == "checking"
    for marked in told:
        assert list(marked.cuts) == sorted(set(marked.cuts))
        assert not any(first <= cut <= last for cut in marked.cuts for first, last in marked.ignored)
