"""Encoders that fail, crash, hang and lie; disks and memory that end. What is done is kept, what is wrong is found.

The encoder is a real one that misbehaves for chosen pieces (`fake_ffmpeg`); disks and memory limits are real where this
user may make some.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from runs import OPTIONS, SOUND, Home, Told, When, packets
from suture import pipeline
from suture.orchestrator.watch import TaskEnded, TaskStarted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.fault

PIECE = "video-0-00001"
PIECES = {f"video-0-0000{n}" for n in range(4)}
ALL = PIECES | {"audio-1-00000"}


@pytest.fixture
def lying(home: Home, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Told]:
    """Encode with an ffmpeg that misbehaves for one output: what it does there, in turn, then the settings."""

    def run(*turns: str, output: str = PIECE, **settings: Any) -> Told:
        for name, value in home.lying(**{output.replace("-", "_"): list(turns)}).items():
            monkeypatch.setenv(name, value)
        return home.encode(**settings)

    return run


class TestOnce:
    """What goes wrong once is done again, and nothing shows."""

    @pytest.mark.parametrize(
        ("turn", "error", "how"),
        [
            ("no_output exit=1", "CommandFailed", "again"),
            ("signal=SEGV", "CommandCrashed", "again"),
            ("signal=ABRT no_output", "CommandCrashed", "again"),
            ("signal=KILL", "OutOfMemory", "alone"),
            ("size=700", "ChunkError", "again"),
            ("size=0", "ChunkError", "again"),
            ("garbage=20000", "ChunkError", "again"),
            ("cut=5", "ChunkError", "again"),
        ],
    )
    def test_a_piece(
        self, turn: str, error: str, how: str, lying: Callable[..., Told], home: Home, wanted: list[Any]
    ) -> None:
        """It is told which, why and how; only this piece runs twice; the output is what it would have been."""
        told = lying(turn)
        assert told.retries == [(PIECE, error, how)]
        assert sorted(told.started) == sorted([*ALL, PIECE])
        assert (told.code, told.finished["retries"]) == (0, 1)
        assert packets(home.output) == wanted

    def test_a_hang(
        self, lying: Callable[..., Told], home: Home, wanted: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Killed when it has said nothing for too long."""
        monkeypatch.setattr(pipeline, "_HUNG_AFTER_S", 3.0)
        told = lying("hang=600")
        assert told.retries == [(PIECE, "CommandTimeout", "again")]
        assert told.code == 0
        assert packets(home.output) == wanted

    @pytest.mark.parametrize(
        "turn",
        [
            "no_output exit=1",
            "no_output",
            "garbage=9000",
            "size=0",
            "cut=10",
        ],
    )
    def test_the_sound(self, turn: str, lying: Callable[..., Told], home: Home, wanted: list[Any]) -> None:
        """It is looked at as pieces are."""
        told = lying(turn, output="audio-1-00000")
        assert [task for task, _error, _how in told.retries] == ["audio-1-00000"]
        assert told.code == 0
        assert packets(home.output) == wanted


class TestAlways:
    """What goes wrong for good is named; all else is done and kept."""

    def test_the_same_words_twice(self, lying: Callable[..., Told], home: Home) -> None:
        """A third time would give the same; the others go on."""
        told = lying("no_output stderr=nonsense exit=7", "always", max_retries=9)
        assert told.code == 1
        assert told.started.count(PIECE) == 2
        assert told.done == ALL - {PIECE}
        (details,) = told.failures.values()
        assert "nonsense" in details
        assert "return code: 7" in details
        assert f"{PIECE}.mkv" in details, "the command is not there"
        assert not home.output.exists()

    def test_what_people_read(self, home: Home) -> None:
        """On stderr: the piece, its command, its return code, its words; and that the rest is kept."""
        orders = home.lying(video_0_00001=["no_output stderr=nonsense exit=7", "always"])
        words = [str(home.film), str(home.output), *OPTIONS, *SOUND]
        told = home.run(argv=[sys.executable, "-m", "suture", *words], env=orders)
        assert told.code == 1
        for text in (PIECE, "return code: 7", "nonsense", "-c:v libx264", "5 of 8 tasks are done and kept", "resume"):
            assert text in told.said, text
        assert "Traceback" not in told.said

    def test_other_words_each_time(self, lying: Callable[..., Told]) -> None:
        """As often as --max-retries says."""
        told = lying(*[f"no_output stderr=nonsense-{n} exit=1" for n in range(9)], max_retries=3)
        assert (told.code, told.started.count(PIECE)) == (1, 4)

    def test_a_crash(self, lying: Callable[..., Told]) -> None:
        """As often as --max-retries says: a crash need not come from the input."""
        told = lying("signal=SEGV", "always", max_retries=2)
        assert (told.code, told.started.count(PIECE)) == (1, 3)
        assert "SIGSEGV" in told.failures[PIECE]

    def test_out_of_memory(self, lying: Callable[..., Told]) -> None:
        """Again, alone; then with fewer threads, where there are any to save."""
        told = lying("signal=KILL", "always", max_retries=2)
        assert (told.code, told.started.count(PIECE)) == (1, 3)
        assert told.retries[0] == (PIECE, "OutOfMemory", "alone")
        assert "memory" in told.failures[PIECE]

    def test_a_short_piece(self, lying: Callable[..., Told], home: Home) -> None:
        """Its range must be wrong: the film is encoded in one piece, and that is said."""
        told = lying("cut=5", "always")
        assert (told.code, told.finished["chunks"], told.finished["frames"]) == (0, 1, 48)
        assert "encoding it in one piece" in told.notes
        assert sum(packet[0] == 0 for packet in packets(home.output)[2:]) == 48

    def test_nothing_but_garbage(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        """No piece and no whole film is believed; there is no output, and no part of one."""
        orders = {name.replace("-", "_"): ["garbage=5000", "always"] for name in PIECES}
        for name, value in home.lying(**orders).items():
            monkeypatch.setenv(name, value)
        told = home.encode(max_retries=1)
        assert told.code == 1
        assert "video-0-00000" in told.failures
        assert list(home.output.parent.iterdir()) == []
        assert not list(home.cache.rglob(".part-*"))

    def test_permissive(self, lying: Callable[..., Told], home: Home) -> None:
        """The piece is left out, and its range is named."""
        told = lying("no_output exit=1", "always", permissive=True)
        assert (told.code, told.finished["status"], told.finished["frames"]) == (3, "partial", 36)
        assert "frames 12 to 23" in "\n".join(told.finished["warnings"])
        assert home.output.exists()


# -- disks --------------------------------------------------------------------------------------------------------


@contextmanager
def mounted(folder: Path, mebibytes: int) -> Iterator[Path]:
    """A disk of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "suture-test", folder], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip(f"no disk of its own can be mounted: {made.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(disk: Path, but: int = 0) -> None:
    """Leave so many bytes free, rounded down to whole pages."""
    with suppress(OSError), (disk / "ballast").open("wb", buffering=0) as file:
        while (free := os.statvfs(disk).f_bavail * 4096 - but) > 0:
            file.write(bytes(min(free, 1 << 20)))


class TestRoom:
    """A disk that ends stops all, keeps all, and says how much is missing."""

    def test_scratch(self, home: Home, wanted: list[Any]) -> None:
        """With ``--work-dir`` on it; with room, the same command goes on."""
        with mounted(home.folder / "disk", 200) as disk:
            told = home.encode(When(lambda: fill(disk), TaskEnded, "video-"), work_dir=str(disk))
            self._stopped(told, home)
            assert told.done, "nothing was done before"
            (disk / "ballast").unlink()
            self._goes_on(home.encode(work_dir=str(disk)), told, home, wanted)

    def test_everything_of_ours(self, home: Home, wanted: list[Any]) -> None:
        """Pieces and database on one disk that fills up."""
        with mounted(home.cache, 200) as disk:
            told = home.encode(When(lambda: fill(disk), TaskEnded, "video-"))
            self._stopped(told, home)
            (disk / "ballast").unlink()
            self._goes_on(home.encode(), told, home, wanted)

    def test_the_output(self, home: Home, wanted: list[Any]) -> None:
        """Full when the pieces are joined."""
        ended: set[str] = set()
        with mounted(home.output.parent, 200) as disk:

            def see(event: Any) -> None:
                """Fill it before the join is told to begin."""
                ended.update([event.task] if isinstance(event, TaskEnded) and event.task.startswith("video-") else [])
                if len(ended) == len(PIECES) and not (disk / "ballast").exists():
                    fill(disk)

            told = home.encode(see)
            self._stopped(told, home)
            assert sorted(path.name for path in disk.iterdir()) == ["ballast"]
            (disk / "ballast").unlink()
            again = home.encode()
            assert again.started == []
            self._goes_on(again, told, home, wanted)

    def test_from_the_start(self, home: Home) -> None:
        """A full disk, on which not even the database can begin."""
        with mounted(home.cache, 1) as disk:
            fill(disk)
            told = home.run()
            assert told.code in {1, 2}
            assert "space" in told.said
            assert "Traceback" not in told.said
            assert "internal error" not in told.said

    def _stopped(self, told: Told, home: Home) -> None:
        assert told.code == 1
        assert "room on the disk" in told.said
        assert "more, and" in told.said, f"it does not say how much is needed: {told.said}"
        assert not home.output.exists()

    def _goes_on(self, told: Told, before: Told, home: Home, wanted: list[Any]) -> None:
        assert (told.code, told.said) == (0, "")
        assert told.reused == before.done - {"join", "publish"}
        assert packets(home.output) == wanted


class TestTarget:
    """An output that can't be written."""

    def test_nowhere_to_write(self, home: Home) -> None:
        """Found before anything is encoded."""
        with mounted(home.output.parent, 1) as disk:
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
            told = home.encode()
        assert (told.code, told.started) == (2, [])
        assert "can't be written: its folder is read-only" in told.said

    def test_while_it_runs(self, home: Home, wanted: list[Any]) -> None:
        """Nothing is lost: the next run needs no encoder."""
        with mounted(home.output.parent, 50) as disk:

            def lock() -> None:  # by another disk on top: ours has an open file on it, and can't be changed
                subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", disk], check=True)

            told = home.encode(When(lock, TaskStarted, "join"))
            subprocess.run(["umount", disk], check=True)
            assert told.code in {1, 2}
            assert "Read-only file system" in told.said
            assert told.done >= ALL
            again = home.encode()
            assert (again.code, again.started) == (0, [])
            assert packets(home.output) == wanted


class TestMemory:
    """Memory that ends."""

    def test_an_encoder_that_gets_none(self, lying: Callable[..., Told], home: Home, wanted: list[Any]) -> None:
        """With a limit on its address space it fails, in one of many ways, and runs again."""
        told = lying("limit=200")
        assert [task for task, _error, _how in told.retries] == [PIECE]
        assert told.code == 0
        assert packets(home.output) == wanted

    def test_a_limit_of_the_system(self, home: Home, wanted: list[Any]) -> None:
        """The kernel kills the encoder that is too large for the group; nothing else is lost."""
        with limited(600) as group:
            orders = home.lying(video_0_00001=["eat=3000"])
            script = f'echo $$ > {group}/cgroup.procs && exec "$@"'
            told = home.run(argv=["/bin/sh", "-c", script, "sh", *home.argv()], env=orders)
        assert told.retries == [(PIECE, "OutOfMemory", "alone")]
        assert told.code == 0
        assert packets(home.output) == wanted


@contextmanager
def limited(mebibytes: int) -> Iterator[Path]:
    """A control group with so much memory."""
    root = Path("/sys/fs/cgroup")
    first = (root / "memory/memory.limit_in_bytes").exists()
    group = root / ("memory" if first else "") / f"suture-test-{secrets.token_hex(4)}"
    try:
        group.mkdir()
        (group / ("memory.limit_in_bytes" if first else "memory.max")).write_text(str(mebibytes << 20))
    except OSError as error:
        with suppress(OSError):
            group.rmdir()
        pytest.skip(f"no control group can be made: {error}")
    try:
        yield group
    finally:
        group.rmdir()
