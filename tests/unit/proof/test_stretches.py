"""Stretches: where they begin and end, what is measured around them, and one failure ends all. Nothing is decoded."""

from __future__ import annotations

import threading
from array import array
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from suture.cancel import CancelToken
from suture.command.measuring import Gauge
from suture.errors import ChunkError, CommandCancelled, DiskFull
from suture.ffmpeg.progress import Progress
from suture.media.index import FrameIndex
from suture.model import MediaInfo, StreamInfo
from suture.proof import stretches
from suture.proof.films import Film
from suture.proof.offset import offset_of, suspicious
from suture.proof.pairs import Pairs
from suture.proof.stretches import Stretches
from suture.quality.scores import Scores

if TYPE_CHECKING:
    from collections.abc import Callable

FRAMES = 1000
STREAM = StreamInfo(0, "video", "h264", Fraction(1, 25))
SIZES = array("I", [1] * FRAMES)
INDEX = FrameIndex(0, Fraction(1, 25), array("q", range(FRAMES)), SIZES, bytes([1] * FRAMES), FRAMES)
FILM = Film(MediaInfo("a.mkv", "matroska", 1, 0, None, (STREAM,)), STREAM, INDEX)
EVERY = Pairs(array("q", range(FRAMES)), array("q", range(FRAMES)))
WORK = Stretches(FILM, FILM, EVERY, (Gauge("vmaf", 64, 48),), "/none", "ffmpeg", 2)


def nobody(_what: str, _done: int, _total: int) -> None:
    """Nobody watches."""


def standing_in(monkeypatch: pytest.MonkeyPatch, measure: Callable[..., Any]) -> list[dict[str, Any]]:
    """Measure by this instead, and remember what was asked."""
    asked: list[dict[str, Any]] = []

    def remembering(mine: Any, theirs: Any, gauges: Any, **told: Any) -> Any:
        asked.append(told | {"mine": mine, "theirs": theirs, "gauges": gauges})
        return measure(**asked[-1])

    monkeypatch.setattr(stretches, "measure", remembering)
    return asked


def by_name(name: str, frames: int, **_: Any) -> tuple[Scores]:
    """Scores that tell which stretch they are of: the numbers of its frames."""
    first = int(name.rpartition("-")[2])
    return (Scores("vmaf", array("d", range(first, first + frames))),)


def test_they_meet_and_know_their_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put together in order, whichever ends first; VMAF sees one frame before and behind, where there is one."""
    asked = standing_in(monkeypatch, by_name)
    (scores,) = WORK.measured(nobody, CancelToken())
    assert list(scores.values) == list(range(FRAMES))
    told = sorted((a["name"], a["lead_in"], a["lead_out"], a["mine"].filters) for a in asked)
    assert len(told) == 6
    assert told[0][1:] == (0, 1, ("trim=end_pts=167",))
    assert ("stretch-500", 1, 1, ("trim=start_pts=499:end_pts=667",)) in told
    assert ("stretch-833", 1, 0, ("trim=start_pts=832",)) in told


@pytest.mark.parametrize(
    ("pairs", "linear", "workers", "count"),
    [
        (range(50), "", 8, 1),
        (range(FRAMES), "", 1, 3),
        (range(FRAMES), "", 16, 10),
        (range(FRAMES), "because", 2, 2),
        (range(0, FRAMES, 2), "", 1, 3),
    ],
)
def test_how_many(pairs: range, linear: str, workers: int, count: int) -> None:
    """A few for each worker, none very short; one for each where a film is decoded from its beginning."""
    both = Pairs(array("q", pairs), array("q", pairs))
    ends = replace(WORK, pairs=both, workers=workers, mine=replace(FILM, linear=linear)).ends()
    assert (ends[0], ends[-1], len(ends) - 1) == (0, len(pairs), count)


def test_many_gaps_take_many_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command line that names all of them would be too long."""
    monkeypatch.setattr(stretches, "_GAPS", 20)
    both = Pairs(array("q", range(0, FRAMES, 2)), array("q", range(500)))
    assert len(replace(WORK, pairs=both).ends()) - 1 == 1 + 499 // 20


def test_one_failure_ends_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are stopped at once, and the failure is what is told, not that they were stopped."""
    stopped = []

    def failing(name: str, context: Any, **_: Any) -> None:
        if name != "stretch-0":
            raise DiskFull("no room")
        stopped.append(context.cancel.wait(10))
        raise CommandCancelled("stopped")

    standing_in(monkeypatch, failing)
    with pytest.raises(DiskFull):
        WORK.measured(nobody, CancelToken())
    assert stopped == [True]


def test_stopped_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """One clear line, whichever stretch it was."""
    stop = CancelToken()

    def stopping(**_: Any) -> None:
        stop.cancel()
        raise CommandCancelled("stretch-7 was stopped")

    standing_in(monkeypatch, stopping)
    with pytest.raises(CommandCancelled, match="before everything was measured"):
        WORK.measured(nobody, stop)


def test_progress_is_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames of stretches that run beside each other are added up, and never more than there are."""
    told: list[tuple[str, int, int]] = []
    both = threading.Barrier(2)

    def moving(name: str, frames: int, context: Any, **_: Any) -> tuple[Scores]:
        context.on_progress(Progress(frame=50))
        if len(work.ends()) == 3:
            both.wait(10)
        context.on_progress(Progress(frame=frames + 2))
        return by_name(name, frames)

    standing_in(monkeypatch, moving)
    work = replace(WORK, mine=replace(FILM, linear="because"))
    work.measured(lambda *what: told.append(what), CancelToken())
    assert ("frames compared", 100, 1000) in told
    assert told[-1] == ("frames compared", 1000, 1000)


def scores(metric: str, *values: float) -> Scores:
    """Of one film."""
    return Scores(metric, array("d", values))


def test_what_is_suspicious() -> None:
    """That more than half of the film is bad by all metrics; a bad scene is none."""
    assert suspicious([scores("ssim", 0.6, 0.7, 0.9), scores("vmaf", 20.0, 30.0, 90.0)])
    assert not suspicious([scores("ssim", 0.6, 0.9, 0.9)])
    assert not suspicious([scores("ssim", 0.6, 0.7, 0.9), scores("vmaf", 80.0)])


@pytest.mark.parametrize(("right", "found"), [(2, 2), (-3, -3), (0, 0), (9, 0)])
def test_frames_that_fit_better_are_found(right: int, found: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clear margin, some frames off; where all are as bad, nothing is said."""

    def fitting(self: Stretches, *_: object) -> tuple[Scores]:
        apart = self.pairs.mine[0] - self.pairs.theirs[0]
        return (scores("ssim", *([0.9 if apart == right else 0.5] * len(self.pairs))),)

    monkeypatch.setattr(Stretches, "measured", fitting)
    assert offset_of(WORK, CancelToken()) == found


def test_where_it_would_take_long_nothing_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A film that is decoded from its beginning, or one of a few frames."""
    monkeypatch.setattr(Stretches, "measured", lambda *_: pytest.fail("it was"))
    few = Pairs(array("q", range(20)), array("q", range(20)))
    assert offset_of(replace(WORK, theirs=replace(FILM, linear="because")), CancelToken()) == 0
    assert offset_of(replace(WORK, pairs=few), CancelToken()) == 0


def test_a_failed_stretch_is_no_score(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asked for it can count the frames and ask again."""

    def wrong(**_: Any) -> None:
        raise ChunkError("3 frames were measured, not 4")

    standing_in(monkeypatch, wrong)
    with pytest.raises(ChunkError):
        WORK.measured(nobody, CancelToken())
