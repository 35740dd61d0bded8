"""The library's two functions: as the command, with typed results, and nobody is asked."""

from __future__ import annotations

import logging
import signal
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import pytest

import suture
from suture.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.media, pytest.mark.usefixtures("own_cache")]


def test_encode_gives_a_report(film: Path, tmp_path: Path) -> None:
    """A path-like source and output, settings as keywords, times as plain numbers."""
    output = tmp_path / "out.mp4"
    report = suture.encode(film, output, preset="av1", speed="12", start=0.5, end=2, workers=2)
    assert (report.status, report.exit_code, report.output) == ("done", 0, str(output))
    with av.open(str(output)) as made:
        frames = sum(1 for packet in made.demux(made.streams.video[0]) if packet.size)
    rate = Fraction(24000, 1001)
    assert report.frames == frames == len([n for n in range(100) if Fraction(1, 2) <= n / rate < 2])
    assert report.bytes == output.stat().st_size


def test_plan_writes_nothing(film: Path, tmp_path: Path) -> None:
    """Neither beside the source nor where the output would be; it is all in the value."""
    output = tmp_path / "out.mkv"
    plan = suture.plan(film, output, chunking="fixed", chunk_duration=4)
    assert (plan.frames, plan.pieces) == (312, 4)
    assert [step.command.id for step in plan.steps][-2:] == ["join", "publish"]
    assert not list(tmp_path.iterdir())


def test_without_output_it_lies_beside_the_source(film: Path) -> None:
    """Under the source's stem and the preset's extension."""
    assert suture.plan(film, preset="vp9").output == str(film.with_name("film.suture.webm"))


def test_an_existing_output_is_an_error_not_a_question(film: Path, tmp_path: Path) -> None:
    """Nobody is asked; it stays."""
    output = tmp_path / "out.mkv"
    output.write_bytes(b"precious")
    with pytest.raises(ConfigError, match="exists") as caught:
        suture.encode(film, output)
    assert isinstance(caught.value, ValueError), "the builtin of the same meaning"
    assert output.read_bytes() == b"precious"


def test_a_misspelled_setting_is_named(film: Path, tmp_path: Path) -> None:
    """With the one that was meant."""
    with pytest.raises(ConfigError, match="chunk_duraton") as caught:
        suture.encode(film, tmp_path / "out.mkv", chunk_duraton=4)
    assert "chunk_duration" in caught.value.hint


def test_signals_and_logging_are_the_callers(film: Path, tmp_path: Path) -> None:
    """A library that takes them is a nuisance."""
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    root = list(logging.getLogger().handlers)
    suture.encode(film, tmp_path / "out.mkv", speed="ultrafast", end=1)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert list(logging.getLogger().handlers) == root
