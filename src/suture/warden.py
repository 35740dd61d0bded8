"""`Warden`: kills what a Suture that was itself killed has left running.

One ``sh`` that waits for the end of a pipe. `process` tells it of every group that it starts and of every one that is
gone; it starts nothing else.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from typing import IO, TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Warden"]

_MARK: Final = "SUTURE_CHILD_OF"


class Warden:
    """Kills the groups it was told of when this process ends without a farewell (``kill -9``, a crash).

    It waits for the end of a pipe, which comes when all of this process is gone, on every POSIX system.
    Linux's parent-death signal would come when the *thread* that started a child ends, and to that child
    alone. A child that was started the moment before nobody could tell of it is known, where there is a
    ``/proc``, by a mark in its environment: the pipe ends only when that child has it, since until then it
    holds the pipe open itself.
    """

    _SCRIPT = """
        trap "" HUP INT QUIT TERM
        groups=" "
        while read -r what group; do
            case $what in
                +) groups="$groups$group " ;;
                -) groups="${groups%% $group *} ${groups#* $group }" ;;
                .) orderly=yes ;;
            esac
        done
        for group in $groups; do kill -s KILL -- "-$group"; done
        test "$orderly" || for place in $(grep -ls "$1" /proc/[0-9]*/environ); do
            place=${place#/proc/}
            kill -s KILL -- "-${place%/environ}" || kill -s KILL "${place%/environ}"
        done
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._token = os.urandom(16).hex()

    def marked(self, env: Mapping[str, str] | None) -> dict[str, str]:
        """The environment of a child, by which it is known; the warden is there before the child is."""
        with self._lock, contextlib.suppress(OSError):
            if self._process is not None and self._process.poll() is not None:
                _open(self._process.stdin).close()  # somebody has killed it
                self._process = None
            if self._process is None:
                self._process = self._hire()
        return {**(os.environ if env is None else env), _MARK: self._token}

    def tell(self, what: Literal["+", "-"], group: int) -> None:
        """A group was started (+) or is gone (-). Without a shell on this machine, nobody is told."""
        with contextlib.suppress(OSError), self._lock:
            if self._process is not None:
                os.write(_open(self._process.stdin).fileno(), f"{what} {group}\n".encode())

    def dismiss(self) -> None:
        """Let it go; it has nothing to do when every child was seen to its end."""
        with self._lock:
            if self._process is not None:
                with contextlib.suppress(OSError):
                    os.write(_open(self._process.stdin).fileno(), b".\n")
                _open(self._process.stdin).close()
                self._process.wait()
                self._process = None

    def forget(self) -> None:
        """In a fork of this process: it is the parent's warden, and must not wait for the end of the fork."""
        self._lock = threading.RLock()
        self._token = os.urandom(16).hex()
        if self._process is not None:
            _open(self._process.stdin).close()
            self._process.returncode = 0  # it is no child of ours
            self._process = None

    def _hire(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["/bin/sh", "-c", self._SCRIPT, "suture-warden", f"{_MARK}={self._token}"],
            env={name: value for name, value in os.environ.items() if name != _MARK},  # it must outlive what it ends
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            bufsize=0,
        )


def _open(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # noqa: S101  # asked for with PIPE
    return stream
