"""How long lists of steps and pieces become short ones; shared by the tree and the graph. Pure."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suture.planning.steps import Step

__all__ = ["folded", "folded_alike", "runs"]

_MOST: Final = 6
_NUMBER: Final = re.compile(r"#\d+")


def folded(texts: Sequence[str], what: str = "") -> list[str]:
    """All of a few; of many the first, the second, how many more, and the last."""
    if len(texts) <= _MOST:
        return list(texts)
    return [*texts[:2], f"… {len(texts) - 3} more{what}", texts[-1]]


def folded_alike(texts: Sequence[str]) -> list[str]:
    """The same for ``#1 subtitle …``: neighbours that differ in nothing but their number fold."""
    alike = (list(run) for _, run in groupby(texts, key=lambda text: _NUMBER.sub("#", text)))
    return [text for run in alike for text in folded(run, " like these")]


def runs(steps: Sequence[Step]) -> list[list[Step]]:
    """Neighbours of one kind that wait for the same, taken together."""
    found: list[list[Step]] = []
    for step in steps:
        if found and _sort_of(found[-1][-1]) == _sort_of(step):
            found[-1].append(step)
        else:
            found.append([step])
    return found


def _sort_of(step: Step) -> tuple[object, ...]:
    return (step.command.task_type, step.command.resource, step.after, step.after_any)
