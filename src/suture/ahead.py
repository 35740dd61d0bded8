"""`Ahead`: what a job encodes while it is still being planned.

It owns the executor of a job's first run, so that what was begun goes on when the orchestrator takes over; which steps
can begin is told by `planning.early`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from suture.backend.early import EarlyExecutor
from suture.backend.local import LocalExecutor
from suture.command.part import part_of
from suture.planning.machine import this_machine

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.command.base import RunContext
    from suture.orchestrator.executor import Executor
    from suture.orchestrator.resources import Limits
    from suture.planning.job import Plan
    from suture.planning.step import Step

__all__ = ["Ahead"]


@dataclass(slots=True)
class Ahead:
    """Executors for a job's runs; the first may have something to do before its run.

    Args:
        workers: so many pieces at once.
        context_of: how a task runs, from its id.
    """

    workers: int
    context_of: Callable[[str], RunContext]
    _early: EarlyExecutor | None = None
    _files: set[str] = field(default_factory=set)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop what nobody has taken over."""
        if self._early is not None:
            self._early.close()

    def begin(self, steps: list[Step]) -> None:
        """Run steps now, as many at once as there are workers and memory for."""
        most = max(step.memory_bytes for step in steps)
        fit = max(1, this_machine().memory_bytes // max(1, most))
        self._early = EarlyExecutor(LocalExecutor(min(self.workers, fit), self.context_of))
        for step in steps:
            self._files.add(Path(part_of(step.command.output_path)).name)
            self._early.begin(step.command.id, step.command)

    def settle(self, plan: Plan) -> set[str]:
        """Stop what the plan has otherwise; gives the names of files that are being written."""
        if self._early is None:
            return set()
        self._early.keep({step.command.id: step.command for step in plan.steps})
        return self._files

    def executor(self, limits: Limits) -> Executor:
        """For the next run, which closes it."""
        early, self._early = self._early, None
        if early is None:
            return LocalExecutor(limits, self.context_of)
        early.widen(limits.total)
        return early
