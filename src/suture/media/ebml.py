"""EBML, as far as Matroska files of our own making need it: elements in a buffer, and whether a file is whole.

Not a demuxer: no packet is taken out, and a file from elsewhere is libavformat's business. Source: RFC 8794, 4 to 6;
the ids are RFC 9559's. Its neighbour `matroska` writes into headers with it.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.errors import ChunkError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Element", "count_blocks", "elements"]

_HEAD: Final = b"\x1a\x45\xdf\xa3"
_SEGMENT: Final = b"\x18\x53\x80\x67"
_CLUSTER: Final = b"\x1f\x43\xb6\x75"
_BLOCKS: Final = frozenset({b"\xa3", b"\xa0"})  # a simple block, a group of one block and what belongs to it


@dataclass(frozen=True, slots=True)
class Element:
    """An element in a buffer: its id, and where it, its body and its end are; ``open``: nobody has written its size."""

    id: bytes
    start: int
    body: int
    end: int
    open: bool = False


def elements(data: bytes | mmap.mmap, start: int, end: int) -> Iterator[Element]:
    """The elements that follow each other in a part of a buffer; one of unknown size reaches to its end.

    Raises:
        IndexError: what stands there is no element.
    """
    at = start
    while at < end:
        id_end = at + _length(data[at])
        size_bytes = _length(data[id_end])
        body = id_end + size_bytes
        size = int.from_bytes(data[id_end:body]) - (1 << (7 * size_bytes))
        unknown = size == (1 << (7 * size_bytes)) - 1
        stop = end if unknown else body + size
        yield Element(data[at:id_end], at, body, stop, unknown)
        at = stop


def count_blocks(path: str) -> int:
    """How many packets a Matroska file of one track holds; it is whole, from its head to its last byte.

    Reads the elements' heads only: about a second for a million packets.

    Raises:
        ChunkError: it is no such file, or ends too early, or goes on too long.
    """
    try:
        with Path(path).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return sum(_blocks(data, cluster) for cluster in _clusters(data, len(data)))
    except (IndexError, ValueError) as error:  # a mapping of nothing is a ValueError
        raise ChunkError(f"{path!r} is not a whole Matroska file", "the encoder wrote something else") from error


def _length(first: int) -> int:
    """Of an id or a size, told by the leading zeros of its first byte."""
    if not first:
        raise IndexError(first)
    return 9 - first.bit_length()


def _clusters(data: mmap.mmap, size: int) -> Iterator[Element]:
    head, segment = elements(data, 0, size)
    if head.id != _HEAD or segment.id != _SEGMENT:
        raise IndexError(head.id)
    for element in _filling(data, segment, size):
        if element.id == _CLUSTER:
            yield element


def _blocks(data: mmap.mmap, cluster: Element) -> int:
    return sum(element.id in _BLOCKS for element in _filling(data, cluster, cluster.end))


def _filling(data: mmap.mmap, parent: Element, end: int) -> Iterator[Element]:
    """The children of an element, which must fill it to its end, and that to ``end``."""
    last = parent.body
    for child in elements(data, parent.body, parent.end):
        yield child
        last = child.end
    if last != parent.end or parent.end != end or parent.open:
        raise IndexError(last)
