"""The timeline as inline SVG: a row for each lane, a bar for each attempt, what is idle hatched, a clock below.

Places are percentages, so it is as wide as the page without stretching its letters; a bar's figures are in its
``title``, which browsers show where the pointer rests. Between two stretches nobody worked on the job: that time is
left out, and marked.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from suture.report.history import LOST
from suture.report.html import text
from suture.report.timeline import gaps_of
from suture.report.wording import clock, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from suture.report.history import Bar, History, Stretch
    from suture.report.timeline import Gap, Lane

__all__ = ["labels_of", "legend_of", "svg_of", "ticks"]

HEAD, FOOT = 18, 20
_ROW, _LOW_ROW = 26, 16
_MANY_LANES: Final = 20
# Beside that many bars, thin lines between them would leave nothing of them.
_MANY_BARS: Final = 600
# The most that what is left out between stretches takes of the width, and what it takes of it at most each time.
_BREAKS, _BREAK = 15.0, 1.5
# A stretch can be seen at all from so much of the width on.
_LEAST: Final = 2.0
_MOST_GAPS: Final = 400
_STEPS: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 86400)
_TICKS: Final = 8
_LABELLED: Final = 12.0
_LABEL: Final = 4.0
WORDS: Final = {
    "picture": "picture",
    "stage": "stage before a piece",
    "sound": "sound",
    "slice": "samples of sound",
    "text": "subtitles",
    "look": "looking and measuring",
    "join": "join",
    "check": "check and publish",
}


class _Place(NamedTuple):
    """Where a stretch lies, in percent of the width."""

    left: float
    width: float
    stretch: Stretch

    def at(self, moment: float) -> float:
        done = (moment - self.stretch.opened) / self.stretch.seconds if self.stretch.seconds else 0.0
        return self.left + self.width * min(1.0, max(0.0, done))


def svg_of(lanes: Sequence[Lane], history: History) -> str:
    """The drawing; empty where nothing ever ran."""
    if not history.stretches or not lanes:
        return ""
    places, row = _places(history.stretches), row_height(lanes)
    height = HEAD + row * len(lanes) + FOOT
    thin = " class=many" if len(history.bars) > _MANY_BARS else ""
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="{height}" role="img"{thin}>',
        "<title>What ran on which slot, over time</title>",
        '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">',
        '<path class="hatch" d="M0 0V6"/></pattern></defs>',
        *_grounds(places, len(lanes), row),
    ]
    shown = _shown_gaps(lanes, history)
    for number, lane in enumerate(lanes):
        drawn.append(f'<g transform="translate(0 {HEAD + number * row})">')
        drawn += (_gap(gap, places, row) for gap in gaps_of(lane, history.stretches) if lane.is_core and gap in shown)
        drawn += (_bar(bar, places[bar.stretch], row) for bar in lane.bars)
        drawn.append("</g>")
    return "\n".join([*drawn, "</svg>"])


def row_height(lanes: Sequence[Lane]) -> int:
    """Pixels of a lane."""
    return _LOW_ROW if len(lanes) > _MANY_LANES else _ROW


def labels_of(lanes: Sequence[Lane]) -> Iterator[str]:
    """What stands beside each lane."""
    words = {"cpu": "CPU", "io": "join", "gpu_encode": "GPU encode", "gpu_scale": "GPU scale"}
    for lane in lanes:
        machine = f"{lane.machine} " if lane.machine else ""
        yield f"{machine}{words.get(lane.resource, lane.resource)} {lane.number}"


def legend_of(history: History) -> str:
    """Which colour is what, of those that there are."""
    there = {bar.doing.value for bar in history.bars}
    marks = [f'<span><i class="{kind}"></i>{text(words)}</span>' for kind, words in WORDS.items() if kind in there]
    if any(bar.state != "done" for bar in history.bars):
        marks.append('<span><i class="bad"></i>failed, stopped or lost</span>')
    return f'<p class="legend">{"".join(marks)}<span><i class="idle"></i>idle</span></p>'


def _places(stretches: Sequence[Stretch]) -> list[_Place]:
    """Each as wide as it is long, but for those that nobody would see."""
    pause = min(_BREAK, _BREAKS / len(stretches))
    room = 100.0 - pause * (len(stretches) - 1)
    least = min(_LEAST, room / len(stretches) / 2)
    total = sum(stretch.seconds for stretch in stretches) or 1.0
    wide = [max(least, room * stretch.seconds / total) for stretch in stretches]
    left, places = 0.0, []
    for width, stretch in zip(wide, stretches, strict=True):
        share = width * room / sum(wide)
        places.append(_Place(left, share, stretch))
        left += share + pause
    return places


def _grounds(places: Sequence[_Place], lanes: int, row: int) -> Iterator[str]:
    """Behind each stretch: its ground, its date, its clock, and the line between it and the one before."""
    bottom = HEAD + lanes * row
    for number, place in enumerate(places):
        stretch = place.stretch
        date = time.strftime("%Y-%m-%d %H:%M", time.localtime(stretch.opened))
        told = f"{date}, {clock(stretch.seconds)}, {stretch.how}"
        where = f'x="{place.left:.3f}%" width="{place.width:.3f}%"'
        yield f'<rect class="ground" {where} y="{HEAD}" height="{lanes * row}"><title>{text(told)}</title></rect>'
        if number:
            yield f'<line class="pause" x1="{place.left:.3f}%" x2="{place.left:.3f}%" y1="2" y2="{bottom}"/>'
        if place.width >= _LABELLED:
            words = told if place.width > 3 * _LABELLED else date
            yield f'<text x="{place.left:.3f}%" dx="2" y="12">{text(words)}</text>'
        yield from _clock(place, bottom)


def _clock(place: _Place, bottom: int) -> Iterator[str]:
    for second in ticks(place.stretch.seconds, max(1, round(_TICKS * place.width / 100))):
        left = f"{place.at(place.stretch.opened + second):.3f}%"
        yield f'<line class="tick" x1="{left}" x2="{left}" y1="{HEAD}" y2="{bottom + 4}"/>'
        if not second or place.at(place.stretch.opened + second) < place.left + place.width - _LABEL:
            yield f'<text x="{left}" dx="3" y="{bottom + 14}">{_moment(second)}</text>'


def ticks(seconds: float, most: int) -> list[float]:
    """Round moments from 0 on, no more than so many besides."""
    step = next((step for step in _STEPS if seconds / step <= most), _STEPS[-1] * (1 + seconds // _STEPS[-1] // most))
    return [number * step for number in range(int(seconds / step) + 1)]


def _moment(seconds: float) -> str:
    """``0:10``, ``1:02:00``; below a second with its tenths."""
    whole, tenths = int(seconds), round(seconds % 1 * 10)
    hours = f"{whole // 3600}:{whole // 60 % 60:02}" if whole >= 3600 else f"{whole // 60}"  # noqa: PLR2004 - an hour
    return f"{hours}:{whole % 60:02}" + (f".{tenths}" if tenths else "")


def _bar(bar: Bar, place: _Place, row: int) -> str:
    left, right = place.at(bar.start), place.at(bar.end)
    kind = bar.doing.value if bar.state == "done" else f"{bar.doing.value} bad"
    where = f'x="{left:.3f}%" width="{max(0.04, right - left):.3f}%" y="3" height="{row - 6}"'
    return f'<rect class="{kind}" {where}><title>{text(_said(bar, place.stretch))}</title></rect>'


def _said(bar: Bar, stretch: Stretch) -> str:
    """A bar's figures in a line."""
    parts = [bar.task + (f", attempt {bar.attempt}" if bar.attempt > 1 else "")]
    if bar.state != "done":
        parts.append("lost with its process" if bar.state == LOST else f"{bar.state}: {bar.message}"[:200])
    if bar.span and bar.span.end_frame > 0:
        frames = bar.span.end_frame - bar.span.start_frame
        speed = f" ({frames / bar.seconds:.1f}/s)" if bar.seconds and bar.state == "done" else ""
        parts.append(f"frames {bar.span.start_frame}-{bar.span.end_frame - 1}{speed}")
    parts.append(f"{_moment(bar.start - stretch.opened)} + {bar.seconds:.1f} s")
    parts += [f"{bar.cpu_seconds:.1f} s CPU"] if bar.cpu_seconds else []
    parts += [size(bar.peak_memory_bytes)] if bar.peak_memory_bytes else []
    return "; ".join([*parts, bar.worker] if bar.worker else parts)


def _shown_gaps(lanes: Sequence[Lane], history: History) -> frozenset[Gap]:
    """The longest gaps; those that nobody could see would only make the page heavy."""
    found = [gap for lane in lanes if lane.is_core for gap in gaps_of(lane, history.stretches)]
    return frozenset(sorted(found, key=lambda gap: -gap.seconds)[:_MOST_GAPS])


def _gap(gap: Gap, places: Sequence[_Place], row: int) -> str:
    place = places[gap.stretch]
    left, right = place.at(gap.start), place.at(gap.end)
    where = f'x="{left:.3f}%" width="{right - left:.3f}%" y="3" height="{row - 6}"'
    return f'<rect class="idle" {where}><title>idle {gap.seconds:.1f} s</title></rect>'
