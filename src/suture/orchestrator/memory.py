"""`Memory`: how much memory the running tasks need, as far as is known, and whether another one fits beside them.

A need begins as an estimate (`Node.memory_bytes`) and is replaced by what a task of the same kind was measured to need.
Nothing is measured here, and nothing is taken from the system: these are books. `admission` asks them.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suture.orchestrator.graph import Node

__all__ = ["Memory"]


class Memory:
    """The books of one run.

    Args:
        limit: bytes that all running tasks may need together; None: any amount.
    """

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self._used = 0
        self._learned: dict[str, int] = {}
        # By kind: how many run, and what they were expected to need. A correction has to reach those that run, too,
        # and may not cost more the more of them there are.
        self._running: Counter[str] = Counter()
        self._expected: Counter[str] = Counter()

    @property
    def used(self) -> int:
        """Bytes that the running tasks need together. May be over the limit when a need turns out to be larger."""
        return self._used

    def need(self, node: Node) -> int:
        """Bytes that a task needs, by the best that is known now."""
        return self._learned.get(node.memory_kind, node.memory_bytes)

    def fits(self, node: Node) -> bool:
        """Whether a task may start beside those that run.

        A need beyond the limit, learned too late to refuse the task, fits when nothing else needs memory: it may be
        enough, and nobody else is harmed.
        """
        need = self.need(node)
        return self.limit is None or not need or not self._used or self._used + need <= self.limit

    def take(self, node: Node) -> None:
        """The task starts."""
        self._change(node, +1)

    def give(self, node: Node) -> None:
        """It does not run any more."""
        self._change(node, -1)

    def measured(self, node: Node, peak_bytes: int) -> None:
        """A task was seen to need so much: all of its kind do, or the most that any of them was seen to need."""
        if peak_bytes > 0:
            self._learn(node.memory_kind, peak_bytes)

    def starved(self, node: Node) -> None:
        """What was believed was not enough: twice as much is believed of its kind from now on."""
        if need := self.need(node):
            self._learn(node.memory_kind, 2 * need)

    def _learn(self, kind: str, size_bytes: int) -> None:
        # Of a task that is like no other nothing is learned for others, and it runs once, or alone.
        if not kind or size_bytes <= self._learned.get(kind, 0):
            return
        known, count = self._learned.get(kind), self._running[kind]
        self._used += size_bytes * count - (self._expected[kind] if known is None else known * count)
        self._learned[kind] = size_bytes

    def _change(self, node: Node, by: int) -> None:
        self._used += by * self.need(node)
        self._running[node.memory_kind] += by
        self._expected[node.memory_kind] += by * node.memory_bytes
