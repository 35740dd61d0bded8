"""Which ffmpeg a file was made with: the binary, and the libraries that it loads.

Another build may give other bytes for the same arguments, so pieces of two builds are not mixed. A static binary is
told by its version and three looks into it, a dynamic one also by the size and date of each library.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Final

from suture.digest import look_of
from suture.errors import SutureError
from suture.ffmpeg.capabilities import capabilities
from suture.process import run

__all__ = ["build_of"]

# The system's own, which change no picture and no sound.
_SYSTEM: Final = ("libc.", "libm.", "libpthread.", "libdl.", "librt.", "ld-", "libgcc_s.", "libstdc++.", "libresolv.")
_PATIENCE_S: Final = 10.0


def build_of(ffmpeg: str) -> tuple[str, ...]:
    """What tells this build from others: encoders, decoders, filters and what draws subtitles may be libraries.

    Raises:
        EnvironmentProblem: it is no ffmpeg, or does not run.
    """
    status = os.stat(ffmpeg)  # noqa: PTH116 - the path is a string all the way
    version, look, loaded = _facts(ffmpeg, status.st_size, status.st_mtime_ns)
    return version, look, *loaded


@lru_cache(maxsize=8)
def _facts(ffmpeg: str, _size: int, _changed: int) -> tuple[str, str, tuple[str, ...]]:
    """Version, look and loaded libraries; asked once for each state of the binary in this process."""
    return capabilities(ffmpeg).version, look_of(ffmpeg, dated=False), tuple(sorted(_loaded(ffmpeg)))


def _loaded(ffmpeg: str) -> list[str]:
    """The libraries that the loader would take, each with its size and date; none where nobody tells."""
    lines: list[str] = []

    def keep(line: str) -> bool:
        lines.append(line)
        return False

    try:
        run(["ldd", ffmpeg], on_stdout=keep, stall_timeout_s=_PATIENCE_S)
    except SutureError:  # no ldd: not every system has one
        return []
    paths = [line.partition("=> ")[2].partition(" (")[0] for line in lines if "=> /" in line]
    return [_described(os.path.realpath(path)) for path in paths if Path(path).exists() and not _is_system(path)]


def _is_system(path: str) -> bool:
    return Path(path).name.startswith(_SYSTEM)


def _described(path: str) -> str:
    status = os.stat(path)  # noqa: PTH116 - as above
    return f"{Path(path).name} {status.st_size} {status.st_mtime_ns}"
