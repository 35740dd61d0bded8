"""What a job came to, as values that JSON can hold: what went in and out, where the time went, each piece, the reasons.

Pure: from a job's record to one document, which `suture report --json` prints and from which `page` makes HTML.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from suture.planning.outline import Doing
from suture.report.history import LOST, Span, history_of
from suture.report.timeline import ENCODERS, gaps_of, idle_of, lanes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.orchestrator.rows import Attempt, Note, Past, Result, TaskRow
    from suture.report.history import Bar, History
    from suture.report.timeline import Lane

__all__ = ["SCHEMA", "Account", "Piece", "account_of"]

SCHEMA: Final = 1
# Of these there are many, each of a part of the film.
_PIECES: Final = frozenset({Doing.PICTURE, Doing.SOUND})
_KEPT_NOTES: Final = frozenset({"healed", "found", "missing"})
_DONE: Final = "done"
_SAID: Final = ("error", "message", "returncode", "command", "stderr")


@dataclass(frozen=True, slots=True)
class Piece:
    """A task that encodes, as its last plan has it.

    Args:
        task: its id.
        doing: picture or sound.
        span: what it holds of the film; None: a whole track.
        state: as the orchestrator has it.
        reused: the last run found it done.
        attempts: in all runs.
        frames: that its encoder counted; of a piece that is not done, those of its range.
        size_bytes: of its file; 0: it is not done.
        seconds: that its encoding took.
        cpu_seconds: the same, of the processor.
        peak_memory_bytes: the most memory that it had.
    """

    task: str
    doing: Doing
    span: Span | None
    state: str
    reused: bool
    attempts: int
    frames: int = 0
    size_bytes: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0

    @property
    def fps(self) -> float:
        """Frames encoded in a second; 0: it has none."""
        return self.frames / self.seconds if self.seconds else 0.0

    @property
    def bit_rate(self) -> float:
        """Bits for each second of the film; 0: not known."""
        film = self.span.end_s - self.span.start_s if self.span else 0.0
        return 8 * self.size_bytes / film if film > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Account:
    """All that a report shows.

    Args:
        job: its name.
        facts: what the job wrote down of itself.
        history: what ran when.
        lanes: and on which slot.
        pieces: what was made, in the order of the plan.
        commands: of each task of the plan.
        failures: attempts that failed, with what their commands said.
        notes: what happened, for people.
        made_at: when this was put together.
    """

    job: str
    facts: dict[str, Any]
    history: History
    lanes: tuple[Lane, ...]
    pieces: tuple[Piece, ...]
    commands: dict[str, str]
    failures: tuple[Attempt, ...]
    notes: tuple[str, ...]
    made_at: float

    @property
    def status(self) -> str:
        """``done``, ``partial``, ``failed``, ``cancelled``, or ``interrupted``: its process was killed."""
        status = str(self.facts.get("status", ""))
        if status == _DONE:
            return str(self.report.get("status", status))
        return "interrupted" if status == "running" else status

    @property
    def report(self) -> dict[str, Any]:
        """What the job said at its end; empty where it has no output."""
        told = self.facts.get("report") if self.facts.get("status") == _DONE else None
        return told if isinstance(told, dict) else {}

    @property
    def outline(self) -> dict[str, Any]:
        """What its plan said; empty where it has none, or an older version made it."""
        told = self.facts.get("outline")
        return told if isinstance(told, dict) else {}

    @property
    def cores(self) -> int:
        """Of the machine that it was planned for."""
        return int(self.facts.get("planned", {}).get("cores", 1))

    @property
    def warnings(self) -> list[str]:
        """What did not arrive as it was, as far as that is known."""
        return list(self.report.get("warnings", self.outline.get("losses", ())))

    @property
    def error(self) -> str:
        """Why it has no output; empty where it has one, or nobody could say."""
        return str(self.facts.get("error", "")) if self.status in {"failed", "cancelled"} else ""

    def figures(self) -> dict[str, Any]:
        """Where the time went, in seconds over all stretches; shares are of 1."""
        done = [bar for bar in self.history.bars if bar.state == _DONE]
        lost = [bar for bar in self.history.bars if bar.state != _DONE]
        wall, encoders = self.history.seconds, sum(bar.cpu_seconds for bar in done if bar.doing in ENCODERS)
        idle = idle_of(self.lanes, self.history)
        film = float(self.outline.get("seconds", 0.0))
        return {
            "wall_seconds": wall,
            "cpu_seconds": sum(bar.cpu_seconds for bar in done),
            "encoder_cpu_seconds": encoders,
            "cores": self.cores,
            "slots": sum(lane.is_core for lane in self.lanes),
            "efficiency": encoders / (self.cores * wall) if wall else 0.0,
            "busy_seconds": idle.busy,
            "idle_seconds": idle.idle,
            "idle_before_seconds": idle.before,
            "idle_between_seconds": idle.between,
            "idle_behind_seconds": idle.behind,
            "idle_share": idle.share,
            "lost_seconds": sum(bar.seconds for bar in lost),
            "lost_attempts": len(lost),
            "peak_memory_bytes": max((bar.peak_memory_bytes for bar in self.history.bars), default=0),
            "film_seconds": film,
            "speed": film / wall if wall else 0.0,
        }

    def as_json(self) -> dict[str, Any]:
        """The document."""
        facts, outline, report = self.facts, self.outline, self.report
        return {
            "schema": SCHEMA,
            "job": self.job,
            "status": self.status,
            "source": {"path": facts.get("source", ""), "bytes": outline.get("source_bytes", 0)},
            "output": {"path": facts.get("output", ""), "bytes": report.get("bytes", 0)},
            "frames": report.get("frames", outline.get("frames", 0)),
            "figures": self.figures(),
            "stretches": [asdict(stretch) for stretch in self.history.stretches],
            "lanes": [_lane(lane, self.history) for lane in self.lanes],
            "pieces": [{**asdict(piece), "fps": piece.fps, "bit_rate": piece.bit_rate} for piece in self.pieces],
            "tracks": outline.get("tracks", []),
            "decisions": outline.get("decisions", []),
            "warnings": self.warnings,
            "error": self.error,
            "failures": [
                {name: getattr(failed, name) for name in ("task", "run", "attempt", *_SAID)} for failed in self.failures
            ],
            "notes": list(self.notes),
            "settings": facts.get("settings", {}),
            "commands": self.commands,
            "suture": facts.get("suture", ""),
            "ffmpeg": next(iter(facts.get("build", ())), ""),
            "backend": report.get("backend", "local"),
            "time": self.made_at,
        }


def account_of(job: str, past: Past, made_at: float | None = None) -> Account:
    """What a job's record comes to.

    Args:
        job: its name.
        past: its record.
        made_at: now, in seconds since the epoch.
    """
    history = history_of(past)
    return Account(
        job,
        past.facts,
        history,
        lanes_of(history, _slots(past.facts)),
        tuple(_pieces(past, history)),
        {row.task: row.command for row in past.tasks},
        tuple(attempt for attempt in past.attempts if attempt.state == "failed" and attempt.started >= _since(history)),
        tuple(f"{note.task}: {note.text}" if note.task else note.text for note in _notes(past, history)),
        time.time() if made_at is None else made_at,
    )


def _slots(facts: dict[str, Any]) -> int:
    return int(facts.get("planned", {}).get("workers", 1))


def _notes(past: Past, history: History) -> Iterator[Note]:
    return (event for event in past.events if event.kind in _KEPT_NOTES and event.at >= _since(history))


def _since(history: History) -> float:
    return history.stretches[0].opened if history.stretches else 0.0


def _lane(lane: Lane, history: History) -> dict[str, Any]:
    gaps = [asdict(gap) for gap in gaps_of(lane, history.stretches)]
    name = {"machine": lane.machine, "resource": lane.resource, "number": lane.number}
    return {**name, "bars": [asdict(bar) for bar in lane.bars], "gaps": gaps}


def _pieces(past: Past, history: History) -> Iterator[Piece]:
    """The tasks of the last graph that encode, and what is known of their results."""
    results = {result.fingerprint: result for result in past.results}
    told = past.facts.get("outline", {}).get("tasks", {})
    bars: dict[str, list[Bar]] = {}
    for bar in history.bars:
        bars.setdefault(bar.task, []).append(bar)
    for row in past.tasks:
        said = told.get(row.task, ())
        if said and said[0] in _PIECES:
            span = Span(*said[2:]) if len(said) > 2 else None  # noqa: PLR2004 - behind what it does and its slot
            yield _piece(row, Doing(said[0]), span, results.get(row.fingerprint), bars.get(row.task, []))


def _piece(row: TaskRow, doing: Doing, span: Span | None, result: Result | None, bars: list[Bar]) -> Piece:
    expected = max(0, span.end_frame - span.start_frame) if span and span.end_frame > 0 else 0
    state = LOST if row.state == "running" else row.state  # whoever asks has seen that nobody works on it
    piece = Piece(row.task, doing, span, state, row.state == _DONE and not row.attempts, len(bars), expected)
    if row.state != _DONE or result is None:
        return piece
    cost = (result.wall_seconds, result.cpu_seconds, result.peak_memory_bytes)
    frames = result.frames if doing is Doing.PICTURE else 0
    return Piece(
        piece.task, doing, span, _DONE, piece.reused, piece.attempts, frames or expected, result.size_bytes, *cost
    )
