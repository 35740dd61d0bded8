"""What is believed of memory: estimates, then measurements, then what was not enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphs import Fake
from suture.orchestrator.graph import Dag
from suture.orchestrator.memory import Memory

if TYPE_CHECKING:
    from suture.orchestrator.graph import Node


def node(need: int, kind: str = "") -> Node:
    """A task that is expected to need so much."""
    dag = Dag()
    return dag.node(dag.add(Fake("a"), memory_bytes=need, memory_kind=kind))


def test_a_task_fits_while_the_sum_is_within_the_limit() -> None:
    """The limit itself may be used up, not a byte more; what is given back is free again."""
    memory = Memory(10)
    memory.take(node(6))
    assert memory.fits(node(4))
    assert not memory.fits(node(5))
    memory.give(node(6))
    assert memory.fits(node(5))
    assert memory.used == 0


def test_what_needs_nothing_always_fits() -> None:
    """Also when a need that was learned too late is over the limit."""
    memory = Memory(10)
    memory.take(node(3, "x"))
    memory.measured(node(3, "x"), 30)
    assert memory.fits(node(0))
    assert not memory.fits(node(1))


def test_a_need_over_the_limit_fits_when_nothing_else_needs_memory() -> None:
    """Else it would never run."""
    memory = Memory(10)
    memory.measured(node(3, "x"), 30)
    assert memory.fits(node(3, "x"))
    memory.take(node(1))
    assert not memory.fits(node(3, "x"))


def test_without_a_limit_everything_fits_and_is_counted_all_the_same() -> None:
    """None is no limit, not a limit of nothing."""
    memory = Memory(None)
    memory.take(node(1 << 60))
    assert memory.fits(node(1 << 60))
    assert memory.used == 1 << 60


def test_the_first_measurement_replaces_the_estimates_of_its_kind() -> None:
    """Downwards too, and for those that run already; other kinds keep theirs."""
    memory = Memory(100)
    for need in (10, 20):
        memory.take(node(need, "x"))
    memory.take(node(5, "y"))
    memory.measured(node(10, "x"), 7)
    assert (memory.need(node(10, "x")), memory.need(node(5, "y"))) == (7, 5)
    assert memory.used == 7 + 7 + 5


def test_the_largest_measurement_counts() -> None:
    """A smaller one that comes later changes nothing; a larger one corrects what runs."""
    memory = Memory(100)
    memory.take(node(10, "x"))
    for peak in (30, 20, 40):
        memory.measured(node(10, "x"), peak)
    assert memory.used == memory.need(node(10, "x")) == 40
    memory.give(node(10, "x"))
    assert memory.used == 0


def test_a_measurement_of_nothing_is_no_measurement() -> None:
    """A system that does not tell the peak says 0."""
    memory = Memory(100)
    memory.measured(node(10, "x"), 0)
    assert memory.need(node(10, "x")) == 10


def test_tasks_without_a_kind_teach_nothing() -> None:
    """What is like no other says nothing about others."""
    memory = Memory(100)
    memory.measured(node(10), 50)
    memory.starved(node(10))
    assert memory.need(node(3)) == 3


def test_each_time_the_memory_was_not_enough_the_need_is_doubled() -> None:
    """From the estimate or from what was measured, and no smaller measurement takes that back."""
    memory = Memory(100)
    memory.starved(node(10, "x"))
    assert memory.need(node(10, "x")) == 20
    memory.starved(node(10, "x"))
    memory.measured(node(10, "x"), 15)
    assert memory.need(node(10, "x")) == 40


def test_twice_nothing_is_not_learned() -> None:
    """A task without an estimate would wipe out those of its kind that have one."""
    memory = Memory(100)
    memory.starved(node(0, "x"))
    assert memory.need(node(10, "x")) == 10
