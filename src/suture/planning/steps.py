"""The commands of a plan, and which waits for which."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from suture.command.base import PRIORITY_HIGH, PRIORITY_LOW, Resource
from suture.command.step import StepCommand
from suture.command.subtitle_track import SubtitleTrack
from suture.encoder import AudioEncoder
from suture.model import ChunkData
from suture.planning.output import audio_path, piece_path, subtitle_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.command.base import Command
    from suture.media.spec import JoinSpec
    from suture.planning.brief import Brief, VideoPlan
    from suture.planning.tracks import Track

__all__ = ["Step", "build_steps"]


@dataclass(frozen=True, slots=True)
class Step:
    """A node of the graph-to-be. ``frames`` is what its progress counts to; 0: not known."""

    command: Command
    after: tuple[str, ...] = ()
    after_any: tuple[str, ...] = ()
    cost: float = 0.0
    frames: int = 0


def build_steps(brief: Brief, videos: tuple[VideoPlan, ...], spec: JoinSpec, spec_path: str) -> tuple[Step, ...]:
    """Pieces and whole tracks, then the join of them, then the check that gives the output its name."""
    pieces = [step for video in videos for step in _pieces(video, brief.folder)]
    others = [
        Step(command, cost=float(sum(len(video.index) for video in videos)))
        for number, track in enumerate(brief.tracks.tracks)
        if (command := _whole(brief, number, track)) is not None
    ]
    piece_ids = tuple(step.command.id for step in pieces)
    needed = tuple(step.command.id for step in others)
    frames = sum(len(video.index) for video in videos)
    join = StepCommand("join", "join", spec_path, brief.info.path, spec.part, priority=PRIORITY_LOW)
    publish = StepCommand(
        "publish", "publish", spec_path, spec.part, spec.output, priority=PRIORITY_LOW, resource=Resource.CPU
    )
    after, after_any = (needed, piece_ids) if brief.settings.permissive else (piece_ids + needed, ())
    return (
        *others,
        *pieces,
        Step(join, after=after, after_any=after_any, frames=frames),
        Step(publish, after=("join",)),
    )


def _pieces(video: VideoPlan, folder: str) -> Iterator[Step]:
    after = (video.before.id,) if video.before else ()
    if video.before:
        yield Step(video.before)
    for chunk, cost in zip(video.chunks, video.costs, strict=True):
        path = piece_path(folder, chunk)
        task = Path(path).stem
        yield Step(
            video.encoder.command(chunk, path, task), after=after, cost=cost, frames=chunk.frames or len(video.index)
        )


def _whole(brief: Brief, number: int, track: Track) -> Command | None:
    """The command for a track that is encoded or converted in one go."""
    if track.kind == "audio" and track.action == "encode":
        return _audio(brief, number, track)
    if track.kind == "subtitle" and track.action == "convert":
        path = subtitle_path(brief.folder, number, track)
        stream = track.source_index if track.stream else None
        source = track.path or brief.info.path
        command = SubtitleTrack(f"subtitle-{number}", source, path, codec=track.encoder, stream=stream)
        return command.set_program(brief.ffmpeg)
    return None


def _audio(brief: Brief, number: int, track: Track) -> Command:
    settings = brief.settings
    encoder = AudioEncoder(
        codec=track.encoder,
        bitrate=settings.audio_bitrate if track.encoder == settings.audio_codec else None,
        channels=settings.channels,
        sample_rate=settings.sample_rate,
        filters=(*_range(brief), *((settings.audio_filter,) if settings.audio_filter else ())),
        options=_container_options(track),
        ffmpeg=brief.ffmpeg,
        priority=PRIORITY_HIGH,
    )
    chunk = ChunkData(0, 0.0, 0.0, brief.info.path, stream_index=track.source_index, open_end=True)
    return encoder.command(chunk, audio_path(brief.folder, number, track), f"audio-{number}")


def _range(brief: Brief) -> tuple[str, ...]:
    """Only the samples between ``--start`` and ``--end``, which count on the source's clock here."""
    bounds = [f"{key}={float(at):.6f}" for key, at in (("start", brief.start), ("end", brief.end)) if at is not None]
    return (f"atrim={':'.join(bounds)}",) if bounds else ()


def _container_options(track: Track) -> tuple[tuple[str, str], ...]:
    """MP4 counts an edit list's empty part in its movie time scale: thousandths, unless told better."""
    rate = track.stream.sample_rate if track.stream else 0
    return (("-movie_timescale", str(rate or 48000)),) if track.encoder in {"aac", "libfdk_aac", "alac"} else ()
