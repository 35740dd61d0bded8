"""A record as a story: when a process worked on the job, and what ran in that time, also where it was cut off."""

from __future__ import annotations

from dataclasses import replace

from records import BEGUN, Story
from suture.planning.outline import Doing
from suture.report.history import LOST, Span, history_of


def test_a_job_that_went_well_is_one_stretch() -> None:
    """From its note of the begin to that of the end; bars by their start, with worker, cost and range."""
    story = Story().opened(0).begun(2).piece(1, 3, 9, "local-1").piece(0, 2.5, 8).closed(12)
    history = history_of(story.past())
    (stretch,) = history.stretches
    assert (stretch.opened, stretch.begun, stretch.closed) == (BEGUN, BEGUN + 2, BEGUN + 12)
    assert (stretch.how, history.seconds) == ("done", 12)
    first, second = history.bars
    assert (first.task, first.doing, first.worker) == ("video-0-00000", Doing.PICTURE, "local-0")
    assert (second.seconds, second.cpu_seconds, second.worker) == (6, 6, "local-1")
    assert (first.span, second.span) == (Span(0, 0, 250, 0, 10), Span(0, 250, 500, 10, 20))


def test_who_was_killed_is_told_as_far_as_it_wrote() -> None:
    """The stretch ends with the last that it wrote down, and what ran then is lost."""
    story = Story(status="running").opened(0).begun(1).piece(0, 2, 30).ran("video-0-00001", 5, None)
    history = history_of(story.past())
    assert [(each.how, each.seconds) for each in history.stretches] == [("interrupted", 30)]
    assert [(bar.state, bar.seconds) for bar in history.bars] == [("done", 28), (LOST, 25)]


def test_runs_of_one_job_are_stretches_of_their_own() -> None:
    """Killed, then resumed a day later: two, and what ran in which is told apart, though the task is the same."""
    story = Story().opened(0).begun(1).ran("video-0-00000", 2, None).note("found", "", 20)
    story.opened(86_400).begun(86_401).piece(0, 86_402, 86_410).closed(86_411)
    history = history_of(story.past())
    assert [(each.how, each.seconds) for each in history.stretches] == [("interrupted", 20), ("done", 11)]
    assert [(bar.stretch, bar.state) for bar in history.bars] == [(0, LOST), (1, "done")]
    assert len(history.of(1)) == 1


def test_a_plan_that_was_made_again_does_not_end_the_stretch() -> None:
    """One process, two runs of the orchestrator: its cuts were not exact, and it planned anew."""
    story = Story(since=2).opened(0).begun(1).ran("video-0-00000", 2, 5, state="failed", message="too few frames")
    story.begun(6).piece(0, 7, 9).closed(10)
    history = history_of(story.past())
    assert len(history.stretches) == 1
    assert [(bar.state, bar.message) for bar in history.bars] == [("failed", "too few frames"), ("done", "")]
    assert [bar.span is None for bar in history.bars] == [True, False], "the range is that of the second plan"


def test_what_an_earlier_job_of_that_name_did_is_left_out() -> None:
    """It was done, and then the same was made anew: that is the job."""
    story = Story().opened(0).begun(1).piece(0, 2, 5).closed(6)
    story.opened(100).begun(101).piece(0, 102, 105).closed(106)
    past = story.past()
    anew = replace(past, facts={**past.facts, "begun": BEGUN + 99})
    assert [bar.start for bar in history_of(anew).bars] == [BEGUN + 102]
    assert len(history_of(past).bars) == 2


def test_a_run_that_never_came_to_anything_is_no_stretch() -> None:
    """Killed before it had written more than its beginning."""
    story = Story().opened(0).opened(10).begun(11).piece(0, 12, 15).closed(16)
    history = history_of(story.past())
    assert [each.opened for each in history.stretches] == [BEGUN + 10]
    assert [bar.stretch for bar in history.bars] == [0]


def test_a_job_of_an_older_version_is_told_as_far_as_it_goes() -> None:
    """It had no notes of begin and end, no workers, and no outline: each run is a stretch, names say what tasks do."""
    story = Story().begun(1).ran("video-0-00000", 2, 5, "").ran("join", 5, 6, "")
    story.begun(100).ran("audio-1-slice-00000", 101, 105, "").ran("publish", 105, 106, "")
    past = story.past()
    del past.facts["outline"]
    history = history_of(past)
    assert [each.seconds for each in history.stretches] == [5, 6]
    assert [bar.doing for bar in history.bars] == [Doing.PICTURE, Doing.JOIN, Doing.SLICE, Doing.CHECK]
    assert [bar.worker for bar in history.bars] == [""] * 4


def test_a_clock_that_was_set_back_makes_no_negative_time() -> None:
    """Whatever the times say, nothing ends before it begins, and nothing lies outside of its stretch."""
    story = Story().opened(0).begun(-5).piece(0, -3, -9).piece(1, 2, 1).closed(-2)
    history = history_of(story.past())
    assert all(each.seconds >= 0 for each in history.stretches)
    assert all(bar.seconds >= 0 for bar in history.bars)
    assert all(history.stretches[bar.stretch].opened <= bar.start for bar in history.bars)


def test_what_was_done_before_the_plan_stood_ends_when_it_was_done() -> None:
    """Its end was written down when the orchestrator first asked for it, its start and its length are known."""
    story = Story().opened(0).begun(9).piece(0, 1, 4).piece(1, 1, 12).closed(13)
    story.attempts = [
        replace(each, started=BEGUN + 9, ended=BEGUN + (9.5, 12)[n]) for n, each in enumerate(story.attempts)
    ]
    assert [bar.end - BEGUN for bar in history_of(story.past()).bars] == [4, 12]


def test_an_empty_record_has_no_history() -> None:
    """Nothing is made up."""
    assert history_of(Story().past()).stretches == ()
