"""`ConcatCommand`: ffmpeg's concat demuxer over a list of pieces that come from elsewhere; packets are copied."""

from __future__ import annotations

from dataclasses import dataclass, field

from suture.command.base import Resource, TaskType
from suture.command.ffmpeg import FFmpegBuilder, FFmpegCommand

__all__ = ["ConcatCommand"]


@dataclass(frozen=True, slots=True)
class ConcatCommand(FFmpegCommand):
    """Joins the files that ``input_path``, an ffconcat list, names."""

    input_path: str = field()
    output_path: str = field()

    @property
    def task_type(self) -> TaskType:
        """Mixing."""
        return TaskType.MIXING

    @property
    def resource(self) -> Resource:
        """The disk: nothing is encoded."""
        return Resource.IO

    def arguments(self) -> FFmpegBuilder:
        """The command without its program."""
        ask = FFmpegBuilder().add_input(self.input_path, ["-f", "concat", "-safe", "0"])
        return ask.add_map("0").add_option("-c", "copy").add_output(self.output_path)
