"""`AudioEncoder`: the command that encodes one range of sound, or a whole track.

A whole track keeps its timestamps, so that the sound begins where it began. A range is for itself: joining ranges of
sound without a seam needs more than cutting, and this class does not claim to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final, TypeVar

from suture.command.audio import AudioBuilder
from suture.command.sound import SoundPiece, WholeSound
from suture.encoder.base import Encoder

if TYPE_CHECKING:
    from suture.command.sound import SoundSource
    from suture.model import ChunkData, StreamInfo

__all__ = ["AudioEncoder", "seconds_ahead", "sound_file"]

_Builder = TypeVar("_Builder", bound=AudioBuilder)

_LEAD_S = 1.0
_PRIMING = Fraction(1, 10)
# Containers with the sample clock, which tell how much of the first and last packet is not to be heard. MP4 takes no
# MP3 below 16 kHz, MOV does.
_SOUND_FILES: Final = {
    **dict.fromkeys(("aac", "libfdk_aac", "alac"), "m4a"),
    **dict.fromkeys(("libopus", "opus", "flac"), "mp4"),
    **dict.fromkeys(("ac3", "ac3_fixed", "eac3", "libmp3lame", "mp2", "libtwolame"), "mov"),
    **dict.fromkeys(("libvorbis", "vorbis"), "ogg"),
}


def sound_file(encoder: str) -> str:
    """The extension of the file into which a whole track is encoded on its way into the output.

    Matroska only where nothing else holds it: its clock counts thousandths of a second, and FFmpeg 5.1 writes no codec
    delay there for most codecs, but moves them to zero, 5 to 25 ms late.
    """
    return _SOUND_FILES.get(encoder, "mka")


def seconds_ahead(stream: StreamInfo | None) -> int:
    """By how many seconds the clock of a track's `sound_file` has to be ahead of the source's.

    A file that tells priming by times before zero can't hold a sound that begins there: it would not be heard.
    """
    begin = (stream.start_pts or 0) * stream.time_base if stream else Fraction(0)
    return math.ceil(-begin) if begin < -_PRIMING else 0


@dataclass(frozen=True)
class AudioEncoder(Encoder):
    """Encodes sound.

    Args:
        codec: ffmpeg's encoder.
        bitrate: as ffmpeg has it (``128k``); None: the encoder's default.
        channels: None keeps the source's.
        sample_rate: in Hz; None keeps the source's.
        filters: ffmpeg filters, in order.
        options: further output options (name with dash, value).
        quality: on the encoder's own scale; takes the place of a bit rate.
        ffmpeg: the binary; None: the one that is found.
    """

    codec: str = "aac"
    bitrate: str | None = None
    channels: int | None = None
    sample_rate: int | None = None
    filters: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    quality: float | None = None
    ffmpeg: str | None = None
    priority: int = 5

    def reading(self, option: tuple[str, str]) -> AudioEncoder:
        """With its filters in a file that another command writes: the option that names it, and its name."""
        return replace(self, filters=(), options=(*self.options, option))

    def piece(self, slice_path: str, output_path: str, task: str, silence: int = 0) -> SoundPiece:
        """The command that encodes a slice of samples, one of many to be spliced, and removes it.

        Args:
            slice_path: the samples.
            output_path: the piece.
            task: its id in a graph.
            silence: samples that follow those of the slice.
        """
        builder = SoundPiece(task, slice_path, output_path, consumes=slice_path)
        builder = builder.add_filter(f"apad=pad_len={silence}") if silence else builder
        builder = builder.set_priority(self.priority).set_program(self.ffmpeg)
        # Without it, AAC has the name of its encoder in a packet now and then, by which pieces differ.
        return self._encoding(builder).add_option("-flags:a", "+bitexact")

    def whole(
        self, sound: SoundSource, listing: str, output_path: str, task: str, behind: tuple[str, ...]
    ) -> WholeSound:
        """The command that encodes a track in one go, and lists what was decoded.

        Args:
            sound: which samples, behind all filters.
            listing: where they are listed.
            output_path: the file.
            task: its id in a graph.
            behind: filters that only what is encoded passes.
        """
        builder = WholeSound(task, sound.path, output_path, sound=sound, listing=listing, behind=behind)
        return self._encoding(builder.set_priority(self.priority).set_program(self.ffmpeg))

    def command(self, chunk: ChunkData, output_path: str, task: str = "") -> AudioBuilder:
        """The command for a chunk. ``task``: its id in a graph; by default made of the chunk's."""
        builder = AudioBuilder(task or f"audio-{chunk.chunk_id:05d}", chunk.source_path, output_path)
        builder = builder.set_priority(self.priority).set_stream(chunk.stream_index).set_program(self.ffmpeg)
        builder = builder.add_option("-copyts") if _is_whole(chunk) else self._cut(builder, chunk)
        for text in self.filters:
            builder = builder.add_filter(text)
        return self._encoding(builder)

    def _cut(self, builder: AudioBuilder, chunk: ChunkData) -> AudioBuilder:
        """Decode from a second before, since a decoder needs some packets until its sound is right."""
        lead = _LEAD_S if chunk.start_time > _LEAD_S else 0.0
        if lead:
            builder = builder.set_time_range(chunk.start_time - lead, None)
        for text in _selection(chunk, lead):
            builder = builder.add_filter(text)
        return builder

    def _encoding(self, builder: _Builder) -> _Builder:
        builder = builder.set_codec(self.codec)
        if self.bitrate is not None:
            builder = builder.set_bitrate(self.bitrate)
        if self.quality is not None:
            builder = builder.set_quality(self.quality)
        if self.channels is not None:
            builder = builder.set_channels(self.channels)
        if self.sample_rate is not None:
            builder = builder.set_sample_rate(self.sample_rate)
        for name, value in self.options:
            builder = builder.add_option(name, value)
        return builder


def _is_whole(chunk: ChunkData) -> bool:
    return not chunk.start_time and (chunk.open_end or chunk.end_time <= 0)


def _selection(chunk: ChunkData, lead: float) -> list[str]:
    """``atrim`` in seconds from where decoding began; the sample clock makes whole samples of them."""
    begin = lead or chunk.start_time
    length = chunk.end_time - chunk.start_time
    bounds = f"start={begin:.6f}" if chunk.open_end else f"start={begin:.6f}:end={begin + length:.6f}"
    return [f"atrim={bounds}", "asetpts=PTS-STARTPTS"]
