"""`VideoBuilder`: one video stream, or a range of it, encoded into a file of its own.

The encoder of pieces (`suture.encoder`) and people who want one ffmpeg call use the same builder. What each
encoder calls its options is in `encoders`, devices in `hardware`, burned-in subtitles in `burn`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from suture.command.base import Resource, TaskType
from suture.command.burn import FILM_CLOCK, Burn, PictureBurn, TextBurn
from suture.command.encoders import quality_arguments, resource_of, speed_arguments
from suture.command.ffmpeg import FFmpegBuilder, FFmpegCommand, stream_specifier
from suture.command.hardware import device_arguments, hardware_path, input_arguments_of
from suture.command.settings import encoder_name, option_name, seconds, span_us, whole, word
from suture.errors import ChunkError, ConfigError, SourceDamaged
from suture.ffmpeg.diagnose import decoder_complaint
from suture.media.decodes import look
from suture.media.ebml import count_blocks
from suture.media.whole import look_whole

if TYPE_CHECKING:
    from suture.command.base import Files, RunContext
    from suture.command.settings import Time
    from suture.ffmpeg.progress import Progress

__all__ = ["VideoBuilder"]

_MOST_THREADS = 1024
_COLOR_OPTIONS = {
    "primaries": "-color_primaries",
    "transfer": "-color_trc",
    "space": "-colorspace",
    "range_": "-color_range",
    "chroma_location": "-chroma_sample_location",
}


@dataclass(frozen=True, slots=True)
class VideoBuilder(FFmpegCommand):
    """Encodes one video stream into a file of nothing else; immutable, each call returns a new one."""

    input_path: str = field()
    output_path: str = field()
    codec: str = ""
    crf: float | None = None
    speed: str = ""
    filters: tuple[str, ...] = ()
    encoder_options: tuple[tuple[str, str], ...] = ()
    pixel_format: str = ""
    threads: int = 0
    decoder_threads: int = 0
    stream: int | None = None
    hardware: str | None = None
    start_us: int = 0
    length_us: int | None = None
    frames: int | None = None
    expected: int | None = None
    passthrough: bool = False
    copy_timestamps: bool = False
    color: tuple[str, ...] = ()
    burn: Burn | None = None
    options: tuple[str, ...] = ()
    input_options: tuple[str, ...] = ()
    lean: Self | None = None
    wary: bool = False
    decoded: bool = False

    @property
    def task_type(self) -> TaskType:
        """Video."""
        return TaskType.VIDEO

    @property
    def resource(self) -> Resource:
        """A GPU's encoder, a GPU's other units, or a core; the disk when nothing is encoded."""
        return resource_of(self.codec, self.filters, self.hardware)

    def set_codec(self, codec: str) -> Self:
        """Choose the encoder, or ``copy``. Without it ffmpeg takes the output format's usual one."""
        return self._with(codec=encoder_name(codec))

    def set_crf(self, crf: float) -> Self:
        """Set constant quality, in the encoder's own scale (the option of each encoder: see `encoders`)."""
        quality_arguments(self.codec, crf)
        return self._with(crf=crf)

    def set_speed(self, speed: str | int) -> Self:
        """Set the encoder's own speed, word or number: ``medium``, ``8``."""
        return self._with(speed=word(str(speed), "speed"))

    def set_time_range(self, start: Time | None, end: Time | None = None) -> Self:
        """Take only the half-open range from ``start`` to ``end``, in seconds or ``HH:MM:SS``."""
        begin, length = span_us(start, end)
        return self._with(start_us=begin, length_us=length)

    def set_seek(self, position_us: int) -> Self:
        """Start at a position in whole microseconds from the container's start; the end stays open.

        To be exact to the frame, it stands midway between two frames, and `set_frames` tells where it ends.
        """
        return self._with(start_us=whole(position_us, "seek position (µs)", 0, 2**62), length_us=None)

    def set_frames(self, count: int) -> Self:
        """Take so many frames; `run` then fails when there were fewer."""
        return self._with(frames=whole(count, "frame count", 1, 2**31))

    def expect_frames(self, count: int) -> Self:
        """Fail in `run` unless exactly so many frames come out; unlike `set_frames`, does not stop there."""
        return self._with(expected=whole(count, "frame count", 1, 2**31))

    def add_filter(self, text: str) -> Self:
        """Add a filter (scale, deinterlace …), in ffmpeg's words; filters run in the order they came."""
        if not text.strip():
            raise ConfigError("a video filter is empty", "such as scale=1280:-2")
        return self._with(filters=(*self.filters, text))

    def set_encoder_option(self, key: str, value: str | float) -> Self:
        """Set one of the encoder's own options (``ffmpeg -h encoder=NAME``); set again, it is replaced."""
        name = option_name(key)
        others = tuple(pair for pair in self.encoder_options if pair[0] != name)
        return self._with(encoder_options=(*others, (name, str(value))))

    def set_pixel_format(self, pixel_format: str) -> Self:
        """Set the pixel format that is encoded: ``yuv420p10le``."""
        return self._with(pixel_format=word(pixel_format, "pixel format"))

    def set_threads(self, threads: int, decoder: int = 0) -> Self:
        """Set the threads of the encoder and, unless 0, of the decoder. x264's bytes depend on the former."""
        whole(decoder, "decoder thread count", 0, _MOST_THREADS)
        return self._with(threads=whole(threads, "thread count", 1, _MOST_THREADS), decoder_threads=decoder)

    def set_stream(self, index: int | None) -> Self:
        """Choose the stream by its absolute index in the input; None: the first video stream."""
        stream_specifier(index, "v:0")
        return self._with(stream=index)

    def set_hardware(self, path: str | None) -> Self:
        """Decode and filter on a device, one of `HARDWARE_PATHS`; None: on processor cores."""
        return self._with(hardware=hardware_path(path))

    def set_passthrough_timestamps(self) -> Self:
        """Neither repeat nor drop frames to make the rate even."""
        return self._with(passthrough=True)

    def set_copy_timestamps(self) -> Self:
        """Keep the film's timestamps in the output, counted from the container's start."""
        return self._with(copy_timestamps=True)

    def set_color(
        self,
        primaries: str | None = None,
        transfer: str | None = None,
        space: str | None = None,
        range_: str | None = None,
        chroma_location: str | None = None,
    ) -> Self:
        """Mark the colours of the output, by ffmpeg's names; what is None or ``unknown`` is not marked."""
        given = (primaries, transfer, space, range_, chroma_location)
        pairs = zip(_COLOR_OPTIONS.items(), given, strict=True)
        named = [(option, word(value, key)) for (key, option), value in pairs if value and value != "unknown"]
        return self._with(color=tuple(part for pair in named for part in pair))

    def set_burn(self, burn: Burn | None) -> Self:
        """Burn a subtitle in; text is drawn after the filters, pictures are laid on before them."""
        return self._with(burn=burn)

    def set_decoded(self) -> Self:
        """Decode what came out, from its last keyframe on, and fail in `run` where that does not go."""
        return self._with(decoded=True)

    def set_wary(self) -> Self:
        """Fail in `run` when the decoder had to patch pictures up: begun elsewhere, it makes others of them."""
        return self._with(wary=True)

    def set_leaner(self, lean: Self | None) -> Self:
        """Name the command that does the same with fewer threads, for a machine that ran out of memory."""
        return self._with(lean=lean)

    def add_option(self, *arguments: str) -> Self:
        """Add arguments for the output, as they are."""
        return self._with(options=(*self.options, *arguments))

    def add_input_option(self, *arguments: str) -> Self:
        """Add arguments for the input, as they are."""
        return self._with(input_options=(*self.input_options, *arguments))

    def arguments(self) -> FFmpegBuilder:
        """The command without its program.

        Raises:
            ConfigError: filters were asked for but the stream is copied; the encoder can't have a setting.
        """
        if self.codec == "copy" and (self.filters or self.burn or self.crf is not None):
            raise ConfigError(f"{self.id}: copied video can't be filtered or changed", "choose a codec")
        ask = FFmpegBuilder(start_us=self.start_us, length_us=self.length_us)
        ask = ask.add_option(*device_arguments(self.hardware), *self._clock(), where="global")
        ask = ask.add_input(self.input_path, [*input_arguments_of(self.hardware), *self._decoder()])
        ask = self._filtered(ask).add_option("-an", "-sn", "-dn", *self._timing(), *self._encoder())
        if self.codec:
            ask = ask.set_video_codec(self.codec, self.crf)
        return ask.add_option(*self.options).add_output(self.output_path)

    def heard(self, stderr: str) -> None:
        """As `set_wary` was told.

        Raises:
            SourceDamaged: the decoder complained.
        """
        if self.wary and (said := decoder_complaint(stderr)):
            raise SourceDamaged(f"the source is damaged in the range of {self.id}: {said}")

    def check(self, progress: Progress | None, path: str) -> None:
        """Compare the frames that came out with `set_frames` and `expect_frames`; and look whether the file is whole.

        Raises:
            ChunkError: they are not as many, or it is not.
        """
        made = progress.frame if progress is not None else 0
        if path.endswith(".mkv"):
            made = count_blocks(path)  # what is in the file, not what ffmpeg says of it
        else:
            look_whole(path)
        expected = self.frames if self.expected is None else self.expected
        if expected is not None and made != expected:
            reason = f"{self.id} gave {made} frames, its range holds {expected}"
            raise ChunkError(reason, "the source may be damaged there, or its timestamps wrong")

    def examine(self, path: str, context: RunContext) -> None:
        """As `set_decoded` was told.

        Raises:
            CommandFailed: it does not decode.
            CommandCancelled: it was stopped.
        """
        if self.decoded:
            look(path, context.cancel)

    def identity(self, files: Files) -> tuple[str, ...]:
        """As its base; a piece of which nobody knows whether it decodes is another one."""
        return (*FFmpegCommand.identity(self, files), *(["decoded"] if self.decoded else []))

    def leaner(self) -> Self | None:
        """As `set_leaner` was told."""
        return self.lean

    def _clock(self) -> tuple[str, ...]:
        if self.burn is not None:
            return self.burn.clock
        return FILM_CLOCK if self.copy_timestamps else ()

    def _decoder(self) -> list[str]:
        threads = ["-threads", str(self.decoder_threads)] if self.decoder_threads else []
        return [*threads, *self.input_options]

    def _filtered(self, ask: FFmpegBuilder) -> FFmpegBuilder:
        """Choose the stream and put it through the filters, in a graph where a second input joins in."""
        video = stream_specifier(self.stream, "v:0")
        filters = [*self.filters, *([self.burn.filters()] if isinstance(self.burn, TextBurn) else [])]
        filters += self._shifted()
        if not isinstance(self.burn, PictureBurn):
            return ask.add_map(video).add_video_filter(*filters)
        ask = ask.add_input(self.burn.path, self.burn.input_options(self.start_us), ranged=False)
        return ask.set_graph(self.burn.graph(video, "1:v", ",".join(filters))).add_map("[burned]")

    def _shifted(self) -> list[str]:
        """Burning ran on other timestamps: give the output those that it has without it."""
        shift = 0 if self.copy_timestamps or self.burn is None else self.start_us
        shift += self.burn.start_us if isinstance(self.burn, PictureBurn) else 0
        return [f"setpts=PTS-round({seconds(shift)}/TB)"] if shift else []

    def _timing(self) -> list[str]:
        mode = ["-fps_mode", "passthrough"] if self.passthrough else []
        return [*mode, *([] if self.frames is None else ["-frames:v", str(self.frames)])]

    def _encoder(self) -> list[str]:
        given = {"pix_fmt": self.pixel_format, "threads": str(self.threads) if self.threads else ""}
        chosen = dict(self.encoder_options)
        arguments = speed_arguments(self.codec, self.speed) if self.speed else []
        for key, value in {**given, **chosen}.items():
            arguments += [f"-{key}", value] if value else []
        return [*arguments, *self.color]
