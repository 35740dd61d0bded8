"""A plan as a mermaid flowchart: source, steps, output. More than a dozen steps of one kind fold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.report.folding import runs
from suture.report.wording import count, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suture.planning.job import Plan
    from suture.planning.steps import Step

__all__ = ["label", "render"]

_MOST: Final = 12
# Source: mermaid's documentation, "Entity codes to escape characters".
_ENTITIES: Final = {"#": "35", '"': "quot", "<": "lt", ">": "gt", "&": "amp", "`": "96", "\\": "92"}


def render(plan: Plan) -> str:
    """The flowchart."""
    shown = _shown(plan.steps)
    ids = {task: f"s{number}" for number, (_, tasks) in enumerate(shown) for task in tasks}
    lines = ["flowchart LR", f'    source(["{label(Path(plan.source).name)}"])']
    lines += [f'    s{number}["{label(text)}"]' for number, (text, _tasks) in enumerate(shown)]
    lines.append(f'    output(["{label(Path(plan.output).name)}"])')
    return "\n".join([*lines, *_edges(plan, ids)])


def label(text: str) -> str:
    """Text for between quotes: nothing in it is mermaid's, markdown's or HTML's."""
    return "".join(f"#{_ENTITIES[c]};" if c in _ENTITIES else c for c in printable(text))


def _shown(steps: Sequence[Step]) -> list[tuple[str, list[str]]]:
    """Boxes: their text and the tasks that each stands for."""
    boxes: list[tuple[str, list[str]]] = []
    for run in runs(steps):
        if len(run) <= _MOST:
            boxes += [(_text(step), [step.command.id]) for step in run]
            continue
        between = [step.command.id for step in run[2:-1]]
        boxes += [(_text(step), [step.command.id]) for step in run[:2]]
        boxes += [(f"… {count(len(between), 'more step')} like these", between)]
        boxes += [(_text(run[-1]), [run[-1].command.id])]
    return boxes


def _text(step: Step) -> str:
    frames = f", {count(step.frames, 'frame')}" if step.frames else ""
    return f"{step.command.id} ({step.command.resource.value}{frames})"


def _edges(plan: Plan, ids: dict[str, str]) -> list[str]:
    """Each arrow once, however many folded steps it stands for."""
    edges: dict[str, None] = {}
    for step in plan.steps:
        here, waits = ids[step.command.id], (*step.after, *step.after_any)
        edges |= dict.fromkeys(f"    {ids[task]} --> {here}" for task in waits)
        if not waits:
            edges[f"    source --> {here}"] = None
        if step.command.output_path == plan.output:
            edges[f"    {here} --> output"] = None
        if getattr(step.command, "step", "") == "join" and _copies(plan):
            edges[f"    source -- {_copies(plan)} copied --> {here}"] = None
    return list(edges)


def _copies(plan: Plan) -> str:
    copied = [track for track in plan.tracks.tracks if track.action == "copy"]
    number = len(copied) + len(plan.tracks.attachments)
    return count(number, "stream") if number else ""
