"""What a machine offers, read from what Linux says of it; each machine is a folder of texts."""

from __future__ import annotations

import os
import resource
from typing import TYPE_CHECKING

import pytest

from suture.planning.machine import cores, memory_class, this_machine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GIB = 1 << 30
MEMINFO = """MemTotal:       16384000 kB
MemFree:          204800 kB
MemAvailable:    8192000 kB
Cached:          4000000 kB
HugePages_Total:       0
Hugepagesize:       2048 kB
"""
UNIFIED = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
OLD = """34 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
"""

Texts = dict[str, str]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Texts], Path]:
    """Writes the texts of a machine of 32 cores without limits, and those given, under a root."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(32)), raising=False)
    monkeypatch.setattr(resource, "getrlimit", lambda _what: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def write(texts: Texts) -> Path:
        for name, text in {"proc/meminfo": MEMINFO, **texts}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write


def in_group(group: str, **files: str) -> Texts:
    """A process in a group of version 2, and the files of its hierarchy."""
    return {"proc/self/cgroup": f"0::{group}\n", "proc/self/mountinfo": UNIFIED} | {
        f"sys/fs/cgroup/{name}": text for name, text in files.items()
    }


def test_without_groups_the_kernel_says_what_is_available(machine: Callable[[Texts], Path]) -> None:
    """MemAvailable, not MemFree: caches are given back."""
    found = this_machine(machine({}))
    assert (found.cores, found.memory_bytes, found.total_bytes) == (32, 8192000 * 1024, 16384000 * 1024)
    assert found.memory_class == 8


def test_an_old_kernel_says_only_what_is_free(machine: Callable[[Texts], Path]) -> None:
    """That is too little rather than too much."""
    old = "".join(line for line in MEMINFO.splitlines(keepends=True) if "Available" not in line)
    assert this_machine(machine({"proc/meminfo": old})).memory_bytes == 204800 * 1024


@pytest.mark.parametrize("text", ["", "MemTotal: much kB\n", "MemFree: 1 kB\n"])
def test_without_figures_half_of_the_memory_counts(
    machine: Callable[[Texts], Path], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """A system without /proc (macOS) says how much there is, not how much is free."""
    monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": 1 << 20, "SC_PAGE_SIZE": 4096}.__getitem__)
    found = this_machine(machine({"proc/meminfo": text}))
    assert (found.memory_bytes, found.total_bytes) == (2 * GIB, 4 * GIB)


def test_a_group_leaves_its_limit_less_what_it_uses(machine: Callable[[Texts], Path]) -> None:
    """Cached files count as free, whether anybody used them lately or not."""
    files = {
        "a/memory.max": f"{4 * GIB}\n",
        "a/memory.current": f"{3 * GIB}\n",
        "a/memory.stat": f"anon 1\ninactive_file {GIB}\nactive_file {GIB}\n",
    }
    found = this_machine(machine(in_group("/a", **files)))
    assert (found.memory_bytes, found.total_bytes) == (3 * GIB, 4 * GIB)


def test_the_tightest_level_of_the_hierarchy_counts(machine: Callable[[Texts], Path]) -> None:
    """A parent's limit holds for its children, and may be nearer to its end than theirs."""
    files = {
        "a/memory.max": f"{2 * GIB}\n",
        "a/memory.current": f"{GIB}\n",
        "a/b/memory.max": f"{8 * GIB}\n",
        "a/b/memory.current": "0\n",
        "a/b/c/memory.max": "max\n",
        "a/b/c/memory.current": "0\n",
    }
    found = this_machine(machine(in_group("/a/b/c", **files)))
    assert (found.memory_bytes, found.total_bytes) == (GIB, 2 * GIB)


def test_memory_high_is_a_limit_too(machine: Callable[[Texts], Path]) -> None:
    """Above it nobody is killed, but all are slowed down until they are of no use."""
    files = {"a/memory.max": "max\n", "a/memory.high": f"{GIB}\n", "a/memory.current": "0\n"}
    assert this_machine(machine(in_group("/a", **files))).memory_bytes == GIB


def test_a_group_that_is_over_its_limit_leaves_next_to_nothing(machine: Callable[[Texts], Path]) -> None:
    """But one task may always start."""
    files = {"a/memory.max": f"{GIB}\n", "a/memory.current": f"{2 * GIB}\n"}
    assert this_machine(machine(in_group("/a", **files))).memory_bytes == 1 << 20


def test_in_a_container_the_group_is_the_mount(machine: Callable[[Texts], Path]) -> None:
    """Where the host's names of groups are seen, but only the own one is mounted."""
    files = {"memory.max": f"{GIB}\n", "memory.current": "0\n"}
    texts = in_group("/docker/1234", **files)
    texts["proc/self/mountinfo"] = UNIFIED.replace(" / /sys", " /docker/1234 /sys")
    assert this_machine(machine(texts)).memory_bytes == GIB
    assert this_machine(machine({**texts, "proc/self/cgroup": "0::/../../elsewhere\n"})).memory_bytes == GIB


def test_version_1_has_other_names(machine: Callable[[Texts], Path]) -> None:
    """Its "no limit" is a very large number."""
    texts = {
        "proc/self/cgroup": "5:cpu,cpuacct:/a\n4:memory:/a/b\n1:name=systemd:/x\n0::/\n",
        "proc/self/mountinfo": OLD,
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        "sys/fs/cgroup/memory/memory.usage_in_bytes": "5\n",
        "sys/fs/cgroup/memory/a/memory.limit_in_bytes": f"{6 * GIB}\n",
        "sys/fs/cgroup/memory/a/memory.usage_in_bytes": f"{2 * GIB}\n",
        "sys/fs/cgroup/memory/a/memory.stat": f"inactive_file 5\ntotal_inactive_file {GIB}\n",
        "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us": "350000\n",
        "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us": "100000\n",
    }
    found = this_machine(machine(texts))
    assert (found.cores, found.memory_bytes, found.total_bytes) == (3, 5 * GIB, 6 * GIB)


def test_a_limit_on_address_space_counts(machine: Callable[[Texts], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """What ``ulimit -v`` set."""
    root = machine({})
    monkeypatch.setattr(resource, "getrlimit", lambda what: (GIB, GIB) if what == resource.RLIMIT_AS else (-1, -1))
    found = this_machine(root)
    assert (found.memory_bytes, found.total_bytes) == (GIB, GIB)


@pytest.mark.parametrize(
    ("quota", "expected"),
    [("max 100000", 32), ("400000 100000", 4), ("150000 100000", 1), ("50000 100000", 1), ("x", 32), ("9 0", 32)],
)
def test_a_quota_of_processors(machine: Callable[[Texts], Path], quota: str, expected: int) -> None:
    """Whole processors, one at least; a text that is none limits nothing."""
    assert cores(machine(in_group("/a", **{"a/cpu.max": quota + "\n"}))) == expected


def test_affinity_counts(machine: Callable[[Texts], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A quota above it changes nothing."""
    root = machine(in_group("/a", **{"a/cpu.max": "800000 100000\n"}))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 3}, raising=False)
    assert cores(root) == 2


@pytest.mark.parametrize(
    ("gib", "expected"), [(0, 0), (0.99, 0), (1, 1), (1.9, 1), (15.6, 8), (16, 16), (23.5, 16), (700, 512)]
)
def test_a_plan_sees_memory_coarsely(gib: float, expected: int) -> None:
    """Powers of two, rounded down."""
    assert memory_class(int(gib * GIB)) == expected


def test_this_machine_is_one() -> None:
    """The real thing, whatever it is."""
    found = this_machine()
    assert found.cores >= 1
    assert 0 < found.memory_bytes <= found.total_bytes
