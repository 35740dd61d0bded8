"""`Crew`: the worker processes of a `suture.worker.WorkerPool`, and what becomes of them.

They are spawned, not forked, since the program may have threads. The locks of a queue that all share would be taken
along by a process that is killed; so each has a line of its own (a pipe), and who is free is dealt the next job. A
worker that dies is replaced, and the chunk that it held has failed. One whose pool hangs up or is gone stops what it
runs and ends. Nothing here knows what a worker does; that is the pool's.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from suture.errors import CommandFailed, ConfigError
from suture.model import ChunkData, EncoderResult
from suture.process import terminate_all
from suture.reap import UNKNOWN_END

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

__all__ = ["Crew", "JobQueue", "Jobs", "Results"]

JobQueue: TypeAlias = "SimpleQueue[ChunkData | None]"

_SPAWN: Final = multiprocessing.get_context("spawn")
# How often to look whether somebody is gone whose pipe a stranger holds open.
_GLANCE_S: Final = 1.0
# A worker that got its pill, or was told to stop, has so long. Its encoder's child gets 5 s of it after SIGTERM.
_LEAVE_S: Final = 10.0
# One that has said its last words, or has nothing left to run, has so long.
_LAST_S: Final = 2.0
_HINT: Final = "what it said is on stderr; a script that starts a pool needs: if __name__ == '__main__':"


class Jobs(Protocol):
    """Where a worker gets its chunks; None is the poison pill. Any queue of Python's does."""

    def get(self) -> ChunkData | None:
        """The next one; waits for it."""


class Results(Protocol):
    """Where a worker puts its results. Any queue of Python's does."""

    def put(self, result: EncoderResult, /) -> None:
        """Hand one over."""


class Working(Protocol):
    """What a process is started for; it arrives there pickled."""

    def run(self, job_queue: Jobs, result_queue: Results) -> None:
        """Do jobs until there is a poison pill."""


class Hand:
    """A worker process as the pool sees it, with the chunk that it holds."""

    def __init__(self, process: BaseProcess, line: Connection) -> None:
        self.process = process
        self.line = line
        self.chunk: ChunkData | None = None
        self.began = False
        self._since = time.monotonic()

    def give(self, job: ChunkData | None) -> None:
        """Hand over a chunk, or the poison pill."""
        with contextlib.suppress(OSError):  # it has just died, which the next look at it tells
            self.line.send(job)
        self.chunk = job
        self._since = time.monotonic()

    def hear(self) -> EncoderResult | str | None:
        """Its word: None, it has begun; a result; a text, it ends, and those are its last words (often none).

        Called when it has spoken or its process is gone.
        """
        try:
            word: EncoderResult | str | None = self.line.recv() if self.line.poll() else ""
        except (EOFError, OSError):
            return ""
        self.began = True if word is None else self.began
        return word

    def end(self, patience_s: float) -> int:
        """Wait for its end, help with SIGKILL when it does not come, and give its exit code."""
        self.process.join(patience_s)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
        self.line.close()
        return UNKNOWN_END if self.process.exitcode is None else self.process.exitcode

    def failure(self, chunk: ChunkData, path: str, code: int, words: str) -> EncoderResult:
        """What its death means for the chunk that it held."""
        return EncoderResult(
            chunk.chunk_id,
            path,
            success=False,
            error_message=f"exit code {code}: the worker process of chunk {chunk.chunk_id} {_manner(code, words)}",
            wall_seconds=time.monotonic() - self._since,
        )


class Crew:
    """The workers of one round and the lines to them: the queue in which their results arrive.

    Args:
        jobs: what they are dealt; one poison pill for each of them behind the last chunk.
        worker: pickles one of that number; it is `Working`.
        path_of: where a chunk's piece goes.
    """

    def __init__(self, jobs: JobQueue, worker: Callable[[int], bytes], path_of: Callable[[ChunkData], str]) -> None:
        self._jobs = jobs
        self._worker = worker
        self._path_of = path_of
        self._hands: list[Hand] = []
        self._hired = 0

    def employ(self) -> BaseProcess | None:
        """Start a process for the next chunk; None when there is none, and the pill is taken on its behalf."""
        job = self._jobs.get(block=False)
        if job is None:
            return None
        hand = Hand(*_started(self._worker(self._hired), f"suture-worker-{self._hired}"))
        self._hired += 1
        self._hands.append(hand)
        hand.give(job)
        return hand.process

    def get(self) -> EncoderResult:
        """The next result. A worker that died is replaced; the chunk that it held has failed.

        Raises:
            ConfigError: a worker ended before it began.
        """
        while True:
            hand = self._next_to_speak()
            word = hand.hear()
            if isinstance(word, EncoderResult):
                hand.give(self._jobs.get(block=False))
                return word
            if word is not None and (result := self._bury(hand, word)) is not None:
                return result

    def close(self) -> None:
        """Let those go who have their pill; stop the others and what they run."""
        for hand in self._hands:
            if hand.chunk is not None:
                hand.line.close()  # it notices
        give_up_at = time.monotonic() + _LEAVE_S
        for hand in self._hands:
            hand.end(max(0.0, give_up_at - time.monotonic()))
        self._hands.clear()

    def _next_to_speak(self) -> Hand:
        """Wait for a worker that has said something, or is gone."""
        while True:
            spoken = wait([hand.line for hand in self._hands], _GLANCE_S)
            for hand in self._hands:
                if hand.line in spoken or hand.process.exitcode is not None:
                    return hand

    def _bury(self, hand: Hand, words: str) -> EncoderResult | None:
        code = hand.end(_LAST_S)
        self._hands.remove(hand)
        if hand.chunk is None:
            return None
        if not hand.began and code >= 0:
            why = words.strip().splitlines()[-1] if words else f"exit code {code}"
            raise ConfigError(f"a worker process could not begin: {why}", _HINT)
        self.employ()
        return hand.failure(hand.chunk, self._path_of(hand.chunk), code, words)


def _started(worker: bytes, name: str) -> tuple[BaseProcess, Connection]:
    """Start a process for a pickled worker; gives it and our end of the line to it."""
    ours, theirs = _SPAWN.Pipe()
    home = (os.getpid(), _current_folder())
    process = _SPAWN.Process(target=_serve, args=(theirs, home, worker), name=name, daemon=True)
    try:
        with _no_interrupt():
            process.start()
    except OSError as error:
        raise CommandFailed(f"can't start a worker process: {error.strerror}", "use fewer workers") from error
    finally:
        theirs.close()
    return process, ours


# -- in the worker's process --------------------------------------------------------------------------------------


def _serve(line: Connection, home: tuple[int, str | None], pickled: bytes) -> None:
    """The life of a worker process. ``home``: the pool's process and current folder."""
    # Ctrl-C on a terminal reaches the pool, too, which tells everybody. Not SIG_IGN: children would inherit it.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    pool, here = home
    if here is not None:  # a spawned process begins where the program began
        os.chdir(here)
    jobs: JobQueue = SimpleQueue()
    threading.Thread(target=_listen, args=(line, pool, jobs), name="suture-listen", daemon=True).start()
    with _LastWords(line):
        worker: Working = pickle.loads(pickled)  # noqa: S301 - by our pool
        line.send(None)
        worker.run(jobs, _Outbox(line))


def _listen(line: Connection, pool: int, jobs: JobQueue) -> None:
    """Pass on jobs; when the pool has hung up or is gone, stop what runs here, and this process."""
    try:
        # A fork of the pool's process may hold the line open after its death.
        while os.getppid() == pool:
            if line.poll(_GLANCE_S):
                jobs.put(line.recv())
    except (EOFError, OSError):
        pass
    finally:
        jobs.put(None)
    terminate_all()
    threading.main_thread().join(_LAST_S)
    os._exit(1)


class _Outbox:
    """The line to the pool, as a queue for results."""

    def __init__(self, line: Connection) -> None:
        self._line = line

    def put(self, result: EncoderResult, /) -> None:
        self._line.send(result)


class _LastWords:
    """Tells the pool of an exception that nobody foresaw, by which this process ends."""

    def __init__(self, line: Connection) -> None:
        self._line = line

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is None or isinstance(error, SystemExit):
            return
        with contextlib.suppress(OSError):
            self._line.send("".join(traceback.format_exception(error)))
        raise SystemExit(1)


# -- small things -------------------------------------------------------------------------------------------------


def _current_folder() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 - as a string
    except FileNotFoundError:  # it was removed; absolute names work all the same
        return None


@contextlib.contextmanager
def _no_interrupt() -> Iterator[None]:
    """Keep Ctrl-C from a child that is started now, until it has found its feet: a spawned one inherits the mask."""
    resource_tracker.ensure_running()  # it comes with the first spawned process, and would take the mask off
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _manner(code: int, words: str) -> str:
    """How a process ended, as the end of a sentence."""
    if words:
        return f"ended by an exception of its encoder: {words.strip().splitlines()[-1]}\n{words.rstrip()}"
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"was ended by {signal.Signals(-code).name}"
    return f"ended by itself with exit code {code}"
