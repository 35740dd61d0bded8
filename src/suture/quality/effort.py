"""`Effort`: how far a search is, and what it has cost, over all of its encodes and measurings.

Whoever watches the job counts frames of the piece; a search passes over them several times. So what is reported is the
share of the work that is expected to be behind it, in frames. It never runs back, and is at the end only at the end.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from suture.command.base import Outcome
from suture.ffmpeg.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.command.base import RunContext

__all__ = ["Effort"]

# Encodes of the whole piece that a search usually takes, and of its parts.
_WHOLES: Final = 1.4
_PARTS: Final = 1.6
_MOST_SHOWN: Final = 0.99


class Effort:
    """What one search does.

    Args:
        context: how the piece is to be made.
        frames: of the piece.
        part_frames: of the parts that stand for it.
    """

    def __init__(self, context: RunContext, frames: int, part_frames: int) -> None:
        self._context = replace(context, durable=False)
        self._frames = frames
        self._expected = 2 * (_WHOLES * frames + _PARTS * part_frames)
        self._done = 0.0
        self._shown = 0
        self._spent = Outcome()

    def step(self, frames: int) -> RunContext:
        """How to run the next encode or measuring, of so many frames."""
        begun = self._done
        self._done += frames
        return replace(self._context, on_progress=self._teller(begun, frames))

    def _teller(self, begun: float, frames: int) -> Callable[[Progress], None]:
        def tell(progress: Progress) -> None:
            share = (begun + min(progress.frame, frames)) / max(self._expected, begun + frames)
            self._shown = max(self._shown, int(self._frames * min(_MOST_SHOWN, share)))
            self._context.on_progress(replace(progress, frame=self._shown, done=False))

        return tell

    def add(self, outcome: Outcome) -> None:
        """Count what a step has cost."""
        spent = self._spent
        self._spent = replace(
            spent,
            cpu_seconds=spent.cpu_seconds + outcome.cpu_seconds,
            wall_seconds=spent.wall_seconds + outcome.wall_seconds,
            peak_memory_bytes=max(spent.peak_memory_bytes, outcome.peak_memory_bytes),
        )

    def outcome(self, size_bytes: int, digest: str) -> Outcome:
        """What came of it all."""
        self._context.on_progress(Progress(self._frames, size_bytes=size_bytes, done=True))
        return replace(self._spent, frames=self._frames, size_bytes=size_bytes, digest=digest)
