"""What an earlier run has done is not run again."""

from __future__ import annotations

import pytest

from graphs import WELL, Fake, Run, chain, launched
from suture.command.base import Outcome
from suture.errors import OrchestrationError
from suture.orchestrator.dag import Dag
from suture.orchestrator.messages import Finish, Launch, Record, Stop
from suture.orchestrator.resources import Limits
from suture.orchestrator.states import State


def test_what_was_done_is_recorded_and_what_waits_for_it_runs() -> None:
    """The record counts no attempt and holds the outcome of the earlier run."""
    run = Run(chain("a", "b", "c"))
    assert run.start(a=WELL) == [Launch("b", 1)]
    assert run.all[0] == Record("a", State.DONE, 0, WELL)


def test_when_all_was_done_the_run_is_over_at_once() -> None:
    """Nothing is launched, not even one that waits for others that were done in the same way."""
    run = Run(chain("a", "b", "c"))
    assert run.start(c=WELL, a=WELL, b=WELL) == [Finish(ok=True)]


def test_a_done_task_does_not_wait_for_what_is_not_done() -> None:
    """Its result is there; that something it needs runs again, or fails, does not change that."""
    run = Run(chain("a", "b", "c"))
    assert launched(run.start(b=WELL)) == ["a", "c"]
    assert run.failed("a") == []
    assert run.states() == {"a": "failed", "b": "done", "c": "running"}
    assert run.done("c") == [Finish(ok=False)]


def test_what_was_measured_in_an_earlier_run_counts() -> None:
    """The estimate says that one fits; the earlier run has seen that all do."""
    dag = Dag()
    for name in "abcd":
        dag.add(Fake(name), memory_bytes=90, memory_kind="piece")
    run = Run(dag, Limits(cpu=8, memory_bytes=100))
    assert launched(run.start(a=Outcome(peak_memory_bytes=30))) == ["b", "c", "d"]


def test_a_run_that_was_stopped_before_its_start_takes_nothing_over() -> None:
    """Its tasks are cancelled already, all of them."""
    run = Run(chain("a", "b"))
    assert run.feed(Stop()) == [Finish(ok=False)]
    assert run.start(a=WELL) == []
    assert set(run.states().values()) == {"cancelled"}


def test_the_result_of_a_task_that_is_not_in_the_graph_is_an_error() -> None:
    """It comes from another graph, and nothing of this one has started."""
    run = Run(chain("a"))
    with pytest.raises(OrchestrationError, match="no task 'x'"):
        run.start(x=WELL)
    assert run.states() == {"a": "waiting"}
