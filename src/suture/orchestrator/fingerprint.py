"""Fingerprints: which tasks of two graphs would make the same file, in whatever folder, on whatever day.

A task's fingerprint is made of its command's identity; where it reads what another task makes, of that task's
fingerprint. So a change anywhere changes all that follows from it, and nothing else. What counts of a command is the
command's to say (`Command.identity`); here is only how files are named and how it all becomes a digest.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.digest import digest_of, look_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.command.base import Command
    from suture.orchestrator.graph import Dag

__all__ = ["fingerprints", "read_files"]

# Goes into every fingerprint: a change of what they are made of makes all earlier ones unknown.
SCHEMA: Final = 1
_LARGE: Final = 1 << 28


def fingerprints(dag: Dag) -> dict[str, str]:
    """The fingerprint of each task, 64 hexadecimal digits; looks into each file once.

    Raises:
        SutureError: a command can't tell what it is; it could not run either.
    """
    files = _Named({node.command.output_path: node.id for node in dag.tasks()})
    return {task: files.add(task, dag.node(task).command) for task in dag.order()}


def read_files(dag: Dag) -> frozenset[str]:
    """The files that the commands read and none of them makes: sources, and what arguments name."""
    read = _Read()
    for node in dag.tasks():
        node.command.identity(read)
    return frozenset(read.paths - {node.command.output_path for node in dag.tasks()})


class _Read:
    """Names nothing, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.paths: set[str] = set()

    def source(self, path: str) -> str:
        """As `Files.source`."""
        self.paths.add(path)
        return path

    content = source


class _Named:
    """Names files: those that tasks make by their fingerprints, others by what is in them."""

    def __init__(self, makers: dict[str, str]) -> None:
        self._makers = makers
        self._found: dict[str, str] = {}
        self._looks: dict[str, str] = {}
        self._contents: dict[str, str] = {}

    def add(self, task: str, command: Command) -> str:
        """The fingerprint of a command; those of all that it waits for are known already."""
        said = json.dumps([SCHEMA, *command.identity(self)], ensure_ascii=True)
        self._found[task] = found = hashlib.blake2b(said.encode(), digest_size=32).hexdigest()
        return found

    def source(self, path: str) -> str:
        """As `Files.source`."""
        return self._made(path) or _kept(self._looks, path, look_of)

    def content(self, path: str) -> str:
        """As `Files.content`."""
        return self._made(path) or _kept(self._contents, path, _whole)

    def _made(self, path: str) -> str:
        return self._found.get(self._makers.get(path, ""), "")


def _kept(known: dict[str, str], path: str, look: Callable[[str], str]) -> str:
    if path not in known:
        try:
            known[path] = look(path)
        except OSError:
            known[path] = path  # a URL, or a file that is not there: its name is all there is
    return known[path]


def _whole(path: str) -> str:
    """What is in a file; of a folder (fonts), in all the files that lie directly in it. A film counts as a source."""
    if not os.path.isdir(path):  # noqa: PTH112 - a string all the way
        return digest_of(path) if Path(path).stat().st_size < _LARGE else look_of(path)
    inside = sorted(entry for entry in Path(path).iterdir() if entry.is_file())
    return " ".join(f"{entry.name} {digest_of(entry)}" for entry in inside)
