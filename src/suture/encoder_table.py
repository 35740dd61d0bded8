"""What is known of ffmpeg's video encoders: the quality and speed they get by default, and the limits.

A table, consulted by `settings` (is a value allowed?) and by `presets` (the default). Which option of
ffmpeg's carries a value is `command.encoders`' business. An encoder that is not here takes whatever the user
says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["KNOWN_ENCODERS", "KnownEncoder", "Quality", "audio_quality_of"]


@dataclass(frozen=True, slots=True)
class Quality:
    """The range of an encoder's constant quality, both ends included, and the default here."""

    low: float
    high: float
    default: float

    def holds(self, value: float) -> bool:
        """Whether the encoder takes this value."""
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True)
class KnownEncoder:
    """One encoder.

    Args:
        quality: its constant quality; None: it has none.
        speed: the default of its speed option, in the encoder's own words; None: it is not set.
        speeds: the words that the speed may be.
        speed_range: the numbers that it may be, both ends included.
        has_speed: whether there is a speed option at all.
    """

    quality: Quality | None = None
    speed: str | None = None
    speeds: tuple[str, ...] = ()
    speed_range: tuple[int, int] | None = None
    has_speed: bool = True

    def allows_speed(self, value: str) -> bool:
        """Whether ``--speed`` may be this; without words or numbers to compare, it may."""
        if value in self.speeds or not (self.speeds or self.speed_range):
            return True
        if self.speed_range is None or not value.removeprefix("-").isdecimal():
            return False
        return self.speed_range[0] <= int(value) <= self.speed_range[1]

    def speeds_text(self) -> str:
        """What ``--speed`` may be, for an error."""
        numbers = [f"{self.speed_range[0]} to {self.speed_range[1]}"] if self.speed_range else []
        return " or ".join([*numbers, *([", ".join(self.speeds)] if self.speeds else [])])


# Source: x264_preset_names in x264.h; x265 has the same.
_X26X = tuple("ultrafast superfast veryfast faster fast medium slow slower veryslow placebo".split())  # noqa: SIM905
# Source: ffmpeg -h encoder=NAME of 5.1 and 9.0, here and below.
_NVENC = tuple("p1 p2 p3 p4 p5 p6 p7 slow medium fast".split())  # noqa: SIM905 - reads better
_QSV = tuple("veryfast faster fast medium slow slower veryslow".split())  # noqa: SIM905 - reads better
_VVENC = ("faster", "fast", "medium", "slow", "slower")


def _x26x(crf: float) -> KnownEncoder:
    return KnownEncoder(Quality(0, 51, crf), "medium", _X26X)


def _nvenc(cq: float, most: float = 51) -> KnownEncoder:
    return KnownEncoder(Quality(0, most, cq), "p5", _NVENC)


def _qsv(quality: float) -> KnownEncoder:
    return KnownEncoder(Quality(1, 51, quality), "medium", _QSV)


def _numbered(quality: Quality, speed: str, low: int, high: int) -> KnownEncoder:
    return KnownEncoder(quality, speed, speed_range=(low, high))


_SCALED = KnownEncoder(Quality(1, 31, 4), has_speed=False)
_NEITHER = KnownEncoder(has_speed=False)

KNOWN_ENCODERS: Final[dict[str, KnownEncoder]] = {
    "libx264": _x26x(20),
    "libx264rgb": _x26x(20),
    "libx265": _x26x(22),
    "libsvtav1": _numbered(Quality(0, 63, 30), "8", -2, 13),
    "libvpx-vp9": _numbered(Quality(0, 63, 31), "4", -8, 8),
    "libvpx": _numbered(Quality(4, 63, 20), "2", -16, 16),
    "libaom-av1": _numbered(Quality(0, 63, 30), "5", 0, 8),
    "librav1e": _numbered(Quality(0, 255, 90), "6", 0, 10),
    "libvvenc": KnownEncoder(Quality(0, 63, 32), "fast", _VVENC),
    "mpeg4": _SCALED,
    "libxvid": _SCALED,
    "mpeg2video": _SCALED,
    "mpeg1video": _SCALED,
    "mjpeg": _SCALED,
    "ffv1": _NEITHER,
    "huffyuv": _NEITHER,
    "ffvhuff": _NEITHER,
    "utvideo": _NEITHER,
    "rawvideo": _NEITHER,
    "prores_ks": _NEITHER,
    "h264_nvenc": _nvenc(23),
    "hevc_nvenc": _nvenc(25),
    "av1_nvenc": _nvenc(30, 63),
    "h264_qsv": _qsv(22),
    "hevc_qsv": _qsv(24),
    "av1_qsv": _qsv(26),
    "h264_vaapi": KnownEncoder(Quality(0, 52, 22)),
    "hevc_vaapi": KnownEncoder(Quality(0, 52, 24)),
    "av1_vaapi": KnownEncoder(Quality(0, 255, 100)),
}

# Encoders of sound by their scale of ``-q:a``. Source: libmp3lame's and libvorbis' manuals; of the others ffmpeg takes
# any number, and these are the ends beyond which nothing changes. Those without one ignore it, or fail (libopus).
_AUDIO_QUALITY: Final = {
    "aac": (0.1, 10.0),
    "libmp3lame": (0.0, 9.999),
    "libvorbis": (-1.0, 10.0),
    "vorbis": (-1.0, 10.0),
    "libspeex": (0.0, 10.0),
    "libtwolame": (-50.0, 50.0),
}
_NO_AUDIO_QUALITY: Final = frozenset(
    {"libopus", "opus", "ac3", "ac3_fixed", "eac3", "mp2", "mp2fixed", "libfdk_aac", "flac", "alac", "wavpack", "tta"}
)
_ANY_AUDIO_QUALITY: Final = (-2.0, 500.0)


def audio_quality_of(encoder: str) -> tuple[float, float]:
    """The least and the most that an encoder of sound takes as ``-q:a``; equal: it has no such quality."""
    if encoder in _NO_AUDIO_QUALITY or encoder.startswith(("pcm_", "adpcm_", "wma")):
        return (0.0, 0.0)
    return _AUDIO_QUALITY.get(encoder, _ANY_AUDIO_QUALITY)
