"""Whether an encoder takes a picture, told from its size and its pixel format."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from suture.errors import ConfigError
from suture.model import StreamInfo
from suture.planning.ability import Ability
from suture.planning.fitting import check_size, format_losses
from suture.settings import EncodeSettings

VIDEO = StreamInfo(0, "video", "mpeg2video", Fraction(1, 1000), width=720, height=405, pix_fmt="yuv420p")


@pytest.mark.parametrize(
    ("stream", "settings"),
    [
        ({}, {}),
        ({}, {"video_codec": "libx265"}),
        ({"width": 721, "height": 404, "pix_fmt": "yuv422p"}, {}),
        ({"width": 721, "height": 404}, {"video_codec": "ffvhuff"}),
        ({"height": 404}, {"scale": "641:360"}),
        ({"pix_fmt": "yuv444p"}, {"pixel_format": "nv12"}),
    ],
)
def test_odd_sizes_are_refused(stream: dict[str, Any], settings: dict[str, Any]) -> None:
    """Before anything is encoded, with the size, the encoder and the ways out."""
    with pytest.raises(ConfigError, match="takes even numbers only") as caught:
        check_size(replace(VIDEO, **stream), EncodeSettings(**settings))
    assert "-vf pad=" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("stream", "settings"),
    [
        ({"height": 404}, {}),
        ({"pix_fmt": "yuv444p"}, {}),
        ({"pix_fmt": "yuv422p"}, {}),
        ({}, {"video_codec": "libvpx-vp9"}),
        ({}, {"video_codec": "ffv1"}),
        ({}, {"video_codec": "ffvhuff"}),
        ({}, {"video_filter": "crop=720:404"}),
        ({}, {"scale": "640:360"}),
        ({}, {"scale": "-2:360"}),
    ],
)
def test_other_sizes_are_taken(stream: dict[str, Any], settings: dict[str, Any]) -> None:
    """Where the encoder takes them, or nobody knows."""
    check_size(replace(VIDEO, **stream), EncodeSettings(**settings))


@pytest.mark.parametrize(
    ("have", "taken", "lost"),
    [
        ("yuv420p12le", ("yuv420p", "yuv420p10le"), ["12 bits a sample"]),
        ("yuv422p", ("yuv420p", "yuv420p10le"), ["4:2:2 colour"]),
        ("yuva444p10le", ("yuv420p",), ["transparency", "4:4:4 colour", "10 bits a sample"]),
        ("gbrp", ("yuv420p", "yuv444p"), ["RGB pictures"]),
        ("yuvj420p", ("yuv420p",), []),
        ("yuv420p", ("yuv422p10le",), []),
        ("gray", ("yuv420p",), []),
        ("yuv422p", (), []),
    ],
)
def test_what_samples_lose(have: str, taken: tuple[str, ...], lost: list[str]) -> None:
    """Only what no format of the encoder holds; an encoder that does not tell is not judged."""
    found = format_losses(replace(VIDEO, pix_fmt=have), EncodeSettings(), Ability(taken))
    assert [what.partition(" of ")[0] for what, _ in found] == lost


def test_what_is_asked_for_is_no_loss() -> None:
    """A filter or a pixel format of the user's decides."""
    stream = replace(VIDEO, pix_fmt="yuv422p")
    for asked in ({"pixel_format": "yuv420p"}, {"video_filter": "format=yuv420p"}):
        assert not list(format_losses(stream, EncodeSettings(**asked), Ability(("yuv420p",))))  # type: ignore[arg-type]


@pytest.mark.parametrize(("codec", "lost"), [("libvpx-vp9", True), ("libx265", True), ("ffv1", False)])
def test_transparency_beside_the_packets_is_lost(codec: str, lost: bool) -> None:  # noqa: FBT001 - a parameter
    """Although the encoder takes such pictures."""
    stream = replace(VIDEO, pix_fmt="yuva420p")
    assert bool(list(format_losses(stream, EncodeSettings(video_codec=codec), Ability(("yuva420p",))))) is lost
