"""A comparison for people and for programs: every stream, every finding, one verdict; nothing moves the cursor."""

from __future__ import annotations

import io
import json
from fractions import Fraction

from suture.proof.verdict import StreamVerdict, VerifyReport
from suture.report.verify_progress import Line, progress_for
from suture.report.verify_text import lines_of
from suture.verify.finding import EXCUSED, UNJUDGED, Finding

STREAMS = (
    StreamVerdict("video 0", 0, 0, ("h264", "hevc"), "pictures", 240, {"psnr_y_mean": 41.26, "psnr_y_min": 33.0}),
    StreamVerdict("audio 0", 1, 1, ("aac", "aac"), "packets", 470),
    StreamVerdict("subtitle 0", 2, -1, ("ass", ""), "not at all"),
)
LOST = Finding("stream-lost", "subtitle 0 (ass) is missing", stream="subtitle 0")
FRAME = Finding("frame-missing", "video 0: frame 47 is missing", stream="video 0", frame=47, time=Fraction(47, 24))


def report(*findings: Finding) -> VerifyReport:
    """A report with these findings."""
    return VerifyReport("in.mkv", "out\n.mkv", STREAMS, findings, notes=("taken into account: --start 1",))


def test_every_stream_and_finding_has_its_line() -> None:
    """With how it was looked at, and what a stream's result is."""
    excused = Finding("tag-lost", "the tag mood is missing: no place", EXCUSED)
    unjudged = Finding("unjudged", "audio 0: it is silent", UNJUDGED)
    assert list(lines_of(report(LOST, FRAME, excused, unjudged))) == [
        r"out\n.mkv against in.mkv",
        "  taken into account: --start 1",
        "  video 0 (h264 → hevc): 240 pictures compared, PSNR 41.3 dB, worst 33.0 dB, 1 difference",
        "  audio 0 (aac): 470 packets compared, as it has to be",
        "  subtitle 0 (ass): not there, 1 difference",
        "different:",
        "  subtitle 0 (ass) is missing",
        "  video 0: frame 47 is missing",
        "otherwise, for a reason:",
        "  the tag mood is missing: no place",
        "not judged:",
        "  audio 0: it is silent",
        "2 differences",
    ]


def test_the_last_line_says_how_sure_it_is() -> None:
    """Without differences: all is well, or as far as can be told."""
    assert [*lines_of(report())][-1] == "no difference"
    assert [*lines_of(report(Finding("x", "y", UNJUDGED)))][-1] == "no difference, as far as it can be told"


def test_json_holds_all_of_it() -> None:
    """Numbers as numbers, weights apart, and the exit code."""
    data = json.loads(json.dumps(report(FRAME).to_json()))
    assert (data["schema"], data["ok"], data["exit_code"]) == (1, False, 4)
    assert data["differences"] == [
        {"kind": "frame-missing", "text": FRAME.text, "stream": "video 0", "frame": 47, "time": 47 / 24}
    ]
    assert data["streams"][0]["figures"]["psnr_y_min"] == 33.0
    assert report().to_json()["exit_code"] == 0


def test_a_line_of_progress_tells_share_and_time() -> None:
    """Once it has watched for a while; before, only what is done."""
    now = 0.0
    stream = io.StringIO()
    line = Line(stream, lambda: now)
    line("video 0", 0, 1000)
    now = 10.0
    line("video 0\n", 250, 1000)
    line("video 0", 260, 1000)
    line.clear()
    assert stream.getvalue() == "\r\x1b[Kvideo 0: 0 %\r\x1b[Kvideo 0\\n: 25 %, 0:00:30 left\r\x1b[K"
    assert line.text("reading", 5000, 0, now) == "reading: 5,000"


def test_where_nobody_watches_nothing_is_written() -> None:
    """No terminal, or nobody wants it."""
    stream = io.StringIO()
    for shown in (True, False):
        with progress_for(shown=shown, stream=stream) as tell:
            tell("video 0", 1, 2)
    assert stream.getvalue() == ""
