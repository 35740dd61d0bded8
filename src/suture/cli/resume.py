"""``suture resume``: list the jobs that were left unfinished, or go on with one as the command that began it would."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from suture.errors import ConfigError, ResumeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suture.joblist import Record

__all__ = ["command"]


@click.command("resume", short_help="list unfinished jobs, or go on with one")
@click.argument("job", required=False, metavar="[JOB]")
@click.option("--json", "as_json", is_flag=True, help="The list, or the job's events, as JSON, one object per line.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@click.option("-v", "--verbose", is_flag=True, help="Print more.")
@click.option("--no-progress", is_flag=True, help="No progress line.")
def command(job: str | None, **look: bool) -> int:
    """List unfinished jobs, or go on with one: JOB is its name, the beginning of that, its output or its source.

    The same command that began a job goes on with it, too; this needs no memory of what it was.
    """
    from suture.joblist import all_jobs  # noqa: PLC0415 - loads what reads databases

    unfinished = [record for record in all_jobs() if record.unfinished]
    if job is None:
        return _list(unfinished, as_json=look["as_json"])
    return _go_on(_chosen(job, unfinished), look)


def _list(records: Sequence[Record], *, as_json: bool) -> int:
    if as_json:
        for record in records:
            click.echo(json.dumps(_facts(record)))
        return 0
    for record in records:
        click.echo("\n".join(_lines(record)))
    if not records:
        click.echo("no unfinished jobs", err=True)
    return 0


def _facts(record: Record) -> dict[str, Any]:
    told = {key: record.facts.get(key) for key in ("source", "output", "status", "begun", "touched", "folder")}
    return {"job": record.name, **told, "done": record.done, "total": record.total, "running": record.alive}


def _lines(record: Record) -> list[str]:
    from suture.report.wording import printable  # noqa: PLC0415 - not for JSON

    facts = record.facts
    state = "running now" if record.alive else "interrupted" if facts["status"] == "running" else facts["status"]
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(facts.get("touched", 0)))
    return [
        f"{record.name}: {record.done} of {record.total} tasks done, {state}, last run {when}",
        f"    {printable(facts.get('source', '?'))} → {printable(facts.get('output', '?'))}",
    ]


def _chosen(job: str, records: Sequence[Record]) -> Record:
    """The one job that is meant."""
    path = os.path.abspath(job)  # noqa: PTH100 - as jobs write it down
    named = [record for record in records if job == record.name or path == record.facts.get("output")]
    named = named or [record for record in records if record.name.startswith(job) or path == record.facts.get("source")]
    if not named:
        raise ConfigError(f"there is no unfinished job {job!r}", "`suture resume` lists them")
    if len(named) > 1:
        raise ConfigError(f"{job!r} may be {' or '.join(record.name for record in named)}", "name it whole")
    return named[0]


def _go_on(record: Record, look: dict[str, bool]) -> int:
    from suture.cli.encode import Look, encode_one  # noqa: PLC0415 - loads what runs encodes
    from suture.process import serving  # noqa: PLC0415 - as above
    from suture.settings_json import settings_of  # noqa: PLC0415 - as above

    facts = record.facts
    settings = settings_of(facts)
    if settings is None:
        begun = facts.get("suture", "another version")
        raise ResumeError(f"job {record.name} was begun by Suture {begun} with settings that this one does not know")
    if settings.ffmpeg is None and os.path.exists(facts.get("ffmpeg", "")):  # noqa: PTH110 - a string from JSON
        settings = replace(settings, ffmpeg=facts["ffmpeg"])  # the one that was found then
    with suppress(OSError):  # relative names in filters count from where it was begun
        os.chdir(facts["cwd"])
    shown = Look(look["as_json"], look["quiet"], look["verbose"], not look["no_progress"])
    with serving():
        return encode_one(facts["source"], facts["output"], settings, overwrite=facts.get("overwrite"), look=shown)
