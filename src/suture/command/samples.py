"""`Samples`: the sound of a stream as 16-bit samples of one rate, with their times.

`suture.verify.sound` reads them; how they are decoded stands in `decoding`.
"""

from __future__ import annotations

from dataclasses import dataclass

from suture.command.base import TaskType
from suture.command.decoding import Decoding

__all__ = ["Samples"]


@dataclass(frozen=True, slots=True)
class Samples(Decoding):
    """Writes interleaved samples, 16 bits, of the machine's own byte order.

    Args:
        rate: samples a second.
        channels: 1 or 2; more are mixed down as ffmpeg does it.
    """

    rate: int = 16_000
    channels: int = 1

    @property
    def task_type(self) -> TaskType:
        """Audio."""
        return TaskType.AUDIO

    def chain(self) -> str:
        """Resampled without compensation: gaps and jumps of the clock stay where they are."""
        layout = "stereo" if self.channels == 2 else "mono"  # noqa: PLR2004
        return f"aresample={self.rate},aformat=sample_fmts=s16:channel_layouts={layout}"

    def coding(self) -> tuple[str, ...]:
        """Plain samples."""
        return ("-c:a", "pcm_s16le", "s16le")
