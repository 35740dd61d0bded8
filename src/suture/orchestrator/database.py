"""The SQLite file under `store`: opened, claimed, written to; its errors told as ours. No row is understood here.

What is committed as durable is on the disk when the call returns (a power cut leaves it), all else has at least left
this process (``kill -9`` leaves it). A file of somebody else's is refused, one that is damaged is `salvage`'s.
"""

from __future__ import annotations

import errno
import sqlite3
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from suture.errors import DiskFull, ResumeError, SutureError
from suture.orchestrator.tables import APPLICATION, SCHEMA, TABLES, UPGRADES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Change", "Database", "Torn", "connect", "is_ours", "told"]

# Nobody but the owner of the job's lock writes; a look from outside takes no longer than this.
_PATIENCE_S: Final = 1.0
_MAGIC: Final = b"SQLite format 3\x00"
_HEADER_BYTES: Final = 100
_READABLE_FORMATS: Final = {1, 2}
# How much more has to fit for a write to have failed for another reason than space.
_ROOM: Final = b"\0" * (1 << 20)
_NO_ROOM: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Torn(Exception):
    """The file was ours and can't be trusted any more; the text says how that shows."""


class Change(NamedTuple):
    """A statement and the rows to run it with, in one transaction with its neighbours."""

    statement: str
    rows: Sequence[Sequence[object]]


@contextmanager
def told(path: Path, doing: str = "written") -> Iterator[None]:
    """Tell errors of SQLite and of the disk as ours."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        if isinstance(error, SutureError):
            raise
        raise _ours(error, path, doing) from error


def _ours(error: sqlite3.Error | OSError, path: Path, doing: str) -> SutureError:
    code = _code(error)
    if code == sqlite3.SQLITE_FULL or (isinstance(error, OSError) and error.errno in _NO_ROOM) or _no_room(code, path):
        return DiskFull(f"no space left for {path}", f"free some space in {path.parent} and run the same command again")
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return ResumeError(f"{path} is locked by another process", "wait until that has ended, or stop it")
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return ResumeError(f"{path} was damaged while it was in use: {error}", "run the same command again")
    return ResumeError(f"{path} can't be {doing}: {error}", "check its folder and the access rights")


def _code(error: BaseException) -> int:
    """SQLite's primary code of an error; 0 where it has none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _no_room(code: int, path: Path) -> bool:
    """Whether the disk takes nothing more: SQLite says of a quota, or of shared memory, only that a write failed."""
    if code != sqlite3.SQLITE_IOERR:
        return False
    try:
        with tempfile.TemporaryFile(dir=path.parent) as file:
            file.write(_ROOM)
    except OSError as error:
        return error.errno in _NO_ROOM
    return False


def connect(path: Path, how: str = "") -> sqlite3.Connection:
    """Open a file; nothing is read yet.

    Args:
        path: the file; made when it is not there, unless ``how`` forbids.
        how: SQLite's parameters of a URI, as ``mode=ro``.
    """
    sql = sqlite3.connect(
        f"{path.absolute().as_uri()}?{how}", uri=True, timeout=_PATIENCE_S, isolation_level=None, cached_statements=32
    )
    # Damage may have hit text; what it says then is for the marks to judge.
    sql.text_factory = lambda text: text.decode("utf-8", "replace")
    return sql


def is_ours(path: Path) -> bool:
    """Whether a file was begun by us; False when there is none, or nothing in it yet.

    Looks at the bytes themselves: SQLite may change a file that it opens, and this one may be a stranger's.

    Raises:
        Torn: it is no database of SQLite at all.
        ResumeError: it is somebody else's.
        OSError: it can't be read.
    """
    if not path.exists():
        return False
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if not header.strip(
        b"\0"
    ):  # what a process leaves that dies while it makes the tables, or a power cut: SQLite knows
        return False
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC) or not set(header[18:20]) <= _READABLE_FORMATS:
        raise Torn("it is not a database any more")
    if int.from_bytes(header[68:72], "big") != APPLICATION:
        raise ResumeError(f"{path} is a database of another program", "move it away, or name another work folder")
    return True


class Database:
    """An open file of ours. Use it from the thread that made it.

    Raises:
        Torn: the file is damaged.
        ResumeError: it is another program's, of a newer version, locked, or can't be opened.
        DiskFull: there is no room for it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._full = False
        with told(path, "opened"):
            known = is_ours(path)
            self._sql = connect(path)
            try:
                self._open(known=known)
            except BaseException:
                self._sql.close()
                raise

    def _open(self, *, known: bool) -> None:
        try:
            if not known or self._is_blank():
                self._begin()
            self._check_version()
            self._sql.execute("PRAGMA journal_mode = WAL")
            self._sql.execute("PRAGMA synchronous = NORMAL")
            with self._transaction():  # finds out now whether it may be written to
                pass
            self._check_pages()
            self._check_tables()
        except sqlite3.DatabaseError as error:
            if _is_damage(error):
                raise Torn(str(error)) from error
            raise

    def _is_blank(self) -> bool:
        """Whether a process died while it made the tables: SQLite takes the half of them back when it looks."""
        return not self._sql.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]

    def _begin(self) -> None:
        """Make the tables in one transaction, so that a process that dies meanwhile leaves none."""
        with self._transaction():
            if not self._version():  # another process may have been faster
                for statement in TABLES:
                    self._sql.execute(statement)

    def _version(self) -> int:
        return int(self._sql.execute("PRAGMA user_version").fetchone()[0])

    def _check_version(self) -> None:
        found = self._version()
        if found > SCHEMA:
            raise ResumeError(f"{self.path} was begun by a newer version", "use that, or name another work folder")
        if found < min(UPGRADES):
            raise ResumeError(f"{self.path} has the unknown schema {found}", "name another work folder")
        if found < SCHEMA:
            self._upgrade()

    def _upgrade(self) -> None:
        """Go on with a job of an older version: all of what is new, or nothing of it when the process dies."""
        with self._transaction():
            for version in range(self._version(), SCHEMA):  # another process may have been faster
                for statement in UPGRADES[version]:
                    self._sql.execute(statement)

    def _check_pages(self) -> None:
        """The long check, indexes included: the short one leaves what would stop a later write."""
        (verdict,) = self._sql.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            raise Torn(" ".join(str(verdict).split()))

    def _check_tables(self) -> None:
        """What was damaged in the tables' own descriptions is well-formed to SQLite."""
        found = {text for (text,) in self._sql.execute("SELECT sql FROM sqlite_master WHERE type = 'table'")}
        if found != {text for text in TABLES if text.startswith("CREATE TABLE")}:
            raise Torn("its tables are not the ones that were made")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._sql.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._sql.execute("COMMIT")
        finally:
            if self._sql.in_transaction:
                self._sql.rollback()

    def apply(self, changes: Iterable[Change], *, durable: bool) -> None:
        """Make all changes or none.

        Args:
            changes: in this order.
            durable: return only when they are on the disk; otherwise they survive the process, not the power.

        Raises:
            DiskFull: there is no room.
            ResumeError: it failed otherwise.
        """
        with told(self.path):
            if durable is not self._full:
                self._sql.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self._full = durable
            with self._transaction():
                for statement, rows in changes:
                    self._sql.executemany(statement, rows)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What a query gives.

        Raises:
            ResumeError: it can't be read.
        """
        with told(self.path, "read"):
            return self._sql.execute(query, values).fetchall()

    def close(self) -> None:
        """Let go of the file; what lay beside it is merged into it."""
        with told(self.path):
            self._sql.close()


def _is_damage(error: sqlite3.Error) -> bool:
    # SQLITE_ERROR: our statements are right, so the tables are not.
    damage = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
    short = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_SHORT_READ
    return short or _code(error) in damage
