"""`Encoder`: one chunk in, one result out. It never sees a list, and keeps no state between chunks."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from suture.errors import CommandError, SutureError
from suture.model import ChunkData, EncoderResult

if TYPE_CHECKING:
    from suture.command.base import Command

__all__ = ["Encoder"]


class Encoder(ABC):
    """Makes the command for a chunk; `encode` runs it. The orchestrator runs the same command."""

    @abstractmethod
    def command(self, chunk: ChunkData, output_path: str) -> Command:
        """What encodes this chunk. Pure."""

    def encode(self, chunk: ChunkData, output_path: str) -> EncoderResult:
        """Encode one chunk and say what became of it; failures are results, not exceptions.

        A chunk whose frame count is known counts as a success only when that many came out.
        """
        started = time.monotonic()
        try:
            outcome = self.command(chunk, output_path).run()
        except SutureError as error:
            return EncoderResult(
                chunk.chunk_id,
                output_path,
                success=False,
                error_message=_message(error),
                wall_seconds=time.monotonic() - started,
            )
        return EncoderResult(
            chunk.chunk_id,
            output_path,
            success=True,
            frames=outcome.frames,
            size_bytes=outcome.size_bytes,
            cpu_seconds=outcome.cpu_seconds,
            wall_seconds=outcome.wall_seconds,
        )


def _message(error: SutureError) -> str:
    """Return code, reason, command and the relevant lines of stderr."""
    if not isinstance(error, CommandError):
        return str(error)
    code = "no exit code" if error.returncode is None else f"exit code {error.returncode}"
    return f"{code}: {error.details()}"
