"""Who goes next: order within a class, slots, memory, and the wish to run alone."""

from __future__ import annotations

from dataclasses import dataclass, field

from graphs import Fake
from suture.command.base import Resource
from suture.orchestrator.admission import Admission
from suture.orchestrator.graph import Dag, Node
from suture.orchestrator.resources import Limits

CPU, IO, GPU = Resource.CPU, Resource.IO, Resource.GPU_ENCODE


@dataclass
class Desk:
    """An admission, and the tasks that stand before it; the first to come has the first place in the order."""

    limits: Limits = field(default_factory=lambda: Limits(cpu=4, memory_bytes=10))
    dag: Dag = field(default_factory=Dag)

    def __post_init__(self) -> None:
        self.admission = Admission(self.limits)

    def come(self, task: str, need: int = 0, *, resource: Resource = CPU, priority: int = 5, kind: str = "") -> Node:
        """A task is ready."""
        self.dag.add(Fake(task, priority, resource), memory_bytes=need, memory_kind=kind)
        node = self.dag.node(task)
        self.admission.push(node, (-priority, 0.0, node.index))
        return node

    def picked(self) -> list[str]:
        """All that may start now."""
        found = []
        while (node := self.admission.pick()) is not None:
            found.append(node.id)
        return found

    def leave(self, task: str) -> list[str]:
        """A task ends; what may start then."""
        self.admission.leave(self.dag.node(task))
        return self.picked()


def test_nobody_comes_nobody_goes() -> None:
    """An empty queue is no error."""
    assert Desk().picked() == []


def test_the_order_counts_across_classes() -> None:
    """When all have a slot, the urgent one goes first whatever its class."""
    desk = Desk()
    desk.come("cpu")
    desk.come("io", resource=IO, priority=10)
    assert desk.picked() == ["io", "cpu"]


def test_nothing_overtakes_the_first_of_its_class() -> None:
    """A small task behind a large one that does not fit waits with it."""
    desk = Desk()
    for task, need in (("a", 6), ("large", 6), ("small", 1)):
        desk.come(task, need)
    assert desk.picked() == ["a"]
    assert desk.leave("a") == ["large", "small"]


def test_a_full_class_takes_no_memory_from_others() -> None:
    """What waits for a slot reserves nothing."""
    desk = Desk(Limits(cpu=1, memory_bytes=10))
    for task in ("a", "b"):
        desk.come(task, 5, priority=10)
    desk.come("io", 5, resource=IO)
    assert desk.picked() == ["a", "io"]


def test_what_waits_for_memory_is_not_starved_by_other_classes() -> None:
    """The large one waits; small ones of another class, more urgent even, start only behind it."""
    desk = Desk()
    desk.come("running", 5)
    assert desk.picked() == ["running"]
    desk.come("large", 10)
    assert desk.picked() == []
    desk.come("small", 1, resource=IO, priority=10)
    assert desk.picked() == []
    assert desk.leave("running") == ["large"]
    assert desk.leave("large") == ["small"]


def test_those_held_up_start_in_the_order_in_which_they_were_held_up() -> None:
    """Each class has one place in the line; a class whose task has started goes to its end."""
    desk = Desk()
    desk.come("a", 10)
    desk.picked()
    for task, resource, priority in (("io1", IO, 0), ("io2", IO, 0), ("gpu", GPU, 1), ("b", CPU, 10)):
        desk.come(task, 10, resource=resource, priority=priority)
        assert desk.picked() == []
    assert desk.leave("a") == ["io1"]
    assert desk.leave("io1") == ["gpu"]
    assert desk.leave("gpu") == ["b"]
    assert desk.leave("b") == ["io2"]


def test_what_needs_no_memory_is_held_up_by_nobody() -> None:
    """A copy goes on while an encode waits for memory, and takes no place in the line from its class."""
    desk = Desk()
    desk.come("running", 5)
    desk.come("large", 10)
    assert desk.picked() == ["running"]
    desk.come("copy", 0, resource=IO)
    desk.come("urgent", 0, priority=10)
    desk.come("io", 10, resource=IO)
    assert desk.picked() == ["urgent", "copy"]
    desk.admission.leave(desk.dag.node("copy"))
    assert desk.leave("running") == ["large"]


def test_one_that_is_alone_waits_until_nothing_runs_and_lets_nothing_start() -> None:
    """All classes stand still for it, those without any need of memory too."""
    desk = Desk()
    for resource in (CPU, IO):
        desk.come(f"{resource}1", resource=resource)
    assert desk.picked() == ["cpu1", "io1"]
    desk.admission.isolate(desk.come("alone"))
    desk.come("io2", resource=IO, priority=10)
    assert desk.leave("cpu1") == []
    assert desk.leave("io1") == ["alone"]
    assert desk.picked() == []
    assert desk.leave("alone") == ["io2"]


def test_one_that_is_alone_blocks_nobody_before_it_is_the_first_of_its_class() -> None:
    """What stands before it in its class, and other classes, go on until then."""
    desk = Desk(Limits(cpu=1))
    for task, priority in (("a", 10), ("b", 10)):
        desk.come(task, priority=priority)
    desk.admission.isolate(desk.come("alone", priority=0))
    assert desk.picked() == ["a"]
    desk.come("io", resource=IO)
    assert desk.picked() == ["io"]
    assert desk.leave("a") == ["b"]
    assert desk.leave("b") == []
    assert desk.leave("io") == ["alone"]


def test_of_two_that_are_alone_the_first_in_the_order_goes_first() -> None:
    """And the other follows."""
    desk = Desk()
    for task, resource in (("io", IO), ("cpu", CPU)):
        desk.admission.isolate(desk.come(task, resource=resource))
    assert desk.picked() == ["io"]
    assert desk.leave("io") == ["cpu"]


def test_a_lowered_class_gives_no_slot_away_until_enough_are_free() -> None:
    """Of two slots one is left: the next task starts when the second that runs has ended."""
    desk = Desk(Limits(cpu=1, gpu_encode=3))
    for task in "abcd":
        desk.come(task, resource=GPU)
    assert desk.picked() == ["a", "b", "c"]
    desk.admission.leave(desk.dag.node("a"))
    desk.admission.lower(GPU)
    assert desk.picked() == []
    assert desk.leave("b") == ["d"]


def test_after_clearing_nobody_is_left() -> None:
    """Nothing new starts, and nothing is kept for those that were held up."""
    desk = Desk()
    desk.come("a", 6)
    desk.come("b", 6)
    desk.picked()
    desk.admission.clear()
    assert desk.admission.queued() == ()
    desk.come("c", 4, resource=IO)
    assert desk.picked() == ["c"]
