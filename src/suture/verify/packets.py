"""A copied stream against its source, packet by packet: what is lost, doubled, swapped, damaged, or at another time.

Packets are known by their digests, so this needs no decoder and finds a single flipped bit. What was encoded anew is
`pictures`' and `sound`'s. Pure.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import TYPE_CHECKING, Final

from suture.media.contents import NO_TIME
from suture.verify.alignment import Gap, align, share
from suture.verify.clocks import late, slack_of
from suture.verify.finding import DIFFERENCE, EXCUSED, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from suture.media.contents import Packets
    from suture.verify.alignment import Alignment
    from suture.verify.clocks import Span

__all__ = ["compare_packets", "is_copy"]

# A copy with damage still shares most packets; an encode shares those of silence and of black, at most.
_ALIKE: Final = 0.7
# Fewer packets that are unlike all others say nothing.
_TELLING: Final = 8
# Seconds at a cut where a packet may be taken or left: sound is cut at its packets.
_EDGE: Final = Fraction(1, 8)
# So many differences of one stream are told; they mostly have one cause.
_MOST: Final = 20


def is_copy(source: Packets, output: Packets) -> bool:
    """Whether the packets of one stream are the other's."""
    if source.codec != output.codec:
        return False
    if source.whole and source.whole == output.whole:
        return True
    single, single_there = _unique(source), _unique(output)
    if min(len(single), len(single_there)) < _TELLING:  # silence and black are alike in every encode
        return share(source.digests, output.digests) == 1
    return share(single, single_there) >= _ALIKE


def _unique(packets: Packets) -> list[int]:
    """Digests that occur once."""
    return [digest for digest, times in Counter(packets.digests).items() if times == 1]


def compare_packets(source: Packets, output: Packets, name: str, span: Span) -> list[Finding]:
    """Differences between a stream and its copy.

    Args:
        source: its packets.
        output: the copy's.
        name: of the stream in the source: ``audio 0``.
        span: which part of the source the copy holds, and when it begins there.
    """
    if source.whole and source.whole == output.whole:
        return []
    work = _Comparison(source, output, name, span)
    found = [*work.contents(), *work.times()]
    told = found[:_MOST]
    if len(found) > len(told):
        told.append(Finding("more-differences", f"{name}: and {len(found) - len(told)} more differences", stream=name))
    return told


@dataclass
class _Comparison:
    """One stream and its copy."""

    source: Packets
    output: Packets
    name: str
    span: Span

    def __post_init__(self) -> None:
        wide = self.span.wider(_EDGE)
        self._mine = [n for n in range(len(self.source)) if wide.holds(self.source.time(n))]
        self._theirs = self.output.shown()
        self._laid: Alignment = align(
            [self.source.digests[n] for n in self._mine], [self.output.digests[n] for n in self._theirs]
        )
        self._known = frozenset(self.source.digests)
        order = sorted(self._mine, key=lambda n: self.source.pts[n])
        self._frames = {n: place for place, n in enumerate(order)} if self.source.kind == "video" else {}

    # -- what there is --------------------------------------------------------------------------------------------

    def contents(self) -> Iterator[Finding]:
        """What is lost, came in, changed its place or its bytes."""
        gaps = self._laid.gaps
        lost = [n for gap in gaps for n in self._mine[gap.first : gap.last]]
        came = [n for gap in gaps for n in self._theirs[gap.begin : gap.end]]
        digests = {self.output.digests[n] for n in came}
        moved = {self.source.digests[n] for n in lost} & digests
        for gap in gaps:
            yield from self._gap(gap, moved)

    def _gap(self, gap: Gap, moved: set[int]) -> Iterator[Finding]:
        lost = [n for n in self._mine[gap.first : gap.last] if self.source.digests[n] not in moved]
        swapped = [n for n in self._mine[gap.first : gap.last] if self.source.digests[n] in moved]
        came = [n for n in self._theirs[gap.begin : gap.end] if self.output.digests[n] not in moved]
        for n in swapped:
            yield self._about("packet-swapped", n, "is not in its place")
        if lost and len(lost) == len(came):
            yield from (self._about("packet-damaged", n, "holds other bytes") for n in lost)
            return
        yield from self._lost([n for n in lost if not self._is_spare(n)], at_end=gap.last == len(self._mine))
        yield from (self._extra(n) for n in came)

    def _lost(self, numbers: list[int], *, at_end: bool) -> Iterator[Finding]:
        if not numbers:
            return
        first, last = numbers[0], numbers[-1]
        if at_end and last == self._last_wanted():
            what = f"is missing, and all after it ({len(numbers)} in all): the output ends too early"
            yield self._about("tail-missing", first, what)
            return
        for begin, end in _runs(numbers):
            if begin == end:
                yield self._about("packet-missing", begin, "is missing")
            else:
                yield self._about("packet-missing", begin, f"to packet {end} are missing ({end - begin + 1})")

    def _last_wanted(self) -> int:
        return next((n for n in reversed(self._mine) if not self._is_spare(n)), -1)

    def _is_spare(self, number: int) -> bool:
        """Whether nobody misses it: hidden by an edit list, or at the edge of what was asked for."""
        return bool(self.source.hidden[number]) or not self.span.narrower(_EDGE).holds(self.source.time(number))

    def _extra(self, number: int) -> Finding:
        known = self.output.digests[number] in self._known
        time = self.output.time(number)
        kind, what = ("packet-doubled", "is there twice") if known else ("packet-added", "is not in the source")
        where = "" if time is None else f" at {float(time):.3f} s"
        text = f"{self.name}: the output's packet {number}{where} {what}"
        return Finding(kind, text, stream=self.name, time=None if time is None else time - self.span.shift)

    def _about(self, kind: str, number: int, what: str) -> Finding:
        time, frame = self.source.time(number), self._frames.get(number)
        where = [] if frame is None else [f"frame {frame}"]
        where += [] if time is None else [f"at {float(time):.3f} s"]
        place = f" ({', '.join(where)})" if where else ""
        text = f"{self.name}: packet {number}{place} {what}"
        return Finding(kind, text, stream=self.name, frame=frame, time=time)

    # -- when it is -----------------------------------------------------------------------------------------------

    def times(self) -> Iterator[Finding]:
        """Packets that are there, at another time than the source's, but for one rounding."""
        timed = [
            (n, m)
            for n, m in ((self._mine[a], self._theirs[b]) for a, b in self._laid.pairs)
            if self.source.pts[n] != NO_TIME and self.output.pts[m] != NO_TIME
        ]
        clock = self._clock()
        delays = [self._delay(n, m, clock) for n, m in timed]
        slack = slack_of(self.source.time_base, self.output.time_base) / clock
        whole = _middle(delays)
        if abs(whole) > slack:
            yield Finding("sync", f"{self.name} is {late(whole * clock)} against the rest", stream=self.name)
        else:
            whole = 0
        off = [(n, delay) for (n, _), delay in zip(timed, delays, strict=True) if abs(delay - whole) > slack]
        for run in _alike(off, slack):
            yield self._late(run, clock)
        unhidden = [n for n, _ in timed if self.source.hidden[n] == 1]
        for begin, end in _runs(unhidden):
            which = "" if begin == end else f"to packet {end} "
            weight = DIFFERENCE if self.source.kind == "video" else EXCUSED
            yield replace(self._about("edit-list", begin, f"{which}hidden by an edit list, appears"), weight=weight)

    def _late(self, run: list[tuple[int, int]], clock: Fraction) -> Finding:
        """Packets in a row that are late by one time."""
        (first, delay), (last, _) = run[0], run[-1]
        if len(run) == 1:
            return self._about("packet-time", first, f"stands {late(delay * clock)}")
        return self._about("packet-time", first, f"to packet {last} stand {late(delay * clock)}")

    def _clock(self) -> Fraction:
        """A tick that all times are whole numbers of: a long film has a million packets."""
        bases = (self.source.time_base, self.output.time_base, self.span.shift)
        return Fraction(1, lcm(*(base.denominator for base in bases)))

    def _delay(self, mine: int, theirs: int, clock: Fraction) -> int:
        here, there = int(self.source.time_base / clock), int(self.output.time_base / clock)
        return self.output.pts[theirs] * there - self.source.pts[mine] * here - int(self.span.shift / clock)


def _alike(late_ones: Sequence[tuple[int, int]], slack: Fraction) -> Iterator[list[tuple[int, int]]]:
    """Runs of consecutive packets whose delays are one, but for a rounding."""
    run: list[tuple[int, int]] = []
    for n, delay in late_ones:
        if run and (n != run[-1][0] + 1 or abs(delay - run[0][1]) > slack):
            yield run
            run = []
        run.append((n, delay))
    if run:
        yield run


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of each run of consecutive numbers."""
    if not numbers:
        return
    begin = numbers[0]
    for a, b in pairwise(numbers):
        if b != a + 1:
            yield begin, a
            begin = b
    yield begin, numbers[-1]


def _middle(values: Sequence[int]) -> int:
    return sorted(values)[len(values) // 2] if values else 0
