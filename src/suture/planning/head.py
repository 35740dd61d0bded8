"""The head of a long film: its first pieces, which are encoded while the rest of it is still being looked at.

Whether there is one, and where it is cut, depends on the settings, on what the container's header says and on the first
seconds alone, so that a plan of the whole film has the very same pieces. Where it has not (the rest showed something
odd), what was begun is dropped, and nothing is lost but the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from suture.chunker import is_loose, why_whole
from suture.cuts import HEAD, head_starts
from suture.errors import MediaError
from suture.media.index import read_index
from suture.media.isolated import call
from suture.planning.clock import must_be_evened
from suture.planning.filters import changes_frames, remembers
from suture.planning.frames import Packets, index_path, other_clock
from suture.planning.vbv import vbv_of
from suture.planning.video import whole_reason

if TYPE_CHECKING:
    from suture.media.index import FrameIndex
    from suture.model import StreamInfo
    from suture.planning.brief import Brief
    from suture.planning.frames import Looking

__all__ = ["has_head", "head_of", "head_packets"]

# Of a film that is shorter all packets are read in less than a second; and each worker is to have some pieces of it.
_LONG_US: Final = 300_000_000
_LONG_FOR_EACH_US: Final = 20_000_000


def has_head(brief: Brief, stream: StreamInfo) -> bool:
    """Whether a film is so long that its head is cut by itself, and its pieces depend on nothing that comes later."""
    settings, chain = brief.settings, brief.settings.video_filter or ""
    if settings.chunking != "auto" or settings.target or settings.is_part or settings.subtitles == "burn" or brief.even:
        return False
    if changes_frames(chain) or remembers(chain) or vbv_of(settings) or whole_reason(settings, stream):
        return False
    long_us = max(_LONG_US, _LONG_FOR_EACH_US * brief.workers)
    return (brief.info.duration_us or 0) >= long_us and not is_loose(brief.info.format)


def head_of(index: FrameIndex, brief: Brief, stream: StreamInfo) -> tuple[int, ...]:
    """Where the pieces of the head begin, and the last of them ends; nothing where there is none.

    Args:
        index: of the film, or of its first seconds.
        brief: the job.
        stream: which stream.
    """
    starts = head_starts(index, brief.workers) if has_head(brief, stream) else ()
    return starts if starts and index.part(0, starts[-1]).is_steady() else ()


def head_packets(brief: Brief, stream: StreamInfo, looking: Looking) -> Packets | None:
    """What the first packets tell; None where they leave any doubt.

    Raises:
        CommandCancelled: looking was stopped.
    """
    path = f"{index_path(brief, stream)}.head"
    source, seconds = brief.info.path, float(HEAD)
    try:
        facts = call(
            "index", cancel=looking.cancel, path=source, stream_index=stream.index, output=path, seconds=seconds
        )
        index = read_index(path)
    except MediaError:  # the look at the whole film will say it better
        return None
    if not len(index) or facts["cut_short"] or must_be_evened(brief, index) or why_whole(brief.info, stream, index):
        return None
    return None if other_clock(brief, stream, index, looking) is not None else Packets(index)
