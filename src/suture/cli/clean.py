"""``suture clean``: remove what finished or abandoned jobs left behind, never what a living one uses.

Finished jobs leave a small record; what was begun and not finished leaves its pieces, with which it could go on. On a
terminal these are asked about, since hours of work may be in them; elsewhere the command does what it is told.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from suture.places import batches_folder, cache_folder, locks_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.jobs import Record

__all__ = ["command"]


@click.command("clean", short_help="remove what jobs left behind")
@click.option("--dry-run", is_flag=True, help="List what would be removed, and stop.")
@click.option("--finished", is_flag=True, help="Only what finished jobs left; unfinished ones can still be resumed.")
@click.option("-y", "sure", is_flag=True, help="Do not ask before unfinished jobs are removed.")
def command(dry_run: bool, finished: bool, sure: bool) -> int:  # noqa: FBT001 - click passes flags so
    """Remove what finished or abandoned jobs left behind. Jobs that are running are not touched."""
    from suture.jobs import all_jobs  # noqa: PLC0415 - loads what reads databases

    freed = failed = removed = 0
    for record in all_jobs():
        size = sum(map(_size, _places(record)))
        if why := _why_kept(record, size, finished=finished, ask=not (dry_run or sure)):
            click.echo(f"kept     {record.home} ({why})")
        elif dry_run or all(_remove(place) for place in _places(record)):
            freed, removed = freed + size, removed + 1
            click.echo(f"{'would go' if dry_run else 'removed '} {record.home} ({_mebibytes(size)})")
        else:
            failed += 1
    if not dry_run:
        _tidy()
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


def _places(record: Record) -> list[Path]:
    """Where a job's files lie: its folder in the cache, and its pieces where ``--work-dir`` has put them."""
    outside = record.folder
    apart = outside.name == record.name and outside != record.home and outside.is_dir() and not outside.is_symlink()
    return [record.home, *([outside] if apart else [])]


def _tidy() -> None:
    """Locks that nobody holds, batches that were given up, and what a defect of ours has left."""
    from suture.lock import is_held  # noqa: PLC0415 - as above

    batches = _files(batches_folder())
    stale = [path for path in _files(locks_folder()) if not is_held(path)]
    for path in (*stale, *batches, *cache_folder().glob("crash-*.txt")):
        path.unlink(missing_ok=True)


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (entry for entry in folder.iterdir() if entry.is_file())


def _remove(folder: Path) -> bool:
    try:
        shutil.rmtree(folder)
    except OSError as error:
        click.echo(f"suture: cannot remove {str(folder)!r}: {error.strerror}", err=True)
        return False
    return True


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
