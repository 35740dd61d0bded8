"""`Part`: a file that is being written, under a name that nobody takes for the finished one.

A process may die between any two lines: what stands under the real name is always a whole file, the old one or the
new one. The part name begins with a dot and keeps the extension, by which ffmpeg chooses the format.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from suture.digest import digest_of

__all__ = ["Part", "give_name", "part_of", "sync_folder"]


def part_of(path: str) -> str:
    """The name under which a file is written, beside its own."""
    return str(Path(path).with_name(f".part-{Path(path).name}"))


class Part:
    """Gives ``path`` its file when the block succeeds, and removes the part when it doesn't.

    What is no regular file (``/dev/null``, a pipe) is written to directly: there is nothing to replace.
    """

    def __init__(self, path: str) -> None:
        self._final = Path(path)
        if self._final.is_symlink():  # it stays one, to the new file
            self._final = self._final.resolve()
        self._direct = self._final.exists() and not self._final.is_file()
        self.path = path if self._direct else part_of(str(self._final))

    def __enter__(self) -> Self:
        if not self._direct:
            # A dying process may still have the old part open; what it writes then goes nowhere.
            Path(self.path).unlink(missing_ok=True)
        return self

    def written(self) -> bool:
        """Whether anything is there."""
        return Path(self.path).exists()

    def settle(self) -> str:
        """Wait until all of it is on the disk; gives its digest, empty for what is no file."""
        if self._direct:
            return ""
        with Path(self.path).open("rb") as file:
            os.fsync(file.fileno())
        return digest_of(self.path)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._direct:
            return
        if kind is not None:
            Path(self.path).unlink(missing_ok=True)
        elif Path(self.path).exists():  # a command that chose its own place wrote there
            Path(self.path).replace(self._final)
            sync_folder(self._final.parent)


def give_name(path: str) -> None:
    """Give a file that was written under its part name its own, once it is on the disk."""
    part = part_of(path)
    with Path(part).open("rb") as file:
        os.fsync(file.fileno())
    Path(part).replace(path)
    sync_folder(Path(path).parent)


def sync_folder(folder: Path) -> None:
    """A name is on the disk when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
