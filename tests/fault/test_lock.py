"""Locks of processes that die, stop or are looked at."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING

import pytest

from suture.errors import ResumeError
from suture.lock import Lock, is_held, owner_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.fault


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock."""
    code = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from suture.lock import Lock
        with Lock(Path(sys.argv[1]), "x"):
            print("held", flush=True)
            time.sleep(60)
    """)
    argv = [sys.executable, "-c", code, str(tmp_path / "lock")]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_living_process_holds_it(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    """Others are told its number, and don't wait."""
    began = time.monotonic()
    with pytest.raises(ResumeError, match=f"process {holder.pid} on "), Lock(tmp_path / "lock", "x"):
        pass
    assert time.monotonic() - began < 2


def test_a_stopped_process_holds_it(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    """A suspended run is not dead: on one machine nobody takes its lock, however long its heart stands still."""
    holder.send_signal(signal.SIGSTOP)
    assert is_held(tmp_path / "lock")
    holder.send_signal(signal.SIGCONT)


def test_a_killed_process_holds_nothing(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    """The next one has it at once, although the record of the dead one stands there."""
    holder.kill()
    holder.wait()
    assert owner_of(tmp_path / "lock") is not None
    began = time.monotonic()
    with Lock(tmp_path / "lock", "x"):
        owner = owner_of(tmp_path / "lock")
        assert owner is not None
        assert owner.pid == os.getpid()
    assert time.monotonic() - began < 2


def test_looking_disturbs_nobody(tmp_path: Path) -> None:
    """Who asks again and again whether a lock is held keeps nobody from taking it."""
    code = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from suture.lock import is_held
        while True:
            is_held(Path(sys.argv[1]))
            time.sleep(0.002)
    """)
    path = tmp_path / "lock"
    path.touch()
    with subprocess.Popen([sys.executable, "-c", code, str(path)]) as looker:
        try:
            give_up_at = time.monotonic() + 1.5
            while time.monotonic() < give_up_at:
                with Lock(path, "x"):
                    pass
        finally:
            looker.kill()
