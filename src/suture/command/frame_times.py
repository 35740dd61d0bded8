"""`FrameTimes`: one linear decode that lists every frame's timestamp, where packets do not tell the frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from suture.command.base import TaskType
from suture.command.ffmpeg import FFmpegBuilder, FFmpegCommand

__all__ = ["ALL_THAT_DECODES", "FrameTimes"]

# A damaged film is taken as far as it decodes; without this, ffmpeg gives up when two thirds of it do not.
ALL_THAT_DECODES = ("-max_error_rate", "1")


@dataclass(frozen=True, slots=True)
class FrameTimes(FFmpegCommand):
    """Writes ffmpeg's ``framecrc`` listing of one video stream, in ticks of ``time_base``."""

    input_path: str = field()
    output_path: str = field()
    stream: int = 0
    time_base: Fraction = Fraction(1, 90_000)

    @property
    def task_type(self) -> TaskType:
        """Video."""
        return TaskType.VIDEO

    def arguments(self) -> FFmpegBuilder:
        """The command without its program."""
        base = f"{self.time_base.numerator}/{self.time_base.denominator}"
        ask = (
            FFmpegBuilder()
            .add_option("-copyts", *ALL_THAT_DECODES, where="global")
            .add_input(self.input_path, ["-noautorotate"])
        )
        ask = ask.add_map(f"0:{self.stream}").add_option("-fps_mode", "passthrough", "-enc_time_base", base)
        # Raw frames as they are: a change of size shows as a change of bytes.
        return ask.add_option("-noautoscale", "-f", "framecrc").add_output(self.output_path)
