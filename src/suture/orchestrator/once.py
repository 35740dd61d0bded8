"""`run_once`: a command outside of a graph that an earlier run need not have run in vain.

What a plan has to know before there is a graph (a film's frames, where only a decode tells them) can take as long as an
encode. Its output is sealed like a piece, and believed like one.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from suture.orchestrator.fingerprint import fingerprints
from suture.orchestrator.graph import Dag
from suture.orchestrator.rows import Result
from suture.orchestrator.seal import doubt, read_seal, write_seal

if TYPE_CHECKING:
    from suture.command.base import Command, RunContext

__all__ = ["run_once"]


def run_once(command: Command, context: RunContext) -> None:
    """Run a command, unless its output is there already and is what the command would make.

    Raises:
        SutureError: it failed, as `Command.run` tells.
    """
    fingerprint = _fingerprint(command)
    known = read_seal(command.output_path)
    if known is not None and known.fingerprint == fingerprint and not doubt(known, command.output_path):
        return
    made = command.run(replace(context, durable=True))
    result = Result(
        fingerprint=fingerprint,
        task=command.id,
        path=command.output_path,
        size_bytes=made.size_bytes,
        digest=made.digest,
        frames=made.frames,
        cpu_seconds=made.cpu_seconds,
        wall_seconds=made.wall_seconds,
        peak_memory_bytes=made.peak_memory_bytes,
        at=time.time(),
    )
    with suppress(OSError):  # without a seal it is only made again
        write_seal(result)


def _fingerprint(command: Command) -> str:
    dag = Dag()
    task = dag.add(command)
    return fingerprints(dag)[task]
