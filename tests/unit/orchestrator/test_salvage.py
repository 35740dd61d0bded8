"""A database that was cut off, overwritten, lost in part, or is not ours: opened with what is right in it, or refused.

Everything here looks at the database alone; the seals beside the files, which would give it all back, are away.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from small_job import SmallJob, dying, fingerprints, quick_folder
from suture.errors import DiskFull, ResumeError
from suture.orchestrator import database
from suture.orchestrator.database import Database
from suture.orchestrator.rows import Worker
from suture.orchestrator.store import Store
from suture.orchestrator.tables import TABLES, UPGRADES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from suture.command.base import Outcome

PIECES = 40
FACTS = {"cores": 8, "long": "x" * 9000}


@pytest.fixture(autouse=True)
def _plain_fingerprints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suture.orchestrator.store.fingerprints", fingerprints)
    monkeypatch.setattr("os.fsync", lambda _descriptor: None)


@pytest.fixture
def job(tmp_path: Path) -> Iterator[SmallJob]:
    """A job in a folder of its own."""
    with quick_folder(tmp_path) as folder:
        yield SmallJob(folder, PIECES)


def ran(job: SmallJob) -> None:
    """Half of the pieces in a run that ended well, the other half in one that did not end at all."""
    with Store.open(job.database) as store:
        for key, value in FACTS.items():
            store.set_fact(key, value)
        store.begin(job.dag())
        for name in job.names[: PIECES // 2]:
            job.do(store, name)

    def die() -> None:
        store = Store.open(job.database)
        store.begin(job.dag())
        for name in job.names[PIECES // 2 :]:
            job.do(store, name)

    dying(die)
    for seal in job.folder.glob("*.seal"):
        seal.unlink()


def looked(job: SmallJob, true: dict[str, Outcome]) -> tuple[int, Store]:
    """Open it and begin: how much is found, all of which is as it was, and the store, closed."""
    found, store = job.resumed()
    assert found.items() <= true.items()
    assert store.facts().items() <= FACTS.items()
    return len(found), store


class Damaged:
    """The same job again and again, as it lay when its process died."""

    def __init__(self, job: SmallJob) -> None:
        ran(job)
        self.job = job
        self._kept = {path.name: path.read_bytes() for path in job.folder.glob("job.db*")}
        self.true = job.resumed()[0]
        assert len(self.true) == PIECES

    def again(self, name: str = "job.db") -> tuple[Path, bytes]:
        """Put it back as it was; gives one of its files, and what is in it."""
        for path in self.job.folder.glob("job.db*"):
            path.unlink()
        for kept, content in self._kept.items():
            (self.job.folder / kept).write_bytes(content)
        return self.job.folder / name, self._kept[name]

    def looked(self) -> tuple[int, Store]:
        """As `looked`; and whatever was done about it holds."""
        count, store = looked(self.job, self.true)
        for seal in self.job.folder.glob("*.seal"):
            seal.unlink()
        again, _store = looked(self.job, self.true)
        assert again == count
        return count, store


@pytest.fixture
def damaged(job: SmallJob) -> Damaged:
    """A job whose process died, to be damaged."""
    return Damaged(job)


@pytest.mark.parametrize("name", ["job.db", "job.db-wal", "job.db-shm"])
def test_cut_off_anywhere(damaged: Damaged, name: str) -> None:
    """What is found is right, or not there; it always opens, and says what it did about a torn database."""
    path, whole = damaged.again(name)
    places = sorted({0, 1, 15, 16, 50, 99, 100, 101, 512, 4095, 4096, 4097, len(whole) - 1})
    counts = []
    for length in [*places, *random.Random(2).sample(range(len(whole)), 15)]:  # noqa: S311
        damaged.again(name)
        path.write_bytes(whole[:length])
        count, store = damaged.looked()
        counts.append(count)
        aside = list(damaged.job.folder.glob("job.db.torn-1"))
        assert bool(store.healed) == bool(aside or (name == "job.db" and not length))
    if name == "job.db-shm":
        assert set(counts) == {PIECES}


@pytest.mark.parametrize("name", ["job.db", "job.db-wal", "job.db-shm"])
def test_garbage_anywhere(damaged: Damaged, name: str) -> None:
    """A sector of anything, a page of nothing, one flipped bit: what is found is right."""
    chance = random.Random(3)  # noqa: S311
    path, whole = damaged.again(name)
    # Where SQLite keeps whose file it is and which version's: another value there is refused, not healed.
    places = [place for place in chance.sample(range(len(whole)), 8) if place > 100]
    for place in places:
        for garbage in (chance.randbytes(512), bytes(4096), bytes([whole[place] ^ 16])):
            damaged.again(name)
            path.write_bytes((whole[:place] + garbage + whole[place + len(garbage) :])[: len(whole)])
            damaged.looked()


@pytest.mark.parametrize("gone", [["job.db-wal"], ["job.db-shm"], ["job.db-wal", "job.db-shm"], ["job.db"]])
def test_a_part_is_gone(damaged: Damaged, gone: list[str]) -> None:
    """Without what was not merged yet, the first run is still there."""
    damaged.again()
    for name in gone:
        (damaged.job.folder / name).unlink()
    count, store = damaged.looked()
    assert count == {"job.db": 0, "job.db-wal": PIECES // 2, "job.db-shm": PIECES}[gone[0]]
    assert store.healed == ""


def test_what_is_around_the_damage_is_saved(damaged: Damaged) -> None:
    """With one page of results gone, those before and after it are kept, and the sentence counts them."""
    damaged.again()
    with Store.open(damaged.job.database):
        pass  # all in one file
    path = damaged.job.database
    whole = path.read_bytes()
    page = next(
        start
        for start in range(4096, len(whole), 4096)
        if whole[start] == 13
        and str(damaged.job.folder).encode() in whole[start:][:4096]
        and b"crf" not in whole[start:][:4096]
    )
    path.write_bytes(whole[:page] + os.urandom(4096) + whole[page + 4096 :])
    count, store = damaged.looked()
    assert 0 < count < PIECES
    assert store.facts() == FACTS
    assert store.healed.startswith("job.db was damaged (")
    assert store.healed.endswith(f"{count} results and 2 facts were read from it, and it is kept as job.db.torn-1")
    assert path.with_name("job.db.torn-1").stat().st_size == len(whole)


def test_each_damaged_file_is_kept(job: SmallJob) -> None:
    """The second one gets the next number; the healing is an event of the job."""
    for text in (b"first" * 100, b"second" * 100):
        job.database.write_bytes(text)
        _found, store = job.resumed()
        assert "is not a database" in store.healed
    assert job.folder.joinpath("job.db.torn-1").read_bytes() == b"first" * 100
    assert job.folder.joinpath("job.db.torn-2").read_bytes() == b"second" * 100
    with Store.open(job.database) as reopened:
        assert reopened.events()[0].kind == "healed"


def test_an_empty_file_begins_anew(job: SmallJob) -> None:
    """A process that dies while it makes its database leaves one; that is said, and nothing needs to be set aside."""
    job.database.touch()
    _found, store = job.resumed()
    assert store.healed == "job.db was empty, and begins anew"
    assert [path.name for path in job.folder.iterdir()] == ["job.db"]


@pytest.mark.parametrize("arrived", [False, True])
def test_a_death_while_the_tables_are_made(job: SmallJob, *, arrived: bool) -> None:
    """Tables that were on their way to the disk, whichever pages have arrived, are taken back and made again."""

    def die() -> None:
        sql = database.connect(job.database)
        sql.execute("PRAGMA cache_size = 1")  # so that pages are on their way before the commit
        sql.execute("BEGIN EXCLUSIVE")
        for statement in (*TABLES, "CREATE TABLE filler(a)"):
            sql.execute(statement)
        sql.executemany("INSERT INTO filler VALUES (?)", [("x" * 4000,)] * 50)

    dying(die)
    assert job.database.stat().st_size
    if arrived:
        with sqlite3.connect(":memory:") as sql:
            for statement in TABLES:
                sql.execute(statement)
            first = sql.serialize()[:4096]
        sql.close()
        job.database.write_bytes(first + job.database.read_bytes()[4096:])
    assert job.folder.joinpath("job.db-journal").exists()
    found, store = job.resumed()
    assert (found, store.healed) == ({}, "")


def test_a_file_of_zeros_is_damaged(job: SmallJob) -> None:
    """What a power cut leaves of a file whose length arrived and whose bytes did not."""
    job.database.write_bytes(bytes(20000))
    _found, store = job.resumed()
    assert store.healed.startswith("job.db was damaged")
    assert job.folder.joinpath("job.db.torn-1").stat().st_size == 20000


def _foreign(path: Path) -> None:
    with sqlite3.connect(path) as sql:
        sql.execute("CREATE TABLE mine(a)")
    sql.close()


def _newer(path: Path) -> None:
    Store.open(path).close()
    with sqlite3.connect(path) as sql:
        sql.execute("PRAGMA user_version = 3")
    sql.close()


def _older(path: Path) -> None:
    Store.open(path).close()
    with sqlite3.connect(path) as sql:
        sql.execute("PRAGMA user_version = 0")
    sql.close()


def _of_schema_1(database: Path) -> None:
    """Take away what a job of the first version did not have."""
    with sqlite3.connect(database) as sql:
        sql.execute("DROP TABLE workers")
        sql.execute("PRAGMA user_version = 1")
    sql.close()


def test_a_job_of_the_first_version_is_gone_on_with(job: SmallJob) -> None:
    """What it had done is done; where it ran then is not known, from now on it is."""
    done = job.done()
    _of_schema_1(job.database)
    seen, before = Store.glance(job.database), Store.past(job.database)
    assert seen is not None
    assert seen.facts == {"cores": 8}
    assert before is not None
    assert (len(before.attempts), before.workers) == (PIECES, ())
    with Store.open(job.database) as store:
        assert (store.healed, store.begin(job.dag())) == ("", done)
        store.launched("join", 1, 1.0)
        store.started("join", 1, "local-1", 2.0)
    after = Store.past(job.database)
    assert after is not None
    assert after.workers == (Worker("join", 2, 1, "local-1", 2.0),)


def test_a_job_becomes_one_of_this_version_at_once_or_not_at_all(
    job: SmallJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who dies in the middle of it leaves the job as it was; the next one does it again."""
    done = job.done()
    _of_schema_1(job.database)

    def die() -> None:
        monkeypatch.setitem(UPGRADES, 1, (UPGRADES[1][0], "SELECT die()"))
        original = Database._upgrade

        def dying_upgrade(self: Database) -> None:
            self._sql.create_function("die", 0, lambda: os._exit(9))
            original(self)

        monkeypatch.setattr(Database, "_upgrade", dying_upgrade)
        Store.open(job.database)

    dying(die)
    past = Store.past(job.database)
    assert past is not None
    assert past.workers == ()
    found, store = job.resumed()
    assert (found, store.healed) == (done, "")


REFUSED: dict[Callable[[Path], None], str] = {
    _foreign: "is a database of another program .*move it away",
    _newer: "was begun by a newer version .*use that",
    _older: "has the unknown schema 0",
}


@pytest.mark.parametrize("make", REFUSED)
def test_what_is_not_ours_to_change_stays(job: SmallJob, make: Callable[[Path], None]) -> None:
    """A stranger's database, and one of another version, are refused by name; not a byte of them changes."""
    make(job.database)
    before = job.database.read_bytes()
    with pytest.raises(ResumeError, match=REFUSED[make]):
        Store.open(job.database)
    assert Store.glance(job.database) is None
    assert job.database.read_bytes() == before
    assert [path.name for path in job.folder.iterdir()] == ["job.db"]


def test_tables_that_were_changed_are_not_trusted(damaged: Damaged) -> None:
    """What is well-formed to SQLite and yet not what was made is set aside like any damage."""
    damaged.again()
    with sqlite3.connect(damaged.job.database) as sql:
        sql.execute("DROP TABLE events")
    sql.close()
    count, store = damaged.looked()
    assert (count, "its tables are not" in store.healed) == (PIECES, True)


@pytest.mark.parametrize("where", ["no/such/job.db", ".", "file/job.db"])
def test_where_no_file_can_be(job: SmallJob, where: str) -> None:
    """A missing folder, a folder of that name, a file for a folder: refused, with the path."""
    (job.folder / "file").touch()
    with pytest.raises(ResumeError, match="can't be opened"):
        Store.open(job.folder / where)
    assert Store.glance(job.folder / where) is None


def _as_nobody(folder: Path, work: Callable[[], object]) -> None:
    """Do it in a process without any rights, which root has to become first."""

    def without_rights() -> None:
        if os.geteuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        work()

    folder.chmod(0o555)
    try:
        dying(without_rights)
    finally:
        folder.chmod(0o755)


def test_a_folder_that_is_read_only(damaged: Damaged) -> None:
    """Whether there is a database or not, it is refused with the reason; it can still be looked at."""
    damaged.again()
    with Store.open(damaged.job.database):
        pass

    def refused() -> None:
        for name in ("job.db", "other.db"):
            with pytest.raises(ResumeError, match=rf"{name} can't be (opened|written)"):
                Store.open(damaged.job.folder / name)
        seen = Store.glance(damaged.job.database)
        assert seen is not None
        assert seen.facts == FACTS

    if not os.access("/dev/shm", os.X_OK):
        pytest.skip("the folders above a test's own are closed to others")
    _as_nobody(damaged.job.folder, refused)


def test_two_stores_of_one_job(job: SmallJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """They see each other's commits; while one writes, the other is told that it is locked, and nothing is broken."""
    monkeypatch.setattr(database, "_PATIENCE_S", 0.01)
    with Store.open(job.database) as one, Store.open(job.database) as other:
        one.set_fact("cores", 8)
        one.commit()
        with one._database._transaction():
            for attempt in (lambda: other.begin(job.dag()), lambda: Store.open(job.database)):
                with pytest.raises(ResumeError, match=r"job\.db is locked by another process .*wait"):
                    attempt()
        other.begin(job.dag())
        assert one.counts() == other.counts()
    with Store.open(job.database) as later:
        assert (later.facts(), later.healed) == ({"cores": 8}, "")


def test_a_file_that_may_not_grow(job: SmallJob) -> None:
    """Where the system refuses the write without saying that the disk is full, it is found out; the database lives."""

    def fill() -> None:
        with Store.open(job.database) as store:
            store.set_fact("cores", 8)
            store.commit()
            resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
            store.set_fact("large", "x" * 300_000)
            with pytest.raises(DiskFull, match="no space left"):
                store.commit()
            store._pending.clear()

    dying(fill)
    with Store.open(job.database) as store:
        assert (store.facts(), store.healed) == ({"cores": 8}, "")


def test_no_room_to_begin(job: SmallJob) -> None:
    """A database that can't even be made is a full disk as well, not a traceback."""

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
        with pytest.raises(DiskFull):
            Store.open(job.database)

    dying(fill)
    assert job.resumed()[0] == {}


def test_a_copy_is_as_good(damaged: Damaged, tmp_path: Path) -> None:
    """A job's folder copied while its process was dead goes on elsewhere."""
    damaged.again()
    copy = SmallJob(Path(shutil.copytree(damaged.job.folder, tmp_path / "copy")), PIECES)
    assert copy.resumed()[0] == damaged.true
