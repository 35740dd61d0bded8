"""Pieces to one file: strict or permissive, gaps found, formats compared, the result under its name only when whole.

Two ways. With the chunks that pieces of video were made from, packets are joined with the source's own timestamps,
frame for frame, and read back before the result gets its name: the steps ``join`` and ``publish`` of a plan, run here.
Sound, and pieces that come from elsewhere, go through ffmpeg's concat demuxer, which puts each after the last one's
end. The pipeline uses the first way directly, with all other streams of the film.
"""

from __future__ import annotations

import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from suture.command.base import RunContext
from suture.command.concat import ConcatCommand
from suture.command.part import part_of
from suture.command.quoting import concat_value
from suture.command.step import StepCommand
from suture.errors import ConcatError, ProbeError
from suture.media.index import read_index
from suture.media.isolated import call
from suture.media.probe import probe
from suture.media.spec import JoinSpec, PieceSpec, TrackSpec, write_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from suture.model import ChunkData, EncoderResult, StreamInfo

__all__ = ["Concatenator"]

_Shape: TypeAlias = "tuple[tuple[object, ...], ...]"

_log = logging.getLogger(__name__)
# A step that says nothing for so long hangs.
_STALL_S = 600.0
_FORMATS = {
    ".mkv": "matroska",
    ".mka": "matroska",
    ".mp4": "mp4",
    ".m4a": "mp4",
    ".m4v": "mp4",
    ".mov": "mov",
    ".webm": "webm",
}


@dataclass(frozen=True, slots=True)
class Concatenator:
    """Joins encoded pieces.

    Args:
        strict: any piece that failed, is missing or can't be read is an error; otherwise its range is left out, and
            said; later frames keep their times where ``chunks`` are known.
        chunks: what the pieces were made from, for exact timestamps; empty: one piece begins where the last ends.
        ffmpeg: the binary for pieces from elsewhere; None: the one that is found.
    """

    strict: bool = True
    chunks: tuple[ChunkData, ...] = ()
    ffmpeg: str | None = None

    def concatenate(self, results: Sequence[EncoderResult], final_output_path: str) -> bool:
        """Write ``final_output_path`` from the pieces, in the order of their ids.

        Returns:
            True. What stood under the name before is replaced only by a whole file.

        Raises:
            ConcatError: no pieces; one failed, is missing or can't be read (strict); two differ in format.
            VerificationError: what was joined is not what was to be joined.
        """
        good = self._accepted(results)
        shapes = self._compatible(good)
        output = Path(final_output_path)
        part = Path(part_of(final_output_path))
        with tempfile.TemporaryDirectory(prefix="suture-") as folder:
            try:
                if self.chunks and shapes[0][0] == "video":
                    self._join(good, output, part, folder)
                else:
                    self._concat(good, part, folder)
                    part.replace(output)
            finally:
                part.unlink(missing_ok=True)
        return True

    def _accepted(self, results: Sequence[EncoderResult]) -> dict[EncoderResult, _Shape]:
        """The pieces that can be used and what is in them, in order; what is missing is an error or a warning."""
        ids = [result.chunk_id for result in results]
        done = [result.chunk_id for result in results if result.success]
        if len(set(done)) != len(done):
            raise ConcatError("two pieces have one id", "chunk ids must be unique")
        expected = {chunk.chunk_id for chunk in self.chunks} or set(range(max(ids, default=-1) + 1))
        if unknown := sorted(set(ids) - expected):
            raise ConcatError(f"no chunk has the id {unknown[0]}", "give the chunks that the pieces were made from")
        shapes = {r: shape for r in sorted(results, key=lambda r: r.chunk_id) if (shape := _shape_of(r))}
        missing = sorted(expected - {result.chunk_id for result in shapes})
        if missing:
            text = "failed or missing: " + ", ".join(map(self._named, missing))
            if self.strict:
                raise ConcatError(text, "encode them again, or leave them out with strict=False")
            _log.warning("%s; left out", text)
        if not shapes:
            raise ConcatError("there are no pieces to join")
        return shapes

    def _named(self, chunk_id: int) -> str:
        """A piece with its range, where that is known."""
        ranges = {c.chunk_id: f" ({c.start_time:.3f} s to {c.end_time:.3f} s)" for c in self.chunks}
        return f"piece {chunk_id}{ranges.get(chunk_id, '')}"

    def _compatible(self, shapes: dict[EncoderResult, _Shape]) -> _Shape:
        """What is in all of the pieces."""
        (first, shape), *others = shapes.items()
        for result, other in others:
            if other != shape:
                raise ConcatError(
                    f"pieces {first.chunk_id} and {result.chunk_id} differ: {shape} and {other}",
                    "encode all with the same settings",
                )
        return shape

    def _concat(self, results: Iterable[EncoderResult], part: Path, folder: str) -> None:
        listing = Path(folder) / "pieces.txt"
        lines = [f"file {concat_value(str(Path(result.output_path).resolve()))}" for result in results]
        text = "ffconcat version 1.0\n" + "\n".join(lines) + "\n"
        listing.write_bytes(os.fsencode(text))
        ConcatCommand("concat", str(listing), str(part)).set_program(self.ffmpeg).run()

    def _join(self, results: Iterable[EncoderResult], output: Path, part: Path, folder: str) -> None:
        """The exact way: the source is indexed again, its times go to the packets."""
        if output.suffix.lower() not in _FORMATS:
            raise ConcatError(f"no container is known for {output.name!r}", "use " + ", ".join(_FORMATS))
        spec = JoinSpec(
            self.chunks[0].source_path,
            str(output),
            str(part),
            _FORMATS[output.suffix.lower()],
            (self._track(results, folder),),
            permissive=not self.strict,
            overwrite=True,
        )
        path = str(Path(folder) / "join.json")
        write_spec(spec, path)
        for step in ("join", "publish"):
            StepCommand(step, step, path, spec.source, spec.output).run(RunContext(stall_timeout_s=_STALL_S))

    def _track(self, results: Iterable[EncoderResult], folder: str) -> TrackSpec:
        """The pieces and the times of their frames; a piece of unknown length keeps its own times."""
        chunks = {chunk.chunk_id: chunk for chunk in self.chunks}
        pieces = tuple(
            PieceSpec(r.chunk_id, r.output_path, chunks[r.chunk_id].start_frame, chunks[r.chunk_id].end_frame)
            for r in results
        )
        stream = self.chunks[0].stream_index
        if any(chunk.end_frame < 0 for chunk in self.chunks):
            return TrackSpec("video", "pieces", stream, pieces=pieces)
        index = str(Path(folder) / "index")
        source = self.chunks[0].source_path
        call("index", on_progress=lambda _packets: None, path=source, stream_index=stream, output=index)
        return TrackSpec("video", "pieces", stream, pieces=pieces, index=index, rate=str(read_index(index).rate()))


def _shape_of(result: EncoderResult) -> _Shape:
    """What a decoder must find the same in every piece; empty where there is no piece that can be used."""
    if not result.success or not Path(result.output_path).is_file():
        return ()
    try:
        streams = probe(result.output_path).streams
    except ProbeError as error:
        _log.warning("piece %d: %s", result.chunk_id, error)
        return ()
    return tuple(_stream_shape(stream) for stream in streams)


def _stream_shape(stream: StreamInfo) -> tuple[object, ...]:
    video = (stream.width, stream.height, stream.pix_fmt)
    return (stream.kind, stream.codec, *video, stream.sample_rate, stream.channels)
