"""Room: a run is stopped before a disk is full, and not without reason."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from suture import room as room_module
from suture.command.base import Outcome
from suture.errors import CommandFailed
from suture.ffmpeg.progress import Progress
from suture.orchestrator.states import State
from suture.orchestrator.watch import TaskEnded, TaskProgress, TaskRetry, TaskStarted
from suture.planning.space import Disks, Need
from suture.room import Room

FRAMES = 100
MB = 1_000_000


class Job:
    """A room over two pieces of a hundred frames, whose disks a test fills."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, predicted_bytes: int) -> None:
        self.free = 10_000 * MB
        self.stopped: list[int] = []
        monkeypatch.setattr(room_module, "need_of", lambda _plan: Need(predicted_bytes))
        monkeypatch.setattr(room_module, "_EVERY_S", 0.0)
        monkeypatch.setattr(room_module, "Disks", self)
        steps = [SimpleNamespace(command=SimpleNamespace(id=f"video-0-0000{n}"), frames=FRAMES) for n in range(2)]
        spec = SimpleNamespace(part="/nowhere/.part-out.mkv")
        plan: Any = SimpleNamespace(frames=2 * FRAMES, folder="/w", output="/o", spec=spec, steps=steps)
        self.room = Room(plan, self.stop)

    def stops(self) -> int:
        """How often it was stopped."""
        return len(self.stopped)

    def of(self, _work: str, _output: str) -> Disks:
        """In place of `Disks.of`."""
        return Disks(self.free, self.free, same=True)

    def stop(self) -> None:
        """What a run would be told."""
        self.stopped.append(1)

    def made(self, piece: int, frames: int, size_bytes: int) -> None:
        """A piece has come so far."""
        said = Progress(frame=frames, size_bytes=size_bytes)
        self.room(TaskProgress(f"video-0-0000{piece}", 1, "w", 0.0, said))


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> Job:
    """Predicted to be 200 MB."""
    return Job(monkeypatch, 200 * MB)


def test_a_run_with_room_goes_on(job: Job) -> None:
    """However often it is looked at."""
    for frames in range(0, FRAMES, 10):
        job.made(0, frames, frames * MB)
    assert job.stops() == 0
    assert job.room.shortage is None


def test_what_pieces_weigh_is_measured(job: Job) -> None:
    """At ten times the predicted size, what is in flight does not fit; it is stopped once."""
    job.made(0, 50, 500 * MB)
    assert job.stops() == 0
    job.free = 450 * MB
    job.made(0, 51, 510 * MB)
    job.made(0, 52, 520 * MB)
    assert job.stops() == 1
    error = job.room.error()
    assert "the work folder needs" in error.message
    assert "the same command then goes on" in error.hint


def test_a_prediction_alone_stops_nobody(job: Job) -> None:
    """It is a guess; only when next to nothing is left, it is believed."""
    job.free = 20 * MB
    job.made(0, 5, 0)
    assert job.stops() == 0
    job.free = 0
    job.made(0, 6, 0)
    assert job.stops() == 1


def test_what_failed_is_not_counted(job: Job) -> None:
    """Its file is gone, and its frames are still to come."""
    job.made(0, 99, 99 * MB)
    job.room(TaskRetry("video-0-00000", 1, "w", 0.0, 0.0, CommandFailed("no")))
    assert job.room._done().size_bytes == 0
    job.room(TaskEnded("video-0-00001", 1, "w", 0.0, State.DONE, Outcome(FRAMES, 7 * MB)))
    assert (job.room._done().size_bytes, job.room._done().frames) == (7 * MB, FRAMES)
    assert job.room._done().running_frames == 0


def test_the_join_needs_room_too(job: Job) -> None:
    """All pieces once more, beside the output."""
    for piece in range(2):
        job.room(TaskEnded(f"video-0-0000{piece}", 1, "w", 0.0, State.DONE, Outcome(FRAMES, 400 * MB)))
    job.free = 700 * MB
    job.room(TaskStarted("join", 1, "w", 0.0))
    assert job.stops() == 1
    assert "the output needs 800.0 MB more" in job.room.error().message


def test_what_is_foreseen_is_a_warning(job: Job) -> None:
    """With both numbers; nothing is said where there is room."""
    assert not job.room.foreseen()
    job.free = 100 * MB
    assert "by a rough prediction the work folder needs 404.0 MB more" in job.room.foreseen()
