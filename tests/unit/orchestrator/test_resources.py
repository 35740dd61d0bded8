"""Slots are counted per class, and what can never run is refused."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from suture.command.base import Command, Resource, TaskType
from suture.errors import ResourceError
from suture.orchestrator.graph import Dag
from suture.orchestrator.resources import Limits, Usage, available_cpus


@dataclass(frozen=True)
class Fake(Command):
    """A command that only has a place in a graph."""

    id: str = ""
    priority: int = 5
    resource: Resource = Resource.CPU
    input_path: str = "in.mkv"
    output_path: str = "out.mkv"
    task_type: TaskType = TaskType.VIDEO

    def build_args(self) -> list[str]:
        """Nothing that does anything."""
        return ["true"]


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
