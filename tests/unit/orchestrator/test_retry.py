"""What is tried again, how often, and after what wait."""

from __future__ import annotations

import pickle

import pytest

from suture.errors import (
    ChunkError,
    CommandCancelled,
    CommandCrashed,
    CommandFailed,
    CommandTimeout,
    ConfigError,
    DeviceBusy,
    DiskFull,
    OutOfMemory,
    ProbeError,
    SutureError,
)
from suture.orchestrator.retry import GiveUp, How, Retry, RetryPolicy


def test_a_plain_failure_is_tried_again_at_once() -> None:
    """Nothing is gained by waiting after an encoder that exits with an error."""
    assert RetryPolicy().decide(CommandFailed("x"), attempts=1) == Retry(0.0)


def test_a_hang_is_tried_again_at_once() -> None:
    """A command that was killed for hanging is run again without a wait."""
    assert RetryPolicy().decide(CommandTimeout("x"), attempts=1) == Retry(0.0)


@pytest.mark.parametrize("retries", [0, 1, 2, 5])
def test_a_task_runs_once_more_than_it_may_be_retried(retries: int) -> None:
    """``max_retries`` counts the runs after the first."""
    policy = RetryPolicy(max_retries=retries)
    decisions = [policy.decide(CommandFailed("x"), attempts) for attempts in range(1, retries + 2)]
    assert decisions[:-1] == [Retry(0.0)] * retries
    assert isinstance(decisions[-1], GiveUp)


@pytest.mark.parametrize(
    "error", [ProbeError("x"), DiskFull("x"), DiskFull("x", retryable=True), CommandFailed("x", retryable=False)]
)
def test_what_lasts_is_not_tried_again(error: SutureError) -> None:
    """An error that is not retryable, by its class or by itself, ends the task."""
    assert isinstance(RetryPolicy().decide(error, attempts=1), GiveUp)


@pytest.mark.parametrize("kind", [CommandFailed, ChunkError])
def test_the_same_failure_twice_in_a_row_is_the_last(kind: type[SutureError]) -> None:
    """A program, or a check, that says the same of the same input twice would say it a third time."""
    policy = RetryPolicy(max_retries=9)
    assert policy.decide(kind("x"), 2, before=kind("x")) == GiveUp("it failed twice in the same way")
    assert policy.decide(kind("x"), 2, before=kind("y")) == Retry()
    assert policy.decide(kind("x"), 2, before=CommandTimeout("x")) == Retry()


def test_another_exit_code_is_another_failure() -> None:
    """The words are the same, the code is not."""
    before, now = CommandFailed("x", returncode=1), CommandFailed("x", returncode=2)
    assert RetryPolicy().decide(now, 2, before=before) == Retry()
    assert isinstance(RetryPolicy().decide(now, 2, before=now), GiveUp)


@pytest.mark.parametrize("kind", [CommandCrashed, CommandTimeout])
def test_a_crash_or_a_hang_may_repeat_itself(kind: type[SutureError]) -> None:
    """Every crash by one signal looks like the other; all retries are used."""
    policy = RetryPolicy(max_retries=2)
    assert policy.decide(kind("x"), 2, before=kind("x")) == Retry()
    assert policy.decide(kind("x"), 3, before=kind("x")) == GiveUp("it failed 3 times")


def test_out_of_memory_is_tried_alone_and_then_lean() -> None:
    """At once each time, as often as other failures; other failures later do not bring it back among the others."""
    policy = RetryPolicy(max_retries=3)
    short = OutOfMemory("x")
    assert policy.decide(short, 1, starved=1) == Retry(0.0, How.ALONE)
    assert policy.decide(short, 2, starved=2, before=short) == Retry(0.0, How.LEAN)
    assert policy.decide(CommandCrashed("x"), 3, starved=2, before=short) == Retry(0.0, How.LEAN)
    assert policy.decide(short, 4, starved=3, before=short) == GiveUp("it failed 4 times")


def test_a_cancelled_command_is_never_tried_again() -> None:
    """Who asked for the stop does not want another run, even if the error claims to be retryable."""
    assert isinstance(RetryPolicy().decide(CommandCancelled("x", retryable=True), attempts=1), GiveUp)


def test_a_busy_device_costs_no_retry() -> None:
    """Busy is not failed: with no retries at all, the task is still run again."""
    assert not RetryPolicy.charges(DeviceBusy("x"))
    assert RetryPolicy(max_retries=0).decide(DeviceBusy("x"), attempts=0, requeues=1) == Retry(1.0, How.WAIT)


def test_the_wait_for_a_device_grows_up_to_its_limit() -> None:
    """Each wait is ``factor`` times the one before, and none exceeds the maximum."""
    policy = RetryPolicy(initial_backoff_s=1, factor=3, maximum_backoff_s=20)
    assert [policy.backoff_s(times) for times in range(1, 6)] == [1, 3, 9, 20, 20]
    assert policy.backoff_s(100_000) == 20


def test_a_device_that_stays_busy_ends_the_task() -> None:
    """Without an end, a device that somebody holds for good would hold the job too."""
    policy = RetryPolicy(max_requeues=3)
    assert isinstance(policy.decide(DeviceBusy("x"), attempts=0, requeues=3), Retry)
    assert isinstance(policy.decide(DeviceBusy("x"), attempts=0, requeues=4), GiveUp)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_retries", -1),
        ("initial_backoff_s", -0.1),
        ("factor", 0.5),
        ("maximum_backoff_s", -1),
        ("max_requeues", -1),
    ],
)
def test_values_out_of_range_are_refused(name: str, value: float) -> None:
    """The message names the value."""
    with pytest.raises(ConfigError, match=name):
        RetryPolicy(**{name: value})  # type: ignore[arg-type]


def test_a_policy_is_a_value() -> None:
    """Equal fields make equal policies, also after a journey to another process."""
    policy = RetryPolicy(max_retries=7)
    assert pickle.loads(pickle.dumps(policy)) == policy  # noqa: S301  # our own bytes
