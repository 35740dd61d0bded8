"""Listings of sound: where it begins, how much there is, and where its clock jumps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sounds import listing
from suture.errors import MediaError
from suture.media.heard import Heard, read_heard

if TYPE_CHECKING:
    from pathlib import Path


def test_samples_are_counted_from_the_first_one_on(tmp_path: Path) -> None:
    """Rate, first time and sum; a clock that runs on has no jump."""
    path = listing(tmp_path / "a", [(72_000, 65_536), (137_536, 65_536), (203_072, 100)])
    assert read_heard(str(path)) == Heard(48_000, 72_000, 131_172, "")


def test_sound_may_begin_before_zero(tmp_path: Path) -> None:
    """Its first time is told as it is."""
    assert read_heard(str(listing(tmp_path / "a", [(-4_800, 1000), (-3_800, 10)]))) == Heard(48_000, -4_800, 1010, "")


@pytest.mark.parametrize(
    ("late", "jump"),
    [
        (0, ""),
        (96, ""),
        (-96, ""),
        (97, "at 2.002 s by +0.002 s"),
        (-97, "at 1.998 s by -0.002 s"),
        (48_000, "at 2.000 s by +1.000 s"),
    ],
)
def test_a_jump_is_told_with_its_place(tmp_path: Path, late: int, jump: str) -> None:
    """Two milliseconds are what a clock of thousandths may be wrong by; more, that stays, is a gap."""
    path = listing(tmp_path / "a", [(0, 48_000), (48_000 + late, 48_000), (96_000 + late, 48_000)])
    assert read_heard(str(path)).jump == jump


@pytest.mark.parametrize(("late", "is_one"), [(448, False), (-448, False), (2400, False), (2401, True)])
def test_one_time_that_is_wrong_is_no_jump(tmp_path: Path, late: int, *, is_one: bool) -> None:
    """Ogg has such, and the next one is right again; a twentieth of a second is no mistake of that kind."""
    path = listing(tmp_path / "a", [(0, 48_000), (48_000 + late, 48_000), (96_000, 48_000)])
    assert bool(read_heard(str(path)).jump) == is_one


def test_a_jump_back_is_one(tmp_path: Path) -> None:
    """Sound that is told to come twice."""
    path = listing(tmp_path / "a", [(0, 48_000), (24_000, 48_000)])
    assert read_heard(str(path)).jump == "at 0.500 s by -0.500 s"


def test_a_clock_that_drifts_jumps_at_last(tmp_path: Path) -> None:
    """Each step is small; what counts is how far the time is from counting."""
    frames = [(n * 48_060, 48_000) for n in range(4)]
    assert read_heard(str(listing(tmp_path / "a", frames))).jump == "at 3.004 s by +0.004 s"
    assert read_heard(str(listing(tmp_path / "b", frames[:2]))).jump == ""


def test_the_last_line_may_be_half_there(tmp_path: Path) -> None:
    """A decode that still runs is writing it; what it has said whole counts."""
    path = listing(tmp_path / "a", [(0, 48_000), (48_000, 48_000)])
    half, whole = tmp_path / "half", path.read_text()
    found = set()
    for cut in range(len(whole.splitlines()[-1])):
        half.write_text(whole[: -1 - cut])
        found.add(read_heard(str(half)))
    assert found <= {Heard(48_000, 0, 48_000), Heard(48_000, 0, 96_000)}
    assert Heard(48_000, 0, 48_000) in found


def test_nothing_heard(tmp_path: Path) -> None:
    """A track of which nothing decodes has no listing to go by."""
    with pytest.raises(MediaError, match="nothing of the sound decodes"):
        read_heard(str(listing(tmp_path / "a", [])))


@pytest.mark.parametrize("text", ["", "0, 0, 0, 1, 2, 0x0\n", "#tb 0: 1/48000\n0, 0, early\n0, 0, 0, 1, 2, 0x0\n"])
def test_what_is_no_listing(tmp_path: Path, text: str) -> None:
    """It is named."""
    path = tmp_path / "broken"
    path.write_text(text)
    with pytest.raises(MediaError, match="broken"):
        read_heard(str(path))


def test_a_listing_that_is_not_there(tmp_path: Path) -> None:
    """An error of ours."""
    with pytest.raises(MediaError, match="gone"):
        read_heard(str(tmp_path / "gone"))
