"""Boxes: found by their heads, taken apart, and put together again with sizes that fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from suture.errors import ChunkError
from suture.media.boxes import Box, box, inside, rebuilt, top_boxes

if TYPE_CHECKING:
    from pathlib import Path


def test_a_box_is_found_in_what_holds_it() -> None:
    """Kind and contents, one behind the other, the empty one too."""
    data = box(b"free", b"") + box(b"stsz", b"sizes")
    assert list(inside(data)) == [(b"free", b""), (b"stsz", b"sizes")]
    assert data[:8] == b"\0\0\0\x08free"


@pytest.mark.parametrize("rest", [b"\0\0\0", b"\0\0\0\0\0\0\0\0", b"\0\0\0\x07stsz"])
def test_what_is_no_box_ends_the_boxes(rest: bytes) -> None:
    """Padding, and a length that does not even hold the head, which would turn forever."""
    assert list(inside(box(b"free", b"x") + rest)) == [(b"free", b"x")]


def test_the_boxes_of_a_file(tmp_path: Path) -> None:
    """Where the contents lie, behind short heads and those of 64 bits."""
    path = tmp_path / "a.mp4"
    long = b"\0\0\0\1mdat" + (16 + 5).to_bytes(8) + b"abcde"
    path.write_bytes(box(b"ftyp", b"M4A ") + long + box(b"moov", b""))
    assert top_boxes(str(path)) == [Box(b"ftyp", 8, 12), Box(b"mdat", 28, 33), Box(b"moov", 41, 41)]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(box(b"ftyp", b"M4A ") + box(b"mdat", b"12345678")[:-1], id="a byte is missing"),
        pytest.param(box(b"ftyp", b"M4A ") + b"\0\0\0\0moov", id="no length"),
        pytest.param(box(b"ftyp", b"M4A ") + b"\0\0", id="half a head"),
        pytest.param(b"\0\0\0\1mdat" + (15).to_bytes(8), id="shorter than its long head"),
        pytest.param(b"RIFF....WAVE", id="no boxes"),
    ],
)
def test_a_file_that_is_not_whole(tmp_path: Path, data: bytes) -> None:
    """It is refused by name, for the encoder that wrote it did not end."""
    path = tmp_path / "half.mp4"
    path.write_bytes(data)
    with pytest.raises(ChunkError, match=r"half\.mp4"):
        top_boxes(str(path))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """An error of ours, with the system's reason."""
    with pytest.raises(ChunkError, match="No such file"):
        top_boxes(str(tmp_path / "none.mp4"))


def test_what_holds_others_is_made_anew_with_its_size() -> None:
    """Only leaves are asked for; each is replaced, doubled or left out, and all around it have their new lengths."""
    stbl = box(b"stbl", box(b"stsz", b"old") + box(b"sgpd", b"x") + box(b"stts", b"kept"))
    moov = box(b"mvhd", b"head") + box(b"trak", box(b"mdia", box(b"minf", stbl)))
    asked = []

    def change(kind: bytes, contents: bytes) -> bytes:
        asked.append(kind)
        if kind == b"stsz":
            return box(kind, b"longer than before") + box(b"free", b"")
        return b"" if kind == b"sgpd" else box(kind, contents)

    wanted = box(b"stbl", box(b"stsz", b"longer than before") + box(b"free", b"") + box(b"stts", b"kept"))
    trak = box(b"trak", box(b"mdia", box(b"minf", wanted)))
    assert rebuilt(b"moov", moov, change) == box(b"moov", box(b"mvhd", b"head") + trak)
    assert asked == [b"mvhd", b"stsz", b"sgpd", b"stts"]
