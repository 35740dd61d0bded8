"""`EncodeSettings`: everything that can be asked of an encode, checked when it is made.

A value, frozen and picklable; where its parts come from (presets, files, the command line) is `presets` and
`cli`. Checked here is what can be known without a file or an ffmpeg; whether this ffmpeg has the encoder is
asked later.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from difflib import get_close_matches
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from suture.encoder_table import KNOWN_ENCODERS, audio_quality_of
from suture.errors import ConfigError
from suture.goal import Goal
from suture.units import parse_rate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from suture.encoder_table import KnownEncoder

__all__ = ["CHUNKING", "SUBTITLES", "VERIFY", "EncodeSettings", "field_names", "option_of", "unknown"]

CHUNKING: Final = ("auto", "keyframes", "scenes", "chapters", "fixed")
SUBTITLES: Final = ("copy", "none", "burn")
VERIFY: Final = ("packets", "joins", "full")

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_:.-]*")
_EXTENSION = re.compile(r"[A-Za-z0-9]{1,8}")
_SIDE = r"-?[A-Za-z0-9_][A-Za-z0-9_+*/().-]*"
_SCALE = re.compile(rf"{_SIDE}[:x]{_SIDE}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
# In LUFS. Source: the range of ffmpeg's loudnorm (I).
_LOUDNESS: Final = (-70.0, -5.0)
# Encoders' own options that ask for a quality, or for a rate.
_QUALITIES: Final = frozenset(
    {
        "b",
        "b:v",
        "bitrate",
        "cq",
        "crf",
        "global_quality",
        "lossless",
        "q",
        "q:v",
        "qp",
        "qscale",
        "qscale:v",
        "quantizer",
    }
)
# Where the option's name is not the field's with dashes.
_OPTIONS = {
    "audio_bitrate": "-b:a",
    "audio_codec": "-c:a",
    "audio_filter": "-af",
    "audio_languages": "--audio-lang",
    "audio_quality": "-q:a",
    "encoder_options": "-x",
    "maps": "--map",
    "pixel_format": "--pix-fmt",
    "subtitle_files": "--subtitle-file",
    "subtitle_languages": "--subtitle-lang",
    "video_bitrate": "-b:v",
    "video_codec": "-c:v",
    "video_filter": "-vf",
}


@dataclass(frozen=True, slots=True)
class EncodeSettings:
    """What to encode with, what to take along, how to cut, run and check.

    Times are seconds, rates are as people write them (``192k``). ``video_codec`` and ``audio_codec`` are
    encoders of ffmpeg, ``copy`` or ``none``. ``crf`` is the encoder's constant-quality option, ``speed`` its
    speed option, ``target`` a `Goal` (``vmaf=95``) instead of a quality; ``audio_quality`` is ffmpeg's ``-q:a``,
    ``loudness`` in LUFS. ``subtitle_files`` are pairs of path and language (or None).

    Raises:
        ConfigError: a value is not allowed; the message names the option, the value and what is allowed.
    """

    preset: str = "h264"
    extension: str = "mkv"
    video_codec: str = "libx264"
    crf: float | None = None
    speed: str | None = None
    video_bitrate: str | None = None
    target: str | None = None
    encoder_options: tuple[tuple[str, str], ...] = ()
    pixel_format: str | None = None
    audio_codec: str = "copy"
    audio_bitrate: str | None = None
    audio_quality: float | None = None
    channels: int | None = None
    sample_rate: int | None = None
    scale: str | None = None
    video_filter: str | None = None
    audio_filter: str | None = None
    loudness: float | None = None
    start: Fraction | None = None
    end: Fraction | None = None
    subtitles: str = "copy"
    burn_index: int = 0
    subtitle_files: tuple[tuple[str, str | None], ...] = ()
    chunking: str = "auto"
    chunk_duration: Fraction = Fraction(600)
    workers: int | None = None
    threads: int | None = None
    max_retries: int = 2
    permissive: bool = False
    no_loss: bool = False
    verify: str = "joins"
    work_dir: str | None = None
    keep_work: bool = False
    resume: bool = True
    fail_fast: bool = False
    maps: tuple[str, ...] = ()
    audio_languages: tuple[str, ...] = ()
    subtitle_languages: tuple[str, ...] = ()
    gpu_encode_slots: int = 1
    gpu_scale_slots: int = 1
    io_slots: int = 1
    ffmpeg: str | None = None

    @property
    def is_part(self) -> bool:
        """Whether only a range of the source is asked for."""
        return self.start is not None or self.end is not None

    @property
    def at_shots(self) -> bool:
        """Whether to cut where shots begin: with a target ``auto`` does, since each has a quality of its own."""
        return self.chunking == "scenes" or (self.chunking == "auto" and self.target is not None)

    @property
    def goal(self) -> Goal | None:
        """The ``target``, read."""
        return Goal.parse(self.target) if self.target is not None else None

    def __post_init__(self) -> None:
        for name in ("start", "end", "chunk_duration"):
            object.__setattr__(self, name, _exact(name, getattr(self, name)))
        if self.target is not None:  # in one way of writing it: it is compared with an earlier run's
            object.__setattr__(self, "target", str(Goal.parse(str(self.target))))
        _check_names(self)
        _check_video(self)
        _check_audio(self)
        _check_ranges(self)
        _check_counts(self)


def field_names() -> tuple[str, ...]:
    """The names of all settings, in order."""
    return tuple(field.name for field in fields(EncodeSettings))


def option_of(name: str) -> str:
    """How a setting is called on the command line: ``--chunk-duration``."""
    return _OPTIONS.get(name, "--" + name.replace("_", "-"))


def unknown(what: str, name: str, known: Iterable[str]) -> ConfigError:
    """The error for a name that does not exist, with the ones that are spelled nearly so."""
    known = tuple(known)
    near = get_close_matches(name, known, n=3)
    hint = "did you mean " + " or ".join(near) + "?" if near else "there is " + ", ".join(known)
    return ConfigError(f"unknown {what} {name!r}", hint)


def _wrong(name: str, value: object, allowed: str, hint: str = "") -> ConfigError:
    return ConfigError(f"{option_of(name)}: {value!r} is not allowed, it must be {allowed}", hint)


def _exact(name: str, value: float | Fraction | None) -> Fraction | None:
    """From Python, 0.4 means two fifths, not the nearest binary fraction."""
    if value is None or isinstance(value, Fraction):
        return value
    try:
        return Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        raise _wrong(name, value, "a number of seconds") from None


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        near = get_close_matches(value, allowed, n=1)
        raise _wrong(name, value, "one of " + ", ".join(allowed), f"did you mean {near[0]}?" if near else "")


def _check_names(settings: EncodeSettings) -> None:
    """What later stands in an argument list must not look like an option."""
    _one_of("subtitles", settings.subtitles, SUBTITLES)
    _one_of("chunking", settings.chunking, CHUNKING)
    _one_of("verify", settings.verify, VERIFY)
    for name in ("video_codec", "audio_codec", "pixel_format"):
        value = getattr(settings, name)
        if value is not None and not _NAME.fullmatch(value):
            raise _wrong(name, value, "a name of ffmpeg's")
    if not _EXTENSION.fullmatch(settings.extension):
        raise _wrong("extension", settings.extension, "letters and digits without a dot, such as mkv")
    for key, _value in settings.encoder_options:
        if not _KEY.fullmatch(key):
            raise _wrong("encoder_options", key, "KEY=VALUE with a key of the encoder's", "without a dash")
    for name in ("audio_languages", "subtitle_languages"):
        for language in getattr(settings, name):
            if not _LANGUAGE.fullmatch(language):
                raise _wrong(name, language, "a language code such as eng or pt-BR")


def _check_video(settings: EncodeSettings) -> None:
    codec = settings.video_codec
    encodes = codec not in {"copy", "none"}
    for name in ("crf", "video_bitrate", "target", "speed", "scale", "video_filter", "pixel_format"):
        if getattr(settings, name) is not None and not encodes:
            why = f"{option_of(name)} can't go with -c:v {codec}: nothing is encoded"
            raise ConfigError(why, "leave one of them out")
    asked = [option_of(name) for name in ("crf", "video_bitrate", "target") if getattr(settings, name) is not None]
    if len(asked) > 1:
        raise ConfigError(f"{asked[0]} and {asked[1]} exclude each other", "ask for a quality, a rate or a target")
    if settings.video_bitrate is not None:
        parse_rate(settings.video_bitrate, "-b:v")
    if settings.scale is not None and not _SCALE.fullmatch(settings.scale):
        raise _wrong("scale", settings.scale, "WIDTH:HEIGHT", "-2 keeps the shape: 1280:-2")
    if settings.subtitles == "burn" and not encodes:
        raise ConfigError(f"--subtitles burn can't go with -c:v {codec}", "burning needs an encoder")
    known = KNOWN_ENCODERS.get(codec)
    if settings.target is not None and encodes:
        _check_searched(settings, known)
    if known is not None:
        _check_encoder(settings, known)


def _check_searched(settings: EncodeSettings, known: KnownEncoder | None) -> None:
    """A target needs a quality that can be searched, and nobody else may set it."""
    if known is None or known.quality is None:
        why = f"--target can't go with -c:v {settings.video_codec}: no constant quality of it is known"
        raise ConfigError(why, "libx264, libx265, libsvtav1, libvpx-vp9 have one")
    for key, value in settings.encoder_options:
        inside = {part.partition("=")[0] for part in value.split(":") if "=" in part}
        if found := sorted(({key} | inside) & _QUALITIES):
            raise ConfigError(
                f"--target can't go with -x {found[0]}: that sets the quality, too", "leave one of them out"
            )


def _check_encoder(settings: EncodeSettings, known: KnownEncoder) -> None:
    """Quality and speed against what this encoder takes."""
    codec, crf, speed = settings.video_codec, settings.crf, settings.speed
    if crf is not None and known.quality is None:
        raise ConfigError(f"--crf can't go with -c:v {codec}: it has no constant quality", "leave --crf out")
    if crf is not None and known.quality is not None and not known.quality.holds(crf):
        raise _wrong("crf", f"{crf:g}", f"{known.quality} for {codec}")
    if speed is not None and not known.has_speed:
        raise ConfigError(f"--speed can't go with -c:v {codec}: it has no such option", "leave --speed out")
    if speed is not None and not known.allows_speed(speed):
        near = get_close_matches(speed, known.speeds, n=1)
        hint = f"did you mean {near[0]}?" if near else ""
        raise _wrong("speed", speed, f"{known.speeds_text()} for {codec}", hint)


def _check_audio(settings: EncodeSettings) -> None:
    codec, quality, loudness = settings.audio_codec, settings.audio_quality, settings.loudness
    if settings.audio_bitrate is not None:
        parse_rate(settings.audio_bitrate, "-b:a")
    if codec in {"copy", "none"}:
        _refuse_audio(settings)
    if loudness is not None and not _LOUDNESS[0] <= loudness <= _LOUDNESS[1]:
        hint = "the sign counts: -16 for the web, -23 for European television"
        raise _wrong("loudness", f"{loudness:g}", f"{_LOUDNESS[0]:g} to {_LOUDNESS[1]:g} LUFS", hint)
    if quality is None:
        return
    if settings.audio_bitrate is not None:
        raise ConfigError("-q:a and -b:a exclude each other", "ask for a quality or for a rate")
    low, high = audio_quality_of(codec)
    if low == high:
        raise ConfigError(f"-q:a can't go with -c:a {codec}: it has no such quality", "leave it out, or ask for a rate")
    if not low <= quality <= high:
        raise _wrong("audio_quality", f"{quality:g}", f"{low:g} to {high:g} for {codec}")


def _refuse_audio(settings: EncodeSettings) -> None:
    """What only sound that is encoded can be given."""
    for name in ("audio_bitrate", "audio_quality", "channels", "sample_rate", "audio_filter", "loudness"):
        if getattr(settings, name) is not None:
            raise ConfigError(
                f"{option_of(name)} can't go with -c:a {settings.audio_codec}: nothing is encoded",
                "name an encoder, such as -c:a aac or -c:a libopus",
            )


def _check_ranges(settings: EncodeSettings) -> None:
    start, end = settings.start, settings.end
    if start is not None and start < 0:
        raise _wrong("start", float(start), "0 or later")
    if end is not None and end <= (start or 0):
        raise _wrong("end", float(end), f"after the start ({float(start or 0):g} s)")
    if settings.chunk_duration <= 0:
        raise _wrong("chunk_duration", float(settings.chunk_duration), "more than 0 seconds")
    if settings.crf is not None and settings.crf < 0:
        raise _wrong("crf", settings.crf, "0 or more")


def _check_counts(settings: EncodeSettings) -> None:
    least = {"max_retries": 0, "burn_index": 0}
    names = ("workers", "threads", "max_retries", "burn_index", "channels", "sample_rate")
    for name in (*names, "gpu_encode_slots", "gpu_scale_slots", "io_slots"):
        value = getattr(settings, name)
        if value is not None and value < least.get(name, 1):
            raise _wrong(name, value, f"{least.get(name, 1)} or more")
