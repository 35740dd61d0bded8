"""``suture report``: what a job did, as one HTML page or as JSON, from the record that it left in the cache folder.

Nothing is measured here and no film is opened; a job that failed or was interrupted has a report, too.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from suture.errors import ConfigError, SutureError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.joblist import Record
    from suture.report.account import Account

__all__ = ["command", "reported"]


@click.command("report", short_help="make a page of what a job did")
@click.argument("job", metavar="JOB|OUTPUT")
@click.option("-o", "path", metavar="FILE.html", help="Where the page goes; else beside OUTPUT, as NAME.report.html.")
@click.option("-y", "overwrite", flag_value=True, default=None, help="Replace an existing page.")
@click.option("-n", "overwrite", flag_value=False, help="Never replace one.")
@click.option("--json", "as_json", is_flag=True, help="The same as one JSON document on stdout; a page only with -o.")
def command(job: str, path: str | None, overwrite: bool | None, as_json: bool) -> int:  # noqa: FBT001 - click's
    """Make a page of what a job did: which piece ran where and when, what was idle, why, with which settings.

    JOB is its name or the beginning of that, or its source; OUTPUT is what it made.
    """
    from suture.report.page import page_of  # noqa: PLC0415 - loads what reads records

    record = _chosen(job)
    target = None if as_json and path is None else _target(record, path)
    if target is not None and os.path.lexists(target) and overwrite is False:
        click.echo(f"{target} is there already and stays (-n)", err=True)
        target = None
    elif target is not None:
        _refuse(target, record, overwrite=bool(overwrite))
    if target is None and not as_json:
        return 0
    account = _account(record)
    if target is not None:
        _write(target, page_of(account))
    click.echo(json.dumps(account.as_json(), indent=2) if as_json else os.fsencode(str(target)))
    return 0


@contextmanager
def reported(output: str, target: str, *, overwrite: bool) -> Iterator[None]:
    """Write the page of the job that runs inside the block, also when it fails.

    Args:
        output: what the job makes.
        target: where the page goes.
        overwrite: an existing page may be replaced.

    Raises:
        ConfigError: it must not be written there; nothing has run then.
    """
    if os.path.realpath(target) == os.path.realpath(output):
        raise ConfigError(f"--report: {target!r} is the output", "name another file")
    if not os.path.isdir(os.path.dirname(target) or "."):  # noqa: PTH112, PTH120 - as below
        raise ConfigError(f"--report: the folder of {target!r} is not there", "make it, or name another file")
    _refuse_existing(target, overwrite=overwrite)
    try:
        yield
    finally:
        try:
            _write(target, _page(output))
        except SutureError as error:  # what became of the job is what counts
            click.echo(f"suture: no report: {error}", err=True)


def _page(output: str) -> str:
    from suture.report.page import page_of  # noqa: PLC0415 - loads what reads records

    return page_of(_account(_chosen(output)))


def _chosen(word: str) -> Record:
    """The one job that is meant.

    Raises:
        ConfigError: there is none, there are several, it is running, or nothing of it can be read.
    """
    from suture.joblist import records_of  # noqa: PLC0415 - loads what reads databases

    found = records_of(word)
    if not found:
        without = "--no-resume leaves none, nor does a job that failed before anything was made"
        hint = f"records stay on the machine of the job, until `suture clean`; {without}"
        raise ConfigError(f"there is no record of a job {word!r}", hint)
    if len(found) > 1:
        raise ConfigError(f"{word!r} may be {' or '.join(record.name for record in found)}", "name it whole")
    (record,) = found
    if record.alive:
        raise ConfigError(f"job {record.name} is running", "there is a report when it has ended")
    if not record.facts:
        raise _unreadable(record)
    return record


def _unreadable(record: Record) -> ConfigError:
    hint = "`suture clean` removes it; the same encode, run again, leaves a new one"
    return ConfigError(f"the record of job {record.name} can't be read", hint)


def _account(record: Record) -> Account:
    from suture.jobs import DATABASE  # noqa: PLC0415 - loads what reads databases
    from suture.orchestrator.store import Store  # noqa: PLC0415 - as above
    from suture.report.account import account_of  # noqa: PLC0415 - as above

    past = Store.past(record.home / DATABASE)
    if past is None:
        raise _unreadable(record)
    account = account_of(record.name, past)
    return replace(account, notes=(*account.notes, *_now(record)))


def _now(record: Record) -> list[str]:
    """What has become of an output since it was made."""
    from suture.verify.publication import look_at_file  # noqa: PLC0415 - as above

    made, output = record.facts.get("made"), record.facts.get("output", "")
    if not made or record.facts.get("status") != "done":
        return []
    try:
        same = look_at_file(output) == made
    except OSError:
        return [f"{output} is not there any more"]
    return [] if same else [f"{output} is another file now than the one that this job made"]


def _target(record: Record, path: str | None) -> str:
    """Where the page goes."""
    if path is not None:
        return path
    output = record.facts.get("output")
    if not output:
        raise ConfigError(f"the record of job {record.name} does not say what it makes", "-o names a file")
    return str(Path(output).with_suffix(".report.html"))


def _refuse(target: str, record: Record, *, overwrite: bool) -> None:
    """Raise when a page must not be written there; nothing that a job has read or made is ever replaced by one."""
    if not os.path.lexists(target):
        return
    for key in ("source", "output"):
        film = record.facts.get(key, "")
        if os.path.exists(film) and os.path.exists(target) and os.path.samefile(film, target):  # noqa: PTH110, PTH121
            raise ConfigError(f"{target!r} is the job's {key}", "name another file")
    _refuse_existing(target, overwrite=overwrite)


def _refuse_existing(target: str, *, overwrite: bool) -> None:
    if os.path.isdir(target):  # noqa: PTH112 - pathlib's raises for names that are too long
        raise ConfigError(f"{target!r} is a folder", "name a file in it")
    if os.path.lexists(target) and not overwrite:
        raise ConfigError(f"{target!r} exists", "-y replaces it, -n leaves it")


def _write(target: str, page: str) -> None:
    """All of it or nothing.

    Raises:
        ConfigError: it can't be written there.
    """
    from suture.command.part import Part  # noqa: PLC0415 - loads what runs commands

    try:
        with Part(target) as part:
            Path(part.path).write_text(page, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise ConfigError(f"{target!r} can't be written: {error.strerror}", "-o names another file") from error
