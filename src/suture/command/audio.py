"""`AudioBuilder`: one audio stream taken out of a file, encoded or copied into a file of its own.

It keeps what one expects of a conversion: tags and chapters stay, pictures, subtitles and data do not.
Cutting audio without seams is the encoder's business (`suture.encoder`), not this builder's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from suture.command.base import Resource, TaskType
from suture.command.ffmpeg import FFmpegBuilder, FFmpegCommand, stream_specifier
from suture.command.settings import encoder_name, rate, span_us, whole
from suture.errors import ConfigError

if TYPE_CHECKING:
    from suture.command.settings import Time

__all__ = ["AudioBuilder"]

_MOST_CHANNELS = 64  # Source: libavfilter's and AAC's widest layouts stay below it; above is a slip of the hand.
_SAMPLE_RATES = (4_000, 768_000)
_QUALITIES = (-2, 500)


@dataclass(frozen=True, slots=True)
class AudioBuilder(FFmpegCommand):
    """Extracts or encodes one audio stream; immutable, each call returns a new one."""

    input_path: str = field()
    output_path: str = field()
    codec: str = ""
    bitrate: str = ""
    quality: float | None = None
    channels: int = 0
    sample_rate: int = 0
    filters: tuple[str, ...] = ()
    start_us: int = 0
    length_us: int | None = None
    stream: int | None = None
    options: tuple[str, ...] = ()

    @property
    def task_type(self) -> TaskType:
        """Audio."""
        return TaskType.AUDIO

    @property
    def resource(self) -> Resource:
        """A core, or the disk when nothing is encoded."""
        return Resource.IO if self.codec == "copy" else Resource.CPU

    def set_codec(self, codec: str) -> Self:
        """Choose the encoder, or ``copy``. Without it ffmpeg takes the output format's usual one."""
        return self._with(codec=encoder_name(codec))

    def set_bitrate(self, bitrate: str | int) -> Self:
        """Set bits a second: ``192k``, ``1.5M`` or a number. Takes the place of a quality."""
        return self._with(bitrate=rate(bitrate), quality=None)

    def set_quality(self, quality: float) -> Self:
        """Set the encoder's variable-rate quality (``-q:a``), in its own scale; replaces a bitrate."""
        low, high = _QUALITIES
        if not isinstance(quality, int | float) or isinstance(quality, bool) or not low <= quality <= high:
            hint = f"the encoder's own scale, from {low} to {high}"
            raise ConfigError(f"audio quality {quality!r} is not possible", hint)
        return self._with(quality=quality, bitrate="")

    def set_channels(self, channels: int) -> Self:
        """Set the number of channels: 1 mono, 2 stereo, 6 is 5.1."""
        return self._with(channels=whole(channels, "channel count", 1, _MOST_CHANNELS))

    def set_sample_rate(self, sample_rate: int) -> Self:
        """Set samples a second, in hertz."""
        return self._with(sample_rate=whole(sample_rate, "sample rate", *_SAMPLE_RATES))

    def add_filter(self, text: str) -> Self:
        """Add a filter (pan, loudnorm, equalizer …) in ffmpeg's words; they run in the order they came."""
        if not text.strip():
            raise ConfigError("an audio filter is empty", "such as loudnorm, or pan=stereo|c0=c2|c1=c2")
        return self._with(filters=(*self.filters, text))

    def set_time_range(self, start: Time | None, end: Time | None = None) -> Self:
        """Take only the half-open range from ``start`` to ``end``, in seconds or ``HH:MM:SS``."""
        begin, length = span_us(start, end)
        return self._with(start_us=begin, length_us=length)

    def set_stream(self, index: int | None) -> Self:
        """Choose the stream by its absolute index in the input; None: the first audio stream."""
        stream_specifier(index, "a:0")
        return self._with(stream=index)

    def add_option(self, *arguments: str) -> Self:
        """Add arguments for the output, as they are."""
        return self._with(options=(*self.options, *arguments))

    def arguments(self) -> FFmpegBuilder:
        """The command without its program.

        Raises:
            ConfigError: filters or a form were asked for, but the stream is copied.
        """
        self._agree()
        ask = FFmpegBuilder(start_us=self.start_us, length_us=self.length_us).add_input(self.input_path)
        ask = ask.add_map(stream_specifier(self.stream, "a:0")).add_option("-vn", "-sn", "-dn")
        ask = ask.add_audio_filter(*self.filters)
        if self.codec:
            ask = ask.set_audio_codec(self.codec, self.bitrate or None)
        elif self.bitrate:
            ask = ask.add_option("-b:a", self.bitrate)
        return ask.add_option(*self._form(), *self.options).add_output(self.output_path)

    def _form(self) -> list[str]:
        quality = [] if self.quality is None else ["-q:a", f"{self.quality:g}"]
        channels = ["-ac", str(self.channels)] if self.channels else []
        return [*quality, *channels, *(["-ar", str(self.sample_rate)] if self.sample_rate else [])]

    def _agree(self) -> None:
        if self.codec == "copy" and (self.filters or self.bitrate or self._form()):
            raise ConfigError(f"{self.id}: copied audio can't be filtered or changed", "choose a codec")
