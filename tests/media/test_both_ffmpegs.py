"""The two ffmpegs of this machine, where there are two: found, asked, run and understood."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from suture.command.base import RunContext, run_command_line
from suture.errors import CommandFailed, DiskFull
from suture.ffmpeg.capabilities import capabilities
from suture.ffmpeg.locate import locate

if TYPE_CHECKING:
    from pathlib import Path

    from suture.ffmpeg.progress import Progress

pytestmark = pytest.mark.media

BINARIES = sorted({path for path in (locate(), shutil.which("ffmpeg")) if path})
LAVFI = ["-f", "lavfi", "-i", "testsrc2=size=128x96:rate=25:duration=2"]


@pytest.fixture(params=BINARIES)
def ffmpeg(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A real one."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return str(request.param)


def test_it_has_what_every_build_has(ffmpeg: str) -> None:
    """Capabilities of the real thing make sense."""
    found = capabilities(ffmpeg)
    assert found.version_tuple >= (4, 0)
    assert {"ffv1", "aac"} <= set(found.encoders)
    assert {"scale", "aresample"} <= found.filters
    assert {"matroska", "mp4", "null"} <= found.muxers
    assert "yuv420p" in found.encoder_pix_fmts("ffv1")


def test_progress_counts_the_frames(ffmpeg: str, tmp_path: Path) -> None:
    """The last report holds all frames and says that it is the last; positions never fall."""
    seen: list[Progress] = []
    argv = [ffmpeg, "-nostdin", "-nostats", "-progress", "pipe:1", *LAVFI, "-c:v", "ffv1", "file:out.mkv"]
    argv[-1] = f"file:{tmp_path / 'out.mkv'}"
    finished, last = run_command_line(argv, RunContext(on_progress=seen.append), "v0")
    assert last is not None
    assert (last.frame, last.done) == (50, True)
    assert [report.position for report in seen] == sorted(report.position for report in seen)
    assert finished.peak_memory_bytes > 5_000_000
    assert finished.cpu_seconds > 0


def test_a_full_disk_is_an_error_even_with_exit_code_0(ffmpeg: str) -> None:
    """A file whose end could not be written is not taken for a success."""
    argv = [ffmpeg, "-nostdin", "-y", *LAVFI, "-c:v", "ffv1", "-t", "0.2", "-f", "matroska", "/dev/full"]
    with pytest.raises(DiskFull):
        run_command_line(argv, RunContext(), "v0")


def test_a_wrong_option_is_not_worth_a_second_try(ffmpeg: str, tmp_path: Path) -> None:
    """The error carries command, exit code, the lines that matter, and that it will last."""
    argv = [ffmpeg, "-nostdin", *LAVFI, "-c:v", "nosuchencoder", str(tmp_path / "out.mkv")]
    with pytest.raises(CommandFailed, match="v0 failed: this ffmpeg does not have this encoder") as caught:
        run_command_line(argv, RunContext(), "v0")
    assert not caught.value.retryable
    assert caught.value.command == tuple(argv)
    assert caught.value.returncode
    assert "nosuchencoder" in caught.value.stderr
    assert "configuration" not in caught.value.stderr
