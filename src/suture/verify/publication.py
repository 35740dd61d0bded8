"""What a join and the check of it leave in a job's folder, and whether an output is the one that was published from it.

Read by who runs jobs, in a process that opens no media: nothing here loads libavformat. Who writes these notes is the
join and `part_file`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from suture.command.part import Part

__all__ = ["announce", "facts_path", "look_at_file", "losses_path", "published"]


def facts_path(spec_path: str) -> str:
    """Where a join leaves what it wrote, for `part_file.publish` to compare."""
    return f"{spec_path}.written"


def losses_path(spec_path: str) -> str:
    """Where `part_file.publish` leaves what did not arrive, for the job's report."""
    return f"{spec_path}.lost"


def published(spec_path: str, output: str) -> bool:
    """Whether the file under the output's name is the one that was published, by inode, size and date."""
    try:
        said: list[int] = json.loads(Path(_announcement(spec_path)).read_text())
        return said == look_at_file(output)
    except (OSError, ValueError):
        return False


def announce(part_file: str, spec_path: str) -> None:
    """Say that this part file gets its name next.

    Who dies right after the rename must know, when it comes back, that the file there is its own work.
    """
    with Part(_announcement(spec_path)) as part:
        Path(part.path).write_text(json.dumps(look_at_file(part_file)))
        part.settle()


def look_at_file(path: str) -> list[int]:
    """What tells a file from others at a glance: device, inode, size, time of change in nanoseconds.

    Raises:
        OSError: it is not there.
    """
    status = os.stat(path)  # noqa: PTH116 - a string all the way
    return [status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns]


def _announcement(spec_path: str) -> str:
    return f"{spec_path}.published"
