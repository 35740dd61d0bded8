"""A command and all that it starts, watched while it runs: memory of the whole tree, and when its first encoder began.

`bench.running` says what a command cost at its end. What many processes hold at once, the system does not add up; so
their proportional sets (a page that four share counts a quarter for each) are added several times a second. Processes
are known by a mark in their environment, so one that has left its parent counts as well. Only where there is a /proc;
elsewhere the largest single process stands for the tree.
"""

from __future__ import annotations

import ctypes
import os
import resource
import secrets
import signal
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.running import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bench.running import Run

__all__ = ["Process", "Tree", "as_installed", "encoder_named", "watched"]

_MARK: Final = "SUTURE_BENCH_TREE"
_PROC: Final = Path("/proc")
_SUBREAPER: Final = 36  # Source: prctl(2), PR_SET_CHILD_SUBREAPER
_KIB: Final = 1024
_GRACE_S: Final = 1.0
_BYTE_CODE: Final = Path("build/bench/byte_code")


@dataclass(frozen=True, slots=True)
class Process:
    """A process that was seen: its words, and whether it is Python, as all that is Suture's own."""

    pid: int
    argv: tuple[str, ...]
    is_python: bool

    @property
    def name(self) -> str:
        """What it does: the module that Python runs and its first word, where that is no path."""
        if "-m" not in self.argv[:-1]:
            return Path(self.argv[0]).name
        module, *words = self.argv[self.argv.index("-m") + 1 :]
        return f"{module} {words[0]}" if words and words[0].isalpha() else module


@dataclass(frozen=True, slots=True)
class Tree:
    """What a command and all that it started came to.

    Args:
        done: how it ended.
        began: when it was started, in seconds since the Unix epoch.
        cpu_seconds: of the whole tree, also of processes that had left it.
        peak_bytes: the most memory that all processes held at one time.
        own_peak_bytes: the same of Python alone: the tool itself, without encoders.
        own_resident_bytes: as before, but what several share counts for each of them.
        own_each: the most that a Python process of each name held.
        first_s: seconds from the start to the first process that was looked for; None: there was none.
        processes: the most that lived at one time.
    """

    done: Run
    began: float
    cpu_seconds: float
    peak_bytes: int
    own_peak_bytes: int
    own_resident_bytes: int
    own_each: dict[str, int]
    first_s: float | None
    processes: int


def as_installed() -> dict[str, str]:
    """Environment in which Python keeps its byte code, as it does after an installation, whatever it was told here."""
    if not os.environ.get("PYTHONDONTWRITEBYTECODE"):
        return {}
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(_BYTE_CODE.resolve())}


def encoder_named(codec: str) -> Callable[[Process], bool]:
    """Whether a process is an encoder: a command line with ffmpeg's name for the codec in it, that is not Suture's."""
    return lambda process: codec in process.argv and not process.is_python


def watched(
    argv: Sequence[str],
    *,
    first: Callable[[Process], bool] | None = None,
    every_s: float = 0.25,
    env: Mapping[str, str] | None = None,
    timeout_s: float = 7200.0,
) -> Tree:
    """Run a command to its end and watch it.

    Args:
        argv: the command.
        first: which process is looked for; while there is none, the tree is looked at every few milliseconds.
        every_s: how often the memory is added up.
        env: added to the environment.
        timeout_s: after so many seconds all is killed.
    """
    mark = secrets.token_hex(8)
    watch = _Watch(f"{_MARK}={mark}".encode(), first, every_s)
    before, began = _children_cpu(), time.time()
    with _orphans_ours(), _ended_with_us(mark), watch:
        done = run(argv, env={**as_installed(), **(env or {}), _MARK: mark}, timeout_s=timeout_s)
    return Tree(
        done=done,
        began=began,
        cpu_seconds=_children_cpu() - before,
        peak_bytes=watch.peak or _largest_child(),
        own_peak_bytes=watch.own_peak,
        own_resident_bytes=watch.own_resident,
        own_each=watch.own_each,
        first_s=watch.first_s,
        processes=watch.most,
    )


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _largest_child() -> int:
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return largest if sys.platform == "darwin" else largest * _KIB


@contextmanager
def _orphans_ours() -> Iterator[None]:
    """A process that outlives its parent becomes ours meanwhile, so that its CPU seconds are counted."""
    _adopt(1)
    try:
        yield
        _bury_orphans()
    finally:
        _adopt(0)


@contextmanager
def _ended_with_us(mark: str) -> Iterator[None]:
    """Whoever interrupts a measurement (Ctrl-C, or SIGTERM) ends what is measured as well."""
    before = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except BaseException:
        for thread in threading.enumerate():
            if isinstance(thread, threading.Timer):  # that would have ended it at its limit
                thread.cancel()
        _kill(f"{_MARK}={mark}".encode())
        raise
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def _kill(mark: bytes) -> None:
    for folder in _PROC.glob("[0-9]*"):
        with suppress(OSError):
            if mark in (folder / "environ").read_bytes():
                os.kill(int(folder.name), signal.SIGKILL)


def _adopt(orphans: int) -> None:
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SUBREAPER, orphans, 0, 0, 0)


def _bury_orphans() -> None:
    deadline = time.monotonic() + _GRACE_S
    with suppress(ChildProcessError):
        while time.monotonic() < deadline:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.01)


class _Watch(threading.Thread):
    """Looks at /proc until the command is over."""

    def __init__(self, mark: bytes, first: Callable[[Process], bool] | None, every_s: float) -> None:
        super().__init__(daemon=True)
        self.peak = self.own_peak = self.own_resident = self.most = 0
        self.own_each: dict[str, int] = {}
        self.first_s: float | None = None
        self._mark, self._first, self._every_s = mark, first, every_s
        self._known: dict[int, bool] = {}
        self._over = threading.Event()

    def __enter__(self) -> None:
        self._began = time.monotonic()
        if _PROC.is_dir():
            self.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self.is_alive():
            self.join()

    def run(self) -> None:
        """Until it is over. Whoever looks for something looks often, and adds up as often as others."""
        due = 0.0
        while not self._over.is_set():
            pids = self._pids()
            self._seek(pids)
            if time.monotonic() >= due:
                self._add(pids)
                due = time.monotonic() + self._every_s
            self._over.wait(0.005 if self._first and self.first_s is None else self._every_s)

    def _pids(self) -> list[int]:
        """Those of the tree that live. A process keeps its environment, so each is asked once."""
        there = [int(name) for name in os.listdir(_PROC) if name.isdigit()]  # noqa: PTH208 - many times a second
        self._known = {pid: known for pid in there if (known := self._is_ours(pid)) is not None}
        return [pid for pid, ours in self._known.items() if ours]

    def _is_ours(self, pid: int) -> bool | None:
        if pid in self._known:
            return self._known[pid]
        try:
            said = (_PROC / str(pid) / "environ").read_bytes()
        except OSError:
            return None
        return self._mark in said if said else None  # in the middle of an exec it has none

    def _seek(self, pids: Sequence[int]) -> None:
        if self._first is None or self.first_s is not None:
            return
        at = time.monotonic() - self._began
        if any(self._first(process) for pid in pids if (process := _process(pid))):
            self.first_s = at

    def _add(self, pids: Sequence[int]) -> None:
        whole = own = resident = 0
        for pid in pids:
            size = _rollup(pid)
            whole += size.get("Pss", 0)
            if (process := _process(pid)) and process.is_python:
                own += size.get("Pss", 0)
                self.own_each[process.name] = max(size.get("Pss", 0), self.own_each.get(process.name, 0))
                resident += size.get("Rss", 0)
        self.peak, self.own_peak = max(self.peak, whole), max(self.own_peak, own)
        self.own_resident, self.most = max(self.own_resident, resident), max(self.most, len(pids))


def _process(pid: int) -> Process | None:
    """None where it has gone, or has no words any more."""
    try:
        words = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")[:-1]
        program = (_PROC / str(pid) / "exe").readlink()
    except OSError:
        return None
    argv = tuple(word.decode("utf-8", "replace") for word in words)
    return Process(pid, argv, program.name.startswith("python")) if argv else None


def _rollup(pid: int) -> dict[str, int]:
    """A process's memory in bytes, by the system's names."""
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return {}
    fields = (line.split() for line in lines)
    return {words[0].rstrip(":"): int(words[1]) * _KIB for words in fields}
