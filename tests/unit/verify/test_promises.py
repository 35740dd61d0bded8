"""What a stream has to say of itself: kept, or named; values that a container rounds are the same."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from suture.model import StreamInfo
from suture.verify.promises import added, unkept

MASTER = {
    "red_x": "34000/50000",
    "red_y": "16000/50000",
    "green_x": "13250/50000",
    "green_y": "34500/50000",
    "blue_x": "7500/50000",
    "blue_y": "3000/50000",
    "white_point_x": "15635/50000",
    "white_point_y": "16450/50000",
    "min_luminance": "50/10000",
    "max_luminance": "10000000/10000",
}
STREAM = StreamInfo(
    0,
    "video",
    "hevc",
    Fraction(1, 1000),
    language="eng",
    metadata={"title": "Film"},
    sample_aspect_ratio=Fraction(64, 45),
    rotation=90,
    field_order="tt",
    color_range="pc",
    color_primaries="bt2020",
    color_transfer="smpte2084",
    color_space="bt2020nc",
    chroma_location="topleft",
    side_data={
        "mastering_display_metadata": MASTER,
        "content_light_level": {"max_content": 1000, "max_average": 400},
        "stereo3d": "side by side",
        "dovi_configuration": {"dv_profile": 8},
    },
)

FACTS = {
    "color_primaries": "bt2020",
    "color_transfer": "smpte2084",
    "color_space": "bt2020nc",
    "color_range": "pc",
    "chroma_location": "topleft",
    "field_order": "tt",
    "sample_aspect_ratio": "64/45",
    "rotation": "90",
    "mastering_display_metadata": json.dumps(MASTER),
    "content_light_level": json.dumps({"max_content": 1000, "max_average": 400}),
    "stereo3d": "side by side",
    "dovi_configuration": "present",
}


def lost(facts: dict[str, str], stream: StreamInfo) -> list[str]:
    """Names of what is not kept."""
    return [what for what, _ in unkept(facts, stream)]


def test_a_stream_keeps_what_it_says_itself() -> None:
    """All facts, language and title."""
    assert lost({**FACTS, "language": "eng", "title": "Film"}, STREAM) == []


@pytest.mark.parametrize("what", sorted(FACTS))
def test_each_fact_that_is_gone_is_named(what: str) -> None:
    """One at a time."""
    plain = StreamInfo(0, "video", "hevc", Fraction(1, 1000))
    side = {key: value for key, value in STREAM.side_data.items() if key != what}
    spoiled = replace(STREAM, side_data=side)
    if what not in STREAM.side_data:
        spoiled = replace(STREAM, **{what: getattr(plain, what)})
    assert lost(FACTS, spoiled) == [what]


def test_the_same_light_in_other_numbers_is_the_same() -> None:
    """A container's text has four digits, a frame has fractions."""
    said = {key: f"{float(Fraction(value)):.4f}" for key, value in MASTER.items()}
    rounded = replace(STREAM, side_data={**STREAM.side_data, "mastering_display_metadata": said})
    assert lost(FACTS, rounded) == []
    said["max_luminance"] = "4000.0"
    assert lost(FACTS, rounded) == ["mastering_display_metadata"]


@pytest.mark.parametrize("write", [json.dumps, str, lambda _: "present"])
def test_a_promise_may_be_written_in_several_ways(write: Any) -> None:
    """JSON, Python's own, or that it is there at all."""
    assert lost({"content_light_level": write({"max_content": 1000, "max_average": 400})}, STREAM) == []
    assert lost({"ambient_viewing_environment": write({"x": 1})}, STREAM) == ["ambient_viewing_environment"]


def test_what_goes_without_saying_need_not_be_said() -> None:
    """Video range and chroma to the left are what a picture has that says nothing."""
    plain = StreamInfo(0, "video", "h264", Fraction(1, 1000))
    assert lost({"color_range": "tv", "chroma_location": "left"}, plain) == []
    assert lost({"color_range": "pc", "chroma_location": "top"}, plain) == ["color_range", "chroma_location"]


def test_language_title_and_interlacing_have_their_own_sense() -> None:
    """Two codes of one language, a title under another name, fields in whatever order."""
    told = replace(STREAM, language="deu", metadata={"handler_name": "Film"}, field_order="bb")
    assert lost({"language": "ger", "title": "Film", "field_order": "tt"}, told) == []
    assert lost({"language": "eng", "title": "Movie"}, told) == ["language", "title"]
    assert lost({"field_order": "tt"}, replace(told, field_order="progressive")) == ["field_order"]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"rotation": 90}, "rotation"),
        ({"sample_aspect_ratio": Fraction(2)}, "sample_aspect_ratio"),
        ({"color_range": "pc"}, "color_range"),
        ({"color_transfer": "smpte2084"}, "color_transfer"),
    ],
)
def test_what_only_the_output_says_shows_the_film_otherwise(change: dict[str, Any], what: str) -> None:
    """Turned, squeezed, washed out; a label for what was not labelled is harmless."""
    plain = StreamInfo(0, "video", "h264", Fraction(1, 1000), sample_aspect_ratio=Fraction(1))
    assert [fact for fact, _ in added(plain, replace(plain, **change))] == [what]
    assert list(added(STREAM, STREAM)) == []
    assert list(added(plain, replace(plain, color_range="tv", color_primaries="bt709", color_transfer="bt709"))) == []
