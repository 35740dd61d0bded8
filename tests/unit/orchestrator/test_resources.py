"""Slots are counted per class, and what can never run is refused."""

from __future__ import annotations

import pytest

from graphs import Fake
from suture.command.base import Resource
from suture.errors import ResourceError
from suture.orchestrator.graph import Dag
from suture.orchestrator.resources import Limits, Usage, available_cpus


def test_every_class_has_a_limit() -> None:
    """Each member of `Resource` has a field of `Limits`, so a new class can't be forgotten."""
    limits = Limits(cpu=8, gpu_encode=2, gpu_scale=3, io=4)
    assert [limits.of(resource) for resource in Resource] == [8, 2, 3, 4]
    assert limits.total == 17


def test_the_defaults_are_one_slot_beside_the_processor() -> None:
    """GPU encode, GPU scale and IO have one slot unless more are asked for."""
    assert Limits(cpu=4) == Limits(4, 1, 1, 1)


@pytest.mark.parametrize("slots", [-1, 1.5, "2", True, None])
def test_what_is_no_number_of_slots_is_refused(slots: object) -> None:
    """Negative, fractional, textual and boolean slots raise and name the class."""
    with pytest.raises(ResourceError, match="gpu_scale"):
        Limits(cpu=1, gpu_scale=slots)  # type: ignore[arg-type]


def test_a_machine_without_any_slot_is_refused() -> None:
    """Zero everywhere could run nothing."""
    with pytest.raises(ResourceError, match="no resource class"):
        Limits(cpu=0, gpu_encode=0, gpu_scale=0, io=0)


def test_a_task_of_an_absent_class_is_refused_by_name() -> None:
    """0 means that the class is absent; the task and the class are named."""
    dag = Dag()
    dag.add(Fake("plain"))
    dag.add(Fake("scale", resource=Resource.GPU_SCALE))
    Limits(cpu=1).check(dag.tasks())
    with pytest.raises(ResourceError, match=r"'scale' needs gpu_scale"):
        Limits(cpu=1, gpu_scale=0).check(dag.tasks())


def test_taking_and_giving_back_leaves_nothing_taken() -> None:
    """A slot that was taken and given back is free again; the values themselves don't change."""
    empty = Usage(Limits(cpu=2))
    one = empty.take(Resource.CPU)
    assert (empty.free(Resource.CPU), one.free(Resource.CPU), one.used(Resource.CPU)) == (2, 1, 1)
    assert one.give(Resource.CPU) == empty


def test_classes_are_counted_apart() -> None:
    """A taken slot of one class leaves the others as they were."""
    usage = Usage(Limits(cpu=1)).take(Resource.CPU)
    assert [usage.free(resource) for resource in Resource] == [0, 1, 1, 1]


def test_a_slot_that_is_not_there_cannot_be_taken() -> None:
    """The second of one slot raises."""
    with pytest.raises(ResourceError, match="all 1 slots of io"):
        Usage(Limits(cpu=1)).take(Resource.IO).take(Resource.IO)


def test_a_slot_that_was_not_taken_cannot_be_given_back() -> None:
    """Giving back more than was taken raises."""
    with pytest.raises(ResourceError, match="no slot of cpu"):
        Usage(Limits(cpu=1)).give(Resource.CPU)


def test_this_machine_has_a_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """At least one processor is found, and one is assumed where the system does not tell."""
    assert available_cpus() >= 1
    monkeypatch.delattr("os.sched_getaffinity", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: None)
    assert available_cpus() == 1


def test_a_task_that_needs_more_memory_than_there_is_is_refused() -> None:
    """Exactly all of it is allowed; without a limit, anything is."""
    dag = Dag()
    dag.add(Fake("piece"), memory_bytes=100)
    Limits(cpu=1, memory_bytes=100).check(dag.tasks())
    Limits(cpu=1).check(dag.tasks())
    with pytest.raises(ResourceError, match="'piece' needs 100 bytes of memory; there are 99"):
        Limits(cpu=1, memory_bytes=99).check(dag.tasks())


@pytest.mark.parametrize("size", [0, -1])
def test_no_memory_at_all_is_refused(size: int) -> None:
    """Who wants no limit says None."""
    with pytest.raises(ResourceError, match="memory_bytes"):
        Limits(cpu=1, memory_bytes=size)


def test_lowering_takes_one_slot_that_is_free() -> None:
    """Never the last one, never one that is taken, and the other classes keep theirs."""
    usage = Usage(Limits(cpu=3)).take(Resource.CPU).take(Resource.CPU)
    lowered = usage.lower(Resource.CPU)
    assert lowered.limits == Limits(cpu=2)
    assert lowered.lower(Resource.CPU) == lowered
    assert lowered.give(Resource.CPU).lower(Resource.CPU).limits.cpu == 1
    assert Usage(Limits(cpu=1)).lower(Resource.CPU).limits.cpu == 1
