"""Both sides decoded from end to end into files that numpy maps, and what the decoder complained of meanwhile.

Memory holds the times alone (some bytes a picture), never the numbers: those stay in the files, which whoever made
`Look.folder` removes. Neighbours: `command.thumbnails` and `command.samples` say how; `pictures` and `sound` compare.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from suture.cancel import CancelToken
from suture.command.base import RunContext
from suture.command.decoding import Listing
from suture.errors import CommandFailed
from suture.verify.finding import DIFFERENCE, UNJUDGED, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from suture.command.decoding import Decoding
    from suture.ffmpeg.progress import Progress
    from suture.verify.side import Look

__all__ = ["Decoded", "cleared", "complaints", "complaints_in", "decode", "undecodable"]

# What names a place in memory or a count differs from run to run.
_CHANGING: Final = re.compile(r"0x[0-9a-f]+|\d+")
_LEVELS: Final = ("[error]", "[fatal]", "[panic]")
_WARNINGS: Final = ("corrupt decoded frame", "corrupt input packet", "Packet corrupt")
# These are about what we write, not about what is read.
_OURS: Final = re.compile(r"\[(framecrc|rawvideo|s16le|out#|vost|aost)|monoton|muxer|Timestamps are unset")


@dataclass(frozen=True, slots=True)
class Decoded:
    """One decoded stream.

    Args:
        numbers: what the raw file holds, as a flat memory map.
        listing: the times of what lies in it.
        said: the lines in which the decoder complained.
        failure: why nothing came out; None: something did.
    """

    numbers: NDArray[Any]
    listing: Listing
    said: tuple[str, ...] = ()
    failure: CommandFailed | None = None

    @property
    def seconds(self) -> NDArray[np.float64]:
        """The times of what was decoded, in its order."""
        return np.asarray(np.array(self.listing.pts, np.float64) * float(self.listing.time_base))


def decode(command: Decoding, look: Look, what: str, kind: type[np.generic]) -> Decoded:
    """Run a decoding and map what it wrote.

    Args:
        command: writes into ``look.folder``.
        look: how to look at it.
        what: for the progress: ``video 0 of the source``.
        kind: of the numbers in the file.

    Raises:
        CommandError: it was stopped, or hung, or there was no room; that nothing decodes is in `Decoded.failure`.
        FFmpegNotFound: there is no ffmpeg.
    """

    def report(progress: Progress) -> None:
        look.on_progress(what, progress.frame or (progress.out_time_us or 0) // 1_000_000)

    context = RunContext(report, look.cancel or CancelToken(), Path(look.folder))
    # An output that is here already would be another run's.
    for path in (command.output_path, command.times_path, f"{look.folder}/{command.id}.log"):
        Path(path).unlink(missing_ok=True)
    try:
        said = command.listen(context)
    except CommandFailed as error:
        return Decoded(np.empty(0, kind), Listing.empty(), failure=error)
    listing = Listing.read(command.times_path)
    numbers = np.memmap(command.output_path, kind, "r") if listing.pts else np.empty(0, kind)
    return Decoded(numbers, listing, tuple(complaints_in(said)))


def complaints_in(said: str) -> Iterator[str]:
    """The lines of an ffmpeg's stderr in which a decoder or demuxer complains."""
    for line in said.splitlines():
        if line.startswith("$ ") or _OURS.search(line):
            continue
        if any(level in line for level in _LEVELS) or any(warning in line for warning in _WARNINGS):
            yield re.sub(r"\s*@ 0x[0-9a-f]+", "", line).strip()


def undecodable(source: Decoded, output: Decoded, name: str) -> Iterator[Finding]:
    """What there is to say where one of the two does not decode at all."""
    if source.failure is not None:
        yield Finding("undecodable-source", f"{name} of the source can't be decoded: {source.failure}", UNJUDGED, name)
    elif output.failure is not None:
        # That this ffmpeg lacks a decoder is no fault of the output.
        weight = UNJUDGED if output.failure.exit_code == 5 else DIFFERENCE  # noqa: PLR2004 - a tool is missing
        yield Finding("undecodable", f"{name} can't be decoded: {output.failure}", weight, name)


def complaints(source: Decoded, output: Decoded, name: str) -> Iterator[Finding]:
    """What the decoder says of the output alone."""
    known = {_CHANGING.sub("#", line) for line in source.said}
    new = [line for line in output.said if _CHANGING.sub("#", line) not in known]
    if new:
        more = f" (and {len(new) - 1} more such lines)" if len(new) > 1 else ""
        yield Finding("decode-error", f"{name} is damaged, the decoder complains: {new[0]}{more}", stream=name)


@contextlib.contextmanager
def cleared(*commands: Decoding) -> Iterator[None]:
    """Remove what was decoded when the comparison is over: two films may not fit beside each other."""
    try:
        yield
    finally:
        for command in commands:
            for path in (command.output_path, command.times_path):
                Path(path).unlink(missing_ok=True)
