"""`Dag`: the graph that the user draws: commands, and which of them has to wait for which.

It only says what depends on what; what state a task is in while the graph runs is `dag`'s. Commands are added
in any order, and a dependency may be named before it is added; whether all fits together is checked when the
graph is used, by `Dag.check`.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

from suture.command.base import Command
from suture.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from suture.command.base import Resource

__all__ = ["Dag", "Node"]


@dataclass(frozen=True, slots=True)
class Node:
    """A task: a command and its place in the graph.

    Args:
        id: the command's.
        command: what runs.
        after: ids of the tasks that must have succeeded before.
        after_any: ids of the tasks that must have ended before, however they ended.
        cost: predicted work, in any unit that is the same for all tasks of a graph.
        index: 0 for the task that was added first.
        priority: the command's.
        resource: the command's.
        memory_bytes: what it is expected to need at most while it runs; 0: next to nothing.
        memory_kind: tasks of one kind need about as much; what one of them needed is expected of the others. Empty:
            it is like no other.
        transient: its output is only for those that wait for it.
    """

    id: str
    command: Command
    after: tuple[str, ...]
    after_any: tuple[str, ...]
    cost: float
    index: int
    priority: int
    resource: Resource
    memory_bytes: int = 0
    memory_kind: str = ""
    transient: bool = False

    @property
    def dependencies(self) -> tuple[str, ...]:
        """All that it waits for, each once."""
        return self.after + self.after_any


class Dag:
    """Commands and their dependencies.

    >>> dag = Dag()
    >>> a = dag.add(scale)
    >>> b = dag.add(encode, after=[a])
    """

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}

    def __len__(self) -> int:
        return len(self._nodes)

    def __contains__(self, task: object) -> bool:
        return task in self._nodes

    def __repr__(self) -> str:
        return f"Dag({len(self)} tasks)"

    def add(
        self,
        command: Command,
        after: Iterable[Command | str] = (),
        *,
        after_any: Iterable[Command | str] = (),
        cost: float = 0.0,
        memory_bytes: int = 0,
        memory_kind: str = "",
        transient: bool = False,
    ) -> str:
        """Add a command; give its id, to be used in another's ``after``.

        Args:
            command: what to run.
            after: what it needs: when one of these does not succeed, it is skipped.
            after_any: what it only waits for: it runs however these end.
            cost: predicted work; among equals in priority, the longest path to the end starts first.
            memory_bytes: expected need of memory.
            memory_kind: name of those that need as much; the first that was measured corrects the others' need.
            transient: its output is only for those that wait for it: once they are done, nobody misses it.

        Raises:
            GraphError: there is a task of that id already, or the memory is negative.
        """
        task = command.id
        if task in self._nodes:
            raise GraphError(f"there are two tasks of the id {task!r}", "give each command an id of its own")
        if memory_bytes < 0:
            raise GraphError(f"task {task!r} can't need {memory_bytes} bytes of memory", "give 0 or more")
        needs = dict.fromkeys(_ids(after))
        waits = tuple(name for name in dict.fromkeys(_ids(after_any)) if name not in needs)
        self._nodes[task] = Node(
            task,
            command,
            tuple(needs),
            waits,
            cost,
            len(self._nodes),
            command.priority,
            command.resource,
            memory_bytes,
            memory_kind,
            transient,
        )
        return task

    def tasks(self) -> tuple[Node, ...]:
        """All tasks, in the order in which they were added."""
        return tuple(self._nodes.values())

    def node(self, task: str) -> Node:
        """One task.

        Raises:
            GraphError: there is none of that id.
        """
        try:
            return self._nodes[task]
        except KeyError:
            raise GraphError(f"there is no task {task!r}") from None

    def dependencies(self, task: str) -> tuple[str, ...]:
        """The ids of what a task waits for, tolerant or not."""
        return self.node(task).dependencies

    def dependants(self) -> dict[str, list[str]]:
        """For each task the ids of those that wait for it, in the order in which they were added."""
        followers: dict[str, list[str]] = {task: [] for task in self._nodes}
        for node in self._nodes.values():
            for name in node.dependencies:
                followers[name].append(node.id)
        return followers

    def check(self) -> None:
        """Raise unless the graph can be run.

        Raises:
            GraphError: a task waits for one that is not there, or for itself in the end; the cycle is named.
        """
        self._sorted()

    def remaining(self) -> dict[str, float]:
        """For each task the cost of the longest path from its start to an end of the graph, its own included.

        That is how long the graph takes at least once the task starts, whatever the number of slots. Linear in the size
        of the graph.

        Raises:
            GraphError: as `check`.
        """
        longest: dict[str, float] = {}
        after = dict.fromkeys(self._nodes, 0.0)
        for name in reversed(self._sorted()):
            node = self._nodes[name]
            longest[name] = node.cost + after[name]
            for other in node.dependencies:
                after[other] = max(after[other], longest[name])
        return longest

    def settled(self, valid: Collection[str]) -> frozenset[str]:
        """What need not run when the outputs of some tasks are there already.

        Those, and the transient tasks whose output nobody needs any more: all that need it are settled, and there is at
        least one, which proves that they were done. Who only waits for their end (``after_any``) does not need it.

        Args:
            valid: ids of tasks whose output is there; ids that are not in the graph are left out.

        Raises:
            GraphError: as `check`.
        """
        there, found, proved, missed = set(valid), set[str](), set[str](), set[str]()
        for name in reversed(self._sorted()):
            node = self._nodes[name]
            idle = node.transient and name in proved and name not in missed
            if idle or name in there:
                found.add(name)
                proved.update(node.after)
            else:
                missed.update(node.after)
        return frozenset(found)

    def order(self) -> tuple[str, ...]:
        """The ids so that each comes after all that it waits for, else in the order of adding.

        Raises:
            GraphError: as `check`.
        """
        self._sorted()
        followers = self.dependants()
        missing = {node.id: len(node.dependencies) for node in self._nodes.values()}
        free = [(node.index, node.id) for node in self._nodes.values() if not node.dependencies]
        found: list[str] = []
        while free:
            task = heapq.heappop(free)[1]
            found.append(task)
            for name in followers[task]:
                missing[name] -= 1
                if not missing[name]:
                    heapq.heappush(free, (self._nodes[name].index, name))
        return tuple(found)

    def _sorted(self) -> list[str]:
        """The ids so that each comes after all that it waits for, in linear time; else in any order."""
        self._check_names()
        followers = self.dependants()
        missing = {node.id: len(node.dependencies) for node in self._nodes.values()}
        found = [name for name, count in missing.items() if not count]
        for task in found:  # grows while it is read
            for name in followers[task]:
                missing[name] -= 1
                if not missing[name]:
                    found.append(name)
        if len(found) < len(self):
            raise GraphError(f"the graph has a cycle: {_cycle(self._nodes, set(found))}")
        return found

    def _check_names(self) -> None:
        for node in self._nodes.values():
            for name in node.dependencies:
                if name not in self._nodes:
                    raise GraphError(f"task {node.id!r} waits for {name!r}, which is not in the graph", "add it")


def _ids(commands: Iterable[Command | str]) -> list[str]:
    # A single id is an iterable of letters to Python; after="scale" can only mean one task.
    several = (commands,) if isinstance(commands, str | Command) else commands
    return [each if isinstance(each, str) else each.id for each in several]


def _cycle(nodes: Mapping[str, Node], ordered: set[str]) -> str:
    """Name one cycle among the tasks that could not be ordered. Each of those waits for another of them."""
    path = [min((node for node in nodes.values() if node.id not in ordered), key=lambda node: node.index).id]
    while path.count(path[-1]) == 1:
        path.append(next(name for name in nodes[path[-1]].dependencies if name not in ordered))
    ring = path[path.index(path[-1]) :]
    return " → ".join(repr(name) for name in reversed(ring)) + " (each before the next)"
