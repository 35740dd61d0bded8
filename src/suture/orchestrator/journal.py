"""`Journal`: what a run writes down while it goes on, so that a later one can go on where it was.

Only the interface, and `Unwritten`, which keeps nothing. `store` writes to a disk. `runner` tells the journal before
it tells the core: what the core believes to be done is on the disk by then, so that no crash can undo what followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from suture.command.base import Outcome
    from suture.errors import SutureError
    from suture.orchestrator.graph import Dag
    from suture.orchestrator.states import State

__all__ = ["Journal", "Unwritten"]


class Journal(Protocol):
    """Keeps what became of tasks. Used from one thread; ``at`` is in seconds since the Unix epoch.

    What any of these raises ends the run.
    """

    def begin(self, dag: Dag) -> Mapping[str, Outcome]:
        """Write the graph down; give what earlier runs have done of it and still holds, by task."""

    def launched(self, task: str, attempt: int, at: float) -> None:
        """An attempt was handed to the executor."""

    def started(self, task: str, attempt: int, worker: str, at: float) -> None:
        """An attempt runs, on a worker of that name. Where both came at once, it may be told after the end."""

    def succeeded(self, task: str, attempt: int, outcome: Outcome, at: float) -> None:
        """An attempt did its work."""

    def failed(self, task: str, attempt: int, error: SutureError, at: float) -> None:
        """An attempt did not; whether there will be another is not decided yet."""

    def ended(
        self,
        task: str,
        state: State,
        attempts: int,
        outcome: Outcome | None,
        error: SutureError | None,
        at: float,
    ) -> None:
        """A task has ended, after so many attempts. 0 of a task that is done: an earlier run did it."""

    def commit(self) -> None:
        """Return when all that was told so far is on the disk."""


class Unwritten:
    """A `Journal` that knows nothing and keeps nothing: each run begins anew."""

    def begin(self, dag: Dag) -> Mapping[str, Outcome]:  # noqa: ARG002
        """Nothing was done before."""
        return {}

    def launched(self, task: str, attempt: int, at: float) -> None:
        """Forgotten."""

    def started(self, task: str, attempt: int, worker: str, at: float) -> None:
        """Forgotten."""

    def succeeded(self, task: str, attempt: int, outcome: Outcome, at: float) -> None:
        """Forgotten."""

    def failed(self, task: str, attempt: int, error: SutureError, at: float) -> None:
        """Forgotten."""

    def ended(
        self,
        task: str,
        state: State,
        attempts: int,
        outcome: Outcome | None,
        error: SutureError | None,
        at: float,
    ) -> None:
        """Forgotten."""

    def commit(self) -> None:
        """There is nothing to wait for."""
