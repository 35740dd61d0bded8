"""The shape of the pixels in a Matroska or WebM file, written into the header of a file that is otherwise finished.

libavformat's muxer reads it from a field that PyAV does not give to set, and AV1 and VP9 have no place for it in their
own headers. So `mux` makes room in the track's name (`with_room`), and `write_shapes` puts the display size there; no
byte behind the header moves. Element ids and the meaning of the display size: RFC 9559, 5.1.4.1.28.
"""

from __future__ import annotations

import zlib
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.errors import ConcatError
from suture.media.ebml import Element, elements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["element", "eyes", "fields", "number", "with_room", "write_shapes"]

_SEGMENT: Final = b"\x18\x53\x80\x67"
_TRACKS: Final = b"\x16\x54\xae\x6b"
_CRC, _VOID, _ENTRY, _NUMBER, _VIDEO = b"\xbf", b"\xec", b"\xae", b"\xd7", b"\xe0"
_NAME: Final = b"\x53\x6e"
_WIDTH, _HEIGHT = b"\xb0", b"\xba"
_DISPLAY_WIDTH, _DISPLAY_HEIGHT, _DISPLAY_UNIT = b"\x54\xb0", b"\x54\xba", b"\x54\xb2"
_STEREO_MODE: Final = b"\x53\xb8"
_AS_RATIO: Final = 3
# Two sizes of up to 7 bytes with their heads, a longer length field, and the smallest filler.
_ROOM: Final = "." * 28
# Much more than any header in front of the tracks.
_HEAD_BYTES: Final = 1 << 26


def with_room(name: str) -> str:
    """A track's name, longer by what `write_shapes` needs; it takes that away again."""
    return name + _ROOM


def write_shapes(path: str, shapes: Mapping[int, Fraction]) -> None:
    """Write the display sizes of tracks that were named by `with_room`.

    Args:
        path: the file, complete and closed.
        shapes: sample aspect ratio by track number (from 1).

    Raises:
        ConcatError: the file's header is not as expected; it is as it was then.
    """
    if not shapes:
        return
    with Path(path).open("r+b") as file:
        head = file.read(_HEAD_BYTES)
        try:
            tracks = _tracks(head)
            body = _rewritten(head[tracks.body : tracks.end], shapes)
        except (LookupError, StopIteration) as error:
            raise ConcatError(f"the header of {path!r} can't be read, so the pixel shape can't be written") from error
        file.seek(tracks.body)
        file.write(body)


def _tracks(head: bytes) -> Element:
    segment = next(e for e in elements(head, 0, len(head)) if e.id == _SEGMENT)
    return next(e for e in elements(head, segment.body, segment.end) if e.id == _TRACKS)


def _rewritten(body: bytes, shapes: Mapping[int, Fraction]) -> bytes:
    """The tracks, of the same length, with the shapes in them and the checksum put right."""
    parts = [
        body[e.start : e.body] + _entry(body[e.body : e.end], shapes) if e.id == _ENTRY else body[e.start : e.end]
        for e in elements(body, 0, len(body))
    ]
    if parts[0][:1] == _CRC:
        parts[0] = parts[0][:-4] + zlib.crc32(b"".join(parts[1:])).to_bytes(4, "little")
    return b"".join(parts)


def _entry(body: bytes, shapes: Mapping[int, Fraction]) -> bytes:
    """One track; what the name gives up goes to the picture, the rest to a filler."""
    parts = fields(body)
    shape = shapes.get(int.from_bytes(dict(parts)[_NUMBER]))
    if shape is None:
        return body
    kept = b"".join(element(id_, data) for id_, data in _with_shape(parts, shape))
    return kept + _filler(len(body) - len(kept))


def _with_shape(parts: list[tuple[bytes, bytes]], shape: Fraction) -> Iterator[tuple[bytes, bytes]]:
    for id_, data in parts:
        if id_ == _VIDEO:
            yield id_, _video(data, shape)
        elif id_ == _NAME:
            if name := data.removesuffix(_ROOM.encode()):
                yield id_, name
        elif id_ != _VOID:
            yield id_, data


def _video(body: bytes, shape: Fraction) -> bytes:
    known = dict(fields(body))
    width, height = int.from_bytes(known[_WIDTH]), int.from_bytes(known[_HEIGHT])
    wide, high = eyes(int.from_bytes(known.get(_STEREO_MODE, b"")))
    shown, height = width * shape * high, height * wide
    if shown.denominator == 1 and wide == high == 1:  # pixels, the default unit
        new = [(_DISPLAY_WIDTH, number(shown.numerator)), (_DISPLAY_HEIGHT, number(height))]
    else:
        ratio = shown / height
        new = [(_DISPLAY_WIDTH, number(ratio.numerator)), (_DISPLAY_HEIGHT, number(ratio.denominator))]
        new.append((_DISPLAY_UNIT, number(_AS_RATIO)))
    old = [(id_, data) for id_, data in fields(body) if id_ not in {_DISPLAY_WIDTH, _DISPLAY_HEIGHT, _DISPLAY_UNIT}]
    return b"".join(element(id_, data) for id_, data in old + new)


def eyes(stereo_mode: int) -> tuple[int, int]:
    """How many times wider and higher a coded picture is than that of one eye, which the display size is about.

    Source: libavformat/matroska.h, mkv_stereo_mode_display_mul.
    """
    return {1: (2, 1), 8: (2, 1), 9: (2, 1), 11: (2, 1), 2: (1, 2), 3: (1, 2), 6: (1, 2), 7: (1, 2)}.get(
        stereo_mode, (1, 1)
    )


def fields(body: bytes) -> list[tuple[bytes, bytes]]:
    """The children of an element, as pairs of id and content."""
    return [(e.id, body[e.body : e.end]) for e in elements(body, 0, len(body))]


def number(value: int) -> bytes:
    """A whole number as an element's content, without leading zeros."""
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8))


def element(id_: bytes, data: bytes) -> bytes:
    """An element with its head."""
    return id_ + _size(len(data)) + data


def _size(value: int, least: int = 1) -> bytes:
    """All ones would mean unknown, so the largest value of each length is left out."""
    length = next(n for n in range(least, 9) if value < (1 << (7 * n)) - 1)
    return (value | 1 << (7 * length)).to_bytes(length)


def _filler(length: int) -> bytes:
    if length < 2:  # noqa: PLR2004 - the shortest element there is
        raise IndexError(length)
    head = _VOID + (_size(length - 2) if length < 100 else _size(length - 9, 8))  # noqa: PLR2004 - a short one
    return head + bytes(length - len(head))
