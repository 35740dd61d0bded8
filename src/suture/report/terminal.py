"""The job at a terminal: an overall bar, a line for each running piece, notes and warnings above them.

The only module that imports rich, which knows colours (``NO_COLOR`` too), the width of characters and of
the terminal. Drawn when an event comes, five times a second at most: no thread, no signal handler. The
cursor rests at the first character of what is drawn, so that a resize, whatever the terminal does with long
lines, moves both alike and the next drawing covers the last; and it is never hidden, so that no way to end,
not even a kill, leaves a terminal without one.
"""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Final, Self, TextIO

from rich.console import Console
from rich.text import Text

from suture.events import Finished, Planned, Warned
from suture.orchestrator.watch import TaskEnded, TaskProgress, TaskRetry, TaskStarted
from suture.report.plain import Warnings, told
from suture.report.progress import Tally
from suture.report.wording import clock, count, percent, size
from suture.report.work import Kind, work_of

if TYPE_CHECKING:
    from suture.events import JobEvent
    from suture.planning.job import Plan
    from suture.report.progress import Overall, Running

__all__ = ["Canvas", "Terminal", "frame"]

_EVERY_S: Final = 0.2
_MOST_RUNNING: Final = 8
_BAR: Final = (10, 40)
_SMALL_BAR: Final = 20
_NARROW: Final = 60
# Lines that are left to what was printed before.
_ROOM: Final = 4
_ERASE_LINE, _ERASE_BELOW = "\x1b[K", "\x1b[J"


class Canvas:
    """The last lines of a terminal, redrawn in place; what is printed appears above them."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._console = Console(file=stream, force_terminal=True, highlight=False, soft_wrap=False)
        self._lines: list[str] = []

    @property
    def size(self) -> tuple[int, int]:
        """Columns that can be written to, and rows, as of now."""
        width, height = self._console.size
        return max(1, width - 1), height

    def draw(self, lines: list[Text]) -> None:
        """Replace what is drawn."""
        self._lines = [self._styled(line) for line in lines]
        self._put("")

    def print(self, lines: list[Text]) -> None:
        """Let lines appear above what is drawn; long ones wrap."""
        if not lines:
            return
        with self._console.capture() as capture:
            for line in lines:
                self._console.print(line, overflow="fold")
        self._put(capture.get().replace("\n", f"{_ERASE_LINE}\n"))

    def clear(self) -> None:
        """Take away what is drawn; the cursor stands where it was."""
        self._lines = []
        self._put("")

    def _styled(self, line: Text) -> str:
        """One row at most."""
        line.truncate(self.size[0], overflow="ellipsis" if self._is_unicode() else "crop")
        with self._console.capture() as capture:
            self._console.print(line, end="", no_wrap=True, crop=False, overflow="ignore")
        return capture.get()

    def _is_unicode(self) -> bool:
        return self._console.encoding.startswith("utf")

    def _put(self, above: str) -> None:
        """Everything in one write, which a terminal shows at once."""
        body = "\n".join(f"{line}{_ERASE_LINE}" for line in self._lines)
        back = f"\x1b[{len(self._lines) - 1}A" if len(self._lines) > 1 else ""
        self._stream.write(f"\r{above}{body}{_ERASE_BELOW}\r{back}")
        self._stream.flush()


class _Aside(io.TextIOBase):
    """Stands for stderr while something is drawn: keeps what others write until it can appear above.

    That may be a signal handler, which comes in the middle of a drawing; so nothing but keeping happens here.
    """

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self) -> None:
        self._kept: list[str] = []
        self._real: TextIO | None = None

    def write(self, text: str) -> int:
        """Keep."""
        if not isinstance(text, str):  # how click finds out whether a stream is of text
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._kept.append(text)
        return len(text)

    def take(self) -> list[Text]:
        """What was kept, as lines."""
        kept, self._kept = self._kept, []
        return [Text(line) for line in "".join(kept).splitlines() if line]

    def install(self) -> None:
        """Take the place of stderr."""
        if self._real is None:
            self._real, sys.stderr = sys.stderr, self

    def remove(self) -> None:
        """Give it back."""
        if self._real is not None:
            sys.stderr, self._real = self._real, None


class Terminal:
    """Shows a job to a person.

    Args:
        stream: the terminal; None: stderr.
        verbose: whether with each task's begin and end, and the commands of what failed.
    """

    def __init__(self, stream: TextIO | None = None, *, verbose: bool = False) -> None:
        self._canvas = Canvas(stream or sys.stderr)
        self._unicode = (getattr(stream or sys.stderr, "encoding", "") or "").lower().startswith("utf")
        self._verbose = verbose
        self._aside = _Aside()
        self._warnings = Warnings()
        self._plan: Plan | None = None
        self._tally: Tally | None = None
        self._next = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()

    def __call__(self, event: JobEvent) -> None:
        """Take one event."""
        if isinstance(event, Finished):
            self._clear()
            self._tally = None
        if isinstance(event, Planned):
            self._plan, self._tally, self._next = event.plan, Tally(work_of(event.plan)), 0.0
        self._canvas.print([Text(line, style="yellow") for line in self._warnings.new(event)])
        self._canvas.print([Text(line, style=_style(event)) for line in told(event, self._plan, verbose=self._verbose)])
        if isinstance(event, TaskStarted | TaskProgress | TaskRetry | TaskEnded) and self._tally is not None:
            self._tally.see(event)
            self._draw(event.time)

    def _clear(self) -> None:
        self._canvas.clear()
        self._aside.remove()
        self._canvas.print(self._aside.take())

    def _draw(self, now: float) -> None:
        if now < self._next or self._tally is None:
            return
        self._next = now + _EVERY_S
        self._aside.install()
        self._canvas.print(self._aside.take())
        self._canvas.draw(frame(self._tally.overall(), now, *self._canvas.size, unicode=self._unicode))


def _style(event: JobEvent) -> str:
    if isinstance(event, Finished):
        return "bold" if event.report.status == "done" else "yellow"
    return "yellow" if isinstance(event, Warned | TaskRetry) else "dim"


def frame(state: Overall, now: float, width: int, height: int, *, unicode: bool = True) -> list[Text]:
    """A job's state as lines: two for all of it, and one for each running piece where there is room.

    Args:
        state: what to show.
        now: seconds, on the clock of the events.
        width: columns.
        height: rows of the terminal; some are left free.
        unicode: whether bars may be drawn with line characters.
    """
    room = min(_MOST_RUNNING, height - _ROOM - 2)
    pieces = [running for running in state.running if running.kind not in {Kind.JOIN, Kind.CHECK}]
    shown = pieces[: max(0, room)] if len(pieces) > 1 or state.pieces > 1 else []
    lines = [_head(state, width, unicode=unicode), _facts(state)]
    return lines + [_piece(running, now, width, unicode=unicode) for running in shown]


def _head(state: Overall, width: int, *, unicode: bool) -> Text:
    """Phase, bar, share, speed and remaining time; the bar takes what room the words leave."""
    words = "  ".join(
        part
        for part in (
            "    " if state.fraction is None else f"{percent(state.fraction):>5}",
            f"{state.fps:.1f} fps" if state.fps else "",
            f"{clock(state.eta_s)} left" if state.eta_s is not None else "",
        )
        if part
    )
    room = width - len(state.phase) - len(words) - 3
    if room < _BAR[0]:
        return Text.assemble((state.phase, "bold"), " ", words)
    bar = _bar(state.fraction or 0.0, min(room, _BAR[1]), unicode=unicode)
    return Text.assemble((state.phase, "bold"), " ", bar, " ", words)


def _facts(state: Overall) -> Text:
    facts = (
        f"{state.frames:,} of {count(state.frames_total, 'frame')}" if state.frames_total else "",
        f"{state.pieces_done} of {count(state.pieces, 'piece')}" if state.pieces else "",
        f"{state.slots_used}/{count(state.slots, 'slot')}" if state.phase == "encoding" else "",
        f"about {size(state.size_bytes)}" if state.size_bytes else "",
        count(state.retries, "retry", "retries") if state.retries else "",
        f"{clock(state.elapsed_s)} so far" if state.elapsed_s >= 1 else "",
    )
    return Text("  " + ", ".join(fact for fact in facts if fact))


def _piece(running: Running, now: float, width: int, *, unicode: bool) -> Text:
    name = f"  {running.task:<15} "
    words = [
        f"{percent(running.fraction or 0.0):>5}",
        f"{running.frames:,}/{running.frames_total:,}" if running.frames_total else "",
        f"{running.fps:.1f} fps" if running.fps else "",
        clock(now - running.started),
        f"attempt {running.attempt}" if running.attempt > 1 else "",
    ]
    text = "  ".join(word for word in words if word)
    if width < _NARROW:
        return Text(f"{name}{text}", style="dim")
    return Text.assemble(name, _bar(running.fraction or 0.0, _SMALL_BAR, unicode=unicode), " ", (text, "dim"))


def _bar(fraction: float, width: int, *, unicode: bool) -> Text:
    """A bar that reads without colour too: heavy for what is done, light for what is not."""
    done = min(width, int(fraction * width))
    heavy, light = ("━", "─") if unicode else ("#", "-")
    return Text.assemble((heavy * done, "green"), (light * (width - done), "bright_black"))
