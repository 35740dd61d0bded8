"""One encode: probe, cut, plan, run, sew, verify.

Read `encode` first. Everything that can be decided before anything runs is in `plan`; what runs when is the
orchestrator's; what people see is told to a watcher as events.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from suture.backend.local import LocalExecutor
from suture.command.base import RunContext
from suture.control import Control
from suture.errors import (
    ChunkError,
    CommandCancelled,
    CommandError,
    CommandFailed,
    ConcatError,
    ConfigError,
    ProbeError,
    SutureError,
)
from suture.events import EncodeReport, Failure, Finished, Noted, Planned, Warned
from suture.ffmpeg.diagnose import blames_input
from suture.orchestrator import Orchestrator
from suture.orchestrator.states import State
from suture.places import jobs_folder
from suture.planning.frames import Looking
from suture.planning.job import Plan
from suture.planning.job import make_plan as plan_job
from suture.planning.output import part_path, piece_path
from suture.settings import EncodeSettings
from suture.units import format_time
from suture.verify import facts_path, losses_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.events import JobWatcher
    from suture.orchestrator.watch import RunReport, TaskReport

__all__ = ["encode", "make_plan"]

# No report of progress for so long is a hang. The slowest encoders take minutes for their first frame in 8K.
_HUNG_AFTER_S = 900.0


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
    target = _target(source, output, settings)
    with tempfile.TemporaryDirectory(prefix="suture-plan-") as folder:
        return plan_job(source, target, settings, folder)


def _encode(
    source: str,
    output: str | None,
    settings: EncodeSettings,
    overwrite: bool | None,  # noqa: FBT001 - three states
    watcher: JobWatcher,
    control: Control,
) -> EncodeReport:
    target = _target(source, output, settings)
    if not _may_write(target, overwrite):
        watcher(Noted(f"{target} is there already and stays (-n)"))
        return EncodeReport("skipped", target, 0)
    _try_writing(target)
    with _JobFolder(source, settings) as folder:
        plan = _planned(source, target, settings, folder, overwrite, watcher, control, frozenset())
        run = _run(plan, watcher, control)
        while doubted := _doubted(plan, run):
            for stream, why in doubted.items():
                watcher(Noted(f"a cut of video stream {stream} was not exact ({why}); encoding it in one piece"))
            linear = plan.linear | frozenset(doubted)
            plan = _planned(source, target, settings, folder, overwrite, watcher, control, linear)
            run = _run(plan, watcher, control)
        report = _report(plan, run, control)
        for text in report.warnings[len(plan.losses) :]:
            watcher(Warned(text))
        return report


# -- before -------------------------------------------------------------------------------------------------------


def _target(source: str, output: str | None, settings: EncodeSettings) -> str:
    """The output's path; refuses the source itself, under whatever name."""
    if not source or os.path.isdir(source):  # noqa: PTH112 - pathlib's raises for names that are too long
        raise ProbeError(f"cannot open {source!r}: it is no file", "name a film")
    if output is None:
        path = Path(source)
        output = str(path.with_name(f"{path.stem}.suture.{settings.extension}"))
    if not output:
        raise ConfigError("the output's name is empty", "name a file")
    if os.path.exists(output) and os.path.exists(source) and os.path.samefile(source, output):  # noqa: PTH110, PTH121
        raise ConfigError(f"{output!r} is the input itself", "name another output")
    parent = Path(output).parent
    if os.path.isdir(output):  # noqa: PTH112 - pathlib's raises for names that are too long
        raise ConfigError(f"{output!r} is a folder", "name a file in it, or use -o for several inputs")
    if not parent.is_dir():
        raise ConfigError(f"the folder {str(parent)!r} does not exist", "make it first")
    return output


def _try_writing(target: str) -> None:
    """Find out now, not after hours, that the part file can't be made: rights, a read-only disk, too long a name."""
    part = Path(part_path(target))
    try:
        part.touch()
        part.unlink()
    except OSError as error:
        what = f"{target!r} can't be written: {error.strerror}"
        raise ConfigError(what, "choose another folder or name, or check the access rights") from error


def _may_write(target: str, overwrite: bool | None) -> bool:  # noqa: FBT001 - three states
    if not os.path.lexists(target) or overwrite:
        return True
    if overwrite is None:
        raise ConfigError(f"{target!r} exists", "-y replaces it, -n leaves it")
    return False


class _JobFolder:
    """A folder of the job's own under the user's cache, with a record of who uses it; removed at the end."""

    def __init__(self, source: str, settings: EncodeSettings) -> None:
        self._root = Path(settings.work_dir) if settings.work_dir else jobs_folder()
        self._stem = "".join(c if c.isalnum() or c in "-_." else "_" for c in Path(source).stem)[:40] or "job"
        self._source, self._keep = source, settings.keep_work

    def __enter__(self) -> str:
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            self._path = Path(tempfile.mkdtemp(prefix=f"{self._stem}-", dir=self._root))
        except OSError as error:
            raise ConfigError(
                f"no work folder can be made in {str(self._root)!r}: {error.strerror}", "--work-dir names another"
            ) from error
        record = {"pid": os.getpid(), "started": time.time(), "source": os.path.abspath(self._source)}  # noqa: PTH100
        (self._path / "job.json").write_text(json.dumps(record))
        return str(self._path)

    def __exit__(self, *_: object) -> None:
        if not self._keep:
            shutil.rmtree(self._path, ignore_errors=True)


def _planned(
    source: str,
    target: str,
    settings: EncodeSettings,
    folder: str,
    overwrite: bool | None,  # noqa: FBT001 - three states
    watcher: JobWatcher,
    control: Control,
    linear: frozenset[int],
) -> Plan:
    plan = plan_job(
        source,
        target,
        settings,
        folder,
        overwrite=bool(overwrite),
        looking=Looking(linear, lambda text: watcher(Noted(text)), control.cancel),
    )
    plan.write()
    watcher(Planned(plan))
    for loss in () if linear else plan.losses:
        watcher(Warned(str(loss)))
    return plan


# -- the run ------------------------------------------------------------------------------------------------------


def _run(plan: Plan, watcher: JobWatcher, control: Control) -> RunReport:
    settings = plan.settings
    context = RunContext(log_dir=Path(plan.folder), stall_timeout_s=_HUNG_AFTER_S)
    orchestrator = Orchestrator(
        plan.workers,
        gpu_encode=settings.gpu_encode_slots,
        gpu_scale=settings.gpu_scale_slots,
        io=settings.io_slots,
        max_retries=settings.max_retries,
        fail_fast=settings.fail_fast,
        executor=lambda limits: LocalExecutor(limits, lambda _task: context),
        on_event=watcher,
    )
    with control.over(orchestrator):
        return orchestrator.run(plan.dag())


def _doubted(plan: Plan, run: RunReport) -> dict[int, str]:
    """Streams whose pieces are not what the index promised, and why; these can not be cut, or not be indexed so."""
    streams = {video.track.source_index for video in plan.videos} - plan.linear
    found: dict[int, str] = {}
    for task in run.failed:
        if isinstance(task.error, ConcatError):  # pieces do not fit together; which stream's is not known
            found |= dict.fromkeys(streams, task.error.message)
        elif task.error is not None and _blames_cut(task.error):
            found[_stream_of(task.task)] = task.error.message
    return {stream: why for stream, why in found.items() if stream in streams}


def _blames_cut(error: SutureError) -> bool:
    """Whether the range of a piece is wrong, or so little of it decodes that ffmpeg gives up."""
    damaged = isinstance(error, CommandFailed) and blames_input(error.returncode or 0, error.stderr)
    return isinstance(error, ChunkError) or damaged


def _stream_of(task: str) -> int:
    """The source's stream that a piece's task works on; -1 for other tasks."""
    kind, _, rest = task.partition("-")
    return int(rest.partition("-")[0]) if kind == "video" else -1


# -- after --------------------------------------------------------------------------------------------------------


def _report(plan: Plan, run: RunReport, control: Control) -> EncodeReport:
    published = run["publish"]
    failures = tuple(_failures(run))
    if published.state is not State.DONE:
        raise _error(run, failures, control)
    partial = any(task.task.startswith("video-") for task in run.failed)
    return EncodeReport(
        "partial" if partial else "done",
        plan.output,
        3 if partial else 0,
        frames=_frames_written(run),
        cpu_seconds=run.cpu_seconds,
        bytes=Path(plan.output).stat().st_size,
        chunks=plan.pieces,
        retries=run.retries,
        warnings=(*map(str, plan.losses), *_damage(plan), *_gaps(plan, run)),
        failures=failures,
    )


def _damage(plan: Plan) -> Iterator[str]:
    """What did not arrive, and what of a damaged source could not be taken over."""
    written = json.loads(Path(facts_path(plan.spec_path)).read_text())
    yield from json.loads(Path(losses_path(plan.spec_path)).read_text())
    if written["cut_short"] and not plan.videos:
        yield f"the source is cut short: {'; '.join(written['cut_short'])}"
    if written["dropped"]:
        count = written["dropped"]
        yield f"the source is damaged: {count} copied packets without a time, or running backwards, are left out"


def _gaps(plan: Plan, run: RunReport) -> Iterator[str]:
    """The ranges that are missing because their pieces failed."""
    failed = {task.task for task in run.failed}
    for video in plan.videos:
        for chunk in video.chunks:
            if Path(piece_path(plan.folder, chunk)).stem in failed:
                place = f"from {format_time(Fraction(chunk.start_time))} to {format_time(Fraction(chunk.end_time))}"
                frames = f"frames {chunk.start_frame} to {chunk.end_frame - 1} of video stream {chunk.stream_index}"
                yield f"the picture {place} is missing ({frames}): piece {chunk.chunk_id} failed"


def _frames_written(run: RunReport) -> int:
    outcome = run["join"].outcome
    return outcome.frames if outcome else 0


def _failures(run: RunReport) -> Iterator[Failure]:
    for task in run.failed:
        error = task.error
        details = error.details() if isinstance(error, CommandError) else str(error)
        yield Failure(task.task, error.message if error else "", details)


def _error(run: RunReport, failures: tuple[Failure, ...], control: Control) -> SutureError:
    """The error that ends the job: the first failure, in the order of the plan."""
    first: TaskReport | None = next(iter(run.failed), None)
    if first is None or first.error is None:
        return control.cancelled()
    error = first.error
    error.failures = failures  # type: ignore[attr-defined]
    return error
