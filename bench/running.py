"""Runs a command as a user would, and says what it cost and what it left behind. For the benchmarks only.

CPU seconds are those of the command and of every process that it started and waited for (``wait4``). A process that
outlives the command is found by a mark in its environment, where the system shows that (Linux), and ended.
"""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Run", "run", "split_options", "suture", "version"]

_MARK = "SUTURE_BENCH_RUN"
# Processes of a group that is ending may still be there for a moment.
_GRACE_S = 1.0


@dataclass(frozen=True, slots=True)
class Run:
    """How a command ended: ``strays`` are command lines of processes that it left behind."""

    returncode: int
    wall_seconds: float
    cpu_seconds: float
    stdout: str
    stderr: str
    timed_out: bool = False
    strays: tuple[str, ...] = ()


def suture(*arguments: str) -> list[str]:
    """The command under test: the installed one of this Python."""
    return [sys.executable, "-m", "suture", *arguments]


def split_options(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """A benchmark's own words, and those after ``--``, which are for suture."""
    at = words.index("--") if "--" in words else len(words)
    return list(words[:at]), list(words[at + 1 :])


@cache
def version(ffmpeg: str) -> str:
    """A binary's version, in short: ``5.1.9``, ``9.0.2``."""
    said = run([ffmpeg, "-version"]).stdout.split(maxsplit=3)
    found = re.match(r"n?(\d+(?:\.\d+)*)", said[2]) if len(said) > 2 else None  # noqa: PLR2004 - the third word
    return found[1] if found else Path(ffmpeg).name


def run(argv: Sequence[str], *, env: Mapping[str, str] | None = None, timeout_s: float = 3600.0) -> Run:
    """Run a command to its end, without a terminal, in a session of its own.

    Args:
        argv: the command.
        env: added to the environment.
        timeout_s: after so many seconds the whole group is killed.
    """
    mark = secrets.token_hex(8)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.monotonic()
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env={**os.environ, **(env or {}), _MARK: mark},
            start_new_session=True,
        )
        late = threading.Event()
        alarm = threading.Timer(timeout_s, _kill, (child.pid, late))
        alarm.start()
        _, status, usage = os.wait4(child.pid, 0)
        alarm.cancel()
        wall = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        texts = [_read(file) for file in (out, err)]
    cpu = usage.ru_utime + usage.ru_stime
    return Run(child.returncode, wall, cpu, texts[0], texts[1], late.is_set(), _strays(mark))


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return _text(file.read())


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _kill(group: int, late: threading.Event) -> None:
    late.set()
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _strays(mark: str) -> tuple[str, ...]:
    """Processes with our mark that still live after a moment; they are ended, too."""
    deadline = time.monotonic() + _GRACE_S
    while (found := _marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in found:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return tuple(found.values())


def _marked(mark: str) -> dict[int, str]:
    """Running processes (no zombies, whose environment is empty) that carry the mark: pid and command line."""
    wanted = f"{_MARK}={mark}".encode()
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                words = (folder / "cmdline").read_bytes().split(b"\0")
                found[int(folder.name)] = _text(b" ".join(words)).strip()
    return found
