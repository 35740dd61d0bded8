"""`Evened`: a copy of a film whose clock starts again or jumps, with one that runs on. Nothing is decoded."""

from __future__ import annotations

from dataclasses import dataclass, field

from suture.command.base import Resource, TaskType
from suture.command.ffmpeg import FFmpegBuilder, FFmpegCommand

__all__ = ["Evened"]


@dataclass(frozen=True, slots=True)
class Evened(FFmpegCommand):
    """Copies all packets; where times jump, ffmpeg lets those of all streams go on from where they were.

    Args:
        start_us: where the film begins on its own clock, in microseconds; ffmpeg would let the copy begin at 0.
    """

    input_path: str = field()
    output_path: str = field()
    start_us: int = 0

    @property
    def task_type(self) -> TaskType:
        """Putting streams together."""
        return TaskType.MIXING

    @property
    def resource(self) -> Resource:
        """The disk."""
        return Resource.IO

    def arguments(self) -> FFmpegBuilder:
        """The command without its program. Without ``-copyts``, which would keep the jumps."""
        ask = FFmpegBuilder().add_input(self.input_path).add_map("0")
        ask = ask.add_option("-copy_unknown", "-c", "copy", "-muxdelay", "0", "-muxpreload", "0")
        ask = ask.add_option("-output_ts_offset", f"{self.start_us}us") if self.start_us else ask
        return ask.add_output(self.output_path)
