"""What a media file holds, found out without Suture's own code: so that a comparison proves something.

Frames come from one linear decode by an ffmpeg (its ``framehash``), everything else from libavformat through PyAV.
Times are exact fractions of a second.
"""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Frame", "Held", "decoded", "differing_times", "held", "video_streams"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture: when it is shown, and a hash of its samples."""

    time: Fraction
    digest: str


@dataclass(frozen=True, slots=True)
class Video:
    """A film's picture track: its index in the file, its clock, how its samples are stored."""

    index: int
    time_base: Fraction
    pix_fmt: str


@dataclass(frozen=True, slots=True)
class Held:
    """Everything in a file but its pictures: packets of each stream as (seconds, hash), chapters, attachments."""

    streams: tuple[tuple[str, str, str], ...]
    packets: tuple[tuple[tuple[Fraction, str], ...], ...]
    chapters: tuple[tuple[Fraction, Fraction, str], ...]
    attachments: tuple[tuple[str, str], ...]


def decoded(
    ffmpeg: str, path: str, video: Video, pix_fmt: str = "", *, threads: int | None = None, evened: bool = False
) -> list[Frame]:
    """All frames of one stream in the order in which they come out of a decode from the beginning.

    Args:
        ffmpeg: the binary that decodes.
        path: the file.
        video: which stream, and the clock to count in.
        pix_fmt: convert to this before hashing; empty: as decoded.
        threads: of the decoder; None: as many as it likes.
        evened: a clock that jumps is taken to run on, from zero, as ffmpeg does it where it is not told to copy times.
    """
    base = f"{video.time_base.numerator}/{video.time_base.denominator}"
    times = [] if evened else ["-copyts"]
    few = [] if threads is None else ["-threads", str(threads)]
    head = [ffmpeg, "-hide_banner", "-nostdin", "-v", "quiet", *times, "-noautorotate", *few, "-i", f"file:{path}"]
    pick = ["-map", f"0:{video.index}", "-fps_mode", "passthrough", "-enc_time_base", base]
    form = ["-pix_fmt", pix_fmt] if pix_fmt else []
    argv = [*head, *pick, *form, "-f", "framehash", "-hash", "md5", "-"]
    listing = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False).stdout.decode()
    return _frames(listing.splitlines(), video.time_base)


def _frames(lines: Sequence[str], base: Fraction) -> list[Frame]:
    frames = []
    for line in lines:
        if line.startswith("#tb 0:"):
            base = Fraction(line.split(":", 1)[1].strip())
        elif not line.startswith("#"):
            _, _, pts, _, _, digest = line.split(",")
            frames.append(Frame(int(pts) * base, digest.strip()))
    return frames


def differing_times(source: Sequence[Frame], made: Sequence[Frame], tick: Fraction, shift: Fraction) -> int:
    """How many frames do not stand within half a tick of the source's time plus ``shift``."""
    return sum(abs(a.time + shift - b.time) > tick / 2 for a, b in zip(source, made, strict=False))


def video_streams(path: str) -> list[Video]:
    """The picture tracks that can be decoded; cover art is none."""
    with av.open(f"file:{path}", metadata_errors="replace") as container:
        return [
            Video(stream.index, Fraction(stream.time_base or 1), stream.codec_context.pix_fmt or "")
            for stream in container.streams.video
            if stream.codec_context and not stream.disposition & av.stream.Disposition.attached_pic
        ]


def held(path: str) -> Held:
    """Streams, packets, chapters and attachments of a file."""
    with av.open(f"file:{path}", metadata_errors="replace") as container:
        streams = [stream for stream in container.streams if stream.type != "attachment"]
        packets: dict[int, list[tuple[Fraction, str]]] = {stream.index: [] for stream in streams}
        for packet in container.demux(streams):
            if packet.size:
                packets[packet.stream_index].append(_packet(packet))
        return Held(
            tuple(_described(stream) for stream in streams),
            tuple(tuple(packets[stream.index]) for stream in streams),
            tuple(_chapter(chapter) for chapter in container.chapters()),
            tuple((s.name or "", _digest(bytes(s.data or b""))) for s in container.streams.attachments),
        )


def _packet(packet: Any) -> tuple[Fraction, str]:  # noqa: ANN401 - a packet of any kind of stream
    at = packet.dts if packet.pts is None else packet.pts
    return at * Fraction(packet.time_base), _digest(bytes(packet))


def _described(stream: Any) -> tuple[str, str, str]:  # noqa: ANN401 - a stream of any kind
    codec = stream.codec_context.name if stream.codec_context else ""
    return stream.type, codec, stream.metadata.get("language", "")


def _chapter(chapter: Any) -> tuple[Fraction, Fraction, str]:  # noqa: ANN401 - a dict of PyAV's
    base = Fraction(chapter["time_base"])
    return chapter["start"] * base, chapter["end"] * base, chapter["metadata"].get("title", "")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
