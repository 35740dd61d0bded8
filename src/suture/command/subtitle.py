"""`SubtitleBuilder`: a subtitle added to a film as a stream of its own, or burned into its picture.

It treats a whole file in one ffmpeg call. Pieces are `burn`'s and `video`'s business, as is the exact timing
of bitmap subtitles: give this builder what a `PictureTrack` wrote, and they are exact here too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Self

from suture.command.base import Resource, TaskType
from suture.command.burn import PictureBurn, TextBurn, overlay_graph
from suture.command.encoders import resource_of
from suture.command.ffmpeg import FFmpegBuilder, FFmpegCommand
from suture.command.mixing import container_options
from suture.command.quoting import filter_call
from suture.command.settings import encoder_name, seconds, whole, word
from suture.errors import ConfigError

__all__ = ["SubtitleBuilder", "subtitle_codec"]

_BY_CONTAINER = {".mp4": "mov_text", ".m4v": "mov_text", ".mov": "mov_text", ".webm": "webvtt"}


def subtitle_codec(output_path: str) -> str:
    """The text subtitle codec of the output's container; ``copy`` where it holds them as they are (MKV)."""
    return _BY_CONTAINER.get(PurePath(output_path).suffix.lower(), "copy")


@dataclass(frozen=True, slots=True)
class SubtitleBuilder(FFmpegCommand):
    """Adds a subtitle to a film as a stream, or burns one in; immutable, each call returns a new one."""

    input_path: str = field()
    output_path: str = field()
    subtitle_file: str = ""
    burn: bool = False
    stream: int | None = None
    bitmap: bool = False
    size: tuple[int, int] | None = None
    start_us: int = 0
    language: str = ""
    codec: str = ""
    video_codec: str = "libx264"
    crf: float | None = None
    options: tuple[str, ...] = ()

    @property
    def task_type(self) -> TaskType:
        """Subtitle."""
        return TaskType.SUBTITLE

    @property
    def resource(self) -> Resource:
        """The disk in stream mode; what the video encoder occupies in burn mode."""
        return resource_of(self.video_codec, (), None) if self.burn else Resource.IO

    def set_subtitle_file(self, path: str) -> Self:
        """Name the subtitle's file: text, or in burn mode with ``bitmap`` what a `PictureTrack` wrote."""
        return self._with(subtitle_file=path)

    def burn_subtitles(
        self,
        stream_index: int | None = None,
        *,
        bitmap: bool = False,
        size: tuple[int, int] | None = None,
        start_us: int = 0,
    ) -> Self:
        """Burn: the subtitle file or, without one, a stream of the input.

        Args:
            stream_index: which subtitle stream, counted among the subtitles of its file; None: the first.
            bitmap: it is one of pictures (PGS, VobSub, DVB). Straight from the input these may appear some
                frames late.
            size: width and height of the film's picture, where a bitmap subtitle was made for another.
            start_us: the input's start time (`MediaInfo.start_us`); for all but files of text.
        """
        if stream_index is not None:
            whole(stream_index, "subtitle stream", 0, 10_000)
        return self._with(burn=True, stream=stream_index, bitmap=bitmap, size=size, start_us=start_us)

    def set_language(self, language: str) -> Self:
        """Mark the added stream's language: ``eng``, ``de``, ``pt-BR``."""
        return self._with(language=word(language, "language"))

    def set_codec(self, codec: str) -> Self:
        """Choose the added stream's codec; without it, the one of the output's container."""
        return self._with(codec=encoder_name(codec))

    def set_video_codec(self, codec: str, crf: float | None = None) -> Self:
        """Choose what burn mode encodes with; x264 unless this is called."""
        return self._with(video_codec=encoder_name(codec), crf=crf)

    def add_option(self, *arguments: str) -> Self:
        """Add arguments for the output, as they are."""
        return self._with(options=(*self.options, *arguments))

    def arguments(self) -> FFmpegBuilder:
        """The command without its program.

        Raises:
            ConfigError: there is no subtitle to add; video can't be copied and burned into.
        """
        ask = self._burned() if self.burn else self._added()
        return ask.add_option(*container_options(self.output_path), *self.options).add_output(self.output_path)

    def _added(self) -> FFmpegBuilder:
        if not self.subtitle_file:
            raise ConfigError(f"{self.id}: there is no subtitle to add", "see set_subtitle_file")
        ask = FFmpegBuilder().add_input(self.input_path).add_input(self.subtitle_file)
        # The new stream is the first of the subtitles: how many there are is not known without probing, and
        # its codec and language need its number.
        ask = ask.add_map("0:v?", "0:a?", "1:s:0", "0:s?", "0:d?", "0:t?")
        codec = self.codec or subtitle_codec(self.output_path)
        language = ["-metadata:s:s:0", f"language={self.language}"] if self.language else []
        chosen = [] if codec == "copy" else ["-c:s:0", codec]
        return ask.add_option("-c", "copy", *chosen, *language)

    def _burned(self) -> FFmpegBuilder:
        if self.video_codec == "copy":
            raise ConfigError(f"{self.id}: copied video can't be burned into", "choose a video codec")
        ask = self._pictured() if self.bitmap else self._drawn()
        left_out = () if self.subtitle_file else (f"-0:s:{self.stream or 0}",)
        ask = ask.add_map("0:a?", "0:s?", *left_out, "0:t?").add_option("-c:a", "copy", "-c:s", "copy", "-c:t", "copy")
        return ask.set_video_codec(self.video_codec, self.crf)

    def _drawn(self) -> FFmpegBuilder:
        start_us = 0 if self.subtitle_file else self.start_us
        text = TextBurn(self.subtitle_file or self.input_path, self.stream or 0, start_us)
        return FFmpegBuilder().add_input(self.input_path).add_map("0:v:0").add_video_filter(text.filters())

    def _pictured(self) -> FFmpegBuilder:
        if self.subtitle_file:
            # The whole command stays on the film's own timestamps: sound and picture move together.
            laid = PictureBurn(self.subtitle_file, self.start_us)
            ask = FFmpegBuilder(global_options=laid.clock).add_input(self.input_path)
            ask = ask.add_input(self.subtitle_file, laid.input_options(0))
            ask = ask.add_option("-output_ts_offset", seconds(-self.start_us))
            return ask.set_graph(laid.graph("0:v:0", "1:v")).add_map("[burned]")
        scale = filter_call("scale", *self.size, flags="accurate_rnd+bicubic") if self.size else "null"
        graph = overlay_graph("0:v:0", f"[0:s:{self.stream or 0}]{scale},format=yuva420p", "yuv420p")
        return FFmpegBuilder().add_input(self.input_path).set_graph(graph).add_map("[burned]")
