"""The lines of a text subtitle against the source's: lost, added, changed, early or late, in whatever format. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from suture.verify.alignment import align
from suture.verify.clocks import late, slack_of
from suture.verify.finding import DIFFERENCE, EXCUSED, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.media.contents import Packets
    from suture.media.cues import Cue
    from suture.verify.clocks import Span

__all__ = ["compare_lines"]

# ASS and some readers of WebVTT count hundredths of a second.
_HUNDREDTH: Final = Fraction(1, 100)
_SHOWN: Final = 40


def compare_lines(source: Packets, output: Packets, name: str, span: Span) -> list[Finding]:
    """Differences between a subtitle and its copy or conversion.

    Args:
        source: its packets, with lines.
        output: the other's.
        name: ``subtitle 0``.
        span: which part of the source is wanted.
    """
    return [*_Lines(source, output, name, span).compare()]


@dataclass
class _Lines:
    """Two lists of lines."""

    source: Packets
    output: Packets
    name: str
    span: Span

    def __post_init__(self) -> None:
        self._base, self._other = self.source.time_base, self.output.time_base
        self._mine = [(n, cue) for n, cue in enumerate(self.source.cues) if self._is_wanted(cue)]
        self._slack = max(slack_of(self._base, self._other), _HUNDREDTH)

    def compare(self) -> Iterator[Finding]:
        """All of it, in order."""
        laid = align([cue.text for _, cue in self._mine], [cue.text for cue in self.output.cues])
        for gap in laid.gaps:
            mine, theirs = self._mine[gap.first : gap.last], self.output.cues[gap.begin : gap.end]
            if len(mine) == len(theirs):
                for (n, cue), other in zip(mine, theirs, strict=True):
                    what = f"reads {_shown(other.text)} instead of {_shown(cue.text)}"
                    yield self._about("subtitle-text", n, cue, what)
                continue
            yield from (self._about("subtitle-lost", n, cue, f"({_shown(cue.text)}) is missing") for n, cue in mine)
            yield from (self._added(cue) for cue in theirs)
        for a, b in laid.pairs:
            yield from self._pair(*self._mine[a], self.output.cues[b])

    def _pair(self, number: int, cue: Cue, other: Cue) -> Iterator[Finding]:
        delay = other.start * self._other - self._start(cue) - self.span.shift
        if abs(delay) > self._slack:
            yield self._about("subtitle-time", number, cue, f"({_shown(cue.text)}) is {late(delay)}")
        longer = other.duration * self._other - self._length(cue)
        if cue.duration and other.duration and abs(longer) > 2 * self._slack:
            verb = "longer" if longer > 0 else "shorter"
            what = f"({_shown(cue.text)}) stays {float(abs(longer)):.3f} s {verb}"
            yield self._about("subtitle-length", number, cue, what, excused=self._overlaps(number))
        if self.source.codec == self.output.codec and cue.look != other.look:
            yield self._about("subtitle-styling", number, cue, f"({_shown(cue.text)}) is styled otherwise")

    def _overlaps(self, number: int) -> bool:
        """Whether another line is shown at the same time, which MP4 can't hold: it shows one after the other."""
        if self.output.codec != "mov_text":
            return False
        cue = self.source.cues[number]
        near = self.source.cues[max(0, number - 8) : number] + self.source.cues[number + 1 : number + 9]
        end = cue.start + cue.duration
        return any(each.start <= end and each.start + each.duration >= cue.start for each in near)

    def _is_wanted(self, cue: Cue) -> bool:
        begin, end = cue.start * self._base, (cue.start + cue.duration) * self._base
        start, stop = self.span.start, self.span.end
        return (start is None or end > start) and (stop is None or begin < stop)

    def _start(self, cue: Cue) -> Fraction:
        start = cue.start * self._base
        return start if self.span.start is None else max(start, self.span.start)

    def _length(self, cue: Cue) -> Fraction:
        end = (cue.start + cue.duration) * self._base
        return (end if self.span.end is None else min(end, self.span.end)) - self._start(cue)

    def _about(self, kind: str, number: int, cue: Cue, what: str, *, excused: bool = False) -> Finding:
        time = cue.start * self._base
        text = f"{self.name}: line {number} at {float(time):.3f} s {what}"
        return Finding(kind, text, EXCUSED if excused else DIFFERENCE, self.name, time=time)

    def _added(self, cue: Cue) -> Finding:
        time = cue.start * self._other
        text = f"{self.name}: the line {_shown(cue.text)} at {float(time):.3f} s of the output is not in the source"
        return Finding("subtitle-added", text, stream=self.name, time=time - self.span.shift)


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")
