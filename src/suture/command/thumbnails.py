"""`Thumbnails`: every picture of a stream, small, as raw 4:2:0 with its time.

Small enough to compare hundreds of thousands of them, large enough that two pictures that people can tell apart differ.
`suture.verify.pictures` reads them; how they are decoded stands in `decoding`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from suture.command.base import TaskType
from suture.command.decoding import Decoding

__all__ = ["Thumbnails"]


@dataclass(frozen=True, slots=True)
class Thumbnails(Decoding):
    """Writes frames of ``width`` times ``height`` luma samples and a quarter of that in each chroma plane.

    Args:
        width: even.
        height: even.
        time_base: of the times in the listing.
        upright: turn the pictures as their display matrix says; else they are taken as they are coded.
    """

    width: int = 160
    height: int = 90
    time_base: Fraction = Fraction(1, 90_000)
    upright: bool = False

    @property
    def task_type(self) -> TaskType:
        """Video."""
        return TaskType.VIDEO

    def opening(self) -> tuple[str, ...]:
        """Options of the input."""
        return () if self.upright else ("-noautorotate",)

    def chain(self) -> str:
        """All sources meet in one size, format and range; each sample is the mean of the area that it stands for."""
        return f"scale={self.width}:{self.height}:flags=area:out_range=tv,format=yuv420p"

    def coding(self) -> tuple[str, ...]:
        """Frames as they come, at their own times."""
        base = f"{self.time_base.numerator}/{self.time_base.denominator}"
        return ("-c:v", "rawvideo", "-fps_mode", "passthrough", "-enc_time_base", base, "rawvideo")
