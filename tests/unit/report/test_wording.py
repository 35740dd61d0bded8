"""Numbers, durations and names as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.report.wording import clock, count, percent, printable, size, times


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (1550, "1.6 kB"),
        (99_949, "99.9 kB"),
        (99_950, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (4_200_000_000, "4.2 GB"),
        (7e15, "7000 TB"),
    ],
)
def test_sizes_are_powers_of_a_thousand(number: float, text: str) -> None:
    """Three digits are enough, and 1000 kB is 1.0 MB."""
    assert size(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (-1, "0.0 s"), (9.94, "9.9 s"), (10, "0:00:10"), (59.6, "0:01:00"), (36_000, "10:00:00")],
)
def test_durations_are_clocks(seconds: float, text: str) -> None:
    """Tenths only where they matter; never negative; never 60 seconds."""
    assert clock(seconds) == text


@pytest.mark.parametrize(("fraction", "text"), [(0, "0 %"), (0.999, "99 %"), (1, "100 %")])
def test_a_hundred_percent_is_the_end(fraction: float, text: str) -> None:
    """It is not rounded up."""
    assert percent(fraction) == text


def test_one_is_not_many() -> None:
    """Also where the plural is irregular."""
    assert (count(1, "piece"), count(14_400, "piece")) == ("1 piece", "14,400 pieces")
    assert (count(1, "retry", "retries"), count(2, "retry", "retries")) == ("1 retry", "2 retries")


def test_speeds_are_ratios() -> None:
    """Slow ones need their decimals."""
    assert (times(0.853), times(12.3)) == ("0.85x", "12x")


@given(st.text())
def test_printable_text_moves_no_cursor(text: str) -> None:
    """Whatever a tag holds, what is shown is one line of visible characters, and plain text stays as it is."""
    shown = printable(text)
    assert shown.isprintable()
    assert shown == text or not text.isprintable()


def test_a_byte_that_is_no_text_is_shown_as_an_escape() -> None:
    """Python keeps such bytes of file names as lone surrogates."""
    assert printable("\udce9.mkv") == "\\udce9.mkv"
