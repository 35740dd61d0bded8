"""A film whose clock starts again or jumps, as recordings that were put together have it: evened out in a copy first.

Each stream by itself could not tell by how much the others have to move. ffmpeg's reader knows, for the containers in
which such things happen; so everything else reads its copy, and sound stays beside the picture.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.command.even import Evened
from suture.errors import CommandFailed, MediaError
from suture.media.probe import probe
from suture.orchestrator.once import run_once
from suture.planning.tracks import choose_tracks

if TYPE_CHECKING:
    from suture.media.index import FrameIndex
    from suture.planning.brief import Brief
    from suture.planning.frames import Looking

__all__ = ["ClockJumps", "evened", "must_be_evened"]

# The copy's extension for each container whose clock may jump.
_COPIES: Final = {"mpegts": "ts", "mpeg": "vob"}


class ClockJumps(Exception):
    """A stream's clock starts again or jumps."""


def must_be_evened(brief: Brief, index: FrameIndex) -> bool:
    """Whether a stream's clock jumps, in a film of which there is no evened copy yet."""
    return not brief.even and brief.info.format in _COPIES and index.clock_jumps


def evened(brief: Brief, looking: Looking) -> Brief:
    """The same job on an evened copy of its source; without one, where none can be made.

    Raises:
        CommandCancelled: looking was stopped.
        CommandError: there is no room for it, or no memory; another time there may be.
    """
    path = Path(brief.folder) / f"evened.{_COPIES[brief.info.format]}"
    command = Evened("evened", brief.info.path, str(path), start_us=brief.info.start_us).set_program(brief.ffmpeg)
    looking.on_note("the clock of the source starts again or jumps: copying it with a clock that runs on")
    try:
        run_once(command, looking.context())
        info = probe(str(path), cancel=looking.cancel)
    except (CommandFailed, MediaError) as error:
        return _as_it_is(brief, looking, error.message)
    if [s.codec for s in info.streams] != [s.codec for s in brief.info.streams]:
        return _as_it_is(brief, looking, "it has other streams")
    info = replace(info, metadata=brief.info.metadata)
    tracks = choose_tracks(info, brief.settings, brief.container)
    return replace(brief, info=info, tracks=tracks, even=True, copy=command)


def _as_it_is(brief: Brief, looking: Looking, why: str) -> Brief:
    looking.on_note(f"no such copy can be made ({why}); the source is taken as it is")
    return replace(brief, even=True)
