"""What is said before and after."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from suture.events import EncodeReport, Failure
from suture.report.summary import final_lines, plan_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.planning.job import Plan

    Make = Callable[..., Plan]

DONE = EncodeReport(
    "done",
    "/films/film.mp4",
    0,
    frames=100,
    wall_seconds=2.0,
    cpu_seconds=15.0,
    bytes=40_000,
    chunks=2,
    retries=1,
)
FAILURES = tuple(Failure(f"video-0-{n:05}", "it broke", "it broke\ncommand: ffmpeg\nstderr line") for n in range(8))


def test_a_plan_in_a_few_lines(make_plan: Make) -> None:
    """Source, output with tracks alike taken together, and each decision with its option."""
    assert plan_lines(make_plan()) == [
        "/films/film.mkv: matroska,webm, 0:00:04.000, 100 kB",
        "/films/film.mp4: video libx264, 2 audio copied, subtitle mov_text, 1 chapter, 100 frames in 2 pieces",
        "  pieces: 2 pieces of like length [--chunking]",
    ]


def test_an_end_in_two_lines(make_plan: Make) -> None:
    """Output, size, ratio to the source, frames, wall and CPU time, speed, pieces, retries."""
    assert final_lines(DONE, make_plan()) == [
        "/films/film.mp4: 40.0 kB (40.0 % of the source)",
        "  100 frames, 2.0 s wall, 0:00:15 CPU, 2.00x real time, 2 pieces, 1 retry",
    ]


def test_a_part_is_not_compared_with_the_whole(make_plan: Make) -> None:
    """The size of ten seconds says nothing beside that of the film; speed is that of the part."""
    lines = final_lines(DONE, make_plan(2, 100, first=50, start=2))
    assert lines[0] == "/films/film.mp4: 40.0 kB"
    assert "1.00x real time" in lines[1]


def test_pieces_of_an_earlier_run_are_told(make_plan: Make) -> None:
    """So that a short time does not look like a fast machine."""
    assert "2 pieces (1 from an earlier run)" in final_lines(replace(DONE, chunks_reused=1), make_plan())[1]


def test_sound_alone_has_no_frames_and_no_pieces() -> None:
    """What is zero is not said, and without a plan there is no ratio and no speed."""
    report = replace(DONE, frames=0, chunks=0, retries=0)
    assert final_lines(report) == ["/films/film.mp4: 40.0 kB", "  2.0 s wall, 0:00:15 CPU"]


def test_each_failed_piece_is_listed(make_plan: Make) -> None:
    """With its command and its stderr; not all of many."""
    failed = EncodeReport("failed", "", 1, error="it broke", failures=FAILURES)
    lines = final_lines(failed, make_plan())
    assert [line for line in lines if line.startswith("failed")] == [
        *(f"failed: video-0-{n:05}: it broke" for n in range(5)),
        "failed: 3 more",
    ]
    assert lines.count("    stderr line") == 5


def test_pieces_that_are_missing_are_named(make_plan: Make) -> None:
    """With --permissive there is an output and no error, so each failure is told."""
    report = replace(DONE, status="partial", exit_code=3, failures=FAILURES[:1])
    lines = final_lines(report, make_plan())
    assert lines[0] == "failed: video-0-00000: it broke"
    assert any(line.startswith("/films/film.mp4: incomplete, 40.0 kB") for line in lines)
