"""The steps that can begin before there is a plan: the first pieces of a long film (`head`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suture.command.base import Resource
from suture.planning.head import has_head, head_packets
from suture.planning.pieces import plan_frames
from suture.planning.steps import piece_steps

if TYPE_CHECKING:
    from suture.planning.brief import Brief
    from suture.planning.frames import Looking
    from suture.planning.step import Step

__all__ = ["early_steps"]


def early_steps(brief: Brief, looking: Looking) -> list[Step]:
    """The first pieces of the first video track, as its plan will have them; nothing where that is not sure.

    Raises:
        CommandCancelled: looking was stopped.
    """
    tracks = [track for track in brief.tracks.tracks if track.kind == "video" and track.action == "encode"]
    if not tracks or (stream := tracks[0].stream) is None or not has_head(brief, stream):
        return []
    if (packets := head_packets(brief, stream, looking)) is None:
        return []
    video, _ = plan_frames(brief, tracks[0], packets, looking)
    steps = list(piece_steps(video, brief))
    if video.before or video.listing or len(steps) != len(video.chunks):
        return []
    return [step for step in steps[: video.head] if step.command.resource is Resource.CPU]
