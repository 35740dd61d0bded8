"""Spliced pieces of sound: one file that holds all samples, each once, with one description and the right times."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

import sounds
from sounds import ALAC, alac, decoded, hiss, listing
from suture.errors import ChunkError, PiecesDiffer
from suture.media.boxes import top_boxes
from suture.media.sound_table import Packets, read_table
from suture.media.splice import splice
from suture.media.splice_spec import SoundPart, SpliceSpec

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 10 * ALAC + 1000
# As for ALAC: no packet has to warm up, the last one of a piece may be shorter.
PIECES = ((0, 6), (3, 9), (6, 11))


@pytest.fixture
def sound() -> Any:
    """Ten packets of stereo, and a bit."""
    return hiss(COUNT, 2)


@pytest.fixture
def spec(tmp_path: Path, sound: Any) -> Callable[..., SpliceSpec]:
    """Three pieces of that sound which overlap, and a listing of it."""

    def make(
        pieces: tuple[tuple[int, int], ...] = PIECES,
        *,
        first: int = 0,
        count: int = COUNT,
        extension: str = "m4a",
        **more: Any,
    ) -> SpliceSpec:
        parts = [
            SoundPart(str(alac(tmp_path / f"{n}.{extension}", sound[:, ALAC * begin : ALAC * end])), begin)
            for n, (begin, end) in enumerate(pieces)
        ]
        heard = listing(tmp_path / "heard.txt", [(first, count)])
        output, begin = str(tmp_path / f"out.{extension}"), str(tmp_path / "begin")
        return SpliceSpec(output, str(heard), tuple(parts), begin, **{"tail": 1, **more})

    return make


def spliced(spec: SpliceSpec) -> Path:
    """Splice; gives the file."""
    splice(spec, spec.output)
    return Path(spec.output)


def times(path: Path) -> list[tuple[int, int]]:
    """When each packet is heard, and how long it lasts."""
    with av.open(str(path)) as file:
        return [(p.pts or 0, p.duration or 0) for p in file.demux(audio=0) if p.size]


def start(path: Path) -> Fraction:
    """When the first sample is heard, as a player has it."""
    with av.open(str(path)) as file:
        packet = next(file.demux(audio=0))
        return (packet.pts or 0) * Fraction(packet.time_base or 1)


@pytest.mark.parametrize("extension", ["m4a", "mov"])
def test_all_samples_each_once(spec: Callable[..., SpliceSpec], sound: Any, extension: str) -> None:
    """What is decoded is what was cut; the packets are those of one encoder that had it all."""
    told = spec(extension=extension)
    made = spliced(told)
    assert np.array_equal(decoded(made), sound)
    whole = read_table(str(alac(made.with_name(f"whole.{extension}"), sound)))
    mine = read_table(str(made))
    assert mine.sizes == whole.sizes
    assert [Packets(mine).read(n) for n in range(11)] == [Packets(whole).read(n) for n in range(11)]
    assert times(made) == times(Path(whole.path))


def test_where_it_was_joined_is_told(spec: Callable[..., SpliceSpec]) -> None:
    """One join for each piece but the first, in what both have, and why there."""
    told = spec()
    joints = splice(told, told.output)
    assert [joint.packet for joint in joints] == [3, 6]
    assert all("the same" in joint.why for joint in joints)


def test_the_file_is_made_of_whole_boxes(spec: Callable[..., SpliceSpec]) -> None:
    """Its kind, its packets, its description, to the last byte."""
    made = spliced(spec())
    boxes = top_boxes(str(made))
    assert [each.kind for each in boxes] == [b"ftyp", b"mdat", b"moov"]
    table = read_table(str(made))
    assert boxes[1].end - boxes[1].begin == sum(table.sizes)
    assert table.offset == boxes[1].begin


def test_every_packet_is_found_without_reading_the_others(spec: Callable[..., SpliceSpec]) -> None:
    """A seek to the last one gives the last samples: the places of the pieces in the file are right."""
    made = spliced(spec())
    with av.open(str(made)) as file:
        file.seek(9 * ALAC, stream=file.streams.audio[0])
        assert next(file.demux(audio=0)).pts == 9 * ALAC


def test_silence_behind_the_sound_is_left_out(spec: Callable[..., SpliceSpec], sound: Any) -> None:
    """What was put behind the last piece, to get its last samples out of the encoder, is not heard."""
    made = spliced(spec(count=COUNT - 3000))
    assert sum(lasts for _, lasts in times(made)) == COUNT - 3000
    assert len(times(made)) == 10
    with av.open(str(made)) as file:
        assert file.duration == round(Fraction(COUNT - 3000, 48_000) * av.time_base)
    assert np.array_equal(decoded(made)[:, : COUNT - 3000], sound[:, : COUNT - 3000])


def test_a_last_packet_that_is_full_is_like_all(spec: Callable[..., SpliceSpec]) -> None:
    """The table of times has one run then."""
    made = spliced(spec(((0, 6), (3, 8)), count=8 * ALAC))
    assert [lasts for _, lasts in times(made)] == [ALAC] * 8


def test_one_packet(spec: Callable[..., SpliceSpec]) -> None:
    """A sound that is shorter than a packet."""
    made = spliced(spec(((0, 1),), count=100))
    assert times(made) == [(0, 100)]


def test_a_last_piece_that_is_too_short(spec: Callable[..., SpliceSpec]) -> None:
    """It is refused, for the sound would end early; encoded whole it may not."""
    with pytest.raises(PiecesDiffer, match="has 12 packets"):
        spliced(spec(count=11 * ALAC + 1))


@pytest.mark.parametrize("first", [0, 1, 72_000, -4800, 48_000 * 7200 + 1])
def test_when_it_begins_is_told_beside_it(spec: Callable[..., SpliceSpec], sound: Any, first: int) -> None:
    """To the sample, on the source's clock, also before zero and after two hours; the file itself begins at zero."""
    told = spec(first=first)
    made = spliced(told)
    assert Fraction(Path(told.begin).read_text()) == Fraction(first, 48_000)
    assert start(made) == 0
    assert np.array_equal(decoded(made), sound)


def test_a_whole_track_keeps_the_times_that_jump(spec: Callable[..., SpliceSpec], tmp_path: Path) -> None:
    """One encoder has kept them, and counting would lose them: its file stays as it is."""
    told = spec(((0, 11),))
    listing(tmp_path / "heard.txt", [(4800, 20_000), (124_800, 20_000), (144_800, COUNT - 40_000)])
    assert spliced(told).read_bytes() == Path(told.pieces[0].path).read_bytes()


def test_priming_is_that_of_one_encoder(tmp_path: Path) -> None:
    """It is left unheard once, before the first sample; the sound ends where the source ends."""
    aac(tmp_path / "0.m4a", hiss(30 * 1024))
    heard = listing(tmp_path / "heard.txt", [(0, 30 * 1024 - 100)])
    parts = (SoundPart(str(tmp_path / "0.m4a"), 0),)
    made = spliced(SpliceSpec(str(tmp_path / "out.m4a"), str(heard), parts, str(tmp_path / "begin")))
    table = read_table(str(made))
    assert (table.priming, table.length) == (1024, 31 * 1024 - 100)
    assert times(made)[:30] == times(tmp_path / "0.m4a")[:30]
    assert start(made) == Fraction(-1024, 48_000)
    with av.open(str(made)) as file:
        assert file.duration == round(Fraction(30 * 1024 - 100, 48_000) * av.time_base)


def aac(path: Path, samples: Any) -> None:
    """Encode with libavcodec's own encoder, whose first packet is priming."""
    with av.open(str(path), "w", options={"movie_timescale": "705600"}) as file:
        stream: Any = file.add_stream("aac", rate=48_000, layout="mono")
        for at in range(0, samples.shape[1], 1024):
            data = np.ascontiguousarray(samples[:, at : at + 1024] / np.float32(32768), dtype=np.float32)
            frame = av.AudioFrame.from_ndarray(data, "fltp", "mono")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, at, Fraction(1, 48_000)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


def test_pieces_that_are_described_otherwise(spec: Callable[..., SpliceSpec], tmp_path: Path) -> None:
    """A decoder has one description for all; pieces of another rate or other channels can't go on."""
    told = spec(((0, 6), (3, 8)))
    for other in (alac(tmp_path / "rate.m4a", hiss(5 * ALAC, 2), rate=44_100), alac(tmp_path / "mono.m4a", hiss(5000))):
        pieces = (told.pieces[0], SoundPart(str(other), 3))
        with pytest.raises(PiecesDiffer, match="do not fit together"):
            splice(replace(told, pieces=pieces), told.output)


def test_pieces_that_do_not_overlap(spec: Callable[..., SpliceSpec]) -> None:
    """There is nothing by which a join could be chosen."""
    with pytest.raises(PiecesDiffer, match="too little in common"):
        spliced(spec(((0, 5), (3, 11))))


def test_packets_that_are_still_warming_up_are_no_join(spec: Callable[..., SpliceSpec]) -> None:
    """A piece's first packets are not yet as in the middle of the track; the track's own first are."""
    told = spec(((0, 8), (3, 11)), warm=2)
    assert [joint.packet for joint in splice(told, told.output)] == [5]


def test_pieces_from_another_place_have_nothing_in_common(spec: Callable[..., SpliceSpec]) -> None:
    """Packets are compared, not believed."""
    told = spec(((0, 6), (3, 11)))
    moved = (told.pieces[0], SoundPart(told.pieces[1].path, 2))
    with pytest.raises(PiecesDiffer, match="no packet in common"):
        splice(replace(told, pieces=moved), told.output)


def test_a_piece_that_is_cut_off_is_no_sound(spec: Callable[..., SpliceSpec]) -> None:
    """It is found before anything is written."""
    told = spec()
    path = Path(told.pieces[1].path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ChunkError, match=r"1\.m4a"):
        splice(told, told.output)
    assert not Path(told.output).exists()


def test_decoded_is_all_of_a_piece(tmp_path: Path) -> None:
    """The measure itself: what this file compares with loses nothing."""
    made = sounds.hiss(ALAC + 5, 2)
    assert np.array_equal(decoded(alac(tmp_path / "a.m4a", made)), made)
