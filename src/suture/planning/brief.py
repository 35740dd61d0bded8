"""`Brief`: what every part of a plan is made from, looked up once. And `Video`, the plan of one video track."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from suture.planning.ability import Ability

if TYPE_CHECKING:
    from suture.command.base import Command
    from suture.encoder import VideoEncoder
    from suture.media.index import FrameIndex
    from suture.model import ChunkData, MediaInfo
    from suture.planning.containers import Container
    from suture.planning.targeting import Targeting
    from suture.planning.tracks import Track, TrackList
    from suture.scenes import Shots
    from suture.settings import EncodeSettings

__all__ = ["Brief", "Decision", "VideoPlan"]


@dataclass(frozen=True, slots=True)
class Brief:
    """The source, what is asked for, and with what it is done.

    Args:
        output: the file to make.
        settings: what is asked for.
        folder: the job's own, existing folder.
        info: the source.
        container: the output's.
        tracks: what becomes of each stream.
        ffmpeg: the binary.
        workers: how many encoders run at once.
        cores: of the machine that it is planned for.
        overwrite: an existing output may be replaced.
        ability: of the video encoder, in this ffmpeg.
        even: whether the source's clock has been evened out, or can't be.
        copy: what makes the evened copy that ``info`` describes; None: it describes the source.
    """

    output: str
    settings: EncodeSettings
    folder: str
    info: MediaInfo
    container: Container
    tracks: TrackList
    ffmpeg: str
    workers: int
    cores: int
    overwrite: bool = False
    ability: Ability = field(default_factory=Ability)
    even: bool = False
    copy: Command | None = None

    @property
    def zero(self) -> Fraction:
        """Seconds on the source's clock where the film begins; ``--start`` and ``--end`` count from here."""
        return Fraction(self.info.start_us, 1_000_000)

    @property
    def start(self) -> Fraction | None:
        """Where the output begins on the source's clock; None: at the source's beginning."""
        return None if self.settings.start is None else self.zero + self.settings.start

    @property
    def end(self) -> Fraction | None:
        """Where the output ends on the source's clock; None: at the source's end."""
        return None if self.settings.end is None else self.zero + self.settings.end


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that was decided without being asked: what, why, and the option that says otherwise."""

    what: str
    why: str
    option: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.why}" + (f" [{self.option}]" if self.option else "")


@dataclass(frozen=True, slots=True)
class VideoPlan:
    """One video track that is encoded: its frames, its pieces, its encoder.

    Args:
        track: which.
        index: the frames that the output gets.
        index_path: where that index lies for the join.
        chunks: the pieces, in the source's own numbering of frames.
        encoder: makes their commands.
        costs: predicted work of each piece.
        first_frame: the output's first frame in the source's numbering (``--start``).
        own_times: a filter changes the frames, so the pieces' own timestamps count.
        before: what has to run before the pieces.
        cut_short: what libavformat says of a source that ends too early.
        listing: the linear decode that told the frames; None: packets did.
        head: so many of the first pieces can begin before all has been looked at.
        shots: of the frames that the output gets, numbered as these; None: nobody looked for them.
        targeting: how each piece reaches the goal that was asked for; None: there is none.
    """

    track: Track
    index: FrameIndex
    index_path: str
    chunks: tuple[ChunkData, ...]
    encoder: VideoEncoder
    costs: tuple[float, ...]
    first_frame: int = 0
    own_times: bool = False
    before: Command | None = None
    cut_short: str = ""
    listing: Command | None = None
    head: int = 0
    targeting: Targeting | None = None
    shots: Shots | None = None
