"""A leaky bucket, filled and emptied by hand."""

from __future__ import annotations

import pytest

from suture.media.vbv import Vbv, first_underflow

# A thousand bits, of which a hundred come in each second; full in the beginning.
BUCKET = Vbv(100, 1000, 1.0)


@pytest.mark.parametrize(
    ("packets", "number"),
    [
        ([(0, 125)], -1),  # exactly what is there
        ([(0, 126)], -1),  # a hundredth of the buffer may be missing
        ([(0, 127)], 0),
        ([(0, 125), (1, 12)], -1),
        ([(0, 125), (1, 14)], 1),
        ([(0, 25), (100, 125), (101, 12)], -1),  # what does not fit is not there later
        ([(0, 25), (100, 125), (101, 14)], 2),
        ([], -1),
    ],
)
def test_the_first_picture_that_comes_late(packets: list[tuple[float, int]], number: int) -> None:
    """Bits come in with time, at most a buffer full, and must be there when a picture is decoded."""
    assert first_underflow(BUCKET, packets) == number


@pytest.mark.parametrize(("frame_s", "size_bytes", "number"), [(0, 2, 0), (2, 26, -1), (2, 27, 0), (99, 127, 0)])
def test_a_buffer_that_begins_empty(frame_s: float, size_bytes: int, number: int) -> None:
    """Has what comes in during a frame, and never more than it holds."""
    assert first_underflow(Vbv(100, 1000, 0), [(0, size_bytes)], frame_s) == number


def test_it_survives_a_file() -> None:
    """As text and back."""
    assert Vbv.parse(str(Vbv(900_000, 1_800_000, 0.85))) == Vbv(900_000, 1_800_000, 0.85)
    with pytest.raises(ValueError, match="unpack"):
        Vbv.parse("900")
