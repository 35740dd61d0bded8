"""Children that are forked by a server and not executed: the same to whoever waits for them, at a tenth of the cost.

`Forks` starts the server (`suture.forkserver`) when somebody holds it and ends it when nobody does, and asks it for
children. What it can't give (another system than Linux, another environment than the server's, a server that died) is
None or an end that says ``lost``, never an error: `process` then starts the child the ordinary way.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from suture.reap import End, kill_group

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from suture.warden import Warden

__all__ = ["Forked", "Forks", "python_argv"]

MESSAGE_BYTES: Final = 1 << 17  # the server takes twice that
_ANSWER_BYTES: Final = 4096
_PATIENCE_S: Final = 30.0  # a server that gives no sign for so long does not get well again
# Lines of /proc/thread-self/status that tell what a child inherits.
_INHERITED: Final = (
    "Umask",
    "Uid",
    "Gid",
    "Groups",
    "NoNewPrivs",
    "Seccomp",
    "SigBlk",
    "SigIgn",
    "Cap",
    "Cpus_allowed:",
)
_LIMITS: Final = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]


def python_argv(module: str, *args: str) -> list[str]:
    """The argument list that runs a module as a child; no file in the current folder shadows its imports."""
    return [sys.executable, "-P", "-m", module, *args]


class Forked:
    """A child that the server has forked; a `suture.started.Started`.

    Args:
        pid: its number, which it has said itself.
        begun: when it was asked for, monotonic.
        line: to the server: signals go, the end comes. At its own end, the server has died.
        pipes: our ends of its stdin (or None), stdout, stderr.
        release: called once, at its end.
    """

    def __init__(
        self,
        pid: int,
        begun: float,
        line: socket.socket,
        pipes: tuple[IO[bytes] | None, IO[bytes], IO[bytes]],
        release: Callable[[Forked], None],
    ) -> None:
        self.pid, self.begun = pid, begun
        self.stdin, self.stdout, self.stderr = pipes
        self.lost = False
        self._line = line
        self._release = release
        self._end: End | None = None

    def reap(self) -> End | None:
        """As in `Started`; the server has reaped it."""
        try:
            # Left on the line: a signal handler may ask, too, in the middle of this.
            told = self._line.recv(_ANSWER_BYTES, socket.MSG_PEEK)
        except BlockingIOError:
            return None
        except OSError:
            told = b""
        if self._end is None:
            self._end = End(*json.loads(told)) if told else self._without_server()
            self._line.close()
            self._release(self)
        return self._end

    def _without_server(self) -> End:
        self.lost = True
        kill_group(self.pid, signal.SIGKILL)
        return End(-signal.SIGKILL, time.monotonic(), 0.0, 0)

    def signal(self, number: int) -> None:
        """Signal its group, by the server: it alone knows that the number is still the child's."""
        with contextlib.suppress(OSError):  # its end, or the server's, is already on the line
            self._line.send(bytes([number]))

    def look(self, _now: float) -> None:
        """Nothing: its memory is told at its end."""

    def hang_up(self) -> None:
        """Close the line; the server kills a child that nobody waits for."""
        self._line.close()


class Forks:
    """The server, while somebody holds it, and the children that it has forked, which hold it, too.

    Args:
        warden: told of the server; its mark in the server's environment is in that of each child.
    """

    def __init__(self, warden: Warden) -> None:
        self._warden = warden
        self._lock = threading.RLock()  # re-entrant: a signal handler may stop children
        self._holders = 0
        self._running: set[Forked] = set()
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._inherits: object = None

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Inside the block there is a server, where there can be one. It is not waited for. Blocks may be nested."""
        with self._lock:
            self._holders += 1
            if self._server is None and _possible():
                with contextlib.suppress(OSError):
                    self._open()
        try:
            yield
        finally:
            self._let_go()

    def start(self, argv: Sequence[str], *, pipe_in: bool) -> Forked | None:
        """A child that does what an ``argv`` of `python_argv` says; None: it has to be executed."""
        prefix = python_argv("")[:-1]
        if self._control is None or list(argv[: len(prefix)]) != prefix:
            return None
        words = json.dumps(argv[len(prefix) :]).encode()
        if len(words) > MESSAGE_BYTES or b"\\u0000" in words or self._inherits != self._inherited():
            return None
        with self._lock:
            self._holders += 1
        forked = None
        try:
            with contextlib.suppress(OSError):  # no descriptor left, no server any more: who executes it will say so
                forked = self._ask(words, pipe_in=pipe_in)
        finally:
            if forked is None:
                self._let_go()
        return forked

    def end(self) -> None:
        """End the server at once, whoever holds it."""
        with self._lock:
            server, self._server = self._server, None
            if self._control is not None:
                self._control.close()
                self._control = None
            if server is not None:
                kill_group(server.pid, signal.SIGKILL)
                server.wait()
                self._warden.tell("-", server.pid)

    def forget(self) -> None:
        """In a fork of this process: all is the parent's, and must not wait for the end of the fork."""
        self._lock = threading.RLock()
        self._holders = 0
        for child in self._running:
            child.hang_up()
        self._running.clear()
        if self._control is not None:
            self._control.close()
        if self._server is not None:
            self._server.returncode = 0  # it is no child of ours
        self._control = self._server = None

    def _open(self) -> None:
        self._inherits = self._inherited()
        control, theirs = _line()
        with theirs:
            self._control = control
            self._server = subprocess.Popen(
                python_argv("suture.forkserver"),
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=theirs.fileno(),
                env=self._warden.marked(None),
                start_new_session=True,
            )
        self._warden.tell("+", self._server.pid)

    def _ask(self, words: bytes, *, pipe_in: bool) -> Forked | None:
        with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
            pipes, files = _pipes(ours, theirs, pipe_in=pipe_in)
            line, other = _line()
            ours.enter_context(line)
            theirs.enter_context(other)
            begun = time.monotonic()
            self._send(words, [*files, _current_folder(theirs), other.fileno()])
            theirs.close()
            pid = self._number(line)
            if pid is None:
                return None
            ours.pop_all()
            child = Forked(pid, begun, line, pipes, self._ended)
            self._running.add(child)
            return child

    def _send(self, words: bytes, files: list[int]) -> None:
        with self._lock:
            if self._control is None:
                raise BrokenPipeError
            socket.send_fds(self._control, [words], files)

    def _number(self, line: socket.socket) -> int | None:
        """Wait for the child's number; None: there will be no child. Nothing is done by one that has no number."""
        line.settimeout(_PATIENCE_S)
        try:
            said = line.recv(_ANSWER_BYTES)
        except TimeoutError:
            self.end()
            line.settimeout(None)
            said = line.recv(_ANSWER_BYTES)
        line.setblocking(False)
        return int(said) if said.isdigit() else None

    def _ended(self, child: Forked) -> None:
        with contextlib.suppress(KeyError):  # it was here already
            self._running.remove(child)
            self._let_go()

    def _let_go(self) -> None:
        with self._lock:
            self._holders = max(0, self._holders - 1)  # a fork of ours that leaves a block holds nothing
            if not self._holders:
                self.end()

    def _inherited(self) -> object:
        """All that a child takes from us. The server has it as it was; with another, it would make another child."""
        lines = Path("/proc/thread-self/status").read_text().splitlines()
        status = [line for line in lines if line.startswith(_INHERITED)]
        limits = [resource.getrlimit(number) for number in _LIMITS]
        return self._warden.marked(None), status, limits, os.getpriority(os.PRIO_PROCESS, 0)


def _possible() -> bool:
    """Linux with pidfds. Elsewhere a fork of what has loaded libraries may crash (macOS)."""
    if sys.platform != "linux":
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
        Path("/proc/thread-self/status").read_bytes()
    except (AttributeError, OSError):
        return False
    return True


def _line() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # messages stay whole, and an end is seen


def _pipes(
    ours: contextlib.ExitStack, theirs: contextlib.ExitStack, *, pipe_in: bool
) -> tuple[tuple[IO[bytes] | None, IO[bytes], IO[bytes]], list[int]]:
    """Our ends of stdin, stdout and stderr, and the child's."""
    stdin = None
    if pipe_in:
        child_in, our_in = os.pipe()
        stdin = ours.enter_context(os.fdopen(our_in, "wb", 0))
    else:
        child_in = os.open(os.devnull, os.O_RDONLY)
    theirs.callback(os.close, child_in)
    (stdout, child_out), (stderr, child_err) = (_read_end(ours, theirs) for _ in range(2))
    return (stdin, stdout, stderr), [child_in, child_out, child_err]


def _read_end(ours: contextlib.ExitStack, theirs: contextlib.ExitStack) -> tuple[IO[bytes], int]:
    our_end, their_end = os.pipe()
    theirs.callback(os.close, their_end)
    return ours.enter_context(os.fdopen(our_end, "rb", 0)), their_end


def _current_folder(opened: contextlib.ExitStack) -> int:
    """Ours, whatever became of its name and of the right to read it."""
    folder = os.open(".", os.O_PATH | os.O_DIRECTORY)
    opened.callback(os.close, folder)
    return folder
