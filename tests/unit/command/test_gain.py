"""Which gain a sound gets: by its loudness and its peaks, and by trying where peaks are limited."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.command.gain import Gain, Trial, best, next_gain
from suture.ffmpeg.loudness import SILENT, Loudness

PLAIN = Loudness(-20.0, 5.0, -6.0)
CEILING = -1.5


def searched(target: float, plain: Loudness, slope: float) -> list[Trial]:
    """All trials, of a limiter behind which each decibel more is worth ``slope``."""
    trials = [Trial(Gain(), plain)]
    room = CEILING - plain.true_peak
    while (gain := next_gain(target, CEILING, trials)) is not None:
        loud = round(plain.integrated + room + (gain.db - room) * slope, 1)
        trials.append(Trial(gain, Loudness(loud, 4.0, CEILING)))
    return trials


@pytest.mark.parametrize("target", [-40.0, -20.0, -16.0, -15.5])
def test_one_gain_is_enough_where_peaks_have_room(target: float) -> None:
    """Nothing is tried then: the sound with a gain is that much louder."""
    trials = searched(target, PLAIN, 0.5)
    assert len(trials) == 1
    made = best(target, trials)
    assert made.gain == Gain(target - PLAIN.integrated)
    assert made.heard == Loudness(target, 5.0, PLAIN.true_peak + made.gain.db)


def test_peaks_without_room_are_limited() -> None:
    """By a decibel more than there is room for."""
    gain = next_gain(-15.4, CEILING, [Trial(Gain(), PLAIN)])
    assert gain is not None
    assert gain.db == pytest.approx(4.6)
    assert gain.ceiling == CEILING


@given(slope=st.floats(0.3, 1.0), target=st.floats(-25.0, -8.0))
def test_the_search_ends_near_the_target(slope: float, target: float) -> None:
    """Within a few passes, whatever a limiter takes away."""
    trials = searched(target, Loudness(-26.0, 12.0, -3.0), slope)
    assert len(trials) <= 7
    if trials[-1].gain.db < target + 26.0 + 11.9:  # else it asks for more than is given
        assert abs(best(target, trials).heard.integrated - target) <= 0.3


def test_what_cannot_be_reached_is_not_tried_for_ever() -> None:
    """A limiter that gives nothing more ends the search, and the nearest is taken."""
    trials = searched(-6.0, Loudness(-20.0, 5.0, -1.5), 0.02)
    assert len(trials) <= 7
    assert max(trial.gain.db for trial in trials) <= 14.0 + 12.0
    assert best(-6.0, trials).heard.integrated == max(trial.heard.integrated for trial in trials)


def test_silence_stays_as_it_is() -> None:
    """There is no gain from nothing."""
    trials = searched(-16.0, Loudness(SILENT, 0.0, float("-inf")), 1.0)
    assert best(-16.0, trials) == Trial(Gain(), trials[0].heard)
    assert len(trials) == 1


def test_a_gain_alone_is_one_filter() -> None:
    """In double precision, so that it is the same behind whatever decoder."""
    assert Gain(-5.804).filters(48_000) == ("volume=volume=-5.80dB:precision=double",)


@pytest.mark.parametrize(
    ("rate", "fine"), [(8_000, 32_000), (44_100, 176_400), (48_000, 192_000), (96_000, 192_000), (192_000, 192_000)]
)
def test_peaks_are_looked_for_between_the_samples(rate: int, fine: int) -> None:
    """The rate of the sound comes back, and gaps are filled before the limiter carries sound over them."""
    volume, finer, limiter, *back = Gain(6.0, -2.0).filters(rate)
    assert volume.startswith("volume=volume=6.00dB")
    assert finer.startswith(f"aresample={fine}:async=1")
    assert back == ([f"aresample={rate}"] if fine != rate else [])
    options = dict(pair.split("=") for pair in limiter.removeprefix("alimiter=").split(":"))
    assert 10 ** (-2.2 / 20) < float(options["limit"]) < 10 ** (-2.0 / 20)
    assert (options["latency"], options["level"], options["asc"]) == ("1", "0", "1")


def test_a_peak_that_just_fits_is_not_limited() -> None:
    """Figures in tenths have sums that are off by a rounding of the last bit."""
    assert next_gain(-16.0, CEILING, [Trial(Gain(), Loudness(-16.9, 4.0, -2.4))]) is None
    assert next_gain(-16.0, CEILING, [Trial(Gain(), Loudness(-16.9, 4.0, -2.3))]) is not None
