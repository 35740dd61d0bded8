"""One video track's plan: which frames, cut where, encoded how."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from suture.chunker import Cuts, chunks_from, cut_points
from suture.errors import ConfigError, MediaError
from suture.planning.brief import Decision, VideoPlan
from suture.planning.burn import burn_for
from suture.planning.filters import changes_frames
from suture.planning.frames import index_for
from suture.planning.stages import staged
from suture.planning.video import video_encoder, whole_reason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from suture.media.index import FrameIndex
    from suture.model import ChunkData, StreamInfo
    from suture.planning.brief import Brief
    from suture.planning.frames import Looking
    from suture.planning.tracks import Track

__all__ = ["plan_video"]


def plan_video(brief: Brief, track: Track, looking: Looking) -> tuple[VideoPlan, list[Decision]]:
    """Index a track, cut it, choose its encoder; and say what was decided.

    Raises:
        ConfigError: ``--start`` and ``--end`` leave no frame.
        MediaError: nothing of it decodes.
    """
    stream = track.stream
    assert stream is not None  # noqa: S101 - encoded tracks come from the source
    found = index_for(brief, stream, looking)
    if not len(found.index):
        raise MediaError(f"nothing of video stream {stream.index} of {brief.info.path!r} decodes")
    index, first = _in_range(found.index, brief)
    why = found.whole or whole_reason(brief.settings)
    cuts = Cuts((0,), f"one piece: {why}") if why else _cuts(index, brief)
    threads, threading = _threads(brief, len(cuts.starts))
    own_times = bool(changes_frames(brief.settings.video_filter or ""))
    burn, before = burn_for(brief, stream)
    chunks = _chunks(found.index, cuts, first, first + len(index), brief)
    encoder = video_encoder(brief, stream, _grid(index, own_times=own_times), threads, burn)
    encoder, staging = staged(brief, stream, encoder, chunks, index, looking)
    plan = VideoPlan(
        track,
        index,
        found.write(index),
        tuple(replace(chunk, end_frame=-1) for chunk in chunks) if own_times else tuple(chunks),
        encoder,
        _costs(index, chunks, first, stream),
        first,
        own_times,
        before,
        found.cut_short,
    )
    noted = [Decision("frame index", found.note)] if found.note else []
    return plan, [*noted, Decision("pieces", cuts.reason, "--chunking"), *threading, *staging]


def _grid(index: FrameIndex, *, own_times: bool) -> Fraction | None:
    """The rate at which an encoder sees the frames; None: at their own times.

    Where the picture changes its size, ffmpeg begins its filters anew, and they would number the frames from 0 again.
    """
    return None if own_times or index.trouble else index.rate()


def _in_range(index: FrameIndex, brief: Brief) -> tuple[FrameIndex, int]:
    """The frames between ``--start`` and ``--end``, and the number of the first of them."""
    begin, end = brief.start, brief.end
    if begin is None and end is None:
        return index, 0
    times = [index.time(n) for n in range(len(index))]
    first = next((n for n, at in enumerate(times) if begin is None or at >= begin), len(index))
    last = next((n for n, at in enumerate(times) if end is not None and at >= end), len(index))
    if first >= last:
        length = float(index.time(len(index)) - brief.zero)
        raise ConfigError("no frame lies between --start and --end", f"the film is {length:.3f} s long")
    return index.part(first, last), first


def _cuts(index: FrameIndex, brief: Brief) -> Cuts:
    settings = brief.settings
    return cut_points(
        index,
        settings.chunking,
        chunk_duration=settings.chunk_duration,
        chapter_starts=[chapter.start * chapter.time_base for chapter in brief.info.chapters],
        workers=brief.workers,
    )


def _chunks(full: FrameIndex, cuts: Cuts, first: int, end: int, brief: Brief) -> list[ChunkData]:
    """The ranges in the source's own numbering, so that a decoder knows where to seek."""
    moved = Cuts(tuple(start + first for start in cuts.starts), cuts.reason)
    return chunks_from(full, moved, brief.info.path, brief.info.format, end=end)


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
