"""`ProvenVideo`: a piece that is made only from pictures known to be the film's.

Where a seek may decode other pictures than a linear decode does, or a filter looks at neighbouring frames, the frames
on their way into the encoder are listed beside, and every one is compared with a listing of one linear decode: its time
and the checksum of its picture. A piece with one that differs has failed. The checksums cost some milliseconds a frame
at 1080p, much less than encoding it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from suture.command.frame_times import FrameTimes, listing_options
from suture.command.identity import material
from suture.command.quoting import output_argument
from suture.command.video import VideoBuilder
from suture.errors import ChunkError
from suture.ffmpeg.build import build_of
from suture.ffmpeg.locate import locate
from suture.media.listing import read_listed

if TYPE_CHECKING:
    from suture.command.base import Files
    from suture.command.ffmpeg import FFmpegBuilder
    from suture.ffmpeg.progress import Progress

__all__ = ["ProvenVideo"]


@dataclass(frozen=True, slots=True)
class ProvenVideo(VideoBuilder):
    """Encodes as its base does.

    Args:
        listing: of the linear decode, as `FrameTimes` wrote it.
        first: the number there of the piece's first frame.
        seen: how many of the filters come before the place where frames are compared.
        tick: of the listing, in seconds.
    """

    listing: str = ""
    first: int = 0
    seen: int = 0
    tick: Fraction = Fraction(1, 90_000)

    @property
    def beside(self) -> str:
        """Where the frames are listed while the piece is made."""
        return f"{self.output_path}.frames"

    def arguments(self) -> FFmpegBuilder:
        """The command without its program: two outputs, of which the first lists what the second encodes."""
        ask = VideoBuilder.arguments(self)  # super() does not know a class that slots have made anew
        listed = ("-map", "[listed]", *listing_options(self.tick), output_argument(self.beside))
        return ask.add_side_output(*listed)

    def sample(self, path: str, frames: int) -> FrameTimes:
        """The command that lists its first frames only, without encoding them."""
        command = FrameTimes(
            Path(path).stem,
            self.input_path,
            path,
            stream=self.stream or 0,
            time_base=self.tick,
            filters=self.filters[: self.seen],
            input_options=self.input_options,
            frames=frames,
        )
        return command.set_program(self.program)

    def check(self, progress: Progress | None, path: str) -> None:
        """As its base, and every frame against the linear decode.

        Raises:
            ChunkError: there are other frames, or one shows something else.
        """
        VideoBuilder.check(self, progress, path)
        count = self.expected or 0
        try:
            made, wanted = read_listed(self.beside), read_listed(self.listing, self.first, count)
        except (OSError, ValueError, IndexError) as error:
            raise ChunkError(f"the frames of {self.id} are not listed: {error}", "it is made again") from error
        finally:
            Path(self.beside).unlink(missing_ok=True)
        differs = next((n for n, (a, b) in enumerate(zip(made, wanted, strict=False)) if not a.is_like(b)), None)
        if differs is None and len(made) != len(wanted):
            differs = min(len(made), len(wanted))
        if differs is not None:
            what = f"frame {self.first + differs} of the film is another one in {self.id} than in a linear decode"
            raise ChunkError(what, "its seek or its filter can't be trusted here")

    def identity(self, files: Files) -> tuple[str, ...]:
        """As its base, whatever the listing is called; what the listing says is the film's own."""
        plain = VideoBuilder.arguments(self).build()[1:]
        told = ("proven", str(self.first), str(self.expected), *(["decoded"] if self.decoded else []))
        return (*build_of(locate(self.program)), *material(plain, files), *told)

    def _filtered(self, ask: FFmpegBuilder) -> FFmpegBuilder:
        """A graph that parts behind the filters that are looked at."""
        before, behind = self.filters[: self.seen], self.filters[self.seen :]
        looked = ",".join([*before, "split[listed][film]"])
        video = self.stream or 0
        graph = f"[0:{video}]{looked};[film]{','.join(behind) or 'null'}[made]"
        return ask.set_graph(graph).add_map("[made]")
