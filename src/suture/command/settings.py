"""Settings checked where they are set: times, rates, counts, names. Wrong ones raise `ConfigError` at once.

Times become whole microseconds, ffmpeg's own resolution, so that what is printed is what is meant. Pure.
Neighbours: every builder of this folder; what each encoder takes is in `encoders`.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

from suture.errors import ConfigError

__all__ = ["Time", "encoder_name", "option_name", "rate", "seconds", "span_us", "time_us", "whole", "word"]

Time = int | float | Fraction | str

_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:\.\d+)?)")
_PLAIN = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(s|ms|us)?")
_RATE = re.compile(r"\d+(?:\.\d+)?(?:[kMG]i?)?")
_WORD = re.compile(r"-?[A-Za-z0-9][A-Za-z0-9_.-]*")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_OPTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(?::[A-Za-z0-9:]+)?")
# What ffmpeg itself would take for more than a setting of the encoder: another input, file, range or graph.
_FFMPEGS_OWN = """
    i f y n ss sseof t to fs map map_metadata map_chapters attach dump_attachment filter vf af lavfi pass
    filter_complex filter_script filter_complex_script passlogfile vstats_file progress report
    protocol_whitelist
"""
_NOT_AN_ENCODERS = frozenset(_FFMPEGS_OWN.split())
_MICRO = {"s": 1_000_000, "ms": 1000, "us": 1, None: 1_000_000}


def time_us(value: Time, what: str = "time") -> int:
    """A time in whole microseconds, rounded once.

    Args:
        value: seconds as a number, or text: ``90.5``, ``250ms``, ``00:50:00``, ``01:02:03.5``.
        what: its name in the error message.

    Raises:
        ConfigError: it is no time, or negative.
    """
    exact = _exact_us(value)
    if exact is None or exact < 0:
        raise ConfigError(f"{what} {value!r} is no time", "give seconds (90.5) or HH:MM:SS (00:01:30.5), from 0")
    return round(exact)


def span_us(start: Time | None, end: Time | None) -> tuple[int, int | None]:
    """A time range as start and length in microseconds; the length is None when it is open.

    Raises:
        ConfigError: it is empty or runs backwards.
    """
    begin = 0 if start is None else time_us(start, "start")
    if end is None:
        return begin, None
    length = time_us(end, "end") - begin
    if length <= 0:
        raise ConfigError(f"the range from {start!r} to {end!r} is empty", "its end has to come after its start")
    return begin, length


def seconds(microseconds: int) -> str:
    """Microseconds as seconds for ffmpeg, exactly: ``12.345678``."""
    sign, rest = "-" if microseconds < 0 else "", abs(microseconds)
    return f"{sign}{rest // 1_000_000}.{rest % 1_000_000:06d}"


def rate(value: str | int, what: str = "bitrate") -> str:
    """Bits a second for ffmpeg: ``192k``, ``2.5M``, ``1Mi`` (1024), or a whole number.

    Raises:
        ConfigError: it is something else, or not above zero.
    """
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _RATE.fullmatch(text) or float(text.rstrip("kMGi")) <= 0:
        raise ConfigError(f"{what} {value!r} is no rate", "such as 192k, 2.5M or 192000: bits a second, above 0")
    return text


def whole(value: int, what: str, low: int, high: int) -> int:
    """A whole number within ``low`` and ``high``, both allowed.

    Raises:
        ConfigError: it is something else.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ConfigError(f"{what} {value!r} is not possible", f"a whole number from {low} to {high}")
    return value


def encoder_name(value: str, what: str = "codec") -> str:
    """The name of an encoder, or ``copy``; whether this ffmpeg has it is asked elsewhere.

    Raises:
        ConfigError: it can't be the name of one.
    """
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ConfigError(f"{what} {value!r} is no encoder's name", "see ffmpeg -encoders")
    return value


def option_name(key: str) -> str:
    """The name of an encoder's option, without its dash.

    Raises:
        ConfigError: it can't be one, or ffmpeg would take it for more than a setting of the encoder.
    """
    if not _OPTION.fullmatch(key) or key.partition(":")[0] in _NOT_AN_ENCODERS:
        raise ConfigError(f"{key!r} is no encoder option", "see ffmpeg -h encoder=NAME")
    return key


def word(value: str, what: str) -> str:
    """A name or number of one word: a preset, a pixel format, a colour.

    Raises:
        ConfigError: it is something else.
    """
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise ConfigError(f"{what} {value!r} is no single word", "letters, digits, '-', '_' and '.'")
    return value


def _exact_us(value: Time) -> Fraction | None:
    if isinstance(value, str):
        return _parsed_us(value.strip())
    if isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    # A float is what its shortest text says: 0.1 is a tenth, not 0.1000000000000000055.
    return Fraction(repr(value) if isinstance(value, float) else value) * 1_000_000


def _parsed_us(text: str) -> Fraction | None:
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, rest = int(clock[1] or 0), int(clock[2]), Fraction(clock[3])
        valid = minutes < 60 and rest < 60  # noqa: PLR2004 - sixty is sixty
        return (hours * 3600 + minutes * 60 + rest) * 1_000_000 if valid else None
    if plain := _PLAIN.fullmatch(text):
        return Fraction(plain[1]) * _MICRO[plain[2]]
    return None
