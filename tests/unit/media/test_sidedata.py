"""Numbers out of libavutil's structures."""

from __future__ import annotations

import struct

import pytest

from suture.media.sidedata import _value, matrix_rotation

ONE = 1 << 16


@pytest.mark.parametrize(
    ("matrix", "degrees"),
    [
        ((ONE, 0, 0, 0, ONE, 0), 0),
        ((0, ONE, 0, -ONE, 0, 0), -90),
        ((-ONE, 0, 0, 0, -ONE, 0), -180),
        ((0, -ONE, 0, ONE, 0, 0), 90),
        ((46341, 46341, 0, -46341, 46341, 0), -45),
        ((2 * ONE, 0, 0, 0, ONE, 0), 0),
        ((0, 0, 0, 0, 0, 0), 0),
    ],
)
def test_a_matrix_is_a_rotation_as_ffprobe_prints_it(matrix: tuple[int, ...], degrees: int) -> None:
    """Counter-clockwise; scaling does not matter, and a matrix of zeros turns nothing."""
    assert matrix_rotation([*matrix, 0, 0, 1 << 30]) == degrees


def test_the_mastering_display_is_read_as_ratios() -> None:
    """Primaries only where the flags say that they are there."""
    numbers = [n for pair in range(10) for n in (pair + 1, 50000)]
    both = _value("MASTERING_DISPLAY_METADATA", struct.pack("22i", *numbers, 1, 1))
    assert (both["red_x"], both["white_point_y"], both["max_luminance"]) == ("1/50000", "8/50000", "10/50000")
    light = _value("MASTERING_DISPLAY_METADATA", struct.pack("22i", *numbers, 0, 1))
    assert sorted(light) == ["max_luminance", "min_luminance"]


def test_a_short_structure_is_only_there() -> None:
    """Of a structure that is shorter than it should be, no more is said than that it exists."""
    assert _value("CONTENT_LIGHT_LEVEL", b"\x01") is True
    assert _value("STEREO3D", struct.pack("i", 99)) is True
    assert _value("SOMETHING_ELSE", b"") is True


def test_stereo_and_light_levels_have_names() -> None:
    """Enumerations become ffmpeg's words, light levels its fields."""
    assert _value("STEREO3D", struct.pack("9i", 1, *[0] * 8)) == "side by side"
    assert _value("CONTENT_LIGHT_LEVEL", struct.pack("2I", 1000, 400)) == {
        "max_content": 1000,
        "max_average": 400,
    }
