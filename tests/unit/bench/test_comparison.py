"""`bench.comparison`: what counts as equal, with decoders that are made up."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from bench import comparison
from bench.comparison import Found, compared, last_plan, why_whole
from bench.content import Frame, Video
from bench.running import Run

if TYPE_CHECKING:
    from collections.abc import Callable

MILLI, TICK = Fraction(1, 1000), Fraction(1, 90000)
MOVED = {"decisions": [{"what": "timestamps", "why": "the clock begins at -9.708 s; all moves by 9.709 s"}]}
STILL: dict[str, list[dict[str, str]]] = {"decisions": []}


def _frames(pictures: str, ticks: int = 3003, first: int = 0) -> list[Frame]:
    """A frame for each letter, on a 90 kHz clock."""
    return [Frame((first + n * ticks) * TICK, letter) for n, letter in enumerate(pictures)]


def _rounded(frames: list[Frame], shift: Fraction = Fraction(0)) -> list[Frame]:
    """As Matroska stores them: rounded to the millisecond."""
    return [Frame(round((frame.time + shift) / MILLI) * MILLI, frame.digest) for frame in frames]


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Found]:
    """Compare two made-up films; ``single``: what a decoder with one thread makes of the source."""

    def run(
        source: list[Frame],
        made: list[Frame],
        plan: object = STILL,
        single: list[Frame] | None = None,
        output: str = "out",
    ) -> Found:
        films = {"in": source, output: made}

        def decoded(
            _ffmpeg: str, path: str, _video: Video, *_form: str, threads: int | None = None, evened: bool = False
        ) -> list[Frame]:
            if evened:
                return _frames("".join(frame.digest for frame in source))
            return single if threads and single is not None and path == "in" else films[path]

        video, stored = Video(0, TICK, "yuv420p"), Video(0, MILLI if output == "out" else TICK, "yuv420p")
        monkeypatch.setattr(comparison, "decoded", decoded)
        monkeypatch.setattr(comparison, "source_frames", lambda *_: ((video, source),))
        monkeypatch.setattr(comparison, "video_streams", lambda _path: [stored])
        monkeypatch.setattr(comparison, "_late_in_order", lambda _pair, made, _shift: len(made))
        return compared("ffmpeg", "in", output, plan)  # type: ignore[arg-type]

    return run


def test_times_are_equal_after_one_rounding(judge: Callable[..., Found]) -> None:
    """Half a tick of the output's clock, no more: a millisecond beside is a frame too late."""
    source = _frames("abcdefgh")
    assert judge(source, _rounded(source)) == Found(8, 8, 8)
    late = [*_rounded(source)[:-1], Frame(_rounded(source)[-1].time + MILLI, "h")]
    found = judge(source, late)
    assert (found.pictures, found.times, found.exact) == (8, 7, False)
    assert "1 times differ, first frame 7" in found.notes[0]


def test_a_declared_shift_is_taken_off(judge: Callable[..., Found]) -> None:
    """And one that nobody declared is a failure of all times."""
    source = _frames("abcd", first=-873720)
    moved = _rounded(source, Fraction(9709, 1000))
    assert judge(source, moved, MOVED).exact
    assert judge(source, moved).times == 0


def test_a_shift_of_days_is_known_to_the_millisecond(judge: Callable[..., Found]) -> None:
    """The plan prints six digits."""
    source = _frames("abcd", first=-95441123 * 90)
    plan = {"decisions": [{"what": "timestamps", "why": "all moves by 95441.1 s"}]}
    assert judge(source, _rounded(source, Fraction(95441123, 1000)), plan).exact
    assert not judge(source, _rounded(source, Fraction(95443123, 1000)), plan).exact


def test_a_clock_that_jumps_may_be_made_to_run_on(judge: Callable[..., Found]) -> None:
    """Where the plan says so, times are those that a decoder evens out, from the first frame on."""
    source = [*_frames("ab", first=126000), *_frames("cd", first=9000)]
    plan = {"decisions": [{"what": "timestamps", "why": "all is made from a copy whose clock runs on"}]}
    running = _rounded(_frames("abcd"), Fraction(14, 10))
    assert judge(source, running, plan).exact
    assert not judge(source, running).exact
    assert not judge(source, _rounded(_frames("abcd")), plan).exact, "it begins where the source does"
    assert not judge(source, [*running[:3], Frame(running[3].time + 2 * MILLI, "d")], plan).exact


def test_a_frame_too_few_or_another_one_is_not_exact(judge: Callable[..., Found]) -> None:
    """Counts and the first that differs are said."""
    source = _frames("abcdef")
    short = judge(source, _rounded(source)[:-1])
    assert (short.pictures, short.times) == (0, 0)
    assert "5 frames instead of 6" in short.notes
    swapped = judge(source, _rounded(_frames("abdcef")))
    assert (swapped.pictures, swapped.times) == (4, 6)
    assert "first differing frame: 2" in swapped.notes


def test_a_source_on_which_threads_do_not_agree_is_what_one_makes_of_it(judge: Callable[..., Found]) -> None:
    """But only a damaged one: where one thread gives the same, nothing excuses a difference."""
    source, single = _frames("abXY"), _frames("abcd")
    assert judge(source, _rounded(single), single=single).exact
    assert not judge(source, _rounded(single), single=source).exact
    found = judge(source, _rounded(_frames("abcZ")), single=single)
    assert (found.exact, found.unsteady) == (False, False), "one thread always gives the same here"


def test_frames_of_one_time_may_stand_a_tick_apart(judge: Callable[..., Found]) -> None:
    """In containers that hold no two such; anywhere else, and by more, that is a wrong time."""
    source = [*_frames("ab"), *_frames("cd", first=3003)]
    apart = [*source[:2], Frame(source[2].time + TICK, "c"), source[3]]
    assert judge(source, apart, output="out.mp4").exact
    assert judge(source, [*source[:2], Frame(source[2].time + 60 * TICK, "c"), source[3]], output="out.mp4").times == 3
    assert judge(source, source, output="out.mkv").exact


def test_a_track_too_few_is_not_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of its frames counts."""
    monkeypatch.setattr(comparison, "source_frames", lambda *_: ((Video(0, TICK, ""), _frames("ab")),) * 2)
    monkeypatch.setattr(comparison, "video_streams", lambda _path: [Video(0, TICK, "")])
    assert compared("ffmpeg", "in", "out", STILL) == Found(4, 0, 0, ("1 picture tracks instead of 2",))


def test_the_last_plan_counts() -> None:
    """A cut that was not exact makes a second plan, in one piece, whose reason is told."""
    whole = {"what": "pieces", "why": "one piece: a cut of it was not exact"}
    plans: list[dict[str, Any]] = [
        {"type": "job.planned", "pieces": 9, "decisions": [{"what": "pieces", "why": "every 0.37 s"}]},
        {"type": "job.planned", "pieces": 1, "decisions": [whole]},
        {"type": "job.finished"},
    ]
    done = Run(0, 1.0, 1.0, "".join(f"{json.dumps(plan)}\n" for plan in plans), "")
    assert last_plan(done)["pieces"] == 1
    assert why_whole(last_plan(done)) == "a cut of it was not exact"
    assert not why_whole(plans[0])
