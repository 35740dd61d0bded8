"""What is measured how: sizes, models, formats, and what this ffmpeg can't do."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from suture.command.glimpse import Shape
from suture.errors import ConfigError, Unsupported
from suture.ffmpeg.capabilities import Capabilities
from suture.quality.metrics import METRICS, context_of, default_metric, gauges_of, model_of, require

if TYPE_CHECKING:
    from pathlib import Path

HD = Shape(1280, 720)


def able(*filters: str) -> Capabilities:
    """An ffmpeg with these filters."""
    none: dict[str, str] = {}
    return Capabilities("/x/ffmpeg", "5.1", (5, 1), {}, none, none, frozenset(filters), *[frozenset[str]()] * 3)


@pytest.mark.parametrize(
    ("shape", "model", "size"),
    [
        (Shape(1280, 720), "vmaf_v0.6.1", (1920, 1080)),
        (Shape(1920, 804), "vmaf_v0.6.1", (1920, 804)),
        (Shape(640, 480), "vmaf_v0.6.1", (1440, 1080)),
        (Shape(720, 1280), "vmaf_v0.6.1", (1080, 1920)),
        (Shape(720, 576, aspect=Fraction(64, 45)), "vmaf_v0.6.1", (1920, 1080)),
        (Shape(2560, 1440), "vmaf_v0.6.1", (1920, 1080)),
        (Shape(1440, 2560), "vmaf_v0.6.1", (1080, 1920)),
        (Shape(3840, 1600), "vmaf_4k_v0.6.1", (3840, 1600)),
        (Shape(2048, 1536), "vmaf_4k_v0.6.1", (2880, 2160)),
        (Shape(2160, 3840), "vmaf_4k_v0.6.1", (2160, 3840)),
        (Shape(641, 361), "vmaf_v0.6.1", (1918, 1080)),
    ],
)
def test_vmaf_is_measured_at_its_models_size(shape: Shape, model: str, size: tuple[int, int]) -> None:
    """The picture fills the screen for which the model was made, in its shape, upright where it is upright."""
    (gauge,) = gauges_of(["vmaf"], shape, HD)
    assert (gauge.model, gauge.width, gauge.height) == (model, *size)
    assert model_of(shape) == model


def test_a_model_may_be_chosen(tmp_path: Path) -> None:
    """By its name, or as a file; one for 4K is measured at 4K. One that is not there, or can't be named, is refused."""
    named = gauges_of(["vmaf"], HD, HD, "vmaf_4k_v0.6.1neg")[0]
    assert (named.model, named.width) == ("vmaf_4k_v0.6.1neg", 3840)
    path = tmp_path / "mine.json"
    path.write_text("{}")
    assert gauges_of(["vmaf"], HD, HD, str(path))[0].model == str(path)
    for wrong in (str(tmp_path / "other.json"), "a|b"):
        with pytest.raises(ConfigError, match="no VMAF model"):
            gauges_of(["vmaf"], HD, HD, wrong)


def test_the_others_are_measured_at_the_references_size() -> None:
    """Whatever the file's is; each once."""
    gauges = gauges_of(["ssim", "psnr", "ssim", "xpsnr"], HD, Shape(640, 360))
    assert [gauge.metric for gauge in gauges] == ["ssim", "psnr", "xpsnr"]
    assert {(gauge.width, gauge.height, gauge.model) for gauge in gauges} == {(1280, 720, "")}


@pytest.mark.parametrize(
    ("reference", "file", "wanted"),
    [
        ("yuv420p", "yuv420p", "yuv420p"),
        ("yuv420p10le", "yuv420p", "yuv420p10le"),
        ("yuv420p", "yuv420p10le", "yuv420p10le"),
        ("yuv422p12be", "yuv420p", "yuv422p10le"),
        ("nv12", "nv12", "yuv420p"),
        ("nv16", "nv12", "yuv422p"),
        ("p010le", "nv12", "yuv420p10le"),
        ("p210le", "nv12", "yuv422p10le"),
        ("yuyv422", "yuv420p", "yuv422p"),
        ("gbrp", "yuv420p", "yuv444p"),
        ("rgb48le", "yuv420p", "yuv444p10le"),
        ("gray10le", "gray", "yuv420p10le"),
        ("yuvj444p", "yuvj420p", "yuv444p"),
        ("yuv411p", "yuv411p", "yuv420p"),
    ],
)
def test_pictures_are_compared_in_the_references_chroma_and_the_greater_depth(
    reference: str, file: str, wanted: str
) -> None:
    """8 or 10 bits, planar: what every metric takes."""
    (gauge,) = gauges_of(["psnr"], replace(HD, pixel_format=reference), replace(HD, pixel_format=file))
    assert gauge.pixel_format == wanted


def test_both_are_brought_to_one_range_and_matrix() -> None:
    """Full where both are full, limited where one is; RGB by the matrix of the other side."""
    full, rgb = replace(HD, color_range="pc"), Shape(1280, 720, "gbrp", color_range="pc", color_space="gbr")
    bt709 = replace(HD, color_space="bt709", color_range="tv")

    def ranged(one: Shape, other: Shape) -> tuple[str, str]:
        (gauge,) = gauges_of(["ssim"], one, other)
        return gauge.color_range, gauge.matrix

    assert ranged(HD, bt709) == ("", "")
    assert ranged(full, bt709) == ("tv", "")
    assert ranged(full, Shape(64, 64, "yuvj420p")) == ("pc", "")
    assert ranged(rgb, bt709) == ranged(bt709, rgb) == ("tv", "bt709")
    assert ranged(rgb, rgb) == ("tv", "")


def test_deep_xpsnr_only_where_its_lines_have_no_gaps() -> None:
    """The filter would read past them; there, 8 bits are right. Pictures of a few pixels it can't take at all."""
    deep = Shape(1280, 720, "yuv420p10le")
    odd = replace(deep, width=1278)
    assert gauges_of(["xpsnr"], deep, deep)[0].pixel_format == "yuv420p10le"
    assert gauges_of(["xpsnr"], odd, odd)[0].pixel_format == "yuv420p"
    assert gauges_of(["ssim"], odd, odd)[0].pixel_format == "yuv420p10le"
    with pytest.raises(Unsupported, match="too small"):
        gauges_of(["xpsnr"], Shape(40, 40), HD)


def test_what_an_ffmpeg_lacks_is_said() -> None:
    """With its version, what it takes, and exit code 5; an unknown metric is wrong usage."""
    old = able("ssim", "psnr")
    require(["ssim", "psnr"], old)
    for name, filter_name in (("vmaf", "libvmaf"), ("xpsnr", "xpsnr")):
        with pytest.raises(Unsupported, match=rf"{name} can't be measured: ffmpeg 5.1 .* '{filter_name}'") as caught:
            require(["ssim", name], old)
        assert caught.value.exit_code == 5
        assert "ssim runs with any" in caught.value.hint
    with pytest.raises(ConfigError, match="no metric 'mos'"):
        require(["mos"], old)


def test_vmaf_unless_there_is_none() -> None:
    """What is measured where nobody says."""
    assert default_metric(able("libvmaf", "ssim")) == "vmaf"
    assert default_metric(able("ssim")) == "ssim"


def test_neighbours_that_count() -> None:
    """VMAF knows the frame before and behind, XPSNR two before; the others none."""
    assert context_of(["ssim", "psnr"]) == context_of([]) == (0, 0)
    assert context_of(["vmaf"]) == (1, 1)
    assert context_of(METRICS) == (2, 1)
