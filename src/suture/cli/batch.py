"""A batch that was interrupted: which of its files are done, so that the same command does not do them again.

Each file is a job of its own, and goes on by itself. But of one that is done nothing is left to go on with: its output
would be refused as being there already, or, with ``-y``, made once more. So a batch writes down what it has finished,
until all of it is.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suture.command.part import Part
from suture.jobs import settings_as_json
from suture.places import batches_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suture.settings import EncodeSettings

__all__ = ["Batch"]


class Batch:
    """What of a batch is done.

    Args:
        jobs: pairs of source and output; with the settings they say which batch it is.
        settings: of all of them.
    """

    def __init__(self, jobs: Sequence[tuple[str, str | None]], settings: EncodeSettings) -> None:
        paths = [(os.path.abspath(source), os.path.abspath(output or "")) for source, output in jobs]  # noqa: PTH100
        said = json.dumps([paths, settings_as_json(settings)])
        name = hashlib.blake2b(said.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
        self._path = batches_folder() / f"{name}.json"
        self._done: dict[str, Any] = _read(self._path)

    def is_done(self, source: str, output: str) -> bool:
        """Whether this output is what an earlier run of the batch has made of this source."""
        return self._done.get(output) == _look(source, output) is not None

    def note(self, source: str, output: str) -> None:
        """An output is finished. Where this can't be written down, it is only not remembered."""
        self._done[output] = _look(source, output)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with Part(str(self._path)) as part:
                Path(part.path).write_text(json.dumps(self._done))
                part.settle()
        except OSError:
            return

    def end(self) -> None:
        """All of it is done."""
        self._path.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _look(*paths: str) -> list[list[int]] | None:
    """What tells these files from others that may come to stand there."""
    try:
        found = [Path(path).stat() for path in paths]
    except OSError:
        return None
    return [[status.st_ino, status.st_size, status.st_mtime_ns] for status in found]
