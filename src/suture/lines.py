"""Bytes from a pipe, made into lines: whole ones as they come, or the last few to remember.

Pure: no pipe is read here. `suture.process` feeds both from what its children write.
"""

from __future__ import annotations

from collections import deque
from typing import Final

__all__ = ["LineSplitter", "Tail"]

LINE_BYTES: Final = 64_000_000
TAIL_BYTES: Final = 32_000


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace")


class LineSplitter:
    r"""Cuts a stream of bytes at ``\n``; a line arrives whole, however many reads it took.

    Args:
        limit: a line of more bytes comes in parts, so that a child can't fill the memory.
    """

    def __init__(self, limit: int = LINE_BYTES) -> None:
        self._limit = limit
        self._parts: list[bytes] = []  # joined once per line: adding to one bytes object would be quadratic
        self._size = 0

    def feed(self, data: bytes) -> list[str]:
        """The lines that ``data`` completes, without their ends."""
        *whole, rest = data.split(b"\n")
        lines = [self._complete(part) for part in whole]
        self._keep(rest)
        if self._size > self._limit:
            lines.append(self._complete(b""))
        return lines

    def close(self) -> list[str]:
        """What stood after the last line end, if anything."""
        return [self._complete(b"")] if self._size else []

    def _keep(self, part: bytes) -> None:
        if part:
            self._parts.append(part)
            self._size += len(part)

    def _complete(self, part: bytes) -> str:
        line = b"".join([*self._parts, part])
        self._parts.clear()
        self._size = 0
        return _text(line.removesuffix(b"\r"))


class Tail:
    r"""The last lines of a stream as a terminal would show them: after ``\r`` a line is written anew.

    Args:
        limit: bytes to remember.
    """

    def __init__(self, limit: int = TAIL_BYTES) -> None:
        self._limit = limit
        self._lines: deque[bytes] = deque()
        self._size = 0
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take what was read."""
        *whole, rest = (self._rest + data).split(b"\n")
        for line in whole:
            self._remember(_rewritten(line.rstrip(b"\r")))
        # A final \r may belong to a \r\n of which the second half is still to come.
        body = rest.rstrip(b"\r")
        self._rest = (_rewritten(body) + rest[len(body) :][:1])[-self._limit :]

    def text(self) -> str:
        """At most ``limit`` bytes, decoded; what can't be decoded is replaced."""
        kept = b"".join([*self._lines, _rewritten(self._rest.rstrip(b"\r"))])
        return _text(kept[-self._limit :]).rstrip("\n")

    def _remember(self, line: bytes) -> None:
        self._lines.append(line[-self._limit :] + b"\n")
        self._size += len(self._lines[-1])
        while self._size > self._limit and len(self._lines) > 1:
            self._size -= len(self._lines.popleft())


def _rewritten(line: bytes) -> bytes:
    return line.rpartition(b"\r")[2]
