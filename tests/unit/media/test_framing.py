"""One packet in two containers has the same bare bytes; another packet has others."""

from __future__ import annotations

from suture.media.framing import bare

AVCC = b"\x01\x64\x00\x1f\xff\xe1\x00"
HVCC = b"\x01" + bytes(20) + b"\xff" + b"\x00\x00"
SLICE = b"\x65\x88\x84\x00\x10"
SPS, PPS, AUD, SEI = b"\x67\x64\x00\x1f", b"\x68\xee\x3c", b"\x09\xf0", b"\x06\x05\x01\x02\x80"


def lengths(*units: bytes) -> bytes:
    """As MP4 stores them."""
    return b"".join(len(unit).to_bytes(4) + unit for unit in units)


def codes(*units: bytes) -> bytes:
    """As a transport stream stores them."""
    return b"".join(b"\0\0\0\1" + unit for unit in units)


def test_h264_is_one_with_lengths_and_with_start_codes() -> None:
    """With or without parameter sets and delimiters; with three or four bytes of start code."""
    one = bare(lengths(SEI, SLICE), "h264", AVCC)
    assert one == bare(codes(AUD, SPS, PPS, SEI, SLICE), "h264")
    assert one == bare(b"\0\0\1" + SEI + b"\0\0\1" + SLICE + b"\0", "h264")
    assert one != bare(lengths(SEI, SLICE[:-1] + b"\x11"), "h264", AVCC)
    assert one != bare(lengths(SLICE), "h264", AVCC)


def test_hevc_is_one_too() -> None:
    """Its types stand in other bits."""
    vps, unit = b"\x40\x01\x0c", b"\x26\x01\xaf"
    assert bare(lengths(unit), "hevc", HVCC) == bare(codes(vps, unit), "hevc") == unit


def test_av1_needs_no_delimiter() -> None:
    """Nor padding; the size of a unit may be left out at the end."""
    frame = b"\x32\x03abc"
    assert bare(b"\x12\x00" + frame, "av1") == bare(frame, "av1") == bare(b"\x30abc", "av1")
    assert bare(b"\x32\x03abd", "av1") != bare(frame, "av1")


def test_aac_loses_its_adts_header_only_where_it_has_one() -> None:
    """With extradata there is none, whatever the bytes look like."""
    raw = b"\x21\x00\x49\x90\x02\x19"
    short, checked = b"\xff\xf1\x50\x80\x02\x1f\xfc", b"\xff\xf0\x50\x80\x02\x1f\xfc\x12\x34"
    assert bare(short + raw, "aac") == bare(checked + raw, "aac") == raw
    assert bare(short + raw, "aac", b"\x11\x90") == short + raw


def test_what_is_not_known_stays() -> None:
    """Also what is torn."""
    assert bare(b"abc", "mp3") == b"abc"
    for codec, header in (("h264", AVCC), ("hevc", HVCC), ("av1", b"")):
        for end in range(6):
            bare(lengths(SLICE)[:end], codec, header)
