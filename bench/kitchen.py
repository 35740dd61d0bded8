"""Makes the proof suite's films with whatever ffmpeg can: a numbered film in a coding and container, copies, cuts.

A kitchen works in a folder of its own; what is made there is kept by name, so that a second run finds it. Each call
tries the ffmpegs in turn, since one has encoders and muxers that the other lacks.
"""

from __future__ import annotations

import hashlib
import secrets
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.bending import BENDS
from bench.matrix import CONTAINERS, Coding, Rate
from bench.numbered import graph

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Kitchen", "Unmade"]

_TIMEOUT_S = 120.0


class Unmade(Exception):
    """No ffmpeg at hand can make that film; says why the last one could not."""


@dataclass(frozen=True, slots=True)
class Kitchen:
    """A folder, and the ffmpegs that may be used.

    Args:
        folder: for what is made; it must exist.
        programs: paths of ffmpegs, the preferred one first.
    """

    folder: Path
    programs: tuple[str, ...]

    def film(
        self,
        row: Coding,
        container: str,
        rate: Rate | None = None,
        *,
        seconds: float = 3.0,
        size: str = "",
        frames: int = 0,
        first: int = 0,
        more: str = "",
        sound: str = "",
    ) -> Path:
        """A numbered film.

        Args:
            row: how it is coded.
            container: its extension.
            rate: how its frames lie in time; None: as the row has it.
            seconds: its length.
            size: of the picture; empty: the row's.
            frames: at most so many; 0: all.
            first: the number of its first frame.
            more: further output arguments.
            sound: arguments for a sound track; empty: none.

        Raises:
            Unmade: no ffmpeg can.
        """
        given = rate or Rate(row.rate, row.rate)
        picture = graph(given.grid, seconds, size or row.size, fields=row.fields, frames=frames, first=first)
        if given.times:
            picture += f",settb={given.clock},setpts={given.times}"
        clock = ["-enc_time_base", given.clock] if given.clock else []
        noise = ["-f", "lavfi", "-i", f"sine=330:r=48000:d={seconds}"] if sound else []
        if row.bend:
            return self._bent(row, container, picture, more)
        coded = ["-pix_fmt", row.pixels, *shlex.split(row.arguments), "-fps_mode", "passthrough", *clock]
        form = [*shlex.split(sound), *shlex.split(CONTAINERS.get(container, "")), *shlex.split(more)]
        return self.run(container, "-f", "lavfi", "-i", picture, *noise, *coded, *form)

    def copy(self, source: Path, container: str, more: str = "", before: str = "") -> Path:
        """The same packets in another container, or bent by ``more`` and ``before`` (arguments of ffmpeg)."""
        form = [*shlex.split(CONTAINERS.get(container, "")), *shlex.split(more)]
        return self.run(container, *shlex.split(before), "-i", str(source), "-map", "0", "-c", "copy", *form)

    def run(self, container: str, *arguments: str) -> Path:
        """What an ffmpeg makes of these arguments.

        Raises:
            Unmade: none succeeds.
        """
        path = self.path(container, *arguments)
        if path.exists():
            return path
        part = path.with_name(f".part-{secrets.token_hex(4)}-{path.name}")
        said = ""
        for program in self.programs:
            argv = [program, "-hide_banner", "-v", "error", "-nostdin", "-y", *arguments, str(part)]
            done = subprocess.run(argv, capture_output=True, check=False, timeout=_TIMEOUT_S)
            if done.returncode == 0 and part.exists() and part.stat().st_size:
                return part.rename(path)
            part.unlink(missing_ok=True)
            said = (done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit {done.returncode}"])[-1]
        raise Unmade(said)

    def path(self, container: str, *what: str) -> Path:
        """Where something lies that is made of ``what``: the same for the same."""
        name = hashlib.sha256("\0".join(what).encode()).hexdigest()[:12]
        return self.folder / f"{name}.{container}"

    def write(self, container: str, data: bytes) -> Path:
        """Bytes as a film."""
        path = self.folder / f"{hashlib.sha256(data).hexdigest()[:12]}.{container}"
        if not path.exists():  # else a case that reads it would find it changed
            part = path.with_name(f".part-{secrets.token_hex(4)}-{path.name}")
            part.write_bytes(data)
            part.rename(path)
        return path

    def _bent(self, row: Coding, container: str, picture: str, more: str) -> Path:
        """Coded into Matroska, its elementary stream changed, and copied into the container."""
        coded = ["-pix_fmt", row.pixels, *shlex.split(row.arguments)]
        straight = self.run("mkv", "-f", "lavfi", "-i", picture, *coded)
        bend = BENDS[row.bend]
        bent = self.path(bend.container, row.bend, straight.name)
        if not bent.exists():
            part = bent.with_name(f".part-{secrets.token_hex(4)}-{bent.name}")
            bend.make(straight, part)
            part.rename(bent)
        return self.copy(bent, container, f"{bend.copying} {more}") if bend.copying else bent


def joined(parts: Sequence[Path]) -> bytes:
    """Files one behind the other, as `cat` does it."""
    return b"".join(part.read_bytes() for part in parts)
