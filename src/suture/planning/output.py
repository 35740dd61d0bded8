"""The output file as a join has to write it: tracks with their names, times, tags, chapters. Pure."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suture.command.part import part_of
from suture.encoder.audio import seconds_ahead, sound_file
from suture.encoder.pieces import rules_of
from suture.media.spec import ChapterSpec, JoinSpec, PieceSpec, TrackSpec
from suture.media.template import FACTS
from suture.planning.brief import Decision
from suture.planning.carried import carried
from suture.planning.fitting import format_losses
from suture.planning.promises import promises_of
from suture.planning.sound import begin_path
from suture.planning.tags import file_tags, has_statistics, lost_dispositions, lost_tags, stream_tags
from suture.planning.tracks import Loss, codec_of
from suture.planning.vbv import vbv_of
from suture.planning.video import keeps_orientation, picture_shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.model import ChunkData, StreamInfo
    from suture.planning.brief import Brief, VideoPlan
    from suture.planning.carried import Carried
    from suture.planning.containers import Container
    from suture.planning.sound import SoundPlan
    from suture.planning.tracks import Track, TrackList

__all__ = ["audio_path", "join_spec", "piece_path", "subtitle_path"]

# Sound may begin this much before zero: priming of a codec, which containers have a way to tell.
_PRIMING = Fraction(1, 10)
_MKV_EARLY = Fraction(1)
_TEXT_FILES = {"mov_text": "mp4", "webvtt": "mkv", "srt": "mkv"}
# For chapters that are cut or moved to where their own clock has no tick; Matroska's is this one.
_CHAPTER_BASE = Fraction(1, 1_000_000_000)
_LARGEST_TIME_SCALE = 2**31 - 1
# Decoding times and priming lie by so much before the first picture, at most.
_TS_HEADROOM = Fraction(1, 2)
# What movenc writes with -strict unofficial only.
_UNOFFICIAL = frozenset({"dovi_configuration", "stereo3d", "spherical"})


def piece_path(folder: str, chunk: ChunkData) -> str:
    """Where a piece lies; its stem is its task's id."""
    return str(Path(folder) / f"video-{chunk.stream_index}-{chunk.chunk_id:05d}.mkv")


def audio_path(folder: str, number: int, track: Track) -> str:
    """Where an encoded sound track lies, in a container that can tell its priming."""
    return str(Path(folder) / f"audio-{number}.{sound_file(track.encoder)}")


def subtitle_path(folder: str, number: int, track: Track) -> str:
    """Where a converted subtitle track lies."""
    return str(Path(folder) / f"subtitle-{number}.{_TEXT_FILES[track.encoder]}")


def join_spec(
    brief: Brief, videos: tuple[VideoPlan, ...], sounds: tuple[SoundPlan, ...] = ()
) -> tuple[JoinSpec, tuple[Loss, ...], list[Decision]]:
    """What the join writes, everything that is lost, and decisions."""
    settings, container, tracks = brief.settings, brief.container, brief.tracks
    by_track = {id(video.track): video for video in videos}
    specs = tuple(_track(brief, n, track, by_track.get(id(track))) for n, track in enumerate(tracks.tracks))
    spliced = {sound.number for sound in sounds if sound.is_spliced}
    specs = tuple(
        replace(each, ahead=0, begins=begin_path(each.path)) if n in spliced else each for n, each in enumerate(specs)
    )
    shift, moved = _shift(brief, videos)
    tags, promoted = _tags(brief)
    losses = (
        *tracks.losses,
        *_tag_losses(tags, specs, container),
        *_picture_losses(brief),
        *_role_losses(tracks, container),
        *(Loss("the end of the source", f"it is cut short: {v.cut_short}") for v in videos[:1] if v.cut_short),
    )
    spec = JoinSpec(
        source=brief.info.path,
        output=brief.output,
        part=part_of(brief.output),
        format=container.format,
        tracks=tuple(_with_tags(spec, promoted) for spec in specs),
        options=_options(brief, videos),
        shift=str(shift),
        start="" if brief.start is None else str(brief.start),
        end="" if brief.end is None else str(brief.end),
        attachments=tracks.attachments,
        chapters=tuple(_chapters(brief, shift)),
        metadata=tags,
        verify=settings.verify,
        permissive=settings.permissive,
        overwrite=brief.overwrite,
        promises=tuple(sorted(set(tags) - set(lost_tags(tags, container.format)))),
        no_loss=settings.no_loss,
    )
    return spec, losses, moved


def _track(brief: Brief, number: int, track: Track, video: VideoPlan | None) -> TrackSpec:
    tags = stream_tags(track, brief.container.format)
    disposition = track.stream.disposition if track.stream else ()
    if video is not None:
        return _video_track(brief, video, tags, disposition)
    if track.action == "copy":
        tag = _tag(track, brief.container)
        return TrackSpec(
            track.kind,
            "source",
            track.source_index,
            tag=tag,
            promises=_promises(brief, track),
            metadata=tags,
            disposition=disposition,
        )
    path_of = audio_path if track.kind == "audio" else subtitle_path
    path = path_of(brief.folder, number, track)
    codec = codec_of(track.encoder) if track.kind == "subtitle" else ""
    return TrackSpec(
        track.kind,
        "file",
        track.source_index,
        path=path,
        codec=codec,
        ahead=seconds_ahead(track.stream) if track.kind == "audio" else 0,
        promises=_promises(brief, track),
        metadata=tags,
        disposition=disposition,
    )


def _promises(brief: Brief, track: Track, along: Carried | None = None) -> dict[str, str]:
    """What the track has to show. How 3D is arranged, libavformat does not read back from the boxes that it writes."""
    promises = promises_of(track, brief.settings, along)
    if "stereo3d" in promises and brief.container.format in {"mp4", "mov"}:
        promises["stereo3d"] = "present"
    return promises


def _tag(track: Track, container: Container) -> str:
    copied_hevc = track.kind == "video" and track.stream is not None and track.stream.codec == "hevc"
    return "hvc1" if copied_hevc and container.format in {"mp4", "mov"} else ""


def _video_track(brief: Brief, video: VideoPlan, tags: dict[str, str], disposition: tuple[str, ...]) -> TrackSpec:
    stream = video.track.stream
    assert stream is not None  # noqa: S101 - encoded tracks come from the source
    form = brief.container.format
    matrix = stream.side_data.get("display_matrix") if keeps_orientation(brief.settings) else None
    return TrackSpec(
        "video",
        "pieces",
        stream.index,
        pieces=tuple(_piece(brief, chunk, video.first_frame) for chunk in video.chunks),
        index="" if video.own_times else video.index_path,
        rate="" if video.own_times else str(video.index.rate()),
        tag=rules_of(brief.settings.video_codec).tag if form in {"mp4", "mov"} else "",
        display_matrix=tuple(matrix) if isinstance(matrix, list | tuple) else (),
        sample_aspect_ratio=picture_shape(stream, brief.settings),
        promises=_promises(brief, video.track, _along(brief, stream)),
        header=_header(brief, stream),
        vbv=str(vbv_of(brief.settings) or ""),
        statistics=form == "matroska" and has_statistics(stream.metadata),
        metadata=tags,
        disposition=disposition,
    )


def _piece(brief: Brief, chunk: ChunkData, first: int) -> PieceSpec:
    """A piece in the output's numbering of frames."""
    end = chunk.end_frame - first if chunk.end_frame >= 0 else -1
    return PieceSpec(chunk.chunk_id, piece_path(brief.folder, chunk), chunk.start_frame - first, end)


def _shift(brief: Brief, videos: tuple[VideoPlan, ...]) -> tuple[Fraction, list[Decision]]:
    """Seconds to add to every timestamp: none, unless a part is cut out or a clock begins before zero."""
    form, cut = brief.container.format, brief.start is not None
    early = _MKV_EARLY if form in {"matroska", "webm"} else _PRIMING
    begins = [_begin(track.stream) for track in brief.tracks.tracks if track.stream and track.kind != "cover"]
    pictures = [video.index.time(0) for video in videos]
    if form == "mpegts":
        return _shift_in_ts(brief, [] if cut else pictures + begins)
    if brief.start is not None:
        return -brief.start, []
    earliest = min(pictures + [begin for begin in begins if begin < -early], default=Fraction(0))
    if earliest >= 0:
        return Fraction(0), []
    shift = Fraction(math.ceil(-earliest * 1000), 1000)
    return shift, [_moved(earliest, form, shift)]


def _shift_in_ts(brief: Brief, begins: list[Fraction]) -> tuple[Fraction, list[Decision]]:
    """MPEG-TS has no time before zero, where the first decoding times and the priming of sound lie."""
    zero = -(brief.start or Fraction(0))
    earliest = min(begins, default=Fraction(0))
    if earliest >= _TS_HEADROOM:
        return zero, []
    shift = 1 + Fraction(max(0, math.ceil(-earliest * 1000)), 1000)
    return zero + shift, [_moved(earliest, "mpegts", shift)]


def _moved(earliest: Fraction, form: str, shift: Fraction) -> Decision:
    begin = f"the clock begins at {float(earliest):.3f} s"
    return Decision("timestamps", f"{begin}, which {form} can't hold; all moves by {float(shift):g} s")


def _begin(stream: StreamInfo) -> Fraction:
    return (stream.start_pts or 0) * stream.time_base


def _tags(brief: Brief) -> tuple[dict[str, str], dict[str, str]]:
    """The file's tags and those that go to its first sound: Ogg keeps all of them there, others keep none there."""
    info = brief.info
    tags = file_tags(info.metadata)
    return tags, tags if brief.container.format in {"ogg", "oga", "opus"} else {}


def _with_tags(spec: TrackSpec, tags: dict[str, str]) -> TrackSpec:
    if not tags or spec.kind != "audio":
        return spec
    spec.metadata.update({key: value for key, value in tags.items() if key not in spec.metadata})
    return spec


def _tag_losses(tags: dict[str, str], specs: tuple[TrackSpec, ...], container: Container) -> list[Loss]:
    lost = lost_tags(tags, container.format)
    lost += [name for spec in specs for name in lost_tags(spec.metadata, container.format, of_track=True)]
    if not lost:
        return []
    return [Loss(f"tags {', '.join(sorted(set(lost)))}", f"{container.format} has no place for them")]


def _role_losses(tracks: TrackList, container: Container) -> Iterator[Loss]:
    for track in tracks.tracks:
        lost = lost_dispositions(track.stream.disposition, container.format) if track.stream else []
        if track.kind != "cover" and lost:
            yield Loss(
                f"the role {', '.join(lost)} of {track.kind} stream {track.source_index}",
                f"{container.format} has no place for it",
            )


def _picture_losses(brief: Brief) -> Iterator[Loss]:
    """What an encoder, which makes new packets and takes certain pictures only, does not carry over."""
    for track in brief.tracks.tracks:
        if track.kind == "video" and track.action == "encode" and track.stream is not None:
            yield from (Loss(*lost) for lost in format_losses(track.stream, brief.settings, brief.ability))
            yield from _along(brief, track.stream).losses


def _along(brief: Brief, stream: StreamInfo) -> Carried:
    return carried(stream, brief.settings, brief.ability, brief.container.format)


def _options(brief: Brief, videos: tuple[VideoPlan, ...]) -> dict[str, str]:
    """Muxer options; MP4 states an edit's length in its movie time scale, which must hold every track's first time."""
    options = dict(brief.container.options)
    if brief.container.format in {"mp4", "mov"}:
        scales = [video.index.time_base.denominator for video in videos]
        scales += [stream.sample_rate for stream in brief.info.of_kind("audio") if stream.sample_rate]
        scale = math.lcm(1000, *scales)
        options["movie_timescale"] = str(scale if scale <= _LARGEST_TIME_SCALE else (scales or [1000])[0])
    if _has_unofficial(brief):
        options["strict"] = "unofficial"
    return options


def _header(brief: Brief, stream: StreamInfo) -> dict[str, Any]:
    """What the container has to tell of the pictures, and what it must not tell."""
    facts = _along(brief, stream).facts
    header = {name: stream.side_data[name] for name in sorted(FACTS & facts)}
    lost = "dovi_configuration" in stream.side_data and "dovi_configuration" not in facts
    return header | ({"dovi_configuration": None} if lost else {})


def _has_unofficial(brief: Brief) -> bool:
    """Whether a picture track says what only boxes beyond the standard tell: Dolby Vision, stereo 3D, projections."""
    for track in brief.tracks.tracks:
        if track.kind == "video" and track.stream is not None:
            encodes = track.action == "encode"
            if _along(brief, track.stream).unofficial if encodes else _UNOFFICIAL & set(track.stream.side_data):
                return True
    return False


def _chapters(brief: Brief, shift: Fraction) -> Iterator[ChapterSpec]:
    """The chapters on the output's clock; those outside of ``--start`` and ``--end`` fall away."""
    begin, end = brief.start, brief.end
    for chapter in brief.info.chapters if brief.container.chapters else ():
        base = chapter.time_base
        first, last = chapter.start * base, chapter.end * base
        if (begin is not None and last <= begin) or (end is not None and first >= end):
            continue
        first = (first if begin is None else max(first, begin)) + shift
        last = (last if end is None else min(last, end)) + shift
        if (first / base).denominator > 1 or (last / base).denominator > 1:
            base = _CHAPTER_BASE
        yield ChapterSpec(round(first / base), round(last / base), str(base), dict(chapter.metadata))
