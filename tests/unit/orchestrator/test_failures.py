"""What the core makes of each kind of failure, for the task and for the others."""

from __future__ import annotations

import pytest

from graphs import FAILS, Fake, Run, chain, launched
from suture.command.base import Outcome, Resource
from suture.errors import CommandCrashed, CommandFailed, CommandTimeout, DeviceBusy, DiskFull, OutOfMemory, SutureError
from suture.orchestrator.dag import Dag
from suture.orchestrator.messages import CancelTask, Finish, Launch, RetryDue, Stop, Wake
from suture.orchestrator.resources import Limits
from suture.orchestrator.retry import How

SHORT = OutOfMemory("no memory")
BUSY = DeviceBusy("no session")
FULL = DiskFull("no space left", retryable=True)


def side_by_side(*names: str, resource: Resource = Resource.CPU) -> Dag:
    """Tasks that wait for nothing."""
    dag = Dag()
    for name in names:
        dag.add(Fake(name, resource=resource))
    return dag


def test_the_same_failure_twice_is_the_last() -> None:
    """Two retries were left for it to have one more."""
    run = Run(chain("a"))
    run.start()
    run.retried("a", FAILS)
    assert run.failed("a", CommandFailed(FAILS.message), 2) == [Finish(ok=False)]


def test_a_busy_device_between_two_failures_does_not_tell_them_apart() -> None:
    """It says nothing about the task, so the failure after it is the second in a row."""
    run = Run(chain("a"))
    run.start()
    run.retried("a", FAILS)
    run.retried("a", BUSY, 2)
    assert run.failed("a", FAILS, 3) == [Finish(ok=False)]


@pytest.mark.parametrize("error", [CommandCrashed("SIGSEGV"), CommandTimeout("hung")])
def test_a_crash_or_a_hang_uses_all_retries(error: SutureError) -> None:
    """The same three times, at once each time."""
    run = Run(chain("a"))
    run.start()
    for attempt in (1, 2):
        assert run.failed("a", error, attempt) == [Wake("a", attempt, 0.0, error)]
        assert run.feed(RetryDue("a", attempt)) == [Launch("a", attempt + 1)]
    assert run.failed("a", error, 3) == [Finish(ok=False)]


def test_out_of_memory_is_tried_again_alone() -> None:
    """What runs may end, nothing starts; then it runs, and nothing starts until it has ended."""
    run = Run(side_by_side("a", "b", "c"), Limits(cpu=2))
    run.start()
    assert run.failed("a", SHORT) == [Wake("a", 1, 0.0, SHORT, How.ALONE), Launch("c", 1)]
    assert run.feed(RetryDue("a", 1)) == []
    assert run.done("b") == []
    assert run.done("c") == [Launch("a", 2)]
    assert run.done("a", 2) == [Finish(ok=True)]


def test_out_of_memory_alone_is_tried_lean() -> None:
    """Less memory is used only when alone did not help, and what follows stays lean."""
    run = Run(chain("a"))
    run.start()
    assert run.retried("a", SHORT) == [Launch("a", 2)]
    assert run.failed("a", SHORT, 2) == [Wake("a", 2, 0.0, SHORT, How.LEAN)]
    assert run.feed(RetryDue("a", 2)) == [Launch("a", 3, lean=True)]
    assert run.failed("a", SHORT, 3) == [Finish(ok=False)]


def test_a_lean_task_that_meets_a_busy_device_stays_lean_and_alone() -> None:
    """Whatever turns it away later does not give it the memory that it had not."""
    dag = side_by_side("a", resource=Resource.GPU_ENCODE)
    dag.add(Fake("other"))
    run = Run(dag)
    run.start()
    run.done("other")
    run.retried("a", SHORT)
    run.retried("a", SHORT, 2)
    assert run.retried("a", BUSY, 3) == [Launch("a", 4, lean=True)]
    assert run.core.snapshot().alone == {"a"}


def test_out_of_memory_doubles_the_need_of_its_kind() -> None:
    """Four fitted beside each other; after the first that did not have enough, two do."""
    dag = Dag()
    for name in "abcdef":
        dag.add(Fake(name), memory_bytes=25, memory_kind="piece")
    run = Run(dag, Limits(cpu=8, memory_bytes=100))
    assert launched(run.start()) == ["a", "b", "c", "d"]
    assert launched(run.failed("a", SHORT)) == []
    run.done("b")
    assert launched(run.done("c")) == ["e"]


def test_a_measured_peak_replaces_the_estimate() -> None:
    """Two were expected to fit; the first needs little, so all that are left run."""
    dag = Dag()
    for name in "abcde":
        dag.add(Fake(name), memory_bytes=50, memory_kind="piece")
    run = Run(dag, Limits(cpu=8, memory_bytes=100))
    assert launched(run.start()) == ["a", "b"]
    assert launched(run.done("a", outcome=Outcome(peak_memory_bytes=20))) == ["c", "d", "e"]


def test_a_busy_device_lowers_the_slots_of_its_class() -> None:
    """Three sessions were promised, two are there: a third is not asked for again while two are used."""
    run = Run(side_by_side("a", "b", "c", "d", resource=Resource.GPU_ENCODE), Limits(cpu=1, gpu_encode=3))
    run.start()
    assert run.failed("c", BUSY) == [Wake("c", 1, 1.0, BUSY, How.WAIT)]
    assert run.core.usage.limits.gpu_encode == 2
    assert run.done("a") == [Launch("d", 1)]
    assert run.feed(RetryDue("c", 1)) == []
    assert run.done("b") == [Launch("c", 2)]


def test_a_class_never_loses_its_last_slot() -> None:
    """However often its device is busy."""
    run = Run(side_by_side("a", resource=Resource.GPU_ENCODE), Limits(cpu=1, gpu_encode=2))
    run.start()
    for attempt in range(1, 6):
        assert run.retried("a", BUSY, attempt) == [Launch("a", attempt + 1)]
    assert run.core.usage.limits.gpu_encode == 1
    assert run.core.usage.limits.cpu == 1


def test_a_full_disk_ends_the_run() -> None:
    """The one that met it fails although its error claims that a retry helps; the rest is cancelled, running or not."""
    dag = side_by_side("a", "b", "c")
    dag.add(Fake("join"), after_any=["a"])
    run = Run(dag, Limits(cpu=2))
    run.start()
    assert run.failed("a", FULL) == [CancelTask("b")]
    assert run.states() == {"a": "failed", "b": "running", "c": "cancelled", "join": "cancelled"}
    assert run.done("b") == [Finish(ok=False)]


def test_a_full_disk_cancels_also_what_a_stop_let_run() -> None:
    """The wish to let running tasks finish can't be granted any more."""
    run = Run(side_by_side("a", "b"))
    run.start()
    run.feed(Stop())
    assert run.failed("a", FULL) == [CancelTask("b")]
