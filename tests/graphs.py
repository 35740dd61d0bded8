"""Graphs of commands that do nothing, and a core that is checked after every event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from suture.command.base import Command, Outcome, Resource, TaskType
from suture.errors import CommandFailed
from suture.orchestrator.dag import Core, Dag
from suture.orchestrator.messages import Event, Instruction, Launch, Record, RetryDue, Start, TaskDone, TaskFailed, Wake
from suture.orchestrator.resources import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from suture.errors import SutureError

WELL = Outcome(frames=24)
FAILS = CommandFailed("it broke")
LASTS = CommandFailed("it breaks every time", retryable=False)


@dataclass(frozen=True)
class Fake(Command):
    """A command that only has a place in a graph."""

    id: str = ""
    priority: int = 5
    resource: Resource = Resource.CPU
    input_path: str = "in.mkv"
    output_path: str = "out.mkv"
    task_type: TaskType = TaskType.VIDEO

    def build_args(self) -> list[str]:
        """Nothing that does anything."""
        return ["true"]


class Run:
    """A core that is checked after every event, and remembers what it was told."""

    def __init__(self, dag: Dag, limits: Limits | None = None, **options: Any) -> None:
        self.core = Core(dag, limits or Limits(cpu=8), **options)
        self.core.validate()

    def feed(self, event: Event) -> list[Instruction]:
        """One event in; what came out, without the records."""
        self.all = list(self.core.handle(event))
        self.core.validate()
        return [each for each in self.all if not isinstance(each, Record)]

    def start(self, **done: Outcome) -> list[Instruction]:
        """Begin."""
        return self.feed(Start(done))

    def done(self, task: str, attempt: int = 1, outcome: Outcome = WELL) -> list[Instruction]:
        """An attempt succeeds."""
        return self.feed(TaskDone(task, attempt, outcome))

    def failed(self, task: str, error: SutureError = LASTS, attempt: int = 1) -> list[Instruction]:
        """An attempt fails."""
        return self.feed(TaskFailed(task, attempt, error))

    def retried(self, task: str, error: SutureError, attempt: int = 1) -> list[Instruction]:
        """An attempt fails, and its wait is over at once; all that came of both but the wait itself."""
        first = self.failed(task, error, attempt)
        return [each for each in [*first, *self.feed(RetryDue(task, attempt))] if not isinstance(each, Wake)]

    def states(self) -> dict[str, str]:
        """What each task is doing."""
        return {name: str(state) for name, state in self.core.snapshot().states.items()}


def launched(instructions: Iterable[Instruction]) -> list[str]:
    """The tasks that are launched."""
    return [each.task for each in instructions if isinstance(each, Launch)]


def chain(*names: str) -> Dag:
    """Each needs the one before."""
    dag = Dag()
    for before, name in zip(("", *names), names, strict=False):
        dag.add(Fake(name), after=[before] if before else [])
    return dag
