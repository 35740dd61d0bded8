"""`LoudnessCommand`: measures a sound track and writes the filters that give it the loudness that was asked for.

The first of two passes (EBU R128): the second one is the encoder's, which reads the filters from the file that this
writes. Beside it lies what was measured, as JSON, for people. To the orchestrator it is one more command, a child of
its own (``suture loudness``), which runs ffmpeg over the track: once, or a few times where peaks have to be limited.
Neighbours: `gain` decides, `suture.ffmpeg.loudness` reads the figures.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.command.base import PRIORITY_HIGH, Command, Outcome, RunContext, TaskType, run_command_line
from suture.command.ffmpeg import FFmpegBuilder, stream_specifier
from suture.command.gain import Gain, Trial, best, next_gain
from suture.command.identity import with_contents
from suture.command.part import Part
from suture.command.step import STEP_OPTION, step_error
from suture.digest import digest_of
from suture.errors import CommandCancelled, CommandError, CommandFailed, CommandTimeout
from suture.ffmpeg.build import build_of
from suture.ffmpeg.locate import locate
from suture.ffmpeg.loudness import METER, SILENT, Loudness, parse_loudness, parse_rate
from suture.process import python_argv

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.command.base import Files
    from suture.ffmpeg.progress import Progress

__all__ = ["LoudnessCommand", "figures_path", "write_filters"]

# Goes into the identity: other filters for the same figures are another result.
_SCHEMA: Final = "loudness 1"
# Further from the target than this, in LU, is said.
_MISSED: Final = 0.3


def figures_path(path: str) -> str:
    """Where the figures lie that belong to a file of filters."""
    return f"{path}.json"


@dataclass(frozen=True, slots=True)
class LoudnessCommand(Command):
    """Runs ``suture loudness SOURCE``.

    Args:
        id: unique within a graph.
        input_path: the film.
        output_path: gets the whole chain of filters, ``before`` and ``behind`` with what was found in between.
        target: in LUFS.
        ceiling: the highest peak that may be, in dBTP.
        stream: its index in the film; None: the first sound.
        before: filters that come first; the sound is measured behind them.
        behind: filters that come last and change no loudness.
        rate: samples a second, where ffmpeg does not say what comes out of ``before``.
        priority: higher runs first.
        program: the ffmpeg that runs; None: the one that is found.
    """

    id: str = field()
    input_path: str = field()
    output_path: str = field()
    target: float = field()
    ceiling: float = -1.5
    stream: int | None = None
    before: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    rate: int = 48_000
    priority: int = PRIORITY_HIGH
    program: str | None = None

    @property
    def task_type(self) -> TaskType:
        """Audio."""
        return TaskType.AUDIO

    @property
    def reusable(self) -> bool:
        """Its file depends on nothing but what `identity` tells."""
        return True

    def build_args(self) -> list[str]:
        """The line as a person types it."""
        return ["suture", "loudness", *self._arguments()]

    def command_line(self) -> list[str]:
        """The child that runs: this Python and this Suture."""
        return python_argv("suture", "loudness", STEP_OPTION, *self._arguments())

    def dry_run(self) -> str:
        """``suture loudness SOURCE …``, which a POSIX shell reads back exactly."""
        return shlex.join(self.build_args())

    def _arguments(self) -> list[str]:
        words = [f"--target={self.target:g}", f"--ceiling={self.ceiling:g}", f"--rate={self.rate}"]
        words += [] if self.stream is None else [f"--stream={self.stream}"]
        words += [f"--before={text}" for text in self.before] + [f"--behind={text}" for text in self.behind]
        words += [f"--ffmpeg={self.program}"] if self.program else []
        return [_file(self.input_path), *words, "-o", self.output_path]

    def identity(self, files: Files) -> tuple[str, ...]:
        """Source, target, filters (with the files that they name) and the build of ffmpeg."""
        words = (f"{self.target:g}", f"{self.ceiling:g}", str(self.stream), str(self.rate))
        chains = [with_contents(",".join(chain), files) for chain in (self.before, self.behind)]
        return (*build_of(locate(self.program)), _SCHEMA, files.source(self.input_path), *words, *chains)

    def run(self, context: RunContext | None = None) -> Outcome:
        """Do it in a child, which writes under part names itself.

        Raises:
            SutureError: what the child raised, as if it had been raised here.
            CommandError: it crashed, hung or was cancelled.
        """
        context = context or RunContext()
        try:
            finished, _ = run_command_line(self.command_line(), context, self.id)
        except (CommandCancelled, CommandTimeout):
            raise
        except CommandError as error:
            raise step_error(error) from error
        return Outcome(
            size_bytes=Path(self.output_path).stat().st_size,
            cpu_seconds=finished.cpu_seconds,
            wall_seconds=finished.wall_seconds,
            peak_memory_bytes=finished.peak_memory_bytes,
            digest=digest_of(self.output_path) if context.durable else "",
        )

    def measure(self, gain: Gain, context: RunContext) -> tuple[Loudness, int]:
        """How loud the sound is with a gain, and how many samples a second it has; one pass over the track.

        Raises:
            CommandError: ffmpeg failed, or said nothing.
        """
        argv = self._meter(gain)
        finished, last = run_command_line(argv, context, self.id)
        heard, rate = parse_loudness(finished.stderr_tail), parse_rate(finished.stderr_tail) or self.rate
        if heard is None and not (last and last.out_time_us):  # there is no sound in what was asked for
            return Loudness(SILENT, 0.0, float("-inf")), rate
        if heard is None:
            raise CommandFailed(f"{self.id}: ffmpeg measured no loudness", "leave --loudness out", argv, 0)
        return heard, rate

    def _meter(self, gain: Gain) -> list[str]:
        ask = FFmpegBuilder(program=locate(self.program)).add_input(self.input_path)
        ask = ask.add_option("-loglevel", "level+info", where="global").add_map(stream_specifier(self.stream, "a:0"))
        ask = ask.add_audio_filter(*self.before, *gain.filters(self.rate), METER)
        return ask.add_option("-vn", "-sn", "-dn", "-copyts", "-f", "null").add_output("-").build()


def write_filters(command: LoudnessCommand, tell: Callable[[int], None]) -> None:
    """Measure, and write the filters and the figures. What `LoudnessCommand.run`'s child does.

    Args:
        command: what to do.
        tell: called with the microseconds that have been listened to so far, over all passes.

    Raises:
        CommandError: the sound can't be measured.
    """
    passes = _Passes(tell)
    heard, rate = command.measure(Gain(), passes.context())
    command, trials = replace(command, rate=rate), [Trial(Gain(), heard)]
    while (gain := next_gain(command.target, command.ceiling, trials)) is not None:
        trials.append(Trial(gain, command.measure(gain, passes.context())[0]))
    made = best(command.target, trials)
    chain = (*command.before, *made.gain.filters(rate), *command.behind)
    figures = {"before": asdict(heard), "gain": asdict(made.gain), "after": asdict(made.heard), "passes": len(trials)}
    said = {"target": command.target, "said": _said(command.target, heard, made)}
    _write(figures_path(command.output_path), json.dumps(figures | said))
    _write(command.output_path, ",".join(chain))


def _said(target: float, plain: Loudness, made: Trial) -> str:
    """For people; begins with a dash where the target is missed."""
    if not plain.is_known:
        why = "silent" if plain.true_peak == float("-inf") else "too quiet or too short (under 0.4 s) to be measured"
        return f"- it is {why}, and stays as it is"
    text = f"{plain.integrated:g} LUFS, peaks at {plain.true_peak:g} dBTP: {made.gain.db:+.1f} dB"
    if made.gain.ceiling is not None:
        text += f", and peaks are limited to {made.gain.ceiling:g} dBTP"
    if abs(made.heard.integrated - target) > _MISSED:
        return f"- {text}; that makes {made.heard.integrated:g} LUFS, not {target:g}"
    return text


class _Passes:
    """Adds the passes up, so that progress never goes back."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell, self._before, self._last = tell, 0, 0

    def context(self) -> RunContext:
        """For the next pass."""
        self._before = self._last
        return RunContext(on_progress=self._heard)

    def _heard(self, progress: Progress) -> None:
        self._last = max(self._last, self._before + max(0, progress.out_time_us or 0))
        self._tell(self._last)


def _write(path: str, text: str) -> None:
    """The file appears whole or not at all, and is on the disk."""
    with Part(path) as part:
        Path(part.path).write_text(text, encoding="utf-8", errors="surrogateescape")
        part.settle()


def _file(path: str) -> str:
    """A name that never looks like an option."""
    return f"./{path}" if path.startswith("-") else path
