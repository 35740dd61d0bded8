"""`Store`: a job's state on its disk, from which the next run of the same job goes on. A `journal.Journal`.

Written before it is believed: a result is a file that is on the disk, then its seal (`seal`), then a row here, and only
then does anybody build on it. Read in doubt: a row is a claim about a file, and the file is looked at again before it
is reused. What the SQLite file is, `database` knows; what becomes of a damaged one, `salvage`. Who may open it is
the job's lock's business.
"""

from __future__ import annotations

import shlex
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from suture.command.base import Outcome
from suture.digest import digest_of
from suture.errors import CommandCancelled, CommandError, ResumeError, SutureError
from suture.orchestrator import tables
from suture.orchestrator.database import Change, told
from suture.orchestrator.fingerprint import fingerprints
from suture.orchestrator.rows import Attempt, Counts, Finding, Glance, Note, Past, Result, TaskRow
from suture.orchestrator.salvage import glance, opened, past
from suture.orchestrator.seal import held, unseal, write_seal
from suture.orchestrator.states import State
from suture.orchestrator.tables import fact_row, facts_in, plain, result_row, results_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import TracebackType

    from suture.command.base import Command
    from suture.orchestrator.database import Database
    from suture.orchestrator.graph import Dag

__all__ = ["Store"]


def _nobody(_number: int, _total: int) -> None:
    """Nobody watches."""


class Store:
    """The state of one job. Use it from the thread that opened it; what was told is on the disk after `commit`.

    Args:
        database: where it is kept.
        healed: what had to be done to open it, in one sentence; empty: nothing.
    """

    def __init__(self, database: Database, healed: str = "") -> None:
        self.healed = healed
        self.findings: list[Finding] = []
        """What `begin` found of the results of earlier runs that is worth a word."""
        self.on_look: Callable[[int, int], None] = _nobody
        """Called by `begin` before it reads a result again: which of how many. What it raises ends `begin`."""
        self._database = database
        self._rows = {key: (key, value, mark) for key, value, mark in database.rows(tables.FACTS)}
        self._before = self.run = int(database.rows(tables.LAST_RUN)[0][0])
        """The run that goes on, or went on last. `begin` starts the next."""
        self._commands: dict[str, Command] = {}
        self._fingerprints: dict[str, str] = {}
        self._pending: list[Change] = []
        self._durable = False
        if healed:
            self.note("healed", healed)

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Open a job's database, or begin one; one that is damaged is set aside, read as far as it goes, and replaced.

        Raises:
            ResumeError: it is another program's or of a newer version, locked by another process, or can't be opened.
            DiskFull: there is no room for it.
        """
        return cls(*opened(Path(path)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if kind is None:
            self.close()
            return
        with suppress(SutureError):  # what went wrong first is the news
            self.close()

    def close(self) -> None:
        """Write down what is still to be written, and let go of the file.

        Raises:
            DiskFull: there is no room; what was not committed is lost.
            ResumeError: it can't be written.
        """
        try:
            self.commit()
        finally:
            self._database.close()

    # What the job is.

    def facts(self) -> dict[str, Any]:
        """All that was set, by name."""
        return facts_in(self._rows.values())

    def set_fact(self, key: str, value: object) -> None:
        """Keep something that JSON can say; on the disk after the next `commit`."""
        row = fact_row(key, value)
        if self._rows.get(key) != row:
            self._rows[key] = row
            self._tell(tables.KEEP_FACT, row, durable=True)

    def note(self, kind: str, text: str, task: str = "") -> None:
        """Keep an event for people."""
        self._tell(tables.ADD_EVENT, (self.run, time.time(), kind, task, plain(text)))

    # A run, as `journal.Journal` has it.

    def begin(self, dag: Dag) -> dict[str, Outcome]:
        """Begin a run: write its graph down, and give what earlier runs have done of it and still holds.

        The results of tasks that are `Command.reusable` are read again, all of them to their ends: about a second for
        each gigabyte. Those that don't hold are forgotten; `findings` says why.

        Raises:
            DiskFull: there is no room.
            ResumeError: the database can't be written.
        """
        self.run += 1
        self.findings = []
        self._fingerprints = fingerprints(dag)
        self._commands = {node.id: node.command for node in dag.tasks()}
        results = self._look_again()
        done = dag.settled(results)
        self.findings = [finding for finding in self.findings if finding.task not in done - results.keys()]
        self._write_graph(done)
        outcomes = {task: result.outcome() for task, result in results.items()}
        return {task: outcomes.get(task, Outcome()) for task in self._commands if task in done}

    def launched(self, task: str, attempt: int, at: float) -> None:
        """An attempt starts. That it did survives a kill at once: `in_flight` tells the next run."""
        self._tell(tables.ADD_ATTEMPT, (task, self.run, attempt, at))
        self._tell(tables.SET_TASK, (State.RUNNING, attempt, task))
        if not self._durable:  # what waits for the disk is not sent half the way
            self.commit()

    def started(self, task: str, attempt: int, worker: str, at: float) -> None:
        """An attempt runs now on that worker; of use to nobody but a report."""
        self._tell(tables.ADD_WORKER, (task, self.run, attempt, plain(worker), at))

    def succeeded(self, task: str, attempt: int, outcome: Outcome, at: float) -> None:
        """An attempt did its work. Its output's seal is on the disk at once, all else after `commit`.

        Raises:
            DiskFull: there is no room for the seal.
            ResumeError: it can't be written.
        """
        cost = (outcome.cpu_seconds, outcome.wall_seconds, outcome.peak_memory_bytes)
        self._tell(tables.END_DONE, (at, *cost, task, self.run, attempt))
        self._tell(tables.SET_TASK, (State.DONE, attempt, task))
        if self._commands[task].reusable:
            self._keep(task, outcome, at)

    def failed(self, task: str, attempt: int, error: SutureError, at: float) -> None:
        """An attempt did not do its work."""
        state = State.CANCELLED if isinstance(error, CommandCancelled) else State.FAILED
        said: tuple[int | None, str, str] = (None, "", "")
        if isinstance(error, CommandError):
            said = (error.returncode, plain(error.stderr), plain(shlex.join(error.command)))
        what = (state, type(error).__name__, plain(error.message))
        self._tell(tables.END_FAILED, (at, *what, *said, task, self.run, attempt))
        self._tell(tables.SET_TASK, (State.DELAYED, attempt, task))

    def ended(
        self,
        task: str,
        state: State,
        attempts: int,
        outcome: Outcome | None,  # noqa: ARG002 - `succeeded` has it
        error: SutureError | None,  # noqa: ARG002 - `failed` has it
        at: float,  # noqa: ARG002
    ) -> None:
        """A task has ended."""
        self._tell(tables.SET_TASK, (state, attempts, task))

    def commit(self) -> None:
        """Return when all that was told so far is safe: results and facts from a power cut, the rest from a kill.

        What could not be written stays to be written by the next call.

        Raises:
            DiskFull: there is no room.
            ResumeError: the database can't be written.
        """
        if self._pending:
            self._database.apply(self._pending, durable=self._durable)
        self._pending, self._durable = [], False

    # Questions. They are answered from what was committed.

    def results(self) -> list[Result]:
        """All files that are known, also those that no task of the graph makes any more."""
        return results_in(self._database.rows(tables.RESULTS))

    def attempts(self, task: str | None = None) -> list[Attempt]:
        """All attempts of all runs, or those at one task, by run, task and number."""
        asked = f"{tables.ATTEMPTS} WHERE task = ? OR ? IS NULL ORDER BY run, task, attempt"
        rows = self._database.rows(asked, task, task)
        return [Attempt(*row) for row in rows]

    def tasks(self) -> list[TaskRow]:
        """The graph as it was begun last, in the order in which it was made."""
        return [TaskRow(*row) for row in self._database.rows(tables.TASKS)]

    def events(self) -> list[Note]:
        """All that was noted, in that order."""
        return [Note(*row) for row in self._database.rows(tables.EVENTS)]

    def counts(self) -> Counts:
        """How far it is."""
        return Counts(*self._database.rows(tables.COUNTS)[0])

    def in_flight(self) -> list[str]:
        """The tasks that were running when the process of an earlier run died."""
        query = "SELECT task, ended FROM attempts WHERE run <= ? ORDER BY task, run, attempt"
        last = dict(self._database.rows(query, self._before))
        return [task for task, ended in last.items() if ended is None]

    def clear(self) -> None:
        """Forget what was done: tasks and results; what happened, and the facts, stay."""
        self._tell(tables.DROP_TASKS, ())
        self._tell(tables.DROP_RESULTS, (), durable=True)
        self.commit()

    def forget(self, task: str) -> None:
        """Forget a task's result at once: the next run makes it again. Its file stays where it is.

        Raises:
            DiskFull: there is no room.
            ResumeError: it can't be written.
        """
        paths = [result.path for result in self.results() if result.task == task]
        for path in [self._commands[task].output_path] if task in self._commands else paths:
            with told(Path(path), "forgotten"):
                unseal(path)
        self._tell(tables.DROP_RESULTS_OF, (task,), durable=True)
        self.commit()

    @staticmethod
    def glance(path: Path | str) -> Glance | None:
        """What a job is and how far, without disturbing it; None where that can't be read. Nothing is written."""
        return glance(Path(path))

    @staticmethod
    def past(path: Path | str) -> Past | None:
        """All that a job has written down, as `glance`."""
        return past(Path(path))

    # Steps.

    def _tell(self, statement: str, row: Sequence[object], *, durable: bool = False) -> None:
        self._pending.append(Change(statement, [row]))
        self._durable = self._durable or durable

    def _write_graph(self, done: Iterable[str]) -> None:
        settled = frozenset(done)
        states = {task: State.DONE if task in settled else State.WAITING for task in self._commands}
        rows = [
            (place, task, self._fingerprints[task], plain(command.dry_run()), states[task])
            for place, (task, command) in enumerate(self._commands.items())
        ]
        self._pending += [Change(tables.DROP_TASKS, [()]), Change(tables.ADD_TASK, rows)]
        self.note("begun", f"{len(rows)} tasks, {len(settled)} of them done before")
        for finding in self.findings:
            self.note("found", finding.text, finding.task)
        self._durable = True
        self.commit()

    def _look_again(self) -> dict[str, Result]:
        """The results that hold, by task; the table is made to say the same."""
        known = {result.fingerprint: result for result in self.results()}
        found: dict[str, Result] = {}
        lost: set[str] = set()
        reusable = {task: command.output_path for task, command in self._commands.items() if command.reusable}
        for number, (task, path) in enumerate(reusable.items()):
            self.on_look(number, len(reusable))
            result = self._held(task, path, known)
            found |= {task: result} if result else {}
            lost |= set() if result else {self._fingerprints[task]}
        self._pending.append(Change(tables.DROP_RESULT, [(fingerprint,) for fingerprint in lost & known.keys()]))
        changed = [each for each in found.values() if each.fingerprint in lost or known.get(each.fingerprint) != each]
        self._pending.append(Change(tables.KEEP_RESULT, [result_row(result) for result in changed]))
        return found

    def _held(self, task: str, path: str, known: Mapping[str, Result]) -> Result | None:
        fingerprint = self._fingerprints[task]
        with told(Path(path), "forgotten"):
            result, why = held(task, fingerprint, path, known.get(fingerprint))
        if why:
            self.findings.append(Finding(task, why))
        return result

    def _keep(self, task: str, outcome: Outcome, at: float) -> None:
        """Seal what is now at a task's output path, and remember it."""
        path = self._commands[task].output_path
        try:
            with told(Path(path), "sealed"):
                write_seal(result := self._result(task, path, outcome, at))
        except ResumeError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
            self.note("missing", f"left no file at {path}", task)
        else:
            self._tell(tables.KEEP_RESULT, result_row(result), durable=True)

    def _result(self, task: str, path: str, outcome: Outcome, at: float) -> Result:
        size, digest = Path(path).stat().st_size, outcome.digest or digest_of(path)
        cost = (float(outcome.cpu_seconds), float(outcome.wall_seconds), outcome.peak_memory_bytes)
        return Result(self._fingerprints[task], task, path, size, digest, outcome.frames, *cost, float(at))
