"""Frames of a stream for a plan: from its packets where these can be trusted, else from one linear decode."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from suture.cancel import CancelToken
from suture.chunker import why_whole
from suture.command.base import RunContext
from suture.command.frame_times import FrameTimes
from suture.errors import CommandFailed, MediaError
from suture.media.index import FrameIndex, parse_framecrc, read_index, write_index
from suture.media.isolated import call

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.model import MediaInfo, StreamInfo

__all__ = ["Frames", "index_for", "linear_index"]


@dataclass(frozen=True, slots=True)
class Frames:
    """An index, where it is to be written for the join, why the stream stays whole, and what to tell people."""

    index: FrameIndex
    path: str
    whole: str = ""
    note: str = ""

    def write(self, index: FrameIndex) -> str:
        """Write the part of the index that the output holds; gives the path."""
        write_index(index, self.path)
        return self.path


def index_for(
    info: MediaInfo,
    stream: StreamInfo,
    folder: str,
    ffmpeg: str,
    *,
    linear: bool,
    on_note: Callable[[str], None],
    cancel: CancelToken | None = None,
) -> Frames:
    """Index one stream.

    Args:
        info: the file.
        stream: which of its video streams.
        folder: where the index is written.
        ffmpeg: the binary, for a linear decode.
        linear: decode it in one go whatever its packets look like.
        on_note: told what takes long.
        cancel: stops it when set.

    Raises:
        MediaError: it can't be read.
    """
    path = str(Path(folder) / f"video-{stream.index}.index")
    call(
        "index",
        timeout_s=120.0,
        on_progress=lambda _packets: None,
        cancel=cancel,
        path=info.path,
        stream_index=stream.index,
        output=path,
    )
    index = read_index(path)
    whole = "a cut of it was not exact" if linear else why_whole(info, stream, index)
    if not whole:
        return Frames(index, path)
    if not linear and _packets_are_frames(whole):
        return Frames(index, path, whole)
    on_note(f"decoding video stream {stream.index} once to count its frames: {whole}")
    index = linear_index(info.path, stream, path, ffmpeg, cancel)
    return Frames(index, path, whole, f"from one linear decode: {whole}")


def _packets_are_frames(whole: str) -> bool:
    """Only the pictures after a seek are in doubt, not which frames there are."""
    return whole.startswith("4:4:4")


def linear_index(
    source: str, stream: StreamInfo, path: str, ffmpeg: str, cancel: CancelToken | None = None
) -> FrameIndex:
    """The frames that this ffmpeg gives in one linear decode.

    Raises:
        MediaError: none.
    """
    listing = f"{path}.frames"
    command = FrameTimes(f"frames-{stream.index}", source, listing, stream=stream.index, time_base=stream.time_base)
    try:
        command.set_program(ffmpeg).run(RunContext(cancel=cancel or CancelToken()))
    except CommandFailed as error:
        if not Path(listing).exists():
            raise MediaError(
                f"nothing of video stream {stream.index} of {source!r} decodes: {error.message}"
            ) from error
    with Path(listing).open() as lines:
        index = parse_framecrc(lines, stream.index, stream.time_base)
    Path(listing).unlink()
    return index
