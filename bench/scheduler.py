"""What does the scheduler itself cost? Time and memory for each task, when the tasks do nothing.

The core alone, on graphs of three shapes; then the whole orchestrator on this machine's executor, with commands that
return at once, and with commands that start a child process (``true``). Each measurement runs in a process of its own,
so that none finds the memory that another has left. ``--journal`` measures the latter two also with the state written
to the disk.

    python -m bench.scheduler --core 100000 --tasks 10000 --journal
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections import deque
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from bench.table import print_table, write_json

from suture.command.base import Command, Outcome, Resource, RunContext, TaskType
from suture.orchestrator import Dag, Orchestrator
from suture.orchestrator.dag import Core
from suture.orchestrator.messages import Launch, Start, TaskDone
from suture.orchestrator.resources import Limits
from suture.process import run

_SHAPES = ("wide", "chain", "grid")
_WIDTH = 8  # of the grid, and slots in every measurement of the core


@dataclass(frozen=True)
class Idle(Command):
    """A command that does nothing, or lets a child process do nothing."""

    id: str = ""
    child: bool = False
    priority: int = 5
    resource: Resource = Resource.CPU
    input_path: str = os.devnull
    output_path: str = os.devnull
    task_type: TaskType = TaskType.VIDEO

    def build_args(self) -> list[str]:
        """What it would be on a command line."""
        return ["true"]

    def run(self, context: RunContext | None = None) -> Outcome:
        """Nothing, as fast as it can be done."""
        if self.child:
            run(self.build_args(), cancel=context.cancel if context else None)
        return Outcome()


@dataclass(frozen=True, slots=True)
class Cost:
    """What so many tasks took: seconds, and bytes that are still held at the end."""

    what: str
    tasks: int
    seconds: float
    memory_bytes: int

    def row(self) -> tuple[object, ...]:
        """As cells of a table."""
        each = self.memory_bytes / self.tasks
        return self.what, self.tasks, f"{self.seconds:.2f}", f"{self.seconds / self.tasks * 1e6:.1f}", f"{each:.0f}"


def main() -> int:
    """Measure and print."""
    asked = _arguments()
    cores = [partial(_core, shape, asked.core) for shape in _SHAPES]
    kinds = [(child, written) for written in (False, True)[: 1 + asked.journal] for child in (False, True)]
    runs = [partial(_run, asked.tasks, child=child, written=written) for child, written in kinds]
    costs: list[Cost] = []
    for measure in [*cores, *runs]:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            costs.append(pool.apply(measure))
        print(costs[-1].what, file=sys.stderr, flush=True)
    print_table(("what", "tasks", "seconds", "µs per task", "bytes per task"), [cost.row() for cost in costs])
    write_json(asked.json, [asdict(cost) for cost in costs])
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scheduler", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--core", type=int, default=100_000, metavar="N", help="tasks for the core alone")
    parser.add_argument("--tasks", type=int, default=10_000, metavar="N", help="tasks that run")
    parser.add_argument("--journal", action="store_true", help="measure also with the state on the disk")
    parser.add_argument("--json", default="build/bench/scheduler.json", metavar="FILE")
    return parser.parse_args()


def _graph(shape: str, count: int, *, child: bool = False) -> Dag:
    """Pieces, a join and a last step; or each task after the one before; or eight of these side by side, entangled."""
    dag = Dag()
    if shape == "wide":
        names = [dag.add(Idle(f"piece-{n}", child), memory_bytes=1, memory_kind="piece") for n in range(count - 2)]
        dag.add(Idle("join", child, resource=Resource.IO), after=names)
        dag.add(Idle("publish", child, resource=Resource.IO), after=["join"])
    for n in range(0 if shape == "wide" else count):
        before = [n - 1] if shape == "chain" else [n - _WIDTH, n - _WIDTH - 1]
        dag.add(Idle(str(n), child), after=[str(name) for name in before if name >= 0], cost=1.0)
    return dag


def _core(shape: str, count: int) -> Cost:
    """The core alone: made, and told of one end after the other."""
    dag = _graph(shape, count)
    held, began = _resident_bytes(), time.perf_counter()
    core = Core(dag, Limits(_WIDTH, memory_bytes=_WIDTH))
    waiting = deque(core.handle(Start()))
    while waiting:
        each = waiting.popleft()
        if isinstance(each, Launch):
            waiting.extend(core.handle(TaskDone(each.task, each.attempt, Outcome(peak_memory_bytes=1))))
    if not core.finished:
        raise SystemExit("the core has not come to an end")
    return Cost(f"core, {shape}", count, time.perf_counter() - began, _resident_bytes() - held)


def _run(count: int, *, child: bool, written: bool) -> Cost:
    """The orchestrator and its executor; the report is held when the memory is read."""
    dag = _graph("wide", count, child=child)
    with ExitStack() as stack:
        held, began = _resident_bytes(), time.perf_counter()
        journal = None
        if written:
            from suture.orchestrator.store import Store  # noqa: PLC0415 - not loaded by who does not ask for it

            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="suture-bench-"))
            journal = stack.enter_context(Store.open(Path(folder) / "job.db"))
        report = Orchestrator(journal=journal).run(dag)
        seconds, kept = time.perf_counter() - began, _resident_bytes() - held
    if not report.ok:
        raise SystemExit(f"{len(report.failed)} tasks failed: {report.failed[0].error}")
    what = "child processes" if child else "commands that do nothing"
    return Cost(f"{what}, with the journal" if written else what, count, seconds, kept)


def _resident_bytes() -> int:
    """The memory of this process: what it has now where the system tells, else the most that it ever had."""
    gc.collect()
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    sys.exit(main())
