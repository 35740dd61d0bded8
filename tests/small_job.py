"""A job without films: tasks that make small files, the store that keeps it, and a process that dies in the middle."""

from __future__ import annotations

import hashlib
import os
import tempfile
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from suture.command.base import Command, Outcome, TaskType
from suture.digest import digest_of
from suture.orchestrator.graph import Dag
from suture.orchestrator.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Maker", "SmallJob", "dying", "fingerprints", "quick_folder"]


@dataclass(frozen=True)
class Maker(Command):
    """A command that makes a file of ``said``, which is all that its result depends on."""

    id: str = ""
    output_path: str = ""
    said: str = ""
    reusable: bool = True
    priority: int = 5
    input_path: str = "in.mkv"
    task_type: TaskType = TaskType.VIDEO

    def build_args(self) -> list[str]:
        """Nothing that runs."""
        return ["make", self.said, self.output_path]


def fingerprints(dag: Dag) -> dict[str, str]:
    """What stands in for the real ones: of what a command says, not of where it writes."""
    said = {node.id: " ".join(node.command.build_args()[:2]) for node in dag.tasks()}
    return {task: hashlib.blake2b(text.encode(), digest_size=32).hexdigest() for task, text in said.items()}


@dataclass(frozen=True)
class SmallJob:
    """Pieces ``p0``, ``p1`` …, a ``join`` that needs them, in one folder.

    Args:
        folder: where everything lies.
        pieces: how many.
        said: what each piece depends on, beside its number.
    """

    folder: Path
    pieces: int = 4
    said: str = "crf 20"

    @property
    def database(self) -> Path:
        """Where the store is."""
        return self.folder / "job.db"

    @property
    def names(self) -> list[str]:
        """The pieces' tasks."""
        return [f"p{n}" for n in range(self.pieces)]

    def output(self, task: str) -> Path:
        """What a task makes."""
        return self.folder / f"{task}.mkv"

    def dag(self, *, transient: bool = False) -> Dag:
        """The graph."""
        dag = Dag()
        made = [Maker(name, str(self.output(name)), f"{name} {self.said}", not transient) for name in self.names]
        for command in made:
            dag.add(command, transient=transient)
        dag.add(Maker("join", str(self.output("join")), f"join {self.said}"), after=made)
        return dag

    def make(self, task: str, frames: int = 24) -> Outcome:
        """Do a task's work; give what the command would."""
        path = self.output(task)
        path.write_bytes(f"{task} {self.said} ".encode() * 50)
        return Outcome(frames, path.stat().st_size, 1.5, 2.25, 1000, digest_of(path))

    def do(self, store: Store, task: str) -> Outcome:
        """One attempt from its launch to its commit."""
        store.launched(task, 1, 10.0)
        outcome = self.make(task)
        store.succeeded(task, 1, outcome, 12.0)
        store.commit()
        return outcome

    def done(self) -> dict[str, Outcome]:
        """Run all pieces and end well; gives what they gave."""
        with Store.open(self.database) as store:
            store.set_fact("cores", 8)
            store.begin(self.dag())
            return {name: self.do(store, name) for name in self.names}

    def resumed(self) -> tuple[dict[str, Outcome], Store]:
        """What a later run finds, and its store, closed."""
        with Store.open(self.database) as store:
            return store.begin(self.dag()), store


@contextmanager
def quick_folder(otherwise: Path) -> Iterator[Path]:
    """A folder in memory where there is such a thing: to force a file to the disk takes no time there."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield otherwise
        return
    with tempfile.TemporaryDirectory(dir=memory, prefix="suture-test-") as folder:
        yield Path(folder)


def dying(work: Callable[[], object]) -> None:
    """Let a process of its own do something and die at once, without any farewell."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the test runner has threads; the child needs none
        child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 9
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 9, "it failed before it could die"
