"""Control groups: the folders in which the kernel keeps the limits of this process. Linux; elsewhere there are none.

A limit may stand at any level above a process, and what is seen of the levels depends on the container: so all of them
from the process's own up to the mount are given, and whoever asks takes the tightest. What the files in there mean is
`machine`'s business. Source: cgroups(7), proc(5).
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["folders_of", "number_in", "stat_in"]

# v1 writes "no limit" as the largest multiple of a page that fits into 63 bits. Source: kernel, mm/page_counter.h.
_NO_LIMIT: Final = 1 << 62
_ESCAPED: Final = re.compile(r"\\([0-7]{3})")


def folders_of(controller: str, root: Path = Path("/")) -> list[Path]:
    """The group that this process is in, and those above it, as far as they can be seen; the own one first.

    Args:
        controller: of version 1: ``memory``, ``cpu`` …; empty: the one hierarchy of version 2.
        root: where ``proc`` and ``sys`` are.
    """
    try:
        groups = (root / "proc/self/cgroup").read_text(errors="surrogateescape")
        mounts = (root / "proc/self/mountinfo").read_text(errors="surrogateescape")
    except OSError:
        return []
    group = _group(groups, controller)
    if group is None:
        return []
    return [
        folder
        for mounted, at in _mounts(mounts, controller)
        for folder in _upwards(root / at.lstrip("/"), mounted, group)
        if folder.is_dir()
    ]


def number_in(path: Path) -> int | None:
    """The number that a file holds; None where it holds none, or "no limit"."""
    try:
        number = int(path.read_text())
    except (OSError, ValueError):
        return None
    return None if number >= _NO_LIMIT else number


def stat_in(path: Path, name: str) -> int | None:
    """One row of a ``memory.stat``."""
    try:
        rows = [line.split() for line in path.read_text().splitlines()]
    except OSError:
        return None
    return next((int(row[1]) for row in rows if len(row) == 2 and row[0] == name), None)  # noqa: PLR2004


def _group(text: str, controller: str) -> str | None:
    """The path in ``/proc/self/cgroup``: rows of ``number:controllers:path``, without controllers for version 2."""
    for line in text.splitlines():
        _, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        if controller in names.split(","):
            return path
    return None


def _mounts(text: str, controller: str) -> Iterator[tuple[str, str]]:
    """What of the hierarchy is mounted, and where, by ``/proc/self/mountinfo``."""
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields, (kind, *more) = before.split(), after.split() or [""]
        options = more[-1].split(",") if more else []
        if kind == "cgroup2" if not controller else kind == "cgroup" and controller in options:
            yield _plain(fields[3]), _plain(fields[4])


def _plain(field: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 8)), field)


def _upwards(mount: Path, mounted: str, group: str) -> Iterator[Path]:
    """From the group's folder to the mount. A group that is not below what is mounted is seen as the mount itself."""
    own = PurePosixPath(group)
    below = own.relative_to(mounted) if own.is_relative_to(mounted) and ".." not in own.parts else PurePosixPath()
    for path in (below, *below.parents):
        yield mount / path
