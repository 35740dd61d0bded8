"""A film of two seconds, cut into four pieces, what it becomes when nothing goes wrong, and a place to encode it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runs import Home, packets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from films import FilmMaker


@pytest.fixture(scope="session")
def film(make_film: FilmMaker) -> Path:
    """Two seconds of picture with B-frames, and sound."""
    return make_film("mkv", sound="-c:a aac", rate="24", seconds=2.0, size="160x120")


@pytest.fixture(scope="session")
def wanted(film: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The packets of an undisturbed run."""
    home = Home(tmp_path_factory.mktemp("undisturbed"), film)
    home.output.parent.mkdir()
    told = home.run()
    assert told.code == 0, told.said
    assert len(told.done) == 7, "four pieces, one of the sound, the join and the check of it"
    return packets(home.output)


@pytest.fixture
def home(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A place of the test's own; a test that fails leaves no process either."""
    place = Home(tmp_path, film)
    place.output.parent.mkdir()
    for name, value in {"XDG_CACHE_HOME": str(place.cache), **place.lying()}.items():
        monkeypatch.setenv(name, value)
    yield place
    for living in place.lives:
        living.kill()
