"""What a path means in words, and which times are within one rounding."""

from __future__ import annotations

import numpy as np
import pytest

from suture.verify.frames import Times, frame_findings, time_findings

COUNT = 100


def times(output: np.ndarray | None = None, allowed_s: float = 0.001) -> Times:
    """A hundred frames at 25 a second."""
    source = np.arange(COUNT) / 25
    return Times(source, source if output is None else output, allowed_s)


@pytest.mark.parametrize(
    ("order", "kinds", "words"),
    [
        ([*range(50), *range(51, 100)], ["frame-missing"], "frame 50 (2.000 s) of the source is missing"),
        ([*range(50), 49, *range(51, 100)], ["frame-doubled", "frame-missing"], "frame 49 (1.960 s) of the source"),
        ([*range(50), 51, 50, *range(52, 100)], ["frame-swapped"], "frames 50 and 51 of the source"),
        ([*range(50), 49, *range(50, 100)], ["frame-doubled"], "again as frame 50 of the output"),
        ([*range(80)], ["truncated"], "ends early: it holds frames 0 to 79"),
        ([*range(20, 90)], ["trimmed"], "it holds frames 20 to 89 (0.800 s to 3.560 s) of 100"),
        ([*range(0, 100, 2)], ["frames-differ"], "of 100 source frames 50 are missing and 0 repeat in 50"),
        ([*range(100)], [], ""),
    ],
)
def test_what_is_said(order: list[int], kinds: list[str], words: str) -> None:
    """Each kind of accident has its name, and says where."""
    found = frame_findings(np.array(order), times(), "video 0")

    assert [finding.kind for finding in found] == kinds
    assert all(finding.stream == "video 0" and finding.weight == "difference" for finding in found)
    assert not words or words in found[0].text


def test_one_rounding_is_allowed() -> None:
    """Times rounded to milliseconds are the source's; nothing is said."""
    rounded = np.round(np.arange(COUNT) / 30, 3)

    assert not list(time_findings(np.arange(COUNT), Times(np.arange(COUNT) / 30, rounded, 0.001), "video 0"))


def test_first_frame_off_is_named() -> None:
    """The first frame that is not at its time is named with both times and the number of those that follow."""
    moved = np.arange(COUNT) / 25 + 0.04 * (np.arange(COUNT) >= 60)

    (found,) = time_findings(np.arange(COUNT), times(moved), "video 0")

    assert (found.kind, found.frame) == ("frame-time", 60)
    assert "frame 60 stands at 2.440000 s, the source has it at 2.400000 s; 40 of 100" in found.text


def test_one_shift_of_all_is_said_once() -> None:
    """A whole stream that is late is said to be late, not frame by frame."""
    (found,) = time_findings(np.arange(COUNT), times(np.arange(COUNT) / 25 + 0.5), "video 0")

    assert "every frame stands 500.0 ms too late" in found.text


def test_a_regular_grid_is_excused() -> None:
    """Times that another tool put on a regular grid, by a millisecond, are told and excused."""
    jittery = np.arange(COUNT) / 25 + 0.0015 * (np.arange(COUNT) % 2)

    (found,) = time_findings(np.arange(COUNT), times(jittery), "video 0")

    assert found.weight == "excused"
