"""Whether a file is whole, by its boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from suture.errors import ChunkError
from suture.media.whole import look_whole

if TYPE_CHECKING:
    from pathlib import Path


def box(kind: bytes, body: bytes = b"") -> bytes:
    """A box with a short length."""
    return (8 + len(body)).to_bytes(4) + kind + body


LARGE = (1).to_bytes(4) + b"mdat" + (16 + 100).to_bytes(8) + b"x" * 100
SOUND = box(b"ftyp", b"M4A ") + box(b"moov", b"track" * 10) + LARGE


def write(tmp_path: Path, name: str, data: bytes) -> str:
    """A file of that name."""
    path = tmp_path / name
    path.write_bytes(data)
    return str(path)


def test_a_whole_file_is_whole(tmp_path: Path) -> None:
    """Boxes of either kind of length, in any order."""
    look_whole(write(tmp_path, "a.m4a", SOUND))
    look_whole(write(tmp_path, "a.mp4", box(b"mdat", b"x") + box(b"moov")))


@pytest.mark.parametrize("at", range(0, len(SOUND), 13))
def test_one_that_ends_early_is_found_out(tmp_path: Path, at: int) -> None:
    """Wherever it ends."""
    with pytest.raises(ChunkError, match="not a whole MP4 file"):
        look_whole(write(tmp_path, "a.m4a", SOUND[:at]))


@pytest.mark.parametrize("data", [b"", b"RIFF" * 50, b"\0" * 100, SOUND + b"\0" * 8, box(b"ftyp") + box(b"moov")])
def test_garbage_is_found_out(tmp_path: Path, data: bytes) -> None:
    """And what has no contents."""
    with pytest.raises(ChunkError, match="not a whole MP4 file"):
        look_whole(write(tmp_path, "a.m4a", data))


def test_matroska_is_looked_at_too(tmp_path: Path) -> None:
    """And kinds that nobody knows are not."""
    with pytest.raises(ChunkError, match="not a whole Matroska file"):
        look_whole(write(tmp_path, "a.mka", b"garbage"))
    look_whole(write(tmp_path, "a.ogg", b"garbage"))
