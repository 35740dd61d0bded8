"""Subtitles in the picture, right in every piece: text by libass, bitmaps by overlay.

A piece that starts at 00:50:00 must show the subtitle of 00:50:00, also one that appeared at 00:49:58. So
burning runs on the film's timestamps (``-copyts``), not on the piece's, and the track is taken out of the
film once, into a small file that every piece can enter anywhere:

- `TextTrack` copies a text track (and the fonts beside it) into an MKS; `TextBurn` draws from it. The
  ``subtitles`` filter reads its whole file before the first frame, which for a film would be the film, once
  per piece.
- `PictureTrack` turns a bitmap track (PGS, VobSub, DVB) into pictures with alpha, one per change;
  `PictureBurn` lays them over. A bitmap track overlaid straight from the film shows up to a GOP late where
  there are B-frames (ffmpeg moves it on by the video's packets), and from an input of its own it sometimes
  hangs 9.0.

Neighbours: `video` applies a burn to a piece, `subtitle` to a whole file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from suture.command.base import Resource, TaskType
from suture.command.ffmpeg import FFmpegBuilder, FFmpegCommand
from suture.command.quoting import file_address, filter_call
from suture.command.settings import seconds, whole
from suture.errors import ConfigError, MediaError

if TYPE_CHECKING:
    from suture.ffmpeg.progress import Progress

__all__ = [
    "FILM_CLOCK",
    "Burn",
    "PictureBurn",
    "PictureTrack",
    "TextBurn",
    "TextTrack",
    "burn_filters",
    "overlay_graph",
]

# With -copyts, `-ss` changes where reading starts, and nothing else.
_CONTAINER_CLOCK = ("-copyts",)
FILM_CLOCK = ("-copyts", "-start_at_zero")
# The pictures stand late in their file, so that a blank one can stand before them all, also where timestamps
# begin below zero: a transport stream's may, by up to a minute (libavformat's wrap reference).
_LATE_US = 100_000_000
# accurate_rnd: without it, transparent becomes almost transparent, and every pixel of the film changes by
# one.
_EXACT_SCALE = "accurate_rnd+bicubic"
# sub2video begins with a blank picture, put to 0 here, and repeats the old picture one tick before each new
# one; rounding down to milliseconds keeps these apart. It ends a track without an end after 49 days; hence
# the trim.
_ON_TIME = r"setpts='if(eq(N,0),0,floor((PTS*TB+100)*1000+0.0005)/1000/TB)',trim=end=360000"
# The element that holds a Matroska file's packets. Source: RFC 9559, 5.1.3.
_CLUSTER = b"\x1f\x43\xb6\x75"
_PIXELS = re.compile(r"yuv(?:j)?(420|422|444)p(10)?(?:le|be)?")


@dataclass(frozen=True, slots=True)
class TextBurn:
    """A text subtitle to draw into the picture.

    Args:
        path: a subtitle file, what a `TextTrack` wrote, or the film itself (short films only, see above).
        stream: which subtitle stream of ``path``, counted among its subtitles.
        start_us: the film's start time in microseconds, only where ``path`` is the film itself: a film's own
            subtitles run on its container's clock. Whatever else ``path`` is, it counts from the film's
            start: 0.
        fonts_dir: a folder of fonts beside those of the system and of ``path``.
        style: ASS style fields that win over the file's: ``FontSize=24,PrimaryColour=&H00FFFF``.
        encoding: the text's encoding, where it is not UTF-8.
    """

    path: str
    stream: int = 0
    start_us: int = 0
    fonts_dir: str | None = None
    style: str | None = None
    encoding: str | None = None

    @property
    def clock(self) -> tuple[str, ...]:
        """The global options that it needs: times count from the film's start."""
        return FILM_CLOCK

    def filters(self) -> str:
        """The filters that draw it, for a chain whose frames are on the film's clock."""
        draw = filter_call(
            "subtitles",
            filename=file_address(self.path),
            stream_index=whole(self.stream, "subtitle stream", 0, 10_000),
            fontsdir=self.fonts_dir,
            force_style=self.style,
            charenc=self.encoding,
        )
        if not self.start_us:
            return draw
        offset = f"round({self.start_us}/1000000/TB)"
        return f"setpts=PTS+{offset},{draw},setpts=PTS-{offset}"


@dataclass(frozen=True, slots=True)
class PictureBurn:
    """A bitmap subtitle to lay over the picture.

    Args:
        path: what a `PictureTrack` wrote, made for the film's own picture size.
        start_us: the film's start time in microseconds (`MediaInfo.start_us`).
        pix_fmt: the film's pixel format, so that laying over neither loses bits nor colour.
        matrix: the film's colour matrix (``bt709`` …), so that coloured subtitles keep their colours.
    """

    path: str
    start_us: int = 0
    pix_fmt: str = "yuv420p"
    matrix: str | None = None

    @property
    def clock(self) -> tuple[str, ...]:
        """The global options that it needs: times are the container's own.

        Counted from the film's start they would depend on the streams in use: ffmpeg 6 and later take the
        start of a transport stream from these alone.
        """
        return _CONTAINER_CLOCK

    def input_options(self, position_us: int) -> list[str]:
        """What stands before its ``-i`` in a piece that starts at a position of the film, in microseconds."""
        arguments = ["-itsoffset", seconds(-_LATE_US)]
        # Not accurate: the picture wanted is the one shown at the position, which appeared before it.
        enter = ["-noaccurate_seek", "-ss", seconds(max(0, position_us + self.start_us + _LATE_US))]
        return [*arguments, *enter] if position_us else arguments

    def graph(self, video: str, pictures: str, rest: str = "", label: str = "burned") -> str:
        """The graph that lays stream ``pictures`` over ``video``, then runs ``rest``, into ``[label]``."""
        return overlay_graph(video, f"[{pictures}]{self._colours()}", self.pix_fmt, rest, label)

    def _colours(self) -> str:
        matrix = filter_call("scale", out_color_matrix=self.matrix, flags=_EXACT_SCALE) if self.matrix else ""
        layout, _ = _layouts(self.pix_fmt)
        return ",".join(part for part in (matrix, f"format={layout}" if layout else "") if part) or "null"


Burn = TextBurn | PictureBurn


def burn_filters(burn: TextBurn) -> str:
    """The filters of a text burn; a `PictureBurn` needs a second input, see `PictureBurn.graph`."""
    return burn.filters()


def overlay_graph(video: str, pictures: str, pix_fmt: str, rest: str = "", label: str = "burned") -> str:
    """Lay a chain of pictures (``[1:v]format=…``) over a stream without leaving the stream's pixel format."""
    _, layout = _layouts(pix_fmt)
    overlay = filter_call("overlay", format=layout, eof_action="pass")
    after = f",{rest}" if rest else ""
    return f"{pictures}[pictures];[{video}][pictures]{overlay}{after}[{label}]"


def _layouts(pix_fmt: str) -> tuple[str, str]:
    """The pictures' pixel format, and ``overlay``'s name for the film's."""
    found = _PIXELS.fullmatch(pix_fmt)
    if found is None or found[1] + (found[2] or "") == "44410":  # overlay of 5.1 has no yuv444p10
        return "", "auto"
    deep = found[2] or ""
    return f"yuva{found[1]}p{deep}", f"yuv{found[1]}{'p' + deep if deep else ''}"


@dataclass(frozen=True, slots=True)
class TextTrack(FFmpegCommand):
    """Copies one text subtitle and the fonts of a film into a small file (``.mks``), on the film's clock."""

    input_path: str = field()
    output_path: str = field()
    stream: int = 0
    codec: str = "copy"

    @property
    def task_type(self) -> TaskType:
        """Subtitle."""
        return TaskType.SUBTITLE

    @property
    def resource(self) -> Resource:
        """It reads the whole film."""
        return Resource.IO

    def set_codec(self, codec: str) -> Self:
        """Convert it: ``ass`` for what Matroska does not hold as it is (mov_text of MP4)."""
        return self._with(codec=codec)

    def arguments(self) -> FFmpegBuilder:
        """The command without its program."""
        ask = FFmpegBuilder().add_input(self.input_path).add_map(f"0:s:{self.stream}", "0:t?")
        ask = ask.add_option("-c:s", self.codec, "-c:t", "copy", "-f", "matroska")
        return ask.add_output(self.output_path)

    def check(self, progress: Progress | None, path: str) -> None:  # noqa: ARG002 - it tells nothing of subtitles
        """Look whether the track held anything.

        Raises:
            MediaError: it did not; what came out can't be read, and 5.1 would try without end.
        """
        _refuse_empty(self.id, self.input_path, self.stream, path)


@dataclass(frozen=True, slots=True)
class PictureTrack(FFmpegCommand):
    """Turns one bitmap subtitle of a film into pictures with alpha (``.mkv``): one for every change.

    Args:
        stream: which subtitle stream, counted among the film's subtitles.
        width: of the film's picture, in pixels.
        height: of the film's picture, in pixels.
    """

    input_path: str = field()
    output_path: str = field()
    width: int = field()
    height: int = field()
    stream: int = 0

    @property
    def task_type(self) -> TaskType:
        """Subtitle."""
        return TaskType.SUBTITLE

    @property
    def resource(self) -> Resource:
        """It reads the whole film."""
        return Resource.IO

    def arguments(self) -> FFmpegBuilder:
        """The command without its program.

        Raises:
            ConfigError: there is no such picture size.
        """
        if self.width <= 0 or self.height <= 0:
            raise ConfigError(f"{self.id}: no picture is {self.width}x{self.height}", "give the film's size")
        scale = filter_call("scale", self.width, self.height, flags=_EXACT_SCALE)
        ask = FFmpegBuilder(global_options=_CONTAINER_CLOCK).add_input(self.input_path)
        ask = ask.set_graph(f"[0:s:{self.stream}]{scale},{_ON_TIME}[pictures]").add_map("[pictures]")
        ask = ask.add_option("-fps_mode", "passthrough", "-enc_time_base", "1:1000", "-c:v", "png")
        return ask.add_option("-f", "matroska").add_output(self.output_path)

    def check(self, progress: Progress | None, path: str) -> None:  # noqa: ARG002 - it tells nothing of subtitles
        """Look whether the track held anything.

        Raises:
            MediaError: it did not; what came out can't be read, and 5.1 would try without end.
        """
        _refuse_empty(self.id, self.input_path, self.stream, path)


def _refuse_empty(name: str, film: str, stream: int, track: str) -> None:
    if _CLUSTER not in Path(track).read_bytes():
        raise MediaError(f"{name}: subtitle {stream} of {film!r} is empty", "there is nothing to burn in")
