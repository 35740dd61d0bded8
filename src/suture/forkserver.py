"""The fork server: a Python that has loaded what steps need, and forks a child for each that is asked for.

`forks` starts it (``python -m suture.forkserver``), with a socket for stdin by which requests come. It has one thread
and does nothing else, so a fork of it is safe. A child takes over the request's pipes, becomes the leader of a session,
says its number, and then is what ``python -m MODULE`` would be. The server passes on signals, reaps (only who reaps
knows that a number is not yet somebody else's), and tells the end. Linux only, by pidfds.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
from dataclasses import dataclass
from typing import Final, Self

from suture.reap import kill_group, reap

__all__ = ["PRELOADED", "main"]

# What the steps of a job load, in the order in which a job needs it; one after the other while nobody asks for a child.
# Nothing that starts threads (NumPy does), and no module that is run itself. What stands behind a colon is called: it
# remembers its answer.
PRELOADED: Final = (
    "av",
    "av.subtitles.stream",
    "suture.media.probe",
    "suture.media.describe",
    "suture.media.opening:format_whitelist",
    "suture.media.packet_index",
    "suture.media.decodes",
    "suture.main",
    "suture.cli.plumbing",
    "suture.media.mux",
    "suture.media.pieces",
    "suture.media.template",
    "suture.verify.part_file",
    "suture.verify.promises",
    "suture.verify.times",
)
MESSAGE_BYTES: Final = 1 << 18
_FILES: Final = 5


@dataclass(frozen=True, slots=True)
class _Request:
    """What a child shall be, with the descriptors that came along."""

    module: str
    args: list[str]
    pipes: list[int]
    folder: int
    line: socket.socket

    @classmethod
    def read(cls, data: bytes, files: list[int]) -> Self:
        module, *args = json.loads(data)
        *pipes, folder, line = files
        return cls(module, args, pipes, folder, socket.socket(fileno=line))

    def close(self) -> None:
        """All but the line."""
        for file in (*self.pipes, self.folder):
            os.close(file)

    def become(self) -> None:
        """In the child: take its place. If that can't be, end without a word; it is then started otherwise."""
        try:
            os.setsid()
            for number, file in enumerate(self.pipes):
                os.dup2(file, number)
            os.fchdir(self.folder)
            self.close()
            self.line.send(str(os.getpid()).encode())  # from here on it counts as started
            self.line.close()
        except OSError:
            os._exit(1)

    def run(self) -> None:
        """In the child: what ``python -m`` does."""
        sys.argv = ["-m", *self.args]
        runpy.run_module(self.module, run_name="__main__", alter_sys=True)


class _Ending:
    """Ends a child when nothing but the tidying up of its memory is left, which is dear in a fork.

    Threads have been waited for by then, tracebacks printed, and all that others do `atexit` is done: this is the
    first to be registered, and so the last to be called.
    """

    def __init__(self) -> None:
        self._code: int | None = None
        atexit.register(self._end)

    def run(self, request: _Request) -> None:
        """Do what is asked for, and know how that ends."""
        self._code = 1
        try:
            request.run()
        except SystemExit as wish:
            self._code = 0 if wish.code is None else wish.code if isinstance(wish.code, int) else 1
            raise
        except KeyboardInterrupt:
            self._code = None  # the interpreter ends by the signal
            raise
        self._code = 0

    def _end(self) -> None:
        if self._code is not None:
            with contextlib.suppress(OSError, ValueError):  # Python has an exit code for that
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(self._code)


class _Running:
    """A forked child, seen from the server."""

    def __init__(self, pid: int, line: socket.socket) -> None:
        self.pid = pid
        self.line = line
        self.death = os.pidfd_open(pid)

    def heed(self) -> bool:
        """Pass on the signals that are asked for; False when nobody waits for it any more, which is its end."""
        try:
            numbers = self.line.recv(64, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            numbers = b""
        for number in numbers or [signal.SIGKILL]:
            kill_group(self.pid, number)
        return bool(numbers)

    def bury(self) -> bool:
        """Reap it, and tell how it ended; whether it had."""
        end = reap(self.pid)
        if end is not None:
            with contextlib.suppress(OSError):
                self.line.send(json.dumps([end.returncode, end.time, end.cpu_seconds, end.peak_bytes]).encode())
        return end is not None

    def close(self) -> None:
        """Give its descriptors back."""
        os.close(self.death)
        self.line.close()


class _Server:
    """One loop: requests, signals, ends; and, while there is none of them, loading."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._running: set[_Running] = set()
        self._unloaded = list(PRELOADED)
        self._watched = selectors.PollSelector()  # has no descriptor that a child would inherit
        self._watched.register(control, selectors.EVENT_READ, self._accept)

    def serve(self) -> _Request | None:
        """Serve until nobody can ask any more and all children have ended. In a child: give what it shall be."""
        while self._watched.get_map():
            for key, _ in self._watched.select(0 if self._unloaded else None):
                known = key.fd in self._watched.get_map()  # else it went with the one before
                request: _Request | None = key.data() if known else None
                if request is not None:
                    return request
            self._load()
        return None

    def _load(self) -> None:
        if not self._unloaded:
            return
        with contextlib.suppress(ImportError):  # whoever needs it will say so, in a child
            _load(self._unloaded.pop(0))
        if not self._unloaded:
            gc.freeze()  # else the first collection in each child would copy all of it

    def _accept(self) -> _Request | None:
        data, files, _, _ = _receive(self._control)
        if not data:
            self._watched.unregister(self._control)
            self._control.close()
        elif len(files) == _FILES:
            return self._fork(_Request.read(data, files))
        for file in files:  # there was no room for all of them here
            os.close(file)
        return None

    def _fork(self, request: _Request) -> _Request | None:
        """Fork. That it could not be is told by the end of the line."""
        try:
            pid = os.fork()
        except OSError:
            request.close()
            request.line.close()
            return None
        if pid == 0:
            self._leave()
            return request
        request.close()
        self._watch(pid, request.line)
        return None

    def _watch(self, pid: int, line: socket.socket) -> None:
        try:
            child = _Running(pid, line)
        except OSError:  # no descriptor is left
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            line.close()
            return
        self._running.add(child)
        self._watched.register(line, selectors.EVENT_READ, lambda: self._heed(child))
        self._watched.register(child.death, selectors.EVENT_READ, lambda: self._bury(child))

    def _heed(self, child: _Running) -> None:
        if not child.heed():
            self._watched.unregister(child.line)

    def _bury(self, child: _Running) -> None:
        if not child.bury():
            return
        for file in {child.line.fileno(), child.death} & set(self._watched.get_map()):
            self._watched.unregister(file)
        child.close()
        self._running.discard(child)

    def _leave(self) -> None:
        """In a child: nothing of this is its own."""
        self._control.close()
        for child in self._running:
            child.close()


def _load(what: str) -> None:
    module, _, name = what.partition(":")
    loaded = importlib.import_module(module)
    if name:
        getattr(loaded, name)()


def _receive(control: socket.socket) -> tuple[bytes, list[int], int, object]:
    try:
        return socket.recv_fds(control, MESSAGE_BYTES, _FILES, socket.MSG_CMSG_CLOEXEC)
    except ConnectionError:
        return b"", [], 0, None


def _take_control() -> socket.socket:
    """The socket that was given for stdin, stdout and stderr; these lead nowhere from now on.

    It was given for all three so that Python takes them for what a child has there, which is no file either.
    """
    control = socket.socket(fileno=os.dup(0))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nowhere, number)
    os.close(nowhere)
    return control


def main() -> int:
    """Serve. In a child: be what was asked for."""
    ending = _Ending()
    request = _Server(_take_control()).serve()
    if request is not None:
        request.become()
        ending.run(request)
    return 0


if __name__ == "__main__":
    sys.exit(main())
