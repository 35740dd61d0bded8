"""PSNR and SSIM as their definitions have them, damage where it is, levels that were mixed up."""

from __future__ import annotations

import numpy as np
import pytest

from suture.verify.likeness import levels, likeness, psnr

SIZE = (32, 24)
SAMPLES = 32 * 24 * 3 // 2


def pictures(count: int = 40) -> np.ndarray:
    """Some that stand still."""
    chance = np.random.default_rng(1)
    return np.repeat(chance.integers(30, 220, (1, SAMPLES), dtype=np.uint8), count, axis=0)


def test_equal_pictures() -> None:
    """Nothing differs between equals."""
    rows = pictures()

    found = likeness(rows, rows, np.arange(len(rows)), SIZE)

    assert found.error.max() == 0
    assert found.ssim == pytest.approx(1, abs=1e-5)
    assert found.damaged() == []
    assert psnr(found.error[0]) == 100


def test_psnr_of_a_known_error() -> None:
    """An error of one level everywhere is 48.13 dB."""
    rows = pictures()

    found = likeness(rows, rows + np.uint8(1), np.arange(len(rows)), SIZE)

    assert psnr(found.error) == pytest.approx(48.13, abs=0.01)


def test_damage_is_found_from_its_first_to_its_last_picture() -> None:
    """Half of a picture spoilt for five pictures is damage, and it heals."""
    rows = pictures()
    spoilt = rows.copy()
    spoilt[20:25, : 32 * 12] = 128

    found = likeness(rows, spoilt, np.arange(len(rows)), SIZE)

    assert found.damaged() == [(20, 24)]


def test_coding_noise_is_no_damage() -> None:
    """Coarse coding all along is none."""
    rows = pictures()
    noise = np.random.default_rng(2).normal(0, 8, rows.shape)

    found = likeness(rows, np.clip(rows + noise, 0, 255).astype(np.uint8), np.arange(len(rows)), SIZE)

    assert found.damaged() == []


def test_shown_names_the_partner() -> None:
    """A picture is compared with the one that it shows, not with the one of its number."""
    chance = np.random.default_rng(3)
    rows = chance.integers(0, 255, (10, SAMPLES), dtype=np.uint8)

    found = likeness(rows, rows[3:], np.arange(3, 10), SIZE)

    assert found.error.max() == 0


def test_levels() -> None:
    """Full range taken for limited changes contrast and brightness; flat pictures tell nothing."""
    rows = pictures(5)
    stretched = np.clip((rows.astype(np.float32) - 16) * 255 / 219, 0, 255).astype(np.uint8)

    contrast, _ = levels(rows, stretched, SIZE) or (0.0, 0.0)

    assert contrast == pytest.approx(255 / 219, abs=0.01)
    assert (levels(rows, rows, SIZE) or ())[1:] == (0,)
    assert levels(np.full_like(rows, 90), rows, SIZE) is None
