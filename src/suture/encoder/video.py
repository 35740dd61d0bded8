"""`VideoEncoder`: the command that encodes exactly one range of frames.

Frames are chosen by integer timestamps after decoding (``trim``), not by where a seek lands; the seek only saves
decoding what comes before. In the piece they get the numbers 0, 1, 2 … on a constant grid: the encoder sees no jitter,
a piece's bytes do not depend on where it stands, and the join gives each frame the source's own time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from suture.command.burn import Burn, PictureBurn, TextBurn
from suture.command.frame_times import ALL_THAT_DECODES
from suture.command.video import VideoBuilder
from suture.encoder.base import Encoder
from suture.encoder.pieces import piece_options

if TYPE_CHECKING:
    from suture.model import ChunkData

__all__ = ["VideoEncoder"]

# Fine enough for every frame rate, and below the 16 bits that MPEG-4 has for it.
_OWN_TIME_BASE = "1/60000"


@dataclass(frozen=True)
class VideoEncoder(Encoder):
    """Encodes pieces of one video stream, all with the same settings.

    Args:
        codec: ffmpeg's encoder.
        crf: its constant quality; None: its own default.
        speed: its own speed option.
        bitrate: instead of ``crf``.
        options: its private options.
        filters: ffmpeg filters, in order; they see the source's timestamps.
        pixel_format: to encode in; None: the source's, or the nearest that the encoder has.
        threads: for each piece; None: the encoder decides.
        frame_rate: of the grid that the encoder sees; None: the pieces keep their timestamps.
        keep_orientation: do not turn the picture; the container says how it is turned.
        color: what the frames are labelled with, by the names of ffmpeg's ``setparams``. A label, not an option of
            the encoder: from version 7 on, ffmpeg would convert the pictures to what such an option says.
        burn: a subtitle to burn in.
        zero_us: the container's start in microseconds: filters see a film that begins at 0, as in plain ffmpeg.
        ffmpeg: the binary; None: the one that is found.
    """

    codec: str = "libx264"
    crf: float | None = None
    speed: str | None = None
    bitrate: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    filters: tuple[str, ...] = ()
    pixel_format: str | None = None
    threads: int | None = 1
    frame_rate: Fraction | None = None
    keep_orientation: bool = False
    color: dict[str, str] = field(default_factory=dict)
    burn: Burn | None = None
    zero_us: int = 0
    ffmpeg: str | None = None
    priority: int = 5

    def command(self, chunk: ChunkData, output_path: str, task: str = "") -> VideoBuilder:
        """The command for a chunk. ``task``: its id in a graph; by default made of the chunk's."""
        builder = VideoBuilder(task or f"video-{chunk.chunk_id:05d}", chunk.source_path, output_path)
        builder = builder.set_priority(self.priority).set_stream(chunk.stream_index).set_program(self.ffmpeg)
        builder = self._decoding(builder, chunk)
        for text in (*self._selection(chunk), *self._pictures(), *self._grid()):
            builder = builder.add_filter(text)
        if isinstance(self.burn, PictureBurn):
            builder = builder.set_burn(_PiecePictures.of(self.burn, chunk.seek_us))
        builder = self._encoding(builder.set_passthrough_timestamps())
        return builder if chunk.frames is None else builder.expect_frames(chunk.frames)

    def _decoding(self, builder: VideoBuilder, chunk: ChunkData) -> VideoBuilder:
        if self.keep_orientation:
            builder = builder.add_input_option("-noautorotate")
        if not chunk.is_exact:
            return builder.set_time_range(chunk.start_time, chunk.end_time)
        # Not from the container's start: what a version of ffmpeg takes for that differs, timestamps do not.
        builder = builder.add_input_option("-copyts", *ALL_THAT_DECODES)
        if chunk.seek_us < 0:
            return builder
        at = f"{chunk.seek_us // 1_000_000}.{chunk.seek_us % 1_000_000:06d}"
        return builder.add_input_option("-seek_timestamp", "1", "-noaccurate_seek", "-ss", at)

    def _selection(self, chunk: ChunkData) -> list[str]:
        """Which of the decoded frames; the first and the last piece are open, so that nothing is cut off unseen."""
        if not chunk.is_exact:
            return []
        bounds = [f"start_pts={chunk.start_pts}"] if chunk.start_frame or chunk.seek_us >= 0 else []
        if not chunk.open_end:
            bounds.append(f"end_pts={chunk.end_pts}")
        return [f"trim={':'.join(bounds)}"] if bounds else []

    def _pictures(self) -> list[str]:
        """What changes the pictures: the user's filters, then text, on the film's clock."""
        drawn = [self.burn.filters()] if isinstance(self.burn, TextBurn) else []
        labels = ":".join(f"{key}={value}" for key, value in self.color.items())
        changes = [*self.filters, *drawn]
        labelled = [f"setparams={labels}"] if labels else []
        if not changes or not self.zero_us:
            return [*changes, *labelled]
        offset = f"round({self.zero_us}/1000000/TB)"
        back = [] if self.frame_rate else [f"setpts=PTS+{offset}"]
        return [f"setpts=PTS-{offset}", *changes, *back, *labelled]

    def _grid(self) -> list[str]:
        if self.frame_rate is None:
            return []
        rate = self.frame_rate
        return [f"settb={rate.denominator}/{rate.numerator}", "setpts=N"]

    def _encoding(self, builder: VideoBuilder) -> VideoBuilder:
        rate = self.frame_rate
        base = f"{rate.denominator}/{rate.numerator}" if rate else _OWN_TIME_BASE
        builder = builder.add_option("-enc_time_base", base).set_codec(self.codec)
        options, threads = piece_options(self.codec, self.options, self.threads)
        if self.crf is not None:
            builder = builder.set_crf(self.crf)
        if self.bitrate is not None:
            builder = builder.add_option("-b:v", self.bitrate)
        if self.speed is not None:
            builder = builder.set_speed(self.speed)
        if self.pixel_format is not None:
            builder = builder.set_pixel_format(self.pixel_format)
        if threads is not None:
            builder = builder.set_threads(threads)
        for key, value in options:
            builder = builder.set_encoder_option(key, value)
        if "range" in self.color:  # unless it is asked for, too, 9.0 converts full range to limited
            builder = builder.add_option("-color_range", self.color["range"])
        return builder


@dataclass(frozen=True, slots=True)
class _PiecePictures(PictureBurn):
    """Burnt pictures for a piece that starts at a position of its own."""

    at_us: int = 0

    @classmethod
    def of(cls, burn: PictureBurn, seek_us: int) -> _PiecePictures:
        at_us = max(0, seek_us - burn.start_us)
        return cls(burn.path, burn.start_us, burn.pix_fmt, burn.matrix, at_us)

    def input_options(self, position_us: int) -> list[str]:
        del position_us  # the piece's seek is no option of the builder's
        return PictureBurn.input_options(self, self.at_us)
