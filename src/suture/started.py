"""A child that was started: what `process` needs of one, and `execute`, the ordinary way to one.

The other way is `forks`. Both give a `Started`, so that who waits for a child need not care how it came to be. Why a
program can't be started becomes one of our errors here.
"""

from __future__ import annotations

import errno
import subprocess
import time
from typing import IO, TYPE_CHECKING, Final, Protocol

from suture.errors import CommandFailed, ConfigError, EnvironmentProblem, FFmpegNotFound
from suture.reap import Memory, kill_group, reap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from suture.errors import SutureError
    from suture.reap import End

__all__ = ["TOO_MANY", "Executed", "Started", "execute"]

TOO_MANY: Final = "use fewer workers, or raise the limits on processes, open files and memory (ulimit -a)"


class Started(Protocol):
    """A child, the leader of a session and group of its own.

    Attributes:
        pid: its number, which is its group's, too.
        begun: when it was started, monotonic.
        stdin: None unless it was asked for.
        stdout: to be read.
        stderr: to be read.
        lost: it was killed because the server that forked it had died; what it was to do can be done again.
    """

    pid: int
    begun: float
    stdin: IO[bytes] | None
    stdout: IO[bytes]
    stderr: IO[bytes]
    lost: bool

    def reap(self) -> End | None:
        """Its end, when it ended; by then nothing of its group is left. To be asked no more after that."""

    def signal(self, number: int) -> None:
        """Signal its group. Not to be called after its end."""

    def look(self, now: float) -> None:
        """What has to be looked at from time to time, while it runs."""


class Executed:
    """A child that `subprocess` has started."""

    lost = False

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._memory = Memory(process.pid)
        self.pid, self.begun = process.pid, time.monotonic()
        self.stdin = process.stdin
        self.stdout, self.stderr = _pipe(process.stdout), _pipe(process.stderr)

    def reap(self) -> End | None:
        """As in `Started`."""
        end = reap(self.pid)
        if end is None:
            return None
        self._process.returncode = end.returncode  # Popen need not look for it any more
        return self._memory.corrected(end)

    def signal(self, number: int) -> None:
        """As in `Started`."""
        kill_group(self.pid, number)

    def look(self, now: float) -> None:
        """Its memory, which is lost when it ends."""
        self._memory.sample(now)


def execute(argv: Sequence[str], *, pipe_in: bool, env: Mapping[str, str], cwd: Path | None) -> Executed:
    """Start a program.

    Args:
        argv: the program and its arguments.
        pipe_in: whether it gets a stdin; else it finds the end at once.
        env: its environment, whole.
        cwd: its current folder; None: ours.

    Raises:
        SutureError: as `suture.process.run`.
    """
    try:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE if pipe_in else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
            cwd=cwd,
            start_new_session=True,
            bufsize=0,
        )
    except ValueError as error:
        raise ConfigError(f"can't start {argv[0]!r}: {error}", "an argument must not hold a NUL") from error
    except OSError as error:
        raise _start_error(error, argv, cwd) from error
    return Executed(process)


def _start_error(error: OSError, argv: Sequence[str], cwd: Path | None) -> SutureError:
    what = f"can't start {argv[0]!r}: {error.strerror}"
    if cwd is not None and not cwd.is_dir():
        return EnvironmentProblem(f"can't start {argv[0]!r} in {str(cwd)!r}: there is no such folder")
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return FFmpegNotFound(what, "install it, or name another with --ffmpeg or SUTURE_FFMPEG")
        case errno.EACCES | errno.EPERM | errno.EISDIR:
            return EnvironmentProblem(what, "make the file executable, on a file system that allows it")
        case errno.ENOEXEC:
            return EnvironmentProblem(what, "it is not a program for this machine")
        case errno.E2BIG:
            return CommandFailed(what, "the command line is too long for this system", argv, retryable=False)
        case _:
            return CommandFailed(what, TOO_MANY, argv, retryable=True)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # noqa: S101  # asked for with PIPE
    return stream
