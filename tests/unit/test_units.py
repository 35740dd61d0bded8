"""Times, sizes and rates as people write them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from suture.errors import ConfigError
from suture.units import format_time, parse_rate, parse_size, parse_time


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("1.5s", Fraction(3, 2)),
        ("500ms", Fraction(1, 2)),
        ("40us", Fraction(1, 25_000)),
        (".5", Fraction(1, 2)),
        ("50:00", 3000),
        ("00:50:00.5", Fraction(6001, 2)),
        ("0:00:00.001", Fraction(1, 1000)),
        ("100:30", 6030),
    ],
)
def test_times_are_exact(text: str, seconds: Fraction) -> None:
    """Every way to write a time gives the exact fraction."""
    assert parse_time(text) == seconds


@pytest.mark.parametrize("text", ["", "abc", "-5", "1:2:3:4", "1:99", "1:60:00", "5m", "1,5", "nan", "1e3", "1:"])
def test_what_is_no_time_is_refused_by_name(text: str) -> None:
    """The error names the option and the value."""
    with pytest.raises(ConfigError, match="--start") as caught:
        parse_time(text, "--start")
    assert repr(text) in caught.value.message


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("700M", 700_000_000),
        ("2M", 2_000_000),
        ("192k", 192_000),
        ("192K", 192_000),
        ("1Gi", 2**30),
        ("1.5Mi", 3 * 2**19),
        ("4Ki", 4096),
        ("1G", 10**9),
        ("77", 77),
    ],
)
def test_sizes_and_rates_are_powers_of_1000_or_1024(text: str, amount: int) -> None:
    """k, M, G count in thousands, Ki, Mi, Gi in 1024s, for sizes and rates alike."""
    assert parse_size(text) == amount
    assert parse_rate(text) == amount


@pytest.mark.parametrize("text", ["", "0", "-1M", "2m", "2 M", "M", "12kb", "1e6", "0.0001"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    """Nothing, negative amounts and unknown units are errors, not zeros."""
    with pytest.raises(ConfigError, match="-b:a"):
        parse_rate(text, "-b:a")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (Fraction(0), "0:00:00.000"),
        (Fraction(6001, 2), "0:50:00.500"),
        (Fraction(59999, 1000) + Fraction(1, 1500), "0:01:00.000"),
        (Fraction(-3, 2), "-0:00:01.500"),
        (Fraction(360_000), "100:00:00.000"),
    ],
)
def test_times_are_printed_to_the_millisecond(seconds: Fraction, text: str) -> None:
    """Rounding carries over into seconds and minutes."""
    assert format_time(seconds) == text
