"""What ``suture --version`` prints: Suture's, ffmpeg's and av's versions."""

from __future__ import annotations

import re
from importlib import metadata

from suture.errors import SutureError
from suture.ffmpeg.locate import locate
from suture.process import run

__all__ = ["text"]

_PATIENCE_S = 10


def text(version: str) -> str:
    """Three lines."""
    return f"suture {version}\nffmpeg {_ffmpeg()}\nav {_installed('av')}"


def _installed(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _ffmpeg() -> str:
    """The version that the program itself prints, and where it is."""
    lines: list[str] = []

    def hear(line: str) -> bool:
        lines.append(line)
        return True

    try:
        program = locate()
        run([program, "-version"], on_stdout=hear, stall_timeout_s=_PATIENCE_S)
    except SutureError as error:
        return f"not usable: {error}"
    found = re.match(r"ffmpeg version (\S+)", lines[0] if lines else "")
    return f"{found[1]} ({program})" if found else f"not usable: {program} is no ffmpeg"
