"""What a plan says of itself to those who come when all is over: tasks with what they make, tracks, reasons, losses.

A value of what JSON can hold, small enough for a job's record: a few dozen bytes for a task. `suture report` reads it;
whoever wants the commands themselves asks the job's database or `suture plan`.
"""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suture.command.base import TaskType
from suture.planning.output import piece_path
from suture.planning.weights import output_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.planning.brief import VideoPlan
    from suture.planning.job import Plan
    from suture.planning.sound import SoundPlan
    from suture.planning.step import Step

__all__ = ["Doing", "Range", "outline_of"]

Range = tuple[int, int, int, float, float]
"""Stream, first frame, one past the last (-1: not known before it is decoded; 0 and 0: no frames), and seconds."""
_JOINS = frozenset({"join", "splice"})


class Doing(StrEnum):
    """What a task does."""

    PICTURE = "picture"
    STAGE = "stage"
    SOUND = "sound"
    SLICE = "slice"
    TEXT = "text"
    LOOK = "look"
    JOIN = "join"
    CHECK = "check"


def outline_of(plan: Plan) -> dict[str, Any]:
    """The outline of a plan.

    ``tasks`` tells of each task what it does, which slot it takes and, of a piece, its `Range`: of pictures in frames
    of the source and in seconds from the stream's first frame, of sound in seconds alone.
    """
    ranges = {**dict(_pictures(plan)), **dict(_sounds(plan))}
    return {
        "format": plan.info.format,
        "source_bytes": plan.info.size_bytes,
        "seconds": round(output_seconds(plan), 6),
        "is_part": plan.settings.is_part,
        "frames": plan.frames,
        "workers": plan.workers,
        "tracks": [
            {"kind": t.kind, "action": t.action, "encoder": t.encoder, "stream": t.source_index, "reason": t.reason}
            for t in plan.tracks.tracks
        ],
        "decisions": [asdict(decision) for decision in plan.decisions],
        "losses": [str(loss) for loss in plan.losses],
        "tasks": {
            step.command.id: [_doing(step).value, step.command.resource.value, *ranges.get(step.command.id, ())]
            for step in plan.steps
        },
    }


def _doing(step: Step) -> Doing:
    command = step.command
    ours: str = getattr(command, "step", "")
    if ours:
        return Doing.JOIN if ours in _JOINS else Doing.CHECK if ours == "publish" else Doing.LOOK
    if command.task_type is TaskType.VIDEO:
        return _of_pictures(step)
    if command.task_type is TaskType.AUDIO:
        return Doing.SLICE if step.transient else Doing.SOUND if step.cost or step.seconds else Doing.LOOK
    return Doing.TEXT


def _of_pictures(step: Step) -> Doing:
    """A stage lies before one piece; what is before all of them has no cost of its own."""
    if not step.transient:
        return Doing.PICTURE
    return Doing.STAGE if step.cost else Doing.LOOK


def _pictures(plan: Plan) -> Iterator[tuple[str, Range]]:
    for video in plan.videos:
        yield from _pieces(video, plan.folder)


def _pieces(video: VideoPlan, folder: str) -> Iterator[tuple[str, Range]]:
    for chunk in video.chunks:
        span = (round(chunk.start_time, 3), round(chunk.end_time, 3))
        yield Path(piece_path(folder, chunk)).stem, (chunk.stream_index, chunk.start_frame, chunk.end_frame, *span)


def _sounds(plan: Plan) -> Iterator[tuple[str, Range]]:
    for sound in plan.sounds:
        for piece, (start, end) in enumerate(_spans(sound)):
            yield f"{sound.name}-{piece:05d}", (sound.track.source_index, 0, 0, start, end)


def _spans(sound: SoundPlan) -> Iterator[tuple[float, float]]:
    """Where the pieces of a track that is cut begin and end, in seconds."""
    if not sound.is_cut or sound.grid is None or sound.sound is None:
        return
    packet = sound.grid.samples(sound.sound.rate) / sound.sound.rate
    starts = [round(bound * packet, 3) for bound in sound.bounds]
    yield from zip(starts, [*starts[1:], round(max(sound.seconds, starts[-1]), 3)], strict=True)
