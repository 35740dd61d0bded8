"""One sound track's plan: in one go, or decoded once, cut on its codec's grid, encoded in parallel and spliced.

Cutting pays where a track would keep one core busy while others have nothing to do: sound alone, many tracks, or a
long track beside a fast encode of pictures. Whatever is decided, `plan` says why.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.command.sound import HeardSound, SoundSlice, SoundSource
from suture.encoder.sound import grid_of
from suture.media.splice_spec import SoundPart, SpliceSpec
from suture.planning.brief import Decision
from suture.planning.filters import filter_names
from suture.units import format_time, parse_rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suture.encoder.sound import Grid
    from suture.model import StreamInfo
    from suture.planning.brief import Brief, VideoPlan
    from suture.planning.frames import Looking
    from suture.planning.tracks import Track

__all__ = ["SoundPlan", "begin_path", "plan_sounds", "sound_filters"]

# Filters behind which a track lasts longer or shorter than before, or is told other times.
_STRETCHING: Final = frozenset(
    {"aloop", "areverse", "aselect", "asegment", "asetpts", "asetrate", "atempo", "atrim", "concat", "rubberband"}
    | {"adelay", "apad", "silenceremove", "amovie", "join", "acrossfade"}
)
# Containers that hold what was broadcast or captured, one thing behind the other.
_RESTARTING: Final = frozenset({"mpegts", "mpeg", "flv", "asf"})
# What Opus has instead of layouts that it has not. Source: RFC 7845, 5.1.1.2; names are ffmpeg's.
_OPUS_LAYOUTS: Final = {
    "2.1": "5.1",
    "3.0(back)": "5.0",
    "4.0": "5.0",
    "quad(side)": "quad",
    "3.1": "5.1",
    "5.0(side)": "5.0",
    "4.1": "5.1",
    "5.1(side)": "5.1",
    "6.0": "6.1",
    "6.0(front)": "7.1",
    "6.1(back)": "7.1",
    "6.1(front)": "7.1",
    "7.0": "7.1",
    "7.0(front)": "7.1",
    "7.1(wide)": "7.1",
    "7.1(wide-side)": "7.1",
}
# AAC's quality up to which pieces are as large as the same sound in one encode.
_STEADY_QUALITY: Final = 1.2
# Opus, in bits a second for each channel, from which on joins are as good as the rest.
_THIN_OPUS: Final = 24_000
# Seconds of one core: a shorter piece costs more to start than it gains, a longer one leaves cores idle in the end.
_SHORTEST_S, _LONGEST_S = 2.0, 30.0
# Pieces for each worker, so that none waits long for the last.
_ROUNDS: Final = 4
# A piece is so many times as long as what its neighbours encode of it, too.
_LEAST_OWN: Final = 30
# Where more cores are idle than such pieces would keep busy, so many times.
_LEAST_SHARED: Final = 12
# What a frame of pictures costs, in seconds of one core for a megapixel: a fast encoder's.
_PICTURE_COST: Final = 0.01
_LAYOUTS: Final = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
_LARGEST_SLICE: Final = 1 << 30
_FORM_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class SoundPlan:
    """One sound track that is encoded.

    Args:
        number: of the track in the output.
        track: which.
        sound: what is decoded.
        grid: of its packets.
        period: a piece begins to encode at a multiple of so many packets.
        bounds: the first packet of each piece; one piece: it is encoded whole.
        seconds: how long it is expected to last.
        why: how it is encoded, for people.
    """

    number: int
    track: Track
    sound: SoundSource | None = None
    grid: Grid | None = None
    period: int = 1
    bounds: tuple[int, ...] = (0,)
    seconds: float = 0.0
    why: str = ""

    @property
    def is_cut(self) -> bool:
        """Whether it is encoded in pieces."""
        return len(self.bounds) > 1

    @property
    def is_spliced(self) -> bool:
        """Whether its file is made of pieces, be it of a single one; of others ffmpeg tells length and place."""
        return self.sound is not None

    @property
    def name(self) -> str:
        """What its tasks' names begin with."""
        return f"audio-{self.number}"

    @property
    def cost(self) -> float:
        """Seconds of one core for each piece, about."""
        channels = self.track.stream.channels if self.track.stream else 2
        return self.seconds * channels * (self.grid.cost if self.grid else 0.005) / len(self.bounds)

    def decision(self) -> Decision:
        """For `plan`."""
        where = f"sound of stream {self.track.source_index}"
        if not self.is_cut:
            return Decision(where, f"encoded whole: {self.why}")
        each = format_time(Fraction(round(self.seconds / len(self.bounds))))
        return Decision(where, f"{len(self.bounds)} pieces of about {each}: {self.why}", "--chunk-duration")

    # -- cut ------------------------------------------------------------------------------------------------------

    def first(self, piece: int) -> int:
        """The first packet that a piece encodes."""
        assert self.grid is not None  # noqa: S101 - it is cut
        return max(0, self.bounds[piece] - self.grid.before) if piece else 0

    def silence(self, piece: int) -> int:
        """Samples of silence behind those of a piece: the last samples of the last one must not stay in the encoder."""
        assert self.grid is not None  # noqa: S101 - it is cut
        assert self.sound is not None  # noqa: S101 - as above
        is_last = piece + 1 == len(self.bounds)
        return self.grid.samples(self.sound.rate) if is_last and self.grid.pads else 0

    def slices(self, folder: str) -> list[SoundSlice]:
        """The samples of each piece."""
        return [self._slice(folder, piece) for piece in range(len(self.bounds))]

    def _slice(self, folder: str, piece: int) -> SoundSlice:
        assert self.grid is not None  # noqa: S101 - it is cut
        assert self.sound is not None  # noqa: S101 - as above
        size, last = self.grid.samples(self.sound.rate), piece + 1 == len(self.bounds)
        # The last one goes on for as long again: should there be still more, nobody knew how long the track is.
        until = 2 * self.bounds[-1] - self.bounds[-2] + self.bounds[1] if last else self.bounds[piece + 1]
        end = (until + self.grid.behind) * size
        keep = 0 if last else end - self.first(piece + 1) * size
        name = f"{self.name}-slice-{piece:05d}"
        joint = self.joint_path(folder, piece + 1) if keep and self.grid.compares else ""
        path = str(Path(folder) / f"{name}.wav")
        begin = self.first(piece) * size
        return SoundSlice(name, path, self.sound, self._listing(folder), begin=begin, end=end, keep=keep, joint=joint)

    def heard(self, folder: str) -> HeardSound:
        """What lists the whole decode."""
        assert self.sound is not None  # noqa: S101 - it is cut
        name = f"{self.name}-heard"
        return HeardSound(name, str(Path(folder) / f"{name}.txt"), self.sound, self._listing(folder))

    def piece_path(self, folder: str, piece: int, suffix: str) -> str:
        """Where a piece lies."""
        return str(Path(folder) / f"{self.name}-{piece:05d}.{suffix}")

    def joint_path(self, folder: str, piece: int) -> str:
        """Where lie the samples that a piece has in common with the one before."""
        return str(Path(folder) / f"{self.name}-joint-{piece:05d}.wav")

    def spec_path(self, folder: str) -> str:
        """Where the splice reads what it has to do."""
        return str(Path(folder) / f"{self.name}.splice.json")

    def splice(self, folder: str, suffix: str, output: str) -> SpliceSpec:
        """What the splice has to do."""
        grid = self.grid
        assert grid is not None  # noqa: S101 - it is cut
        parts = tuple(
            SoundPart(
                self.piece_path(folder, piece, suffix),
                self.first(piece),
                self.joint_path(folder, piece) if piece and grid.compares else "",
            )
            for piece in range(len(self.bounds))
        )
        heard = self.heard(folder).output_path
        return SpliceSpec(output, heard, parts, begin_path(output), grid.warm, grid.tail, grid.reach, grid.run)

    def _listing(self, folder: str) -> str:
        return str(Path(folder) / f"{self.name}-heard.now.txt")


def begin_path(output: str) -> str:
    """Where a splice writes when its file begins."""
    return f"{output}.begin"


def plan_sounds(brief: Brief, videos: Sequence[VideoPlan], looking: Looking) -> tuple[SoundPlan, ...]:
    """Decide for each track of sound that is encoded."""
    plans = [
        _planned(brief, number, track, looking)
        for number, track in enumerate(brief.tracks.tracks)
        if track.kind == "audio" and track.action == "encode"
    ]
    pictures = sum(_PICTURE_COST * _megapixels(video) * len(video.index) for video in videos)
    total = pictures + sum(plan.cost for plan in plans)
    return tuple(_cut(plan, brief, total) for plan in plans)


def _megapixels(video: VideoPlan) -> float:
    stream = video.track.stream
    return stream.width * stream.height / 1_000_000 if stream else 0.0


def _planned(brief: Brief, number: int, track: Track, looking: Looking) -> SoundPlan:
    """What is known of a track before it is cut; without a source of samples it can't be."""
    stream = track.stream
    assert stream is not None  # noqa: S101 - encoded sound comes from the source
    channels, bits = _channels(brief, track), _bit_rate(brief, track)
    grid = grid_of(track.encoder)
    plan = SoundPlan(number, track, grid=grid, seconds=float(_length(brief, stream)))
    if (why := _why_untold(brief, plan)) or grid is None:
        return replace(plan, why=why)
    rate = grid.rate(brief.settings.sample_rate or stream.sample_rate)
    changed = rate != stream.sample_rate or channels != stream.channels
    filtered = bool(brief.settings.audio_filter)
    form = grid.form("flt" if filtered else stream.sample_format, changed=changed or filtered)
    layout = _LAYOUTS[brief.settings.channels] if brief.settings.channels else ""
    filters = sound_filters(brief, track)
    if brief.settings.sample_rate not in {None, rate}:  # what is above half of it shall not be heard all the same
        filters += (f"aresample={brief.settings.sample_rate}",)
    sound = SoundSource(brief.info.path, stream.index, filters, form, rate, layout, brief.ffmpeg)
    period = grid.period(rate, bits or (448_000 if channels > 2 else None))  # noqa: PLR2004 - the encoder's own rates
    return replace(plan, sound=sound, period=period, why=_why_whole(brief, plan, looking))


def _channels(brief: Brief, track: Track) -> int:
    """Of what is encoded."""
    return brief.settings.channels or (track.stream.channels if track.stream else 2)


def _bit_rate(brief: Brief, track: Track) -> int | None:
    """What was asked for of this encoder, in bits a second."""
    asked = brief.settings.audio_bitrate if track.encoder == brief.settings.audio_codec else None
    return parse_rate(asked, "-b:a") if asked else None


def sound_filters(brief: Brief, track: Track) -> tuple[str, ...]:
    """The filters of a sound: an even clock, the range between ``--start`` and ``--end``, and the user's own."""
    bounds = [f"{key}={float(at):.6f}" for key, at in (("start", brief.start), ("end", brief.end)) if at is not None]
    asked = brief.settings.audio_filter
    ranged = [f"atrim={':'.join(bounds)}"] if bounds else []
    return (*_evened(brief, track), *ranged, *([asked] if asked else []), *_arranged(brief, track))


def _arranged(brief: Brief, track: Track) -> tuple[str, ...]:
    """Loudspeakers where the encoder knows them: Opus has them behind the listener, AC-3 and DTS beside.

    ffmpeg alone refuses. No loudspeaker is lost; some get silence. Behind filters of the user's it is not known which
    there are.
    """
    known = "" if track.stream is None else _OPUS_LAYOUTS.get(track.stream.channel_layout, "")
    if track.encoder != "libopus" or not known or brief.settings.channels or brief.settings.audio_filter:
        return ()
    return (f"aformat=channel_layouts={known}",)


def _evened(brief: Brief, track: Track) -> tuple[str, ...]:
    """Gaps filled and overlaps cut off, from 10 ms on, so that counting samples tells the time.

    A container without times also gets what is missing in front. Not where a clock may start again in the middle: hours
    would be filled.
    """
    stream = track.stream
    if stream is None or not stream.sample_rate or set(brief.info.format.split(",")) & _RESTARTING:
        return ()
    begin = brief.zero if brief.start is None else brief.start
    first = "" if brief.container.timed else f":first_pts={round(begin * stream.sample_rate)}"
    return (f"aresample=async=1:min_hard_comp=0.01{first}",)


def _length(brief: Brief, stream: StreamInfo) -> Fraction:
    """How long it lasts, as the container tells; 0: it does not."""
    begin = (stream.start_pts or 0) * stream.time_base
    if stream.duration:
        until = begin + stream.duration * stream.time_base
    elif brief.info.duration_us:
        # Matroska tells when it ends, others how long it lasts.
        zero = 0 if "matroska" in brief.info.format else brief.info.start_us
        until = Fraction(zero + brief.info.duration_us, 1_000_000)
    else:
        return Fraction(0)
    first = begin if brief.start is None else max(begin, brief.start)
    return max(Fraction(0), (until if brief.end is None else min(until, brief.end)) - first)


def _why_untold(brief: Brief, plan: SoundPlan) -> str:
    """Why ffmpeg is left to tell its length and its place; empty: we do."""
    settings, stream = brief.settings, plan.track.stream
    stretching = sorted(_STRETCHING.intersection(filter_names(settings.audio_filter or "")))
    grid = f"{plan.track.encoder} has no grid on which pieces could be joined, or is too fast to gain by it"
    layout = bool(settings.channels) and settings.channels not in _LAYOUTS
    reasons = {
        grid: plan.grid is None,
        f"behind {', '.join(stretching)} it is longer or shorter than the source says": bool(stretching),
        "its loudness is measured first": settings.loudness is not None,
        f"{settings.channels} channels have no usual layout": layout,
        "the source does not say how many samples a second it has": not (stream and stream.sample_rate),
    }
    return next((why for why, holds in reasons.items() if holds), "")


def _why_whole(brief: Brief, plan: SoundPlan, looking: Looking) -> str:
    """Why it can't be cut; empty: it can."""
    shared = "its packets share bits with those before, which no two encoders do alike at a constant quality"
    if plan.track.source_index in looking.whole:
        return "its pieces did not fit together"
    quality = brief.settings.audio_quality if plan.track.encoder == brief.settings.audio_codec else None
    if plan.track.encoder == "libmp3lame" and quality is not None:
        return shared
    if plan.track.encoder == "aac" and quality is not None and quality > _STEADY_QUALITY:
        return "at so high a quality its size depends on the loudest place so far, which pieces do not know"
    bits = _bit_rate(brief, plan.track)
    if plan.track.encoder == "libopus" and bits and bits < _THIN_OPUS * _channels(brief, plan.track):
        return "at so low a rate two encoders hardly ever make the same of a sound"
    return "" if plan.seconds else "the source does not say how long it is"


def _cut(plan: SoundPlan, brief: Brief, total: float) -> SoundPlan:
    """Where it is cut, if that pays."""
    grid, sound = plan.grid, plan.sound
    if grid is None or sound is None or plan.why:
        return plan
    own, why = _piece_seconds(plan, brief, total)
    packet = Fraction(grid.samples(sound.rate), sound.rate)
    own = Fraction(own)
    if own < plan.seconds:
        own = min(own, Fraction(_LARGEST_SLICE, sound.rate * _channels(brief, plan.track) * _FORM_BYTES))
    # At the first packet at or after each multiple, as pictures are cut.
    count = max(1, math.ceil(Fraction(plan.seconds) / own))
    bounds = tuple(dict.fromkeys(_bound(plan, math.ceil(n * own / packet)) for n in range(count)))
    if len(bounds) > 1 and float((bounds[-1] + 2) * packet) >= plan.seconds:
        bounds = bounds[:-1]  # nothing is gained by a piece of a packet or two, and it might be none
    if count > 1 and len(bounds) == 1:
        why = "it is shorter than what its encoder needs to begin anew"
    return replace(plan, bounds=bounds, why=why)


def _bound(plan: SoundPlan, packet: int) -> int:
    """The first packet at or after this where a piece may begin."""
    assert plan.grid is not None  # noqa: S101 - it can be cut
    if plan.period == 1 or not packet:
        return packet
    return -(-packet // plan.period) * plan.period + plan.grid.before


def _piece_seconds(plan: SoundPlan, brief: Brief, total: float) -> tuple[float | Fraction, str]:
    """How long a piece is to be, and why."""
    settings, workers = brief.settings, brief.workers
    assert plan.grid is not None  # noqa: S101 - it can be cut
    assert plan.sound is not None  # noqa: S101 - as above
    packet = Fraction(plan.grid.samples(plan.sound.rate), plan.sound.rate)
    overlap = (plan.grid.before + plan.grid.behind) * packet
    if settings.chunking == "fixed":
        # A piece that is shorter than what its neighbours encode of it would be encoded several times over.
        return settings.chunk_duration * max(1, math.ceil(overlap / settings.chunk_duration)), "as asked for"
    if plan.cost * workers <= total and plan.cost < _LONGEST_S:
        return plan.seconds, "one core is done with it before the others are with the rest"
    if workers == 1:
        return plan.seconds, "one worker gains nothing by pieces"
    share = min(max(plan.cost / (workers * _ROUNDS), _SHORTEST_S), _LONGEST_S)
    count = plan.seconds / max(float(_LEAST_OWN * overlap), plan.seconds * share / plan.cost)
    if count >= workers:
        count = workers * round(count / workers)  # whole rounds: the last pieces end together
    else:
        count = min(workers, plan.seconds / float(_LEAST_SHARED * overlap), plan.cost / _SHORTEST_S)
    if count < 2:  # noqa: PLR2004 - a piece is none
        return plan.seconds, "it is too short to gain by pieces"
    return plan.seconds / int(count), "all cores work on it"
