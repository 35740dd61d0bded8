"""`CancelToken`: how a wish to stop travels from whoever has it to whatever runs.

One token may be watched by many children and loops. It only carries the wish; `suture.process` acts on it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CancelToken"]


class CancelToken:
    """A wish to stop, set once from any thread and seen by all."""

    def __init__(self) -> None:
        self._event = threading.Event()
        # Re-entrant: a signal handler may cancel while the interrupted thread is just subscribing.
        self._lock = threading.RLock()
        self._callbacks: dict[object, Callable[[], None]] = {}

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._event.is_set()

    def cancel(self) -> None:
        """Ask everything that watches this token to stop. Further calls do nothing."""
        with self._lock:
            self._event.set()
            callbacks = list(self._callbacks.values())
            self._callbacks.clear()
        for callback in callbacks:
            callback()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Sleep until cancelled or until the time is over; whether it is cancelled."""
        return self._event.wait(timeout_s)

    def on_cancel(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have ``callback`` called once, in the cancelling thread; at once when it was cancelled already.

        Returns:
            A callable that takes the wish back; calling it late or twice does no harm.
        """
        key = object()
        with self._lock:
            if not self._event.is_set():
                self._callbacks[key] = callback
                return lambda: self._forget(key)
        callback()
        return lambda: None

    def _forget(self, key: object) -> None:
        with self._lock:
            self._callbacks.pop(key, None)
