"""`EncodeSettings`: what it refuses, and how it says so."""

from __future__ import annotations

import pickle
import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from suture.encoder_table import KNOWN_ENCODERS
from suture.errors import ConfigError
from suture.settings import EncodeSettings, field_names, option_of


def test_the_defaults_are_allowed_and_travel() -> None:
    """Settings without arguments are valid, equal by value, and survive pickling."""
    settings = EncodeSettings()
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301 - our own bytes
    assert replace(settings, crf=18.0) != settings


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"crf": 60.0}, "--crf: '60'.*0 to 51 for libx264"),
        ({"crf": -1.0}, "--crf"),
        ({"crf": 64.0, "video_codec": "libsvtav1"}, "--crf.*0 to 63"),
        ({"crf": 20.0, "video_codec": "ffv1"}, "--crf.*ffv1"),
        ({"crf": 20.0, "video_codec": "copy"}, "--crf.*-c:v copy"),
        ({"crf": 20.0, "video_bitrate": "2M"}, "--crf and -b:v"),
        ({"speed": "mediun"}, "--speed: 'mediun'.*did you mean medium"),
        ({"speed": "14", "video_codec": "libsvtav1"}, "--speed: '14'.*-2 to 13"),
        ({"speed": "1", "video_codec": "ffv1"}, "--speed.*ffv1"),
        ({"video_bitrate": "fast"}, "-b:v: 'fast'"),
        ({"audio_bitrate": "128"}, "-b:a.*-c:a copy"),
        ({"audio_codec": "aac", "audio_bitrate": "-128k"}, "-b:a"),
        ({"channels": 2}, "--channels.*nothing is encoded"),
        ({"channels": 0, "audio_codec": "aac"}, "--channels: 0"),
        ({"sample_rate": -1, "audio_codec": "aac"}, "--sample-rate"),
        ({"audio_filter": "loudnorm", "audio_codec": "none"}, "-af"),
        ({"loudness": -16.0}, "--loudness.*-c:a copy.*-c:a aac"),
        ({"loudness": 16.0, "audio_codec": "aac"}, "--loudness: '16'.*-70 to -5 LUFS.*the sign counts"),
        ({"loudness": float("nan"), "audio_codec": "aac"}, "--loudness: 'nan'"),
        ({"audio_quality": 2.0}, "-q:a.*-c:a copy"),
        ({"audio_quality": 2.0, "audio_bitrate": "128k", "audio_codec": "aac"}, "-q:a and -b:a"),
        ({"audio_quality": 2.0, "audio_codec": "libopus"}, "-q:a.*-c:a libopus.*no such quality"),
        ({"audio_quality": 2.0, "audio_codec": "pcm_s16le"}, "-q:a.*-c:a pcm_s16le"),
        ({"audio_quality": 10.0, "audio_codec": "libmp3lame"}, "-q:a: '10'.*0 to 9.999 for libmp3lame"),
        ({"audio_quality": float("nan"), "audio_codec": "aac"}, "-q:a: 'nan'"),
        ({"scale": "1280"}, "--scale: '1280'.*WIDTH:HEIGHT"),
        ({"scale": "1280:720,drawtext=x"}, "--scale"),
        ({"scale": "640:-2", "video_codec": "none"}, "--scale.*-c:v none"),
        ({"subtitles": "burn", "video_codec": "copy"}, "burn"),
        ({"subtitles": "brun"}, "--subtitles: 'brun'.*did you mean burn"),
        ({"chunking": "chapter"}, "--chunking: 'chapter'.*did you mean chapters"),
        ({"chunk_duration": Fraction(0)}, "--chunk-duration"),
        ({"verify": "none"}, "--verify"),
        ({"start": Fraction(5), "end": Fraction(5)}, "--end: 5.0"),
        ({"start": Fraction(-1)}, "--start"),
        ({"workers": 0}, "--workers: 0"),
        ({"max_retries": -1}, "--max-retries"),
        ({"gpu_scale_slots": 0}, "--gpu-scale-slots"),
        ({"video_codec": "-f"}, "-c:v: '-f'"),
        ({"audio_codec": "aac -y"}, "-c:a"),
        ({"pixel_format": "yuv420p;"}, "--pix-fmt"),
        ({"extension": "../x"}, "--extension"),
        ({"encoder_options": (("-f", "x"),)}, "-x: '-f'"),
        ({"audio_languages": ("English",)}, "--audio-lang: 'English'"),
    ],
)
def test_a_wrong_value_is_named_with_its_option(wrong: dict[str, Any], named: str) -> None:
    """The message holds the option, the value and what is allowed."""
    with pytest.raises(ConfigError) as caught:
        EncodeSettings(**wrong)
    assert re.search(named, str(caught.value))


@pytest.mark.parametrize(
    "right",
    [
        {"crf": 0.0},
        {"crf": 17.5, "speed": "placebo"},
        {"crf": 63.0, "video_codec": "libvpx-vp9", "speed": "-8"},
        {"scale": "1280:-2"},
        {"scale": "iw/2:ih/2"},
        {"scale": "1920x1080"},
        {"video_codec": "some_new_encoder", "crf": 400.0, "speed": "warp"},
        {"encoder_options": (("x264-params", "stitchable=1:open-gop=0"), ("b:v", "0"))},
        {"audio_codec": "libopus", "audio_bitrate": "96k", "channels": 6, "sample_rate": 48000},
        {"audio_codec": "aac", "audio_quality": 0.7, "loudness": -23},
        {"audio_codec": "libvorbis", "audio_quality": -1.0},
        {"audio_codec": "some_new_encoder", "audio_quality": 400.0},
        {"audio_languages": ("eng", "pt-BR", "de")},
        {"start": Fraction(1, 3), "end": Fraction(1, 2)},
    ],
)
def test_what_an_encoder_takes_is_allowed(right: dict[str, Any]) -> None:
    """Limits hold for encoders that are known; others get what the user says."""
    assert EncodeSettings(**right)


def test_every_setting_has_an_option_name() -> None:
    """No two settings share an option, and each begins with a dash."""
    options = [option_of(name) for name in field_names()]
    assert len(set(options)) == len(options)
    assert all(option.startswith("-") for option in options)


@pytest.mark.parametrize("codec", sorted(KNOWN_ENCODERS))
def test_the_defaults_of_the_encoder_table_pass_its_own_limits(codec: str) -> None:
    """A default quality or speed that the check refuses could never be used."""
    known = KNOWN_ENCODERS[codec]
    crf = known.quality.default if known.quality else None
    settings = EncodeSettings(video_codec=codec, crf=crf, speed=known.speed)
    assert (settings.crf, settings.speed) == (crf, known.speed)


def test_times_given_as_numbers_are_what_was_written() -> None:
    """Python's users write 0.4 and 3; ranges are computed with fractions."""
    settings = EncodeSettings(start=0.4, end=3, chunk_duration=2.5)  # type: ignore[arg-type]
    assert (settings.start, settings.end, settings.chunk_duration) == (Fraction(2, 5), Fraction(3), Fraction(5, 2))
    assert isinstance(settings.end, Fraction)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "soon"])
def test_a_time_that_is_none_is_refused(value: Any) -> None:
    """By the option's name."""
    with pytest.raises(ConfigError, match=r"--start: .* is not allowed"):
        EncodeSettings(start=value)
