"""`Room`: whether a job's disks hold what it is still going to write; it ends the run before they are full.

A full disk fails every piece that is being encoded, and whatever else writes there; a run that is stopped before keeps
all that is done, and says how much is missing. It hears the events of the run; what it counts with is `planning.space`.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.errors import DiskFull
from suture.orchestrator.states import State
from suture.orchestrator.watch import TaskEnded, TaskProgress, TaskRetry, TaskStarted
from suture.planning.space import Disks, Done, Watch
from suture.planning.weights import need_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.orchestrator.watch import RunEvent
    from suture.planning.job import Plan
    from suture.planning.space import Shortage

__all__ = ["Room"]

# How often the disks are asked.
_EVERY_S: Final = 2.0
# From so many frames on, what they weigh says more than a prediction.
_MEASURED: Final = 24


@dataclass(slots=True)
class _Piece:
    """How far a piece is."""

    frames: int
    made: int = 0
    size_bytes: int = 0
    ended: bool = False


class Room:
    """Watches the disks of one run.

    Args:
        plan: what is run.
        stop: called once, when room runs out.
    """

    def __init__(self, plan: Plan, stop: Callable[[], None]) -> None:
        self._watch = Watch(need_of(plan), plan.frames)
        self._work, self._output, self._part = plan.folder, plan.output, Path(plan.spec.part)
        self._stop = stop
        self._frames = {step.command.id: step.frames for step in plan.steps}
        self._pieces: dict[str, _Piece] = {}
        self._sound_bytes = 0
        self._joining = False
        self._next = 0.0
        self.shortage: Shortage | None = None

    def foreseen(self) -> str:
        """What is to be said before anything is written; empty: there is room enough, or nobody knows."""
        with suppress(OSError):
            if short := self._watch.foreseen(Disks.of(self._work, self._output)):
                return f"the disk may become full: by a rough prediction {short}"
        return ""

    def __call__(self, event: RunEvent) -> None:
        """Hear an event, and look at the disks from time to time."""
        self._count(event)
        now = time.monotonic()
        if self.shortage is None and now >= self._next:
            self._next = now + _EVERY_S
            with suppress(OSError):  # a disk that can't be asked can still be written to, perhaps
                self._look(Disks.of(self._work, self._output))

    def error(self) -> DiskFull:
        """The error that ends a job whose disk is full, or would have been; it says how much is missing."""
        short = self.shortage
        with suppress(OSError):
            short = short or self._watch.foreseen(Disks.of(self._work, self._output), self._done())
        what = f"no room on the disk: {short}" if short else "no room on the disk"
        return DiskFull(what, "free that much, or name another place with --work-dir; the same command then goes on")

    def _look(self, disks: Disks) -> None:
        done = self._done()
        short = self._watch.shortage(done, disks)
        scarce = not disks.work_free or not disks.output_free
        if short and (scarce or done.frames >= _MEASURED):
            self.shortage = short
            self._stop()

    def _count(self, event: RunEvent) -> None:
        task = event.task
        if task == "join":
            self._joining = isinstance(event, TaskStarted | TaskProgress)
        elif task.startswith("audio-") and isinstance(event, TaskEnded) and event.outcome:
            self._sound_bytes += event.outcome.size_bytes
        elif task.startswith("video-"):
            self._count_piece(event, self._pieces.setdefault(task, _Piece(self._frames.get(task, 0))))

    def _count_piece(self, event: RunEvent, piece: _Piece) -> None:
        match event:
            case TaskProgress(progress=said):
                piece.size_bytes = max(piece.size_bytes, said.size_bytes or 0)
                piece.made = said.frame if piece.size_bytes else 0  # some bytes are written long after their frames
            case TaskEnded(state=State.DONE, outcome=made) if made is not None:
                piece.made, piece.size_bytes, piece.ended = piece.frames, made.size_bytes, True
            case TaskRetry() | TaskEnded():
                del self._pieces[event.task]

    def _done(self) -> Done:
        """What was written, and what of the pieces in flight is still to come."""
        pieces = self._pieces.values()
        return Done(
            frames=sum(piece.made for piece in pieces),
            size_bytes=sum(piece.size_bytes for piece in pieces),
            running_frames=sum(max(0, piece.frames - piece.made) for piece in pieces if not piece.ended),
            sound_bytes=self._sound_bytes,
            joining=self._joining,
            part_bytes=self._part.stat().st_size if self._joining and self._part.exists() else 0,
        )
