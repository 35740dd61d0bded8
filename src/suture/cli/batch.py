"""A batch that was interrupted: which of its files are done, so that the same command does not do them again.

Each file is a job of its own, and goes on by itself. But of one that is done nothing is left to go on with: its output
would be refused as being there already, or, with ``-y``, made once more. So a batch writes down what it has finished,
until all of it is.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suture.command.identity import with_contents
from suture.command.part import Part
from suture.digest import digest_of
from suture.ffmpeg.build import build_of
from suture.ffmpeg.locate import locate
from suture.jobs import read_json
from suture.places import batches_folder
from suture.settings_json import essence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from suture.settings import EncodeSettings

__all__ = ["Batch"]


class Batch:
    """What of a batch is done: of all that goes into one folder with one set of settings.

    Args:
        folder: where the outputs go.
        settings: of all of them.
    """

    def __init__(self, folder: str, settings: EncodeSettings) -> None:
        asked = [with_contents(str(value), _Contents()) for value in _flat(essence(settings))]
        said = json.dumps([os.path.realpath(folder), asked, build_of(locate(settings.ffmpeg))])
        name = hashlib.blake2b(said.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
        self._path = batches_folder() / f"{name}.json"
        self._done: dict[str, Any] = read_json(self._path)

    def is_done(self, source: str, output: str) -> bool:
        """Whether this output is what an earlier run has made of this source."""
        return self._done.get(os.path.realpath(output)) == _look(source, output) is not None

    def note(self, source: str, output: str) -> None:
        """An output is finished. Where this can't be written down, it is only not remembered."""
        self._done[os.path.realpath(output)] = _look(source, output)
        with suppress(OSError):
            self._write()

    def end(self, outputs: Iterable[str]) -> None:
        """All of these are done: who asks for them again wants them once more."""
        for output in outputs:
            self._done.pop(os.path.realpath(output), None)
        with suppress(OSError):
            self._write() if self._done else self._path.unlink(missing_ok=True)

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with Part(str(self._path)) as part:
            Path(part.path).write_text(json.dumps(self._done))
            part.settle()


class _Contents:
    """Names files by what is in them."""

    def source(self, path: str) -> str:
        """All of it."""
        with suppress(OSError):
            return digest_of(path)
        return path

    content = source


def _flat(value: object) -> Iterator[object]:
    """The values of a setting's JSON, however deep."""
    if isinstance(value, dict | list):
        for each in value.items() if isinstance(value, dict) else value:
            yield from _flat(list(each) if isinstance(each, tuple) else each)
    else:
        yield value


def _look(*paths: str) -> list[list[int]] | None:
    """What tells these files from others that may come to stand there."""
    try:
        found = [Path(path).stat() for path in paths]
    except OSError:
        return None
    return [[status.st_ino, status.st_size, status.st_mtime_ns] for status in found]
