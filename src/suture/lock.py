"""`Lock`: one run at a time on a job, told from a dead one by the system where that knows, else by a heartbeat.

On one machine the kernel holds the lock (``flock``) and gives it back when the process dies, however it dies: nothing
can go stale. On folders that several machines share, a record in the file names the owner, and its heartbeat, a count
that goes up, tells whether it lives; nobody's clock is asked, so a clock that jumps harms nothing.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import platform
import secrets
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from suture.errors import ConfigError, DiskFull, EnvironmentProblem, ResumeError
from suture.places import is_network

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BEAT_S", "Lock", "Owner", "is_held", "owner_of"]

BEAT_S: Final = 3.0
# So long a heartbeat may stand still: a machine under load beats late.
_PATIENCE_S: Final = 5 * BEAT_S
_GLANCE_S: Final = 0.02
_GLANCES: Final = 5
_RECORD_BYTES: Final = 4096
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
# What file systems say that know no locks.
_NO_LOCKS: Final = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL})


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds a lock.

    Args:
        host: the machine.
        pid: the process on it.
        boot: which boot of it; empty where the system does not tell.
        token: this taking of the lock, and no other.
        beat: goes up while it lives.
    """

    host: str
    pid: int
    boot: str
    token: str
    beat: int = 0

    @classmethod
    def this_process(cls) -> Owner:
        """Us."""
        return cls(platform.node(), os.getpid(), _boot_id(), secrets.token_hex(8))

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


class Lock:
    """Holds a file locked for as long as the block runs.

    Args:
        path: the lock's file, in a folder that exists.
        what: what is locked, for the message: ``the job film-1a2b``.
        on_lost: called, in another thread, when somebody else took the lock over: this process had stood still for
            so long (a suspended machine) that it was taken for dead.
        leaves: the file stays when the lock is given back.
    """

    def __init__(
        self, path: Path, what: str, on_lost: Callable[[], None] = lambda: None, *, leaves: bool = True
    ) -> None:
        self._path, self._what, self._on_lost, self._leaves = path, what, on_lost, leaves
        self._owner = Owner.this_process()
        self._ended = threading.Event()
        self._file = -1

    def __enter__(self) -> Self:
        self._file, known = self._taken()
        if known is False or self._lives_elsewhere(kernel_says_free=known is True):
            busy = self._busy()
            os.close(self._file)
            raise busy
        self._sign()
        self._beating = threading.Thread(target=self._beat, name="suture-heartbeat", daemon=True)
        try:
            self._beating.start()
        except RuntimeError as error:
            os.close(self._file)
            raise EnvironmentProblem(
                f"can't start a thread: {error}", "raise the limit on processes (ulimit -u)"
            ) from error
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._beating.join()
        with contextlib.suppress(OSError):
            if self._is_ours():
                os.ftruncate(self._file, 0)
                if not self._leaves:  # while it is locked: who opens it now finds out that it has lost its name
                    self._path.unlink()
        os.close(self._file)

    def _taken(self) -> tuple[int, bool | None]:
        """The file, and whether we got it; None: this file system knows no locks."""
        for _ in range(_GLANCES):
            file = _opened(self._path)
            known = _flocked(file)
            if known is not False and _is_at(file, self._path):
                return file, known
            os.close(file)  # somebody may only be looking whether it is held, or has just removed it
            time.sleep(_GLANCE_S)
        return _opened(self._path), False

    def _sign(self) -> None:
        try:
            self._write()
        except OSError as error:
            os.close(self._file)
            kind = DiskFull if error.errno in {errno.ENOSPC, errno.EDQUOT} else ConfigError
            raise kind(f"{str(self._path)!r} can't be written: {error.strerror}", "see df, and the limits") from error

    def _lives_elsewhere(self, *, kernel_says_free: bool) -> bool:
        """Whether the owner that the file names lives, where this machine's kernel can't know."""
        there = _read(self._file)
        if there is None or (kernel_says_free and not is_network(self._path)):
            return False
        here = there.host == self._owner.host
        if here and (kernel_says_free or there.boot != self._owner.boot or not _exists(there.pid)):
            return False
        return _beats(self._file, there)

    def _busy(self) -> ResumeError:
        owner = _read(self._file)
        who = f" ({owner})" if owner else ""
        hint = "wait for it, or stop it; two runs would spoil each other's work"
        return ResumeError(f"another run{who} works on {self._what}", hint)

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_S):
            with contextlib.suppress(OSError):
                if not self._is_ours():
                    self._on_lost()
                    return
                self._write()

    def _is_ours(self) -> bool:
        there = _read(self._file)
        return there is not None and there.token == self._owner.token and _is_at(self._file, self._path)

    def _write(self) -> None:
        """The record, of one length always, so that a reader never sees half of two."""
        owner = self._owner
        self._owner = Owner(owner.host, owner.pid, owner.boot, owner.token, owner.beat + 1)
        os.pwrite(self._file, json.dumps(asdict(self._owner)).ljust(_RECORD_BYTES).encode(), 0)


def owner_of(path: Path) -> Owner | None:
    """Who held the lock last, as far as the file tells."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return _read(file)
    finally:
        os.close(file)


def is_held(path: Path) -> bool:
    """Whether a living run holds the lock; nothing is written. A lock on a network drive takes some seconds to tell."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:  # none is there, or nobody who may not even read it can hold it for us
        return False
    try:
        known = _flocked(file, fcntl.LOCK_SH)
        there = _read(file)
        if known is False or there is None or (known and not is_network(path)):
            return known is False
        return _beats(file, there)
    finally:
        os.close(file)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigError(f"{str(path)!r} can't be written: {error.strerror}", "check the access rights") from error


def _flocked(file: int, how: int = fcntl.LOCK_EX) -> bool | None:
    """Whether we got it; None: this file system knows no locks."""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except OSError as error:
        return None if error.errno in _NO_LOCKS else False
    return True


def _is_at(file: int, path: Path) -> bool:
    """Whether the open file is still the one under its name: who locks one that was removed locks nothing."""
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except OSError:
        return False


def _read(file: int) -> Owner | None:
    """The record; None: there is none that can be read, so nobody is named."""
    try:
        told: Any = json.loads(os.pread(file, _RECORD_BYTES, 0))
        return Owner(**told)
    except (OSError, ValueError, TypeError):
        return None


def _beats(file: int, before: Owner) -> bool:
    """Watch whether the count goes up."""
    give_up_at = time.monotonic() + _PATIENCE_S
    while time.monotonic() < give_up_at:
        now = _read(file)
        if now is None:
            return False
        if now != before:
            return True
        time.sleep(BEAT_S / 10)
    return False


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
