"""`Worker` and `WorkerPool`: the older way to encode chunks, by a queue, a few processes, and poison pills.

Deprecated: `suture.orchestrator` runs the same commands, with dependencies, limits and resume. Each worker process
makes its own encoder and does one chunk at a time until it gets a poison pill. The processes are spawned: a script
that makes a pool needs ``if __name__ == "__main__":``, and the encoder factory must pickle. How they are started,
dealt their chunks, and buried is `suture.crew`'s.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeAlias

from suture.command.part import part_of
from suture.crew import Crew
from suture.encoder import Encoder
from suture.errors import ConfigError, SutureError
from suture.model import ChunkData, EncoderResult

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from suture.crew import JobQueue, Jobs, Results

__all__ = ["Worker", "WorkerPool"]

EncoderFactory: TypeAlias = Callable[[], Encoder]
_log = logging.getLogger(__name__)


class _Worker:
    """What `Worker` says, without the warning: the pool's own, whose maker was warned."""

    def __init__(
        self, worker_id: int, encoder_factory: EncoderFactory, output_dir: str, *, extension: str = "mkv"
    ) -> None:
        self.worker_id = worker_id
        self._factory = encoder_factory
        self._folder = os.fspath(output_dir)
        self._extension = extension
        self._encoder: Encoder | None = None

    def run(self, job_queue: Jobs, result_queue: Results) -> None:
        """Do chunks until there is a poison pill (None)."""
        while (chunk := job_queue.get()) is not None:
            result_queue.put(self._process_single_job(chunk))

    def _process_single_job(self, chunk: ChunkData) -> EncoderResult:
        """Encode one chunk. What Suture itself refuses (no ffmpeg, say) is a result, too."""
        path = self._generate_output_path(chunk)
        try:
            if self._encoder is None:
                self._encoder = self._factory()
            result = self._encoder.encode(chunk, path)
        except SutureError as error:
            return EncoderResult(chunk.chunk_id, path, success=False, error_message=str(error))
        if not isinstance(result, EncoderResult) or result.chunk_id != chunk.chunk_id:
            raise TypeError(
                f"{type(self._encoder).__name__}.encode gave no result of chunk {chunk.chunk_id}: {result!r}"
            )
        return result

    def _generate_output_path(self, chunk: ChunkData) -> str:
        """``piece-00003.mkv`` in the output folder, for chunk 3."""
        return _piece_path(self._folder, self._extension, chunk)


class Worker(_Worker):
    """Does jobs from a queue, one at a time. Deprecated: use `suture.Orchestrator`.

    Args:
        worker_id: its number.
        encoder_factory: makes its encoder, where and when its first chunk is done.
        output_dir: where pieces go; must exist when it runs.
        extension: of the pieces; Matroska holds what any encoder makes.
    """

    def __init__(
        self, worker_id: int, encoder_factory: EncoderFactory, output_dir: str, *, extension: str = "mkv"
    ) -> None:
        _deprecated("Worker")
        super().__init__(worker_id, encoder_factory, output_dir, extension=extension)


class WorkerPool:
    """Encodes chunks in processes of its own. Deprecated: use `suture.Orchestrator`.

    Args:
        encoder_factory: makes an encoder; called in each worker process, so it must pickle: a function or class of
            a module, or `functools.partial` of one.
        output_dir: where pieces go; made when it is missing.
        num_workers: processes at a time, at least 1.
        max_retries: how often a chunk that failed is tried again; 0: never.
        extension: of the pieces.

    Raises:
        ConfigError: a number is out of its range; the factory can't be called or pickled.
    """

    def __init__(
        self,
        encoder_factory: EncoderFactory,
        output_dir: str,
        num_workers: int = 1,
        max_retries: int = 2,
        *,
        extension: str = "mkv",
    ) -> None:
        _deprecated("WorkerPool")
        if num_workers < 1:
            raise ConfigError(f"num_workers={num_workers!r} can't encode anything", "at least 1")
        if max_retries < 0:
            raise ConfigError(f"max_retries={max_retries!r} is out of range", "0 or more")
        if not callable(encoder_factory):
            what = f"the encoder factory {encoder_factory!r} can't be called"
            raise ConfigError(what, "give what makes an encoder: functools.partial(VideoEncoder, …)")
        self._factory = encoder_factory
        self._folder = os.fspath(output_dir)
        self._num_workers = num_workers
        self._max_retries = max_retries
        self._extension = extension
        self._pickled_worker(0)

    def process_all(self, chunks: Sequence[ChunkData]) -> list[EncoderResult]:
        """Encode all chunks, and wait. Gives a result for each, in their order; failures are results.

        ``attempts`` of a result counts the tries. A chunk whose worker died was tried, too. Whatever ends this call,
        its processes and their children end with it; they do so even when this process is killed.

        Raises:
            ConfigError: two chunks have one id; the output folder can't be made; workers can't start.
            CommandFailed: the system can't start a process now.
        """
        _refuse_twins(chunks)
        if not chunks:
            return []
        _make_folder(self._folder)
        results = {result.chunk_id: result for result in self._once(chunks)}
        failed = [chunk for chunk in chunks if not results[chunk.chunk_id].success]
        results |= {result.chunk_id: result for result in self._retry_failed(failed)}
        for result in results.values():
            if not result.success:
                _log.error("chunk %d failed for good: %s", result.chunk_id, result.error_message)
        return [results[chunk.chunk_id] for chunk in chunks]

    def _once(self, chunks: Sequence[ChunkData]) -> list[EncoderResult]:
        """Try each chunk once, with new workers."""
        jobs = self._create_job_queue(chunks)
        try:
            with contextlib.closing(Crew(jobs, self._pickled_worker, self._path_of)) as crew:
                workers = self._spawn_workers(jobs, crew)
                self._send_poison_pills(jobs, len(workers))
                return self._collect_results(crew, len(chunks))
        finally:
            for chunk in chunks:  # a worker that died could not
                Path(part_of(self._path_of(chunk))).unlink(missing_ok=True)

    def _create_job_queue(self, chunks: Sequence[ChunkData]) -> JobQueue:
        """All chunks, in their order. It stays in this process: workers are dealt from it."""
        jobs: JobQueue = SimpleQueue()
        for chunk in chunks:
            jobs.put(chunk)
        return jobs

    def _spawn_workers(self, job_queue: JobQueue, result_queue: Crew) -> list[BaseProcess]:
        """Start the processes; no more than there are jobs. Their results arrive in ``result_queue``."""
        count = min(self._num_workers, job_queue.qsize())
        return [process for _ in range(count) if (process := result_queue.employ()) is not None]

    def _send_poison_pills(self, job_queue: JobQueue, num_workers: int) -> None:
        """One for each worker, behind the last chunk."""
        for _ in range(num_workers):
            job_queue.put(None)

    def _collect_results(self, result_queue: Crew, expected_count: int) -> list[EncoderResult]:
        """Wait for so many results, in the order in which they arrive."""
        return [result_queue.get() for _ in range(expected_count)]

    def _retry_failed(self, failed_chunks: Sequence[ChunkData]) -> list[EncoderResult]:
        """Try them again, ``max_retries`` times at most; gives the last result of each that was tried."""
        results: dict[int, EncoderResult] = {}
        for attempt in range(2, self._max_retries + 2):
            if not failed_chunks:
                break
            tried = [replace(result, attempts=attempt) for result in self._once(failed_chunks)]
            results |= {result.chunk_id: result for result in tried}
            failed_chunks = [chunk for chunk in failed_chunks if not results[chunk.chunk_id].success]
        return list(results.values())

    def _pickled_worker(self, worker_id: int) -> bytes:
        return _pickled(_Worker(worker_id, self._factory, self._folder, extension=self._extension))

    def _path_of(self, chunk: ChunkData) -> str:
        return _piece_path(self._folder, self._extension, chunk)


def _deprecated(name: str) -> None:
    text = f"suture.{name} is deprecated: let a suture.Orchestrator run a suture.Dag of encoder.command(chunk, path)"
    warnings.warn(text, DeprecationWarning, stacklevel=3)


def _piece_path(folder: str, extension: str, chunk: ChunkData) -> str:
    return os.path.join(folder, f"piece-{chunk.chunk_id:05d}.{extension}")  # noqa: PTH118 - results hold strings


def _pickled(worker: _Worker) -> bytes:
    try:
        return pickle.dumps(worker)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        hint = "give a function or class of a module, or functools.partial of one; no lambda, nothing defined inside"
        raise ConfigError(f"the encoder factory can't be handed to another process: {error}", hint) from error


def _refuse_twins(chunks: Sequence[ChunkData]) -> None:
    """Two pieces of one id would overwrite each other."""
    counts = Counter(chunk.chunk_id for chunk in chunks)
    if twins := sorted(each for each, count in counts.items() if count > 1):
        raise ConfigError(f"chunk ids are there more than once: {', '.join(map(str, twins))}", "number them 0, 1, 2 …")


def _make_folder(folder: str) -> None:
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"no output folder can be made at {folder!r}: {error.strerror}", "name another") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(f"nothing can be written in {folder!r}", "choose another, or check the access rights")
