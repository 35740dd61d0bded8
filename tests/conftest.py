"""What all tests share: the ffmpegs of this machine, real files, and small films made to measure.

``ffmpeg``     each ffmpeg in turn: a test that asks for it runs once with each
``media``      a real file by the end of its name; skips where the folder is absent
``make_film``  `films.FilmMaker`: a film of a few frames, made once a session
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import hypothesis
import pytest

import films

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Two cores are shared by many: how long an example takes says nothing. No folder of examples is left behind.
hypothesis.settings.register_profile("suture", deadline=None, database=None)
hypothesis.settings.load_profile("suture")


@pytest.fixture(scope="session", params=list(films.binaries().values()), ids=list(films.binaries()))
def ffmpeg(request: pytest.FixtureRequest) -> str:
    """The path of an ffmpeg."""
    return str(request.param)


@pytest.fixture(scope="session")
def make_film(tmp_path_factory: pytest.TempPathFactory) -> films.FilmMaker:
    """Make a film: ``make_film("mp4", sound="-c:a aac", seconds=3)``."""
    return films.FilmMaker(tmp_path_factory.mktemp("films"))


@pytest.fixture(scope="session")
def media() -> Callable[[str], Path]:
    """Find a real file by the end of its name: ``media("sample.avi")``."""
    folder = films.real_media()
    if not folder.is_dir():
        pytest.skip("the folder of real files is not there (SUTURE_TEST_MEDIA)")

    def find(name: str) -> Path:
        (path,) = (path for path in folder.glob("*/*") if path.name.endswith(name))
        return path.resolve()

    return find
