"""Tasks that run before they are asked for: the orchestrator hears of them as of any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from suture.backend.early import EarlyExecutor
from suture.command.base import Outcome
from suture.errors import CommandCancelled, CommandFailed
from suture.orchestrator.executor import Executor, Failed, Started, Succeeded

if TYPE_CHECKING:
    from suture.backend.local import LocalExecutor
    from suture.command.base import Command
    from suture.orchestrator.executor import ExecutorEvent


class Scripted(Executor):
    """Says what the test lets it say, and notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.events: list[ExecutorEvent] = []

    def submit(self, task: str, attempt: int, command: Command) -> None:
        """Note it."""
        self.asked.append((f"submit {attempt}", f"{task}={command}"))

    def poll(self, timeout_s: float) -> list[ExecutorEvent]:  # noqa: ARG002 - as the interface
        """What was put there."""
        events, self.events = self.events, []
        return events

    def cancel(self, task: str) -> None:
        """Note it."""
        self.asked.append(("cancel", task))

    def close(self) -> None:
        """Note it."""
        self.asked.append(("close", ""))

    def widen(self, slots: int) -> None:
        """Note it."""
        self.asked.append(("widen", str(slots)))


def command(name: str) -> Command:
    """A stand-in that is equal to others of its name."""
    return cast("Command", name)


@pytest.fixture
def inner() -> Scripted:
    """Where tasks run."""
    return Scripted()


@pytest.fixture
def early(inner: Scripted) -> EarlyExecutor:
    """What is tested, with task ``a`` begun as command ``x``."""
    made = EarlyExecutor(cast("LocalExecutor", inner))
    made.begin("a", command("x"))
    inner.events = [Started("a", 1, "w0", 5.0)]
    assert made.poll(0) == []
    return made


def test_what_has_happened_is_told_when_it_is_submitted(inner: Scripted, early: EarlyExecutor) -> None:
    """The attempt goes on; nothing is started twice."""
    early.keep({"a": command("x"), "b": command("y")})
    early.submit("a", 1, command("x"))
    inner.events = [Succeeded("a", 1, Outcome(frames=7))]
    assert early.poll(0) == [Started("a", 1, "w0", 5.0), Succeeded("a", 1, Outcome(frames=7))]
    assert inner.asked == [("submit 1", "a=x")]


def test_an_end_before_it_is_submitted_is_told_then(inner: Scripted, early: EarlyExecutor) -> None:
    """A failure, too; what follows it is an attempt as any other."""
    failed = Failed("a", 1, CommandFailed("no"))
    inner.events = [failed]
    assert early.poll(0) == []
    early.submit("a", 1, command("x"))
    assert early.poll(0)[-1] is failed
    early.submit("a", 2, command("x"))
    assert inner.asked[-1] == ("submit 2", "a=x")


def test_another_command_waits_until_what_was_begun_is_gone(inner: Scripted, early: EarlyExecutor) -> None:
    """Two must not write one file; and nobody hears of the first."""
    early.submit("a", 1, command("z"))
    assert inner.asked[-1] == ("cancel", "a")
    inner.events = [Failed("a", 1, CommandCancelled("stopped"))]
    assert early.poll(0) == []
    assert inner.asked[-1] == ("submit 1", "a=z")
    inner.events = [Succeeded("a", 1, Outcome())]
    assert early.poll(0) == [Succeeded("a", 1, Outcome())]


def test_another_command_starts_at_once_when_that_has_ended(inner: Scripted, early: EarlyExecutor) -> None:
    """What it made is written over."""
    inner.events = [Succeeded("a", 1, Outcome())]
    early.poll(0)
    early.submit("a", 1, command("z"))
    assert inner.asked[-1] == ("submit 1", "a=z")
    assert early.poll(0) == []


def test_what_the_plan_does_not_have_is_stopped(inner: Scripted, early: EarlyExecutor) -> None:
    """Whether it is not there at all or another command."""
    early.keep({"b": command("y")})
    early.keep({"a": command("z")})
    assert inner.asked[1:] == [("cancel", "a"), ("cancel", "a")]


def test_one_that_waits_can_be_cancelled(inner: Scripted, early: EarlyExecutor) -> None:
    """It ends when what is in its way has, and never starts."""
    early.submit("a", 3, command("z"))
    early.cancel("a")
    inner.events = [Failed("a", 1, CommandCancelled("stopped"))]
    (told,) = early.poll(0)
    assert isinstance(told, Failed)
    assert (told.task, told.attempt) == ("a", 3)
    assert isinstance(told.error, CommandCancelled)
    assert ("submit 3", "a=z") not in inner.asked


def test_all_else_is_passed_on(inner: Scripted, early: EarlyExecutor) -> None:
    """Other tasks, width, and the end."""
    early.widen(9)
    early.submit("b", 1, command("y"))
    early.cancel("b")
    early.close()
    assert inner.asked[1:] == [("widen", "9"), ("submit 1", "b=y"), ("cancel", "b"), ("close", "")]
