"""What an output has to show, told from its source."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from suture.model import StreamInfo
from suture.planning.carried import Carried
from suture.planning.promises import promises_of
from suture.planning.tracks import Track
from suture.settings import EncodeSettings

VIDEO = StreamInfo(0, "video", "hevc", Fraction(1, 1000), width=320, height=180, pix_fmt="yuv420p10le")
LIGHT = {"max_content": 1000, "max_average": 400}


def _promised(along: Carried | None = None, settings: dict[str, Any] | None = None, **fields: Any) -> dict[str, str]:
    track = Track("video", "encode", replace(VIDEO, **fields), encoder="libx264")
    return promises_of(track, EncodeSettings(**(settings or {})), along)


@pytest.mark.parametrize(
    ("fields", "promised"),
    [
        ({"color_primaries": "bt2020", "color_space": "gbr"}, {"color_primaries": "bt2020"}),
        ({"color_range": "pc"}, {"color_range": "pc"}),
        ({"color_range": "tv", "chroma_location": "left"}, {}),
        ({"color_range": "pc", "pix_fmt": "gbrp"}, {}),
        ({"chroma_location": "topleft"}, {"chroma_location": "topleft"}),
        ({"sample_aspect_ratio": Fraction(64, 45)}, {"sample_aspect_ratio": "64/45"}),
        ({"rotation": -90}, {"rotation": "-90"}),
        ({"field_order": "tb"}, {"field_order": "tb"}),
        ({"field_order": "progressive"}, {}),
        ({"language": "ger", "metadata": {"TITLE": "Seam"}}, {"language": "ger", "title": "Seam"}),
    ],
)
def test_what_a_picture_shows(fields: dict[str, Any], promised: dict[str, str]) -> None:
    """Facts that are not taken for granted."""
    assert _promised(**fields) == promised


def test_what_comes_along_is_promised() -> None:
    """Values as JSON, other data by its presence; what an encode does not carry over is not promised, but a loss."""
    side = {"content_light_level": LIGHT, "closed_captions": True, "stereo3d": "side by side", "afd": 8}
    everything = {
        "content_light_level": '{"max_content": 1000, "max_average": 400}',
        "stereo3d": "side by side",
        "closed_captions": "present",
    }
    assert _promised(side_data=side) == everything
    some = Carried(facts=frozenset({"stereo3d"}), unkept=frozenset({"chroma_location"}))
    assert _promised(some, side_data=side, chroma_location="topleft") == {"stereo3d": "side by side"}


def test_what_is_promised_behind_a_filter() -> None:
    """What the filter leaves alone; and a pixel format that is asked for, as it is made behind the filters."""
    colour, chroma, order = {"color_primaries": "bt2020"}, {"chroma_location": "topleft"}, {"field_order": "tt"}
    fields: dict[str, Any] = {**colour, **chroma, **order, "rotation": 90}
    for chain, left in (
        ("negate", chroma | order),
        ("hflip", colour | order),
        ("crop=2:2", colour | chroma),
        ("bwdif", colour | chroma),
        ("libplacebo", {}),
    ):
        assert _promised(settings={"video_filter": chain}, **fields) == left
    assert _promised(settings={"pixel_format": "yuv444p", "video_filter": "libplacebo"}) == {"pix_fmt": "yuv444p"}


def test_a_file_from_outside() -> None:
    """Has the language that it was given."""
    assert promises_of(Track("subtitle", "convert", None, language="ger"), EncodeSettings()) == {"language": "ger"}
