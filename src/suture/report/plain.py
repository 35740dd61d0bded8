"""The job as lines on stderr: for logs, pipes, terminals that can't do more; and for those who want silence.

A progress line at most every ten seconds, warnings and notes as they come, a summary at the end. `Quiet`
says only what was lost: a loss is never silent, not even with ``-q``. Errors are the command's to print,
not ours.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, Self, TextIO

from suture.events import Finished, Noted, Planned, Warned
from suture.orchestrator.watch import TaskEnded, TaskProgress, TaskRetry, TaskStarted
from suture.report.progress import Tally
from suture.report.summary import final_lines, plan_lines, retry_line, task_line
from suture.report.wording import clock, count, percent, printable, size
from suture.report.work import work_of

if TYPE_CHECKING:
    from suture.events import JobEvent
    from suture.planning.job import Plan
    from suture.report.progress import Overall

__all__ = ["Plain", "Quiet", "Warnings", "progress_line", "told"]

_EVERY_S: Final = 10.0


class Warnings:
    """Each warning once: the end of a job repeats what was said while it ran."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def new(self, event: JobEvent) -> list[str]:
        """The warnings of an event that were not said yet."""
        texts: tuple[str, ...] = (event.text,) if isinstance(event, Warned) else ()
        texts = event.report.warnings if isinstance(event, Finished) else texts
        fresh = [text for text in dict.fromkeys(texts) if text not in self._said]
        self._said.update(fresh)
        return [printable(f"warning: {text}") for text in fresh]


class Quiet:
    """Tells of losses, and of nothing else."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._warnings = Warnings()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __call__(self, event: JobEvent) -> None:
        """Take one event."""
        self._say(*self._warnings.new(event))

    def _say(self, *lines: str) -> None:
        for line in lines:
            self._stream.write(f"{line}\n")
        if lines:
            self._stream.flush()


class Plain(Quiet):
    """Tells what happens, line by line.

    Args:
        stream: where to; None: stderr.
        progress: whether with a line every ten seconds.
        verbose: whether with each task's begin and end, and the commands of what failed.
    """

    def __init__(self, stream: TextIO | None = None, *, progress: bool = True, verbose: bool = False) -> None:
        super().__init__(stream)
        self._progress = progress
        self._verbose = verbose
        self._plan: Plan | None = None
        self._tally: Tally | None = None
        self._next: float | None = None

    def __call__(self, event: JobEvent) -> None:
        """Take one event."""
        super().__call__(event)
        if isinstance(event, Planned):
            self._plan, self._tally, self._next = event.plan, Tally(work_of(event.plan)), None
        self._say(*told(event, self._plan, verbose=self._verbose))
        if isinstance(event, TaskStarted | TaskProgress | TaskRetry | TaskEnded) and self._tally is not None:
            self._tally.see(event)
            self._report(event.time)

    def _report(self, now: float) -> None:
        """A line, if it is time for one; the first after ten seconds."""
        self._next = now + _EVERY_S if self._next is None else self._next
        if not self._progress or now < self._next or self._tally is None:
            return
        self._next = now + _EVERY_S
        self._say(progress_line(self._tally.overall()))


def told(event: JobEvent, plan: Plan | None, *, verbose: bool) -> list[str]:
    """What an event is worth in lines, warnings and progress apart."""
    match event:
        case Noted(text):
            return [printable(text)]
        case Planned(new):
            return plan_lines(new)
        case TaskRetry():
            return [retry_line(event)]
        case TaskStarted() | TaskEnded():
            return [task_line(event)] if verbose else []
        case Finished(report):
            return final_lines(report, plan)
    return []


def progress_line(state: Overall) -> str:
    """A job's state in one line."""
    if state.phase != "encoding":
        return _parts(state.phase + _share(state), _left(state))
    return _parts(
        f"encoding{_share(state)}",
        f"{state.frames:,} of {count(state.frames_total, 'frame')}" if state.frames_total else "",
        f"{state.fps:.1f} fps" if state.fps else "",
        _left(state),
        f"about {size(state.size_bytes)}" if state.size_bytes else "",
        f"{state.pieces_done} of {count(state.pieces, 'piece')}" if state.pieces else "",
        f"{state.slots_used} of {count(state.slots, 'slot')}",
        count(state.retries, "retry", "retries") if state.retries else "",
    )


def _parts(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _share(state: Overall) -> str:
    return "" if state.fraction is None else f" {percent(state.fraction)}"


def _left(state: Overall) -> str:
    return "" if state.eta_s is None else f"{clock(state.eta_s)} left"
