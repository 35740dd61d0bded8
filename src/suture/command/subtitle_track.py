"""`SubtitleTrack`: one text subtitle track, converted into a file of its own, on the film's clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from suture.command.base import TaskType
from suture.command.ffmpeg import FFmpegBuilder, FFmpegCommand, stream_specifier

__all__ = ["SubtitleTrack"]


@dataclass(frozen=True, slots=True)
class SubtitleTrack(FFmpegCommand):
    """Converts one subtitle stream; ``stream`` is its index in the input, None the first subtitle stream."""

    input_path: str = field()
    output_path: str = field()
    codec: str = "srt"
    stream: int | None = None
    encoding: str = ""

    @property
    def task_type(self) -> TaskType:
        """Subtitles."""
        return TaskType.SUBTITLE

    def set_encoding(self, encoding: str) -> Self:
        """Name the text's encoding, where it is not UTF-8."""
        return self._with(encoding=encoding)

    def arguments(self) -> FFmpegBuilder:
        """The command without its program."""
        encoding = ["-sub_charenc", self.encoding] if self.encoding else []
        ask = FFmpegBuilder().add_option("-copyts", where="global").add_input(self.input_path, encoding)
        ask = ask.add_map(stream_specifier(self.stream, "s:0")).add_option("-c:s", self.codec)
        return ask.add_output(self.output_path)
