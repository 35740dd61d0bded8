"""A measurement that is stopped leaves nothing: no file, and no process of the two that it takes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import films
from suture.cancel import CancelToken
from suture.command.base import RunContext
from suture.command.loudness import LoudnessCommand
from suture.errors import CommandCancelled, SutureError
from suture.ffmpeg.locate import locate

if TYPE_CHECKING:
    from suture.ffmpeg.progress import Progress


def living(name: str) -> list[str]:
    """The processes whose command line holds a name."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = place.read_text(errors="replace")
        except OSError:
            continue
        if name in line:
            found.append(line.replace("\0", " "))
    return found


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are looked for in /proc")
def test_a_cancelled_measurement_leaves_nothing(tmp_path: Path) -> None:
    """The child is told to end, and whoever it has started ends with it."""
    source = tmp_path / "long.flac"
    films.ffmpeg("-f", "lavfi", "-i", "sine=r=48000:d=900", "-ac", "2", "-compression_level", "0", source)
    cancel, told = CancelToken(), list[int | None]()

    def stop(progress: Progress) -> None:
        told.append(progress.out_time_us)
        cancel.cancel()

    command = LoudnessCommand("loudness-0", str(source), str(tmp_path / "out.txt"), -16.0, program=locate())
    with pytest.raises(CommandCancelled):
        command.run(RunContext(on_progress=stop, cancel=cancel))
    assert told, "it was stopped while it ran"
    give_up_at = time.monotonic() + 5
    while living(str(source)) and time.monotonic() < give_up_at:
        time.sleep(0.05)
    assert not living(str(source))
    assert [entry.name for entry in tmp_path.iterdir()] == ["long.flac"]


def test_a_filter_that_does_not_exist_is_named(tmp_path: Path) -> None:
    """The child's error arrives as it was raised there, with ffmpeg's words."""
    source = tmp_path / "in.wav"
    films.ffmpeg("-f", "lavfi", "-i", "sine=d=1", source)
    command = LoudnessCommand(
        "loudness-0", str(source), str(tmp_path / "out.txt"), -16.0, before=("nosuchfilter",), program=locate()
    )
    with pytest.raises(SutureError, match="nosuchfilter"):
        command.run()
    assert [entry.name for entry in tmp_path.iterdir()] == ["in.wav"]
