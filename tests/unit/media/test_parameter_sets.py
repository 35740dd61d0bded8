"""Parameter sets inside of packets, in packets made by hand."""

from __future__ import annotations

import pytest

from suture.media.parameter_sets import parameter_sets

SPS, PPS, SLICE = b"\x67sps", b"\x68pps", b"\x65slice"
AVCC = b"\x01\x64\x00\x1f\xff"  # lengths of four bytes
HVCC = b"\x01" + bytes(20) + b"\xff"


def _framed(*units: bytes, size: int = 4) -> bytes:
    return b"".join(len(unit).to_bytes(size) + unit for unit in units)


@pytest.mark.parametrize(
    ("codec", "packet", "header", "found"),
    [
        ("h264", _framed(SPS, PPS, SLICE), AVCC, (SPS, PPS)),
        ("h264", _framed(SPS, SLICE, size=2), b"\x01\x64\x00\x1f\xfd", (SPS,)),
        ("h264", _framed(SLICE), AVCC, ()),
        ("h264", b"\0\0\0\1" + SPS + b"\0\0\1" + SLICE, b"\0\0\0\1" + SPS, (SPS,)),
        ("hevc", _framed(b"\x40\x01vps", b"\x42\x01sps", b"\x26\x01x"), HVCC, (b"\x40\x01vps", b"\x42\x01sps")),
        ("av1", b"\x12\x00\x0a\x03seq\x32\x02xx", b"", (b"seq",)),
        ("av1", b"\x08seq", b"", (b"seq",)),
        ("vp9", b"\x82I\x83B", b"", ()),
    ],
)
def test_they_are_found(codec: str, packet: bytes, header: bytes, found: tuple[bytes, ...]) -> None:
    """With lengths or start codes, in order; slices are none."""
    assert parameter_sets(codec, packet, header) == found


@pytest.mark.parametrize("packet", [b"", b"\x00\x00\x00\x00", b"\x0a\xff", b"\x0a"])
def test_damage_is_no_error(packet: bytes) -> None:
    """Whether a packet decodes is not asked here."""
    assert parameter_sets("av1", packet, b"") == () or packet == b"\x0a\xff"
    assert parameter_sets("h264", packet, AVCC) == ()
