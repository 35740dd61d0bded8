"""What this machine offers a job: processors and memory, as its control group and limits leave them to us.

Two kinds of facts, which must not be mixed: what there is (`Machine.cores`, `Machine.total_bytes`) stays the same from
run to run, so a plan may depend on it and stores it; what is free now (`Machine.memory_bytes`) decides only how much
runs at once. Where control groups lie is `cgroups`' business.
"""

from __future__ import annotations

import math
import os
import resource
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.planning.cgroups import folders_of, number_in, stat_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Machine", "cores", "memory_class", "this_machine"]

_GIB: Final = 1 << 30
_KIB: Final = 1 << 10
# Without a way to ask (macOS, which fills free memory with caches): what a desktop in use usually leaves.
# A task must be able to start, whatever the figures say.
_LEAST: Final = 1 << 20
_USUALLY_FREE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Machine:
    """What this process may use.

    Args:
        cores: processors.
        memory_bytes: memory that is available to it now, without swapping.
        total_bytes: memory that there is for it at all; does not change while the machine and its limits do not.
    """

    cores: int
    memory_bytes: int
    total_bytes: int

    @property
    def memory_class(self) -> int:
        """What of its memory a plan may depend on, in GiB."""
        return memory_class(self.total_bytes)


def this_machine(root: Path = Path("/")) -> Machine:
    """What is offered here and now.

    A limit on address space (``ulimit -v``) holds for each process on its own; here it counts for all of them together,
    which is never too much.

    Args:
        root: where ``proc`` and ``sys`` are.
    """
    available, total = _memory(root / "proc/meminfo")
    rooms = list(_rooms(root))
    limit = _address_space()
    return Machine(
        cores(root),
        max(_LEAST, min([available, *(free for free, _ in rooms), *limit])),
        max(0, min([total, *(most for _, most in rooms), *limit])),
    )


def cores(root: Path = Path("/")) -> int:
    """Processors that this process may use: its affinity, and the quotas of its control groups; at least 1."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([available, *_quotas(root)]))


def memory_class(memory_bytes: int) -> int:
    """The largest power of two of GiB that is not above it; 0 below one GiB.

    Coarse, so that a plan stays the same from run to run although the kernel keeps a little more or less for itself.
    """
    whole = memory_bytes // _GIB
    return 1 << (whole.bit_length() - 1) if whole > 0 else 0


def _memory(meminfo: Path) -> tuple[int, int]:
    """What is available, and what there is; from the kernel's figures where it gives them."""
    try:
        facts = _parse_meminfo(meminfo.read_text())
        total = facts["MemTotal"]
    except (OSError, ValueError, KeyError):
        total = _physical()
        return int(total * _USUALLY_FREE), total
    # Source: proc(5). Kernels before 3.14 have no MemAvailable; what is free without reclaiming is less.
    return facts.get("MemAvailable", facts.get("MemFree", 0)), total


def _parse_meminfo(text: str) -> dict[str, int]:
    """``/proc/meminfo`` in bytes. Its "kB" are 1024. Source: proc(5)."""
    rows = (line.split() for line in text.splitlines())
    return {row[0].rstrip(":"): int(row[1]) * _KIB for row in rows if len(row) == 3 and row[2] == "kB"}  # noqa: PLR2004


def _physical() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _address_space() -> list[int]:
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return [] if soft == resource.RLIM_INFINITY else [soft]


def _rooms(root: Path) -> Iterator[tuple[int, int]]:
    """What each control group that we are in leaves free, and its limit; those without a limit say nothing.

    Cached files are given back before anybody is killed, so they count as free.
    Source: kernel documentation, cgroup-v2 ("Memory") and cgroup-v1/memory.
    """
    for folder in folders_of("", root):
        limits = [number_in(folder / name) for name in ("memory.max", "memory.high")]
        yield from _room(limits, number_in(folder / "memory.current"), _cached(folder, ""))
    for folder in folders_of("memory", root):
        limits = [number_in(folder / "memory.limit_in_bytes")]
        yield from _room(limits, number_in(folder / "memory.usage_in_bytes"), _cached(folder, "total_"))


def _cached(folder: Path, prefix: str) -> int:
    files = (stat_in(folder / "memory.stat", f"{prefix}{kind}_file") for kind in ("inactive", "active"))
    return sum(size or 0 for size in files)


def _room(limits: Sequence[int | None], used: int | None, idle: int | None) -> Iterator[tuple[int, int]]:
    set_limits = [limit for limit in limits if limit is not None]
    if set_limits and used is not None:
        most = min(set_limits)
        yield most - max(0, used - (idle or 0)), most


def _quotas(root: Path) -> Iterator[int]:
    """Limits in whole processors.

    Source: kernel documentation, cgroup-v2 (``cpu.max``) and scheduler/sched-bwc (``cpu.cfs_quota_us``).
    """
    for folder in folders_of("", root):
        yield from _quota(_words(folder / "cpu.max"))
    for folder in folders_of("cpu", root):
        yield from _quota(_words(folder / "cpu.cfs_quota_us") + _words(folder / "cpu.cfs_period_us"))


def _quota(words: Sequence[str]) -> Iterator[int]:
    """From limit and period; "max" and -1 are none."""
    if len(words) == 2 and all(word.isdecimal() for word in words) and int(words[1]):  # noqa: PLR2004
        yield max(1, math.floor(int(words[0]) / int(words[1])))


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []
