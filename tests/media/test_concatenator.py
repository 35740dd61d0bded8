"""The concatenator by itself: pieces with their chunks, pieces from elsewhere, and pieces that do not fit."""

from __future__ import annotations

import logging
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

import films
import sewing
from suture.chunker import Chunker
from suture.concatenator import Concatenator
from suture.encoder import VideoEncoder
from suture.errors import CommandError, ConcatError, ConfigError
from suture.media.probe import probe_file
from suture.model import ChunkData, EncoderResult

pytestmark = pytest.mark.media


@pytest.fixture(scope="module")
def pieces(make_film: films.FilmMaker, tmp_path_factory: pytest.TempPathFactory) -> sewing.Cut:
    """Four pieces of a film at 23.976; tests must not change them."""
    return sewing.cut(make_film(), (0, 7, 20, 33), tmp_path_factory.mktemp("pieces"), "libx264")


def failed(result: EncoderResult) -> EncoderResult:
    """The same piece, had its encoder failed."""
    return replace(result, success=False, error_message="exit code 1: no")


@pytest.mark.parametrize("name", ["out.mp4", "- it's 100%.MKV"])
def test_with_their_chunks_frames_get_the_sources_times(name: str, pieces: sewing.Cut, tmp_path: Path) -> None:
    """Every frame, in whatever order the results come; nothing else is left beside the output."""
    output = tmp_path / name
    results = (pieces.results[2], pieces.results[0], pieces.results[3], pieces.results[1])
    assert Concatenator(chunks=pieces.chunks).concatenate(results, str(output))
    assert sewing.frame_hashes(output) == sewing.frame_hashes(pieces.source)
    assert all(
        abs(a - b) <= sewing.time_base(output)
        for a, b in zip(sewing.shown(output), sewing.shown(pieces.source), strict=True)
    )
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_failed_piece_is_an_error_that_names_its_range(pieces: sewing.Cut, tmp_path: Path) -> None:
    """Strict: what stood under the output's name stays."""
    output = tmp_path / "out.mkv"
    output.write_text("before")
    results = [failed(pieces.results[1]) if r.chunk_id == 1 else r for r in pieces.results]
    with pytest.raises(ConcatError, match=r"failed or missing: piece 1 \(0\.292 s to 0\.834 s\)"):
        Concatenator(chunks=pieces.chunks).concatenate(results, str(output))
    with pytest.raises(ConcatError, match="piece 3"):
        Concatenator(chunks=pieces.chunks).concatenate(pieces.results[:3], str(output))
    assert output.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["out.mkv"]


def test_permissive_leaves_it_out_and_says_so(
    pieces: sewing.Cut, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A failed one and an unreadable one: their frames are missing, the others stand where they stood."""
    output, broken = tmp_path / "out.mkv", tmp_path / "broken.mkv"
    broken.write_bytes(Path(pieces.results[3].output_path).read_bytes()[:40])
    results = [
        pieces.results[0],
        failed(pieces.results[1]),
        pieces.results[2],
        replace(pieces.results[3], output_path=str(broken)),
    ]
    with pytest.raises(ConcatError, match=r"piece 1 .*, piece 3 "):
        Concatenator(chunks=pieces.chunks).concatenate(results, str(output))
    with caplog.at_level(logging.WARNING):
        assert Concatenator(strict=False, chunks=pieces.chunks).concatenate(results, str(output))
    assert "piece 1 (0.292 s to 0.834 s)" in caplog.text
    assert "piece 3" in caplog.text
    times = sewing.shown(pieces.source)
    assert sewing.shown(output) == [*times[:7], *times[20:33]]


def test_pieces_from_elsewhere_follow_each_other(pieces: sewing.Cut, ffmpeg: str, tmp_path: Path) -> None:
    """Without chunks: the concat demuxer, with names as hostile as they may be; all frames, one after the other."""
    results = []
    for result in pieces.results:
        foreign = tmp_path / f"it's [{result.chunk_id}] 100% é;,.mkv"
        foreign.write_bytes(Path(result.output_path).read_bytes())
        results.append(EncoderResult(result.chunk_id, str(foreign), success=True))
    output = tmp_path / "out.mkv"
    assert Concatenator(ffmpeg=ffmpeg).concatenate(results, str(output))
    assert sewing.frame_hashes(output, ffmpeg) == sewing.frame_hashes(pieces.source, ffmpeg)
    times = sewing.shown(output)
    assert all(0 < float(b - a) < 0.1 for a, b in pairwise(times))
    assert not list(tmp_path.glob(".part-*"))


def test_sound_in_pieces_goes_through_the_demuxer(make_film: films.FilmMaker, tmp_path: Path) -> None:
    """Also where its chunks are known: there are no frames to place."""
    source = make_film("mka", "", "-c:a flac")
    results, chunks = [], []
    for n in range(2):
        piece = tmp_path / f"{n}.mka"
        films.ffmpeg("-ss", str(n), "-i", source, "-t", "1", "-c:a", "flac", piece)
        results.append(EncoderResult(n, str(piece), success=True))
        chunks.append(ChunkData(n, n, n + 1, str(source)))
    assert Concatenator(chunks=tuple(chunks)).concatenate(results, str(tmp_path / "out.mka"))
    (stream,) = probe_file(str(tmp_path / "out.mka")).streams
    packets = sewing.packets(tmp_path / "out.mka", "audio")
    assert stream.codec == "flac"
    assert float(packets[-1].pts + packets[-1].duration) == pytest.approx(2, abs=0.1)


def test_pieces_of_another_shape_are_refused(make_film: films.FilmMaker, pieces: sewing.Cut, tmp_path: Path) -> None:
    """Another size, another codec, a stream more: named."""
    others = [
        make_film("mkv", films.H264, size="32x32"),
        make_film("mkv", "-c:v mpeg4"),
        make_film("mkv", films.H264, "-c:a flac"),
    ]
    for other in others:
        results = [pieces.results[0], replace(pieces.results[1], output_path=str(other))]
        with pytest.raises(ConcatError, match="pieces 0 and 1 differ"):
            Concatenator(chunks=pieces.chunks[:2]).concatenate(results, str(tmp_path / "out.mkv"))
    assert list(tmp_path.iterdir()) == []


def test_what_makes_no_sense_is_refused(pieces: sewing.Cut, tmp_path: Path) -> None:
    """No pieces, two of one id, one of a chunk that nobody knows, an unknown container, a name for no list."""
    output = str(tmp_path / "out.mkv")
    with pytest.raises(ConcatError, match="no pieces"):
        Concatenator().concatenate([], output)
    with pytest.raises(ConcatError, match="no pieces"):
        Concatenator(strict=False).concatenate([failed(pieces.results[0])], output)
    with pytest.raises(ConcatError, match="one id"):
        Concatenator().concatenate([pieces.results[0], pieces.results[0]], output)
    with pytest.raises(ConcatError, match="no chunk has the id 9"):
        Concatenator(chunks=pieces.chunks).concatenate(
            [*pieces.results, replace(pieces.results[0], chunk_id=9)], output
        )
    with pytest.raises(ConcatError, match="no container"):
        Concatenator(chunks=pieces.chunks).concatenate(pieces.results, str(tmp_path / "out.xyz"))
    line = tmp_path / "two\nlines.mkv"
    line.write_bytes(Path(pieces.results[0].output_path).read_bytes())
    with pytest.raises(ConfigError, match="line end"):
        Concatenator().concatenate([replace(pieces.results[0], output_path=str(line))], output)
    with pytest.raises(CommandError):
        Concatenator().concatenate(pieces.results, str(tmp_path / "no/such/folder/out.mkv"))


def test_chunker_encoder_concatenator(make_film: films.FilmMaker, tmp_path: Path) -> None:
    """The three of them make a film of a film; also where it can't be cut, and its frames are not known before."""
    for extension in ("mkv", "avi"):
        source = make_film(extension, films.H264 if extension == "mkv" else "-c:v mpeg4 -bf 2")
        chunks = Chunker(chunk_duration=0.5).create_chunks(str(source))
        assert len(chunks) == (4 if extension == "mkv" else 1)
        results = [VideoEncoder("ffv1").encode(chunk, str(tmp_path / f"{chunk.chunk_id}.mkv")) for chunk in chunks]
        output = tmp_path / f"from-{extension}.mkv"
        assert Concatenator(chunks=tuple(chunks)).concatenate(results, str(output))
        assert sewing.frame_hashes(output) == sewing.frame_hashes(source)
