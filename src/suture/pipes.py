"""The three pipes to a child: stdout and stdin served by the thread that waits, stderr by one of its own.

No process is started or ended here; `suture.process` does that and owns the pipes. What the bytes look like
as lines is `suture.lines`'s business.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import selectors
import shlex
import threading
import time
from typing import IO, TYPE_CHECKING, Final, Self

from suture.lines import LineSplitter, Tail

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["LAST_WORDS_S", "Drain", "Listener", "Log", "is_ready", "widen"]

LOG_BYTES: Final = 64_000_000  # an encoder that floods stderr must not fill the disk that the pieces need
READ_BYTES: Final = 65_536
WIDE_BYTES: Final = 1 << 20
TICK_S: Final = 0.1  # how late a cancel may be noticed
LAST_WORDS_S: Final = 1.0  # how long a pipe is read on when a stranger holds it open after the child's end


def is_ready(pipe: IO[bytes], patience_s: float = TICK_S) -> bool:
    """Wait for something to read, or the end; whether it came."""
    with selectors.PollSelector() as pipes:
        pipes.register(pipe, selectors.EVENT_READ)
        return bool(pipes.select(patience_s))


def widen(pipe: IO[bytes]) -> None:
    """Let a pipe hold as much as a user's may, where the system lets one ask: fewer turns between two processes."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, WIDE_BYTES)


class Listener:
    """Reads a child's stdout and feeds its stdin, in the thread that waits for it."""

    def __init__(
        self,
        stdout: IO[bytes],
        hear: Callable[[], None],
        on_line: Callable[[str], bool] | None,
    ) -> None:
        self._hear = hear
        self._on_line = on_line
        self._lines = LineSplitter()
        self._pipes = selectors.PollSelector()  # needs no file descriptor of its own
        self._pause_s = 0.001
        self._pipes.register(stdout, selectors.EVENT_READ, self._read)
        self._unwritten = memoryview(b"")

    def feed(self, stdin: IO[bytes], data: bytes) -> None:
        """Write ``data`` to the child's stdin, as it takes it, and close it then."""
        self._unwritten = memoryview(data)
        os.set_blocking(stdin.fileno(), False)
        self._pipes.register(stdin, selectors.EVENT_WRITE, self._write)

    def listen(self, patience_s: float = TICK_S) -> bool:
        """Wait for something to read or write, and do it; whether there was something."""
        if not self._pipes.get_map():  # both closed, and it still runs: it may end at any moment, or never
            self._pause_s = min(2 * self._pause_s, TICK_S)
            patience_s = self._pause_s
        ready = self._pipes.select(patience_s)
        for key, _ in ready:
            key.data(key.fileobj)
        return bool(ready)

    def last_words(self) -> None:
        """Read what a child that ended left in the pipe; not for long when a stranger keeps it open."""
        give_up_at = time.monotonic() + LAST_WORDS_S
        while self._pipes.get_map() and time.monotonic() < give_up_at:
            self.listen()
        self._give(self._lines.close())

    def _read(self, pipe: IO[bytes]) -> None:
        data = os.read(pipe.fileno(), READ_BYTES)
        if not data:
            self._pipes.unregister(pipe)
        elif self._on_line is None:
            self._hear()
        else:
            self._give(self._lines.feed(data))

    def _give(self, lines: list[str]) -> None:
        for line in lines:
            if self._on_line is not None and self._on_line(line):
                self._hear()

    def _write(self, pipe: IO[bytes]) -> None:
        try:
            written = os.write(pipe.fileno(), self._unwritten[:READ_BYTES])
        except BlockingIOError:
            return
        except BrokenPipeError:  # it does not want to read more, which is its right
            written = len(self._unwritten)
        self._unwritten = self._unwritten[written:]
        if not self._unwritten:
            self._pipes.unregister(pipe)
            pipe.close()


class Drain:
    """Reads stderr to its end, whatever the rest of us is doing: a full pipe would stop the child."""

    def __init__(self, pipe: IO[bytes], log: Log, heard: Callable[[], None]) -> None:
        self.tail = Tail()
        self._log = log
        self._heard = heard
        self._pipe = pipe
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, name="stderr", daemon=True)

    def start(self) -> None:
        """Begin to read; RuntimeError when the system has no thread left."""
        self._thread.start()

    def finish(self) -> None:
        """Wait for the end of the pipe; not for long when a stranger keeps it open."""
        if self._thread.ident is not None:
            self._thread.join(LAST_WORDS_S)
            self._stop.set()
            self._thread.join()

    def _read(self) -> None:
        with selectors.PollSelector() as pipes, self._log:
            pipes.register(self._pipe, selectors.EVENT_READ)
            while not self._stop.is_set():
                if pipes.select(TICK_S) and not self._take(os.read(self._pipe.fileno(), READ_BYTES)):
                    return

    def _take(self, data: bytes) -> bool:
        if data:
            self.tail.feed(data)
            self._log.write(data)
            self._heard()
        return bool(data)


class Log:
    """A file for stderr that never stops the reading: without room for it, it is given up."""

    def __init__(self, path: Path | None, argv: Sequence[str]) -> None:
        self._path = path
        self._argv = argv
        self._room = LOG_BYTES
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._path.open("ab", buffering=0)
            self.write(f"$ {shlex.join(self._argv)}\n".encode("utf-8", "surrogateescape"))
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, data: bytes) -> None:
        """Append, as far as there is room."""
        if self._file is None or not self._room:
            return
        kept = data[: self._room]
        self._room -= len(kept)
        try:
            self._file.write(kept)
        except OSError:
            self._room = 0
