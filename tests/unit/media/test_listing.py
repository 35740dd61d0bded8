"""What a decode listed is read as it was written, all of it or a part."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from suture.media.listing import Listed, read_frames, read_listed, read_time_base

if TYPE_CHECKING:
    from pathlib import Path

HEAD = ["#software: Lavf63.1.102\n", "#tb 0: 1001/24000\n"]
LINES = [f"0,          {n},          {n},        1,    23040, 0x{n:08x}\n" for n in range(5)]


@pytest.fixture
def listing(tmp_path: Path) -> str:
    """Five frames."""
    path = tmp_path / "film.frames"
    path.write_text("".join(HEAD + LINES))
    return str(path)


def test_a_line_is_a_frame_and_a_comment_is_none() -> None:
    """As ffmpeg writes them."""
    assert list(read_frames([*HEAD, LINES[3]])) == [Listed(3, 1, "23040", "0x00000003")]


def test_a_part_is_read_by_its_numbers(listing: str) -> None:
    """From frame 0, from any, to the end, and no further than there are frames."""
    assert [frame.pts for frame in read_listed(listing)] == [0, 1, 2, 3, 4]
    assert [frame.pts for frame in read_listed(listing, 2, 2)] == [2, 3]
    assert [frame.pts for frame in read_listed(listing, 4, 9)] == [4]
    assert read_listed(listing, 5) == []


def test_the_clock_stands_in_the_head(listing: str, tmp_path: Path) -> None:
    """A fraction of a second; a file without it is no listing."""
    assert read_time_base(listing) == Fraction(1001, 24000)
    (tmp_path / "none").write_text("".join(LINES))
    with pytest.raises(ValueError, match="no clock"):
        read_time_base(str(tmp_path / "none"))


@pytest.mark.parametrize("change", [{"pts": 8}, {"size": "9"}, {"checksum": "0x1"}])
def test_frames_are_alike_by_time_and_picture(change: dict[str, object]) -> None:
    """Not by their length, which a decoder guesses at the end of a range."""
    frame = Listed(7, 1, "23040", "0xabc")
    assert frame.is_like(replace(frame, duration=5))
    assert not frame.is_like(replace(frame, **change))  # type: ignore[arg-type]
