"""What a search for a goal came to, for the report's page: score, quality and bit rate of each piece over the film.

Drawn as steps, with the goal as a line; the same figures as a table below. Pure: an `Account` in, HTML out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from suture.goal import Goal
from suture.report.html import details, section, table, text
from suture.report.wording import clock, count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from suture.report.account import Account, Piece

__all__ = ["STYLE", "target_figure", "target_section"]

_WIDTH, _HEIGHT = 1000, 110
_MANY_ROWS: Final = 24
# Of a chart, above and below what is drawn.
_MARGIN: Final = 0.12
_HOW: Final = {
    "near": "",
    "nearest": "the nearest that the encoder has",
    "best": "not reached at the best quality",
    "worst": "above it at the worst quality",
    "far": "missed",
}


@dataclass(frozen=True, slots=True)
class _Row:
    """A piece that was searched, and what was found."""

    piece: Piece
    quality: float
    score: float
    verdict: str
    trials: int
    wholes: int


def target_figure(account: Account) -> str:
    """The goal and what came of it, in a few words; empty where there was none."""
    told = account.report.get("target")
    if not told:
        return ""
    goal = Goal.parse(told["goal"])
    return f"{goal.metric} {goal.value:g}" + (f", is {goal.shown(told['score'])}" if told["score"] is not None else "")


def target_section(account: Account) -> str:
    """The whole part of the page; empty where there was no goal."""
    rows = list(_rows(account))
    if not rows:
        return ""
    goal = Goal.parse(account.report["target"]["goal"])
    charts = [_chart(goal.metric, rows, [row.score for row in rows], goal.value), *_others(rows)]
    figures = table(
        ("piece", "film", goal.metric, "quality", "kbit/s", "trials", "of the whole", ""), _cells(rows, goal)
    )
    folded = details(count(len(rows), "row"), figures) if len(rows) > _MANY_ROWS else figures
    return section("Target", f"<p>{text(_said(rows, goal))}</p>", *charts, folded, key="target")


def _rows(account: Account) -> Iterator[_Row]:
    pieces = {piece.task: piece for piece in account.pieces}
    for task, _frames, quality, score, verdict, trials, wholes in (account.report.get("target") or {}).get(
        "pieces", ()
    ):
        if task in pieces:
            yield _Row(pieces[task], quality, score, verdict, trials, wholes)


def _said(rows: Sequence[_Row], goal: Goal) -> str:
    trials, wholes = sum(row.trials for row in rows), sum(row.wholes for row in rows)
    met = sum(row.verdict in {"near", "nearest"} for row in rows)
    how = f"{goal.metric} {goal.value:g} ({goal.pool}) was asked of each piece"
    return f"{how}; {met:,} of {len(rows):,} have it, after {trials:,} trials, {wholes:,} of them of whole pieces."


def _others(rows: Sequence[_Row]) -> Iterator[str]:
    yield _chart("quality (CRF)", rows, [row.quality for row in rows])
    if rates := [row.piece.bit_rate / 1000 for row in rows if row.piece.bit_rate]:
        yield _chart("kbit/s", rows, rates, floor=0.0) if len(rates) == len(rows) else ""


def _chart(
    title: str, rows: Sequence[_Row], values: Sequence[float], goal: float | None = None, floor: float | None = None
) -> str:
    """Steps over the film, one for each piece."""
    marks = [*values, *([goal] if goal is not None else []), *([floor] if floor is not None else [])]
    room = (max(marks) - min(marks) or abs(max(marks)) * 0.1 or 1) * _MARGIN
    low, high = (floor if floor is not None else min(marks) - room), max(marks) + room

    def down(value: float) -> float:
        return _HEIGHT * (high - value) / (high - low)

    spans = [row.piece.span for row in rows if row.piece.span]
    if len(spans) != len(rows) or spans[-1].end_s <= spans[0].start_s:
        return ""
    begin, length = spans[0].start_s, spans[-1].end_s - spans[0].start_s
    places = [((span.start_s - begin) / length * _WIDTH, (span.end_s - begin) / length * _WIDTH) for span in spans]
    steps = [f"M{a:.1f} {down(v):.1f}H{b:.1f}" for (a, b), v in zip(places, values, strict=True)]
    line = "" if goal is None else f'<path class="goal" d="M0 {down(goal):.1f}H{_WIDTH}"/>'
    hints = "".join(
        f'<rect class="hint" x="{a:.1f}" width="{b - a:.1f}" height="{_HEIGHT}">'
        f"<title>{text(row.piece.task)}: {value:.5g}</title></rect>"
        for (a, b), row, value in zip(places, rows, values, strict=True)
    )
    ends = "".join(f"<span>{text(clock(at))}</span>" for at in (begin, begin + length))
    return "\n".join(
        [
            f'<figure class="steps"><figcaption>{text(title)}: {min(values):.5g} to {max(values):.5g}</figcaption>',
            f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" role="img">',
            f'<rect class="ground" width="{_WIDTH}" height="{_HEIGHT}"/>{line}',
            f'<path class="step" d="{"".join(steps)}"/>{hints}</svg>',
            f'<div class="ends">{ends}</div></figure>',
        ]
    )


def _cells(rows: Sequence[_Row], goal: Goal) -> Iterator[tuple[str, ...]]:
    for row in rows:
        span = row.piece.span
        yield (
            row.piece.task,
            f"{span.start_s:.1f}-{span.end_s:.1f} s" if span else "",
            goal.shown(row.score),
            f"{row.quality:g}",
            f"{row.piece.bit_rate / 1000:.0f}" if row.piece.bit_rate else "",
            str(row.trials),
            str(row.wholes),
            _HOW.get(row.verdict, row.verdict),
        )


STYLE: Final = """
.steps{margin:.8em 0}.steps figcaption{color:var(--soft);font-size:.85em}
.steps svg{display:block;width:100%;height:110px}
.steps .step{fill:none;stroke:var(--picture);stroke-width:3;vector-effect:non-scaling-stroke}
.steps .goal{stroke:var(--good);stroke-dasharray:5 4;vector-effect:non-scaling-stroke}
svg .hint{fill:transparent;stroke:none}svg .hint:hover{fill:var(--hatch);opacity:.4}
.ends{display:flex;justify-content:space-between;color:var(--soft);font-size:11px}
"""
