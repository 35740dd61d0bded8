"""Lanes and gaps: no two tasks on one lane at a time, no time lost or counted twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records import BEGUN, Story
from suture.report.history import history_of
from suture.report.timeline import Idle, gaps_of, idle_of, lanes_of, machine_of
from suture.report.timeline_svg import ticks

if TYPE_CHECKING:
    from suture.report.history import History
    from suture.report.timeline import Lane


def of(story: Story, slots: int = 2) -> tuple[History, tuple[Lane, ...]]:
    """The history of a story, and its lanes."""
    history = history_of(story.past())
    return history, lanes_of(history, slots)


def names(lane: Lane) -> list[str]:
    """The tasks of a lane."""
    return [bar.task for bar in lane.bars]


def test_a_task_lies_on_the_first_lane_that_is_free() -> None:
    """Whatever thread it ran on: that is chance."""
    story = Story().opened(0).begun(1).piece(0, 1, 5, "local-2").piece(1, 1.5, 3, "local-0").piece(2, 3, 6, "local-1")
    _, lanes = of(story.closed(7))
    assert [names(lane) for lane in lanes] == [["video-0-00000"], ["video-0-00001", "video-0-00002"]]


def test_a_slot_that_never_worked_is_a_lane_too() -> None:
    """It was idle all the time, and that is to be seen."""
    history, lanes = of(Story().opened(0).begun(0).piece(0, 0, 4).closed(4), slots=3)
    assert [len(lane.bars) for lane in lanes] == [1, 0, 0]
    assert [gap.seconds for gap in gaps_of(lanes[2], history.stretches)] == [4]


def test_joins_and_graphics_cards_have_lanes_of_their_own() -> None:
    """They are other slots, and no loss when they are empty."""
    story = Story().opened(0).begun(0).piece(0, 0, 4).task("stage-0-00001", "stage", 0, 2, "gpu_scale")
    history, lanes = of(story.task("join", "join", 4, 5, "io").closed(5), slots=1)
    assert [(lane.resource, lane.number, lane.is_core) for lane in lanes] == [
        ("cpu", 1, True),
        ("gpu_scale", 1, False),
        ("io", 1, False),
    ]
    assert idle_of(lanes, history).idle == 1


def test_each_machine_has_its_lanes() -> None:
    """Of a cluster nobody knows here how many slots a machine has: as many as worked at once."""
    story = Story().opened(0).begun(0).piece(0, 0, 4, "tcp://a:1-0").piece(1, 0, 4, "tcp://a:1-1")
    _, lanes = of(story.piece(2, 1, 4, "tcp://b:2").closed(4), slots=2)
    assert [(lane.machine, lane.number) for lane in lanes] == [("tcp://a:1", 1), ("tcp://a:1", 2), ("tcp://b:2", 1)]
    assert [machine_of(name) for name in ("local-11", "", "node-a")] == ["", "", "node-a"]


def test_idle_time_is_told_by_when_it_was() -> None:
    """Before the first encoder, while others worked, behind the last piece; the sum is all there was."""
    story = Story().opened(0).begun(2).piece(0, 3, 10).piece(1, 3, 6).piece(2, 7, 9).task("publish", "check", 11, 13)
    history, lanes = of(story.closed(14))
    idle = idle_of(lanes, history)
    assert idle == Idle(busy=7 + 3 + 2 + 2, before=6, between=1 + 1, behind=4 + 2)
    assert (idle.total, idle.idle) == (28, 14)
    assert idle.share == pytest.approx(0.5)


def test_the_night_between_two_runs_is_not_idle() -> None:
    """Nobody was there; the gap of a lane ends with its stretch."""
    story = Story().opened(0).begun(0).piece(0, 0, 5).ran("video-0-00001", 0, None)
    history, lanes = of(story.opened(80_000).begun(80_000).piece(1, 80_001, 80_005).closed(80_006))
    idle = idle_of(lanes, history)
    assert idle.total == 2 * (5 + 6)
    assert [gap.start - BEGUN for gap in gaps_of(lanes[0], history.stretches)] == [80_000, 80_005]


def test_nothing_ran() -> None:
    """No division by nothing."""
    history, lanes = of(Story())
    assert idle_of(lanes, history) == Idle()
    assert Idle().share == 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 20)), max_size=12),
    st.integers(1, 4),
)
def test_lanes_hold_all_bars_and_bars_and_gaps_fill_them(spans: list[tuple[int, int]], slots: int) -> None:
    """Whatever ran when: each bar lies on one lane, none overlaps another, and no second is left out."""
    story = Story().opened(0).begun(0)
    for number, (start, length) in enumerate(spans):
        story.piece(number, start, start + length)
    history, lanes = of(story.closed(60), slots)
    assert sorted(task for lane in lanes for task in names(lane)) == sorted(bar.task for bar in history.bars)
    assert len(lanes) >= slots
    for lane in lanes:
        assert all(a.end <= b.start for a, b in zip(lane.bars, lane.bars[1:], strict=False))
        filled = sum(bar.seconds for bar in lane.bars) + sum(gap.seconds for gap in gaps_of(lane, history.stretches))
        assert filled == pytest.approx(60)
    assert idle_of(lanes, history).total == pytest.approx(60 * len(lanes))


@pytest.mark.parametrize("seconds", [0.0, 0.05, 3.0, 59.0, 3600.0, 36_000.0, 86_400.0 * 30])
def test_a_clock_has_few_marks(seconds: float) -> None:
    """From 0 on, evenly, never beyond the end."""
    found = ticks(seconds, 8)
    assert found[0] == 0
    assert found[-1] <= seconds
    assert len(found) <= 10
