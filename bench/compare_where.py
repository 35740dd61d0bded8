"""Where a job's wall time went, from the events that ``--json`` prints. Pure.

A job is three stretches: until the first encoder starts, from there to the end of the last one, and what comes behind.
In the middle, a slot in which no encoder runs is idle, whatever else runs beside it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Span", "Where", "read_events", "spans", "where"]

_ENCODERS: Final = frozenset({"video", "stage", "audio"})
_VERIFYING: Final = frozenset({"publish"})
_JOINING: Final = frozenset({"join"})


@dataclass(frozen=True, slots=True)
class Span:
    """One attempt at a task: when, on which worker, and what it took."""

    task: str
    worker: str
    began: float
    ended: float
    done: bool
    cpu_seconds: float = 0.0
    frames: int = 0

    @property
    def kind(self) -> str:
        """The first word of its name."""
        return self.task.partition("-")[0]


@dataclass(frozen=True, slots=True)
class Where:
    """Seconds of a job's wall time, and what its encoders took.

    Args:
        wall: all of it, as the caller's clock has it.
        start: before the first encoder.
        encoders: from the first encoder's start to the last one's end.
        end: after the last encoder.
        join: of the end, while the join ran.
        verify: of the end, while the check ran.
        idle: seconds of slots in which no encoder ran, in the middle stretch; all slots together.
        tail: of these, those of slots that never got anything to do again.
        alone: of the middle stretch, when no encoder ran at all.
        workers: slots.
        pieces: encoders that were run.
        cpu: processor seconds of the encoders.
    """

    wall: float
    start: float
    encoders: float
    end: float
    join: float
    verify: float
    idle: float
    tail: float
    alone: float
    workers: int
    pieces: int
    cpu: float

    @property
    def outside(self) -> float:
        """Seconds in which neither an encoder nor the check ran."""
        return self.start + self.alone + self.end - self.verify

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return {**asdict(self), "outside": self.outside}


def read_events(text: str) -> list[dict[str, Any]]:
    """The events of a job; lines that are none are passed over, as others may print, too."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def spans(events: Iterable[dict[str, Any]]) -> list[Span]:
    """Every attempt that ran, by its end."""
    began: dict[str, float] = {}
    found = []
    for event in events:
        if event["type"] == "task.started":
            began[event["task"]] = event["time"]
        elif event["type"] in {"task.ended", "task.retry"} and event["task"] in began:
            found.append(_span(event, began.pop(event["task"])))
    return found


def _span(event: dict[str, Any], began: float) -> Span:
    done = event.get("state") == "done"
    cost = event.get("cpu_seconds", 0.0), event.get("frames", 0)
    return Span(event["task"], event["worker"], began, event["time"], done, *cost)


def where(events: Sequence[dict[str, Any]], began: float, wall: float) -> Where:
    """Lay a job's events out over its wall time.

    Args:
        events: of one job that succeeded.
        began: when its process was started, in seconds since the Unix epoch.
        wall: seconds from there to its end.

    Raises:
        ValueError: no encoder ran.
    """
    ran = spans(events)
    encoders = [span for span in ran if span.kind in _ENCODERS]
    if not encoders:
        raise ValueError("no encoder ran")
    workers = max((event["workers"] for event in events if event["type"] == "job.planned"), default=1)
    first, last = min(span.began for span in encoders), max(span.ended for span in encoders)
    busy, covered = sum(span.ended - span.began for span in encoders), _covered(encoders, first, last)
    return Where(
        wall=wall,
        start=first - began,
        encoders=last - first,
        end=began + wall - last,
        join=_covered([span for span in ran if span.kind in _JOINING], last, began + wall),
        verify=_covered([span for span in ran if span.kind in _VERIFYING], last, began + wall),
        idle=max(0.0, workers * (last - first) - busy),
        tail=_tail(encoders, workers, first, last),
        alone=last - first - covered,
        workers=workers,
        pieces=len(encoders),
        cpu=sum(span.cpu_seconds for span in encoders),
    )


def _covered(ran: Iterable[Span], begin: float, end: float) -> float:
    """Seconds between two times in which at least one of them ran."""
    covered, upto = 0.0, begin
    for span in sorted(ran, key=lambda span: span.began):
        covered += max(0.0, min(span.ended, end) - max(span.began, upto))
        upto = max(upto, span.ended)
    return covered


def _tail(encoders: Sequence[Span], workers: int, first: float, last: float) -> float:
    """Idle seconds behind each slot's last encoder; a slot that never had one is idle from the first."""
    ends: dict[str, float] = {}
    for span in encoders:
        ends[span.worker] = max(span.ended, ends.get(span.worker, first))
    unused = max(0, workers - len(ends))
    return sum(last - end for end in ends.values()) + unused * (last - first)
