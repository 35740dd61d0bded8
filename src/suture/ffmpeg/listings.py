"""What ffmpeg's listings say: ``-version``, ``-encoders``, ``-filters``, ``-muxers`` … as text in, names out.

Pure, and tested on the listings of two versions, whose columns differ. `suture.ffmpeg.capabilities` asks for
them.
"""

from __future__ import annotations

import re

__all__ = [
    "parse_codecs",
    "parse_filters",
    "parse_formats",
    "parse_hwaccels",
    "parse_libraries",
    "parse_options",
    "parse_pix_fmts",
    "parse_version",
    "version_tuple",
]

_KINDS = {"V": "video", "A": "audio", "S": "subtitle"}
_VERSION = re.compile(r"^ffmpeg version (\S+)", re.MULTILINE)
_LIBRARY = re.compile(r"^(lib\w+)\s+(\d+)\.\s*(\d+)\.\s*(\d+) /", re.MULTILINE)
_CODEC = re.compile(r"^ ([VAS])[.A-Z]{5} (?!=)(\S+)", re.MULTILINE)
# Two columns of flags or three, by version; only filters have a column of pads (V->A, |->N).
_FILTER = re.compile(r"^ [.A-Z]{2,3} (\S+)\s+[AVN|]+->[AVN|]+\s", re.MULTILINE)
_PIX_FMTS = re.compile(r"^\s+Supported pixel formats:(.*)$", re.MULTILINE)
_OPTION = re.compile(r"^ {1,4}-(\S+) +<", re.MULTILINE)
_LIBAVCODEC_LEAD = 54  # Source: FFmpeg's releases: 5.x has libavcodec 59, 6.x 60, … 9.x 63


def parse_version(text: str) -> str | None:
    """The version as ffmpeg writes it (``5.1.9-0+deb12u1``, ``n9.0.2-17-g…``); None: this is no ffmpeg."""
    found = _VERSION.search(text)
    return found[1] if found else None


def parse_libraries(text: str) -> dict[str, tuple[int, int, int]]:
    """The versions of its libraries, by name (``libavcodec``)."""
    return {name: (int(a), int(b), int(c)) for name, a, b, c in _LIBRARY.findall(text)}


def version_tuple(version: str, libraries: dict[str, tuple[int, int, int]]) -> tuple[int, ...]:
    """Numbers to compare, such as (9, 0, 2); for builds from git, which have none, the major one only."""
    found = re.match(r"n?(\d+(?:\.\d+)+)", version)
    if found:
        return tuple(int(number) for number in found[1].split("."))
    return (libraries["libavcodec"][0] - _LIBAVCODEC_LEAD,) if "libavcodec" in libraries else ()


def parse_codecs(text: str) -> dict[str, str]:
    """Of ``-encoders`` or ``-decoders``: name to kind (video, audio, subtitle)."""
    return {name: _KINDS[letter] for letter, name in _CODEC.findall(text)}


def parse_filters(text: str) -> list[str]:
    """Of ``-filters``: the names."""
    return _FILTER.findall(text)


def parse_formats(text: str) -> list[str]:
    """Of ``-muxers`` or ``-demuxers``: the names; one format may have several."""
    _, _, rows = text.partition(" --")
    names = [row[4:].split()[0] for row in rows.splitlines()[1:] if row[4:].strip()]
    return [name for joined in names for name in joined.split(",")]


def parse_hwaccels(text: str) -> list[str]:
    """Of ``-hwaccels``: the names. Each is compiled in, which does not mean that this machine has it."""
    _, _, rows = text.partition(":\n")
    return rows.split()


def parse_pix_fmts(text: str) -> list[str]:
    """Of ``-h encoder=NAME``: the pixel formats it takes; none when it does not tell (some wrappers)."""
    found = _PIX_FMTS.search(text)
    return found[1].split() if found else []


def parse_options(text: str) -> list[str]:
    """Of ``-h encoder=NAME``: the names of its own options, without the dash."""
    return _OPTION.findall(text)
