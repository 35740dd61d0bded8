"""Whether a Matroska file is whole, and how many packets it holds, by its elements alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from suture.errors import ChunkError
from suture.media.ebml import count_blocks

if TYPE_CHECKING:
    from pathlib import Path

HEAD, SEGMENT, CLUSTER = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75"
SIMPLE, GROUP, TIME = b"\xa3", b"\xa0", b"\xe7"


def element(name: bytes, body: bytes = b"") -> bytes:
    """An element with a length of eight bytes, as muxers write them."""
    return name + ((1 << 56) | len(body)).to_bytes(8) + body


BLOCK = element(SIMPLE, b"x" * 300)
GROUPED = element(GROUP, element(b"\xa1", b"y"))
CLUSTERS = element(CLUSTER, element(TIME, b"\0") + BLOCK * 3) + element(CLUSTER, element(TIME, b"\1") + GROUPED * 2)
FILM = element(HEAD, b"head") + element(SEGMENT, element(b"\x11\x4d\x9b\x74", b"seek") + CLUSTERS)


def counted(tmp_path: Path, data: bytes) -> int:
    """Of a file that holds these bytes."""
    path = tmp_path / "piece.mkv"
    path.write_bytes(data)
    return count_blocks(str(path))


def test_blocks_are_counted(tmp_path: Path) -> None:
    """Simple ones and groups, in all clusters."""
    assert counted(tmp_path, FILM) == 5


def test_a_film_without_packets_is_whole(tmp_path: Path) -> None:
    """And holds none."""
    assert counted(tmp_path, element(HEAD) + element(SEGMENT)) == 0


@pytest.mark.parametrize("at", range(0, len(FILM), 37))
def test_a_film_that_ends_early_is_found_out(tmp_path: Path, at: int) -> None:
    """Wherever it ends."""
    with pytest.raises(ChunkError, match="not a whole Matroska file"):
        counted(tmp_path, FILM[:at])


@pytest.mark.parametrize("data", [b"", b"\0" * 1000, b"RIFF" * 100, FILM + b"\xff" * 10, FILM[4:], b"\xff" * 64])
def test_garbage_is_found_out(tmp_path: Path, data: bytes) -> None:
    """Whatever else an encoder may write, with whatever exit code."""
    with pytest.raises(ChunkError, match="not a whole Matroska file"):
        counted(tmp_path, data)


def test_a_film_that_was_never_finished_is_found_out(tmp_path: Path) -> None:
    """Its lengths are still unknown: the muxer fills them in at the end."""
    unknown = SEGMENT + b"\x01" + b"\xff" * 7
    with pytest.raises(ChunkError, match="not a whole Matroska file"):
        counted(tmp_path, element(HEAD) + unknown + CLUSTERS)
