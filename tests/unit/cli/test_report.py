"""`suture report`: which job is meant, where the page goes, and what is never replaced by one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from records import BEGUN, Story
from suture.jobs import DATABASE
from suture.lock import Lock
from suture.main import main
from suture.orchestrator.store import Store
from suture.verify.publication import look_at_file

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of films, and a cache without jobs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "film.mkv").write_bytes(b"film")
    return tmp_path


@pytest.fixture
def make(films: Path) -> Callable[..., Path]:
    """Gives jobs that have ended: a film, an output, one piece."""

    def job(name: str, output: str = "out.mp4", **facts: Any) -> Path:
        home = films / "cache" / "suture" / "jobs" / name
        home.mkdir(parents=True)
        target = films / output
        target.write_bytes(name.encode())
        story = Story(source=str(films / "film.mkv"), output=str(target)).opened(0).begun(1).piece(0, 1, 5).closed(6)
        past = story.past()
        with Store.open(home / DATABASE) as store:
            for key, value in {**past.facts, "made": look_at_file(str(target)), **facts}.items():
                store.set_fact(key, value)
            store.note("opened", "")
        return home

    return job


def test_it_lies_beside_the_output(films: Path, make: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Under its stem; stdout has the path and nothing else."""
    make("film-1")
    assert main(["report", "out.mp4"]) == 0
    page = films / "out.report.html"
    assert capsys.readouterr().out == f"{page}\n"
    assert page.read_text().startswith("<!doctype html>")
    assert not list(films.glob(".part-*"))


@pytest.mark.parametrize("word", ["film-1", "film-1a", "out.mp4", "./out.mp4", "film.mkv"])
def test_a_job_is_named_in_several_ways(word: str, films: Path, make: Callable[..., Path]) -> None:
    """By its name, the beginning of that, its output, its source."""
    make("film-1a2b")
    assert main(["report", word]) == 0
    assert (films / "out.report.html").exists()


def test_an_output_that_was_moved_is_known(films: Path, make: Callable[..., Path]) -> None:
    """By what it is; also where another job made a file of its first name since."""
    make("film-1")
    (films / "out.mp4").rename(films / "moved.mp4")
    make("film-2", touched=BEGUN)
    assert main(["report", "moved.mp4", "--json", "-o", "page.html"]) == 0
    assert "job film-1," in (films / "page.html").read_text()


def test_of_two_jobs_with_one_output_the_later_is_meant(
    films: Path, make: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """The file is that one's."""
    make("film-1", touched=BEGUN + 5)
    make("film-2", touched=BEGUN)
    (films / "out.mp4").write_bytes(b"another's")
    assert main(["report", "out.mp4", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["job"] == "film-1"
    assert any("is another file now" in note for note in document["notes"])


def test_an_output_that_is_gone_is_said_to_be(
    films: Path, make: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """The record is there all the same."""
    make("film-1")
    (films / "out.mp4").unlink()
    assert main(["report", "out.mp4", "--json"]) == 0
    assert any("is not there any more" in note for note in json.loads(capsys.readouterr().out)["notes"])


def test_what_is_not_known_or_not_clear_is_refused(
    make: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """In words that say what to do."""
    make("film-1a", "a.mp4")
    make("film-1b", "b.mp4")
    assert main(["report", "nothing"]) == 2
    assert main(["report", "film.mkv"]) == 2
    assert main(["report", ""]) == 2
    err = capsys.readouterr().err
    assert "there is no record of a job 'nothing'" in err
    assert "'film.mkv' may be film-1a or film-1b" in err


def test_a_running_job_has_no_report_yet(make: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Its figures would be half of the truth."""
    home = make("film-1", status="running")
    with Lock(home / "lock", "the job"):
        assert main(["report", "film-1"]) == 2
    assert "job film-1 is running" in capsys.readouterr().err


@pytest.mark.parametrize("status", ["failed", "cancelled", "running"])
def test_a_job_that_came_to_nothing_has_one(
    status: str, make: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Failed, stopped, killed."""
    make("film-1", status=status)
    assert main(["report", "film-1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["status"]
    assert told == ("interrupted" if status == "running" else status)


def test_a_page_that_exists_stays(films: Path, make: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Without -y it is refused, with -n it is left; with -y it is replaced."""
    make("film-1")
    page = films / "out.report.html"
    page.write_text("precious")
    assert main(["report", "film-1"]) == 2
    assert main(["report", "film-1", "-n"]) == 0
    assert page.read_text() == "precious"
    assert "stays (-n)" in capsys.readouterr().err
    assert main(["report", "film-1", "-y"]) == 0
    assert page.read_text() != "precious"


@pytest.mark.parametrize("target", ["film.mkv", "out.mp4", "link.mp4"])
def test_no_film_is_replaced_by_a_page(target: str, films: Path, make: Callable[..., Path]) -> None:
    """Neither the source nor the output, under whatever name, whatever was said."""
    make("film-1")
    (films / "link.mp4").symlink_to("out.mp4")
    assert main(["report", "film-1", "-y", "-o", target]) == 2
    assert ((films / "film.mkv").read_bytes(), (films / "out.mp4").read_bytes()) == (b"film", b"film-1")


@pytest.mark.parametrize(("target", "says"), [("none/page.html", "can't be written"), ("cache", "is a folder")])
def test_where_no_page_can_be(
    target: str, says: str, make: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """One line that says so."""
    make("film-1")
    assert main(["report", "film-1", "-o", target]) == 2
    assert says in capsys.readouterr().err


def test_json_writes_no_page_unless_it_is_asked_for(
    films: Path, make: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Stdout is one document either way."""
    make("film-1")
    assert main(["report", "film-1", "--json"]) == 0
    assert not list(films.glob("*.html"))
    first = json.loads(capsys.readouterr().out)
    assert main(["report", "film-1", "--json", "-o", "page.html"]) == 0
    assert (films / "page.html").exists()
    assert json.loads(capsys.readouterr().out).keys() == first.keys()


def test_a_record_that_can_not_be_read_is_said_to_be(
    make: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is made up of it."""
    home = make("film-1")
    (home / DATABASE).write_bytes(b"garbage" * 1000)
    os.utime(home, (0, 0))
    assert main(["report", "film-1"]) == 2
    assert "can't be read" in capsys.readouterr().err


def test_a_name_that_is_no_text(films: Path, make: Callable[..., Path]) -> None:
    """A byte that is no Unicode, a line end, a quote: found, and the page lies beside it."""
    name = os.fsdecode(b"o\xff\n'\"<b>.mp4")
    make("film-1", name)
    assert main(["report", name]) == 0
    (page,) = films.glob("*.report.html")
    assert Path(page).name == os.fsdecode(b"o\xff\n'\"<b>.report.html")
