"""The way from one trial to the next, on encoders that are made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from suture.goal import Goal
from suture.quality.curve import unbend
from suture.quality.search import Found, Scale, Trial, Tried, next_trial, scale_of

if TYPE_CHECKING:
    from collections.abc import Callable

SCALE = Scale(6, 48, 0.25, 23, -0.155)
GOAL = Goal("vmaf", 90.0)


def searched(
    score: Callable[[float], float], goal: Goal = GOAL, scale: Scale = SCALE, *, part_offset: float | None = None
) -> tuple[Found, list[Tried]]:
    """A whole search, on an encoder whose score depends on its quality alone."""
    tried: list[Tried] = []
    while not isinstance(step := next_trial(tried, goal, scale, scale.usual, parts=part_offset is not None), Found):
        offset = 0.0 if step.whole else part_offset or 0.0
        assert (step.quality, step.whole) not in {(trial.quality, trial.whole) for trial in tried}
        tried.append(Tried(step.quality, step.whole, score(step.quality) + offset))
        assert len(tried) < 12
    return step, tried


def vmaf(middle: float, slope: float) -> Callable[[float], float]:
    """An encoder that has a VMAF of 50 at a quality, and falls so fast."""
    return lambda quality: unbend("vmaf", slope * (quality - middle))


@pytest.mark.parametrize("target", [80.0, 90.0, 95.0])
@pytest.mark.parametrize("middle", [36.0, 38.0, 44.0])
@pytest.mark.parametrize("slope", [-0.12, -0.155, -0.25])
def test_the_goal_is_found_in_few_trials(target: float, middle: float, slope: float) -> None:
    """Near enough, in four at the most, and with parts that tell the truth in three of the whole."""
    goal = Goal("vmaf", target)
    found, tried = searched(vmaf(middle, slope), goal)
    assert found.verdict == "near"
    assert abs(found.score - target) <= goal.near
    assert len(tried) <= 4
    found, tried = searched(vmaf(middle, slope), goal, part_offset=0.0)
    assert abs(found.score - target) <= goal.near
    assert sum(trial.whole for trial in tried) <= 3


def test_what_parts_say_wrongly_does_no_harm() -> None:
    """They only tell where to begin."""
    for offset in (-12.0, 8.0):
        found, _ = searched(vmaf(38, -0.155), part_offset=offset)
        assert abs(found.score - 90) <= GOAL.near


def test_the_next_step_depends_on_what_is_known_alone() -> None:
    """And not on who knows it: a search that is taken up goes the same way."""
    _, tried = searched(vmaf(38, -0.2), part_offset=1.0)
    for number in range(len(tried)):
        step = next_trial(tried[:number], GOAL, SCALE, SCALE.usual, parts=True)
        assert step == Trial(tried[number].quality, tried[number].whole)


def test_a_goal_out_of_reach_is_said() -> None:
    """Both ways: the best that is tried is not good enough, or the worst still too good."""
    found, _ = searched(lambda quality: 60.0 - quality)
    assert (found.verdict, found.quality, found.score) == ("best", SCALE.low, 54.0)
    found, _ = searched(lambda quality: 99.9 - quality / 100)
    assert (found.verdict, found.quality) == ("worst", SCALE.high)


def test_between_two_steps_of_an_encoder_the_nearer_is_taken() -> None:
    """Where neither is within what counts as near."""
    coarse = Scale(8, 62, 1, 32, -0.085)
    found, _ = searched(lambda quality: min(99.0, max(20.0, 94.0 - 6 * (quality - 33))), scale=coarse)
    assert (found.verdict, found.quality, found.score) == ("nearest", 34, 88.0)


def test_a_score_that_does_not_fall_ends_all_the_same() -> None:
    """Noise is no reason to go on for ever."""
    rough = [93.0, 86.0, 87.0, 94.0, 84.0]
    found, tried = searched(lambda quality: rough[int(quality * 4) % 5])
    assert found.verdict in {"far", "nearest"}
    assert len(tried) <= 8


def test_what_is_level_takes_the_fewest_bytes() -> None:
    """Black stays too good at every quality, and noise too bad."""
    found, _ = searched(lambda _quality: 97.43)
    assert (found.verdict, found.quality) == ("worst", SCALE.high)
    found, _ = searched(lambda _quality: 12.0)
    assert (found.verdict, found.score) == ("best", 12.0)


def test_parts_that_are_no_use_any_more_are_not_asked_for() -> None:
    """What the first of them said still counts."""
    known = [Tried(23.0, whole=False, score=60.0)]
    again = next_trial(known, GOAL, SCALE, SCALE.usual, parts=True)
    assert isinstance(again, Trial)
    assert not again.whole
    assert next_trial(known, GOAL, SCALE, SCALE.usual, parts=False) == Trial(again.quality, whole=True)


def test_every_encoder_has_a_scale() -> None:
    """One that nobody measured gets one from its ends."""
    assert scale_of("libx264", 0, 51).step == 0.25
    assert scale_of("h264_nvenc", 0, 51).step == 1
    odd = scale_of("mpeg4", 1, 31)
    assert (odd.low, odd.high, odd.step) == (1, 31, 1)
    assert odd.slope < 0
    assert odd.low < odd.usual < odd.high
    assert SCALE.nearest(23.1) == 23.0
    assert SCALE.nearest(99) == 48
