"""What those who watch a run are told: events while it runs, a report at its end. Frozen values.

Times are seconds since the Unix epoch; differences between them come from a clock that never jumps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from suture.orchestrator.states import State

if TYPE_CHECKING:
    from suture.command.base import Outcome
    from suture.errors import SutureError
    from suture.ffmpeg.progress import Progress

__all__ = [
    "RunEvent",
    "RunReport",
    "TaskEnded",
    "TaskProgress",
    "TaskReport",
    "TaskRetry",
    "TaskStarted",
    "Watcher",
]


@dataclass(frozen=True, slots=True)
class TaskStarted:
    """An attempt runs now, on a worker of that name."""

    task: str
    attempt: int
    worker: str
    time: float


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """An attempt has come so far."""

    task: str
    attempt: int
    worker: str
    time: float
    progress: Progress


@dataclass(frozen=True, slots=True)
class TaskRetry:
    """An attempt failed; the next one may start ``delay_s`` seconds from now."""

    task: str
    attempt: int
    worker: str
    time: float
    delay_s: float
    error: SutureError


@dataclass(frozen=True, slots=True)
class TaskEnded:
    """A task has ended. ``attempt`` is its last one; 0 and an empty ``worker``: it never ran."""

    task: str
    attempt: int
    worker: str
    time: float
    state: State
    outcome: Outcome | None = None
    error: SutureError | None = None


RunEvent = TaskStarted | TaskProgress | TaskRetry | TaskEnded
Watcher = Callable[[RunEvent], None]


@dataclass(frozen=True, slots=True)
class TaskReport:
    """What became of one task.

    Args:
        task: its id.
        state: done, failed, skipped or cancelled.
        attempts: how often it was launched.
        worker: where the last attempt ran.
        started: when its first attempt started; None: it never did.
        ended: when its end was decided.
        outcome: what the attempt that succeeded gave.
        error: why it is not done.
    """

    task: str
    state: State
    attempts: int
    worker: str
    started: float | None
    ended: float
    outcome: Outcome | None = None
    error: SutureError | None = None


@dataclass(frozen=True, slots=True)
class RunReport:
    """What became of a run: its tasks in the order in which they were added, its begin and its end."""

    tasks: dict[str, TaskReport]
    started: float
    ended: float

    def __getitem__(self, task: str) -> TaskReport:
        return self.tasks[task]

    def _of(self, state: State) -> list[TaskReport]:
        return [task for task in self.tasks.values() if task.state is state]

    @property
    def ok(self) -> bool:
        """Whether every task is done."""
        return len(self.done) == len(self.tasks)

    @property
    def done(self) -> list[TaskReport]:
        """Those that succeeded."""
        return self._of(State.DONE)

    @property
    def failed(self) -> list[TaskReport]:
        """Those that failed for good; not those that were skipped because of them."""
        return self._of(State.FAILED)

    @property
    def skipped(self) -> list[TaskReport]:
        """Those that needed one that did not succeed."""
        return self._of(State.SKIPPED)

    @property
    def cancelled(self) -> list[TaskReport]:
        """Those that were stopped, or never started because the run was."""
        return self._of(State.CANCELLED)

    @property
    def retries(self) -> int:
        """How often a task was run again, a busy device included."""
        return sum(max(0, task.attempts - 1) for task in self.tasks.values())

    @property
    def cpu_seconds(self) -> float:
        """Processor time of the attempts that succeeded."""
        return sum(task.outcome.cpu_seconds for task in self.tasks.values() if task.outcome)

    @property
    def wall_seconds(self) -> float:
        """From the begin to the end of the run."""
        return self.ended - self.started
