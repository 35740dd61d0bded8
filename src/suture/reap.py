"""How a child ended and what it cost, as a POSIX system tells it: wait4, signals to groups, resident memory.

The few calls whose meaning differs between Linux and macOS stand here, and nothing else. `suture.process`
decides when they are made.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

__all__ = ["End", "Memory", "kill_group", "reap"]

SAMPLE_S: Final = 0.5  # how often the memory of a running child is looked at
SOON_S: Final = 0.05
UNKNOWN_END: Final = 255  # somebody else in this process reaped our child, or SIGCHLD is ignored
RSS_UNIT: Final = 1 if sys.platform == "darwin" else 1024  # Source: getrusage(2) of both systems


@dataclass(frozen=True, slots=True)
class End:
    """The end of a child: when (monotonic), how, and its bill. A negative ``returncode`` is a signal."""

    returncode: int
    time: float
    cpu_seconds: float
    peak_bytes: int


def reap(pid: int) -> End | None:
    """Reap the leader of a group if it ended, and kill what it left in there. None while it runs."""
    if not hasattr(os, "waitid"):  # macOS before Python 3.13
        end = _wait(pid)
        if end is not None:
            kill_group(pid, signal.SIGKILL)
        return end
    if not _is_zombie(pid):
        return None
    kill_group(pid, signal.SIGKILL)  # before it is reaped: until then the number is nobody else's
    return _wait(pid)


def kill_group(group: int, number: int) -> None:
    """Signal all of a group; one that is gone is fine."""
    # macOS says EPERM of a group of zombies.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _is_zombie(pid: int) -> bool:
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def _wait(pid: int) -> End | None:
    try:
        reaped, status, usage = os.wait4(pid, os.WNOHANG)
    except ChildProcessError:
        return End(UNKNOWN_END, time.monotonic(), 0.0, 0)
    if not reaped:
        return None
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return End(os.waitstatus_to_exitcode(status), time.monotonic(), cpu_seconds, usage.ru_maxrss * RSS_UNIT)


class Memory:
    """The largest resident set of a child that runs a program.

    On Linux the ``ru_maxrss`` of such a child starts at the peak of the process that forked it, which the kernel
    adds to the bill when the program is loaded: a wrong number for children smaller than we are. For those, the
    kernel's high-water mark of the child itself is read while it runs. A fork that stays one (`suture.forks`) needs
    none of this: its ``ru_maxrss`` starts at what its parent has in memory at the fork. Those pages, which both
    share, count as its own.
    """

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self._ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT
        self._seen = 0
        self._begin = time.monotonic()
        self._next = self._begin + SOON_S  # a look at once would see the loader only

    def sample(self, now: float) -> None:
        """Look, if it is time to."""
        if now < self._next:
            return
        self._next = now + min(now - self._begin, SAMPLE_S)
        with contextlib.suppress(OSError):
            for line in self._status.read_text().splitlines():
                if line.startswith("VmHWM:"):
                    self._seen = max(self._seen, int(line.split()[1]) * 1024)

    def corrected(self, end: End) -> End:
        """An end with the better of what was seen and what the system reports."""
        trusted = end.peak_bytes > self._ours or not self._seen
        return end if trusted else replace(end, peak_bytes=self._seen)
