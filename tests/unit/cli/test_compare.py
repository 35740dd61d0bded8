"""`suture compare` as a command: what options mean, what is printed where, how it ends. Nothing is measured here."""

from __future__ import annotations

import json
from array import array
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

import suture.proof.measured as module
from suture.errors import CommandCancelled
from suture.main import main
from suture.proof.comparison import Comparison
from suture.quality.scores import Scores

if TYPE_CHECKING:
    from pathlib import Path


class Compare:
    """Stands for the comparison; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}
        self.calls = 0

    def __call__(self, reference: str, file: str, metrics: list[str], **asked: Any) -> Comparison:
        """What the real one takes."""
        self.asked, self.calls = asked | {"metrics": metrics}, self.calls + 1
        scores = Scores("ssim", array("d", [0.5, 1.0]), "", 64, 48, "yuv420p")
        return Comparison(reference, file, (scores,), array("q", [0, 1]), array("d", [0.0, 0.5]))


@pytest.fixture
def compare(monkeypatch: pytest.MonkeyPatch) -> Compare:
    """In place of the real one."""
    made = Compare()
    monkeypatch.setattr(module, "compare", made)
    return made


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("", {"metrics": [], "pools": ("harmonic",), "filters": "", "start": None, "model": "", "workers": None}),
        ("--metric vmaf,SSIM --metric psnr", {"metrics": ["vmaf", "ssim", "psnr"]}),
        ("--pool p5 --model vmaf_v0.6.1neg -w 3", {"pools": ("p5",), "model": "vmaf_v0.6.1neg", "workers": 3}),
        ("-vf hflip --scale 64:-2", {"filters": "hflip,scale=64:-2"}),
        ("--scale 64:-2 --ffmpeg /x/ffmpeg", {"filters": "scale=64:-2", "ffmpeg": "/x/ffmpeg"}),
        ("--start 1:30 --end 2:00.5", {"start": Fraction(90), "end": Fraction(241, 2)}),
    ],
)
def test_options(words: str, asked: dict[str, Any], compare: Compare) -> None:
    """Each becomes what the comparison takes."""
    assert main(["compare", "a", "b", *words.split()]) == 0
    assert {name: compare.asked[name] for name in asked} == asked


def test_what_is_printed(compare: Compare, capsys: pytest.CaptureFixture[str]) -> None:
    """A table, one number, or one document; nothing else on stdout."""
    assert compare.calls == 0
    assert main(["compare", "a", "b"]) == 0
    assert "lowest at" in capsys.readouterr().out
    assert main(["compare", "a", "b", "-q", "--pool", "min"]) == 0
    assert capsys.readouterr().out == "0.500000\n"
    assert main(["compare", "a", "b", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["metrics"][0]["scores"] == [0.5, 1.0]


def test_a_page(compare: Compare, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Is written beside what is printed; one that is there is replaced with -y only."""
    page = tmp_path / "out.html"
    assert main(["compare", "a", "b", "--html", str(page)]) == 0
    assert page.read_text().startswith("<!doctype html>")
    page.write_text("mine")
    assert main(["compare", "a", "b", "--html", str(page)]) == 2
    assert (page.read_text(), compare.calls) == ("mine", 1)
    assert "-y replaces it" in capsys.readouterr().err
    assert main(["compare", "a", "b", "--html", str(page), "-y"]) == 0
    assert page.read_text() != "mine"


def test_a_page_that_can_not_be_written_is_refused_before_the_work(
    compare: Compare, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder, a folder that is not there, one of the films: exit code 2, nothing measured, nothing harmed."""
    film = tmp_path / "a.mkv"
    film.write_text("film")
    for page in (tmp_path, tmp_path / "none" / "a.html", film):
        assert main(["compare", str(film), "b", "-y", "--html", str(page)]) == 2
    assert (compare.calls, film.read_text()) == (0, "film")
    assert "is one of the two films" in capsys.readouterr().err


def test_a_time_that_is_none(compare: Compare, capsys: pytest.CaptureFixture[str]) -> None:
    """Is named with its option."""
    assert main(["compare", "a", "b", "--start", "soon"]) == 2
    assert "--start: 'soon' is no time" in capsys.readouterr().err
    assert compare.calls == 0


def test_stopped(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ends with 130, and says so."""

    def stopped(*_: object, **__: object) -> Comparison:
        raise CommandCancelled("stopped before everything was measured")

    monkeypatch.setattr(module, "compare", stopped)
    assert main(["compare", "a", "b"]) == 130
    assert "stopped before" in capsys.readouterr().err
