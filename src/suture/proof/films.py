"""`Film`: a picture track whose frames are counted, and any of them seen by their numbers, for a comparison.

Where packets tell the frames and a seek is exact, a range is decoded from the keyframe before it. Where they don't, one
linear decode lists the frames, and every range is decoded from the film's beginning: slower, and right.
"""

from __future__ import annotations

from array import array
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.chunker import chunks_from, why_whole
from suture.command.base import RunContext, run_command_line
from suture.command.frame_times import ALL_THAT_DECODES, FrameTimes, PacketTimes
from suture.command.measuring import Seen
from suture.cuts import Cuts
from suture.errors import CommandFailed, ConfigError, MediaError, ProbeError
from suture.ffmpeg.diagnose import blames_input
from suture.media.index import FrameIndex, index_of_listing, read_index
from suture.media.isolated import call
from suture.media.listing import read_listed
from suture.media.probe import probe
from suture.planning.filters import changes_frames, remembers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from suture.cancel import CancelToken
    from suture.errors import CommandError
    from suture.model import MediaInfo, StreamInfo

__all__ = ["Film", "film_of", "filter_refused", "linear", "probed"]

# Containers whose timestamps a reader has to work out; two of them may work out different ones.
_INTERPRETED: Final = frozenset({"mov", "mp4", "mpegts", "mpeg"})
# So many of the first frames are looked up; packets that are stored later may be shown earlier.
_COMPARED: Final = 32
_OPENING: Final = ("-copyts", *ALL_THAT_DECODES)
# Fine enough for what filters count in.
_FINE: Final = 100


@dataclass(frozen=True, slots=True)
class Film:
    """A picture track, behind filters or without.

    Args:
        info: its file.
        stream: the track.
        index: its frames; behind the filters, where these change which there are.
        filters: that its pictures run through.
        linear: why each range of it is decoded from the beginning; empty: none is.
    """

    info: MediaInfo
    stream: StreamInfo
    index: FrameIndex
    filters: str = ""
    linear: str = ""

    def __len__(self) -> int:
        return len(self.index)

    @property
    def times(self) -> array[float]:
        """When each frame is shown, in seconds from where its container begins."""
        tick, zero = float(self.index.time_base), self.info.start_us / 1_000_000
        return array("d", (pts * tick - zero for pts in self.index.pts))

    @property
    def rate(self) -> Fraction:
        """Frames a second, nominally."""
        return self.index.rate().limit_denominator(1001)

    def seen(self, numbers: Sequence[int]) -> Seen:
        """Some of its frames, by ascending numbers."""
        first, end = numbers[0], numbers[-1] + 1
        chosen = _select([number - first for number in numbers])
        if self.linear:
            trim = f"trim=start_frame={first}:end_frame={end}"
            return Seen(self.info.path, self.stream.index, _OPENING).through(self._chain(), trim, chosen)
        (chunk,) = chunks_from(self.index, Cuts((first,), ""), self.info.path, self.info.format, end=end)
        return Seen.of(chunk).through(chosen, self._chain())

    def _chain(self) -> str:
        return on_own_clock(self.filters, self.info)


def on_own_clock(filters: str, info: MediaInfo) -> str:
    """Filters as plain ffmpeg runs them: a film's clock begins at 0, whatever its container says."""
    if not filters or not info.start_us:
        return filters
    return f"setpts=PTS-round({info.start_us}/1000000/TB),{filters}"


def _select(numbers: Sequence[int]) -> str:
    """The filter that takes these of ascending frames from 0; empty where they are all that there are."""
    wanted, last = set(numbers), numbers[-1]
    missing = [number for number in range(last + 1) if number not in wanted]
    if not missing:
        return ""
    kept, dropped = _any_of(list(_runs(numbers))), _any_of(list(_runs(missing)))
    # Commas separate filters, unless they are quoted.
    return f"select='{f'not({dropped})' if len(dropped) < len(kept) else kept}'"


def _runs(numbers: Sequence[int]) -> Iterator[str]:
    """Terms of an expression, for runs of ascending numbers."""
    first = numbers[0]
    for number, follower in pairwise([*numbers, numbers[-1] + 2]):
        if follower != number + 1:
            yield f"eq(n,{first})" if first == number else f"between(n,{first},{number})"
            first = follower


def _any_of(terms: list[str]) -> str:
    """Their sum, in pairs of pairs: ffmpeg takes no expression that is nested a hundred levels deep, as a row is."""
    while len(terms) > 1:
        terms = [f"({'+'.join(terms[n : n + 2])})" for n in range(0, len(terms), 2)]
    return terms[0]


def probed(path: str, cancel: CancelToken | None) -> tuple[MediaInfo, StreamInfo]:
    """A file and its picture track: the first that is no cover.

    Raises:
        MediaError: it has no pictures, or can't be read.
    """
    info = probe(path, cancel=cancel)
    if not info.of_kind("video"):
        raise MediaError(f"{path!r} has no video stream", "only pictures are compared")
    return info, info.of_kind("video")[0]


def film_of(
    found: tuple[MediaInfo, StreamInfo],
    place: str,
    ffmpeg: str,
    *,
    filters: str = "",
    on_packets: Callable[[int], None] = lambda _packets: None,
    cancel: CancelToken | None = None,
) -> Film:
    """Count the frames of a film.

    Args:
        found: as `probed` gives it.
        place: a name that files may begin with while it is looked at; none is left.
        ffmpeg: that decodes.
        filters: that its pictures run through.
        on_packets: told how many have been read.
        cancel: stops it.

    Raises:
        CommandCancelled: it was stopped.
        MediaError: nothing of it can be read, or decodes.
    """
    info, stream = found
    path = f"{place}.index"
    call(
        "index",
        timeout_s=120.0,
        on_progress=on_packets,
        cancel=cancel,
        path=info.path,
        stream_index=stream.index,
        output=path,
    )
    index = read_index(path)
    Path(path).unlink(missing_ok=True)
    film = Film(info, stream, index, filters)
    why = _why_linear(film, place, ffmpeg, cancel)
    return linear(film, why, place, ffmpeg, cancel) if why else film


def _why_linear(film: Film, place: str, ffmpeg: str, cancel: CancelToken | None) -> str:
    """Why packets do not tell what a range of it shows; empty where they do."""
    if doubt := why_whole(film.info, film.stream, film.index):
        return doubt
    if not len(film.index):
        return "its packets tell of no frames"
    if name := changes_frames(film.filters) or remembers(film.filters):
        return f"what the filter {name} gives may depend on other frames"
    return "" if _is_of_one_clock(film, place, ffmpeg, cancel) else "ffmpeg gives its frames other times"


def _is_of_one_clock(film: Film, place: str, ffmpeg: str, cancel: CancelToken | None) -> bool:
    """Whether this ffmpeg shows the first packets when the index says; it was made by another library."""
    if not set(film.info.format.split(",")) & _INTERPRETED:
        return True
    listing = f"{place}.packets"
    command = PacketTimes("packets", film.info.path, listing, stream=film.stream.index, packets=3 * _COMPARED)
    try:
        command.set_program(ffmpeg).run(_context(cancel))
        told = {frame.pts for frame in read_listed(listing)}
    except (CommandFailed, OSError, ValueError):
        return False
    finally:
        Path(listing).unlink(missing_ok=True)
    return told.issuperset(film.index.pts[:_COMPARED])


def linear(film: Film, why: str, place: str, ffmpeg: str, cancel: CancelToken | None = None) -> Film:
    """The same film, of which one linear decode tells the frames; behind its filters, where these change them.

    Raises:
        CommandCancelled: it was stopped.
        MediaError: nothing of it decodes.
    """
    listing = f"{place}.frames"
    late = changes_frames(film.filters) or remembers(film.filters)
    chain = on_own_clock(film.filters, film.info) if late else ""
    tick = film.stream.time_base / (_FINE if chain else 1)
    command = FrameTimes(
        "frames",
        film.info.path,
        listing,
        stream=film.stream.index,
        time_base=tick,
        filters=(chain,) if chain else (),
        input_options=_OPENING,
    ).set_program(ffmpeg)
    try:
        command.run(_context(cancel))
    except CommandFailed as error:
        with suppress(CommandFailed):  # a damaged film is taken as far as it decodes
            run_command_line(command.command_line(), _context(cancel), command.id)
        if not Path(listing).exists():
            if chain and not blames_input(error.returncode or 0, error.stderr):
                raise filter_refused(film.filters, error) from error
            raise MediaError(f"nothing of the pictures of {film.info.path!r} decodes: {error.message}") from error
    try:
        index = index_of_listing(listing, film.stream.index)
    except ProbeError as error:  # a listing of nothing has no clock either
        raise MediaError(f"{film.info.path!r} has no frame that decodes", "suture probe tells more") from error
    finally:
        Path(listing).unlink(missing_ok=True)
    if chain and film.info.start_us:
        index = index.shifted(round(Fraction(film.info.start_us, 1_000_000) / index.time_base))
    return Film(film.info, film.stream, index, film.filters, why)


def filter_refused(filters: str, error: CommandError) -> ConfigError:
    """The error that says why filters do not run."""
    return ConfigError(f"-vf {filters!r} does not run: {error.message.partition(' failed: ')[2]}", error.hint)


def _context(cancel: CancelToken | None) -> RunContext:
    return RunContext(stall_timeout_s=120.0) if cancel is None else RunContext(stall_timeout_s=120.0, cancel=cancel)
