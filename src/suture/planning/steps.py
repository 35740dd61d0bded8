"""The commands of a plan, and which waits for which."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from suture.command.base import PRIORITY_HIGH, PRIORITY_LOW, Resource
from suture.command.step import StepCommand
from suture.command.subtitle_track import SubtitleTrack
from suture.encoder import AudioEncoder
from suture.encoder.audio import seconds_ahead, sound_file
from suture.model import ChunkData
from suture.planning.memory import estimate_audio_bytes, estimate_bytes, memory_kind
from suture.planning.output import audio_path, piece_path, subtitle_path
from suture.planning.stages import stage_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.command.base import Command
    from suture.media.spec import JoinSpec
    from suture.planning.brief import Brief, VideoPlan
    from suture.planning.tracks import Track

__all__ = ["Step", "build_steps"]

# What a sound track costs for each frame of the film, in megapixels of picture.
_SOUND_COST = 0.1
# A stage before the encoder, against the whole piece: it only says who goes first.
_STAGE_COST = 0.25
# Every usual sample rate divides it, whatever the encoder makes of the source's.
_ALL_RATES = math.lcm(44_100, 48_000) * 4


@dataclass(frozen=True, slots=True)
class Step:
    """A node of the graph-to-be.

    ``frames`` is what its progress counts to; 0: not known. ``transient``: what it makes is only for those that wait
    for it. ``memory_bytes`` is an estimate, which what others of its ``memory_kind`` take replaces.
    """

    command: Command
    after: tuple[str, ...] = ()
    after_any: tuple[str, ...] = ()
    cost: float = 0.0
    frames: int = 0
    transient: bool = False
    memory_bytes: int = 0
    memory_kind: str = ""


def build_steps(brief: Brief, videos: tuple[VideoPlan, ...], spec: JoinSpec, spec_path: str) -> tuple[Step, ...]:
    """Pieces and whole tracks, then the join of them, then the check that gives the output its name."""
    frames = sum(len(video.index) for video in videos)
    pieces = [step for video in videos for step in _pieces(video, brief)]
    others = [
        Step(command, cost=_SOUND_COST * frames, memory_bytes=estimate_audio_bytes())
        for number, track in enumerate(brief.tracks.tracks)
        if (command := _whole(brief, number, track)) is not None
    ]
    piece_ids = tuple(step.command.id for step in pieces if not step.transient)
    needed = tuple(step.command.id for step in others)
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


def _pieces(video: VideoPlan, brief: Brief) -> Iterator[Step]:
    after = (video.before.id,) if video.before else ()
    if video.before:
        yield Step(video.before, transient=True)
    ahead = _ahead(video, brief)
    memory, kind = _memory(video, brief)
    for chunk, cost in zip(video.chunks, video.costs, strict=True):
        paths = [stage_path(brief.folder, chunk, n) for n in range(len(video.encoder.stages) - 1)]
        paths.append(piece_path(brief.folder, chunk))
        commands = video.encoder.commands(chunk, paths, [Path(path).stem for path in paths])
        frames = chunk.frames or len(video.index)
        waits, window = after, ahead.get(chunk.chunk_id, ())
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
        filters=(*_range(brief), *((settings.audio_filter,) if settings.audio_filter else ()), *_ahead_of(track)),
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


def _ahead_of(track: Track) -> tuple[str, ...]:
    """Whole seconds, so that every sample stays on the clock."""
    ahead = seconds_ahead(track.stream)
    return (f"asetpts=PTS+{ahead}/TB",) if ahead else ()


def _container_options(track: Track) -> tuple[tuple[str, str], ...]:
    """MP4 counts an edit list's empty part in its movie time scale: thousandths, unless told better."""
    if sound_file(track.encoder) not in {"m4a", "mp4", "mov"}:
        return ()
    scale = ("-movie_timescale", str(_ALL_RATES))
    # FFmpeg 5.1 calls FLAC in MP4 an experiment; to the encoder that would mean 32 bits a sample.
    return (scale, ("-strict", "experimental"), ("-strict:a", "normal")) if track.encoder == "flac" else (scale,)
