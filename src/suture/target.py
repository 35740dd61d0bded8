"""What a job makes, and whether it may: the output's path, what stands there already, the right to write.

Asked before a job is begun, so that nobody waits for hours to be refused.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from suture.command.part import part_of
from suture.errors import ConfigError, ProbeError

if TYPE_CHECKING:
    from suture.settings import EncodeSettings

__all__ = ["may_write", "target_of", "try_writing"]


def target_of(source: str, output: str | None, settings: EncodeSettings) -> str:
    """The output's path.

    Raises:
        ProbeError: the source is a folder.
        ConfigError: the output is the source itself, under whatever name, a folder, or in none.
    """
    if not source or os.path.isdir(source):  # noqa: PTH112 - pathlib's raises for names that are too long
        raise ProbeError(f"cannot open {source!r}: it is no file", "name a film")
    if output is None:
        path = Path(source)
        output = str(path.with_name(f"{path.stem}.suture.{settings.extension}"))
    if not output:
        raise ConfigError("the output's name is empty", "name a file")
    if os.path.exists(output) and os.path.exists(source) and os.path.samefile(source, output):  # noqa: PTH110, PTH121
        raise ConfigError(f"{output!r} is the input itself", "name another output")
    if os.path.islink(output) and os.path.exists(output):  # noqa: PTH110, PTH114 - it stays one, to the new file
        output = os.path.realpath(output)
    if os.path.exists(output) and not os.path.isdir(output) and not os.path.isfile(output):  # noqa: PTH110, PTH112, PTH113
        raise ConfigError(f"{output!r} is no regular file", "name a file")
    parent = Path(output).parent
    if os.path.isdir(output):  # noqa: PTH112 - pathlib's raises for names that are too long
        raise ConfigError(f"{output!r} is a folder", "name a file in it, or use -o for several inputs")
    if not parent.is_dir():
        raise ConfigError(f"the folder {str(parent)!r} does not exist", "make it first")
    return output


def try_writing(target: str) -> None:
    """Find out now, not after hours, that the part file can't be made: rights, a read-only disk, too long a name.

    Raises:
        ConfigError: it can't.
    """
    part = Path(part_of(target))
    try:
        part.touch()
        part.unlink()
    except OSError as error:
        what = f"{target!r} can't be written: {error.strerror}"
        raise ConfigError(what, "choose another folder or name, or check the access rights") from error


def may_write(target: str, overwrite: bool | None) -> bool:  # noqa: FBT001 - three states
    """Whether the output may get its name, which a file may have; None: somebody has to say so.

    Raises:
        ConfigError: nobody has.
    """
    if not os.path.lexists(target) or overwrite:
        return True
    if overwrite is None:
        raise ConfigError(f"{target!r} exists", "-y replaces it, -n leaves it")
    return False
