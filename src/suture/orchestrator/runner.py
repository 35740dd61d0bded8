"""`Orchestrator`: the shell around the core. Does what `dag.Core` says, feeds back what happened.

It holds the clock and the waiting, and nothing is decided here: which task runs is `dag`'s, whether it is tried again
is `retry`'s, where it runs is the executor's. What happened is written to the `journal` before the core hears of it.
It installs no signal handler; whoever has one calls `stop` and `abort`.
"""

from __future__ import annotations

import heapq
import time
from typing import TYPE_CHECKING

from suture.orchestrator.dag import Core
from suture.orchestrator.executor import Failed, Progressed, Started, Succeeded, backend
from suture.orchestrator.journal import Journal, Unwritten
from suture.orchestrator.messages import (
    Abort,
    CancelTask,
    Finish,
    Launch,
    Record,
    RetryDue,
    Start,
    Stop,
    TaskDone,
    TaskFailed,
    Wake,
)
from suture.orchestrator.resources import Limits, available_cpus
from suture.orchestrator.retry import How, RetryPolicy
from suture.orchestrator.states import State
from suture.orchestrator.watch import (
    RunEvent,
    RunReport,
    TaskEnded,
    TaskProgress,
    TaskReport,
    TaskRetry,
    TaskStarted,
    Watcher,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from suture.orchestrator.executor import Executor, ExecutorEvent, ExecutorFactory
    from suture.orchestrator.graph import Dag
    from suture.orchestrator.messages import Event, Instruction

__all__ = ["Orchestrator"]

# How late `stop` and `abort` may be noticed. They only set a flag, which is all that is safe in a signal
# handler, so the loop has to look.
_GLANCE_S = 0.2


def _nobody(_event: RunEvent) -> None:
    """Nobody watches."""


class Orchestrator:
    """Runs graphs of commands within the limits of this machine.

    Args:
        cpu: slots for work on the processor; None: as many as this process may use.
        gpu_encode: slots for encoding on a graphics card.
        gpu_scale: slots for scaling on a graphics card.
        io: slots for joins and copies.
        memory_bytes: what all that runs may need together, by what `Dag.add` was told and what is measured; None: it
            is not looked at.
        max_retries: how often a task that failed is run again.
        fail_fast: after a task that failed for good, start nothing new. Otherwise all goes on that doesn't
            need it.
        retry: the whole retry policy; overrides ``max_retries``.
        executor: makes what the tasks run on from the limits; closed after each run. None: threads and child
            processes of this machine.
        on_event: called with each `RunEvent`, in order, on the thread that runs. What it raises ends the run.
        journal: keeps what became of the tasks, and knows what earlier runs have done; that is not run again. None:
            each run begins anew.
        clock: seconds that never jump.

    Raises:
        ResourceError: a number of slots is no number of slots, or the memory no amount of memory.
        ConfigError: ``max_retries`` is negative.
    """

    def __init__(
        self,
        cpu: int | None = None,
        *,
        gpu_encode: int = 1,
        gpu_scale: int = 1,
        io: int = 1,
        memory_bytes: int | None = None,
        max_retries: int = 2,
        fail_fast: bool = False,
        retry: RetryPolicy | None = None,
        executor: ExecutorFactory | None = None,
        on_event: Watcher = _nobody,
        journal: Journal | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        cpu = available_cpus() if cpu is None else cpu
        self.limits = Limits(cpu, gpu_encode, gpu_scale, io, memory_bytes)
        self.policy = retry or RetryPolicy(max_retries=max_retries)
        self._fail_fast = fail_fast
        self._executor = executor
        self._on_event = on_event
        self._journal = journal or Unwritten()
        self._clock = clock
        # Two flags, each set once: no order of calls from several threads can take a wish back.
        self._stopped = self._aborted = False

    def run(self, dag: Dag) -> RunReport:
        """Run every task that can be run, wait for the end, and say what became of each.

        A failing task does not raise; it is in the report. Whatever ends this call, nothing that it started
        is left.

        Raises:
            GraphError: the graph has a cycle or an unknown dependency.
            ResourceError: a task needs a class that has no slot, or more memory than there is.
        """
        core = Core(dag, self.limits, self.policy, fail_fast=self._fail_fast)
        with (self._executor or backend("local"))(self.limits) as executor:
            return _Run(dag, core, executor, self._journal, self._on_event, self._clock).to_end(self._wish)

    def stop(self) -> None:
        """Start nothing new, let running tasks finish; for good, in later runs too.

        From any thread or signal handler.
        """
        self._stopped = True

    def abort(self) -> None:
        """Start nothing new and cancel what runs; for good, in later runs too.

        From any thread or signal handler.
        """
        self._aborted = True

    def _wish(self) -> Stop | Abort | None:
        if self._aborted:
            return Abort()
        return Stop() if self._stopped else None


class _Run:
    """One run of one graph."""

    def __init__(
        self,
        dag: Dag,
        core: Core,
        executor: Executor,
        journal: Journal,
        on_event: Watcher,
        clock: Callable[[], float],
    ) -> None:
        self._dag = dag
        self._core = core
        self._executor = executor
        self._journal = journal
        self._tell = on_event
        self._clock = clock
        self._epoch = time.time() - clock()
        self._alarms: list[tuple[float, str, int]] = []
        self._workers: dict[str, str] = {}
        self._starts: dict[str, float] = {}
        self._lean: set[str] = set()
        self._reports: dict[str, TaskReport] = {}

    def to_end(self, wish: Callable[[], Event | None]) -> RunReport:
        """Run until the core says that all have ended; whatever ends it, the journal has it on the disk."""
        started = self._now()
        done = self._journal.begin(self._dag)
        try:
            self._loop(wish, Start(done))
        finally:
            self._journal.commit()
        tasks = {node.id: self._reports[node.id] for node in self._dag.tasks()}
        return RunReport(tasks, started, self._now())

    def _loop(self, wish: Callable[[], Event | None], start: Start) -> None:
        granted: Event | None = None
        if (wanted := wish()) is not None:
            self._feed(granted := wanted)
        self._feed(start)
        while not self._core.finished:
            events = self._executor.poll(self._patience_s())
            self._write_down(events)
            for event in events:
                self._hear(event)
            self._ring()
            if (wanted := wish()) != granted and wanted is not None:
                self._feed(granted := wanted)

    def _write_down(self, events: Iterable[ExecutorEvent]) -> None:
        """Put the ends of attempts on the disk, all at once: a sync costs the same for one as for a hundred."""
        now, ends = self._now(), 0
        for event in events:
            match event:
                case Succeeded(task, attempt, outcome):
                    self._journal.succeeded(task, attempt, outcome, now)
                case Failed(task, attempt, error):
                    self._journal.failed(task, attempt, error, now)
                case _:
                    continue
            ends += 1
        if ends:
            self._journal.commit()

    def _now(self) -> float:
        return self._clock() + self._epoch

    def _patience_s(self) -> float:
        due = self._alarms[0][0] - self._clock() if self._alarms else _GLANCE_S
        return min(_GLANCE_S, max(0.0, due))

    def _ring(self) -> None:
        while self._alarms and self._alarms[0][0] <= self._clock():
            _due, task, attempt = heapq.heappop(self._alarms)
            self._feed(RetryDue(task, attempt))

    def _feed(self, event: Event) -> None:
        self._obey(self._core.handle(event))

    def _hear(self, event: ExecutorEvent) -> None:
        """Pass on what the executor says."""
        match event:
            case Started(task, attempt, worker, at):
                now = at or self._now()
                self._starts.setdefault(task, now)
                self._workers[task] = worker
                self._journal.started(task, attempt, worker, now)
                self._tell(TaskStarted(task, attempt, worker, now))
            case Progressed(task, attempt, progress):
                self._tell(TaskProgress(task, attempt, self._worker(task), self._now(), progress))
            case Succeeded(task, attempt, outcome):
                self._feed(TaskDone(task, attempt, outcome))
            case Failed(task, attempt, error):
                self._feed(TaskFailed(task, attempt, error))

    def _obey(self, instructions: Iterable[Instruction]) -> None:
        """Do what the core says."""
        for each in instructions:
            match each:
                case Launch():
                    self._launch(each)
                case CancelTask(task):
                    self._executor.cancel(task)
                case Wake():
                    self._retry(each)
                case Record():
                    self._record(each)
                case Finish():
                    pass  # the loop looks at `Core.finished`

    def _worker(self, task: str) -> str:
        return self._workers.get(task, "")

    def _launch(self, launch: Launch) -> None:
        command = self._dag.node(launch.task).command
        leaner = command.leaner() if launch.lean else None
        if leaner is not None:
            self._lean.add(launch.task)
        self._journal.launched(launch.task, launch.attempt, self._now())
        self._executor.submit(launch.task, launch.attempt, leaner or command)

    def _retry(self, wake: Wake) -> None:
        heapq.heappush(self._alarms, (self._clock() + wake.delay_s, wake.task, wake.attempt))
        worker, how = self._worker(wake.task), self._how(wake)
        self._tell(TaskRetry(wake.task, wake.attempt, worker, self._now(), wake.delay_s, wake.error, how))

    def _how(self, wake: Wake) -> How:
        """What will be different; not every command has a leaner way."""
        if wake.how is How.LEAN and self._dag.node(wake.task).command.leaner() is None:
            return How.ALONE
        return wake.how

    def _record(self, end: Record) -> None:
        now, worker = self._now(), self._worker(end.task)
        started, lean = self._starts.get(end.task), end.task in self._lean
        reused = end.state is State.DONE and not end.attempts
        self._journal.ended(end.task, end.state, end.attempts, end.outcome, end.error, now)
        self._reports[end.task] = TaskReport(
            end.task, end.state, end.attempts, worker, started, now, end.outcome, end.error, reused, lean
        )
        self._tell(
            TaskEnded(end.task, end.attempts, worker, now, end.state, end.outcome, end.error, reused=reused, lean=lean)
        )
