"""A sound track in pieces: `SoundSlice` cuts its samples, `SoundPiece` encodes them, `HeardSound` lists them all.

Each is one ffmpeg command that stands for itself, and `build_args` gives it. Run one after the other in one process,
slices and listing come from one decode (`hearing`), and give the same samples. Which samples a piece needs, and how
pieces are joined, is told by `suture.encoder.sound` and `suture.media.splice`.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.command.audio import AudioBuilder
from suture.command.base import Outcome, Resource, RunContext, TaskType
from suture.command.ffmpeg import FFmpegBuilder, FFmpegCommand
from suture.command.frame_times import ALL_THAT_DECODES
from suture.command.hearing import give_back, take_hearing
from suture.command.identity import material
from suture.command.part import Part, give_name, part_of
from suture.command.quoting import output_argument
from suture.errors import ChunkError, MediaError, PiecesDiffer
from suture.ffmpeg.build import build_of
from suture.ffmpeg.locate import locate
from suture.media.heard import read_heard
from suture.media.sound_table import read_table, wav_samples

if TYPE_CHECKING:
    from suture.command.base import Files
    from suture.command.hearing import Hearing
    from suture.ffmpeg.progress import Progress
    from suture.media.sound_table import SoundTable

__all__ = ["HeardSound", "SoundPiece", "SoundSlice", "SoundSource", "WholeSound"]

# Frames of a second or two: less to hand on between ffmpeg's threads, and a listing of a few lines a minute.
_FRAME: Final = 65_536
_LIGHT: Final = frozenset({"aformat", "aresample", "asetpts", "channelmap", "pan", "volume"})
_LISTED: Final = ("-flush_packets", "1", "-f", "framecrc")
_CODECS: Final = {"s16": "pcm_s16le", "s32": "pcm_s32le", "flt": "pcm_f32le"}


@dataclass(frozen=True, slots=True)
class SoundSource:
    """Which samples: a stream of a file, behind filters, in the form that its encoder takes.

    Args:
        path: the file.
        stream: its index there.
        filters: ffmpeg's, in order.
        form: of a sample: s16, s32 or flt.
        rate: samples a second.
        layout: of the channels; empty: as they come.
        program: the ffmpeg.
    """

    path: str
    stream: int
    filters: tuple[str, ...]
    form: str
    rate: int
    layout: str
    program: str

    @property
    def chain(self) -> str:
        """All filters, the last of which settles the form."""
        layout = f":channel_layouts={self.layout}" if self.layout else ""
        return ",".join([*self.filters, f"aformat=sample_fmts={self.form}:sample_rates={self.rate}{layout}"])

    def asked(self, *filters: str) -> FFmpegBuilder:
        """The decode, with further filters; its output is still to be named."""
        ask = FFmpegBuilder().add_input(self.path, ("-copyts", *ALL_THAT_DECODES))
        ask = ask.set_graph(f"[0:{self.stream}]{','.join([self.chain, *filters])}[sound]").add_map("[sound]")
        return ask.set_audio_codec(_CODECS[self.form])

    def listed(self, listing: str) -> tuple[str, ...]:
        """The side output that lists what comes out of ``[heard]``, in frames of a second or two."""
        return ("-map", "[heard]", "-c:a", _CODECS[self.form], *_LISTED, output_argument(listing))

    def streamed(self, listing: str) -> list[str]:
        """The one decode: samples as WAV to stdout, and beside them a listing of what came when."""
        several = f"asetnsamples=n={_FRAME}:p=0"
        ask = self.asked(several, "asplit[heard]")
        ask = ask.add_side_output(*self.listed(listing)).add_option("-bitexact", "-f", "wav").add_output("-")
        line = ask.set_program(self.program).build()
        return [locate(self.program), *_without_progress(line[1:-1]), "pipe:1"]


def _without_progress(arguments: list[str]) -> list[str]:
    """Its stdout is for samples."""
    at = arguments.index("-progress")
    return arguments[:at] + arguments[at + 2 :]


@dataclass(frozen=True, slots=True)
class _OfSound(FFmpegCommand):
    """What is read of the one decode.

    Args:
        sound: which samples.
        listing: where the decode lists what it gave while it runs.
    """

    output_path: str = field()
    sound: SoundSource = field()
    listing: str = field()

    @property
    def input_path(self) -> str:
        """The film."""
        return self.sound.path

    @property
    def task_type(self) -> TaskType:
        """Audio."""
        return TaskType.AUDIO

    @property
    def resource(self) -> Resource:
        """A core where filters work hard; else the disk, so that samples are there before an encoder is free."""
        light = all(text.partition("=")[0] in _LIGHT for text in self.sound.filters)
        return Resource.IO if light else Resource.CPU

    def look(self) -> None:
        """At what the decode has listed.

        Raises:
            PiecesDiffer: there is a gap, or a jump back: samples alone do not tell when they are to be heard.
        """
        if jump := read_heard(self.listing).jump:
            raise PiecesDiffer(f"the sound's clock jumps: {jump}", "its times are kept where it is encoded whole")

    def ask_others(self) -> None:
        """Whether a slice has found that the track can't be cut.

        Raises:
            PiecesDiffer: it has.
        """
        if self.given_up.exists():
            raise PiecesDiffer(self.given_up.read_text(), "it is encoded whole")

    @property
    def given_up(self) -> Path:
        """Where a slice says why the track can't be cut, so that those behind it need not find out, too."""
        return Path(f"{self.listing}.why")


@dataclass(frozen=True, slots=True)
class SoundSlice(_OfSound):
    """Writes the samples from ``begin`` to ``end`` as WAV.

    Args:
        begin: number of the first.
        end: one past the last; None: to the end.
        keep: so many of them the next slice has, too.
        joint: where these are kept until the pieces are joined; empty: nowhere.
    """

    begin: int = 0
    end: int | None = None
    keep: int = 0
    joint: str = ""

    def arguments(self) -> FFmpegBuilder:
        """The command that makes this slice alone."""
        until = "" if self.end is None else f":end_sample={self.end}"
        trimmed = f"atrim=start_sample={self.begin}{until}"
        ask = self.sound.asked(trimmed, "asetpts=PTS-STARTPTS").add_option("-bitexact", "-f", "wav")
        return ask.add_output(self.output_path)

    @property
    def reusable(self) -> bool:
        """Whoever needs it again makes it again."""
        return False

    def beside(self) -> list[str]:
        """The command that makes the joint of the slice; nothing where there is none."""
        if not self.joint or self.end is None:
            return []
        ask = FFmpegBuilder(program=self.program or "ffmpeg").add_input(self.output_path)
        ask = ask.add_audio_filter(f"atrim=start_sample={self.end - self.keep - self.begin}", "asetpts=PTS-STARTPTS")
        ask = ask.set_audio_codec(_CODECS[self.sound.form]).add_option("-bitexact", "-f", "wav")
        return ask.add_output(self.joint).build()

    def run(self, context: RunContext | None = None) -> Outcome:
        """Read on where the slice before has ended; see `Command.run`.

        Raises:
            PiecesDiffer: the sound ends before it, or its clock jumps.
        """
        context = context or RunContext()
        began = time.monotonic()
        self.ask_others()
        hearing = take_hearing(self.sound.streamed(self.listing), self.begin, self.id, context)
        try:
            with Part(self.output_path) as part:
                self._write(hearing, part.path, context)
        except BaseException as error:
            hearing.close()
            if isinstance(error, PiecesDiffer):
                self.given_up.write_text(error.message)
            raise
        give_back(hearing)
        size = Path(self.output_path).stat().st_size
        return Outcome(size_bytes=size, wall_seconds=time.monotonic() - began)

    def _write(self, hearing: Hearing, path: str, context: RunContext) -> None:
        if not hearing.write(self.id, path, self.begin, self.end, self.keep, context):
            raise PiecesDiffer(f"the sound ends before sample {self.begin}", "its length is told wrongly")
        with suppress(MediaError):  # samples may come before the first line of the listing; at the end all is there
            self.look()
        if self.joint:
            with Part(self.joint) as joint:  # the slice may be gone when it is needed, so it has to be on the disk
                hearing.write_kept(joint.path)
                joint.settle()


@dataclass(frozen=True, slots=True)
class HeardSound(_OfSound):
    """Writes the listing of the whole decode: when it began, and how many samples there were."""

    def arguments(self) -> FFmpegBuilder:
        """The command that makes the listing alone."""
        ask = self.sound.asked(f"asetnsamples=n={_FRAME}:p=0").add_option("-f", "framecrc")
        return ask.add_output(self.output_path)

    def check(self, progress: Progress | None, path: str) -> None:  # noqa: ARG002 - it is no media file
        """Whether anything was heard, and without a jump of the clock."""
        replace(self, listing=path).look()

    def run(self, context: RunContext | None = None) -> Outcome:
        """Wait for the end of the decode that the slices came from; see `Command.run`."""
        context = context or RunContext()
        began = time.monotonic()
        self.ask_others()
        hearing = take_hearing(self.sound.streamed(self.listing), None, self.id, context)
        try:
            finished = hearing.finish(self.id, context)
        finally:
            hearing.close()
        with Part(self.output_path) as part:
            Path(part.path).write_bytes(Path(self.listing).read_bytes())
            self.check(None, part.path)
            digest = part.settle() if context.durable else ""
        Path(self.listing).unlink(missing_ok=True)
        size = Path(self.output_path).stat().st_size
        wall = time.monotonic() - began
        return Outcome(0, size, finished.cpu_seconds, wall, finished.peak_memory_bytes, digest)


def _need_all(name: str, table: SoundTable, seconds: Fraction) -> None:
    """Raise unless an encoder has made so much sound; it may stop early and say nothing."""
    if table.seconds < seconds:
        made, asked = float(table.seconds), float(seconds)
        raise ChunkError(f"{name} holds {made:.4f} s of sound, and {asked:.4f} s were given", "it is made again")


@dataclass(frozen=True, slots=True)
class SoundPiece(AudioBuilder):
    """Encodes a slice, and removes it.

    Args:
        consumes: the slice; it is the input.
    """

    consumes: str = ""

    def check(self, progress: Progress | None, path: str) -> None:
        """Whether all samples of the slice are there; an encoder may stop early and say nothing.

        Raises:
            ChunkError: it is cut off.
        """
        AudioBuilder.check(self, progress, path)
        _need_all(self.id, read_table(path), wav_samples(self.input_path).seconds)

    def run(self, context: RunContext | None = None) -> Outcome:
        """As its base; then the slice goes, so that not all of a film's lie on the disk at once."""
        outcome = AudioBuilder.run(self, context)
        if self.consumes:
            Path(self.consumes).unlink(missing_ok=True)
        return outcome


@dataclass(frozen=True, slots=True)
class WholeSound(AudioBuilder):
    """Encodes a track in one go, and lists beside it what was decoded: from when on, and how many samples.

    Args:
        sound: which samples.
        listing: where they are listed.
        behind: filters that only what is encoded passes: silence at its end, another clock.
    """

    sound: SoundSource | None = None
    listing: str = ""
    behind: tuple[str, ...] = ()

    def arguments(self) -> FFmpegBuilder:
        """The command without its program: two outputs, of which the first lists what the second encodes."""
        assert self.sound is not None  # noqa: S101 - fields behind those with defaults have one
        ask = self._asked(",asplit[listed][made];[listed]" + f"asetnsamples=n={_FRAME}:p=0[heard];[made]")
        return ask.add_side_output(*self.sound.listed(part_of(self.listing)))

    def identity(self, files: Files) -> tuple[str, ...]:
        """As its base, without the listing: that says what the source does."""
        plain = self._asked(",").build()[1:]
        return (*build_of(locate(self.program)), *material(plain, files), "listed")

    def check(self, progress: Progress | None, path: str) -> None:
        """Whether all samples that were decoded are there; then the listing gets its name.

        Raises:
            ChunkError: the encoder stopped early.
        """
        AudioBuilder.check(self, progress, path)
        heard = read_heard(part_of(self.listing))
        if not heard.jump:
            _need_all(self.id, read_table(path), Fraction(heard.samples, heard.rate))
        give_name(self.listing)

    def _asked(self, between: str) -> FFmpegBuilder:
        """The command, with something between the decode and what only the encoder sees."""
        sound = self.sound
        assert sound is not None  # noqa: S101 - fields behind those with defaults have one
        ask = FFmpegBuilder().add_input(sound.path, ("-copyts", *ALL_THAT_DECODES))
        ask = ask.set_graph(f"[0:{sound.stream}]{sound.chain}{between}{','.join(self.behind) or 'anull'}[sound]")
        ask = ask.add_map("[sound]").add_option("-map_chapters", "-1").set_audio_codec(self.codec, self.bitrate or None)
        return ask.add_option(*self._form(), *self.options).add_output(self.output_path)
