"""Priming written into the edit list of a file that is otherwise finished; with headers made up."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from suture.errors import ConcatError
from suture.media.boxes import box
from suture.media.edit_list import hide_priming

if TYPE_CHECKING:
    from pathlib import Path

RATE, MOVIE = 48_000, 1000
EMPTY = (1500, -1)


def header(edits: list[tuple[int, int]], version: int = 0, length: int = 4500) -> bytes:
    """A ``moov`` of one track of sound, whose numbers have 32 bits (version 0) or 64."""
    size = "Q" if version else "I"
    flags = bytes([version, 0, 0, 0])
    dates = struct.pack(f">2{size}", 0, 0)
    mvhd = box(b"mvhd", flags + dates + struct.pack(f">I{size}", MOVIE, length) + bytes(80))
    tkhd = box(b"tkhd", flags + dates + struct.pack(f">II{size}", 1, 0, length) + bytes(60))
    mdhd = box(b"mdhd", flags + dates + struct.pack(f">I{size}", RATE, 3 * RATE + 1024) + bytes(4))
    rows = b"".join(struct.pack(f">{size}{size.lower()}I", *edit, 0x10000) for edit in edits)
    elst = box(b"elst", flags + struct.pack(">I", len(edits)) + rows)
    return box(b"moov", mvhd + box(b"trak", tkhd + box(b"edts", elst) + box(b"mdia", mdhd)))


def written(path: Path, moov: bytes) -> Path:
    """A file with contents before and behind its header."""
    path.write_bytes(box(b"ftyp", b"isom") + moov + box(b"mdat", b"sound"))
    return path


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize("late", [[EMPTY], []], ids=["late", "at once"])
def test_what_is_played_begins_behind_the_priming(tmp_path: Path, version: int, late: list[tuple[int, int]]) -> None:
    """And is shorter by it, as are track and film; how late it begins stays; nothing moves."""
    begin = sum(length for length, _ in late)
    path = written(tmp_path / "a.mp4", header([*late, (3021, 0)], version, begin + 3021))
    hide_priming(str(path), {0: 1008})
    wanted = written(tmp_path / "b.mp4", header([*late, (3000, 1008)], version, begin + 3000))
    assert path.read_bytes() == wanted.read_bytes()


def test_nothing_to_hide(tmp_path: Path) -> None:
    """A file of which nothing is asked is not even opened."""
    hide_priming(str(tmp_path / "absent.mp4"), {})


@pytest.mark.parametrize(
    "moov",
    [
        header([EMPTY, (1000, 0), (2000, 48000)]),
        header([(3021, 512)]),
        header([EMPTY]),
        header([(10, 0)]),
        header([(3021, 0)])[:-20] + bytes(20),
        box(b"moov", b""),
        b"",
    ],
    ids=["two parts", "hidden already", "nothing is played", "too short", "no clock", "no track", "no header"],
)
def test_another_header_is_left_as_it_is(tmp_path: Path, moov: bytes) -> None:
    """It is not what libavformat writes for us: refused, not guessed at."""
    path = written(tmp_path / "a.mp4", moov)
    before = path.read_bytes()
    with pytest.raises(ConcatError, match="priming"):
        hide_priming(str(path), {0: 1008})
    assert path.read_bytes() == before
