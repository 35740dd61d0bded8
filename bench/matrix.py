"""What the proof suite makes films of: codecs with their GOP structures, the containers that take them, and rates.

Tables and nothing else. `bench.oddities` bends some of these films, `bench.sources` puts all of them in one list,
`bench.kitchen` makes them. The first ffmpeg that can make a film does; one that none can make is reported as such.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["CODINGS", "CONTAINERS", "RATES", "STEADY", "TIMED", "Coding", "Rate", "coding"]


@dataclass(frozen=True, slots=True)
class Coding:
    """An encoder with the structure that it is told to make.

    Args:
        name: row of the matrix.
        arguments: the encoder's, without the picture.
        containers: extensions, keys of `CONTAINERS`.
        pixels: the sample format.
        fields: interlaced.
        size: of the picture.
        rate: where the codec allows no other than a few.
        seconds: of film.
        bend: a change of the elementary stream that no encoder makes (`bench.bending`).
    """

    name: str
    arguments: str
    containers: str
    pixels: str = "yuv420p"
    fields: bool = False
    size: str = "128x96"
    rate: str = "25"
    seconds: float = 3.0
    bend: str = ""

    @property
    def plain(self) -> bool:
        """Whether x264 and VP9 without loss give the same samples: 8-bit 4:2:0."""
        return self.pixels == "yuv420p"


@dataclass(frozen=True, slots=True)
class Rate:
    """How frames lie in time: a grid, bent by an expression (`setpts`) on a clock of its own."""

    name: str
    grid: str
    times: str = ""
    clock: str = ""


# Extension: the muxer and its options; an empty one is what the extension means.
CONTAINERS: Final[dict[str, str]] = {
    "m2ts": "-f mpegts -mpegts_m2ts_mode 1",
    "ts": "-f mpegts",
    "mpg": "-f mpeg",
    "vob": "-f vob",
    "asf": "-f asf",
    "h264": "-f h264",
    "hevc": "-f hevc",
    "vvc": "-f vvc",
    "m2v": "-f mpeg2video",
    "m1v": "-f mpeg1video",
    "m4v": "-f m4v",
    "obu": "-f obu",
    "mjpeg": "-f mjpeg",
    "3gp": "-f 3gp",
    "rm": "-f rm",
    "gif": "-f gif",
    "apng": "-f apng",
    "drc": "-f dirac",
    "h263": "-f h263",
    "y4m": "-f yuv4mpegpipe",
}

_X264 = "-c:v libx264 -preset veryfast -threads 1"
_OPEN = "open-gop=1:keyint=20:bframes=3:scenecut=0"
_X265 = "-c:v libx265 -preset ultrafast -x265-params log-level=none:pools=1:frame-threads=1"
_MPEG2 = "-c:v mpeg2video -q:v 4 -threads 1"
_FIELDS = "-g 12 -bf 2 -flags +ildct+ilme"
_VP8 = "-c:v libvpx -threads 1 -deadline good -cpu-used 5 -b:v 300k"
_VP9 = "-c:v libvpx-vp9 -threads 1 -deadline good -cpu-used 5 -b:v 300k"
_HIDDEN = "-g 40 -auto-alt-ref 1 -lag-in-frames 16 -arnr-maxframes 5"
_PRORES = "-c:v prores_ks"
_AOM = "-c:v libaom-av1 -cpu-used 8 -usage good -threads 1 -crf 40 -b:v 0"

CODINGS: Final = (
    Coding("H.264, closed GOP", f"{_X264} -g 20 -bf 2", "mp4 mov mkv ts m2ts mpg flv avi nut h264 3gp asf"),
    Coding("H.264, open GOP", f"{_X264} -x264-params {_OPEN}", "mp4 mov mkv ts mpg h264"),
    Coding("H.264, deep pyramid", f"{_X264} -g 30 -bf 8 -x264-params b-adapt=0:b-pyramid=normal:ref=6", "mp4 mkv ts"),
    Coding("H.264, intra refresh", f"{_X264} -x264-params intra-refresh=1:keyint=25", "mp4 mkv ts"),
    Coding("H.264, MBAFF", f"{_X264} -g 24 -flags +ildct+ilme -x264-params tff=1", "mp4 mkv ts", fields=True),
    Coding("H.264, CAVLC 4:4:4", f"{_X264} -g 20 -x264-params cabac=0", "mp4 mkv ts", "yuv444p"),
    Coding("H.264, 10-bit 4:2:2", f"{_X264} -g 20", "mp4 mkv mxf", "yuv422p10le"),
    Coding("H.264, RGB", "-c:v libx264rgb -preset veryfast -threads 1 -g 20", "mkv mp4", "rgb24"),
    Coding("H.264, one keyframe", f"{_X264} -g 9999 -sc_threshold 0", "mp4 mkv ts flv"),
    Coding("H.264, IDR only", f"{_X264} -g 1", "mp4 mkv avi ts"),
    Coding("H.264, no B-frames", f"{_X264} -g 12 -tune zerolatency", "mp4 avi flv"),
    Coding("H.264, OpenH264", "-c:v libopenh264 -g 15", "mp4 ts"),
    Coding("HEVC, closed GOP", f"{_X265}:open-gop=0:keyint=20:bframes=3", "mp4 mov mkv ts hevc nut"),
    Coding("HEVC, open GOP (RASL)", f"{_X265}:open-gop=1:keyint=20:bframes=4", "mp4 mov mkv ts hevc"),
    Coding("HEVC, RADL", f"{_X265}:open-gop=0:radl=2:keyint=20:bframes=4", "mp4 mkv ts"),
    Coding("HEVC, fields", f"{_X265}:interlace=tff:keyint=20", "mkv ts", fields=True),
    Coding("HEVC, 10 bits", f"{_X265}:keyint=20", "mp4 mkv", "yuv420p10le"),
    Coding("HEVC, 12-bit 4:4:4", f"{_X265}:keyint=20", "mp4 mkv", "yuv444p12le"),
    Coding("HEVC, one keyframe", f"{_X265}:keyint=9999:scenecut=0", "mp4 mkv"),
    Coding("HEVC, Kvazaar", "-c:v libkvazaar -kvazaar-params preset=ultrafast,period=16,gop=8,threads=0", "mp4 mkv"),
    Coding("VVC", "-c:v libvvenc -preset faster -g 32 -threads 1", "mp4 mkv ts vvc", "yuv420p10le"),
    Coding("MPEG-2, open GOP", f"{_MPEG2} -g 12 -bf 2", "ts mpg vob mkv m2v avi mp4 mov m2ts"),
    Coding("MPEG-2, closed GOP", f"{_MPEG2} -g 15 -bf 2 -flags +cgop -sc_threshold 1000000000", "ts mpg mkv"),
    Coding("MPEG-2, interlaced", f"{_MPEG2} {_FIELDS}", "ts mpg mkv mxf", fields=True),
    Coding("MPEG-2, 4:2:2 intra", f"{_MPEG2} -g 1 -intra_vlc 1", "mxf mov ts", "yuv422p"),
    Coding("MPEG-2, telecine", f"{_MPEG2} {_FIELDS}", "m2v ts mpg mkv", rate="30000/1001", bend="telecine"),
    Coding("MPEG-1", "-c:v mpeg1video -g 12 -bf 2 -q:v 4 -threads 1", "mpg mkv m1v avi"),
    Coding("MPEG-4 ASP", "-c:v mpeg4 -bf 2 -g 15 -q:v 5 -threads 1", "mp4 avi mkv mov m4v nut ts"),
    Coding("MPEG-4 ASP, qpel", "-c:v mpeg4 -bf 1 -g 20 -q:v 5 -flags +qpel+mv4 -threads 1", "avi mkv"),
    Coding("MPEG-4 ASP, packed", "-c:v mpeg4 -bf 1 -b_strategy 0 -g 15 -q:v 5 -threads 1", "avi", bend="packed"),
    Coding("Xvid", "-c:v libxvid -bf 2 -g 20 -q:v 4", "avi mp4"),
    Coding("VP8", f"{_VP8} -g 20", "webm mkv ivf"),
    Coding("VP8, hidden frames", f"{_VP8} {_HIDDEN}", "webm mkv ivf avi"),
    Coding("VP9, superframes", f"{_VP9} -g 30 -auto-alt-ref 6 -lag-in-frames 20", "webm mp4 mkv ivf nut"),
    Coding("VP9, realtime", f"{_VP9} -g 25 -deadline realtime -lag-in-frames 0", "webm mkv"),
    Coding("VP9, 10-bit 4:4:4", f"{_VP9} -g 25", "webm mp4", "yuv444p10le"),
    Coding("AV1, hidden frames", f"{_AOM} -g 25 -lag-in-frames 19", "mp4 mkv webm obu ivf"),
    Coding("AV1, film grain", "-c:v libsvtav1 -preset 10 -g 25 -crf 40 -svtav1-params film-grain=20:lp=1", "mp4 mkv"),
    Coding("AV1, rav1e 10 bits", "-c:v librav1e -speed 10 -g 20 -qp 120", "mp4 mkv", "yuv420p10le"),
    Coding("AV1, key frames only", f"{_AOM} -g 0", "mp4 webm"),
    Coding("ProRes", f"{_PRORES} -profile:v 3", "mov mkv mxf", "yuv422p10le"),
    Coding("ProRes 4444, interlaced", f"{_PRORES} -profile:v 4 -flags +ildct", "mov mkv", "yuv444p10le", fields=True),
    Coding("DNxHR", "-c:v dnxhd -profile:v dnxhr_sq", "mov mxf mkv", "yuv422p", size="256x128"),
    Coding("FFV1", "-c:v ffv1 -level 3 -g 1 -threads 1", "mkv avi nut mov"),
    Coding("FFV1, long GOP", "-c:v ffv1 -level 1 -g 20 -threads 1", "mkv avi", "yuv422p10le"),
    Coding("Motion JPEG", "-c:v mjpeg -q:v 3 -threads 1", "avi mov mkv mp4 mjpeg nut", "yuvj420p"),
    Coding("Theora", "-c:v libtheora -g 16 -q:v 7", "ogv mkv"),
    Coding("WMV2", "-c:v wmv2 -g 20 -q:v 4", "asf avi mkv"),
    Coding("WMV1", "-c:v wmv1 -g 20 -q:v 4", "asf avi"),
    Coding("MS-MPEG-4 v3", "-c:v msmpeg4 -g 20 -q:v 4", "avi asf"),
    Coding("HuffYUV", "-c:v huffyuv", "avi mkv mov", "yuv422p"),
    Coding("Ut Video", "-c:v utvideo", "avi mkv mov", "yuv444p"),
    Coding("MagicYUV", "-c:v magicyuv", "avi mkv", "gbrp"),
    Coding("raw video", "-c:v rawvideo", "avi mkv nut y4m"),
    Coding("raw video, 4:2:2 packed", "-c:v rawvideo", "avi mov nut", "uyvy422"),
    Coding("raw video, 10 bits", "-c:v v210", "mov avi", "yuv422p10le"),
    Coding("VC-2", "-c:v vc2", "mkv mov drc", "yuv422p10le"),
    Coding("JPEG 2000", "-c:v jpeg2000", "mov mkv mxf", "yuv444p"),
    Coding("CineForm", "-c:v cfhd", "mov avi", "yuv422p10le"),
    Coding("DV", "-c:v dvvideo", "avi mov dv mkv", size="720x576", seconds=1.0),
    Coding("PNG", "-c:v png", "mov mkv avi", "rgb24"),
    Coding("APNG", "-c:v apng", "apng", "rgb24"),
    Coding("GIF", "-c:v gif", "gif", "rgb8"),
    Coding("QuickTime RLE", "-c:v qtrle -g 20", "mov", "rgb24"),
    Coding("H.263", "-c:v h263 -g 20 -q:v 4", "3gp mov avi", size="176x144"),
    Coding("Sorenson H.263", "-c:v flv -g 20 -q:v 4", "flv"),
    Coding("Flash screen", "-c:v flashsv -g 20", "flv", "bgr24"),
    Coding("Sorenson Video 1", "-c:v svq1 -g 20", "mov", "yuv410p"),
    Coding("Cinepak", "-c:v cinepak -g 20", "avi mov", "rgb24"),
    Coding("Snow", "-c:v snow -g 20 -q:v 4 -strict -2", "avi nut"),
    Coding("Zip Motion Blocks", "-c:v zmbv -g 20", "avi", "bgr0"),
    Coding("ASV1", "-c:v asv1 -q:v 3", "avi"),
    Coding("RealVideo 2", "-c:v rv20 -g 20 -q:v 4", "rm"),
    Coding("AVS2", "-c:v libxavs2 -g 20", "mkv ts"),
    Coding("APV", "-c:v liboapv", "mp4 mkv", "yuv422p10le"),
)  # fmt: skip

STEADY: Final = "25"
# Containers with clocks of their own: 90 kHz, a millisecond, the muxer's choice.
RATES: Final = (
    Rate("23.976", "24000/1001"),
    Rate("29.97", "30000/1001"),
    Rate("50", "50"),
    Rate("59.94", "60000/1001"),
    Rate("12", "12"),
    Rate("VFR, jitter", "25", "(N+0.35*sin(N*2.1))/25/TB", "1/90000"),
    Rate("VFR, pauses", "25", "(N+30*gte(N\\,20)+55*gte(N\\,50))/25/TB", "1/90000"),
    Rate("VFR, two rates", "30", "if(lt(N\\,40)\\,N/60\\,40/60+(N-40)/24)/TB", "1/90000"),
    Rate("VFR, milliseconds", "25", "floor(N*1000/23+mod(N*7\\,11))/1000/TB", "1/1000"),
    Rate("VFR, 600 ticks", "30", "floor(N*600/30+mod(N*5\\,7))/600/TB", "1/600"),
    Rate("a gap of 12 s", "25", "(N+300*gte(N\\,33))/25/TB", "1/90000"),
)
# Codec rows, each with its containers, and the rates at which they are made.
TIMED: Final = (
    ("H.264, open GOP", "mp4 mkv ts", RATES),
    ("HEVC, open GOP (RASL)", "mp4", RATES),
    ("VP9, superframes", "webm", RATES),
    # Its encoder takes no clock but its own.
    ("MPEG-2, open GOP", "mpg ts", RATES[:5]),
)


def coding(name: str) -> Coding:
    """The row of that name."""
    return next(row for row in CODINGS if row.name == name)
