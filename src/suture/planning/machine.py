"""What this machine offers a job. Facts that a plan depends on, and so stores."""

from __future__ import annotations

import math
import os
from pathlib import Path

__all__ = ["cores"]

_CPU_MAX = Path("/sys/fs/cgroup/cpu.max")


def cores() -> int:
    """Processors that this process may use: its affinity, and the quota of its control group."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(available, _quota(_CPU_MAX) or available))


def _quota(path: Path) -> int | None:
    """The control group's limit in whole processors. Source: kernel documentation, cgroup-v2, ``cpu.max``."""
    try:
        limit, period = path.read_text().split()
    except (OSError, ValueError):
        return None
    return None if limit == "max" else max(1, math.floor(int(limit) / int(period)))
