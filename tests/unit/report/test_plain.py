"""Lines on stderr: which, and how often."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from suture.command.base import Outcome
from suture.errors import CommandFailed
from suture.events import EncodeReport, Finished, Noted, Planned, Warned
from suture.ffmpeg.progress import Progress
from suture.orchestrator.states import State
from suture.orchestrator.watch import TaskEnded, TaskProgress, TaskRetry, TaskStarted
from suture.report.plain import Plain, Quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from suture.events import JobEvent
    from suture.planning.job import Plan

    Make = Callable[..., Plan]

LOST = "subtitle stream 3: mp4 can't hold it"


def life(plan: Plan, seconds: int = 60) -> Iterator[JobEvent]:
    """A job of one piece: a note, a warning, progress each second, one retry, the end."""
    yield Noted("decoding once")
    yield Planned(plan)
    yield Warned(LOST)
    yield TaskStarted("video-0-00000", 1, "local-0", 100.0)
    yield TaskRetry("video-0-00000", 1, "local-0", 100.5, 1.0, CommandFailed("it broke"))
    yield TaskStarted("video-0-00000", 2, "local-0", 101.0)
    for n in range(seconds):
        yield TaskProgress("video-0-00000", 2, "local-0", 101.0 + n, Progress(n, 1.0, None, n * 1000))
    yield TaskEnded("video-0-00000", 2, "local-0", 101.0 + seconds, State.DONE, Outcome(100, 60_000))
    yield Finished(EncodeReport("done", plan.output, 0, 100, 60.0, 50.0, 60_000, warnings=(LOST,)))


def said(watcher: Quiet, plan: Plan, seconds: int = 60) -> list[str]:
    """All lines."""
    assert isinstance(watcher._stream, io.StringIO)
    with watcher as watch:
        for event in life(plan, seconds):
            watch(event)
    return watcher._stream.getvalue().splitlines()


def test_a_job_in_lines(make_plan: Make) -> None:
    """Note, plan, warning, retry, then progress every ten seconds, then the end."""
    lines = said(Plain(io.StringIO()), make_plan(1))
    assert lines[0] == "decoding once"
    assert lines[1].startswith("/films/film.mkv: matroska")
    assert f"warning: {LOST}" in lines
    assert "video-0-00000 failed, attempt 1: it broke; again in 1.0 s" in lines
    progress = [line for line in lines if line.startswith("encoding")]
    assert len(progress) == 6
    assert progress[2].startswith("encoding 29 %, 29 of 100 frames, 1.0 fps, 0:01:1")
    assert progress[2].endswith("0 of 1 piece, 1 of 2 slots, 1 retry")
    assert lines[-2].startswith("/films/film.mp4: 60.0 kB")


def test_a_short_job_has_no_progress_lines(make_plan: Make) -> None:
    """Nobody has to read that nothing took long."""
    assert not [line for line in said(Plain(io.StringIO()), make_plan(1), 8) if line.startswith("encoding")]


def test_progress_can_be_left_out(make_plan: Make) -> None:
    """--no-progress leaves the rest."""
    lines = said(Plain(io.StringIO(), progress=False), make_plan(1))
    assert not [line for line in lines if line.startswith("encoding")]
    assert f"warning: {LOST}" in lines


def test_verbose_tells_of_tasks(make_plan: Make) -> None:
    """Each begin and each end; otherwise none."""
    lines = said(Plain(io.StringIO(), verbose=True), make_plan(1))
    assert "video-0-00000 started on local-0, attempt 2" in lines
    assert any(line.startswith("video-0-00000 done, 100 frames, 60.0 kB") for line in lines)
    assert not any("started on" in line for line in said(Plain(io.StringIO()), make_plan(1)))


def test_quiet_still_names_what_is_lost(make_plan: Make) -> None:
    """A loss is never silent, and nothing else is said."""
    assert said(Quiet(io.StringIO()), make_plan(1)) == [f"warning: {LOST}"]


def test_a_warning_is_said_once(make_plan: Make) -> None:
    """The report repeats what was told while the job ran; what was not told by then is told at the end."""
    stream = io.StringIO()
    quiet = Quiet(stream)
    quiet(Warned("a"))
    quiet(Finished(EncodeReport("done", "x", 0, warnings=("a", "b", "b"))))
    assert stream.getvalue().splitlines() == ["warning: a", "warning: b"]


def test_a_new_plan_counts_anew(make_plan: Make) -> None:
    """The second plan replaces the first: its frames, its share."""
    stream = io.StringIO()
    with Plain(stream) as watch:
        for event in list(life(make_plan(2), 30))[:-1]:
            watch(event)
        watch(Planned(make_plan(1)))
        watch(TaskStarted("video-0-00000", 1, "local-0", 200.0))
        watch(TaskProgress("video-0-00000", 1, "local-0", 215.0, Progress(50)))
    assert stream.getvalue().splitlines()[-1].startswith("encoding 50 %, 50 of 100 frames")


def test_joining_and_checking_are_told(make_plan: Make) -> None:
    """Later phases are no encoding; what can't be told is left out."""
    stream = io.StringIO()
    plan = make_plan(1, output="/films/film.mkv")
    with Plain(stream) as watch:
        watch(Planned(plan))
        watch(TaskEnded("video-0-00000", 1, "w", 100.0, State.DONE, Outcome(100, 60_000)))
        watch(TaskStarted("join", 1, "w", 100.0))
        watch(TaskProgress("join", 1, "w", 112.0, Progress(50)))
        watch(TaskEnded("join", 1, "w", 113.0, State.DONE, Outcome(100, 60_000)))
        watch(TaskStarted("publish", 1, "w", 114.0))
        watch(TaskProgress("publish", 1, "w", 130.0, Progress(12)))
    assert stream.getvalue().splitlines()[-2:] == ["joining 50 %, 0:00:12 left", "checking"]
