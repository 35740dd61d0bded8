"""What becomes of each stream of the source, in words: shared by the forms of a plan. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from suture.report.wording import count

if TYPE_CHECKING:
    from suture.model import StreamInfo
    from suture.planning.job import Plan
    from suture.planning.tracks import Track

__all__ = ["Fate", "fate_of", "fates"]

_OPTIONS: Final = {"video": "-c:v", "audio": "-c:a", "subtitle": "--subtitles"}


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one stream.

    Args:
        action: ``copy``, ``encode``, ``convert``, ``burn`` or ``leave out``.
        text: the same for people, with how.
        reason: why, where nobody asked for it.
        option: what decides otherwise.
    """

    action: str
    text: str
    reason: str = ""
    option: str = ""

    def __str__(self) -> str:
        why = f" ({self.reason})" if self.reason else ""
        return f"{self.text}{why}" + (f" [{self.option}]" if self.reason and self.option else "")


def fates(plan: Plan) -> list[tuple[StreamInfo, Fate]]:
    """Every stream of the source, in its order, and what becomes of it."""
    return [(stream, fate_of(stream, plan)) for stream in plan.info.streams]


def fate_of(stream: StreamInfo, plan: Plan) -> Fate:
    """What becomes of one stream of the source, or of a track that comes from outside."""
    for track in plan.tracks.tracks:
        if track.source_index == stream.index:
            return _taken(track, plan)
    if plan.tracks.burnt is not None and plan.tracks.burnt.index == stream.index:
        return Fate("burn", "burn into the picture", option="--subtitles")
    if stream.index in plan.tracks.attachments:
        return Fate("copy", "copy")
    return _left_out(stream, plan)


def _taken(track: Track, plan: Plan) -> Fate:
    if track.action == "copy":
        return Fate("copy", "copy", track.reason, _OPTIONS.get(track.kind, ""))
    verb = "convert to" if track.action == "convert" else "encode with"
    text = f"{verb} {track.encoder}{_how(track, plan)}"
    return Fate(track.action, text, track.reason, _OPTIONS.get(track.kind, ""))


def _how(track: Track, plan: Plan) -> str:
    """Quality, speed and number of pieces of a video that is encoded."""
    video = next((video for video in plan.videos if video.track is track), None)
    if video is None:
        return ""
    encoder = video.encoder
    parts = [
        f"crf {encoder.crf:g}" if encoder.crf is not None else "",
        f"target {video.targeting.goal}" if video.targeting else "",
        f"bitrate {encoder.bitrate}" if encoder.bitrate else "",
        f"speed {encoder.speed}" if encoder.speed is not None else "",
        f"in {count(len(video.chunks), 'piece')}",
    ]
    return ", " + ", ".join(part for part in parts if part)


def _left_out(stream: StreamInfo, plan: Plan) -> Fate:
    names = [f"attachment {a.name!r}" for a in plan.info.attachments if a.stream_index == stream.index]
    for loss in plan.losses:
        if loss.what in names or loss.what.startswith(f"{stream.kind} stream {stream.index} "):
            return Fate("leave out", "leave out", loss.why)
    # Chapter tracks and time codes: what they say is carried as chapters and tags.
    known = stream.kind == "data" and not plan.settings.maps
    return Fate("leave out", "leave out", "chapters or tags hold what it says" if known else "as asked")
