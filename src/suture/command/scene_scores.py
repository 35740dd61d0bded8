"""`SceneScores`: how much each picture of a range differs from the one before it, and what it looks like, very small.

One pass of ffmpeg's ``scdet`` over small pictures in colour. No cuts are decided here, and ``scdet``'s own threshold
counts for nothing: what is a cut and what is a flash, a fade or a fast pan is `suture.scenes`' business, and how a film
is shared among the cores `suture.planning.scenes`'.

The file: for each frame `suture.scenes.PICTURE` bytes of a grey picture; then for each its time in ticks (int64); then
for each its change in thousandths of a per cent of the full range (int32), both in this machine's byte order.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace
from fractions import Fraction
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.command.base import TaskType
from suture.command.ffmpeg import FFmpegBuilder, FFmpegCommand
from suture.command.quoting import file_address, filter_call
from suture.errors import ChunkError
from suture.scenes import PICTURE

if TYPE_CHECKING:
    from suture.command.base import Files, Outcome, RunContext
    from suture.ffmpeg.progress import Progress

__all__ = ["SceneScores", "read_scores"]

# The little pictures that are compared, in colour; larger ones find no more cuts (docs/scenes.md). And those that stay.
_COMPARED: Final = "32:18"
_KEPT: Final = "16:9"
# Goes into the identity: otherwise made is another result.
_SCHEMA: Final = "scene scores 1"
# scdet takes this for a cut, and says so; nothing reaches it.
_NEVER: Final = 100
_TIME, _CHANGE = "pts:", "lavfi.scd.mafd="
_TIMES, _CHANGES = "q", "i"


@dataclass(frozen=True, slots=True)
class SceneScores(FFmpegCommand):
    """Writes the scores of a range of frames.

    Args:
        stream: absolute index of the stream.
        time_base: a tick of the times that are written, in seconds.
        filters: what the pictures pass first, such as the choice of the range.
        input_options: how the film is opened, and where it is sought in.
        expected: so many frames, or `run` fails; None: as many as come.
    """

    input_path: str = field()
    output_path: str = field()
    stream: int = 0
    time_base: Fraction = Fraction(1, 90_000)
    filters: tuple[str, ...] = ()
    input_options: tuple[str, ...] = ()
    expected: int | None = None

    @property
    def task_type(self) -> TaskType:
        """Video."""
        return TaskType.VIDEO

    @property
    def listing(self) -> str:
        """Where the changes are listed while it runs."""
        return f"{self.output_path}.rows"

    def arguments(self) -> FFmpegBuilder:
        """The command without its program."""
        ask = FFmpegBuilder().add_input(self.input_path, self.input_options).add_map(f"0:{self.stream}")
        ask = ask.add_video_filter(*self.filters, *self._measuring())
        ask = ask.add_option("-c:v", "rawvideo", "-fps_mode", "passthrough", "-f", "rawvideo")
        return ask.add_output(self.output_path)

    def _measuring(self) -> tuple[str, ...]:
        """Filters that list how much each picture differs from the one before it, and leave a smaller one."""
        listed = filter_call("metadata", mode="print", key=_CHANGE[:-1], file=file_address(self.listing))
        clock = f"settb={self.time_base.numerator}/{self.time_base.denominator}"
        compared = (f"scale={_COMPARED}:flags=area", "format=rgb24", f"scdet=threshold={_NEVER}", listed)
        return (clock, *compared, f"scale={_KEPT}:flags=area", "format=gray")

    def identity(self, files: Files) -> tuple[str, ...]:
        """As its base, wherever the file lies."""
        plain = replace(self, output_path="scenes.scores")
        return (*FFmpegCommand.identity(plain, files), _SCHEMA, str(self.expected))

    def run(self, context: RunContext | None = None) -> Outcome:
        """Do it, as its base; nothing but the one file is left.

        Raises:
            ChunkError: there were more or fewer frames than expected.
            CommandError: it failed, hung or was cancelled.
        """
        try:
            return FFmpegCommand.run(self, context)
        finally:
            Path(self.listing).unlink(missing_ok=True)

    def check(self, progress: Progress | None, path: str) -> None:
        """Count the frames, and put their times and changes behind the pictures.

        Raises:
            ChunkError: they are not as many as expected, or not all are listed.
        """
        del progress  # what is in the file counts, not what ffmpeg says of it
        times, changes = self._listed()
        made, rest = divmod(Path(path).stat().st_size, PICTURE)
        if rest or made != len(times) or made != len(changes):
            raise ChunkError(f"{self.id} listed {len(times)} of {made} frames", "it is made again")
        if self.expected is not None and made != self.expected:
            raise ChunkError(f"{self.id} gave {made} frames, its range holds {self.expected}")
        with Path(path).open("ab") as file:
            times.tofile(file)
            changes.tofile(file)

    def _listed(self) -> tuple[array[int], array[int]]:
        """Times and changes, as ffmpeg's ``metadata`` filter writes them: a line for each of the two."""
        times, changes = array(_TIMES), array(_CHANGES)
        try:
            with Path(self.listing).open() as lines:
                for line in lines:
                    if line.startswith(_CHANGE):
                        changes.append(round(float(line.removeprefix(_CHANGE)) * 1000))
                    elif (at := line.find(_TIME)) >= 0:
                        times.append(int(line[at + len(_TIME) :].split(maxsplit=1)[0]))
        except (OSError, ValueError, OverflowError) as error:
            raise ChunkError(f"the changes of {self.id} are not listed: {error}", "it is made again") from error
        return times, changes


def read_scores(path: str) -> tuple[array[int], array[int], memoryview]:
    """Times, changes and pictures of a file that `SceneScores` wrote; the pictures stay on the disk until looked at.

    Raises:
        OSError: it can't be read.
        ValueError: it is empty or torn.
    """
    times, changes = array(_TIMES), array(_CHANGES)
    with Path(path).open("rb") as file:
        whole = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))
    frames, rest = divmod(len(whole), PICTURE + times.itemsize + changes.itemsize)
    if rest:
        raise ValueError(f"{path!r} is torn")
    behind = frames * (PICTURE + times.itemsize)
    times.frombytes(whole[frames * PICTURE : behind])
    changes.frombytes(whole[behind:])
    return times, changes, whole[: frames * PICTURE]
