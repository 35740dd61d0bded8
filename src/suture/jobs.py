"""A job on disk: its name, its folder, its lock and its state; and how the next run finds them again.

A job is a source and an output: the same command finds the same job, also when its settings have changed. Its database
and record lie in the user's cache folder, its pieces in the work folder beside them or under ``--work-dir``. What is
done with it is `pipeline`'s business; `suture resume` and `suture clean` list them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from suture.command.part import Part
from suture.digest import look_of
from suture.errors import CommandCancelled, ConfigError, ProbeError, SutureError
from suture.orchestrator.fingerprint import fingerprints, read_files
from suture.orchestrator.states import State
from suture.places import jobs_folder, state_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from suture.command.base import Outcome
    from suture.orchestrator.graph import Dag
    from suture.orchestrator.store import Store
    from suture.settings import EncodeSettings

__all__ = [
    "DATABASE",
    "LOCK",
    "Job",
    "Telling",
    "empty",
    "job_name",
    "made",
    "output_lock",
    "read_json",
    "source_look",
    "spec_path",
    "status_of",
    "work_folder",
]

DATABASE: Final = "job.db"
LOCK: Final = "lock"
# What `verify.published` and the report of an output that was published need.
_FAREWELL: Final = (".published", ".written", ".lost")
_EVERYBODYS: Final = Path("/var/tmp")  # noqa: S108 - what lies there must be ours, which is looked at
# How often people are told that pieces are still being read, and of how many that are not whole.
_PATIENCE_S: Final = 5.0
_MOST_FINDINGS: Final = 6


@dataclass(frozen=True, slots=True)
class Job:
    """A job that this process works on, and nobody else.

    Args:
        name: what people call it: the source's stem, and what tells it from others.
        home: its folder in the cache.
        folder: where its pieces lie.
        store: its state.
        before: the settings of the run before; None: it is new.
        replaced: the source is not what that run has seen.
        lasting: a later run can go on with it.
        keep_work: its pieces stay also when it is done.
        source: what is encoded.
        seen: what stood there before anything was read of it.
        lost: set when another run has taken the job over; then nothing of it is ours to touch.
    """

    name: str
    home: Path
    folder: str
    store: Store
    before: EncodeSettings | None = None
    replaced: bool = False
    lasting: bool = True
    keep_work: bool = False
    source: str = ""
    seen: tuple[int, ...] = ()
    lost: threading.Event = field(default_factory=threading.Event)

    @property
    def planned(self) -> dict[str, Any]:
        """For which machine the pieces were planned that are there; empty while none is."""
        if not any(Path(self.folder).glob("*.seal")):
            return {}
        told = self.store.facts().get("planned") or read_json(self._copy)
        numbers = [told.get("cores", 1), told.get("workers", 1), *(told.get("linear") or ())]
        return told if all(isinstance(number, int) for number in numbers) else {}

    def plan(self, facts: dict[str, Any]) -> None:
        """Write down what the plan depends on besides source and settings, before any of it is done.

        Twice: a database that was lost begins anew, and the pieces, whose seals are beside them, must still fit.
        """
        with Part(str(self._copy)) as part:
            Path(part.path).write_text(json.dumps(facts))
            part.settle()
        self.note(planned=facts)

    def describe(self, outline: dict[str, Any]) -> None:
        """Write down what a report will want to know of the plan, and since which run it is this one."""
        before = self.store.facts().get("outline", {})
        same = before.get("tasks") == json.loads(json.dumps(outline["tasks"]))
        self.note(outline={**outline, "since": before.get("since", 1) if same else self.store.run + 1})

    @property
    def _copy(self) -> Path:
        return Path(self.folder, "planned.json")

    def has_made(self, dag: Dag) -> bool:
        """Whether an earlier run has done all of a graph, to the last piece, by the same settings."""
        now = fingerprints(dag)
        before = {row.task: (row.fingerprint, row.state) for row in self.store.tasks()}
        lasting = [node.id for node in dag.tasks() if node.command.reusable and not node.transient]
        return all(before.get(task) == (now[task], State.DONE.value) for task in lasting)

    @contextmanager
    def ending(self, say: Callable[[str], None]) -> Iterator[None]:
        """The block is a run of the job: how it ended is written down, and what it is good for is said."""
        self.store.note("opened", "")
        try:
            yield
        except SutureError as error:
            if not self.lost.is_set():
                status = "cancelled" if isinstance(error, CommandCancelled) else "failed"
                self.store.note("closed", status)
                with suppress(SutureError):  # on a full disk; what went wrong first is the news
                    self.note(status=status, error=str(error))
                self._comfort(error, say)
            raise
        # Who dies here is told by the next run that it was finished, for which `report_of_published` needs the rest.
        if not self.keep_work:
            empty(Path(self.folder), sparing=_FAREWELL)
        announced = list(Path(self.folder).glob("*.published"))
        for path in announced:
            self.store.set_fact("made", _told(path))
        self.store.note("closed", "done")
        self.note(status="done", ended=time.time(), keep_work=self.keep_work)
        for path in announced:  # from here on the output is the user's
            path.unlink(missing_ok=True)

    def _comfort(self, error: SutureError, say: Callable[[str], None]) -> None:
        """What was done is not lost, and how to go on with it."""
        counts = self.store.counts()
        if not self.lasting or not counts.done:
            return
        kept = f"{counts.done} of {counts.total} tasks are done and kept"
        way = f"the same command, or `suture resume {self.name}`, goes on from there"
        if isinstance(error, CommandCancelled):
            error.hint = f"{kept}; {way}"
        else:
            say(f"{kept}; {way}")

    def note(self, **facts: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
        """Write facts of the job down; they are on the disk when this returns."""
        for key, value in facts.items():
            self.store.set_fact(key, value)
        self.store.commit()

    def sweep(self, kept: set[str]) -> None:
        """Remove what an earlier run left and this one has no use for: half-written parts, pieces of other cuts."""
        for entry in Path(self.folder).iterdir():
            stem = entry.name.removesuffix(".seal")
            if entry.is_file() and stem not in kept and (entry.name.startswith(".part-") or _is_piece(stem)):
                entry.unlink(missing_ok=True)


class Telling:
    """A job's store as a journal: says what it finds of earlier runs, believes nothing of a source that changes.

    Args:
        job: whose.
        say: told of it.
        check: raises when the job is to stop; all pieces of a long film take minutes to read.
    """

    def __init__(self, job: Job, say: Callable[[str], None], check: Callable[[], None]) -> None:
        self._job, self._store, self._say, self._check = job, job.store, say, check
        self._seen: dict[str, tuple[int, ...]] = {}
        self._next = time.monotonic() + _PATIENCE_S
        self._store.on_look = self._look
        self.launched, self.started = self._store.launched, self._store.started
        self.failed, self.ended, self.commit = self._store.failed, self._store.ended, self._store.commit

    def succeeded(self, task: str, attempt: int, outcome: Outcome, at: float) -> None:
        """As `Store.succeeded`.

        Raises:
                ProbeError: a file that is read is not what it was when the job began.
        """
        for path, before in self._seen.items():
            if status_of(path) != before:
                raise ProbeError(f"{path!r} has changed while it was read", "the same command makes it anew")
        self._store.succeeded(task, attempt, outcome, at)

    def begin(self, dag: Dag) -> Mapping[str, Outcome]:
        """As `Store.begin`."""
        self._seen = {path: status_of(path) for path in read_files(dag)} | {self._job.source: self._job.seen}
        done = self._store.begin(dag)
        findings = self._store.findings
        for finding in findings[:_MOST_FINDINGS]:
            self._say(f"{finding.task}: {finding.text}")
        if len(findings) > _MOST_FINDINGS:
            self._say(f"and {len(findings) - _MOST_FINDINGS} more like these")
        if done:
            self._say(f"done by an earlier run and still whole: {len(done)} of {len(dag)} tasks")
        return done

    def _look(self, number: int, total: int) -> None:
        """Say from time to time how far the looking is."""
        self._check()
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _PATIENCE_S
            self._say(f"reading again what an earlier run made: {number} of {total}")


def job_name(source: str, output: str) -> str:
    """The name of the job that makes this output of this source."""
    place = source if "://" in source else os.path.realpath(source)
    told = f"{place}\0{os.path.realpath(output)}".encode("utf-8", "surrogateescape")
    stem = "".join(c if c.isalnum() or c in "-_." else "_" for c in Path(source).stem)[:40].strip(".")
    return f"{stem or 'job'}-{hashlib.blake2b(told, digest_size=4).hexdigest()}"


def work_folder(source: str, output: str, settings: EncodeSettings) -> Path:
    """Where the pieces of a lasting job lie."""
    name = job_name(source, output)
    return Path(settings.work_dir, name) if settings.work_dir else jobs_folder() / name / "work"


def spec_path(folder: str | os.PathLike[str]) -> str:
    """Where, in a work folder, the description of the join lies."""
    return os.path.join(folder, "join.json")  # noqa: PTH118 - a string, as all paths in plans


def output_lock(output: str) -> Path:
    """The lock of whoever makes an output, beside it: two jobs must not write to one name, whatever their caches."""
    place = Path(os.path.realpath(output))
    told = place.name.encode("utf-8", "surrogateescape")
    return place.with_name(f".suture-{hashlib.blake2b(told, digest_size=6).hexdigest()}.lock")


def source_look(source: str) -> str:
    """What tells a source from what stood under its name before; empty where it is no file."""
    try:
        return look_of(source)
    except OSError:
        return ""


def status_of(source: str) -> tuple[int, ...]:
    """The same at a glance, as long as nobody has turned back its date."""
    try:
        found = os.stat(source)  # noqa: PTH116 - a string all the way
    except OSError:
        return ()
    return found.st_size, found.st_mtime_ns  # not the inode, which some network drives make up


def made(folder: Path) -> Path:
    """Make a folder for a job, if it is not there.

    Raises:
        ConfigError: it can't be made.
    """
    try:
        if state_folder().parent == _EVERYBODYS:
            _claimed(state_folder())
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = f"no work folder can be made in {str(folder.parent)!r}: {error.strerror}"
        raise ConfigError(what, "--work-dir names another, XDG_CACHE_HOME the one for a job's state") from error
    return folder


def _claimed(folder: Path) -> None:
    """Make a folder of our own where everybody may write; one that somebody else has put there is not used."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
        raise ConfigError(f"{str(folder)!r} is somebody else's", "name a cache folder by XDG_CACHE_HOME")


def read_json(path: Path) -> dict[str, Any]:
    """The object in a small file of ours; empty where there is none that can be read."""
    told = _told(path)
    return told if isinstance(told, dict) else {}


def _told(path: Path) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """What a small file of ours says; None where it can't be read."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def empty(folder: Path, sparing: tuple[str, ...] = ()) -> None:
    """Remove all but the lock, which is ours; first what makes an output ours, since that needs all the rest."""
    for entry in (*folder.glob("*.published"), *folder.iterdir()):
        if entry.name != LOCK and not entry.name.endswith(sparing):
            with suppress(OSError):
                entry.unlink() if not entry.is_dir() else shutil.rmtree(entry)


def _is_piece(name: str) -> bool:
    return name.endswith((".mkv", ".mka", ".m4a", ".mp4", ".mks")) and not name.startswith(".")
