"""A plan as progress counts it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from suture.planning.weights import output_seconds
from suture.report.work import Kind, work_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.planning.job import Plan

    Make = Callable[..., Plan]


def test_each_step_has_its_kind(make_plan: Make) -> None:
    """Pieces, sound, text, the join and the check; the join occupies no slot that is shown."""
    tasks = work_of(make_plan(2, audio_codec="aac")).tasks
    kinds = {task: part.kind for task, part in tasks.items()}
    assert kinds == {
        "audio-1-00000": Kind.SOUND,
        "audio-1": Kind.STAGE,
        "audio-2-00000": Kind.SOUND,
        "audio-2": Kind.STAGE,
        "subtitle-3": Kind.TEXT,
        "video-0-00000": Kind.PIECE,
        "video-0-00001": Kind.PIECE,
        "join": Kind.JOIN,
        "publish": Kind.CHECK,
    }
    assert (tasks["join"].slot, tasks["video-0-00000"].slot) == (False, True)
    assert (tasks["video-0-00000"].frames, tasks["join"].frames) == (50, 100)


def test_what_prepares_a_piece_is_no_piece(make_plan: Make) -> None:
    """It is shown while it runs, but it is the piece that counts."""
    plan = make_plan(1)
    steps = [replace(s, transient=True) if s.command.id == "video-0-00000" else s for s in plan.steps]
    assert work_of(replace(plan, steps=tuple(steps))).tasks["video-0-00000"].kind is Kind.STAGE


def test_slots_are_those_of_the_workers(make_plan: Make) -> None:
    """Slots of a graphics card that nothing uses are not counted."""
    assert work_of(make_plan(workers=7)).slots == 7


def test_the_check_counts_frames_only_where_it_decodes_all(make_plan: Make) -> None:
    """Around joins nobody knows before how many there are."""
    assert work_of(make_plan(verify="joins")).tasks["publish"].frames == 0
    assert work_of(make_plan(verify="full")).tasks["publish"].frames == 100


def test_length_is_that_of_what_comes_out(make_plan: Make) -> None:
    """A part plays as long as the part."""
    assert output_seconds(make_plan(2, 100)) == pytest.approx(4.0)
    assert output_seconds(make_plan(2, 100, first=25, start=1)) == pytest.approx(3.0)
    sound = make_plan(0, 100, output="/f/a.mka", audio_codec="flac", start=1, end=3)
    assert output_seconds(sound) == pytest.approx(2.0)


def test_copied_streams_weigh_what_their_rate_says(make_plan: Make) -> None:
    """Two sounds of 96 kbit/s for four seconds; the font that MP4 can't hold does not count."""
    assert work_of(make_plan(2, 100)).copied_bytes == 2 * 96_000 * 4 // 8
    assert work_of(make_plan(2, 100, output="/f/a.mkv")).copied_bytes == 2 * 96_000 * 4 // 8 + 5000


def test_what_has_no_rate_gets_what_is_left_of_the_file(make_plan: Make) -> None:
    """100 kB less 80 kB of pictures, shared by what is not known."""
    plan = make_plan(2, 100)
    unknown = tuple(replace(s, bit_rate=None) if s.kind == "audio" else s for s in plan.info.streams)
    plan = replace(plan, info=replace(plan.info, streams=unknown))
    assert work_of(plan).copied_bytes == pytest.approx(100_000 - 80_000 - 5000, abs=2)


def test_no_share_is_guessed_where_sizes_are_unknown(make_plan: Make) -> None:
    """A linear decode knows no packet sizes."""
    plan = make_plan(1, 100, linear=True)
    unknown = tuple(replace(s, bit_rate=None) if s.kind == "audio" else s for s in plan.info.streams)
    plan = replace(plan, info=replace(plan.info, streams=unknown))
    assert work_of(plan).copied_bytes == 0
