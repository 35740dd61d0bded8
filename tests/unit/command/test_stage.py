"""`StagedVideo`: what it occupies, and when its intermediate goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from suture.command.base import Outcome, Resource, RunContext
from suture.command.stage import StagedVideo
from suture.command.video import VideoBuilder
from suture.errors import ChunkError

if TYPE_CHECKING:
    from pathlib import Path


def _staged(folder: Path) -> StagedVideo:
    read = folder / "stage.mkv"
    read.write_bytes(b"frames")
    return StagedVideo("piece", str(read), str(folder / "piece.mkv"), consumes=str(read)).set_codec("libx264")


def test_it_occupies_what_it_is_told() -> None:
    """Else what its filters and its encoder tell."""
    base = StagedVideo("a", "in.mkv", "out.mkv").set_codec("libx264")
    assert base.resource is Resource.CPU
    assert base.add_filter("hwupload").resource is Resource.GPU_SCALE
    assert StagedVideo("a", "in.mkv", "out.mkv", slot=Resource.CPU).add_filter("hwupload").resource is Resource.CPU


def test_the_intermediate_goes_once_the_piece_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not before: while the command runs, it is still there."""
    command = _staged(tmp_path)

    def run(self: VideoBuilder, context: RunContext | None = None) -> Outcome:
        assert (tmp_path / "stage.mkv").exists()
        return Outcome(frames=3)

    monkeypatch.setattr(VideoBuilder, "run", run)
    assert command.run().frames == 3
    assert not (tmp_path / "stage.mkv").exists()


def test_a_failure_leaves_it_for_the_next_attempt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read again then."""
    command = _staged(tmp_path)

    def run(self: VideoBuilder, context: RunContext | None = None) -> Outcome:
        raise ChunkError("too few frames")

    monkeypatch.setattr(VideoBuilder, "run", run)
    with pytest.raises(ChunkError):
        command.run()
    assert (tmp_path / "stage.mkv").exists()
