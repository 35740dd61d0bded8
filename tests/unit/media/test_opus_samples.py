"""How long an Opus packet is, told by its own first bytes (RFC 6716, 3.1 and 3.2)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from suture.media.copied import _samples

OPUS = SimpleNamespace(name="opus", frame_size=0)


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
def test_samples_of_a_packet(mode: int, code: int, count: int, samples: int) -> None:
    """The mode tells a frame's length, the code how many there are."""
    assert _samples(bytes([mode << 3 | code, count]), OPUS) == samples


def test_a_packet_of_one_byte() -> None:
    """The shortest there is: a frame of silence."""
    assert _samples(bytes([31 << 3]), OPUS) == 960


def test_other_codecs_know_their_frame_size() -> None:
    """Or they do not."""
    assert _samples(b"", SimpleNamespace(name="aac", frame_size=1024)) == 1024
    assert _samples(b"", SimpleNamespace(name="flac", frame_size=0)) == 0
