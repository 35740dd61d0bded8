"""The core: events in, instructions out. After every event in these tests all invariants are checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graphs import FAILS, LASTS, WELL, Fake, Run, chain, launched
from suture.command.base import PRIORITY_HIGH, PRIORITY_LOW, Resource
from suture.errors import (
    CommandCancelled,
    CommandFailed,
    DeviceBusy,
    GraphError,
    OrchestrationError,
    ResourceError,
    UpstreamFailed,
)
from suture.orchestrator import states
from suture.orchestrator.dag import Core, Dag
from suture.orchestrator.invariants import Snapshot, broken
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
from suture.orchestrator.resources import Limits, Usage
from suture.orchestrator.retry import RetryPolicy
from suture.orchestrator.states import Cause, State

DOCUMENT = Path(__file__).parents[3] / "docs" / "orchestrator.md"
BUSY = DeviceBusy("no session")
CANCELLED = CommandCancelled("stopped")


def launches(*names: str) -> list[Instruction]:
    """First attempts of these tasks."""
    return [Launch(name, 1) for name in names]


def pieces_and_join(count: int, *, tolerant: bool) -> Dag:
    """Pieces that are independent, and a join of all of them."""
    dag = Dag()
    names = [dag.add(Fake(f"piece{i}")) for i in range(count)]
    join = Fake("join", resource=Resource.IO)
    if tolerant:
        dag.add(join, after_any=names)
    else:
        dag.add(join, after=names)
    return dag


# Order and slots.


def test_what_waits_for_nothing_is_launched_at_once() -> None:
    """All roots start, as far as slots go; the rest waits."""
    run = Run(chain("a", "b"))
    assert run.start() == launches("a")
    assert run.states() == {"a": "running", "b": "waiting"}


def test_a_dependant_runs_after_success_and_the_run_ends_after_the_last() -> None:
    """The end of one is the start of the next; the last end is the end of all."""
    run = Run(chain("a", "b"))
    run.start()
    assert run.done("a") == launches("b")
    assert run.done("b") == [Finish(ok=True)]
    assert run.all == [Record("b", State.DONE, 1, WELL), Finish(ok=True)]


def test_priority_then_cost_then_order_of_adding() -> None:
    """Higher priority first, among equals the longest predicted, among those the first added."""
    dag = Dag()
    dag.add(Fake("low", priority=PRIORITY_LOW), cost=99)
    dag.add(Fake("short"), cost=1)
    dag.add(Fake("long"), cost=7)
    dag.add(Fake("long2"), cost=7)
    dag.add(Fake("high", priority=PRIORITY_HIGH))
    run = Run(dag, Limits(cpu=1))
    order = [run.start()]
    order += [run.done(name) for name in ["high", "long", "long2", "short"]]
    assert order == [launches(name) for name in ["high", "long", "long2", "short", "low"]]


def test_instructions_of_several_classes_come_in_one_order() -> None:
    """Among tasks that start together, priority counts across the classes."""
    dag = Dag()
    dag.add(Fake("cpu"))
    dag.add(Fake("io", resource=Resource.IO, priority=PRIORITY_HIGH))
    assert Run(dag).start() == launches("io", "cpu")


def test_the_longest_way_to_the_end_goes_first() -> None:
    """Among equals in priority: not the longest task but the one with most behind it; then the first come."""
    dag = Dag()
    dag.add(Fake("long"), cost=5)
    dag.add(Fake("short"), cost=5)
    dag.add(Fake("head"), cost=1)
    dag.add(Fake("tail"), after=["head"], cost=6)
    dag.add(Fake("urgent", priority=PRIORITY_HIGH))
    assert Run(dag).start() == launches("urgent", "head", "long", "short")


def test_no_class_gets_more_than_its_slots() -> None:
    """Of three encodes on one card one runs; the next follows when its slot is free."""
    dag = Dag()
    for name in "abc":
        dag.add(Fake(name, resource=Resource.GPU_ENCODE))
    run = Run(dag)
    assert run.start() == launches("a")
    assert run.done("a") == launches("b")


def test_a_full_class_does_not_hold_up_another() -> None:
    """A hundred urgent tasks on the card leave the processor to the one that is not urgent."""
    dag = Dag()
    for i in range(100):
        dag.add(Fake(f"gpu{i}", resource=Resource.GPU_ENCODE, priority=PRIORITY_HIGH))
    dag.add(Fake("cpu", priority=PRIORITY_LOW))
    assert launched(Run(dag, Limits(cpu=1)).start()) == ["gpu0", "cpu"]


def test_a_task_of_an_absent_class_is_refused_before_anything_starts() -> None:
    """A core can't be made for a graph that could never end."""
    dag = Dag()
    dag.add(Fake("a", resource=Resource.GPU_ENCODE))
    with pytest.raises(ResourceError, match="'a' needs gpu_encode"):
        Core(dag, Limits(cpu=1, gpu_encode=0))


def test_a_malformed_graph_is_refused_before_anything_starts() -> None:
    """A cycle is found when the core is made."""
    dag = chain("a", "b")
    dag.add(Fake("c"), after=["d"])
    dag.add(Fake("d"), after=["c"])
    with pytest.raises(GraphError, match="cycle"):
        Core(dag, Limits(cpu=1))


def test_an_empty_graph_is_done_at_once() -> None:
    """Nothing to do is a success."""
    assert Run(Dag()).start() == [Finish(ok=True)]


# Failure.


def test_a_failure_skips_all_that_needs_it_and_nothing_else() -> None:
    """Dependants of dependants too; each error names the task that failed."""
    dag = chain("a", "b", "c")
    dag.add(Fake("other"))
    run = Run(dag)
    run.start()
    assert run.failed("a") == []
    assert run.states() == {"a": "failed", "b": "skipped", "c": "skipped", "other": "running"}
    error = run.core.error("c")
    assert isinstance(error, UpstreamFailed)
    assert str(error) == "c was not run: a failed"
    assert run.done("other") == [Finish(ok=False)]


def test_every_end_is_recorded_once() -> None:
    """A failure and the skips that follow from it are all written down, in that order."""
    run = Run(chain("a", "b", "c"))
    run.start()
    run.failed("a")
    ends = [(each.task, str(each.state), each.attempts) for each in run.all if isinstance(each, Record)]
    assert ends == [("a", "failed", 1), ("b", "skipped", 0), ("c", "skipped", 0)]


def test_a_strict_join_is_skipped_when_a_piece_fails() -> None:
    """Even though another piece still runs; that one runs to its end."""
    run = Run(pieces_and_join(2, tolerant=False))
    run.start()
    run.failed("piece0")
    assert run.states()["join"] == "skipped"
    assert run.done("piece1") == [Finish(ok=False)]


def test_a_tolerant_join_runs_when_all_pieces_have_ended() -> None:
    """However they ended, but not before."""
    run = Run(pieces_and_join(3, tolerant=True))
    run.start()
    assert run.failed("piece0") == []
    assert run.done("piece1") == []
    assert run.failed("piece2") == launches("join")
    assert run.done("join") == [Finish(ok=False)]


def test_a_tolerant_edge_takes_a_skipped_task_as_an_end() -> None:
    """What never ran has ended too."""
    dag = chain("a", "b")
    dag.add(Fake("join"), after_any=["b"])
    run = Run(dag)
    run.start()
    assert run.failed("a") == launches("join")


def test_a_need_beside_a_tolerant_edge_is_still_a_need() -> None:
    """A task that needs one and only waits for another is skipped when the needed one fails."""
    dag = Dag()
    dag.add(Fake("needed"))
    dag.add(Fake("awaited"))
    dag.add(Fake("join"), after=["needed"], after_any=["awaited"])
    run = Run(dag)
    run.start()
    run.failed("needed")
    assert run.states()["join"] == "skipped"
    assert run.done("awaited") == [Finish(ok=False)]


# Retry.


def test_a_failed_task_waits_gives_its_slot_away_and_runs_again() -> None:
    """While it is delayed another one runs in its place; success then clears the error."""
    dag = Dag()
    dag.add(Fake("a", priority=PRIORITY_HIGH))
    dag.add(Fake("b"))
    run = Run(dag, Limits(cpu=1))
    run.start()
    assert run.failed("a", FAILS) == [Wake("a", 1, 0.0, FAILS), Launch("b", 1)]
    assert run.feed(RetryDue("a", 1)) == []
    assert run.done("b") == [Launch("a", 2)]
    assert run.done("a", 2) == [Finish(ok=True)]
    assert run.core.error("a") is None


def test_a_task_fails_for_good_after_its_last_retry() -> None:
    """With two retries the third failure is the last, and the record counts three attempts."""
    run = Run(chain("a"))
    run.start()
    for attempt in (1, 2):
        run.failed("a", CommandFailed(f"it broke in the {attempt}. way"), attempt)
        assert run.feed(RetryDue("a", attempt)) == [Launch("a", attempt + 1)]
    run.failed("a", FAILS, 3)
    assert run.all == [Record("a", State.FAILED, 3, None, FAILS), Finish(ok=False)]


def test_what_is_not_retryable_fails_at_once() -> None:
    """No second attempt for a failure that lasts."""
    run = Run(chain("a"))
    run.start()
    assert run.failed("a", LASTS) == [Finish(ok=False)]


def test_a_busy_device_costs_nothing_but_time() -> None:
    """Turned away five times, failed twice, done: with two retries. The waits grow with each refusal."""
    run = Run(chain("a"), policy=RetryPolicy(max_retries=2, initial_backoff_s=1, factor=2))
    run.start()
    delays = []
    for attempt, error in enumerate([BUSY, FAILS, BUSY, BUSY, CommandFailed("else"), BUSY, BUSY], start=1):
        wake = run.failed("a", error, attempt)[0]
        assert isinstance(wake, Wake)
        delays.append(wake.delay_s)
        run.feed(RetryDue("a", attempt))
    assert delays == [1, 0, 2, 4, 0, 8, 16]
    assert run.done("a", 8) == [Finish(ok=True)]


# Fail-fast, stop, abort.


def test_fail_fast_starts_nothing_new_and_lets_the_rest_finish() -> None:
    """What needs the failed one is skipped, what did not start is cancelled, what runs may end."""
    dag = chain("a", "b")
    dag.add(Fake("running"))
    dag.add(Fake("queued"))
    run = Run(dag, Limits(cpu=2), fail_fast=True)
    run.start()
    assert run.failed("a") == []
    assert run.states() == {"a": "failed", "b": "skipped", "running": "running", "queued": "cancelled"}
    assert run.done("running") == [Finish(ok=False)]


def test_fail_fast_waits_for_the_last_retry() -> None:
    """A failure that is tried again is no reason to stop."""
    dag = chain("a")
    dag.add(Fake("b"))
    run = Run(dag, Limits(cpu=1), fail_fast=True)
    run.start()
    assert run.failed("a", FAILS) == [Wake("a", 1, 0.0, FAILS), Launch("b", 1)]


def test_stop_lets_running_tasks_finish_and_starts_nothing() -> None:
    """Waiting, ready and delayed tasks are cancelled; the end comes when the last running one ends."""
    dag = chain("a", "b")
    for name in ("delayed", "queued"):
        dag.add(Fake(name))
    run = Run(dag, Limits(cpu=2))
    run.start()
    run.failed("delayed", FAILS)
    run.done("queued")
    assert run.feed(Stop()) == []
    assert run.states() == {"a": "running", "b": "cancelled", "delayed": "cancelled", "queued": "done"}
    assert run.feed(RetryDue("delayed", 1)) == []
    assert run.done("a") == [Finish(ok=False)]


def test_after_stop_a_failure_is_not_tried_again() -> None:
    """A retry would be something new."""
    run = Run(chain("a"))
    run.start()
    run.feed(Stop())
    assert run.failed("a", FAILS) == [Finish(ok=False)]
    assert run.states() == {"a": "failed"}


def test_stop_before_the_start_cancels_all() -> None:
    """Nothing runs, not even for a moment, and the start that comes late changes nothing."""
    run = Run(chain("a", "b"))
    assert run.feed(Stop()) == [Finish(ok=False)]
    assert run.start() == []
    error = run.core.error("a")
    assert isinstance(error, CommandCancelled)
    assert str(error) == "a was not started: the run was stopped"


def test_abort_cancels_what_runs_and_waits_for_its_end() -> None:
    """Each running task is cancelled once; the run ends when all of them have reported."""
    dag = Dag()
    for name in "abc":
        dag.add(Fake(name))
    run = Run(dag, Limits(cpu=2))
    run.start()
    assert run.feed(Abort()) == [CancelTask("a"), CancelTask("b")]
    assert run.feed(Abort()) == []
    assert run.failed("a", CANCELLED) == []
    assert run.done("b") == [Finish(ok=False)]
    assert run.states() == {"a": "cancelled", "b": "done", "c": "cancelled"}


def test_abort_after_stop_cancels_what_stop_let_run() -> None:
    """The second Ctrl-C after the first."""
    run = Run(chain("a"))
    run.start()
    run.feed(Stop())
    assert run.feed(Abort()) == [CancelTask("a")]


def test_a_task_that_somebody_cancelled_is_no_failure() -> None:
    """It is not tried again, what needs it is skipped, and fail-fast goes on."""
    dag = chain("a", "b")
    dag.add(Fake("c"))
    run = Run(dag, Limits(cpu=1), fail_fast=True)
    run.start()
    assert run.failed("a", CANCELLED) == launches("c")
    assert run.states() == {"a": "cancelled", "b": "skipped", "c": "running"}


# What must not confuse it.


@pytest.mark.parametrize(
    "event",
    [
        Start(),
        Start({"b": WELL}),
        TaskDone("a", 1, WELL),
        TaskDone("a", 3, WELL),
        TaskFailed("a", 1, FAILS),
        RetryDue("a", 1),
        RetryDue("a", 2),
        TaskDone("b", 0, WELL),
        TaskFailed("b", 1, LASTS),
        RetryDue("b", 0),
    ],
    ids=repr,
)
def test_word_of_what_is_over_or_not_yet_changes_nothing(event: Event) -> None:
    """Attempt 2 of ``a`` runs: events of other attempts, of a waiting task and a second start are ignored."""
    run = Run(chain("a", "b"))
    run.start()
    run.failed("a", FAILS)
    run.feed(RetryDue("a", 1))
    before = replace(run.core.snapshot(), fresh=())
    assert run.feed(event) == []
    assert run.core.snapshot() == before


def test_an_early_alarm_of_another_attempt_does_not_end_a_wait() -> None:
    """A delayed task waits for the alarm of its own last attempt."""
    run = Run(chain("a"))
    run.start()
    run.failed("a", FAILS)
    run.feed(RetryDue("a", 1))
    run.failed("a", BUSY, 2)
    assert run.feed(RetryDue("a", 1)) == []
    assert run.states() == {"a": "delayed"}


def test_a_task_that_is_not_in_the_graph_is_an_error() -> None:
    """An event that names one comes from another run, and hiding that would hide a bug."""
    with pytest.raises(OrchestrationError, match="no task 'x'"):
        Run(chain("a")).feed(TaskDone("x", 1, WELL))


def test_the_counts_add_up() -> None:
    """Every state is counted, those that no task is in too."""
    run = Run(chain("a", "b"))
    run.start()
    counts = run.core.counts()
    assert (counts[State.RUNNING], counts[State.WAITING], counts[State.DONE]) == (1, 1, 0)
    assert sum(counts.values()) == 2
    assert run.core.usage.used(Resource.CPU) == 1


def test_a_long_chain_is_skipped_without_recursion() -> None:
    """A failure at the head of a chain far deeper than Python's stack."""
    dag = chain(*(str(i) for i in range(3_000)))
    core = Core(dag, Limits(cpu=1))
    core.handle(Start())
    core.handle(TaskFailed("0", 1, LASTS))
    assert core.counts()[State.SKIPPED] == 2_999
    assert core.finished


# The invariants can break, and the table is what it says.


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"states": {"a": State.RUNNING, "b": State.RUNNING}}, "tasks run on 1 slots"),
        ({"states": {"a": State.DONE, "b": State.WAITING}}, "slots of cpu are taken by 0 tasks"),
        ({"states": {"a": State.READY, "b": State.WAITING}}, "in the queues are"),
        ({"states": {"a": State.RUNNING, "b": State.READY}}, "b is ready while 1 of its dependencies"),
        ({"states": {"a": State.RUNNING, "b": State.SKIPPED}}, "b is skipped, but what it needs"),
        ({"states": {"a": State.FAILED, "b": State.WAITING}}, "b is waiting, but what it needs"),
        ({"missing": {"a": 0, "b": 2}}, "b waits for 2 tasks, but 1 are unmet"),
        (
            {"states": {"a": State.DONE, "b": State.WAITING}, "missing": {"a": 0, "b": 0}},
            "b waits for nothing",
        ),
        ({"counts": dict.fromkeys(State, 1)}, "counted are"),
        ({"draining": True}, "1 tasks are kept"),
        ({"finished": True}, "the end was announced: True"),
        ({"attempts": {"a": 0, "b": 0}}, "a is running after 0 attempts"),
        ({"attempts": {"a": 1, "b": 1}}, "b is waiting after 1 attempts"),
        ({"memory_used": 5}, "6 bytes are needed, 5 are counted"),
        ({"limits": Limits(cpu=1, io=0)}, "of 0 slots of io 1 are left"),
        ({"reused": frozenset({"a"})}, "a was done before, but is running after 1 attempts"),
        ({"states": {"a": State.DONE, "b": State.DONE}, "reused": frozenset({"a"})}, "b is done after 0 attempts"),
    ],
)
def test_every_invariant_can_be_broken(change: dict[str, Any], complaint: str) -> None:
    """A sound run (``a`` runs, ``b`` waits for it) is changed in one place; the check sees it."""
    dag = Dag()
    dag.add(Fake("a"), memory_bytes=6)
    dag.add(Fake("b"), after=["a"])
    run = Run(dag, Limits(cpu=1))
    run.start()
    sound = run.core.snapshot()
    assert broken(sound) == []
    assert complaint in "; ".join(broken(replace(sound, **change)))


def test_a_ready_task_beside_a_free_slot_breaks_an_invariant() -> None:
    """Work that could run and does not is an error, not a matter of taste."""
    sound = Core(chain("a"), Limits(cpu=1)).snapshot()
    idle = replace(sound, states={"a": State.READY}, queued=("a",))
    assert "has a free slot, but does not run" in "; ".join(broken(idle))


def two_at_work(limits: Limits, need: int = 6) -> Snapshot:
    """Two tasks that run and one that is ready, each of which needs so much memory."""
    dag = Dag()
    for name in ("a", "b", "c"):
        dag.add(Fake(name), memory_bytes=need)
    run = Run(dag, limits)
    run.start()
    return run.core.snapshot()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"alone": frozenset({"b"})}, "['b'] had to run alone, but 2 tasks run"),
        ({"limits": Limits(cpu=2, memory_bytes=11)}, "['a', 'b'] started although 12 of 11 bytes are needed"),
        ({"limits": Limits(cpu=2, memory_bytes=11), "fresh": ()}, ""),
        ({"usage": Usage(Limits(cpu=3), (2, 0, 0, 0)), "limits": Limits(cpu=3)}, "c is ready and has a free slot"),
        ({"usage": Usage(Limits(cpu=3), (2, 0, 0, 0))}, "of 2 slots of cpu 3 are left"),
    ],
)
def test_every_invariant_of_those_side_by_side_can_be_broken(change: dict[str, Any], complaint: str) -> None:
    """A sound run of two beside each other is changed; a need that grew while they ran is no fault."""
    sound = two_at_work(Limits(cpu=2))
    assert broken(sound) == []
    found = "; ".join(broken(replace(sound, **change)))
    assert complaint in found
    assert bool(complaint) == bool(found)


def test_to_wait_for_memory_or_for_one_that_is_alone_is_sound() -> None:
    """A free slot alone is no reason to start; that nothing runs while one is ready is never sound."""
    waiting = two_at_work(Limits(cpu=3, memory_bytes=12))
    assert waiting.usage.free(Resource.CPU) == 1
    assert broken(waiting) == []
    assert "c is ready and has a free slot" in "; ".join(broken(replace(waiting, needs={**waiting.needs, "c": 0})))
    alone = replace(two_at_work(Limits(cpu=2), 0), alone=frozenset({"c"}), usage=Usage(Limits(cpu=3), (2, 0, 0, 0)))
    assert broken(replace(alone, limits=Limits(cpu=3))) == []
    idle = Core(chain("c"), Limits(cpu=1)).snapshot()
    lonely = replace(idle, states={"c": State.READY}, queued=("c",), alone=frozenset({"c"}))
    assert "['c'] are ready and nothing runs" in broken(lonely)


def test_validate_raises_what_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """`Core.validate` does not keep its findings to itself."""
    run = Run(chain("a"))
    monkeypatch.setattr(run.core, "_draining", True)
    with pytest.raises(AssertionError, match="1 tasks are kept"):
        run.core.validate()


def test_the_table_has_one_target_for_a_cause_and_no_way_out_of_an_end() -> None:
    """No cause leads to two states, ends are ends, and every state and cause is used."""
    steps = states.TRANSITIONS
    assert len({(step.source, step.cause) for step in steps}) == len(steps)
    assert not any(step.source.ended for step in steps)
    assert {step.cause for step in steps} == set(Cause)
    assert {step.target for step in steps} == set(State) - {State.WAITING}
    assert {step.source for step in steps} == {state for state in State if not state.ended}


def test_a_step_that_is_not_in_the_table_is_not_taken() -> None:
    """A bug in the bookkeeping shows as an error, not as a strange state."""
    with pytest.raises(ValueError, match="done can't change because a slot is free"):
        states.target(State.DONE, Cause.LAUNCHED)


def test_the_document_shows_this_table() -> None:
    """Diagram and table in docs/orchestrator.md are what the code prints; each state has its paragraph."""
    text = DOCUMENT.read_text(encoding="utf-8")
    assert f"```mermaid\n{states.mermaid()}\n```" in text
    assert states.table() in text
    assert [state for state in State if f"\n**{state}**" not in text] == []
