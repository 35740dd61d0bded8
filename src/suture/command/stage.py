"""`StagedVideo`: one process of several that make a piece, each on the resource that it needs.

Between two of them lies an intermediate without loss, which the one that reads it removes. How a piece is parted is
`suture.planning.stages`' decision; what a process decodes and filters is told by `suture.encoder.video`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from suture.command.encoders import resource_of
from suture.command.hardware import device_arguments
from suture.command.video import VideoBuilder

if TYPE_CHECKING:
    from suture.command.base import Outcome, Resource, RunContext
    from suture.command.ffmpeg import FFmpegBuilder

__all__ = ["StagedVideo"]


@dataclass(frozen=True, slots=True)
class StagedVideo(VideoBuilder):
    """Encodes as its base does.

    Args:
        device: the kind that its filters run on; empty: none.
        slot: what it occupies; None: as its filters and its encoder tell.
        consumes: an intermediate that nobody needs any more once this has succeeded; empty: none.
    """

    device: str = ""
    slot: Resource | None = None
    consumes: str = ""

    @property
    def resource(self) -> Resource:
        """What it was told to occupy, else a GPU's encoder, a GPU's other units, or a core."""
        return self.slot or resource_of(self.codec, self.filters, self.hardware)

    def arguments(self) -> FFmpegBuilder:
        """The command without its program; pictures are decoded on cores and taken to the device by a filter."""
        ask = VideoBuilder.arguments(self)  # super() does not know a class that slots have made anew
        return ask.add_option(*device_arguments(self.device or None), where="global")

    def run(self, context: RunContext | None = None) -> Outcome:
        """As its base; then the intermediate goes, so that not all of a film's lie on the disk at once.

        Whoever dies between the two leaves a file that is in nobody's way, and goes with the job's folder.
        """
        outcome = VideoBuilder.run(self, context)
        if self.consumes:
            Path(self.consumes).unlink(missing_ok=True)
        return outcome
