"""Pieces to one file: strict or permissive, gaps found, formats compared, the result under its name only when whole.

Two ways. With the chunks that the pieces were made from, packets are joined with the source's own timestamps
(`suture.media.mux`), frame for frame. Pieces that come from elsewhere go through ffmpeg's concat demuxer, which puts
each after the last one's end. The pipeline uses the first way directly, with all other streams of the film.
"""

from __future__ import annotations

import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from suture.command.concat import ConcatCommand
from suture.command.quoting import concat_value
from suture.errors import ConcatError
from suture.media.isolated import call
from suture.media.probe import probe
from suture.media.spec import JoinSpec, PieceSpec, TrackSpec, write_spec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suture.model import ChunkData, EncoderResult, StreamInfo

__all__ = ["Concatenator"]

_log = logging.getLogger(__name__)
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
        strict: any piece that failed or is missing is an error; otherwise its range is left out, and said.
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
            ConcatError: no pieces; one failed or is missing (strict); two differ in format.
        """
        good = self._accepted(results)
        self._check_compatible(good)
        output = Path(final_output_path)
        part = output.with_name(f".part-{output.name}")
        with tempfile.TemporaryDirectory(prefix="suture-") as folder:
            try:
                if self.chunks:
                    self._join(good, output, part, folder)
                else:
                    self._concat(good, part, folder)
                part.replace(output)
            finally:
                part.unlink(missing_ok=True)
        return True

    def _accepted(self, results: Sequence[EncoderResult]) -> list[EncoderResult]:
        """The pieces that can be used, in order; what is missing is an error or a warning."""
        good = sorted((r for r in results if r.success and Path(r.output_path).is_file()), key=lambda r: r.chunk_id)
        have = [result.chunk_id for result in good]
        if len(set(have)) != len(have):
            raise ConcatError("two pieces have one id", "chunk ids must be unique")
        last = max((r.chunk_id for r in results), default=-1)
        expected = {chunk.chunk_id for chunk in self.chunks} or set(range(last + 1))
        missing = sorted(expected - set(have))
        if missing:
            text = "pieces " + ", ".join(map(str, missing)) + " failed or are missing"
            if self.strict:
                raise ConcatError(text, "encode them again, or leave them out with strict=False")
            _log.warning("%s; their ranges are left out", text)
        if not good:
            raise ConcatError("there are no pieces to join")
        return good

    def _check_compatible(self, results: Sequence[EncoderResult]) -> None:
        shapes = [(r.chunk_id, [_shape(s) for s in probe(r.output_path).streams]) for r in results]
        first_id, first = shapes[0]
        for chunk_id, shape in shapes[1:]:
            if shape != first:
                raise ConcatError(
                    f"pieces {first_id} and {chunk_id} differ: {first} and {shape}", "encode all with the same settings"
                )

    def _concat(self, results: Sequence[EncoderResult], part: Path, folder: str) -> None:
        listing = Path(folder) / "pieces.txt"
        lines = [concat_value(str(Path(result.output_path).resolve())) for result in results]
        listing.write_text("ffconcat version 1.0\n" + "\n".join(lines) + "\n")
        ConcatCommand("concat", str(listing), str(part)).set_program(self.ffmpeg).run()

    def _join(self, results: Sequence[EncoderResult], output: Path, part: Path, folder: str) -> None:
        """The exact way: the source is indexed again, its times go to the packets."""
        by_id = {chunk.chunk_id: chunk for chunk in self.chunks}
        chosen = [(by_id[result.chunk_id], result) for result in results]
        source, stream = self.chunks[0].source_path, self.chunks[0].stream_index
        index = str(Path(folder) / "index")
        call("index", timeout_s=600.0, path=source, stream_index=stream, output=index)
        pieces = tuple(PieceSpec(c.chunk_id, r.output_path, c.start_frame, c.end_frame) for c, r in chosen)
        track = TrackSpec("video", "pieces", stream, pieces=pieces, index=index)
        if output.suffix.lower() not in _FORMATS:
            raise ConcatError(f"no container is known for {output.name!r}", "use " + ", ".join(_FORMATS))
        form = _FORMATS[output.suffix.lower()]
        spec = JoinSpec(source, str(output), str(part), form, (track,), permissive=not self.strict)
        path = str(Path(folder) / "join.json")
        write_spec(spec, path)
        call("join", timeout_s=600.0, spec_path=path)


def _shape(stream: StreamInfo) -> tuple[object, ...]:
    """What a decoder must find the same in every piece."""
    video = (stream.width, stream.height, stream.pix_fmt)
    return (stream.kind, stream.codec, *video, stream.sample_rate, stream.channels)
