"""One video track's plan: which frames, cut where, encoded how."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Final

from suture.chunker import chunks_from
from suture.cuts import Cuts, cut_points
from suture.errors import ConfigError, MediaError
from suture.planning.brief import Decision, VideoPlan
from suture.planning.burn import burn_for
from suture.planning.filters import are_near_sighted, can_be_counted, changes_frames, moves_times, remembers
from suture.planning.frames import packets_of, write_part
from suture.planning.head import head_of
from suture.planning.linear import linear, why_linear, with_proved_cuts
from suture.planning.scenes import shots_of
from suture.planning.stages import staged
from suture.planning.targeting import targeting_of
from suture.planning.vbv import vbv_of
from suture.planning.video import video_encoder, whole_reason

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from suture.encoder import VideoEncoder
    from suture.media.index import FrameIndex
    from suture.model import ChunkData, StreamInfo
    from suture.planning.brief import Brief
    from suture.planning.frames import Looking, Packets
    from suture.planning.linear import Linear
    from suture.planning.tracks import Track
    from suture.scenes import Shots

__all__ = ["plan_frames", "plan_video"]

# Encoders that take no frame that lasts no time.
_LASTING: Final = frozenset({"libaom-av1", "libvpx", "libvpx-vp9"})


def plan_video(brief: Brief, track: Track, looking: Looking) -> tuple[VideoPlan, list[Decision]]:
    """Index a track, cut it, choose its encoder; and say what was decided.

    Raises:
        ConfigError: ``--start`` and ``--end`` leave no frame.
        MediaError: nothing of it decodes.
    """
    assert track.stream is not None  # noqa: S101 - encoded tracks come from the source
    _refuse_moved_range(brief)
    return plan_frames(brief, track, packets_of(brief, track.stream, looking), looking)


def plan_frames(brief: Brief, track: Track, packets: Packets, looking: Looking) -> tuple[VideoPlan, list[Decision]]:
    """As `plan_video`, from what the packets have told.

    Raises:
        ConfigError: as there.
        MediaError: as there.
    """
    stream = track.stream
    assert stream is not None  # noqa: S101 - as above
    burn, before = burn_for(brief, stream)

    def encoder_of(rate: Fraction | None, threads: int | None) -> VideoEncoder:
        encoder = video_encoder(brief, stream, rate, threads, burn)
        return replace(encoder, steady=packets.is_damaged, shape=_shape(stream, found, looking))

    found = None
    found = _linear(brief, stream, packets, encoder_of(None, None), looking)
    full = found.index if found else packets.index
    if not len(full):
        raise MediaError(f"nothing of video stream {stream.index} of {brief.info.path!r} decodes")
    # The range is told on the clock of the sound that is copied, and so are the output's times.
    index, first = _in_range(full.shifted(packets.late), brief)
    own_times = bool(changes_frames(brief.settings.video_filter or "")) and not (found and found.proof.late)
    head = head_of(index, brief, stream)
    steady = index.part(0, head[-1]) if head else index
    rate = None if own_times or _needs_times(index, brief) else _rate(steady, stream, brief.settings.video_codec)
    made = _Made(brief, stream, index, first, looking)
    chunks, encoder, cut, shots = made.pieces(packets, found, lambda threads: encoder_of(rate, threads))
    if own_times and brief.settings.target:
        why = "filters behind which nobody has counted the frames"
        raise ConfigError(f"--target can't go with {why}", "filter in one encode, without loss, and aim in another")
    targeting = targeting_of(brief, stream, encoder, chunks, index, partial(made.ranged, packets, found), looking)
    plan = VideoPlan(
        track,
        index,
        write_part(index, brief, stream),
        tuple(replace(chunk, end_frame=-1) for chunk in chunks) if own_times else tuple(chunks),
        encoder,
        _costs(index, chunks, first, stream),
        first,
        own_times,
        before,
        packets.cut_short,
        found.listing if found else None,
        min(len(chunks) - 1, max(0, len(head) - 1)),
        targeting,
        shots,
    )
    noted = [Decision("frame index", f"from one linear decode: {found.why}")] if found else []
    if plan.head:
        why = f"pieces 0 to {plan.head - 1} begin while the rest of the film is being looked at"
        noted.append(Decision("head", why, "--chunking fixed"))
    return plan, [*noted, *cut, *([targeting.decision()] if targeting else [])]


def _needs_times(index: FrameIndex, brief: Brief) -> bool:
    """Whether the encoder has to know when frames are shown: a buffer empties by the second, not by the frame."""
    return vbv_of(brief.settings) is not None and not index.is_constant()


def _rate(index: FrameIndex, stream: StreamInfo, codec: str) -> Fraction:
    """Of the grid on which the encoder sees the frames.

    A film with long pauses has few frames a second on average. A frame that lasts less than half of one on such a grid
    lasts nothing there, which some encoders refuse.
    """
    rate, nominal = index.rate(), stream.frame_rate or Fraction(0)
    return nominal / 2 if codec in _LASTING and 2 * rate < nominal else rate


def _shape(stream: StreamInfo, found: Linear | None, looking: Looking) -> tuple[str, ...]:
    """Filters for pictures that change their size or format: to that of the first, as ffmpeg does."""
    if not found or not (found.index.trouble or stream.index in looking.whole):
        return ()
    return (f"scale={stream.width}:{stream.height}", *([f"format={stream.pix_fmt}"] if stream.pix_fmt else []))


def _refuse_moved_range(brief: Brief) -> None:
    """A range is told on the film's clock, and so is the range of its sound."""
    name = moves_times(brief.settings.video_filter or "")
    if name and brief.settings.is_part:
        what = f"--start and --end can't go with -vf {name}, which moves the times of the pictures and not of the sound"
        raise ConfigError(what, "cut in one command, filter in another")


def _linear(
    brief: Brief, stream: StreamInfo, packets: Packets, encoder: VideoEncoder, looking: Looking
) -> Linear | None:
    """One linear decode, where packets and filters leave a doubt that matters."""
    chain = brief.settings.video_filter or ""
    ranged, near = brief.settings.is_part, are_near_sighted(chain)
    # A range behind a filter that sees neighbours is the same in one piece and in several only if it is chosen there.
    other = bool(changes_frames(chain)) and (near or not ranged)
    counted = can_be_counted(chain) and (other or (ranged and near and bool(remembers(chain))))
    if not why_linear(brief, packets) or (packets.are_frames and not counted and not _may_cut(brief, stream, packets)):
        return None
    return linear(brief, stream, packets, encoder, looking)


def _may_cut(brief: Brief, stream: StreamInfo, packets: Packets) -> bool:
    """Whether there is something to cut, if only it can be proved."""
    if whole_reason(brief.settings, stream) or not are_near_sighted(brief.settings.video_filter or ""):
        return False
    index = _in_range(packets.index, brief)[0]
    if brief.settings.at_shots:  # which are found by looking at the frames
        return len(index) > 1
    return len(_cuts(index, brief, stream).starts) > 1


@dataclass(frozen=True, slots=True)
class _Made:
    """A stream's frames on the way to pieces: which of them, and the number of the first in the source."""

    brief: Brief
    stream: StreamInfo
    index: FrameIndex
    first: int
    looking: Looking

    def pieces(
        self, packets: Packets, found: Linear | None, encoder_of: Callable[[int | None], VideoEncoder]
    ) -> tuple[list[ChunkData], VideoEncoder, list[Decision], Shots | None]:
        """The ranges, what encodes them, what was decided, and the shots where they were looked for."""
        why = whole_reason(self.brief.settings, self.stream) or (
            found.whole if found else why_linear(self.brief, packets)
        )
        cuts, shots = self._cut(packets, found) if not why else (Cuts((0,), f"one piece: {why}"), None)
        encoder = encoder_of(1)
        if found and self._to_prove(found, cuts):
            encoder = replace(encoder, proof=found.proof)
        chunks = self._chunks(found, packets, cuts)
        if found and len(chunks) > 1:
            cuts = with_proved_cuts(self.brief, found, cuts, chunks, encoder, self.looking)
            chunks = self._chunks(found, packets, cuts)
        # As many as there are workers, also as long as only the head of a long film is known.
        headed = bool(head_of(self.index, self.brief, self.stream)) and len(chunks) > 1
        pieces = max(len(chunks), self.brief.workers) if headed else len(chunks)
        threads, threading = _threads(self.brief, pieces)
        staging: list[Decision] = []
        wary = encoder.proof is None and len(chunks) > 1
        decoded = self.brief.settings.verify == "joins" and len(chunks) > 1
        encoder = replace(encoder_of(threads), proof=encoder.proof, wary=wary, decoded=decoded)
        if encoder.proof is None and self.brief.settings.target is None:
            encoder, staging = staged(self.brief, self.stream, encoder, chunks, self.index, self.looking)
        return chunks, encoder, [Decision("pieces", cuts.reason, "--chunking"), *threading, *staging], shots

    def _cut(self, packets: Packets, found: Linear | None) -> tuple[Cuts, Shots | None]:
        """Where to cut; and the shots, if these are to tell it. Where they can't be seen, as if nobody had asked."""
        settings = self.brief.settings
        if not settings.at_shots or len(self.index) < 2:  # noqa: PLR2004
            return _cuts(self.index, self.brief, self.stream), None
        full = found.index if found else packets.index
        span = range(self.first, self.first + len(self.index))
        shots = shots_of(self.brief, self.stream, full, span, found, self.looking)
        if isinstance(shots, str):
            cuts = cut_points(self.index, "auto", workers=self.brief.workers)
            return Cuts(cuts.starts, f"{cuts.reason}; not at shots: {shots}"), None
        return cut_points(self.index, "scenes", shots=shots, each=settings.target is not None), shots

    def _to_prove(self, found: Linear, cuts: Cuts) -> bool:
        """Whether frames have to be compared: in pieces, or where a range is chosen behind the filters."""
        part = len(self.index) < len(found.index)
        return len(cuts.starts) > 1 or (part and found.proof.late)

    def ranged(self, packets: Packets, found: Linear | None, first: int, end: int) -> ChunkData:
        """Any range of the frames, in the source's own numbering."""
        (chunk,) = self._chunks(found, packets, Cuts((first - self.first,), ""), end)
        return chunk

    def _chunks(self, found: Linear | None, packets: Packets, cuts: Cuts, end: int | None = None) -> list[ChunkData]:
        """The ranges in the source's own numbering, so that a decoder knows where to seek."""
        full = found.index if found else packets.index
        moved = Cuts(tuple(start + self.first for start in cuts.starts), cuts.reason)
        end, info = self.first + len(self.index) if end is None else end, self.brief.info
        if not found:
            return chunks_from(full, moved, info.path, info.format, end=end)
        chunks = chunks_from(full, moved, info.path, end=end, margin=found.margin)
        return [replace(chunk, seek_us=-1) for chunk in chunks] if found.whole else chunks


def _in_range(index: FrameIndex, brief: Brief) -> tuple[FrameIndex, int]:
    """The frames between ``--start`` and ``--end``, and the number of the first of them."""
    begin, end = brief.start, brief.end
    if not brief.settings.is_part:
        return index, 0
    first = 0 if begin is None else _first_from(index, begin)
    last = len(index) if end is None else _first_from(index, end)
    if first >= last:
        length = float(index.time(len(index)) - brief.zero)
        raise ConfigError("no frame lies between --start and --end", f"the film is {length:.3f} s long")
    return index.part(first, last), first


def _first_from(index: FrameIndex, time: Fraction) -> int:
    """The first frame at or after a time in seconds; a linear decode's need not ascend."""
    tick = ceil(time / index.time_base)
    return next((n for n, pts in enumerate(index.pts) if pts >= tick), len(index))


def _cuts(index: FrameIndex, brief: Brief, stream: StreamInfo) -> Cuts:
    settings = brief.settings
    return cut_points(
        index,
        settings.chunking,
        chunk_duration=settings.chunk_duration,
        chapter_starts=[chapter.start * chapter.time_base for chapter in brief.info.chapters],
        workers=brief.workers,
        head=head_of(index, brief, stream),
    )


def _threads(brief: Brief, pieces: int) -> tuple[int | None, list[Decision]]:
    """Threads for each piece: one, where there is a piece for every core; all, where there is one piece."""
    if brief.settings.threads is not None:
        return brief.settings.threads, []
    if pieces == 1:
        return None, [Decision("threads", "one piece, so the encoder uses as many as it likes", "--threads")]
    together = min(brief.workers, pieces)
    threads = max(1, brief.cores // together)
    why = f"{together} encoders at once on {brief.cores} cores, threads for each: {threads}"
    return threads, [Decision("workers", why, "--workers, --threads")]


def _costs(index: FrameIndex, chunks: Sequence[ChunkData], first: int, stream: StreamInfo) -> tuple[float, ...]:
    """Predicted work of each piece in megapixels, weighted by the source's bytes, which tell what is hard."""
    total = sum(index.sizes) or 1
    costs = []
    for chunk in chunks:
        begin, end = chunk.start_frame - first, chunk.end_frame - first
        frames = 0.5 * (end - begin) + 0.5 * len(index) * sum(index.sizes[begin:end]) / total
        costs.append(frames * stream.width * stream.height / 1_000_000)
    return tuple(costs)
