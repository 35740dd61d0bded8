"""`Measuring`: two stretches of picture, decoded once, frame beside frame, by any number of metrics.

Frames are paired by their number in the stretch, never by their times. Each metric writes a number for every frame into
a log of its own; ffmpeg's pooled figures are not used. Which metric at which size and with which model is decided in
`suture.quality.metrics`, the logs are read by `suture.quality.logs`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.command.base import Outcome, RunContext, TaskType, outcome_of, run_command_line
from suture.command.ffmpeg import FFmpegBuilder, FFmpegCommand
from suture.command.quoting import filter_call
from suture.command.ranges import opening, selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.model import ChunkData

__all__ = ["Gauge", "Measuring", "Seen"]

# Which of two streams is the first input. xpsnr takes the weights of what can be seen from its first one, so that has
# to be the original; the others call the second one the reference. Source: FFmpeg, vf_xpsnr.c, vf_libvmaf.c.
_REFERENCE_FIRST: Final = frozenset({"xpsnr"})
# The same pictures on every machine, whatever its processor can do.
_SCALING: Final = "bicubic+accurate_rnd+bitexact"
# Else a picture of another size or colour would begin all filters anew, and with them the logs.
_ONE_GRAPH: Final = ("-reinit_filter", "0")


@dataclass(frozen=True, slots=True)
class Seen:
    """The frames that are one side of a measuring.

    Args:
        path: the file.
        stream: absolute index of its stream.
        options: that stand before its ``-i``.
        filters: that choose its frames, and then what was asked for.
    """

    path: str
    stream: int = 0
    options: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()

    @classmethod
    def of(cls, chunk: ChunkData) -> Seen:
        """Exactly the frames of a chunk that `ChunkData.is_exact`."""
        return cls(chunk.source_path, chunk.stream_index, opening(chunk), tuple(selection(chunk)))

    def through(self, *filters: str) -> Seen:
        """The same behind further filters."""
        return replace(self, filters=(*self.filters, *(text for text in filters if text)))


@dataclass(frozen=True, slots=True)
class Gauge:
    """One metric and how it is measured.

    Args:
        metric: ``vmaf``, ``xpsnr``, ``ssim`` or ``psnr``.
        width: of the pictures that are compared; both sides are scaled to it where theirs is another.
        height: of these.
        pixel_format: of these.
        model: VMAF's: a name that libvmaf knows, or the path of a file; empty for the others.
        color_range: that both sides are brought to, ``tv`` or ``pc``; empty: they are alike.
        matrix: by which RGB becomes YUV, as ``scale`` calls it; empty: its own choice.
    """

    metric: str
    width: int
    height: int
    pixel_format: str = "yuv420p"
    model: str = ""
    color_range: str = ""
    matrix: str = ""

    @property
    def form(self) -> str:
        """The filters that make the pictures which it compares."""
        scale = filter_call(
            "scale",
            self.width,
            self.height,
            flags=_SCALING,
            out_range=self.color_range or None,
            out_color_matrix=self.matrix or None,
        )
        return f"{scale},format={self.pixel_format}"

    def call(self, log: str, threads: int = 0) -> str:
        """The filter, writing its numbers to a file; VMAF's with threads of its own, or in that of the filters (0)."""
        if self.metric == "vmaf":
            return filter_call(
                "libvmaf", model=_model(self.model), log_path=log, log_fmt="csv", n_threads=threads, shortest=True
            )
        return filter_call(self.metric, stats_file=log, shortest=True)


def _model(model: str) -> str:
    r"""As libvmaf's filter wants it: one more level of ``key=value:…``, whose escapes are ``\ ' = :``."""
    if "/" not in model and not model.endswith(".json"):
        return f"version={model}"
    return "path=" + "".join(f"\\{char}" if char in "\\':=" else char for char in model)


@dataclass(frozen=True, slots=True)
class Measuring(FFmpegCommand):
    """Measures how much a stretch differs from its reference.

    Args:
        reference: how it should look.
        distorted: how it looks.
        folder: an existing folder, for the logs.
        gauges: what is measured; a stretch is decoded once for all of them.
        rate: frames a second of the film, nominally: xpsnr looks back further where there are many.
        frames: how many pairs there are, for who shows progress; 0: not known.
        missing: frames at the beginning and at the end that only the reference has. They are there for what they tell
            about motion; beside them stand repeated frames, and their own scores mean nothing.
        threads: of each decoder and of VMAF. With one, all filters run one after the other, in one thread.
    """

    reference: Seen = field()
    distorted: Seen = field()
    folder: str = field()
    gauges: tuple[Gauge, ...] = ()
    rate: Fraction = Fraction(25)
    frames: int = 0
    missing: tuple[int, int] = (0, 0)
    threads: int = 1

    @property
    def input_path(self) -> str:
        """The reference."""
        return self.reference.path

    @property
    def output_path(self) -> str:
        """The first log."""
        return self.log(0)

    @property
    def task_type(self) -> TaskType:
        """Video."""
        return TaskType.VIDEO

    @property
    def reusable(self) -> bool:
        """Its logs are read at once, or made again."""
        return False

    def log(self, number: int) -> str:
        """Where the numbers of one of the ``gauges`` lie."""
        return str(Path(self.folder) / f"{self.id}.{number}.{self.gauges[number].metric}")

    def arguments(self) -> FFmpegBuilder:
        """The command without its program. All that it writes, its filters write."""
        ask = FFmpegBuilder().add_option("-filter_complex_threads", "1", where="global")
        for seen in (self.reference, self.distorted):
            ask = ask.add_input(seen.path, ("-threads", str(self.threads), *_ONE_GRAPH, *seen.options))
        ask = ask.set_graph(";".join(self._graph()))
        ask = ask.add_map(*(f"[m{number}]" for number in range(len(self.gauges))))
        return ask.add_option("-fps_mode", "passthrough", "-f", "null").add_output("-")

    def line_to(self, path: str) -> list[str]:
        """`command_line`: there is nothing to be named otherwise."""
        del path
        return self.command_line()

    def run(self, context: RunContext | None = None) -> Outcome:
        """Do it, and wait for the end; the logs are then in the folder.

        Raises:
            CommandError: it failed, hung or was cancelled; the subclass tells which.
            FFmpegNotFound: there is no ffmpeg.
        """
        finished, progress = run_command_line(self.command_line(), context or RunContext(), self.id)
        return outcome_of(finished, progress, self.output_path)

    def _graph(self) -> Iterator[str]:
        """Each side once for every size and format, there once for every metric, and the metrics."""
        forms = list(dict.fromkeys(gauge.form for gauge in self.gauges))
        sides = (("r", 0, self.reference, ()), ("d", 1, self.distorted, self._repeated()))
        for side, number, seen, more in sides:
            counted = ",".join((*seen.filters, *more, *self._grid()))
            yield f"[{number}:{seen.stream}]{counted},{_split(f'{side}f', range(len(forms)))}"
            for n, form in enumerate(forms):
                users = [k for k, gauge in enumerate(self.gauges) if gauge.form == form]
                yield f"[{side}f{n}]{form},{_split(side, users)}"
        for number, gauge in enumerate(self.gauges):
            pair = (f"[r{number}]", f"[d{number}]")
            ordered = pair if gauge.metric in _REFERENCE_FIRST else pair[::-1]
            own = self.threads if self.threads > 1 else 0
            yield f"{''.join(ordered)}{gauge.call(self.log(number), own)}[m{number}]"

    def _grid(self) -> tuple[str, ...]:
        """Frames by number, at the film's rate; ``setpts`` forgets the rate, and ``fps`` tells it again."""
        rate = f"{self.rate.numerator}/{self.rate.denominator}"
        return f"settb={self.rate.denominator}/{self.rate.numerator}", "setpts=N", f"fps={rate}"

    def _repeated(self) -> tuple[str, ...]:
        before, behind = self.missing
        if not before and not behind:
            return ()
        repeated = filter_call("tpad", start=before, stop=behind, start_mode="clone", stop_mode="clone")
        return (*self._grid(), repeated)


def _split(prefix: str, numbers: range | list[int]) -> str:
    """The filter that gives each of these a copy."""
    return f"split={len(numbers)}" + "".join(f"[{prefix}{number}]" for number in numbers)
