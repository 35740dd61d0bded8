"""A subtitle's line as a reader sees it: when, how long, which words; the same for every text format.

libavcodec turns each of them into an ASS dialogue; its styling is left out here. Not here: bitmaps, which are compared
by their packets. `contents` collects them.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

import av.error

__all__ = ["Cue", "cue_of"]

_OVERRIDE = re.compile(r"\{[^{}]*\}")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_BREAK = re.compile(r"\\[Nn]|\r?\n")
_SPACE = re.compile(r"(?:\\h|\s)+")


@dataclass(frozen=True, slots=True)
class Cue:
    """One line. ``start`` and ``duration`` are ticks of its stream; ``look`` is a digest of words and styling."""

    start: int
    duration: int
    text: str
    look: int = 0


def cue_of(packet: Any, look: int) -> Cue | None:  # noqa: ANN401 - PyAV's
    """The line in a packet; None where it holds none (MP4 fills the silence with empty ones), or can't be read."""
    if packet.pts is None:
        return None
    try:
        found = packet.decode()
    except (av.error.FFmpegError, ValueError):
        return None
    text = plain("\n".join(_words(rect) for rect in found))
    return Cue(packet.pts, packet.duration or 0, text, look) if text else None


def _words(rect: Any) -> str:  # noqa: ANN401 - PyAV's
    """The text of one rectangle, as ASS has it."""
    said = getattr(rect, "dialogue", b"") or getattr(rect, "text", b"") or b""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def plain(text: str) -> str:
    """Words alone: without styling, on one line."""
    lines = _BREAK.sub(" ", _OVERRIDE.sub("", text))
    return _SPACE.sub(" ", html.unescape(_TAG.sub("", lines))).strip()
