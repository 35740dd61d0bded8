"""Whether a file of our own making is whole, from its head to its last byte, by the boxes or elements it consists of.

What an encoder wrote with exit code 0 may be cut off, empty, or something else. This costs next to nothing, and finds
all that. Whether what is inside decodes is asked later, of the output. Not for files from elsewhere.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Final

from suture.errors import ChunkError
from suture.media.ebml import count_blocks

__all__ = ["look_whole"]

_MATROSKA: Final = frozenset({".mka", ".mks", ".mkv", ".webm"})
_MP4: Final = frozenset({".m4a", ".m4v", ".mov", ".mp4"})
_NEEDED: Final = frozenset({b"moov", b"mdat"})


def look_whole(path: str) -> None:
    """Nothing, if the file is whole, or of a kind that this does not know.

    Raises:
        ChunkError: it is not.
    """
    suffix = Path(path).suffix.lower()
    if suffix in _MATROSKA:
        count_blocks(path)
    elif suffix in _MP4:
        _look_at_boxes(path)


def _look_at_boxes(path: str) -> None:
    """Boxes follow each other up to the last byte. Source: ISO/IEC 14496-12, 4.2."""
    found: set[bytes] = set()
    try:
        with Path(path).open("rb") as file:
            end = os.fstat(file.fileno()).st_size
            while (at := file.tell()) < end:
                length, kind = _box(file)
                if length < 8 or at + length > end:  # noqa: PLR2004 - a box without anything in it
                    break
                found.add(kind)
                file.seek(at + length)
    except OSError as error:
        raise ChunkError(f"{path!r} is not a whole MP4 file: {error.strerror}") from error
    if at < end:
        raise ChunkError(f"{path!r} is not a whole MP4 file", "the encoder wrote something else")
    if not found >= _NEEDED:
        raise ChunkError(f"{path!r} is not a whole MP4 file: it has no contents", "the encoder wrote something else")


def _box(file: IO[bytes]) -> tuple[int, bytes]:
    length, kind = int.from_bytes(file.read(4)), file.read(4)
    return (int.from_bytes(file.read(8)) if length == 1 else length), kind
