"""A buffer that was asked for, and whether it forbids to cut."""

from __future__ import annotations

from typing import Any

import pytest

from suture.errors import ConfigError
from suture.media.vbv import Vbv
from suture.planning.vbv import vbv_of, why_whole
from suture.settings import EncodeSettings


def _settings(codec: str = "libx264", **options: str) -> EncodeSettings:
    return EncodeSettings(
        video_codec=codec,
        encoder_options=tuple((k if k.startswith("rc") else k.replace("_", "-"), v) for k, v in options.items()),
    )


@pytest.mark.parametrize(
    ("codec", "options", "found"),
    [
        ("libx264", {"maxrate": "2M", "bufsize": "4M"}, Vbv(2_000_000, 4_000_000)),
        ("libx264", {"x264_params": "vbv-maxrate=900:vbv-bufsize=1800"}, Vbv(900_000, 1_800_000)),
        ("libx264", {"x264opts": "vbv-maxrate=900:vbv-bufsize=1800:vbv-init=0.5"}, Vbv(900_000, 1_800_000, 0.5)),
        ("libx265", {"x265_params": "vbv-maxrate=900:vbv-bufsize=1800:vbv-init=900"}, Vbv(900_000, 1_800_000, 0.5)),
        ("libx265", {"x264_params": "vbv-maxrate=900:vbv-bufsize=1800"}, None),
        ("libx264", {"maxrate": "2M", "x264_params": "vbv-maxrate=900:vbv-bufsize=9"}, Vbv(900_000, 9_000)),
        ("libx264", {"maxrate": "2M", "bufsize": "4M", "x264_params": "vbv-maxrate=0"}, None),
        ("libsvtav1", {"maxrate": "2M", "bufsize": "4M"}, None),
        ("libx264", {"maxrate": "2M"}, None),
        ("libx264", {}, None),
    ],
)
def test_a_buffer_is_read_from_options(codec: str, options: dict[str, str], found: Vbv | None) -> None:
    """Plain ones and those of an encoder's list, in their units."""
    assert vbv_of(_settings(codec, **options)) == found


PLAIN = {"maxrate": "1M", "bufsize": "1M"}


@pytest.mark.parametrize(
    ("codec", "options", "full"),
    [
        ("libx264", PLAIN, 0.9),
        ("libx265", PLAIN, 0.75),
        ("libx265", {"x265_params": "vbv-maxrate=900:vbv-bufsize=1000"}, 0.9),
        ("libx264", {**PLAIN, "x264_params": "vbv-init=0"}, 0.0),
        ("libx265", {**PLAIN, "x265_params": "vbv-init=0", "rc_init_occupancy": "500k"}, 0.0),
        ("libx264", {**PLAIN, "rc_init_occupancy": "500k"}, 0.5),
        ("libx265", {**PLAIN, "rc_init_occupancy": "500k"}, 0.5),
        ("libx264", {**PLAIN, "rc_init_occupancy": "0"}, 0.75),
        ("libx264", {**PLAIN, "rc_init_occupancy": "2M"}, 0.9),
        ("libx265", {**PLAIN, "rc_init_occupancy": "2M"}, 1.0),
        ("libx264", {"x264_params": "vbv-maxrate=900:vbv-bufsize=1000", "rc_init_occupancy": "500k"}, 0.9),
        ("libx265", {"x265_params": "vbv-maxrate=900:vbv-bufsize=1000", "rc_init_occupancy": "500k"}, 0.5),
    ],
)
def test_how_full_a_buffer_is_in_the_beginning(codec: str, options: dict[str, str], full: float) -> None:
    """As each encoder begins, which is not the same for both; nothing at all is a word, too."""
    found = vbv_of(_settings(codec, **options))
    assert found is not None
    assert found.full == full


@pytest.mark.parametrize(
    ("codec", "options", "why"),
    [
        ("libx264", {"maxrate": "2M", "bufsize": "4M"}, ""),
        ("libx264", {"maxrate": "2M", "bufsize": "4M", "nal_hrd": "vbr"}, "nal-hrd"),
        ("libx264", {"x264_params": "nal-hrd=none"}, ""),
        ("libx265", {"x265_params": "hrd=1:vbv-maxrate=9:vbv-bufsize=9"}, "hrd"),
        ("libx264", {"maxrate": "2M", "minrate": "2M", "bufsize": "4M"}, "minrate"),
        ("libx264", {"maxrate": "2M"}, "-x maxrate"),
        ("libsvtav1", {"maxrate": "2M", "bufsize": "4M"}, "held over the whole film"),
        ("libsvtav1", {"svtav1_params": "mbr=900"}, "-x mbr"),
        ("libx264", {"tune": "film"}, ""),
    ],
)
def test_what_is_encoded_whole(codec: str, options: dict[str, str], why: str) -> None:
    """Where the buffer's state is written down, or can't be simulated."""
    reason = why_whole(_settings(codec, **options))
    assert why in reason
    assert bool(reason) is bool(why)


@pytest.mark.parametrize("options", [{"maxrate": "much"}, {"x264_params": "vbv-maxrate=much:vbv-bufsize=9"}])
def test_what_is_no_number(options: dict[str, Any]) -> None:
    """Is refused before anything starts."""
    with pytest.raises(ConfigError, match="much"):
        vbv_of(_settings(**options))
