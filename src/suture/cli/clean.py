"""``suture clean``: remove what finished or abandoned jobs left behind, never what a living one uses.

A job's folder holds ``job.json`` with ``pid`` and ``started`` (seconds since 1970): while that process lives,
the folder is not touched. Folders without a readable ``job.json`` count as abandoned once they are an hour
old.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from suture.places import jobs_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["command"]

_YOUNG_S = 3600
# How much later than its job a process may have started and still be the job's: clocks are read at two
# moments.
_CLOCK_SLACK_S = 60


@click.command("clean", short_help="remove what jobs left behind")
@click.option("--dry-run", is_flag=True, help="List what would be removed, and stop.")
def command(dry_run: bool) -> int:  # noqa: FBT001 - click passes flags so
    """Remove what finished or abandoned jobs left behind. Jobs that are running are not touched."""
    freed = failed = removed = 0
    for folder in _job_folders(jobs_folder()):
        if _is_alive(folder):
            click.echo(f"kept     {folder} (running)")
            continue
        size = _size(folder)
        if not dry_run and not _remove(folder):
            failed += 1
            continue
        freed, removed = freed + size, removed + 1
        click.echo(f"{'would go' if dry_run else 'removed '} {folder} ({_mebibytes(size)})")
    verb = "would be freed" if dry_run else "freed"
    click.echo(f"{removed} job{'' if removed == 1 else 's'}, {_mebibytes(freed)} {verb}")
    return 1 if failed else 0


def _job_folders(jobs: Path) -> Iterator[Path]:
    """Real folders only: a link may point at what is not ours."""
    if jobs.is_dir():
        yield from sorted(entry for entry in jobs.iterdir() if entry.is_dir() and not entry.is_symlink())


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


def _is_alive(folder: Path) -> bool:
    """Whether the process that owns the job lives; in doubt, yes."""
    job = _job(folder)
    if job is None:
        return time.time() - folder.stat().st_mtime < _YOUNG_S
    pid, started = job.get("pid"), job.get("started")
    if not isinstance(pid, int) or pid <= 0 or not _exists(pid):
        return False
    begin = _process_begin(pid)
    # A process that began after the job was written is another one that got the same number.
    return begin is None or not isinstance(started, (int, float)) or begin <= started + _CLOCK_SLACK_S


def _job(folder: Path) -> dict[str, Any] | None:
    try:
        job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return job if isinstance(job, dict) else None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is there, and somebody else's
        return True
    except OverflowError:
        return False
    return True


def _process_begin(pid: int) -> float | None:
    """When a process began, in seconds since 1970; None where the system does not tell. Source: proc(5)."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
        boot = next(line for line in Path("/proc/stat").read_text(encoding="utf-8").splitlines() if "btime" in line)
    except (OSError, StopIteration):
        return None
    ticks = int(after_name.split()[19])
    return int(boot.split()[1]) + ticks / os.sysconf("SC_CLK_TCK")
