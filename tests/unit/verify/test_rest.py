"""Chapters, attachments and tags of two files: what is lost, renamed, moved or changed is named, or excused."""

from __future__ import annotations

from fractions import Fraction

from suture.model import Chapter
from suture.verify.clocks import Span
from suture.verify.finding import EXCUSED
from suture.verify.rest import compare_chapters, compare_files, compare_tags

MS = Fraction(1, 1000)
CHAPTERS = [Chapter(n * 1000, n * 1000 + 1000, MS, {"title": f"part {n}"}) for n in range(3)]


def chapters(output: list[Chapter], span: Span | None = None, *, ends: bool = True) -> list[str]:
    """What is found."""
    return [finding.text for finding in compare_chapters(CHAPTERS, output, span or Span(), ends=ends)]


def test_chapters_are_compared_on_any_clock() -> None:
    """Nanoseconds are what Matroska counts."""
    fine = [
        Chapter(c.start * 10**6, c.end * 10**6, Fraction(1, 10**9), {"TITLE": c.metadata["title"]}) for c in CHAPTERS
    ]
    assert chapters(fine) == []


def test_a_lost_renamed_or_moved_chapter_is_named() -> None:
    """By number, title and time."""
    assert chapters([CHAPTERS[0], CHAPTERS[2]]) == ["chapter 1 ('part 1' at 0:00:01.000) is missing"]
    other = Chapter(1000, 2000, MS, {"title": "another"})
    assert chapters([CHAPTERS[0], other, CHAPTERS[2]]) == ["chapter 1 ('part 1' at 0:00:01.000) is called 'another'"]
    late = Chapter(1500, 2000, MS, {"title": "part 1"})
    assert chapters([CHAPTERS[0], late, CHAPTERS[2]]) == ["chapter 1 ('part 1' at 0:00:01.000) begins 500.0 ms late"]
    assert chapters([*CHAPTERS, Chapter(5000, 6000, MS, {"title": "x"})]) == [
        "the output's chapter 'x' is not in the source"
    ]


def test_an_end_counts_where_the_container_can_tell_it() -> None:
    """MP4 lets a chapter end where the next begins."""
    short = [CHAPTERS[0], CHAPTERS[1], Chapter(2000, 2500, MS, {"title": "part 2"})]
    assert chapters(short) == ["chapter 2 ('part 2' at 0:00:02.000) ends 500.0 ms early"]
    assert chapters(short, ends=False) == []


def test_a_cut_takes_its_chapters() -> None:
    """Those outside fall away, those at the edges are cut."""
    cut = [Chapter(0, 500, MS, {"title": "part 1"}), Chapter(500, 1000, MS, {"title": "part 2"})]
    assert chapters(cut, Span(Fraction(3, 2), Fraction(5, 2), Fraction(-3, 2))) == []


def files(output: list[tuple[str, str]], excuse: str = "") -> list[tuple[str, str]]:
    """What is found of two fonts."""
    found = compare_files("attachment", [("a.ttf", "1"), ("b.ttf", "2")], output, excuse)
    return [(finding.kind, finding.weight) for finding in found]


def test_attachments_are_known_by_content_and_name() -> None:
    """In any order; lost, renamed, with other bytes, and one too many."""
    assert files([("b.ttf", "2"), ("a.ttf", "1")]) == []
    assert files([("b.ttf", "2")]) == [("attachment-lost", "difference")]
    assert files([("b.ttf", "2")], "mp4 holds none") == [("attachment-lost", EXCUSED)]
    assert files([("a.ttf", "1"), ("c.ttf", "2")]) == [("attachment-name", "difference")]
    assert files([("a.ttf", "1"), ("b.ttf", "3")]) == [("attachment-changed", "difference")]
    assert files([("a.ttf", "1"), ("b.ttf", "2"), ("c.ttf", "3")]) == [("attachment-added", EXCUSED)]


def test_two_files_of_one_content_are_two() -> None:
    """One of them is lost when one is there."""
    found = compare_files("cover", [("", "1"), ("", "1")], [("", "1")])
    assert [finding.kind for finding in found] == ["cover-lost"]


def test_tags_are_compared_by_name_in_any_case() -> None:
    """Lost, changed, and lost for a reason."""
    wanted, excuses = {"title": "A", "artist": "B", "mood": "C"}, {"mood": "no place"}
    assert not [*compare_tags("the file", wanted, {"TITLE": "A", "Artist": "B ", "MOOD": "C"}, {})]
    found = [*compare_tags("the file", wanted, {"artist": "X"}, excuses)]
    assert [(finding.kind, finding.weight) for finding in found] == [
        ("tag-lost", "difference"),
        ("tag-changed", "difference"),
        ("tag-lost", EXCUSED),
    ]
    assert found[0].text == "the file: the tag title ('A') is missing"
