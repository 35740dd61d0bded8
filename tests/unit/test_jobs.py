"""Jobs on disk: how a run finds what the last one left, and what is left of each."""

from __future__ import annotations

from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from small_job import SmallJob, quick_folder
from suture.claim import bury, open_job
from suture.errors import CommandCancelled, CommandFailed, ConfigError, ResumeError
from suture.joblist import all_jobs, record_of
from suture.jobs import DATABASE, Job, job_name, output_lock, spec_path, work_folder
from suture.orchestrator.store import Store
from suture.places import jobs_folder
from suture.settings import EncodeSettings
from suture.settings_json import changes, settings_as_json, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS = EncodeSettings(crf=20.0)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a film, and a cache of its own."""
    with quick_folder(tmp_path) as folder:
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        monkeypatch.chdir(folder)
        (folder / "film.mkv").write_bytes(b"film" * 1000)
        yield folder


@contextmanager
def opened(place: Path, settings: EncodeSettings = SETTINGS, output: str = "out.mkv") -> Iterator[Job]:
    """The job of the film."""
    with open_job(str(place / "film.mkv"), str(place / output), settings, lambda: None) as job:
        yield job


def work(job: Job, tasks: int = 2) -> None:
    """Do some of a job's tasks."""
    small = SmallJob(Path(job.folder))
    job.store.begin(small.dag())
    for task in small.names[:tasks]:
        small.do(job.store, task)


def fail(place: Path, error: Exception, tasks: int = 2, settings: EncodeSettings = SETTINGS) -> list[str]:
    """A run that does some tasks and fails; gives what was said."""
    said: list[str] = []
    with pytest.raises(type(error)), opened(place, settings) as job, job.ending(said.append):  # noqa: PT012 - it is one
        work(job, tasks)
        raise error
    return said


def files(folder: Path) -> list[str]:
    """What lies in a folder, at any depth."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


class TestName:
    """A job is a source and an output."""

    def test_the_same_command_finds_the_same_job(self, place: Path) -> None:
        """However the two are written."""
        name = job_name("film.mkv", "out.mkv")
        assert job_name(str(place / "film.mkv"), "./out.mkv") == name
        assert job_name("film.mkv", "other.mkv") != name
        assert job_name("other.mkv", "out.mkv") != name
        assert name.startswith("film-")

    @pytest.mark.parametrize("source", ["a b/ü'\n%.mkv", "..mkv", "x" * 200 + ".mkv", "\udcff.mkv", "http://h/p?q=1"])
    def test_it_is_a_name_for_a_folder(self, source: str, place: Path) -> None:
        """One that needs no quotes in a shell, whatever the film is called."""
        name = job_name(source, "out.mkv")
        assert name == name.strip()
        assert not set(name) & set("/\n '\"%?$&")
        assert not name.startswith(".")
        assert len(name) < 60
        (place / name).mkdir()

    @pytest.mark.usefixtures("place")
    def test_where_pieces_lie(self) -> None:
        """In the cache, or under --work-dir."""
        name = job_name("film.mkv", "out.mkv")
        assert work_folder("film.mkv", "out.mkv", SETTINGS) == jobs_folder() / name / "work"
        assert work_folder("film.mkv", "out.mkv", EncodeSettings(work_dir="/w")) == Path("/w", name)


class TestKept:
    """With resume, which is the default."""

    def test_a_failed_run_leaves_what_it_did(self, place: Path) -> None:
        """And says how to go on; the next run finds it, with the settings of then."""
        (said,) = fail(place, CommandFailed("oh"))
        assert "2 of 5 tasks are done and kept" in said
        assert f"suture resume {job_name('film.mkv', 'out.mkv')}" in said
        with opened(place, EncodeSettings(crf=24.0)) as job:
            assert job.before == SETTINGS
            assert len(job.store.results()) == 2
            assert not job.replaced

    def test_a_stopped_run_says_it_in_its_error(self, place: Path) -> None:
        """There is one line to read, and it is the last."""
        error = CommandCancelled("stopped")
        assert fail(place, error) == []
        assert "2 of 5 tasks are done and kept" in error.hint

    def test_a_run_that_did_nothing_leaves_nothing(self, place: Path) -> None:
        """Nothing of it could be used."""
        assert fail(place, ConfigError("no"), tasks=0) == []
        assert list(jobs_folder().iterdir()) == []

    def test_pieces_without_a_database_are_worth_something(self, place: Path) -> None:
        """A run that fails early, after the database was lost, does not take the sealed pieces with it."""
        fail(place, CommandFailed("oh"))
        (record,) = all_jobs()
        (record.home / DATABASE).unlink()
        with pytest.raises(ConfigError), opened(place) as job, job.ending(lambda _text: None):
            raise ConfigError("the film's disk is not there today")
        assert "work/p0.mkv" in files(record.home)
        assert "work/p0.mkv.seal" in files(record.home)

    def test_a_finished_run_leaves_a_record(self, place: Path) -> None:
        """And no piece; there is nothing to resume."""
        with opened(place) as job, job.ending(lambda _text: None):
            work(job)
        (record,) = all_jobs()
        assert files(record.home) == [DATABASE]
        assert (record.facts["status"], record.unfinished) == ("done", False)
        with opened(place) as job:
            assert job.before is None

    def test_keep_work(self, place: Path) -> None:
        """The pieces stay, and are used by the next run."""
        with opened(place, EncodeSettings(crf=20.0, keep_work=True)) as job, job.ending(lambda _text: None):
            work(job)
        (record,) = all_jobs()
        assert "work/p0.mkv" in files(record.home)
        with opened(place) as job:
            assert job.before is not None

    def test_what_a_finished_run_published_is_withdrawn(self, place: Path) -> None:
        """Once it has said that it is done, nobody may take the output for the work of a run that was killed."""
        keeping = EncodeSettings(crf=20.0, keep_work=True)
        announced = Path(f"{spec_path(work_folder('film.mkv', 'out.mkv', SETTINGS))}.published")
        with opened(place, keeping) as job, job.ending(lambda _text: None):
            announced.write_text("[]")
        assert not announced.exists()

    def test_killed_between_done_and_the_end(self, place: Path) -> None:
        """What the report of the output needs is still there, and so is the knowledge of what was done."""
        announced = Path(f"{spec_path(work_folder('film.mkv', 'out.mkv', SETTINGS))}.published")
        with opened(place) as job:
            job.note(status="done", keep_work=False, mark=7)
            announced.write_text("[]")
            (announced.parent / "join.json.lost").write_text("[]")
            kept = {path: path.read_bytes() for path in place.rglob("*") if path.is_file() and path.name != "lock"}
        for path, data in kept.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        with opened(place) as job:
            assert job.store.facts()["mark"] == 7
            assert announced.exists()

    def test_what_is_left_of_one_that_was_killed_at_its_very_end(self, place: Path) -> None:
        """Locks and a rest in the work folder go; the record, and what a living run holds, stay."""
        with opened(place) as job, job.ending(lambda _text: None):
            bury("film.mkv", "out.mkv", SETTINGS)
            assert list(place.glob(".suture-*"))
        work = work_folder("film.mkv", "out.mkv", SETTINGS)
        work.mkdir()
        for stale in (work / "join.json.lost", work / "lock", output_lock("out.mkv")):
            stale.write_text("")
        bury("film.mkv", "out.mkv", SETTINGS)
        assert not work.exists()
        assert not list(place.glob(".suture-*"))
        assert record_of(work.parent).facts["status"] == "done"

    def test_another_film_under_the_same_name(self, place: Path) -> None:
        """It is noticed."""
        fail(place, CommandFailed("oh"))
        (place / "film.mkv").write_bytes(b"Film" * 1000)
        with opened(place) as job:
            assert job.replaced

    def test_one_run_at_a_time(self, place: Path) -> None:
        """Also of two films that become the same output."""
        (place / "other.mkv").write_bytes(b"other")
        with opened(place):
            with pytest.raises(ResumeError, match="another run"), opened(place):
                pass
            with pytest.raises(ResumeError, match="another run"):  # noqa: SIM117 - one line each
                with open_job(str(place / "other.mkv"), str(place / "out.mkv"), SETTINGS, lambda: None):
                    pass
            with opened(place, output="another.mkv"):
                pass
        assert not list(place.glob(".suture-*"))

    def test_one_run_makes_an_output_whatever_its_cache(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A cron job beside its user, two containers: the lock lies where they meet."""
        with opened(place):
            monkeypatch.setenv("XDG_CACHE_HOME", str(place / "another"))
            with pytest.raises(ResumeError, match="another run"), opened(place):
                pass

    def test_swept(self, place: Path) -> None:
        """Parts, and pieces that the plan does not have, go with their seals; indexes and logs stay."""
        with opened(place) as job:
            names = (".part-a.mkv", "a.mkv", "a.mkv.seal", "b.mkv", "b.mkv.seal", "c.m4a", "video-0.index", "a.log")
            for name in names:
                Path(job.folder, name).touch()
            job.sweep({"a.mkv"})
            assert files(Path(job.folder)) == ["a.log", "a.mkv", "a.mkv.seal", "lock", "video-0.index"]

    def test_what_the_pieces_were_planned_for(self, place: Path) -> None:
        """It survives the loss of the database, and counts only while there are pieces."""
        with opened(place) as job:
            job.plan({"cores": 7})
            assert job.planned == {}
            work(job)
            assert job.planned == {"cores": 7}
        (record,) = all_jobs()
        (record.home / DATABASE).unlink()
        with opened(place) as job:
            assert job.planned == {"cores": 7}

    def test_when_it_was_worked_on_is_kept(self, place: Path) -> None:
        """Each run writes down that it began, and how it ended; what was killed did not."""
        fail(place, CommandFailed("oh"))
        with pytest.raises(KeyboardInterrupt), opened(place) as job, job.ending(lambda _text: None):
            raise KeyboardInterrupt
        with opened(place) as job, job.ending(lambda _text: None):
            work(job)
        past = Store.past(jobs_folder() / job.name / DATABASE)
        assert past is not None
        told = [(note.kind, note.text) for note in past.events if note.kind in {"opened", "closed"}]
        assert told == [("opened", ""), ("closed", "failed"), ("opened", ""), ("opened", ""), ("closed", "done")]

    def test_since_when_the_plan_is_this_one(self, place: Path) -> None:
        """An outline of the same tasks is that of the earlier run; other cuts count from the next run on."""
        first = {"tasks": {"video-0": ("picture", "cpu", 0, 0, 9, 0.0, 1.5)}, "frames": 9}
        with opened(place) as job:
            job.describe(first)
            assert job.store.facts()["outline"]["since"] == 1
            work(job)
            job.describe({**first, "frames": 10})
            assert (job.store.facts()["outline"]["since"], job.store.facts()["outline"]["frames"]) == (1, 10)
            job.describe({"tasks": {"video-0": ("picture", "cpu", 0, 0, 8, 0.0, 1.5)}})
            assert job.store.facts()["outline"]["since"] == 2


class TestThrownAway:
    """Without resume."""

    @pytest.mark.parametrize("error", [None, CommandFailed("oh"), KeyboardInterrupt()])
    def test_nothing_is_left(self, error: BaseException | None, place: Path) -> None:
        """However it ends; and the job that could be resumed is neither used nor touched."""
        fail(place, CommandFailed("oh"))
        before = files(jobs_folder())
        try:
            with opened(place, EncodeSettings(resume=False)) as job:
                assert not job.store.results()
                work(job)
                if error:
                    raise error
        except (CommandFailed, KeyboardInterrupt):
            assert error
        assert files(jobs_folder()) == before

    def test_nobody_is_told_to_go_on(self, place: Path) -> None:
        """There is nothing to go on with."""
        assert fail(place, CommandFailed("oh"), settings=EncodeSettings(resume=False)) == []


class TestLists:
    """Jobs from outside."""

    def test_a_record(self, place: Path) -> None:
        """What people ask: how far, of what, and whether it runs."""
        fail(place, CommandFailed("oh"))
        (record,) = all_jobs()
        assert (record.done, record.total, record.alive, record.unfinished) == (2, 5, False, True)
        assert record.facts["source"] == str(place / "film.mkv")
        with opened(place):
            assert record_of(record.home).alive

    @pytest.mark.usefixtures("place")
    def test_a_folder_that_is_no_job(self) -> None:
        """It is listed, and nothing is known of it."""
        (jobs_folder() / "x").mkdir(parents=True)
        (jobs_folder() / "x" / DATABASE).write_text("garbage")
        (record,) = all_jobs()
        assert (record.facts, record.unfinished) == ({}, False)


class TestSettings:
    """Settings as the job keeps them."""

    def test_round_trip(self) -> None:
        """What was asked for comes back as it was."""
        settings = EncodeSettings(
            crf=18.5,
            encoder_options=(("a", "1"), ("b", "2")),
            start=Fraction(1, 3),
            subtitle_files=(("x.srt", None),),
            maps=("0:v",),
        )
        assert settings_of({"settings": settings_as_json(settings)}) == settings

    @pytest.mark.parametrize("told", [None, [], {"crf": "no"}, {"crf": -4}, {"start": "1/0"}, {"chunking": "moods"}])
    def test_what_is_not_allowed_now(self, told: object) -> None:
        """Settings of another version that this one does not take are none."""
        assert settings_of({"settings": told}) is None

    def test_unknown_ones_are_left_out(self) -> None:
        """A newer version may know more."""
        assert settings_of({"settings": {"crf": 21, "mood": "blue"}}) == EncodeSettings(crf=21)

    def test_changes(self) -> None:
        """As they are called on the command line; how a job is run is no change of what it makes."""
        now = EncodeSettings(crf=24.0, audio_codec="aac", workers=3, keep_work=True)
        assert changes(SETTINGS, now) == ["--crf 20.0 → 24.0", "-c:a copy → aac"]
        assert changes(SETTINGS, SETTINGS) == []
