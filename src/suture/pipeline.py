"""One encode: probe, cut, plan, run, sew, verify.

Read `encode` first. Everything that can be decided before anything runs is in `plan`; what runs when is the
orchestrator's; what people see is told to a watcher as events.
"""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from suture.ahead import Ahead
from suture.claim import bury, open_job
from suture.command.base import RunContext
from suture.command.hearing import forget_hearings
from suture.control import Control
from suture.endings import report_of, report_of_published
from suture.errors import (
    ChunkError,
    CommandCancelled,
    CommandFailed,
    ConfigError,
    DiskFull,
    PiecesDiffer,
    SutureError,
)
from suture.events import EncodeReport, Finished, Noted, Planned, Warned
from suture.ffmpeg.build import build_of
from suture.ffmpeg.diagnose import blames_input
from suture.jobs import Telling, spec_path, work_folder
from suture.orchestrator import Orchestrator
from suture.planning.frames import Looking
from suture.planning.job import Plan
from suture.planning.job import make_plan as plan_job
from suture.planning.loudness import loudness_said
from suture.planning.machine import cores as machine_cores
from suture.planning.machine import this_machine
from suture.planning.outline import outline_of
from suture.planning.reached import reached_by
from suture.process import serving
from suture.room import Room
from suture.settings import EncodeSettings
from suture.settings_json import changes
from suture.target import may_write, target_of, try_writing
from suture.verify import published

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from suture.events import JobWatcher
    from suture.jobs import Job
    from suture.orchestrator.watch import RunEvent, RunReport, Watcher
    from suture.planning.step import Step

__all__ = ["encode", "make_plan"]

# No report of progress for so long is a hang. The slowest encoders take minutes for their first frame in 8K.
_HUNG_AFTER_S = 900.0
# The end of a join and a check read for as long as a disk takes, without a word.
_QUIET = frozenset({"join", "publish"})


def _nobody(_event: object) -> None:
    """Nobody watches."""


def encode(
    source: str,
    output: str | None = None,
    settings: EncodeSettings | None = None,
    *,
    overwrite: bool | None = None,
    watcher: JobWatcher = _nobody,
    control: Control | None = None,
) -> EncodeReport:
    """Encode one file.

    Args:
        source: the film.
        output: what to make; None: beside the source, with ``.suture`` before the preset's extension.
        settings: what is asked for; None: the default preset.
        overwrite: True replaces an existing output, False leaves it (and is done), None refuses.
        watcher: told of everything that happens, on this thread.
        control: stops it from outside.

    Returns:
        What became of it; also of a job that left out pieces (``permissive``).

    Raises:
        SutureError: there is no output; the error says why, and its ``exit_code`` how to end.
    """
    started = time.monotonic()
    control = control or Control()
    try:
        with serving():
            report = _encode(source, output, settings or EncodeSettings(crf=20.0), overwrite, watcher, control)
    except SutureError as error:
        status = "failed"
        if isinstance(error, CommandCancelled):
            status, error.exit_code = "cancelled", control.exit_code
        failed = EncodeReport(status, "", error.exit_code, error=str(error), failures=getattr(error, "failures", ()))
        watcher(Finished(replace(failed, wall_seconds=time.monotonic() - started)))
        raise
    report = replace(report, wall_seconds=time.monotonic() - started)
    watcher(Finished(report))
    return report


def make_plan(source: str, output: str | None, settings: EncodeSettings) -> Plan:
    """What `encode` would do; nothing is encoded, and the job's folder does not outlive the call but for its name."""
    target = target_of(source, output, settings)
    with serving(), tempfile.TemporaryDirectory(prefix="suture-plan-") as folder:
        return plan_job(source, target, settings, folder)


def _encode(
    source: str,
    output: str | None,
    settings: EncodeSettings,
    overwrite: bool | None,  # noqa: FBT001 - three states
    watcher: JobWatcher,
    control: Control,
) -> EncodeReport:
    target = target_of(source, output, settings)
    ours = _is_ours(source, target, settings)
    if not ours:
        bury(source, target, settings)
    if not ours and not may_write(target, overwrite):
        watcher(Noted(f"{target} is there already and stays (-n)"))
        return EncodeReport("skipped", target, 0)
    if not os.access(Path(target).parent, os.W_OK | os.X_OK):
        raise ConfigError(f"{target!r} can't be written: its folder is read-only", "choose another folder")
    opened = open_job(source, target, settings, control.abort)
    with opened as job, job.ending(lambda text: watcher(Noted(text))):
        try_writing(target)
        with Ahead(settings.workers or machine_cores(), _context_of(job.folder)) as ahead:
            return _Encoding(job, source, target, settings, overwrite, watcher, control, ahead).run(published=ours)


def _is_ours(source: str, target: str, settings: EncodeSettings) -> bool:
    """Whether the output is there because an earlier run of the job died right after it had given it its name."""
    return settings.resume and published(spec_path(work_folder(source, target, settings)), target)


@dataclass(frozen=True, slots=True)
class _Encoding:
    """One run of a job: what is asked for, and who is told."""

    job: Job
    source: str
    target: str
    settings: EncodeSettings
    overwrite: bool | None
    watcher: JobWatcher
    control: Control
    ahead: Ahead

    def run(self, *, published: bool) -> EncodeReport:
        """Plan and run; what could not be cut exactly, once more in one piece.

        Args:
            published: an earlier run has given an output its name, and died before it could say so.
        """
        self._greet()
        known = {} if self.job.replaced else self.job.planned
        begin = None if published or self.job.planned else self.ahead.begin
        plan = self._planned(frozenset(known.get("linear", ())), frozenset(known.get("whole", ())), begin)
        if published and (report := self._already(plan)) is not None:
            return report
        run = self._run(plan)
        while doubted := _doubted(plan, run):
            plan = self._planned_again(plan, doubted)
            run = self._run(plan)
        report = report_of(plan, run, self.control)
        for text in report.warnings[len(plan.losses) :]:
            self.watcher(Warned(text))
        for text in _said(plan):
            self._say(text)
        self.job.note(report=asdict(report))
        return report

    def _planned_again(self, plan: Plan, doubted: dict[int, SutureError]) -> Plan:
        """With proved cuts for streams whose cuts were not exact; in one piece where that was tried, or is no help."""
        proved = plan.linear | {video.track.source_index for video in plan.videos if video.listing}
        whole = {stream for stream, error in doubted.items() if stream in proved or isinstance(error, PiecesDiffer)}
        for stream, error in doubted.items():
            instead = "encoding it in one piece" if stream in whole else "encoding it again with proved cuts"
            self._say(f"stream {stream} could not be put together of its pieces ({error.message}); {instead}")
        unfit = {stream for stream, error in doubted.items() if isinstance(error, PiecesDiffer)}
        return self._planned(plan.linear | (doubted.keys() - unfit), plan.whole | whole)

    def _already(self, plan: Plan) -> EncodeReport | None:
        """The end of a job whose output is there: finished, if it is what would be made now; else it is in the way."""
        before = self.job.before
        same = before is not None and not changes(before, self.settings) and not self.job.replaced
        if same and self.job.has_made(plan.dag()):
            self._say(f"{self.target} was finished by an earlier run")
            return report_of_published(plan)
        return None if may_write(self.target, self.overwrite) else EncodeReport("skipped", self.target, 0)

    def _say(self, text: str) -> None:
        self.watcher(Noted(text))

    def _greet(self) -> None:
        """Say what an earlier run left, and what is asked for otherwise now."""
        self.job.note(overwrite=self.overwrite)
        if self.job.store.healed:
            self._say(self.job.store.healed)
        if self.job.before is not None and self.job.planned:
            changed = changes(self.job.before, self.settings)
            since = f"; changed since then: {', '.join(changed)}" if changed else ""
            self._say(f"going on with job {self.job.name}{since}")
        if self.job.replaced:
            self._say("the source has changed since the last run: what is made of it is made again")

    def _planned(
        self, linear: frozenset[int], whole: frozenset[int], begin: Callable[[list[Step]], None] | None = None
    ) -> Plan:
        """The plan, of the machine for which the job was planned first: pieces that are done must still fit."""
        told = self.job.planned
        cores = told.get("cores", machine_cores())
        plan = plan_job(
            self.source,
            self.target,
            self.settings,
            self.job.folder,
            overwrite=bool(self.overwrite),
            looking=Looking(linear, whole, cores, told.get("workers"), self._say, begin, self.control.cancel),
        )
        plan.write()
        self._compare_builds(plan.ffmpeg)
        planned = {"cores": cores, "workers": plan.workers, "pieces": plan.pieces}
        planned |= {"linear": sorted(linear), "whole": sorted(whole)}
        self.job.plan(planned)
        self.job.describe(outline_of(plan))
        self.job.sweep({Path(path).name for path in plan.files()} | self.ahead.settle(plan))
        self.watcher(Planned(plan))
        for loss in () if linear else plan.losses:
            self.watcher(Warned(str(loss)))
        return plan

    def _compare_builds(self, ffmpeg: str) -> None:
        """Another ffmpeg makes other bytes, so all is made again; that is to be said."""
        build, before = list(build_of(ffmpeg)), self.job.store.facts().get("build", [])
        if before and before != build and self.job.planned:
            versions = f" ({before[0]} → {build[0]})" if before[0] != build[0] else ""
            self._say(f"ffmpeg is another one than before{versions}: what it makes is made again")
        self.job.note(build=build, ffmpeg=ffmpeg)

    def _run(self, plan: Plan) -> RunReport:
        """Run a plan; its part file does not outlive that.

        Raises:
            DiskFull: there was no room, or would have been none soon.
        """
        memory = this_machine().memory_bytes
        room = Room(plan, lambda: orchestrator.abort())  # noqa: PLW0108 - it is made in the next line
        orchestrator = self._orchestrator(memory, _both(room, self.watcher))
        self._foresee(plan, memory, room)
        try:
            with self.control.over(orchestrator):
                run = orchestrator.run(plan.dag(memory))
        except DiskFull as error:  # there was no room even to write down what became of a task
            raise room.error() from error
        finally:
            forget_hearings(plan.folder)
            if not self.job.lost.is_set():  # else it is another run's
                with suppress(OSError):  # published, it has another name; else it is of no use
                    Path(plan.spec.part).unlink(missing_ok=True)
        if room.shortage or any(isinstance(task.error, DiskFull) for task in run.failed):
            raise room.error()
        return run

    def _orchestrator(self, memory_bytes: int, watcher: Watcher) -> Orchestrator:
        settings = self.settings
        return Orchestrator(
            settings.workers or machine_cores(),
            gpu_encode=settings.gpu_encode_slots,
            gpu_scale=settings.gpu_scale_slots,
            io=settings.io_slots,
            max_retries=settings.max_retries,
            fail_fast=settings.fail_fast,
            executor=self.ahead.executor,
            memory_bytes=memory_bytes,
            journal=Telling(self.job, self._say, self.control.check),
            on_event=watcher,
        )

    def _foresee(self, plan: Plan, memory_bytes: int, room: Room) -> None:
        """Say what memory and disks are going to be short of."""
        if crowded := _crowded(plan, self.settings.workers or machine_cores(), memory_bytes):
            self._say(crowded)
        if not self.job.planned and (scarce := room.foreseen()):
            self.watcher(Warned(scarce))


def _said(plan: Plan) -> Iterator[str]:
    """What was measured on the way."""
    commands = [step.command for step in plan.steps]
    yield from (text for text, is_missed in loudness_said(commands) if not is_missed)
    if (reached := reached_by(commands)) is not None:
        yield reached.said()


def _context_of(folder: str) -> Callable[[str], RunContext]:
    """How a job's tasks run."""
    context = RunContext(log_dir=Path(folder), stall_timeout_s=_HUNG_AFTER_S, durable=True)
    patient = replace(context, stall_timeout_s=None)
    return lambda task: patient if task in _QUIET else context


def _crowded(plan: Plan, workers: int, memory_bytes: int) -> str:
    """What is to be said when memory, and not the cores, decides how many pieces run at once."""
    most = max((step.memory_bytes for step in plan.steps), default=0)
    if most * min(workers, plan.pieces) <= memory_bytes:
        return ""
    fit = max(1, memory_bytes // most)
    needs = f"a piece is expected to need {most >> 20} MiB of memory, and {memory_bytes >> 20} MiB are free"
    return f"{needs}: {fit} at once until one has shown what it takes [--workers, --threads]"


def _both(first: Watcher, second: Watcher) -> Watcher:
    """Tells two of each event."""

    def tell(event: RunEvent) -> None:
        first(event)
        second(event)

    return tell


def _doubted(plan: Plan, run: RunReport) -> dict[int, SutureError]:
    """Streams whose pieces are not what the index promised, and why; these can not be cut, or not be indexed so."""
    streams = {video.track.source_index for video in plan.videos} - plan.whole
    sounds = {sound.name: sound.track.source_index for sound in plan.sounds if sound.is_cut}
    found: dict[int, SutureError] = {}
    for task in run.failed:
        if (sound := sounds.get("-".join(task.task.split("-")[:2]))) is not None:
            found |= {sound: task.error} if isinstance(task.error, PiecesDiffer) else {}
        elif isinstance(task.error, PiecesDiffer):  # pieces do not fit together; which stream's is not known
            found |= dict.fromkeys(streams, task.error)
        elif task.error is not None and _blames_cut(task.error):
            found[_stream_of(task.task)] = task.error
    streams |= set(sounds.values())
    return {stream: error for stream, error in found.items() if stream in streams}


def _blames_cut(error: SutureError) -> bool:
    """Whether the range of a piece is wrong, or so little of it decodes that ffmpeg gives up."""
    damaged = isinstance(error, CommandFailed) and blames_input(error.returncode or 0, error.stderr)
    return isinstance(error, ChunkError) or damaged


def _stream_of(task: str) -> int:
    """The source's stream that a piece's task, or a stage of it, works on; -1 for other tasks."""
    kind, _, rest = task.partition("-")
    return int(rest.partition("-")[0]) if kind in {"video", "stage"} else -1
