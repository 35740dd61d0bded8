"""`StepCommand`: a step of a plan that is Suture's own (join, splice, index …), run as a child of its own.

It is one more command to the orchestrator: the child reports as ffmpeg's ``-progress`` does. What each step
does is the business of the subcommand of that name; what it shall do stands in a JSON file. `dry_run` prints
the line that a person would type, so that a plan printed as a script runs.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field, replace
from typing import Self

from suture import errors
from suture.command.base import (
    PRIORITY_NORMAL,
    Command,
    Outcome,
    Resource,
    RunContext,
    TaskType,
    outcome_of,
    run_command_line,
)
from suture.errors import CommandCancelled, CommandError, CommandTimeout, SutureError
from suture.process import python_argv

__all__ = ["STEP_OPTION", "StepCommand", "error_line", "step_error"]

# Asks a step to write its error so that `step_error` can read it.
STEP_OPTION = "--as-step"
_MARK = "suture-step-error "


def error_line(error: SutureError) -> str:
    """An error as a line that `step_error` reads back in the parent."""
    return _MARK + json.dumps({"type": type(error).__name__, "args": list(error.args)})


def step_error(failed: CommandError) -> SutureError:
    """The error that a step raised in its child; ``failed`` itself where it left none."""
    for line in reversed(failed.stderr.splitlines()):
        if line.startswith(_MARK):
            told = json.loads(line.removeprefix(_MARK))
            kind: type[SutureError] = getattr(errors, told["type"])
            return kind(*told["args"])
    return failed


@dataclass(frozen=True, slots=True)
class StepCommand(Command):
    """Runs ``suture STEP SPEC.json``.

    Args:
        id: unique within a graph.
        step: the subcommand: ``join``, ``splice`` …
        spec_path: the JSON file that says what to do.
        input_path: the primary input, for reports.
        output_path: the file that it leaves.
        priority: higher runs first.
        resource: what it occupies.
        task_type: what it works on.
    """

    id: str = field()
    step: str = field()
    spec_path: str = field()
    input_path: str = field()
    output_path: str = field()
    priority: int = field(default=PRIORITY_NORMAL)
    resource: Resource = field(default=Resource.IO)
    task_type: TaskType = field(default=TaskType.MIXING)

    def build_args(self) -> list[str]:
        """The line as a person types it."""
        return ["suture", self.step, self._spec()]

    def command_line(self) -> list[str]:
        """The child that runs: this Python and this Suture, whatever ``suture`` is on ``PATH``."""
        return python_argv("suture", self.step, STEP_OPTION, self._spec())

    def dry_run(self) -> str:
        """``suture STEP SPEC.json``, which a POSIX shell reads back exactly."""
        return shlex.join(self.build_args())

    def run(self, context: RunContext | None = None) -> Outcome:
        """Do it in a child. The step itself writes under a part name, so nothing is put aside here.

        Raises:
            SutureError: what the step raised, as if it had been raised here.
            CommandError: it crashed, hung or was cancelled.
        """
        try:
            finished, progress = run_command_line(self.command_line(), context or RunContext(), self.id)
        except (CommandCancelled, CommandTimeout):
            raise
        except CommandError as error:
            raise step_error(error) from error
        return outcome_of(finished, progress, self.output_path)

    def set_priority(self, priority: int) -> Self:
        """Set what runs first."""
        return replace(self, priority=priority)

    def _spec(self) -> str:
        """The name of the specification, which never looks like an option."""
        return f"./{self.spec_path}" if self.spec_path.startswith("-") else self.spec_path
