"""`VideoEncoder`: the command that encodes exactly one range of frames.

Frames are chosen by integer timestamps after decoding (``trim``), not by where a seek lands; the seek only saves
decoding what comes before. In the piece they get the numbers 0, 1, 2 … on a constant grid: the encoder sees no jitter,
a piece's bytes do not depend on where it stands, and the join gives each frame the source's own time.

Where filters and encoder need different devices, a piece is made by several commands, over intermediates without loss
(`VideoEncoder.stages`); frame for frame it is what one command would have made.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

from suture.command.burn import Burn, PictureBurn, TextBurn
from suture.command.frame_times import ALL_THAT_DECODES, FrameTimes
from suture.command.measuring import Seen
from suture.command.proven import ProvenVideo
from suture.command.ranges import opening, selection
from suture.command.stage import StagedVideo
from suture.command.video import VideoBuilder
from suture.encoder.base import Encoder
from suture.encoder.pieces import piece_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suture.command.base import Resource
    from suture.model import ChunkData

__all__ = ["Between", "Proof", "Stage", "VideoEncoder"]

# Fine enough for every frame rate, and below the 16 bits that MPEG-4 has for it.
_OWN_TIME_BASE = "1/60000"
# Matroska keeps colours, and counts thousandths of a second.
_TICKS = 1000


@dataclass(frozen=True, slots=True)
class Between:
    """What lies between two commands of a piece: a Matroska file without loss.

    Matroska's clock is too coarse for most films. So a tick of the film's is written as a whole number of its
    thousandths, and read back: `stretch` makes these whole.

    Args:
        codec: its encoder.
        options: the encoder's.
        time_base: a tick of the film, in seconds.
    """

    codec: str
    options: tuple[tuple[str, str], ...]
    time_base: Fraction

    @property
    def stretch(self) -> int:
        """What a time in ticks is multiplied by before it is counted in thousandths; the least that loses nothing."""
        return (self.time_base * _TICKS).denominator

    @property
    def ticks(self) -> int:
        """How many of Matroska's ticks stand for one of the film's."""
        return int(self.time_base * _TICKS * self.stretch)

    def stored(self, shift: str) -> list[str]:
        """Filters before it: the film's clock less ``shift``, which makes the first frame's time 0."""
        return [f"setpts=(PTS-({shift}))*{self.stretch}", f"settb=1/{_TICKS}"]

    def restored(self, shift: str) -> list[str]:
        """Filters behind it, which undo `stored`."""
        base = f"{self.time_base.numerator}/{self.time_base.denominator}"
        return [f"settb={base}", f"setpts=PTS/{self.stretch}+({shift})"]


@dataclass(frozen=True, slots=True)
class Stage:
    """One of the commands that make a piece.

    Args:
        filters: the user's, as far as they run here.
        resource: what it occupies.
        device: the kind that the filters run on; empty: none.
        shape: the sample aspect ratio of the pictures that it gives, 0 for none; Matroska has no exact place for it.
        color_range: of these pictures; empty where it is not known.
    """

    filters: tuple[str, ...]
    resource: Resource
    device: str = ""
    shape: Fraction = Fraction(0)
    color_range: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a piece's pictures are held against, one by one (`suture.command.proven`).

    Args:
        listing: of a linear decode through the same filters, as `VideoEncoder.lister` makes it.
        tick: of the listing, in seconds.
        late: the filters look at neighbouring frames, so which frames are the piece's is decided behind them.
        pixel_format: of the film's pictures, so that nothing is converted before they are compared; empty: not known.
        film_tick: of the film itself, in seconds; where it is ``late``, the listing's is a fraction of it.
    """

    listing: str
    tick: Fraction
    late: bool = False
    pixel_format: str = ""
    film_tick: Fraction = Fraction(1, 90_000)


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
        device: the kind that the filters or the encoder run on; empty: none.
        slot: what a command occupies; None: as its filters and its encoder tell.
        stages: the commands that make a piece, where these are several; their filters together are ``filters``.
        between: what lies between these.
        proof: what the pictures are held against; None: nothing gives cause for that.
        wary: a piece that is made of patched-up pictures has failed.
        decoded: a piece whose end does not decode has failed, too.
        steady: the decoder has one thread, since what several patch up depends on which is first.
        shape: filters that give all pictures one size and format, where these change in the film; ffmpeg would begin
            its filters anew there, and count frames from 0 again.
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
    device: str = ""
    slot: Resource | None = None
    stages: tuple[Stage, ...] = ()
    between: Between | None = None
    proof: Proof | None = None
    wary: bool = False
    decoded: bool = False
    steady: bool = False
    shape: tuple[str, ...] = ()
    ffmpeg: str | None = None
    priority: int = 5

    def command(self, chunk: ChunkData, output_path: str, task: str = "") -> VideoBuilder:
        """The command for a chunk. ``task``: its id in a graph; by default made of the chunk's."""
        name = task or f"video-{chunk.chunk_id:05d}"
        made, fewer = self._made(chunk, output_path, name), self._fewer()
        return made if fewer is None else made.set_leaner(fewer._made(chunk, output_path, name))  # noqa: SLF001 - one of us

    def _fewer(self) -> VideoEncoder | None:
        """The same with half as many threads; None where there is but one."""
        return None if self.threads == 1 else replace(self, threads=self.threads // 2 if self.threads else 1)

    def lister(self, stream_index: int, source_path: str, listing: str, tick: Fraction) -> FrameTimes:
        """The command that lists all frames of a stream where a `Proof` looks at them.

        Args:
            stream_index: which.
            source_path: of this film.
            listing: the file to write.
            tick: what the listing counts in, in seconds.
        """
        turned = ("-noautorotate",) if self.keep_orientation else ()
        late = self.proof is not None and self.proof.late
        command = FrameTimes(
            f"frames-{stream_index}",
            source_path,
            listing,
            stream=stream_index,
            time_base=tick,
            filters=tuple(self._pictures()) if late else (),
            input_options=(*self._one_thread, *turned, "-copyts", *ALL_THAT_DECODES),
        )
        return command.set_program(self.ffmpeg)

    def seen(self, chunk: ChunkData) -> Seen:
        """The frames of an exact chunk as the encoder sees them, behind all filters: what a piece is measured against.

        Pictures that are burnt in come from a second input, and are not there.
        """
        before, behind = self._parted(chunk)
        options = (*self._pictures_options, *opening(chunk))
        return Seen(chunk.source_path, chunk.stream_index, options, (*before, *behind))

    def _made(self, chunk: ChunkData, output_path: str, name: str) -> VideoBuilder:
        seen, unseen = self._parted(chunk)
        builder = self._begun(self._builder(chunk, output_path, name, len(seen)), chunk)
        return self._ended(self._encoding(builder), (*seen, *unseen, *self._grid()), chunk)

    def _parted(self, chunk: ChunkData) -> tuple[list[str], list[str]]:
        """The filters before and behind the place where frames are compared, if they are."""
        chosen, pictures = selection(chunk), self._pictures()
        if self.proof and self.proof.late:
            return [*pictures, *chosen], []
        form = [f"format={self.proof.pixel_format}"] if self.proof and self.proof.pixel_format else []
        return [*chosen, *form], pictures

    def _builder(self, chunk: ChunkData, output_path: str, name: str, seen: int) -> VideoBuilder:
        if proof := self.proof:
            builder = ProvenVideo(name, chunk.source_path, output_path)
            return replace(builder, listing=proof.listing, first=chunk.start_frame, seen=seen, tick=proof.tick)
        if self.device or self.slot:
            return StagedVideo(name, chunk.source_path, output_path, device=self.device, slot=self.slot)
        return VideoBuilder(name, chunk.source_path, output_path)

    def commands(self, chunk: ChunkData, paths: Sequence[str], tasks: Sequence[str]) -> tuple[VideoBuilder, ...]:
        """The commands that make a piece, each from what the one before it gave.

        Args:
            chunk: an exact one where there are `stages`.
            paths: what each writes; the last is the piece.
            tasks: their ids in a graph.
        """
        if not self.stages:
            return (self.command(chunk, paths[-1], tasks[-1]),)
        *before, last = (self._staged(number, chunk, paths, tasks[number]) for number in range(len(self.stages)))
        if (fewer := self._fewer()) is not None:
            last = last.set_leaner(fewer._staged(len(before), chunk, paths, tasks[-1]))  # noqa: SLF001 - one of us
        return (*before, last)

    def _staged(self, number: int, chunk: ChunkData, paths: Sequence[str], task: str) -> VideoBuilder:
        """The film's frames, and at the end the piece, are as in `command`; in between each takes over the clock."""
        stage, between = self.stages[number], self.between
        assert between is not None  # noqa: S101 - stages have it
        shift = f"{chunk.start_pts}-{self._offset}" if self.zero_us else str(chunk.start_pts)
        source = paths[number - 1] if number else chunk.source_path
        builder: VideoBuilder = StagedVideo(
            task, source, paths[number], device=stage.device, slot=stage.resource, consumes=source if number else ""
        )
        if number:
            builder = builder.set_priority(self.priority).set_program(self.ffmpeg).add_input_option("-copyts")
            filters = [*between.restored(shift), _shaped(self.stages[number - 1].shape)]
        else:
            builder = self._begun(builder, chunk)
            filters = [*selection(chunk), *([f"setpts=PTS-{self._offset}"] if self.zero_us else [])]
        if number == len(self.stages) - 1:
            return self._ended(self._encoding(builder), [*filters, *self._changes(stage.filters), *self._grid()], chunk)
        builder = builder.set_priority(self.priority - 1).set_codec(between.codec)
        # Unless its range is asked for, 9.0 converts a full one to limited.
        ranged = [("color_range", stage.color_range)] if stage.color_range else []
        for key, value in (("enc_time_base", f"1/{_TICKS}"), *between.options, *ranged):
            builder = builder.set_encoder_option(key, value)
        return self._ended(builder, [*filters, *stage.filters, *between.stored(shift)], chunk)

    def _begun(self, builder: VideoBuilder, chunk: ChunkData) -> VideoBuilder:
        """What a command that reads the film itself begins with."""
        builder = builder.set_priority(self.priority).set_stream(chunk.stream_index).set_program(self.ffmpeg)
        if isinstance(self.burn, PictureBurn):
            builder = builder.set_burn(_PiecePictures.of(self.burn, chunk.seek_us))
        return self._decoding(builder, chunk)

    def _ended(self, builder: VideoBuilder, filters: Sequence[str], chunk: ChunkData) -> VideoBuilder:
        for text in filters:
            builder = builder.add_filter(text)
        builder = builder.set_passthrough_timestamps()
        builder = builder.set_wary() if self.wary else builder
        return builder if chunk.frames is None else builder.expect_frames(chunk.frames)

    @property
    def _one_thread(self) -> tuple[str, ...]:
        return ("-threads", "1") if self.steady else ()

    @property
    def _decoder_threads(self) -> tuple[str, ...]:
        """As many as ffmpeg takes on a machine with as many cores as the encoder has threads."""
        return self._one_thread or (("-threads", str(self.threads + 1)) if self.threads else ())

    def _decoding(self, builder: VideoBuilder, chunk: ChunkData) -> VideoBuilder:
        builder = builder.add_input_option(*self._decoder_threads, *self._pictures_options)
        if not chunk.is_exact:
            return builder.set_time_range(chunk.start_time, chunk.end_time)
        return builder.add_input_option(*opening(chunk))

    @property
    def _pictures_options(self) -> tuple[str, ...]:
        once = ("-reinit_filter", "0") if self.shape else ()
        return (*once, *(("-noautorotate",) if self.keep_orientation else ()))

    @property
    def _offset(self) -> str:
        """The film's beginning in ticks, as an expression of ``setpts``."""
        return f"round({self.zero_us}/1000000/TB)"

    def _pictures(self) -> list[str]:
        """What changes the pictures, on the film's clock: it begins at 0, whatever the container says."""
        changes = [*self.shape, *self._changes(self.filters)]
        if not self.zero_us or not (self.filters or isinstance(self.burn, TextBurn)):
            return changes
        return [f"setpts=PTS-{self._offset}", *changes]

    def _changes(self, filters: Sequence[str]) -> list[str]:
        """The user's filters, then text, then labels."""
        drawn = [self.burn.filters()] if isinstance(self.burn, TextBurn) else []
        labels = ":".join(f"{key}={value}" for key, value in self.color.items())
        changed = bool(self.zero_us and (self.filters or drawn))
        early = self.proof is None or not self.proof.late
        back = self._back() if changed and not (self.frame_rate and early) else []
        return [*filters, *drawn, *back, *([f"setparams={labels}"] if labels else [])]

    def _back(self) -> list[str]:
        """Filters that give the film's beginning back; on a clock fine enough, whatever the user's filters count in."""
        if self.proof is None or not self.proof.late:
            return ["settb=1/1000000", f"setpts=PTS+{self.zero_us}"]
        tick, film = self.proof.tick, self.proof.film_tick
        ticks = floor(Fraction(self.zero_us, 1_000_000) / film + Fraction(1, 2))
        return [f"settb={tick.numerator}/{tick.denominator}", f"setpts=PTS+{int(ticks * film / tick)}"]

    def _grid(self) -> list[str]:
        if self.frame_rate is None:
            return []
        rate = self.frame_rate
        return [f"settb={rate.denominator}/{rate.numerator}", "setpts=N"]

    def _encoding(self, builder: VideoBuilder) -> VideoBuilder:
        rate = self.frame_rate
        base = f"{rate.denominator}/{rate.numerator}" if rate else _OWN_TIME_BASE
        builder = builder.add_option("-enc_time_base", base).set_codec(self.codec)
        builder = builder.set_decoded() if self.decoded else builder
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


def _shaped(shape: Fraction) -> str:
    """Sets an aspect ratio as it is: ``setsar`` rounds to numbers up to ``max``."""
    return f"setsar={shape.numerator}/{shape.denominator}:max={max(shape.numerator, shape.denominator)}"


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
