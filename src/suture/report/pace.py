"""How fast pieces are being encoded: sums of work and time, over the last while; and what that predicts.

Pure arithmetic under `progress`. Speed is that of one slot (work by the time that slots were busy), so that
it stays right while the number of busy slots changes.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Final

__all__ = ["Pace", "Sample", "makespan"]

# The remaining time is told from so much of the past: longer than a scene, shorter than a film.
WINDOW_S: Final = 120.0
_SAMPLE_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Sample:
    """Sums since the begin: ``busy_s`` is the time that slots worked on pieces."""

    time: float
    frames: int = 0
    cost: float = 0.0
    busy_s: float = 0.0


@dataclass(slots=True)
class Pace:
    """Work done, repeated work included, and when."""

    latest: Sample | None = None
    kept: deque[Sample] = field(default_factory=deque)

    def pass_time(self, now: float, busy_slots: int) -> None:
        """Move on to ``now``; so many slots worked on pieces since the last call."""
        last = self.latest or Sample(now)
        passed = max(0.0, now - last.time)
        self.latest = replace(last, time=max(now, last.time), busy_s=last.busy_s + busy_slots * passed)
        # With all that happened until then, or a window would hold one report too many.
        if not self.kept or last.time - self.kept[-1].time >= _SAMPLE_S:
            self.kept.append(last)
        while len(self.kept) > 1 and self.kept[1].time <= self.latest.time - WINDOW_S:
            self.kept.popleft()

    def add(self, frames: int, cost: float) -> None:
        """Note work that was done until now."""
        if self.latest is not None:
            self.latest = replace(self.latest, frames=self.latest.frames + frames, cost=self.latest.cost + cost)

    def since(self, window_s: float) -> Sample:
        """The difference between now and at least a window ago; ``time`` is its length."""
        if self.latest is None:
            return Sample(0.0)
        now = self.latest
        then = next((s for s in reversed(self.kept) if s.time <= now.time - window_s), self.kept[0])
        return Sample(now.time - then.time, now.frames - then.frames, now.cost - then.cost, now.busy_s - then.busy_s)


def makespan(begun: list[float], waiting: list[float], slots: int) -> float:
    """When the last one ends: ``waiting`` go, in this order, to the slot that is free first."""
    free = [0.0] * max(0, slots - len(begun)) + begun
    heapq.heapify(free)
    for cost in waiting:
        heapq.heapreplace(free, free[0] + cost)
    return max(free)
