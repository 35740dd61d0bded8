"""Who watches, by what was asked for and where stderr goes."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass

import pytest

from suture.report.json_lines import JsonLines
from suture.report.plain import Plain, Quiet
from suture.report.terminal import Terminal
from suture.report.watch import watcher_for


@dataclass(frozen=True)
class Asked:
    """What the command line says."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    progress: bool = True


class Stderr(io.StringIO):
    """A terminal, or not."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        """As asked."""
        return self._terminal


@pytest.mark.parametrize(
    ("asked", "terminal", "term", "kind"),
    [
        (Asked(), True, "xterm", Terminal),
        (Asked(verbose=True), True, "xterm", Terminal),
        (Asked(), True, "dumb", Plain),
        (Asked(), True, "", Plain),
        (Asked(), False, "xterm", Plain),
        (Asked(progress=False), True, "xterm", Plain),
        (Asked(quiet=True), True, "xterm", Quiet),
        (Asked(quiet=True), False, "xterm", Quiet),
        (Asked(json=True), True, "xterm", JsonLines),
        (Asked(json=True, quiet=True), False, "xterm", JsonLines),
    ],
)
def test_the_right_one_watches(
    asked: Asked,
    terminal: bool,  # noqa: FBT001 - a parameter of the test
    term: str,
    kind: type,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Events for programs, bars for a terminal that can move its cursor, lines for the rest."""
    monkeypatch.setattr(sys, "stderr", Stderr(terminal=terminal))
    monkeypatch.setenv("TERM", term)
    assert type(watcher_for(asked)) is kind


def test_no_progress_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """To lines, too."""
    monkeypatch.setattr(sys, "stderr", Stderr(terminal=False))
    watcher = watcher_for(Asked(progress=False, verbose=True))
    assert isinstance(watcher, Plain)
    assert (watcher._progress, watcher._verbose) == (False, True)
