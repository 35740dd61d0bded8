"""Filter chains: what runs where, and what ffmpeg needs between."""

from __future__ import annotations

import pytest

from suture.errors import ConfigError
from suture.planning.chains import chain_of, encoder_device, split_filters


def _completed(chain: str, codec: str = "libx264", pixel_format: str = "yuv420p") -> str:
    return ",".join(chain_of((chain,), codec, pixel_format).filters)


@pytest.mark.parametrize(
    ("chain", "parts"),
    [
        ("a,b=1:2", ["a", "b=1:2"]),
        ("drawtext=text='1,2',b", ["drawtext=text='1,2'", "b"]),
        (r"drawtext=text=1\,2,b", [r"drawtext=text=1\,2", "b"]),
        (r"drawtext=text='it'\''s,',b", [r"drawtext=text='it'\''s,'", "b"]),
        ("[a,b]x,y", ["[a,b]x", "y"]),
        (" a , , b ", ["a", "b"]),
        ("", []),
    ],
)
def test_commas_part_filters_where_ffmpeg_says_so(chain: str, parts: list[str]) -> None:
    """Not in quotes, not after a backslash, not in a label."""
    assert split_filters(chain) == parts


@pytest.mark.parametrize(
    ("chain", "completed"),
    [
        ("scale_vulkan=1280:-2", "format=yuv420p,hwupload,scale_vulkan=1280:-2,hwdownload,format=yuv420p"),
        ("libplacebo=w=2:h=2", "format=yuv420p,hwupload,libplacebo=w=2:h=2,hwdownload,format=yuv420p"),
        (
            "scale_cuda=2:2:format=p010le",
            "format=yuv420p,hwupload,scale_cuda=2:2:format=p010le,hwdownload,format=p010le",
        ),
        ("scale_vaapi=2:2", "format=nv12,hwupload,scale_vaapi=2:2,hwdownload,format=nv12"),
        (
            "hwupload,scale_vulkan=2:2,hwdownload,format=yuv420p,unsharp",
            "hwupload,scale_vulkan=2:2,hwdownload,format=yuv420p,unsharp",
        ),
        (
            "crop=8:8,scale_vulkan=2:2,unsharp",
            "crop=8:8,format=yuv420p,hwupload,scale_vulkan=2:2,hwdownload,format=yuv420p,unsharp",
        ),
        (
            "scale_vulkan=2:2,setsar=1,hflip_vulkan",
            "format=yuv420p,hwupload,scale_vulkan=2:2,setsar=1,hflip_vulkan,hwdownload,format=yuv420p",
        ),
        ("format=nv12,scale_vulkan=2:2", "format=nv12,format=nv12,hwupload,scale_vulkan=2:2,hwdownload,format=nv12"),
        ("unsharp", "unsharp"),
    ],
)
def test_the_ways_to_the_device_and_back_are_added_where_they_lack(chain: str, completed: str) -> None:
    """And only there."""
    assert _completed(chain) == completed


def test_an_encoder_on_the_device_takes_pictures_there() -> None:
    """Nothing is downloaded for it; one that takes them from nowhere else gets them uploaded."""
    assert _completed("scale_cuda=2:2", "hevc_nvenc") == "format=yuv420p,hwupload,scale_cuda=2:2"
    assert _completed("scale_vulkan=2:2", "hevc_nvenc").endswith("hwdownload,format=yuv420p")
    assert _completed("unsharp", "h264_vaapi") == "unsharp,format=nv12,hwupload"
    assert _completed("unsharp", "hevc_nvenc") == "unsharp"
    assert [encoder_device(codec) for codec in ("h264_vulkan", "h264_nvenc", "h264_amf", "libx264")] == [
        *("vulkan", "cuda", "", "")
    ]


def test_deep_and_full_colour_reach_the_device() -> None:
    """Ten bits in the form that devices have; full range under the name that they know, without a conversion."""
    assert _completed("scale_vulkan=2:2", pixel_format="yuv420p10le").startswith("format=p010le,hwupload,")
    full = _completed("scale_vulkan=2:2", pixel_format="yuvj420p")
    assert full.startswith("scale=in_range=full:out_range=full,format=yuv420p,hwupload,")
    assert _completed("scale_vulkan=2:2", pixel_format="yuv444p").endswith("hwdownload,format=yuv444p")


def test_colour_is_not_lost_on_the_way() -> None:
    """4:2:2 has no way to VAAPI that keeps it: the user has to say what shall become of it."""
    with pytest.raises(ConfigError, match="yuv422p pictures get to a vaapi device"):
        _completed("scale_vaapi=2:2", pixel_format="yuv422p")


def test_a_chain_has_one_device() -> None:
    """Two would need a way from one to the other."""
    with pytest.raises(ConfigError, match="cuda and vulkan"):
        _completed("scale_cuda=2:2,hflip_vulkan")


@pytest.mark.parametrize("chain", ["split[a][b];[a][b]overlay_vulkan", "hwmap,scale_vaapi=2:2"])
def test_what_is_no_plain_chain_is_left_alone(chain: str) -> None:
    """Its author knows better; the device is opened all the same."""
    found = chain_of((chain,), "libx264", "yuv420p")
    assert (found.runs, found.filters) == ((), (chain,))
    assert found.device


def test_brackets_in_quotes_are_text() -> None:
    """No graph."""
    assert chain_of(("drawtext=text='[x]',scale_vulkan=2:2",), "libx264", "yuv420p").runs


def test_runs_are_told_apart() -> None:
    """Place, format, and whether there is work in them."""
    runs = chain_of(("nlmeans,scale_vulkan=2:2,crop=2:2",), "libx264", "yuv420p").runs
    assert [(run.device, run.pixel_format, run.heavy) for run in runs] == [
        ("", "yuv420p", True),
        ("vulkan", "yuv420p", True),
        ("", "yuv420p", False),
    ]
