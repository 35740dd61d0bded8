"""Taking a job: found or begun, locked, opened; and at the end rid of what nobody needs.

One run works on a job at a time, and one run makes an output. A job that lasts is gone on with by the next run; one
that is thrown away is gone at the end, however that comes.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suture.errors import SutureError
from suture.jobs import DATABASE, LOCK, Job, empty, job_name, made, output_lock, source_look, status_of, work_folder
from suture.lock import Lock
from suture.orchestrator.store import Store
from suture.places import jobs_folder
from suture.settings_json import settings_as_json, settings_of
from suture.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from suture.settings import EncodeSettings

__all__ = ["bury", "open_job"]


@contextmanager
def open_job(source: str, output: str, settings: EncodeSettings, on_lost: Callable[[], None]) -> Iterator[Job]:
    """The job of a source and an output, locked for this process: a new one, or the one that is there.

    Without ``settings.resume`` it is a throw-away one, which is gone at the end, however that comes.

    Args:
        source: what is encoded.
        output: what it becomes.
        settings: how.
        on_lost: called, in another thread, when somebody took the job's lock over.

    Raises:
        ResumeError: another run works on it, or it was begun by a newer version.
        ConfigError: its folders can't be made.
        DiskFull: there is no room for its state.
    """
    claim = _Claim(source, output, settings, on_lost)
    with Lock(output_lock(output), f"{output!r}", claim.lose, leaves=False), _opened(claim) as job:
        yield job


def bury(source: str, output: str, settings: EncodeSettings) -> None:
    """Remove what a run has left that was killed when all was done, but for that; where one lives, nothing happens."""
    home, folder = jobs_folder() / job_name(source, output), work_folder(source, output, settings)
    if not output_lock(output).exists():
        return
    with suppress(SutureError, OSError), Lock(output_lock(output), f"{output!r}", leaves=False):
        with Lock(folder / LOCK, str(folder), leaves=False), Store.open(home / DATABASE) as store:
            done = store.facts().get("status") == "done"
            if done and not settings.keep_work:
                empty(folder)
        folder.rmdir()


class _Claim:
    """What a run wants: which job, how, and whether another has taken it over."""

    def __init__(self, source: str, output: str, settings: EncodeSettings, on_lost: Callable[[], None]) -> None:
        self.source, self.output, self.settings = source, output, settings
        self.name = job_name(source, output)
        self.seen = status_of(source)
        self.lost = threading.Event()
        self._on_lost = on_lost

    @cached_property
    def look(self) -> str:
        """What the source is now; read once."""
        return source_look(self.source)

    def lose(self) -> None:
        """Somebody else has the lock now."""
        self.lost.set()
        self._on_lost()

    def job(self, home: Path, folder: Path, store: Store, before: dict[str, Any] | None) -> Job:
        """The job; ``before`` is what an earlier run has written down, None: it is thrown away at the end."""
        return Job(
            self.name,
            home,
            str(folder),
            store,
            settings_of(before or {}),
            replaced=before is not None and bool(self.look) and before.get("look", self.look) != self.look,
            lasting=before is not None,
            keep_work=self.settings.keep_work,
            source=self.source,
            seen=self.seen,
            lost=self.lost,
        )


def _opened(claim: _Claim) -> AbstractContextManager[Job]:
    return _kept(claim) if claim.settings.resume else _thrown_away(claim)


@contextmanager
def _kept(claim: _Claim) -> Iterator[Job]:
    home = made(jobs_folder() / claim.name)
    folder = made(work_folder(claim.source, claim.output, claim.settings))
    try:
        with Lock(folder / LOCK, f"the job {claim.name}", claim.lose, leaves=False):
            yield from _used(claim, home, folder)
    finally:
        with suppress(OSError):  # only what is empty
            folder.rmdir()
            home.rmdir()


def _used(claim: _Claim, home: Path, folder: Path) -> Iterator[Job]:
    """The job, while it is locked; at the end what nobody needs is removed."""
    worth, done = True, False
    try:
        with Store.open(home / DATABASE) as store:
            before = _begun_anew(folder, store)
            job = claim.job(home, folder, store, before)
            folders = sorted({*before.get("folders", ()), os.path.abspath(folder)})  # noqa: PTH100 - links stay
            job.note(**_facts(claim, folder), begun=before.get("begun", time.time()), folders=folders)
            try:
                yield job
            finally:
                done = store.facts()["status"] == "done"
                # A database that was lost begins anew; the pieces are known again only when the graph is.
                worth = done or bool(store.results()) or any(folder.glob("*.seal"))
    finally:
        if not claim.lost.is_set():
            _tidy(home, folder, worth=worth, pieces=not done or claim.settings.keep_work)


def _tidy(home: Path, folder: Path, *, worth: bool, pieces: bool) -> None:
    """Remove pieces that nobody needs, and the record where nothing of the job could be used by anybody."""
    if not (worth and pieces):
        empty(folder)
    for record in () if worth else home.glob(f"{DATABASE}*"):
        record.unlink(missing_ok=True)


def _begun_anew(folder: Path, store: Store) -> dict[str, Any]:
    """What an earlier run means for the next: nothing, when it is done and did not keep its pieces."""
    before = store.facts()
    ended = before.get("status") == "done" and not any(folder.glob("*.published"))
    if not ended or before.get("keep_work"):
        return before
    empty(folder)
    store.clear()
    return {}


def _facts(claim: _Claim, folder: Path) -> dict[str, Any]:
    """What `suture resume` needs to know, from wherever it is called."""
    source, output = claim.source, claim.output
    return {
        "job": claim.name,
        "status": "running",
        "source": source if "://" in source else os.path.abspath(source),  # noqa: PTH100 - links stay as they are
        "output": os.path.abspath(output),  # noqa: PTH100 - as above
        "cwd": str(Path.cwd()),
        "folder": os.path.abspath(folder),  # noqa: PTH100 - as above
        "settings": settings_as_json(claim.settings),
        "look": claim.look,
        "suture": __version__,
        "touched": time.time(),
    }


@contextmanager
def _thrown_away(claim: _Claim) -> Iterator[Job]:
    """Its record is for `suture clean` alone, after a ``kill -9``."""
    settings = claim.settings
    home = Path(tempfile.mkdtemp(prefix=f"{claim.name}-once-", dir=made(jobs_folder())))
    folder = Path(settings.work_dir, home.name) if settings.work_dir else home / "work"
    try:
        with Lock(home / LOCK, f"the job {claim.name}"), Store.open(home / DATABASE) as store:
            job = claim.job(home, made(folder), store, None)
            job.note(**{**_facts(claim, folder), "job": home.name, "status": "once"})
            yield job
    finally:
        if not settings.keep_work:
            shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(home, ignore_errors=True)
