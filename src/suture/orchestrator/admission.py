"""`Admission`: which ready task may start now. Queues, slots, memory, and the wish to run alone, together.

Pure books, as `dag` is, which owns the only one: it puts tasks in when they are ready, takes out those that start, and
says when they have left. Nothing is known here of dependencies, states or failures.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from suture.command.base import Resource
from suture.orchestrator.memory import Memory
from suture.orchestrator.resources import Usage

if TYPE_CHECKING:
    from suture.orchestrator.graph import Node
    from suture.orchestrator.resources import Limits

__all__ = ["Admission", "Order"]

Order = tuple[int, float, int]
"""A task's place among the ready ones: the least goes first. No two tasks have the same."""


class Admission:
    """Who goes next.

    In each class the ready tasks start strictly in their order. A full class holds up no other class. Two things can: a
    task that has to run alone, once it is the first of its class; and a task that waits for memory.

    No task waits forever. A task that is the first of its class and finds a slot but not the memory is *held up*, and
    its class has a place in a line, behind those held up before it. While there is somebody in that line, nothing that
    needs memory starts but the first there. (To leave room for the one held up would come to the same: what fits beside
    it leaves so much free that it would fit itself.) Running tasks end and give memory back, and when nothing that
    needs memory runs, any task fits; so the first in the line starts after those that run now, and the line has at
    most one place for each class. A task that has to run alone lets nothing else start, so it runs after those that run
    now. What may go before a task within its class is only what its order puts there, and a graph has an end.

    Args:
        limits: slots and memory.
    """

    def __init__(self, limits: Limits) -> None:
        self.usage = Usage(limits)
        self.memory = Memory(limits.memory_bytes)
        self._heaps: dict[Resource, list[tuple[Order, Node]]] = {resource: [] for resource in Resource}
        self._held: list[Resource] = []
        self._alone: set[str] = set()
        self._running = 0
        self._lonely = ""

    @property
    def alone(self) -> frozenset[str]:
        """The tasks that may only run alone."""
        return frozenset(self._alone)

    def queued(self) -> tuple[str, ...]:
        """The tasks that are ready."""
        return tuple(node.id for heap in self._heaps.values() for _order, node in heap)

    def push(self, node: Node, order: Order) -> None:
        """A task is ready."""
        heapq.heappush(self._heaps[node.resource], (order, node))

    def clear(self) -> None:
        """No task is ready any more, because nothing new is to start."""
        self._held.clear()
        for heap in self._heaps.values():
            heap.clear()

    def isolate(self, node: Node) -> None:
        """From now on the task runs only while nothing else does, because the memory was not enough for it."""
        self._alone.add(node.id)
        self.memory.starved(node)

    def lower(self, resource: Resource) -> None:
        """One slot less of a class, for good."""
        self.usage = self.usage.lower(resource)

    def pick(self) -> Node | None:
        """The task to start now, its slot and memory taken; None: none may start."""
        node = self._next()
        if node is None:
            return None
        heapq.heappop(self._heaps[node.resource])
        if node.resource in self._held and self.memory.need(node):
            self._held.remove(node.resource)
        self.usage = self.usage.take(node.resource)
        self.memory.take(node)
        self._running += 1
        if node.id in self._alone:
            self._lonely = node.id
        return node

    def leave(self, node: Node) -> None:
        """A task does not run any more."""
        self.usage = self.usage.give(node.resource)
        self.memory.give(node)
        self._running -= 1
        if self._lonely == node.id:
            self._lonely = ""

    def _next(self) -> Node | None:
        if self._lonely:
            return None
        heads = [node for _order, node in sorted(heap[0] for heap in self._heaps.values() if heap)]
        for node in heads if self._alone else ():
            if node.id in self._alone:
                return None if self._running else node
        return self._fitting([node for node in heads if self.usage.free(node.resource)])

    def _fitting(self, heads: list[Node]) -> Node | None:
        """Of the first of each class, which all have a slot, the one that has the memory, too."""
        if self._held:
            heads.sort(key=self._place)
        if not heads or self.memory.fits(heads[0]):
            return heads[0] if heads else None
        for node in heads:
            if self.memory.need(node) and node.resource not in self._held:
                self._held.append(node.resource)
        return next((node for node in heads if not self.memory.need(node)), None)

    def _place(self, node: Node) -> int:
        return self._held.index(node.resource) if node.resource in self._held else len(self._held)
