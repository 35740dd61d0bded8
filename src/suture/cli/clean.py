"""``suture clean``: remove what finished or abandoned jobs left behind, never what a living one uses.

Finished jobs leave a small record; what was begun and not finished leaves its pieces, with which it could go on. On a
terminal these are asked about, since hours of work may be in them; elsewhere the command does what it is told.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from suture.errors import ResumeError
from suture.places import batches_folder, cache_folder, trials_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.joblist import Record

__all__ = ["command"]


@click.command("clean", short_help="remove what jobs left behind")
@click.option("--dry-run", is_flag=True, help="List what would be removed, and stop.")
@click.option("--finished", is_flag=True, help="Only what finished jobs left; unfinished ones can still be resumed.")
@click.option("-y", "sure", is_flag=True, help="Do not ask before unfinished jobs are removed.")
def command(dry_run: bool, finished: bool, sure: bool) -> int:  # noqa: FBT001 - click passes flags so
    """Remove what finished or abandoned jobs left behind. Jobs that are running are not touched."""
    from suture.joblist import all_jobs  # noqa: PLC0415 - loads what reads databases

    freed = failed = removed = 0
    for record in all_jobs():
        size = sum(map(_size, record.places))
        why = _why_kept(record, size, finished=finished, ask=not (dry_run or sure))
        why = why or ("" if dry_run else _remove(record))  # it may have begun to run while somebody was asked
        failed += why.startswith("can't")
        if why:
            click.echo(f"kept     {record.home} ({why})")
            continue
        freed, removed = freed + size, removed + 1
        click.echo(f"{'would go' if dry_run else 'removed '} {record.home} ({_mebibytes(size)})")
    freed += 0 if finished else _forget_trials(dry_run=dry_run)
    if not dry_run:
        _tidy(batches=not finished)
    verb = "would be freed" if dry_run else "freed"
    click.echo(f"{removed} job{'' if removed == 1 else 's'}, {_mebibytes(freed)} {verb}")
    return 1 if failed else 0


def _why_kept(record: Record, size: int, *, finished: bool, ask: bool) -> str:
    """Why a job's files stay; empty: they go."""
    if record.alive:
        return "running"
    if not (record.unfinished and record.done):
        return ""
    left = f"unfinished, {record.done} of {record.total} tasks done"
    if finished:
        return left
    if ask and sys.stdin.isatty() and sys.stderr.isatty():
        question = f"{record.name} is {left} ({_mebibytes(size)}) and could be resumed; remove it?"
        return "" if click.confirm(question, err=True) else left
    return ""


def _tidy(*, batches: bool) -> None:
    """Batches that were given up, and what a defect of ours has left."""
    for path in (*(_files(batches_folder()) if batches else ()), *cache_folder().glob("crash-*.txt")):
        path.unlink(missing_ok=True)


def _forget_trials(*, dry_run: bool) -> int:
    """What searches for a target have measured, so that later ones need not; gives the bytes."""
    folder = trials_folder()
    if size := _size(folder):
        click.echo(f"{'would go' if dry_run else 'removed '} {folder} ({_mebibytes(size)})")
    for path in () if dry_run else _files(folder):
        path.unlink(missing_ok=True)
    return size


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (entry for entry in folder.iterdir() if entry.is_file())


def _remove(record: Record) -> str:
    """Remove a job's files; gives why that can't be."""
    from suture.joblist import remove  # noqa: PLC0415 - as above

    try:
        remove(record)
    except ResumeError:
        return "running"
    except OSError as error:
        return f"can't be removed: {error.strerror}"
    return ""


def _size(folder: Path) -> int:
    total = 0
    for place, _folders, files in os.walk(folder):
        for name in files:
            try:
                total += (Path(place) / name).lstat().st_size
            except OSError:
                continue
    return total


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"
