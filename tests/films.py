"""Makes small films with ffmpeg's test sources: `FilmMaker`, each film once. The ``make_film`` fixture gives one.

Pictures are `testsrc2`, whose every frame differs from all others, so that a frame too many, too few or in the wrong
place is seen by its hash.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from suture.errors import EnvironmentProblem
from suture.ffmpeg.locate import locate

if TYPE_CHECKING:
    from collections.abc import Sequence

# B-frames, and a keyframe every 20 frames.
H264 = "-c:v libx264 -preset veryfast -bf 3 -g 20 -threads 1"


def binaries() -> dict[str, str]:
    """The ffmpegs of this machine by a short name: the one that pip brings, and the system's where there is one."""
    system = shutil.which("ffmpeg", path="/usr/local/bin:/usr/bin:/bin")
    with contextlib.suppress(EnvironmentProblem):
        return {"pip": locate(), **({"system": system} if system else {})}
    return {}


def real_media() -> Path:
    """The folder of real files; it may be absent."""
    return Path(os.environ.get("SUTURE_TEST_MEDIA", Path(__file__).parents[1] / "../shared/media"))


def ffmpeg(*arguments: str | Path, program: str | None = None) -> str:
    """Run an ffmpeg (by default the one that pip brings); gives its stdout."""
    argv = [program or locate(), "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout


@dataclass
class FilmMaker:
    """Makes films in a folder and remembers them: the same call gives the same file, which nobody may change."""

    folder: Path
    made: dict[tuple[object, ...], Path] = field(default_factory=dict)

    def __call__(
        self,
        extension: str = "mkv",
        video: str = H264,
        sound: str = "",
        *,
        rate: str = "24000/1001",
        seconds: float = 2.0,
        size: str = "64x48",
        more: Sequence[str | Path] = (),
    ) -> Path:
        """Make a film.

        Args:
            extension: of the file, which chooses the container.
            video: arguments for its picture; empty: none.
            sound: arguments for its sound (48 kHz, mono); empty: none.
            rate: frames a second.
            seconds: its length.
            size: of the picture.
            more: further output arguments, or inputs (``-i``) with their maps.
        """
        key = (extension, video, sound, rate, seconds, size, *map(str, more))
        if key not in self.made:
            path = self.folder / f"film-{len(self.made)}.{extension}"
            picture = ["-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={seconds}"] if video else []
            noise = ["-f", "lavfi", "-i", f"sine=330:r=48000:d={seconds}"] if sound else []
            ffmpeg(*picture, *noise, *more, *video.split(), *sound.split(), path)
            self.made[key] = path
        return self.made[key]
