"""`Decoding`: one stream decoded from its first packet to its last into raw numbers, beside a list of their times.

What a comparison reads: `thumbnails` makes small pictures, `samples` makes sound. Two files come of one graph: the
numbers (``output_path``) and ffmpeg's ``framecrc`` listing (``<output_path>.times``). A muxer that writes both at once
(``tee``) would move times that repeat or run backwards. What the decoder complained of is kept: it is a finding, no
failure.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from suture.command.base import run_command_line
from suture.command.ffmpeg import FFmpegBuilder, FFmpegCommand
from suture.command.frame_times import ALL_THAT_DECODES
from suture.command.quoting import output_argument

if TYPE_CHECKING:
    from suture.command.base import RunContext

__all__ = ["Decoding", "Listing"]

# An encoder's time stamp that is none, as framecrc writes it.
_NONE = -(2**63)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a decoder gave, in its order; ``pts`` and ``durations`` are ticks of ``time_base``, one per frame."""

    time_base: Fraction
    pts: array[int]
    durations: array[int]
    sizes: array[int]

    @classmethod
    def empty(cls, time_base: Fraction = Fraction(1)) -> Listing:
        """Of nothing."""
        return cls(time_base, array("q"), array("q"), array("q"))

    @classmethod
    def read(cls, path: str) -> Listing:
        """Read a ``framecrc`` listing; a frame without a time takes the end of the one before it."""
        listing = cls.empty()
        with Path(path).open() as lines:
            for line in lines:
                if line.startswith("#tb"):
                    listing = cls.empty(Fraction(line.partition(":")[2].strip()))
                elif not line.startswith("#"):
                    listing.add([int(part) for part in line.split(",")[1:5]])
        return listing

    def add(self, row: list[int]) -> None:
        """Take the next frame: dts, pts, duration, size."""
        _dts, pts, duration, size = row
        if pts == _NONE:
            pts = self.pts[-1] + self.durations[-1] if self.pts else 0
        self.pts.append(pts)
        self.durations.append(duration)
        self.sizes.append(size)


@dataclass(frozen=True, slots=True)
class Decoding(FFmpegCommand):
    """Decodes the stream of absolute index ``stream``; a subclass says what is made of it.

    Args:
        input_path: the film.
        output_path: the raw numbers; the listing lies beside it.
        stream: absolute index of the stream.
        filters: what it runs through first; empty: nothing.
    """

    input_path: str = field()
    output_path: str = field()
    stream: int = 0
    filters: str = ""

    @property
    def times_path(self) -> str:
        """Where the listing lies."""
        return f"{self.output_path}.times"

    def chain(self) -> str:
        """The filters that make the numbers out of what was asked for."""
        raise NotImplementedError

    def coding(self) -> tuple[str, ...]:
        """The codec and options of both outputs, and the muxer of the raw one last."""
        raise NotImplementedError

    def opening(self) -> tuple[str, ...]:
        """Options of the input."""
        return ()

    def arguments(self) -> FFmpegBuilder:
        """The command without its program."""
        *options, muxer = self.coding()
        split = "asplit" if self.task_type == "audio" else "split"
        steps = ",".join(part for part in (self.filters, self.chain(), split) if part)
        return (
            FFmpegBuilder()
            .add_option("-copyts", *ALL_THAT_DECODES, where="global")
            .add_input(self.input_path, self.opening())
            .set_graph(f"[0:{self.stream}]{steps}[times][numbers]")
            .add_option("-map", "[times]", *options, "-f", "framecrc", output_argument(self.times_path))
            .add_option("-map", "[numbers]", *options, "-f", muxer)
            .add_output(self.output_path)
        )

    def listen(self, context: RunContext) -> str:
        """Run it, and give all that it said on stderr: 64 MB at most with a ``log_dir``, else the last 32 kB.

        Raises:
            CommandError: nothing came out, or it was stopped; the subclass tells which.
            FFmpegNotFound: there is no ffmpeg.
        """
        finished, _ = run_command_line(self.command_line(), context, self.id)
        if context.log_dir is None:
            return finished.stderr_tail
        return (context.log_dir / f"{self.id}.log").read_text(errors="replace")
