"""Where the packets of an encoded sound lie in a file of our own making, and the length of a slice of samples.

An MP4 or MOV file of one sound holds its packets one behind the other, and a table of their sizes. Reading that table
costs nothing, however long the sound. `splice` joins such files by it.
"""

from __future__ import annotations

import sys
from array import array
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from suture.errors import ChunkError
from suture.media.boxes import inside, top_boxes

if TYPE_CHECKING:
    from suture.media.boxes import Box

__all__ = ["Packets", "Samples", "SoundTable", "read_samples", "read_table", "wav_samples"]

_INT: Final = next(code for code in "IL" if array(code).itemsize == 4)  # noqa: PLR2004 - 32 bits
_WAV_HEAD: Final = 12


@dataclass(frozen=True, slots=True)
class SoundTable:
    """A file of one encoded sound. Times are in ticks of its clock, which counts ``timescale`` a second.

    Args:
        path: the file.
        moov: the contents of the box that describes it.
        sizes: of the packets, in bytes.
        offset: where the first of them begins.
        timescale: ticks a second.
        usual: how long a packet lasts, but for the last.
        length: how long all of them last.
        priming: of that, what comes before the first sample that is heard.
    """

    path: str
    moov: bytes
    sizes: array[int]
    offset: int
    timescale: int
    usual: int
    length: int
    priming: int

    @property
    def seconds(self) -> Fraction:
        """How long all packets last, priming and all."""
        return Fraction(self.length, self.timescale)


@dataclass(frozen=True, slots=True)
class Samples:
    """A WAV file: how many samples it holds, and how many a second has."""

    count: int
    rate: int

    @property
    def seconds(self) -> Fraction:
        """How long it lasts."""
        return Fraction(self.count, self.rate)


def read_table(path: str) -> SoundTable:
    """The packets of a file that an encoder has written for us.

    Raises:
        ChunkError: it is not whole, or not one sound.
    """
    tops = {each.kind: each for each in top_boxes(path)}
    if not tops.keys() >= {b"moov", b"mdat"}:
        raise ChunkError(f"{path!r} is not a whole MP4 file: it has no contents", "the encoder wrote something else")
    moov = _read(path, tops[b"moov"])
    leaves = _leaves(moov)
    found = dict(leaves)
    if [kind for kind, _ in leaves].count(b"stsz") > 1:
        raise ChunkError(f"{path!r} holds more than one sound", "the encoder wrote something else")
    try:
        return _table(path, moov, found)
    except (KeyError, IndexError) as error:
        raise ChunkError(f"{path!r} does not describe one sound ({error})") from error


def _table(path: str, moov: bytes, found: dict[bytes, bytes]) -> SoundTable:
    sizes, times = _sizes(found[b"stsz"]), _numbers(found[b"stts"][8:])
    offsets = _numbers(found[b"stco"][8:]) if b"stco" in found else _longs(found[b"co64"][8:])
    length = sum(count * delta for count, delta in zip(times[::2], times[1::2], strict=True))
    return SoundTable(path, moov, sizes, offsets[0], _timescale(found[b"mdhd"]), times[1], length, _priming(found))


class Packets:
    """The packets of such a file, by their number.

    Args:
        table: where they lie.
    """

    def __init__(self, table: SoundTable) -> None:
        self._table = table
        self._places = array("Q", accumulate(table.sizes, initial=table.offset))
        with Path(table.path).open("rb") as file:
            self._bytes = mmap(file.fileno(), 0, access=ACCESS_READ)

    def span(self, first: int, end: int) -> tuple[int, int]:
        """Where the packets from ``first`` to ``end`` lie: first byte, and one past the last."""
        return self._places[first], self._places[end]

    def size(self, number: int) -> int:
        """Of one of them, in bytes."""
        return self._table.sizes[number]

    def read(self, number: int) -> bytes:
        """One of them."""
        begin, end = self.span(number, number + 1)
        return self._bytes[begin:end]


def wav_samples(path: str) -> Samples:
    """The length of a slice.

    Raises:
        ChunkError: it is no WAV file.
    """
    form, _, size = _wav(path)
    return Samples(size // int.from_bytes(form[12:14], "little"), int.from_bytes(form[4:8], "little"))


def read_samples(path: str) -> Any:  # noqa: ANN401 - an array
    """A slice's samples as floats, channels by samples.

    Raises:
        ChunkError: it is no WAV file.
    """
    import numpy as np  # noqa: PLC0415 - only a join that is chosen by its noise needs it

    form, begin, size = _wav(path)
    channels, bits = int.from_bytes(form[2:4], "little"), int.from_bytes(form[14:16], "little")
    kind = "<f4" if _is_float(form) else f"<i{bits // 8}"
    data = np.fromfile(path, kind, size // (bits // 8), offset=begin).reshape(-1, channels).T
    return data.astype(np.float64) / (1 if kind == "<f4" else 1 << (bits - 1))


def _is_float(form: bytes) -> bool:
    """Source: RFC 2361 and Microsoft's WAVEFORMATEXTENSIBLE, whose subformat begins with the plain tag."""
    tag = form[:2] if form[:2] != b"\xfe\xff" else form[24:26]
    return tag == b"\x03\x00"


def _wav(path: str) -> tuple[bytes, int, int]:
    """Of a WAV file: the format, where its samples begin, and how many bytes they are."""
    with Path(path).open("rb") as file:
        data, at, form = file.read(1 << 16), _WAV_HEAD, b""
    while len(data) >= at + 8:
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if kind == b"data" and form:
            return form, at + 8, size
        form = data[at + 8 : at + 8 + size] if kind == b"fmt " else form
        at += 8 + size + size % 2
    raise ChunkError(f"{path!r} is no whole WAV file")


def _read(path: str, place: Box) -> bytes:
    with Path(path).open("rb") as file:
        file.seek(place.begin)
        return file.read(place.end - place.begin)


def _leaves(data: bytes) -> list[tuple[bytes, bytes]]:
    """The boxes of the one track that tell of packets and times."""
    found: list[tuple[bytes, bytes]] = []
    for kind, contents in inside(data):
        holds = kind in {b"trak", b"edts", b"mdia", b"minf", b"stbl"}
        found += _leaves(contents) if holds else [(kind, contents)]
    return found


def _sizes(stsz: bytes) -> array[int]:
    """Source: ISO/IEC 14496-12, 8.7.3: one size for all, or a table."""
    alike, count = _numbers(stsz[4:12])
    return array(_INT, [alike]) * count if alike else _numbers(stsz[12 : 12 + 4 * count])


def _timescale(mdhd: bytes) -> int:
    at = 20 if mdhd[0] else 12
    return int.from_bytes(mdhd[at : at + 4])


def _priming(found: dict[bytes, bytes]) -> int:
    """Where the last edit begins. Source: ISO/IEC 14496-12, 8.6.6."""
    elst = found.get(b"elst", b"")
    count = int.from_bytes(elst[4:8])
    if not count:
        return 0
    long = elst[0] == 1
    size, wide = (20, 8) if long else (12, 4)
    at = 8 + (count - 1) * size + wide
    return int.from_bytes(elst[at : at + wide], signed=True)


def _numbers(data: bytes) -> array[int]:
    numbers = array(_INT, data[: len(data) // 4 * 4])
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


def _longs(data: bytes) -> array[int]:
    numbers = array("Q", data)
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers
