"""What `store` knows, as values: results, attempts, tasks, and what was found when results were looked at again.

Frozen rows without behaviour, but for `Result`, which can say whether it was read back as it was written. Times are
wall clock, in seconds since the Unix epoch, for people to read: clocks jump, so nothing is decided by them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from suture.command.base import Outcome

__all__ = ["Attempt", "Counts", "Finding", "Glance", "Note", "Past", "Result", "TaskRow", "Worker", "mark_of"]


def mark_of(*fields: object) -> str:
    """16 hexadecimal digits by which values are known again: SQLite itself doesn't see a bit that has flipped."""
    return hashlib.blake2b(repr(fields).encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Result:
    """A file that a task has made, and by which it is known again.

    Args:
        fingerprint: of the task that made it; two tasks of one fingerprint make the same file.
        task: its id.
        path: where the file lay then.
        size_bytes: how long it was.
        digest: of all that was in it (`suture.digest`).
        frames: how many frames the command counted.
        cpu_seconds: what it took.
        wall_seconds: how long it took.
        peak_memory_bytes: the most memory it had at once.
        at: when.
    """

    fingerprint: str
    task: str
    path: str
    size_bytes: int
    digest: str
    frames: int
    cpu_seconds: float
    wall_seconds: float
    peak_memory_bytes: int
    at: float

    @property
    def mark(self) -> str:
        """The mark of all that is believed of it, which is all but its path."""
        said = (self.fingerprint, self.task, self.size_bytes, self.digest, self.frames)
        return mark_of(*said, self.cpu_seconds, self.wall_seconds, self.peak_memory_bytes, self.at)

    def outcome(self) -> Outcome:
        """What the run that made it gave."""
        return Outcome(
            self.frames, self.size_bytes, self.cpu_seconds, self.wall_seconds, self.peak_memory_bytes, self.digest
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a task. ``state`` is running, done, failed or cancelled; running without a process: that has died.

    ``run`` counts the runs of the job from 1, ``attempt`` starts at 1 in each. ``error`` is the name of the error's
    class; empty where there was none.
    """

    task: str
    attempt: int
    run: int
    started: float
    ended: float | None
    state: str
    error: str
    message: str
    returncode: int | None
    stderr: str
    command: str
    cpu_seconds: float
    wall_seconds: float
    peak_memory_bytes: int


@dataclass(frozen=True, slots=True)
class Worker:
    """Where an attempt ran, and since when; of jobs that an older version ran, nobody knows."""

    task: str
    run: int
    attempt: int
    worker: str
    started: float


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task of the graph as it was last begun; ``command`` can be pasted into a shell."""

    task: str
    fingerprint: str
    place: int
    command: str
    state: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened to the job; ``task`` is empty where it was to all of it."""

    run: int
    at: float
    kind: str
    task: str
    text: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many tasks are done, out of how many."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of a result that an earlier run left, one line for people."""

    task: str
    text: str


@dataclass(frozen=True, slots=True)
class Glance:
    """What can be seen of a job without disturbing it."""

    facts: dict[str, Any]
    counts: Counts


@dataclass(frozen=True, slots=True)
class Past:
    """All that a job has written down, read without disturbing it.

    Args:
        facts: what the job is.
        tasks: its graph as it was begun last, in the order in which it was made.
        attempts: of all runs, by run, task and number.
        workers: where these ran, as far as that is known.
        results: the files that are known.
        events: what happened, in that order.
    """

    facts: dict[str, Any]
    tasks: tuple[TaskRow, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    workers: tuple[Worker, ...] = ()
    results: tuple[Result, ...] = ()
    events: tuple[Note, ...] = ()
