"""What every `Executor` has to do, over all of them. A new implementation adds one line to ``EXECUTORS``."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest

from suture.backend.early import EarlyExecutor
from suture.backend.local import LocalExecutor
from suture.command.base import Command, Outcome, Resource, RunContext, TaskType
from suture.errors import CommandCancelled, CommandFailed, DeviceBusy, SutureError
from suture.orchestrator import Dag, Orchestrator, State
from suture.orchestrator.executor import Executor, ExecutorEvent, Failed, Progressed, Started, Succeeded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from suture.ffmpeg.progress import Progress

EXECUTORS: dict[str, Callable[[int], Executor]] = {
    "local": LocalExecutor,
    "early": lambda slots: EarlyExecutor(LocalExecutor(slots)),
}
PATIENCE_S = 20.0  # only a broken executor takes as long


@dataclass(frozen=True)
class Fake(Command):
    """A command that is a call of a function."""

    id: str = ""
    priority: int = 5
    resource: Resource = Resource.CPU
    input_path: str = "in.mkv"
    output_path: str = "out.mkv"
    task_type: TaskType = TaskType.VIDEO
    does: Callable[[RunContext], Any] = lambda _context: None

    def build_args(self) -> list[str]:
        """Nothing that does anything."""
        return ["true"]

    def run(self, context: RunContext | None = None) -> Outcome:
        """Call the function."""
        assert context is not None
        self.does(context)
        return Outcome(frames=7)


def wait_for_cancel(context: RunContext) -> None:
    """Run until somebody cancels, as a well-behaved command does."""
    if not context.cancel.wait(PATIENCE_S):
        raise AssertionError("nobody cancelled")
    raise CommandCancelled("stopped")


def raises(error: BaseException) -> Callable[[RunContext], None]:
    """A function that raises."""

    def does(_context: RunContext) -> None:
        raise error

    return does


@pytest.fixture(params=list(EXECUTORS.values()), ids=list(EXECUTORS))
def make(request: pytest.FixtureRequest) -> Iterator[Callable[[int], Executor]]:
    """Makes executors with so many slots, and closes them after the test."""
    made: list[Executor] = []

    def factory(slots: int) -> Executor:
        made.append(request.param(slots))
        return made[-1]

    yield factory
    for executor in made:
        executor.close()


@pytest.fixture
def executor(make: Callable[[int], Executor]) -> Executor:
    """One with two slots."""
    return make(2)


def until(executor: Executor, met: Callable[[list[ExecutorEvent]], bool]) -> list[ExecutorEvent]:
    """Poll until the events meet a condition."""
    heard: list[ExecutorEvent] = []
    deadline = time.monotonic() + PATIENCE_S
    while not met(heard):
        assert time.monotonic() < deadline, f"only {heard} came"
        heard += executor.poll(0.5)
    return heard


def ends(events: list[ExecutorEvent]) -> dict[str, Succeeded | Failed]:
    """How the tasks ended."""
    return {event.task: event for event in events if isinstance(event, Succeeded | Failed)}


def end_of(executor: Executor, task: str) -> Succeeded | Failed:
    """How one task ends."""
    return ends(until(executor, lambda events: task in ends(events)))[task]


def has_started(task: str) -> Callable[[list[ExecutorEvent]], bool]:
    """Whether a task runs."""
    return lambda events: any(isinstance(event, Started) and event.task == task for event in events)


def error_of(end: Succeeded | Failed) -> SutureError:
    """Why it failed."""
    assert isinstance(end, Failed)
    return end.error


def test_success_is_reported_with_attempt_and_outcome(executor: Executor) -> None:
    """First that it runs and where, then how it ended; nothing else."""
    executor.submit("a", 3, Fake("a"))
    started, end = until(executor, lambda events: "a" in ends(events))
    assert isinstance(started, Started)
    assert (started.task, started.attempt) == ("a", 3)
    assert started.worker
    assert end == Succeeded("a", 3, Outcome(frames=7))


def test_an_error_of_ours_is_reported_as_it_is(executor: Executor) -> None:
    """Class, message, hint and details arrive."""
    error = DeviceBusy("no session", "wait", command=["ffmpeg"], returncode=1, stderr="busy")
    executor.submit("a", 1, Fake("a", does=raises(error)))
    reported = error_of(end_of(executor, "a"))
    assert type(reported) is DeviceBusy
    assert reported.args == error.args


@pytest.mark.parametrize(
    ("error", "retryable"),
    [(ZeroDivisionError("by zero"), False), (PermissionError("locked"), True), (SystemExit(3), False)],
    ids=repr,
)
def test_an_error_that_nobody_foresaw_ends_the_task(
    executor: Executor, error: BaseException, *, retryable: bool
) -> None:
    """It is named, its traceback is kept, and only what the system refused is worth another try."""
    executor.submit("a", 1, Fake("a", does=raises(error)))
    reported = error_of(end_of(executor, "a"))
    assert isinstance(reported, CommandFailed)
    assert f"a failed: {type(error).__name__}" in str(reported)
    assert "in does" in reported.stderr
    assert reported.retryable is retryable


def test_a_worker_survives_what_its_tasks_raise(make: Callable[[int], Executor]) -> None:
    """On one slot, the task after three that fell is done."""
    executor = make(1)
    for name, error in [("a", ZeroDivisionError()), ("b", SystemExit()), ("c", CommandFailed("x"))]:
        executor.submit(name, 1, Fake(name, does=raises(error)))
    executor.submit("d", 1, Fake("d"))
    assert isinstance(end_of(executor, "d"), Succeeded)


def test_no_more_run_at_once_than_there_are_slots(executor: Executor) -> None:
    """Of eight tasks two run at a time, on two workers, and all are done."""
    running: list[int] = []
    most: list[int] = []
    lock = threading.Lock()
    pair = threading.Barrier(2)

    def count(_context: RunContext) -> None:
        with lock:
            running.append(1)
            most.append(len(running))
        pair.wait(PATIENCE_S)  # passes only when two are in here at once
        with lock:
            running.pop()

    for i in range(8):
        executor.submit(str(i), 1, Fake(str(i), does=count))
    events = until(executor, lambda events: len(ends(events)) == 8)
    assert max(most) == 2
    assert {type(end) for end in ends(events).values()} == {Succeeded}
    assert len({event.worker for event in events if isinstance(event, Started)}) == 2


def test_cancel_stops_a_running_task(executor: Executor) -> None:
    """Only the one that is named."""
    for name in "ab":
        executor.submit(name, 1, Fake(name, does=wait_for_cancel))
    until(executor, has_started("a"))
    executor.cancel("a")
    events = until(executor, lambda events: "a" in ends(events))
    assert isinstance(error_of(ends(events)["a"]), CommandCancelled)
    assert "b" not in ends(events + executor.poll(0.05))
    executor.cancel("b")
    assert isinstance(error_of(end_of(executor, "b")), CommandCancelled)


def test_cancel_ends_a_task_that_still_waits(make: Callable[[int], Executor]) -> None:
    """It never runs, and its end is reported all the same."""
    executor = make(1)
    ran: list[str] = []
    executor.submit("a", 1, Fake("a", does=wait_for_cancel))
    executor.submit("b", 1, Fake("b", does=lambda _context: ran.append("b")))
    executor.cancel("b")
    executor.cancel("a")
    events = until(executor, lambda events: len(ends(events)) == 2)
    assert isinstance(error_of(ends(events)["b"]), CommandCancelled)
    assert not ran
    assert not has_started("b")(events)


def test_cancelling_what_is_not_there_is_no_error(executor: Executor) -> None:
    """The task may have ended a moment ago; a later one of that name is not touched."""
    executor.cancel("nobody")
    executor.submit("a", 1, Fake("a"))
    end_of(executor, "a")
    executor.cancel("a")
    executor.submit("a", 2, Fake("a"))
    assert end_of(executor, "a") == Succeeded("a", 2, Outcome(frames=7))


def test_one_attempt_of_a_task_at_a_time(executor: Executor) -> None:
    """A second one is refused until the first has ended and its end was told."""
    executor.submit("a", 1, Fake("a", does=wait_for_cancel))
    with pytest.raises(ValueError, match="'a'"):
        executor.submit("a", 2, Fake("a"))


def test_progress_arrives_between_start_and_end_and_not_too_often(executor: Executor) -> None:
    """Of ten thousand reports in a moment the first one comes, and few others."""

    def report(context: RunContext) -> None:
        for i in range(10_000):
            context.on_progress(cast("Progress", i))

    begin = time.monotonic()
    executor.submit("a", 1, Fake("a", does=report))
    events = until(executor, lambda events: "a" in ends(events))
    allowed = 2 + 5 * (time.monotonic() - begin)
    progress = [event.progress for event in events if isinstance(event, Progressed)]
    assert progress[0] == cast("Progress", 0)
    assert len(progress) <= allowed
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Succeeded)


def test_poll_does_not_wait_for_ever(executor: Executor) -> None:
    """With nothing to tell it returns nothing, after about the time that was asked for."""
    begin = time.monotonic()
    assert executor.poll(0.0) == []
    assert executor.poll(0.05) == []
    assert 0.04 < time.monotonic() - begin < PATIENCE_S / 2


def test_close_stops_what_runs_and_leaves_nothing(make: Callable[[int], Executor]) -> None:
    """Running tasks are cancelled, waiting ones never start, no thread is left; closing twice is no error."""
    before = set(threading.enumerate())
    told: list[bool] = []
    ran: list[str] = []
    executor = make(1)

    def wait(context: RunContext) -> None:
        told.append(context.cancel.wait(PATIENCE_S))

    executor.submit("a", 1, Fake("a", does=wait))
    executor.submit("b", 1, Fake("b", does=lambda _context: ran.append("b")))
    until(executor, has_started("a"))
    executor.close()
    assert told == [True]
    assert not ran
    assert set(threading.enumerate()) <= before
    executor.close()
    with pytest.raises(RuntimeError, match="closed"):
        executor.submit("c", 1, Fake("c"))


def test_a_block_that_falls_closes(make: Callable[[int], Executor]) -> None:
    """As a context manager it stops what runs, whatever ends the block."""
    told: list[bool] = []
    with pytest.raises(ZeroDivisionError), make(1) as executor:  # noqa: PT012  # the block is what is tested
        executor.submit("a", 1, Fake("a", does=lambda context: told.append(context.cancel.wait(PATIENCE_S))))
        until(executor, has_started("a"))
        raise ZeroDivisionError
    assert told == [True]


def test_a_graph_runs_on_it_to_its_end(make: Callable[[int], Executor]) -> None:
    """Through the orchestrator: a failure, a retry that helps, a skip, and a join that tolerates."""
    tries: list[int] = []

    def second_time(_context: RunContext) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise CommandFailed("not yet")

    dag = Dag()
    dag.add(Fake("again", does=second_time))
    dag.add(Fake("broken", does=raises(ZeroDivisionError())))
    dag.add(Fake("skipped"), after=["broken"])
    dag.add(Fake("join", resource=Resource.IO), after=["again"], after_any=["broken", "skipped"])
    report = Orchestrator(2, executor=lambda limits: make(limits.total)).run(dag)
    assert {name: str(task.state) for name, task in report.tasks.items()} == {
        "again": "done",
        "broken": "failed",
        "skipped": "skipped",
        "join": "done",
    }
    assert report.retries == 1


def test_abort_from_another_thread_ends_the_run(make: Callable[[int], Executor]) -> None:
    """A run whose only task never ends by itself ends when somebody elsewhere asks for it."""
    dag = Dag()
    dag.add(Fake("a", does=wait_for_cancel))
    orchestrator = Orchestrator(1, executor=lambda limits: make(limits.total))
    timer = threading.Timer(0.05, orchestrator.abort)
    timer.start()
    assert orchestrator.run(dag)["a"].state is State.CANCELLED
    timer.join()


def test_without_an_executor_a_run_is_local() -> None:
    """`Orchestrator` alone is enough to run a graph on this machine."""
    dag = Dag()
    dag.add(Fake("a"))
    report = Orchestrator(cpu=1).run(dag)
    assert report.ok
    assert report["a"].worker == "local-0"


def test_the_local_context_is_made_for_each_task() -> None:
    """Log folder and stall timeout are the factory's; cancelling and progress are the executor's."""
    seen: list[RunContext] = []
    given = RunContext(stall_timeout_s=12.5)

    def context_for(task: str) -> RunContext:
        assert task == "a"
        return given

    with LocalExecutor(1, context_for) as executor:
        executor.submit("a", 1, Fake("a", does=seen.append))
        end_of(executor, "a")
    assert seen[0].stall_timeout_s == 12.5
    assert seen[0].cancel is not given.cancel


def test_a_context_that_cannot_be_made_fails_the_task() -> None:
    """The factory's fall is the task's, not the run's."""

    def fall(_task: str) -> RunContext:
        raise ZeroDivisionError

    with LocalExecutor(1, fall) as executor:
        executor.submit("a", 1, Fake("a"))
        assert "ZeroDivisionError" in str(error_of(end_of(executor, "a")))


def test_an_executor_without_a_slot_is_refused() -> None:
    """It would take tasks and never run them."""
    with pytest.raises(ValueError, match="0 threads"):
        LocalExecutor(0)
