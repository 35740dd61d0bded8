"""The graph that a user draws: what may be added, and what is refused."""

from __future__ import annotations

import pytest

from graphs import Fake
from suture.command.base import PRIORITY_HIGH, Resource
from suture.errors import GraphError
from suture.orchestrator.graph import Dag


def test_what_add_gives_can_be_waited_for() -> None:
    """The handle of one task is what ``after`` of another takes."""
    dag = Dag()
    a = dag.add(Fake("scale"))
    b = dag.add(Fake("encode"), after=[a])
    assert dag.dependencies(b) == ("scale",)
    assert dag.order() == ("scale", "encode")


def test_a_node_knows_its_command() -> None:
    """Priority and resource are the command's, cost is what was predicted."""
    dag = Dag()
    dag.add(Fake("a", priority=PRIORITY_HIGH, resource=Resource.IO), cost=3.5)
    node = dag.node("a")
    assert (node.priority, node.resource, node.cost, node.index) == (PRIORITY_HIGH, Resource.IO, 3.5, 0)


@pytest.mark.parametrize("after", [["a"], "a", Fake("a"), [Fake("a")], ["a", "a"], (name for name in ["a"])])
def test_a_dependency_is_a_command_or_its_id(after: object) -> None:
    """Commands, ids, one alone or several, each counted once."""
    dag = Dag()
    dag.add(Fake("a"))
    dag.add(Fake("b"), after=after)  # type: ignore[arg-type]
    assert dag.dependencies("b") == ("a",)


def test_a_need_is_stronger_than_a_wait() -> None:
    """A task named in both ``after`` and ``after_any`` is needed, and counted once."""
    dag = Dag()
    dag.add(Fake("a"))
    dag.add(Fake("b"), after=["a"], after_any=["a"])
    assert (dag.node("b").after, dag.node("b").after_any) == (("a",), ())


def test_a_dependency_may_be_added_later() -> None:
    """Only the finished graph is checked."""
    dag = Dag()
    dag.add(Fake("late"), after=["early"])
    dag.add(Fake("early"))
    assert dag.order() == ("early", "late")


def test_two_tasks_of_one_id_are_refused() -> None:
    """The second one raises at once, and the first stays."""
    dag = Dag()
    dag.add(Fake("a"), cost=1)
    with pytest.raises(GraphError, match="two tasks of the id 'a'"):
        dag.add(Fake("a"), cost=2)
    assert dag.node("a").cost == 1


def test_an_unknown_dependency_is_named() -> None:
    """The message says who waits for whom."""
    dag = Dag()
    dag.add(Fake("b"), after_any=["nobody"])
    with pytest.raises(GraphError, match="'b' waits for 'nobody'"):
        dag.check()


def test_an_unknown_task_has_no_dependencies() -> None:
    """Asking for what is not there is an error of the graph, not a KeyError."""
    with pytest.raises(GraphError, match="'nobody'"):
        Dag().dependencies("nobody")


def test_a_cycle_is_named_without_its_surroundings() -> None:
    """What leads into the cycle, and what hangs on it, is not part of the message."""
    dag = Dag()
    dag.add(Fake("root"))
    dag.add(Fake("a"), after=["root", "c"])
    dag.add(Fake("b"), after=["a"])
    dag.add(Fake("c"), after_any=["b"])
    dag.add(Fake("tail"), after=["c"])
    with pytest.raises(GraphError, match="cycle: 'a' → 'b' → 'c' → 'a'"):
        dag.check()


def test_a_task_cannot_wait_for_itself() -> None:
    """The shortest cycle."""
    dag = Dag()
    dag.add(Fake("a"), after=["a"])
    with pytest.raises(GraphError, match="cycle: 'a' → 'a'"):
        dag.check()


def test_the_order_is_that_of_adding_where_nothing_says_otherwise() -> None:
    """Independent tasks keep their places; only what waits is moved."""
    dag = Dag()
    for name, after in [("d", "e"), ("c", ()), ("e", ()), ("a", ())]:
        dag.add(Fake(name), after=after)
    assert dag.order() == ("c", "e", "d", "a")


def test_a_long_chain_is_no_problem() -> None:
    """Nothing in the graph recurses: a chain far deeper than Python's stack is ordered."""
    dag = Dag()
    for i in range(5_000):
        dag.add(Fake(str(i)), after=[str(i - 1)] if i else [])
    assert dag.order()[-1] == "4999"


def test_a_graph_has_a_length_and_members() -> None:
    """What a collection in Python has."""
    dag = Dag()
    dag.add(Fake("a"))
    assert len(dag) == 1
    assert "a" in dag
    assert "b" not in dag
    assert repr(dag) == "Dag(1 tasks)"


def test_the_longest_way_to_the_end_counts_all_that_follows() -> None:
    """Own cost, and the most expensive of what waits for it, tolerant or not."""
    dag = Dag()
    dag.add(Fake("a"), cost=1)
    dag.add(Fake("b"), after=["a"], cost=5)
    dag.add(Fake("c"), after_any=["a"], cost=2)
    dag.add(Fake("d"), after=["b", "c"], cost=4)
    assert dag.remaining() == {"a": 10, "b": 9, "c": 6, "d": 4}


def test_less_than_no_memory_is_refused() -> None:
    """An error of the caller's sum shows where it is made."""
    with pytest.raises(GraphError, match="-1 bytes"):
        Dag().add(Fake("a"), memory_bytes=-1)


def stages(*followers: str) -> Dag:
    """Scale, filter, then those that need the filtered picture; the first two are transient."""
    dag = Dag()
    dag.add(Fake("scale"), transient=True)
    dag.add(Fake("filter"), after=["scale"], transient=True)
    for name in followers:
        dag.add(Fake(name), after=["filter"])
    return dag


def test_what_only_done_tasks_waited_for_is_settled() -> None:
    """An intermediate that is gone is not made again for nobody, nor is what it was made from."""
    assert stages("encode").settled(["encode"]) == {"scale", "filter", "encode"}


def test_one_that_still_waits_needs_the_whole_way() -> None:
    """The intermediate has to be made again for the one that is left."""
    assert stages("x", "y").settled({"x"}) == {"x"}
    assert stages("x", "y").settled({"x", "filter"}) == {"scale", "filter", "x"}


def test_a_transient_task_without_followers_is_not_settled() -> None:
    """Nobody is there who could prove that it was done."""
    assert stages().settled([]) == frozenset()


def test_one_that_only_waited_proves_nothing() -> None:
    """A tolerant join is done, too, when the transient task before it has failed."""
    dag = Dag()
    dag.add(Fake("a"), transient=True)
    dag.add(Fake("join"), after_any=["a"])
    assert dag.settled(["join"]) == {"join"}


def test_what_is_kept_is_not_settled_by_those_that_wait_for_it() -> None:
    """Its output is wanted for itself; and what is not in the graph is none of its tasks."""
    dag = Dag()
    dag.add(Fake("a"))
    dag.add(Fake("b"), after=["a"])
    assert dag.settled(["b", "stranger"]) == {"b"}


def slices(count: int) -> Dag:
    """Sound in pieces: slices of one decode, each behind the one before, a piece of each, a listing, and a splice."""
    dag = Dag()
    for n in range(count):
        waits = ([f"slice-{n - 1}"] if n else []) + ([f"piece-{n - 2}"] if n > 1 else [])
        dag.add(Fake(f"slice-{n}"), after_any=waits, transient=True)
        dag.add(Fake(f"piece-{n}"), after=[f"slice-{n}"])
    dag.add(Fake("heard"), after_any=[f"slice-{count - 1}"])
    dag.add(Fake("splice"), after=[*(f"piece-{n}" for n in range(count)), "heard"])
    return dag


@pytest.mark.parametrize(
    ("done", "again"),
    [
        ({"piece-0", "piece-1", "piece-3", "heard"}, {"slice-2", "piece-2", "splice"}),
        ({"piece-0", "piece-1"}, {"slice-2", "piece-2", "slice-3", "piece-3", "heard", "splice"}),
        ({f"piece-{n}" for n in range(4)}, {"heard", "splice"}),
        ({f"piece-{n}" for n in range(4)} | {"heard"}, {"splice"}),
        ({f"piece-{n}" for n in range(4)} | {"heard", "splice"}, set()),
    ],
    ids=["one is missing", "killed in the middle", "no listing", "not spliced", "all is done"],
)
def test_of_a_chain_only_what_is_missing_is_made_again(done: set[str], again: set[str]) -> None:
    """A slice whose piece is there is settled, though the slice that waits behind it is not."""
    dag = slices(4)
    assert {node.id for node in dag.tasks()} - dag.settled(done) == again


def test_the_listing_proves_no_slice() -> None:
    """It only waits for the last one: what was read of the decode before says nothing of files that are gone."""
    assert slices(3).settled({"heard"}) == {"heard"}
