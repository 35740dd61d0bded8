"""The stand-in for ffmpeg does what its orders say; else the tests that use it would prove nothing."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from suture.command.base import RunContext, run_command_line
from suture.errors import CommandFailed
from suture.ffmpeg.capabilities import capabilities
from suture.process import Finished, run

pytestmark = pytest.mark.fault

FAKE = Path(__file__).parents[1] / "fake_ffmpeg.py"


def fake(orders: str, *args: str) -> Finished:
    """Run it."""
    argv = [sys.executable, "-S", "-E", str(FAKE), *args]
    return run(argv, env={**os.environ, "FAKE_FFMPEG": orders})


def test_success_writes_the_output(tmp_path: Path) -> None:
    """So many bytes at the last argument, exit code 0."""
    out = tmp_path / "out.mkv"
    assert fake("size=2000", "-i", "x", f"file:{out}").returncode == 0
    assert out.stat().st_size == 2000


def test_a_short_file_and_exit_code_0(tmp_path: Path) -> None:
    """The lie that FIELD-NOTES 1 tells of."""
    out = tmp_path / "out.mkv"
    assert fake("size=1", str(out)).returncode == 0
    assert out.stat().st_size == 1


@pytest.mark.parametrize(
    ("orders", "returncode", "written"),
    [
        ("exit=7", 7, True),
        ('{"exit": 7, "no_output": true}', 7, False),
        ("signal=KILL", -signal.SIGKILL, True),
        ("signal=SIGSEGV", -signal.SIGSEGV, True),
        ("no_output signal=6", -signal.SIGABRT, False),
    ],
)
def test_other_ends(orders: str, returncode: int, tmp_path: Path, *, written: bool) -> None:
    """Exit codes and signals, with and without an output."""
    out = tmp_path / "out.mkv"
    assert fake(orders, str(out)).returncode == returncode
    assert out.exists() is written


def test_it_records_and_gets_better(tmp_path: Path) -> None:
    """The arguments of every run are kept; after ``until`` failures it succeeds."""
    record, out = tmp_path / "record", str(tmp_path / "out.mkv")
    ends = [fake(f"record={record} until=2 exit=1", "-i", "a b", out).returncode for _ in range(3)]
    assert ends == [1, 1, 0]
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    assert [line["attempt"] for line in lines] == [1, 2, 3]
    assert lines[0]["argv"] == ["-i", "a b", out]


def test_progress_and_stderr_are_read_as_ffmpegs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its reports parse, its last words are diagnosed."""
    frames: list[int] = []
    context = RunContext(on_progress=lambda report: frames.append(report.frame))
    argv = [sys.executable, str(FAKE), str(tmp_path / "out.mkv")]
    monkeypatch.setenv("FAKE_FFMPEG", "progress=4 frames=100")
    _, last = run_command_line(argv, context, "v0")
    assert frames == [25, 50, 75, 100]
    assert last is not None
    assert last.done
    monkeypatch.setenv("FAKE_FFMPEG", '{"stderr": "Unknown encoder \'x\'", "exit": 1}')
    with pytest.raises(CommandFailed, match="does not have this encoder"):
        run_command_line(argv, context, "v0")


def test_it_passes_for_an_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for its capabilities, it answers, and writes no file called ``-version``."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    found = capabilities(str(FAKE))
    assert found.version_tuple == (9, 0, 2)
    assert found.encoder_pix_fmts("libx264")[0] == "yuv420p"
    assert found.encoder_pix_fmts("libx265") == ()
    assert [path.name for path in tmp_path.iterdir()] == ["suture"]


def now_and_then(state: Path, orders: dict[str, list[str]], *args: str) -> tuple[int, str]:
    """Run it in front of a real program, which is ``echo``; the exit code, and what was echoed."""
    heard: list[str] = []

    def hear(line: str) -> bool:
        heard.append(line)
        return True

    told = json.dumps({"real": "/bin/echo", "state": str(state), "orders": orders})
    argv = [sys.executable, "-S", "-E", str(FAKE), *args]
    done = run(argv, env={**os.environ, "FAKE_FFMPEG": told}, on_stdout=hear)
    return done.returncode, " ".join(heard)


def test_the_real_one_runs_unless_there_are_orders(tmp_path: Path) -> None:
    """Each run of a named output has its own; questions and other outputs pass, with all arguments."""
    orders = {"v1": ["no_output exit=3", "cut=5", "well"]}
    part = f"file:{tmp_path}/.part-v1.mkv"
    assert now_and_then(tmp_path, orders, "-version") == (0, "-version")
    assert now_and_then(tmp_path, orders, "-i", "a b", "v2.mkv") == (0, "-i a b v2.mkv")
    found = [now_and_then(tmp_path, orders, "-i", "x", part) for _ in range(4)]
    assert found == [
        (3, ""),
        (0, f"-i x -frames:v 5 -frames:a 5 {part}"),
        (0, f"-i x {part}"),
        (0, f"-i x {part}"),
    ]


def test_for_ever(tmp_path: Path) -> None:
    """The last orders before ``always`` hold for all further runs."""
    orders = {"v1": ["well", "no_output exit=3", "always"]}
    assert [now_and_then(tmp_path, orders, "v1.mkv")[0] for _ in range(4)] == [0, 3, 3, 3]


def test_garbage_is_random(tmp_path: Path) -> None:
    """As long as told, and not the same twice."""
    out = tmp_path / "v1.mkv"
    seen = set()
    for _ in range(2):
        assert now_and_then(tmp_path, {"v1": ["garbage=500", "always"]}, str(out))[0] == 0
        seen.add(out.read_bytes())
    assert [len(data) for data in seen] == [500, 500]
