"""`planning.outline`: what a plan leaves in the record of its job."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from suture.planning.outline import Doing, outline_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.planning.job import Plan


def test_every_task_is_told(make_plan: Callable[..., Plan]) -> None:
    """What it does and which slot it takes; of pieces the frames, in the source's numbering, and the seconds."""
    plan = make_plan(pieces=3, frames=100, first=10)
    tasks = outline_of(plan)["tasks"]
    assert list(tasks) == [step.command.id for step in plan.steps]
    assert tasks["video-0-00000"] == ["picture", "cpu", 0, 10, 40, 0.4, 1.6]
    assert tasks["video-0-00002"][3:5] == [70, 100]
    assert tasks["join"] == ["join", "io"]
    assert tasks["publish"] == ["check", "cpu"]
    assert {said[0] for said in tasks.values()} <= set(Doing)


def test_pieces_of_sound_have_their_seconds(make_plan: Callable[..., Plan]) -> None:
    """They follow one another from the track's beginning to its end; their samples and their splice are none."""
    plan = make_plan(frames=15_000, audio_codec="libopus", chunking="fixed", chunk_duration=100)
    tasks = outline_of(plan)["tasks"]
    (first, *_), name = plan.sounds, plan.sounds[0].name
    assert first.is_cut
    spans = [said[2:] for task, said in tasks.items() if task.startswith(f"{name}-0")]
    assert all(span[:3] == [1, 0, 0] for span in spans)
    assert [span[3] for span in spans[1:]] == [span[4] for span in spans[:-1]]
    assert (spans[0][3], spans[-1][4]) == (0.0, 600.0)
    assert tasks[name] == ["join", "io"]
    assert tasks[f"{name}-slice-00000"][0] == "slice"
    assert tasks[f"{name}-heard"][0] == "look"


def test_it_tells_what_people_ask(make_plan: Callable[..., Plan]) -> None:
    """Length, frames, tracks, reasons, losses; and it survives being written as JSON."""
    plan = make_plan()
    outline = outline_of(plan)
    assert (outline["seconds"], outline["frames"], outline["is_part"]) == (4.0, 100, False)
    assert outline["decisions"][0] == {"what": "pieces", "why": "2 pieces of like length", "option": "--chunking"}
    assert outline["losses"] == [str(loss) for loss in plan.losses]
    assert outline["losses"]
    assert [track["kind"] for track in outline["tracks"]] == [track.kind for track in plan.tracks.tracks]
    assert json.loads(json.dumps(outline)) == outline


def test_it_is_small(make_plan: Callable[..., Plan]) -> None:
    """Fewer than a hundred bytes for a piece: a job of five thousand keeps it in memory."""
    few, many = (len(json.dumps(outline_of(make_plan(pieces=n, frames=4 * n)))) for n in (10, 510))
    assert (many - few) / 500 < 100
