"""The shots of a stream, for ``--chunking scenes``: parts of the film are looked at in parallel, before it is cut.

A part begins on a keyframe and ends with the first frame of the next one, so the parts together say what one pass over
the film would. Where a seek can't be trusted there is one pass. What a shot is, is `suture.scenes`' business; what is
measured, `suture.command.scene_scores`'. The scores stay in the job's folder: a later run does not look again.
"""

from __future__ import annotations

import time
from array import array
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.cancel import CancelToken
from suture.chunker import chunks_from
from suture.command.base import RunContext
from suture.command.ranges import opening, selection
from suture.command.scene_scores import SceneScores, read_scores
from suture.cuts import Cuts
from suture.errors import ChunkError, CommandFailed, CommandTimeout
from suture.ffmpeg.capabilities import capabilities
from suture.orchestrator.once import run_once
from suture.scenes import PICTURE, Pictures, Scores, find_shots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suture.ffmpeg.progress import Progress
    from suture.media.index import FrameIndex
    from suture.model import ChunkData, StreamInfo
    from suture.planning.brief import Brief
    from suture.planning.frames import Looking
    from suture.planning.linear import Linear
    from suture.scenes import Shots

__all__ = ["shots_of"]

# Seconds of film in a part: to open a film and find its place in it takes as long as to look at some of the least.
_LEAST, _MOST = Fraction(10), Fraction(120)
# Parts for each core, so that all end together.
_SHARES: Final = 4
# Pictures that are compared in a size of 32 by 18 need no loop filter; without it, decoding takes a fifth less.
_QUICK: Final = ("-skip_loop_filter", "all")
# When, and how often, people are told how far it is, in seconds.
_PATIENCE_S: Final = 2.0
_EVERY_S: Final = 5.0
_TICK_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class _Part:
    """What is looked at in one go.

    Args:
        command: does it.
        first: the film's number of its first frame.
        skipped: frames at its beginning that are not asked for.
        frames: so many behind those are; one more may follow, which is the next part's.
    """

    command: SceneScores
    first: int
    skipped: int
    frames: int


def shots_of(
    brief: Brief, stream: StreamInfo, full: FrameIndex, span: range, found: Linear | None, looking: Looking
) -> Shots | str:
    """Look for the shots of a range.

    Args:
        brief: the job.
        stream: which.
        full: its frames.
        span: those that are asked for.
        found: a linear decode, where there was one; its frames are seen as it saw them.
        looking: how the source is looked at.

    Returns:
        The shots, in numbers that begin with the range; or why there are none: what decodes is not what was expected.

    Raises:
        CommandCancelled: looking was stopped.
        Unsupported: this ffmpeg has no ``scdet``.
    """
    capabilities(brief.ffmpeg).require_filter("scdet")
    parts = [_in_one_go(brief, span, found)] if found else _shared(brief, stream, full, span)
    try:
        _look(parts, looking, brief.cores)
        scores = _together(parts, None if found else full)
    except (ChunkError, CommandFailed, CommandTimeout) as error:
        return error.message
    except (OSError, ValueError) as error:
        return str(error)
    return find_shots(scores, full.part(span.start, span.stop))


def _in_one_go(brief: Brief, span: range, found: Linear) -> _Part:
    """As the linear decode went."""
    listing = found.listing
    command = SceneScores(
        f"scenes-{listing.stream}",
        listing.input_path,
        str(Path(brief.folder) / f"scenes-{listing.stream}.scores"),
        stream=listing.stream,
        time_base=listing.time_base,
        filters=listing.filters,
        input_options=(*_QUICK, *listing.input_options),
        expected=len(found.index),
        program=brief.ffmpeg,
    )
    return _Part(command, 0, span.start, len(span))


def _shared(brief: Brief, stream: StreamInfo, full: FrameIndex, span: range) -> list[_Part]:
    """Parts for all cores."""
    cuts = Cuts(_bounds(full, span, brief.cores), "")
    chunks = chunks_from(full, cuts, brief.info.path, brief.info.format, end=span.stop)
    return [
        _part(brief, stream, chunk if chunk is chunks[-1] else _overlapping(chunk, full), chunk) for chunk in chunks
    ]


def _bounds(full: FrameIndex, span: range, cores: int) -> tuple[int, ...]:
    """Where parts begin: on keyframes, so that nothing is decoded in vain."""
    length = full.time(span.stop) - full.time(span.start)
    share = max(_LEAST, min(_MOST, length / (_SHARES * cores)))
    starts = [span.start]
    for key in full.keyframes():
        if key < span.stop and full.time(key) - full.time(starts[-1]) >= share:
            starts.append(key)
    return tuple(starts)


def _overlapping(chunk: ChunkData, full: FrameIndex) -> ChunkData:
    """With the first frame of the next, which tells how much it differs from the last of this one."""
    end = chunk.end_frame + 1
    at = full.pts[end] if end < len(full) else full.end_pts
    return replace(chunk, end_frame=end, end_pts=at, open_end=end == len(full))


def _part(brief: Brief, stream: StreamInfo, seen: ChunkData, wanted: ChunkData) -> _Part:
    """Decoded as a piece is, so that the same frames come."""
    name = f"scenes-{stream.index}-{seen.start_frame:08d}"
    path = str(Path(brief.folder) / f"{name}.scores")
    command = SceneScores(
        name,
        seen.source_path,
        path,
        stream=stream.index,
        time_base=stream.time_base,
        filters=tuple(selection(seen)),
        input_options=(*_QUICK, "-threads", "1", "-noautorotate", *opening(seen)),
        expected=seen.end_frame - seen.start_frame,
        program=brief.ffmpeg,
    )
    return _Part(command, seen.start_frame, 0, wanted.end_frame - wanted.start_frame)


def _look(parts: Sequence[_Part], looking: Looking, cores: int) -> None:
    """Run them on all cores, saying from time to time how far it is; whatever ends this ends them, too."""
    stop, far = CancelToken(), _HowFar(parts, looking)
    forget = looking.cancel.on_cancel(stop.cancel) if looking.cancel else lambda: None
    with ThreadPoolExecutor(max(1, min(cores, len(parts)))) as pool:
        try:
            waiting = {pool.submit(_looked, part, far, stop) for part in parts}
            while waiting:
                done, waiting = wait(waiting, _TICK_S, FIRST_COMPLETED)
                for run in done:
                    run.result()
                far.say()
        finally:
            stop.cancel()
            forget()


def _looked(part: _Part, far: _HowFar, stop: CancelToken) -> None:
    run_once(part.command, RunContext(on_progress=partial(far.note, part.first), cancel=stop))
    far.seen[part.first] = part.frames


class _HowFar:
    """How much has been looked at, for people; noted by any thread, said by one."""

    def __init__(self, parts: Sequence[_Part], looking: Looking) -> None:
        self.seen = {part.first: 0 for part in parts}
        self._total = sum(part.command.expected or part.frames for part in parts)
        self._say = looking.on_note
        self._due = time.monotonic() + _PATIENCE_S

    def note(self, part: int, progress: Progress) -> None:
        """A part has come so far."""
        self.seen[part] = progress.frame

    def say(self) -> None:
        """Now and then."""
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + _EVERY_S
            self._say(f"looking for shots: {min(100, 100 * sum(self.seen.values()) // max(1, self._total))} %")


def _together(parts: Sequence[_Part], full: FrameIndex | None) -> Scores:
    """What the parts have seen, as one pass would have.

    Raises:
        ValueError: they saw other frames than there are.
    """
    changes, pictures = array("i"), []
    for part in parts:
        times, seen, small = read_scores(part.command.output_path)
        if full is not None and times != full.pts[part.first : part.first + len(times)]:
            raise ValueError(f"frames behind number {part.first} are shown at other times than their packets tell")
        here = seen[part.skipped :]
        if changes:  # its first frame was seen at the end of the part before
            here[0] = changes.pop()
        changes.extend(here)
        pictures.append(small[part.skipped * PICTURE : (part.skipped + part.frames) * PICTURE])
    last = parts[-1]
    return Scores(changes[: sum(part.frames for part in parts[:-1]) + last.frames], Pictures(pictures))
