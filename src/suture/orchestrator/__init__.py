"""What runs when: a graph of commands, limits, retries. Knows nothing of commands but `suture.command.base`.

`Dag` is the graph, `Orchestrator` runs it and gives a `RunReport`. The decisions are in `dag`, which is pure;
see ``docs/orchestrator.md``.
"""

from __future__ import annotations

from suture.orchestrator.graph import Dag
from suture.orchestrator.resources import Limits
from suture.orchestrator.retry import RetryPolicy
from suture.orchestrator.runner import Orchestrator
from suture.orchestrator.states import State
from suture.orchestrator.watch import (
    RunEvent,
    RunReport,
    TaskEnded,
    TaskProgress,
    TaskReport,
    TaskRetry,
    TaskStarted,
)

__all__ = [
    "Dag",
    "Limits",
    "Orchestrator",
    "RetryPolicy",
    "RunEvent",
    "RunReport",
    "State",
    "TaskEnded",
    "TaskProgress",
    "TaskReport",
    "TaskRetry",
    "TaskStarted",
]
