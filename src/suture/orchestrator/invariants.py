"""What must hold of a run after every event, whatever happened. Used by tests, and by `dag.Core.validate`.

Everything is worked out again from the graph and the states alone, never from the counters that the core
keeps: a check that trusts the bookkeeping can't find it wrong.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from suture.command.base import Resource
from suture.orchestrator.states import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from suture.orchestrator.admission import Order
    from suture.orchestrator.graph import Node
    from suture.orchestrator.resources import Limits, Usage

__all__ = ["Snapshot", "broken"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a core knows, between two events.

    Args:
        nodes: the graph.
        states: what each task is doing.
        missing: how many dependencies still hold up each task.
        attempts: how often each task was launched.
        orders: the place of each task among those that are ready.
        needs: the memory that each task is believed to need now.
        alone: the tasks that may only run alone.
        fresh: the tasks that the last event launched.
        limits: slots and memory at the beginning.
        usage: the slots that are taken, of those that are left.
        memory_used: the memory that is taken.
        queued: the tasks in the ready queues.
        reused: the tasks that an earlier run has done.
        counts: how many tasks are in each state.
        started: whether the run has begun.
        draining: whether nothing new is started.
        finished: whether the end was announced.
    """

    nodes: Mapping[str, Node]
    states: Mapping[str, State]
    missing: Mapping[str, int]
    attempts: Mapping[str, int]
    orders: Mapping[str, Order]
    needs: Mapping[str, int]
    alone: frozenset[str]
    fresh: tuple[str, ...]
    limits: Limits
    usage: Usage
    memory_used: int
    queued: tuple[str, ...]
    reused: frozenset[str]
    counts: Mapping[State, int]
    started: bool
    draining: bool
    finished: bool

    def of(self, state: State) -> list[str]:
        """The tasks in one state."""
        return [task for task, what in self.states.items() if what is state]


def broken(now: Snapshot) -> list[str]:
    """What does not hold, one sentence each; empty when all is well."""
    return [*_slots(now), *_memory(now), *_alone(now), *_queues(now), *_dependencies(now), *_ends(now)]


def _slots(now: Snapshot) -> Iterator[str]:
    running = Counter(now.nodes[task].resource for task in now.of(State.RUNNING))
    for resource in Resource:
        slots, first = now.usage.limits.of(resource), now.limits.of(resource)
        if running[resource] > slots:
            yield f"{running[resource]} tasks run on {slots} slots of {resource}"
        if running[resource] != now.usage.used(resource):
            yield f"{now.usage.used(resource)} slots of {resource} are taken by {running[resource]} tasks"
        if slots > first or slots < min(1, first):
            yield f"of {first} slots of {resource} {slots} are left"


def _memory(now: Snapshot) -> Iterator[str]:
    """A need that turned out larger can't be taken back from what runs; but nothing may start on top of it."""
    needed = [now.needs[task] for task in now.of(State.RUNNING) if now.needs[task]]
    if sum(needed) != now.memory_used:
        yield f"{sum(needed)} bytes are needed, {now.memory_used} are counted"
    limit, starts = now.limits.memory_bytes, [task for task in now.fresh if now.needs[task]]
    if limit is not None and sum(needed) > limit and starts and len(needed) > 1:
        yield f"{starts} started although {sum(needed)} of {limit} bytes are needed"


def _alone(now: Snapshot) -> Iterator[str]:
    running = now.of(State.RUNNING)
    if len(running) > 1 and (lonely := now.alone.intersection(running)):
        yield f"{sorted(lonely)} had to run alone, but {len(running)} tasks run"


def _queues(now: Snapshot) -> Iterator[str]:
    ready = now.of(State.READY)
    if sorted(ready) != sorted(now.queued):
        yield f"ready are {sorted(ready)}, in the queues are {sorted(now.queued)}"
    heads: dict[Resource, str] = {}
    for task in sorted(ready, key=now.orders.__getitem__):
        heads.setdefault(now.nodes[task].resource, task)
    running = now.of(State.RUNNING)
    if now.alone.isdisjoint([*running, *heads.values()]):
        yield from _idle(now, [task for task in heads.values() if now.usage.free(now.nodes[task].resource)])
    elif heads and not running:
        yield f"{sorted(heads.values())} are ready and nothing runs"


def _idle(now: Snapshot, heads: list[str]) -> Iterator[str]:
    """The first tasks of classes with a free slot have to wait for memory, or one of them has and keeps it free."""
    used = sum(now.needs[task] for task in now.of(State.RUNNING))
    limit = now.limits.memory_bytes
    blocked = limit is not None and used and any(used + now.needs[task] > limit for task in heads)
    for task in heads:
        if not blocked or not now.needs[task]:
            yield f"{task} is ready and has a free slot, but does not run"


def _dependencies(now: Snapshot) -> Iterator[str]:
    for task, state in now.states.items():
        node = now.nodes[task]
        needed = [now.states[name] for name in node.after]
        awaited = [now.states[name] for name in node.after_any]
        unmet = sum(s is not State.DONE for s in needed) + sum(not s.ended for s in awaited)
        lost = any(s.ended and s is not State.DONE for s in needed)
        # What an earlier run has done may stand on what this one has yet to do.
        if (state in {State.READY, State.RUNNING, State.DELAYED} or now.attempts[task]) and unmet:
            yield f"{task} is {state} while {unmet} of its dependencies are unmet"
        if (state is State.SKIPPED) != lost and (state is State.SKIPPED or not state.ended):
            yield f"{task} is {state}, but what it needs is {[str(s) for s in needed]}"
        if state is State.WAITING and now.missing[task] != unmet:
            yield f"{task} waits for {now.missing[task]} tasks, but {unmet} are unmet"
        if state is State.WAITING and now.started and not unmet:
            yield f"{task} waits for nothing"


def _ends(now: Snapshot) -> Iterator[str]:
    counts = Counter(now.states.values())
    if any(counts[state] != now.counts[state] for state in State):
        yield f"the states are {dict(counts)}, counted are {dict(now.counts)}"
    if now.draining and (idle := counts[State.WAITING] + counts[State.READY] + counts[State.DELAYED]):
        yield f"{idle} tasks are kept although nothing new is started"
    ended = all(state.ended for state in now.states.values())
    if now.finished != (ended and (now.started or now.draining)):
        yield f"all tasks ended: {ended}; the end was announced: {now.finished}"
    for task, state in now.states.items():
        ran = state in {State.RUNNING, State.DELAYED, State.FAILED} or (state is State.DONE and task not in now.reused)
        if (ran and not now.attempts[task]) or (state in {State.WAITING, State.SKIPPED} and now.attempts[task]):
            yield f"{task} is {state} after {now.attempts[task]} attempts"
        if task in now.reused and (state is not State.DONE or now.attempts[task]):
            yield f"{task} was done before, but is {state} after {now.attempts[task]} attempts"
