"""Calling a parser in a process of its own, so that one that crashes or hangs is only an error here.

`call` starts `suture.media.child` through `suture.process`, hands the arguments over, and gives back the
answer or raises the child's error as if it had been raised here. Imports no av.
"""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

from suture import errors
from suture.errors import CommandCancelled, CommandTimeout, DiskFull, ProbeError, SutureError
from suture.process import CancelToken, Finished, python_argv, run

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["call"]


def call(
    function: str,
    /,
    timeout_s: float | None = 60.0,
    on_progress: Callable[[Any], None] | None = None,
    cancel: CancelToken | None = None,
    **arguments: Any,  # noqa: ANN401 - whatever the function takes
) -> Any:  # noqa: ANN401 - whatever it gives
    """Run one of `suture.media.child.FUNCTIONS` in a child process.

    Args:
        function: its name there.
        timeout_s: seconds without an answer or progress after which it counts as hung; None: never.
        on_progress: gets what the function reports; the function must take ``on_progress``, too.
        cancel: stops the child when set.
        arguments: keyword arguments that JSON can hold.

    Raises:
        ProbeError: the parser crashed.
        CommandTimeout: it hung and was killed.
        CommandCancelled: ``cancel`` was set.
        SutureError: what the function raised.
    """
    argv = python_argv("suture.media.child", function)
    request = {"arguments": arguments, "progress": on_progress is not None}
    answer = _Answer(on_progress)
    finished = run(
        argv,
        on_stdout=answer.hear,
        stdin=json.dumps(request).encode(),
        cancel=cancel,
        stall_timeout_s=timeout_s,
    )
    subject = repr(arguments.get("path", function))
    if finished.cancelled:
        raise CommandCancelled(f"reading {subject} was stopped", command=argv, returncode=finished.returncode)
    if finished.stalled:
        why = f"the parser said nothing for {timeout_s:g} s on {subject} and was killed"
        raise CommandTimeout(why, "the file may be damaged, or the disk very slow", argv, finished.returncode)
    if finished.returncode != 0 or answer.kind is None:
        raise _crash(subject, finished)
    if answer.kind == "error":
        raise _revived(answer.value)
    return answer.value


class _Answer:
    """The child's last word, and its progress on the way."""

    def __init__(self, on_progress: Callable[[Any], None] | None) -> None:
        self._on_progress = on_progress
        self.kind: str | None = None
        self.value: Any = None

    def hear(self, line: str) -> bool:
        kind, _, text = line.partition(" ")
        if kind not in {"progress", "result", "error"}:
            return False
        try:
            value = json.loads(text)
        except ValueError:
            return False
        if kind == "progress":
            if self._on_progress is not None:
                self._on_progress(value)
        else:
            self.kind, self.value = kind, value
        return True


def _crash(subject: str, finished: Finished) -> SutureError:
    """A child that ended without a word."""
    last = finished.stderr_tail.strip().rpartition("\n")[2]
    if finished.returncode < 0:
        number = -finished.returncode
        known = number in signal.Signals._value2member_map_
        name = f", {signal.Signals(number).name}" if known else ""
        return ProbeError(
            f"the parser crashed (signal {number}{name}) on {subject}",
            "the file is damaged, or made to do harm",
        )
    if "No space left" in last or "Disk quota" in last:
        return DiskFull(
            f"no room on the disk while {subject} was read: {last}", "free some room, or name another place"
        )
    return ProbeError(
        f"the parser failed on {subject}: {last or f'exit code {finished.returncode}, no answer'}",
        "the file may be damaged",
    )


def _revived(data: dict[str, Any]) -> SutureError:
    """The child's error as one of ours, of the same class."""
    kind = getattr(errors, data["type"], ProbeError)
    if not (isinstance(kind, type) and issubclass(kind, SutureError)):
        kind = ProbeError
    return kind(*data["args"])
