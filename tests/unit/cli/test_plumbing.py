"""The steps that are ours: what they hand on, what they report, that they are hidden. The work itself is elsewhere."""

from __future__ import annotations

import importlib
import json
from array import array
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from suture.command import loudness as loudness_module
from suture.command.loudness import LoudnessCommand
from suture.errors import VerificationError
from suture.ffmpeg.progress import ProgressParser
from suture.main import COMMANDS, HIDDEN, main
from suture.media import mux
from suture.media import packet_index as index_module
from suture.media.index import FrameIndex, read_index, write_index
from suture.media.spec import JoinSpec, write_spec
from suture.verify import facts_path

if TYPE_CHECKING:
    from collections.abc import Callable

SPEC = JoinSpec("in.mkv", "out.mkv", ".part-out.mkv", "matroska", ())
BASE = Fraction(1, 25)


@pytest.fixture
def spec_path(tmp_path: Path) -> str:
    """A join file."""
    path = str(tmp_path / "join.json")
    write_spec(SPEC, path)
    return path


def index_of(frames: int, size: int = 10) -> FrameIndex:
    """Frames at 0, 1, 2 and so on."""
    return FrameIndex(0, BASE, array("q", range(frames)), array("I", [size] * frames), bytes([1] * frames), frames)


def reports(text: str) -> list[tuple[int, bool]]:
    """What the orchestrator reads: frames, and whether it is the end."""
    parser = ProgressParser()
    found = (parser.feed(line) for line in text.splitlines())
    return [(report.frame, report.done) for report in found if report]


def test_plumbing_is_there_but_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    """Each has its help; the main help does not name them, and no help loads libavformat."""
    assert set(HIDDEN) == {"index", "join", "loudness", "publish", "splice"}
    assert not set(HIDDEN) & set(COMMANDS)
    for name in HIDDEN:
        assert main([name, "--help"]) == 0
        assert f"Usage: suture {name}" in capsys.readouterr().out
    main(["--help"])
    assert not any(f"\n  {name} " in capsys.readouterr().out for name in HIDDEN)


def test_a_join_leaves_its_facts_and_reports(
    spec_path: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The spec goes in, the facts lie where the check looks for them, progress is ffmpeg's."""
    facts = {"frames": 70, "bytes": 1, "streams": []}

    def sew(spec: JoinSpec, report: Callable[[int], None]) -> dict[str, Any]:
        assert spec == SPEC
        report(30)
        report(60)
        return facts

    monkeypatch.setattr(mux, "join", sew)
    assert main(["join", spec_path]) == 0
    assert json.loads(Path(facts_path(spec_path)).read_text()) == facts
    assert reports(capsys.readouterr().out) == [(30, False), (60, False), (70, True)]


def test_a_check_is_handed_the_spec_and_its_place(
    spec_path: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that it finds the facts; progress counts the frames that it decoded."""

    def check(spec: JoinSpec, path: str, report: Callable[[int], None]) -> None:
        assert (spec, path) == (SPEC, spec_path)
        report(100)

    monkeypatch.setattr(importlib.import_module("suture.verify"), "publish", check)
    assert main(["publish", spec_path]) == 0
    assert reports(capsys.readouterr().out) == [(100, False), (100, True)]


def test_a_check_that_fails_ends_with_its_own_code(
    spec_path: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """4, and no report of an end."""

    def check(*_: object) -> None:
        raise VerificationError("frame 3 is missing")

    monkeypatch.setattr(importlib.import_module("suture.verify"), "publish", check)
    assert main(["publish", spec_path]) == 4
    out, err = capsys.readouterr()
    assert "frame 3 is missing" in err
    assert reports(out) == []


def test_a_spec_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By name, before anything is written."""
    path = tmp_path / "join.json"
    path.write_text("{}")
    assert main(["join", str(path)]) == 2
    assert str(path) in capsys.readouterr().err
    assert not Path(facts_path(str(path))).exists()


def test_an_index_is_written_whole_or_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The frames that were asked for, on the source's clock."""

    def make(path: str, stream: int, output: str) -> None:
        assert (path, stream) == ("in.mkv", 2)
        write_index(index_of(50), output)

    monkeypatch.setattr(index_module, "index_file", make)
    target = str(tmp_path / "index")
    assert main(["index", "in.mkv", "--stream", "2", "-o", target]) == 0
    assert len(read_index(target)) == 50
    assert main(["index", "in.mkv", "--stream", "2", "-o", target, "--first", "10", "--end", "30"]) == 0
    assert list(read_index(target).pts) == list(range(10, 30))


@pytest.mark.parametrize("part", [["--end", "51"], ["--first", "50"], ["--first", "9", "--end", "9"]])
def test_a_part_that_does_not_exist_is_refused(
    part: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A source that changed since the plan was made must not be joined with the wrong times."""
    monkeypatch.setattr(index_module, "index_file", lambda _p, _s, output: write_index(index_of(50), output))
    assert main(["index", "in.mkv", "--stream", "0", "-o", str(tmp_path / "index"), *part]) == 2
    assert "it has 50 frames" in capsys.readouterr().err


def test_a_listing_tells_the_frames_of_a_linear_decode(tmp_path: Path) -> None:
    """Where a script has made one; what is none is refused."""
    listing, target = tmp_path / "film.frames", str(tmp_path / "index")
    listing.write_text("#tb 0: 1/25\n" + "".join(f"0, {n}, {n}, 1, 3600, 0x1\n" for n in range(7)))
    assert main(["index", "in.ts", "--stream", "1", "-o", target, "--listing", str(listing)]) == 0
    assert (len(read_index(target)), read_index(target).stream_index) == (7, 1)
    assert main(["index", "in.ts", "--stream", "1", "-o", target, "--listing", str(tmp_path / "absent")]) == 1


def test_loudness_does_what_its_command_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line that the command makes is read back as the same command; time is what it reports."""
    asked = LoudnessCommand(
        "levels", "./-in.mkv", str(tmp_path / "levels.txt"), -16.0, -2.0, 3, ("a=1", "b=2"), ("c",), 44_100
    )
    made: list[LoudnessCommand] = []

    def write(command: LoudnessCommand, tell: Callable[[int], None]) -> None:
        made.append(command)
        tell(2_500_000)

    monkeypatch.setattr(loudness_module, "write_filters", write)
    assert main(asked.build_args()[1:]) == 0
    assert made == [asked]
    parser = ProgressParser()
    found = [report for line in capsys.readouterr().out.splitlines() if (report := parser.feed(line))]
    assert [(report.out_time_us, report.done) for report in found] == [(2_500_000, False), (2_500_000, True)]
