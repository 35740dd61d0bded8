"""A packet's bytes without what its container puts around them, so that copies in two containers have one digest.

MPEG-TS and raw streams carry start codes, parameter sets in every group of pictures, and ADTS headers; MP4 and Matroska
carry lengths, and parameter sets in their headers. Pure, and no parser: what is not recognised stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["bare", "barer"]

# Parameter sets, delimiters, ends and filling, which a muxer may add or take away. Source: ITU-T H.264 table 7-1,
# H.265 table 7-1.
_H264_SPARE: Final = frozenset({7, 8, 9, 10, 11, 12, 13, 15})
_HEVC_SPARE: Final = frozenset({32, 33, 34, 35, 36, 37, 38})
# Prefix SEI: a user's own words, mastering display, content light. Source: H.265, D.2.1.
_HEVC_SEI: Final = 39
_HEVC_SEI_SPARE: Final = frozenset({b"\x05", b"\x89", b"\x90"})
# Temporal delimiter, redundant frame header, tile list, padding. Source: AV1, 6.2.2; its ISOBMFF binding, 2.4.
_AV1_SPARE: Final = frozenset({2, 7, 8, 15})
_ADTS_SYNC: Final = 0xFFF


def bare(data: bytes, codec: str, header: bytes = b"") -> bytes:
    """What a decoder gets to see of a packet, without framing.

    Args:
        data: the packet.
        codec: libavcodec's name of it.
        header: the stream's extradata, which tells how its packets are framed.
    """
    return barer(codec, header)(data)


def barer(codec: str, header: bytes = b"") -> Callable[[bytes], bytes]:
    """`bare` for all packets of one stream."""
    if codec == "h264":
        length = (header[4] & 3) + 1 if len(header) > 6 and header[0] == 1 else 0  # noqa: PLR2004 - avcC
        return lambda data: b"\0".join(u for u in _units(data, length) if u and u[0] & 31 not in _H264_SPARE)
    if codec == "hevc":
        length = (header[21] & 3) + 1 if len(header) > 22 and header[:3] != b"\0\0\0" and header[0] == 1 else 0  # noqa: PLR2004 - hvcC
        return lambda data: b"\0".join(u for u in _units(data, length) if u and not _is_spare_hevc(u))
    if codec == "av1":
        return lambda data: b"".join(_obus(data))
    return _without_adts if codec == "aac" and not header else _as_it_is


def _is_spare_hevc(unit: bytes) -> bool:
    """Whether it may stand in the header instead: x265 puts its name and static HDR there in MP4, in packets in TS."""
    kind = unit[0] >> 1 & 63
    return kind in _HEVC_SPARE or (kind == _HEVC_SEI and unit[2:3] in _HEVC_SEI_SPARE)


def _as_it_is(data: bytes) -> bytes:
    return data


def _units(data: bytes, length: int) -> Iterator[bytes]:
    """NAL units: each behind its length, or, where that is 0, behind a start code."""
    if not length:
        yield from (unit.rstrip(b"\0") for unit in data.split(b"\0\0\1"))
        return
    at = 0
    while at + length <= len(data):
        size = int.from_bytes(data[at : at + length])
        yield data[at + length : at + length + size].rstrip(b"\0")
        at += length + size


def _obus(data: bytes) -> Iterator[bytes]:
    """The payloads of AV1's open bitstream units. Source: AV1 specification, 5.3."""
    at = 0
    while at < len(data):
        head = data[at]
        start = at + 1 + (head >> 2 & 1)
        size, start = _leb128(data, start) if head & 2 else (len(data) - start, start)
        if head >> 3 & 15 not in _AV1_SPARE:
            yield bytes([head & 0xF8]) + data[start : start + size]
        at = start + size


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    """A number, and where it ends. Source: AV1 specification, 4.10.5."""
    value = 0
    for n, byte in enumerate(data[at : at + 8]):
        value |= (byte & 0x7F) << (7 * n)
        if not byte & 0x80:
            return value, at + n + 1
    return len(data) - at, at


def _without_adts(data: bytes) -> bytes:
    """Source: ISO/IEC 14496-3, 1.A.2: a header of 7 bytes, or 9 with a checksum."""
    if len(data) > 7 and int.from_bytes(data[:2]) >> 4 == _ADTS_SYNC:  # noqa: PLR2004
        return data[7 if data[1] & 1 else 9 :]
    return data
