"""What of a command line counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from suture.command.audio import AudioBuilder
from suture.command.identity import IMMATERIAL, material
from suture.command.quoting import filter_call, filter_value
from suture.command.video import VideoBuilder

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Named:
    """Names sources by their first letter, and contents as ``<text>``."""

    def source(self, path: str) -> str:
        """A film."""
        return f"source {path[0]}"

    def content(self, path: str) -> str:
        """What is in a file."""
        with open(path) as file:  # noqa: PTH123
            return f"<{file.read()}>"


def said(arguments: list[str]) -> list[str]:
    """What counts, as a list."""
    return list(material(arguments, Named()))


def test_what_is_listed_does_not_count() -> None:
    """With its values; all else does, in its order."""
    noise = [part for option, values in IMMATERIAL.items() for part in (option, *["x"] * values)]
    line = ["-i", "file:film.mkv", "-c:v", "libx264", "-crf", "20", "file:/a/out.mkv"]
    assert said([*noise, *line]) == said(line) == ["-i", "source f", "-c:v", "libx264", "-crf", "20", ".mkv"]


def test_where_files_lie_does_not_count() -> None:
    """The output's name does so by its extension only."""
    one = VideoBuilder("v", "/a/film.mkv", "/x/1.mkv").set_codec("ffv1")
    other = VideoBuilder("w", "/b/film.mkv", "/y/2.mkv").set_codec("ffv1")
    assert one.identity(Named()) == other.identity(Named())
    assert VideoBuilder("v", "/a/film.mkv", "/x/1.mp4").set_codec("ffv1").identity(Named()) != one.identity(Named())


def test_settings_count() -> None:
    """Threads, too: x264's bytes depend on them."""
    base = VideoBuilder("v", "/a/film.mkv", "/x/1.mkv").set_codec("libx264")
    others = [base.set_crf(20), base.set_threads(2), base.add_filter("hflip"), base.set_stream(1)]
    identities = {builder.identity(Named()) for builder in [base, *others]}
    assert len(identities) == 5


@pytest.mark.parametrize("name", ["look.cube", "a b.cube", "a:b.cube", "it's [1],2;.cube", "back\\slash.cube"])
def test_files_in_filters_count_by_their_content(tmp_path: Path, name: str) -> None:
    """However their names are escaped; where the file lies is left out, what is in it is not."""
    (tmp_path / name).write_text("red")
    graph = f"scale=2:2,{filter_call('lut3d', file=str(tmp_path / name))},hflip"
    (told,) = said(["-vf", graph, "out.mkv"])[1:2]
    assert "<red>" in told
    assert str(tmp_path) not in told
    assert "hflip" in told


def test_quoted_names_count(tmp_path: Path) -> None:
    """As people write them, with a label behind."""
    (tmp_path / "a.cube").write_text("blue")
    assert said(["-vf", f"[in] lut3d='{tmp_path}/a.cube' [out]", "out.mkv"])[1] == "[in] lut3d='' [out] <blue>"


def test_files_in_other_options_count(tmp_path: Path) -> None:
    """As a whole argument, and inside an encoder's own options."""
    (tmp_path / "stats").write_text("s")
    assert said(["-passlogfile", str(tmp_path / "stats"), "out.mkv"])[1] == " <s>"
    assert said(["-x265-params", f"a=1:stats={tmp_path}/stats", "out.mkv"])[1] == "a=1:stats= <s>"


def test_all_files_of_an_argument_count(tmp_path: Path) -> None:
    """However differently they are escaped; and a value that happens to be the name of a file stays a value."""
    (tmp_path / "a.cube").write_text("red")
    subtitles = tmp_path / "it's.srt"
    subtitles.write_text("text")
    graph = f"lut3d=file={tmp_path}/a.cube,{filter_call('subtitles', filename=str(subtitles))}"
    told = said(["-vf", graph, "out.mkv"])[1]
    assert "<red>" in told
    assert "<text>" in told


def test_a_number_that_is_a_file_stays_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two files that are both empty do not make two settings one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "20").touch()
    (tmp_path / "21").touch()
    assert said(["-crf", "20", "out.mkv"]) != said(["-crf", "21", "out.mkv"])


def test_words_that_name_no_file_stay_as_they_are() -> None:
    """Nothing is split that need not be."""
    assert said(["-vf", "scale=1280:-2,format=yuv420p", "out.mkv"])[1] == "scale=1280:-2,format=yuv420p"
    assert filter_value("a:b") in said(["-vf", f"drawtext=text={filter_value('a:b')}", "out.mkv"])[1]


def test_an_audio_command_counts_as_any() -> None:
    """Bitrate and codec."""
    base = AudioBuilder("a", "/a/film.mkv", "/x/1.mka").set_codec("aac")
    assert base.set_bitrate("96k").identity(Named()) != base.identity(Named())


@pytest.mark.parametrize("option", ["-/filter:a", "-filter_script:a"])
def test_filters_in_a_file_count_by_who_made_it(option: str, tmp_path: Path) -> None:
    """Whether the file is there yet makes no difference, or a resumed job would encode all again."""
    path = tmp_path / "loudness-0.txt"
    before = said([option, str(path), "out.m4a"])
    path.write_text("volume=1dB")
    assert said([option, str(path), "out.m4a"]) == before == [option, "source /", ".m4a"]
