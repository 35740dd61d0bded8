"""`World`, a random graph with random fates, and `Play`, a run of it in random order. For the property tests.

A play keeps books of its own about all that the core decides: dependencies, order, slots, memory, who is alone. They
are as simple as can be, cost little for each event, and share nothing with the core but the graph.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphs import Fake
from suture.command.base import Outcome, Resource
from suture.errors import (
    CommandCancelled,
    CommandCrashed,
    CommandFailed,
    CommandTimeout,
    DeviceBusy,
    DiskFull,
    OutOfMemory,
    SutureError,
)
from suture.orchestrator.dag import Core, Dag, Node
from suture.orchestrator.messages import (
    Abort,
    CancelTask,
    Event,
    Finish,
    Instruction,
    Launch,
    Record,
    RetryDue,
    Start,
    Stop,
    TaskDone,
    TaskFailed,
    Wake,
)
from suture.orchestrator.resources import Limits
from suture.orchestrator.retry import RetryPolicy
from suture.orchestrator.states import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

RETRIES = 2
MEMORY = 10
# What each attempt comes to; the last letter is true for all that follow, in this run and in later ones.
FATES = ("d",) * 6 + ("cd", "hd", "fd", "sd", "md", "fhd", "ccd", "mmd", "mcd", "cmd", "ffd", "l", "s", "ccc", "f", "m")


def dice_of(seed: int) -> random.Random:
    """Dice that fall the same way every time."""
    return random.Random(seed)  # noqa: S311  # a game, no secret


class World:
    """A graph, the limits, and what every attempt of every task will come to.

    ``b`` the device is busy, ``c`` it crashes, ``h`` it hangs, ``f`` it fails in ever new ways, ``s`` it fails in the
    same way, ``m`` the memory is not enough, ``l`` it fails and says that it would again, ``x`` the disk is full, ``d``
    it is done.

    Args:
        seed: of the dice.
        most: how many tasks there are at most.
    """

    def __init__(self, seed: int, most: int) -> None:
        dice = dice_of(seed)
        self.dag = Dag()
        self.fates: dict[str, str] = {}
        self.peaks: dict[str, int] = {}
        slots = {resource.value: dice.randint(1, 4) for resource in Resource}
        self.limits = Limits(**slots, memory_bytes=dice.choice([None, MEMORY]))
        names = [f"t{i}" for i in range(1 + int(most * dice.random() ** 2))]
        added = list(_edges(names, dice))
        dice.shuffle(added)
        for name, needs, waits in added:
            self._add(name, needs, waits, dice)
        self.orders = _orders(self.dag)
        self.followers = self.dag.dependants()
        # How likely the core checks itself after an event. To do it always would cost the square of the tasks; small
        # graphs are checked so, large ones about ten times in a run.
        self.full_check = max(200 / len(names) ** 2, 3 / len(names))

    def _add(self, name: str, needs: list[str], waits: list[str], dice: random.Random) -> None:
        fake = Fake(name, dice.choice([0, 5, 5, 10]), dice.choice(list(Resource)))
        self.dag.add(
            fake,
            needs,
            after_any=waits,
            cost=dice.choice([0, 1, 2.5]),
            memory_bytes=dice.choice([0, 1, 3, 6, MEMORY]),
            memory_kind=dice.choice(["", "x", "y"]),
            transient=dice.random() < 0.3,
        )
        self.fates[name] = "b" * dice.choice([0, 0, 0, 3]) + dice.choice(FATES)
        self.peaks[name] = dice.choice([0, 2, 4, 8, MEMORY + 5])

    def core(self, **options: Any) -> Core:
        """A fresh run of it."""
        return Core(self.dag, self.limits, RetryPolicy(max_retries=RETRIES), **options)

    def outcome(self, launch: Launch, attempt: int) -> Event:
        """What the ``attempt``-th attempt of a task, over all runs, comes to."""
        fate = self.fates[launch.task]
        letter = fate[min(attempt, len(fate)) - 1]
        if letter == "d":
            return TaskDone(launch.task, launch.attempt, Outcome(peak_memory_bytes=self.peaks[launch.task]))
        errors: dict[str, SutureError] = {
            "b": DeviceBusy("busy"),
            "c": CommandCrashed("crashed"),
            "h": CommandTimeout("hung"),
            "f": CommandFailed(f"failed in the {attempt}. way"),
            "s": CommandFailed("failed"),
            "m": OutOfMemory("no memory"),
            "l": CommandFailed("lasts", retryable=False),
            "x": DiskFull("full"),
        }
        return TaskFailed(launch.task, launch.attempt, errors[letter])

    def expected(self) -> dict[str, State]:
        """How each task ends when nobody interferes: worked out from the graph alone, without events."""
        ends: dict[str, State] = {}
        for name in self.dag.order():
            if any(ends[other] is not State.DONE for other in self.dag.node(name).after):
                ends[name] = State.SKIPPED
            else:
                ends[name] = State.DONE if self.fates[name].endswith("d") else State.FAILED
        return ends


def _edges(names: list[str], dice: random.Random) -> Iterable[tuple[str, list[str], list[str]]]:
    """For each task what it needs and what it only waits for: a random graph, or pieces and a join of all of them."""
    degree = dice.choice([0, 1, 4, 12])
    for i, name in enumerate(names):
        whole = i == len(names) - 1 and degree == 0
        edges = names[:i] if whole else dice.sample(names[:i], min(i, dice.randint(0, degree)))
        needed = dice.choice([0, 0.7, 1])
        needs = [other for other in edges if dice.random() < needed]
        yield name, needs, [other for other in edges if other not in set(needs)]


def _orders(dag: Dag) -> dict[str, tuple[int, float, int]]:
    """What goes first: priority, then what the longest way to an end costs, then first come."""
    followers, longest = dag.dependants(), dict[str, float]()
    for name in reversed(dag.order()):
        longest[name] = dag.node(name).cost + max((longest[other] for other in followers[name]), default=0.0)
    return {node.id: (-node.priority, -longest[node.id], node.index) for node in dag.tasks()}


@dataclass
class Books:
    """What a class of resources, and the memory, are known to hold: kept from events and instructions alone."""

    world: World
    slots: dict[Resource, int] = field(init=False)
    running: dict[str, Launch] = field(default_factory=dict)
    used: Counter[Resource] = field(default_factory=Counter)
    learned: dict[str, int] = field(default_factory=dict)
    alone: set[str] = field(default_factory=set)
    ooms: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.slots = {resource: self.world.limits.of(resource) for resource in Resource}

    def need(self, node: Node) -> int:
        """The memory of a task: estimated, or the largest that was learned of its kind."""
        return self.learned.get(node.memory_kind, node.memory_bytes)

    def memory(self) -> list[int]:
        """What each running task needs, of those that need any."""
        needs = [self.need(self.world.dag.node(task)) for task in self.running]
        return [need for need in needs if need]

    def learn(self, node: Node, need: int) -> None:
        """Of a task without a kind nothing is learned."""
        if node.memory_kind and need:
            self.learned[node.memory_kind] = max(need, self.learned.get(node.memory_kind, 0))

    def ended(self, task: str, error: SutureError | None) -> None:
        """An attempt is over."""
        node = self.world.dag.node(task)
        del self.running[task]
        self.used[node.resource] -= 1
        if error is None:
            self.learn(node, self.world.peaks[task])
        if isinstance(error, DeviceBusy):
            left = self.slots[node.resource] - 1
            self.slots[node.resource] = max(1, self.used[node.resource], left)
        if isinstance(error, OutOfMemory):
            self.alone.add(task)
            self.ooms[task] += 1
            self.learn(node, 2 * self.need(node))

    def launch(self, launch: Launch) -> None:
        """Check that it may start, and count it."""
        node = self.world.dag.node(launch.task)
        assert launch.task not in self.running
        assert self.alone.isdisjoint(self.running), "something was alone"
        assert not self.running or launch.task not in self.alone, "it should be alone"
        assert launch.lean == (self.ooms[launch.task] > 1)
        assert self.used[node.resource] < self.slots[node.resource]
        others, need, limit = self.memory(), self.need(node), self.world.limits.memory_bytes
        assert limit is None or not need or not others or sum(others) + need <= limit
        self.running[launch.task] = launch
        self.used[node.resource] += 1

    def blocked(self, heads: Collection[Node]) -> bool:
        """Whether the first tasks of the classes have to wait: for one that is alone, a slot, or memory."""
        names = {node.id for node in heads}
        if not self.alone.isdisjoint(names | set(self.running)):
            return bool(self.running)
        free = [node for node in heads if self.used[node.resource] < self.slots[node.resource]]
        if not free:
            return True
        others, limit = sum(self.memory()), self.world.limits.memory_bytes
        short = limit is not None and others > 0 and any(others + self.need(node) > limit for node in free)
        return short and all(self.need(node) for node in free)


class Play:
    """A run in which a random one of the possible events happens next, and every step is checked.

    Args:
        world: what is run.
        core: the run.
        dice: what comes next.
        meddle: how likely somebody stops the run, at each step.
        ever: how often each task was tried in earlier runs.
    """

    def __init__(
        self,
        world: World,
        core: Core,
        dice: random.Random,
        *,
        meddle: float = 0.0,
        ever: Mapping[str, int] | None = None,
    ) -> None:
        self.world, self.core, self.dice, self.meddle = world, core, dice, meddle
        self.books = Books(world)
        self.ever = Counter(ever or {})
        self.delayed: dict[str, RetryDue] = {}
        self.open: list[str] = []
        self.events: list[Event] = []
        self.heard: list[tuple[Instruction, ...]] = []
        self.records: dict[str, Record] = {}
        self.wanted: set[str] = set()
        self.missing = {node.id: len(node.dependencies) for node in world.dag.tasks()}
        self.ready: dict[Resource, list[tuple[tuple[int, float, int], str]]] = defaultdict(list)
        self.passed: dict[Resource, tuple[str, int]] = {}

    @property
    def states(self) -> dict[str, State]:
        """How the tasks have ended."""
        return {task: record.state for task, record in self.records.items()}

    def to_end(self, done: Mapping[str, Outcome] | None = None, *, crash_after: int | None = None) -> Play:
        """Play until nothing can happen any more, or until so many events have happened."""
        self.feed(Start(done or {}))
        while not self.core.finished and len(self.events) != crash_after:
            assert self.books.running or self.delayed, "nothing can happen, and yet it is not the end"
            self.feed(self.choose())
        if self.core.finished:
            assert not self.books.running
            assert not self.delayed
            self.core.validate()
        return self

    def choose(self) -> Event:
        """Any of what may happen now."""
        if self.dice.random() < self.meddle:
            wishes: list[Event] = [Stop(), Abort()]
            return self.dice.choice(wishes)
        while (task := self._draw()) not in self.books.running and task not in self.delayed:
            pass
        if task in self.delayed:
            return self.delayed.pop(task)
        launch = self.books.running[task]
        if task in self.wanted and self.dice.random() < 0.8:
            return TaskFailed(task, launch.attempt, CommandCancelled("stopped"))
        return self.world.outcome(launch, self.ever[task])

    def _draw(self) -> str:
        n = self.dice.randrange(len(self.open))
        self.open[n], self.open[-1] = self.open[-1], self.open[n]
        return self.open.pop()

    def feed(self, event: Event) -> None:
        """One event in, all rules checked, instructions obeyed."""
        assert not self.core.finished
        instructions = self.core.handle(event)
        self.events.append(event)
        self.heard.append(instructions)
        self.take_in(event)
        for each in instructions:
            self.obey(each)
        self.check_idle([each for each in instructions if isinstance(each, Launch)])
        if self.dice.random() < self.world.full_check:
            self.core.validate()

    def take_in(self, event: Event) -> None:
        """What an event says by itself."""
        match event:
            case Start(done):
                for task, outcome in done.items():
                    self.books.learn(self.world.dag.node(task), outcome.peak_memory_bytes)
                self.enter(task for task, missing in self.missing.items() if not missing and task not in done)
            case TaskDone(task):
                self.books.ended(task, None)
            case TaskFailed(task, _, error):
                self.books.ended(task, error)
            case RetryDue(task):
                self.enter([task])

    def enter(self, tasks: Iterable[str]) -> None:
        """Tasks are ready."""
        for task in tasks:
            heapq.heappush(self.ready[self.world.dag.node(task).resource], (self.world.orders[task], task))

    def obey(self, each: Instruction) -> None:
        """Keep the books that the core keeps too."""
        match each:
            case Launch(task):
                heap = self.ready[self.world.dag.node(task).resource]
                assert heap, "it is not ready"
                assert heapq.heappop(heap)[1] == task, "it is not its turn"
                self.books.launch(each)
                self.ever[task] += 1
                self.open.append(task)
            case Wake(task, attempt):
                self.delayed[task] = RetryDue(task, attempt)
                self.open.append(task)
            case CancelTask(task):
                assert task in self.books.running
                self.wanted.add(task)
                self.open.append(task)
            case Record(task):
                self.record(each)
            case Finish(ok):
                assert ok == all(r.state is State.DONE for r in self.records.values())

    def record(self, record: Record) -> None:
        """A task has ended; others may have become ready. Stopped ones are ready no more."""
        assert record.task not in self.records, "a task ended twice"
        assert record.state.ended
        self.records[record.task] = record
        self.delayed.pop(record.task, None)
        if self.core.draining:
            self.ready.clear()
            return
        for name in self.world.followers[record.task]:
            needed = record.task in self.world.dag.node(name).after
            self.missing[name] -= record.state is State.DONE or not needed
            if not self.missing[name] and name not in self.reused:
                self.enter([name])

    @property
    def reused(self) -> Mapping[str, Outcome]:
        """What an earlier run has done."""
        return self.events[0].done if isinstance(self.events[0], Start) else {}

    def check_idle(self, launched: list[Launch]) -> None:
        """Nothing waits without a cause, and nothing waits forever."""
        heads = {resource: self.world.dag.node(heap[0][1]) for resource, heap in self.ready.items() if heap}
        assert not heads or self.books.blocked(heads.values()), f"{heads} could start"
        if self.world.limits.memory_bytes is not None:
            self.check_line(heads, launched)

    def check_line(self, heads: Mapping[Resource, Node], launched: list[Launch]) -> None:
        """One that waits for memory is overtaken once by each other class at most, and by those that are alone.

        It waits for memory since the end of an event at which it was the first of its class and had a slot, and nobody
        was or wanted to be alone; until another of its class goes first, or the slot is lost.
        """
        books, before = self.books, self.passed
        self.passed = {}
        quiet = books.alone.isdisjoint([*books.running, *(node.id for node in heads.values())])
        nodes = [self.world.dag.node(each.task) for each in launched if each.task not in books.alone]
        passing = sum(bool(books.need(node)) for node in nodes)
        free = {resource for resource in heads if books.used[resource] < books.slots[resource]}
        for resource in free - {node.resource for node in nodes}:
            task, times = before.get(resource, ("", 0))
            if task == heads[resource].id:
                assert times + passing < len(Resource), f"{task} was overtaken {times + passing} times"
                self.passed[resource] = task, times + passing
            elif quiet:
                self.passed[resource] = heads[resource].id, 0
