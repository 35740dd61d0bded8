"""Presets, options on top of them, and preset files."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from suture.errors import ConfigError
from suture.preset_file import read_values, to_toml
from suture.presets import BUILT_IN, make_settings, preset_folder, preset_names, save_preset
from suture.settings import EncodeSettings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_built_in_preset_is_valid_and_survives_a_file(name: str, tmp_path: Path) -> None:
    """What a preset sets is allowed, and written as TOML and read back it is the same."""
    settings = make_settings(name)
    path = tmp_path / "copy.toml"
    path.write_text(to_toml(settings), encoding="utf-8")
    assert EncodeSettings(**read_values(path) | {"preset": name}) == settings


def test_options_override_the_preset() -> None:
    """What the options say wins; the rest is the preset's."""
    settings = make_settings("hevc", {"crf": 18.0, "workers": 3})
    assert (settings.video_codec, settings.crf, settings.speed) == ("libx265", 18.0, "medium")
    assert (settings.workers, settings.preset) == (3, "hevc")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"video_codec": "libx265"}, {"crf": 22.0, "speed": "medium"}),
        ({"video_codec": "libsvtav1"}, {"crf": 30.0, "speed": "8"}),
        ({"video_codec": "libsvtav1", "crf": 40.0}, {"crf": 40.0, "speed": "8"}),
        ({"video_codec": "mpeg4"}, {"crf": 4.0, "speed": None}),
        ({"video_codec": "ffv1"}, {"crf": None, "speed": None}),
        ({"video_codec": "copy"}, {"crf": None, "speed": None}),
        ({"video_codec": "some_new_encoder"}, {"crf": None, "speed": None}),
        ({"video_bitrate": "2M"}, {"crf": None, "speed": "medium", "video_bitrate": "2M"}),
        ({"video_codec": "libx265", "video_bitrate": "2M"}, {"crf": None, "speed": "medium"}),
    ],
)
def test_another_encoder_takes_its_own_defaults(changes: dict[str, Any], expected: dict[str, Any]) -> None:
    """-c:v with no quality option takes that encoder's quality and speed; a rate replaces the quality."""
    settings = make_settings("h264", changes)
    assert {name: getattr(settings, name) for name in expected} == expected


def test_another_encoder_does_not_inherit_the_presets_encoder_options() -> None:
    """FFV1's level means nothing to x264."""
    assert make_settings("archive", {"video_codec": "libx264"}).encoder_options == ()
    assert ("level", "3") in make_settings("archive", {"workers": 2}).encoder_options


@pytest.mark.parametrize("key", ["qp", "lossless", "crf", "cq", "b:v"])
def test_an_encoders_own_word_about_quality_counts(key: str) -> None:
    """``-x qp=0`` would be overruled by a default without a word; other options leave it alone."""
    assert make_settings("h264", {"encoder_options": ((key, "0"),)}).crf is None
    assert make_settings("h264", {"encoder_options": (("bf", "3"),)}).crf is not None
    assert make_settings("h264", {"encoder_options": (("qp", "0"),), "crf": 20.0}).crf == 20.0


def test_another_audio_codec_does_not_inherit_the_presets_rate() -> None:
    """160k for AAC is not what FLAC or a copy can take."""
    assert make_settings("audio-aac", {"audio_codec": "flac"}).audio_bitrate is None
    assert make_settings("audio-aac", {"audio_codec": "copy"}).audio_bitrate is None
    assert make_settings("audio-aac", {"channels": 1}).audio_bitrate == "160k"


def test_a_quality_of_sound_replaces_the_presets_rate_and_the_other_way_round(tmp_path: Path) -> None:
    """They exclude each other; another encoder has another scale, and no sound has no loudness."""
    asked = make_settings("audio-aac", {"audio_quality": 1.5, "loudness": -16.0})
    assert (asked.audio_quality, asked.audio_bitrate, asked.loudness) == (1.5, None, -16.0)
    path = tmp_path / "mine.toml"
    path.write_text(to_toml(asked), encoding="utf-8")
    again = make_settings(str(path))
    assert (again.audio_quality, again.audio_bitrate, again.loudness) == (1.5, None, -16.0)
    assert make_settings(str(path), {"audio_bitrate": "96k"}).audio_quality is None
    assert make_settings(str(path), {"audio_codec": "libopus"}).audio_quality is None
    assert make_settings(str(path), {"audio_codec": "copy"}).loudness is None


def test_a_file_may_write_whole_numbers(tmp_path: Path) -> None:
    """A loudness of -16 is what people write."""
    path = tmp_path / "mine.toml"
    path.write_text('audio_codec = "libmp3lame"\naudio_quality = 2\nloudness = -16\n', encoding="utf-8")
    assert read_values(path) == {"audio_codec": "libmp3lame", "audio_quality": 2.0, "loudness": -16.0}


def test_an_unknown_preset_or_setting_is_named_with_a_near_one() -> None:
    """Close matches are offered."""
    with pytest.raises(ConfigError, match="'hvec'") as caught:
        make_settings("hvec")
    assert "hevc" in caught.value.hint
    with pytest.raises(ConfigError, match="'worker'") as caught:
        make_settings("h264", {"worker": 2})
    assert "workers" in caught.value.hint


def test_a_saved_preset_is_found_by_name() -> None:
    """save, then use: the same settings, from the user's own folder."""
    saved = make_settings(
        "av1",
        {
            "encoder_options": (("svtav1-params", 'tune=0:film-grain="8"'),),
            "chunk_duration": Fraction(25, 2),
            "subtitle_files": (("/a b/ü.srt", "deu"), ("c.ass", None)),
            "audio_languages": ("deu", "eng"),
            "no_loss": True,
        },
    )
    path = save_preset("mine", saved)
    assert path == preset_folder() / "mine.toml"
    assert preset_names()[-1] == "mine"
    assert make_settings("mine") == EncodeSettings(
        **{name: getattr(saved, name) for name in EncodeSettings.__slots__} | {"preset": "mine"}
    )


@pytest.mark.parametrize("name", ["h264", "../evil", "", "a b", "x.toml"])
def test_a_preset_can_not_be_saved_under_a_bad_name(name: str) -> None:
    """Built-in names and anything but a plain word are refused, and nothing is written."""
    with pytest.raises(ConfigError):
        save_preset(name, make_settings("h264"))
    assert not preset_folder().exists()


def test_a_file_may_change_a_built_in_preset(tmp_path: Path) -> None:
    """``preset`` in a file names its base; numbers and words are both taken for speed and times."""
    path = tmp_path / "slow.toml"
    path.write_text('preset = "av1"\nspeed = 4\nstart = "0:01:00"\nend = 90.5\ncrf = 28\n', encoding="utf-8")
    settings = make_settings(str(path))
    assert (settings.video_codec, settings.speed, settings.crf) == ("libsvtav1", "4", 28.0)
    assert (settings.start, settings.end) == (Fraction(60), Fraction(181, 2))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("crff = 20", "'crff'"),
        ('crf = "20"', "crf"),
        ("crf = true", "crf"),
        ("workers = 2.5", "workers"),
        ("no_loss = 1", "no_loss"),
        ('start = "soon"', "start"),
        ('maps = "0:a"', "maps"),
        ("encoder_options = [1]", "encoder_options"),
        ("crf = ", "no TOML"),
        ('preset = "mine"', "'mine'"),
        ("crf = 99", "--crf"),
    ],
)
def test_a_wrong_file_is_an_error_that_names_the_place(text: str, named: str, tmp_path: Path) -> None:
    """Unknown keys, wrong types, wrong values and broken TOML are ConfigErrors."""
    path = tmp_path / "wrong.toml"
    path.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=named):
        make_settings(str(path))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """The path is named."""
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        make_settings(str(tmp_path / "nowhere.toml"))
