"""The command lines of a piece that is made in stages: the film's clock goes from one to the next, exactly."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from suture.command.base import Resource
from suture.command.burn import TextBurn
from suture.encoder.video import Between, Stage, VideoEncoder
from suture.model import ChunkData

CHUNK = ChunkData(1, 2.0, 4.0, "in.ts", 50, 100, 180_000, 360_000, 1_980_000, 3)
TS = Fraction(1, 90_000)
ENCODER = VideoEncoder(
    frame_rate=Fraction(25),
    crf=20.0,
    stages=(
        Stage(("hwupload", "x_vulkan"), Resource.GPU_SCALE, "vulkan", Fraction(801, 800), "pc"),
        Stage(("unsharp",), Resource.CPU),
    ),
    between=Between("ffvhuff", (("threads", "2"),), TS),
)


def _lines(encoder: VideoEncoder = ENCODER) -> list[list[str]]:
    commands = encoder.commands(CHUNK, ["/job/a.mkv", "/job/b.mkv"], ["stage", "piece"])
    return [command.build_args() for command in commands]


def _after(argv: list[str], name: str) -> str:
    return argv[argv.index(name) + 1]


def test_the_first_takes_the_frames_and_stores_their_times() -> None:
    """A tick of 1/90000 s is one of Matroska's, the first frame's time 0; range and frames are said."""
    argv = _lines()[0]
    stored = "setpts=(PTS-(180000))*90,settb=1/1000"
    assert _after(argv, "-vf") == f"trim=start_pts=180000:end_pts=360000,hwupload,x_vulkan,{stored}"
    assert [_after(argv, name) for name in ("-c:v", "-enc_time_base", "-color_range")] == ["ffvhuff", "1/1000", "pc"]
    assert _after(argv, "-init_hw_device") == "vulkan=gpu"
    assert "-crf" not in argv


def test_the_last_takes_all_and_has_the_film_s_clock_back() -> None:
    """And the shape of the pixels; then what one command would have done."""
    argv = _lines()[1]
    restored = "settb=1/90000,setpts=PTS/90+(180000),setsar=801/800:max=801"
    assert _after(argv, "-vf") == f"{restored},unsharp,settb=1/25,setpts=N"
    assert [_after(argv, name) for name in ("-i", "-map", "-c:v", "-crf")] == [
        *("file:/job/a.mkv", "0:v:0", "libx264", "20")
    ]
    assert "-ss" not in argv
    assert "-init_hw_device" not in argv


def test_both_know_how_many_frames_there_are() -> None:
    """So neither can lose one unseen."""
    assert [c.expected for c in ENCODER.commands(CHUNK, ["a.mkv", "b.mkv"], ["a", "b"])] == [50, 50]


def test_filters_see_a_film_that_begins_at_zero_and_text_comes_last() -> None:
    """In each stage."""
    first, last = _lines(replace(ENCODER, zero_us=1_400_000, burn=TextBurn("s.srt")))
    offset = "round(1400000/1000000/TB)"
    assert f"setpts=PTS-{offset},hwupload,x_vulkan,setpts=(PTS-(180000-{offset}))*90," in _after(first, "-vf")
    assert f"setpts=PTS/90+(180000-{offset})," in _after(last, "-vf")
    assert ",unsharp,subtitles=" in _after(last, "-vf")
    assert "subtitles=" not in _after(first, "-vf")


@pytest.mark.parametrize(
    "base", [TS, Fraction(1, 1000), Fraction(1001, 24000), Fraction(1, 12800), Fraction(1, 11988), Fraction(1, 10**7)]
)
def test_every_tick_is_whole_in_matroska(base: Fraction) -> None:
    """Stored and read back, a time is what it was; rescaling never has to round."""
    between = Between("ffvhuff", (), base)
    for ticks in (0, 1, 7, 1001, 90_000_000):
        stored = ticks * between.stretch * base * 1000
        assert stored.denominator == 1
        assert stored == ticks * between.ticks
        assert stored / 1000 / base / between.stretch == ticks


def test_without_stages_there_is_one_command() -> None:
    """The one that there always was."""
    encoder = replace(ENCODER, stages=(), between=None)
    assert encoder.commands(CHUNK, ["b.mkv"], ["piece"]) == (encoder.command(CHUNK, "b.mkv", "piece"),)


def test_less_memory_means_fewer_threads_for_the_encoder() -> None:
    """The intermediate is read as before."""
    first, last = replace(ENCODER, threads=4).commands(CHUNK, ["a.mkv", "b.mkv"], ["a", "b"])
    lean = last.leaner()
    assert first.leaner() is None
    assert lean is not None
    assert (lean.threads, lean.input_path, getattr(lean, "consumes", "")) == (2, "a.mkv", "a.mkv")
