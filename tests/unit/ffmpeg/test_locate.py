"""Which ffmpeg is taken, of the places where one may be."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from suture.errors import EnvironmentProblem, FFmpegNotFound
from suture.ffmpeg import locate as module
from suture.ffmpeg.locate import locate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def binary(path: Path, mode: int = 0o755) -> str:
    """A file that can be executed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    path.chmod(mode)
    return str(path)


@pytest.fixture(autouse=True)
def _bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No ffmpeg anywhere, and nothing remembered, neither from before nor for other tests."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "packages").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("SUTURE_FFMPEG", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "packages")])
    monkeypatch.delitem(sys.modules, "imageio_ffmpeg", raising=False)
    module._locate.cache_clear()
    yield
    module._locate.cache_clear()


def test_each_place_wins_over_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named, in the environment, brought by pip, on PATH: in this order."""
    on_path = binary(tmp_path / "bin" / "ffmpeg")
    assert locate() == on_path
    module._locate.cache_clear()
    (tmp_path / "packages" / "imageio_ffmpeg").mkdir()
    (tmp_path / "packages" / "imageio_ffmpeg" / "__init__.py").write_text("raise SystemExit('imported')")
    bundled = binary(tmp_path / "packages" / "imageio_ffmpeg" / "binaries" / "ffmpeg-linux-x86_64-v9.0.2")
    assert locate() == bundled
    in_environment = binary(tmp_path / "a" / "ffmpeg")
    monkeypatch.setenv("SUTURE_FFMPEG", in_environment)
    assert locate() == in_environment
    named = binary(tmp_path / "b" / "ffmpeg")
    assert locate(named) == named


def test_a_package_without_a_binary_is_passed_over(tmp_path: Path) -> None:
    """imageio-ffmpeg without its binary (some platforms) leaves PATH; its other files are no ffmpeg."""
    package = tmp_path / "packages" / "imageio_ffmpeg"
    binary(package / "binaries" / "README.md")
    binary(package / "binaries" / "ffmpeg-broken", mode=0o644)
    (package / "__init__.py").touch()
    on_path = binary(tmp_path / "bin" / "ffmpeg")
    assert locate() == on_path


def test_none_anywhere() -> None:
    """The error says how to get one."""
    with pytest.raises(FFmpegNotFound) as caught:
        locate()
    assert "pip install" in caught.value.hint
    assert caught.value.exit_code == 5


def test_it_is_there_later(tmp_path: Path) -> None:
    """An ffmpeg that was installed after the first error is found."""
    with pytest.raises(FFmpegNotFound):
        locate()
    installed = binary(tmp_path / "bin" / "ffmpeg")
    assert locate() == installed


@pytest.mark.parametrize("source", ["--ffmpeg", "SUTURE_FFMPEG"])
def test_what_was_named_but_is_missing_is_an_error(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """We do not take another one in silence, and say who named it."""
    binary(tmp_path / "bin" / "ffmpeg")
    missing = str(tmp_path / "nowhere" / "ffmpeg")
    if source == "SUTURE_FFMPEG":
        monkeypatch.setenv(source, missing)
    with pytest.raises(FFmpegNotFound, match=source):
        locate(missing if source == "--ffmpeg" else None)


def test_a_folder_is_no_ffmpeg(tmp_path: Path) -> None:
    """Its folder was named, not the binary."""
    with pytest.raises(FFmpegNotFound):
        locate(str(tmp_path))


def test_what_was_named_but_cannot_be_executed(tmp_path: Path) -> None:
    """That is another mistake, with another remedy."""
    with pytest.raises(EnvironmentProblem, match="can't be executed") as caught:
        locate(binary(tmp_path / "ffmpeg", mode=0o644))
    assert "chmod" in caught.value.hint
    assert not isinstance(caught.value, FFmpegNotFound)


def test_a_name_is_looked_for_on_path_and_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``--ffmpeg ffmpeg-git`` is on PATH first, then in the current folder; ``./ffmpeg`` only here."""
    here = tmp_path / "here"
    on_path = binary(tmp_path / "bin" / "ffmpeg")
    in_folder = binary(here / "ffmpeg")
    only_here = binary(here / "mine")
    monkeypatch.chdir(here)
    assert locate("ffmpeg") == on_path
    assert locate("./ffmpeg") == in_folder
    assert locate("mine") == only_here


def test_empty_means_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``SUTURE_FFMPEG=`` names nothing."""
    monkeypatch.setenv("SUTURE_FFMPEG", "")
    on_path = binary(tmp_path / "bin" / "ffmpeg")
    assert locate("") == on_path
