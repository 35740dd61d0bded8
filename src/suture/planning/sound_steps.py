"""The steps of a sound track: in one go, or slices of one decode, pieces of these, and their splice."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.command.base import PRIORITY_HIGH, TaskType
from suture.command.step import StepCommand
from suture.encoder import AudioEncoder
from suture.encoder.audio import seconds_ahead, sound_file
from suture.model import ChunkData
from suture.planning.loudness import loudness_step
from suture.planning.memory import estimate_audio_bytes
from suture.planning.output import audio_path
from suture.planning.sound import sound_filters
from suture.planning.step import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.media.splice_spec import SpliceSpec
    from suture.planning.brief import Brief
    from suture.planning.sound import SoundPlan
    from suture.planning.tracks import Track

__all__ = ["sound_steps", "splice_spec"]

# Every usual sample rate divides it, whatever the encoder makes of the source's.
_ALL_RATES: Final = math.lcm(44_100, 48_000) * 4
# What a second of a core is, in the megapixels by which pictures are weighed.
_COST: Final = 50.0
# Slices on the disk beside those that are being encoded.
_AHEAD: Final = 2


def sound_steps(brief: Brief, plan: SoundPlan) -> Iterator[Step]:
    """What encodes a track; the last one is called as the plan is."""
    memory = estimate_audio_bytes()
    if plan.is_spliced:
        yield from _pieces(brief, plan, memory) if plan.is_cut else _one_piece(brief, plan, memory)
        return
    encoder = _encoder(brief, plan.track, whole=True)
    needed: tuple[str, ...] = ()
    # What the container needs comes behind the gain: it moves times, and loudness is measured on the source's.
    if levelled := loudness_step(
        brief, plan.number, plan.track, sound_filters(brief, plan.track), _ahead_of(plan.track)
    ):
        yield Step(levelled.command, memory_bytes=memory)
        encoder, needed = encoder.reading(levelled.option), (levelled.command.id,)
    chunk = ChunkData(0, 0.0, 0.0, brief.info.path, stream_index=plan.track.source_index, open_end=True)
    command = encoder.command(chunk, audio_path(brief.folder, plan.number, plan.track), plan.name)
    yield Step(command, after=needed, cost=_COST * plan.cost, memory_bytes=memory)


def _pieces(brief: Brief, plan: SoundPlan, memory: int) -> Iterator[Step]:
    folder, suffix = brief.folder, sound_file(plan.track.encoder)
    encoder = _encoder(brief, plan.track, whole=False)
    slices, pieces = plan.slices(folder), []
    for n, cut in enumerate(slices):
        path = plan.piece_path(folder, n, suffix)
        pieces.append(encoder.piece(cut.output_path, path, Path(path).stem, plan.silence(n)))
        waits = [slices[n - 1].id] if n else []
        # The disk holds few samples at a time.
        waits += [pieces[n - brief.workers - _AHEAD].id] if n >= brief.workers + _AHEAD else []
        yield Step(cut, after_any=tuple(waits), memory_bytes=memory, transient=True)
        cost, seconds = _COST * plan.cost, plan.seconds / len(slices)
        yield Step(pieces[n], after=(cut.id,), cost=cost, seconds=seconds, memory_bytes=memory)
    heard = plan.heard(folder)
    yield Step(heard, after_any=(slices[-1].id,), memory_bytes=memory)
    yield Step(_splice(brief, plan), after=(*(piece.id for piece in pieces), heard.id), memory_bytes=memory)


def _one_piece(brief: Brief, plan: SoundPlan, memory: int) -> Iterator[Step]:
    """One piece that is decoded as it is encoded, and is told its length and its place as if it were many."""
    assert plan.sound is not None  # noqa: S101 - it is spliced
    folder = brief.folder
    path = plan.piece_path(folder, 0, sound_file(plan.track.encoder))
    silence = plan.silence(0)
    # Its file begins with what is heard, as that of many pieces; when that is, is listed.
    behind = ("asetpts=PTS-STARTPTS", *([f"apad=pad_len={silence}"] if silence else []))
    encoder = _encoder(brief, plan.track, whole=False)
    command = encoder.whole(plan.sound, plan.heard(folder).output_path, path, Path(path).stem, behind)
    yield Step(command, cost=_COST * plan.cost, memory_bytes=memory)
    yield Step(_splice(brief, plan), after=(command.id,), memory_bytes=memory)


def _splice(brief: Brief, plan: SoundPlan) -> StepCommand:
    folder = brief.folder
    output = audio_path(folder, plan.number, plan.track)
    spec = plan.spec_path(folder)
    return StepCommand(plan.name, "splice", spec, brief.info.path, output, PRIORITY_HIGH, task_type=TaskType.AUDIO)


def splice_spec(folder: str, plan: SoundPlan) -> SpliceSpec:
    """What the splice of a track has to do."""
    track = plan.track
    output = audio_path(folder, plan.number, track)
    return plan.splice(folder, sound_file(track.encoder), output)


def _encoder(brief: Brief, track: Track, *, whole: bool) -> AudioEncoder:
    """What encodes a track; a piece's samples have passed all filters before they were cut."""
    settings, is_asked = brief.settings, track.encoder == brief.settings.audio_codec
    return AudioEncoder(
        codec=track.encoder,
        bitrate=settings.audio_bitrate if is_asked else None,
        quality=settings.audio_quality if is_asked else None,
        channels=settings.channels if whole else None,
        sample_rate=settings.sample_rate if whole else None,
        filters=(*sound_filters(brief, track), *_ahead_of(track)) if whole else (),
        options=_container_options(track),
        ffmpeg=brief.ffmpeg,
        priority=PRIORITY_HIGH,
    )


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
