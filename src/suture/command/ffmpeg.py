"""`FFmpegBuilder`: an ffmpeg command as a value; `FFmpegCommand`: what all that run ffmpeg share.

The builder knows where arguments stand, not what a job is: `audio`, `video`, `mixing` and `subtitle` know
that and write with it. Pure; the binary is looked for only when a command line is asked for
(`FFmpegCommand.command_line`). Options used here exist in ffmpeg 5.1 and 9.0 alike.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Self

from suture.command.base import PRIORITY_NORMAL, Command
from suture.command.encoders import options_of, quality_arguments
from suture.command.identity import material
from suture.command.quoting import input_arguments, output_argument
from suture.command.settings import encoder_name, rate, seconds, span_us
from suture.errors import ConfigError
from suture.ffmpeg.build import build_of
from suture.ffmpeg.locate import locate
from suture.media.whole import look_whole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from suture.command.base import Files
    from suture.command.settings import Time
    from suture.ffmpeg.progress import Progress

__all__ = ["FFmpegBuilder", "FFmpegCommand", "stream_specifier"]

# "level" puts [error] or [warning] before what ffmpeg says, which `ffmpeg.diagnose` reads; the banner and the
# statistics would fill the tail of stderr. Overwriting is decided by `Command.run`, which puts the old file
# aside.
_PREFIX = (
    *("-hide_banner", "-nostdin", "-loglevel", "level+warning"),
    *("-nostats", "-progress", "pipe:1", "-y"),
)


@dataclass(frozen=True, slots=True)
class _Input:
    path: str
    options: tuple[str, ...] = ()
    ranged: bool = True


@dataclass(frozen=True, slots=True)
class FFmpegBuilder:
    """Builds ``ffmpeg`` argument lists; immutable, each call returns a new one.

    ``FFmpegBuilder().add_input("a.mkv").set_time_range(10, 20).set_video_codec("ffv1").add_output("b.mkv")``
    """

    program: str = "ffmpeg"
    global_options: tuple[str, ...] = ()
    inputs: tuple[_Input, ...] = ()
    start_us: int = 0
    length_us: int | None = None
    accurate: Literal["before", "after"] = "before"
    graph: str = ""
    maps: tuple[str, ...] = ()
    video_filters: tuple[str, ...] = ()
    audio_filters: tuple[str, ...] = ()
    video_codec: tuple[str, ...] = ()
    audio_codec: tuple[str, ...] = ()
    output_options: tuple[str, ...] = ()
    output: str = ""
    side_output: tuple[str, ...] = ()

    def set_program(self, program: str) -> Self:
        """Name the ffmpeg to start; ``ffmpeg`` unless this is called."""
        return replace(self, program=program)

    def add_input(self, path: str, options_before: Iterable[str] = (), *, ranged: bool = True) -> Self:
        """Add a file, or a URL that the user gave.

        Args:
            path: what to read; a local name may hold anything.
            options_before: arguments that stand before its ``-i``.
            ranged: whether `set_time_range` applies to it.
        """
        return replace(self, inputs=(*self.inputs, _Input(path, tuple(options_before), ranged)))

    def add_output(self, path: str) -> Self:
        """Set the file to write.

        Raises:
            ConfigError: there is one already: a command writes one file.
        """
        if self.output:
            raise ConfigError(f"a command writes one file, and it is {self.output!r} already")
        return replace(self, output=path)

    def add_side_output(self, *arguments: str) -> Self:
        """Add all arguments of another output, its name last; it stands before the one that `add_output` sets."""
        return replace(self, side_output=(*self.side_output, *arguments))

    def set_time_range(
        self, start: Time | None, end: Time | None = None, accurate: Literal["before", "after"] = "before"
    ) -> Self:
        """Take only the half-open range from ``start`` to ``end``.

        Args:
            start: seconds from the input's beginning, or ``HH:MM:SS.m``; None: from the beginning.
            end: where it ends; None: at the end.
            accurate: ``before`` puts ``-ss`` before ``-i``, so that reading starts near it; ``after`` decodes
                all that comes before and throws it away. Both are exact to the frame where the container can
                be sought in; the cost of ``after`` grows with ``start``.

        Raises:
            ConfigError: a value is no time, or the range is empty.
        """
        if accurate not in {"before", "after"}:
            raise ConfigError(f"accurate={accurate!r} is not possible", "'before' or 'after' (the -i)")
        begin, length = span_us(start, end)
        return replace(self, start_us=begin, length_us=length, accurate=accurate)

    def set_audio_codec(self, codec: str, bitrate: str | int | None = None) -> Self:
        """Choose the audio encoder (or ``copy``), and bits a second (``192k``)."""
        more = () if bitrate is None else ("-b:a", rate(bitrate))
        return replace(self, audio_codec=("-c:a", encoder_name(codec), *more))

    def set_video_codec(self, codec: str, crf: float | None = None) -> Self:
        """Choose the video encoder (or ``copy``), and its constant quality, in its own scale."""
        quality = () if crf is None else quality_arguments(encoder_name(codec), crf)
        return replace(self, video_codec=("-c:v", encoder_name(codec), *quality, *options_of(codec).always))

    def add_option(self, *arguments: str, where: Literal["global", "input", "output"] = "output") -> Self:
        """Add arguments as they are; ``input`` means before the ``-i`` of the input added last.

        Raises:
            ConfigError: there is no input yet, or no such place.
        """
        if where == "output":
            return replace(self, output_options=(*self.output_options, *arguments))
        if where == "global":
            return replace(self, global_options=(*self.global_options, *arguments))
        if where != "input" or not self.inputs:
            raise ConfigError(f"no place for {' '.join(arguments)!r}: {where}", "global, input (after one), output")
        last = replace(self.inputs[-1], options=(*self.inputs[-1].options, *arguments))
        return replace(self, inputs=(*self.inputs[:-1], last))

    def add_map(self, *specifiers: str) -> Self:
        """Take these streams, in this order: ``0:v:0``, ``1:a?``, ``[label]``."""
        return replace(self, maps=(*self.maps, *specifiers))

    def add_video_filter(self, *filters: str) -> Self:
        """Add to the chain of video filters (``-vf``)."""
        return replace(self, video_filters=(*self.video_filters, *filters))

    def add_audio_filter(self, *filters: str) -> Self:
        """Add to the chain of audio filters (``-af``)."""
        return replace(self, audio_filters=(*self.audio_filters, *filters))

    def set_graph(self, graph: str) -> Self:
        """Set the filter graph that joins several streams (``-filter_complex``)."""
        return replace(self, graph=graph)

    def build(self) -> list[str]:
        """The argument list for `subprocess.run`, program first.

        Raises:
            ConfigError: there is no input or no output, or the output is an input by its name.
        """
        if not self.inputs or not self.output:
            raise ConfigError("an ffmpeg command needs an input and an output", "see add_input and add_output")
        if os.path.normpath(self.output) in {os.path.normpath(source.path) for source in self.inputs}:
            raise ConfigError(f"the output {self.output!r} is an input", "give the output another name")
        arguments = [self.program, *_PREFIX, *self.global_options]
        for source in self.inputs:
            arguments += [*self._range("before", source), *source.options, *input_arguments(source.path)]
        arguments += ["-filter_complex", self.graph] if self.graph else []
        arguments += self.side_output
        for specifier in self.maps:
            arguments += ["-map", specifier]
        arguments += [*_chain("-vf", self.video_filters), *_chain("-af", self.audio_filters)]
        arguments += [*self.video_codec, *self.audio_codec, *self.output_options, *self._range("after")]
        return [*arguments, output_argument(self.output)]

    def _range(self, place: str, source: _Input | None = None) -> list[str]:
        if place != self.accurate or (source is not None and not source.ranged):
            return []
        start = ["-ss", seconds(self.start_us)] if self.start_us else []
        return [*start, *([] if self.length_us is None else ["-t", seconds(self.length_us)])]


def _chain(option: str, filters: tuple[str, ...]) -> list[str]:
    return [option, ",".join(filters)] if filters else []


def stream_specifier(index: int | None, default: str, source: int = 0) -> str:
    """What ``-map`` wants: a stream by its absolute index in an input, or ``default`` such as ``a:0``.

    Raises:
        ConfigError: the index is no whole number from 0.
    """
    if index is None:
        return f"{source}:{default}"
    if not isinstance(index, int) or isinstance(index, bool) or index < 0:
        raise ConfigError(f"stream {index!r} is not possible", "a stream's index in its file, from 0")
    return f"{source}:{index}"


@dataclass(frozen=True, slots=True)
class FFmpegCommand(Command):
    """A command that runs ffmpeg. A subclass says with which arguments.

    Args:
        id: unique within a graph.
        priority: higher runs first.
        program: the ffmpeg to run, as the user named it; None: the one that `locate` finds.
    """

    id: str = field()
    priority: int = field(default=PRIORITY_NORMAL, kw_only=True)
    program: str | None = field(default=None, kw_only=True)

    def arguments(self) -> FFmpegBuilder:
        """The command without its program."""
        raise NotImplementedError

    def build_args(self) -> list[str]:
        """The argument list, program first; pure."""
        return self.arguments().set_program(self.program or "ffmpeg").build()

    def command_line(self) -> list[str]:
        """`build_args` with the place of the program on this machine.

        Raises:
            FFmpegNotFound: there is none.
        """
        return [locate(self.program), *self.build_args()[1:]]

    def line_to(self, path: str) -> list[str]:
        """`command_line`, writing to another path."""
        return [*self.command_line()[:-1], output_argument(path)]

    @property
    def reusable(self) -> bool:
        """It writes one file, which depends on nothing but what `identity` tells."""
        return True

    def check(self, progress: Progress | None, path: str) -> None:  # noqa: ARG002 - not every one counts frames
        """Look whether what came out is whole.

        Raises:
            ChunkError: it is cut off, or something else.
        """
        look_whole(path)

    def identity(self, files: Files) -> tuple[str, ...]:
        """The arguments without what changes no result, the files that they name, and the build of ffmpeg."""
        arguments = self.build_args()[1:]
        return (*build_of(locate(self.program)), *material(arguments, files))

    def set_priority(self, priority: int) -> Self:
        """Set what runs first: `PRIORITY_HIGH`, `PRIORITY_NORMAL`, `PRIORITY_LOW`, or any whole number."""
        if not isinstance(priority, int) or isinstance(priority, bool):
            raise ConfigError(f"priority {priority!r} is not possible", "a whole number; higher runs first")
        return self._with(priority=priority)

    def set_program(self, program: str | None) -> Self:
        """Name the ffmpeg to run; None: the one that `suture.ffmpeg.locate` finds."""
        return self._with(program=program)

    def _with(self, **changes: Any) -> Self:  # noqa: ANN401 - the fields are the subclass's
        """A copy with other values; what every setter returns."""
        return replace(self, **changes)
