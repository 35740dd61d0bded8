"""Listings of a stream: `FrameTimes` of its frames, decoded; `PacketTimes` of its first packets, as they are stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from suture.command.base import TaskType
from suture.command.ffmpeg import FFmpegBuilder, FFmpegCommand

__all__ = ["ALL_THAT_DECODES", "FrameTimes", "PacketTimes", "listing_options"]

# A damaged film is taken as far as it decodes; without this, ffmpeg gives up when two thirds of it do not.
ALL_THAT_DECODES = ("-max_error_rate", "1")


def listing_options(time_base: Fraction) -> tuple[str, ...]:
    """Arguments for an output that lists raw frames, each as it comes, in ticks of ``time_base``."""
    base = f"{time_base.numerator}/{time_base.denominator}"
    return ("-c:v", "rawvideo", "-fps_mode", "passthrough", "-enc_time_base", base, "-f", "framecrc")


@dataclass(frozen=True, slots=True)
class FrameTimes(FFmpegCommand):
    """Writes ffmpeg's ``framecrc`` listing of one video stream.

    Args:
        stream: its index in the file.
        time_base: what a tick of the listing lasts, in seconds.
        filters: that the pictures pass first.
        input_options: how the file is read.
        frames: so many frames only; 0: all.
    """

    input_path: str = field()
    output_path: str = field()
    stream: int = 0
    time_base: Fraction = Fraction(1, 90_000)
    filters: tuple[str, ...] = ()
    input_options: tuple[str, ...] = ("-copyts", *ALL_THAT_DECODES, "-noautorotate")
    frames: int = 0

    @property
    def task_type(self) -> TaskType:
        """Video."""
        return TaskType.VIDEO

    def arguments(self) -> FFmpegBuilder:
        """The command without its program."""
        ask = FFmpegBuilder().add_input(self.input_path, self.input_options).add_map(f"0:{self.stream}")
        ask = ask.add_video_filter(*self.filters)
        few = ("-frames:v", str(self.frames)) if self.frames else ()
        # Raw frames as they are: a change of size shows as a change of bytes.
        ask = ask.add_option("-noautoscale", *few, *listing_options(self.time_base))
        return ask.add_output(self.output_path)


@dataclass(frozen=True, slots=True)
class PacketTimes(FFmpegCommand):
    """Writes a listing of the first packets of a stream: when this ffmpeg thinks that they are shown.

    Args:
        stream: its index in the file.
        packets: how many.
    """

    input_path: str = field()
    output_path: str = field()
    stream: int = 0
    packets: int = 1

    @property
    def task_type(self) -> TaskType:
        """Video."""
        return TaskType.VIDEO

    def arguments(self) -> FFmpegBuilder:
        """The command without its program."""
        ask = FFmpegBuilder().add_input(self.input_path, ["-copyts"]).add_map(f"0:{self.stream}")
        ask = ask.add_option("-c", "copy", "-copyinkf", "-frames:v", str(self.packets), "-f", "framecrc")
        return ask.add_output(self.output_path)
