"""A command that need not run again, outside of a graph."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from suture.command.base import Command, Outcome, RunContext, TaskType
from suture.orchestrator.once import run_once

if TYPE_CHECKING:
    from suture.command.base import Files

RUNS: list[str] = []


@dataclass(frozen=True)
class Counting(Command):
    """Writes its options, and that it ran."""

    output_path: str = ""
    id: str = "count"
    input_path: str = "in"
    priority: int = 5
    options: str = "a"
    task_type: TaskType = field(default=TaskType.VIDEO)

    def build_args(self) -> list[str]:
        """Nothing that is run."""
        return []

    def identity(self, files: Files) -> tuple[str, ...]:  # noqa: ARG002 - it reads none
        """Its options."""
        return (self.options,)

    def run(self, context: RunContext | None = None) -> Outcome:
        """Write."""
        assert context is not None
        assert context.durable
        RUNS.append(self.options)
        Path(self.output_path).write_text(self.options)
        from suture.digest import digest_of  # noqa: PLC0415 - for this one line

        return Outcome(size_bytes=1, digest=digest_of(self.output_path))


def runs(*commands: Command) -> list[str]:
    """Which of them ran."""
    RUNS.clear()
    for command in commands:
        run_once(command, RunContext())
    return list(RUNS)


def test_it_runs_once(tmp_path: Path) -> None:
    """As long as it would make the same, and what it made is there as it was."""
    out = str(tmp_path / "out")
    one, other = Counting(out), Counting(out, options="b")
    assert runs(one, one) == ["a"]
    assert runs(other, other, one) == ["b", "a"]
    Path(out).write_text("x")
    assert runs(one) == ["a"]
    Path(out).unlink()
    assert runs(one) == ["a"]
    Path(f"{out}.seal").write_text("{")
    assert runs(one) == ["a"]
