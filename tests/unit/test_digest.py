"""Digests of files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from suture.digest import digest_of, look_of

if TYPE_CHECKING:
    from pathlib import Path


def test_a_digest_is_of_every_byte(tmp_path: Path) -> None:
    """Any one that differs tells, wherever the file lies and whenever it was written."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(bytes(3_000_000))
    two.write_bytes(bytes(3_000_000))
    os.utime(two, (0, 0))
    assert digest_of(one) == digest_of(two)
    two.write_bytes(bytes(1_234_567) + b"x" + bytes(3_000_000 - 1_234_568))
    assert digest_of(one) != digest_of(two)


@pytest.mark.parametrize("place", [0, 5_000_000, 9_999_999])
def test_a_look_sees_head_middle_and_tail(tmp_path: Path, place: int) -> None:
    """Of a file of the same size and date."""
    film = tmp_path / "film"
    film.write_bytes(bytes(10_000_000))
    os.utime(film, ns=(7, 7))
    before = look_of(film)
    assert look_of(film) == before
    with film.open("r+b") as file:
        file.seek(place)
        file.write(b"x")
    os.utime(film, ns=(7, 7))
    assert look_of(film) != before


def test_a_look_sees_size_and_date(tmp_path: Path) -> None:
    """A film that was touched may be another one; the date can be left out."""
    film = tmp_path / "film"
    film.write_bytes(b"abc")
    os.utime(film, ns=(7, 7))
    dated, undated = look_of(film), look_of(film, dated=False)
    os.utime(film, ns=(7, 8))
    assert look_of(film) != dated
    assert look_of(film, dated=False) == undated
    film.write_bytes(b"abcd")
    assert look_of(film, dated=False) != undated
