"""From cuts to ranges of frames that meet exactly, and where a decoder has to seek for each.

Where to cut is told by `suture.cuts`; `Chunker` puts a file in front of it. How a range is decoded exactly is the
encoder's business; that a stream can't be cut at all is said by `why_whole`.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import isfinite
from pathlib import Path

from suture.cuts import Cuts, cut_points
from suture.errors import ConfigError, MediaError
from suture.media.index import FrameIndex, read_index
from suture.media.isolated import call
from suture.media.probe import probe
from suture.model import ChunkData, MediaInfo, StreamInfo
from suture.settings import CHUNKING

__all__ = ["Chunker", "chunks_from", "is_loose", "longest_group", "why_whole"]

# Containers that seek to a timestamp so that every cut gave the frames of a linear decode (docs/measurements.md).
_SEEKABLE = frozenset({"mov", "mp4", "matroska", "webm", "mpegts", "mpeg"})
# Here a seek may land after the point asked for, or the first pictures after it may lack what they refer to.
_LOOSE = frozenset({"mpegts", "mpeg"})


def why_whole(info: MediaInfo, stream: StreamInfo, index: FrameIndex) -> str:
    """Why a stream is encoded in one piece; empty when it can be cut.

    Some streams decode to other pictures after a seek than in one go; for those no cut is exact.
    """
    formats = set(info.format.split(","))
    if index.trouble:
        return index.trouble
    if not formats & _SEEKABLE:
        return f"seeking in {info.format} is not exact"
    if stream.codec == "h264" and (stream.pix_fmt or "").startswith("yuv444"):
        return "4:4:4 H.264 of some encoders decodes to other pictures after a seek"
    if _may_be_fields(stream):
        return "its packets may be single fields"
    return ""


def _may_be_fields(stream: StreamInfo) -> bool:
    return stream.codec == "h264" and stream.field_order not in {"progressive", "unknown"}


def chunks_from(
    index: FrameIndex,
    cuts: Cuts,
    source_path: str,
    container: str = "",
    end: int | None = None,
    margin: Fraction | None = None,
) -> list[ChunkData]:
    """The ranges between cuts (up to frame ``end``), with where a decoder has to seek for each.

    The seek point lies half-way between the last frame that is not wanted and the first that is, so that no rounding
    can pick another; ``margin`` seconds earlier still. Unless it is given, that is two groups of pictures in transport
    and program streams, and one where groups are open and the cut is on no keyframe: some containers seek by decoding
    time, and would land on the keyframe behind which the first frame is stored.
    """
    loose = is_loose(container)
    hidden = index.open_groups
    longest = longest_group(index) if margin is None and (loose or hidden) else Fraction(0)

    def back(start: int) -> Fraction:
        if margin is not None:
            return margin
        return 2 * longest if loose else longest if hidden and not index.keys[start] else Fraction(0)

    ends = (*cuts.starts[1:], len(index) if end is None else end)
    return [
        ChunkData(
            chunk_id=n,
            start_time=float(index.time(start) - index.time(0)),
            end_time=float(index.time(stop) - index.time(0)),
            source_path=source_path,
            start_frame=start,
            end_frame=stop,
            start_pts=index.pts[start],
            end_pts=index.pts[stop] if stop < len(index) else index.end_pts,
            seek_us=_seek_us(index, start, back(start)),
            stream_index=index.stream_index,
            open_end=stop == len(index),
        )
        for n, (start, stop) in enumerate(zip(cuts.starts, ends, strict=True))
    ]


def _seek_us(index: FrameIndex, start: int, margin: Fraction) -> int:
    if start == 0:
        return -1
    between = (index.time(start - 1) + index.time(start)) / 2 - margin
    return int(between * 1_000_000) if between > 0 and between > index.time(0) else -1


def is_loose(container: str) -> bool:
    """Whether a seek in it may land after the point asked for."""
    return bool(set(container.split(",")) & _LOOSE)


def longest_group(index: FrameIndex) -> Fraction:
    """Seconds between the two neighbouring keyframes that are farthest apart; the film's ends count as such."""
    ends = [index.pts[frame] for frame in sorted({0, *index.keyframes()}) if frame < len(index)]
    return max((b - a for a, b in pairwise([*ends, index.end_pts])), default=0) * index.time_base


class Chunker:
    """Files to ranges.

    Args:
        chunking: one of `suture.settings.CHUNKING`, but not ``scenes``. The default cuts at chapters where there are
            any, else every ``chunk_duration`` seconds.
        chunk_duration: seconds.
        workers: how many pieces run at once, for ``auto``.
    """

    def __init__(self, chunking: str = "chapters", chunk_duration: float | Fraction = 600, workers: int = 1) -> None:
        if chunking not in CHUNKING:
            raise ConfigError(f"no chunking {chunking!r}", f"one of: {', '.join(CHUNKING)}")
        if chunking == "scenes":
            raise ConfigError("a Chunker does not look at pictures, so it knows no scenes", "suture.encode does")
        if not isfinite(chunk_duration) or chunk_duration <= 0:
            raise ConfigError(f"a chunk of {chunk_duration} s is no chunk", "give a duration above 0")
        self._chunking = chunking
        self._duration = Fraction(chunk_duration)
        self._workers = workers

    def create_chunks(self, source_path: str) -> list[ChunkData]:
        """The pieces of a file's first video stream, or of its first audio stream where there is no video.

        Ids run from 0 without gaps and ranges meet exactly. A stream that can't be cut exactly gives one piece. An
        invalid source gives an empty list.
        """
        try:
            info = probe(source_path)
            video = info.of_kind("video")
            chunks = self._video_chunks(info, video[0]) if video else self._audio_chunks(info)
        except MediaError:
            return []
        return _validated(chunks)

    def _video_chunks(self, info: MediaInfo, stream: StreamInfo) -> list[ChunkData]:
        with tempfile.TemporaryDirectory(prefix="suture-") as folder:
            path = str(Path(folder) / "index")
            # Progress keeps the reading of a long film from being taken for a hang.
            call("index", on_progress=lambda _packets: None, path=info.path, stream_index=stream.index, output=path)
            index = read_index(path)
        if not len(index):
            return []
        if whole := why_whole(info, stream, index):
            chunks = chunks_from(index, Cuts((0,), whole), info.path, info.format)
            # Packets that can't be trusted to be frames can't be counted as such either.
            uncounted = index.trouble or _may_be_fields(stream)
            return [replace(chunk, end_frame=-1) for chunk in chunks] if uncounted else chunks
        cuts = cut_points(
            index,
            self._chunking,
            chunk_duration=self._duration,
            chapter_starts=[chapter.start * chapter.time_base for chapter in info.chapters],
            workers=self._workers,
        )
        return chunks_from(index, cuts, info.path, info.format)

    def _audio_chunks(self, info: MediaInfo) -> list[ChunkData]:
        """Sound has no frames to count here: ranges on its sample clock."""
        streams = info.of_kind("audio")
        if not streams or not info.duration_us:
            return []
        stream = streams[0]
        base = stream.time_base
        first = stream.start_pts or 0
        marks = self._audio_marks(info, first * base)
        ends = [*marks[1:], Fraction(info.duration_us, 1_000_000)]
        return [
            ChunkData(
                chunk_id=n,
                start_time=float(start),
                end_time=float(end),
                source_path=info.path,
                start_pts=first + round(start / base),
                end_pts=first + round(end / base),
                stream_index=stream.index,
                open_end=end == ends[-1],
            )
            for n, (start, end) in enumerate(zip(marks, ends, strict=True))
        ]

    def _audio_marks(self, info: MediaInfo, begin: Fraction) -> list[Fraction]:
        """Seconds from the stream's first sample, which chapters do not count from."""
        length = Fraction(info.duration_us or 0, 1_000_000)
        if self._chunking == "chapters" and info.chapters:
            marks = {chapter.start * chapter.time_base - begin for chapter in info.chapters}
            return sorted({Fraction(0)} | {mark for mark in marks if 0 < mark < length})
        count = max(1, -int(-length // self._duration))
        return [n * self._duration for n in range(count)]


def _validated(chunks: list[ChunkData]) -> list[ChunkData]:
    """Ids 0, 1, 2 …: two pieces of one id would overwrite each other."""
    return [replace(chunk, chunk_id=n) for n, chunk in enumerate(chunks)]
