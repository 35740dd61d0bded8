"""What came of measuring a file against its reference, for people: a table, what has no partner, what was decided."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from suture.quality.metrics import METRICS
from suture.report.wording import count, printable
from suture.units import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from suture.proof.comparison import Comparison
    from suture.proof.pairs import Alone
    from suture.quality.scores import Scores

__all__ = ["alone_lines", "at", "lines_of", "number", "pooled_lines"]

_COLUMNS: Final = ("mean", "harmonic", "p1", "p5", "median", "min")
_NAMED: Final = 5


def lines_of(comparison: Comparison, pool: str = "harmonic") -> Iterator[str]:
    """The report, line by line; ``pool`` is a column of its own where it is none of the usual ones."""
    yield printable(f"{comparison.file} beside {comparison.reference}")
    yield f"  {count(len(comparison.numbers), 'frame')} compared"
    for note in (*alone_lines(comparison), *comparison.notes):
        yield f"  {printable(note)}"
    yield ""
    yield from _table(comparison, pool)


def pooled_lines(comparison: Comparison, pool: str) -> Iterator[str]:
    """One number alone, or, of several metrics, each with its name."""
    for scores in comparison.scores:
        told = number(scores.pooled(pool), scores.metric, more=2)
        yield told if len(comparison.scores) == 1 else f"{scores.metric} {told}"


def alone_lines(comparison: Comparison) -> Iterator[str]:
    """Which frames have no partner, and where."""
    for side in ("reference", "file"):
        ranges = [alone for alone in comparison.alone if alone.side == side]
        if ranges:
            frames = sum(map(len, ranges))
            what = f"{count(frames, 'frame')} of the {side} {'has' if frames == 1 else 'have'} no partner"
            more = f" and {len(ranges) - _NAMED:,} more places" if len(ranges) > _NAMED else ""
            yield f"{what}: {', '.join(map(_range, ranges[:_NAMED]))}{more}"


def number(value: float, metric: str, more: int = 0) -> str:
    """A score with as many decimal places as mean something, and some ``more``."""
    return f"{value:.{METRICS[metric].places + more}f}"


def at(seconds: float) -> str:
    """A time of a film."""
    return format_time(Fraction(seconds))


def _range(alone: Alone) -> str:
    which = str(alone.first) if alone.first == alone.last else f"{alone.first} to {alone.last}"
    return f"{which} ({at(alone.time_s)})"


def _table(comparison: Comparison, pool: str) -> Iterator[str]:
    columns = _COLUMNS if pool in _COLUMNS else (pool, *_COLUMNS)
    rows = [("", "measured", *columns, "lowest at"), *(_row(comparison, each, columns) for each in comparison.scores)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        left = [cell.ljust(width) for cell, width in zip(row[:2], widths, strict=False)]
        right = [cell.rjust(width) for cell, width in zip(row[2:-1], widths[2:], strict=False)]
        yield "  ".join([*left, *right, row[-1]]).rstrip()


def _row(comparison: Comparison, scores: Scores, columns: Sequence[str]) -> tuple[str, ...]:
    worst, unit = scores.worst(), METRICS[scores.metric].unit
    measured = f"{scores.width}x{scores.height}{f', {scores.model}' if scores.model else ''}"
    where = f"{at(comparison.times[worst])}, frame {comparison.numbers[worst]}"
    name = f"{scores.metric} ({unit})" if unit else scores.metric
    return (name, measured, *(number(scores.pooled(column), scores.metric) for column in columns), where)
