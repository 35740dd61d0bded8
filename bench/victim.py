"""A run of `suture` that is killed on purpose: in which phase it is, what it had done, what is left of it.

Nothing here asks Suture's code. Its phase is told by its events (``--json``) and by the output's name; its processes
are found by a mark in their environment and by the folder's name in their command lines (Linux).
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PHASES", "Victim"]

PHASES: Final = ("starting", "looking", "encoding", "joining", "publishing", "after")
_MARK: Final = "SUTURE_BENCH_VICTIM"
_GLANCE_S: Final = 0.004
# A warden that was told of the end needs a moment, and more where the processors are busy.
_GONE_WITHIN_S: Final = 15.0


class Victim:
    """A started command.

    Args:
        argv: the command; it writes its events to stdout.
        folder: of this round; the events go there, and so does what the command says.
        output: what it makes; the folder is fresh, so that it is there once it was published.
        cache: its cache folder.
    """

    def __init__(self, argv: Sequence[str], folder: Path, output: Path, cache: Path) -> None:
        self._token = secrets.token_hex(8)
        self._folder, self._output = folder, output
        self._events = folder / f"events-{self._token}.jsonl"
        self.said = self._events.with_suffix(".txt")
        self.begun = time.monotonic()
        with self._events.open("wb") as events, self.said.open("wb") as said:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=events,
                stderr=said,
                env={**os.environ, "XDG_CACHE_HOME": str(cache), _MARK: self._token},
                start_new_session=True,
            )

    def events(self) -> list[dict[str, Any]]:
        """All events so far; of a line that is only half there nothing is known."""
        whole, _, _half = self._events.read_text().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    def phase(self) -> str:
        """Where it is now."""
        if os.path.lexists(self._output):
            return "after"
        told = {event.get("task") or event["type"] for event in self.events() if event["type"] != "task.progress"}
        steps = (
            ("publish", "publishing"),
            ("join", "joining"),
            ("job.planned", "encoding"),
            ("job.started", "looking"),
        )
        return next((phase for sign, phase in steps if sign in told), "starting")

    def reaches(self, phase: str, ended: int = 0) -> bool:
        """Wait for a phase (and so many ends of tasks in it), or a later one; False: it has ended before."""
        while not self._reached(phase, ended):
            if self._process.poll() is not None:
                return False
            time.sleep(_GLANCE_S)
        return True

    def _reached(self, phase: str, ended: int) -> bool:
        now = self.phase()
        if now == phase and ended:
            return [event["type"] for event in self.events()].count("task.ended") >= ended
        return PHASES.index(now) >= PHASES.index(phase)

    def lives(self, seconds: float) -> bool:
        """Whether it still runs after a while."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.poll() is None

    def end(self) -> int:
        """Wait for its end; its exit code."""
        return self._process.wait()

    def kill(self, *, tree: bool) -> bool:
        """SIGKILL to it, or to all of its processes at once; False: it has ended before."""
        killed = self.processes() if tree else {}
        with suppress(ProcessLookupError):
            self._process.kill()
        for pid in killed:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while tree and (late := self.processes()):  # what was being started meanwhile
            for pid in late:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        return self._process.wait() == -signal.SIGKILL

    def gone(self, within_s: float = _GONE_WITHIN_S) -> float:
        """Wait until none of its processes lives; the seconds that took, -1 when they outlive all patience."""
        began = time.monotonic()
        while self.processes():
            if time.monotonic() - began > within_s:
                return -1.0
            time.sleep(_GLANCE_S)
        return time.monotonic() - began

    def processes(self) -> dict[int, str]:
        """Its living processes (a zombie is none): by the mark, or by the folder in their command lines."""
        mark, folder = f"{_MARK}={self._token}".encode(), os.fsencode(self._folder)
        return {pid: line.decode("utf-8", "replace") for pid, line, env in _running() if mark in env or folder in line}


def _running() -> Iterator[tuple[int, bytes, list[bytes]]]:
    """Number, command line and environment of each process that can be looked into."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                words, environment = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
                yield int(entry.name), words.replace(b"\0", b" ").strip(), environment.split(b"\0")
