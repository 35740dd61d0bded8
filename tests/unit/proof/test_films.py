"""Frames of a film by their numbers, as the options and filters that give them."""

from __future__ import annotations

import re
from array import array
from fractions import Fraction

import pytest

from suture.media.index import FrameIndex
from suture.model import MediaInfo, StreamInfo
from suture.proof.films import Film

PTS = array("q", range(1000, 1000 + 40 * 100, 40))
INDEX = FrameIndex(0, Fraction(1, 1000), PTS, array("I", [1] * 100), bytes([1, *[0] * 99]), 5000)
STREAM = StreamInfo(0, "video", "h264", Fraction(1, 1000))


def film(start_us: int = 1_000_000, **more: str) -> Film:
    """A hundred frames, 25 a second, of which the first has the tick 1000."""
    return Film(MediaInfo("a.mkv", "matroska", 1, start_us, None, (STREAM,)), STREAM, INDEX, **more)


def test_times_count_from_where_the_container_begins() -> None:
    """In seconds; the rate is that of the index."""
    assert list(film().times[:3]) == pytest.approx([0.0, 0.04, 0.08])
    assert list(film(0).times[:1]) == [1.0]
    assert film().rate == 25


def test_a_range_is_decoded_from_near_it() -> None:
    """And cut by its ticks; the user's filters come behind, on a clock that begins at 0."""
    seen = film(filters="hflip").seen(range(10, 20))
    assert "-seek_timestamp" not in film().seen(range(5)).options
    assert seen.filters == ("trim=start_pts=1400:end_pts=1800", "setpts=PTS-round(1000000/1000000/TB),hflip")
    assert film(0, filters="hflip").seen(range(10, 20)).filters[1:] == ("hflip",)


def test_where_packets_do_not_tell_all_is_decoded() -> None:
    """Behind the filters, if these make other frames; and counted."""
    seen = film(0, filters="fps=12", linear="because").seen(range(10, 20))
    assert seen.filters == ("fps=12", "trim=start_frame=10:end_frame=20")
    assert "-ss" not in seen.options


@pytest.mark.parametrize(
    "numbers",
    [[7], [0, 1, 2], [3, 5, 6, 7, 12], list(range(0, 100, 2)), list(range(0, 99, 3)), [*range(40), *range(41, 100)]],
)
def test_gaps_are_left_out_by_number(numbers: list[int]) -> None:
    """An expression that is true for exactly these frames, counted from the first; none where none is missing."""
    chosen = [text for text in film().seen(numbers).filters if text.startswith("select=")]
    length = numbers[-1] - numbers[0] + 1
    if length == len(numbers):
        assert not chosen
        return
    (text,) = chosen
    formula = text.removeprefix("select='").removesuffix("'").replace("not(", "(0==")
    names = {"eq": lambda a, b: int(a == b), "between": lambda x, a, b: int(a <= x <= b)}
    kept = [n for n in range(length) if eval(formula, names | {"n": n})]  # noqa: S307 - our own formula
    assert kept == [number - numbers[0] for number in numbers]


def test_a_formula_is_not_nested_too_deeply() -> None:
    """A thousand terms in a row would be a thousand levels for ffmpeg, which takes a hundred."""
    text = film().seen(list(range(0, 100, 2))).filters[1]
    depth = deepest = 0
    for sign in re.findall(r"[()]", text):
        depth += 1 if sign == "(" else -1
        deepest = max(deepest, depth)
    assert deepest < 12
    assert not re.search(r"\([^()]*\)\+[^()]*\([^()]*\)\+[^()]*\([^()]*\)\+", text)
