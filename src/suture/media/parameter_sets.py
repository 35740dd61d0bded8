"""Parameter sets inside of packets, where encoders repeat them: a decoder takes over whatever it meets last.

Equal headers of the pieces (their extradata) do not prove that these are equal, too. Pure: bytes in, bytes out. What is
looked for: SPS and PPS of H.264, VPS, SPS and PPS of HEVC and VVC, and AV1's sequence
header. Sources: ITU-T H.264, 7.4.1; H.265, 7.4.2; H.266, 7.4.2; AV1, 5.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["parameter_sets"]

_SETS: Final = {"h264": {7, 8}, "hevc": {32, 33, 34}, "vvc": {14, 15, 16}}
_AVC_LENGTH, _HEVC_LENGTH = 4, 21
_SEQUENCE_HEADER: Final = 1
_START: Final = b"\x00\x00\x01"


def parameter_sets(codec: str, packet: bytes, extradata: bytes) -> tuple[bytes, ...]:
    """What a keyframe's packet repeats, in order; nothing where the codec is not known or the packet is damaged.

    Args:
        codec: libavcodec's name.
        packet: as it lies in the file.
        extradata: of its stream; it tells how long the units' lengths are.
    """
    try:
        if codec in _SETS:
            return tuple(unit for unit in _units(codec, packet, extradata) if _kind(codec, unit) in _SETS[codec])
        if codec == "av1":
            return tuple(data for kind, data in _obus(packet) if kind == _SEQUENCE_HEADER)
    except IndexError:
        pass
    return ()


def _kind(codec: str, unit: bytes) -> int:
    return {"h264": unit[0] & 31, "hevc": unit[0] >> 1 & 63, "vvc": unit[1] >> 3}[codec]


def _units(codec: str, packet: bytes, extradata: bytes) -> Iterator[bytes]:
    if extradata[:1] != b"\x01" and codec != "vvc":  # start codes
        yield from (unit.rstrip(b"\x00") for unit in packet.split(_START)[1:])
        return
    size = (extradata[_AVC_LENGTH if codec == "h264" else _HEVC_LENGTH] & 3) + 1 if codec != "vvc" else 4
    at = 0
    while at + size < len(packet):
        end = at + size + int.from_bytes(packet[at : at + size])
        yield packet[at + size : end]
        at = end


def _obus(packet: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and content of AV1's units; a unit without a size is the last."""
    at = 0
    while at < len(packet):
        head = packet[at]
        at += 2 if head & 4 else 1
        size, width = _leb128(packet, at) if head & 2 else (len(packet) - at, 0)
        at += width
        yield head >> 3 & 15, packet[at : at + size]
        at += size


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    value = width = 0
    while True:
        byte = data[at + width]
        value |= (byte & 127) << 7 * width
        width += 1
        if not byte & 128:
            return value, width
