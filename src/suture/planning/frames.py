"""Frames of a stream for a plan: from its packets where these can be trusted, else from one linear decode."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.cancel import CancelToken
from suture.chunker import why_whole
from suture.command.base import RunContext, run_command_line
from suture.command.frame_times import PacketTimes
from suture.errors import CommandFailed, MediaError
from suture.media.index import FrameIndex, index_of_listing, read_index, write_index
from suture.media.isolated import call
from suture.media.listing import read_listed
from suture.orchestrator.once import run_once
from suture.planning.clock import ClockJumps, must_be_evened

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.command.frame_times import FrameTimes
    from suture.model import StreamInfo
    from suture.planning.brief import Brief
    from suture.planning.step import Step

__all__ = ["Looking", "Packets", "index_path", "listed", "other_clock", "packets_of"]

_OTHER_CLOCK: Final = "this ffmpeg gives its frames other times than the library that copies its sound"
# Containers whose timestamps a reader has to work out: edit lists, wraps, offsets. Others store them as they are.
_INTERPRETED: Final = frozenset({"mov", "mp4", "mpegts", "mpeg"})
# No two frames may have one decoding time here.
_ASCENDING: Final = frozenset({"mov", "mp4", "mpegts"})
# So many of the first frames are looked up; packets that are stored later may be shown earlier.
_COMPARED: Final = 32
# When, and how often, people are told that a film is still being read.
_PATIENCE_S: Final = 2.0
_EVERY_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Packets:
    """What a stream's packets tell.

    Args:
        index: of the frames, as far as packets are frames.
        doubt: why a seek in it, or the index, is not trusted; empty where both are.
        are_frames: whether each packet is a frame, also where seeks are in doubt.
        cut_short: what libavformat says of a file that ends too early.
        late: ticks by which the index has frames later than the ffmpeg that decodes them.
        is_damaged: pictures may have to be patched up, which a decoder of several threads does now so, now otherwise.
    """

    index: FrameIndex
    doubt: str = ""
    are_frames: bool = True
    cut_short: str = ""
    late: int = 0
    is_damaged: bool = False


@dataclass(frozen=True, slots=True)
class Looking:
    """How a source is looked at.

    Args:
        linear: streams whose cuts have to be proved, since a cut of them turned out not to be exact.
        whole: streams that are encoded in one piece, since even that did not help.
        cores: of the machine that the job was planned for; None: of this one.
        workers: how many encoders at once it was planned for; None: as the settings say.
        on_note: told what takes long.
        begin: takes the steps that can begin before all has been looked at; None: nobody does.
        cancel: stops it when set.
    """

    linear: frozenset[int] = frozenset()
    whole: frozenset[int] = frozenset()
    cores: int | None = None
    workers: int | None = None
    on_note: Callable[[str], None] = lambda _text: None
    begin: Callable[[list[Step]], None] | None = None
    cancel: CancelToken | None = None

    def context(self) -> RunContext:
        """For what runs while a source is looked at."""
        return RunContext(cancel=self.cancel or CancelToken())


def packets_of(brief: Brief, stream: StreamInfo, looking: Looking) -> Packets:
    """Index the packets of a stream.

    Raises:
        ClockJumps: its clock does; `evened` helps.
        CommandCancelled: looking was stopped.
        MediaError: it can't be read.
    """
    path = index_path(brief, stream)
    told: Callable[[], set[int] | None] = partial(_packet_times, brief, stream, looking)
    with ThreadPoolExecutor(1) as beside:
        with suppress(RuntimeError):  # no thread is to be had: it is asked later
            told = beside.submit(told).result
        facts = call(
            "index",
            timeout_s=120.0,
            on_progress=_telling(looking),
            cancel=looking.cancel,
            path=brief.info.path,
            stream_index=stream.index,
            output=path,
        )
    index, cut_short = read_index(path), "; ".join(facts["cut_short"])
    if must_be_evened(brief, index):
        raise ClockJumps
    if stream.index in looking.linear:
        return Packets(index, "a cut of it was not exact", are_frames=False, cut_short=cut_short, is_damaged=True)
    if stream.index in looking.whole:
        return Packets(index, "its pieces did not fit together", are_frames=False, cut_short=cut_short)
    if doubt := why_whole(brief.info, stream, index):
        return Packets(index, doubt, doubt.startswith("4:4:4"), cut_short, is_damaged=index.is_damaged)
    late = _other_clock(index, told())
    if late is None:
        return Packets(index, cut_short=cut_short)
    return Packets(index, _OTHER_CLOCK, are_frames=False, cut_short=cut_short, late=late)


def _telling(looking: Looking) -> Callable[[int], None]:
    """Says now and then how many packets have been read; none of a film that is read in a moment."""
    due = time.monotonic() + _PATIENCE_S

    def tell(packets: int) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + _EVERY_S
            looking.on_note(f"looking at the film: {packets:,} packets so far")

    return tell


def other_clock(brief: Brief, stream: StreamInfo, index: FrameIndex, looking: Looking) -> int | None:
    """As `_other_clock`, asked now.

    Raises:
        CommandCancelled: looking was stopped.
    """
    return _other_clock(index, _packet_times(brief, stream, looking))


def _other_clock(index: FrameIndex, told: set[int] | None) -> int | None:
    """Ticks by which the index has the first frames later than the ffmpeg that encodes; None: at the same times.

    The index was made by another libavformat. Where the two differ in more than a constant, 0 is as good as any.
    """
    if told is None or told.issuperset(index.pts[:_COMPARED]):
        return None
    late = index.pts[0] - min(told, default=index.pts[0])
    return late if {at + late for at in told}.issuperset(index.pts[:_COMPARED]) else 0


def _packet_times(brief: Brief, stream: StreamInfo, looking: Looking) -> set[int] | None:
    """When this ffmpeg shows the first packets, in ticks; none where it can't tell. None: all readers tell the same."""
    if not set(brief.info.format.split(",")) & _INTERPRETED:
        return None
    listing = f"{index_path(brief, stream)}.packets"
    count = 3 * _COMPARED
    command = PacketTimes(f"packets-{stream.index}", brief.info.path, listing, stream=stream.index, packets=count)
    try:
        command.set_program(brief.ffmpeg).run(looking.context())
        return {frame.pts for frame in read_listed(listing)}
    except (CommandFailed, OSError, ValueError):  # what decodes all the same is found by decoding
        return set()


def index_path(brief: Brief, stream: StreamInfo) -> str:
    """Where a stream's index lies."""
    return str(Path(brief.folder) / f"video-{stream.index}.index")


def write_part(index: FrameIndex, brief: Brief, stream: StreamInfo) -> str:
    """Write the part of an index that the output holds, for the join; gives the path."""
    path = index_path(brief, stream)
    write_index(index.spread() if brief.container.format in _ASCENDING else index, path)
    return path


def listed(command: FrameTimes, looking: Looking) -> FrameIndex:
    """The frames that an ffmpeg gives in one linear decode; the listing stays where the command put it.

    Raises:
        CommandCancelled: looking was stopped.
        MediaError: nothing decodes.
    """
    context = looking.context()
    try:
        run_once(command, context)
    except CommandFailed as error:
        _run_in_spite(command, context)
        if not Path(command.output_path).exists():
            what = f"nothing of video stream {command.stream} of {command.input_path!r} decodes: {error.message}"
            raise MediaError(what) from error
    return index_of_listing(command.output_path, command.stream)


def _run_in_spite(command: FrameTimes, context: RunContext) -> None:
    """Once more, keeping what it lists until it gives up: a damaged film is taken as far as it decodes."""
    with suppress(CommandFailed):
        run_command_line(command.command_line(), context, command.id)
