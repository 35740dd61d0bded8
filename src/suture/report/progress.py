"""How far a job is, how fast it goes and when it will be done: arithmetic on task events.

Pure: no clock but the events' own times, nothing is drawn. What is honest here: the remaining time is
computed from the predicted work of what remains and the measured speed of one slot, the last pieces that
leave slots idle included; work that is done again counts for the speed, not for what is done; no number is
given before there is a basis for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from suture.orchestrator.states import State
from suture.orchestrator.watch import TaskEnded, TaskProgress, TaskRetry, TaskStarted
from suture.report.pace import WINDOW_S, Pace, makespan
from suture.report.work import Kind, Part

if TYPE_CHECKING:
    from collections.abc import Iterable

    from suture.orchestrator.watch import RunEvent
    from suture.report.work import Work

__all__ = ["Overall", "Running", "Tally"]

# Frames a second are those of the last while.
_FPS_WINDOW_S: Final = 15.0
# Encoders read ahead before the first frame comes out; a guess made earlier is off by any factor.
_BASIS_S: Final = 5.0
_BASIS_FRACTION: Final = 0.02
_ALMOST: Final = 0.99


@dataclass(frozen=True, slots=True)
class Running:
    """One attempt that runs. ``fraction`` is 0 to 1, None while there is nothing to tell it from."""

    task: str
    kind: Kind
    attempt: int
    worker: str
    started: float
    frames: int = 0
    frames_total: int = 0
    fps: float = 0.0
    size_bytes: int = 0
    fraction: float | None = None


@dataclass(frozen=True, slots=True)
class Overall:
    """The state of a job at one moment.

    Args:
        phase: ``encoding``, ``joining``, ``checking`` or ``done``.
        fraction: of this phase, 0 to 1; None where that can't be told.
        frames: encoded so far.
        frames_total: to encode.
        fps: frames a second over the last seconds; None until known.
        eta_s: seconds until this phase is over, never negative; None until known.
        size_bytes: what the output will weigh; None until known.
        slots_used: tasks that encode now.
        slots: how many could.
        pieces_done: pieces of video.
        pieces: all of them.
        retries: attempts that failed so far and were or are tried again.
        elapsed_s: since the first event.
        running: what runs now, in the order in which it started.
    """

    phase: str = "encoding"
    fraction: float | None = 0.0
    frames: int = 0
    frames_total: int = 0
    fps: float | None = None
    eta_s: float | None = None
    size_bytes: int | None = None
    slots_used: int = 0
    slots: int = 1
    pieces_done: int = 0
    pieces: int = 0
    retries: int = 0
    elapsed_s: float = 0.0
    running: tuple[Running, ...] = ()


class Tally:
    """Takes a job's task events and tells how far it is.

    Args:
        work: what the plan has to do. A new plan needs a new tally.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._running: dict[str, Running] = {}
        self._ended: dict[str, State] = {}
        self._bytes: dict[str, int] = {}
        self._pace = Pace()
        self._begin: float | None = None
        self._now = 0.0
        self._retries = 0

    # Events in.

    def see(self, event: RunEvent) -> None:
        """Take one event; tasks that the plan does not know are ignored."""
        self._pass_time(event.time)
        part = self._work.tasks.get(event.task)
        if part is None:
            return
        match event:
            case TaskStarted():
                running = Running(event.task, part.kind, event.attempt, event.worker, event.time)
                self._running[event.task] = replace(running, frames_total=part.frames)
            case TaskProgress():
                self._progress(event, part)
            case TaskRetry():
                self._retries += 1
                self._running.pop(event.task, None)
            case TaskEnded():
                self._end(event, part)

    def _pass_time(self, now: float) -> None:
        self._begin = now if self._begin is None else self._begin
        self._now = max(self._now, now)
        self._pace.pass_time(now, sum(r.kind is Kind.PIECE for r in self._running.values()))

    def _progress(self, event: TaskProgress, part: Part) -> None:
        before = self._running.get(event.task)
        if before is None or before.attempt != event.attempt:
            return
        said = event.progress
        now = replace(
            before,
            frames=max(before.frames, said.frame),
            fps=said.fps,
            size_bytes=max(before.size_bytes, said.size_bytes or 0),
            fraction=self._fraction(part, max(before.frames, said.frame), said.out_time_us),
        )
        self._running[event.task] = now
        self._count(part, before, now.frames, now.fraction)

    def _fraction(self, part: Part, frames: int, out_time_us: int | None) -> float | None:
        if part.frames:
            return min(1.0, frames / part.frames)
        seconds = part.seconds or (self._work.seconds if part.kind in {Kind.SOUND, Kind.TEXT} else 0.0)
        if seconds > 0 and out_time_us is not None:
            return min(1.0, max(0.0, out_time_us / 1_000_000 / seconds))
        return None

    def _count(self, part: Part, before: Running, frames: int, fraction: float | None) -> None:
        if part.kind is Kind.PIECE:
            gained = max(0.0, (fraction or 0.0) - (before.fraction or 0.0))
            self._pace.add(max(0, frames - before.frames), part.cost * gained)

    def _end(self, event: TaskEnded, part: Part) -> None:
        before = self._running.pop(event.task, None)
        self._ended[event.task] = event.state
        if event.state is not State.DONE:
            return
        if event.outcome:
            self._bytes[event.task] = event.outcome.size_bytes
        if before is not None:
            self._count(part, before, part.frames, 1.0)

    # State out.

    def overall(self) -> Overall:
        """The state as of the last event."""
        phase = self._phase()
        pieces = self._of(Kind.PIECE)
        return Overall(
            phase=phase,
            fraction=self._phase_fraction(phase),
            frames=self._frames_done(),
            frames_total=sum(self._work.tasks[task].frames for task in pieces),
            fps=self._fps() if phase == "encoding" else None,
            eta_s=self._eta(phase),
            size_bytes=self._size(),
            slots_used=sum(self._work.tasks[task].slot for task in self._running),
            slots=self._work.slots,
            pieces_done=sum(self._ended.get(task) is State.DONE for task in pieces),
            pieces=len(pieces),
            retries=self._retries,
            elapsed_s=0.0 if self._begin is None else self._now - self._begin,
            running=tuple(self._running.values()),
        )

    def _of(self, *kinds: Kind) -> list[str]:
        return [task for task, part in self._work.tasks.items() if part.kind in kinds]

    def _phase(self) -> str:
        """The first kind of work of which something is left."""
        stages = {
            "encoding": (Kind.PIECE, Kind.SOUND, Kind.TEXT),
            "joining": (Kind.JOIN,),
            "checking": (Kind.CHECK,),
        }
        for phase, kinds in stages.items():
            if any(task not in self._ended for task in self._of(*kinds)):
                return phase
        return "done"

    def _done(self, task: str) -> float:
        """How much of a task is done, 0 to 1."""
        if self._ended.get(task) is State.DONE:
            return 1.0
        running = self._running.get(task)
        return (running.fraction or 0.0) if running else 0.0

    def _phase_fraction(self, phase: str) -> float | None:
        if phase == "done":
            return 1.0
        if phase != "encoding":
            return self._single_fraction(phase)
        if pieces := self._of(Kind.PIECE):
            total = sum(self._work.tasks[task].cost for task in pieces)
            done = sum(self._work.tasks[task].cost * self._done(task) for task in pieces)
        else:
            total = len(tracks := self._of(Kind.SOUND, Kind.TEXT))
            done = sum(map(self._done, tracks))
        # Sound may take longer than the pictures; what is not over is not shown as over.
        return min(_ALMOST, done / total) if total else None

    def _single_fraction(self, phase: str) -> float | None:
        kind = Kind.JOIN if phase == "joining" else Kind.CHECK
        return next((r.fraction for r in self._running.values() if r.kind is kind), None)

    def _frames_done(self) -> int:
        ended = sum(self._work.tasks[t].frames for t in self._of(Kind.PIECE) if self._ended.get(t) is State.DONE)
        return ended + sum(r.frames for r in self._running.values() if r.kind is Kind.PIECE)

    def _fps(self) -> float | None:
        lately = self._pace.since(_FPS_WINDOW_S)
        return lately.frames / lately.time if lately.frames and lately.time >= 1.0 else None

    # Guesses.

    def _eta(self, phase: str) -> float | None:
        if phase != "encoding":
            kind = Kind.JOIN if phase == "joining" else Kind.CHECK
            return next((self._own_eta(r) for r in self._running.values() if r.kind is kind), None)
        tracks = [self._own_eta(r) for r in self._running.values() if r.kind in {Kind.SOUND, Kind.TEXT}]
        guesses = [*tracks, *([self._pieces_eta()] if self._of(Kind.PIECE) else [])]
        known = [guess for guess in guesses if guess is not None]
        return max(known) if known and len(known) == len(guesses) else None

    def _own_eta(self, running: Running) -> float | None:
        """By a task's own speed so far."""
        done, took = running.fraction or 0.0, self._now - running.started
        if done < _BASIS_FRACTION or took < 1.0:
            return None
        return took * (1.0 - done) / done

    def _pieces_eta(self) -> float | None:
        """The makespan of what is left, longest first on all slots, at the measured speed of one slot."""
        left = [task for task in self._of(Kind.PIECE) if task not in self._ended]
        if not left:
            return 0.0
        lately = self._pace.since(WINDOW_S)
        if lately.busy_s < _BASIS_S or lately.cost <= 0:
            return None
        begun = [self._left(task) for task in left if task in self._running]
        waiting = sorted((self._left(task) for task in left if task not in self._running), reverse=True)
        return makespan(begun, waiting, max(1, self._work.slots)) * lately.busy_s / lately.cost

    def _left(self, task: str) -> float:
        return self._work.tasks[task].cost * (1.0 - self._done(task))

    def _size(self) -> int | None:
        """Bytes so far, scaled by the predicted work of the rest; what is copied weighs what it did."""
        joined = [self._bytes[task] for task in self._of(Kind.JOIN) if task in self._bytes]
        if joined:
            return joined[0]
        sounds = [self._track_size(task) for task in self._of(Kind.SOUND)]
        video = self._video_size()
        if None in sounds or video is None:
            return None
        return round(video + sum(filter(None, sounds)) + self._work.copied_bytes)

    def _video_size(self) -> float | None:
        pieces = self._of(Kind.PIECE)
        total = sum(self._work.tasks[task].cost for task in pieces)
        done = sum(self._work.tasks[task].cost * self._done(task) for task in pieces)
        if not pieces:
            return 0.0
        if not total or done < _BASIS_FRACTION * total:
            return None
        return self._weight(pieces) * total / done

    def _track_size(self, task: str) -> float | None:
        done = self._done(task)
        return self._weight([task]) / done if done >= _BASIS_FRACTION else None

    def _weight(self, tasks: Iterable[str]) -> int:
        so_far = {task: running.size_bytes for task, running in self._running.items()} | self._bytes
        return sum(so_far.get(task, 0) for task in tasks)
