"""`TargetedVideo`: a piece that is encoded until it looks as good as was asked, and not better.

One command for the orchestrator; inside it encodes and measures what `search` asks for, one thing after the other. The
first whole encode that is near enough is the piece: nothing is encoded once more at the end. Each result is written
down (`trials`) before the next one is begun, so a run that died goes on where it was. Which runs of frames stand for
the piece is told by whoever makes the command (`suture.planning.targeting`).
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Self

from suture.command.base import Command, RunContext
from suture.command.measuring import Seen
from suture.command.part import Part
from suture.command.quoting import is_url
from suture.digest import digest_of, look_of
from suture.errors import ChunkError, CommandFailed
from suture.quality.effort import Effort
from suture.quality.measure import measure
from suture.quality.search import Found, next_trial
from suture.quality.trials import Trials, conclude

if TYPE_CHECKING:
    from suture.command.base import Files, Outcome, Resource, TaskType
    from suture.command.measuring import Gauge
    from suture.command.video import VideoBuilder
    from suture.goal import Goal
    from suture.quality.search import Scale, Trial

__all__ = ["Stretch", "TargetedVideo"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some frames of the film, how they are encoded, and what the result is held against.

    Args:
        encode: the command that encodes them, but for the quality.
        reference: the frames themselves, with neighbours that the metric looks at.
        frames: how many, without the neighbours.
        before: neighbours in front.
        behind: neighbours behind.
        kept: which of the frames count, as half-open ranges; empty: all.
    """

    encode: VideoBuilder
    reference: Seen
    frames: int
    before: int = 0
    behind: int = 0
    kept: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class TargetedVideo(Command):
    """Encodes a piece at the quality that reaches a goal.

    Args:
        whole: the piece.
        runs: runs of its frames that stand for it while the quality is looked for; None: it is short.
        goal: what it has to reach.
        gauge: how it is measured.
        scale: the encoder's.
        start: the quality with which the search begins.
        rate: frames a second of the film, nominally.
        trials: a folder for what is learned on the way.
    """

    whole: Stretch = field()
    runs: Stretch | None = None
    goal: Goal = field(kw_only=True)
    gauge: Gauge = field(kw_only=True)
    scale: Scale = field(kw_only=True)
    start: float = field(kw_only=True)
    rate: Fraction = Fraction(25)
    trials: str = field(kw_only=True)

    @property
    def id(self) -> str:
        """That of the piece."""
        return self.whole.encode.id

    @property
    def priority(self) -> int:
        """That of the piece."""
        return self.whole.encode.priority

    @property
    def input_path(self) -> str:
        """The film."""
        return self.whole.encode.input_path

    @property
    def output_path(self) -> str:
        """The piece."""
        return self.whole.encode.output_path

    @property
    def task_type(self) -> TaskType:
        """Video."""
        return self.whole.encode.task_type

    @property
    def resource(self) -> Resource:
        """As the encoder; measuring takes a core in its stead."""
        return self.whole.encode.resource

    @property
    def reusable(self) -> bool:
        """What was found is there to stay."""
        return True

    @property
    def found_path(self) -> str:
        """Where stands, beside the piece, what was found."""
        return f"{self.output_path}.found"

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """All that may be encoded."""
        return (self.whole,) if self.runs is None else (self.whole, self.runs)

    def material(self) -> list[str]:
        """All that a score of its encodes depends on, but the quality; films by what they are, not by their names.

        Raises:
            CommandFailed: the film is not there any more.
        """
        files = _Files()
        try:
            commands = [text for stretch in self.stretches for text in stretch.encode.identity(files)]
        except OSError as error:
            what = f"{self.input_path!r} can't be read: {error.strerror}"
            raise CommandFailed(what, "was it moved or removed?") from error
        return [repr(self.gauge), repr(self.rate), *commands]

    def build_args(self) -> list[str]:
        """The encode with which the search begins; which one ends it, nobody knows before."""
        return self.whole.encode.set_crf(self.scale.nearest(self.start)).build_args()

    def command_line(self) -> list[str]:
        """As `build_args`, with the program's place."""
        return self.whole.encode.set_crf(self.scale.nearest(self.start)).command_line()

    def identity(self, files: Files) -> tuple[str, ...]:
        """What is encoded, from which runs the search learned, and what was asked for."""
        told = (self.goal, self.gauge, self.scale, self.start, self.rate)
        commands = (text for stretch in self.stretches for text in stretch.encode.identity(files))
        return (*commands, *map(repr, told))

    def leaner(self) -> Self | None:
        """The same with encoders that take less memory."""
        lean = self.whole.encode.leaner()
        if lean is None:
            return None
        runs = self.runs and replace(self.runs, encode=self.runs.encode.leaner() or self.runs.encode)
        return replace(self, whole=replace(self.whole, encode=lean), runs=runs)

    def set_priority(self, priority: int) -> Self:
        """As the encoder's own."""
        return replace(self, whole=replace(self.whole, encode=self.whole.encode.set_priority(priority)))

    def run(self, context: RunContext | None = None) -> Outcome:
        """Search; see `Command.run`.

        Raises:
            CommandError: an encode or a measuring failed, or it was stopped.
            Unsupported: this ffmpeg can't measure it.
        """
        search = _Search(self, context or RunContext())
        try:
            return search.piece()
        finally:
            search.clear()


class _Files:
    """Names files by what is in them."""

    def source(self, path: str) -> str:
        """As `suture.command.base.Files.source`."""
        return path if is_url(path) else look_of(path)

    def content(self, path: str) -> str:
        """As `suture.command.base.Files.content`."""
        return digest_of(path) if Path(path).is_file() else path


class _Search:
    """One run of a `TargetedVideo`."""

    def __init__(self, asked: TargetedVideo, context: RunContext) -> None:
        self.asked, self.context = asked, context
        counts = asked.whole.frames, sum(end - first for first, end in asked.runs.kept) if asked.runs else 0
        self.trials = Trials(asked.trials, asked.material(), asked.goal.pool, counts)
        self.effort = Effort(context, asked.whole.frames, asked.runs.frames if asked.runs else 0)
        self.runs = asked.runs
        self.made: dict[float, str] = {}

    def piece(self) -> Outcome:
        """The piece under its name; beside it, what was found."""
        while not isinstance(step := self._next(), Found):
            if not self.trials.know(step):
                self._try(step)
        path = self.made.get(step.quality) or self._encoded(self.asked.whole, step.quality)
        conclude(self.asked.found_path, step, self.trials.tried)
        with Part(self.asked.output_path) as part:
            Path(path).replace(part.path)
            digest = part.settle() if self.context.durable else ""
        return self.effort.outcome(Path(self.asked.output_path).stat().st_size, digest)

    def clear(self) -> None:
        """Remove what was encoded and is not the piece."""
        for path in self.made.values():
            Path(path).unlink(missing_ok=True)

    def _next(self) -> Trial | Found:
        asked = self.asked
        return next_trial(self.trials.tried, asked.goal, asked.scale, asked.start, parts=self.runs is not None)

    def _try(self, trial: Trial) -> None:
        """Do what is asked for, and write it down."""
        stretch = self.asked.whole if trial.whole else self.runs
        assert stretch is not None  # noqa: S101 - parts are asked for where there are some
        try:
            path = self._encoded(stretch, trial.quality)
            values = self._measured(stretch, path)
        except ChunkError:
            if trial.whole:
                raise
            self.runs = None  # frames are not where they were thought to be; the whole is counted otherwise
            self._named(stretch, trial.quality).unlink(missing_ok=True)
            return
        self.trials.add(trial, values, Path(path).stat().st_size)
        if not trial.whole:
            Path(path).unlink(missing_ok=True)

    def _encoded(self, stretch: Stretch, quality: float) -> str:
        """Encode it, under a name that says at which quality."""
        path = str(self._named(stretch, quality))
        encode = replace(stretch.encode.set_crf(quality), output_path=path)
        self.effort.add(encode.run(self.effort.step(stretch.frames)))
        if stretch is self.asked.whole:
            self.made[quality] = path
        return path

    def _named(self, stretch: Stretch, quality: float) -> Path:
        final = Path(stretch.encode.output_path)
        return final.with_name(f"{final.stem}.q{quality:g}{final.suffix}")

    def _measured(self, stretch: Stretch, path: str) -> array[float]:
        (scores,) = measure(
            stretch.reference,
            Seen(path, options=("-noautorotate",)),  # its pictures lie as the encoder got them
            (self.asked.gauge,),
            folder=str(Path(path).parent),
            frames=stretch.frames,
            rate=self.asked.rate,
            lead_in=stretch.before,
            lead_out=stretch.behind,
            bare=True,
            name=f"{Path(path).stem}.score",
            ffmpeg=stretch.encode.program,
            context=self.effort.step(stretch.frames),
            on_cost=self.effort.add,
        )
        if not stretch.kept:
            return scores.values
        return array("d", (value for first, end in stretch.kept for value in scores.values[first:end]))
