"""A plan as progress counts it: tasks with kind, cost and frames, slots, and what the output will weigh.

Pure: from a `Plan` to a `Work`. What becomes of it while the job runs is `progress`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from suture.command.base import Resource, TaskType

if TYPE_CHECKING:
    from suture.model import StreamInfo
    from suture.planning.job import Plan
    from suture.planning.steps import Step

__all__ = ["Kind", "Part", "Work", "output_seconds", "work_of"]

_OURS: Final = {"join": "join", "publish": "check"}


class Kind(StrEnum):
    """What a task does, as far as progress differs by it."""

    PIECE = "piece"
    SOUND = "sound"
    TEXT = "text"
    JOIN = "join"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Part:
    """One task.

    Args:
        kind: what it does.
        cost: predicted work, in a unit of its own; compared between pieces only.
        frames: what its progress counts to; 0: not known.
        slot: whether it occupies one of the slots that are shown.
    """

    kind: Kind
    cost: float = 0.0
    frames: int = 0
    slot: bool = True


@dataclass(frozen=True, slots=True)
class Work:
    """All of a job.

    Args:
        tasks: by id.
        slots: how many tasks can run at once.
        seconds: how long the output plays; 0: not known.
        copied_bytes: what the streams that are copied weigh, as far as that can be told before.
    """

    tasks: dict[str, Part] = field(default_factory=dict)
    slots: int = 1
    seconds: float = 0.0
    copied_bytes: int = 0


def work_of(plan: Plan) -> Work:
    """What a plan has to do."""
    tasks = {step.command.id: _part(step, plan) for step in plan.steps}
    return Work(tasks, _slots(plan), output_seconds(plan), _copied_bytes(plan))


def _part(step: Step, plan: Plan) -> Part:
    slot = step.command.resource is not Resource.IO
    ours = _OURS.get(getattr(step.command, "step", ""))
    if ours == "join":
        return Part(Kind.JOIN, frames=step.frames, slot=False)
    if ours == "check":
        return Part(Kind.CHECK, frames=plan.frames if plan.settings.verify == "full" else 0, slot=False)
    kinds = {TaskType.VIDEO: Kind.PIECE, TaskType.AUDIO: Kind.SOUND}
    return Part(kinds.get(step.command.task_type, Kind.TEXT), step.cost, step.frames, slot)


def _slots(plan: Plan) -> int:
    settings = plan.settings
    totals = {
        Resource.CPU: plan.workers,
        Resource.GPU_ENCODE: settings.gpu_encode_slots,
        Resource.GPU_SCALE: settings.gpu_scale_slots,
    }
    used = {step.command.resource for step in plan.steps if not hasattr(step.command, "step")}
    return sum(total for resource, total in totals.items() if resource in used)


def output_seconds(plan: Plan) -> float:
    """How long the output plays: its longest video, else the source between ``--start`` and ``--end``."""
    if plan.videos:
        return max(float(v.index.time(len(v.index)) - v.index.time(0)) for v in plan.videos)
    begin = float(plan.settings.start or 0)
    ends = [float(plan.settings.end)] if plan.settings.end is not None else []
    ends += [plan.info.duration_us / 1_000_000] if plan.info.duration_us is not None else []
    return max(0.0, min(ends) - begin) if ends else 0.0


def _copied_bytes(plan: Plan) -> int:
    """What copied streams weigh: by their bit rates in the source, else an even share of what is left."""
    copied = {track.source_index for track in plan.tracks.tracks if track.action == "copy"}
    copied |= set(plan.tracks.attachments)
    cut = {video.track.source_index: sum(video.index.sizes) for video in plan.videos}
    known = {stream.index: _weight(stream, plan) for stream in plan.info.streams if stream.index not in cut}
    unknown = [index for index, weight in known.items() if weight is None]
    # A linear decode tells no packet sizes, and a part of the film only its own.
    whole = all(cut.values()) and plan.settings.start is None and plan.settings.end is None
    rest = plan.info.size_bytes - sum(cut.values()) - sum(weight or 0 for weight in known.values())
    share = max(0, rest) // len(unknown) if unknown and whole else 0
    return sum(share if known.get(index) is None else known[index] or 0 for index in copied)


def _weight(stream: StreamInfo, plan: Plan) -> int | None:
    if stream.kind == "subtitle":
        return 0
    if stream.kind == "attachment":
        return sum(a.size_bytes for a in plan.info.attachments if a.stream_index == stream.index)
    return None if not stream.bit_rate else int(stream.bit_rate * output_seconds(plan) / 8)
