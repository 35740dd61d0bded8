"""`bench.bending`: elementary streams and damage, byte for byte."""

from __future__ import annotations

from bench.bending import after_packets, flipped, telecined, without_packets

# A picture coding extension of an interlaced frame: id 8, frame picture, nothing else set.
EXTENSION = b"\x00\x00\x01\xb5\x8f\xff\xf3\x00\x00"


def test_telecine_flags_follow_the_cadence() -> None:
    """Top first and repeated, plain, bottom repeated, top first; and every frame progressive."""
    flagged = telecined(b"head" + EXTENSION * 5)
    flags = [(flagged[at + 7] >> 7, flagged[at + 7] >> 1 & 1, flagged[at + 8] >> 7) for at in range(4, 49, 9)]
    assert flags == [(1, 1, 1), (0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1)]


def test_other_extensions_are_left_alone() -> None:
    """A sequence extension (id 1) has the same start code."""
    data = b"\x00\x00\x01\xb5\x14\x8a\x00\x01\x00\x00"
    assert telecined(data) == data


def test_damage_spares_the_head_and_is_the_same_each_time() -> None:
    """What a failure names can be made again."""
    data = bytes(10_000)
    broken = flipped(data, 0.01, keep=1000)
    assert broken[:1000] == data[:1000]
    assert broken != data
    assert broken == flipped(data, 0.01, keep=1000)
    assert broken != flipped(data, 0.01, seed=2, keep=1000)


def test_lost_packets_are_whole_ones_behind_the_first() -> None:
    """What is left are packets as they were, in order."""
    packets = [bytes([n % 256]) * 188 for n in range(400)]
    left = without_packets(b"".join(packets), 0.1)
    found = [left[at : at + 188] for at in range(0, len(left), 188)]
    assert found[:20] == packets[:20]
    assert 300 < len(found) < 400
    remaining = iter(packets)
    assert all(packet in remaining for packet in found)


def test_a_recording_begins_at_a_packet() -> None:
    """Somewhere in the middle, never inside of a packet."""
    packets = [bytes([n]) * 188 for n in range(10)]
    assert after_packets(b"".join(packets), 0.25) == b"".join(packets[2:])
