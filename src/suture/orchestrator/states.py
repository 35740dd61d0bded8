"""The states of a task, and the one table that says how it gets from one to the next.

Nothing but this table moves a task: `dag` looks every step up here, and the diagram in
``docs/orchestrator.md`` is printed from here, so the three can't differ. No logic beyond the look-up.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["TRANSITIONS", "Cause", "State", "Transition", "mermaid", "table", "target"]


class State(StrEnum):
    """What a task is doing. The last four are ends: nothing leads out of them."""

    WAITING = "waiting"
    READY = "ready"
    RUNNING = "running"
    DELAYED = "delayed"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to the task."""
        return self in _ENDS


_ENDS = frozenset({State.DONE, State.FAILED, State.SKIPPED, State.CANCELLED})


class Cause(StrEnum):
    """Why a task changes its state, in the words of the diagram."""

    REUSED = "an earlier run has done it"
    UNBLOCKED = "all that it waits for has ended well enough"
    UPSTREAM_FAILED = "one that it needs did not succeed"
    LAUNCHED = "a slot is free"
    SUCCEEDED = "it succeeded"
    WILL_RETRY = "it failed and is tried again"
    RETRY_DUE = "its wait is over"
    GAVE_UP = "it failed for good"
    CANCELLED = "it was cancelled"
    STOPPED = "nothing new is started"


@dataclass(frozen=True, slots=True)
class Transition:
    """One allowed step."""

    source: State
    cause: Cause
    target: State


TRANSITIONS = (
    Transition(State.WAITING, Cause.REUSED, State.DONE),
    Transition(State.WAITING, Cause.UNBLOCKED, State.READY),
    Transition(State.WAITING, Cause.UPSTREAM_FAILED, State.SKIPPED),
    Transition(State.WAITING, Cause.STOPPED, State.CANCELLED),
    Transition(State.READY, Cause.LAUNCHED, State.RUNNING),
    Transition(State.READY, Cause.STOPPED, State.CANCELLED),
    Transition(State.RUNNING, Cause.SUCCEEDED, State.DONE),
    Transition(State.RUNNING, Cause.WILL_RETRY, State.DELAYED),
    Transition(State.RUNNING, Cause.GAVE_UP, State.FAILED),
    Transition(State.RUNNING, Cause.CANCELLED, State.CANCELLED),
    Transition(State.DELAYED, Cause.RETRY_DUE, State.READY),
    Transition(State.DELAYED, Cause.STOPPED, State.CANCELLED),
)

_TARGETS = {(step.source, step.cause): step.target for step in TRANSITIONS}


def target(source: State, cause: Cause) -> State:
    """Where a cause leads from a state.

    Raises:
        ValueError: nowhere; the caller's bookkeeping is wrong.
    """
    try:
        return _TARGETS[source, cause]
    except KeyError:
        raise ValueError(f"a task that is {source} can't change because {cause}") from None


def mermaid() -> str:
    """The table as a mermaid state diagram."""
    steps = [f"    {step.source} --> {step.target}: {step.cause}" for step in TRANSITIONS]
    ends = [f"    {state} --> [*]" for state in State if state.ended]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {State.WAITING}", *steps, *ends])


def table() -> str:
    """The table as a Markdown table."""
    rows = [f"| {step.source} | {step.cause} | {step.target} |" for step in TRANSITIONS]
    return "\n".join(["| from | because | to |", "|---|---|---|", *rows])
