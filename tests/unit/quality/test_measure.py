"""One stretch: what of the logs counts, and that none of them is left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from suture.command.base import Outcome, RunContext
from suture.command.measuring import Gauge, Measuring, Seen
from suture.errors import ChunkError, CommandFailed, Unsupported
from suture.quality.measure import measure

if TYPE_CHECKING:
    from suture.quality.scores import Scores

SSIM = Gauge("ssim", 64, 48)
VMAF = Gauge("vmaf", 1920, 1080, model="/models/mine.json")


class Run:
    """Stands for ffmpeg: writes a log of so many frames, the score being the frame's number."""

    def __init__(self, frames: int, error: CommandFailed | None = None) -> None:
        self.frames, self.error = frames, error
        self.command: Measuring | None = None

    def __call__(self, command: Measuring, context: RunContext) -> Outcome:
        """What `Measuring.run` does."""
        assert context.stall_timeout_s  # one that hangs is ended
        self.command = command
        for number, gauge in enumerate(command.gauges):
            rows = [f"n:{n} All:{n}.5 (1)" for n in range(self.frames)]
            if gauge.metric == "vmaf":
                rows = ["Frame,vmaf,", *(f"{n},{n}.25," for n in range(self.frames))]
            Path(command.log(number)).write_text("\n".join(rows) + "\n")
        if self.error:
            raise self.error
        return Outcome()


def measured(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, **asked: Any) -> tuple[Scores, ...]:
    """Measure without an ffmpeg."""
    monkeypatch.setattr(Measuring, "run", lambda command, context=None: run(command, context))
    return measure(Seen("a.mkv"), Seen("b.mkv"), (SSIM, VMAF), folder=str(folder), **asked)


def test_neighbours_are_measured_and_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all metrics alike; the model is told by its name, not by where it lies; no log is left."""
    run = Run(7)
    ssim, vmaf = measured(run, tmp_path, monkeypatch, frames=4, lead_in=2, lead_out=1)
    assert list(ssim.values) == [2.5, 3.5, 4.5, 5.5]
    assert list(vmaf.values) == [2.25, 3.25, 4.25, 5.25]
    assert (vmaf.model, vmaf.width, ssim.model) == ("mine.json", 1920, "")
    assert run.command
    assert (run.command.frames, run.command.missing) == (7, (0, 0))
    assert not list(tmp_path.iterdir())


def test_a_stretch_alone_lacks_what_stands_around_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command repeats frames beside those neighbours."""
    run = Run(5)
    measured(run, tmp_path, monkeypatch, frames=3, lead_in=1, lead_out=1, bare=True)
    assert run.command
    assert run.command.missing == (1, 1)


@pytest.mark.parametrize("frames", [5, 8, 0])
def test_other_frames_than_were_promised_are_an_error(
    frames: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the exit code; a log that is not there is one, too."""
    with pytest.raises(ChunkError):
        measured(Run(frames), tmp_path, monkeypatch, frames=6)
    assert not list(tmp_path.iterdir())


def test_as_many_as_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody knows how many."""
    assert [len(scores) for scores in measured(Run(9), tmp_path, monkeypatch, frames=None)] == [9, 9]


def test_a_model_that_is_not_known_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With exit code 5; any other failure stays what it is."""
    said = CommandFailed("measure failed", "", (), 1, "could not load libvmaf model with version: nix")
    with pytest.raises(Unsupported, match="can't load the model"):
        measured(Run(3, said), tmp_path, monkeypatch, frames=3)
    with pytest.raises(CommandFailed, match="something else"):
        measured(Run(3, CommandFailed("something else")), tmp_path, monkeypatch, frames=3)
    assert not list(tmp_path.iterdir())
