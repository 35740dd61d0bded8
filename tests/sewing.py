"""Pieces and joins for tests, without a pipeline: index, cut, encode, join, and look at what came out.

Everything runs in this process but the encoders. What a join writes is compared with what ffmpeg decodes
(`frame_hashes`) and with the packets themselves (`packets`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import films
from suture.chunker import chunks_from
from suture.cuts import Cuts
from suture.encoder import VideoEncoder
from suture.media.index import read_index
from suture.media.mux import join
from suture.media.opening import open_input
from suture.media.packet_index import index_file
from suture.media.probe import probe_file
from suture.media.spec import JoinSpec, PieceSpec, TrackSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suture.media.index import FrameIndex
    from suture.model import ChunkData, EncoderResult

FORMATS = {"mkv": "matroska", "webm": "webm", "mp4": "mp4", "mov": "mov", "ts": "mpegts"}
OPTIONS = {
    "mp4": {"movflags": "+faststart", "movie_timescale": "48000"},
    "mov": {"movflags": "+faststart", "movie_timescale": "48000"},
    "ts": {"mpegts_copyts": "1"},
}
# Encoders without loss, some with B-frames, and what each needs to be quick.
LOSSLESS: dict[str, dict[str, Any]] = {
    "ffv1": {"options": (("level", "3"), ("slicecrc", "1"))},
    "libx264": {"options": (("qp", "0"), ("bf", "3")), "speed": "veryfast"},
    "libvpx-vp9": {"options": (("lossless", "1"),), "speed": "8"},
}


@dataclass(frozen=True)
class Cut:
    """A film in pieces."""

    source: Path
    index: FrameIndex
    chunks: tuple[ChunkData, ...]
    results: tuple[EncoderResult, ...]
    track: TrackSpec


def cut(
    source: Path, starts: Sequence[int], folder: Path, codec: str = "ffv1", ffmpeg: str | None = None, **settings: Any
) -> Cut:
    """Encode the first video stream in pieces that begin at these frames; every piece must succeed."""
    info = probe_file(str(source))
    stream = info.of_kind("video")[0]
    index_path = str(folder / "index")
    index_file(str(source), stream.index, index_path)
    index = read_index(index_path)
    assert not index.trouble
    chunks = tuple(chunks_from(index, Cuts(tuple(starts), "asked for"), str(source), info.format))
    chosen = {"keep_orientation": True, "frame_rate": index.rate(), **LOSSLESS.get(codec, {}), **settings}
    encoder = VideoEncoder(codec=codec, ffmpeg=ffmpeg, **chosen)
    results = tuple(encoder.encode(chunk, str(folder / f"piece-{chunk.chunk_id}.mkv")) for chunk in chunks)
    assert not [result.error_message for result in results if not result.success]
    pieces = tuple(
        PieceSpec(chunk.chunk_id, result.output_path, chunk.start_frame, chunk.end_frame)
        for chunk, result in zip(chunks, results, strict=True)
    )
    track = TrackSpec("video", "pieces", stream.index, pieces=pieces, index=index_path, rate=str(index.rate()))
    return Cut(source, index, chunks, results, track)


def spec_of(source: Path, output: Path, *tracks: TrackSpec, **more: Any) -> JoinSpec:
    """What a plan would write for these tracks; the extension chooses the container."""
    extension = output.suffix[1:]
    part = str(output.with_name(f".part-{output.name}"))
    given = {"options": OPTIONS.get(extension, {}), **more}
    return JoinSpec(str(source), str(output), part, FORMATS[extension], tracks, **given)


def sewn(source: Path, output: Path, *tracks: TrackSpec, **more: Any) -> Path:
    """Join, and give the file its name without a further look."""
    spec = spec_of(source, output, *tracks, **more)
    join(spec)
    return Path(spec.part).rename(output)


def copied(source: Path, kind: str) -> list[TrackSpec]:
    """All streams of a kind as tracks that are taken over."""
    info = probe_file(str(source))
    streams = info.covers if kind == "cover" else info.of_kind(kind)
    return [TrackSpec(kind, "source", s.index, metadata=dict(s.metadata), disposition=s.disposition) for s in streams]


def frame_hashes(path: Path, program: str | None = None) -> list[str]:
    """A hash of every picture that one linear decode gives."""
    argv = ["-noautorotate", "-i", str(path), "-map", "0:v:0", "-fps_mode", "passthrough", "-f", "framehash"]
    lines = films.ffmpeg(*argv, "-hash", "md5", "-", program=program).splitlines()
    return [line.rsplit(",", 1)[1].strip() for line in lines if not line.startswith("#")]


@dataclass(frozen=True)
class Seen:
    """A packet as it was read: ``pts``, ``dts`` and ``duration`` in seconds."""

    pts: Fraction
    dts: Fraction | None
    duration: Fraction
    key: bool
    md5: str


def packets(path: Path, kind: str = "video", number: int = 0) -> list[Seen]:
    """All packets of the ``number``-th stream of a kind, in the file's order."""
    with open_input(str(path)) as container:
        stream = [stream for stream in container.streams if stream.type == kind][number]
        base = Fraction(stream.time_base or 1)
        return [
            Seen(
                Fraction(packet.pts or 0) * base,
                None if packet.dts is None else packet.dts * base,
                Fraction(packet.duration or 0) * base,
                bool(packet.is_keyframe),
                hashlib.md5(bytes(packet), usedforsecurity=False).hexdigest(),
            )
            for packet in container.demux(stream)
            if packet.size
        ]


def shown(path: Path) -> list[Fraction]:
    """When each frame of the first video stream is shown, in order, in seconds."""
    return sorted(packet.pts for packet in packets(path))


def time_base(path: Path) -> Fraction:
    """The clock of the first video stream."""
    with open_input(str(path)) as container:
        return Fraction(container.streams.video[0].time_base or 1)
