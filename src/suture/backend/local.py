"""`LocalExecutor`: runs tasks on this machine: long-lived threads, each of which waits for child processes.

A thread costs next to nothing here: the work is done by the commands' children (`suture.process`), not by
Python. The threads live as long as the executor, because a child may be tied to the thread that started it.
Which tasks run at once is the orchestrator's decision; this only has a thread for each of them.
"""

from __future__ import annotations

import threading
import time
import traceback
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from suture.command.base import Command, RunContext
from suture.errors import CommandCancelled, CommandFailed, EnvironmentProblem, SutureError
from suture.orchestrator.executor import Executor, ExecutorEvent, Failed, Progressed, Started, Succeeded
from suture.orchestrator.resources import Limits
from suture.process import CancelToken

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.ffmpeg.progress import Progress

__all__ = ["LocalExecutor"]

PROGRESS_INTERVAL_S = 0.2  # five reports a second are more than an eye can follow


@dataclass(frozen=True, slots=True)
class _Job:
    """An attempt, and the wish to stop it."""

    task: str
    attempt: int
    command: Command
    cancel: CancelToken = field(default_factory=CancelToken)


class LocalExecutor(Executor):
    """Threads of this process, child processes of this machine.

    Args:
        slots: the most tasks that run at once; of limits, the sum of all classes. Further ones wait.
        context_factory: how a task runs, from its id: log folder, stall timeout. Its ``cancel`` and
            ``on_progress`` are replaced.
    """

    def __init__(
        self, slots: Limits | int, context_factory: Callable[[str], RunContext] = lambda _task: RunContext()
    ) -> None:
        self._most = slots.total if isinstance(slots, Limits) else slots
        if self._most < 1:
            raise ValueError(f"{self._most} threads can't run anything")
        self._context_factory = context_factory
        self._waiting: SimpleQueue[_Job | None] = SimpleQueue()
        self._events: SimpleQueue[ExecutorEvent] = SimpleQueue()
        self._jobs: dict[str, _Job] = {}
        self._threads: list[threading.Thread] = []
        self._closed = False

    def submit(self, task: str, attempt: int, command: Command) -> None:
        """As `Executor.submit`."""
        if self._closed:
            raise RuntimeError("the executor is closed")
        if task in self._jobs:
            raise ValueError(f"task {task!r} has not ended yet")
        self._jobs[task] = job = _Job(task, attempt, command)
        self._waiting.put(job)
        if len(self._threads) < min(len(self._jobs), self._most):
            self._hire()

    def widen(self, slots: int) -> None:
        """Let so many tasks run at once from now on, if those are more."""
        self._most = max(self._most, slots)

    def poll(self, timeout_s: float) -> list[ExecutorEvent]:
        """As `Executor.poll`."""
        events: list[ExecutorEvent] = []
        try:
            events.append(self._events.get(timeout=max(0.0, timeout_s)))
            while True:
                events.append(self._events.get_nowait())
        except Empty:
            pass
        for event in events:
            if isinstance(event, Succeeded | Failed):
                del self._jobs[event.task]
        return events

    def cancel(self, task: str) -> None:
        """As `Executor.cancel`."""
        if task in self._jobs:
            self._jobs[task].cancel.cancel()

    def close(self) -> None:
        """As `Executor.close`. Waits as long as a command takes to stop."""
        self._closed = True
        for job in self._jobs.values():
            job.cancel.cancel()
        for _thread in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        self._jobs.clear()

    # On the threads.

    def _hire(self) -> None:
        worker = f"local-{len(self._threads)}"
        thread = threading.Thread(target=self._work, args=(worker,), name=f"suture-{worker}", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            if not self._threads:
                raise EnvironmentProblem(
                    f"can't start a thread: {error}", "raise the limit on processes (ulimit -u)"
                ) from error
            return  # fewer at once, then
        self._threads.append(thread)

    def _work(self, worker: str) -> None:
        """What each thread does, all its life."""
        while (job := self._waiting.get()) is not None:
            self._events.put(self._attempt(job, worker))

    def _attempt(self, job: _Job, worker: str) -> Succeeded | Failed:
        """Run one task. Whatever happens, its end is reported: without that, the run would never end."""
        if job.cancel.cancelled:
            stopped = CommandCancelled(f"{job.task} was stopped before it started")
            return Failed(job.task, job.attempt, stopped)
        self._events.put(Started(job.task, job.attempt, worker, time.time()))
        try:
            context = self._context_factory(job.task)
            watched = replace(context, cancel=job.cancel, on_progress=_Throttle(job, self._events.put))
            return Succeeded(job.task, job.attempt, job.command.run(watched))
        except SutureError as error:
            return Failed(job.task, job.attempt, error)
        # The worker's edge, one of the two places in the package that catch what nobody foresaw.
        except (Exception, SystemExit) as error:  # noqa: BLE001
            return Failed(job.task, job.attempt, _unexpected(job, error))


class _Throttle:
    """Passes on a task's progress, but not more often than anybody could look; leaves out the rest."""

    def __init__(self, job: _Job, tell: Callable[[ExecutorEvent], None]) -> None:
        self._job = job
        self._tell = tell
        self._next = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + PROGRESS_INTERVAL_S
            self._tell(Progressed(self._job.task, self._job.attempt, progress))


def _unexpected(job: _Job, error: BaseException) -> CommandFailed:
    """An error that is none of ours, as one of ours; the traceback stands where ffmpeg's words would."""
    return CommandFailed(
        f"{job.task} failed: {type(error).__name__}: {error}",
        stderr="".join(traceback.format_exception(error)),
        # What the system refused once it may grant later; a mistake in the code stays one.
        retryable=isinstance(error, OSError | MemoryError),
    )
