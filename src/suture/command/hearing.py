"""`Hearing`: one decode of a sound track that several tasks read on, one after the other; between them it waits.

A filter with a memory (resampling, loudness) gives the same samples only when it runs once, from the beginning. So the
track is decoded by one child, which blocks on its pipe while nobody reads; who comes next finds it where the last one
left it. A task that finds none (another process, a new run) starts one and passes over what is not wanted. What is
read, and why, is `sound`'s business.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.command.base import raise_for
from suture.errors import CommandFailed
from suture.process import Stream

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import IO

    from suture.command.base import RunContext
    from suture.process import Finished

__all__ = ["Hearing", "forget_hearings", "give_back", "take_hearing"]

_BLOCK: Final = 1 << 20
_RIFF_HEAD: Final = 12
_CHUNK_HEAD: Final = 8
_FORM, _DATA = b"fmt ", b"data"


class Hearing:
    """A track's samples, in order, as ffmpeg writes WAV into its stdout.

    Args:
        argv: the program and its arguments.
        name: of the task, for messages.
        context: of the task that starts it.
    """

    def __init__(self, argv: Sequence[str], name: str, context: RunContext) -> None:
        self.argv = tuple(argv)
        log = context.log_dir / f"{name}.log" if context.log_dir else None
        self._stream = Stream(argv, log)
        self._ended: Finished | None = None
        self._name = name
        self._buffer = memoryview(bytearray(_BLOCK))
        self._rest = b""
        self._form = b""
        self._kept = b""
        self.position = 0

    @property
    def earliest(self) -> int:
        """The first sample that can still be had."""
        return self.position - len(self._kept) // self._align if self._form else 0

    @property
    def _align(self) -> int:
        """Bytes of a sample, of all channels: the chunk's fifth number, behind its head."""
        return int.from_bytes(self._form[_CHUNK_HEAD + 12 : _CHUNK_HEAD + 14], "little")

    def write(self, name: str, path: str, begin: int, end: int | None, keep: int, context: RunContext) -> int:
        """Write the samples from ``begin`` to ``end`` (None: all that come) as a WAV file.

        Args:
            name: of the task, for messages.
            path: the file.
            begin: number of its first sample; not before `earliest`.
            end: one past its last.
            keep: the last samples before ``end`` can be had again by the next call, so many.
            context: how the task runs.

        Returns:
            How many there were.

        Raises:
            CommandError: the decode failed, hung or was cancelled.
        """
        self._name = name
        self._open(context)
        with Path(path).open("wb", buffering=0) as file:
            file.write(self._head(0))
            size = self._copy(file, begin * self._align, None if end is None else end * self._align, context)
            # Where the sound ends before the slice should, less of it is the next one's, too.
            first = begin if end is None else max(begin, end - keep)
            self._kept = _tail(path, max(0, begin + size // self._align - first) * self._align if keep else 0)
            file.seek(0)
            file.write(self._head(size))
        return size // self._align

    def write_kept(self, path: str) -> None:
        """Write the samples that are kept for the next call."""
        Path(path).write_bytes(self._head(len(self._kept)) + self._kept)

    def finish(self, name: str, context: RunContext) -> Finished:
        """Read to the end and wait for the child's.

        Raises:
            CommandError: it failed, hung or was cancelled.
        """
        self._name = name
        while self._ended is None:
            self._read(context)
        return self._ended

    def close(self) -> None:
        """Stop it."""
        self._stream.close()

    def _open(self, context: RunContext) -> None:
        """Read up to the first sample; remember the chunk that tells their form."""
        while not self._form:
            if not (data := self._read(context)):
                raise CommandFailed(f"{self._name}: there is no sound", "", self.argv, 0)
            self._rest += data
            self._form, self._rest = _parsed(self._rest)

    def _copy(self, file: IO[bytes], begin: int, end: int | None, context: RunContext) -> int:
        """Write bytes ``begin`` to ``end`` of the samples; what comes before is passed over."""
        at = self.position * self._align - len(self._kept)
        data: bytes | memoryview = self._kept
        self._kept, size = b"", 0
        while data or (data := self._next(context)):
            here = data[max(0, begin - at) : None if end is None else max(0, end - at)]
            size += _written(file, here)
            at += len(data)
            if end is not None and at >= end:
                self._rest = bytes(data[max(0, len(data) - (at - end)) :]) + self._rest
                at = end
                break
            data = b""
        self.position = at // self._align
        return size

    def _next(self, context: RunContext) -> bytes | memoryview:
        if self._rest:
            rest, self._rest = self._rest, b""
            return rest
        return self._read(context)

    def _read(self, context: RunContext) -> memoryview:
        count = 0
        if self._ended is None:
            count = self._stream.read_into(self._buffer, context.cancel, context.stall_timeout_s)
        if not count and self._ended is None:
            self._ended = self._stream.finish()
            raise_for(self._ended, self.argv, self._name)
        return self._buffer[:count]

    def _head(self, size: int) -> bytes:
        whole = size + 4 + len(self._form) + _CHUNK_HEAD
        return b"RIFF" + whole.to_bytes(4, "little") + b"WAVE" + self._form + _DATA + size.to_bytes(4, "little")


def _parsed(data: bytes) -> tuple[bytes, bytes]:
    """The format chunk and what follows the head; nothing where the head is not all there."""
    at, form = _RIFF_HEAD, b""
    while len(data) >= at + _CHUNK_HEAD:
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + _CHUNK_HEAD], "little")
        if kind == _DATA:
            return form, data[at + _CHUNK_HEAD :]
        if kind == _FORM:
            form = data[at : at + _CHUNK_HEAD + size]
        at += _CHUNK_HEAD + size + size % 2
    return b"", data


def _written(file: IO[bytes], data: bytes | memoryview) -> int:
    """Write all of it; an unbuffered file may take less at once."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
    return len(data)


def _tail(path: str, size: int) -> bytes:
    if not size:
        return b""
    with Path(path).open("rb") as file:
        file.seek(-size, 2)
        return file.read()


_lock = threading.Lock()
_waiting: dict[tuple[str, ...], Hearing] = {}


def take_hearing(argv: Sequence[str], first: int | None, name: str, context: RunContext) -> Hearing:
    """The decode that waits where sample ``first`` (None: any) can still be had, or a new one.

    Whoever takes it gives it back or closes it.
    """
    with _lock:
        found = _waiting.pop(tuple(argv), None)
    if found is not None and (first is None or found.earliest <= first):
        return found
    if found is not None:
        found.close()
    return Hearing(argv, name, context)


def give_back(hearing: Hearing) -> None:
    """For the task that comes next."""
    with _lock:
        other = _waiting.pop(hearing.argv, None)
        _waiting[hearing.argv] = hearing
    if other is not None:
        other.close()


def forget_hearings(folder: str) -> None:
    """Stop those that wait for a job in this folder: it is over."""
    inside = folder.rstrip(os.sep) + os.sep
    with _lock:
        words = {key: [word.removeprefix("file:") + os.sep for word in key] for key in _waiting}
        found = [key for key, paths in words.items() if any(path.startswith(inside) for path in paths)]
        over = [_waiting.pop(key) for key in found]
    for hearing in over:
        hearing.close()
