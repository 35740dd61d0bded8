"""Random graphs, random fates, random orders of events: what must hold of every run.

``SUTURE_PROPERTY_EXAMPLES`` and ``SUTURE_PROPERTY_TASKS`` ask for more than the unit run does.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suture.command.base import Command, Outcome, Resource, TaskType
from suture.errors import CommandCancelled, CommandFailed, DeviceBusy, SutureError
from suture.orchestrator.dag import Core, Dag
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

EXAMPLES = int(os.environ.get("SUTURE_PROPERTY_EXAMPLES", "100"))
TASKS = int(os.environ.get("SUTURE_PROPERTY_TASKS", "24"))
RETRIES = 2
profile = settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


def dice_of(seed: int) -> random.Random:
    """Dice that fall the same way every time."""
    return random.Random(seed)  # noqa: S311  # a game, no secret


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


@dataclass
class World:
    """A graph, the limits, and what every attempt of every task will come to: one string of letters per task.

    ``b`` the device is busy, ``f`` it fails, ``l`` it fails and would again, ``d`` it is done.
    """

    seed: int
    dag: Dag = field(default_factory=Dag)
    fates: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        dice = dice_of(self.seed)
        self.limits = Limits(*(dice.randint(1, 4) for _ in Resource))
        names = [f"t{i}" for i in range(dice.randint(1, TASKS))]
        density = dice.choice([0.02, 0.1, 0.4])
        nodes = []
        for i, name in enumerate(names):
            edges = [other for other in names[:i] if dice.random() < density]
            needs = [other for other in edges if dice.random() < 0.7]
            fake = Fake(name, dice.choice([0, 5, 10]), dice.choice(list(Resource)))
            nodes.append((fake, needs, [o for o in edges if o not in needs], dice.choice([0, 1, 2.5])))
            self.fates[name] = "b" * dice.choice([0, 0, 3]) + dice.choice(["d", "d", "d", "fd", "ffd", "fff", "l"])
        dice.shuffle(nodes)
        for fake, needs, waits, cost in nodes:
            self.dag.add(fake, needs, after_any=waits, cost=cost)

    def core(self, **options: Any) -> Core:
        """A fresh run of it."""
        return Core(self.dag, self.limits, RetryPolicy(max_retries=RETRIES), **options)

    def outcome(self, launch: Launch) -> Event:
        """What an attempt comes to."""
        errors: dict[str, SutureError] = {
            "b": DeviceBusy("busy"),
            "f": CommandFailed("failed"),
            "l": CommandFailed("lasts", retryable=False),
        }
        letter = self.fates[launch.task][launch.attempt - 1]
        if letter == "d":
            return TaskDone(launch.task, launch.attempt, Outcome())
        return TaskFailed(launch.task, launch.attempt, errors[letter])

    def expected(self) -> dict[str, State]:
        """How each task ends when nobody interferes: worked out from the graph alone, without events."""
        ends: dict[str, State] = {}
        for name in self.dag.order():
            needs = [ends[other] for other in self.dag.node(name).after]
            if any(end is not State.DONE for end in needs):
                ends[name] = State.SKIPPED
            else:
                ends[name] = State.DONE if self.fates[name].endswith("d") else State.FAILED
        return ends


@dataclass
class Play:
    """A run in which a random one of the possible events happens next, and every step is checked."""

    world: World
    core: Core
    dice: random.Random
    meddle: float = 0.0
    running: dict[str, Launch] = field(default_factory=dict)
    delayed: dict[str, RetryDue] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    heard: list[tuple[Instruction, ...]] = field(default_factory=list)
    records: dict[str, Record] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=set)

    def to_end(self) -> Play:
        """Play until nothing can happen any more."""
        self.feed(Start())
        while not self.core.finished:
            assert self.running or self.delayed, "nothing can happen, and yet it is not the end"
            self.feed(self.choose())
        return self

    def choose(self) -> Event:
        """Any of what may happen now."""
        if self.dice.random() < self.meddle:
            wishes: list[Event] = [Stop(), Abort()]
            return self.dice.choice(wishes)
        tasks = [*self.running, *self.delayed]
        task = self.dice.choice(tasks)
        if task in self.delayed:
            return self.delayed.pop(task)
        launch = self.running.pop(task)
        if task in self.wanted and self.dice.random() < 0.8:
            return TaskFailed(task, launch.attempt, CommandCancelled("stopped"))
        return self.world.outcome(launch)

    def feed(self, event: Event) -> None:
        """One event in, all rules checked, instructions obeyed."""
        assert not self.core.finished
        instructions = self.core.handle(event)
        self.events.append(event)
        self.heard.append(instructions)
        self.core.validate()
        for each in instructions:
            self.obey(each)
        self.check_slots()
        self.check_order(instructions)

    def obey(self, each: Instruction) -> None:
        """Keep the books that the core keeps too."""
        match each:
            case Launch(task, _):
                assert task not in self.running
                self.running[task] = each
            case Wake(task, attempt, _, _):
                self.delayed[task] = RetryDue(task, attempt)
            case CancelTask(task):
                assert task in self.running
                self.wanted.add(task)
            case Record(task, state):
                assert task not in self.records, "a task ended twice"
                assert state.ended
                self.records[task] = each
                self.delayed.pop(task, None)
            case Finish(ok):
                assert ok == all(r.state is State.DONE for r in self.records.values())

    def check_slots(self) -> None:
        """No class is over its limit, by the books of this test."""
        for resource in Resource:
            used = sum(self.world.dag.node(task).resource is resource for task in self.running)
            assert used <= self.world.limits.of(resource)

    def check_order(self, instructions: tuple[Instruction, ...]) -> None:
        """Nothing was launched before a task of the same class that should go first."""
        left = [self.world.dag.node(t) for t, s in self.core.snapshot().states.items() if s is State.READY]
        for each in instructions:
            if isinstance(each, Launch):
                node = self.world.dag.node(each.task)
                assert not [n.id for n in left if n.resource is node.resource and n.order < node.order]


seeds = st.integers(0, 2**32 - 1)


@profile
@given(seeds, seeds)
def test_every_task_ends_as_the_graph_says_whatever_comes_first(world_seed: int, order_seed: int) -> None:
    """The order of events changes nothing in how the tasks end, and nothing is left waiting."""
    world = World(world_seed)
    play = Play(world, world.core(), dice_of(order_seed)).to_end()
    assert {task: record.state for task, record in play.records.items()} == world.expected()
    assert not play.running
    assert not play.delayed


@profile
@given(seeds, seeds)
def test_replayed_events_give_the_same_instructions(world_seed: int, order_seed: int) -> None:
    """A run is a function of its events: a second core that hears them answers the same, step by step."""
    world = World(world_seed)
    play = Play(world, world.core(), dice_of(order_seed), meddle=0.05).to_end()
    second = world.core()
    # Errors that the core makes are equal in what they say; Python compares exceptions by identity.
    assert [repr(second.handle(event)) for event in play.events] == [repr(heard) for heard in play.heard]


@profile
@given(seeds, seeds)
def test_fail_fast_starts_nothing_after_the_first_failure(world_seed: int, order_seed: int) -> None:
    """After the first task that failed for good nothing is launched, and what runs is not cancelled."""
    world = World(world_seed)
    play = Play(world, world.core(fail_fast=True), dice_of(order_seed)).to_end()
    flat = [each for instructions in play.heard for each in instructions]
    fatal = [i for i, each in enumerate(flat) if isinstance(each, Record) and each.state is State.FAILED]
    if fatal:
        assert not [each for each in flat[fatal[0] :] if isinstance(each, Launch | CancelTask)]
    else:
        assert {task: record.state for task, record in play.records.items()} == world.expected()
    assert set(play.records) == set(world.fates)


@profile
@given(seeds, seeds)
def test_stop_and_abort_at_any_moment_end_the_run(world_seed: int, order_seed: int) -> None:
    """Whenever somebody stops or aborts, nothing is launched any more and every task still ends once."""
    world = World(world_seed)
    play = Play(world, world.core(), dice_of(order_seed), meddle=0.15).to_end()
    asked = [i for i, event in enumerate(play.events) if isinstance(event, Stop | Abort)]
    later = [each for instructions in play.heard[asked[0] :] for each in instructions] if asked else []
    assert not [each for each in later if isinstance(each, Launch | Wake)]
    assert set(play.records) == set(world.fates)


@profile
@given(seeds, seeds)
def test_word_that_comes_late_or_twice_changes_nothing(world_seed: int, order_seed: int) -> None:
    """Every event is delivered a second time at once: the answer to the echo is always nothing."""
    world = World(world_seed)
    play = Play(world, world.core(), dice_of(order_seed)).to_end()
    core = world.core()
    for event, heard in zip(play.events, play.heard, strict=True):
        assert repr(core.handle(event)) == repr(heard)
        assert core.handle(event) == ()
