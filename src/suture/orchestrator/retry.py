"""`RetryPolicy`: when a task that failed is tried again, how, and how long it waits. A value; it keeps no count.

Errors know whether a second try can help (``retryable``) and, by their class, what was to blame: the input, the
program, the machine. This makes a decision of it. The counting is `dag`'s, the waiting `runner`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from suture.errors import (
    CommandCancelled,
    CommandCrashed,
    CommandFailed,
    ConfigError,
    DeviceBusy,
    DiskFull,
    MediaError,
    SutureError,
)

__all__ = ["Decision", "GiveUp", "How", "Retry", "RetryPolicy"]


class How(StrEnum):
    """How a task is tried again."""

    AGAIN = "again"
    """In the same way."""
    WAIT = "wait"
    """In the same way, when a device has had time to become free."""
    ALONE = "alone"
    """While nothing else runs."""
    LEAN = "lean"
    """While nothing else runs, and with less memory: `Command.leaner`."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again, ``delay_s`` seconds from now at the earliest. 0: at once."""

    delay_s: float = 0.0
    how: How = How.AGAIN


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Don't try again. ``reason`` says why, as the end of a sentence."""

    reason: str


Decision = Retry | GiveUp


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How a failed task is tried again.

    Only what others will give back is worth waiting for: a busy device. What failed, crashed or hung is tried again at
    once. A busy device says nothing about the task, so it costs none of the task's retries. A program that ends twice
    with the same words would say them a third time: its input is to blame. One that crashed or hung might not.

    Args:
        max_retries: how often a task may be run again after a failure of its own; 0: never.
        initial_backoff_s: the wait after the first busy device, in seconds.
        factor: each further wait is so many times the one before; at least 1.
        maximum_backoff_s: no wait is longer, in seconds.
        max_requeues: how often in all a busy device may turn a task away before the task fails; without an
            end, a device that another program holds for good would never let the job end. The defaults wait
            about an hour.

    Raises:
        ConfigError: a value is out of its range.
    """

    max_retries: int = 2
    initial_backoff_s: float = 1.0
    factor: float = 2.0
    maximum_backoff_s: float = 60.0
    max_requeues: int = 64

    def __post_init__(self) -> None:
        ranges = {
            "max_retries": self.max_retries >= 0,
            "initial_backoff_s": self.initial_backoff_s >= 0,
            "factor": self.factor >= 1,
            "maximum_backoff_s": self.maximum_backoff_s >= 0,
            "max_requeues": self.max_requeues >= 0,
        }
        for name, holds in ranges.items():
            if not holds:
                raise ConfigError(f"{name}={getattr(self, name)!r} is out of range")

    @staticmethod
    def charges(error: SutureError) -> bool:
        """Whether this failure counts against ``max_retries``."""
        return not isinstance(error, DeviceBusy)

    def decide(
        self,
        error: SutureError,
        attempts: int,
        requeues: int = 0,
        *,
        starved: int = 0,
        before: SutureError | None = None,
    ) -> Decision:
        """What to do after a failure.

        Args:
            error: how it ended.
            attempts: failures so far that count (see `charges`), this one included if it does.
            requeues: how often a busy device turned the task away so far, this time included.
            starved: how often the task was out of memory so far, this time included.
            before: the last failure before this one that counts.
        """
        if isinstance(error, CommandCancelled):
            return GiveUp("it was cancelled")
        if isinstance(error, DiskFull) or not error.retryable:
            return GiveUp("it would fail the same way again")
        if not self.charges(error):
            return self._requeue(requeues)
        if attempts > self.max_retries:
            return GiveUp(f"it failed {attempts} times")
        if _repeats(before, error):
            return GiveUp("it failed twice in the same way")
        # What was short of memory once stays alone whatever happens next, and lean once it is lean: a retry that goes
        # back to more memory would find out the same again.
        return Retry(how=(How.AGAIN, How.ALONE, How.LEAN)[min(starved, 2)])

    def _requeue(self, requeues: int) -> Decision:
        if requeues > self.max_requeues:
            return GiveUp(f"the device was busy {requeues} times")
        return Retry(self.backoff_s(requeues), How.WAIT)

    def backoff_s(self, times: int) -> float:
        """The wait after the ``times``-th refusal (1, 2, …), in seconds."""
        try:
            return min(self.maximum_backoff_s, self.initial_backoff_s * self.factor ** (times - 1))
        except OverflowError:
            return self.maximum_backoff_s


def _repeats(before: SutureError | None, error: SutureError) -> bool:
    """Whether a program, or a check of ours, said twice in a row exactly the same of the same work."""
    if not isinstance(error, CommandFailed | MediaError) or isinstance(error, CommandCrashed):
        return False
    return before is not None and _facts(before) == _facts(error)


def _facts(error: SutureError) -> tuple[type[SutureError], str, int | None]:
    return type(error), error.message, getattr(error, "returncode", None)
