"""A job's record as it would be after runs that nobody has to wait for: attempts on a clock of the test's own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from suture.orchestrator.rows import Attempt, Note, Past, Result, TaskRow, Worker

__all__ = ["BEGUN", "Story"]

BEGUN = 1_795_400_000.0
"""When all stories begin, in seconds since the epoch; what they tell counts from there."""


@dataclass
class Story:
    """Told line by line: ``opened``, ``begun``, what ran, ``closed``. A piece is called ``video-0-N``.

    Args:
        cores: of the machine, and slots.
        status: how the job ended; ``running`` is what a ``kill -9`` leaves.
        source: what was encoded.
        output: what it became.
        facts: more of what it wrote down.
    """

    cores: int = 2
    status: str = "done"
    source: str = "/films/film.mkv"
    output: str = "/out/film.mp4"
    facts: dict[str, Any] = field(default_factory=dict)
    since: int = 1
    run: int = 0
    attempts: list[Attempt] = field(default_factory=list)
    workers: list[Worker] = field(default_factory=list)
    events: list[Note] = field(default_factory=list)
    tasks: dict[str, list[Any]] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)

    def opened(self, at: float) -> Story:
        """A process takes the job."""
        return self.note("opened", "", at)

    def begun(self, at: float) -> Story:
        """Its plan stands."""
        self.run += 1
        return self.note("begun", "", at)

    def closed(self, at: float, how: str = "done") -> Story:
        """It lets go of it."""
        return self.note("closed", how, at)

    def note(self, kind: str, text: str, at: float, task: str = "") -> Story:
        """Something happened."""
        self.events.append(Note(self.run, BEGUN + at, kind, task, text))
        return self

    def piece(self, number: int, start: float, end: float, worker: str = "local-0") -> Story:
        """A piece of ten seconds and 250 frames was encoded."""
        name = f"video-0-{number:05d}"
        ten = 10.0 * number
        self.tasks[name] = ["picture", "cpu", 0, 250 * number, 250 * number + 250, ten, ten + 10]
        self.results.append(
            Result(name, name, f"/{name}", 1_000_000, "", 250, end - start, end - start, 9, BEGUN + end)
        )
        return self.ran(name, start, end, worker)

    def task(self, name: str, doing: str, start: float, end: float, resource: str = "cpu") -> Story:
        """Something else was done."""
        self.tasks[name] = [doing, resource]
        return self.ran(name, start, end)

    def ran(
        self,
        name: str,
        start: float,
        end: float | None,
        worker: str = "local-0",
        *,
        state: str = "done",
        message: str = "",
    ) -> Story:
        """An attempt at a task; without an end its process was killed."""
        tries = sum(each.task == name and each.run == self.run for each in self.attempts) + 1
        ended = None if end is None else BEGUN + end
        cpu = end - start if end is not None and state == "done" else 0.0
        state = "running" if end is None else state
        attempt = Attempt(name, tries, self.run, BEGUN + start, ended, state, "", "", None, "", "", cpu, cpu, 2_000_000)
        if message:
            said: dict[str, Any] = {"returncode": 1, "stderr": "its last words", "command": f"ffmpeg {name}"}
            attempt = replace(attempt, error="CommandFailed", message=message, **said)
        self.attempts.append(attempt)
        if worker:
            self.workers.append(Worker(name, self.run, tries, worker, BEGUN + start))
        return self

    def past(self) -> Past:
        """The record."""
        done = {each.task: each for each in self.attempts if each.state == "done"}
        rows = [
            TaskRow(name, name, place, f"ffmpeg -i {self.source} {name}", *self._end(name, done))
            for place, name in enumerate(self.tasks)
        ]
        length = 10.0 * sum(said[0] == "picture" for said in self.tasks.values())
        outline = {"seconds": length, "source_bytes": 10_000_000, "tasks": self.tasks, "since": self.since}
        told = {"status": self.status, "source": self.source, "output": self.output, "begun": BEGUN - 1}
        planned = {"cores": self.cores, "workers": self.cores}
        facts = {**told, "outline": outline, "planned": planned, **self.facts}
        rows_of = (self.attempts, self.workers, self.results, self.events)
        return Past(facts, tuple(rows), *(tuple(each) for each in rows_of))  # type: ignore[arg-type]

    def _end(self, name: str, done: dict[str, Attempt]) -> tuple[str, int]:
        """State and attempts, as the last run has them."""
        if name in done:
            return "done", done[name].attempt if done[name].run == self.run else 0
        last = [each for each in self.attempts if each.task == name][-1:]
        return (last[0].state, last[0].attempt) if last else ("waiting", 0)
