"""`EarlyExecutor`: an executor with tasks that run before the orchestrator asks for them.

While a long film is still being looked at, its first pieces are encoded already. When the orchestrator submits one of
these, it gets the attempt that runs, with all that has happened; it can't tell the difference. A task that turned out
to be another one is stopped, and begun anew when it is submitted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from suture.errors import CommandCancelled
from suture.orchestrator.executor import Executor, Failed, Succeeded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from suture.backend.local import LocalExecutor
    from suture.command.base import Command
    from suture.orchestrator.executor import ExecutorEvent

__all__ = ["EarlyExecutor"]


class EarlyExecutor(Executor):
    """Begins tasks early on another executor, which it owns.

    Args:
        inner: where they run, and all others.
    """

    def __init__(self, inner: LocalExecutor) -> None:
        self._inner = inner
        self._begun: dict[str, Command] = {}
        self._held: dict[str, list[ExecutorEvent]] = {}
        self._due: list[ExecutorEvent] = []
        # Submitted while what was begun under that name is being stopped; None: and cancelled since.
        self._later: dict[str, tuple[int, Command | None]] = {}

    def begin(self, task: str, command: Command) -> None:
        """Run a task that will be submitted later, as its first attempt."""
        self._begun[task] = command
        self._held[task] = []
        self._inner.submit(task, 1, command)

    def keep(self, commands: Mapping[str, Command]) -> None:
        """Stop what was begun and is not one of these, by task."""
        for task, command in self._begun.items():
            if commands.get(task) != command:
                self._inner.cancel(task)

    def widen(self, slots: int) -> None:
        """From now on so many tasks run at once."""
        self._inner.widen(slots)

    def submit(self, task: str, attempt: int, command: Command) -> None:
        """As `Executor.submit`; one that was begun early goes on."""
        begun = self._begun.pop(task, None)
        if begun is None:
            self._inner.submit(task, attempt, command)
            return
        held = self._held.pop(task)
        if begun == command:
            self._due += held
        elif any(isinstance(event, Succeeded | Failed) for event in held):
            self._inner.submit(task, attempt, command)
        else:
            self._inner.cancel(task)
            self._later[task] = (attempt, command)

    def poll(self, timeout_s: float) -> list[ExecutorEvent]:
        """As `Executor.poll`."""
        due, self._due = self._due, []
        heard = map(self._passed, self._inner.poll(0.0 if due else timeout_s))
        return [*due, *(event for event in heard if event is not None)]

    def cancel(self, task: str) -> None:
        """As `Executor.cancel`."""
        if task in self._later:
            self._later[task] = (self._later[task][0], None)
        self._inner.cancel(task)

    def close(self) -> None:
        """As `Executor.close`."""
        self._inner.close()

    def _passed(self, event: ExecutorEvent) -> ExecutorEvent | None:
        """What the orchestrator may hear of it."""
        if event.task in self._held:
            self._held[event.task].append(event)
            return None
        if event.task not in self._later:
            return event
        return self._replaced(event.task) if isinstance(event, Succeeded | Failed) else None

    def _replaced(self, task: str) -> ExecutorEvent | None:
        """What was begun has ended; now the one that is wanted."""
        attempt, command = self._later.pop(task)
        if command is None:
            return Failed(task, attempt, CommandCancelled(f"{task} was stopped before it started"))
        self._inner.submit(task, attempt, command)
        return None
