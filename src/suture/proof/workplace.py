"""Where two files are compared: a folder in the cache, gone at the end; and that they are two."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from suture.errors import ConfigError
from suture.places import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["refuse_one_file", "workplace"]


@contextmanager
def workplace(name: str) -> Iterator[str]:
    """A folder in the cache for what is decoded; gone at the end, also the ones that killed runs have left.

    Args:
        name: of what is done there.

    Raises:
        ConfigError: no folder can be made.
    """
    cache = cache_folder()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        for left in cache.glob(f"{name}-*-*"):
            if not _is_alive(left.name.split("-")[1]):
                shutil.rmtree(left, ignore_errors=True)
        made = tempfile.mkdtemp(prefix=f"{name}-{os.getpid()}-", dir=cache)
    except OSError as error:
        what = f"no folder can be made in {str(cache)!r}: {error.strerror}"
        raise ConfigError(what, "XDG_CACHE_HOME names another place") from error
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _is_alive(pid: str) -> bool:
    """Whether a process of this number is there; in doubt it is."""
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except (ValueError, OSError):
        return True
    return True


def refuse_one_file(one: str, other: str, hint: str) -> None:
    """Raise `ConfigError` when two names are of one file."""
    if os.path.exists(one) and os.path.exists(other) and os.path.samefile(one, other):  # noqa: PTH110, PTH121
        raise ConfigError(f"{one!r} and {other!r} are one file", hint)
