"""A job's plan: from a source and settings to tracks, pieces, commands and the reasons for all of it.

`make_plan` looks at the source (probe and index, in child processes) and at what the ffmpeg can do; everything after
that is pure, and depends on nothing but the source, the settings and the machine's number of cores. Running a plan is
the pipeline's business, printing it `report`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from suture.chunker import Cuts, chunks_from, cut_points
from suture.errors import ConfigError, MediaError
from suture.ffmpeg.capabilities import capabilities
from suture.ffmpeg.locate import locate
from suture.media.probe import probe
from suture.media.spec import write_spec
from suture.orchestrator.graph import Dag
from suture.planning.burn import burn_for
from suture.planning.containers import container_for, is_text
from suture.planning.filters import filter_names
from suture.planning.frames import index_for
from suture.planning.machine import cores
from suture.planning.output import join_spec
from suture.planning.steps import Step, build_steps
from suture.planning.tracks import choose_tracks
from suture.planning.video import video_encoder, whole_reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.cancel import CancelToken
    from suture.command.base import Command
    from suture.encoder import VideoEncoder
    from suture.ffmpeg.capabilities import Capabilities
    from suture.media.index import FrameIndex
    from suture.media.spec import JoinSpec
    from suture.model import ChunkData, MediaInfo
    from suture.planning.containers import Container
    from suture.planning.tracks import Loss, Track, TrackList
    from suture.settings import EncodeSettings

__all__ = ["Decision", "Plan", "VideoPlan", "make_plan"]


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that was decided without being asked: what, why, and the option that says otherwise."""

    what: str
    why: str
    option: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.why}" + (f" [{self.option}]" if self.option else "")


@dataclass(frozen=True, slots=True)
class VideoPlan:
    """One video track that is encoded: its frames, its pieces, its encoder.

    ``first_frame``: where the output begins in the source's numbering (``--start``). ``own_times``: a filter changes
    the frames, so the pieces' own timestamps count. ``before``: what has to run before the pieces.
    """

    track: Track
    index: FrameIndex
    index_path: str
    chunks: tuple[ChunkData, ...]
    encoder: VideoEncoder
    costs: tuple[float, ...]
    first_frame: int = 0
    own_times: bool = False
    before: Command | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that `suture encode` is going to do."""

    source: str
    output: str
    folder: str
    settings: EncodeSettings
    info: MediaInfo
    container: Container
    tracks: TrackList
    videos: tuple[VideoPlan, ...]
    workers: int
    ffmpeg: str
    decisions: tuple[Decision, ...]
    losses: tuple[Loss, ...]
    steps: tuple[Step, ...]
    spec: JoinSpec
    spec_path: str
    linear: frozenset[int] = field(default_factory=frozenset)

    @property
    def frames(self) -> int:
        """Frames to encode, over all tracks."""
        return sum(len(video.index) for video in self.videos)

    @property
    def pieces(self) -> int:
        """Pieces of video, over all tracks."""
        return sum(len(video.chunks) for video in self.videos)

    def dag(self) -> Dag:
        """The steps as a graph for the orchestrator."""
        dag = Dag()
        for step in self.steps:
            dag.add(step.command, after=step.after, after_any=step.after_any, cost=step.cost)
        return dag

    def write(self) -> None:
        """Put what the steps read into the job's folder."""
        write_spec(self.spec, self.spec_path)


def make_plan(
    source: str,
    output: str,
    settings: EncodeSettings,
    folder: str,
    *,
    overwrite: bool = False,
    linear: frozenset[int] = frozenset(),
    on_note: Callable[[str], None] = lambda _text: None,
    cancel: CancelToken | None = None,
) -> Plan:
    """Look at the source and decide.

    Args:
        source: the input.
        output: the file to make.
        settings: what is asked for.
        folder: the job's own, existing folder; indexes are written there.
        overwrite: an existing output may be replaced.
        linear: streams that are decoded in one go because a cut of them turned out not to be exact.
        on_note: told what takes long.
        cancel: stops the looking when set.

    Raises:
        CommandCancelled: ``cancel`` was set.
        ConfigError: the settings do not fit the source or the container.
        MediaError: the source can't be read, or nothing in it can be encoded.
        EnvironmentProblem: this ffmpeg lacks something.
    """
    container = container_for(output)
    info = probe(source, cancel=cancel)
    ffmpeg = locate(settings.ffmpeg)
    able = capabilities(ffmpeg)
    tracks = choose_tracks(info, settings, container)
    _require(able, tracks, settings)
    workers = settings.workers or cores()
    decisions: list[Decision] = []
    videos = []
    for track in tracks.tracks:
        if track.kind == "video" and track.action == "encode":
            wanted = _Video(track, info, settings, tracks, workers, folder, ffmpeg, cancel)
            videos.append(_plan_video(wanted, linear, decisions, on_note))
    spec, losses, more = join_spec(
        source, output, settings, info, container, tracks, tuple(videos), folder, overwrite=overwrite
    )
    decisions += [Decision(*entry) for entry in more]
    spec_path = str(Path(folder) / "join.json")
    steps = build_steps(tuple(videos), tracks, spec, spec_path, settings, info, folder, ffmpeg)
    _refuse_losses(losses, settings)
    return Plan(
        source, output, folder, settings, info, container, tracks, tuple(videos), workers, ffmpeg,
        tuple(decisions), losses, steps, spec, spec_path, linear,
    )  # fmt: skip


def _require(able: Capabilities, tracks: TrackList, settings: EncodeSettings) -> None:
    """Ask the binary, before anything starts, whether it has what the plan needs."""
    for encoder in {track.encoder for track in tracks.tracks if track.encoder}:
        able.require_encoder(encoder)
    for chain in (settings.video_filter, settings.audio_filter):
        for name in filter_names(chain or ""):
            able.require_filter(name)
    if settings.subtitles == "burn":
        able.require_filter("overlay" if tracks.burnt and not is_text(tracks.burnt.codec) else "subtitles")


def _refuse_losses(losses: tuple[Loss, ...], settings: EncodeSettings) -> None:
    if settings.no_loss and losses:
        raise ConfigError(
            "--no-loss: not everything can arrive: " + "; ".join(str(loss) for loss in losses),
            "choose another container or codec, or leave --no-loss away",
        )


@dataclass(frozen=True, slots=True)
class _Video:
    """What planning one video track needs to know."""

    track: Track
    info: MediaInfo
    settings: EncodeSettings
    tracks: TrackList
    workers: int
    folder: str
    ffmpeg: str
    cancel: CancelToken | None


def _plan_video(
    wanted: _Video, linear: frozenset[int], decisions: list[Decision], on_note: Callable[[str], None]
) -> VideoPlan:
    stream = wanted.track.stream
    assert stream is not None  # noqa: S101 - encoded tracks come from the source
    found = index_for(
        wanted.info,
        stream,
        wanted.folder,
        wanted.ffmpeg,
        linear=stream.index in linear,
        on_note=on_note,
        cancel=wanted.cancel,
    )
    if found.note:
        decisions.append(Decision("frame index", found.note))
    if not len(found.index):
        raise MediaError(f"nothing of video stream {stream.index} of {wanted.info.path!r} decodes")
    index, first = _in_range(found.index, wanted.settings, wanted.info)
    why = found.whole or whole_reason(wanted.settings)
    cuts = Cuts((0,), f"one piece: {why}") if why else _cuts(index, wanted)
    decisions.append(Decision("pieces", cuts.reason, "--chunking"))
    threads = _threads(wanted, len(cuts.starts), decisions)
    burn, before = (None, None)
    if stream is wanted.info.of_kind("video")[0]:
        burn, before = burn_for(stream, wanted.info, wanted.settings, wanted.tracks, wanted.folder, wanted.ffmpeg)
    encoder, own_times = video_encoder(
        stream, index, wanted.settings, wanted.ffmpeg, threads, burn, wanted.info.start_us
    )
    chunks = _chunks(found.index, cuts, first, first + len(index), wanted)
    if own_times:
        chunks = [replace(chunk, end_frame=-1) for chunk in chunks]
    return VideoPlan(
        wanted.track,
        index,
        found.write(index),
        tuple(chunks),
        encoder,
        _costs(index, chunks, first),
        first,
        own_times,
        before,
    )


def _cuts(index: FrameIndex, wanted: _Video) -> Cuts:
    settings = wanted.settings
    return cut_points(
        index,
        settings.chunking,
        chunk_duration=settings.chunk_duration,
        chapter_starts=[chapter.start * chapter.time_base for chapter in wanted.info.chapters],
        workers=wanted.workers,
    )


def _chunks(full: FrameIndex, cuts: Cuts, first: int, end: int, wanted: _Video) -> list[ChunkData]:
    """The ranges in the source's own numbering, so that a decoder knows where to seek."""
    moved = Cuts(tuple(start + first for start in cuts.starts), cuts.reason)
    return chunks_from(full, moved, wanted.info.path, wanted.info.format, end=end)


def _in_range(index: FrameIndex, settings: EncodeSettings, info: MediaInfo) -> tuple[FrameIndex, int]:
    """The frames between ``--start`` and ``--end``, which count from the container's start, as ffmpeg's do."""
    if settings.start is None and settings.end is None:
        return index, 0
    zero = Fraction(info.start_us, 1_000_000)
    begin, end = zero + (settings.start or 0), None if settings.end is None else zero + settings.end
    first = next((n for n in range(len(index)) if index.time(n) >= begin), len(index))
    last = len(index) if end is None else next((n for n in range(len(index)) if index.time(n) >= end), len(index))
    if first >= last:
        raise ConfigError(
            "no frame lies between --start and --end", f"the film is {float(index.time(len(index)) - zero):.3f} s long"
        )
    return index.part(first, last), first


def _threads(wanted: _Video, pieces: int, decisions: list[Decision]) -> int | None:
    """Threads for each piece: one, where there is a piece for every worker; all, where there is one piece."""
    if wanted.settings.threads is not None:
        return wanted.settings.threads
    if pieces == 1:
        decisions.append(Decision("threads", "one piece, so the encoder uses as many as it likes", "--threads"))
        return None
    threads = max(1, cores() // min(wanted.workers, pieces))
    decisions.append(
        Decision(
            "workers",
            f"{min(wanted.workers, pieces)} encoders at once with {threads} thread{'s'[: threads > 1]} each on {cores()} cores",
            "--workers, --threads",
        )
    )
    return threads


def _costs(index: FrameIndex, chunks: list[ChunkData], first: int) -> tuple[float, ...]:
    """Predicted work of each piece in frames, weighted by the source's bytes."""
    total = sum(index.sizes) or 1
    costs = []
    for chunk in chunks:
        begin, end = (
            chunk.start_frame - first,
            (chunk.end_frame if chunk.end_frame >= 0 else len(index) + first) - first,
        )
        costs.append(0.5 * (end - begin) + 0.5 * len(index) * sum(index.sizes[begin:end]) / total)
    return tuple(costs)
