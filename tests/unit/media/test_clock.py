"""From clock to clock: one rounding, exact fractions, sound on its samples."""

from __future__ import annotations

from array import array
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suture.media.clock import AudioClock, Clock, fingerprint, rescale

MILLISECONDS = Fraction(1, 1000)
SAMPLES = Fraction(1, 48000)
BASES = st.sampled_from([MILLISECONDS, SAMPLES, Fraction(1, 90000), Fraction(1001, 24000), Fraction(1, 12800)])
TICKS = st.integers(-(2**40), 2**40)


@pytest.mark.parametrize(
    ("ticks", "base", "target", "expected"),
    [
        (1, Fraction(1001, 24000), Fraction(1, 24000), 1001),
        (1, Fraction(1001, 24000), MILLISECONDS, 42),
        (3, Fraction(1, 2), Fraction(1), 2),
        (-3, Fraction(1, 2), Fraction(1), -1),
        (1, Fraction(1, 2), Fraction(1), 1),
        (-1, Fraction(1, 2), Fraction(1), 0),
        (0, SAMPLES, MILLISECONDS, 0),
    ],
)
def test_halves_go_up(ticks: int, base: Fraction, target: Fraction, expected: int) -> None:
    """To the nearest tick, and always the same way between two."""
    assert rescale(ticks, base, target) == expected


@given(TICKS, BASES, BASES, st.fractions(-100, 100, max_denominator=1000))
def test_a_rounding_is_off_by_half_a_tick_at_most(
    ticks: int, base: Fraction, target: Fraction, shift: Fraction
) -> None:
    """Whatever the clocks, the shift included."""
    assert abs(Clock(base, target, shift).convert(ticks) * target - (ticks * base + shift)) <= target / 2


@given(TICKS, BASES, BASES, st.fractions(-100, 100, max_denominator=100_000))
def test_integers_give_what_the_formula_gives(ticks: int, base: Fraction, target: Fraction, shift: Fraction) -> None:
    """What is worked out once per clock is the formula, to the tick."""
    assert Clock(base, target, shift).convert(ticks) == rescale(ticks, base, target, shift)


@given(st.lists(st.tuples(st.integers(-50, 5000), st.integers(0, 2000)), max_size=30), BASES, st.fractions(-9, 9))
def test_sound_is_placed_as_the_formula_places_it(
    packets: list[tuple[int, int]], base: Fraction, shift: Fraction
) -> None:
    """With fractions at every packet: follow the last within a tick, else go where the source says."""
    clock, following, rate = AudioClock(Clock(base, SAMPLES, shift), 44100, 1024), None, Fraction(1, 44100)
    for ticks, samples in packets:
        exact = ticks * base
        if following is not None and abs(exact - following) <= base:
            exact = following
        following = exact + samples * rate
        assert clock.convert(ticks, 0, samples) == rescale(1, exact, SAMPLES, shift)


@given(st.lists(TICKS, min_size=2, max_size=20), BASES, BASES)
def test_order_is_kept(ticks: list[int], base: Fraction, target: Fraction) -> None:
    """What came first is never put after what came later."""
    placed = [Clock(base, target).convert(at) for at in sorted(ticks)]
    assert placed == sorted(placed)


@given(TICKS)
def test_a_finer_clock_and_back_is_where_it_was(ticks: int) -> None:
    """Milliseconds in samples, and in milliseconds again."""
    assert rescale(rescale(ticks, MILLISECONDS, SAMPLES), SAMPLES, MILLISECONDS) == ticks


def coarse(first_sample: int, packets: int, frame: int = 1024) -> list[int]:
    """Packets of sound on a clock of milliseconds."""
    return [rescale(first_sample + n * frame, SAMPLES, MILLISECONDS) for n in range(packets)]


@settings(max_examples=30)
@given(st.integers(0, 10**7))
def test_jitter_of_a_coarse_clock_does_not_become_gaps(first_sample: int) -> None:
    """Packet after packet, sample after sample, within a millisecond of where they were."""
    times = coarse(first_sample, 200)
    clock = AudioClock(Clock(MILLISECONDS, SAMPLES), 48000, 1024)
    placed = [clock.convert(at) for at in times]
    assert [b - a for a, b in pairwise(placed)] == [1024] * 199
    assert all(abs(a * SAMPLES - at * MILLISECONDS) <= MILLISECONDS for a, at in zip(placed, times, strict=True))


@pytest.mark.parametrize("hole", [2, 30, 5000])
def test_a_hole_stays_a_hole(hole: int) -> None:
    """What the source leaves out is left out, from two milliseconds on."""
    times = coarse(0, 10)
    times += [at + times[-1] + 21 + hole for at in times]
    clock = AudioClock(Clock(MILLISECONDS, SAMPLES), 48000, 1024)
    placed = [clock.convert(at) for at in times]
    assert placed[10] == times[10] * 48
    assert [b - a for a, b in pairwise(placed[10:])] == [1024] * 9


def test_overlaps_stay_overlaps() -> None:
    """A clock that jumps back is followed."""
    clock = AudioClock(Clock(MILLISECONDS, SAMPLES), 48000, 1024)
    assert [clock.convert(at) for at in (0, 21, 10)] == [0, 1024, 480]


def test_priming_ends_at_zero() -> None:
    """The first packet of which 1024 samples are unheard begins 1024 samples before zero, not 21 ms."""
    clock = AudioClock(Clock(MILLISECONDS, SAMPLES), 48000, 1024)
    assert [clock.convert(-21, 1024), clock.convert(0), clock.convert(21)] == [-1024, 0, 1024]
    late = AudioClock(Clock(MILLISECONDS, SAMPLES), 48000, 1024)
    assert late.convert(500, 1024) == 24000, "sound that begins late was not primed at zero"


def test_the_shift_moves_sound_as_it_moves_pictures() -> None:
    """Exactly, once, and not at every packet."""
    clock = AudioClock(Clock(MILLISECONDS, SAMPLES, Fraction(1, 4)), 48000, 1024)
    assert [clock.convert(0), clock.convert(21)] == [12000, 13024]


def test_the_fingerprint_sees_distances_not_beginnings() -> None:
    """All moved alike, or only the first: equal. One later packet moved, added, lost or swapped: not."""
    whole = array("q", [0, 10, 20, 30])
    for same in ([5, 15, 25, 35], [-1, 10, 20, 30]):
        assert fingerprint(array("q", same)) == fingerprint(whole)
    for other in ([0, 10, 21, 30], [0, 10, 20, 30, 40], [0, 10, 20], [0, 10, 30, 20], [0, 11, 20, 30]):
        assert fingerprint(array("q", other)) != fingerprint(whole)
    assert fingerprint(array("q")) == fingerprint(array("q", [7]))
