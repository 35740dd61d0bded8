"""What the header of an output says that no packet tells: roles, chapters, facts of a picture. `mux` asks for it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suture.media.spec import ChapterSpec, TrackSpec

__all__ = ["chapter", "chapter_comments", "describe_pictures", "roles"]


def describe_pictures(stream: Any, track: TrackSpec) -> None:  # noqa: ANN401
    """Header facts of a video stream that no packet tells."""
    if track.rate:
        stream.codec_context.framerate = Fraction(track.rate)
    if track.tag:
        stream.codec_context.codec_tag = track.tag
    if track.display_matrix:
        stream.set_display_matrix(track.display_matrix)


def roles(names: tuple[str, ...]) -> av.stream.Disposition:
    """A track's roles as libavformat has them."""
    flags = av.stream.Disposition(0)
    for name in names:
        flags |= av.stream.Disposition[name]
    return flags


def chapter(number: int, entry: ChapterSpec) -> dict[str, Any]:
    """A chapter as PyAV takes it."""
    return {
        "id": number,
        "start": entry.start,
        "end": entry.end,
        "time_base": Fraction(entry.time_base),
        "metadata": dict(entry.metadata),
    }


def chapter_comments(chapters: Sequence[ChapterSpec]) -> dict[str, str]:
    """Chapters as Ogg keeps them: where each begins, to the millisecond, and its name.

    Source: wiki.xiph.org, Chapter Extension.
    """
    comments = {}
    for number, entry in enumerate(chapters):
        ms = max(0, round(entry.start * Fraction(entry.time_base) * 1000))
        at = f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"
        comments[f"CHAPTER{number:03}"] = at
        comments[f"CHAPTER{number:03}NAME"] = entry.metadata.get("title", "")
    return comments
