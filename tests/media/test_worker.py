"""`WorkerPool` with real encoders: its pieces are those that the orchestrator makes, packet for packet."""

from __future__ import annotations

import multiprocessing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from films import H264, FilmMaker
from sewing import frame_hashes, packets
from suture.chunker import Chunker
from suture.concatenator import Concatenator
from suture.encoder import AudioEncoder, Encoder, VideoEncoder
from suture.orchestrator import Dag, Orchestrator
from suture.worker import WorkerPool

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.model import ChunkData, EncoderResult

pytestmark = pytest.mark.media


def pooled(
    factory: Callable[[], Encoder], chunks: list[ChunkData], folder: str, extension: str = "mkv"
) -> list[EncoderResult]:
    """The pieces by a pool of two; all must succeed."""
    with pytest.warns(DeprecationWarning, match="Orchestrator"):
        pool = WorkerPool(factory, folder, 2, extension=extension)
    results = pool.process_all(chunks)
    assert not [result.error_message for result in results if not result.success]
    assert [result.chunk_id for result in results] == [chunk.chunk_id for chunk in chunks]
    assert not multiprocessing.active_children()
    return results


def orchestrated(
    encoder: AudioEncoder | VideoEncoder, chunks: list[ChunkData], folder: Path, extension: str
) -> list[str]:
    """The same pieces by the orchestrator; their paths."""
    folder.mkdir()
    dag = Dag()
    paths = [str(folder / f"{chunk.chunk_id}.{extension}") for chunk in chunks]
    for chunk, path in zip(chunks, paths, strict=True):
        dag.add(encoder.command(chunk, path))
    assert Orchestrator(cpu=2).run(dag).ok
    return paths


@pytest.mark.parametrize("codec", ["libx264", "ffv1"])
def test_the_pool_makes_what_the_orchestrator_makes(
    codec: str, ffmpeg: str, make_film: FilmMaker, tmp_path: Path
) -> None:
    """Every packet of every piece, with its times; and the frames that the film has."""
    film = make_film("mp4", H264, seconds=4.0)
    chunks = Chunker("keyframes").create_chunks(str(film))
    assert len(chunks) >= 2
    factory = partial(VideoEncoder, codec, ffmpeg=ffmpeg)
    results = pooled(factory, chunks, str(tmp_path / "pool"))
    paths = orchestrated(factory(), chunks, tmp_path / "dag", "mkv")
    for chunk, result, path in zip(chunks, results, paths, strict=True):
        assert packets(Path(result.output_path)) == packets(Path(path))
        assert result.frames == chunk.frames == len(frame_hashes(Path(path)))
        assert (result.attempts, result.size_bytes) == (1, Path(result.output_path).stat().st_size)
    if codec == "ffv1":
        seen = [each for result in results for each in frame_hashes(Path(result.output_path))]
        assert seen == frame_hashes(film)


def test_sound(make_film: FilmMaker, tmp_path: Path) -> None:
    """The same for pieces of sound, under a name of its own."""
    film = make_film("mka", "", "-c:a flac", seconds=4.0)
    chunks = Chunker("fixed", 2).create_chunks(str(film))
    assert len(chunks) == 2
    factory = partial(AudioEncoder, "aac", bitrate="64k")
    results = pooled(factory, chunks, str(tmp_path / "pool"), "mka")
    paths = orchestrated(factory(), chunks, tmp_path / "dag", "mka")
    for result, path in zip(results, paths, strict=True):
        assert result.output_path.endswith(f"piece-{result.chunk_id:05d}.mka")
        assert packets(Path(result.output_path), "audio") == packets(Path(path), "audio")


def test_relative_names_mean_the_same_in_a_worker(
    make_film: FilmMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program changed its folder after it began; source, output folder and results stay relative to the new one."""
    film = make_film("mkv", H264, seconds=4.0)
    (tmp_path / "film.mkv").symlink_to(film)
    monkeypatch.chdir(tmp_path)
    chunks = Chunker("fixed", 2).create_chunks("film.mkv")
    results = pooled(partial(VideoEncoder, "ffv1"), chunks, "a/b")
    assert [result.output_path for result in results] == ["a/b/piece-00000.mkv", "a/b/piece-00001.mkv"]
    assert sum(len(packets(Path(result.output_path))) for result in results) == len(packets(film))


def test_the_seeds_whole_way(make_film: FilmMaker, tmp_path: Path) -> None:
    """Chunker, pool, concatenator: the film's frames, in their order."""
    film = make_film("mkv", H264, seconds=4.0)
    chunks = Chunker("keyframes").create_chunks(str(film))
    results = pooled(partial(VideoEncoder, "ffv1"), chunks, str(tmp_path / "pieces"))
    output = tmp_path / "out.mkv"
    assert Concatenator(chunks=tuple(chunks)).concatenate(results, str(output))
    assert frame_hashes(output) == frame_hashes(film)
