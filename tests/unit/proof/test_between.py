"""What stands between two files: what was told, or what the job that made the output has written down."""

from __future__ import annotations

import json
import os
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from suture.jobs import DATABASE, job_name
from suture.model import MediaInfo
from suture.orchestrator.store import Store
from suture.places import jobs_folder
from suture.proof import Between
from suture.proof.between import told_by_job
from suture.settings import EncodeSettings
from suture.settings_json import settings_as_json
from suture.verify.clocks import Span
from suture.verify.part_file import look_at_file


def info(start_us: int = 0) -> MediaInfo:
    """A source."""
    return MediaInfo("in.mkv", "matroska,webm", 1, start_us, None, ())


def test_a_cut_moves_everything_to_zero() -> None:
    """Counted from where the source begins."""
    span = Between(EncodeSettings(start=Fraction(2), end=Fraction(5))).span(info(1_400_000))
    assert (span.start, span.end, span.shift) == (Fraction(17, 5), Fraction(32, 5), Fraction(-17, 5))
    whole = Between().span(info(1_400_000))
    assert whole == Span()


def test_filters_are_those_that_an_encode_runs() -> None:
    """The user's, then the size."""
    assert Between(EncodeSettings(video_filter="hflip", scale="320:-2")).filters == "hflip,scale=320:-2"
    assert Between().filters == ""


def test_only_what_matters_here_is_told() -> None:
    """How it was encoded is seen in the file."""
    assert Between(EncodeSettings(video_codec="libsvtav1", crf=30.0, workers=3)).told() == ""
    assert Between(EncodeSettings(video_codec="none")).told() == "-c:v none"
    told = Between(EncodeSettings(start=Fraction(3, 2), maps=("0:v", "0:a:1"))).told()
    assert told == "--start 1.5, --map 0:v 0:a:1"
    assert Between(EncodeSettings(audio_codec="aac", loudness=-16.0)).told() == "--loudness -16.0"


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """A finished job's record; gives the names of its source and its output."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    source, output = tmp_path / "in.mkv", tmp_path / "out.mp4"
    output.write_bytes(bytes(100))
    home = jobs_folder() / job_name(str(source), str(output))
    home.mkdir(parents=True)
    facts: dict[str, Any] = {
        "status": "done",
        "settings": settings_as_json(EncodeSettings(scale="64:48", no_loss=True)),
        "report": {"bytes": 100},
        "ended": time.time(),
    }
    with Store.open(home / DATABASE) as store:
        for key, value in json.loads(json.dumps(facts)).items():
            store.set_fact(key, value)
        store.commit()
    return str(source), str(output)


def test_a_jobs_own_settings_are_used(job: tuple[str, str]) -> None:
    """And it is said whose they are."""
    told = told_by_job(*job)
    assert told is not None
    assert told.is_ours
    assert told.settings.scale == "64:48"
    assert "the job in-" in told.note


def test_a_file_that_took_the_outputs_place_is_a_strangers(job: tuple[str, str], tmp_path: Path) -> None:
    """Of the same size and date, but not the one that the job has published: by its inode."""
    source, output = job
    home = jobs_folder() / job_name(source, output)
    with Store.open(home / DATABASE) as store:
        store.set_fact("made", look_at_file(output))
        store.commit()
    assert told_by_job(source, output) is not None

    other = tmp_path / "other.mp4"
    other.write_bytes(bytes(100))
    date = Path(output).stat().st_mtime_ns
    os.utime(other, ns=(date, date))
    other.replace(output)
    assert told_by_job(source, output) is None


def test_a_file_that_is_not_the_jobs_any_more_is_a_strangers(job: tuple[str, str]) -> None:
    """Of another size, or younger than the job's end; and there is no job for other names."""
    source, output = job
    later = time.time() + 60
    os.utime(output, (later, later))
    assert told_by_job(source, output) is None
    Path(output).write_bytes(bytes(99))
    assert told_by_job(source, output) is None
    assert told_by_job(output, source) is None
