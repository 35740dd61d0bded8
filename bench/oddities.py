"""Films as people have them and no encoder makes them: cut, joined, damaged, with clocks that start or jump anywhere.

Each is a function that makes a file in a `Kitchen`; `ODDITIES` names them with the row and column of the matrix that
they stand in. The names are those of docs/exactness.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench.bending import after_packets, flipped, without_packets
from bench.kitchen import joined
from bench.matrix import RATES, coding

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.kitchen import Kitchen

    Maker = Callable[[Kitchen], Path]

__all__ = ["ODDITIES", "Oddity"]

# Seconds until a transport stream's clock of 33 bits runs over.
_WRAP_S = 2**33 / 90000


@dataclass(frozen=True, slots=True)
class Oddity:
    """One bent film: row, container, what is odd, and how it is made."""

    row: str
    container: str
    name: str
    make: Maker


def _muxed(row: str, container: str, name: str, more: str, seconds: float = 3.0, sound: str = "") -> Oddity:
    """Odd by its muxer's options."""
    return Oddity(
        row, container, name, lambda k: k.film(coding(row), container, seconds=seconds, more=more, sound=sound)
    )


def _copied(row: str, container: str, name: str, more: str = "", before: str = "", seconds: float = 3.0) -> Oddity:
    """Odd by the way in which it was copied from a straight Matroska film."""

    def make(k: Kitchen) -> Path:
        straight = k.film(coding(row), "mkv", seconds=seconds)
        return k.copy(straight, container, more, before)

    return Oddity(row, container, name, make)


def _lost(row: str, container: str, name: str, which: str) -> Oddity:
    """Without the packets of which an expression of their number ``n`` says so."""
    return _copied(row, container, name, f"-bsf:v \"noise=drop='{which}'\"")


def _noisy(row: str, container: str) -> Oddity:
    """Every seventh packet damaged, but for the first."""
    return _copied(row, container, "damaged", "-bsf:v \"noise=amount='if(gt(n,9)*eq(mod(n,7),3),60,0)'\"")


def _changed(row: str, container: str, name: str, change: Callable[[bytes], bytes], seconds: float = 3.0) -> Oddity:
    """Odd by what became of its bytes."""

    def make(k: Kitchen) -> Path:
        return k.write(container, change(k.film(coding(row), container, seconds=seconds).read_bytes()))

    return Oddity(row, container, name, make)


def _chained(row: str, container: str, name: str, *starts: float) -> Oddity:
    """One file behind the other, each with its own start of the clock, as recorders and downloaders leave them."""

    def make(k: Kitchen) -> Path:
        parts = [
            k.film(coding(row), container, seconds=1.6, first=number * 40, more=f"-output_ts_offset {start}")
            for number, start in enumerate(starts)
        ]
        return k.write(container, joined(parts))

    return Oddity(row, container, name, make)


def _sizes(row: str, container: str, *sizes: str, pixels: str = "", joined_as: str = "") -> Oddity:
    """Another size or sample format in the middle: streams one behind the other, then copied into the container."""
    given, made_as = coding(row), joined_as or container

    def part(k: Kitchen, number: int, size: str) -> Path:
        form = f"-pix_fmt {pixels} " if pixels and number else ""
        more = f"{form}-output_ts_offset {number * 1.6}" if made_as == "ts" else form
        return k.film(given, made_as, seconds=1.6, first=number * 40, size=size, more=more)

    def make(k: Kitchen) -> Path:
        whole = k.write(made_as, joined([part(k, number, size) for number, size in enumerate(sizes)]))
        return whole if made_as == container else k.copy(whole, container)

    return Oddity(row, container, "another sample format" if pixels else "another size", make)


def _listed(row: str, container: str, name: str, *sizes: str) -> Oddity:
    """Films of several sizes, joined packet by packet."""

    def make(k: Kitchen) -> Path:
        parts = [k.film(coding(row), container, seconds=1.6, first=n * 40, size=size) for n, size in enumerate(sizes)]
        listing = k.folder / f"{parts[0].stem}-{parts[-1].stem}.txt"
        listing.write_text("".join(f"file '{part.name}'\n" for part in parts))
        return k.copy(listing, container, before="-f concat -safe 0")

    return Oddity(row, container, name, make)


def _few(row: str, container: str, frames: int) -> Oddity:
    name = "one frame" if frames == 1 else f"{frames} frames"
    return Oddity(row, container, name, lambda k: k.film(coding(row), container, frames=frames))


def _sized(row: str, container: str, size: str) -> Oddity:
    return Oddity(row, container, f"size {size}", lambda k: k.film(coding(row), container, size=size))


def _timed(row: str, container: str, rate: str) -> Oddity:
    """A rate in a container that is not in the table of rates."""
    given = next(one for one in RATES if one.name == rate)
    return Oddity(row, container, rate, lambda k: k.film(coding(row), container, given))


def _stamped(row: str, container: str, name: str, times: str) -> Oddity:
    """Other timestamps on the same packets (an expression of the ``setts`` filter)."""
    return _copied(row, container, name, f'-bsf:v "setts={times}"')


def _two_tracks(k: Kitchen) -> Path:
    """Two picture tracks of different rates in one file."""
    first = k.film(coding("H.264, open GOP"), "mp4")
    second = k.film(coding("MPEG-4 ASP"), "mp4", RATES[1], seconds=2.0, first=100)
    return k.run("mp4", "-i", str(first), "-i", str(second), "-map", "0:v", "-map", "1:v", "-c", "copy")


def _cover(k: Kitchen) -> Path:
    """A film with a picture of its cover, which is no film."""
    film, art = k.film(coding("H.264, open GOP"), "mp4"), k.film(coding("Motion JPEG"), "mjpeg", frames=1)
    maps = ["-map", "0:v", "-map", "1:v", "-c", "copy", "-disposition:v:1", "attached_pic"]
    return k.run("mp4", "-i", str(film), "-f", "mjpeg", "-i", str(art), *maps)


def _damaged_mp4(k: Kitchen) -> Path:
    """Damaged behind its tables, without which nothing could be read."""
    film = k.film(coding("H.264, open GOP"), "mp4", more="-movflags +faststart")
    return k.write("mp4", flipped(film.read_bytes(), 0.0004, keep=8192))


def _live(k: Kitchen) -> Path:
    """As written to a pipe: no length, no cues, clusters of unknown size."""
    return k.film(coding("H.264, open GOP"), "mkv", more="-live 1 -f matroska")


def _no_index(data: bytes) -> bytes:
    """An AVI without its index."""
    return data[: data.rindex(b"idx1")]


def _cut_to(share: float) -> Callable[[bytes], bytes]:
    return lambda data: data[: int(len(data) * share)]


_OPEN, _HEVC, _MPEG2, _ASP, _VP9 = (
    "H.264, open GOP",
    "HEVC, open GOP (RASL)",
    "MPEG-2, open GOP",
    "MPEG-4 ASP",
    "VP9, superframes",
)
# Both stamps of all packets behind a moment, so that none is shown before it is decoded.
_PAUSE = "pts='PTS+if(gte(PTS*TB,1.3),0.7/TB,0)':dts='DTS+if(gte(DTS*TB,1.3),0.7/TB,0)'"
_AAC = "-c:a aac -b:a 48k"

ODDITIES: Final = (
    # MP4 and MOV: edit lists, fragments, odd clocks
    _copied(_OPEN, "mp4", "edit list into a GOP", before="-ss 0.93"),
    _copied(_OPEN, "mov", "edit list into a GOP", before="-ss 0.93"),
    _copied(_HEVC, "mp4", "edit list into a GOP", before="-ss 1.21"),
    _copied(_MPEG2, "mp4", "edit list into a GOP", before="-ss 0.73"),
    _muxed(_OPEN, "mp4", "empty edit (starts at 1.3 s)", "-output_ts_offset 1.3"),
    _muxed(_OPEN, "mov", "empty edit (starts at 1.3 s)", "-output_ts_offset 1.3"),
    _muxed(_OPEN, "mp4", "starts at -0.5 s", "-output_ts_offset -0.5 -avoid_negative_ts disabled"),
    _muxed(_OPEN, "mp4", "no edit list", "-use_editlist 0 -avoid_negative_ts disabled"),
    _muxed(_OPEN, "mp4", "negative composition offsets", "-movflags +negative_cts_offsets"),
    _muxed(_OPEN, "mp4", "fragments of a GOP", "-movflags +frag_keyframe+empty_moov"),
    _muxed(_OPEN, "mp4", "fragments of a GOP, edit list", "-movflags +frag_keyframe+delay_moov"),
    _muxed(_HEVC, "mp4", "fragments of a frame", "-movflags +frag_every_frame+empty_moov+skip_trailer"),
    _muxed(_OPEN, "mp4", "DASH", "-movflags +dash+frag_keyframe -frag_duration 500000"),
    _muxed(_OPEN, "mp4", "CMAF", "-movflags +cmaf+frag_keyframe+negative_cts_offsets"),
    _muxed(_OPEN, "mp4", "time scale 600", "-video_track_timescale 600"),
    _muxed(_OPEN, "mp4", "time scale 1000003", "-video_track_timescale 1000003"),
    _muxed(_OPEN, "mp4", "with sound", "", sound=_AAC),
    Oddity(_OPEN, "mp4", "damaged", _damaged_mp4),
    Oddity(_OPEN, "mp4", "two picture tracks", _two_tracks),
    Oddity(_OPEN, "mp4", "cover art", _cover),
    _changed(_OPEN, "mp4", "trailing junk", lambda data: data + bytes(range(256)) * 9),
    # Matroska and WebM
    _muxed(_OPEN, "mkv", "starts at 5 s", "-output_ts_offset 5"),
    _muxed(_VP9, "webm", "starts at 5 s", "-output_ts_offset 5"),
    _muxed(_OPEN, "mkv", "with sound", "", sound=_AAC),
    Oddity(_OPEN, "mkv", "live", _live),
    _lost(_OPEN, "mkv", "first keyframe lost", "eq(n,0)"),
    _lost(_OPEN, "mkv", "begins in a GOP", "lt(n,7)"),
    _lost("H.264, closed GOP", "mp4", "begins in a GOP", "lt(n,7)"),
    _lost("H.264, intra refresh", "mkv", "begins in a GOP", "lt(n,7)"),
    _lost(_HEVC, "mkv", "begins with RASL pictures", "lt(n,20)"),
    _lost(_HEVC, "mp4", "begins with RASL pictures", "lt(n,20)"),
    _lost(_MPEG2, "mkv", "begins with an open GOP", "lt(n,12)"),
    _lost(_VP9, "webm", "begins in a GOP", "lt(n,5)"),
    _lost("AV1, hidden frames", "mkv", "begins in a GOP", "lt(n,5)"),
    _lost(_OPEN, "mkv", "packets lost", "eq(mod(n,13),8)"),
    _lost(_HEVC, "mkv", "packets lost", "eq(mod(n,13),8)"),
    _noisy(_OPEN, "mkv"),
    _noisy(_ASP, "mkv"),
    _noisy("VP8", "mkv"),
    _changed(_OPEN, "mkv", "truncated", _cut_to(0.7)),
    _stamped("Motion JPEG", "mkv", "doubled timestamps", "ts='PTS-if(eq(mod(N,10),5),DURATION,0)'"),
    _stamped("FFV1", "mkv", "jittering timestamps", "ts='PTS+if(eq(mod(N,3),1),11,0)'"),
    _listed("VP8", "webm", "another size", "128x96", "96x64"),
    _listed(_VP9, "webm", "another size", "128x96", "160x128"),
    _sizes(_OPEN, "mkv", "128x96", "96x64", joined_as="ts"),
    # Transport streams
    _muxed(_OPEN, "ts", "clock runs over", f"-output_ts_offset {_WRAP_S - 2.9:.3f} -mpegts_copyts 1"),
    _muxed(_MPEG2, "ts", "clock runs over", f"-output_ts_offset {_WRAP_S - 2.9:.3f}"),
    _muxed(_HEVC, "ts", "clock runs over", f"-output_ts_offset {_WRAP_S - 2.9:.3f}"),
    _muxed(_OPEN, "m2ts", "clock runs over", f"-output_ts_offset {_WRAP_S - 2.9:.3f}"),
    _muxed(_OPEN, "ts", "starts at 9 h", "-output_ts_offset 32400"),
    _muxed(_MPEG2, "m2ts", "starts at 9 h", "-output_ts_offset 32400"),
    _muxed(_OPEN, "ts", "PCR far ahead", "-muxdelay 3 -muxpreload 2"),
    _muxed(_OPEN, "ts", "no delay", "-muxdelay 0 -muxpreload 0"),
    _muxed(_OPEN, "ts", "with sound", "", sound="-c:a mp2"),
    _chained(_OPEN, "ts", "clock jumps ahead 20 s", 0, 21.6),
    _chained(_OPEN, "ts", "clock jumps ahead 4 s", 0, 5.6),
    _chained(_OPEN, "ts", "clock starts again", 0, 0),
    _chained(_MPEG2, "ts", "clock starts again", 0, 0),
    _chained(_HEVC, "ts", "clock jumps to and fro", 100, 20, 60),
    _chained(_OPEN, "ts", "overlapping parts", 0, 1.2),
    _chained(_OPEN, "ts", "joined without a seam", 0, 1.6),
    _changed(_OPEN, "ts", "begins in a GOP", lambda data: after_packets(data, 0.2)),
    _changed(_MPEG2, "ts", "begins in a GOP", lambda data: after_packets(data, 0.2)),
    _changed(_HEVC, "ts", "begins in a GOP", lambda data: after_packets(data, 0.2)),
    _changed("H.264, MBAFF", "ts", "begins in a GOP", lambda data: after_packets(data, 0.2)),
    _changed(_OPEN, "ts", "begins in a packet", lambda data: data[1000:]),
    _changed(_OPEN, "ts", "lost packets", lambda data: without_packets(data, 0.02)),
    _changed(_MPEG2, "ts", "lost packets", lambda data: without_packets(data, 0.02)),
    _changed(_HEVC, "ts", "lost packets", lambda data: without_packets(data, 0.02)),
    _changed(_OPEN, "ts", "flipped bits", lambda data: flipped(data, 0.0004)),
    _changed(_MPEG2, "ts", "flipped bits", lambda data: flipped(data, 0.0004)),
    _changed(_OPEN, "ts", "truncated", _cut_to(0.7)),
    _sizes(_OPEN, "ts", "128x96", "96x64"),
    _sizes(_MPEG2, "ts", "128x96", "160x128"),
    _sizes(_OPEN, "ts", "128x96", "128x96", pixels="yuv444p"),
    # Program streams
    _muxed(_MPEG2, "mpg", "starts at 1 h", "-output_ts_offset 3600"),
    _stamped(_MPEG2, "mpg", "a pause", _PAUSE),
    _stamped(_MPEG2, "ts", "a pause", _PAUSE),
    _chained(_MPEG2, "vob", "clock starts again", 0, 0),
    _chained(_MPEG2, "mpg", "clock jumps ahead 20 s", 0, 21.6),
    _changed(_MPEG2, "mpg", "begins in a GOP", lambda data: data[2048 * 6 :]),
    _changed(_MPEG2, "mpg", "flipped bits", lambda data: flipped(data, 0.0004)),
    _changed(_MPEG2, "mpg", "truncated", _cut_to(0.7)),
    # AVI, FLV, Ogg, ASF, and bare streams
    _changed(_ASP, "avi", "no index", _no_index),
    _changed(_ASP, "avi", "truncated", _cut_to(0.7)),
    _changed(_ASP, "avi", "damaged", lambda data: flipped(data, 0.0004, keep=8192)),
    _timed("H.264, no B-frames", "avi", "VFR, pauses"),
    _timed("Motion JPEG", "avi", "VFR, pauses"),
    _timed("Theora", "ogv", "VFR, pauses"),
    _timed("GIF", "gif", "VFR, pauses"),
    _timed("H.264, no B-frames", "flv", "VFR, milliseconds"),
    _timed("WMV2", "asf", "VFR, milliseconds"),
    _timed("FFV1", "nut", "VFR, jitter"),
    _timed("ProRes", "mov", "VFR, 600 ticks"),
    _muxed("H.264, closed GOP", "flv", "starts at 5 s", "-output_ts_offset 5"),
    _changed("H.264, closed GOP", "flv", "truncated", _cut_to(0.7)),
    _changed(_OPEN, "h264", "begins in a GOP", lambda data: data[len(data) // 5 :]),
    _changed(_HEVC, "hevc", "begins in a GOP", lambda data: data[len(data) // 5 :]),
    _changed(_MPEG2, "m2v", "begins in a GOP", lambda data: data[len(data) // 5 :]),
    _sizes(_OPEN, "h264", "128x96", "96x64"),
    # Few frames, odd sizes
    *(_few(_OPEN, container, frames) for container in ("mp4", "mkv", "ts") for frames in (1, 2)),
    *(_few(row, container, 1) for row, container in ((_MPEG2, "mpg"), (_ASP, "avi"), (_VP9, "webm"), ("GIF", "gif"))),
    _few(_HEVC, "hevc", 2),
    _few("AV1, hidden frames", "mp4", 2),
    _sized(_OPEN, "mp4", "98x70"),
    _sized(_VP9, "webm", "101x67"),
    _sized("AV1, hidden frames", "mkv", "101x67"),
    _sized("FFV1", "mkv", "101x67"),
    _sized("Motion JPEG", "avi", "101x67"),
    _sized("H.264, CAVLC 4:4:4", "mkv", "101x67"),
    _sized("ProRes", "mov", "102x67"),
    _sized(_MPEG2, "ts", "98x70"),
)  # fmt: skip
