"""How names and values are written so that ffmpeg reads them back: filters, concat lists, inputs, outputs.

All escaping, and all knowledge of which protocol an input may use, is here. Pure: no file is touched, so
whether a name exists is not asked. It does not parse: filters that the user wrote are passed on as written.
Neighbours: `ffmpeg` and the builders write with it; `media.opening` guards what libavformat opens in this
process.
"""

from __future__ import annotations

import re
from fractions import Fraction
from urllib.parse import unquote

from suture.errors import ConfigError

__all__ = [
    "concat_value",
    "filter_call",
    "filter_value",
    "input_arguments",
    "is_url",
    "output_argument",
    "protocols_of",
]

FilterValue = str | int | float | Fraction | bool

# What a URL's scheme needs below itself, and nothing else. Source: libavformat's http.c, rtmpproto.c, tls.c.
# An https URL that redirects to http is refused: the user asked for a protected connection.
_PROTOCOLS = {
    "ftp": "ftp,tcp",
    "http": "http,httpproxy,tcp",
    "https": "https,httpproxy,tls,tcp",
    "rtmp": "rtmp,tcp",
    "rtmps": "rtmps,tls,tcp",
    "sftp": "sftp",
    "srt": "srt",
    "tcp": "tcp",
    "udp": "udp",
}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_OPTION_LEVEL = re.compile(r"([\\':])")
_GRAPH_LEVEL = re.compile(r"([\\'\[\],;])")
_EDGE_SPACE = re.compile(r"\A[ \t\r\n]+|[ \t\r\n]+\Z")
_WORD = re.compile(r"[A-Za-z0-9_.@-]+")


def filter_value(text: str) -> str:
    r"""A filter option's value, escaped for the two levels that read it.

    The option level knows ``\ ' :``, the graph level ``\ ' [ ] , ;``; both trim spaces.

    Source: ffmpeg-filters(1), "Notes on filtergraph escaping".
    """
    return _escape(_escape(text, _OPTION_LEVEL), _GRAPH_LEVEL)


def filter_call(name: str, *positional: FilterValue, **options: FilterValue | None) -> str:
    """One filter with its arguments: ``filter_call("scale", 1280, -2, flags="lanczos")``.

    Args:
        name: the filter's name, checked to be a word.
        positional: values without a name, in the filter's own order.
        options: named values; those that are None are left out.

    Raises:
        ConfigError: ``name`` is no filter name.
    """
    if not _WORD.fullmatch(name):
        raise ConfigError(f"{name!r} is no filter name", "letters, digits and underscores make one")
    given = [_written(value) for value in positional]
    given += [f"{key}={_written(value)}" for key, value in options.items() if value is not None]
    return f"{name}={':'.join(given)}" if given else name


def concat_value(path: str) -> str:
    r"""A path for a ``file`` line of a concat list, quoted (``'`` → ``'\''``).

    Raises:
        ConfigError: the name holds a line end, which a list of lines can't carry.
    """
    if "\n" in path or "\r" in path:
        raise ConfigError(f"a concat list can't name {path!r}: it holds a line end", "rename the file")
    quoted = path.replace("'", r"'\''")
    return f"'{quoted}'"


def is_url(path: str) -> bool:
    """Whether it is an address (two or more letters, then ``://``) and not the name of a local file."""
    found = _SCHEME.match(path)
    return found is not None and found[1].lower() != "file"


def protocols_of(path: str) -> str:
    """The protocols that reading it may use, for ``-protocol_whitelist``.

    Raises:
        ConfigError: it is a URL of a protocol that Suture does not read.
    """
    if not is_url(path):
        return "file"
    scheme = path.partition("://")[0].lower()
    if scheme not in _PROTOCOLS:
        known = ", ".join(sorted(_PROTOCOLS))
        raise ConfigError(f"cannot read {path!r}: unknown protocol {scheme!r}", f"one of {known}, or a file")
    return _PROTOCOLS[scheme]


def input_arguments(path: str) -> list[str]:
    """The arguments that open an input, whatever its name holds, and let it open nothing else.

    Raises:
        ConfigError: it is empty, or a URL of an unknown protocol.
    """
    return ["-protocol_whitelist", protocols_of(path), "-i", path if is_url(path) else _file(path)]


def output_argument(path: str) -> str:
    """The argument that names an output file.

    Raises:
        ConfigError: it is empty, or a URL: Suture writes files.
    """
    if is_url(path):
        raise ConfigError(f"cannot write to {path!r}: it is a URL", "name a local file")
    return _file(path)


def file_address(path: str) -> str:
    """A local file as ffmpeg's ``file:`` address; used inside filters too."""
    return _file(path)


def _file(path: str) -> str:
    if not path or "\0" in path:
        raise ConfigError(f"{path!r} names no file", "give a path")
    if _SCHEME.match(path):  # file:///…, is_url has sent the others elsewhere
        return "file:" + unquote(path.partition("://")[2])
    return "file:" + path


def _escape(text: str, special: re.Pattern[str]) -> str:
    """One level: a backslash before what is special, and before spaces at the ends, which are trimmed."""
    escaped = special.sub(r"\\\1", text)
    return _EDGE_SPACE.sub(lambda found: "".join("\\" + space for space in found[0]), escaped)


def _written(value: FilterValue) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    return filter_value(str(value))
