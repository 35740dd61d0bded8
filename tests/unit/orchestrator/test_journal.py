"""What the orchestrator writes down, and when; what it takes over from an earlier run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from stage import Fake, Stage, graph
from suture.command.base import Outcome
from suture.errors import CommandFailed, SutureError
from suture.orchestrator.watch import RunEvent, TaskEnded

if TYPE_CHECKING:
    from suture.orchestrator import Dag, Orchestrator, State

BROKE = CommandFailed("it broke")


@dataclass
class Notes:
    """A journal that only remembers what it was told."""

    before: dict[str, Outcome] = field(default_factory=dict)
    told: list[tuple[Any, ...]] = field(default_factory=list)

    def begin(self, dag: Dag) -> dict[str, Outcome]:
        """Give what was done before."""
        self.told.append(("begin", len(dag)))
        return self.before

    def launched(self, task: str, attempt: int, at: float) -> None:  # noqa: ARG002
        """Remember."""
        self.told.append(("launched", task, attempt))

    def started(self, task: str, attempt: int, worker: str, at: float) -> None:  # noqa: ARG002
        """Remember."""
        self.told.append(("started", task, attempt, worker))

    def succeeded(self, task: str, attempt: int, outcome: Outcome, at: float) -> None:  # noqa: ARG002
        """Remember."""
        self.told.append(("succeeded", task, attempt))

    def failed(self, task: str, attempt: int, error: SutureError, at: float) -> None:  # noqa: ARG002
        """Remember."""
        self.told.append(("failed", task, attempt, error))

    def ended(
        self,
        task: str,
        state: State,
        attempts: int,
        outcome: Outcome | None,  # noqa: ARG002
        error: SutureError | None,  # noqa: ARG002
        at: float,  # noqa: ARG002
    ) -> None:
        """Remember."""
        self.told.append(("ended", task, str(state), attempts))

    def commit(self) -> None:
        """Remember."""
        self.told.append(("commit",))


def test_the_journal_hears_all_and_has_it_on_the_disk_before_it_is_believed() -> None:
    """Each end of an attempt is committed before what follows from it is launched or told to anybody."""
    notes, stage = Notes(), Stage()
    stage.react = lambda event, _orchestrator: notes.told.append((type(event).__name__,))
    stage.run(graph(Fake("a", ends=(BROKE, None)), Fake("b"), b=["a"]), journal=notes)
    quiet = [each for each in notes.told if each[0] not in {"TaskStarted", "TaskProgress"}]
    assert quiet == [
        ("begin", 2),
        ("launched", "a", 1),
        ("started", "a", 1, "w0"),
        ("failed", "a", 1, BROKE),
        ("commit",),
        ("TaskRetry",),
        ("launched", "a", 2),
        ("started", "a", 2, "w0"),
        ("succeeded", "a", 2),
        ("commit",),
        ("ended", "a", "done", 2),
        ("TaskEnded",),
        ("launched", "b", 1),
        ("started", "b", 1, "w0"),
        ("succeeded", "b", 1),
        ("commit",),
        ("ended", "b", "done", 1),
        ("TaskEnded",),
        ("commit",),
    ]


def test_what_ends_together_is_committed_together() -> None:
    """A hundred ends in one batch cost one sync, and one more at the end of the run."""
    notes = Notes()
    Stage().run(graph(*(Fake(str(n)) for n in range(100))), cpu=100, journal=notes)
    assert [each[0] for each in notes.told].count("commit") == 2


def test_what_the_journal_knows_as_done_is_not_run() -> None:
    """It is in the report with its outcome, marked, and its processor time is not counted again."""
    stage, notes = Stage(), Notes({"a": Outcome(cpu_seconds=99, frames=5)})
    report = stage.run(graph(Fake("a"), Fake("b", takes_s=2), b=["a"]), journal=notes)
    assert report.ok
    assert [task.task for task in report.reused] == ["a"]
    assert [task.task for task in report.done] == ["a", "b"]
    assert (report["a"].attempts, report["a"].started, report["a"].worker) == (0, None, "")
    assert (report["a"].outcome, report["b"].reused) == (Outcome(cpu_seconds=99, frames=5), False)
    assert (report.cpu_seconds, report.retries) == (2, 0)
    ends = {event.task: event.reused for event in stage.heard if isinstance(event, TaskEnded)}
    assert ends == {"a": True, "b": False}
    assert ("ended", "a", "done", 0) in notes.told


def test_the_journal_is_committed_when_the_run_is_torn_off() -> None:
    """What a watcher raises comes out; what was told until then is on the disk."""

    def fall(event: RunEvent, _orchestrator: Orchestrator) -> None:
        if isinstance(event, TaskEnded):
            raise KeyboardInterrupt

    stage, notes = Stage(react=fall), Notes()
    with pytest.raises(KeyboardInterrupt):
        stage.run(graph(Fake("a")), journal=notes)
    assert notes.told[-2:] == [("ended", "a", "done", 1), ("commit",)]


def test_a_journal_that_cannot_write_ends_the_run() -> None:
    """Nothing is believed that is not on the disk, and nothing is left running."""

    class Broken(Notes):
        def commit(self) -> None:
            raise OSError("no space left")

    stage = Stage()
    with pytest.raises(OSError, match="no space left"):
        stage.run(graph(Fake("a"), Fake("b"), b=["a"]), journal=Broken())
    assert [task for _time, task, _attempt in stage.script.submitted] == ["a"]
    assert stage.script.closed == 1
