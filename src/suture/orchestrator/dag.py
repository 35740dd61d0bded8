"""`Core`: decides what runs when. Events go in, instructions come out; no I/O, no threads, no clock.

The same events always give the same instructions, so a run can be replayed from its events, and every decision can be
tested without running anything. `graph` says what depends on what, `states` which steps a task may take, `admission`
who may start beside what runs, `retry` what happens after a failure; `runner` does what the instructions say. No event
costs more than what it changes: a hundred thousand tasks take ten times as long as ten thousand.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from suture.errors import (
    CommandCancelled,
    DeviceBusy,
    DiskFull,
    OrchestrationError,
    OutOfMemory,
    SutureError,
    UpstreamFailed,
)
from suture.orchestrator.admission import Admission, Order
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
from suture.orchestrator.retry import Decision, GiveUp, Retry, RetryPolicy
from suture.orchestrator.states import Cause, State, target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from suture.command.base import Outcome
    from suture.orchestrator.resources import Limits, Usage

__all__ = ["Core", "Dag", "Node"]


@dataclass(slots=True)
class _Task:
    """What is known of a task while the graph runs."""

    node: Node
    followers: list[str]
    needs: frozenset[str]  # `Node.after`; a join of ten thousand pieces asks it ten thousand times
    missing: int  # dependencies that still hold it up
    order: Order
    state: State = State.WAITING
    attempt: int = 0
    charged: int = 0
    requeues: int = 0
    starved: int = 0
    before: SutureError | None = None  # its last failure that was charged
    outcome: Outcome | None = None
    error: SutureError | None = None
    culprit: str = ""  # the task because of which it, or what needs it, is not run


class Core:
    """The state of one run of a graph.

    Args:
        dag: what to run; not looked at again after this.
        limits: slots and memory.
        policy: what to do after a failure.
        fail_fast: after the first task that failed for good start nothing new. Otherwise all goes on that
            doesn't need that task.

    Raises:
        GraphError: the graph has a cycle or an unknown dependency.
        ResourceError: a task needs a class without a slot, or more memory than there is.
    """

    def __init__(self, dag: Dag, limits: Limits, policy: RetryPolicy | None = None, *, fail_fast: bool = False) -> None:
        longest = dag.remaining()
        limits.check(dag.tasks())
        followers = dag.dependants()
        self._tasks = {
            node.id: _Task(
                node,
                followers[node.id],
                frozenset(node.after),
                len(node.dependencies),
                (-node.priority, -longest[node.id], node.index),
            )
            for node in dag.tasks()
        }
        self._limits = limits
        self._policy = policy or RetryPolicy()
        self._fail_fast = fail_fast
        self._admission = Admission(limits)
        self._counts = Counter({State.WAITING: len(self._tasks)})
        self._left = len(self._tasks)
        self._reused: list[str] = []
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
        """The slots that are taken now, and how many there are: fewer than at first when a device was busy."""
        return self._admission.usage

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
            case Start(done):
                self._start(done)
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
            orders={name: task.order for name, task in tasks},
            needs={name: self._admission.memory.need(task.node) for name, task in tasks},
            alone=self._admission.alone,
            fresh=tuple(each.task for each in self._out if isinstance(each, Launch)),
            limits=self._limits,
            usage=self._admission.usage,
            memory_used=self._admission.memory.used,
            queued=self._admission.queued(),
            reused=frozenset(self._reused),
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

    def _start(self, done: Mapping[str, Outcome]) -> None:
        reused = [(self._task(name), outcome) for name, outcome in done.items()]
        if self._started:
            return
        self._started = True
        reused = [(task, outcome) for task, outcome in reused if task.state is State.WAITING]
        # All of them first, and their ends then: none may start because another one of them has ended.
        for task, outcome in reused:
            task.outcome = outcome
            self._admission.memory.measured(task.node, outcome.peak_memory_bytes)
            self._move(task, Cause.REUSED)
            self._reused.append(task.node.id)
        for task, _outcome in reused:
            self._end(task)
        for task in self._tasks.values():
            if task.state is State.WAITING and not task.missing:
                self._make_ready(task, Cause.UNBLOCKED)

    def _done(self, task: _Task, attempt: int, outcome: Outcome) -> None:
        if not self._is_running(task, attempt):
            return
        task.outcome, task.error = outcome, None
        self._leave_slot(task, Cause.SUCCEEDED)
        self._admission.memory.measured(task.node, outcome.peak_memory_bytes)
        self._end(task)

    def _failed(self, task: _Task, attempt: int, error: SutureError) -> None:
        if not self._is_running(task, attempt):
            return
        decision = self._decide(task, error)
        task.error = error
        if isinstance(decision, Retry):
            self._leave_slot(task, Cause.WILL_RETRY)
            self._out.append(Wake(task.node.id, attempt, decision.delay_s, error, decision.how))
        else:
            self._leave_slot(task, Cause.CANCELLED if isinstance(error, CommandCancelled) else Cause.GAVE_UP)
            self._end(task)
        self._draw_conclusions(task, error)

    def _decide(self, task: _Task, error: SutureError) -> Decision:
        before = task.before
        if self._policy.charges(error):
            task.charged += 1
            task.before = error
        else:
            task.requeues += 1
        task.starved += isinstance(error, OutOfMemory)
        if self._draining:
            return GiveUp("nothing new is started")
        return self._policy.decide(error, task.charged, task.requeues, starved=task.starved, before=before)

    def _draw_conclusions(self, task: _Task, error: SutureError) -> None:
        """What a failure says about more than the task that failed."""
        if isinstance(error, DiskFull):
            self._abort()  # whatever else runs writes to the same disk, and would only fail later
        elif isinstance(error, DeviceBusy):
            self._admission.lower(task.node.resource)  # somebody else has a session, for as long as that may be
        elif isinstance(error, OutOfMemory):
            self._admission.isolate(task.node)
        if self._fail_fast and task.state is State.FAILED:
            self._drain()

    def _retry_due(self, task: _Task, attempt: int) -> None:
        if task.state is State.DELAYED and task.attempt == attempt:
            self._make_ready(task, Cause.RETRY_DUE)

    def _drain(self) -> None:
        """End all that does not run. Those that a failure has skipped already keep that reason."""
        if self._draining:
            return
        self._draining = True
        self._admission.clear()
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
        self._left -= task.state.ended

    def _make_ready(self, task: _Task, cause: Cause) -> None:
        self._move(task, cause)
        self._admission.push(task.node, task.order)

    def _leave_slot(self, task: _Task, cause: Cause) -> None:
        self._move(task, cause)
        self._admission.leave(task.node)

    def _launch(self) -> None:
        while (node := self._admission.pick()) is not None:
            task = self._tasks[node.id]
            self._move(task, Cause.LAUNCHED)
            task.attempt += 1
            self._out.append(Launch(node.id, task.attempt, lean=task.starved > 1))

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
        if self._left or self._finished or not (self._started or self._draining):
            return
        self._finished = True
        self._out.append(Finish(ok=self._counts[State.DONE] == len(self._tasks)))
