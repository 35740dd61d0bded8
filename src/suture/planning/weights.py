"""What a plan's output will weigh and how long it plays, as far as that can be told before.

Pure. `space` makes a prediction of it, progress an estimate for people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from suture.planning.space import Film, Need, predict
from suture.units import parse_rate

if TYPE_CHECKING:
    from suture.model import StreamInfo
    from suture.planning.brief import VideoPlan
    from suture.planning.job import Plan

__all__ = ["copied_bytes", "need_of", "output_seconds"]

# Of sound that is encoded at a rate that nobody has named; FLAC of a CD is about the most.
_SOUND_RATE = 1_000_000


def output_seconds(plan: Plan) -> float:
    """How long the output plays: its longest video, else the source between ``--start`` and ``--end``."""
    if plan.videos:
        return max(map(_seconds, plan.videos))
    begin = float(plan.settings.start or 0)
    ends = [float(plan.settings.end)] if plan.settings.end is not None else []
    ends += [plan.info.duration_us / 1_000_000] if plan.info.duration_us is not None else []
    return max(0.0, min(ends) - begin) if ends else 0.0


def copied_bytes(plan: Plan) -> int:
    """What copied streams weigh: by their bit rates in the source, else an even share of what is left."""
    copied = {track.source_index for track in plan.tracks.tracks if track.action == "copy"}
    copied |= set(plan.tracks.attachments)
    cut = {video.track.source_index: sum(video.index.sizes) for video in plan.videos}
    known = {stream.index: _weight(stream, plan) for stream in plan.info.streams if stream.index not in cut}
    unknown = [index for index, weight in known.items() if weight is None]
    # A linear decode tells no packet sizes, and a part of the film only its own.
    whole = all(cut.values()) and not plan.settings.is_part
    rest = plan.info.size_bytes - sum(cut.values()) - sum(weight or 0 for weight in known.values())
    share = max(0, rest) // len(unknown) if unknown and whole else 0
    return sum(share if known.get(index) is None else known[index] or 0 for index in copied)


def need_of(plan: Plan) -> Need:
    """The room that a job is predicted to take."""
    sounds = [track for track in plan.tracks.tracks if track.kind == "audio" and track.action == "encode"]
    asked = plan.settings.audio_bitrate
    rate = parse_rate(asked, "-b:a") if asked else _SOUND_RATE
    return predict(
        [_film(video, plan) for video in plan.videos], [(rate, output_seconds(plan))] * len(sounds), copied_bytes(plan)
    )


def _film(video: VideoPlan, plan: Plan) -> Film:
    stream, settings = video.track.stream, plan.settings
    assert stream is not None  # noqa: S101 - encoded tracks come from the source
    rate = settings.video_bitrate
    return Film(
        settings.video_codec,
        len(video.index),
        stream.width,
        stream.height,
        video.encoder.pixel_format or stream.pix_fmt or "",
        _seconds(video),
        0 if settings.scale or settings.video_filter else sum(video.index.sizes),
        settings.crf,
        parse_rate(rate, "-b:v") if rate else None,
    )


def _seconds(video: VideoPlan) -> float:
    return float(video.index.time(len(video.index)) - video.index.time(0))


def _weight(stream: StreamInfo, plan: Plan) -> int | None:
    if stream.kind == "subtitle":
        return 0
    if stream.kind == "attachment":
        return sum(a.size_bytes for a in plan.info.attachments if a.stream_index == stream.index)
    return None if not stream.bit_rate else int(stream.bit_rate * output_seconds(plan) / 8)
