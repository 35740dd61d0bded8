"""Samples and depth by a pixel format's name."""

from __future__ import annotations

import pytest

from suture.planning.pixels import Pixels, pixels_of


@pytest.mark.parametrize(
    ("name", "samples", "depth"),
    [
        ("", 1.5, 8),
        ("yuv420p", 1.5, 8),
        ("yuvj420p", 1.5, 8),
        ("yuv420p10le", 1.5, 10),
        ("yuv422p", 2.0, 8),
        ("yuv440p12le", 2.0, 12),
        ("yuv444p16be", 3.0, 16),
        ("yuv410p", 1.125, 8),
        ("yuva420p", 2.5, 8),
        ("yuva444p10le", 4.0, 10),
        ("nv12", 1.5, 8),
        ("nv16", 2.0, 8),
        ("p010le", 1.5, 10),
        ("p210le", 2.0, 10),
        ("p416le", 3.0, 16),
        ("gbrp", 3.0, 8),
        ("gbrp10le", 3.0, 10),
        ("gbrap12le", 4.0, 12),
        ("gray", 1.0, 8),
        ("gray10le", 1.0, 10),
        ("ya8", 2.0, 8),
        ("ya16le", 2.0, 16),
        ("rgb24", 3.0, 8),
        ("rgba", 4.0, 8),
        ("bgr48le", 3.0, 16),
        ("rgba64le", 4.0, 16),
        ("pal8", 3.0, 8),
    ],
)
def test_a_name_tells_samples_and_depth(name: str, samples: float, depth: int) -> None:
    """An unknown one counts as 4:4:4 of 8 bits."""
    assert pixels_of(name) == Pixels(samples, depth)


def test_bits_on_disk_and_bytes_in_memory_differ() -> None:
    """Ten bits take two bytes in memory."""
    assert pixels_of("yuv420p10le").bits == 15.0
    assert pixels_of("yuv420p10le").bytes == 3.0
    assert pixels_of("yuv420p").bytes == 1.5
