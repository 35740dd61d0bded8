"""A batch that was interrupted does not do again what is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from suture.cli import encode as encode_module
from suture.cli.batch import Batch
from suture.errors import CommandCancelled, CommandFailed
from suture.main import main
from suture.settings import EncodeSettings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Three sources, an output folder, a cache; encoding copies, and fails or stops where the test says so."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    for name in "abc":
        (tmp_path / f"{name}.avi").write_text(name)
    return ["a.avi", "b.avi", "c.avi"]


class Encoding:
    """Stands in for `encode_one`: which sources were encoded, and which end otherwise."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **ends: Exception) -> None:
        self.sources: list[str] = []
        self._ends = ends
        monkeypatch.setattr(encode_module, "encode_one", self)

    def __call__(self, source: str, output: str, _settings: EncodeSettings, **_: Any) -> int:
        """Copy."""
        self.sources.append(source)
        if (error := self._ends.get(source[0])) is not None:
            raise error
        with open(source) as film, open(output, "w") as copy:  # noqa: PTH123
            copy.write(film.read())
        return 0


def run(films: list[str], *options: str) -> int:
    """The same command every time."""
    return main(["encode", *films, "-o", "out", *options])


@pytest.mark.parametrize("options", [(), ("-y",)])
def test_what_is_done_is_not_done_again(films: list[str], monkeypatch: pytest.MonkeyPatch, options: tuple[str]) -> None:
    """After an interruption, with and without -y; when all is done, the command is a new one."""
    Encoding(monkeypatch, b=CommandCancelled("stop"))
    assert run(films, *options) == 130
    again = Encoding(monkeypatch)
    assert run(films, *options) == 0
    assert again.sources == ["b.avi", "c.avi"]
    assert run(films, *options) == 0
    assert again.sources[2:] == films


def test_what_failed_is_tried_again(films: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing else."""
    Encoding(monkeypatch, b=CommandFailed("no"))
    assert run(films) == 3
    again = Encoding(monkeypatch)
    assert run(films) == 0
    assert again.sources == ["b.avi"]


def test_other_files_are_another_matter(films: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A source or an output that was changed since is not done; other settings are another batch."""
    Encoding(monkeypatch, c=CommandCancelled("stop"))
    assert run(films) == 130
    (tmp_path / "a.avi").write_text("another film")
    (tmp_path / "out" / "b.mkv").write_text("not ours")
    again = Encoding(monkeypatch)
    assert run(films, "--crf", "30") == 0
    assert run(films) == 0
    assert again.sources == [*films, *films]


def test_a_cache_that_can_not_be_written_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is only not remembered."""
    (tmp_path / "cache").write_text("a file")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    film = tmp_path / "film"
    film.write_text("x")
    batch = Batch(str(tmp_path), EncodeSettings())
    batch.note(str(film), str(film))
    assert batch.is_done(str(film), str(film))
    assert not Batch(str(tmp_path), EncodeSettings()).is_done(str(film), str(film))
