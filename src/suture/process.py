"""Child processes, ours and ffmpeg's: started, heard, watched, stopped and reaped here and nowhere else.

`run` is the whole contract: one call, one child in a group of its own, and when the call returns or raises,
nothing of that group is left. It knows nothing of ffmpeg: what the lines mean is `suture.ffmpeg`'s business,
what an end means is `suture.command.base`'s. A dying Suture leaves nothing either: at exit, what daemon
threads still run is stopped, and a warden (one ``sh`` that waits for the end of a pipe) kills the groups of
a Suture that was itself killed. How a child comes to be is the business of `started` and, for steps of our own,
`forks`; these two and `warden` are the only files that import subprocess. `pipes`, `lines`, `reap` and `cancel` are its
parts.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Self

from suture.cancel import CancelToken
from suture.errors import CommandCancelled, CommandFailed
from suture.forks import Forks, python_argv
from suture.pipes import LAST_WORDS_S, Drain, Listener, Log, is_ready, widen
from suture.started import TOO_MANY, execute
from suture.warden import Warden

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from suture.reap import End
    from suture.started import Started

__all__ = ["CancelToken", "Finished", "Stream", "python_argv", "run", "serving", "terminate_all"]

EXIT_GRACE_S: Final = 2.0
# A stream has nothing to put in order when it is stopped.
_STREAM_GRACE_S: Final = 1.0
# It may have files to finish, on a machine that is busy, when it has closed its stdout.
_LAST_DEEDS_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Finished:
    """How a child ended and what it cost.

    Args:
        returncode: its exit code; negative is the signal that ended it.
        stderr_tail: the last 32 kB of stderr; of lines that rewrite each other (progress) only the last.
        wall_seconds: from start to end.
        cpu_seconds: user and system time of the child and of the children it waited for.
        peak_memory_bytes: the largest resident set of the child, or of a child it waited for.
        cancelled: it was stopped because of a token, or by `terminate_all`.
        stalled: it was stopped because it made no progress.
    """

    returncode: int
    stderr_tail: str
    wall_seconds: float
    cpu_seconds: float
    peak_memory_bytes: int
    cancelled: bool = False
    stalled: bool = False


def serving() -> AbstractContextManager[None]:
    """Inside the block, children of `python_argv` start in a tenth of the time, where that can be (Linux).

    A fork server loads what they need, beside whatever the caller does; nobody waits for it. Calls may be nested,
    and come from several threads. In all else the children are the same: see `suture.forks`.
    """
    return _forks.held()


def run(
    argv: Sequence[str],
    *,
    on_stdout: Callable[[str], bool] | None = None,
    stdin: bytes | None = None,
    log_path: Path | None = None,
    cancel: CancelToken | None = None,
    stall_timeout_s: float | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    grace_s: float = 5.0,
) -> Finished:
    """Run a program to its end, in the calling thread.

    The child gets a session and process group of its own and no stdin (unless ``stdin`` is given). Both
    outputs are read all the time. To stop it, its group gets SIGTERM, and SIGKILL when it is still there
    ``grace_s`` later. What it leaves running in its group is killed when it ends; a pipe that a stranger
    holds open is given up after a second. A step of ours that is lost with the fork server (`serving`) is begun anew.

    Args:
        argv: the program and its arguments.
        on_stdout: gets each line of stdout, in the calling thread, and says whether it means real progress.
            Without it, stdout is thrown away and any output counts as progress. If it raises, the child is
            killed.
        stdin: what the child reads.
        log_path: stderr is appended here after a line with the command; 64 MB at most, while there is room.
        cancel: stops the child when set. One that is set already keeps it from being started.
        stall_timeout_s: without progress for so long, it is stopped; None: never.
        env: its environment; None: ours.
        cwd: its current folder; None: ours.
        grace_s: time between SIGTERM and SIGKILL.

    Raises:
        FFmpegNotFound: there is no such program.
        EnvironmentProblem: it can't be executed, or ``cwd`` is no folder.
        ConfigError: an argument holds a NUL.
        CommandFailed: the system can't start it now (too many processes or open files, no memory: retryable).
        CommandCancelled: the interpreter is ending; nothing is started any more.
    """
    token = cancel or CancelToken()
    if token.cancelled:
        return Finished(-signal.SIGTERM, "", 0.0, 0.0, 0, cancelled=True)
    while True:
        started = _start(argv, pipe_in=stdin is not None, env=env, cwd=cwd)
        with _Child(started, Log(log_path, argv), any_output_counts=on_stdout is None) as child:
            listener = Listener(started.stdout, child.hear, on_stdout)
            if stdin is not None and started.stdin is not None:
                listener.feed(started.stdin, stdin)
            child.start_draining(argv)
            while not child.ended():
                if token.cancelled:
                    child.ask("cancelled", grace_s)
                child.watch(stall_timeout_s, grace_s)
                listener.listen()
            listener.last_words()
        if not started.lost or child.asked:
            return child.finished()


class Stream:
    """A program whose stdout is data, read bit by bit by whoever wants the next one; in between it waits.

    It keeps the promises of `run`: a group of its own, stderr read all the time, nothing left once it is closed.

    Args:
        argv: the program and its arguments.
        log_path: as in `run`.

    Raises:
        SutureError: as `run`.
    """

    def __init__(self, argv: Sequence[str], log_path: Path | None = None) -> None:
        started = _start(argv, pipe_in=False, env=None, cwd=None)
        self._child = _Child(started, Log(log_path, argv), any_output_counts=False)
        self._open = contextlib.ExitStack()
        self._open.enter_context(self._child)
        self._pipe = started.stdout
        widen(self._pipe)
        self._child.start_draining(argv)

    def read_into(self, buffer: memoryview, cancel: CancelToken, stall_timeout_s: float | None = None) -> int:
        """Wait for data; give how many bytes there were. 0: there are no more, or it was stopped.

        Args:
            buffer: where they go.
            cancel: stops it when set.
            stall_timeout_s: without data for so long, it is stopped; None: never.
        """
        self._child.hear()
        while not self._child.asked:
            if cancel.cancelled:
                self._child.ask("cancelled", _STREAM_GRACE_S)
            elif is_ready(self._pipe):
                return os.readv(self._pipe.fileno(), [buffer])
            self._child.watch(stall_timeout_s, _STREAM_GRACE_S)
        return 0

    def finish(self) -> Finished:
        """Wait for its end, which after the last data is near; afterwards it is closed."""
        self._child.hear()
        while not self._child.ended():
            self._child.watch(_LAST_DEEDS_S, _STREAM_GRACE_S)
            time.sleep(0.002)
        self.close()
        return self._child.finished()

    def close(self) -> None:
        """Stop it at once, if it has not ended; once more does no harm."""
        self._open.close()


def terminate_all(grace_s: float = 5.0) -> None:
    """Stop everything that `run` has in flight in this process, in whatever thread.

    All get SIGTERM at once and share one deadline: who is still there ``grace_s`` later gets SIGKILL. The
    calls of `run` return as cancelled. Children that are started later are not touched.
    """
    children = list(_in_flight)
    for child in children:
        child.ask("cancelled", grace_s)
    give_up_at = time.monotonic() + grace_s + LAST_WORDS_S
    while children and time.monotonic() < give_up_at:
        for child in children:
            child.watch(None, grace_s)
        children = [child for child in children if not child.ended()]
        time.sleep(0.01 if children else 0)


class _Child:
    """A started program: its group, its stderr, its end. Any thread may ask it to stop or find it ended."""

    def __init__(self, started: Started, log: Log, *, any_output_counts: bool) -> None:
        self._started = started
        # Re-entrant: a signal handler may call terminate_all while the interrupted thread holds it.
        self._lock = threading.RLock()
        self._drain = Drain(started.stderr, log, self.hear if any_output_counts else _ignore)
        self._heard_at = time.monotonic()
        self._reason: Literal["", "cancelled", "stalled"] = ""
        self._kill_at = float("inf")
        self._end: End | None = None

    def __enter__(self) -> Self:
        _in_flight.add(self)
        _warden.tell("+", self._started.pid)
        return self

    def __exit__(self, *_: object) -> None:
        self._signal(signal.SIGKILL)
        while not self.ended():
            time.sleep(0.002)
        _in_flight.discard(self)
        self._drain.finish()
        for pipe in (self._started.stdin, self._started.stdout, self._started.stderr):
            if pipe is not None:
                pipe.close()

    def start_draining(self, argv: Sequence[str]) -> None:
        """Read stderr from now on, in a thread of its own."""
        try:
            self._drain.start()
        except RuntimeError as error:
            raise CommandFailed(f"can't watch {argv[0]!r}: {error}", TOO_MANY, argv, retryable=True) from error

    def hear(self) -> None:
        """It made progress."""
        self._heard_at = time.monotonic()

    @property
    def asked(self) -> bool:
        """Whether it was asked to stop."""
        return bool(self._reason)

    def ask(self, reason: Literal["cancelled", "stalled"], grace_s: float) -> None:
        """SIGTERM the group, once, and set the time of its SIGKILL. One that has ended is left as it is."""
        with self._lock:
            self._kill_at = min(self._kill_at, time.monotonic() + grace_s)
            if not self.ended() and not self._reason:
                self._reason = reason
                self._signal(signal.SIGTERM)

    def watch(self, stall_timeout_s: float | None, grace_s: float) -> None:
        """What has to be looked at from time to time: silence, a SIGKILL that is due, memory."""
        now = time.monotonic()
        self._started.look(now)
        if stall_timeout_s is not None and now - self._heard_at > stall_timeout_s and not self._reason:
            self.ask("stalled", grace_s)
        if now >= self._kill_at:
            self._signal(signal.SIGKILL)

    def ended(self) -> bool:
        """Whether it ended. When it has, it is reaped and what it left in its group is killed."""
        with self._lock:
            if self._end is None:
                end = self._started.reap()
                self._end = self._end or end  # a signal handler may have been here meanwhile
                if self._end is not None:
                    _warden.tell("-", self._started.pid)
            return self._end is not None

    def finished(self) -> Finished:
        """The account, once it ended."""
        assert self._end is not None  # noqa: S101  # run asks after the end
        end = self._end
        return Finished(
            returncode=end.returncode,
            stderr_tail=self._drain.tail.text(),
            wall_seconds=end.time - self._started.begun,
            cpu_seconds=end.cpu_seconds,
            peak_memory_bytes=end.peak_bytes,
            cancelled=self._reason == "cancelled",
            stalled=self._reason == "stalled",
        )

    def _signal(self, number: int) -> None:
        with self._lock:
            if self._end is None:
                self._started.signal(number)


def _start(argv: Sequence[str], *, pipe_in: bool, env: Mapping[str, str] | None, cwd: Path | None) -> Started:
    if env is None and cwd is None and not _exiting.is_set():
        forked = _forks.start(argv, pipe_in=pipe_in)
        if forked is not None:
            return forked
    if _exiting.is_set():
        raise CommandCancelled(f"{argv[0]!r} was not started: Python is ending")
    return execute(argv, pipe_in=pipe_in, env=_warden.marked(env), cwd=cwd)


def _ignore() -> None:
    """Nobody counts this."""


_in_flight: set[_Child] = set()
_exiting = threading.Event()
_warden = Warden()
_forks = Forks(_warden)


def _leave() -> None:
    _exiting.set()
    terminate_all(EXIT_GRACE_S)
    _forks.end()
    _warden.dismiss()


def _forget_all() -> None:
    _in_flight.clear()
    _forks.forget()
    _warden.forget()


atexit.register(_leave)
os.register_at_fork(after_in_child=_forget_all)
