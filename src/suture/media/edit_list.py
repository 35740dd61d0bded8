"""Sound that begins late in an MP4 or MOV file: its priming is hidden, and it is heard when it has to be.

libavformat's muxer hides priming that lies before zero, or writes that a track begins late; one of both. So `mux` lets
such a track begin where it is heard, and `hide_priming` says in the finished file's edit list that the first samples
are not. No box changes its size. Source: ISO/IEC 14496-12, 8.6.6 (edit list), 8.2.2 and 8.3.2 (durations).
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.errors import ChunkError, ConcatError
from suture.media.boxes import top_boxes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["hide_priming"]

_HOLDING: Final = frozenset({b"trak", b"mdia", b"edts"})
_EMPTY: Final = -1
_HEAD: Final = 8


def hide_priming(path: str, priming: Mapping[int, int]) -> None:
    """Write that the first samples of some tracks are not to be heard; what follows them stays where it is heard now.

    Args:
        path: the file, complete and closed.
        priming: ticks of a track's own clock, by the track's place in the file (from 0). The track was written so much
            too late.

    Raises:
        ConcatError: the file's header is not as expected; it is as it was then.
    """
    if not priming:
        return
    try:
        moov = next(each for each in top_boxes(path) if each.kind == b"moov")
        with Path(path).open("r+b") as file:
            file.seek(moov.begin)
            head = _Head(bytearray(file.read(moov.end - moov.begin)))
            for track, ticks in priming.items():
                head.hide(track, ticks)
            head.settle()
            file.seek(moov.begin)
            file.write(head.data)
    except (ChunkError, LookupError, StopIteration, OverflowError, ZeroDivisionError) as error:
        raise ConcatError(f"the header of {path!r} can't be read, so priming can't be hidden") from error


class _Head:
    """What describes a file: the contents of its ``moov``."""

    def __init__(self, data: bytearray) -> None:
        self.data = data
        self._tracks: list[dict[bytes, tuple[int, int]]] = []
        self._movie: tuple[int, int] = (0, 0)
        for kind, begin, end in self._boxes(0, len(data)):
            if kind == b"mvhd":
                self._movie = (begin, end)
            elif kind == b"trak":
                self._tracks.append({kind: (first, last) for kind, first, last in self._boxes(begin, end)})

    def _boxes(self, begin: int, end: int) -> Iterator[tuple[bytes, int, int]]:
        """Kind, first byte and one past the last of the contents, of boxes and of what they hold."""
        while begin + _HEAD <= end:
            size, kind = self._number(begin, 4), bytes(self.data[begin + 4 : begin + _HEAD])
            if size < _HEAD or begin + size > end:
                raise LookupError(kind)
            yield kind, begin + _HEAD, begin + size
            if kind in _HOLDING and kind != b"trak":
                yield from self._boxes(begin + _HEAD, begin + size)
            begin += size

    def _number(self, at: int, size: int, *, signed: bool = False) -> int:
        return int.from_bytes(self.data[at : at + size], signed=signed)

    def _put(self, at: int, size: int, value: int, *, signed: bool = False) -> None:
        self.data[at : at + size] = value.to_bytes(size, signed=signed)

    def _clock(self, box: tuple[int, int]) -> int:
        """Ticks a second, of ``mvhd`` or ``mdhd``."""
        return self._number(box[0] + (20 if self.data[box[0]] else 12), 4)

    def hide(self, track: int, ticks: int) -> None:
        """Take so much off the front of the one part that is played."""
        boxes = self._tracks[track]
        begin = boxes[b"elst"][0]
        size = 8 if self.data[begin] else 4
        entries = [begin + _HEAD + n * (2 * size + 4) for n in range(self._number(begin + 4, 4))]
        played = [at for at in entries if self._number(at + size, size, signed=True) != _EMPTY]
        if len(played) != 1 or self._number(played[0] + size, size):
            raise LookupError(b"elst")
        less = round(Fraction(ticks * self._clock(self._movie), self._clock(boxes[b"mdhd"])))
        self._put(played[0], size, self._number(played[0], size) - less)
        self._put(played[0] + size, size, ticks, signed=True)
        self._shorten(boxes[b"tkhd"], less)

    def _shorten(self, header: tuple[int, int], less: int) -> None:
        at, size = self._length_in_track(header)
        self._put(at, size, self._number(at, size) - less)

    def _length_in_track(self, header: tuple[int, int]) -> tuple[int, int]:
        """Where ``tkhd`` tells the length, and in how many bytes."""
        return (header[0] + 28, 8) if self.data[header[0]] else (header[0] + 20, 4)

    def settle(self) -> None:
        """The film is as long as its longest track."""
        begin = self._movie[0]
        at, size = (begin + 24, 8) if self.data[begin] else (begin + 16, 4)
        self._put(at, size, max(self._number(*self._length_in_track(boxes[b"tkhd"])) for boxes in self._tracks))
