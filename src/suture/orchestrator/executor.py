"""`Executor`: takes tasks that have their slot, says where each runs and what became of it.

What is ready, what is tried again and what is done is decided in `dag` alone; an executor only places. It
never retries, never reorders, and knows no dependency. Implementations live in `suture.backend`, above this
layer; they are known here by name only, and loaded when one is used.
"""

from __future__ import annotations

import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, cast

from suture.errors import ConfigError
from suture.orchestrator.resources import Limits

if TYPE_CHECKING:
    from types import TracebackType

    from suture.command.base import Command, Outcome
    from suture.errors import SutureError
    from suture.ffmpeg.progress import Progress

__all__ = [
    "BACKENDS",
    "Executor",
    "ExecutorEvent",
    "ExecutorFactory",
    "Failed",
    "Progressed",
    "Started",
    "Succeeded",
    "backend",
]


@dataclass(frozen=True, slots=True)
class Started:
    """An attempt runs now, on ``worker``: a name that is unique among the executor's workers.

    ``at``: since when, in seconds since the Unix epoch, where that is not now.
    """

    task: str
    attempt: int
    worker: str
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Progressed:
    """An attempt has come so far. Some reports may be left out; at most a few a second arrive."""

    task: str
    attempt: int
    progress: Progress


@dataclass(frozen=True, slots=True)
class Succeeded:
    """An attempt is over and did its work."""

    task: str
    attempt: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Failed:
    """An attempt is over and did not. ``CommandCancelled``: because `Executor.cancel` stopped it."""

    task: str
    attempt: int
    error: SutureError


ExecutorEvent = Started | Progressed | Succeeded | Failed


class Executor(ABC):
    """Where tasks run. Used from one thread; a context manager that closes itself.

    For each attempt that was submitted come, in this order: at most one `Started`, any number of
    `Progressed`, and exactly one `Succeeded` or `Failed`. Nothing that a command does or raises may keep that
    last one away.
    """

    @abstractmethod
    def submit(self, task: str, attempt: int, command: Command) -> None:
        """Run a command as soon as a worker is free. Does not wait.

        Raises:
            ValueError: an attempt of this task has not ended yet.
            RuntimeError: the executor is closed.
        """

    @abstractmethod
    def poll(self, timeout_s: float) -> list[ExecutorEvent]:
        """What has happened since the last call, oldest first; waits ``timeout_s`` seconds at most."""

    @abstractmethod
    def cancel(self, task: str) -> None:
        """Stop a task, whether it runs or still waits for a worker. Does not wait; `poll` reports its end.

        A task that has ended, or was never submitted, is no error: it may have ended a moment ago.
        """

    @abstractmethod
    def close(self) -> None:
        """Stop all that runs, and return when nothing of it is left.

        May be called twice; nothing else may be called after it.
        """

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


ExecutorFactory = Callable[[Limits], Executor]

# Named, not imported: a backend is built on the orchestrator, so the orchestrator can't be built on a
# backend.
BACKENDS = {"local": "suture.backend.local:LocalExecutor"}


def backend(name: str) -> ExecutorFactory:
    """The executor of one name, as something that makes one from the limits.

    Raises:
        ConfigError: there is none of that name.
    """
    if name not in BACKENDS:
        raise ConfigError(f"there is no backend {name!r}", f"known are {', '.join(BACKENDS)}")
    return cast("ExecutorFactory", pkgutil.resolve_name(BACKENDS[name]))
