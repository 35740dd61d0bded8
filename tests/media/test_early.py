"""Pieces of a long film that are encoded while it is still being looked at; the film is as it would be without."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from films import ffmpeg
from runs import packets
from suture import pipeline
from suture.ahead import Ahead
from suture.events import Planned
from suture.orchestrator.states import State
from suture.orchestrator.watch import TaskEnded, TaskStarted
from suture.presets import make_settings

if TYPE_CHECKING:
    from pathlib import Path

    from suture.planning.step import Step

pytestmark = pytest.mark.media

FAST: dict[str, Any] = {"speed": "ultrafast", "workers": 2}
FRAMES, HOLE = 1650, 100


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two films of five and a half minutes; in the fifth, one has a hole of twenty seconds."""
    folder = tmp_path_factory.mktemp("long")
    source = ("-f", "lavfi", "-i", f"testsrc2=s=64x48:r=5:d={FRAMES / 5}")
    made = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "40", "-bf", "2", "-pix_fmt", "yuv420p")
    ffmpeg(*source, *made, folder / "steady.mkv")
    hole = f"select=not(between(n\\,1250\\,{1249 + HOLE}))"
    ffmpeg(*source, "-vf", hole, "-fps_mode", "vfr", *made, folder / "odd.mkv")
    return folder


def encode(source: Path, output: Path) -> list[tuple[float, Any]]:
    """Encode, and give all events, each with when it was told."""
    events: list[tuple[float, Any]] = []
    settings = make_settings("h264", FAST)
    pipeline.encode(str(source), str(output), settings, watcher=lambda event: events.append((time.time(), event)))
    return events


def times(path: Path) -> list[int]:
    """When the film's pictures are shown."""
    return sorted(packet[1] for packet in packets(path)[1:])


def test_the_first_pieces_begin_before_the_plan_stands(
    films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is encoded once, and the film has the packets of one that was planned first."""
    events = encode(films / "steady.mkv", tmp_path / "early.mkv")
    (planned,) = [at for at, event in events if isinstance(event, Planned)]
    started = [event for _, event in events if isinstance(event, TaskStarted)]
    assert {event.task for event in started if event.time < planned} >= {"video-0-00000", "video-0-00001"}
    assert sorted({event.task for event in started}) == sorted(event.task for event in started)
    assert all(event.state is State.DONE for _, event in events if isinstance(event, TaskEnded))
    monkeypatch.setattr(Ahead, "begin", lambda _self, _steps: None)
    encode(films / "steady.mkv", tmp_path / "late.mkv")
    assert packets(tmp_path / "early.mkv") == packets(tmp_path / "late.mkv")


def test_what_was_begun_in_vain_is_dropped(films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of the film shows that its packets are not to be trusted; it has all frames at their times."""
    begun: list[str] = []
    begin = Ahead.begin

    def noted(ahead: Ahead, steps: list[Step]) -> None:
        begun.extend(step.command.id for step in steps)
        begin(ahead, steps)

    monkeypatch.setattr(Ahead, "begin", noted)
    events = encode(films / "odd.mkv", tmp_path / "out.mkv")
    (plan,) = [event.plan for _, event in events if isinstance(event, Planned)]
    assert begun
    assert plan.videos[0].listing, "packets were trusted"
    assert all(event.state is State.DONE for _, event in events if isinstance(event, TaskEnded))
    assert len(times(tmp_path / "out.mkv")) == FRAMES - HOLE
    assert times(tmp_path / "out.mkv") == times(films / "odd.mkv")
