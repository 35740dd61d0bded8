"""Grids: how many packets pieces overlap by, where they may begin, and what form of samples an encoder takes."""

from __future__ import annotations

import pytest

from suture.encoder.sound import GRIDS, Grid, grid_of


def test_an_overlap_is_warming_up_a_window_and_a_tail() -> None:
    """Before the boundary half of the window behind what warms up, behind it the other half and the tail."""
    grid = Grid(1024, 10, 7, 3, ("flt",))
    assert (grid.before, grid.behind) == (13, 7)
    assert grid.before + grid.behind == 10 + 7 + 3


@pytest.mark.parametrize("name", GRIDS)
def test_two_neighbours_have_a_place_to_be_joined(name: str) -> None:
    """Behind what warms up and before the tail there are packets left, as many as must agree in a row."""
    grid = GRIDS[name]
    begin, end = -grid.before + grid.warm, grid.behind - 1 - grid.tail
    assert end - begin >= grid.run
    assert grid.forms
    assert grid.cost > 0


def test_a_packet_is_a_number_of_samples_or_a_time() -> None:
    """Opus counts in twenty milliseconds, the others in samples, whatever the rate."""
    assert {rate: GRIDS["libopus"].samples(rate) for rate in (48_000, 8_000)} == {48_000: 960, 8_000: 160}
    found = {name: grid.samples(44_100) for name, grid in GRIDS.items() if grid.packet}
    same = {"aac": 1024, "libfdk_aac": 1024, "ac3": 1536, "eac3": 1536, "libmp3lame": 1152, "mp2": 1152, "alac": 4096}
    assert found == same


@pytest.mark.parametrize("encoder", ["ac3", "eac3"])
@pytest.mark.parametrize(
    ("rate", "bits", "period"),
    [
        (48_000, 192_000, 1),
        (48_000, None, 1),
        (32_000, 448_000, 1),
        (44_100, 192_000, 49),
        (44_100, None, 49),
        (44_100, 448_000, 21),
        (44_100, 32_000, 147),
        (44_100, 441_000, 1),
    ],
)
def test_where_packets_are_no_whole_bytes_an_encoder_begins_anew(
    encoder: str, rate: int, bits: int | None, period: int
) -> None:
    """AC-3 at 44.1 kHz puts two bytes more into some packets, counted from the first one, until it comes out even."""
    found = GRIDS[encoder].period(rate, bits)
    assert found == period
    assert (bits or 192_000) * 1536 * found % (16 * rate) == 0


@pytest.mark.parametrize("encoder", ["aac", "libopus", "libmp3lame", "mp2", "alac"])
def test_others_begin_anywhere(encoder: str) -> None:
    """Their packets do not count from the first one."""
    assert GRIDS[encoder].period(44_100, 192_000) == 1


@pytest.mark.parametrize(
    ("encoder", "rate", "nearest"),
    [
        ("ac3", 48_000, 48_000),
        ("ac3", 96_000, 48_000),
        ("ac3", 22_050, 32_000),
        ("libopus", 44_100, 48_000),
        ("libopus", 8_000, 48_000),
        ("libmp3lame", 192_000, 48_000),
        ("aac", 192_000, 96_000),
        ("aac", 44_100, 44_100),
        ("alac", 192_000, 192_000),
    ],
)
def test_the_rate_that_is_nearest(encoder: str, rate: int, nearest: int) -> None:
    """As ffmpeg itself would choose it, so that a piece is resampled as a whole track is."""
    assert GRIDS[encoder].rate(rate) == nearest


@pytest.mark.parametrize(
    ("encoder", "form", "taken"),
    [
        ("aac", "s16", "flt"),
        ("aac", "s32", "flt"),
        ("libopus", "s16p", "s16"),
        ("libopus", "s32", "flt"),
        ("libopus", "u8", "s16"),
        ("libopus", "dblp", "flt"),
        ("libmp3lame", "s64", "s32"),
        ("mp2", "flt", "s16"),
        ("alac", "flt", "s32"),
        ("ac3", "", "flt"),
    ],
)
def test_samples_that_are_made_anew_have_the_encoders_form(encoder: str, form: str, taken: str) -> None:
    """The source's own where the encoder takes it; else the one that loses least, with nothing rounded in between."""
    assert GRIDS[encoder].form(form, changed=True) == taken


@pytest.mark.parametrize(
    ("form", "given"),
    [("s16p", "s16"), ("s32", "s32"), ("fltp", "flt"), ("u8p", "s16"), ("dblp", "flt"), ("s64", "s32")],
)
@pytest.mark.parametrize("encoder", ["aac", "mp2", "alac"])
def test_samples_that_nothing_changes_stay_as_they_are(encoder: str, form: str, given: str) -> None:
    """The encoder's ffmpeg makes of them what it would have made of the source's; what WAV lacks gets wider."""
    assert GRIDS[encoder].form(form, changed=False) == given


def test_a_form_that_is_not_known_is_none_of_wavs() -> None:
    """A source that does not say gets one that can be written."""
    assert GRIDS["aac"].form("", changed=False) in {"s16", "s32", "flt"}


def test_what_has_no_grid_is_encoded_whole() -> None:
    """Vorbis has packets of two lengths; nothing is gained by cutting PCM."""
    assert [grid_of(name) for name in ("libvorbis", "pcm_s16le", "flac", "none")] == [None] * 4
    assert grid_of("aac") is GRIDS["aac"]
