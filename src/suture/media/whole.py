"""Whether a file of our own making is whole, from its head to its last byte, by the boxes or elements it consists of.

What an encoder wrote with exit code 0 may be cut off, empty, or something else. This costs next to nothing, and finds
all that. Whether what is inside decodes is asked later, of the output. Not for files from elsewhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from suture.errors import ChunkError
from suture.media.boxes import top_boxes
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
    """Boxes follow each other up to the last byte."""
    if not {each.kind for each in top_boxes(path)} >= _NEEDED:
        raise ChunkError(f"{path!r} is not a whole MP4 file: it has no contents", "the encoder wrote something else")
