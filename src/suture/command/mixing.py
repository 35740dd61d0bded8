"""`MixingBuilder`: streams of several files brought together in one, copied unless asked otherwise.

By default all video of the video inputs, all audio of the audio inputs and all subtitles of the subtitle
inputs, in the order they were added; explicit maps take the place of that. Audio tracks can be merged (they
become the channels of one) or mixed (they sound together). This is ffmpeg's muxing; the exact join of pieces
is `suture.concatenator`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Literal, Self

from suture.command.base import Resource, TaskType
from suture.command.ffmpeg import FFmpegBuilder, FFmpegCommand
from suture.command.quoting import filter_call
from suture.command.settings import encoder_name, rate
from suture.errors import ConfigError

__all__ = ["FASTSTART", "MixingBuilder", "container_options"]

_Kind = Literal["v", "a", "s"]
_FEWEST_TRACKS = 2
FASTSTART = frozenset({".mp4", ".m4v", ".m4a", ".mov"})
# What a mixed track is encoded with when nobody says: the container's own, not ffmpeg's default, which is
# Vorbis in MKV.
_USUAL_AUDIO = {
    ".webm": "libopus",
    ".ogg": "libopus",
    ".opus": "libopus",
    ".mka": "flac",
    ".flac": "flac",
    ".wav": "pcm_s16le",
    ".mp3": "libmp3lame",
}


@dataclass(frozen=True, slots=True)
class MixingBuilder(FFmpegCommand):
    """Combines streams of several inputs; immutable, each call returns a new one."""

    output_path: str = field()
    inputs: tuple[tuple[_Kind, str], ...] = ()
    maps: tuple[str, ...] = ()
    together: Literal["", "merge", "mix"] = ""
    tracks: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    codec: str = ""
    bitrate: str = ""
    options: tuple[str, ...] = ()

    @property
    def task_type(self) -> TaskType:
        """Mixing."""
        return TaskType.MIXING

    @property
    def input_path(self) -> str:
        """The first input; empty while there is none."""
        return self.inputs[0][1] if self.inputs else ""

    @property
    def resource(self) -> Resource:
        """The disk when all is copied, a core when audio is encoded."""
        return Resource.CPU if self.together or self.codec not in {"", "copy"} else Resource.IO

    def add_video_input(self, path: str) -> Self:
        """Add a file whose video streams are taken."""
        return self._with(inputs=(*self.inputs, ("v", path)))

    def add_audio_input(self, path: str) -> Self:
        """Add a file whose audio streams are taken."""
        return self._with(inputs=(*self.inputs, ("a", path)))

    def add_subtitle_input(self, path: str) -> Self:
        """Add a file whose subtitle streams are taken."""
        return self._with(inputs=(*self.inputs, ("s", path)))

    def map_streams(self, *specifiers: str) -> Self:
        """Take exactly these streams, in ffmpeg's words: ``0:v:0``, ``1:a?``. Call it as often as needed."""
        if not specifiers or not all(text and not text.startswith("[") for text in specifiers):
            raise ConfigError(f"stream map {specifiers!r} is not possible", "such as 0:v:0 or 1:a?")
        return self._with(maps=(*self.maps, *specifiers))

    def merge_audio(self, *tracks: str) -> Self:
        """Make tracks the channels of one: two mono tracks become one of stereo.

        Args:
            tracks: such as ``1:a:0``; without any, the first track of each audio input.
        """
        return self._with(together="merge", tracks=tracks, weights=())

    def mix_audio(self, *tracks: str, weights: tuple[float, ...] | None = None) -> Self:
        """Let tracks sound together, as loud as each alone on average.

        Args:
            tracks: such as ``1:a:0``; without any, the first track of each audio input.
            weights: how much each counts, all above zero; None: all the same.
        """
        if weights is not None and not all(weight > 0 for weight in weights):
            raise ConfigError(f"weights {weights!r} are not possible", "numbers above 0, one for each track")
        return self._with(together="mix", tracks=tracks, weights=tuple(weights or ()))

    def set_codec(self, codec: str, bitrate: str | int | None = None) -> Self:
        """Choose the audio encoder, or ``copy`` (the default where nothing is mixed)."""
        return self._with(codec=encoder_name(codec), bitrate="" if bitrate is None else rate(bitrate))

    def add_option(self, *arguments: str) -> Self:
        """Add arguments for the output, as they are."""
        return self._with(options=(*self.options, *arguments))

    def arguments(self) -> FFmpegBuilder:
        """The command without its program.

        Raises:
            ConfigError: fewer than two tracks to bring together, or more or fewer weights than tracks.
        """
        ask = FFmpegBuilder(maps=self._maps())
        for _, path in self.inputs:
            ask = ask.add_input(path)
        if self.together:
            ask = ask.set_graph(self._graph())
        ask = ask.add_option(*self._codecs(), *container_options(self.output_path), *self.options)
        return ask.add_output(self.output_path)

    def _maps(self) -> tuple[str, ...]:
        kinds = "vs" if self.together else "vas"
        usual = (f"{number}:{kind}" for number, (kind, _) in enumerate(self.inputs) if kind in kinds)
        mixed = ("[audio]",) if self.together else ()
        return (*(self.maps or usual), *mixed)

    def _graph(self) -> str:
        firsts = (f"{number}:a:0" for number, (kind, _) in enumerate(self.inputs) if kind == "a")
        tracks = self.tracks or tuple(firsts)
        if len(tracks) < _FEWEST_TRACKS or len(self.weights) not in {0, len(tracks)}:
            hint = "at least two tracks, and as many weights"
            raise ConfigError(f"{self.id}: cannot {self.together} {len(tracks)} audio track(s)", hint)
        return "".join(f"[{track}]" for track in tracks) + self._together(len(tracks)) + "[audio]"

    def _together(self, count: int) -> str:
        if self.together == "merge":
            return filter_call("amerge", inputs=count)
        weights = " ".join(f"{weight:g}" for weight in self.weights) or None
        # Without dropout_transition=0 the others grow louder for two seconds when one ends.
        return filter_call("amix", inputs=count, dropout_transition=0, weights=weights, normalize=True)

    def _codecs(self) -> list[str]:
        usual = _USUAL_AUDIO.get(PurePath(self.output_path).suffix.lower(), "aac") if self.together else ""
        if self.together and self.codec == "copy":
            raise ConfigError(f"{self.id}: what is mixed can't be copied", "choose an audio codec")
        codec = self.codec or usual or "copy"
        if codec == "copy":
            return ["-c", "copy"]
        # Kind by kind: 9.0 warns of a codec that is named twice.
        kept = [part for kind in "vsdt" for part in (f"-c:{kind}", "copy")]
        return [*kept, "-c:a", codec, *(["-b:a", self.bitrate] if self.bitrate else [])]


def container_options(output_path: str) -> list[str]:
    """What the output's container gets: MP4 and MOV begin with their index."""
    return ["-movflags", "+faststart"] if PurePath(output_path).suffix.lower() in FASTSTART else []
