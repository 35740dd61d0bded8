"""Who watches a job: `watcher_for` chooses by what was asked for and by where stderr goes.

``--json``: `json_lines` on stdout, nothing on stderr. ``-q``: losses only (nothing that is lost is lost in
silence; errors are printed by the command). A terminal: `terminal`, unless ``--no-progress``. Anything
else: `plain`. Watchers are called on the thread that runs the job; what they raise ends it, and its
children with it.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from suture.events import JobWatcher

__all__ = ["Look", "watcher_for"]


class Look(Protocol):
    """How the work is to be shown; `suture.cli.encode.Look` is one."""

    @property
    def json(self) -> bool:
        """Events on stdout."""

    @property
    def quiet(self) -> bool:
        """Nothing but errors and losses."""

    @property
    def verbose(self) -> bool:
        """More than usual."""

    @property
    def progress(self) -> bool:
        """With progress."""


def watcher_for(look: Look, name: str = "") -> AbstractContextManager[JobWatcher]:
    """Whoever watches one job.

    Args:
        look: what was asked for.
        name: the output or the source, which the job's id in events begins with; may be empty.

    Returns:
        A context manager that gives the watcher, and tidies the terminal up however the job ends.
    """
    if look.json:
        from suture.report.json_lines import JsonLines  # noqa: PLC0415 - only what is used loads

        return JsonLines(name=name)
    if look.progress and not look.quiet and _can_draw():
        from suture.report.terminal import Terminal  # noqa: PLC0415 - as above: rich costs a tenth of a second

        return Terminal(verbose=look.verbose)
    from suture.report.plain import Plain, Quiet  # noqa: PLC0415 - as above

    return Quiet() if look.quiet else Plain(progress=look.progress, verbose=look.verbose)


def _can_draw() -> bool:
    """Whether stderr is a terminal that can move its cursor."""
    return sys.stderr.isatty() and os.environ.get("TERM", "") not in {"", "dumb", "unknown"}
