"""`suture clean` and `suture resume`: what goes, what never does, and what is listed."""

from __future__ import annotations

import json
import os
import time
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from suture.errors import ConfigError
from suture.joblist import record_of
from suture.jobs import DATABASE, job_name
from suture.lock import Lock
from suture.main import main
from suture.orchestrator.store import Store
from suture.places import trials_folder
from suture.settings import EncodeSettings
from suture.settings_json import changes, settings_as_json, settings_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty jobs folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "suture" / "jobs"
    folder.mkdir(parents=True)
    return folder


def make(jobs: Path, name: str, **facts: Any) -> Path:
    """A job that was interrupted, with a piece of one mebibyte."""
    home = jobs / name
    (home / "work").mkdir(parents=True)
    (home / "work" / "piece.mkv").write_bytes(b"x" * 2**20)
    said = {"job": name, "status": "running", "source": f"/films/{name}.mkv", "output": f"/out/{name}.mp4", **facts}
    with Store.open(home / DATABASE) as store:
        for key, value in said.items():
            store.set_fact(key, value)
        store.commit()
    return home


def test_dead_jobs_go_and_living_ones_stay(jobs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The one that a process has locked stays; one that nobody works on is removed and counted."""
    alive, dead = make(jobs, "alive"), make(jobs, "dead")
    with Lock(alive / "work" / "lock", "the job"):
        assert main(["clean"]) == 0
    assert alive.is_dir()
    assert not dead.exists()
    out = capsys.readouterr().out
    assert f"kept     {alive} (running)" in out
    assert "1 job, 1." in out


def test_a_dry_run_removes_nothing(jobs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It lists what would go."""
    dead = make(jobs, "dead")
    assert main(["clean", "--dry-run"]) == 0
    assert (dead / "work" / "piece.mkv").is_file()
    assert f"would go {dead}" in capsys.readouterr().out


def test_unfinished_jobs_can_be_spared(jobs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --finished, what could be resumed stays, and the record of what is done goes."""
    left, done = make(jobs, "left"), make(jobs, "done", status="done")
    monkeypatch.setattr(Store, "glance", staticmethod(with_counts(Store.glance)))
    assert main(["clean", "--finished"]) == 0
    assert left.is_dir()
    assert not done.exists()


def with_counts(glance: Any) -> Any:
    """As if three of five tasks were done, in every job."""

    def seen(path: Path) -> Any:
        told = glance(path)
        return type(told)(told.facts, type(told.counts)(3, 5))

    return seen


def test_what_searches_have_measured_goes_with_what_can_be_resumed(
    jobs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And is spared with it."""
    del jobs
    trials_folder().mkdir(parents=True)
    points = trials_folder() / "0123.jsonl"
    points.write_text("x" * 2**21)
    assert main(["clean", "--finished"]) == 0
    assert main(["clean", "--dry-run"]) == 0
    assert points.exists()
    capsys.readouterr()
    assert main(["clean"]) == 0
    assert not points.exists()
    assert f"removed  {trials_folder()} (2.0 MiB)" in capsys.readouterr().out


def test_pieces_elsewhere_go_with_their_job(jobs: Path, tmp_path: Path) -> None:
    """What --work-dir has put aside is removed, too, but only a folder that bears the job's name."""
    mine, precious = tmp_path / "scratch" / "apart", tmp_path / "precious"
    mine.mkdir(parents=True)
    precious.mkdir()
    make(jobs, "apart", folder=str(mine))
    make(jobs, "odd", folder=str(precious))
    assert main(["clean"]) == 0
    assert not mine.exists()
    assert precious.is_dir()


def test_a_folder_that_is_being_made_stays(jobs: Path) -> None:
    """Without a database a folder is removed only once it has stood there for a while."""
    fresh, stale = jobs / "fresh", jobs / "stale"
    fresh.mkdir()
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
    """Nothing to clean, and nothing to list, is success."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "none"))
    assert main(["clean"]) == 0
    assert main(["resume"]) == 0


def test_unfinished_jobs_are_listed(jobs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not those that are done; how far each is, and whether it runs now."""
    make(jobs, "done", status="done")
    alive = make(jobs, "alive")
    make(jobs, "failed", status="failed")
    with Lock(alive / "work" / "lock", "the job"):
        assert main(["resume"]) == 0
        assert main(["resume", "--json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("alive: 0 of 0 tasks done, running now, last run ")
    assert lines[2].startswith("failed: 0 of 0 tasks done, failed, last run ")
    assert lines[3].strip() == "/films/failed.mkv → /out/failed.mp4"
    told = [json.loads(line) for line in lines[4:]]
    assert [(job["job"], job["running"]) for job in told] == [("alive", True), ("failed", False)]


@pytest.mark.parametrize("name", ["film-1", "/out/film-1.mp4", "/films/film-1.mkv", "film-1a"])
def test_a_job_is_named_in_several_ways(jobs: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """By its name, the beginning of it where that is clear, its output or its source: here it is found, and refused."""
    make(jobs, "film-1", settings={"crf": "no number at all"})
    make(jobs, "film-1a2b", settings={"crf": "no number at all"})
    assert main(["resume", name]) == 1
    assert "with settings that this one does not know" in capsys.readouterr().err


def test_what_is_not_there_or_not_clear_is_refused(jobs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the names that were meant, perhaps."""
    make(jobs, "film-1a")
    make(jobs, "film-2b")
    assert main(["resume", "nothing"]) == 2
    assert main(["resume", "film"]) == 2
    err = capsys.readouterr().err
    assert "no unfinished job 'nothing'" in err
    assert "film-1a or film-2b" in err


def test_a_job_is_a_source_and_an_output(tmp_path: Path) -> None:
    """Under whatever name these are called; another output is another job."""
    film = tmp_path / "a film.mkv"
    film.touch()
    (tmp_path / "link.mkv").symlink_to(film)
    name = job_name(str(film), str(tmp_path / "o.mp4"))
    assert name.startswith("a_film-")
    assert job_name(str(tmp_path / "link.mkv"), str(tmp_path / "." / "o.mp4")).rpartition("-")[2] == name[-8:]
    assert job_name(str(film), str(tmp_path / "p.mp4")) != name


def test_settings_come_back_as_they_were(jobs: Path) -> None:
    """Through JSON: fractions, pairs and lists; what this version does not allow is None."""
    asked = EncodeSettings(
        crf=21.5,
        start=None,
        end=Fraction(4, 3),
        encoder_options=(("tune", "grain"),),
        subtitle_files=(("a.srt", None),),
        maps=("0:v",),
    )
    home = make(jobs, "film", settings=settings_as_json(asked))
    facts = record_of(home).facts
    assert settings_of(facts) == asked
    assert settings_of({"settings": {**facts["settings"], "chunking": "by moonlight"}}) is None
    assert settings_of({}) is None


def test_changes_are_told_by_their_options() -> None:
    """Only of what makes another output; how many workers do it is no change."""
    before = EncodeSettings(crf=20.0, workers=2)
    now = EncodeSettings(crf=24.0, workers=4, audio_codec="aac", max_retries=5)
    assert changes(before, now) == ["--crf 20.0 → 24.0", "-c:a copy → aac"]
    assert changes(now, now) == []


def test_settings_that_are_no_settings_are_an_error_of_ours() -> None:
    """The check above is EncodeSettings' own."""
    with pytest.raises(ConfigError):
        EncodeSettings(chunking="by moonlight")
