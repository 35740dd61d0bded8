"""Opening input with libavformat: the one place, so that what comes from outside stays a file, no more.

Local paths go in as ``file:`` URLs, whatever their names hold. Only the ``file`` protocol is open, and
demuxers that open further files (playlists, scripts, session descriptions) or that read any text as media are
closed, so that a playlist can neither read other files nor call the network. A URL that the user gave may use
its own protocol only. Neighbours: `probe` and `index` read what is opened here; `command.ffmpeg` does the
same for the binary.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import av
import av.container
import av.error
import av.format
import av.logging

from suture.errors import ProbeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "REFERRING_FORMATS",
    "SHAPELESS_FORMATS",
    "Opened",
    "complaints",
    "format_whitelist",
    "open_input",
    "open_noted",
]

# Demuxers that open what the file names. Source: libavformat/allformats.c of FFmpeg 5.1 to 9.0.
_REFERRING = """
    applehttp avisynth concat concatf dash hls image2 imf lavfi rtp rtsp sap sdp svg_pipe vapoursynth
    webm_dash_manifest
"""
# Demuxers that make pictures or sound of any bytes or text: the file's name chooses them, or they must be
# told the shape of what they read.
_SHAPELESS = """
    adf alaw aptx aptx_hd bin bitpacked cdg codec2raw data dfpwm f32be f32le f64be f64le ffmetadata g722
    g723_1 g726 g726le g728 g729 gsm idf mulaw rawvideo s16be s16le s24be s24le s32be s32le s8 sbg sln tty
    u16be u16le u24be u24le u32be u32le u8 v210 v210x vidc xbin
"""
REFERRING_FORMATS = frozenset(_REFERRING.split())
SHAPELESS_FORMATS = frozenset(_SHAPELESS.split())
# What a URL's scheme needs below itself.
_PROTOCOLS = {
    "ftp": "ftp,tcp",
    "http": "http,tcp",
    "https": "https,tls,tcp",
    "rtmp": "rtmp,tcp",
    "rtmps": "rtmps,tls,tcp",
    "sftp": "sftp",
    "srt": "srt",
    "tcp": "tcp",
    "udp": "udp",
}
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*)://")
_REFUSED = re.compile(r"Format not on whitelist")
_LOW_SCORE = re.compile(r"detected only with low score")
_CUT_SHORT = re.compile(r"ended prematurely|partial file|[Tt]runcat")
# Of the container's flags this one makes libavformat invent timestamps; ffmpeg does not set it, so neither do
# we.
_GENPTS = 0x0001
_UNSEEN: Final = {"skip_frame": "all"}


@contextmanager
def complaints(found: list[str]) -> Iterator[None]:
    """Collect in ``found``, each once, what libavformat says inside the block of a file that ends too early."""
    level = av.logging.get_level()
    av.logging.set_level(av.logging.ERROR)
    try:
        with av.logging.Capture() as logs:
            yield
        found += dict.fromkeys(text.strip() for _, _, text in logs if _CUT_SHORT.search(text))
    finally:
        av.logging.set_level(level)


@dataclass(frozen=True, slots=True)
class Opened:
    """An open container. ``doubtful``: libavformat was not sure of the format, it may be no media at all."""

    container: av.container.InputContainer
    doubtful: bool


def open_input(source: str, *, unseen: bool = False) -> av.container.InputContainer:
    """Open a file (or a URL that the user gave) for reading; use it as a context manager.

    Args:
        source: its path.
        unseen: only packets are wanted, so no picture is decoded to find out what headers do not say (of H.264 some
            dozens are else, and its pixel format stays unknown).

    Raises:
        ProbeError: it is not there, can't be read, is no media, or wants to open something else.
    """
    return open_noted(source, unseen=unseen).container


def open_noted(source: str, *, unseen: bool = False) -> Opened:
    """As `open_input`, with what libavformat thinks of it."""
    url, protocols = _locate(source)
    skipping = dict(_UNSEEN) if unseen else {}
    whitelists = {"protocol_whitelist": protocols, "format_whitelist": format_whitelist()}
    level = av.logging.get_level()
    av.logging.set_level(av.logging.WARNING)
    logs: list[tuple[int, str, str]] = []
    try:
        with av.logging.Capture() as logs:
            container = av.open(url, "r", options=skipping, container_options=whitelists, metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise _refusal(source, error, logs) from None
    finally:
        av.logging.set_level(level)
    container.flags &= ~_GENPTS
    return Opened(container, doubtful=any(_LOW_SCORE.search(text) for _, _, text in logs))


@cache
def format_whitelist() -> str:
    """Every demuxer of this libavformat that reads one file and nothing else, for ``format_whitelist``."""
    return ",".join(sorted(name for name in av.formats_available if _is_plain(name)))


def _is_plain(name: str) -> bool:
    try:
        known = av.format.ContainerFormat(name, "r")
    except ValueError:
        return False
    closed = REFERRING_FORMATS | SHAPELESS_FORMATS
    return not known.no_file and closed.isdisjoint(name.split(","))


def _locate(source: str) -> tuple[str, str]:
    """The URL to open and the protocols that it may use."""
    scheme = _SCHEME.match(source)
    if scheme is None or os.path.lexists(source):
        return "file:" + _local(source), "file"
    name = scheme[1].lower()
    if name == "file":
        return "file:" + _local(source[len("file://") :]), "file"
    if name not in _PROTOCOLS:
        raise ProbeError(f"cannot open {source!r}: {name} is no protocol that Suture reads", "download it first")
    return source, _PROTOCOLS[name]


def _local(path: str) -> str:
    """The path, when a regular file with something in it stands there."""
    try:
        found = os.stat(path)  # noqa: PTH116 - pathlib would normalise a name that may be anything
    except (OSError, ValueError) as error:
        raise ProbeError(f"cannot open {path!r}: {_plain(error)}", "check the name") from None
    if stat.S_ISDIR(found.st_mode):
        raise ProbeError(f"cannot open {path!r}: it is a folder", "name a file in it")
    if not stat.S_ISREG(found.st_mode):
        raise ProbeError(f"cannot open {path!r}: it is no regular file", "copy it into a file first")
    if found.st_size == 0:
        raise ProbeError(f"cannot open {path!r}: it is empty", "was its download or copy finished?")
    return path


def _plain(error: Exception) -> str:
    """An error of the system or of libav in small words."""
    text = getattr(error, "strerror", None) or str(error)
    return str(text)[:1].lower() + str(text)[1:]


def _refusal(source: str, error: Exception, logs: Sequence[tuple[int, str, str]]) -> ProbeError:
    """Say what libavformat did not like."""
    refused = [name for _, name, text in logs if _REFUSED.search(text)]
    if refused and REFERRING_FORMATS.isdisjoint(refused[0].split(",")):
        return _not_media(source)
    if refused:
        why = f"it is a playlist or script ({refused[0]}), which would open other files"
        return ProbeError(f"cannot open {source!r}: {why}", "name the media files themselves")
    if isinstance(error, PermissionError):
        return ProbeError(f"cannot open {source!r}: permission denied", "check its access rights")
    complaints = [text.strip() for level, _, text in logs if level <= av.logging.ERROR]
    if isinstance(error, av.error.InvalidDataError) and not complaints:
        return _not_media(source)
    why = "; ".join([_plain(error), *complaints[-1:]])
    return ProbeError(f"cannot read {source!r} as media: {why}", "is it complete and undamaged?")


def _not_media(source: str) -> ProbeError:
    return ProbeError(
        f"cannot read {source!r} as media: no format that libavformat knows",
        "is it a film or a sound file, and is its beginning undamaged?",
    )
