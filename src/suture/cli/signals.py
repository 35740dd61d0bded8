"""Signals while a job runs: Ctrl-C once and twice, termination, a closed terminal. For the command only."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from suture.control import Control

__all__ = ["braked", "halted"]


@contextmanager
def braked(control: Control) -> Iterator[None]:
    """Inside the block: the first Ctrl-C lets running pieces finish, the second stops at once, as SIGTERM does.

    Children have process groups of their own, so a terminal's Ctrl-C reaches nobody but us.
    """
    presses = 0

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal presses
        presses += 1
        if presses == 1:
            control.stop()
            with suppress(RuntimeError):  # the signal came in the middle of another line
                click.echo("\nsuture: what runs may finish, nothing new starts; Ctrl-C again stops at once", err=True)
        else:
            control.abort()

    def terminate(number: int, _frame: FrameType | None) -> None:
        control.abort(exit_code=128 + number)

    with _caught({signal.SIGINT: interrupt, signal.SIGTERM: terminate, signal.SIGHUP: terminate}):
        yield


@contextmanager
def halted(control: Control) -> Iterator[None]:
    """Inside the block: Ctrl-C and SIGTERM stop at once; for what leaves nothing that would be worth finishing."""

    def stop(number: int, _frame: FrameType | None) -> None:
        control.abort(exit_code=128 + number)

    with _caught({signal.SIGINT: stop, signal.SIGTERM: stop, signal.SIGHUP: stop}):
        yield


@contextmanager
def _caught(handlers: dict[signal.Signals, Callable[[int, FrameType | None], None]]) -> Iterator[None]:
    """Inside the block, these handlers; then those from before again."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python sets handlers in the main thread only
        return
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # nohup: it shall outlive its terminal
        del handlers[signal.SIGHUP]
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
