"""What a plan does for ``--loudness``."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from suture.command.loudness import figures_path
from suture.model import StreamInfo
from suture.planning import loudness
from suture.planning.loudness import ceiling_of, filter_file_option, loudness_said, loudness_step

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from suture.planning.loudness import Levelled

SOUND = StreamInfo(1, "audio", "aac", Fraction(1, 1000), 0, channels=2, sample_rate=48000)


@pytest.fixture(autouse=True)
def version(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The version of the ffmpeg that is asked, which there is none of."""
    numbers = [9, 0, 2]
    monkeypatch.setattr(loudness, "capabilities", lambda _path: SimpleNamespace(version_tuple=tuple(numbers)))
    return numbers


@pytest.fixture
def levelled(make_brief: Callable[..., Any]) -> Callable[..., Levelled]:
    """What measures the sound of a film, by its stream and the settings."""

    def step(stream: Any = SOUND, **asked: Any) -> Levelled:
        settings = {"video_codec": "none", "crf": None, "audio_codec": "aac", "loudness": -16.0, **asked}
        brief = make_brief(stream, **settings)
        made = loudness_step(brief, 3, brief.tracks.tracks[0], ("highpass=f=40",), ("asetpts=PTS+1/TB",))
        assert made is not None
        return made

    return step


def test_without_a_target_nothing_is_measured(make_brief: Callable[..., Any]) -> None:
    """A track that is encoded as it is needs no pass before."""
    brief = make_brief(audio_codec="aac")
    assert loudness_step(brief, 1, brief.tracks.tracks[1]) is None


def test_a_track_is_measured_behind_its_own_filters(levelled: Callable[..., Levelled]) -> None:
    """The encoder reads what the command writes."""
    made = levelled()
    command = made.command
    assert (command.id, command.target, command.stream, command.rate) == ("loudness-3", -16.0, 1, 48_000)
    assert (command.before, command.behind) == (("highpass=f=40",), ("asetpts=PTS+1/TB",))
    assert made.option == ("-/filter:a", command.output_path)
    assert command.output_path == "/job/loudness-3.txt"


@pytest.mark.parametrize(
    ("numbers", "option"),
    [([5, 1, 9], "-filter_script:a"), ([6, 1], "-filter_script:a"), ([7, 0], "-/filter:a"), ([], "-/filter:a")],
)
def test_how_a_file_is_read_depends_on_the_version(version: list[int], numbers: list[int], option: str) -> None:
    """Of a build without a number, the newer way is the one to try."""
    version[:] = numbers
    assert filter_file_option("/bin/ffmpeg") == option


@pytest.mark.parametrize(
    ("asked", "channels", "mixed"),
    [
        ({"channels": 1}, 6, "1c"),
        ({"audio_codec": "libmp3lame"}, 6, "2c"),
        ({"audio_codec": "libmp3lame"}, 2, ""),
        ({"audio_codec": "libmp3lame", "audio_filter": "pan=mono|c0=c0"}, 6, ""),
        ({"audio_codec": "libmp3lame", "audio_filter": "volume=2"}, 6, "2c"),
        ({"audio_codec": "ac3"}, 8, "6c"),
        ({"audio_codec": "ac3"}, 6, ""),
        ({"audio_codec": "libopus"}, 8, ""),
    ],
)
def test_what_is_measured_has_the_channels_that_are_encoded(
    levelled: Callable[..., Levelled], asked: dict[str, Any], channels: int, mixed: str
) -> None:
    """A mix is another loudness than its channels'."""
    command = levelled(replace(SOUND, channels=channels), **asked).command
    wanted = (f"aformat=channel_layouts={mixed}",) if mixed else ()
    assert command.before == ("highpass=f=40", *wanted)


def test_sixteen_bits_stay_sixteen_without_loss(levelled: Callable[..., Levelled]) -> None:
    """A lossless encoder would keep all that a gain makes of them; others have no use for it."""
    plain = replace(SOUND, sample_format="s16p")
    kept = levelled(plain, audio_codec="flac").command.behind
    assert kept == ("aresample=osf=s16:dither_method=triangular", "asetpts=PTS+1/TB")
    for stream, codec in ((plain, "aac"), (replace(SOUND, sample_format="s32"), "flac")):
        assert levelled(stream, audio_codec=codec).command.behind == ("asetpts=PTS+1/TB",)


def test_lossy_encoders_get_more_room() -> None:
    """What they make of a limited peak may be higher than it was."""
    assert ceiling_of("flac") == ceiling_of("pcm_s24le") == -1.5
    assert ceiling_of("aac") == ceiling_of("libopus") == -2.0


def test_what_was_found_is_told(tmp_path: Path, levelled: Callable[..., Levelled]) -> None:
    """With the word whether the target was missed; figures that are gone tell nothing."""
    commands = [replace(levelled().command, output_path=str(tmp_path / name), stream=n) for n, name in enumerate("abc")]
    for command, said in zip(commands, ("-20 LUFS: +4.0 dB", "- it is silent"), strict=False):
        with open(figures_path(command.output_path), "w") as file:  # noqa: PTH123
            json.dump({"said": said}, file)
    assert list(loudness_said(commands)) == [
        ("the loudness of sound stream 0: -20 LUFS: +4.0 dB", False),
        ("the loudness of sound stream 1: it is silent", True),
    ]
