"""The same command again: after a kill, with other settings, on another source, over what somebody has spoilt.

Most jobs here are begun by a run that fails at one piece for good; the next run then finds the others.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

from runs import Home, Told, When, packets, within
from suture.orchestrator.watch import TaskStarted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.fault

BAD = "video-0-00002"
PIECES = {f"video-0-0000{n}" for n in range(4)}
MADE = (PIECES | {"audio-1-00000"}) - {BAD}


def begin(home: Home, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> Told:
    """A run that fails at one piece; in the next one ffmpeg behaves."""
    with monkeypatch.context() as patch:
        for name, value in home.lying(video_0_00002=["no_output exit=1", "always"]).items():
            patch.setenv(name, value)
        told = home.encode(**settings)
    assert told.code == 1
    assert told.done >= MADE
    assert not home.output.exists()
    return told


@pytest.fixture
def begun(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A job that was begun: all but one piece are there."""
    begin(home, monkeypatch)
    return home


def spoil(path: Path) -> None:
    """Change one byte in the middle, and nothing that a look at the folder would show."""
    status, data = path.stat(), bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


class TestKilled:
    """SIGKILL, which nobody hears."""

    def test_suture_alone(self, home: Home, wanted: list[Any]) -> None:
        """Its encoders end with it; what was done is reused, what was in flight is made again, and nothing is left."""
        living = home.start(env=home.lying(video_0_00001=["hang=60"]))
        living.until("task.ended", "video-0-0000")
        living.kill(tree=False)
        before = living.events()
        done = {event["task"] for event in before if event["type"] == "task.ended"}
        told = home.run()
        assert (told.code, packets(home.output) == wanted) == (0, True)
        assert done - {"audio-1"} <= told.reused  # a splice is made anew
        assert "video-0-00001" in told.started
        assert home.left() == [f"{home.job.name}/job.db"]

    def test_between_the_rename_and_the_end(self, home: Home, wanted: list[Any]) -> None:
        """The next run says that it was finished, and touches nothing."""
        before = killed_after_the_rename(home)
        told = home.run()
        assert (told.code, told.started) == (0, [])
        assert "was finished by an earlier run" in told.notes
        assert (told.finished["chunks"], told.finished["frames"]) == (4, 48)
        assert home.output.stat() == before
        assert packets(home.output) == wanted
        assert home.left() == [f"{home.job.name}/job.db"]

    def test_other_settings_after_the_rename(self, home: Home) -> None:
        """What was made with other settings is no work of this run: it is refused, or with -y replaced."""
        before = killed_after_the_rename(home)
        told = home.encode(crf=40)
        assert told.code == 2
        assert "exists" in told.said
        assert home.output.stat() == before
        told = home.encode(crf=40, overwrite=True)
        assert (told.code, told.done >= PIECES, told.reused) == (0, True, {"audio-1-00000"})
        assert home.output.stat().st_size < before.st_size

    def test_another_source_after_the_rename(self, home: Home, make_film: Callable[..., Path]) -> None:
        """What was made of another film is no work of this run."""
        own_film(home, home.film)
        killed_after_the_rename(home)
        shutil.copy(make_film("mkv", rate="24", seconds=1.0), home.film)
        assert home.encode().code == 2
        assert home.encode(overwrite=True).finished["frames"] == 24


def killed_after_the_rename(home: Home) -> os.stat_result:
    """Stop Suture while its child publishes, then kill it; gives what stands under the output's name."""
    living = home.start()
    living.until("task.started", "publish")
    living.signal(signal.SIGSTOP)
    assert within(30, home.output.exists)
    living.kill()
    return home.output.stat()


def own_film(home: Home, film: Path) -> None:
    """Give the test a film that it may change."""
    copy = home.folder / "own.mkv"
    shutil.copy(film, copy)
    object.__setattr__(home, "film", copy)


class TestPieces:
    """What was made is looked at before it is believed."""

    @pytest.mark.parametrize(
        ("harm", "word"),
        [
            (lambda path: path.unlink(), "missing"),
            (spoil, "its contents changed"),
            (lambda path: os.truncate(path, path.stat().st_size // 2), "its size is"),
        ],
        ids=["deleted", "altered", "truncated"],
    )
    def test_only_the_harmed_one_is_made_again(
        self, harm: Callable[[Path], None], word: str, begun: Home, wanted: list[Any]
    ) -> None:
        """And that is said; the output is what it would have been."""
        harm(begun.piece("video-0-00001.mkv"))
        told = begun.encode()
        assert told.code == 0
        assert sorted(told.started) == ["video-0-00001", BAD]
        assert f"video-0-00001: {word}" in told.notes
        assert told.finished["chunks_reused"] == 2
        assert packets(begun.output) == wanted


class TestDatabase:
    """The pieces' seals are enough."""

    @pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9], ids=lambda share: f"to {share:.0%}")
    def test_truncated(self, share: float, begun: Home, wanted: list[Any]) -> None:
        """Cut off anywhere, it costs no piece."""
        path = begun.job / "job.db"
        os.truncate(path, int(path.stat().st_size * share))
        self._goes_on(begun, wanted)

    @pytest.mark.parametrize("garbage", [None, b"\x8f" * 30000, b"SQLite format 3\0" + b"\x8f" * 30000])
    def test_gone_or_garbage(self, garbage: bytes | None, begun: Home, wanted: list[Any]) -> None:
        """Deleted, or replaced by something else."""
        path = begun.job / "job.db"
        path.unlink()
        if garbage is not None:
            path.write_bytes(garbage)
        self._goes_on(begun, wanted)

    def test_without_its_log(self, home: Home, wanted: list[Any]) -> None:
        """What a killed run had in the write-ahead log is lost with it, and is in the seals."""
        living = home.start(env=home.lying(video_0_00002=["hang=60"]))
        assert within(60, lambda: {e["task"] for e in living.events() if e["type"] == "task.ended"} >= MADE)
        living.kill()
        assert (home.job / "job.db-wal").stat().st_size > 0
        (home.job / "job.db-wal").unlink()
        self._goes_on(home, wanted)

    def _goes_on(self, home: Home, wanted: list[Any]) -> None:
        told = home.encode()
        assert (told.code, told.said) == (0, "")
        assert (told.reused, told.started) == (MADE, [BAD])
        assert packets(home.output) == wanted


class TestChanges:
    """What changed is made again, with what depends on it, and nothing else."""

    def test_settings_of_the_picture(self, begun: Home) -> None:
        """The sound stays."""
        told = begun.encode(crf=30)
        assert (told.code, told.reused) == (0, {"audio-1-00000"})
        assert set(told.started) == PIECES
        assert "changed since then: --crf 20.0 → 30" in told.notes

    def test_settings_of_the_sound(self, begun: Home) -> None:
        """The pictures stay."""
        told = begun.encode(audio_codec="aac")
        assert (told.code, told.reused) == (0, MADE - {"audio-1-00000"})
        assert set(told.started) == {"audio-1-00000", BAD}
        assert "-c:a libopus → aac" in told.notes

    def test_the_source(self, home: Home, monkeypatch: pytest.MonkeyPatch, make_film: Callable[..., Path]) -> None:
        """Another film under the same name: all is made again, and that is said."""
        own_film(home, home.film)
        begin(home, monkeypatch)
        shutil.copy(make_film("mkv", sound="-c:a aac", rate="24", seconds=1.5, size="160x120"), home.film)
        told = home.encode()
        assert (told.code, told.reused, told.finished["frames"]) == (0, set(), 36)
        assert "source has changed" in told.notes

    def test_the_source_while_it_is_read(self, home: Home, make_film: Callable[..., Path]) -> None:
        """It ends the job; nothing that was made of two films gets a name, nor is it taken for made of one."""
        own_film(home, home.film)
        other = make_film("mkv", rate="24", seconds=1.5)
        told = home.encode(When(lambda: shutil.copy(other, home.film), TaskStarted, "video-"))
        assert told.code == 1
        assert "has changed while it was read" in told.said
        assert not home.output.exists()
        again = home.encode()
        assert (again.code, again.reused) == (0, set())

    def test_a_named_file_while_it_is_read(self, home: Home) -> None:
        """Subtitles that are burnt in, too."""
        text = home.folder / "text.srt"
        text.write_text("1\n00:00:00,000 --> 00:00:02,000\nold\n")
        burning: dict[str, Any] = {"subtitles": "burn", "subtitle_files": ((str(text), None),)}
        edited = When(lambda: text.write_text("1\n00:00:00,000 --> 00:00:02,000\nnew!\n"), TaskStarted, "video-")
        told = home.encode(edited, **burning)
        assert told.code == 1
        assert "has changed while it was read" in told.said
        assert home.encode(**burning).code == 0

    def test_the_time_of_the_source(self, home: Home, wanted: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
        """A film that was written again may be another; who only touched it pays for that, and is told."""
        own_film(home, home.film)
        begin(home, monkeypatch)
        os.utime(home.film)
        told = home.encode()
        assert (told.code, told.reused) == (0, set())
        assert "source has changed" in told.notes
        assert packets(home.output) == wanted

    def test_a_burnt_subtitle(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is in the file counts, not its name or date: the pictures are made again, the sound is not."""
        text = home.folder / "talk.srt"
        text.write_text("1\n00:00:00,000 --> 00:00:02,000\nBefore\n")
        more: dict[str, Any] = {"subtitles": "burn", "subtitle_files": ((str(text), None),)}
        begin(home, monkeypatch, **more)
        os.utime(text, (1, 1))
        assert begin_again(home, monkeypatch, **more).reused == MADE
        text.write_text("1\n00:00:00,000 --> 00:00:02,000\nAfter!\n")
        told = home.encode(**more)
        assert (told.code, told.reused) == (0, {"audio-1-00000"})

    def test_the_clock(self, begun: Home, wanted: list[Any]) -> None:
        """Ten years back, and files from the future: nothing depends on either."""
        for path in begun.job.rglob("*"):
            os.utime(path, (4e9, 4e9))
        patched = begun.folder / "patched"
        patched.mkdir()
        (patched / "sitecustomize.py").write_text("import time\nthen = time.time\ntime.time = lambda: then() - 3e8\n")
        told = begun.run(env={"PYTHONPATH": str(patched)})
        assert told.events[0]["time"] < 1.7e9, "the clock was not turned back"
        assert (told.code, told.reused, told.started) == (0, MADE, [BAD])
        assert packets(begun.output) == wanted


def begin_again(home: Home, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> Told:
    """Once more the run that fails."""
    with monkeypatch.context() as patch:
        for name, value in home.lying(video_0_00002=["no_output exit=1", "always"]).items():
            patch.setenv(name, value)
        return home.encode(**settings)


class TestTwoRuns:
    """One at a time."""

    def test_the_second_is_told_who_works_on_it(self, home: Home, wanted: list[Any]) -> None:
        """And ends at once, with an error; the first is not disturbed."""
        first = home.start(env=home.lying(video_0_00001=["hang=2"]))
        first.until("task.started", "video-0-00001")
        second = home.run()
        assert second.code == 1
        assert f"another run (process {first.process.pid} on " in second.said
        assert "Traceback" not in second.said
        assert first.end().code == 0
        assert packets(home.output) == wanted

    def test_another_source_for_the_same_output(self, home: Home, make_film: Callable[..., Path]) -> None:
        """The output is what two would spoil."""
        first = home.start(env=home.lying(video_0_00001=["hang=2"]))
        first.until("task.started", "video-0-00001")
        other = Home(home.folder, make_film("mkv", rate="24", seconds=1.0))
        assert other.encode().code == 1
        assert first.end().code == 0


class TestThrownAway:
    """``--no-resume``: a folder that is gone at the end, however that comes."""

    def test_done(self, home: Home, wanted: list[Any]) -> None:
        """Nothing is left but the output."""
        assert home.encode(resume=False).code == 0
        assert packets(home.output) == wanted
        assert home.left() == []

    def test_failed_beside_one_that_can_be_resumed(self, begun: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing is left of it, and nothing of the other is used or lost."""
        before = begun.left()
        with monkeypatch.context() as patch:
            for name, value in begun.lying(video_0_00000=["no_output exit=1", "always"]).items():
                patch.setenv(name, value)
            told = begun.encode(resume=False)
        assert (told.code, told.reused) == (1, set())
        assert begun.left() == before
        assert begun.encode().reused == MADE

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_stopped(self, number: int, home: Home) -> None:
        """Nothing is left."""
        living = home.start("--no-resume", env=home.lying(video_0_00001=["hang=1"]))
        living.until("task.started", "video-0-00001")
        living.signal(number)
        assert living.end().code == 128 + number
        assert home.left() == []


def suture(home: Home, *words: str) -> Told:
    """Another command."""
    return home.run(argv=[sys.executable, "-m", "suture", *words])


class TestCommands:
    """`suture resume` and `suture clean`."""

    def test_listed(self, begun: Home) -> None:
        """By name, with how far it is, its source and its output; as JSON, too."""
        living = begun.start(argv=[sys.executable, "-m", "suture", "resume", "--json"])
        (job,) = living.end().events
        assert (job["job"], job["done"], job["total"], job["status"]) == (begun.job.name, 5, 8, "failed")
        assert (job["source"], job["output"], job["running"]) == (str(begun.film), str(begun.output), False)

    @pytest.mark.parametrize("how", ["name", "beginning", "output", "source"])
    def test_gone_on_with(self, how: str, begun: Home, wanted: list[Any]) -> None:
        """From another folder, with the settings that it was begun with."""
        name = begun.job.name
        said = {"name": name, "beginning": name[:-3], "output": str(begun.output), "source": str(begun.film)}[how]
        told = suture(begun, "resume", said, "--json")
        assert (told.code, told.reused, told.started) == (0, MADE, [BAD])
        assert packets(begun.output) == wanted
        assert suture(begun, "resume", "--json").events == []

    def test_unknown(self, begun: Home) -> None:
        """It is said how to find the others."""
        told = suture(begun, "resume", "nothing-of-this-name")
        assert told.code == 2
        assert "`suture resume` lists them" in told.said

    def test_cleaned(self, begun: Home) -> None:
        """Nobody is asked where there is no terminal; ``--dry-run`` and ``--finished`` leave it."""
        before = begun.left()
        assert suture(begun, "clean", "--dry-run").code == 0
        assert suture(begun, "clean", "--finished").code == 0
        assert begun.left() == before
        assert suture(begun, "clean").code == 0
        assert begun.left() == []

    def test_a_running_job_is_not_cleaned(self, home: Home, wanted: list[Any]) -> None:
        """Nor is its lock."""
        living = home.start(env=home.lying(video_0_00001=["hang=2"]))
        living.until("task.ended", "video-0-0000")
        assert suture(home, "clean").code == 0
        assert living.end().code == 0
        assert packets(home.output) == wanted
