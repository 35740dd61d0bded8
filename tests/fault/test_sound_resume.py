"""A job whose sound is cut, killed in the middle: the next run makes what is missing, and the packets are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import films
from runs import Home, packets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.fault

OPTIONS = ("-c:a", "libopus", "--chunk-duration", "7")
PIECES = {f"audio-0-{n:05d}" for n in range(4)}


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """28 seconds of noise that grows: no two places of it are alike."""
    path = tmp_path_factory.mktemp("album") / "album.flac"
    noise = "anoisesrc=d=28:c=pink:r=48000:a=0.5:seed=3,volume=volume='0.1+t/40':eval=frame"
    films.ffmpeg("-f", "lavfi", "-i", noise, "-ac", "2", path)
    return path


@pytest.fixture
def home(album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A place of the test's own."""
    place = Home(tmp_path, album)
    place.output.parent.mkdir()
    for name, value in {"XDG_CACHE_HOME": str(place.cache), **place.lying()}.items():
        monkeypatch.setenv(name, value)
    yield place
    for living in place.lives:
        living.kill()


@pytest.fixture(scope="module")
def wanted(album: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The packets of an undisturbed run."""
    place = Home(tmp_path_factory.mktemp("undisturbed"), album)
    place.output.parent.mkdir()
    told = place.run(*OPTIONS, env=place.lying())
    assert told.code == 0, told.said
    assert told.done >= PIECES
    assert told.finished["chunks"] == 4
    return packets(place.output)


def kill_in_the_middle(home: Home, *, tree: bool) -> None:
    """Two pieces are done, the third one hangs, SIGKILL."""
    living = home.start(*OPTIONS, env=home.lying(audio_0_00002=["hang=60"]))
    living.until("task.ended", "audio-0-00000")
    living.until("task.ended", "audio-0-00001")
    living.kill(tree=tree)


def test_killed_in_the_middle(home: Home, wanted: list[Any]) -> None:
    """What was done is reused, the decode begins once more and passes over it, and nothing is left."""
    kill_in_the_middle(home, tree=False)
    told = home.run(*OPTIONS)
    assert told.code == 0, told.said
    assert packets(home.output) == wanted
    assert told.reused >= {"audio-0-00000", "audio-0-00001"}
    assert told.started[:2] == ["audio-0-slice-00002", "audio-0-00002"]
    assert not {"audio-0-slice-00000", "audio-0-slice-00001"} & set(told.started)
    assert home.left() == [f"{home.job.name}/job.db"]


def test_a_piece_that_was_spoilt(home: Home, wanted: list[Any]) -> None:
    """One byte of a piece that is there is found: it is made again, of a slice that is, and the other is not."""
    kill_in_the_middle(home, tree=True)
    path = home.piece("audio-0-00001.mp4")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    told = home.run(*OPTIONS)
    assert told.code == 0, told.said
    assert {"audio-0-slice-00001", "audio-0-00001"} <= set(told.started)
    assert "audio-0-00000" in told.reused
    assert packets(home.output) == wanted


def test_a_piece_that_fails_for_good(home: Home, wanted: list[Any]) -> None:
    """The run ends, and no decode waits on for ever; with a better ffmpeg only that piece and its slice are made."""
    broken = home.lying(audio_0_00001=["no_output exit=1", "always"])
    told = home.run(*OPTIONS, env=broken)
    assert told.code == 1
    assert PIECES - {"audio-0-00001"} <= told.done
    assert not home.output.exists()
    told = home.run(*OPTIONS)
    assert told.code == 0, told.said
    assert packets(home.output) == wanted
    assert {task for task in told.started if task.startswith("audio-0-")} == {"audio-0-slice-00001", "audio-0-00001"}
