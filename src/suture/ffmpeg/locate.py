"""Where ffmpeg is: named by the user, brought by pip, or found on ``PATH``, in this order.

Nothing is started and nothing big is imported here; whether what was found is an ffmpeg, and what it can do,
is `suture.ffmpeg.capabilities`'s question.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from functools import lru_cache
from pathlib import Path

from suture.errors import EnvironmentProblem, FFmpegNotFound

__all__ = ["ENVIRONMENT_VARIABLE", "locate"]

ENVIRONMENT_VARIABLE = "SUTURE_FFMPEG"


def locate(explicit: str | None = None) -> str:
    """The path of the ffmpeg to use.

    Args:
        explicit: what the user named (``--ffmpeg``): a path, or a program on ``PATH``. Wins over the
            environment variable ``SUTURE_FFMPEG``, that over the one in the package ``imageio-ffmpeg``, that
            over ``PATH``.

    Raises:
        FFmpegNotFound: what was named does not exist, or nothing was named and there is none.
        EnvironmentProblem: what was named can't be executed.
    """
    return _locate(explicit or None, os.environ.get(ENVIRONMENT_VARIABLE) or None)


@lru_cache(maxsize=16)
def _locate(explicit: str | None, variable: str | None) -> str:
    if explicit is not None:
        return _named(explicit, "--ffmpeg")
    if variable is not None:
        return _named(variable, ENVIRONMENT_VARIABLE)
    found = _bundled() or shutil.which("ffmpeg")
    if found is None:
        raise FFmpegNotFound(
            "there is no ffmpeg",
            f"pip install imageio-ffmpeg, or name one with --ffmpeg or {ENVIRONMENT_VARIABLE}",
        )
    return found


def _named(name: str, source: str) -> str:
    path = os.path.expanduser(name)  # noqa: PTH111  # Path would turn ./ffmpeg into a name to look for on PATH
    found = shutil.which(path) or (path if os.path.isfile(path) else None)  # noqa: PTH113
    if found is None:
        raise FFmpegNotFound(f"{name!r} ({source}) does not exist", "name the ffmpeg binary, not its folder")
    if not os.access(found, os.X_OK):
        raise EnvironmentProblem(f"{name!r} ({source}) can't be executed", "make it executable: chmod +x")
    return str(Path(found).absolute())


def _bundled() -> str | None:
    """The binary inside imageio-ffmpeg. Not asked of the package, which would start the binary to try it."""
    spec = importlib.util.find_spec("imageio_ffmpeg")
    folders = (spec.submodule_search_locations or ()) if spec is not None else ()
    binaries = (path for folder in folders for path in sorted(Path(folder).glob("binaries/ffmpeg*")))
    return next((str(path) for path in binaries if path.is_file() and os.access(path, os.X_OK)), None)
