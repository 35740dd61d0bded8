"""A plan as JSON, for programs: every decision, piece and command. Deterministic; ASCII; has a schema number.

Times and rates that are not whole are fractions as strings; ranges are half-open; ``-1`` ends a piece whose
length is not known before it is decoded.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from suture.report.streams import fates

if TYPE_CHECKING:
    from suture.model import StreamInfo
    from suture.planning.job import Plan, VideoPlan
    from suture.planning.steps import Step
    from suture.report.streams import Fate

__all__ = ["SCHEMA", "render"]

SCHEMA: Final = 1


def render(plan: Plan) -> str:
    """The JSON text."""
    return json.dumps(_plan(plan), indent=2, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, Fraction):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "source": _source(plan),
        "output": {"path": plan.output, "format": plan.container.format, "options": plan.spec.options},
        "settings": asdict(plan.settings),
        "workers": plan.workers,
        "ffmpeg": plan.ffmpeg,
        "folder": plan.folder,
        "streams": [_stream(stream, fate) for stream, fate in fates(plan)],
        "tracks": [
            {
                "kind": t.kind,
                "action": t.action,
                "source": t.source_index,
                "encoder": t.encoder,
                "path": t.path,
            }
            for t in plan.tracks.tracks
        ],
        "videos": [_video(video) for video in plan.videos],
        "steps": [_step(step) for step in plan.steps],
        "join": asdict(plan.spec),
        "decisions": [asdict(decision) for decision in plan.decisions],
        "losses": [asdict(loss) for loss in plan.losses],
    }


def _source(plan: Plan) -> dict[str, Any]:
    info = plan.info
    return {
        "path": plan.source,
        "format": info.format,
        "size_bytes": info.size_bytes,
        "start_us": info.start_us,
        "duration_us": info.duration_us,
        "chapters": len(info.chapters),
    }


def _stream(stream: StreamInfo, fate: Fate) -> dict[str, Any]:
    facts = {"index": stream.index, "kind": stream.kind, "codec": stream.codec, "language": stream.language}
    return {**facts, "action": fate.action, "how": fate.text, "why": fate.reason, "option": fate.option}


def _video(video: VideoPlan) -> dict[str, Any]:
    return {
        "stream": video.track.source_index,
        "frames": len(video.index),
        "first_frame": video.first_frame,
        "time_base": video.index.time_base,
        "rate": video.index.rate(),
        "index": video.index_path,
        "own_times": video.own_times,
        "pieces": [
            {**asdict(chunk), "cost": round(cost, 3)} for chunk, cost in zip(video.chunks, video.costs, strict=True)
        ],
    }


def _step(step: Step) -> dict[str, Any]:
    command = step.command
    return {
        "id": command.id,
        "argv": command.build_args(),
        "output": command.output_path,
        "after": list(step.after),
        "after_any": list(step.after_any),
        "resource": command.resource.value,
        "priority": command.priority,
        "cost": round(step.cost, 3),
        "frames": step.frames,
        "transient": step.transient,
    }
