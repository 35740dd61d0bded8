"""The header of a piece, told what its encoder did not write there: the template of the joined stream.

What a container says of a picture track (mastering display, content light, 3D, projection) stands in stream parameters
that PyAV does not give to set, and not every ffmpeg's encoders set them. So the first piece's header is written anew
with these facts in it; libavformat reads it back and writes it into whatever the output is. Only the header is used,
the packets come from the pieces. Element ids and units: RFC 9559, 5.1.4.1.28. Its neighbour: `matroska`.
"""

from __future__ import annotations

import re
import struct
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from suture.errors import ConcatError
from suture.media.ebml import elements
from suture.media.matroska import element, eyes, fields, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["FACTS", "write_template"]

_HEAD: Final = b"\x1a\x45\xdf\xa3"
_SEGMENT: Final = b"\x18\x53\x80\x67"
_UNKNOWN_SIZE: Final = b"\x01" + b"\xff" * 7
_INFO: Final = b"\x15\x49\xa9\x66"
_TRACKS: Final = b"\x16\x54\xae\x6b"
_CLUSTER: Final = b"\x1f\x43\xb6\x75"
_ENTRY, _VIDEO, _COLOUR, _CRC = b"\xae", b"\xe0", b"\x55\xb0", b"\xbf"
_MAPPING: Final = b"\x41\xe4"
_STEREO_MODE: Final = b"\x53\xb8"
_WIDTH, _HEIGHT = b"\xb0", b"\xba"
_SHOWN_WIDTH, _SHOWN_HEIGHT, _SHOWN_UNIT = b"\x54\xb0", b"\x54\xba", b"\x54\xb2"
_AS_RATIO: Final = 3
_MASTERING: Final = b"\x55\xd0"
_MAX_CLL, _MAX_FALL = b"\x55\xbc", b"\x55\xbd"
_PROJECTION, _PROJECTION_TYPE = b"\x76\x70", b"\x76\x71"
_POSE: Final = (b"\x76\x73", b"\x76\x74", b"\x76\x75")
_VOLUME: Final = {
    "red_x": b"\x55\xd1",
    "red_y": b"\x55\xd2",
    "green_x": b"\x55\xd3",
    "green_y": b"\x55\xd4",
    "blue_x": b"\x55\xd5",
    "blue_y": b"\x55\xd6",
    "white_point_x": b"\x55\xd7",
    "white_point_y": b"\x55\xd8",
    "max_luminance": b"\x55\xd9",
    "min_luminance": b"\x55\xda",
}
_STEREO: Final = {
    "side by side": 1,
    "top and bottom, inverted": 2,
    "top and bottom": 3,
    "checkerboard, inverted": 4,
    "checkerboard": 5,
    "interleaved lines, inverted": 6,
    "interleaved lines": 7,
    "interleaved columns, inverted": 8,
    "interleaved columns": 9,
    "side by side, inverted": 11,
    "frame alternate": 13,
    "frame alternate, inverted": 14,
}
_SPHERE: Final = re.compile(r"equirectangular \((-?[\d.]+)/(-?[\d.]+)/(-?[\d.]+)\)")
FACTS: Final = frozenset({"mastering_display_metadata", "content_light_level", "stereo3d", "spherical"})
# A header, and enough packets behind it for libavformat to know the pixel format.
_HEAD_BYTES: Final = 16 << 20


def write_template(piece: str, target: str, facts: Mapping[str, Any]) -> None:
    """Write ``target``: the beginning of a piece, whose header has the facts.

    Args:
        piece: an encoded piece, Matroska with one track.
        target: a file that is replaced.
        facts: by the names of `StreamInfo.side_data`; what Matroska has no place for is left out. A
            ``dovi_configuration`` of None is taken out: FFmpeg 5.1 copies the source's without what it is about.

    Raises:
        ConcatError: the piece's header is not as expected.
    """
    with Path(piece).open("rb") as file:
        data = file.read(_HEAD_BYTES)
    try:
        head, segment = list(elements(data, 0, len(data)))[:2]
        if (head.id, segment.id) != (_HEAD, _SEGMENT):
            raise IndexError(head.id)
        body = b"".join(_kept(data, segment.body, facts))
    except (LookupError, ValueError) as error:
        raise ConcatError(f"the header of {piece!r} can't be read", "encode this piece again") from error
    Path(target).write_bytes(data[: head.end] + _SEGMENT + _UNKNOWN_SIZE + body)


def _kept(data: bytes, at: int, facts: Mapping[str, Any]) -> Iterator[bytes]:
    """What a reader needs; indexes would point to where nothing is any more."""
    for part in elements(data, at, len(data)):
        if part.id == _TRACKS:
            yield element(_TRACKS, _tracks(data[part.body : part.end], facts))
        elif part.id == _INFO:
            yield data[part.start : part.end]
        elif part.id == _CLUSTER:
            yield data[part.start : part.end]
            return


def _tracks(body: bytes, facts: Mapping[str, Any]) -> bytes:
    return b"".join(
        element(id_, _entry(data, facts) if id_ == _ENTRY else data) for id_, data in fields(body) if id_ != _CRC
    )


def _entry(body: bytes, facts: Mapping[str, Any]) -> bytes:
    untold = {_MAPPING} if facts.get("dovi_configuration", "") is None else set()
    parts = [(id_, data) for id_, data in fields(body) if id_ not in untold]
    return b"".join(element(id_, _video(data, facts) if id_ == _VIDEO else data) for id_, data in parts)


def _video(body: bytes, facts: Mapping[str, Any]) -> bytes:
    have = dict(fields(body))
    if colour := _colour(have.get(_COLOUR, b""), facts):
        have[_COLOUR] = colour
    mode = _STEREO.get(str(facts.get("stereo3d", "")))
    if mode is not None and _STEREO_MODE not in have:
        have |= {_STEREO_MODE: number(mode), **_per_eye(have, mode)}
    if sphere := _SPHERE.fullmatch(str(facts.get("spherical", ""))):
        have.setdefault(_PROJECTION, _sphere([float(angle) for angle in sphere.groups()]))
    return b"".join(element(id_, data) for id_, data in have.items())


def _per_eye(have: Mapping[bytes, bytes], mode: int) -> dict[bytes, bytes]:
    """The display size, which is that of one eye's picture, as a ratio."""
    wide, high = eyes(mode)
    shown = (have.get(shown, have[coded]) for shown, coded in ((_SHOWN_WIDTH, _WIDTH), (_SHOWN_HEIGHT, _HEIGHT)))
    width, height = (int.from_bytes(value) for value in shown)
    return {_SHOWN_WIDTH: number(width * high), _SHOWN_HEIGHT: number(height * wide), _SHOWN_UNIT: number(_AS_RATIO)}


def _colour(body: bytes, facts: Mapping[str, Any]) -> bytes:
    have = dict(fields(body))
    if isinstance(display := facts.get("mastering_display_metadata"), dict) and (volume := b"".join(_volume(display))):
        have[_MASTERING] = volume
    if isinstance(light := facts.get("content_light_level"), dict):
        have |= {_MAX_CLL: number(light["max_content"]), _MAX_FALL: number(light["max_average"])}
    return b"".join(element(id_, data) for id_, data in have.items())


def _sphere(angles: list[float]) -> bytes:
    pose = b"".join(element(id_, struct.pack(">d", angle)) for id_, angle in zip(_POSE, angles, strict=True))
    return element(_PROJECTION_TYPE, number(1)) + pose


def _volume(volume: Mapping[str, str]) -> Iterator[bytes]:
    """What is known of a display; a rational 0/0 is libavutil's word for a number that nobody set."""
    for name, text in volume.items():
        with suppress(ValueError, TypeError, ZeroDivisionError):
            value = struct.pack(">d", float(Fraction(text)))
            if name in _VOLUME:
                yield element(_VOLUME[name], value)
