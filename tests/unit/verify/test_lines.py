"""Subtitle lines of two formats: a line that is lost, late, added, changed or of another length is named."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from suture.media.contents import Packets
from suture.media.cues import Cue
from suture.verify.clocks import Span
from suture.verify.finding import DIFFERENCE, EXCUSED
from suture.verify.lines import compare_lines

LINES = [Cue(1000 * n, 800, f"line {n}", n) for n in range(6)]


def track(lines: list[Cue], codec: str = "subrip", base: Fraction = Fraction(1, 1000)) -> Packets:
    """A subtitle."""
    return Packets(2, "subtitle", codec, base, cues=tuple(lines))


def said(lines: list[Cue], codec: str = "mov_text", span: Span | None = None) -> list[str]:
    """What is found in an output with these lines."""
    found = compare_lines(track(LINES), track(lines, codec), "subtitle 0", span or Span())
    return [finding.text.removeprefix("subtitle 0: ") for finding in found]


def test_the_same_lines_are_the_same_on_another_clock() -> None:
    """Microseconds here, milliseconds there."""
    fine = [replace(cue, start=cue.start * 1000, duration=cue.duration * 1000) for cue in LINES]
    assert compare_lines(track(LINES), track(fine, "mov_text", Fraction(1, 1_000_000)), "s", Span()) == []


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ([*LINES[:2], *LINES[3:]], "line 2 at 2.000 s ('line 2') is missing"),
        ([*LINES[:5]], "line 5 at 5.000 s ('line 5') is missing"),
        ([*LINES[:2], replace(LINES[2], start=2500), *LINES[3:]], "line 2 at 2.000 s ('line 2') is 500.0 ms late"),
        (
            [*LINES[:2], replace(LINES[2], text="lime 2"), *LINES[3:]],
            "line 2 at 2.000 s reads 'lime 2' instead of 'line 2'",
        ),
        (
            [*LINES[:2], replace(LINES[2], duration=300), *LINES[3:]],
            "line 2 at 2.000 s ('line 2') stays 0.500 s shorter",
        ),
        ([*LINES, Cue(9000, 5, "more")], "the line 'more' at 9.000 s of the output is not in the source"),
    ],
)
def test_what_is_spoiled_is_named(lines: list[Cue], text: str) -> None:
    """Lost in the middle and at the end, late, changed, cut, added."""
    assert said(lines) == [text]


def test_a_hundredth_of_a_second_is_a_rounding() -> None:
    """ASS counts no finer."""
    assert said([replace(cue, start=cue.start + 9) for cue in LINES]) == []


def test_styling_counts_where_the_format_stays() -> None:
    """A conversion may lose it, a copy may not."""
    plain = [replace(cue, look=0) for cue in LINES[1:2]]
    assert said([LINES[0], *plain, *LINES[2:]]) == []
    assert said([LINES[0], *plain, *LINES[2:]], "subrip") == ["line 1 at 1.000 s ('line 1') is styled otherwise"]


def test_a_cut_takes_the_lines_that_are_shown_in_it() -> None:
    """And what is left of them at its edges."""
    span = Span(Fraction(3, 2), Fraction(9, 2), Fraction(-3, 2))
    left = [
        Cue(0, 300, "line 1", 1),
        Cue(500, 800, "line 2", 2),
        Cue(1500, 800, "line 3", 3),
        Cue(2500, 500, "line 4", 4),
    ]
    assert said(left, span=span) == []


def test_lines_at_one_time_may_be_shortened_by_mp4() -> None:
    """It shows one after the other; elsewhere that is a difference."""
    source = [Cue(0, 2000, "one"), Cue(1000, 2000, "two")]
    output = [Cue(0, 1000, "one"), Cue(1000, 2000, "two")]
    for codec, weight in (("mov_text", EXCUSED), ("webvtt", DIFFERENCE)):
        (finding,) = compare_lines(track(source), track(output, codec), "s", Span())
        assert (finding.kind, finding.weight) == ("subtitle-length", weight)
