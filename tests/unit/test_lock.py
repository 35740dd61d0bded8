"""Who holds a lock: told by the kernel where it knows, by a record with a heartbeat where it doesn't."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pytest

from suture import lock
from suture.errors import ConfigError, ResumeError
from suture.lock import Lock, Owner, is_held, owner_of

if TYPE_CHECKING:
    from pathlib import Path

THEIRS, DEAD = "theirs", "dead"
US = Owner.this_process()
ELSEWHERE = replace(US, host="another-machine", token=THEIRS)


class Clock:
    """Time that only goes on when somebody sleeps; each sleep may do something first."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.on_sleep: Any = lambda: None
        monkeypatch.setattr(lock, "time", self)

    def monotonic(self) -> float:
        """Seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Pass."""
        self.on_sleep()
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock of the test's own."""
    return Clock(monkeypatch)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the lock lies."""
    return tmp_path / "lock"


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that several machines share, whose kernels may know nothing of each other's locks."""
    monkeypatch.setattr(lock, "is_network", lambda _path: True)


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that knows no locks."""

    def refuse(_file: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)


def write(path: Path, owner: Owner) -> None:
    """Leave a record as its owner would."""
    path.write_text(json.dumps(asdict(owner)).ljust(4096))


def test_held_and_given_back(path: Path) -> None:
    """While the block runs, it is ours and the record says so; then nobody's."""
    with Lock(path, "the job x"):
        owner = owner_of(path)
        assert owner is not None
        assert (owner.host, owner.pid, owner.boot) == (US.host, os.getpid(), US.boot)
        assert is_held(path)
    assert owner_of(path) is None
    assert not is_held(path)
    assert path.exists()


def test_the_second_is_told_by_whom(path: Path) -> None:
    """What is locked, which process on which machine holds it, and what to do."""
    with Lock(path, "the job x"), pytest.raises(ResumeError) as caught, Lock(path, "the job x"):
        pass
    assert caught.value.message == f"another run (process {os.getpid()} on {US.host}) works on the job x"
    assert "wait for it" in caught.value.hint


def test_given_back_after_an_error(path: Path) -> None:
    """However the block ends."""
    with pytest.raises(ValueError, match="oh"), Lock(path, "x"):
        raise ValueError("oh")
    with Lock(path, "x"):
        pass


@pytest.mark.parametrize(
    "left",
    [
        replace(US, pid=2**22 + 1, token=DEAD),
        replace(US, boot="an-earlier-boot", token=DEAD),
        replace(US, pid=1, token=DEAD),
    ],
    ids=["of a dead process", "of an earlier boot", "of a number that was given away again"],
)
def test_a_stale_record_of_this_machine(left: Owner, path: Path, clock: Clock) -> None:
    """The kernel says that nobody holds it, so it is taken at once."""
    write(path, left)
    with Lock(path, "x"):
        owner = owner_of(path)
        assert owner is not None
        assert owner.token != left.token
    assert clock.now == 0


@pytest.mark.parametrize("left", ["", "{", "[]", "null", '{"host": 1}', '{"pid": "x", "beat": []}', "\0" * 4096])
def test_a_torn_record(left: str, path: Path, clock: Clock) -> None:
    """It names nobody."""
    path.write_text(left)
    assert owner_of(path) is None
    with Lock(path, "x"):
        assert owner_of(path) is not None
    assert clock.now == 0


def test_a_record_of_another_machine_on_a_disk_of_this_one(path: Path, clock: Clock) -> None:
    """A machine that got another name, or a disk that was carried here: the kernel knows, nobody waits."""
    write(path, ELSEWHERE)
    assert not is_held(path)
    with Lock(path, "x"):
        pass
    assert clock.now == 0


def test_a_lock_that_was_removed_is_no_lock(path: Path) -> None:
    """Who opened the file before it was removed must not believe that it holds what others lock."""
    holder = Lock(path, "x", leaves=False)
    with holder:
        waiting = os.open(path, os.O_RDWR)
    assert not path.exists()
    with Lock(path, "x"), pytest.raises(ResumeError), Lock(path, "y"):
        pass
    assert not lock._is_at(waiting, path)
    os.close(waiting)


@pytest.mark.usefixtures("shared")
class TestShared:
    """A record of another machine: its kernel is not ours to ask."""

    def test_is_dead(self, path: Path, clock: Clock) -> None:
        """Its heart is watched for some beats, then it is taken over."""
        write(path, ELSEWHERE)
        with Lock(path, "x"):
            owner = owner_of(path)
            assert owner is not None
            assert owner.host == US.host
        assert clock.now >= 3 * lock.BEAT_S

    def test_lives(self, path: Path, clock: Clock) -> None:
        """It beats, so it is told, and its record stays as it is."""
        write(path, ELSEWHERE)
        beats = iter(range(1, 1000))
        clock.on_sleep = lambda: write(path, replace(ELSEWHERE, beat=next(beats) // 3))
        with pytest.raises(ResumeError, match=r"process \d+ on another-machine"), Lock(path, "x"):
            pass
        assert clock.now < 2 * lock.BEAT_S
        assert owner_of(path) is not None

    def test_ends_meanwhile(self, path: Path, clock: Clock) -> None:
        """It cleans its record up, and nobody waits any longer."""
        write(path, ELSEWHERE)
        clock.on_sleep = lambda: path.write_text("")
        with Lock(path, "x"):
            pass
        assert clock.now < lock.BEAT_S


@pytest.mark.usefixtures("no_locks")
class TestWithoutLocks:
    """Where the file system knows no locks, the record is all there is."""

    def test_held(self, path: Path, clock: Clock) -> None:
        """By a process that beats."""
        write(path, replace(US, pid=os.getppid(), token=THEIRS))
        beats = iter(range(1, 1000))
        clock.on_sleep = lambda: write(path, replace(US, pid=os.getppid(), token=THEIRS, beat=next(beats)))
        with pytest.raises(ResumeError), Lock(path, "x"):
            pass

    @pytest.mark.parametrize("left", [replace(US, pid=2**22 + 1), replace(US, boot="earlier")])
    def test_dead(self, left: Owner, path: Path, clock: Clock) -> None:
        """This machine knows that at once."""
        write(path, left)
        with Lock(path, "x"):
            pass
        assert clock.now == 0


def test_lost(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who stood still for so long that another took it over hears of it, and leaves the other's record alone."""
    monkeypatch.setattr(lock, "BEAT_S", 0.001)
    lost: list[bool] = []
    with Lock(path, "x", lambda: lost.append(True)) as held:
        write(path, ELSEWHERE)
        held._beating.join(10)
    assert lost == [True]
    owner = owner_of(path)
    assert owner is not None
    assert owner.token == THEIRS


def test_it_beats(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The count goes up, and the record is never half written."""
    monkeypatch.setattr(lock, "BEAT_S", 0.001)
    with Lock(path, "x"):
        seen: set[int] = set()
        while len(seen) < 3:
            owner = owner_of(path)
            assert owner is not None
            seen.add(owner.beat)


def test_a_place_that_is_none(tmp_path: Path) -> None:
    """A lock that can't be written is an error; nobody holds one that is not there."""
    with pytest.raises(ConfigError, match="can't be written"), Lock(tmp_path / "no" / "lock", "x"):
        pass
    assert not is_held(tmp_path / "no" / "lock")
    assert owner_of(tmp_path / "no" / "lock") is None
