"""The commands of a plan, and which waits for which."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from suture.command.base import PRIORITY_HIGH, PRIORITY_LOW, Resource
from suture.command.step import StepCommand
from suture.command.subtitle_track import SubtitleTrack
from suture.planning.memory import estimate_audio_bytes, estimate_bytes, memory_kind
from suture.planning.output import piece_path, subtitle_path
from suture.planning.sound_steps import sound_steps
from suture.planning.stages import stage_path
from suture.planning.step import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.command.base import Command
    from suture.command.video import VideoBuilder
    from suture.media.spec import JoinSpec
    from suture.planning.brief import Brief, VideoPlan
    from suture.planning.sound import SoundPlan
    from suture.planning.tracks import Track
    from suture.quality.targeted import TargetedVideo

__all__ = ["Step", "build_steps", "piece_steps"]

# A stage before the encoder, against the whole piece: it only says who goes first.
_STAGE_COST = 0.25


def build_steps(
    brief: Brief, videos: tuple[VideoPlan, ...], sounds: tuple[SoundPlan, ...], spec: JoinSpec, spec_path: str
) -> tuple[Step, ...]:
    """Pieces and tracks, then the join of them, then the check that gives the output its name."""
    frames = sum(len(video.index) for video in videos)
    pieces = [step for video in videos for step in piece_steps(video, brief)]
    others = [
        Step(command, memory_bytes=estimate_audio_bytes())
        for number, track in enumerate(brief.tracks.tracks)
        if (command := _text(brief, number, track)) is not None
    ]
    heard = [step for sound in sounds for step in sound_steps(brief, sound)]
    piece_ids = tuple(step.command.id for step in pieces if not step.transient)
    needed = (*(sound.name for sound in sounds), *(step.command.id for step in others))
    join = StepCommand("join", "join", spec_path, brief.info.path, spec.part, priority=PRIORITY_LOW)
    publish = StepCommand(
        "publish", "publish", spec_path, spec.part, spec.output, priority=PRIORITY_LOW, resource=Resource.CPU
    )
    after, after_any = (needed, piece_ids) if brief.settings.permissive else (piece_ids + needed, ())
    return (
        *heard,
        *others,
        *pieces,
        Step(join, after=after, after_any=after_any, frames=frames),
        Step(publish, after=("join",)),
    )


def piece_steps(video: VideoPlan, brief: Brief) -> Iterator[Step]:
    """The commands of a track's pieces."""
    after = (video.before.id,) if video.before else ()
    if video.before:
        yield Step(video.before, transient=True)
    ahead = _ahead(video, brief)
    memory, kind = _memory(video, brief)
    for chunk, cost in zip(video.chunks, video.costs, strict=True):
        paths = [stage_path(brief.folder, chunk, n) for n in range(len(video.encoder.stages) - 1)]
        paths.append(piece_path(brief.folder, chunk))
        tasks = [Path(path).stem for path in paths]
        commands: tuple[VideoBuilder | TargetedVideo, ...] = (
            (video.targeting.command(video.encoder, chunk, paths[-1], tasks[-1]),)
            if video.targeting
            else video.encoder.commands(chunk, paths, tasks)
        )
        frames = chunk.frames or len(video.index)
        waits, window = after, ahead.get(chunk.chunk_id, ())
        if chunk.chunk_id < video.head:  # it may run already, so it is to have the first slots
            commands = tuple(command.set_priority(PRIORITY_HIGH) for command in commands)
        for command in commands[:-1]:
            step = Step(command, waits, window, _STAGE_COST * cost, frames, transient=True)
            yield replace(step, memory_bytes=_stage_memory(video, brief), memory_kind=f"stage before {kind}")
            waits, window = (command.id, *after), ()
        yield Step(commands[-1], after=waits, cost=cost, frames=frames, memory_bytes=memory, memory_kind=kind)


def _memory(video: VideoPlan, brief: Brief) -> tuple[int, str]:
    """What a piece is expected to need, by its encoder and the size of the source's picture."""
    stream, encoder = video.track.stream, video.encoder
    assert stream is not None  # noqa: S101 - encoded tracks come from the source
    form = encoder.pixel_format or stream.pix_fmt or ""
    asked = (encoder.codec, stream.width, stream.height, form, encoder.threads)
    speed = brief.settings.speed or ""
    return estimate_bytes(*asked, stream.codec, speed=speed, machine_cores=brief.cores), memory_kind(*asked)


def _stage_memory(video: VideoPlan, brief: Brief) -> int:
    """Of a stage before the encoder: as of an encode to FFV1, which what it writes is like."""
    stream = video.track.stream
    assert stream is not None  # noqa: S101 - encoded tracks come from the source
    picture = (stream.width, stream.height, stream.pix_fmt or "")
    return estimate_bytes("ffv1", *picture, 1, stream.codec, machine_cores=brief.cores)


def _ahead(video: VideoPlan, brief: Brief) -> dict[int, tuple[str, ...]]:
    """The piece that has to be there before a piece is begun, so that the disk holds few intermediates at a time.

    Two for each worker let no core wait. The long ones are begun first, as the orchestrator would.
    """
    if not video.encoder.stages:
        return {}
    order = sorted(range(len(video.chunks)), key=lambda number: -video.costs[number])
    done = [Path(piece_path(brief.folder, video.chunks[number])).stem for number in order]
    room = max(2, 2 * brief.workers)
    return {video.chunks[number].chunk_id: (task,) for number, task in zip(order[room:], done, strict=False)}


def _text(brief: Brief, number: int, track: Track) -> Command | None:
    """The command for a track of text that is converted."""
    if track.kind == "subtitle" and track.action == "convert":
        path = subtitle_path(brief.folder, number, track)
        stream = track.source_index if track.stream else None
        source = track.path or brief.info.path
        command = SubtitleTrack(f"subtitle-{number}", source, path, codec=track.encoder, stream=stream)
        return command.set_program(brief.ffmpeg)
    return None
