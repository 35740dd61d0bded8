"""What Suture costs where there is nothing to gain: a clip of five seconds in 720p, beside plain ffmpeg.

Runs alternate; the difference of the bests is what Suture adds where nothing disturbs it. Beside it stand the parts of
that: Python by itself, ``import suture``, ``suture --version``, and the time until the first encoder process exists.
Byte code is cached, as it is after an installation, whatever the environment says.

    python -m bench.small_clip [--ffmpeg PATH] [--film FILM] [--runs 10]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from bench.compare_tree import as_installed, encoder_named, watched
from bench.running import run, suture, version
from bench.table import print_table, write_json

from suture.ffmpeg.locate import locate

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Times"]

_CLIP: Final = ("-f", "lavfi", "-i", "testsrc2=s=1280x720:r=25:d=5,noise=alls=2:allf=t")
_ENCODE: Final = ("-c:v", "libx264", "-preset", "medium", "-crf", "23")
_ASKED: Final = ("-c:v", "libx264", "--speed", "medium", "--crf", "23")
_PLAIN, _OURS, _FIRST = "ffmpeg", "suture", "suture: to its first encoder process"
# What the issue asks for: Suture over plain ffmpeg, and of that the start.
_OVER_S, _START_S = 0.4, 0.25


@dataclass
class Times:
    """Seconds of one thing, run by run."""

    seconds: list[float] = field(default_factory=list)

    @property
    def best(self) -> float:
        """The least disturbed one."""
        return min(self.seconds)

    @property
    def middle(self) -> float:
        """The median."""
        return median(self.seconds)

    def row(self, name: str) -> tuple[str, str, str]:
        """For a table."""
        return name, f"{self.best:.3f}", f"{self.middle:.3f}"


def main() -> int:
    """Measure and print; 1 where Suture's best is more over ffmpeg's best than it may be."""
    asked = _arguments()
    ffmpeg = asked.ffmpeg or locate()
    print(f"ffmpeg {version(ffmpeg)}, Python {sys.version.split()[0]}, {os.cpu_count()} cores, {asked.runs} runs\n")
    with tempfile.TemporaryDirectory(prefix="suture-bench-") as name:
        folder = Path(name)
        film = Path(asked.film) if asked.film else _made(ffmpeg, folder)
        times = _measured(film, ffmpeg, asked.runs, folder)
    over, start = _over(times)
    rows = [found.row(name) for name, found in times.items()]
    print_table(("what", "best s", "median s"), [*rows, over, start])
    write_json(asked.json, {"ffmpeg": version(ffmpeg), "times": {name: asdict(found) for name, found in times.items()}})
    return 0 if float(over[1]) <= _OVER_S else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.small_clip", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--ffmpeg", metavar="PATH")
    parser.add_argument("--film", metavar="FILM", help="instead of a clip that is made")
    parser.add_argument("--runs", type=int, default=10, metavar="N", help="of each")
    parser.add_argument("--json", default="build/bench/small_clip.json", metavar="FILE")
    return parser.parse_args()


def _made(ffmpeg: str, folder: Path) -> Path:
    clip = folder / "clip.mp4"
    made = run([ffmpeg, "-nostdin", "-v", "error", *_CLIP, *_ENCODE[:2], "-preset", "veryfast", "-g", "50", str(clip)])
    if made.returncode:
        raise SystemExit(made.stderr)
    return clip


def _measured(film: Path, ffmpeg: str, runs: int, folder: Path) -> dict[str, Times]:
    # The first run of all writes byte code and asks ffmpeg what it can do; it is left out.
    env = as_installed()
    plain = [ffmpeg, "-nostdin", "-v", "error", "-y", "-i", str(film), *_ENCODE, "-c:a", "copy", str(folder / "a.mkv")]
    ours = suture(str(film), str(folder / "b.mkv"), *_ASKED, "--ffmpeg", ffmpeg, "-y", "-q")
    lines: dict[str, Sequence[str]] = {
        _PLAIN: plain,
        _OURS: ours,
        "python -c pass": [sys.executable, "-c", "pass"],
        "python -c 'import suture'": [sys.executable, "-c", "import suture"],
        "suture --version": suture("--version"),
    }
    times = {name: Times() for name in (*lines, _FIRST)}
    for number in range(runs + 1):
        for name, argv in lines.items():
            done = run(argv, env=env)
            if done.returncode:
                raise SystemExit(f"{name}: exit code {done.returncode}: {done.stderr[-1000:]}")
            times[name].seconds += [done.wall_seconds] if number else []
        # Being watched costs a little, so this is a run of its own.
        first = watched(ours, first=encoder_named("libx264")).first_s
        times[_FIRST].seconds += [first] if number and first is not None else []
        print(f"run {number} of {runs}", file=sys.stderr, flush=True)
    return {name: found for name, found in times.items() if found.seconds}


def _over(times: dict[str, Times]) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
    """Suture over ffmpeg, of the bests and of the medians; and of that, what a Python with Suture takes to start."""
    ours, plain, start = times[_OURS], times[_PLAIN], times["suture --version"]
    over = f"{ours.best - plain.best:.3f}", f"{ours.middle - plain.middle:.3f}"
    return (
        (f"suture over ffmpeg (at most {_OVER_S})", *over),
        (f"of it start-up (at most {_START_S})", f"{start.best:.3f}", f"{start.middle:.3f}"),
    )


if __name__ == "__main__":
    sys.exit(main())
