"""`Core`: decides what runs when. Events go in, instructions come out; no I/O, no threads, no clock.

The same events always give the same instructions, so a run can be replayed from its events, and every
decision can be tested without running anything. `graph` says what depends on what, `states` which steps a
task may take, `resources` how many may run, `retry` what happens after a failure; `runner` does what the
instructions say. Each task takes one slot of one class, and each class has its own queue: a full class never
holds up another.
"""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from suture.command.base import Resource
from suture.errors import CommandCancelled, OrchestrationError, SutureError, UpstreamFailed
from suture.orchestrator.graph import Dag, Node
from suture.orchestrator.invariants import Snapshot, broken
from suture.orchestrator.messages import (
    Abort,
    CancelTask,
    Event,
    Finish,
    Instruction,
    Launch,
    Record,
    RetryDue,
    Start,
    Stop,
    TaskDone,
    TaskFailed,
    Wake,
)
from suture.orchestrator.resources import Limits, Usage
from suture.orchestrator.retry import Decision, GiveUp, Retry, RetryPolicy
from suture.orchestrator.states import Cause, State, target

if TYPE_CHECKING:
    from suture.command.base import Outcome

__all__ = ["Core", "Dag", "Node"]


@dataclass(slots=True)
class _Task:
    """What is known of a task while the graph runs."""

    node: Node
    followers: list[str]
    needs: frozenset[str]  # `Node.after`; a join of ten thousand pieces asks it ten thousand times
    missing: int  # dependencies that still hold it up
    state: State = State.WAITING
    attempt: int = 0
    charged: int = 0
    requeues: int = 0
    outcome: Outcome | None = None
    error: SutureError | None = None
    culprit: str = ""  # the task because of which it, or what needs it, is not run


@dataclass(slots=True)
class _Queues:
    """The ready tasks of each resource class, first to go first."""

    heaps: dict[Resource, list[tuple[tuple[int, float, int], str]]] = field(
        default_factory=lambda: {resource: [] for resource in Resource}
    )

    def push(self, node: Node) -> None:
        heapq.heappush(self.heaps[node.resource], (node.order, node.id))

    def pop(self, resource: Resource) -> str | None:
        heap = self.heaps[resource]
        return heapq.heappop(heap)[1] if heap else None

    def clear(self) -> None:
        for heap in self.heaps.values():
            heap.clear()

    def names(self) -> list[str]:
        return [name for heap in self.heaps.values() for _order, name in heap]


class Core:
    """The state of one run of a graph.

    Args:
        dag: what to run; not looked at again after this.
        limits: the slots.
        policy: what to do after a failure.
        fail_fast: after the first task that failed for good start nothing new. Otherwise all goes on that
            doesn't need that task.

    Raises:
        GraphError: the graph has a cycle or an unknown dependency.
        ResourceError: a task needs a class without a slot.
    """

    def __init__(self, dag: Dag, limits: Limits, policy: RetryPolicy | None = None, *, fail_fast: bool = False) -> None:
        dag.check()
        limits.check(dag.tasks())
        followers = dag.dependants()
        self._tasks = {
            node.id: _Task(node, followers[node.id], frozenset(node.after), len(node.dependencies))
            for node in dag.tasks()
        }
        self._policy = policy or RetryPolicy()
        self._fail_fast = fail_fast
        self._usage = Usage(limits)
        self._queues = _Queues()
        self._counts = Counter({State.WAITING: len(self._tasks)})
        self._out: list[Instruction] = []
        self._started = self._draining = self._aborting = self._finished = False

    @property
    def finished(self) -> bool:
        """Whether all tasks have ended and `Finish` was given."""
        return self._finished

    @property
    def draining(self) -> bool:
        """Whether nothing new is started any more."""
        return self._draining

    @property
    def usage(self) -> Usage:
        """The slots that are taken now."""
        return self._usage

    def state(self, task: str) -> State:
        """What a task is doing."""
        return self._tasks[task].state

    def error(self, task: str) -> SutureError | None:
        """Why a task is not done, or is tried again; None where all went well."""
        return self._tasks[task].error

    def counts(self) -> dict[State, int]:
        """How many tasks are in each state."""
        return {state: self._counts[state] for state in State}

    def handle(self, event: Event) -> tuple[Instruction, ...]:
        """Take in one event; give what is to be done about it, in that order.

        An event about an attempt that is over, or a task that is not waiting for it, changes nothing.

        Raises:
            OrchestrationError: the event names a task that is not in the graph.
        """
        self._out = []
        match event:
            case Start():
                self._start()
            case TaskDone(task, attempt, outcome):
                self._done(self._task(task), attempt, outcome)
            case TaskFailed(task, attempt, error):
                self._failed(self._task(task), attempt, error)
            case RetryDue(task, attempt):
                self._retry_due(self._task(task), attempt)
            case Stop():
                self._drain()
            case Abort():
                self._abort()
        self._launch()
        self._finish()
        return tuple(self._out)

    def snapshot(self) -> Snapshot:
        """All that is known now."""
        tasks = self._tasks.items()
        return Snapshot(
            nodes={name: task.node for name, task in tasks},
            states={name: task.state for name, task in tasks},
            missing={name: task.missing for name, task in tasks},
            attempts={name: task.attempt for name, task in tasks},
            usage=self._usage,
            queued=tuple(self._queues.names()),
            counts=self.counts(),
            started=self._started,
            draining=self._draining,
            finished=self._finished,
        )

    def validate(self) -> None:
        """Check every invariant of `suture.orchestrator.invariants`. Slow: for tests.

        Raises:
            AssertionError: some don't hold; the message names them.
        """
        if wrong := broken(self.snapshot()):
            raise AssertionError("; ".join(wrong))

    # Events.

    def _start(self) -> None:
        self._started = True
        for task in self._tasks.values():
            if task.state is State.WAITING and not task.missing:
                self._make_ready(task, Cause.UNBLOCKED)

    def _done(self, task: _Task, attempt: int, outcome: Outcome) -> None:
        if not self._is_running(task, attempt):
            return
        task.outcome, task.error = outcome, None
        self._leave_slot(task, Cause.SUCCEEDED)
        self._end(task)

    def _failed(self, task: _Task, attempt: int, error: SutureError) -> None:
        if not self._is_running(task, attempt):
            return
        decision = self._decide(task, error)
        task.error = error
        if isinstance(decision, Retry):
            self._leave_slot(task, Cause.WILL_RETRY)
            self._out.append(Wake(task.node.id, attempt, decision.delay_s, error))
            return
        cancelled = isinstance(error, CommandCancelled)
        self._leave_slot(task, Cause.CANCELLED if cancelled else Cause.GAVE_UP)
        self._end(task)
        if self._fail_fast and not cancelled:
            self._drain()

    def _decide(self, task: _Task, error: SutureError) -> Decision:
        if self._policy.charges(error):
            task.charged += 1
        else:
            task.requeues += 1
        if self._draining:
            return GiveUp("nothing new is started")
        return self._policy.decide(error, task.charged, task.requeues)

    def _retry_due(self, task: _Task, attempt: int) -> None:
        if task.state is State.DELAYED and task.attempt == attempt:
            self._make_ready(task, Cause.RETRY_DUE)

    def _drain(self) -> None:
        """End all that does not run. Those that a failure has skipped already keep that reason."""
        if self._draining:
            return
        self._draining = True
        self._queues.clear()
        for task in self._tasks.values():
            if task.state in {State.WAITING, State.READY, State.DELAYED}:
                task.error = task.error or CommandCancelled(f"{task.node.id} was not started: the run was stopped")
                self._move(task, Cause.STOPPED)
                self._record(task)

    def _abort(self) -> None:
        if self._aborting:
            return
        self._drain()
        self._aborting = True
        running = [task.node.id for task in self._tasks.values() if task.state is State.RUNNING]
        self._out.extend(CancelTask(name) for name in running)

    # Steps.

    def _task(self, name: str) -> _Task:
        try:
            return self._tasks[name]
        except KeyError:
            raise OrchestrationError(f"there is no task {name!r} in this run") from None

    @staticmethod
    def _is_running(task: _Task, attempt: int) -> bool:
        return task.state is State.RUNNING and task.attempt == attempt

    def _move(self, task: _Task, cause: Cause) -> None:
        """The only place where a state changes."""
        self._counts[task.state] -= 1
        task.state = target(task.state, cause)
        self._counts[task.state] += 1

    def _make_ready(self, task: _Task, cause: Cause) -> None:
        self._move(task, cause)
        self._queues.push(task.node)

    def _leave_slot(self, task: _Task, cause: Cause) -> None:
        self._move(task, cause)
        self._usage = self._usage.give(task.node.resource)

    def _launch(self) -> None:
        launched: list[_Task] = []
        for resource in Resource:
            while self._usage.free(resource) and (name := self._queues.pop(resource)) is not None:
                launched.append(task := self._tasks[name])
                self._usage = self._usage.take(resource)
                self._move(task, Cause.LAUNCHED)
                task.attempt += 1
        launched.sort(key=lambda task: task.node.order)
        self._out.extend(Launch(task.node.id, task.attempt) for task in launched)

    def _end(self, first: _Task) -> None:
        """Record an end and tell those that wait for it; a skipped task is an end too."""
        ended = [first]
        while ended:
            task = ended.pop()
            self._record(task)
            waiting = (self._tasks[name] for name in task.followers)
            ended.extend(follower for follower in waiting if self._skips(follower, task))

    def _skips(self, follower: _Task, ended: _Task) -> bool:
        """One that it waits for has ended: count that, or skip it and say so."""
        if follower.state is not State.WAITING:
            return False
        if ended.state is not State.DONE and ended.node.id in follower.needs:
            follower.culprit = ended.culprit or ended.node.id
            follower.error = UpstreamFailed(
                f"{follower.node.id} was not run: {follower.culprit} {self._tasks[follower.culprit].state}"
            )
            self._move(follower, Cause.UPSTREAM_FAILED)
            return True
        follower.missing -= 1
        if not follower.missing:
            self._make_ready(follower, Cause.UNBLOCKED)
        return False

    def _record(self, task: _Task) -> None:
        self._out.append(Record(task.node.id, task.state, task.attempt, task.outcome, task.error))

    def _finish(self) -> None:
        left = sum(count for state, count in self._counts.items() if not state.ended)
        if left or self._finished or not (self._started or self._draining):
            return
        self._finished = True
        self._out.append(Finish(ok=self._counts[State.DONE] == len(self._tasks)))
