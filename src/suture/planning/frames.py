"""Frames of a stream for a plan: from its packets where these can be trusted, else from one linear decode."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from suture.cancel import CancelToken
from suture.chunker import why_whole
from suture.command.base import RunContext, run_command_line
from suture.command.frame_times import FrameTimes
from suture.errors import CommandFailed, MediaError
from suture.media.index import FrameIndex, parse_framecrc, read_index, write_index
from suture.media.isolated import call
from suture.orchestrator.once import run_once

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.model import StreamInfo
    from suture.planning.brief import Brief

__all__ = ["Frames", "Looking", "index_for", "linear_index"]


@dataclass(frozen=True, slots=True)
class Frames:
    """An index, where it is to be written for the join, why the stream stays whole, and what to tell people.

    ``cut_short``: what libavformat says of a file that ends too early.
    """

    index: FrameIndex
    path: str
    whole: str = ""
    note: str = ""
    cut_short: str = ""

    def write(self, index: FrameIndex) -> str:
        """Write the part of the index that the output holds; gives the path."""
        write_index(index, self.path)
        return self.path


@dataclass(frozen=True, slots=True)
class Looking:
    """How a source is looked at.

    Args:
        linear: streams that are decoded in one go, since a cut of them turned out not to be exact.
        cores: of the machine that the job was planned for; None: of this one.
        workers: how many encoders at once it was planned for; None: as the settings say.
        on_note: told what takes long.
        cancel: stops it when set.
    """

    linear: frozenset[int] = frozenset()
    cores: int | None = None
    workers: int | None = None
    on_note: Callable[[str], None] = lambda _text: None
    cancel: CancelToken | None = None


def index_for(brief: Brief, stream: StreamInfo, looking: Looking) -> Frames:
    """Index one stream; the index is written into the job's folder.

    Raises:
        CommandCancelled: looking was stopped.
        MediaError: it can't be read.
    """
    path = str(Path(brief.folder) / f"video-{stream.index}.index")
    cut_short = _index(brief.info.path, stream.index, path, looking.cancel)
    index = read_index(path)
    doubted = stream.index in looking.linear
    whole = "a cut of it was not exact" if doubted else why_whole(brief.info, stream, index)
    if not whole:
        return Frames(index, path, cut_short=cut_short)
    if not doubted and _packets_are_frames(whole):
        return Frames(index, path, whole, cut_short=cut_short)
    looking.on_note(f"decoding video stream {stream.index} once to count its frames: {whole}")
    index = linear_index(brief.info.path, stream, path, brief.ffmpeg, looking.cancel)
    return Frames(index, path, whole, f"from one linear decode: {whole}", cut_short)


def _index(source: str, stream: int, path: str, cancel: CancelToken | None) -> str:
    """Index in a child (progress only shows that it is alive); gives its complaints about the file's end."""
    facts = call(
        "index",
        timeout_s=120.0,
        on_progress=lambda _packets: None,
        cancel=cancel,
        path=source,
        stream_index=stream,
        output=path,
    )
    return "; ".join(facts["cut_short"])


def _packets_are_frames(whole: str) -> bool:
    """Only the pictures after a seek are in doubt, not which frames there are."""
    return whole.startswith("4:4:4")


def linear_index(
    source: str, stream: StreamInfo, path: str, ffmpeg: str, cancel: CancelToken | None = None
) -> FrameIndex:
    """The frames that this ffmpeg gives in one linear decode.

    Raises:
        MediaError: none.
    """
    listing = f"{path}.frames"
    command = FrameTimes(f"frames-{stream.index}", source, listing, stream=stream.index, time_base=stream.time_base)
    command = command.set_program(ffmpeg)
    context = RunContext(cancel=cancel or CancelToken())
    try:
        run_once(command, context)
    except CommandFailed as error:
        _run_in_spite(command, context)
        if not Path(listing).exists():
            raise MediaError(
                f"nothing of video stream {stream.index} of {source!r} decodes: {error.message}"
            ) from error
    with Path(listing).open() as lines:
        return parse_framecrc(lines, stream.index, stream.time_base)


def _run_in_spite(command: FrameTimes, context: RunContext) -> None:
    """Once more, keeping what it lists until it gives up: a damaged film is taken as far as it decodes."""
    with suppress(CommandFailed):
        run_command_line(command.command_line(), context, command.id)
