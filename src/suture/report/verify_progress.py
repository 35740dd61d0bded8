"""How far a comparison is: one line on a terminal, redrawn; elsewhere nothing, since nobody waits for it there."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TextIO

from suture.report.wording import clock, percent, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Line", "progress_for"]

_EVERY_S: Final = 0.2
# Before that, a rate says little.
_SURE_S: Final = 2.0
_ERASE: Final = "\r\x1b[K"


class Line:
    """One line of a terminal.

    Args:
        stream: the terminal.
        now: the clock.
    """

    def __init__(self, stream: TextIO, now: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._now = stream, now
        self._next = 0.0
        self._begun: tuple[float, int] | None = None

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show how far it is, not too often."""
        now = self._now()
        if self._begun is None and total:
            self._begun = now, done
        if now < self._next:
            return
        self._next = now + _EVERY_S
        width = os.get_terminal_size(self._stream.fileno()).columns if self._stream.isatty() else 80
        self._stream.write(f"{_ERASE}{self.text(what, done, total, now)[: width - 1]}")
        self._stream.flush()

    def text(self, what: str, done: int, total: int, now: float) -> str:
        """``video 0 of the output: 43 %, 0:01:20 left``."""
        what = printable(what)
        if not total:
            return f"{what}: {done:,}" if done else what
        share = min(1.0, done / total)
        parts = [f"{what}: {percent(share)}"]
        begun, first = self._begun or (now, done)
        if now - begun >= _SURE_S and done > first:
            parts.append(f"{clock((now - begun) * max(0, total - done) / (done - first))} left")
        return ", ".join(parts)

    def clear(self) -> None:
        """Take the line away."""
        self._stream.write(_ERASE)
        self._stream.flush()


@contextmanager
def progress_for(*, shown: bool, stream: TextIO | None = None) -> Iterator[Callable[[str, int, int], None]]:
    """Whoever shows how far a comparison is; the terminal is left as it was."""
    stream = stream or sys.stderr
    if not (shown and stream.isatty() and os.environ.get("TERM", "") not in {"", "dumb", "unknown"}):
        yield lambda _what, _done, _total: None
        return
    line = Line(stream)
    try:
        yield line
    finally:
        line.clear()
