"""What became of a run: the report of a job that has an output, or the error that ends one that has none.

Pure but for the notes that the steps of a plan leave in the job's folder. Printing is `report`'s.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suture.errors import CommandError
from suture.events import EncodeReport, Failure
from suture.orchestrator.states import State
from suture.planning.loudness import loudness_said
from suture.planning.output import piece_path
from suture.planning.reached import reached_by
from suture.units import format_time
from suture.verify import facts_path, losses_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.control import Control
    from suture.errors import SutureError
    from suture.orchestrator.watch import RunReport, TaskReport
    from suture.planning.job import Plan

__all__ = ["report_of", "report_of_published"]


def report_of(plan: Plan, run: RunReport, control: Control) -> EncodeReport:
    """What a run came to.

    Raises:
        SutureError: there is no output.
    """
    published = run["publish"]
    failures = tuple(_failures(run))
    if published.state is not State.DONE:
        raise _error(run, failures, control)
    partial = bool(_missing(run))
    return EncodeReport(
        "partial" if partial else "done",
        plan.output,
        3 if partial else 0,
        frames=_frames_written(run),
        cpu_seconds=run.cpu_seconds,
        bytes=Path(plan.output).stat().st_size,
        chunks=plan.pieces + plan.sound_pieces,
        chunks_reused=sum(_is_piece(task.task, plan) for task in run.reused),
        retries=run.retries,
        warnings=(*map(str, plan.losses), *_damage(plan), *_gaps(plan, run), *_lean(run), *_missed(plan)),
        failures=failures,
        target=_target(plan),
    )


def report_of_published(plan: Plan) -> EncodeReport:
    """What a job came to that died after its output had got its name."""
    written = json.loads(Path(facts_path(plan.spec_path)).read_text())
    return EncodeReport(
        "done",
        plan.output,
        0,
        frames=written["frames"],
        bytes=Path(plan.output).stat().st_size,
        chunks=plan.pieces + plan.sound_pieces,
        chunks_reused=plan.pieces + plan.sound_pieces,
        warnings=(*map(str, plan.losses), *_damage(plan), *_missed(plan)),
        target=_target(plan),
    )


def _is_piece(task: str, plan: Plan) -> bool:
    """Of pictures, or of sound that is cut; not what is made of these."""
    name, _, number = task.rpartition("-")
    return task.startswith("video-") or (number.isdigit() and name in {s.name for s in plan.sounds if s.is_cut})


def _missed(plan: Plan) -> Iterator[str]:
    """Tracks that are not as loud, and pieces that do not look as good, as was asked for."""
    for text, is_missed in loudness_said(step.command for step in plan.steps):
        if is_missed:
            yield text
    if (reached := reached_by(step.command for step in plan.steps)) is not None:
        yield from reached.missed()


def _target(plan: Plan) -> dict[str, Any] | None:
    """What the search for a goal came to."""
    reached = reached_by(step.command for step in plan.steps)
    return None if reached is None else reached.to_json()


def _lean(run: RunReport) -> Iterator[str]:
    """Pieces whose bytes are not those that the same command gives on a machine with more memory."""
    for task in run.done:
        if task.lean:
            yield f"memory ran out: {task.task} was encoded with fewer threads than planned, which can change its bytes"


def _damage(plan: Plan) -> Iterator[str]:
    """What did not arrive, and what of a damaged source could not be taken over."""
    written = json.loads(Path(facts_path(plan.spec_path)).read_text())
    yield from json.loads(Path(losses_path(plan.spec_path)).read_text())
    yield from written.get("doubts", ())  # a job that another version began may have none
    if written["cut_short"] and not plan.videos:
        yield f"the source is cut short: {'; '.join(written['cut_short'])}"
    if written["dropped"]:
        count = written["dropped"]
        yield f"the source is damaged: {count} copied packets without a time, or running backwards, are left out"


def _missing(run: RunReport) -> set[str]:
    """The pieces that are not there, because they or a stage of them failed."""
    return {task.task for task in (*run.failed, *run.skipped) if task.task.startswith("video-")}


def _gaps(plan: Plan, run: RunReport) -> Iterator[str]:
    """The ranges that are missing because their pieces failed."""
    failed = _missing(run)
    for video in plan.videos:
        for chunk in video.chunks:
            if Path(piece_path(plan.folder, chunk)).stem in failed:
                place = f"from {format_time(Fraction(chunk.start_time))} to {format_time(Fraction(chunk.end_time))}"
                frames = f"frames {chunk.start_frame} to {chunk.end_frame - 1} of video stream {chunk.stream_index}"
                yield f"the picture {place} is missing ({frames}): piece {chunk.chunk_id} failed"


def _frames_written(run: RunReport) -> int:
    outcome = run["join"].outcome
    return outcome.frames if outcome else 0


def _failures(run: RunReport) -> Iterator[Failure]:
    for task in run.failed:
        error = task.error
        details = error.details() if isinstance(error, CommandError) else str(error)
        yield Failure(task.task, error.message if error else "", details)


def _error(run: RunReport, failures: tuple[Failure, ...], control: Control) -> SutureError:
    """The error that ends the job: the first failure, in the order of the plan."""
    first: TaskReport | None = next(iter(run.failed), None)
    if first is None or first.error is None:
        return control.cancelled()
    error = first.error
    error.failures = failures  # type: ignore[attr-defined]
    return error
