"""A job's record as a story: the stretches of time in which it ran, and in them one bar for each attempt at a task.

Pure: from `Past` (rows as the job wrote them) to values. What lanes the bars lie on is `timeline`'s, what they add up
to `account`'s. Times are seconds since the epoch. A record may have been cut off at any point by a ``kill -9``, and may
be of an older version, which did not write down where a task ran: what is not known is left out, never made up.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from suture.planning.outline import Doing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from suture.orchestrator.rows import Attempt, Note, Past, Worker

__all__ = ["LOST", "Bar", "History", "Span", "Stretch", "history_of"]

LOST: Final = "lost"
"""The state of an attempt whose process died before it could say how it ended."""
# What tasks of a job are called whose plan did not say what they do.
_NAMES: Final = (
    ("video-", Doing.PICTURE),
    ("stage-", Doing.STAGE),
    ("audio-", Doing.SOUND),
    ("subtitle-", Doing.TEXT),
    ("loudness-", Doing.LOOK),
    ("join", Doing.JOIN),
    ("publish", Doing.CHECK),
)


@dataclass(frozen=True, slots=True)
class Span:
    """The range of a film that a piece holds: frames of a stream, half-open, and seconds; frames 0 to 0: sound."""

    stream: int
    start_frame: int
    end_frame: int
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One attempt at a task.

    Args:
        task: its id.
        attempt: which one of its run, from 1.
        stretch: in which it ran.
        doing: what the task does.
        resource: the class of slot that it took.
        worker: where it ran; empty: not known.
        start: when.
        end: when; of one that was lost, the last that was heard of its run.
        state: ``done``, ``failed``, ``cancelled`` or `LOST`.
        cpu_seconds: what it took; 0: not known.
        peak_memory_bytes: the most memory that it had; 0: not known.
        span: what it holds of the film.
        message: why it failed.
    """

    task: str
    attempt: int
    stretch: int
    doing: Doing
    resource: str
    worker: str
    start: float
    end: float
    state: str
    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0
    span: Span | None = None
    message: str = ""

    @property
    def seconds(self) -> float:
        """How long it ran."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which a process worked on the job.

    Args:
        opened: when it began.
        begun: when its plan stood.
        closed: when it ended; of one that was killed, the last that was heard of it.
        how: ``done``, ``failed``, ``cancelled``, or ``interrupted`` where nobody could say.
    """

    opened: float
    begun: float
    closed: float
    how: str

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.closed - self.opened


@dataclass(frozen=True, slots=True)
class History:
    """Stretches in order, and all their bars by stretch and start."""

    stretches: tuple[Stretch, ...] = ()
    bars: tuple[Bar, ...] = ()

    @property
    def seconds(self) -> float:
        """How long all stretches lasted together."""
        return sum(stretch.seconds for stretch in self.stretches)

    def of(self, stretch: int) -> list[Bar]:
        """The bars of one stretch."""
        return [bar for bar in self.bars if bar.stretch == stretch]


@dataclass(slots=True)
class _Open:
    """A stretch as it is read."""

    opened: float
    told: bool
    runs: list[int] = field(default_factory=list)
    begun: float | None = None
    closed: float | None = None
    how: str = "interrupted"
    last: float = 0.0


def history_of(past: Past) -> History:
    """What happened since the job was begun; what earlier jobs of that name did is left out."""
    told = list(_stretches(past.events))
    since = past.facts.get("begun", 0.0)
    found = [each for each in told if each.opened >= since] or told[-1:]
    for each in found:
        runs = set(each.runs)
        known = [time for a in past.attempts if a.run in runs for time in (a.started, a.ended) if time is not None]
        each.last = max([each.last, each.opened, *known])
    stretches = tuple(map(_closed, found))
    place = {run: number for number, each in enumerate(found) for run in each.runs}
    bars = _bars(past, place, stretches)
    kept = [n for n, each in enumerate(stretches) if each.seconds > 0 or any(bar.stretch == n for bar in bars)]
    order = {old: new for new, old in enumerate(kept)}
    return History(
        tuple(stretches[n] for n in kept),
        tuple(sorted(_renumbered(bars, order), key=lambda bar: (bar.stretch, bar.start, bar.task, bar.attempt))),
    )


def _renumbered(bars: Sequence[Bar], order: dict[int, int]) -> Iterator[Bar]:
    return (bar if order[bar.stretch] == bar.stretch else replace(bar, stretch=order[bar.stretch]) for bar in bars)


def _stretches(events: Sequence[Note]) -> Iterator[_Open]:
    """Each from the note that opened it; of older versions, which wrote none, from the begin of each run."""
    now: _Open | None = None
    for event in events:
        if event.kind == "opened" or (event.kind == "begun" and not (now and now.told and now.closed is None)):
            if now is not None:
                yield now
            now = _Open(event.at, event.kind == "opened")
        if now is None:
            continue
        now.last = max(now.last, event.at)
        if event.kind == "begun":
            now.runs.append(event.run)
            now.begun = now.begun or event.at
        elif event.kind == "closed":
            now.closed, now.how = event.at, event.text
    if now is not None:
        yield now


def _closed(each: _Open) -> Stretch:
    end = max(each.last if each.closed is None else each.closed, each.opened)  # clocks may be set back
    begun = end if each.begun is None else min(max(each.begun, each.opened), end)
    return Stretch(each.opened, begun, end, each.how)


def _bars(past: Past, place: dict[int, int], stretches: Sequence[Stretch]) -> list[Bar]:
    outline = past.facts.get("outline", {})
    workers = {(worker.task, worker.run, worker.attempt): worker for worker in past.workers}
    return [
        _bar(attempt, workers.get((attempt.task, attempt.run, attempt.attempt)), outline, place, stretches)
        for attempt in past.attempts
        if attempt.run in place
    ]


def _bar(
    attempt: Attempt,
    worker: Worker | None,
    outline: dict[str, Any],
    place: dict[int, int],
    stretches: Sequence[Stretch],
) -> Bar:
    number = place[attempt.run]
    stretch = stretches[number]
    told = outline.get("tasks", {}).get(attempt.task, ())
    start = min(max(worker.started if worker else attempt.started, stretch.opened), stretch.closed)
    end = min(max(_ended(attempt, start, stretch), start), stretch.closed)
    return Bar(
        attempt.task,
        attempt.attempt,
        number,
        Doing(told[0]) if told else _named(attempt.task),
        told[1] if told else "io" if attempt.task == "join" else "cpu",
        worker.worker if worker else "",
        start,
        end,
        LOST if attempt.ended is None else attempt.state,
        attempt.cpu_seconds,
        attempt.peak_memory_bytes,
        # What an earlier plan cut elsewhere is not this piece.
        Span(*told[2:]) if len(told) > 2 and attempt.run >= outline.get("since", 1) else None,  # noqa: PLR2004
        attempt.message,
    )


def _ended(attempt: Attempt, start: float, stretch: Stretch) -> float:
    """When; of one that was begun while the plan was made, and over before anybody asked, so long after its start."""
    if attempt.ended is None:
        return stretch.closed
    early = attempt.wall_seconds > 0 and start + attempt.wall_seconds < attempt.started
    return start + attempt.wall_seconds if early else attempt.ended


def _named(task: str) -> Doing:
    if "-slice-" in task:
        return Doing.SLICE
    return next((doing for prefix, doing in _NAMES if task.startswith(prefix)), Doing.TEXT)
