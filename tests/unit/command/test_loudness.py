"""The command that measures: its line, what its result depends on, and what it writes."""

from __future__ import annotations

import json
import pickle
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from suture.command import loudness as module
from suture.command.loudness import LoudnessCommand, figures_path, write_filters
from suture.command.step import STEP_OPTION
from suture.ffmpeg.loudness import SILENT, Loudness
from suture.ffmpeg.progress import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from suture.command.base import RunContext
    from suture.command.gain import Gain

COMMAND = LoudnessCommand(
    "loudness-0", "-in.mkv", "/job/loudness-0.txt", -16.0, stream=1, before=("atrim=start=1",), program="/bin/sh"
)


class Named:
    """Names a source by its path, and contents by theirs."""

    def source(self, path: str) -> str:
        """A film."""
        return f"source {path}"

    content = source


def test_its_line_names_all_that_counts() -> None:
    """A name or a number that begins with a dash is never taken for an option."""
    words = ["./-in.mkv", "--target=-16", "--ceiling=-1.5", "--rate=48000", "--stream=1", "--before=atrim=start=1"]
    assert COMMAND.build_args() == ["suture", "loudness", *words, "--ffmpeg=/bin/sh", "-o", "/job/loudness-0.txt"]
    assert STEP_OPTION in COMMAND.command_line()
    assert shlex.split(COMMAND.dry_run()) == COMMAND.build_args()
    assert pickle.loads(pickle.dumps(COMMAND)) == COMMAND  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    "change",
    [
        {"target": -23.0},
        {"ceiling": -2.0},
        {"stream": 2},
        {"before": ("atrim=start=2",)},
        {"behind": ("asetpts=PTS+1/TB",)},
        {"input_path": "other.mkv"},
        {"rate": 44_100},
    ],
)
def test_what_changes_the_filters_changes_the_identity(change: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a later run would go on with the loudness of another."""
    monkeypatch.setattr(module, "build_of", lambda _ffmpeg: ("9.0",))
    assert COMMAND.identity(Named()) != replace(COMMAND, **change).identity(Named())
    elsewhere = replace(COMMAND, id="loudness-7", output_path="/other/loudness-7.txt", priority=0)
    assert COMMAND.identity(Named()) == elsewhere.identity(Named())


class Player:
    """Stands for the passes over a sound: as loud as it is told, with a limiter behind which half a decibel is lost."""

    def __init__(self, plain: Loudness) -> None:
        self.plain = plain

    def measure(self, gain: Gain, context: RunContext) -> tuple[Loudness, int]:
        """One pass of ten seconds, at 44.1 kHz."""
        for second in (5, 10):
            context.on_progress(Progress(out_time_us=second * 1_000_000))
        lost = 0.0 if gain.ceiling is None else 0.5
        return replace(self.plain, integrated=self.plain.integrated + gain.db - lost), 44_100


def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain: Loudness) -> tuple[str, dict[str, Any], list[int]]:
    """The filters, the figures and what was reported, of a sound that is so loud."""
    told: list[int] = []
    monkeypatch.setattr(LoudnessCommand, "measure", Player(plain).measure)
    path = str(tmp_path / "loudness-0.txt")
    write_filters(replace(COMMAND, output_path=path, behind=("asetpts=PTS+1/TB",)), told.append)
    assert {entry.name for entry in tmp_path.iterdir()} == {"loudness-0.txt", "loudness-0.txt.json"}
    with open(path) as filters, open(figures_path(path)) as figures:  # noqa: PTH123
        return filters.read(), json.load(figures), told


def test_one_pass_and_one_gain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gain stands between what comes before and what comes behind."""
    filters, figures, told = written(tmp_path, monkeypatch, Loudness(-20.0, 5.0, -6.0))
    assert filters == "atrim=start=1,volume=volume=4.00dB:precision=double,asetpts=PTS+1/TB"
    assert figures["said"] == "-20 LUFS, peaks at -6 dBTP: +4.0 dB"
    assert (figures["passes"], told) == (1, [5_000_000, 10_000_000])


def test_limited_peaks_take_more_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limiter works at a multiple of the rate that ffmpeg told; progress never goes back."""
    filters, figures, told = written(tmp_path, monkeypatch, Loudness(-20.0, 5.0, -1.0))
    assert "aresample=176400" in filters
    assert filters.endswith("aresample=44100,asetpts=PTS+1/TB")
    assert figures["after"]["integrated"] == pytest.approx(-16.0, abs=0.15)
    assert figures["said"].endswith("and peaks are limited to -1.5 dBTP")
    assert told == sorted(told)
    assert told[-1] == figures["passes"] * 10_000_000


@pytest.mark.parametrize(
    ("peak", "why"), [(float("-inf"), "silent"), (-40.0, "too quiet or too short (under 0.4 s) to be measured")]
)
def test_what_cannot_be_measured_stays_and_is_named(
    peak: float, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dash says that the target is missed."""
    filters, figures, _ = written(tmp_path, monkeypatch, Loudness(SILENT, 0.0, peak))
    assert "volume=volume=0.00dB" in filters
    assert figures["said"] == f"- it is {why}, and stays as it is"
