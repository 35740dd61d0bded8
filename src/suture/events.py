"""What a job tells those who watch it, besides the orchestrator's task events; and its final report. Frozen values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from suture.orchestrator.watch import TaskEnded, TaskProgress, TaskRetry, TaskStarted

if TYPE_CHECKING:
    from suture.planning.job import Plan

__all__ = ["EncodeReport", "Failure", "Finished", "JobEvent", "JobWatcher", "Noted", "Planned", "Warned"]


@dataclass(frozen=True, slots=True)
class Noted:
    """Something that a person may want to know: what takes long, what is done again and why."""

    text: str


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that did not arrive as it was, or is wrong with the source."""

    text: str


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan stands; encoding begins. A second one replaces the first (see `Noted` for why)."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Failure:
    """A task that failed for good: its id, why in one line, and command with stderr."""

    task: str
    message: str
    details: str


@dataclass(frozen=True, slots=True)
class EncodeReport:
    """What became of a job.

    Args:
        status: ``done``, ``partial`` (pieces are missing, ``--permissive``), ``failed``, ``cancelled`` or ``skipped``
            (the output was there and was to stay).
        output: its path; empty when there is none.
        exit_code: as in the specification.
        frames: video frames in the output.
        wall_seconds: from the call to the end.
        cpu_seconds: of all children that succeeded.
        bytes: the output's size.
        chunks: pieces of video.
        chunks_reused: pieces that an earlier run had made.
        retries: how often something was run again.
        warnings: what did not arrive as it was.
        failures: what failed for good.
        error: why there is no output, in one line; empty when there is one.
        backend: ``local``.
        target: of a job with a goal: the goal, the score over all frames where it is known, and a row for each piece:
            task, frames, quality, score, verdict, number of trials, and how many of them were of the whole piece.
    """

    status: str
    output: str
    exit_code: int
    frames: int = 0
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    bytes: int = 0
    chunks: int = 0
    chunks_reused: int = 0
    retries: int = 0
    warnings: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    error: str = ""
    backend: str = "local"
    target: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of every job, however it ended."""

    report: EncodeReport


JobEvent = Noted | Warned | Planned | TaskStarted | TaskProgress | TaskRetry | TaskEnded | Finished
JobWatcher = Callable[[JobEvent], None]
