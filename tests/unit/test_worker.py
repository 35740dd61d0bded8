"""`Worker` and `WorkerPool` without a process: the loop, the names, what is refused, and what is tried again."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, cast

import pytest

import suture
from suture.encoder import Encoder, VideoEncoder
from suture.errors import ConfigError, FFmpegNotFound
from suture.model import ChunkData, EncoderResult
from suture.worker import Worker, WorkerPool

if TYPE_CHECKING:
    from suture.command.base import Command


def chunk(number: int) -> ChunkData:
    """A chunk by its number alone."""
    return ChunkData(number, 0.0, 1.0, "film.mkv")


@dataclass
class Stub(Encoder):
    """Encodes nothing; gives or raises what it was told to, and remembers what it was asked."""

    answer: Callable[[ChunkData, str], Any] = lambda chunk, path: EncoderResult(chunk.chunk_id, path, success=True)
    asked: list[tuple[int, str]] = field(default_factory=list)

    def command(self, chunk: ChunkData, output_path: str) -> Command:
        """Nobody asks."""
        raise NotImplementedError

    def encode(self, chunk: ChunkData, output_path: str) -> EncoderResult:
        """As told."""
        self.asked.append((chunk.chunk_id, output_path))
        return cast("EncoderResult", self.answer(chunk, output_path))


def worker(factory: Callable[[], Encoder], folder: str = "out", **more: Any) -> Worker:
    """A worker, without its warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return Worker(0, factory, folder, **more)


def pool(folder: str = "out", factory: Any = VideoEncoder, **more: Any) -> WorkerPool:
    """A pool, without its warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return WorkerPool(factory, folder, **more)


def run(one: Worker, *jobs: ChunkData | None) -> list[EncoderResult]:
    """Let a worker do these jobs; its results."""
    todo: SimpleQueue[ChunkData | None] = SimpleQueue()
    done: SimpleQueue[EncoderResult] = SimpleQueue()
    for job in jobs:
        todo.put(job)
    one.run(todo, done)
    return [done.get(block=False) for _ in range(done.qsize())]


class TestWorker:
    """One at a time, from a queue, until the pill."""

    def test_it_works_until_the_pill(self) -> None:
        """What lies behind the poison pill is not touched; results come in the order of the jobs."""
        stub = Stub()
        results = run(worker(lambda: stub), chunk(4), chunk(0), None, chunk(7))
        assert [result.chunk_id for result in results] == [4, 0]
        assert stub.asked == [(4, "out/piece-00004.mkv"), (0, "out/piece-00000.mkv")]

    def test_one_encoder_for_all_its_chunks_made_when_it_runs(self) -> None:
        """The factory is not called by the constructor, and once by the run."""
        made: list[Stub] = []
        one = worker(lambda: made.append(Stub()) or made[-1])  # type: ignore[func-returns-value]
        assert not made
        run(one, chunk(0), chunk(1), None)
        assert len(made) == 1

    def test_the_extension_can_be_chosen(self) -> None:
        """Sound has a name of its own."""
        (result,) = run(worker(Stub, extension="mka"), chunk(12), None)
        assert result.output_path == "out/piece-00012.mka"

    def test_a_refusal_of_ours_is_a_result(self) -> None:
        """No ffmpeg, as an error of the factory or of the encoder: the chunk has failed, the worker goes on."""

        def refuse(*_: object) -> Encoder:
            raise FFmpegNotFound("there is no ffmpeg", "install one")

        for factory in (refuse, lambda: Stub(refuse)):
            results = run(worker(factory), chunk(0), chunk(1), None)
            assert [result.success for result in results] == [False, False]
            assert results[1].error_message == "there is no ffmpeg (install one)"

    @pytest.mark.parametrize("answer", [None, EncoderResult(5, "x", success=True)], ids=["none", "of another"])
    def test_what_is_no_result_of_the_chunk_is_a_defect(self, answer: object) -> None:
        """An encoder that gives nothing, or a result of another chunk, is not believed."""
        with pytest.raises(TypeError, match=r"Stub\.encode gave no result of chunk 0"):
            run(worker(lambda: Stub(lambda *_: answer)), chunk(0), None)


class TestDeprecation:
    """Both say what to use instead, and point at whoever made them."""

    @pytest.mark.parametrize("make", [lambda: Worker(0, Stub, "out"), lambda: WorkerPool(VideoEncoder, "out")])
    def test_the_warning(self, make: Callable[[], object]) -> None:
        """It names the orchestrator and this file."""
        with pytest.warns(DeprecationWarning, match=r"suture\.Orchestrator") as caught:
            make()
        assert [warning.filename for warning in caught] == [__file__]

    def test_they_are_public(self) -> None:
        """`import suture` is enough."""
        assert (suture.Worker, suture.WorkerPool) == (Worker, WorkerPool)


class TestWhatIsRefused:
    """Before anything is started."""

    @pytest.mark.parametrize(
        ("wrong", "word"),
        [
            ({"num_workers": 0}, "num_workers=0"),
            ({"max_retries": -1}, "max_retries=-1"),
            ({"factory": VideoEncoder()}, "can't be called"),
            ({"factory": lambda: VideoEncoder("ffv1")}, "can't be handed to another process"),
        ],
        ids=["no worker", "less than never", "an encoder", "a lambda"],
    )
    def test_by_the_constructor(self, wrong: dict[str, Any], word: str) -> None:
        """Numbers out of range, and factories that can't reach another process."""
        with pytest.raises(ConfigError, match=word):
            pool(**wrong)

    def test_two_chunks_of_one_id(self, tmp_path: Path) -> None:
        """They would overwrite each other; no folder is made for them."""
        with pytest.raises(ConfigError, match="more than once: 1, 3"):
            pool(str(tmp_path / "out")).process_all([chunk(n) for n in (1, 3, 2, 3, 1)])
        assert not (tmp_path / "out").exists()

    def test_a_folder_that_can_not_be_made(self, tmp_path: Path) -> None:
        """A file stands in its place, or in its parent's."""
        (tmp_path / "file").touch()
        for name in ("file", "file/out"):
            with pytest.raises(ConfigError, match="no output folder can be made at"):
                pool(str(tmp_path / name)).process_all([chunk(0)])

    def test_nothing_to_do(self, tmp_path: Path) -> None:
        """No chunks, no results, no folder."""
        assert pool(str(tmp_path / "out")).process_all([]) == []
        assert not (tmp_path / "out").exists()


class TestTheQueue:
    """Chunks in their order, then a pill for each worker."""

    def test_jobs_and_pills(self) -> None:
        """The order in which they are dealt."""
        one = pool()
        jobs = one._create_job_queue([chunk(2), chunk(0)])
        one._send_poison_pills(jobs, 3)
        assert [jobs.get(block=False) for _ in range(5)] == [chunk(2), chunk(0), None, None, None]
        assert jobs.empty()

    @pytest.mark.parametrize(("chunks", "started"), [(1, 1), (2, 2), (5, 3)])
    def test_no_more_workers_than_jobs(self, chunks: int, started: int) -> None:
        """Three are allowed."""
        one = pool(num_workers=3)
        jobs = one._create_job_queue([chunk(n) for n in range(chunks)])

        class Crew:
            def employ(self) -> object:
                return jobs.get(block=False)

        assert len(one._spawn_workers(jobs, cast("Any", Crew()))) == started


@dataclass
class Rounds:
    """Stands for `WorkerPool._once`: chunk 1 fails so often, chunk 2 always; remembers what was tried."""

    failures: int
    tried: list[list[int]] = field(default_factory=list)

    def __call__(self, chunks: list[ChunkData]) -> list[EncoderResult]:
        """Results, last chunk first."""
        self.tried.append([each.chunk_id for each in chunks])
        bad = {2} | ({1} if len(self.tried) <= self.failures else set())
        made = [EncoderResult(each.chunk_id, "x", success=each.chunk_id not in bad) for each in reversed(chunks)]
        return [result if result.success else replace(result, error_message="exit code 1: no") for result in made]


class TestRetry:
    """What failed is tried again, and only that."""

    def process(self, one: WorkerPool, rounds: Rounds, monkeypatch: pytest.MonkeyPatch) -> list[EncoderResult]:
        """Let a pool process chunks 3, 2, 1."""
        monkeypatch.setattr(one, "_once", rounds)
        return one.process_all([chunk(3), chunk(2), chunk(1)])

    def test_the_tries_are_counted(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Results in the order of the chunks, each with its tries; what failed for good is logged with its error."""
        rounds = Rounds(failures=1)
        with caplog.at_level(logging.ERROR, "suture.worker"):
            results = self.process(pool(str(tmp_path), max_retries=2), rounds, monkeypatch)
        assert [(each.chunk_id, each.success, each.attempts) for each in results] == [
            (3, True, 1),
            (2, False, 3),
            (1, True, 2),
        ]
        assert rounds.tried == [[3, 2, 1], [2, 1], [2]]
        assert [record.getMessage() for record in caplog.records] == ["chunk 2 failed for good: exit code 1: no"]

    def test_no_retries(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """0 means once."""
        rounds = Rounds(failures=1)
        results = self.process(pool(str(tmp_path), max_retries=0), rounds, monkeypatch)
        assert [each.success for each in results] == [True, False, False]
        assert rounds.tried == [[3, 2, 1]]

    def test_retry_failed_by_itself(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It stops as soon as nothing is left to try."""
        one, rounds = pool(max_retries=5), Rounds(failures=0)
        monkeypatch.setattr(one, "_once", rounds)
        assert [result.attempts for result in one._retry_failed([chunk(1)])] == [2]
        assert one._retry_failed([]) == []
        assert rounds.tried == [[1]]

    def test_parts_of_those_that_died_are_removed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Also when the round is broken off; whole pieces stay."""

        class Broken:
            def __init__(self, *_: object) -> None: ...
            def employ(self) -> None:
                raise KeyboardInterrupt

            def close(self) -> None: ...

        for name in (".part-piece-00001.mkv", "piece-00001.mkv"):
            (tmp_path / name).touch()
        monkeypatch.setattr("suture.worker.Crew", Broken)
        with pytest.raises(KeyboardInterrupt):
            pool(str(tmp_path)).process_all([chunk(1)])
        assert [path.name for path in tmp_path.iterdir()] == ["piece-00001.mkv"]
