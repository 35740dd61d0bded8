"""What is shown of a search runs forward, and ends only at the end."""

from __future__ import annotations

from suture.command.base import Outcome, RunContext
from suture.ffmpeg.progress import Progress
from suture.quality.effort import Effort


def test_it_never_runs_back_and_is_not_done_before_the_end() -> None:
    """However many trials it takes, and whatever ffmpeg counts."""
    shown: list[Progress] = []
    effort = Effort(RunContext(on_progress=shown.append, durable=True), 100, 24)
    for _ in range(5):
        for frames in (24, 24, 100, 100):
            context = effort.step(frames)
            assert not context.durable
            for frame in (0, frames // 2, frames, frames + 7):
                context.on_progress(Progress(frame, done=frame == frames))
    places = [progress.frame for progress in shown]
    assert places == sorted(places)
    assert 0 < places[2] < places[-1] < 100
    assert not any(progress.done for progress in shown)
    effort.outcome(5, "")
    assert (shown[-1].frame, shown[-1].done) == (100, True)


def test_costs_add_up() -> None:
    """Time is summed, memory is not: one thing runs after the other."""
    effort = Effort(RunContext(), 100, 0)
    effort.add(Outcome(100, 10, 2.0, 3.0, 500, "x"))
    effort.add(Outcome(24, 10, 1.0, 1.5, 800, "y"))
    assert effort.outcome(77, "digest") == Outcome(100, 77, 3.0, 4.5, 800, "digest")
