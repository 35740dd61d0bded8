"""Chunks of real files: by chapters or not, of sound, of damaged ones; and that what is cut is what was meant."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

import films
from suture.chunker import Chunker
from suture.encoder import VideoEncoder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from suture.model import ChunkData

pytestmark = pytest.mark.media


def check(chunks: list[ChunkData]) -> None:
    """What holds for all chunks of a file: ids without gaps, ranges that meet, the last one open."""
    assert [chunk.chunk_id for chunk in chunks] == list(range(len(chunks)))
    assert all((a.end_pts, a.end_time) == (b.start_pts, b.start_time) for a, b in pairwise(chunks))
    assert all(a.end_frame in {b.start_frame, -1} for a, b in pairwise(chunks))
    assert all(chunk.start_pts < chunk.end_pts for chunk in chunks)
    assert (chunks[0].start_frame, chunks[0].start_time, chunks[0].seek_us) == (0, 0.0, -1)
    assert [chunk.open_end for chunk in chunks] == [False] * (len(chunks) - 1) + [True]


def test_chapters_are_the_default(media: Callable[[str], Path]) -> None:
    """A piece for each chapter, cut at the first frame at or after its begin."""
    chunks = Chunker().create_chunks(str(media("sample_with_chapters.mp4")))
    check(chunks)
    assert [chunk.start_frame for chunk in chunks] == [0, 7, 24]
    assert chunks[-1].end_frame == 30


def test_what_decodes_otherwise_after_a_seek_stays_whole(media: Callable[[str], Path]) -> None:
    """4:4:4 H.264, chapters or not; its packets can be counted all the same."""
    (chunk,) = Chunker().create_chunks(str(media("sample_with_chapters.mkv")))
    assert (chunk.start_frame, chunk.end_frame, chunk.open_end) == (0, 150, True)


def test_without_chapters_every_so_many_seconds(media: Callable[[str], Path]) -> None:
    """600 s unless told otherwise, so a short film is one piece."""
    source = str(media("traffic_camera.mp4"))
    assert len(Chunker().create_chunks(source)) == 1
    chunks = Chunker(chunk_duration=5).create_chunks(source)
    check(chunks)
    assert [chunk.start_frame for chunk in chunks] == [0, 125, 250, 375, 500]
    assert [chunk.start_time for chunk in chunks] == [0, 5, 10, 15, 20]


@pytest.mark.parametrize(
    "name", ["dash-multi-codec_en+es.mkv", "edit_list_positive_shift.mp4", "traffic_camera_vfr.mp4"]
)
@pytest.mark.parametrize("chunking", ["auto", "keyframes", "fixed"])
def test_every_way_of_cutting_covers_the_film(name: str, chunking: str, media: Callable[[str], Path]) -> None:
    """No frame between two pieces, none in both."""
    chunks = Chunker(chunking, Fraction(7, 2), workers=4).create_chunks(str(media(name)))
    check(chunks)
    assert len(chunks) > 1 or chunking == "auto"


def test_sound_alone_is_cut_by_time(media: Callable[[str], Path]) -> None:
    """A song in pieces of a minute, on its sample clock; its cover is no film."""
    chunks = Chunker(chunk_duration=60).create_chunks(str(media("Vibe_Ace.hq.ogg")))
    check(chunks)
    assert [chunk.start_time for chunk in chunks] == [0, 60]
    assert chunks[1].start_pts - chunks[0].start_pts == 60 * 44100
    assert chunks[-1].end_time == pytest.approx(61.46, abs=0.01)


def test_chapters_of_sound_that_begins_late_are_where_they_are(make_film: films.FilmMaker, tmp_path: Path) -> None:
    """Chapters count from the container's zero, chunks from the first sample."""
    tags = tmp_path / "tags.txt"
    spans = ((0, 3500), (3500, 4000), (4000, 5000))
    tags.write_text(";FFMETADATA1\n" + "".join(f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={a}\nEND={b}\n" for a, b in spans))
    source = make_film("mka", "", "-c:a flac", seconds=2, more=("-i", tags, "-map_chapters", "1"))
    late = tmp_path / "late.mka"
    films.ffmpeg("-itsoffset", "3", "-i", source, "-i", tags, "-map_chapters", "1", "-c", "copy", late)
    chunks = Chunker().create_chunks(str(late))
    assert [chunk.start_pts for chunk in chunks] == [3000, 3500, 4000]
    assert [chunk.start_time for chunk in chunks] == [0, 0.5, 1]


@pytest.mark.parametrize(
    "name",
    [
        "1833894.mp4",
        "empty-samples.webm",
        "bogus.wav",
        "fixture-corrupt.mkv",
        "sintel-video-segment.mp4",
        "init_only.mp4",
    ],
)
def test_an_invalid_source_has_no_chunks(name: str, media: Callable[[str], Path]) -> None:
    """Nothing to cut is an empty list, not an error."""
    assert Chunker().create_chunks(str(media(name))) == []


def test_what_is_no_media_has_no_chunks(tmp_path: Path) -> None:
    """Absent, empty, a folder, text."""
    (tmp_path / "empty.mkv").touch()
    (tmp_path / "text.mkv").write_text("words " * 100)
    for name in ("absent.mkv", "empty.mkv", "text.mkv", ""):
        assert Chunker().create_chunks(str(tmp_path / name)) == []


def test_untrusted_packets_are_not_counted(media: Callable[[str], Path]) -> None:
    """One open piece: how many frames it holds is found by decoding."""
    (chunk,) = Chunker("auto", workers=8).create_chunks(str(media("fixture.mxf")))
    assert (chunk.start_frame, chunk.end_frame, chunk.open_end, chunk.frames) == (0, -1, True, None)


def test_pieces_of_a_real_film_encode_to_their_frames(media: Callable[[str], Path], tmp_path: Path) -> None:
    """Two pieces from the middle of a film with B-frames, one on a keyframe and one off: as many as promised."""
    source = str(media("pyramid_3b.mp4"))
    chunks = Chunker(chunk_duration=Fraction(7, 5)).create_chunks(source)
    check(chunks)
    encoder = VideoEncoder("libx264", speed="ultrafast", filters=("scale=64:48",))
    for chunk in chunks[1:]:
        result = encoder.encode(chunk, str(tmp_path / f"{chunk.chunk_id}.mkv"))
        assert result.success, result.error_message
        assert result.frames == chunk.frames
