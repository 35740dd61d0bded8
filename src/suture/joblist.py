"""Jobs as seen from outside: what `suture resume` lists and `suture clean` removes. A living one is not disturbed."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from suture.command.part import part_of
from suture.jobs import DATABASE, LOCK, output_lock
from suture.lock import Lock, is_held
from suture.orchestrator.store import Store
from suture.places import jobs_folder
from suture.verify.publication import look_at_file

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Record", "all_jobs", "record_of", "records_of", "remove"]

_UNFINISHED: Final = frozenset({"running", "failed", "cancelled"})
# So long a folder without a database may be one in the making.
_YOUNG_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Record:
    """A job as a list shows it.

    Args:
        name: what `suture resume` takes.
        home: its folder in the cache.
        facts: what the job wrote down; empty where nothing of it can be read.
        done: tasks that are done.
        total: tasks in all.
        alive: a process works on it now.
    """

    name: str
    home: Path
    facts: dict[str, Any]
    done: int = 0
    total: int = 0
    alive: bool = False

    @property
    def unfinished(self) -> bool:
        """Whether a run could go on with it."""
        return self.facts.get("status") in _UNFINISHED

    @property
    def folder(self) -> Path:
        """Where its pieces lie."""
        return Path(self.facts.get("folder", self.home / "work"))

    @property
    def places(self) -> list[Path]:
        """Where its files lie: its pieces, where ``--work-dir`` has put them elsewhere, and its folder in the cache."""
        named = {self.folder, *map(Path, self.facts.get("folders", ()))}
        apart = [path for path in named if path.name == self.name and path.is_dir() and not path.is_symlink()]
        return [*sorted(path for path in apart if path != self.home), self.home]

    @property
    def lockable(self) -> list[Path]:
        """The folders in which a run of it would hold a lock: of a lasting job, and of one that is thrown away."""
        return [self.folder, self.home]


def all_jobs() -> Iterator[Record]:
    """Every job that has left something, in the order of their names. A living one is not disturbed."""
    root = jobs_folder()
    homes = (
        sorted(entry for entry in root.iterdir() if entry.is_dir() and not entry.is_symlink()) if root.is_dir() else []
    )
    for home in homes:
        yield record_of(home)


def records_of(word: str) -> list[Record]:
    """The jobs that somebody may mean, those that fit best.

    Args:
        word: a job's name or the beginning of it, its output (wherever that was moved since), or its source. Of two
            jobs that made one output, the later is meant.
    """
    records, place = list(all_jobs()), os.path.abspath(word)  # noqa: PTH100 - links stay as they are
    real, look = os.path.realpath(word), _look(word)
    made = [record for record in records if look is not None and record.facts.get("made") == look]
    output = [record for record in records if record.facts.get("output") in {place, real}]
    return (
        [record for record in records if record.name == word]
        or sorted(made or output, key=lambda record: record.facts.get("touched", 0.0))[-1:]
        or [record for record in records if record.facts.get("source") in {place, real, word}]
        or [record for record in records if word and record.name.startswith(word)]
    )


def _look(path: str) -> list[int] | None:
    try:
        return look_at_file(path)
    except (OSError, ValueError):
        return None


def record_of(home: Path) -> Record:
    """What can be seen of a job from outside."""
    seen = Store.glance(home / DATABASE)
    facts = seen.facts if seen else {}
    done, total = (seen.counts.done, seen.counts.total) if seen else (0, 0)
    young = not facts and time.time() - home.stat().st_mtime < _YOUNG_S  # it may be in the making
    record = Record(home.name, home, facts, done, total)
    return replace(record, alive=young or any(is_held(place / LOCK) for place in record.lockable))


def remove(record: Record) -> None:
    """Remove all that a job has left, unless somebody works on it.

    Raises:
        ResumeError: somebody does.
        OSError: something can't be removed.
    """
    output = record.facts.get("output")
    with ExitStack() as locks:
        for path in (*([output_lock(output)] if output else []), *(place / LOCK for place in record.lockable)):
            if path.parent.is_dir():
                locks.enter_context(Lock(path, f"the job {record.name}", leaves=False))
        if output:
            Path(part_of(output)).unlink(missing_ok=True)
        for place in record.places:
            shutil.rmtree(place)
