"""Resource classes and their slots, as plain values.

`Limits` says how many slots each class has; `Usage` says how many of them are taken. A task takes one slot of
one class, so a full class never holds up another. Not here: what memory is taken (`memory`), who goes next
(`admission`), and what a slot is on a machine (`suture.backend`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from suture.command.base import Resource
from suture.errors import ResourceError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from suture.orchestrator.graph import Node

__all__ = ["Limits", "Usage", "available_cpus"]


def available_cpus() -> int:
    """How many processors this process may use: its affinity where the system tells, else all of them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Limits:
    """How many tasks of each resource class may run at once. 0: this class does not exist here.

    Args:
        cpu: encodes and filters on the processor.
        gpu_encode: encoding sessions of a graphics card.
        gpu_scale: scaling on a graphics card.
        io: joins and copies, which do nothing but read and write.
        memory_bytes: what all that runs may need together; None: it is not looked at.

    Raises:
        ResourceError: a number is negative or not an integer, or there is no slot or no memory at all.
    """

    cpu: int
    gpu_encode: int = 1
    gpu_scale: int = 1
    io: int = 1
    memory_bytes: int | None = None

    def __post_init__(self) -> None:
        for resource in Resource:
            _check_slots(resource.value, getattr(self, resource.value))
        if self.memory_bytes is not None and self.memory_bytes < 1:
            raise ResourceError(f"memory_bytes={self.memory_bytes!r} is no amount of memory", "give None for no limit")
        if not self.total:
            raise ResourceError("no resource class has a slot", "give at least one, as in Limits(cpu=1)")

    def of(self, resource: Resource) -> int:
        """The slots of one class."""
        return int(getattr(self, resource.value))

    @property
    def total(self) -> int:
        """The most tasks that can ever run at once."""
        return sum(self.of(resource) for resource in Resource)

    def check(self, nodes: Iterable[Node]) -> None:
        """Refuse, before anything starts, what could never start.

        Raises:
            ResourceError: a task needs a class that has no slot, or more memory than there is.
        """
        for node in nodes:
            if self.memory_bytes is not None and node.memory_bytes > self.memory_bytes:
                what = f"task {node.id!r} needs {node.memory_bytes} bytes of memory; there are {self.memory_bytes}"
                raise ResourceError(what, "let it use fewer threads, or allow more")
            if not self.of(node.resource):
                name = node.resource.value
                raise ResourceError(f"task {node.id!r} needs {name}, which has no slot", f"give it one: {name}=1")


def _check_slots(name: str, slots: object) -> None:
    # A bool is an int to Python; nobody who writes cpu=True means one slot.
    if not isinstance(slots, int) or isinstance(slots, bool) or slots < 0:
        raise ResourceError(f"{name}={slots!r} is no number of slots", "give 0 or more")


@dataclass(frozen=True, slots=True)
class Usage:
    """How many slots of each class are taken, out of ``limits``. `take` and `give` return a new one."""

    limits: Limits
    taken: tuple[int, ...] = field(default=(0,) * len(Resource))

    def used(self, resource: Resource) -> int:
        """The slots that are taken."""
        return self.taken[_PLACE[resource]]

    def free(self, resource: Resource) -> int:
        """The slots that are not."""
        return self.limits.of(resource) - self.used(resource)

    def take(self, resource: Resource) -> Usage:
        """With one slot more taken.

        Raises:
            ResourceError: none is free.
        """
        if self.free(resource) < 1:
            raise ResourceError(f"all {self.limits.of(resource)} slots of {resource.value} are taken")
        return self._changed(resource, +1)

    def give(self, resource: Resource) -> Usage:
        """With one slot given back.

        Raises:
            ResourceError: none was taken.
        """
        if self.used(resource) < 1:
            raise ResourceError(f"no slot of {resource.value} is taken")
        return self._changed(resource, -1)

    def lower(self, resource: Resource) -> Usage:
        """With one slot less, but never without any, nor with fewer than are taken."""
        slots = max(1, self.used(resource), self.limits.of(resource) - 1)
        return replace(self, limits=replace(self.limits, **{resource.value: slots}))

    def _changed(self, resource: Resource, by: int) -> Usage:
        taken = list(self.taken)
        taken[_PLACE[resource]] += by
        return Usage(self.limits, tuple(taken))


_PLACE = {resource: place for place, resource in enumerate(Resource)}
