"""Numbers and names as people read them: sizes, durations, rates, streams, safe text.

Pure. Whole sentences about plans and results are `summary`'s. Names and tags come from outside, so
everything that is shown passes through `printable` somewhere: a file name must not move the cursor.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from suture.units import format_time

if TYPE_CHECKING:
    from suture.model import MediaInfo, StreamInfo

__all__ = ["clock", "count", "length_of", "percent", "printable", "size", "stream_text", "times"]

_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_STEP = 1000
_MINUTE = 60
_HOUR = 3600
_PRECISE_BELOW = 10


def printable(text: str) -> str:
    """The text with everything that would move a cursor, or is no character at all, as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in text)


def count(number: int, one: str, many: str = "") -> str:
    """``1 piece``, ``14,400 pieces``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size(number: float) -> str:
    """Bytes in powers of 1000: ``999 bytes``, ``1.5 kB``, ``312 MB``."""
    unit = 0
    while number >= _STEP - 0.5 and unit < len(_UNITS) - 1:
        number, unit = number / _STEP, unit + 1
    if unit == 0:
        return count(round(number), "byte")
    return f"{number:.{0 if number >= 99.95 else 1}f} {_UNITS[unit]}"  # noqa: PLR2004 - three digits in all


def clock(seconds: float) -> str:
    """A duration to the second: ``0:03:12``; below ten seconds to the tenth: ``4.2 s``."""
    if seconds < _PRECISE_BELOW:
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    return f"{whole // _HOUR}:{whole % _HOUR // _MINUTE:02}:{whole % _MINUTE:02}"


def times(number: float) -> str:
    """A ratio of speeds: ``0.85x``, ``12x``."""
    return f"{number:.{2 if number < _PRECISE_BELOW else 0}f}x"


def percent(fraction: float) -> str:
    """``43 %``; never 100 before the end."""
    # A hair more, or 29 of 100 would be 28.
    return f"{min(int(fraction * 100 + 1e-6), 100)} %"


def length_of(info: MediaInfo) -> str:
    """How long a file plays."""
    if info.duration_us is None:
        return "unknown length"
    return format_time(Fraction(info.duration_us, 1_000_000))


def stream_text(stream: StreamInfo) -> str:
    """One stream in a line: ``#0 video h264, 1920x1080, 23.976 fps``."""
    kind = "cover art" if stream.is_cover_art else stream.kind
    facts = [f"#{stream.index} {kind} {stream.codec}", *_facts(stream)]
    if stream.language and stream.language != "und":
        facts.append(stream.language)
    return printable(", ".join(filter(None, facts)))


def _facts(stream: StreamInfo) -> list[str]:
    if stream.kind == "video":
        picture = f"{stream.width}x{stream.height}" if stream.width else ""
        return [picture, "" if stream.is_cover_art else _rate(stream.frame_rate)]
    if stream.kind == "audio":
        layout = stream.channel_layout or (count(stream.channels, "channel") if stream.channels else "")
        return [f"{stream.sample_rate} Hz" if stream.sample_rate else "", layout]
    return []


def _rate(rate: Fraction | None) -> str:
    return f"{float(rate):.3f}".rstrip("0").rstrip(".") + " fps" if rate else ""
