"""How a goal (``--target``) becomes commands: what each piece is held against, and which of its frames stand for it.

A piece is searched by itself, from a beginning that depends on the settings alone: which of its neighbours is done
first makes no difference. The search is `suture.quality.search`'s, its work `suture.quality.targeted`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.command.base import Resource
from suture.command.burn import PictureBurn
from suture.command.encoders import options_of, resource_of
from suture.command.quoting import filter_call
from suture.errors import ConfigError
from suture.ffmpeg.capabilities import capabilities
from suture.places import trials_folder
from suture.planning.brief import Decision
from suture.planning.filters import remembers
from suture.quality.curve import bend
from suture.quality.measure import shape_of
from suture.quality.metrics import context_of, gauges_of, require
from suture.quality.search import scale_of, usual_slope
from suture.quality.targeted import Stretch, TargetedVideo

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from suture.command.measuring import Gauge
    from suture.encoder import VideoEncoder
    from suture.goal import Goal
    from suture.media.index import FrameIndex
    from suture.model import ChunkData, StreamInfo
    from suture.planning.brief import Brief
    from suture.planning.frames import Looking
    from suture.quality.search import Scale

__all__ = ["Around", "Runs", "Targeting", "targeting_of"]

# What a VMAF of 95 is about as much as.
_ORDINARY: Final = {"vmaf": 95.0, "xpsnr": 40.0, "ssim": 0.985}
# Frames of a run, and from one to the next; a piece with fewer runs is tried as a whole at once. Source: measured
# (docs/targets.md): with few of them, what they tell is too far off to save an encode of the whole.
_RUN: Final = 10
_EVERY: Final = 60
_LEAST_RUNS: Final = 4
# Encoders that take their pictures from a GPU's memory.
_ON_DEVICE: Final = ("_vaapi", "_vulkan", "_qsv")


@dataclass(frozen=True, slots=True)
class Around:
    """Frames and their neighbours: a chunk, and how many of its frames are neighbours in front and behind."""

    chunk: ChunkData
    before: int = 0
    behind: int = 0


@dataclass(frozen=True, slots=True)
class Runs:
    """Short runs of frames all over a piece, which are encoded as if they were one film.

    Args:
        times: of each run, its first and its last pts, neighbours included.
        kept: of each run, which of all these frames count: the others are there for their motion.
    """

    times: tuple[tuple[int, int], ...]
    kept: tuple[tuple[int, int], ...]

    @property
    def frames(self) -> int:
        """With the neighbours."""
        return self.kept[-1][1] + self.kept[0][0]

    def stretch(self, encoder: VideoEncoder, chunk: ChunkData, path: str, task: str) -> Stretch:
        """How they are encoded and measured."""
        chosen = filter_call("select", "+".join(f"between(pts,{first},{last})" for first, last in self.times))
        encode = replace(encoder, decoded=False).command(chunk, str(Path(path).with_stem(task)), task)
        encode = replace(encode, filters=(chosen, *encode.filters), expected=self.frames)
        seen = encoder.seen(chunk)
        return Stretch(encode, replace(seen, filters=(chosen, *seen.filters)), self.frames, kept=self.kept)


@dataclass(frozen=True, slots=True)
class Targeting:
    """What all pieces of a track share in their search, and what each is held against.

    Args:
        goal: to be reached.
        gauge: how it is measured.
        scale: the encoder's qualities.
        start: the first of them that is tried.
        rate: frames a second, nominally.
        trials: the folder where what is learned lies.
        wholes: of each piece, its frames with their neighbours.
        runs: of each piece, the runs that stand for it; none: it is short.
    """

    goal: Goal
    gauge: Gauge
    scale: Scale
    start: float
    rate: Fraction
    trials: str
    wholes: tuple[Around, ...]
    runs: tuple[Runs | None, ...]

    def command(self, encoder: VideoEncoder, chunk: ChunkData, path: str, task: str) -> TargetedVideo:
        """The command that makes a piece."""
        around, runs = self.wholes[chunk.chunk_id], self.runs[chunk.chunk_id]
        encode = encoder.command(chunk, path, task)
        return TargetedVideo(
            Stretch(encode, encoder.seen(around.chunk), chunk.frames or 0, around.before, around.behind),
            None if runs is None else runs.stretch(encoder, chunk, path, f"{task}-runs"),
            goal=self.goal,
            gauge=self.gauge,
            scale=self.scale,
            start=self.start,
            rate=self.rate,
            trials=self.trials,
        )

    def decision(self) -> Decision:
        """For `plan`."""
        gauge, goal = self.gauge, self.goal
        model = f" with {gauge.model}" if gauge.model else ""
        where = f"measured at {gauge.width}x{gauge.height}{model}"
        why = f"{goal.metric} {goal.value:g} ({goal.pool}) in each piece, {where}; the search begins at {self.start:g}"
        return Decision("target", why, "--target")


def targeting_of(
    brief: Brief,
    stream: StreamInfo,
    encoder: VideoEncoder,
    chunks: Sequence[ChunkData],
    index: FrameIndex,
    ranged: Callable[[int, int], ChunkData],
    looking: Looking,
) -> Targeting | None:
    """How the goal of a job is reached; None: it has none.

    Args:
        brief: the job.
        stream: which stream.
        encoder: of the pieces.
        chunks: the pieces.
        index: their frames.
        ranged: gives a range of the film's frames that are there, as an exact chunk, of ``[first, end)``.
        looking: how the source is looked at.

    Raises:
        ConfigError: what is asked for can't be measured.
        Unsupported: this ffmpeg can't measure it.
    """
    goal = brief.settings.goal
    if goal is None:
        return None
    _refuse_unseen(encoder)
    require((goal.metric,), capabilities(brief.ffmpeg))
    plain = replace(encoder, burn=None)
    shape = shape_of(plain.seen(chunks[0]), ffmpeg=brief.ffmpeg, context=looking.context())
    made = replace(shape, pixel_format=encoder.pixel_format or shape.pixel_format)
    (gauge,) = gauges_of((goal.metric,), shape, made)
    known = options_of(encoder.codec)
    scale = scale_of(encoder.codec, known.low, known.high)
    before, behind = context_of((goal.metric,))
    around = _Neighbours(ranged, chunks, index, before, behind)
    cut = encoder.proof is None and not remembers(brief.settings.video_filter or "")
    return Targeting(
        goal,
        gauge,
        scale,
        _start(goal, scale),
        encoder.frame_rate or stream.frame_rate or Fraction(25),
        str(trials_folder()) if brief.settings.resume else brief.folder,
        tuple(around.of(chunk) for chunk in chunks),
        tuple(around.runs(chunk) if cut else None for chunk in chunks),
    )


def _refuse_unseen(encoder: VideoEncoder) -> None:
    """What is measured has to be seen by a decoder and filters on cores."""
    if isinstance(encoder.burn, PictureBurn):
        raise ConfigError("--target can't go with bitmap subtitles that are burnt in", "burn them in a first encode")
    if encoder.codec.endswith(_ON_DEVICE) or resource_of("libx264", encoder.filters, None) is not Resource.CPU:
        raise ConfigError("--target can't go with pictures that lie on a GPU", "use filters and encoders of the cores")


def _start(goal: Goal, scale: Scale) -> float:
    """Where an ordinary film has this score."""
    ordinary = bend(goal.metric, _ORDINARY[goal.metric])
    return scale.nearest(scale.usual + (bend(goal.metric, goal.value) - ordinary) / usual_slope(goal, scale))


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """Frames of the film around pieces and runs; where filters count frames anew, there are none to be had."""

    ranged: Callable[[int, int], ChunkData]
    chunks: Sequence[ChunkData]
    index: FrameIndex
    before: int
    behind: int

    def of(self, chunk: ChunkData) -> Around:
        """A chunk with as many neighbours as the metric looks at, and as there are."""
        if chunk.frames is None or not chunk.is_exact:
            return Around(chunk)
        first = max(self.chunks[0].start_frame, chunk.start_frame - self.before)
        end = min(self.chunks[-1].end_frame, chunk.end_frame + self.behind)
        wide = replace(self.ranged(first, end), chunk_id=chunk.chunk_id)
        return Around(wide, chunk.start_frame - first, end - chunk.end_frame)

    def runs(self, chunk: ChunkData) -> Runs | None:
        """The runs of a chunk, spread over it, with neighbours that are its own."""
        count = (chunk.frames or 0) // _EVERY
        if count < _LEAST_RUNS or not chunk.is_exact:
            return None
        begin, length = chunk.start_frame - self.chunks[0].start_frame, self.before + _RUN + self.behind
        firsts = [begin + int((n + 0.5) * (chunk.frames or 0) / count) - length // 2 for n in range(count)]
        pts = self.index.pts
        return Runs(
            tuple((pts[first], pts[first + length - 1]) for first in firsts),
            tuple((n * length + self.before, (n + 1) * length - self.behind) for n in range(count)),
        )
