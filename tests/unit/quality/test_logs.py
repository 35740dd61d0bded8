"""What the filters wrote, as ffmpeg 5.1 and 9.0 write it."""

from __future__ import annotations

import pytest

from suture.quality.logs import BEST_DB, read_log

VMAF = """Frame,integer_adm2,integer_motion2,vmaf,
0,0.960923,0.000000,83.112233,
1,0.961036,3.664361,100.000000,
"""
XPSNR = """n:    1  XPSNR y: 38.3341  XPSNR u: 41.0000  XPSNR v: 40.5000
n:    2  XPSNR y: inf  XPSNR u: inf  XPSNR v: inf
n:    3  XPSNR y: inf  XPSNR u: 44.2500  XPSNR v: inf

XPSNR average, 3 frames  y: 38.3341  u: 42.0000  v: 41.0000  (minimum: 38.3341)
"""
SSIM = """n:1 Y:0.979921 U:0.996031 V:0.994911 All:0.985104 (18.269231)
n:2 Y:1.000000 U:1.000000 V:1.000000 All:1.000000 (inf)
n:3 Y:-0.01 U:0.1 V:0.1 All:-1.5e-05 (0.0)
"""
PSNR = """n:1 mse_avg:2.15 mse_y:2.76 mse_u:0.93 mse_v:0.94 psnr_avg:44.81 psnr_y:43.72 psnr_u:48.45 psnr_v:48.40
n:2 mse_avg:0.00 mse_y:0.00 mse_u:0.00 mse_v:0.00 psnr_avg:inf psnr_y:inf psnr_u:inf psnr_v:inf
"""


@pytest.mark.parametrize(
    ("metric", "log", "wanted"),
    [
        ("vmaf", VMAF, [83.112233, 100.0]),
        ("xpsnr", XPSNR, [38.3341, BEST_DB, 44.25]),
        ("ssim", SSIM, [0.985104, 1.0, -1.5e-05]),
        ("psnr", PSNR, [44.81, BEST_DB]),
    ],
)
def test_one_number_for_each_frame(metric: str, log: str, wanted: list[float]) -> None:
    """Equal pictures have the best of decibels; XPSNR is that of the worst plane; averages are no frames."""
    assert list(read_log(metric, log.splitlines(keepends=True))) == wanted


@pytest.mark.parametrize(
    ("metric", "log"),
    [
        ("vmaf", "Frame,motion,\n0,1.0,\n"),
        ("vmaf", "Frame,vmaf,\n0,9x\n"),
        ("ssim", "n:1 Y:0.9\n"),
        ("psnr", "n:1 m\n"),
    ],
)
def test_a_torn_log_is_an_error(metric: str, log: str) -> None:
    """No frame is passed over in silence."""
    with pytest.raises(ValueError):  # noqa: PT011 - float's own, or ours
        read_log(metric, log.splitlines(keepends=True))
