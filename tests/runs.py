"""`Home`: a film, an output and a cache of its own, and `suture` that runs there: as a child, or in this process.

For tests of what happens when a run is killed, stopped, lied to or starved, and what the next one makes of it. However
a run ends, it is told as `Told`: its exit code, its events as ``--json`` has them, and what it said.
"""

from __future__ import annotations

import io
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import pytest

from suture import pipeline
from suture.errors import SutureError
from suture.ffmpeg.locate import locate
from suture.presets import make_settings
from suture.report.json_lines import JsonLines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from suture.events import JobWatcher

__all__ = ["FAST", "OPTIONS", "Home", "Living", "Told", "When", "packets", "within"]

FAKE = Path(__file__).with_name("fake_ffmpeg.py")
_MARK = "SUTURE_TEST_RUN"
OPTIONS = ("--speed", "ultrafast", "--threads", "1", "-w", "2", "--chunking", "fixed", "--chunk-duration", "0.5")
SOUND = ("-c:a", "libopus")
SPLICE = "audio-1"
ENDS = frozenset({SPLICE, "join", "publish"})
FAST: dict[str, Any] = {
    "speed": "ultrafast",
    "threads": 1,
    "workers": 2,
    "chunking": "fixed",
    "chunk_duration": "0.5",
    "audio_codec": "libopus",
}


@dataclass(frozen=True)
class Told:
    """How a run ended.

    Args:
        code: its exit code.
        events: as ``--json`` has them.
        said: what was on stderr; in this process: the error with its hint.
    """

    code: int
    events: list[dict[str, Any]] = field(repr=False)
    said: str

    @property
    def finished(self) -> dict[str, Any]:
        """The last event."""
        assert self.events[-1]["type"] == "job.finished", self.events[-1]
        return self.events[-1]

    @property
    def notes(self) -> str:
        """All that was told by the way."""
        return "\n".join(event["text"] for event in self.events if event["type"] in {"note", "warning"})

    @property
    def started(self) -> list[str]:
        """Every attempt that began, in order, but for the joins and the checks of them."""
        begun = [event["task"] for event in self.events if event["type"] == "task.started"]
        return [task for task in begun if task not in ENDS]

    @property
    def done(self) -> set[str]:
        """What was made in this run, but for the splice of the sound, which is made anew each time."""
        return {e["task"] for e in self._ended() if e["state"] == "done" and not e["reused"]} - {SPLICE}

    @property
    def reused(self) -> set[str]:
        """What an earlier run had made."""
        return {event["task"] for event in self._ended() if event["reused"]}

    @property
    def retries(self) -> list[tuple[str, str, str]]:
        """Task, error and manner of each retry."""
        found = [event for event in self.events if event["type"] == "task.retry"]
        return [(event["task"], event["error"]["type"], event["how"]) for event in found]

    @property
    def failures(self) -> dict[str, str]:
        """What failed for good, and all that is known of it."""
        return {failure["task"]: failure["details"] for failure in self.finished["failures"]}

    def _ended(self) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == "task.ended"]


@dataclass(frozen=True)
class Home:
    """Where a job lives.

    Args:
        folder: the test's own.
        film: the source.
        lives: what was started as a child.
    """

    folder: Path
    film: Path
    lives: list[Living] = field(default_factory=list)

    @property
    def cache(self) -> Path:
        """The cache folder."""
        return self.folder / "cache"

    @property
    def output(self) -> Path:
        """What is made."""
        return self.folder / "out" / "out.mkv"

    @property
    def job(self) -> Path:
        """The folder of the one job that there is."""
        (home,) = (self.cache / "suture" / "jobs").iterdir()
        return home

    def piece(self, name: str) -> Path:
        """A file in its work folder."""
        return self.job / "work" / name

    def left(self) -> list[str]:
        """All files that jobs have left, and all that lies beside the output."""
        jobs = self.cache / "suture" / "jobs"
        beside = [str(path.relative_to(self.folder)) for path in self.output.parent.iterdir() if path != self.output]
        return sorted([str(path.relative_to(jobs)) for path in jobs.rglob("*") if path.is_file()] + beside)

    def argv(self, *options: str) -> list[str]:
        """The command."""
        words = ("--json", *OPTIONS, *(() if "-c:a" in options else SOUND), *options)
        return [sys.executable, "-m", "suture", str(self.film), str(self.output), *words]

    def start(self, *options: str, argv: list[str] | None = None, env: Mapping[str, str] | None = None) -> Living:
        """Run the command, or another one, as a child."""
        whole = {"XDG_CACHE_HOME": str(self.cache), **(env or {})}
        self.lives.append(Living(argv or self.argv(*options), self.folder, whole))
        return self.lives[-1]

    def run(self, *options: str, argv: list[str] | None = None, env: Mapping[str, str] | None = None) -> Told:
        """Run it to its end; nothing that it started is left."""
        living = self.start(*options, argv=argv, env=env)
        told = living.end()
        assert living.gone(), living.processes()
        return told

    def encode(self, watcher: JobWatcher = lambda _event: None, overwrite: bool | None = None, **more: Any) -> Told:  # noqa: FBT001 - three states
        """The same in this process; the caller has set ``XDG_CACHE_HOME``."""
        stream, said, code = io.StringIO(), "", 0
        settings = make_settings("h264", {**FAST, **more})
        with JsonLines(stream) as lines:

            def tell(event: Any) -> None:
                lines(event)
                watcher(event)

            try:
                source, output = str(self.film), str(self.output)
                code = pipeline.encode(source, output, settings, overwrite=overwrite, watcher=tell).exit_code
            except SutureError as error:
                said, code = str(error), error.exit_code
        return Told(code, _read(stream.getvalue()), said)

    def lying(self, **orders: list[str]) -> dict[str, str]:
        """The environment in which ffmpeg misbehaves for these outputs (``video_0_00001``), see `fake_ffmpeg`.

        Tests run that stand-in all the time, for a piece depends on the binary that made it.
        """
        named = {name.replace("_", "-"): turns for name, turns in orders.items()}
        state = self.folder / f"state-{secrets.token_hex(4)}"
        told = {"real": _real(), "state": str(state), "orders": named}
        return {"SUTURE_FFMPEG": str(FAKE), "FAKE_FFMPEG": json.dumps(told)}


def _real() -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SUTURE_FFMPEG", raising=False)
        return locate()


class When:
    """A watcher that does something once, when a task begins or ends."""

    def __init__(self, what: Callable[[], object], event: type, task: str = "") -> None:
        self._what, self._event, self._task = what, event, task
        self.happened = False

    def __call__(self, event: Any) -> None:
        """Hear an event."""
        if (
            not self.happened
            and isinstance(event, self._event)
            and str(getattr(event, "task", "")).startswith(self._task)
        ):
            self.happened = True
            self._what()


class Living:
    """A run as a child of this process; found again by a mark in the environment."""

    def __init__(self, argv: list[str], folder: Path, environment: Mapping[str, str]) -> None:
        self._token = secrets.token_hex(8)
        self._out, self._err = folder / f"{self._token}.out", folder / f"{self._token}.err"
        env = {**os.environ, **environment, _MARK: self._token}
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env, start_new_session=True
            )

    def events(self) -> list[dict[str, Any]]:
        """All events so far."""
        return _read(self._out.read_text())

    def saw(self, kind: str, task: str = "") -> bool:
        """Whether such an event has come."""
        return any(e["type"] == kind and e.get("task", "").startswith(task) for e in self.events())

    def until(self, kind: str, task: str = "", within_s: float = 60.0) -> None:
        """Wait for an event."""
        assert within(within_s, lambda: self.saw(kind, task) or self.process.poll() is not None), f"no {kind} {task}"
        assert self.saw(kind, task), f"ended without {kind} {task}: {self._err.read_text()}"

    def said(self) -> str:
        """All that it has told people so far."""
        return self._err.read_text()

    def signal(self, number: int) -> None:
        """Send a signal to Suture itself."""
        self.process.send_signal(number)

    def end(self) -> Told:
        """Wait for it."""
        try:
            code = self.process.wait(120)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        return Told(code, self.events(), self._err.read_text())

    def kill(self, *, tree: bool = True) -> None:
        """SIGKILL, to Suture alone or to all of it; nothing of it is left when this returns."""
        victims = self.processes() if tree else {}
        self.process.kill()
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        assert self.gone(), self.processes()

    def gone(self) -> bool:
        """Whether all of its processes end, in a moment."""
        return within(15.0, lambda: not self.processes())

    def processes(self) -> dict[int, str]:
        """Its processes that live."""
        return dict(_marked(f"{_MARK}={self._token}".encode()))


def _marked(mark: bytes) -> Iterator[tuple[int, str]]:
    """Living processes (the environment of a zombie is empty) with a mark."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                yield int(entry.name), (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    """Wait until something holds; whether it does."""
    give_up_at = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.01)
    return True


def _read(text: str) -> list[dict[str, Any]]:
    """Events; what stands behind the last line end is half of one, other lines are for people."""
    return [json.loads(line) for line in text.rpartition("\n")[0].splitlines() if line.startswith("{")]


def packets(path: Path) -> list[Any]:
    """Every packet of a file: stream, times, size and bytes; and each stream's private data."""
    with av.open(str(path)) as container:
        streams = [stream for stream in container.streams if stream.type != "attachment"]
        found: list[Any] = [(s.type, s.codec_context.extradata if s.codec_context else b"") for s in streams]
        for packet in container.demux(streams):
            if packet.size:  # else it is a flush, and none of the file's
                times = (packet.pts, packet.dts, packet.duration)
                found.append((packet.stream_index, *times, packet.is_keyframe, bytes(packet)))
    return found
