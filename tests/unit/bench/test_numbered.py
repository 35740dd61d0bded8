"""`bench.numbered`: numbers in pictures are read as they were written, or not at all."""

from __future__ import annotations

import numpy as np
import pytest
from bench.numbered import graph, number, run_text


def _picture(value: int, width: int = 128, height: int = 96, *, lower: int | None = None) -> np.ndarray:
    """A picture as the filter graph makes it; ``lower``: the number of its lower row of blocks, if another."""
    picture = np.full((height, width), 128, np.uint8)
    columns = np.arange(width) * 8 // width
    picture[: height // 3] = 60 + 130 * ((value >> columns) & 1)
    picture[height * 2 // 3 :] = 190 - 130 * (((value if lower is None else lower) >> columns) & 1)
    return picture


@pytest.mark.parametrize("value", [0, 1, 37, 128, 170, 255])
@pytest.mark.parametrize("size", [(128, 96), (176, 144), (101, 67)])
def test_a_number_is_read_as_it_was_written(value: int, size: tuple[int, int]) -> None:
    """In any size, also where blocks are no whole number of samples wide."""
    assert number(_picture(value, *size)) == value


def test_noise_and_weak_contrast_do_not_matter() -> None:
    """As after lossy coding: half the contrast, and noise."""
    noise = np.random.default_rng(1).normal(0, 12, (96, 128))
    weak = 128 + (_picture(201).astype(float) - 128) * 0.5 + noise
    assert number(weak.clip(0, 255).astype(np.uint8)) == 201


@pytest.mark.parametrize("picture", [np.full((96, 128), 128, np.uint8), _picture(5, lower=7)])
def test_a_picture_that_says_nothing_has_no_number(picture: np.ndarray) -> None:
    """A grey picture; rows of blocks that contradict each other, as of a picture made of two."""
    assert number(picture) == -1


def test_runs_show_what_is_missing_doubled_and_unreadable() -> None:
    """0-3 without 2 and with 3 twice, then one that can't be read; 255 is followed by 0."""
    assert run_text([0, 1, 3, 3, 4, -1, -1, 254, 255, 0, 1]) == "0-1, 3, 3-4, ?, ?, 254-1"
    assert not run_text([])


def test_a_film_in_fields_is_woven_of_twice_as_many_pictures() -> None:
    """Else both fields of a frame would show the same moment, and nothing would be interlaced."""
    assert "r=25*2:" in graph("25", 3, fields=True)
    assert "tinterlace" in graph("25", 3, fields=True)
    assert "tinterlace" not in graph("25", 3)
