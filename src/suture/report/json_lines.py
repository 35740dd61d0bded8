"""The job as events on stdout, one JSON object per line, for programs.

Every line has ``type``, ``time`` (seconds since the Unix epoch) and ``job``; the first one ``schema``; the
last one is ``job.finished``, also when something ended the job that nobody foresaw. Consumers ignore what
they do not know. Each line is flushed; a reader that has gone is a `BrokenPipeError`, which ends the job.
Text is ASCII, so that no locale and no odd file name can stop it.
"""

from __future__ import annotations

import json
import secrets
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TextIO

from suture.errors import ConfigError, SutureError
from suture.events import EncodeReport, Finished, Noted, Planned, Warned
from suture.orchestrator.watch import TaskEnded, TaskProgress, TaskRetry, TaskStarted

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from suture.command.base import Outcome
    from suture.events import JobEvent
    from suture.orchestrator.watch import RunEvent
    from suture.planning.job import Plan

__all__ = ["SCHEMA", "JsonLines", "job_id"]

SCHEMA: Final = 1
_INTERRUPTED: Final = 130


def job_id(name: str = "", now: float | None = None) -> str:
    """A name for one run: the output's stem where known, the time, and chance against the same second."""
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now))
    stem = "".join(c if c.isalnum() or c in "-_." else "_" for c in Path(name).stem)[:40]
    return "-".join(filter(None, (stem, stamp, secrets.token_hex(3))))


class JsonLines:
    """Writes events.

    Args:
        stream: where to; None: stdout.
        name: the output or the source, for the job's id.
        now: the clock.
    """

    def __init__(self, stream: TextIO | None = None, name: str = "", now: Callable[[], float] = time.time) -> None:
        if stream is None and sys.stdout is None:
            raise ConfigError("--json: there is no stdout", "events need somebody who reads them")
        self._stream = stream or sys.stdout
        self._now = now
        self._job = job_id(name, now())
        self._finished = False

    def __enter__(self) -> Self:
        self._write("job.started", self._now(), {"schema": SCHEMA})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if error is not None and not self._finished and not isinstance(error, BrokenPipeError):
            self(Finished(_ended_by(error)))

    def __call__(self, event: JobEvent) -> None:
        """Take one event."""
        match event:
            case Noted(text) | Warned(text):
                kind = "note" if isinstance(event, Noted) else "warning"
                self._write(kind, self._now(), {"text": text})
            case Planned(plan):
                self._write("job.planned", self._now(), _planned(plan))
            case Finished(report):
                self._finished = True
                self._write("job.finished", self._now(), _report(report))
            case TaskStarted() | TaskProgress() | TaskRetry() | TaskEnded():
                self._write(*_task(event))

    def _write(self, kind: str, at: float, fields: dict[str, Any]) -> None:
        schema = {key: fields.pop(key) for key in ("schema",) if key in fields}
        line = {"type": kind, **schema, "time": round(at, 3), "job": self._job, **fields}
        self._stream.write(json.dumps(line) + "\n")
        self._stream.flush()


def _ended_by(error: BaseException) -> EncodeReport:
    """The end of a job that could not tell it itself."""
    text = str(error) or type(error).__name__
    if isinstance(error, SutureError):
        return EncodeReport("failed", "", error.exit_code, error=text)
    if isinstance(error, KeyboardInterrupt):
        return EncodeReport("cancelled", "", _INTERRUPTED, error="interrupted")
    if isinstance(error, SystemExit) and isinstance(error.code, int):
        return EncodeReport("cancelled", "", error.code, error="stopped")
    return EncodeReport("failed", "", 1, error=text)


def _planned(plan: Plan) -> dict[str, Any]:
    return {
        "source": plan.source,
        "output": plan.output,
        "pieces": plan.pieces,
        "frames": plan.frames,
        "tasks": len(plan.steps),
        "workers": plan.workers,
        "tracks": [
            {
                "kind": t.kind,
                "action": t.action,
                "source": t.source_index,
                "encoder": t.encoder,
                "reason": t.reason,
            }
            for t in plan.tracks.tracks
        ],
        "decisions": [asdict(decision) for decision in plan.decisions],
        "losses": [asdict(loss) for loss in plan.losses],
    }


def _report(report: EncodeReport) -> dict[str, Any]:
    fields = asdict(report)
    return fields | {name: round(fields[name], 3) for name in ("wall_seconds", "cpu_seconds")}


def _task(event: RunEvent) -> tuple[str, float, dict[str, Any]]:
    """Type, time and fields of a task's event."""
    base = {"task": event.task, "attempt": event.attempt, "worker": event.worker}
    match event:
        case TaskStarted():
            return "task.started", event.time, base
        case TaskProgress():
            said = event.progress
            numbers = {"frame": said.frame, "fps": said.fps, "out_time_us": said.out_time_us}
            return (
                "task.progress",
                event.time,
                {**base, **numbers, "size_bytes": said.size_bytes, "speed": said.speed},
            )
        case TaskRetry():
            return (
                "task.retry",
                event.time,
                {**base, "how": event.how.value, "delay_s": round(event.delay_s, 3), "error": _error(event.error)},
            )
        case TaskEnded():
            how = {"state": event.state.value, "reused": event.reused, "lean": event.lean}
            ended = {**how, "error": _error(event.error), **_outcome(event.outcome)}
            return "task.ended", event.time, {**base, **ended}


def _error(error: SutureError | None) -> dict[str, Any] | None:
    if error is None:
        return None
    return {
        "type": type(error).__name__,
        "message": error.message,
        "hint": error.hint,
        "retryable": error.retryable,
    }


def _outcome(outcome: Outcome | None) -> dict[str, Any]:
    if outcome is None:
        return {}
    fields = asdict(outcome)
    return fields | {name: round(fields[name], 3) for name in ("wall_seconds", "cpu_seconds")}
