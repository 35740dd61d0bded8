"""The slots of a job over time: which attempt lay on which lane, and where a lane had nothing to do.

Pure arithmetic; `timeline_svg` draws it. A lane is a slot, not a thread: what runs where among the threads of one
machine is chance, and would spread one idle core over all of them. So each machine has as many lanes of a class as ran
tasks of it at once, and a task lies on the first that is free.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from suture.command.base import Resource
from suture.planning.outline import Doing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from suture.report.history import Bar, History, Stretch

__all__ = ["ENCODERS", "Gap", "Idle", "Lane", "gaps_of", "idle_of", "lanes_of"]

ENCODERS: Final = frozenset({Doing.PICTURE, Doing.STAGE, Doing.SOUND})
"""What is the work itself; all else is around it."""
_CLASSES: Final = {each.value: number for number, each in enumerate(Resource)}


@dataclass(frozen=True, slots=True)
class Lane:
    """One slot.

    Args:
        machine: where; empty: this one.
        resource: its class.
        number: which of them, from 1.
        bars: what ran on it, by stretch and start; none overlaps another.
    """

    machine: str
    resource: str
    number: int
    bars: tuple[Bar, ...] = ()

    @property
    def is_core(self) -> bool:
        """Whether it stands for work on the processor; of other slots it is no loss when they are empty."""
        return self.resource == Resource.CPU


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which a lane had nothing to do."""

    stretch: int
    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Idle:
    """What the processor's slots did, in seconds, over all lanes and stretches; the four are all there was.

    Args:
        busy: something ran.
        before: nothing yet: the film was looked at, the plan made.
        between: nothing, while others still encoded or were going to.
        behind: nothing any more: the last piece was done, the film was joined and checked.
    """

    busy: float = 0.0
    before: float = 0.0
    between: float = 0.0
    behind: float = 0.0

    @property
    def total(self) -> float:
        """Of all lanes together."""
        return self.busy + self.idle

    @property
    def idle(self) -> float:
        """Without work."""
        return self.before + self.between + self.behind

    @property
    def share(self) -> float:
        """Of all time, that without work; 0 where there was no time."""
        return self.idle / self.total if self.total else 0.0


def machine_of(worker: str) -> str:
    """The machine in a worker's name: ``local-3`` is a thread of this one."""
    name, dash, number = worker.rpartition("-")
    name = name if dash and number.isdigit() else worker
    return "" if name == "local" else name


def lanes_of(history: History, slots: int = 1) -> tuple[Lane, ...]:
    """The lanes, by machine, class and number.

    Args:
        history: what ran.
        slots: how many the processor had, in a job on one machine; those that never worked are lanes, too.
    """
    groups: dict[tuple[str, str], list[Bar]] = {}
    for bar in history.bars:
        groups.setdefault((machine_of(bar.worker), bar.resource), []).append(bar)
    if not any(machine for machine, _ in groups):
        groups.setdefault(("", Resource.CPU.value), [])
    order = sorted(groups, key=lambda key: (key[0], _CLASSES.get(key[1], len(_CLASSES)), key[1]))
    return tuple(
        lane
        for machine, resource in order
        for lane in _lanes(machine, resource, groups[machine, resource], slots if not machine else 1)
    )


def _lanes(machine: str, resource: str, bars: Iterable[Bar], slots: int) -> Iterator[Lane]:
    """As few lanes as hold the bars, of the processor at least as many as it has slots."""
    least = slots if resource == Resource.CPU else 1
    rows: list[list[Bar]] = [[] for _ in range(least)]
    for bar in bars:  # by stretch and start
        row = next((row for row in rows if not row or _is_free(row[-1], bar)), None)
        if row is None:
            rows.append(row := [])
        row.append(bar)
    for number, row in enumerate(rows):
        yield Lane(machine, resource, number + 1, tuple(row))


def _is_free(last: Bar, bar: Bar) -> bool:
    return last.stretch < bar.stretch or last.end <= bar.start


def gaps_of(lane: Lane, stretches: Sequence[Stretch]) -> Iterator[Gap]:
    """Where a lane had nothing to do, while a process worked on the job; between two of these nobody was there."""
    for number, stretch in enumerate(stretches):
        at = stretch.opened
        for bar in lane.bars:
            if bar.stretch != number:
                continue
            if bar.start > at:
                yield Gap(number, at, bar.start)
            at = max(at, bar.end)
        if stretch.closed > at:
            yield Gap(number, at, stretch.closed)


def idle_of(lanes: Iterable[Lane], history: History) -> Idle:
    """How much of the processor's time was used, and when it was not."""
    bounds = [_work(history.of(number), stretch) for number, stretch in enumerate(history.stretches)]
    busy = before = between = behind = 0.0
    for lane in (each for each in lanes if each.is_core):
        busy += sum(bar.seconds for bar in lane.bars)
        for gap in gaps_of(lane, history.stretches):
            first, last = bounds[gap.stretch]
            early, late = _overlap(gap, end=first), _overlap(gap, start=last)
            before, behind, between = before + early, behind + late, between + gap.seconds - early - late
    return Idle(busy, before, between, behind)


def _work(bars: Sequence[Bar], stretch: Stretch) -> tuple[float, float]:
    """When the first encoder began and the last ended; in a stretch without any, when its plan stood."""
    encoders = [bar for bar in bars if bar.doing in ENCODERS]
    if not encoders:
        return stretch.begun, stretch.begun
    return min(bar.start for bar in encoders), max(bar.end for bar in encoders)


def _overlap(gap: Gap, *, start: float = float("-inf"), end: float = float("inf")) -> float:
    return max(0.0, min(gap.end, end) - max(gap.start, start))
