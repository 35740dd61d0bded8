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

    from suture.orchestrator.graph import Node
    from suture.orchestrator.resources import Usage

__all__ = ["Snapshot", "broken"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a core knows, between two events.

    Args:
        nodes: the graph.
        states: what each task is doing.
        missing: how many dependencies still hold up each task.
        attempts: how often each task was launched.
        usage: the slots that are taken.
        queued: the tasks in the ready queues.
        counts: how many tasks are in each state.
        started: whether the run has begun.
        draining: whether nothing new is started.
        finished: whether the end was announced.
    """

    nodes: Mapping[str, Node]
    states: Mapping[str, State]
    missing: Mapping[str, int]
    attempts: Mapping[str, int]
    usage: Usage
    queued: tuple[str, ...]
    counts: Mapping[State, int]
    started: bool
    draining: bool
    finished: bool


def broken(now: Snapshot) -> list[str]:
    """What does not hold, one sentence each; empty when all is well."""
    return [*_slots(now), *_queues(now), *_dependencies(now), *_ends(now)]


def _slots(now: Snapshot) -> Iterator[str]:
    running = Counter(now.nodes[task].resource for task, state in now.states.items() if state is State.RUNNING)
    for resource in Resource:
        limit = now.usage.limits.of(resource)
        if running[resource] > limit:
            yield f"{running[resource]} tasks run on {limit} slots of {resource}"
        if running[resource] != now.usage.used(resource):
            yield f"{now.usage.used(resource)} slots of {resource} are taken by {running[resource]} tasks"


def _queues(now: Snapshot) -> Iterator[str]:
    ready = [task for task, state in now.states.items() if state is State.READY]
    if sorted(ready) != sorted(now.queued):
        yield f"ready are {sorted(ready)}, in the queues are {sorted(now.queued)}"
    for task in ready:
        if now.usage.free(now.nodes[task].resource):
            yield f"{task} is ready and has a free slot, but does not run"


def _dependencies(now: Snapshot) -> Iterator[str]:
    for task, state in now.states.items():
        node = now.nodes[task]
        needed = [now.states[name] for name in node.after]
        awaited = [now.states[name] for name in node.after_any]
        unmet = sum(s is not State.DONE for s in needed) + sum(not s.ended for s in awaited)
        lost = any(s.ended and s is not State.DONE for s in needed)
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
        ran = state in {State.RUNNING, State.DELAYED, State.DONE, State.FAILED}
        if (ran and not now.attempts[task]) or (state in {State.WAITING, State.SKIPPED} and now.attempts[task]):
            yield f"{task} is {state} after {now.attempts[task]} attempts"
