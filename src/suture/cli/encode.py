"""``suture encode``: one file or several, each through `pipeline.encode`.

What runs, and how it is shown, is `pipeline`'s and `report`'s; here is what INPUT, OUTPUT and ``-o`` mean,
whether an output may be replaced, and what the exit code of a batch is.
"""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from suture.cli.options import EncodeCommand, encode_options, settings_from
from suture.errors import CommandCancelled, ConfigError, EnvironmentProblem, SutureError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from suture.settings import EncodeSettings

__all__ = ["Look", "command", "encode_one"]

PART_FAILED = 3


@dataclass(frozen=True, slots=True)
class Look:
    """How the work is shown: JSON events, nothing but errors, more than usual, without a progress line."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    progress: bool = True


@click.command("encode", cls=EncodeCommand, short_help="encode one file or several")
@click.argument("paths", nargs=-1, required=True, metavar="INPUT [OUTPUT]")
@click.option("-o", "folder", metavar="DIR", help="Where the outputs of several INPUTs go.")
@encode_options
@click.option("--dry-run", is_flag=True, help="Print a shell script that does the same, and stop.")
@click.option("--report", "page", metavar="FILE.html", help="Write a page of what was done, as suture report.")
@click.option("-y", "overwrite", flag_value=True, default=None, help="Replace an existing OUTPUT.")
@click.option("-n", "overwrite", flag_value=False, help="Never replace one.")
@click.option("--json", "as_json", is_flag=True, help="Events on stdout, one JSON object per line.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@click.option("-v", "--verbose", is_flag=True, help="Print more.")
@click.option("--no-progress", is_flag=True, help="No progress line.")
def command(paths: tuple[str, ...], folder: str | None, **params: Any) -> int:  # noqa: ANN401 - click's values
    """Encode INPUT, or several INPUTs with -o DIR.

    Without OUTPUT, the result lies beside INPUT. OUTPUT's extension chooses the container.
    """
    from suture.process import serving  # noqa: PLC0415 - not for --help

    with serving():  # before all that takes time: it loads beside us
        return _command(paths, folder, params)


def _command(paths: tuple[str, ...], folder: str | None, params: dict[str, Any]) -> int:
    settings = settings_from(params)
    jobs = _jobs(paths, folder, settings)
    if params["page"] and (folder is not None or not settings.resume):
        why = "several files have several pages" if folder is not None else "--no-resume keeps no record of a job"
        raise ConfigError(f"--report: {why}", "see suture report" if folder is not None else "leave one of them out")
    if params["dry_run"]:
        return _print_scripts(jobs, settings)
    if folder is not None:
        _make(folder)
    look = Look(params["as_json"], params["quiet"], params["verbose"], not params["no_progress"])
    if len(jobs) == 1:
        with _page(jobs[0], settings, params):
            return encode_one(*jobs[0], settings, overwrite=params["overwrite"], look=look)
    return _batch(jobs, folder or "", settings, overwrite=params["overwrite"], look=look)


Job = tuple[str, str | None]


def _page(job: Job, settings: EncodeSettings, params: dict[str, Any]) -> AbstractContextManager[None]:
    """What writes the page that was asked for when the job is over."""
    if not params["page"]:
        return nullcontext()
    from suture.cli.report import reported  # noqa: PLC0415 - loads what reads records
    from suture.target import target_of  # noqa: PLC0415 - as above

    return reported(target_of(*job, settings), params["page"], overwrite=bool(params["overwrite"]))


def _jobs(paths: Sequence[str], folder: str | None, settings: EncodeSettings) -> list[Job]:
    """Pairs of source and output; None lets the pipeline choose."""
    if folder is not None:
        return _into(folder, paths, settings)
    if len(paths) > 2:  # noqa: PLR2004 - INPUT and OUTPUT
        raise ConfigError(f"{len(paths)} files and no -o", "several INPUTs need -o DIR; else it is INPUT OUTPUT")
    return [(paths[0], paths[1] if len(paths) > 1 else None)]


def _into(folder: str, sources: Sequence[str], settings: EncodeSettings) -> list[Job]:
    """Outputs in a folder, under the sources' stems."""
    if Path(folder).exists() and not Path(folder).is_dir():
        raise ConfigError(f"-o: {folder!r} is a file", "name a folder")
    jobs: dict[str, str] = {}
    for source in sources:
        output = str(Path(folder) / f"{Path(source).stem}.{settings.extension}")
        if os.path.realpath(output) == os.path.realpath(source):
            output = str(Path(folder) / f"{Path(source).stem}.suture.{settings.extension}")
        if output in jobs:
            both = f"{jobs[output]!r} and {source!r}"
            raise ConfigError(f"{both} would both become {output!r}", "encode them into different folders")
        jobs[output] = source
    return [(source, output) for output, source in jobs.items()]


def _make(folder: str) -> None:
    """The folder of ``-o`` need not be there yet."""
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"-o: cannot make {folder!r}: {error.strerror}", "name another folder") from None


def _print_scripts(jobs: Sequence[Job], settings: EncodeSettings) -> int:
    from suture.pipeline import make_plan  # noqa: PLC0415 - loads what runs encodes
    from suture.report.plan_text import render  # noqa: PLC0415 - as above

    for source, output in jobs:
        click.echo(os.fsencode(render(make_plan(source, output, settings), "sh")))
    return 0


def encode_one(source: str, output: str | None, settings: EncodeSettings, *, overwrite: bool | None, look: Look) -> int:
    """One file: the seam to the pipeline. Gives the exit code."""
    from suture.media.probe import begin_probe  # noqa: PLC0415 - loads what runs children

    begin_probe(source)  # while the rest is loaded
    from suture.cli.signals import braked  # noqa: PLC0415 - loads what runs encodes
    from suture.control import Control  # noqa: PLC0415 - as above
    from suture.pipeline import encode  # noqa: PLC0415 - as above
    from suture.report.watch import watcher_for  # noqa: PLC0415 - as above

    control = Control()
    with watcher_for(look, output or source) as watcher, braked(control):
        report = encode(source, output, settings, overwrite=overwrite, watcher=watcher, control=control)
    return report.exit_code


def _batch(jobs: Sequence[Job], folder: str, settings: EncodeSettings, *, overwrite: bool | None, look: Look) -> int:
    """Several files, in turn, each with all the workers; one that fails does not stop the rest."""
    from suture.cli.batch import Batch  # noqa: PLC0415 - loads what knows jobs

    batch, codes = Batch(folder, settings), list[int]()
    for source, output in jobs:
        assert output is not None  # noqa: S101 - a batch has a folder
        if batch.is_done(source, output):
            codes.append(_told(f"{output} was finished by an earlier run of this batch", look))
            continue
        try:
            codes.append(encode_one(source, output, settings, overwrite=overwrite, look=look))
        except (CommandCancelled, EnvironmentProblem):
            raise  # the next one would end the same way
        except SutureError as error:
            if settings.fail_fast:
                raise
            click.echo(f"suture: error: {error}", err=True)
            codes.append(error.exit_code)
        if codes[-1] == 0:
            batch.note(source, output)
    if not any(codes):
        batch.end(str(output) for _source, output in jobs)
    return _exit_code(codes)


def _told(text: str, look: Look) -> int:
    if not look.quiet:
        click.echo(text, err=True)
    return 0


def _exit_code(codes: Sequence[int]) -> int:
    """Nothing went wrong, everything did in the same way, or part of it."""
    if len(set(codes)) == 1:
        return codes[0]
    return PART_FAILED if 0 in codes else max(codes)
