"""What a linear decode gave, as ffmpeg's ``framecrc`` lists it: one line a frame, with its time and a checksum.

The checksum is that of the raw picture (Adler-32), so equal lines are equal pictures. `index` makes a frame index of a
listing; `suture.command.proven` holds the pictures that a piece was made from against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Listed", "read_frames", "read_listed", "read_time_base"]

_CLOCK = "#tb 0:"


@dataclass(frozen=True, slots=True)
class Listed:
    """A frame: ``pts`` and ``duration`` in ticks, ``size`` of the raw picture in bytes, ``checksum`` of it."""

    pts: int
    duration: int
    size: str
    checksum: str

    def is_like(self, other: Listed) -> bool:
        """Whether it is the same picture at the same time."""
        return (self.pts, self.size, self.checksum) == (other.pts, other.size, other.checksum)


def read_frames(lines: Iterable[str]) -> Iterator[Listed]:
    """The frames of a listing."""
    return (_frame(line) for line in lines if line[:1].isdigit())


def read_listed(path: str, first: int = 0, count: int | None = None) -> list[Listed]:
    """Some frames of a listing in a file, from number ``first`` on."""
    with Path(path).open() as lines:
        frames = (line for line in lines if line[:1].isdigit())
        return [_frame(line) for line in islice(frames, first, None if count is None else first + count)]


def _frame(line: str) -> Listed:
    fields = [field.strip() for field in line.split(",")]
    return Listed(int(fields[2]), int(fields[3]), fields[4], fields[5])


def read_time_base(path: str) -> Fraction:
    """What a tick lasts, in seconds, as the head of a listing says.

    Raises:
        ValueError: it does not say.
    """
    with Path(path).open() as lines:
        for line in lines:
            if line.startswith(_CLOCK):
                return Fraction(line.removeprefix(_CLOCK).strip())
    raise ValueError("it has no clock")
