"""A file under its part name: the real name holds a whole file, the old one or the new one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from suture.command.part import Part, part_of
from suture.digest import digest_of


def test_the_name_keeps_its_extension() -> None:
    """Ffmpeg chooses the format by it."""
    assert part_of("/a/film.mkv") == "/a/.part-film.mkv"


def fail_half_way(part: Path) -> None:
    """Write something, and fail."""
    part.write_text("half")
    raise RuntimeError("boom")


def test_success_replaces_and_failure_leaves(tmp_path: Path) -> None:
    """What stood there before stays until the block succeeds, and no part is left."""
    film = tmp_path / "film.mkv"
    film.write_text("old")
    with pytest.raises(RuntimeError, match="boom"), Part(str(film)) as part:
        fail_half_way(Path(part.path))
    assert film.read_text() == "old"
    with Part(str(film)) as part:
        Path(part.path).write_text("new")
        digest = part.settle()
    assert (film.read_text(), digest) == ("new", digest_of(film))
    assert os.listdir(tmp_path) == ["film.mkv"]  # noqa: PTH208


def test_a_part_that_somebody_still_writes_is_let_go(tmp_path: Path) -> None:
    """A dying process may hold the old part open; what it writes then does not get into ours."""
    film = tmp_path / "film.mkv"
    with Path(part_of(str(film))).open("wb") as dying, Part(str(film)) as part:
        Path(part.path).write_bytes(b"ours")
        dying.write(b"theirs, and longer")
        dying.flush()
    assert film.read_bytes() == b"ours"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """Its file is replaced, not it."""
    film, link = tmp_path / "film.mkv", tmp_path / "link.mkv"
    film.write_text("old")
    link.symlink_to(film)
    with Part(str(link)) as part:
        Path(part.path).write_text("new")
    assert link.is_symlink()
    assert film.read_text() == "new"


def test_what_is_no_file_is_written_to(tmp_path: Path) -> None:
    """Nothing takes the place of a device or a pipe."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with Part(str(pipe)) as part:
        assert part.path == str(pipe)
    assert pipe.is_fifo()


def test_a_command_that_wrote_elsewhere_is_no_error(tmp_path: Path) -> None:
    """Not every program takes the name that it is given."""
    with Part(str(tmp_path / "film.mkv")):
        (tmp_path / "film.mkv").write_text("by itself")
    assert (tmp_path / "film.mkv").read_text() == "by itself"
