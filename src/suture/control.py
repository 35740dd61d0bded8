"""`Control`: stops a job from outside, from a signal handler or another thread. It decides nothing else."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from suture.cancel import CancelToken
from suture.errors import CommandCancelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.orchestrator import Orchestrator

__all__ = ["Control"]


class Control:
    """A job's brake, in two strengths.

    While the source is being looked at there is nothing worth finishing, so both stop at once; while tasks run,
    `stop` lets them finish. ``cancel`` is for what runs outside of the orchestrator.
    """

    def __init__(self) -> None:
        self.cancel = CancelToken()
        self.exit_code = CommandCancelled.exit_code
        self._orchestrator: Orchestrator | None = None
        self._stopped = self._aborted = False

    def stop(self) -> None:
        """Start nothing new; tasks that run may finish."""
        self._stopped = True
        self._pass_on()

    def abort(self, exit_code: int | None = None) -> None:
        """Stop what runs, too. ``exit_code``: what the job ends with, where it is not 130."""
        self._stopped = self._aborted = True
        self.exit_code = exit_code or self.exit_code
        self._pass_on()

    def _pass_on(self) -> None:
        if self._orchestrator is None or self._aborted:
            self.cancel.cancel()
        if self._orchestrator is not None:
            (self._orchestrator.abort if self._aborted else self._orchestrator.stop)()

    @contextmanager
    def over(self, orchestrator: Orchestrator) -> Iterator[None]:
        """Wishes uttered inside the block go to this orchestrator; earlier ones, too."""
        self.check()
        self._orchestrator = orchestrator
        try:
            if self._stopped:  # between the check and here
                self._pass_on()
            yield
        finally:
            self._orchestrator = None

    def check(self) -> None:
        """Raise `CommandCancelled` when the job is to stop: between phases."""
        if self._stopped:
            raise self.cancelled()

    def cancelled(self) -> CommandCancelled:
        """The error that a stopped job ends with."""
        error = CommandCancelled(
            "stopped before it was done", "nothing was finished yet; the same command starts again"
        )
        error.exit_code = self.exit_code
        return error
