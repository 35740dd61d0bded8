"""Sound as arrays: when it is, how loud it is, what of it is gone. No file is decoded."""

from __future__ import annotations

from array import array
from fractions import Fraction

import numpy as np
import pytest

from suture.command.decoding import Listing
from suture.verify.decoded import Decoded
from suture.verify.lag import TOLERANCE, edges, far_lag, fits
from suture.verify.lateness import Pair, lateness
from suture.verify.loudness import added, dropouts
from suture.verify.track import HOP, RATE, Span, Track, levels, track_of

SECONDS = 8


def music(seconds: float = SECONDS) -> np.ndarray:
    """Noise whose loudness changes: no two windows of it are alike."""
    chance = np.random.default_rng(7)
    count = int(seconds * RATE)
    swell = 0.2 + 0.8 * np.abs(np.sin(np.arange(count) / RATE * 3))
    return (chance.normal(0, 3000, count) * swell).astype(np.int16)


def tone(seconds: float = SECONDS) -> np.ndarray:
    """A steady tone."""
    return (8000 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * RATE)) / RATE)).astype(np.int16)


def track(samples: np.ndarray, at: int = 0) -> Track:
    """A track of one span."""
    return Track(samples.reshape(-1, 1), (Span(at, 0, len(samples)),))


def late(samples: np.ndarray, by_s: float) -> np.ndarray:
    """The same after a silence."""
    return np.concatenate((np.zeros(round(by_s * RATE), np.int16), samples))


def said(source: Track, output: Track) -> list[tuple[str, str]]:
    """What is found about its time."""
    found, _ = lateness(Pair("audio 0", source, output), {})
    return [(finding.kind, finding.text) for finding in found]


@pytest.mark.parametrize("make", [music, tone])
def test_in_time(make: object) -> None:
    """The same sound at the same time is in time, with a little silence before it too."""
    samples = make()  # type: ignore[operator]

    assert said(track(samples), track(samples)) == []
    assert said(track(samples), track(late(samples, 0.048), -round(0.048 * RATE))) == []


@pytest.mark.parametrize("make", [music, tone])
def test_twenty_milliseconds_late(make: object) -> None:
    """Sound that is 20 ms late is found, a steady tone by its edges."""
    samples = make()  # type: ignore[operator]

    ((kind, text),) = said(track(samples), track(late(samples, 0.02)))

    assert kind == "sound-late"
    assert "20.0 ms late" in text


def test_early() -> None:
    """Sound that is early is found."""
    assert "20.0 ms early" in said(track(music()), track(music()[320:]))[0][1]


def test_far_away() -> None:
    """Sound that is seconds late is found where it is."""
    assert abs(far_lag(track(music(40)), track(late(music(40), 9.0))) - 9 * RATE) <= 8
    assert "9000.0 ms late" in said(track(music(40)), track(late(music(40), 9.0)))[0][1]


def test_drift() -> None:
    """Sound that gets later and later drifts."""
    samples = music(30)
    stretched = np.interp(np.arange(len(samples) * 1.001) / 1.001, np.arange(len(samples)), samples).astype(np.int16)

    assert [kind for kind, _ in said(track(samples), track(stretched))] == ["sound-drifts"]


def test_jump() -> None:
    """Where 100 ms were cut out, all that follows is early, from there on."""
    samples = music(12)
    cut = np.concatenate((samples[: 5 * RATE], samples[5 * RATE + 1600 :]))

    ((kind, text),) = said(track(samples), track(cut))

    assert kind == "sound-jumps"
    assert "100.0 ms early from about 6" in text or "100.0 ms early from about 5" in text


def test_other_sound_is_not_judged() -> None:
    """Another sound is no difference that can be named: it can't be judged."""
    other = np.random.default_rng(99).normal(0, 3000, SECONDS * RATE).astype(np.int16)

    assert [kind for kind, _ in said(track(music()), track(other))] == ["sound-differs"]


def test_dropout_and_added_sound() -> None:
    """50 ms of silence in sound is a dropout, sound in silence was added; nothing else is said."""
    samples = music()
    samples[4 * RATE : 5 * RATE] = 0
    broken = samples.copy()
    broken[2 * RATE : 2 * RATE + 800] = 0
    broken[4 * RATE + 3200 : 4 * RATE + 8000] = 5000
    pair = Pair("audio 0", track(samples), track(broken))
    mine, theirs = (levels(one, 0, len(samples)) for one in (pair.source, pair.output))

    (gone,) = dropouts(pair, mine, theirs, {})
    (came,) = added(pair, mine, theirs)

    assert gone.kind == "sound-dropout"
    assert gone.time is not None
    assert 2 <= gone.time <= Fraction(202, 100)
    assert (came.kind, came.time) == ("sound-added", Fraction(42, 10))


def test_quieter_is_no_dropout() -> None:
    """A change of loudness is told as what it is, not as a hundred dropouts."""
    pair = Pair("audio 0", track(music()), track(music() // 5))
    mine, theirs = (levels(one, 0, SECONDS * RATE) for one in (pair.source, pair.output))

    assert [finding.kind for finding in dropouts(pair, mine, theirs, {})] == ["sound-level"]


def test_windows_of_a_tone_are_not_sharp() -> None:
    """A steady tone fits everywhere, and only its two edges tell."""
    one = track(tone())

    assert not any(found.sharp for found in fits(one, one))
    assert [found.at for found in edges(one, one)] == [0, SECONDS * RATE]
    assert all(found.sharp and abs(found.lag) <= TOLERANCE for found in fits(track(music()), track(music())))


def test_clock() -> None:
    """Samples stand where their timestamps say; what jitters by a millisecond has no gap."""
    pts, sizes = array("q", [100, 201, 350]), array("q", [2 * 1600] * 3)
    listing = Listing(Fraction(1, 1000), pts, array("q", [100] * 3), sizes)
    found = track_of(Decoded(np.ones(4800, np.int16), listing), 1, 0.05)

    assert found.spans == (Span(800, 0, 3200), Span(4800, 3200, 1600))
    assert found.read(700, 200).ravel().tolist() == [0.0] * 100 + [1 / 32768] * 100
    assert found.within(1000, 5000).spans == (Span(1000, 200, 3000), Span(4800, 3200, 200))
    assert (found.begin, found.end) == (800, 6400)


def test_levels_are_mean_squares() -> None:
    """Ten milliseconds of half of full scale are a quarter."""
    half = track(np.full(HOP * 3, 16384, np.int16))

    assert levels(half, -HOP, 2 * HOP).ravel() == pytest.approx([0, 0.25, 0.25])
