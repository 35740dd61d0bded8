"""A job's plan: from a source and settings to tracks, pieces, commands and the reasons for all of it.

`make_plan` looks at the source (probe and index, in child processes) and at what the ffmpeg can do; everything after
that is pure, and depends on nothing but the source, the settings and the machine's number of cores. Running a plan is
the pipeline's business, printing it `report`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from suture.errors import ConfigError, Unsupported
from suture.ffmpeg.capabilities import capabilities
from suture.ffmpeg.locate import locate
from suture.media.probe import probe
from suture.media.spec import write_spec
from suture.orchestrator.graph import Dag
from suture.planning.ability import ability_of
from suture.planning.brief import Brief, Decision, VideoPlan
from suture.planning.clock import ClockJumps, evened
from suture.planning.containers import container_for, is_text
from suture.planning.early import early_steps
from suture.planning.filters import filter_names
from suture.planning.frames import Looking
from suture.planning.loudness import loudness_decision
from suture.planning.machine import cores
from suture.planning.output import join_spec
from suture.planning.pieces import plan_video
from suture.planning.sound import plan_sounds
from suture.planning.sound_steps import splice_spec
from suture.planning.steps import Step, build_steps
from suture.planning.tags import with_file_tags
from suture.planning.tracks import choose_tracks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.command.base import Command
    from suture.ffmpeg.capabilities import Capabilities
    from suture.media.spec import JoinSpec
    from suture.model import MediaInfo
    from suture.planning.containers import Container
    from suture.planning.sound import SoundPlan
    from suture.planning.tracks import Loss, TrackList
    from suture.settings import EncodeSettings

__all__ = ["Decision", "Plan", "VideoPlan", "make_plan"]

# Source: decoders added to FFmpeg after 4.0 (its Changelog).
_YOUNG_CODECS = frozenset({"apv", "av1", "avs3", "evc", "jpegxl", "vvc"})


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
    sounds: tuple[SoundPlan, ...]
    steps: tuple[Step, ...]
    spec: JoinSpec
    spec_path: str
    linear: frozenset[int] = field(default_factory=frozenset)
    whole: frozenset[int] = field(default_factory=frozenset)
    copy: Command | None = None

    @property
    def frames(self) -> int:
        """Frames to encode, over all tracks."""
        return sum(len(video.index) for video in self.videos)

    @property
    def pieces(self) -> int:
        """Pieces of video, over all tracks."""
        return sum(len(video.chunks) for video in self.videos)

    def files(self) -> Iterator[str]:
        """All that its steps leave in its folder for others."""
        for step in self.steps:
            yield step.command.output_path
            yield from filter(None, (getattr(step.command, name, "") for name in ("joint", "listing")))

    @property
    def sound_pieces(self) -> int:
        """Pieces of sound, over all tracks that are cut."""
        return sum(len(sound.bounds) for sound in self.sounds if sound.is_cut)

    def dag(self, memory_bytes: int | None = None) -> Dag:
        """The steps as a graph for the orchestrator.

        Args:
            memory_bytes: what there is; None: nobody counts. A step that is thought to need more runs by itself then:
                estimates are no reason to refuse.
        """
        dag = Dag()
        for step in self.steps:
            dag.add(
                step.command,
                after=step.after,
                after_any=step.after_any,
                cost=step.cost,
                transient=step.transient,
                memory_bytes=step.memory_bytes if memory_bytes is None else min(step.memory_bytes, memory_bytes),
                memory_kind=step.memory_kind,
            )
        return dag

    def write(self) -> None:
        """Put what the steps read into the job's folder."""
        write_spec(self.spec, self.spec_path)
        for path, text in self.splices():
            Path(path).write_text(text)

    def splices(self) -> Iterator[tuple[str, str]]:
        """What the splices of its sounds read: where, and what."""
        for sound in self.sounds:
            if sound.is_spliced:
                yield sound.spec_path(self.folder), splice_spec(self.folder, sound).to_json()


def make_plan(
    source: str,
    output: str,
    settings: EncodeSettings,
    folder: str,
    *,
    overwrite: bool = False,
    looking: Looking | None = None,
) -> Plan:
    """Look at the source and decide.

    Args:
        source: the input.
        output: the file to make.
        settings: what is asked for.
        folder: the job's own, existing folder; indexes are written there.
        overwrite: an existing output may be replaced.
        looking: how the source is looked at.

    Raises:
        CommandCancelled: looking was stopped.
        ConfigError: the settings do not fit the source or the container.
        MediaError: the source can't be read, or nothing in it can be encoded.
        EnvironmentProblem: this ffmpeg lacks something.
    """
    looking = looking or Looking()
    brief = _brief(source, output, settings, folder, looking, overwrite=overwrite)
    info = brief.info
    if looking.begin and (early := early_steps(brief, looking)):
        looking.begin(early)
    try:
        planned = _videos(brief, looking)
    except ClockJumps:
        brief = evened(brief, looking)
        planned = _videos(brief, looking)
    videos = tuple(video for video, _ in planned)
    seen = tuple(decision for _, made in planned for decision in made)
    sounds = plan_sounds(brief, videos, looking)
    spec, losses, decisions = join_spec(brief, videos, sounds)
    spec_path = str(Path(folder) / "join.json")
    _refuse_losses(losses, settings)
    return Plan(
        source=source,
        output=output,
        folder=folder,
        settings=settings,
        info=info,
        container=brief.container,
        tracks=brief.tracks,
        videos=videos,
        workers=brief.workers,
        ffmpeg=brief.ffmpeg,
        decisions=(*_copied(brief), *seen, *_heard(sounds, settings.loudness), *decisions),
        losses=losses,
        sounds=sounds,
        steps=build_steps(brief, videos, sounds, spec, spec_path),
        spec=spec,
        spec_path=spec_path,
        linear=looking.linear,
        whole=looking.whole,
        copy=brief.copy,
    )


def _copied(brief: Brief) -> tuple[Decision, ...]:
    why = "the source's clock starts again or jumps, so all is made from a copy whose clock runs on"
    return (Decision("timestamps", why),) if brief.copy else ()


def _heard(sounds: tuple[SoundPlan, ...], target: float | None) -> Iterator[Decision]:
    """How each sound is encoded."""
    if sounds and target is not None:
        yield loudness_decision(target)
    yield from (sound.decision() for sound in sounds)


def _videos(brief: Brief, looking: Looking) -> list[tuple[VideoPlan, list[Decision]]]:
    tracks = [track for track in brief.tracks.tracks if track.kind == "video" and track.action == "encode"]
    return [plan_video(brief, track, looking) for track in tracks]


def _brief(
    source: str, output: str, settings: EncodeSettings, folder: str, looking: Looking, *, overwrite: bool
) -> Brief:
    container = container_for(output)
    info = with_file_tags(probe(source, cancel=looking.cancel))
    ffmpeg = locate(settings.ffmpeg)
    able = capabilities(ffmpeg)
    if settings.audio_codec not in {"copy", "none"} and info.of_kind("audio"):
        able.require_encoder(settings.audio_codec)  # before it is asked what holds its sound
    tracks = choose_tracks(info, settings, container)
    _require(able, tracks, settings)
    encodes = any(track.encoder == settings.video_codec for track in tracks.tracks)
    ability = ability_of(able, settings.video_codec if encodes else "none")
    available = looking.cores or cores()
    workers = looking.workers or settings.workers or available
    return Brief(output, settings, folder, info, container, tracks, ffmpeg, workers, available, overwrite, ability)


def _require(able: Capabilities, tracks: TrackList, settings: EncodeSettings) -> None:
    """Ask the binary, before anything starts, whether it has what the plan needs."""
    for encoder in {track.encoder for track in tracks.tracks if track.encoder}:
        able.require_encoder(encoder)
    for track in tracks.tracks:
        if track.kind == "video" and track.action == "encode" and track.stream:
            _require_decoder(able, track.stream.codec)
    for chain in (settings.video_filter, settings.audio_filter):
        for name in filter_names(chain or ""):
            able.require_filter(name)
    if settings.subtitles == "burn":
        able.require_filter("overlay" if tracks.burnt and not is_text(tracks.burnt.codec) else "subtitles")


def _require_decoder(able: Capabilities, codec: str) -> None:
    """Decoders are not always called as their codec is, so only codecs that an older ffmpeg lacks are asked for."""
    if codec in _YOUNG_CODECS and not any(codec in name for name in able.decoders):
        raise Unsupported(f"ffmpeg {able.version} has no decoder for {codec}", "--ffmpeg names another")


def _refuse_losses(losses: tuple[Loss, ...], settings: EncodeSettings) -> None:
    if settings.no_loss and losses:
        raise ConfigError(
            "--no-loss: not everything can arrive: " + "; ".join(str(loss) for loss in losses),
            "choose another container or codec, or leave --no-loss away",
        )
