"""How long a packet of sound is, told by its own first bytes or by its stream's header."""

from __future__ import annotations

import struct
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from suture.media.frame_lengths import frame_length


class Packet(bytes):
    """Bytes that last for some ticks."""

    duration = 0


def length(codec: str, data: bytes, duration: int = 0, **context: Any) -> int:
    """Samples of a packet of a stream with a clock of milliseconds."""
    given = {"frame_size": 0, "extradata": b"", "rate": 48000, "channels": 2, **context}
    packet = Packet(data)
    packet.duration = duration
    stream = SimpleNamespace(codec_context=SimpleNamespace(name=codec, **given), time_base=Fraction(1, 1000))
    return frame_length(packet, stream)


@pytest.mark.parametrize(
    ("mode", "code", "count", "samples"),
    [
        (0, 0, 0, 480),
        (3, 0, 0, 2880),
        (11, 1, 0, 5760),
        (12, 0, 0, 480),
        (15, 0, 0, 960),
        (16, 0, 0, 120),
        (31, 0, 0, 960),
        (31, 2, 0, 1920),
        (31, 3, 5, 4800),
        (31, 3, 0xC0 | 3, 2880),
    ],
)
def test_opus_says_it_in_its_first_bytes(mode: int, code: int, count: int, samples: int) -> None:
    """The mode tells a frame's length, the code how many there are."""
    assert length("opus", bytes([mode << 3 | code, count])) == samples


def test_an_opus_packet_of_one_byte() -> None:
    """The shortest there is: a frame of silence."""
    assert length("opus", bytes([31 << 3])) == 960


def eac3(kind: int, substream: int, blocks: int, size: int = 64, rate: int = 0) -> bytes:
    """A frame of E-AC-3 of ``size`` bytes, of which only the head means anything."""
    head = kind << 22 | substream << 19 | (size // 2 - 1) << 8 | rate << 6 | blocks << 4
    return b"\x0b\x77" + head.to_bytes(3) + bytes(size - 5)


@pytest.mark.parametrize(
    ("frames", "samples"),
    [
        ([(0, 0, 3)], 1536),
        ([(0, 0, 0)] * 6, 1536),
        ([(0, 0, 3), (1, 0, 3)], 1536),
        ([(0, 0, 3), (0, 1, 3)], 1536),
        ([(0, 0, 1)], 512),
        ([(0, 0, 0, 64, 3)], 1536),
    ],
)
def test_frames_of_eac3_follow_each_other_or_go_together(frames: list[tuple[int, ...]], samples: int) -> None:
    """Dependent and further substreams sound at the same time; a reduced rate always has six blocks."""
    assert length("eac3", b"".join(eac3(*frame) for frame in frames)) == samples


@pytest.mark.parametrize(
    ("code", "more", "samples"),
    [
        (1, b"", 192),
        (2, b"", 576),
        (5, b"", 4608),
        (8, b"", 256),
        (12, b"", 4096),
        (6, b"\x0f", 16),
        (7, b"\x01\xff", 512),
    ],
)
@pytest.mark.parametrize("number", [b"\x05", b"\xc3\xa4", b"\xe2\x82\xac"])
def test_flac_says_it_in_its_head(code: int, more: bytes, samples: int, number: bytes) -> None:
    """By a code, or behind the frame's number, which has as many bytes as it needs."""
    assert length("flac", b"\xff\xf8" + bytes([code << 4, 0]) + number + more + bytes(16)) == samples


@pytest.mark.parametrize(("told", "samples"), [(23, 1024), (13, 576), (3, 128), (18, 0)])
def test_vorbis_has_three_lengths_of_which_the_container_tells_one(told: int, samples: int) -> None:
    """The one next to what the clock of milliseconds says; none, where that is near none."""
    header = b"\x02\x1e\x34" + b"\x01vorbis" + bytes(21) + bytes([0xB8]) + b"\x01"
    assert length("vorbis", b"x", duration=told, rate=44100, extradata=header) == samples


def test_other_codecs() -> None:
    """A fixed length, a header's, or one by size."""
    assert length("aac", b"", frame_size=1024) == 1024
    assert length("ac3", b"\x0b\x77..") == 1536
    assert length("ac3", b"....") == 0
    assert length("dca", b"\x7f\xfe\x80\x01" + (0xFC00 | 15 << 2).to_bytes(2) + bytes(8)) == 512
    assert length("truehd", b"x", rate=96000) == 80
    assert length("truehd", b"x", rate=44100) == 40
    assert length("alac", b"x", extradata=bytes(12) + struct.pack(">I", 4096) + bytes(20)) == 4096
    assert length("pcm_s24le", bytes(600)) == 100
    assert length("pcm_mulaw", bytes(600), channels=1) == 600
    assert length("pcm_f64be", bytes(160)) == 10


@pytest.mark.parametrize("codec", ["opus", "ac3", "eac3", "dca", "flac", "vorbis", "alac", "unheard_of"])
def test_what_is_not_known_is_zero(codec: str) -> None:
    """Also of a packet that is damaged."""
    assert length(codec, b"") == 0
    assert length(codec, b"\x00") in {0, 480}
