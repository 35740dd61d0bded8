"""Encoded pieces of one track, read back: do they fit together, and which packet is which frame.

A piece's own timestamps only tell the order of its frames; the time of each comes from the source's frame index.
Everything is checked before the first byte of the output is written.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suture.errors import ConcatError, PiecesDiffer
from suture.media.index import read_index
from suture.media.opening import open_input
from suture.media.parameter_sets import parameter_sets
from suture.media.template import write_template
from suture.media.vbv import Vbv, first_underflow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.media.spec import PieceSpec, TrackSpec

__all__ = ["PieceTrack", "TimedPacket"]


@dataclass(slots=True)
class TimedPacket:
    """A packet with its place in the source's clock, in ticks of the track's ``time_base``."""

    packet: Any
    pts: int
    dts: int
    duration: int


@dataclass(frozen=True, slots=True)
class _Format:
    """What all pieces of a track must agree on, or a decoder stumbles at a join."""

    codec: str
    width: int
    height: int
    pix_fmt: str | None
    extradata: bytes
    repeated: tuple[bytes, ...] = ()

    def difference(self, other: _Format) -> str:
        for name in self.__slots__:
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                if name == "extradata":
                    return f"extradata (parameter sets) {_around_difference(mine, theirs)}"
                if name == "repeated":
                    inside = _around_difference(b"".join(mine), b"".join(theirs))
                    return f"parameter sets inside of packets {inside}"
                return f"{name} {mine} and {theirs}"
        return ""


def _around_difference(mine: bytes, theirs: bytes) -> str:
    """Two byte strings from their first difference on; parameter sets may be long."""
    at = next((n for n, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b), min(len(mine), len(theirs)))
    here, there = (data[at : at + 16].hex() or "nothing" for data in (mine, theirs))
    return f"of {len(mine)} and {len(theirs)} bytes, from byte {at} on {here} and {there}"


class PieceTrack:
    """The pieces of one track as one run of packets.

    Args:
        track: what the track has to hold.
        permissive: missing pieces leave a hole instead of being an error.

    Raises:
        ConcatError: a piece is missing, differs from its neighbours, or holds another number of frames than its
            range; pieces overlap or leave a gap.
    """

    def __init__(self, track: TrackSpec, *, permissive: bool = False) -> None:
        self._track = track
        self._pieces = tuple(p for p in track.pieces if not permissive or Path(p.path).is_file())
        self._index = read_index(track.index) if track.index else None
        self._usual_gap = self._index.gap() if self._index is not None else 1
        self._check_ranges(permissive=permissive)
        self._orders = self._survey()
        self._frames = self._frame_numbers()
        self._delay = self._reorder_depth()
        self._check_buffer()

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def time_base(self) -> Fraction:
        """The clock of `packets`: the source's, or the piece's own where a filter changed the frames."""
        return self._own_base if self._index is None else self._index.time_base

    @property
    def first_pts(self) -> int:
        """Presentation time of the first frame."""
        return self._times[0]

    @property
    def frame_numbers(self) -> array[int]:
        """Which frames of the source are there, in presentation order."""
        return self._frames

    @property
    def template_path(self) -> str:
        """A file whose stream describes all pieces: the first, or its header with what was promised beside that."""
        piece = self._pieces[0].path
        if not self._track.header:
            return piece
        path = str(Path(piece).with_name(f"template-{self._track.source_index}.mkv"))
        write_template(piece, path, self._track.header)
        return path

    def presentation_times(self) -> array[int]:
        """Each frame's pts in ticks of `time_base`, ascending."""
        return self._times

    def statistics(self) -> dict[str, str]:
        """Frames, bytes and mean rate as mkvmerge writes them into tags."""
        length = (self._times[-1] - self._times[0] + self._duration(len(self._times) - 1)) * self.time_base
        rate = int(8 * sum(self._sizes) / length) if length else 0
        return {"NUMBER_OF_FRAMES": str(len(self)), "NUMBER_OF_BYTES": str(sum(self._sizes)), "BPS": str(rate)}

    def joins(self) -> list[int]:
        """Positions (in presentation order) of the frames that begin a piece, but for the first."""
        starts, at = [], 0
        for order in self._orders[:-1]:
            at += len(order)
            starts.append(at)
        return starts

    def packets(self) -> Iterator[TimedPacket]:
        """Every packet in decoding order with the time of its frame.

        The decoding time of the n-th packet is the presentation time of the frame ``delay`` places earlier: ascending,
        and never later than its own presentation.
        """
        done = 0
        for piece, order in zip(self._pieces, self._orders, strict=True):
            for n, (place, packet) in enumerate(zip(order, _read(piece.path), strict=True)):
                at = done + place
                yield TimedPacket(packet, self._times[at], self._dts(done + n), self._duration(at))
            done += len(order)

    # -- checks ---------------------------------------------------------------------------------------------------

    def _check_ranges(self, *, permissive: bool) -> None:
        if not self._pieces:
            raise ConcatError("there are no pieces to join")
        if self._index is None and len(self._pieces) > 1:
            raise ConcatError(
                "pieces that keep times of their own do not join", "one piece may have such times, or none"
            )
        expected = 0
        for piece in self._pieces:
            if piece.start_frame != expected and not (permissive and piece.start_frame > expected):
                raise ConcatError(
                    f"piece {piece.chunk_id} begins at frame {piece.start_frame}, frame {expected} was expected",
                    "a piece is missing or stands twice; --permissive leaves missing ones out",
                )
            expected = self._end_of(piece)
        if self._index is not None and not permissive and expected != len(self._index):
            raise ConcatError(f"the pieces end at frame {expected}, the source has {len(self._index)}")

    def _end_of(self, piece: PieceSpec) -> int:
        """One past its last frame; an open piece goes to the end of the index, or is as long as it is (-1)."""
        return piece.end_frame if piece.end_frame >= 0 or self._index is None else len(self._index)

    def _survey(self) -> list[array[int]]:
        """Read all pieces once: compare formats, count frames, remember the order of presentation."""
        orders: list[array[int]] = []
        first: _Format | None = None
        self._sizes = array("I")
        for piece in self._pieces:
            form, pts, base, sizes = _scan(piece.path)
            self._sizes.extend(sizes)
            first = first or form
            if difference := first.difference(form):
                raise PiecesDiffer(
                    f"pieces {self._pieces[0].chunk_id} and {piece.chunk_id} do not fit together: {difference}",
                    "all pieces must be encoded with the same settings by the same encoder",
                )
            _check_count(piece, self._end_of(piece), len(pts))
            orders.append(_order(piece, pts))
            self._own_times, self._own_base = array("q", sorted(pts)), base
        return orders

    def _frame_numbers(self) -> array[int]:
        numbers = array("q")
        for piece, order in zip(self._pieces, self._orders, strict=True):
            numbers.extend(range(piece.start_frame, piece.start_frame + len(order)))
        if self._index is None:
            self._times = self._own_times
        else:
            self._times = array("q", (self._index.pts[n] for n in numbers))
        return numbers

    def _check_buffer(self) -> None:
        """Whether the pieces together keep to the buffer that each was encoded for; of a single one it is noted."""
        self.doubts: tuple[str, ...] = ()
        if not self._track.vbv:
            return
        vbv = Vbv.parse(self._track.vbv)
        times = (float(self._dts(n) * self.time_base) for n in range(len(self._sizes)))
        packets = zip(times, self._sizes, strict=True)
        at = first_underflow(vbv, packets, float(self._gap() * self.time_base))
        if at < 0:
            return
        what = f"the buffer of {vbv.size} bits at {vbv.rate} bits a second runs empty at packet {at}"
        if len(self._pieces) > 1:
            raise PiecesDiffer(f"{what} of the join", "encoded in one piece, the encoder sees to it")
        # No other way of cutting helps: a plain encode does the same.
        self.doubts = (f"{what} of video stream {self._track.source_index}, which the encoder did not prevent",)

    # -- times ----------------------------------------------------------------------------------------------------

    def _reorder_depth(self) -> int:
        """How many frames a decoder must hold back at most: the farthest that a packet comes after its turn."""
        return max(
            (n - place for order in self._orders for n, place in enumerate(order)),
            default=0,
        )

    def _dts(self, position: int) -> int:
        at = position - self._delay
        return self._times[at] if at >= 0 else self._times[0] + at * self._gap()

    def _gap(self) -> int:
        if self._index is not None:
            return self._usual_gap
        return max(1, self._times[1] - self._times[0]) if len(self._times) > 1 else 1

    def _duration(self, position: int) -> int:
        """Until the source's next frame, also where that one is left out."""
        if self._index is not None:
            frame = self._frames[position]
            after = self._index.pts[frame + 1] if frame + 1 < len(self._index) else self._index.end_pts
            return after - self._index.pts[frame]
        if position + 1 < len(self._times):
            return self._times[position + 1] - self._times[position]
        return self._gap()


def _read(path: str) -> Iterator[Any]:
    with open_input(path, unseen=True) as container:
        stream = container.streams.video[0]
        for packet in container.demux(stream):
            if packet.size:
                yield packet


def _scan(path: str) -> tuple[_Format, array[int], Fraction, array[int]]:
    """A piece's format, its packets' pts in decoding order, its clock, and the bytes of each packet."""
    with open_input(path, unseen=True) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        form = _Format(context.name, context.width, context.height, context.pix_fmt, context.extradata or b"")
        codec, header = context.codec.canonical_name, form.extradata
        pts, sizes, repeated = array("q"), array("I"), set[tuple[bytes, ...]]()
        for packet in container.demux(stream):
            if not packet.size:
                continue
            if packet.pts is None:
                raise ConcatError(f"{path} holds a packet without a timestamp", "encode this piece again")
            pts.append(packet.pts)
            sizes.append(packet.size)
            if packet.is_keyframe:
                repeated.add(parameter_sets(codec, bytes(packet), header))
        form = replace(form, repeated=tuple(b"".join(sets) for sets in sorted(repeated - {()})))
        return form, pts, Fraction(stream.time_base or 1), sizes


def _check_count(piece: PieceSpec, end: int, frames: int) -> None:
    expected = end - piece.start_frame
    if end >= 0 and frames != expected:
        raise ConcatError(
            f"piece {piece.chunk_id} ({piece.path}) holds {frames} frames, its range {expected}",
            "encode this piece again",
        )
    if not frames:
        raise ConcatError(f"piece {piece.chunk_id} ({piece.path}) holds no frame")


def _order(piece: PieceSpec, pts: array[int]) -> array[int]:
    """`_places`, where the piece's clock is fine enough to tell its frames apart."""
    if len(set(pts)) != len(pts):
        raise PiecesDiffer(
            f"piece {piece.chunk_id} ({piece.path}) holds two frames of one time, so their order is lost"
        )
    return _places(pts)


def _places(pts: array[int]) -> array[int]:
    """For each packet in decoding order: the place of its frame in presentation order."""
    places = array("I", bytes(array("I").itemsize * len(pts)))
    for place, n in enumerate(sorted(range(len(pts)), key=pts.__getitem__)):
        places[n] = place
    return places
