"""Writes the output file: pieces and copied streams interleaved in one pass, with the source's own timestamps.

Runs in a child (``suture join SPEC``). Writes ``spec.part`` only; `suture.media.inspect` checks it and gives it its
name. What a spec holds is in `spec`; whether pieces fit together is decided in `pieces`.
"""

from __future__ import annotations

import heapq
import os
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av

from suture.errors import ConcatError, DiskFull, MediaError, ProbeError, Unsupported
from suture.media import matroska
from suture.media.clock import Clock
from suture.media.copied import CopiedStream, Tally, Window, finest, unheard
from suture.media.cover import read_cover
from suture.media.edit_list import hide_priming
from suture.media.header import chapter, chapter_comments, describe_pictures, roles
from suture.media.inspect import is_readable
from suture.media.matroska_delay import with_delay
from suture.media.opening import complaints, open_input
from suture.media.spec import read_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from suture.media.cover import Cover
    from suture.media.pieces import PieceTrack
    from suture.media.spec import JoinSpec, TrackSpec

__all__ = ["join", "join_file"]

_DELAYING = {"matroska", "webm"}
_FRAMED = {"mpegts", "mpeg", "h264", "hevc", "aac", "avi", "flv", "mpegvideo"}
# What is no packet stands in the comments of the first stream.
_COMMENTS_ONLY = {"ogg", "opus", "oga"}
# No two packets of a stream may have one decoding time here.
_ASCENDING = frozenset({"mp4", "mov"})
_NO_TIME = Fraction(0)
# Progress goes out once in so many packets: often enough to look alive, too seldom to cost anything.
_REPORT_EVERY = 500


def join(spec: JoinSpec, report: Callable[[int], None] = lambda _frames: None) -> dict[str, Any]:
    """Write ``spec.part``.

    Args:
        spec: what to write.
        report: called with the number of video frames written so far.

    Returns:
        Facts: ``frames`` (of all video tracks made of pieces), ``bytes``, and for each of the output's ``streams``
        (pictures apart) what `suture.media.copied.Tally` counts, ``exact``: whether the container stores packets as
        they are, and ``readable``: whether its sound can be decoded; ``dropped``: copied packets of a damaged source
        that had no time or ran backwards in it;
        ``doubts``: what a single piece does not keep to though it was asked for.

    Raises:
        ConcatError: the pieces do not fit together; nothing is written then.
        DiskFull: the target's disk is full; the part file is removed.
        Unsupported: the container can't hold a stream.
    """
    tracks = {n: _pieces_of(track, spec) for n, track in enumerate(spec.tracks) if track.origin == "pieces"}
    Path(spec.part).unlink(missing_ok=True)
    cut_short: list[str] = []
    try:
        with complaints(cut_short):
            frames, streams, dropped = _write(spec, tracks, report)
    except av.error.FFmpegError as error:
        Path(spec.part).unlink(missing_ok=True)
        raise _translated(error, spec) from error
    except BaseException:
        Path(spec.part).unlink(missing_ok=True)
        raise
    _sync(spec.part)
    return {
        "frames": frames,
        "bytes": Path(spec.part).stat().st_size,
        "streams": streams,
        "dropped": dropped,
        "cut_short": cut_short,
        "doubts": [doubt for track in tracks.values() for doubt in track.doubts],
    }


def join_file(spec_path: str) -> dict[str, Any]:
    """`join` for the parser child: the spec stands in a file."""
    return join(read_spec(spec_path))


def _pieces_of(track: TrackSpec, spec: JoinSpec) -> PieceTrack:
    from suture.media.pieces import PieceTrack  # noqa: PLC0415 - sound alone has none

    return PieceTrack(track, permissive=spec.permissive)


def _translated(error: av.error.FFmpegError, spec: JoinSpec) -> Exception:
    if error.errno == 28:  # noqa: PLR2004 - ENOSPC
        return DiskFull(f"no space left for {spec.output}", "free some space and run the same command again")
    return ConcatError(f"{spec.output} can't be written as {spec.format}: {error}")


def _sync(path: str) -> None:
    """The bytes are on the disk before anybody believes in them."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(
    spec: JoinSpec, tracks: dict[int, PieceTrack], report: Callable[[int], None]
) -> tuple[int, list[dict[str, Any]], int]:
    options = {"avoid_negative_ts": "disabled", **spec.options}
    with open_input(spec.source) as source:
        output = av.open(f"file:{spec.part}", "w", format=spec.format, container_options=options)
        with output:
            lanes = _Lanes(spec, source, output, tracks)
            lanes.open()
            output.start_encoding()
            frames = lanes.run(report)
            written = lanes.written()
            if not any(stream["packets"] for stream in written):
                raise MediaError(f"nothing can be read from {spec.source!r}", "its data are missing or cut off")
    matroska.write_shapes(spec.part, lanes.shapes)
    hide_priming(spec.part, lanes.priming)
    return frames, written, lanes.dropped


class _Lanes:
    """The output's streams and where the packets of each come from."""

    def __init__(self, spec: JoinSpec, source: Any, output: Any, tracks: dict[int, PieceTrack]) -> None:  # noqa: ANN401
        self._spec = spec
        self._source = source
        self._output = output
        self._tracks = tracks
        self._streams: dict[int, Any] = {}
        self._copied: dict[int, int] = {}
        self._inputs: list[Any] = []
        self._empty: set[int] = set()
        self._unreadable: set[int] = set()
        self._tallies: dict[int, Tally] = {}
        self._latest: dict[int, int] = {}
        self._late: dict[int, int] = {}
        self.shapes: dict[int, Fraction] = {}
        self.dropped = 0

    # -- header ---------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Make all streams, in the spec's order, then fonts, chapters and tags."""
        self._output.metadata.update(self._spec.metadata)
        for number, track in enumerate(self._spec.tracks):
            if track.kind == "cover" and self._is_tag_or_attachment(track):
                continue
            self._streams[number] = self._stream(number, track)
        for track in self._spec.tracks:
            if track.kind == "cover" and self._spec.format == "matroska":
                self._attach_picture(track)
        for index in self._spec.attachments:
            self._attach(self._source.streams[index])
        if self._spec.chapters and self._spec.format in _COMMENTS_ONLY:
            # libavformat writes some of these a second late, so that is not left to it.
            self._streams[min(self._streams)].metadata.update(chapter_comments(self._spec.chapters))
        elif self._spec.chapters:
            self._output.set_chapters([chapter(n, each) for n, each in enumerate(self._spec.chapters)])

    def _is_tag_or_attachment(self, track: TrackSpec) -> bool:
        if self._spec.format in _COMMENTS_ONLY:
            self._picture_tag(track)
            return True
        return self._spec.format == "matroska"

    def _stream(self, number: int, track: TrackSpec) -> Any:  # noqa: ANN401
        if track.codec and not _is_readable(track.path):
            return self._silent(number, track)
        template, base = self._template(number, track)
        if not is_readable(template):
            self._unreadable.add(number)
        try:
            stream = self._output.add_stream_from_template(template, opaque=True)
        except ValueError as error:
            raise Unsupported(f"{self._spec.format} can't hold stream {track.source_index}: {error}") from error
        stream.time_base = base
        stream.metadata.update(track.metadata)
        stream.disposition = roles(track.disposition)
        if track.kind == "video":
            describe_pictures(stream, track)
            self._shape(stream, track, template)
        if track.statistics:
            stream.metadata.update(self._tracks[number].statistics())
        return stream

    def _silent(self, number: int, track: TrackSpec) -> Any:  # noqa: ANN401
        """Subtitles without a single line: a stream all the same."""
        self._empty.add(number)
        stream = self._output.add_mux_stream(track.codec)
        stream.time_base = Fraction(1, 1000)
        stream.metadata.update(track.metadata)
        stream.disposition = roles(track.disposition)
        return stream

    def _shape(self, stream: Any, track: TrackSpec, template: Any) -> None:  # noqa: ANN401
        """Say how wide a pixel is: as the track says, else as its packets' file does."""
        shape = Fraction(track.sample_aspect_ratio or template.sample_aspect_ratio or 1)
        if shape == 1 or shape <= 0:
            return
        stream.codec_context.sample_aspect_ratio = shape
        if self._spec.format in {"matroska", "webm"}:
            self.shapes[stream.index + 1] = shape
            stream.metadata["title"] = matroska.with_room(stream.metadata.get("title", ""))

    def _template(self, number: int, track: TrackSpec) -> tuple[Any, Fraction]:
        if track.origin == "source":
            self._copied[track.source_index] = number
            stream = self._source.streams[track.source_index]
            return self._delayed(stream, track), finest(stream)
        path = self._tracks[number].template_path if track.origin == "pieces" else track.path
        container = open_input(path)
        self._inputs.append(container)
        if not container.streams:
            raise MediaError(f"nothing of stream {track.source_index} of {self._spec.source!r} decodes")
        stream = container.streams[0]
        if track.origin == "pieces":
            return stream, self._tracks[number].time_base
        return self._delayed(stream, track), finest(stream)

    def _delayed(self, stream: Any, track: TrackSpec) -> Any:  # noqa: ANN401
        """The stream as Matroska has to describe it: how much of its sound is not to be heard stands in its header."""
        window = _window(self._spec, track.clock_ahead())
        if stream.type != "audio" or self._spec.format not in _DELAYING or not stream.codec_context.rate:
            return stream
        # Matroska's own description is taken over, unless something is cut off in front.
        told = window.begin is None and "matroska" in stream.container.format.name
        if told or not window.hides(stream):
            return stream
        with open_input(track.path or self._spec.source) as again:
            same = again.streams[stream.index]
            packet, samples = unheard(again.demux(same), same, window)
            if samples is None:
                return stream
            container = with_delay(same, packet, samples)
        self._inputs.append(container)
        return container.streams[0]

    def _cover(self, track: TrackSpec) -> Cover:
        return read_cover(self._spec.source, self._source.streams[track.source_index])

    def _attach_picture(self, track: TrackSpec) -> None:
        cover = self._cover(track)
        self._output.add_attachment(cover.name, cover.mimetype, cover.data)

    def _picture_tag(self, track: TrackSpec) -> None:
        """Ogg has no pictures; the comments of its first stream hold them."""
        for stream in self._streams.values():
            stream.metadata["METADATA_BLOCK_PICTURE"] = self._cover(track).as_comment()
            break

    def _attach(self, stream: Any) -> None:  # noqa: ANN401
        name = stream.metadata.get("filename", f"attachment-{stream.index}")
        self._output.add_attachment(name, stream.mimetype or "application/octet-stream", stream.data)

    # -- packets --------------------------------------------------------------------------------------------------

    def run(self, report: Callable[[int], None]) -> int:
        """Interleave everything by time and write it; gives the number of frames from pieces."""
        frames = written = 0
        self._tallies = {n: Tally() for n, track in enumerate(self._spec.tracks) if track.kind != "cover"}
        mux = self._output.mux_one
        for number, packet in self._in_order():
            if self._runs_back(number, packet):
                continue
            if number in self._tallies:
                self._tallies[number].see(packet)
            if number in self._late:
                packet.pts += self._late[number]
                packet.dts += self._late[number]
            mux(packet)
            frames += number in self._tracks
            written += 1
            if written % _REPORT_EVERY == 0:
                report(frames)
        for container in self._inputs:
            container.close()
        report(frames)
        return frames

    def _in_order(self) -> Iterator[tuple[int, Any]]:
        """All packets by time; those of a single lane are in order already."""
        lanes = [self._from_pieces(n, track) for n, track in self._tracks.items()]
        files = {n for n, track in enumerate(self._spec.tracks) if track.origin == "file"}
        lanes += [self._from_file(n) for n in sorted(files - self._empty)]
        if self._copied:
            lanes.append(self._copy(self._source, self._copied))
        if len(lanes) == 1:
            return lanes[0]
        ticks = {n: Fraction(stream.time_base).as_integer_ratio() for n, stream in self._streams.items()}

        def moment(item: tuple[int, Any]) -> float:
            number, packet = item
            times, over = ticks[number]
            return int(packet.pts if packet.dts is None else packet.dts) * times / over

        return heapq.merge(*lanes, key=moment)

    @property
    def priming(self) -> dict[int, int]:
        """Ticks that are not to be heard of streams that begin late, by their place in the output; `edit_list`."""
        return {self._streams[number].index: ticks for number, ticks in self._late.items()}

    def _delay(self, number: int, packet: Any, priming: int) -> None:  # noqa: ANN401
        """Sound that is heard from later than zero on begins there, priming and all, until its edit list is written."""
        if priming and self._spec.format in _ASCENDING and packet.pts + priming > 0:
            self._late[number] = priming

    def _runs_back(self, number: int, packet: Any) -> bool:  # noqa: ANN401
        """Whether a copied packet of a damaged source goes back in time, or stands still, where that can't be held."""
        if packet.dts is None or self._spec.tracks[number].origin == "pieces":
            return False
        last = self._latest.get(number)
        if last is not None and (packet.dts < last or (packet.dts == last and self._spec.format in _ASCENDING)):
            self.dropped += 1
            return True
        self._latest[number] = packet.dts
        return False

    def written(self) -> list[dict[str, Any]]:
        """What went into each stream, for comparing with what is read back."""
        return [
            {**tally.facts(), "exact": self._is_stored_as_given(number), "readable": number not in self._unreadable}
            for number, tally in self._tallies.items()
        ]

    def _is_stored_as_given(self, number: int) -> bool:
        """Streams with start codes or ADTS headers are rewritten by containers that have their own framing."""
        track = self._spec.tracks[number]
        framed = self._source.format.name in _FRAMED and track.origin == "source"
        return not framed and track.kind != "subtitle" and self._spec.format in {"matroska", "webm", "mp4", "mov"}

    def _from_pieces(self, number: int, track: PieceTrack) -> Iterator[tuple[int, Any]]:
        stream = self._streams[number]
        target = Fraction(stream.time_base)
        clock = Clock(track.time_base, target, self._spec.shift_seconds)
        for timed in track.packets():
            packet = timed.packet
            packet.stream = stream
            packet.time_base = target
            packet.pts, packet.dts = clock.convert(timed.pts), clock.convert(timed.dts)
            packet.duration = clock.convert(timed.pts + timed.duration) - packet.pts
            yield number, packet

    def _from_file(self, number: int) -> Iterator[tuple[int, Any]]:
        track = self._spec.tracks[number]
        with open_input(track.path) as container:
            yield from self._copy(container, {0: number}, track.clock_ahead())

    def _copy(self, container: Any, numbers: dict[int, int], ahead: Fraction = _NO_TIME) -> Iterator[tuple[int, Any]]:  # noqa: ANN401
        """Packets of some streams of a container, on the output's clock, within ``start`` and ``end``."""
        window, shift = _window(self._spec, ahead), self._spec.shift_seconds - ahead
        lanes = {
            index: (n, CopiedStream(container.streams[index], self._streams[n], window, shift))
            for index, n in numbers.items()
        }
        begun: set[int] = set()
        for packet in container.demux([container.streams[index] for index in numbers]):
            if not packet.size:
                continue
            number, lane = lanes[packet.stream_index]
            if not lane.has_time(packet):
                self.dropped += 1
            elif lane.is_wanted(packet):
                lane.place(packet)
                if number not in begun:
                    begun.add(number)
                    self._delay(number, packet, lane.priming)
                yield number, packet


def _window(spec: JoinSpec, ahead: Fraction = _NO_TIME) -> Window:
    """What of a stream is wanted, by a clock that is so many seconds ahead of the source's."""
    begin, end = (Fraction(at) + ahead if at else None for at in (spec.start, spec.end))
    return Window(begin, end, spec.format)


def _is_readable(path: str) -> bool:
    """Whether a file of ours holds any packet: one that does not can't even be opened."""
    try:
        open_input(path).close()
    except ProbeError:
        return False
    return True
