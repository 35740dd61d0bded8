"""Boxes of MP4 and MOV files: found, read and made. Source: ISO/IEC 14496-12, 4.2.

For files of our own making: one track, nothing fragmented. Files from elsewhere are libavformat's business.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from suture.errors import ChunkError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Box", "box", "inside", "rebuilt", "top_boxes"]

_HEAD: Final = 8
_LONG_HEAD: Final = 16
_HOLDING: Final = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box lies: its kind, its first byte behind its head, and one past its last."""

    kind: bytes
    begin: int
    end: int


def top_boxes(path: str) -> list[Box]:
    """The boxes of a file, from its first byte to its last.

    Raises:
        ChunkError: it can't be read, or does not consist of boxes.
    """
    found: list[Box] = []
    try:
        with Path(path).open("rb") as file:
            size, at = os.fstat(file.fileno()).st_size, 0
            while at < size:
                found.append(_head_of(file, at))
                at = found[-1].end
                file.seek(at)
    except (OSError, ValueError) as error:  # a place beyond what a file can have is no place
        raise ChunkError(f"{path!r} is not a whole MP4 file: {error}") from error
    if at != size:
        raise ChunkError(f"{path!r} is not a whole MP4 file", "the encoder wrote something else")
    return found


def _head_of(file: IO[bytes], at: int) -> Box:
    length, kind, head = int.from_bytes(file.read(4)), file.read(4), _HEAD
    if length == 1:
        length, head = int.from_bytes(file.read(8)), _LONG_HEAD
    if length < head:
        raise ChunkError(f"{file.name!r} is not a whole MP4 file", "the encoder wrote something else")
    return Box(kind, at + head, at + length)


def inside(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes that a box's contents consist of: kind and contents of each."""
    at = 0
    while at + _HEAD <= len(data):
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + _HEAD]
        if length < _HEAD:
            return
        yield kind, data[at + _HEAD : at + length]
        at += length


def box(kind: bytes, contents: bytes) -> bytes:
    """A box of less than 4 GB."""
    return (len(contents) + _HEAD).to_bytes(4) + kind + contents


def rebuilt(kind: bytes, contents: bytes, change: Callable[[bytes, bytes], bytes]) -> bytes:
    """A box made anew.

    Args:
        kind: its kind.
        contents: its contents.
        change: gives what stands in the place of a box of this kind with these contents; nothing takes it out. Boxes
            that hold others are taken apart, and only what is in them is asked for.
    """
    if kind not in _HOLDING:
        return change(kind, contents)
    return box(kind, b"".join(rebuilt(*each, change) for each in inside(contents)))
