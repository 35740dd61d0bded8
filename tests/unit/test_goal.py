"""What people write as a target, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from suture.errors import ConfigError
from suture.goal import Goal
from suture.presets import make_settings


@pytest.mark.parametrize(
    ("text", "goal"),
    [
        ("vmaf=95", Goal("vmaf", 95.0, "harmonic")),
        ("VMAF=95:P5", Goal("vmaf", 95.0, "p5")),
        (" xpsnr=40.5:mean", Goal("xpsnr", 40.5, "mean")),
        ("ssim=.98:min", Goal("ssim", 0.98, "min")),
    ],
)
def test_what_is_written_is_read_and_written_back(text: str, goal: Goal) -> None:
    """Whatever its case; and what is written of it is read as the same."""
    assert Goal.parse(text) == goal
    assert Goal.parse(str(goal)) == goal


@pytest.mark.parametrize(
    "text",
    ["vmaf", "vmaf=", "vmaf=x", "vmaf=nan", "vmaf=0", "vmaf=100", "vmaf=inf", "psnr=40", "ssim=1", "vmaf=95:p0", "=95"],
)
def test_what_can_not_be_asked_is_refused(text: str) -> None:
    """In a line that names the option."""
    with pytest.raises(ConfigError, match="--target"):
        Goal.parse(text)


def test_a_target_stands_instead_of_a_quality() -> None:
    """Of the preset, not of the user, who is told that both can't be; one way of writing it is as good as another."""
    settings = make_settings("h264", {"target": "vmaf=95.0"})
    assert (settings.crf, settings.goal) == (None, Goal("vmaf", 95.0))
    assert settings == make_settings("h264", {"target": "VMAF=95:harmonic"})
    assert make_settings("h264", {"target": "ssim=0.99", "video_codec": "libsvtav1"}).speed == "8"
    for more in ({"crf": 20.0}, {"video_bitrate": "2M"}, {"video_codec": "copy"}, {"video_codec": "ffv1"}):
        with pytest.raises(ConfigError, match="--target"):
            make_settings("h264", {"target": "vmaf=95", **more})


@pytest.mark.parametrize(
    "more",
    [
        {"video_codec": "libtheora"},
        {"video_codec": "libopenh264"},
        {"encoder_options": (("crf", "20"),)},
        {"encoder_options": (("x264-params", "aq-mode=2:crf=20"),)},
    ],
)
def test_what_can_not_be_searched_is_refused(more: dict[str, Any]) -> None:
    """An encoder of whose quality nothing is known, and a quality that is set beside."""
    with pytest.raises(ConfigError, match="--target"):
        make_settings("h264", {"target": "vmaf=95", **more})


def test_a_target_near_the_end_of_the_scale_is_told_whole() -> None:
    """All of its digits."""
    assert str(Goal.parse("ssim=0.9999999")) == "ssim=0.9999999:harmonic"
    assert Goal.parse(str(Goal.parse("ssim=0.9999999"))).value == 0.9999999


def test_a_target_cuts_at_shots() -> None:
    """Unless something else is asked for."""
    assert make_settings("h264", {"target": "vmaf=95"}).at_shots
    assert not make_settings("h264", {"target": "vmaf=95", "chunking": "keyframes"}).at_shots
    assert not make_settings("h264", {}).at_shots
    assert make_settings("h264", {"chunking": "scenes"}).at_shots
