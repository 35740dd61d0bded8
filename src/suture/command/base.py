"""`Command`: the one interface that the orchestrator knows, and how a command line is run.

A command is a value: `Command.build_args` is pure, and a command can be compared, pickled and used as a node of a
DAG. Only `Command.run` touches anything. Its neighbours above make commands (`encoder`, `pipeline`) and decide when
they run (`orchestrator`); below are `process` (child processes) and `ffmpeg` (what its output means).
"""

from __future__ import annotations

import shlex
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from suture.command.part import Part
from suture.errors import CommandCancelled, CommandFailed, CommandTimeout, EnvironmentProblem
from suture.ffmpeg.diagnose import diagnose, hidden_failure, relevant_lines
from suture.ffmpeg.progress import Progress, ProgressParser
from suture.process import CancelToken, Finished, run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "PRIORITY_HIGH",
    "PRIORITY_LOW",
    "PRIORITY_NORMAL",
    "Command",
    "Files",
    "Outcome",
    "Resource",
    "RunContext",
    "TaskType",
    "outcome_of",
    "raise_for",
    "run_command_line",
]

PRIORITY_HIGH = 10
PRIORITY_NORMAL = 5
PRIORITY_LOW = 0


class TaskType(StrEnum):
    """What a command works on."""

    AUDIO = "audio"
    VIDEO = "video"
    MIXING = "mixing"
    SUBTITLE = "subtitle"


class Resource(StrEnum):
    """What a command occupies while it runs; the orchestrator has a number of slots of each."""

    CPU = "cpu"
    GPU_ENCODE = "gpu_encode"
    GPU_SCALE = "gpu_scale"
    IO = "io"


def _ignore(_progress: Progress) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """How to run, as opposed to what: nothing in here changes a command's result.

    Args:
        on_progress: called from the thread that runs the command, several times a second at most.
        cancel: set it from any thread to stop the command.
        log_dir: where the whole stderr is kept as ``<id>.log``; None keeps only the tail.
        stall_timeout_s: without progress for so long, a command counts as hung and is killed; None: never.
        durable: the output is on the disk, not only on its way there, before it gets its name, and `Outcome.digest`
            tells it from every other.
    """

    on_progress: Callable[[Progress], None] = _ignore
    cancel: CancelToken = field(default_factory=CancelToken)
    log_dir: Path | None = None
    stall_timeout_s: float | None = None
    durable: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a successful run gave: frames as its last progress report counts them, and what it cost.

    ``digest`` is that of the output (`suture.digest`); empty unless the run was to be durable.
    """

    frames: int = 0
    size_bytes: int = 0
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    peak_memory_bytes: int = 0
    digest: str = ""


class Files(Protocol):
    """What stands for the files that a command reads, wherever they lie."""

    def source(self, path: str) -> str:
        """For a film, or what another command made."""

    def content(self, path: str) -> str:
        """For a file that an argument names (subtitles, a LUT, a font), by all that is in it."""


class Command(ABC):
    """Something that reads files, writes one file, and can say how.

    Subclasses are frozen dataclasses with at least the fields ``id``, ``output_path`` and ``priority``.
    """

    @property
    @abstractmethod
    def id(self) -> str:
        """Unique within a graph."""

    @property
    @abstractmethod
    def priority(self) -> int:
        """Higher runs first; see ``PRIORITY_HIGH``, ``PRIORITY_NORMAL``, ``PRIORITY_LOW``."""

    @property
    @abstractmethod
    def input_path(self) -> str:
        """The primary input."""

    @property
    @abstractmethod
    def output_path(self) -> str:
        """The file that `run` leaves when it succeeds."""

    @property
    @abstractmethod
    def task_type(self) -> TaskType:
        """What it works on."""

    @property
    def resource(self) -> Resource:
        """What it occupies while it runs."""
        return Resource.CPU

    @property
    def reusable(self) -> bool:
        """Whether a later run may go on with the output that an earlier one left, instead of running it again."""
        return False

    @abstractmethod
    def build_args(self) -> list[str]:
        """The argument list, program first. Pure: no file is touched, nothing is probed."""

    def command_line(self) -> list[str]:
        """What `run` passes to the system: `build_args` with the program's place on this machine."""
        return self.build_args()

    def dry_run(self) -> str:
        """`command_line` as one line (or more, where a name holds a newline) that a POSIX shell reads back exactly."""
        return shlex.join(self.command_line())

    def identity(self, files: Files) -> tuple[str, ...]:
        """What the result depends on, as text: two commands of one identity make the same file.

        Args:
            files: names what stands in a file: that counts, not where it lies.
        """
        return tuple(files.source(part) if part == self.input_path else part for part in self.build_args())

    def leaner(self) -> Self | None:
        """The same work with less memory, by fewer threads; None where there is no such way."""
        return None

    def line_to(self, path: str) -> list[str]:
        """`command_line`, writing to another path."""
        return [path if part == self.output_path else part for part in self.command_line()]

    def run(self, context: RunContext | None = None) -> Outcome:
        """Do it, and wait for the end.

        It writes under a part name beside ``output_path``, and takes the place of what stood there only when all
        went well. No child outlives the call.

        Raises:
            CommandError: it failed, hung or was cancelled; the subclass tells which.
            FFmpegNotFound: there is no ffmpeg.
        """
        context = context or RunContext()
        with Part(self.output_path) as part:
            finished, progress = run_command_line(self.line_to(part.path), context, self.id)
            if self.reusable and not part.written():
                raise CommandFailed(f"{self.id} wrote no file", "", self.command_line(), finished.returncode)
            self.heard(finished.stderr_tail)
            self.check(progress, part.path)
            self.examine(part.path, context)
            digest = part.settle() if context.durable else ""
        return replace(outcome_of(finished, progress, self.output_path), digest=digest)

    def heard(self, stderr: str) -> None:  # noqa: B027 - most have nothing to add
        """Hook: raise when the last 32 kB of stderr show that the result is not right, whatever the exit code."""

    def check(self, progress: Progress | None, path: str) -> None:  # noqa: B027 - most have nothing to add
        """Hook: raise when what came out, at ``path``, is not what was asked for. Exit code 0 alone proves nothing."""

    def examine(self, path: str, context: RunContext) -> None:  # noqa: B027 - most have nothing to add
        """Hook: as `check`, for what takes so long that it has to be told how to run."""


def outcome_of(finished: Finished, progress: Progress | None, output_path: str) -> Outcome:
    """What a run that ended well gave and cost."""
    return Outcome(
        frames=progress.frame if progress else 0,
        size_bytes=_size(output_path),
        cpu_seconds=finished.cpu_seconds,
        wall_seconds=finished.wall_seconds,
        peak_memory_bytes=finished.peak_memory_bytes,
    )


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except FileNotFoundError:
        return 0


def run_command_line(argv: Sequence[str], context: RunContext, name: str) -> tuple[Finished, Progress | None]:
    """Run a program that reports as ffmpeg's ``-progress pipe:1`` does; give its end and its last report.

    Raises:
        CommandError: by what `suture.ffmpeg.diagnose` makes of its stderr.
    """
    parser = ProgressParser()
    last: Progress | None = None

    def on_line(line: str) -> bool:
        nonlocal last
        report = parser.feed(line)
        if report is None:
            return False
        moved = last is None or report.position > last.position
        last = report
        context.on_progress(report)
        return moved

    finished = run(
        argv,
        on_stdout=on_line,
        cancel=context.cancel,
        log_path=context.log_dir / f"{name}.log" if context.log_dir else None,
        stall_timeout_s=context.stall_timeout_s,
    )
    raise_for(finished, argv, name)
    return finished, last


def raise_for(finished: Finished, argv: Sequence[str], name: str) -> None:
    """Turn an end that is no success into the error that says so."""
    said = "\n".join(relevant_lines(finished.stderr_tail))
    facts = (tuple(argv), finished.returncode, said)
    if finished.cancelled:
        raise CommandCancelled(f"{name} was stopped", "", *facts)
    if finished.stalled:
        raise CommandTimeout(f"{name} made no progress and was killed", "it is tried again", *facts)
    if finished.returncode == 0:
        found = hidden_failure(finished.stderr_tail)
    else:
        found = diagnose(finished.returncode, finished.stderr_tail)
    if found is not None:
        error = found.kind(f"{name} failed: {found.reason}", found.hint, *facts, found.retryable)
        if found.missing:
            error.exit_code = EnvironmentProblem.exit_code
        raise error
