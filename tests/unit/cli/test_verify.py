"""`suture verify` as a command: what options mean, what is printed where, and how it ends. Nothing is read here."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

import suture.proof as module
from suture.errors import CommandCancelled
from suture.main import main
from suture.proof import Between, StreamVerdict, VerifyReport
from suture.verify.finding import Finding

LOST = Finding("chapter-lost", "chapter 1 is missing")
MORE = Finding("tag-lost", "a tag is missing")


class Verify:
    """Stands for the comparison; remembers what it was asked."""

    def __init__(self, *findings: Finding) -> None:
        self.findings = findings
        self.between: Between | None = None
        self.asked: dict[str, Any] = {}

    def __call__(self, source: str, output: str, between: Between | None, **asked: Any) -> VerifyReport:
        """What the real one takes."""
        self.between, self.asked = between, asked
        stream = StreamVerdict("video 0", 0, 0, ("h264", "h264"), "packets", 9)
        return VerifyReport(source, output, (stream,), self.findings)


@pytest.fixture
def verify(monkeypatch: pytest.MonkeyPatch) -> Verify:
    """In place of the real one."""
    made = Verify()
    monkeypatch.setattr(module, "verify", made)
    return made


def test_without_options_a_jobs_record_may_tell(verify: Verify) -> None:
    """Nothing is taken for granted; and everything is decoded."""
    assert main(["verify", "a", "b"]) == 0
    assert verify.between is None
    assert [verify.asked[name] for name in ("quick", "ffmpeg")] == [False, None]
    assert main(["verify", "a", "b", "--quick", "--ffmpeg", "/x/ffmpeg"]) == 0
    assert [verify.asked[name] for name in ("quick", "ffmpeg")] == [True, "/x/ffmpeg"]


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        ("--start 1:30 --end 2:00.5", {"start": Fraction(90), "end": Fraction(241, 2)}),
        ("-vf hflip --scale 64:-2", {"video_filter": "hflip", "scale": "64:-2"}),
        ("-af volume=2", {"audio_filter": "volume=2", "audio_codec": "aac"}),
        ("--map 0:v --map 0:a:1", {"maps": ("0:v", "0:a:1")}),
        ("--audio-lang de --subtitle-lang en", {"audio_languages": ("de",), "subtitle_languages": ("en",)}),
        ("-c:v none -c:a none", {"video_codec": "none", "audio_codec": "none"}),
        ("-c:v libx265 --start 1", {"video_codec": "libx264", "start": Fraction(1)}),
        ("--subtitles burn:1", {"subtitles": "burn", "burn_index": 1}),
    ],
)
def test_options_are_those_of_encode(words: str, settings: dict[str, Any], verify: Verify) -> None:
    """With which encoder it was made is seen in the file, and not asked."""
    assert main(["verify", "a", "b", *words.split()]) == 0
    assert verify.between is not None
    assert {name: getattr(verify.between.settings, name) for name in settings} == settings


def test_a_difference_is_an_error_with_4(verify: Verify, capsys: pytest.CaptureFixture[str]) -> None:
    """The report on stdout; the first difference, and how many more there are, on stderr."""
    verify.findings = (LOST, MORE)
    assert main(["verify", "a", "b"]) == 4
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == "2 differences"
    assert err == "suture: error: 'b' is not what 'a' asks for: chapter 1 is missing; and 1 more difference\n"
    assert main(["verify", "-q", "a", "b"]) == 4
    assert capsys.readouterr().out == ""


def test_json_is_one_document(verify: Verify, capsys: pytest.CaptureFixture[str]) -> None:
    """Also for names that no encoding takes."""
    assert main(["verify", "--json", "a\udcff", "b"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["ok"], data["source"]) == (True, "a\udcff")


@pytest.mark.parametrize("words", ["--start x", "--scale 64", "--start 5 --end 4", "-vn", "--subtitles maybe"])
def test_wrong_usage_is_2(words: str, verify: Verify, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, nothing is read."""
    assert main(["verify", "a", "b", *words.split()]) == 2
    assert verify.asked == {}
    assert "Traceback" not in capsys.readouterr().err


def test_who_stops_it_decides_how_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """130 by Ctrl-C; what was stopped is not an error of the file."""

    def stopped(*_: object, **__: object) -> VerifyReport:
        raise CommandCancelled("stopped")

    monkeypatch.setattr(module, "verify", stopped)
    assert main(["verify", "a", "b"]) == 130
