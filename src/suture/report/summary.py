"""What is said about a job in a few lines, before it runs and when it is over; by `plain` and `terminal`.

Pure: plans and reports in, lines out. The whole plan is `plan_text`'s; errors are printed by the command,
not here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from suture.orchestrator.retry import How
from suture.orchestrator.watch import TaskStarted
from suture.planning.weights import output_seconds
from suture.report.wording import clock, count, length_of, printable, size, times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.events import EncodeReport
    from suture.orchestrator.watch import TaskEnded, TaskRetry
    from suture.planning.job import Plan
    from suture.planning.tracks import Track

__all__ = ["final_lines", "plan_lines", "retry_line", "task_line", "track_texts"]

_MOST_FAILURES = 5
_HOW = {How.ALONE: "with nothing beside it", How.LEAN: "alone and with fewer threads"}


def plan_lines(plan: Plan) -> list[str]:
    """What is going to happen: source, output, tracks, and every decision that nobody asked for."""
    info = plan.info
    lines = [
        f"{plan.source}: {info.format}, {length_of(info)}, {size(info.size_bytes)}",
        f"{plan.output}: {', '.join(track_texts(plan)) or 'nothing'}",
    ]
    lines += [f"  {decision}" for decision in plan.decisions]
    return [printable(line) for line in lines]


def track_texts(plan: Plan) -> list[str]:
    """The output's tracks, those alike taken together: ``video libx264 (40 pieces)``, ``2 audio copied``."""
    texts: dict[str, int] = {}
    for track in plan.tracks.tracks:
        texts[_fate(track)] = texts.get(_fate(track), 0) + 1
    lines = [text if number == 1 else f"{number} {text}" for text, number in texts.items()]
    if plan.tracks.attachments:
        lines.append(count(len(plan.tracks.attachments), "attachment"))
    if plan.spec.chapters:
        lines.append(count(len(plan.spec.chapters), "chapter"))
    if plan.videos:
        lines.append(f"{count(plan.frames, 'frame')} in {count(plan.pieces, 'piece')}")
    return lines


def _fate(track: Track) -> str:
    return f"{track.kind} copied" if track.action == "copy" else f"{track.kind} {track.encoder}"


def final_lines(report: EncodeReport, plan: Plan | None = None) -> list[str]:
    """How it ended: what came out, what it cost; each piece that failed, with its command and what that said.

    Args:
        report: the end.
        plan: what was done; None when it never came to a plan.
    """
    lines = list(_failures(report))
    if report.status in {"done", "partial"}:
        lines += _result(report, plan)
    return [printable(line) for line in lines]


def _failures(report: EncodeReport) -> Iterator[str]:
    told = report.failures
    for failure in told[:_MOST_FAILURES]:
        yield f"failed: {failure.task}: {failure.message}"
        yield from (f"    {line}" for line in failure.details.splitlines()[1:])
    if len(told) > _MOST_FAILURES:
        yield f"failed: {len(told) - _MOST_FAILURES} more"


def _result(report: EncodeReport, plan: Plan | None) -> list[str]:
    source_bytes = plan.info.size_bytes if plan and _is_whole(plan) else 0
    ratio = f" ({100 * report.bytes / source_bytes:.1f} % of the source)" if source_bytes else ""
    parts = [f"{clock(report.wall_seconds)} wall", f"{clock(report.cpu_seconds)} CPU"]
    if report.frames:
        parts.insert(0, count(report.frames, "frame"))
    if plan and report.wall_seconds > 0 and (seconds := output_seconds(plan)) > 0:
        parts.append(f"{times(seconds / report.wall_seconds)} real time")
    parts += _counts(report)
    incomplete = "incomplete, " if report.status == "partial" else ""
    return [f"{report.output}: {incomplete}{size(report.bytes)}{ratio}", "  " + ", ".join(parts)]


def _is_whole(plan: Plan) -> bool:
    """Whether the output plays as long as the source: else their sizes say nothing."""
    return not plan.settings.is_part


def _counts(report: EncodeReport) -> list[str]:
    reused = f" ({report.chunks_reused} from an earlier run)" if report.chunks_reused else ""
    pieces = [count(report.chunks, "piece") + reused] if report.chunks else []
    return pieces + ([count(report.retries, "retry", "retries")] if report.retries else [])


def retry_line(event: TaskRetry) -> str:
    """That something failed and is tried again."""
    when = f"in {clock(event.delay_s)}" if event.delay_s else _HOW.get(event.how, "at once")
    return printable(f"{event.task} failed, attempt {event.attempt}: {event.error.message}; again {when}")


def task_line(event: TaskStarted | TaskEnded) -> str:
    """That a task began, or how it ended, for those who want to know."""
    if isinstance(event, TaskStarted):
        return printable(f"{event.task} started on {event.worker}, attempt {event.attempt}")
    parts = [f"{event.task} {event.state.value}"]
    if event.outcome:
        made = event.outcome
        parts += [count(made.frames, "frame")] if made.frames else []
        parts += [size(made.size_bytes), f"{clock(made.wall_seconds)} wall", f"{clock(made.cpu_seconds)} CPU"]
    if event.error:
        parts.append(event.error.message)
    return printable(", ".join(parts))
