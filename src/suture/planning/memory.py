"""How much memory one encoder of a piece will take at most: estimates, used until there is a measurement.

A formula over a small table; the figures are peaks of the resident set, measured by ``bench/memory.py`` on FFmpeg 5.1
and 9.0 and rounded up. What the estimates are compared with is `machine`'s, what follows from it the orchestrator's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from suture.planning.machine import cores
from suture.planning.pixels import pixels_of

__all__ = ["estimate_audio_bytes", "estimate_bytes", "estimate_decoder_bytes", "memory_kind"]

_MIB: Final = 1 << 20
# ffmpeg itself with its libraries, which a distribution's share with other processes and still count.
_PROGRAM: Final = 62.0
# ffmpeg's decoders take one thread more than there are cores, and no more than this. Source: libavcodec/pthread.c.
_MOST_DECODER_THREADS: Final = 16


@dataclass(frozen=True, slots=True)
class _Use:
    """MiB that an encoder takes: fixed, for each megapixel, and of both for each thread after the first.

    ``most_threads``: more than these take no more. ``growth``: how what hangs on pixels grows with the bytes of one, as
    an exponent; encoders' own notes on a block stay as they are. ``speeds``: factors of ``pixels``, where a speed keeps
    fewer or more frames than the usual one.
    """

    fixed: float
    pixels: float
    thread_fixed: float = 0.0
    thread_pixels: float = 0.0
    most_threads: int = 16
    growth: float = 0.85
    speeds: dict[str, float] = field(default_factory=dict)


_X264: Final = _Use(
    10,
    175,
    3,
    20,
    most_threads=128,
    speeds={
        "ultrafast": 0.1,
        "superfast": 0.2,
        "veryfast": 0.35,
        "faster": 0.55,
        "fast": 0.8,
        "slow": 1.25,
        "slower": 1.6,
        "veryslow": 2.15,
        "placebo": 2.15,
    },
)
_X265_SPEEDS: Final = {
    "ultrafast": 0.35,
    "superfast": 0.75,
    "veryfast": 0.75,
    "faster": 0.75,
    "fast": 0.75,
    "slow": 1.1,
    "slower": 2.0,
    "veryslow": 2.1,
    "placebo": 2.6,
}
_TABLE: Final[dict[str, _Use]] = {
    "libx264": _X264,
    "libx264rgb": _X264,
    "libx265": _Use(45, 170, 14, 8, growth=0.8, speeds=_X265_SPEEDS),
    "libsvtav1": _Use(
        35, 225, 25, 80, most_threads=6, growth=0.45, speeds={str(number): 1.1 for number in range(-2, 6)}
    ),
    "libaom-av1": _Use(20, 300, 2, 5, growth=0.8),
    "librav1e": _Use(85, 620, 1, 5, growth=0.6),
    "libvpx-vp9": _Use(18, 138, 8, 2, growth=0.85),
    "libvpx": _Use(10, 30, 8, 2),
    "libvvenc": _Use(100, 450, 20, 50),
    "ffv1": _Use(8, 165, 1, 0, growth=0.1),
    "ffvhuff": _Use(5, 20),
    "huffyuv": _Use(5, 20),
    "utvideo": _Use(5, 20),
    "rawvideo": _Use(0, 10),
    "prores_ks": _Use(5, 20),
    "mpeg2video": _Use(5, 20),
    "mpeg4": _Use(5, 20),
    "libtheora": _Use(5, 20),
    "libxvid": _Use(5, 20),
    "mjpeg": _Use(5, 20),
}
# What nobody measured: a thirsty one. An encoder on a graphics card keeps most of its frames there, but not all.
_UNKNOWN: Final = _Use(100, 500, 10, 30)
_HARDWARE: Final = _Use(250, 100)
_HARDWARE_NAMES: Final = ("_nvenc", "_qsv", "_vaapi", "_amf", "_videotoolbox", "_vulkan", "_v4l2m2m")


def estimate_bytes(
    encoder: str,
    width: int,
    height: int,
    pix_fmt: str,
    threads: int | None,
    source_codec: str = "",
    *,
    speed: str = "",
    machine_cores: int | None = None,
) -> int:
    """The peak of the resident set of an ffmpeg that encodes a piece.

    Args:
        encoder: ffmpeg's name of it; an unknown one is taken for a thirsty one.
        width: of the picture.
        height: of the picture.
        pix_fmt: that is encoded; empty: 4:2:0 of 8 bits.
        threads: of the encoder; None: as many as it likes.
        source_codec: what is decoded; empty: nothing, or something unknown that is decoded in one thread.
        speed: the encoder's speed option.
        machine_cores: on which the number of threads depends that nobody sets; None: this machine's.
    """
    there = machine_cores or cores()
    use = _use(encoder)
    more = max(0, min(threads or _own_threads(encoder, there), use.most_threads) - 1)
    pixels = use.pixels * use.speeds.get(speed, 1.0) + use.thread_pixels * more
    pixels *= _megapixels(width, height) * (pixels_of(pix_fmt).bytes / 1.5) ** use.growth
    encoding = use.fixed + use.thread_fixed * more + pixels
    decoders = min((threads or there) + 1, _MOST_DECODER_THREADS) if source_codec else 1
    return int(encoding * _MIB) + estimate_decoder_bytes(source_codec, width, height, pix_fmt, decoders)


def estimate_decoder_bytes(codec: str, width: int, height: int, pix_fmt: str, threads: int) -> int:
    """The same of an ffmpeg that only decodes, the program itself included."""
    frames, each = (8.0, 1.0) if codec == "mpeg2video" else (16.0, 4.5)
    of_frames = _megapixels(width, height) * (frames + each * (threads - 1)) * pixels_of(pix_fmt).bytes / 1.5
    return int((_PROGRAM + threads + of_frames) * _MIB)


def estimate_audio_bytes() -> int:
    """The same of an ffmpeg that encodes or converts sound or subtitles, however long."""
    return 72 * _MIB


def memory_kind(encoder: str, width: int, height: int, pix_fmt: str, threads: int | None) -> str:
    """What tasks have in common whose peaks are alike: the name under which a measured peak replaces the estimate."""
    return f"{encoder} {width}x{height} {pix_fmt or 'as decoded'} {threads or 'auto'}"


def _use(encoder: str) -> _Use:
    return _TABLE.get(encoder) or (_HARDWARE if encoder.endswith(_HARDWARE_NAMES) else _UNKNOWN)


def _own_threads(encoder: str, there: int) -> int:
    """How many threads an encoder takes that is not told. Source: x264 ``x264_threading`` (frames: 1.5 for a core)."""
    return there * 3 // 2 if encoder.startswith("libx264") else there


def _megapixels(width: int, height: int) -> float:
    return width * height / 1e6
