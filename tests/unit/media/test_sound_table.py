"""Tables of packets: sizes, places, times and priming as MP4 tells them, and the lengths of WAV files."""

from __future__ import annotations

import wave
from array import array
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import sounds
from suture.errors import ChunkError
from suture.media.boxes import box
from suture.media.sound_table import Packets, Samples, read_samples, read_table, wav_samples

if TYPE_CHECKING:
    from pathlib import Path

PACKETS = [b"first", b"the second", b"3"]
LASTS = ((2, 1024), (1, 700))


@pytest.mark.parametrize("wide", [False, True])
def test_what_a_file_says_of_its_packets(tmp_path: Path, *, wide: bool) -> None:
    """Their sizes and place, the clock, how long each lasts; with numbers of 32 and of 64 bits."""
    path = sounds.boxed(tmp_path / "a.m4a", PACKETS, lasts=LASTS, wide=wide)
    table = read_table(str(path))
    assert table.sizes == array("I", [5, 10, 1])
    assert path.read_bytes()[table.offset :].startswith(b"firstthe second3")
    assert (table.timescale, table.usual, table.length, table.priming) == (48_000, 1024, 2748, 0)
    assert table.seconds == Fraction(2748, 48_000)


def test_packets_are_read_by_their_number(tmp_path: Path) -> None:
    """Each by itself, and where several of them lie."""
    table = read_table(str(sounds.boxed(tmp_path / "a.m4a", PACKETS, lasts=LASTS)))
    packets = Packets(table)
    assert [packets.read(n) for n in range(3)] == PACKETS
    assert packets.span(1, 3) == (table.offset + 5, table.offset + 16)
    assert packets.size(1) == 10


def test_packets_of_one_size(tmp_path: Path) -> None:
    """The table says it once for all."""
    table = read_table(str(sounds.boxed(tmp_path / "a.m4a", [b"aaaa", b"bbbb"], lasts=((2, 1536),), alike=4)))
    assert table.sizes == array("I", [4, 4])
    assert Packets(table).read(1) == b"bbbb"


EDITS = {
    "32 bits": (sounds.told([0, 1, 2000, 1024, 1 << 16]), 1024),
    "64 bits": (sounds.told([1 << 24, 1]) + sounds.told([2000, 1105], 8) + sounds.told([1 << 16]), 1105),
    "behind an empty one": (sounds.told([0, 2, 9600, -1, 1 << 16, 2000, 312, 1 << 16]), 312),
    "none in the list": (sounds.told([0, 0]), 0),
}


@pytest.mark.parametrize(("edits", "priming"), EDITS.values(), ids=EDITS)
def test_priming_is_where_the_last_edit_begins(tmp_path: Path, edits: bytes, priming: int) -> None:
    """What lies before it is not heard."""
    table = read_table(str(sounds.boxed(tmp_path / "a.m4a", PACKETS, lasts=LASTS, edits=edits)))
    assert table.priming == priming


@pytest.mark.parametrize("drop", [b"stsz", b"stts", b"stco"])
def test_a_table_that_lacks_something(tmp_path: Path, drop: bytes) -> None:
    """It is no file that an encoder ended; what is missing is named."""
    path = sounds.boxed(tmp_path / "a.m4a", PACKETS, drop=drop)
    with pytest.raises(ChunkError, match=r"a\.m4a.*does not describe one sound"):
        read_table(str(path))


def test_a_file_without_packets_is_no_sound(tmp_path: Path) -> None:
    """An encoder that was given nothing writes a description of nothing."""
    path = sounds.boxed(tmp_path / "a.m4a", [], lasts=())
    with pytest.raises(ChunkError, match="does not describe one sound"):
        read_table(str(path))


@pytest.mark.parametrize("kind", [b"moov", b"mdat"])
def test_a_file_without_contents(tmp_path: Path, kind: bytes) -> None:
    """Both are needed: packets, and what tells of them."""
    path = tmp_path / "a.m4a"
    path.write_bytes(box(b"ftyp", b"") + box(kind, b""))
    with pytest.raises(ChunkError, match="no contents"):
        read_table(str(path))


def test_the_table_of_a_real_file(tmp_path: Path) -> None:
    """What libavformat writes of ALAC: whole packets, and a shorter one at the end."""
    table = read_table(str(sounds.alac(tmp_path / "a.m4a", sounds.hiss(2 * sounds.ALAC + 100))))
    assert (len(table.sizes), table.usual, table.priming) == (3, sounds.ALAC, 0)
    assert table.seconds == Fraction(2 * sounds.ALAC + 100, 48_000)


# -- WAV --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_a_slice_has_a_length(tmp_path: Path, channels: int) -> None:
    """Samples of all channels at once, and their rate."""
    path = sounds.wav(tmp_path / "a.wav", sounds.hiss(441, channels), rate=44_100)
    assert wav_samples(str(path)) == Samples(441, 44_100)
    assert wav_samples(str(path)).seconds == Fraction(1, 100)


def test_samples_are_floats_by_channel(tmp_path: Path) -> None:
    """Full scale is 1, whatever the form."""
    made = sounds.hiss(50, 2)
    assert np.array_equal(read_samples(str(sounds.wav(tmp_path / "a.wav", made))), made / 32768)


def test_samples_of_32_bits(tmp_path: Path) -> None:
    """As ALAC's slices have them."""
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(4)
        file.setframerate(48_000)
        file.writeframes(np.array([1 << 30, -(1 << 31)], "<i4").tobytes())
    assert read_samples(str(path)).tolist() == [[0.5, -1.0]]
    assert wav_samples(str(path)).count == 2


def float_wav(path: Path, samples: Any, *, extensible: bool, size: int | None = None) -> Path:
    """A WAV file of floats, with a chunk before its samples, as ffmpeg writes it."""
    data = samples.astype("<f4").T.tobytes()
    tag = 0xFFFE if extensible else 3
    form = b"".join(n.to_bytes(width, "little") for n, width in ((tag, 2), (len(samples), 2), (48_000, 4), (0, 4)))
    form += (4 * len(samples)).to_bytes(2, "little") + (32).to_bytes(2, "little")
    form += b"\x16\0\x20\0\3\0\0\0" + b"\3\0" + bytes(14) if extensible else b""
    chunks = b"fmt " + len(form).to_bytes(4, "little") + form + b"LIST\3\0\0\0abc\0"
    told = len(data) if size is None else size
    path.write_bytes(b"RIFF\0\0\0\0WAVE" + chunks + b"data" + told.to_bytes(4, "little") + data)
    return path


@pytest.mark.parametrize("extensible", [False, True])
def test_samples_that_are_floats(tmp_path: Path, *, extensible: bool) -> None:
    """They are no whole numbers of 32 bits; an odd chunk before them is passed over."""
    made = np.array([[0.25, -1.5, 0.0], [1.0, 0.5, -0.125]])
    path = float_wav(tmp_path / "a.wav", made, extensible=extensible)
    assert read_samples(str(path)).tolist() == made.tolist()
    assert wav_samples(str(path)) == Samples(3, 48_000)


@pytest.mark.parametrize("data", [b"", b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0WAVEdata\4\0\0\0abcd"])
def test_what_is_no_wav(tmp_path: Path, data: bytes) -> None:
    """Samples without a form can't be counted."""
    path = tmp_path / "a.wav"
    path.write_bytes(data)
    with pytest.raises(ChunkError, match="no whole WAV"):
        wav_samples(str(path))
