"""A plan as a tree, for people: what there is, what becomes of it, in which pieces, and why so."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from suture.report.folding import folded, folded_alike, runs
from suture.report.streams import fates
from suture.report.wording import count, length_of, printable, size, stream_text
from suture.units import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from suture.model import ChunkData
    from suture.planning.job import Plan, VideoPlan
    from suture.planning.steps import Step

__all__ = ["Branch", "piece_text", "render"]


@dataclass(slots=True)
class Branch:
    """A line, and what hangs under it."""

    text: str
    under: list[Branch] = field(default_factory=list)

    def lines(self, first: str = "", rest: str = "") -> Iterator[str]:
        """The tree, line by line, each behind its margin."""
        yield first + printable(self.text)
        for number, branch in enumerate(self.under, 1):
            last = number == len(self.under)
            yield from branch.lines(rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "))


def render(plan: Plan) -> str:
    """The tree."""
    parts = [_source(plan), _output(plan), *map(_pieces, plan.videos), _running(plan)]
    parts += [Branch("decided", [Branch(str(decision)) for decision in plan.decisions])]
    parts += [Branch("lost", [Branch(f"warning: {loss}") for loss in plan.losses])]
    parts += [Branch("steps", [Branch(text) for text in _steps(plan.steps)])]
    root = Branch(f"{plan.source} → {plan.output}", [part for part in parts if part.under])
    return "\n".join(root.lines())


def _source(plan: Plan) -> Branch:
    info = plan.info
    head = f"source: {info.format}, {length_of(info)}, {size(info.size_bytes)}"
    chapters = [Branch(count(len(info.chapters), "chapter"))] if info.chapters else []
    streams = [
        Branch(text) for text in folded_alike([f"{stream_text(stream)}: {fate}" for stream, fate in fates(plan)])
    ]
    return Branch(head, streams + chapters)


def _output(plan: Plan) -> Branch:
    lines = []
    for number, track in enumerate(plan.tracks.tracks):
        origin = printable(track.path) if track.stream is None else f"source #{track.stream.index}"
        made = track.encoder or (track.stream.codec if track.stream else "")
        lines.append(f"#{number} {track.kind} {made}, {track.action} of {origin}")
    lines = folded_alike(lines)
    lines += [count(len(plan.tracks.attachments), "attachment")] if plan.tracks.attachments else []
    lines += [count(len(plan.spec.chapters), "chapter")] if plan.spec.chapters else []
    return Branch(f"output: {plan.container.format}", [Branch(line) for line in lines])


def _pieces(video: VideoPlan) -> Branch:
    number = video.track.source_index
    head = f"video stream {number}: {count(len(video.index), 'frame')} in {count(len(video.chunks), 'piece')}"
    return Branch(head, [Branch(text) for text in folded([piece_text(chunk) for chunk in video.chunks])])


def piece_text(chunk: ChunkData) -> str:
    """A piece's number and range."""
    last = "the end" if chunk.end_frame < 0 else f"{chunk.end_frame - 1:,}"
    begin, end = (format_time(Fraction(time)) for time in (chunk.start_time, chunk.end_time))
    return f"piece {chunk.chunk_id}: frames {chunk.start_frame:,} to {last}, {begin} to {end}"


def _running(plan: Plan) -> Branch:
    threads = {video.encoder.threads for video in plan.videos}
    each = ["threads as the encoder likes" if t is None else f"{count(t, 'thread')} each" for t in threads]
    lines = [", ".join([f"at most {count(plan.workers, 'task')} at once", *each])]
    lines += [f"ffmpeg: {plan.ffmpeg}", f"verify: {plan.settings.verify} [--verify]"]
    return Branch("running", [Branch(line) for line in lines])


def _steps(steps: Sequence[Step]) -> list[str]:
    """Each step and what it waits for."""
    lines = [folded([_step(step) for step in run], " like these") for run in runs(steps)]
    return [line for few in lines for line in few]


def _step(step: Step) -> str:
    waits = [_ids(step.after), f"{_ids(step.after_any)}, as far as they succeed" if step.after_any else ""]
    after = " and ".join(text for text in waits if text)
    return f"{step.command.id} ({step.command.resource.value})" + (f" after {after}" if after else "")


def _ids(ids: Sequence[str]) -> str:
    few = 4
    if len(ids) <= few:
        return ", ".join(ids)
    return f"{ids[0]}, {ids[1]}, … {len(ids) - 3} more, {ids[-1]}"
