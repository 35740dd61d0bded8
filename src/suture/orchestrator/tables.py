"""The tables of a job's database: how they are made, what is asked of them, and rows as they go in and come out.

Text and values only: `database` runs it, `store` says when. Any SQLite since 3.8.2 (2013) understands it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from suture.orchestrator.rows import Result, mark_of

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA: Final = 2
APPLICATION: Final = 0x53555455  # "SUTU", where SQLite keeps whose file it is

# Where each attempt ran, and from when on.
WORKERS_SINCE: Final = 2
_WORKERS: Final = """CREATE TABLE workers(task TEXT NOT NULL, run INTEGER NOT NULL, attempt INTEGER NOT NULL,
        worker TEXT NOT NULL, started REAL NOT NULL, PRIMARY KEY(task, run, attempt)) WITHOUT ROWID"""

TABLES: Final = (
    "CREATE TABLE facts(key TEXT PRIMARY KEY, value TEXT NOT NULL, mark TEXT NOT NULL)",
    """CREATE TABLE tasks(place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, fingerprint TEXT NOT NULL,
        command TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL)""",
    """CREATE TABLE attempts(task TEXT NOT NULL, run INTEGER NOT NULL, attempt INTEGER NOT NULL, started REAL NOT NULL,
        ended REAL, state TEXT NOT NULL, error TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '',
        returncode INTEGER, stderr TEXT NOT NULL DEFAULT '', command TEXT NOT NULL DEFAULT '',
        cpu_seconds REAL NOT NULL DEFAULT 0, wall_seconds REAL NOT NULL DEFAULT 0,
        peak_memory_bytes INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(task, run, attempt)) WITHOUT ROWID""",
    # A path holds one file, so what an earlier task left there is gone once a later one has written there.
    """CREATE TABLE results(fingerprint TEXT PRIMARY KEY, task TEXT NOT NULL, path TEXT NOT NULL UNIQUE,
        size_bytes INTEGER NOT NULL, digest TEXT NOT NULL, frames INTEGER NOT NULL, cpu_seconds REAL NOT NULL,
        wall_seconds REAL NOT NULL, peak_memory_bytes INTEGER NOT NULL, at REAL NOT NULL, mark TEXT NOT NULL)""",
    """CREATE TABLE events(run INTEGER NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, task TEXT NOT NULL,
        text TEXT NOT NULL)""",
    _WORKERS,
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {SCHEMA}",
)
# What makes a file of an older schema one of the next; in one transaction, the version last.
UPGRADES: Final = {1: (_WORKERS, "PRAGMA user_version = 2")}

FACTS: Final = "SELECT key, value, mark FROM facts"
RESULTS: Final = (
    "SELECT fingerprint, task, path, size_bytes, digest, frames, cpu_seconds, wall_seconds, peak_memory_bytes, at, mark"
    " FROM results"
)
KEEP_FACT: Final = "REPLACE INTO facts VALUES (?, ?, ?)"
KEEP_RESULT: Final = "REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
DROP_TASKS: Final = "DELETE FROM tasks"
ADD_TASK: Final = "INSERT INTO tasks(place, id, fingerprint, command, state, attempts) VALUES (?, ?, ?, ?, ?, 0)"
SET_TASK: Final = "UPDATE tasks SET state = ?, attempts = ? WHERE id = ?"
DROP_RESULTS: Final = "DELETE FROM results"
DROP_RESULT: Final = "DELETE FROM results WHERE fingerprint = ?"
DROP_RESULTS_OF: Final = "DELETE FROM results WHERE task = ?"
ADD_ATTEMPT: Final = "REPLACE INTO attempts(task, run, attempt, started, state) VALUES (?, ?, ?, ?, 'running')"
END_DONE: Final = (
    "UPDATE attempts SET ended = ?, state = 'done', cpu_seconds = ?, wall_seconds = ?, peak_memory_bytes = ?"
    " WHERE task = ? AND run = ? AND attempt = ?"
)
END_FAILED: Final = (
    "UPDATE attempts SET ended = ?, state = ?, error = ?, message = ?, returncode = ?, stderr = ?, command = ?"
    " WHERE task = ? AND run = ? AND attempt = ?"
)
ADD_WORKER: Final = "REPLACE INTO workers(task, run, attempt, worker, started) VALUES (?, ?, ?, ?, ?)"
ADD_EVENT: Final = "INSERT INTO events(run, at, kind, task, text) VALUES (?, ?, ?, ?, ?)"
ATTEMPTS: Final = (
    "SELECT task, attempt, run, started, ended, state, error, message, returncode, stderr, command, cpu_seconds,"
    " wall_seconds, peak_memory_bytes FROM attempts"
)
WORKERS: Final = "SELECT task, run, attempt, worker, started FROM workers"
TASKS: Final = "SELECT id, fingerprint, place, command, state, attempts FROM tasks ORDER BY place"
EVENTS: Final = "SELECT run, at, kind, task, text FROM events ORDER BY rowid"
LAST_RUN: Final = "SELECT coalesce(max(CAST(run AS INTEGER)), 0) FROM events"
COUNTS: Final = "SELECT coalesce(sum(state = 'done'), 0), count(*) FROM tasks"


def facts_in(rows: Iterable[tuple[Any, ...]]) -> dict[str, Any]:
    """Facts by their names; those that are not as they were written are left out."""
    return {key: json.loads(value) for key, value, mark in rows if mark == mark_of(key, value)}


def results_in(rows: Iterable[tuple[Any, ...]]) -> list[Result]:
    """Results; those that are not as they were written are left out."""
    return [result for *fields, mark in rows if (result := Result(*fields)).mark == mark]


def fact_row(key: str, value: object) -> tuple[str, str, str]:
    """What `KEEP_FACT` takes."""
    text = json.dumps(value)
    return key, text, mark_of(key, text)


def result_row(result: Result) -> tuple[object, ...]:
    """What `KEEP_RESULT` takes."""
    return (
        result.fingerprint,
        result.task,
        plain(result.path),
        result.size_bytes,
        result.digest,
        result.frames,
        result.cpu_seconds,
        result.wall_seconds,
        result.peak_memory_bytes,
        result.at,
        result.mark,
    )


def plain(text: str) -> str:
    """Text as SQLite takes it: names of files need not be Unicode."""
    return text.encode("utf-8", "backslashreplace").decode()
