"""An executor that follows a script in virtual time, and an orchestrator on it: nothing here sleeps."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self, cast

from suture.command.base import Command, Outcome, Resource, TaskType
from suture.errors import CommandCancelled, SutureError
from suture.orchestrator import Dag, Orchestrator
from suture.orchestrator.executor import Executor, ExecutorEvent, Failed, Progressed, Started, Succeeded
from suture.orchestrator.watch import RunEvent, RunReport, TaskRetry

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.ffmpeg.progress import Progress
    from suture.orchestrator.resources import Limits
    from suture.orchestrator.retry import How

HALF = cast("Progress", "half of it")


@dataclass(frozen=True)
class Fake(Command):
    """A command that takes ``takes_s`` virtual seconds and ends, attempt by attempt, as ``ends`` says."""

    id: str = ""
    priority: int = 5
    resource: Resource = Resource.CPU
    input_path: str = "in.mkv"
    output_path: str = "out.mkv"
    task_type: TaskType = TaskType.VIDEO
    takes_s: float = 1.0
    ends: tuple[SutureError | None, ...] = (None,)
    can_be_leaner: bool = False

    def build_args(self) -> list[str]:
        """Nothing that does anything."""
        return ["true"]

    def leaner(self) -> Self | None:
        """Twice as slow, where there is a leaner way."""
        return replace(self, takes_s=2 * self.takes_s) if self.can_be_leaner else None


@dataclass
class Script(Executor):
    """Runs nothing: reports what the commands say they come to, when virtual time has come to it."""

    now: float = 0.0
    queue: list[tuple[float, int, ExecutorEvent]] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    submitted: list[tuple[float, str, int]] = field(default_factory=list)
    closed: int = 0
    limits: Limits | None = None

    def clock(self) -> float:
        """The virtual time."""
        return self.now

    def _at(self, time: float, event: ExecutorEvent) -> None:
        heapq.heappush(self.queue, (time, len(self.submitted) * 10 + len(self.queue), event))

    def submit(self, task: str, attempt: int, command: Command) -> None:
        """Put the whole attempt on the calendar."""
        assert isinstance(command, Fake)
        assert command.id == task
        self.submitted.append((self.now, task, attempt))
        error = command.ends[min(attempt, len(command.ends)) - 1]
        self._at(self.now, Started(task, attempt, "w0"))
        self._at(self.now + command.takes_s / 2, Progressed(task, attempt, HALF))
        outcome = Outcome(cpu_seconds=command.takes_s)
        end = Failed(task, attempt, error) if error else Succeeded(task, attempt, outcome)
        self._at(self.now + command.takes_s, end)

    def poll(self, timeout_s: float) -> list[ExecutorEvent]:
        """Let virtual time pass up to the next event, or as long as the caller waits."""
        assert timeout_s >= 0
        if not self.queue or self.queue[0][0] > self.now + timeout_s:
            self.now += timeout_s
            return []
        self.now = max(self.now, self.queue[0][0])
        events = []
        while self.queue and self.queue[0][0] <= self.now:
            events.append(heapq.heappop(self.queue)[2])
        return events

    def cancel(self, task: str) -> None:
        """Take the rest of the attempt from the calendar, and put its end there."""
        self.cancelled.append(task)
        attempt = next(a for _time, name, a in reversed(self.submitted) if name == task)
        self.queue = [entry for entry in self.queue if entry[2].task != task]
        heapq.heapify(self.queue)
        self._at(self.now, Failed(task, attempt, CommandCancelled("stopped")))

    def close(self) -> None:
        """Count how often."""
        self.closed += 1


@dataclass
class Stage:
    """An orchestrator on a script, and all that it said."""

    script: Script = field(default_factory=Script)
    heard: list[RunEvent] = field(default_factory=list)
    react: Callable[[RunEvent, Orchestrator], None] = lambda _event, _orchestrator: None

    def retries(self) -> list[How]:
        """How tasks were tried again."""
        return [event.how for event in self.heard if isinstance(event, TaskRetry)]

    def orchestrator(self, cpu: int = 8, **options: Any) -> Orchestrator:
        """One that runs in virtual time."""

        def executor(limits: Limits) -> Executor:
            self.script.limits = limits
            return self.script

        def watch(event: RunEvent) -> None:
            self.heard.append(event)
            self.react(event, made)

        made = Orchestrator(cpu, executor=executor, on_event=watch, clock=self.script.clock, **options)
        return made

    def run(self, dag: Dag, cpu: int = 8, **options: Any) -> RunReport:
        """Run a graph to its end."""
        return self.orchestrator(cpu, **options).run(dag)


def graph(*commands: Fake, **after: list[str]) -> Dag:
    """The commands, and what each one needs."""
    dag = Dag()
    for command in commands:
        dag.add(command, after=after.get(command.id, []))
    return dag
