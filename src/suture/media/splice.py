"""Joins the encoded pieces of a sound: one file, as one encoder would have written it, with one priming.

Packets are not taken apart: the bytes of each piece between two joins are copied in one go, and a table of sizes is
made of the pieces' tables, so that ten hours cost hardly more than their bytes. Where pieces are joined is chosen in
`joints`. Runs in a child (``suture splice SPEC``).
"""

from __future__ import annotations

import shutil
import sys
from array import array
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import av.error

from suture.errors import ChunkError, PiecesDiffer
from suture.media.boxes import box, inside, rebuilt, top_boxes
from suture.media.heard import read_heard
from suture.media.joints import Overlap, joint_of
from suture.media.opening import open_input
from suture.media.sound_table import Packets, read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from suture.media.heard import Heard
    from suture.media.joints import Joint
    from suture.media.sound_table import SoundTable
    from suture.media.splice_spec import SpliceSpec

__all__ = ["splice"]

_BLOCK: Final = 1 << 20
_ONCE: Final = (1).to_bytes(4)
_DROPPED: Final = frozenset({b"edts", b"sgpd", b"sbgp", b"udta"})


def splice(spec: SpliceSpec, path: str) -> list[Joint]:
    """Write the whole track; give where its pieces were joined.

    Raises:
        ChunkError: a piece is not whole, or too short.
        PiecesDiffer: two pieces can't be joined.
    """
    heard = read_heard(spec.heard)
    Path(spec.begin).write_text(str(Fraction(heard.first, heard.rate)))
    if len(spec.pieces) == 1 and heard.jump:  # the encoder has kept the times, which counting would lose
        shutil.copyfile(spec.pieces[0].path, path)
        return []
    tables = [read_table(piece.path) for piece in spec.pieces]
    _compare(tables)
    joints: list[Joint] = []
    for n in range(1, len(tables)):
        joints.append(_joined(_overlap(spec, tables, n, joints[-1].packet if joints else 0)))
    track = _Track.of(spec, tables, [joint.packet for joint in joints], heard)
    with Path(path).open("wb") as file:
        track.write(file)
    return joints


def _joined(overlap: Overlap) -> Joint:
    try:
        return joint_of(overlap)
    except (av.error.FFmpegError, IndexError) as error:
        raise PiecesDiffer(f"two pieces of the sound can't be joined: {error}", "it is encoded whole") from error


def _compare(tables: Sequence[SoundTable]) -> None:
    """Pieces have one description, or a decoder stumbles."""
    first = _described(tables[0])
    for table in tables[1:]:
        if _described(table) != first:
            raise PiecesDiffer(f"{table.path} and {tables[0].path} do not fit together", "it is encoded whole")


def _described(table: SoundTable) -> tuple[object, ...]:
    with open_input(table.path) as container:
        context = container.streams.audio[0].codec_context
        form = (context.name, context.rate, context.layout.name, bytes(context.extradata or b""))
        return (*form, table.timescale, table.usual, table.priming)


def _overlap(spec: SpliceSpec, tables: Sequence[SoundTable], n: int, after: int) -> Overlap:
    """What piece ``n`` and the one before have in common, behind packet ``after``."""
    left, right = spec.pieces[n - 1], spec.pieces[n]
    # A piece that begins with the track is as one encoder would have made it from its first packet on.
    begin = max(right.first + (spec.warm if right.first else 0), after + 1)
    end = left.first + len(tables[n - 1].sizes) - 1 - spec.tail
    if end <= begin:
        raise PiecesDiffer(f"{left.path} and {right.path} have too little in common", "it is encoded whole")
    return Overlap(
        tables[n - 1],
        left.first,
        tables[n],
        right.first,
        begin,
        end,
        spec.tail,
        spec.reach,
        spec.run,
        right.samples,
    )


@dataclass(frozen=True, slots=True)
class _Track:
    """The track as it is to be written: bytes of files, sizes of packets, and times in ticks of its clock.

    Args:
        spans: file, first byte, one past the last, and how many packets that is.
        sizes: of all packets.
        template: the piece whose description it gets.
        length: how long all packets last.
    """

    spans: tuple[tuple[str, int, int, int], ...]
    sizes: array[int]
    template: SoundTable
    length: int

    @classmethod
    def of(cls, spec: SpliceSpec, tables: Sequence[SoundTable], joins: Sequence[int], heard: Heard) -> _Track:
        first = tables[0]
        ticks = Fraction(first.timescale, heard.rate)
        length = first.priming + round(heard.samples * ticks)
        count = -(-length // first.usual)
        if spec.pieces[-1].first + len(tables[-1].sizes) < count:
            what = f"the sound has {count} packets, and its last piece ends before"
            raise PiecesDiffer(what, "it is encoded whole") if len(tables) > 1 else ChunkError(what, "encode it again")
        spans, sizes = [], array(first.sizes.typecode)
        for piece, table, begin, end in zip(spec.pieces, tables, [0, *joins], [*joins, count], strict=True):
            here, until = begin - piece.first, end - piece.first
            if not 0 <= here <= until:
                raise PiecesDiffer("the joins of the sound's pieces overlap", "it is encoded whole")
            spans.append((table.path, *Packets(table).span(here, until), until - here))
            sizes.extend(table.sizes[here:until])
        return cls(tuple(spans), sizes, first, length)

    def write(self, file: IO[bytes]) -> None:
        """All of it: its kind, its packets, its description."""
        tops = {each.kind: each for each in top_boxes(self.template.path)}
        with Path(self.template.path).open("rb") as template:
            kind = template.read(tops[b"ftyp"].end)
        file.write(kind)
        size = sum(end - begin for _, begin, end, _ in self.spans)
        file.write(_ONCE + b"mdat" + (size + 16).to_bytes(8))
        places = array("Q")
        for path, begin, end, _ in self.spans:
            places.append(file.tell())
            _copy(path, begin, end, file)
        file.write(rebuilt(b"moov", self.template.moov, self._changed(places)))

    def _changed(self, places: array[int]) -> Callable[[bytes, bytes], bytes]:
        """What stands in the description of the whole, where it differs from that of its first piece."""
        scale = _scale(self.template.moov)
        lasts = round(Fraction(self.length - self.template.priming, self.template.timescale) * scale)
        made: dict[bytes, Callable[[bytes], bytes]] = {
            b"mvhd": lambda old: _timed(old, 8, 4, lasts),
            b"mdhd": lambda old: _timed(old, 8, 4, self.length),
            b"stts": lambda _: self._durations(),
            b"stsz": lambda _: bytes(8) + len(self.sizes).to_bytes(4) + _big(self.sizes),
            b"stsc": lambda _: self._chunks(),
        }

        def change(kind: bytes, contents: bytes) -> bytes:
            if kind in {b"stco", b"co64"}:
                return box(b"co64", bytes(4) + len(places).to_bytes(4) + _big(places))
            if kind == b"tkhd":
                return box(kind, _timed(contents, 8, 8, lasts)) + box(
                    b"edts", box(b"elst", _edit(lasts, self.template.priming))
                )
            if kind in made:
                return box(kind, made[kind](contents))
            return b"" if kind in _DROPPED else box(kind, contents)

        return change

    def _durations(self) -> bytes:
        """All packets last as long as usual, but for the last."""
        count, usual = len(self.sizes), self.template.usual
        last = self.length - (count - 1) * usual
        runs = [(count - 1, usual), (1, last)] if last != usual and count > 1 else [(count, last)]
        return bytes(4) + len(runs).to_bytes(4) + b"".join(n.to_bytes(4) + each.to_bytes(4) for n, each in runs)

    def _chunks(self) -> bytes:
        """One chunk for each piece. Source: ISO/IEC 14496-12, 8.7.4."""
        rows = [(n, count) for n, (*_, count) in enumerate(self.spans, 1)]
        told = b"".join(n.to_bytes(4) + count.to_bytes(4) + _ONCE for n, count in rows)
        return bytes(4) + len(rows).to_bytes(4) + told


def _copy(path: str, begin: int, end: int, file: IO[bytes]) -> None:
    with Path(path).open("rb") as source:
        source.seek(begin)
        while begin < end:
            if not (data := source.read(min(_BLOCK, end - begin))):
                raise ChunkError(f"{path!r} ends too early", "")
            file.write(data)
            begin += len(data)


def _scale(moov: bytes) -> int:
    """Ticks a second of the film's clock."""
    header = next(contents for kind, contents in inside(moov) if kind == b"mvhd")
    at = 20 if header[0] else 12
    return int.from_bytes(header[at : at + 4])


def _timed(header: bytes, dates: int, between: int, duration: int) -> bytes:
    """A header in its long form, with another duration. Source: ISO/IEC 14496-12, 8.2.2, 8.3.2, 8.4.2."""
    short = not header[0]
    dates = dates if short else 2 * dates
    kept = header[4 + dates : 4 + dates + between]
    rest = header[4 + dates + between + (4 if short else 8) :]
    return b"\1" + header[1:4] + bytes(16) + kept + duration.to_bytes(8) + rest


def _edit(length: int, begin: int) -> bytes:
    """What is heard: all but the priming. Source: ISO/IEC 14496-12, 8.6.6."""
    return b"\1\0\0\0" + _ONCE + length.to_bytes(8) + begin.to_bytes(8) + b"\0\1\0\0"


def _big(numbers: array[int]) -> bytes:
    """Numbers with the most significant byte first."""
    told = array(numbers.typecode, numbers)
    if sys.byteorder == "little":
        told.byteswap()
    return told.tobytes()
