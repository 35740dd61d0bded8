"""Random graphs, random fates, random orders of events: what must hold of every run.

``SUTURE_PROPERTY_EXAMPLES`` and ``SUTURE_PROPERTY_TASKS`` ask for more than the unit run does. What is checked after
every event is in `play.Play`: no class and no memory over its limit, who is alone is alone, every task has its turn,
and nothing waits without a cause.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from play import Play, World, dice_of
from suture.command.base import Outcome
from suture.orchestrator.messages import Abort, CancelTask, Launch, Record, Stop, TaskDone, TaskFailed, Wake
from suture.orchestrator.states import State

EXAMPLES = int(os.environ.get("SUTURE_PROPERTY_EXAMPLES", "100"))
TASKS = int(os.environ.get("SUTURE_PROPERTY_TASKS", "24"))
profile = settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
seeds = st.integers(0, 2**32 - 1)


@profile
@given(seeds, seeds)
def test_every_task_ends_as_the_graph_says_whatever_comes_first(world_seed: int, order_seed: int) -> None:
    """The order of events changes nothing in how the tasks end, and nothing is left waiting."""
    world = World(world_seed, TASKS)
    assert Play(world, world.core(), dice_of(order_seed)).to_end().states == world.expected()


@profile
@given(seeds, seeds)
def test_replayed_events_give_the_same_instructions(world_seed: int, order_seed: int) -> None:
    """A run is a function of its events: a second core that hears them answers the same, step by step."""
    world = World(world_seed, TASKS)
    play = Play(world, world.core(), dice_of(order_seed), meddle=0.5 / len(world.dag)).to_end()
    second = world.core()
    # Errors that the core makes are equal in what they say; Python compares exceptions by identity.
    assert [repr(second.handle(event)) for event in play.events] == [repr(heard) for heard in play.heard]


@profile
@given(seeds, seeds)
def test_a_crash_at_any_event_and_a_resume_end_as_if_nothing_had_happened(world_seed: int, order_seed: int) -> None:
    """Up to three crashes, after each a new core that knows what was done, and not even all of that any more."""
    world, dice = World(world_seed, TASKS), dice_of(order_seed)
    undisturbed = Play(world, world.core(), dice_of(order_seed)).to_end()
    done: dict[str, Outcome] = {}
    ever: dict[str, int] = {}
    for _ in range(dice.randint(1, 3)):
        crashed = Play(world, world.core(), dice, ever=ever)
        crashed.to_end(done, crash_after=dice.randint(1, len(undisturbed.events)))
        ever, found = crashed.ever, {t: r.outcome for t, r in crashed.records.items() if r.outcome is not None}
        valid = [t for t in found if dice.random() < 0.9 and not world.dag.node(t).transient]
        done = {t: found.get(t, Outcome()) for t in sorted(world.dag.settled(valid))}
    resumed = Play(world, world.core(), dice, ever=ever).to_end(done)
    assert resumed.states == undisturbed.states == world.expected()
    again = {each.task for heard in resumed.heard for each in heard if isinstance(each, Launch)}
    assert again.isdisjoint(done), "what was done is not done again"


@profile
@given(seeds, seeds)
def test_fail_fast_starts_nothing_after_the_first_failure(world_seed: int, order_seed: int) -> None:
    """After the first task that failed for good nothing is launched, and what runs is not cancelled."""
    world = World(world_seed, TASKS)
    play = Play(world, world.core(fail_fast=True), dice_of(order_seed)).to_end()
    flat = [each for instructions in play.heard for each in instructions]
    fatal = [i for i, each in enumerate(flat) if isinstance(each, Record) and each.state is State.FAILED]
    if fatal:
        assert not [each for each in flat[fatal[0] :] if isinstance(each, Launch | CancelTask)]
    else:
        assert play.states == world.expected()
    assert set(play.records) == set(world.fates)


@profile
@given(seeds, seeds)
def test_a_full_disk_stops_all_and_fails_only_what_met_it(world_seed: int, order_seed: int) -> None:
    """The task that meets it fails, what runs at that moment is cancelled, and nothing starts any more."""
    world, dice = World(world_seed, TASKS), dice_of(order_seed)
    unlucky = dice.choice(list(world.fates))
    world.fates[unlucky] = "x"
    play = Play(world, world.core(), dice).to_end()
    if play.states[unlucky] is State.SKIPPED:
        assert play.states == world.expected()
        return
    full = next(i for i, event in enumerate(play.events) if isinstance(event, TaskFailed) and event.task == unlucky)
    launches = [each for heard in play.heard[:full] for each in heard if isinstance(each, Launch)]
    ends = [event for event in play.events[: full + 1] if isinstance(event, TaskDone | TaskFailed)]
    ended = {(event.task, event.attempt) for event in ends}
    running = {each.task for each in launches if (each.task, each.attempt) not in ended}
    assert play.states[unlucky] is State.FAILED
    assert {each.task for each in play.heard[full] if isinstance(each, CancelTask)} == running
    assert not [each for heard in play.heard[full:] for each in heard if isinstance(each, Launch | Wake)]
    assert set(play.records) == set(world.fates)


@profile
@given(seeds, seeds)
def test_stop_and_abort_at_any_moment_end_the_run(world_seed: int, order_seed: int) -> None:
    """Whenever somebody stops or aborts, nothing is launched any more and every task still ends once."""
    world = World(world_seed, TASKS)
    play = Play(world, world.core(), dice_of(order_seed), meddle=0.5 / len(world.dag) ** 0.7).to_end()
    asked = [i for i, event in enumerate(play.events) if isinstance(event, Stop | Abort)]
    later = [each for instructions in play.heard[asked[0] :] for each in instructions] if asked else []
    assert not [each for each in later if isinstance(each, Launch | Wake)]
    assert set(play.records) == set(world.fates)


@profile
@given(seeds, seeds)
def test_word_that_comes_late_or_twice_changes_nothing(world_seed: int, order_seed: int) -> None:
    """Every event is delivered a second time at once: the answer to the echo is always nothing."""
    world = World(world_seed, TASKS)
    play = Play(world, world.core(), dice_of(order_seed)).to_end()
    core = world.core()
    for event, heard in zip(play.events, play.heard, strict=True):
        assert repr(core.handle(event)) == repr(heard)
        assert core.handle(event) == ()
