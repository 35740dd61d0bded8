"""Small films that each carry one thing that encoders and containers like to lose. Made with an ffmpeg, and by hand.

Closed captions and HDR10+ are written as messages (ITU-T T.35) into the packets of a finished film: no encoder here
makes them of nothing. Real files stand in where nothing can be made: Dolby Vision, PGS, VobSub.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import av

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

__all__ = ["FILMS", "Maker", "make"]

_PICTURE: Final = "-f lavfi -i testsrc2=s=160x96:r=24:d=1"
_SOUND: Final = "-f lavfi -i sine=330:r=48000:d=1"
_FAST: Final = "-c:v libx264 -preset ultrafast -bf 2 -g 12 -threads 1"
_HEVC: Final = "-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=12"
_PQ: Final = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=tv"
_HLG: Final = "setparams=color_primaries=bt2020:color_trc=arib-std-b67:colorspace=bt2020nc:range=tv"
_PAL: Final = "setparams=color_primaries=bt470bg:color_trc=smpte170m:colorspace=bt470bg:range=tv"
_HDR10: Final = "master-display=G(8500,39850)B(6550,2300)R(35400,14600)WP(15635,16450)L(10000000,1):max-cll=1000,400"
_FIELDS: Final = "tinterlace=interleave_top,fieldorder={0},setfield={0}"
_WORDS: Final = """1
00:00:00,100 --> 00:00:00,400
First <i>line</i>

2
00:00:00,500 --> 00:00:00,900
Second

"""
_CHAPTERS: Final = """;FFMETADATA1
title=The Seam
comment=made for a table
MY_TAG=own
[CHAPTER]
TIMEBASE=1/1000
START=0
END=500
title=Opening
[CHAPTER]
TIMEBASE=1/1000
START=500
END=1000
title=Ende äöü
"""


@dataclass(frozen=True)
class Maker:
    """Makes films in a folder.

    Args:
        folder: an existing one.
        ffmpeg: the binary, with x264, x265 and libaom.
        media: real files by the end of their name; None: there is none of it.
    """

    folder: Path
    ffmpeg: str
    media: Callable[[str], Path | None]

    def run(self, name: str, *arguments: str) -> Path:
        """One call of ffmpeg; each argument is split at blanks."""
        path = self.folder / name
        words = [word for text in arguments for word in text.split()]
        argv = [self.ffmpeg, "-v", "error", "-nostdin", "-y", *words, str(path)]
        subprocess.run(argv, cwd=self.folder, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        return path

    def text(self, name: str, content: str) -> str:
        """A text file."""
        (self.folder / name).write_text(content)
        return name


def make(maker: Maker, name: str) -> Path | None:
    """A film by its name in `FILMS`; None where it takes a real file that is not there."""
    return FILMS[name](maker)


def _plain(name: str, video: str, extension: str = "mkv", picture: str = _PICTURE) -> Callable[[Maker], Path]:
    return lambda maker: maker.run(f"{name}.{extension}", picture, video)


def _x264(name: str, filters: str, more: str = "") -> Callable[[Maker], Path]:
    return _plain(name, f"-vf {filters} {_FAST} {more}")


def _real(end: str) -> Callable[[Maker], Path | None]:
    return lambda maker: maker.media(end)


def _subtitle(name: str, codec: str, extension: str) -> Callable[[Maker], Path]:
    def film(maker: Maker) -> Path:
        words = maker.text(f"{name}.srt", _WORDS)
        coding = f"{_FAST} -pix_fmt yuv420p -c:s {codec} -metadata:s:s:0 language=ger"
        return maker.run(f"{name}.{extension}", _PICTURE, f"-i {words} -map 0 -map 1 {coding}")

    return film


def _sound(name: str, codec: str, extension: str = "mkv") -> Callable[[Maker], Path]:
    return lambda maker: maker.run(
        f"{name}.{extension}", _PICTURE, _SOUND, f"-map 0 -map 1 {_FAST} -pix_fmt yuv420p -c:a {codec}"
    )


def _rotated(maker: Maker) -> Path:
    straight = maker.run("straight.mp4", _PICTURE, _FAST, "-pix_fmt yuv420p")
    return maker.run("rotation.mp4", f"-display_rotation 90 -i {straight} -c copy")


def _tagged(maker: Maker) -> Path:
    tags = maker.text("tags.txt", _CHAPTERS)
    (maker.folder / "seam.ttf").write_bytes(b"no font, but nobody looks inside")
    maker.run("cover.png", "-f lavfi -i color=red:s=64x64:d=1 -frames:v 1")
    streams = f"-map 0 -map 1 -map 2 -map_metadata 3 -map_chapters 3 {_FAST} -pix_fmt yuv420p -c:a aac"
    extras = "-attach seam.ttf -metadata:s:2 mimetype=application/x-truetype-font -metadata:s:2 filename=seam.ttf"
    names = "-metadata:s:1 language=ger -metadata:s:1 title=Kommentar -disposition:a:0 default+comment"
    film = maker.run(
        "half.mkv", _PICTURE, _SOUND, f"-i {tags}", streams.replace("-map 2 ", "").replace(" 3", " 2"), names
    )
    cover = "-attach cover.png -metadata:s:3 mimetype=image/png -metadata:s:3 filename=cover.png"
    return maker.run("tagged.mkv", f"-i {film} -map 0 -c copy", extras, cover)


def _late(maker: Maker) -> Path:
    return maker.run("late.mkv", _PICTURE, "-itsoffset 0.3", _SOUND, f"-map 0 -map 1 {_FAST} -pix_fmt yuv420p -c:a ac3")


def _captioned(maker: Maker) -> Path:
    plain = maker.run("plain.ts", _PICTURE, _FAST, "-pix_fmt yuv420p")
    return _with_messages(plain, maker.folder / "captions.ts", _caption, (1, 5), lambda byte: byte & 31, b"\x06")


def _dynamic(maker: Maker) -> Path:
    plain = maker.run("hdr10-plain.ts", _PICTURE, f"-vf format=yuv420p10le,{_PQ} {_HEVC}:{_HDR10}")
    units = tuple(range(32))
    return _with_messages(plain, maker.folder / "plus.ts", _plus, units, lambda byte: byte >> 1 & 63, b"\x4e\x01")


def _dvb(maker: Maker) -> Path | None:
    source = maker.media("sample_with_vobsub.mkv")
    if source is None:
        return None
    return maker.run("dvb.ts", f"-i {source} -map 0:v:0 -map 0:s:0 -c:v copy -c:s dvbsub")


# -- messages -----------------------------------------------------------------------------------------------------


def _with_messages(
    plain: Path,
    target: Path,
    message: Callable[[int], bytes],
    units: Iterable[int],
    kind: Callable[[int], int],
    head: bytes,
) -> Path:
    """A copy of a transport stream, with a message (SEI of kind 4) before the first slice of each picture."""
    with av.open(str(plain)) as source, av.open(str(target), "w") as output:
        stream = source.streams.video[0]
        copy = output.add_stream_from_template(stream, opaque=True)
        for number, packet in enumerate(packet for packet in source.demux(stream) if packet.size):
            data = bytes(packet)
            starts = (found for found in re.finditer(rb"\x00\x00\x01", data) if kind(data[found.end()]) in units)
            at = next(starts).start()
            at -= data[at - 1] == 0
            sei = b"\x00\x00\x00\x01" + head + _escaped(b"\x04" + _size(message(number)) + message(number) + b"\x80")
            made = av.Packet(data[:at] + sei + data[at:])
            made.pts, made.dts, made.time_base, made.duration = (
                packet.pts,
                packet.dts,
                packet.time_base,
                packet.duration,
            )
            made.is_keyframe, made.stream = packet.is_keyframe, copy
            output.mux(made)
    return target


def _size(payload: bytes) -> bytes:
    return b"\xff" * (len(payload) // 255) + bytes([len(payload) % 255])


def _escaped(data: bytes) -> bytes:
    return re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\x00\x00\x03", data)


def _caption(number: int) -> bytes:
    """Two letters for field 1. Source: ATSC A/53, part 4, 6.2.3."""
    letters = bytes(_odd(0x41 + number % 26) for _ in range(2))
    return b"\xb5\x00\x31GA94\x03\xc2\xff\xfc" + letters + b"\xfd\x80\x80\xff"


def _odd(value: int) -> int:
    return value if value.bit_count() % 2 else value | 128


def _plus(number: int) -> bytes:
    """The least that describes a scene. Source: SMPTE ST 2094-40, as ITU-T T.35 message."""
    head = ((0xB5, 8), (0x003C, 16), (1, 16), (4, 8), (1, 8), (1, 2), (400, 27), (0, 1))
    scene = ((5000 + number, 17), (6000, 17), (7000, 17), (1000 + number, 17), (0, 4), (0, 10), (0, 1), (0, 1), (0, 1))
    value = width = 0
    for part, bits in (*head, *scene):
        value, width = value << bits | part, width + bits
    return (value << -width % 8).to_bytes((width + 7) // 8)


FILMS: Final[dict[str, Callable[[Maker], Path | None]]] = {
    "colour": _x264("colour", f"format=yuv420p,{_PAL}"),
    "full range": _x264("full", "scale=out_range=full,format=yuv420p,setparams=range=pc", "-color_range pc"),
    "chroma location": _x264("chroma", "format=yuv420p", "-chroma_sample_location topleft"),
    "HDR10": _plain("hdr10", f"-vf format=yuv420p10le,{_PQ} {_HEVC}:{_HDR10}"),
    "HLG": _plain("hlg", f"-vf format=yuv420p10le,{_HLG} {_HEVC}"),
    "HDR10+": _dynamic,
    "Dolby Vision": _real("dovi_tool__regular.mkv"),
    "10 bit": _x264("ten", "format=yuv420p10le"),
    "12 bit": _plain("twelve", f"-vf format=yuv420p12le {_HEVC}"),
    "4:2:2": _x264("c422", "format=yuv422p"),
    "4:4:4": _plain("c444", f"-vf format=yuv444p {_HEVC}"),
    "RGB": _plain("rgb", "-vf format=gbrp -c:v ffv1"),
    "alpha": _plain("alpha", "-vf format=yuva420p -c:v ffv1"),
    "pixel shape": _x264("shape", "format=yuv420p,setsar=64/45"),
    "rotation": _rotated,
    "stereo 3D": _x264("stereo", "format=yuv420p", "-x264-params frame-packing=3"),
    "interlaced, top first": _plain(
        "tff", f"-vf format=yuv420p,{_FIELDS.format('tff')} -c:v mpeg2video -flags +ildct+ilme -g 12", "ts"
    ),
    "interlaced, bottom first": _plain(
        "bff", f"-vf format=yuv420p,{_FIELDS.format('bff')} -c:v mpeg2video -flags +ildct+ilme -g 12", "ts"
    ),
    "closed captions": _captioned,
    "AV1 film grain": _plain("grain", "-c:v libaom-av1 -cpu-used 8 -denoise-noise-level 20 -g 12 -pix_fmt yuv420p"),
    "SRT": _subtitle("srt", "srt", "mkv"),
    "ASS": _subtitle("ass", "ass", "mkv"),
    "mov_text": _subtitle("movtext", "mov_text", "mp4"),
    "WebVTT": _subtitle("vtt", "webvtt", "mkv"),
    "PGS": _real("sample_with_pgs_subtitles.mkv"),
    "DVD (VobSub)": _real("sample_with_vobsub.mkv"),
    "DVB": _dvb,
    "tagged": _tagged,
    "late sound": _late,
    "data stream": _real("gpmf-parser__karma.mp4"),
    "AAC": _sound("aac", "aac"),
    "AC-3": _sound("ac3", "ac3"),
    "FLAC": _sound("flac", "flac"),
    "Opus": _sound("opus", "libopus"),
    "Vorbis": _sound("vorbis", "libvorbis"),
    "MP3": _sound("mp3", "libmp3lame"),
    "PCM": _sound("pcm", "pcm_s16le"),
    "DTS": _sound("dts", "dca -strict -2 -ac 2"),
}
