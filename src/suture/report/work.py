"""A plan as progress counts it: tasks with kind, cost and frames, slots, and what the output will weigh.

Pure: from a `Plan` to a `Work`. What becomes of it while the job runs is `progress`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from suture.command.base import Resource, TaskType
from suture.planning.weights import copied_bytes, output_seconds

if TYPE_CHECKING:
    from suture.planning.job import Plan
    from suture.planning.steps import Step

__all__ = ["Kind", "Part", "Work", "work_of"]

_OURS: Final = {"join": "join", "publish": "check"}


class Kind(StrEnum):
    """What a task does, as far as progress differs by it."""

    PIECE = "piece"
    STAGE = "stage"
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
        seconds: of sound that it encodes; 0: all of it.
    """

    kind: Kind
    cost: float = 0.0
    frames: int = 0
    slot: bool = True
    seconds: float = 0.0


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
    return Work(tasks, _slots(plan), output_seconds(plan), copied_bytes(plan))


def _part(step: Step, plan: Plan) -> Part:
    slot = step.command.resource is not Resource.IO
    ours = _OURS.get(getattr(step.command, "step", ""))
    if ours == "join":
        return Part(Kind.JOIN, frames=step.frames, slot=False)
    if ours == "check":
        return Part(Kind.CHECK, frames=plan.frames if plan.settings.verify == "full" else 0, slot=False)
    return Part(_kind(step, plan), step.cost, step.frames, slot, step.seconds)


def _kind(step: Step, plan: Plan) -> Kind:
    """What only prepares a piece, or ends a track, is shown, but the pieces are what counts."""
    if step.command.task_type is TaskType.VIDEO:
        return Kind.STAGE if step.transient else Kind.PIECE
    if step.command.task_type is not TaskType.AUDIO:
        return Kind.TEXT
    if not step.cost:
        return Kind.STAGE
    # Beside pictures, whose cost is told in another unit, sound is counted for itself.
    return Kind.PIECE if step.seconds and not plan.videos else Kind.SOUND


def _slots(plan: Plan) -> int:
    settings = plan.settings
    totals = {
        Resource.CPU: plan.workers,
        Resource.GPU_ENCODE: settings.gpu_encode_slots,
        Resource.GPU_SCALE: settings.gpu_scale_slots,
    }
    used = {step.command.resource for step in plan.steps if not hasattr(step.command, "step")}
    return sum(total for resource, total in totals.items() if resource in used)
