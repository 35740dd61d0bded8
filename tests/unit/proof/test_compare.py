"""The folder in which files are compared is gone at the end, also the one that a killed run has left."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from suture.errors import ConfigError
from suture.proof.compare import verify
from suture.proof.workplace import workplace


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own cache folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "suture"


def test_nothing_is_left(cache: Path) -> None:
    """Neither after an error nor of a process that is no more; what a living one uses stays."""
    (cache / "verify-999999999-abc").mkdir(parents=True)
    mine = cache / f"verify-{os.getpid()}-abc"
    mine.mkdir()

    def fail() -> None:
        with workplace("verify") as place:
            Path(place, "file").write_text("x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(cache.iterdir()) == [mine]


def test_a_folder_that_can_not_be_made_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(ConfigError, match="no folder can be made"), workplace("verify"):
        pass


def test_one_file_is_not_compared_with_itself(tmp_path: Path) -> None:
    """Under whatever name."""
    path, link = tmp_path / "a.mkv", tmp_path / "b.mkv"
    path.write_text("x")
    link.symlink_to(path)
    with pytest.raises(ConfigError, match="are one file"):
        verify(str(path), str(link))
