"""`Glimpse`: what the first frame of one side of a measuring is like, behind its filters and turned upright.

What a container says of its pictures is one thing, what arrives behind a user's filters another; so it is asked of the
filter ``showinfo``. Nothing is written. `suture.quality.metrics` decides by it at which size is measured.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from suture.command.base import TaskType, run_command_line
from suture.command.ffmpeg import FFmpegBuilder, FFmpegCommand
from suture.errors import MediaError

if TYPE_CHECKING:
    from suture.command.base import RunContext
    from suture.command.measuring import Seen

__all__ = ["Glimpse", "Shape"]

# Source: libavfilter/vf_showinfo.c; where it writes colours has moved between versions.
_FRAME: Final = re.compile(r"fmt:(?P<format>\S+) .*?sar:(?P<sar>\d+/\d+) s:(?P<width>\d+)x(?P<height>\d+) ")
_COLOUR: Final = re.compile(r"color_(range|space|trc):(\S+)")


@dataclass(frozen=True, slots=True)
class Shape:
    """What the pictures of a stretch are like.

    Args:
        width: in pixels, as they are seen: upright.
        height: of these.
        pixel_format: by ffmpeg's name.
        aspect: how many times as wide as high a pixel is.
        color_range: ``tv``, ``pc`` or ``unknown``.
        color_space: ``bt709``, ``gbr``, ``unknown`` …
        color_transfer: ``bt709``, ``smpte2084`` …
    """

    width: int
    height: int
    pixel_format: str = "yuv420p"
    aspect: Fraction = Fraction(1)
    color_range: str = "unknown"
    color_space: str = "unknown"
    color_transfer: str = "unknown"

    @property
    def is_rgb(self) -> bool:
        """Whether it has no luma."""
        return self.color_space == "gbr" or self.pixel_format.startswith(("gbr", "rgb", "bgr", "argb", "abgr", "pal"))

    @property
    def is_full(self) -> bool:
        """Whether black is 0."""
        return self.color_range == "pc" or self.pixel_format.startswith("yuvj")


@dataclass(frozen=True, slots=True)
class Glimpse(FFmpegCommand):
    """Decodes the first frame of a stretch, and describes it."""

    seen: Seen = field()

    @property
    def input_path(self) -> str:
        """The film."""
        return self.seen.path

    @property
    def output_path(self) -> str:
        """Nothing is written."""
        return "-"

    @property
    def task_type(self) -> TaskType:
        """Video."""
        return TaskType.VIDEO

    def arguments(self) -> FFmpegBuilder:
        """The command without its program."""
        ask = FFmpegBuilder().add_input(self.seen.path, self.seen.options).add_map(f"0:{self.seen.stream}")
        ask = ask.add_video_filter(*self.seen.filters, "showinfo")
        ask = ask.add_option("-frames:v", "1", "-fps_mode", "passthrough", "-f", "null")
        return ask.add_output("-")

    def command_line(self) -> list[str]:
        """As its base, but ffmpeg says what the filter has seen."""
        argv = FFmpegCommand.command_line(self)  # super() does not know a class that slots have made anew
        level = argv.index("-loglevel") + 1
        return [*argv[:level], "level+info", *argv[level + 1 :]]

    def look(self, context: RunContext) -> Shape:
        """Run it, and read what it says.

        Raises:
            CommandError: it was stopped, or failed as a whole.
            MediaError: no frame came out.
        """
        said = run_command_line(self.command_line(), context, self.id)[0].stderr_tail
        found = _FRAME.search(said)
        if found is None:
            raise MediaError(f"{self.seen.path!r}: no frame of stream {self.seen.stream} decodes", "suture probe tells")
        colour = dict(_COLOUR.findall(said))
        sar = [int(part) for part in found["sar"].split("/")]
        return Shape(
            int(found["width"]),
            int(found["height"]),
            found["format"],
            Fraction(*sar) if all(sar) else Fraction(1),
            colour.get("range", "unknown"),
            colour.get("space", "unknown"),
            colour.get("trc", "unknown"),
        )
