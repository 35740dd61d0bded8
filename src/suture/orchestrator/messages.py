"""What `dag.Core` hears and what it answers: events in, instructions out. Frozen values, no behaviour.

Events are facts (a task ended, its wait is over, somebody asked to stop); instructions are what the shell has
to do about them. Events about an attempt carry its number, so that word of an attempt that is over changes
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from suture.orchestrator.retry import How

if TYPE_CHECKING:
    from suture.command.base import Outcome
    from suture.errors import SutureError
    from suture.orchestrator.states import State

__all__ = [
    "Abort",
    "CancelTask",
    "Event",
    "Finish",
    "Instruction",
    "Launch",
    "Record",
    "RetryDue",
    "Start",
    "Stop",
    "TaskDone",
    "TaskFailed",
    "Wake",
]


@dataclass(frozen=True, slots=True)
class Start:
    """Begin. ``done`` is what an earlier run has done, by task; these are not run again."""

    done: Mapping[str, Outcome] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TaskDone:
    """An attempt succeeded."""

    task: str
    attempt: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class TaskFailed:
    """An attempt ended otherwise; the error says how, and whether it was only cancelled."""

    task: str
    attempt: int
    error: SutureError


@dataclass(frozen=True, slots=True)
class RetryDue:
    """The wait after an attempt is over."""

    task: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Stop:
    """Start nothing new; what runs may finish. The first Ctrl-C."""


@dataclass(frozen=True, slots=True)
class Abort:
    """Start nothing new and cancel what runs. The second Ctrl-C."""


Event = Start | TaskDone | TaskFailed | RetryDue | Stop | Abort


@dataclass(frozen=True, slots=True)
class Launch:
    """Run a task; it has its slot. ``attempt`` counts from 1; ``lean``: with less memory, if it can."""

    task: str
    attempt: int
    lean: bool = False


@dataclass(frozen=True, slots=True)
class CancelTask:
    """Stop a running task. Its end is still to be reported."""

    task: str


@dataclass(frozen=True, slots=True)
class Wake:
    """Report `RetryDue` for this task and attempt, ``delay_s`` seconds from now; ``error`` says why there is one."""

    task: str
    attempt: int
    delay_s: float
    error: SutureError
    how: How = How.AGAIN


@dataclass(frozen=True, slots=True)
class Record:
    """Write down that a task has ended. ``attempts`` is how often it was launched in this run; 0: never.

    A task that is done after 0 attempts was done by an earlier run.
    """

    task: str
    state: State
    attempts: int
    outcome: Outcome | None = None
    error: SutureError | None = None


@dataclass(frozen=True, slots=True)
class Finish:
    """All tasks have ended; ``ok`` when all of them are done. The last instruction of a run."""

    ok: bool


Instruction = Launch | CancelTask | Wake | Record | Finish
