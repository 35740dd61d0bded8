"""What those who watch a run are told: events while it runs, a report at its end. Frozen values.

Times are seconds since the Unix epoch; differences between them come from a clock that never jumps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from suture.orchestrator.retry import How
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
    """An attempt failed; the next one may start ``delay_s`` seconds from now. ``how`` says what will be different."""

    task: str
    attempt: int
    worker: str
    time: float
    delay_s: float
    error: SutureError
    how: How = How.AGAIN


@dataclass(frozen=True, slots=True)
class TaskEnded:
    """A task has ended. ``attempt`` is its last one; 0 and an empty ``worker``: it did not run.

    ``reused``: an earlier run had done it. ``lean``: its last attempt ran with less memory, so that what it made may
    differ from what it would have made.
    """

    task: str
    attempt: int
    worker: str
    time: float
    state: State
    outcome: Outcome | None = None
    error: SutureError | None = None
    reused: bool = False
    lean: bool = False


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
        reused: an earlier run had done it; nothing of it ran in this one.
        lean: the last attempt ran with less memory (`Command.leaner`).
    """

    task: str
    state: State
    attempts: int
    worker: str
    started: float | None
    ended: float
    outcome: Outcome | None = None
    error: SutureError | None = None
    reused: bool = False
    lean: bool = False


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
        """Those that succeeded, in this run or in an earlier one."""
        return self._of(State.DONE)

    @property
    def reused(self) -> list[TaskReport]:
        """Those that an earlier run had done."""
        return [task for task in self.tasks.values() if task.reused]

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
        """Processor time of the attempts that succeeded in this run."""
        return sum(task.outcome.cpu_seconds for task in self.tasks.values() if task.outcome and not task.reused)

    @property
    def wall_seconds(self) -> float:
        """From the begin to the end of the run."""
        return self.ended - self.started
