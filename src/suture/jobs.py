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
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from suture.command.part import Part
from suture.digest import look_of
from suture.errors import CommandCancelled, ConfigError, SutureError
from suture.lock import Lock, is_held
from suture.orchestrator.store import Store
from suture.places import jobs_folder, locks_folder
from suture.settings import EncodeSettings, option_of
from suture.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from suture.command.base import Outcome
    from suture.orchestrator.graph import Dag

__all__ = [
    "DATABASE",
    "Job",
    "Record",
    "Telling",
    "all_jobs",
    "changes",
    "facts_of",
    "job_name",
    "open_job",
    "record_of",
    "settings_as_json",
    "settings_of",
    "source_look",
    "spec_path",
    "work_folder",
]

DATABASE: Final = "job.db"
_LOCK: Final = "lock"
_PUBLISHED: Final = "*.published"  # what `verify.published` reads
_FAREWELL: Final = (".published", ".written", ".lost")
_UNFINISHED: Final = frozenset({"running", "failed", "cancelled"})
_YOUNG_S: Final = 60.0
# How often people are told that pieces are still being read, and of how many that are not whole.
_PATIENCE_S: Final = 5.0
_MOST_FINDINGS: Final = 6
# Settings that say how a job is run, not what it makes; a change of them is no news.
_CONDUCT: Final = frozenset(
    {"keep_work", "fail_fast", "max_retries", "gpu_encode_slots", "gpu_scale_slots", "io_slots", "resume", "workers"}
)


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
    """

    name: str
    home: Path
    folder: str
    store: Store
    before: EncodeSettings | None = None
    replaced: bool = False
    lasting: bool = True
    keep_work: bool = False

    @property
    def spec_path(self) -> str:
        """Where the description of the join lies."""
        return spec_path(self.folder)

    @property
    def planned(self) -> dict[str, Any]:
        """For which machine the pieces were planned that are there; empty while none is."""
        if not any(Path(self.folder).glob("*.seal")):
            return {}
        return self.store.facts().get("planned") or _read(self._copy)

    def plan(self, facts: dict[str, Any]) -> None:
        """Write down what the plan depends on besides source and settings, before any of it is done.

        Twice: a database that was lost begins anew, and the pieces, whose seals are beside them, must still fit.
        """
        with Part(str(self._copy)) as part:
            Path(part.path).write_text(json.dumps(facts))
            part.settle()
        self.note(planned=facts)

    @property
    def _copy(self) -> Path:
        return Path(self.folder, "planned.json")

    @contextmanager
    def ending(self, say: Callable[[str], None]) -> Iterator[None]:
        """The block is a run of the job: how it ended is written down, and what it is good for is said."""
        try:
            yield
        except SutureError as error:
            with suppress(SutureError):  # on a full disk; what went wrong first is the news
                self.note(status="cancelled" if isinstance(error, CommandCancelled) else "failed", error=str(error))
            self._comfort(error, say)
            raise
        # Who dies here is told by the next run that it was finished, for which `report_of_published` needs the rest.
        if not self.keep_work:
            _empty(Path(self.folder), sparing=_FAREWELL)
        self.note(status="done", ended=time.time(), keep_work=self.keep_work)

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
            if entry.is_file() and (entry.name.startswith(".part-") or (_is_piece(stem) and stem not in kept)):
                entry.unlink(missing_ok=True)


class Telling:
    """A job's store as a journal that says what it finds of earlier runs.

    Args:
        store: the journal.
        say: told of it.
        check: raises when the job is to stop; all pieces of a long film take minutes to read.
    """

    def __init__(self, store: Store, say: Callable[[str], None], check: Callable[[], None]) -> None:
        self._store, self._say, self._check = store, say, check
        self._next = time.monotonic() + _PATIENCE_S
        store.on_look = self._look
        self.launched, self.succeeded, self.failed = store.launched, store.succeeded, store.failed
        self.ended, self.commit = store.ended, store.commit

    def begin(self, dag: Dag) -> Mapping[str, Outcome]:
        """As `Store.begin`."""
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


def facts_of(source: str, output: str) -> dict[str, Any]:
    """What the job of a source and an output has written down; nothing, where there is none."""
    return seen.facts if (seen := Store.glance(jobs_folder() / job_name(source, output) / DATABASE)) else {}


def source_look(source: str) -> str:
    """What tells a source from what stood under its name before; empty where it is no file."""
    try:
        return look_of(source)
    except OSError:
        return ""


@contextmanager
def open_job(
    source: str, output: str, settings: EncodeSettings, on_lost: Callable[[], None], *, published: bool = False
) -> Iterator[Job]:
    """The job of a source and an output, locked for this process: a new one, or the one that is there.

    Without ``settings.resume`` it is a throw-away one, which is gone at the end, however that comes.

    Args:
        source: what is encoded.
        output: what it becomes.
        settings: how.
        on_lost: called, in another thread, when somebody took the job's lock over.
        published: the output is there, and is what this run would make; all else is made ready for a new one.

    Raises:
        ResumeError: another run works on it, or it was begun by a newer version.
        ConfigError: its folders can't be made.
        DiskFull: there is no room for its state.
    """
    name = job_name(source, output)
    with ExitStack() as stack:
        stack.enter_context(Lock(_made(locks_folder()) / _lock_name(output), f"{output!r}", on_lost))
        if settings.resume:
            yield stack.enter_context(_kept(name, source, output, settings, on_lost, published=published))
        else:
            yield stack.enter_context(_thrown_away(name, settings))


@contextmanager
def _kept(
    name: str, source: str, output: str, settings: EncodeSettings, on_lost: Callable[[], None], *, published: bool
) -> Iterator[Job]:
    home, folder = _made(jobs_folder() / name), _made(work_folder(source, output, settings))
    worth, done = True, False
    try:
        with Lock(folder / _LOCK, f"the job {name}", on_lost), Store.open(home / DATABASE) as store:
            before = store.facts()
            if not published:
                for stale in folder.glob(_PUBLISHED):  # before anything is written down that could pass for its
                    stale.unlink()
                before = _begun_anew(folder, before)
            now = _facts(name, source, output, folder, settings)
            replaced = before.get("look", now["look"]) != now["look"]
            job = Job(name, home, str(folder), store, settings_of(before), replaced, keep_work=settings.keep_work)
            job.note(**now, begun=before.get("begun", time.time()))
            try:
                yield job
            finally:
                done = store.facts()["status"] == "done"
                worth = done or bool(store.results())
    finally:
        if not worth:  # nothing of it could be used by anybody
            shutil.rmtree(home, ignore_errors=True)
        if not worth or (done and not settings.keep_work):
            with suppress(OSError):  # it may lie in the other
                _empty(folder)  # in its order
            shutil.rmtree(folder, ignore_errors=True)


def _begun_anew(folder: Path, before: dict[str, Any]) -> dict[str, Any]:
    """What an earlier run means for the next: nothing, when it is done and did not keep its pieces."""
    if before.get("status") != "done" or before.get("keep_work"):
        return before
    _empty(folder)
    return {}


def _facts(name: str, source: str, output: str, folder: Path, settings: EncodeSettings) -> dict[str, Any]:
    """What `suture resume` needs to know, from wherever it is called."""
    return {
        "job": name,
        "status": "running",
        "source": source if "://" in source else os.path.abspath(source),  # noqa: PTH100 - links stay as they are
        "output": os.path.abspath(output),  # noqa: PTH100 - as above
        "cwd": str(Path.cwd()),
        "folder": os.path.abspath(folder),  # noqa: PTH100 - as above
        "settings": settings_as_json(settings),
        "look": source_look(source),
        "suture": __version__,
        "touched": time.time(),
    }


@contextmanager
def _thrown_away(name: str, settings: EncodeSettings) -> Iterator[Job]:
    root = _made(Path(settings.work_dir) if settings.work_dir else jobs_folder())
    home = Path(tempfile.mkdtemp(prefix=f"{name}-once-", dir=root))
    try:
        with Lock(home / _LOCK, f"the job {name}"), Store.open(home / DATABASE) as store:
            yield Job(name, home, str(_made(home / "work")), store, lasting=False, keep_work=settings.keep_work)
    finally:
        if not settings.keep_work:
            shutil.rmtree(home, ignore_errors=True)


# -- lists --------------------------------------------------------------------------------------------------------


def all_jobs() -> Iterator[Record]:
    """Every job that has left something, in the order of their names. A living one is not disturbed."""
    root = jobs_folder()
    homes = (
        sorted(entry for entry in root.iterdir() if entry.is_dir() and not entry.is_symlink()) if root.is_dir() else []
    )
    for home in homes:
        yield record_of(home)


def record_of(home: Path) -> Record:
    """What can be seen of a job from outside."""
    seen = Store.glance(home / DATABASE)
    facts = seen.facts if seen else {}
    done, total = (seen.counts.done, seen.counts.total) if seen else (0, 0)
    places = (Path(facts.get("folder", home / "work")) / _LOCK, home / _LOCK)
    young = not facts and time.time() - home.stat().st_mtime < _YOUNG_S  # it may be in the making
    return Record(home.name, home, facts, done, total, young or any(map(is_held, places)))


def settings_of(facts: dict[str, Any]) -> EncodeSettings | None:
    """The settings that a job's facts tell; None where they tell none that are allowed now."""
    told = facts.get("settings")
    if not isinstance(told, dict):
        return None
    names = {field.name for field in fields(EncodeSettings)}
    try:
        return EncodeSettings(**{key: _tuples(value) for key, value in told.items() if key in names})
    except (ConfigError, TypeError, ValueError):
        return None


def changes(before: EncodeSettings, now: EncodeSettings) -> list[str]:
    """What is asked for otherwise than before, for people: ``--crf 20 → 24``."""
    old, new = settings_as_json(before), settings_as_json(now)
    changed = [name for name in new if old[name] != new[name] and name not in _CONDUCT]
    return [f"{option_of(name)} {_shown(old[name])} → {_shown(new[name])}" for name in changed]


def _shown(value: Any) -> str:  # noqa: ANN401 - a setting
    return "unset" if value is None or value == [] else str(value)


def settings_as_json(settings: EncodeSettings) -> dict[str, Any]:
    """Settings as JSON holds them; ``EncodeSettings`` takes fractions back as text."""
    return {name: _plain(value) for name, value in asdict(settings).items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - a setting
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, Fraction) else value


def _tuples(value: Any) -> Any:  # noqa: ANN401 - a setting
    return tuple(_tuples(each) for each in value) if isinstance(value, list) else value


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = f"no work folder can be made in {str(folder.parent)!r}: {error.strerror}"
        raise ConfigError(what, "--work-dir names another, XDG_CACHE_HOME the one for a job's state") from error
    return folder


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _empty(folder: Path, sparing: tuple[str, ...] = ()) -> None:
    """Remove all but the lock, which is ours; first what makes an output ours, since that needs all the rest."""
    for entry in (*folder.glob(_PUBLISHED), *folder.iterdir()):
        if entry.name != _LOCK and not entry.name.endswith(sparing):
            with suppress(OSError):
                entry.unlink() if not entry.is_dir() else shutil.rmtree(entry)


def _lock_name(output: str) -> str:
    told = os.path.realpath(output).encode("utf-8", "surrogateescape")
    return hashlib.blake2b(told, digest_size=8).hexdigest()


def _is_piece(name: str) -> bool:
    return name.endswith((".mkv", ".mka", ".m4a", ".mp4", ".mks")) and not name.startswith(".")
