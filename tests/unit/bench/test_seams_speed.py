"""`bench.sound_speed`: the ratios."""

from __future__ import annotations

import pytest
from bench.running import Run
from bench.sound_speed import NAMES, Measured, Pair

PLAIN = Measured([20.0, 18.0, 40.0], [20.0, 18.0, 19.0])


@pytest.mark.parametrize(
    ("wall", "cpu", "good"), [(10.0, 19.5, True), (12.0, 19.5, False), (10.0, 21.0, False)], ids=str
)
def test_both_targets_count(wall: float, cpu: float, good: bool) -> None:  # noqa: FBT001 - what is expected
    """1.7 times as fast, for at most 1.05 times the CPU; by the medians."""
    pair = Pair("aac", "stereo", PLAIN, Measured([wall] * 3, [cpu] * 3))
    assert pair.faster() == pytest.approx(20 / wall)
    assert pair.faster(min) == pytest.approx(18 / wall)
    assert pair.dearer() == pytest.approx(cpu / 19)
    assert pair.good is good
    assert len(pair.cells()) == len(NAMES)


def test_a_run_that_failed_is_no_figure() -> None:
    """The measurement ends."""
    with pytest.raises(SystemExit, match="exit code 1: no"):
        Measured().add(Run(1, 1.0, 1.0, "", "no"))
