"""The page of `suture compare`: how good a file is, as figures, a graph for each metric, and its worst frames.

No other file is needed to read it, and no network. Pure: a `Comparison` in, text out.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.quality.metrics import METRICS
from suture.quality.pool import POOLS
from suture.report.compare_text import alone_lines, at, number
from suture.report.html import items, pairs, section, table, text
from suture.report.page_style import STYLE
from suture.report.score_graph import SCRIPT, graph_of
from suture.report.score_graph import STYLE as GRAPH_STYLE
from suture.report.wording import count
from suture.version import __version__

if TYPE_CHECKING:
    from suture.command.glimpse import Shape
    from suture.proof.comparison import Comparison
    from suture.quality.scores import Scores

__all__ = ["page_of"]

_WORST: Final = 12
# Above it, nobody sees a difference.
_ENOUGH_DB: Final = 60.0


def page_of(comparison: Comparison, pool: str = "harmonic") -> str:
    """The whole page; ``pool`` stands first."""
    name = Path(comparison.file).name
    body = (
        f"<h1>{text(name)}</h1>",
        f'<p class="soft">{text(comparison.file)}<br>beside {text(comparison.reference)}</p>',
        _figures(comparison, pool),
        _pools(comparison, pool),
        *(_graph(comparison, scores) for scores in comparison.scores),
        section("What to know", items(map(text, (*alone_lines(comparison), *comparison.notes))), key="notes"),
        f"<footer>Measured by FFmpeg {text(comparison.ffmpeg)}, pooled by Suture {__version__}.</footer>",
    )
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f'<meta name="generator" content="Suture {__version__}">',
            f"<title>{text(name)}: how good it is</title>",
            f"<style>{STYLE}{GRAPH_STYLE}</style></head><body>",
            *filter(None, body),
            f"<script>{SCRIPT}</script>",
            "</body></html>\n",
        ]
    )


def _figures(comparison: Comparison, pool: str) -> str:
    pooled = [(f"{scores.metric}, {pool}", _with_unit(scores, pool)) for scores in comparison.scores]
    shapes = [_size(shape) for shape in comparison.shapes]
    alone = sum(map(len, comparison.alone))
    facts = [
        ("frames compared", f"{len(comparison.numbers):,}"),
        ("without a partner", count(alone, "frame") if alone else ""),
        ("length", at(comparison.times[-1] - comparison.times[0])),
        *zip(("reference", "file"), shapes, strict=False),
    ]
    return pairs([*pooled, *facts])


def _size(shape: Shape) -> str:
    return f"{shape.width}x{shape.height}, {shape.pixel_format}"


def _with_unit(scores: Scores, pool: str) -> str:
    unit = METRICS[scores.metric].unit
    return number(scores.pooled(pool), scores.metric) + (f" {unit}" if unit else "")


def _pools(comparison: Comparison, pool: str) -> str:
    names = tuple(dict.fromkeys((pool, *POOLS)))
    rows = [
        (scores.metric, *(number(scores.pooled(name), scores.metric) for name in names), _measured(scores))
        for scores in comparison.scores
    ]
    return table(("metric", *names, "measured at"), rows)


def _measured(scores: Scores) -> str:
    return ", ".join(filter(None, (f"{scores.width}x{scores.height}", scores.pixel_format, scores.model)))


def _graph(comparison: Comparison, scores: Scores) -> str:
    metric = METRICS[scores.metric]
    # Black pictures have all the decibels that there are, and would leave the others at the bottom.
    top = max(_ENOUGH_DB, min(scores.values)) if metric.unit else metric.best
    drawing = graph_of(scores.values, comparison.numbers, comparison.times, top, metric.places)
    title = f"{scores.metric.upper()}{f' ({metric.unit})' if metric.unit else ''}"
    return section(title, drawing, _worst(comparison, scores), key=scores.metric)


def _worst(comparison: Comparison, scores: Scores) -> str:
    """The worst frames as links into the graph."""
    cells = [
        (at(frame.time_s), frame.number, number(frame.score, scores.metric))
        for frame in comparison.worst(scores.metric, _WORST)
    ]
    links = [
        f'<a class="to" href="#{scores.metric}" data-frame="{frame}">{text(time)}</a>, frame {frame}: {text(score)}'
        for time, frame, score in cells
    ]
    return f"<p>The lowest, at least a second apart:</p>{items(links, 'worst')}"
