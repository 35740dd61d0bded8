"""The shell around the core, on an executor that follows a script in virtual time: nothing here sleeps."""

from __future__ import annotations

import pickle

import pytest

from stage import Fake, Stage, graph
from suture.command.base import Outcome, Resource
from suture.errors import (
    CommandFailed,
    CommandTimeout,
    ConfigError,
    DeviceBusy,
    GraphError,
    OutOfMemory,
    ResourceError,
)
from suture.orchestrator import Dag, Orchestrator, RetryPolicy, State
from suture.orchestrator.executor import (
    BACKENDS,
    Executor,
    backend,
)
from suture.orchestrator.retry import How
from suture.orchestrator.watch import RunEvent, TaskEnded, TaskProgress, TaskRetry, TaskStarted

BROKE = CommandFailed("it broke")
HUNG = CommandTimeout("it hung")


def test_a_graph_runs_in_the_order_of_its_dependencies() -> None:
    """Two scale steps side by side, then the encode that needs both."""
    stage = Stage()
    dag = graph(Fake("a", takes_s=2), Fake("b", takes_s=3), Fake("c"), c=["a", "b"])
    report = stage.run(dag)
    assert report.ok
    assert stage.script.submitted == [(0.0, "a", 1), (0.0, "b", 1), (3.0, "c", 1)]


def test_the_report_says_when_and_where_each_task_ran() -> None:
    """Times, worker, attempts and outcome of each task; totals over all of them."""
    report = Stage().run(graph(Fake("a", takes_s=2), Fake("b", takes_s=3), b=["a"]))
    b = report["b"]
    assert (b.state, b.attempts, b.worker, b.error) == (State.DONE, 1, "w0", None)
    assert b.outcome == Outcome(cpu_seconds=3)
    assert b.started is not None
    assert (b.started - report.started, b.ended - report.started) == pytest.approx((2, 5))
    assert (report.cpu_seconds, report.retries) == (5, 0)
    assert report.wall_seconds == pytest.approx(5)


def test_the_longest_predicted_goes_first() -> None:
    """On two slots, the long task beside the short ones gives the shortest run: 6 seconds, not 9."""
    dag = Dag()
    for name, takes_s in [("a", 1), ("b", 2), ("c", 3), ("long", 6)]:
        dag.add(Fake(name, takes_s=takes_s), cost=takes_s)
    assert Stage().run(dag, cpu=2).wall_seconds == pytest.approx(6)


def test_tasks_run_side_by_side_up_to_the_slots() -> None:
    """Nine tasks of a second on three slots take three seconds."""
    dag = graph(*(Fake(str(i)) for i in range(9)))
    assert Stage().run(dag, cpu=3).wall_seconds == pytest.approx(3)


def test_a_failed_task_is_run_again() -> None:
    """Two failures, then success: done, with three attempts, and the error forgotten."""
    report = Stage().run(graph(Fake("a", ends=(BROKE, HUNG, None))))
    a = report["a"]
    assert report.ok
    assert (a.attempts, a.error, report.retries) == (3, None, 2)
    assert a.started is not None
    assert a.ended - a.started == pytest.approx(3), "a task's time counts from its first attempt"


def test_retries_are_counted_from_the_option() -> None:
    """``max_retries=0`` runs once; ``retry`` overrides it."""
    dag = graph(Fake("a", ends=(HUNG,)))
    assert Stage().run(dag, max_retries=0)["a"].attempts == 1
    assert Stage().run(dag, max_retries=0, retry=RetryPolicy(max_retries=4))["a"].attempts == 5


def test_a_busy_device_is_waited_for() -> None:
    """Attempts at 0, then 1 and 2 seconds after each refusal; another task runs meanwhile."""
    stage = Stage()
    busy = DeviceBusy("no session")
    gpu = Fake("gpu", resource=Resource.GPU_ENCODE, ends=(busy, busy, None))
    report = stage.run(graph(gpu, Fake("cpu", takes_s=9)), max_retries=0)
    assert report.ok
    assert [time for time, task, _attempt in stage.script.submitted if task == "gpu"] == [0, 2, 5]


SHORT = OutOfMemory("no memory")


def test_the_second_time_without_memory_the_leaner_command_runs() -> None:
    """First alone, as it is; then the leaner one, which takes longer, and that is said."""
    stage = Stage()
    dag = graph(Fake("a", takes_s=1, ends=(SHORT, SHORT, None), can_be_leaner=True))
    report = stage.run(dag)
    assert stage.retries() == [How.ALONE, How.LEAN]
    assert [time for time, _task, _attempt in stage.script.submitted] == [0, 1, 2]
    assert report.wall_seconds == pytest.approx(4)
    end = stage.heard[-1]
    assert isinstance(end, TaskEnded)
    assert (end.lean, report["a"].lean) == (True, True)


def test_a_command_without_a_leaner_way_is_not_called_lean() -> None:
    """It is run again as it is, alone, and what it made is what it would have made."""
    stage = Stage()
    report = stage.run(graph(Fake("a", ends=(SHORT, SHORT, None))))
    assert report.ok
    assert stage.retries() == [How.ALONE, How.ALONE]
    assert not report["a"].lean


def test_memory_is_a_limit_too() -> None:
    """Three tasks of a second, of which two fit beside each other, take two seconds."""
    dag = Dag()
    for name in "abc":
        dag.add(Fake(name), memory_bytes=50)
    assert Stage().run(dag, memory_bytes=100).wall_seconds == pytest.approx(2)


def test_a_failure_does_not_stop_the_others() -> None:
    """Keep-going is the default: what needs the failed task is skipped, the rest is done."""
    dag = graph(Fake("a", ends=(BROKE,)), Fake("b"), Fake("c"), b=["a"])
    report = Stage().run(dag, cpu=1)
    assert not report.ok
    assert [task.task for task in report.failed] == ["a"]
    assert [task.task for task in report.skipped] == ["b"]
    assert [task.task for task in report.done] == ["c"]
    assert report["a"].error is BROKE
    assert (report["b"].started, report["b"].attempts) == (None, 0)


def test_fail_fast_ends_the_run() -> None:
    """After the failure nothing starts; what runs may finish."""
    dag = graph(Fake("a", ends=(BROKE,)), Fake("b", takes_s=5), Fake("c"))
    stage = Stage()
    report = stage.run(dag, cpu=2, fail_fast=True, max_retries=0)
    assert [task.task for task in report.cancelled] == ["c"]
    assert [task.task for task in report.done] == ["b"]
    assert stage.script.cancelled == []


def test_watchers_hear_all_in_order() -> None:
    """Start, progress, retry, start again, end: with attempt, worker and times that never go back."""
    stage = Stage()
    stage.run(graph(Fake("a", ends=(BROKE, None))))
    kinds = [(type(event), event.attempt, event.worker) for event in stage.heard]
    assert kinds == [
        (TaskStarted, 1, "w0"),
        (TaskProgress, 1, "w0"),
        (TaskRetry, 1, "w0"),
        (TaskStarted, 2, "w0"),
        (TaskProgress, 2, "w0"),
        (TaskEnded, 2, "w0"),
    ]
    times = [event.time for event in stage.heard]
    assert times == sorted(times)
    end = stage.heard[-1]
    assert isinstance(end, TaskEnded)
    assert end.state is State.DONE


def test_watchers_hear_of_tasks_that_never_ran() -> None:
    """A skipped task ends too, with attempt 0 and no worker."""
    stage = Stage()
    stage.run(graph(Fake("a", ends=(BROKE,)), Fake("b"), b=["a"]), max_retries=0)
    end = stage.heard[-1]
    assert isinstance(end, TaskEnded)
    assert (end.task, end.attempt, end.worker, end.state) == ("b", 0, "", State.SKIPPED)


def test_stop_lets_running_tasks_finish() -> None:
    """Asked in the middle of the first task: that one is done, the next never starts."""

    def stop(event: RunEvent, orchestrator: Orchestrator) -> None:
        if isinstance(event, TaskProgress):
            orchestrator.stop()

    stage = Stage(react=stop)
    report = stage.run(graph(Fake("a"), Fake("b"), b=["a"]))
    assert (report["a"].state, report["b"].state) == (State.DONE, State.CANCELLED)
    assert stage.script.cancelled == []


def test_abort_cancels_running_tasks() -> None:
    """Asked after the stop: the running task is cancelled at once, and the run ends with its end."""

    def twice(event: RunEvent, orchestrator: Orchestrator) -> None:
        if isinstance(event, TaskStarted):
            orchestrator.stop()
            orchestrator.abort()
            orchestrator.stop()

    stage = Stage(react=twice)
    report = stage.run(graph(Fake("a", takes_s=100), Fake("b"), b=["a"]))
    assert stage.script.cancelled == ["a"]
    assert {task.state for task in report.tasks.values()} == {State.CANCELLED}
    assert report.wall_seconds < 1


def test_abort_while_stopping_is_heard() -> None:
    """The second wish is granted although the first was granted long before."""

    def by_and_by(event: RunEvent, orchestrator: Orchestrator) -> None:
        if isinstance(event, TaskStarted):
            orchestrator.stop()
        if isinstance(event, TaskProgress):
            orchestrator.abort()

    stage = Stage(react=by_and_by)
    assert stage.run(graph(Fake("a", takes_s=100)))["a"].state is State.CANCELLED
    assert stage.script.cancelled == ["a"]


def test_a_delayed_retry_does_not_outlive_a_stop() -> None:
    """Stopped while it waits for a device, the run ends at once, not after the wait."""

    def stop(event: RunEvent, orchestrator: Orchestrator) -> None:
        if isinstance(event, TaskRetry):
            orchestrator.stop()

    policy = RetryPolicy(initial_backoff_s=60)
    stage = Stage(react=stop)
    report = stage.run(graph(Fake("a", ends=(DeviceBusy("busy"),))), retry=policy)
    assert report["a"].state is State.CANCELLED
    assert report.wall_seconds < 2


def test_a_stop_before_the_run_is_not_forgotten() -> None:
    """A signal may come before the first task is known; then nothing starts."""
    stage = Stage()
    orchestrator = stage.orchestrator()
    orchestrator.stop()
    report = orchestrator.run(graph(Fake("a")))
    assert report["a"].state is State.CANCELLED
    assert stage.script.submitted == []


def test_what_a_watcher_raises_ends_the_run_and_closes_the_executor() -> None:
    """An exception from outside comes out, after everything was stopped."""

    def fall(_event: RunEvent, _orchestrator: Orchestrator) -> None:
        raise KeyboardInterrupt

    stage = Stage(react=fall)
    with pytest.raises(KeyboardInterrupt):
        stage.run(graph(Fake("a")))
    assert stage.script.closed == 1


def test_the_executor_is_made_from_the_limits_and_closed() -> None:
    """Each run has an executor of its own, made for the limits that were asked for."""
    stage = Stage()
    orchestrator = stage.orchestrator(cpu=3, gpu_encode=2, gpu_scale=5, io=4)
    orchestrator.run(graph(Fake("a")))
    assert stage.script.limits == orchestrator.limits
    assert [orchestrator.limits.of(resource) for resource in Resource] == [3, 2, 5, 4]
    assert stage.script.closed == 1


@pytest.mark.parametrize(
    ("dag", "error"),
    [
        (graph(Fake("a"), a=["a"]), GraphError),
        (graph(Fake("a", resource=Resource.GPU_ENCODE)), ResourceError),
    ],
)
def test_what_cannot_run_is_refused_before_an_executor_is_made(dag: Dag, error: type[Exception]) -> None:
    """A cycle, or a class that is absent: nothing was started, not even a thread."""
    stage = Stage()
    with pytest.raises(error):
        stage.run(dag, gpu_encode=0)
    assert stage.script.limits is None


def test_an_empty_graph_is_a_success() -> None:
    """Nothing to do, nothing wrong."""
    report = Stage().run(Dag())
    assert report.ok
    assert report.tasks == {}


def test_the_report_keeps_the_order_of_adding_and_pickles() -> None:
    """Whatever ended first; and it can be sent elsewhere."""
    report = Stage().run(graph(Fake("slow", takes_s=9), Fake("fast")))
    assert list(report.tasks) == ["slow", "fast"]
    assert pickle.loads(pickle.dumps(report)) == report  # noqa: S301  # our own bytes


def test_all_processors_are_used_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a number, the processor slots are those that this process may use."""
    monkeypatch.setattr("suture.orchestrator.runner.available_cpus", lambda: 13)
    assert Orchestrator().limits.cpu == 13
    assert Orchestrator(2).limits.cpu == 2


def test_backends_are_found_by_name() -> None:
    """Every name in the table leads to an executor; an unknown one is an error that lists the known."""
    for name in BACKENDS:
        made = backend(name)
        assert isinstance(made, type)
        assert issubclass(made, Executor)
    with pytest.raises(ConfigError, match="known are local"):
        backend("moon")
