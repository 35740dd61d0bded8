"""`bench.seams` and what it prints: pure parts, with events and sounds that are made up."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from bench.noise import Excess
from bench.seams import CASES, _equal, joins
from bench.seams_page import NAMES, Row, cells, page
from bench.seams_picture import coloured, picture, png, spectrogram
from bench.seams_sound import Kind, hard

if TYPE_CHECKING:
    from pathlib import Path

NONE = Excess(0.0, 0.0)
ROW = Row("aac -b:a 128k", "9.0", 3, 0.9, 1.0, (100, 100, 100), 0, NONE, NONE, NONE, 0, exact=False)


def test_the_splice_says_where_the_joins_are() -> None:
    """Packets become samples, from the first that a packet may touch."""
    log = "joined at packet 41: the same\nprogress=end\njoined at packet 81: noise (0.50 of what may be)\n"
    assert joins(log, 1024) == [40960, 81920]


def test_sound_in_one_piece_has_no_joins() -> None:
    """A track that is encoded whole has no splice, whose log would say more."""
    assert joins("size=N/A time=00:00:10.00\n", 1024) == []


def test_sound_that_goes_on_longer_is_equal_as_far_as_the_other_goes() -> None:
    """A sample that differs is found; nothing at all is equal to nothing."""
    sound = np.arange(10, dtype=np.float32)[:, None]
    assert _equal(sound, sound[:8])
    assert not _equal(sound + (sound == 5), sound[:8])
    assert not _equal(sound, sound[:0])


def test_each_case_has_a_name_of_its_own() -> None:
    """`--only` and the page's rows tell them apart."""
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize(
    "spoiled",
    [
        {"offset": 1},
        {"samples": (100, 100, 101)},
        {"largest": Excess(0.31, 0.0)},
        {"largest": Excess(0.0, 1.51)},
        {"clicks": 1},
        {"size": 1.03},
        {"name": "ac3 -b:a 192k"},
    ],
)
def test_one_thing_amiss_is_enough(spoiled: dict[str, object]) -> None:
    """Place, length, size, noise, clicks; and codecs that can be exact have to be."""
    assert ROW.good
    assert not replace(ROW, **spoiled).good  # type: ignore[arg-type]


def test_the_page_has_a_row_for_each_and_the_picture() -> None:
    """As wide as its head; what is not good stands out."""
    text = page([ROW, replace(ROW, joins=0, clicks=2)], "join.png")
    assert "1 of 2 are as they have to be, with 3 joins" in text
    assert "encoded whole" in text
    assert text.count("NOT GOOD") == 1
    assert "![a join](join.png)" in text
    assert len(cells(ROW)) == len(NAMES)


def test_a_tone_stands_at_its_height() -> None:
    """A quarter of the sampling rate is in the middle; full scale is 0 dB; silence is -100."""
    tone = np.sin(np.pi / 2 * np.arange(8192)).astype(np.float32)[:, None]
    levels = spectrogram(tone, 10)
    assert levels.shape == (257, 10)
    assert int(levels[:, 5].argmax()) == 128
    assert levels[128, 5] == pytest.approx(0, abs=0.1)
    assert levels[250, 5] < -90


def test_louder_is_brighter() -> None:
    """From black to pale yellow."""
    light = coloured(np.array([[-100.0, -50.0, 0.0]])).sum(axis=2, dtype=int)[0]
    assert light[0] < light[1] < light[2]


def test_the_picture_can_be_read_again(tmp_path: Path) -> None:
    """A PNG: its size in the header, each chunk with its checksum, each line of pixels whole."""
    panels = [np.zeros((4096, 2), np.float32)] * 3
    pixels = picture(panels, 40, 0.5)
    png(tmp_path / "folder" / "join.png", pixels)
    data = (tmp_path / "folder" / "join.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    found = dict(_chunks(data[8:]))
    assert struct.unpack(">II", found[b"IHDR"][:8]) == (40, 3 * 257 + 4)
    lines = np.frombuffer(zlib.decompress(found[b"IDAT"]), np.uint8).reshape(-1, 1 + 3 * 40)
    assert (lines[:, 1:] == pixels.reshape(len(pixels), -1)).all()
    assert (pixels[0, 19] == 255).all(), "the tick"


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found = []
    while data:
        (length,) = struct.unpack(">I", data[:4])
        name, body = data[4:8], data[8 : 8 + length]
        assert struct.unpack(">I", data[8 + length : 12 + length]) == (zlib.crc32(name + body),)
        found.append((name, body))
        data = data[12 + length :]
    return found


def test_hard_material_is_the_same_each_time() -> None:
    """A minute of it, in all channels, with strokes, noise and silence."""
    kind = Kind(2000, 6)
    made = hard(kind)
    assert made.shape == (120_000, 6)
    assert (made == hard(kind)).all()
    assert (np.abs(made).max(axis=0) > 0.1).all()
    assert (made[80_000 + 5000 : 80_000 + 6000] == 0).all(), "the sixth chord of the last scene is a silence"
