"""What ``-progress`` writes becomes reports, and garbage does not."""

from __future__ import annotations

import pytest

from suture.ffmpeg.progress import Progress, ProgressParser

BLOCK = """\
frame=48
fps=31.50
stream_0_0_q=28.0
bitrate= 301.2kbits/s
total_size=75264
out_time_us=1920000
out_time_ms=1920000
out_time=00:00:01.920000
dup_frames=0
drop_frames=0
speed=1.26x
progress=continue
"""


def reports(text: str) -> list[Progress]:
    """All reports in a text."""
    parser = ProgressParser()
    found = (parser.feed(line) for line in text.splitlines())
    return [report for report in found if report is not None]


def test_a_block() -> None:
    """Every field that we read is read."""
    expected = Progress(frame=48, fps=31.5, out_time_us=1_920_000, size_bytes=75_264, speed=1.26)
    assert reports(BLOCK) == [expected]


def test_the_last_block_says_so() -> None:
    """``progress=end`` is the end; each block stands for itself."""
    text = BLOCK + "frame=50\nprogress=end\n"
    assert [(report.frame, report.done) for report in reports(text)] == [(48, False), (50, True)]
    assert reports(text)[1].size_bytes is None


def test_nothing_before_the_block_is_complete() -> None:
    """Half a block is no report."""
    assert reports("frame=48\nfps=31.50\n") == []


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("out_time_us=N/A", "out_time_us"),
        ("out_time_us=-9223372036854775808", "out_time_us"),
        ("total_size=N/A", "size_bytes"),
        ("speed=N/A", "speed"),
        ("speed=   infx", "speed"),
        ("speed=", "speed"),
    ],
)
def test_unknown_values_are_none(line: str, field: str) -> None:
    """What ffmpeg does not know, we do not make up."""
    assert getattr(reports(f"{line}\nprogress=continue")[0], field) is None


def test_speed_with_spaces() -> None:
    """Some numbers come padded."""
    assert reports("speed=  12x\nfps= 300.0\nprogress=continue")[0] == Progress(fps=300.0, speed=12.0)


def test_out_time_ms_is_microseconds() -> None:
    """Where only the misnamed field is there, it is read as what it is."""
    assert reports("out_time_ms=1920000\nprogress=continue")[0].out_time_us == 1_920_000


def test_garbage_is_skipped() -> None:
    """What others write to the pipe, halves of lines and nonsense values do no harm."""
    text = "Hello\n=\n==\nframe=x\n\nframe\nfps=fast\n\x00\xff=1\nprogress=continue\n"
    assert reports(text) == [Progress()]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Progress(frame=1), Progress(frame=2)),
        (Progress(frame=1), Progress(frame=2, size_bytes=9)),
        (Progress(), Progress(out_time_us=0)),
        (Progress(out_time_us=-23_000), Progress(out_time_us=0)),
        (Progress(out_time_us=5), Progress(out_time_us=6)),
        (Progress(out_time_us=5, size_bytes=0), Progress(out_time_us=5, size_bytes=1)),
    ],
)
def test_position_grows_with_what_was_achieved(before: Progress, after: Progress) -> None:
    """A frame, a timestamp or a byte more is progress."""
    assert before.position < after.position


def test_position_stands_still_with_the_encoder() -> None:
    """A report in which only rates change is none."""
    assert Progress(7, 25.0, 280_000, 9, 1.0).position == Progress(7, 3.0, 280_000, 9, 0.1, done=True).position
