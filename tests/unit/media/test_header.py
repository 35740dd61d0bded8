"""What a header says that no packet tells."""

from __future__ import annotations

import pytest

from suture.media.header import chapter_comments
from suture.media.spec import ChapterSpec


@pytest.mark.parametrize(
    ("start", "base", "text"),
    [
        (0, "1/1000", "00:00:00.000"),
        (700, "1/1000", "00:00:00.700"),
        (59_999_600_000, "1/1000000000", "00:01:00.000"),
        (36_001_234, "1/1000", "10:00:01.234"),
        (100, "1001/24000", "00:00:04.171"),
        (-5, "1/1000", "00:00:00.000"),
    ],
)
def test_a_chapter_begins_where_it_begins(start: int, base: str, text: str) -> None:
    """To the millisecond, rounded once, also beyond nine hours."""
    assert chapter_comments([ChapterSpec(start, start + 1, base)])["CHAPTER000"] == text


def test_each_chapter_has_its_name() -> None:
    """In order; one without a name has none."""
    chapters = [ChapterSpec(0, 1, "1/1", {"title": "One"}), ChapterSpec(1, 2, "1/1")]
    found = chapter_comments(chapters)
    assert list(found) == ["CHAPTER000", "CHAPTER000NAME", "CHAPTER001", "CHAPTER001NAME"]
    assert (found["CHAPTER000NAME"], found["CHAPTER001NAME"]) == ("One", "")
