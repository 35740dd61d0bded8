"""Opening a job's database whatever has happened to it: what is damaged is set aside and read as far as it goes.

Nothing is ever thrown away: the damaged file stays beside the new one, under a name that says so.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from suture.errors import ResumeError
from suture.orchestrator.database import Change, Database, Torn, connect, is_ours, told
from suture.orchestrator.rows import Attempt, Counts, Glance, Note, Past, TaskRow, Worker
from suture.orchestrator.tables import (
    ATTEMPTS,
    COUNTS,
    EVENTS,
    FACTS,
    KEEP_FACT,
    KEEP_RESULT,
    RESULTS,
    SCHEMA,
    TASKS,
    UPGRADES,
    WORKERS,
    WORKERS_SINCE,
    fact_row,
    facts_in,
    result_row,
    results_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.orchestrator.rows import Result

__all__ = ["glance", "opened", "past"]

_Seen = TypeVar("_Seen")


def opened(path: Path) -> tuple[Database, str]:
    """A database that can be trusted, and in one sentence what had to be done for that; empty: nothing.

    Raises:
        ResumeError: it is another program's, of a newer version, locked, or can't be opened.
        DiskFull: there is no room for it.
    """
    try:
        with told(path, "opened"):
            empty = path.exists() and not path.stat().st_size
        return Database(path), f"{path.name} was empty, and begins anew" if empty else ""
    except Torn as damage:
        with told(path, "set aside"):
            aside = _set_aside(path)
        return _begun_from(aside, path, str(damage))


def _begun_from(aside: Path, path: Path, damage: str) -> tuple[Database, str]:
    facts, results = _read(aside)
    database = Database(path)
    kept = [
        Change(KEEP_FACT, [fact_row(key, value) for key, value in facts.items()]),
        Change(KEEP_RESULT, [result_row(result) for result in results]),
    ]
    database.apply(kept, durable=True)
    saved = f"{len(results)} results and {len(facts)} facts were read from it"
    return database, f"{path.name} was damaged ({damage}) and begins anew; {saved}, and it is kept as {aside.name}"


def _set_aside(path: Path) -> Path:
    """Give the file, and what SQLite keeps beside it, a name of its own.

    The file goes last: a process that dies before finds it damaged once more.
    """
    aside = next(name for n in count(1) if not (name := path.with_name(f"{path.name}.torn-{n}")).exists())
    for end in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            Path(f"{path}{end}").replace(f"{aside}{end}")
    return aside


def _read(path: Path) -> tuple[dict[str, Any], list[Result]]:
    """All that can still be read of a damaged file, and is as it was written."""
    with suppress(sqlite3.Error, OSError), closing(connect(path, "mode=ro")) as sql:
        return facts_in(_both_ends(sql, FACTS)), results_in(_both_ends(sql, RESULTS))
    return {}, []


def _both_ends(sql: sqlite3.Connection, query: str) -> list[tuple[Any, ...]]:
    """The rows before the first damage and those after the last."""
    found: dict[object, tuple[Any, ...]] = {}
    for order in ("ASC", "DESC"):
        with suppress(sqlite3.Error):
            for row in sql.execute(f"{query} ORDER BY rowid {order}"):
                found[row[0]] = row
    return list(found.values())


def glance(path: Path) -> Glance | None:
    """What can be read of a job from outside; None: nothing. Neither healed nor written to."""
    return _looked(path, lambda sql: Glance(facts_in(sql.execute(FACTS)), Counts(*sql.execute(COUNTS).fetchone())))


def past(path: Path) -> Past | None:
    """All that a job has written down; as `glance`."""
    return _looked(path, _past)


def _looked(path: Path, look: Callable[[sqlite3.Connection], _Seen]) -> _Seen | None:
    """What a look into a file of ours gives; None where it can't be read."""
    # A database at rest is a single file, and SQLite would make others to read it. The same where none can be made.
    at_rest = not Path(f"{path}-wal").exists()
    for how in ["mode=ro"] * (not at_rest) + ["mode=ro&immutable=1"]:
        with suppress(Torn, ResumeError, sqlite3.Error, OSError):
            if not is_ours(path):
                return None
            with closing(connect(path, how)) as sql:
                return look(sql) if _version(sql) in {*UPGRADES, SCHEMA} else None
    return None


def _version(sql: sqlite3.Connection) -> int:
    return int(sql.execute("PRAGMA user_version").fetchone()[0])


def _past(sql: sqlite3.Connection) -> Past:
    told_workers = _version(sql) >= WORKERS_SINCE
    return Past(
        facts_in(sql.execute(FACTS)),
        tuple(TaskRow(*row) for row in sql.execute(TASKS)),
        tuple(Attempt(*row) for row in sql.execute(f"{ATTEMPTS} ORDER BY run, task, attempt")),
        tuple(Worker(*row) for row in sql.execute(WORKERS)) if told_workers else (),
        tuple(results_in(sql.execute(RESULTS))),
        tuple(Note(*row) for row in sql.execute(EVENTS)),
    )
