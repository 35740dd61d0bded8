"""Every error that Suture raises.

The tree (each leaf is also the Python builtin of the same meaning, so ``except OSError`` works too)::

    SutureError
    ├── ConfigError            (ValueError)         wrong usage or settings              exit 2
    ├── EnvironmentProblem     (OSError)            a tool or capability is missing      exit 5
    │   ├── FFmpegNotFound     (FileNotFoundError)
    │   └── Unsupported        (NotImplementedError)
    ├── MediaError             (ValueError)         something is wrong with a file       exit 1
    │   ├── ProbeError
    │   ├── ChunkError                              retryable
    │   │   └── SourceDamaged
    │   └── VerificationError                                                           exit 4
    ├── CommandError           (RuntimeError)       a command did not do its work        exit 1
    │   ├── CommandFailed                           retryable, unless its cause is known to last
    │   │   └── CommandCrashed                      retryable
    │   ├── OutOfMemory        (MemoryError)        retryable
    │   ├── DeviceBusy                              retryable
    │   ├── DiskFull           (OSError)
    │   ├── CommandTimeout     (TimeoutError)       retryable
    │   └── CommandCancelled                                                            exit 130
    ├── OrchestrationError     (RuntimeError)       the graph could not be run           exit 1
    │   ├── GraphError         (ValueError)                                             exit 2
    │   ├── ResourceError      (ValueError)                                             exit 2
    │   ├── UpstreamFailed
    │   ├── RetriesExhausted
    │   └── ResumeError
    └── ConcatError            (ValueError)         pieces can't be put together        exit 1
        └── PiecesDiffer

Messages say what, on which thing, why, and what to do (``hint``). All of them pickle: they cross process and
machine borders. Imports nothing of ours.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ChunkError",
    "CommandCancelled",
    "CommandCrashed",
    "CommandError",
    "CommandFailed",
    "CommandTimeout",
    "ConcatError",
    "ConfigError",
    "DeviceBusy",
    "DiskFull",
    "EnvironmentProblem",
    "FFmpegNotFound",
    "GraphError",
    "MediaError",
    "OrchestrationError",
    "OutOfMemory",
    "PiecesDiffer",
    "ProbeError",
    "ResourceError",
    "ResumeError",
    "RetriesExhausted",
    "SourceDamaged",
    "SutureError",
    "Unsupported",
    "UpstreamFailed",
    "VerificationError",
]


class SutureError(Exception):
    """The root: ``except SutureError`` catches all that Suture raises on purpose.

    Args:
        message: what went wrong, on which thing, and why. One line.
        hint: what the reader can do about it. One line, may be empty.
    """

    exit_code: int = 1
    retryable: bool = False
    """Whether the same thing, tried again, may well succeed."""

    def __init__(self, message: str, hint: str = "") -> None:
        # Both go to args: an exception whose constructor does not take back its args does not unpickle.
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ConfigError(SutureError, ValueError):
    """Wrong usage or settings; nothing was started."""

    exit_code = 2


class EnvironmentProblem(SutureError, OSError):
    """This machine lacks something that the job needs."""

    exit_code = 5


class FFmpegNotFound(EnvironmentProblem, FileNotFoundError):
    """No usable ffmpeg binary."""


class Unsupported(EnvironmentProblem, NotImplementedError):
    """This ffmpeg (or this build of it) can't do what was asked."""


class MediaError(SutureError, ValueError):
    """Something is wrong with a media file."""


class ProbeError(MediaError):
    """A file could not be read as media."""


class ChunkError(MediaError):
    """A piece does not hold what its range promises. An encoder may have stopped early, so it is tried again."""

    retryable = True


class SourceDamaged(ChunkError):
    """A piece was made of pictures that a decoder patched up; what it makes of them depends on where it began."""

    retryable = False


class VerificationError(MediaError):
    """The output is not what it has to be; it did not get its name."""

    exit_code = 4


class CommandError(SutureError, RuntimeError):
    """A command did not do its work.

    Args:
        message: what went wrong, on which thing, and why.
        hint: what to do.
        command: the argument list that ran, or empty.
        returncode: the exit code; negative is the signal that ended it; None when it never ended or started.
        stderr: the relevant last lines of its stderr.
        retryable: whether trying again may help, where this failure is known; None: as its class says.
    """

    def __init__(
        self,
        message: str,
        hint: str = "",
        command: Sequence[str] = (),
        returncode: int | None = None,
        stderr: str = "",
        retryable: bool | None = None,  # noqa: FBT001  # args hold it by position, which pickling needs
    ) -> None:
        super().__init__(message, hint)
        self.args = (message, hint, tuple(command), returncode, stderr, retryable)
        self.command = tuple(command)
        self.returncode = returncode
        self.stderr = stderr
        if retryable is not None:
            self.retryable = retryable

    def details(self) -> str:
        """The command, shell-quoted, how it ended, and the last lines of its stderr: for logs and reports."""
        lines = [str(self)]
        if self.command:
            lines.append("command: " + shlex.join(self.command))
        if self.returncode is not None:
            lines.append(f"return code: {self.returncode}")
        if self.stderr:
            lines.append(self.stderr.rstrip())
        return "\n".join(lines)


class CommandFailed(CommandError):
    """It ended with an error of its own; not ``retryable`` where that lasts (bad input, unknown encoder)."""

    retryable = True


class CommandCrashed(CommandFailed):
    """A signal ended it that nobody sent on purpose: a defect of the program, or of the machine."""


class OutOfMemory(CommandError, MemoryError):
    """The system had no memory left for it; alone, or with fewer threads, it may have enough."""

    retryable = True


class DeviceBusy(CommandError):
    """A device had no free session; it will have one later."""

    retryable = True


class DiskFull(CommandError, OSError):
    """No space left where the command writes."""


class CommandTimeout(CommandError, TimeoutError):
    """It made no progress for too long and was killed."""

    retryable = True


class CommandCancelled(CommandError):
    """It was stopped because somebody asked for that."""

    exit_code = 130


class OrchestrationError(SutureError, RuntimeError):
    """The graph could not be run to its end."""


class GraphError(OrchestrationError, ValueError):
    """The graph is malformed: a cycle, an unknown dependency, two tasks of one id."""

    exit_code = 2


class ResourceError(OrchestrationError, ValueError):
    """A task asks for more than exists."""

    exit_code = 2


class UpstreamFailed(OrchestrationError):
    """A task was not run because one that it depends on failed."""


class RetriesExhausted(OrchestrationError):
    """A task failed as often as it may."""


class ResumeError(OrchestrationError):
    """A job on disk can't be continued as it is."""


class ConcatError(SutureError, ValueError):
    """Pieces can't be put together, or some are missing."""


class PiecesDiffer(ConcatError):
    """Pieces do not fit together: one film encoded in one piece would."""
