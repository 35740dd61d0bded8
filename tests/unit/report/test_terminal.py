"""What stands on a terminal, read back by a small model of one."""

from __future__ import annotations

import io
import re
import sys
from typing import TYPE_CHECKING

import click
import pytest
from rich.text import Text

from suture.command.base import Outcome
from suture.events import EncodeReport, Finished, Noted, Planned, Warned
from suture.ffmpeg.progress import Progress
from suture.orchestrator.states import State
from suture.orchestrator.watch import TaskEnded, TaskProgress, TaskStarted
from suture.report.progress import Overall, Running
from suture.report.terminal import Canvas, Terminal, frame
from suture.report.work import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.planning.job import Plan

    Make = Callable[..., Plan]

CODES = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|(\r)|(\n)|([^\x1b\r\n]+)")


class Screen(io.StringIO):
    """A terminal without an end at the bottom: rows, a cursor, and the few codes that are used."""

    encoding = "utf-8"

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[str] = [""]
        self.row = self.column = 0
        self.styles = 0
        self.codes: set[str] = set()

    def write(self, text: str) -> int:
        """Interpret."""
        for number, code, back, down, plain in CODES.findall(text):
            if code:
                self._obey(number, code)
            elif back:
                self.column = 0
            elif down:
                self.row, self.column = self.row + 1, 0
                self.rows += [""] * (self.row + 1 - len(self.rows))
            else:
                line = self.rows[self.row].ljust(self.column)
                self.rows[self.row] = line[: self.column] + plain + line[self.column + len(plain) :]
                self.column += len(plain)
        return len(text)

    def _obey(self, number: str, code: str) -> None:
        self.codes.add(number + code)
        if code == "A":
            self.row -= int(number or 1)
            assert self.row >= 0, "moved above its own lines"
        elif code == "K":
            self.rows[self.row] = self.rows[self.row][: self.column]
        elif code == "J":
            self.rows[self.row] = self.rows[self.row][: self.column]
            del self.rows[self.row + 1 :]
        elif code == "m":
            self.styles += 1

    @property
    def text(self) -> list[str]:
        """The rows without trailing space, without empty ones at the end."""
        rows = [row.rstrip() for row in self.rows]
        while rows and not rows[-1]:
            rows.pop()
        return rows


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """A terminal of 80 columns and 24 rows with colours."""
    for name, value in {"COLUMNS": "80", "LINES": "24", "TERM": "xterm-256color"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Screen()


def test_drawing_replaces_what_was_drawn(screen: Screen) -> None:
    """Longer lines by shorter, more by fewer; the cursor rests at the first character."""
    canvas = Canvas(screen)
    canvas.draw([Text("first line"), Text("second"), Text("third")])
    assert (screen.text, screen.row, screen.column) == (["first line", "second", "third"], 0, 0)
    canvas.draw([Text("1st"), Text("2nd")])
    assert screen.text == ["1st", "2nd"]


def test_printing_leaves_what_is_drawn_below(screen: Screen) -> None:
    """In the order in which it was printed, and nothing shines through."""
    canvas = Canvas(screen)
    canvas.draw([Text("a long line that is drawn"), Text("another")])
    canvas.print([Text("note")])
    canvas.print([Text("more")])
    assert screen.text == ["note", "more", "a long line that is drawn", "another"]
    assert screen.row == 2


def test_clearing_leaves_what_was_printed(screen: Screen) -> None:
    """And the cursor behind it, so that whatever comes next begins on a line of its own."""
    canvas = Canvas(screen)
    canvas.draw([Text("bar"), Text("piece")])
    canvas.print([Text("note")])
    canvas.clear()
    assert (screen.text, screen.row, screen.column) == (["note"], 1, 0)


def test_a_drawn_line_is_one_row(screen: Screen) -> None:
    """Too long ones are cut, in columns, not in characters; printed ones wrap and lose nothing."""
    canvas = Canvas(screen)
    canvas.draw([Text("x" * 200), Text("漢" * 200), Text("end")])
    assert [len(row) for row in screen.text] == [79, 40, 3]
    canvas.clear()
    canvas.print([Text("y" * 200)])
    assert "".join(screen.text) == "y" * 200


def test_the_cursor_is_never_hidden(screen: Screen, make_plan: Make) -> None:
    """So no end, a kill included, leaves a terminal without one."""
    play(Terminal(screen), make_plan(), end=True)
    assert not any(code.startswith("?") for code in screen.codes)


def test_no_color_is_respected(screen: Screen, make_plan: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR no colour is sent."""
    play(Terminal(screen), make_plan())
    assert any("32m" in code or "33m" in code for code in screen.codes)
    monkeypatch.setenv("NO_COLOR", "1")
    plain = Screen()
    play(Terminal(plain), make_plan())
    assert not any(re.search(r"[349]\dm|38;", code) for code in plain.codes)
    assert plain.text == screen.text


def play(terminal: Terminal, plan: Plan, *, end: bool = False) -> None:
    """A job up to the middle, or to its end."""
    with terminal as watch:
        watch(Noted("decoding once"))
        watch(Planned(plan))
        watch(Warned("a \x1b[31mstyle\x1b[0m is lost"))
        for n in range(2):
            watch(TaskStarted(f"video-0-0000{n}", 1, f"local-{n}", 100.0))
        for second in range(1, 21):
            for n in range(2):
                said = Progress(2 * second, 2.0, None, 1000 * second)
                watch(TaskProgress(f"video-0-0000{n}", 1, f"local-{n}", 100.0 + second, said))
        if not end:
            terminal._canvas.clear = lambda: None  # type: ignore[method-assign]
            return
        for n in range(2):
            watch(TaskEnded(f"video-0-0000{n}", 1, "local-0", 125.0, State.DONE, Outcome(50, 30_000)))
        watch(Finished(EncodeReport("done", plan.output, 0, 100, 30.0, 40.0, 60_000, 2)))


def test_a_job_in_the_middle(screen: Screen, make_plan: Make) -> None:
    """The overall bar, the facts, a line for each running piece; notes and warnings above, made harmless."""
    play(Terminal(screen), make_plan(output="/films/film.mkv"))
    rows = screen.text
    assert rows[0] == "decoding once"
    assert rows[-5] == "warning: a \\x1b[31mstyle\\x1b[0m is lost"
    assert re.fullmatch(r"encoding ━+─+  7\d %  [34]\.\d fps  \d\.\d s left", rows[-4])
    assert rows[-3].startswith("  7")
    assert "of 100 frames, 0 of 2 pieces, 2/2 slots, about " in rows[-3]
    assert re.fullmatch(r"  video-0-00000   ━+─+  80 %  40/50  2\.0 fps  0:00:20", rows[-2])
    assert rows[-1].startswith("  video-0-00001 ")


def test_a_job_at_its_end(screen: Screen, make_plan: Make) -> None:
    """Nothing of the bars is left; the summary is last."""
    play(Terminal(screen), make_plan(), end=True)
    assert "━" not in "".join(screen.text)
    assert screen.text[-2].startswith("/films/film.mp4: 60.0 kB")
    assert screen.row == len(screen.text)


def test_an_error_leaves_a_clean_terminal(screen: Screen, make_plan: Make) -> None:
    """Whatever ends a job, the bars go and the next line is free."""
    terminal = Terminal(screen)
    terminal(Planned(make_plan()))
    terminal(TaskStarted("video-0-00000", 1, "local-0", 100.0))
    assert "encoding" in "".join(screen.text)
    with pytest.raises(KeyboardInterrupt), terminal:
        raise KeyboardInterrupt
    assert "encoding" not in "".join(screen.text)
    assert screen.column == 0


def test_what_others_write_appears_above(screen: Screen, make_plan: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal handler's words neither spoil the bars nor get lost; stderr is itself again in the end."""
    monkeypatch.setattr(sys, "stderr", screen)
    with Terminal() as watch:
        watch(Planned(make_plan()))
        watch(TaskStarted("video-0-00000", 1, "local-0", 100.0))
        click.echo("\nCtrl-C again stops at once", err=True)
        watch(TaskProgress("video-0-00000", 1, "local-0", 101.0, Progress(5)))
        assert screen.text[-4] == "Ctrl-C again stops at once"
        assert screen.text[-3].startswith("encoding")
        click.echo("stopping", err=True)
    assert screen.text[-2:] == ["Ctrl-C again stops at once", "stopping"]
    assert sys.stderr is screen


def state(running: int) -> Overall:
    """So many pieces run."""
    pieces = tuple(Running(f"video-0-{n:05}", Kind.PIECE, 1, "w", 100.0, 10, 50, 2.0, 0, 0.2) for n in range(running))
    return Overall("encoding", 0.5, 500, 1000, 12.0, 75.0, 3_000_000, running, 16, 4, 20, 1, 60.0, pieces)


@pytest.mark.parametrize(("running", "height", "lines"), [(2, 24, 4), (16, 50, 10), (16, 10, 6), (16, 5, 2), (1, 2, 2)])
def test_a_low_terminal_shows_fewer_pieces(running: int, height: int, lines: int) -> None:
    """At most eight, and always the overall bar."""
    assert len(frame(state(running), 110.0, 79, height)) == lines


@pytest.mark.parametrize("width", [200, 100, 79, 60, 50, 43])
def test_a_narrow_terminal_keeps_the_numbers(width: int) -> None:
    """The bar gives way first; what is said fits."""
    head = frame(state(2), 110.0, width, 24)[0]
    assert head.cell_len <= width
    assert "50 %" in head.plain
    assert "0:01:15 left" in head.plain


def test_a_terminal_without_line_characters_gets_plain_ones() -> None:
    """Bars of # and -, still bars."""
    text = "\n".join(line.plain for line in frame(state(2), 110.0, 79, 24, unicode=False))
    assert text.isascii()
    assert "###" in text


def test_what_is_not_known_is_not_shown() -> None:
    """No zero fps, no remaining time, no size before there is a basis."""
    head, facts = frame(Overall(frames_total=100, pieces=4, slots=2), 100.0, 79, 24)
    assert "fps" not in head.plain
    assert "left" not in head.plain
    assert facts.plain == "  0 of 100 frames, 0 of 4 pieces, 0/2 slots"
