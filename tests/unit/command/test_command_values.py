"""Settings are checked where they are set, and named when they are wrong."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from suture.command.base import Resource
from suture.command.encoders import quality_arguments, resource_of, speed_arguments
from suture.command.hardware import HARDWARE_PATHS, device_arguments, hardware_path, input_arguments_of
from suture.command.settings import encoder_name, option_name, rate, seconds, span_us, time_us, whole, word
from suture.errors import ConfigError


@pytest.mark.parametrize(
    ("value", "microseconds"),
    [
        (0, 0),
        (12, 12_000_000),
        (0.1, 100_000),
        (Fraction(1001, 24000), 41_708),
        ("90.5", 90_500_000),
        ("250ms", 250_000),
        ("7us", 7),
        ("00:50:00", 3_000_000_000),
        ("01:02:03.000001", 3_723_000_001),
        ("2:03", 123_000_000),
    ],
)
def test_times_become_whole_microseconds(value: Any, microseconds: int) -> None:
    """Numbers, fractions and both notations mean what they say."""
    assert time_us(value) == microseconds


@pytest.mark.parametrize("value", [-1, -0.5, "-3", "1:70", "abc", "", float("nan"), float("inf"), True, "1e3"])
def test_what_is_no_time_is_refused_by_name(value: Any) -> None:
    """The message holds the value."""
    with pytest.raises(ConfigError) as caught:
        time_us(value)
    assert repr(value) in str(caught.value)


def test_seconds_are_printed_exactly() -> None:
    """All six digits, no exponent, no rounding."""
    assert seconds(12_345_678) == "12.345678"
    assert seconds(10**16 + 1) == "10000000000.000001"
    assert seconds(-100) == "-0.000100"


def test_a_range_has_a_length() -> None:
    """Start and end are rounded before they are subtracted; an open end has none."""
    assert span_us("10", 12.5) == (10_000_000, 2_500_000)
    assert span_us(None, None) == (0, None)
    for start, end in ((5, 5), (6, 5)):
        with pytest.raises(ConfigError, match="is empty"):
            span_us(start, end)


@pytest.mark.parametrize("value", ["192k", "2.5M", "1Mi", 192000])
def test_rates(value: Any) -> None:
    """What ffmpeg reads is passed as written."""
    assert rate(value) == str(value)


@pytest.mark.parametrize("value", ["", "fast", "-1k", 0, -5, "0k", "1 M", True, 1.5])
def test_what_is_no_rate(value: Any) -> None:
    """Zero, signs and words are refused."""
    with pytest.raises(ConfigError, match="rate"):
        rate(value)


@pytest.mark.parametrize("value", [0, 9, 1.0, True, "3"])
def test_whole_numbers_have_bounds(value: Any) -> None:
    """Both ends are allowed, nothing outside, nothing that is no whole number."""
    assert whole(1, "x", 1, 8) == 1
    assert whole(8, "x", 1, 8) == 8
    with pytest.raises(ConfigError, match="from 1 to 8"):
        whole(value, "x", 1, 8)


@pytest.mark.parametrize("text", ["-c", "", "a b", "a:b", "x;y"])
def test_names_and_words_hold_nothing_special(text: str) -> None:
    """A codec or a preset can't smuggle in another argument."""
    for check in (encoder_name, lambda value: word(value, "speed")):
        if text == "-c" and check is not encoder_name:
            continue  # a word may be a negative number
        with pytest.raises(ConfigError):
            check(text)


@pytest.mark.parametrize("key", ["i", "y", "f", "map", "vf", "i:v", "-crf", "a b", "", "filter_complex"])
def test_encoder_options_are_nothing_else(key: str) -> None:
    """A key that ffmpeg would take for another input, file or graph is refused."""
    with pytest.raises(ConfigError):
        option_name(key)
    assert option_name("x264-params") == "x264-params"
    assert option_name("b:v") == "b:v"


@pytest.mark.parametrize(
    ("codec", "crf", "arguments"),
    [
        ("libx264", 20, "-crf 20"),
        ("libx265", 20.5, "-crf 20.5"),
        ("libvpx-vp9", 31.0, "-crf 31 -b:v 0"),
        ("libaom-av1", 30, "-crf 30 -b:v 0"),
        ("libsvtav1", 63, "-crf 63"),
        ("librav1e", 80, "-qp 80"),
        ("h264_nvenc", 23, "-cq 23 -rc vbr -b:v 0"),
        ("av1_vaapi", 90, "-qp 90 -rc_mode CQP"),
        ("hevc_amf", 22, "-qp_i 22 -qp_p 22 -rc cqp"),
        ("mpeg4", 3, "-q:v 3"),
        ("some_new_encoder", 12, "-crf 12"),
    ],
)
def test_constant_quality_by_the_encoders_own_option(codec: str, crf: float, arguments: str) -> None:
    """Each encoder is asked in its own words; libvpx and libaom lose their default bitrate."""
    assert " ".join(quality_arguments(codec, crf)) == arguments


@pytest.mark.parametrize(
    ("codec", "crf"),
    [
        ("libx264", -1),
        ("libx264", 52),
        ("libx265", float("nan")),
        ("libvpx-vp9", 30.5),
        ("libsvtav1", 64),
        ("mpeg4", 0),
        ("ffv1", 10),
        ("libx264", True),
        ("libx264", "20"),
    ],
)
def test_an_absurd_crf_is_refused(codec: str, crf: Any) -> None:
    """Outside the encoder's scale, fractions where it takes none, and encoders without such a thing."""
    with pytest.raises(ConfigError, match=codec):
        quality_arguments(codec, crf)


def test_speed_by_the_encoders_own_option() -> None:
    """Preset, cpu-used or speed; none for encoders without one."""
    spoken = {name: speed_arguments(name, "4") for name in ("libx265", "libaom-av1", "librav1e", "hevc_nvenc")}
    assert [first for first, _ in spoken.values()] == ["-preset", "-cpu-used", "-speed", "-preset"]
    with pytest.raises(ConfigError, match="no speed option"):
        speed_arguments("ffv1", "4")


@pytest.mark.parametrize(
    ("codec", "filters", "hardware", "resource"),
    [
        ("libx264", ("scale=1280:-2",), None, Resource.CPU),
        ("libx264", ("hwupload,scale_vulkan=1280:720",), None, Resource.GPU_SCALE),
        ("libx264", ("libplacebo=w=640",), None, Resource.GPU_SCALE),
        ("libx264", (), "cuda", Resource.GPU_SCALE),
        ("hevc_nvenc", (), "cuda", Resource.GPU_ENCODE),
        ("h264_videotoolbox", (), None, Resource.GPU_ENCODE),
        ("copy", (), None, Resource.IO),
    ],
)
def test_resources(codec: str, filters: tuple[str, ...], hardware: str | None, resource: Resource) -> None:
    """The encoder decides first, then filters and devices."""
    assert resource_of(codec, filters, hardware) is resource


@pytest.mark.parametrize("path", list(HARDWARE_PATHS))
def test_devices_are_opened_by_name(path: str) -> None:
    """Whatever is decoded on a device uses the one that the filters use."""
    name = device_arguments(path)[1].partition("=")[2]
    assert device_arguments(path)[-1] == name
    decoding = input_arguments_of(path)
    assert not decoding or decoding[decoding.index("-hwaccel_device") + 1] == name


def test_an_unknown_device_is_refused() -> None:
    """With the ones that there are; None is processor cores and needs no arguments."""
    with pytest.raises(ConfigError, match="vaapi"):
        hardware_path("voodoo")
    assert device_arguments(None) == input_arguments_of(None) == []
