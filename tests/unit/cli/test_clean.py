"""`suture clean`: what goes, and what never does."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

import pytest

from suture.cli import clean
from suture.main import main

if TYPE_CHECKING:
    from pathlib import Path

NO_SUCH_PID = 2**22 + 12345


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty jobs folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "suture" / "jobs"
    folder.mkdir(parents=True)
    return folder


def make(jobs: Path, name: str, pid: object, started: float | None = None) -> Path:
    """A job folder with a piece in it."""
    folder = jobs / name
    folder.mkdir()
    (folder / "piece.mkv").write_bytes(b"x" * 2**20)
    started = time.time() if started is None else started
    (folder / "job.json").write_text(json.dumps({"pid": pid, "started": started}), encoding="utf-8")
    return folder


def test_dead_jobs_go_and_living_ones_stay(jobs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The folder of this very process stays; that of a process that is gone is removed and counted."""
    alive, dead = make(jobs, "alive", os.getpid()), make(jobs, "dead", NO_SUCH_PID)
    assert main(["clean"]) == 0
    assert alive.is_dir()
    assert not dead.exists()
    assert "1 job, 1.0 MiB freed" in capsys.readouterr().out


def test_a_dry_run_removes_nothing(jobs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It lists what would go."""
    dead = make(jobs, "dead", NO_SUCH_PID)
    assert main(["clean", "--dry-run"]) == 0
    assert (dead / "piece.mkv").is_file()
    assert str(dead) in capsys.readouterr().out


def test_a_reused_process_number_is_no_living_job(jobs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that began long after the job was written is not the job's."""
    monkeypatch.setattr(clean, "_process_begin", lambda _: 10_000.0)
    old, young = (
        make(jobs, "old", os.getpid(), started=1000.0),
        make(jobs, "young", os.getpid(), started=9990.0),
    )
    assert main(["clean"]) == 0
    assert not old.exists()
    assert young.is_dir()


def test_a_folder_that_is_being_made_stays(jobs: Path) -> None:
    """Without job.json, or with half of it, a folder counts as abandoned only once it is an hour old."""
    fresh, stale = jobs / "fresh", jobs / "stale"
    fresh.mkdir()
    (fresh / "job.json").write_text('{"pid":', encoding="utf-8")
    stale.mkdir()
    os.utime(stale, (time.time() - 7200,) * 2)
    assert main(["clean"]) == 0
    assert fresh.is_dir()
    assert not stale.exists()


def test_a_link_is_not_followed(jobs: Path, tmp_path: Path) -> None:
    """What it points at is not ours."""
    precious = tmp_path / "precious"
    precious.mkdir()
    os.utime(precious, (0, 0))
    (jobs / "link").symlink_to(precious)
    assert main(["clean"]) == 0
    assert precious.is_dir()


def test_no_cache_folder_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing to clean is success."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "none"))
    assert main(["clean"]) == 0


def test_a_process_began_before_now() -> None:
    """Where the system tells, this process began in the past and after the machine did."""
    begin = clean._process_begin(os.getpid())
    if begin is None:
        pytest.skip("this system does not tell when a process began")
    assert 0 < begin <= time.time() + 2
