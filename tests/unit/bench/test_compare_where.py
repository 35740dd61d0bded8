"""`bench.compare_where`: a job's wall time is laid out to the last second."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bench.compare_where import read_events, spans, where

T0 = 1000.0


def job(*tasks: tuple[str, str, float, float], workers: int = 2) -> list[dict[str, Any]]:
    """Events of a job: task, worker, begin and end in seconds from its start."""
    events: list[dict[str, Any]] = [{"type": "job.planned", "time": T0 + 1, "workers": workers}]
    for task, worker, begin, end in tasks:
        about = {"task": task, "worker": worker}
        events.append({"type": "task.started", "time": T0 + begin, **about})
        outcome = {"state": "done", "cpu_seconds": 2.0, "frames": 9}
        events.append({"type": "task.ended", "time": T0 + end, **outcome, **about})
    return sorted(events, key=lambda event: event["time"])


PLAYED = job(
    ("video-0-00000", "a", 2, 6),
    ("video-0-00001", "b", 2, 5),
    ("video-0-00002", "b", 5.5, 9),
    ("join", "a", 9, 10),
    ("publish", "a", 10, 12),
)


def test_all_of_the_wall_time_is_somewhere() -> None:
    """Before, in the middle, behind; and behind is the join, the check and the rest."""
    found = where(PLAYED, T0, 13.0)
    assert (found.start, found.encoders, found.end) == (2, 7, 4)
    assert found.start + found.encoders + found.end == found.wall == 13
    assert (found.join, found.verify) == (1, 2)
    assert (found.workers, found.pieces, found.cpu) == (2, 3, 6)


def test_idle_slots_are_those_between_the_first_and_the_last_encoder() -> None:
    """Half a second between two pieces, three at the end of the other slot."""
    found = where(PLAYED, T0, 13.0)
    assert found.idle == pytest.approx(3.5)
    assert found.tail == pytest.approx(3.0)
    assert found.alone == 0


def test_a_slot_that_never_had_a_piece_is_idle() -> None:
    """Two workers, one piece."""
    found = where(job(("video-0-00000", "a", 1, 5)), T0, 6.0)
    assert (found.idle, found.tail) == (4, 4)


def test_outside_is_what_neither_encoders_nor_the_check_took() -> None:
    """A join that runs beside encoders costs nothing; a time without any encoder does."""
    beside = job(
        ("video-0-00000", "a", 1, 4), ("video-0-00001", "a", 5, 8), ("join", "b", 2, 8.5), ("publish", "b", 8.5, 9)
    )
    found = where(beside, T0, 9.0)
    assert (found.join, found.alone) == (0.5, 1)
    assert found.outside == pytest.approx(1 + 1 + 1 - 0.5)


def test_an_attempt_that_is_tried_again_took_its_slot() -> None:
    """Both attempts are spans; only the second is done."""
    events = job(("video-0-00000", "a", 4, 6))
    lost = {"task": "video-0-00000", "worker": "a"}
    events[1:1] = [{"type": "task.started", "time": T0 + 1, **lost}, {"type": "task.retry", "time": T0 + 3, **lost}]
    assert [(span.began - T0, span.ended - T0, span.done) for span in spans(events)] == [(1, 3, False), (4, 6, True)]


def test_a_job_without_encoders_has_no_such_account() -> None:
    """All was copied, or done by an earlier run."""
    with pytest.raises(ValueError, match="no encoder"):
        where(job(("join", "a", 1, 2)), T0, 3.0)


def test_what_is_no_event_is_passed_over() -> None:
    """A library may print on stdout, too."""
    assert read_events("warning: x\n" + json.dumps({"type": "note"}) + "\n\n") == [{"type": "note"}]
