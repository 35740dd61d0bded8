"""What looking at every picture and every sample costs, beside decoding the same two files and throwing it away.

``python -m bench.verify_cost SOURCE OUTPUT [--ffmpeg PATH] [--runs N]``: prints seconds of CPU of this process and its
children, and of the wall, for a plain decode of both files to nowhere and for the comparison of the first picture and
sound. Least of all runs: others share the machine.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import tempfile
import time
from functools import partial
from typing import TYPE_CHECKING

from suture.ffmpeg.locate import locate
from suture.media.probe import probe_file
from suture.verify.pictures import compare_pictures
from suture.verify.side import Look, Side
from suture.verify.sound import compare_sound

if TYPE_CHECKING:
    from collections.abc import Callable


def cpu_seconds() -> float:
    """Of this process and of all children that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def measured(what: Callable[[], object], runs: int) -> tuple[float, float]:
    """The least CPU and wall seconds of some runs."""
    found = []
    for _ in range(runs):
        cpu, wall = cpu_seconds(), time.perf_counter()
        what()
        found.append((cpu_seconds() - cpu, time.perf_counter() - wall))
    return min(cpu for cpu, _ in found), min(wall for _, wall in found)


def decode(program: str, paths: tuple[str, str], kind: str) -> None:
    """Decode one stream of both files to nowhere."""
    for path in paths:
        argv = [program, "-v", "quiet", "-nostdin", "-i", path, "-map", f"0:{kind[0]}:0", "-f", "null", "-"]
        subprocess.run(argv, check=True)


def compare(program: str, paths: tuple[str, str], kind: str) -> None:
    """What ``suture verify`` does with one stream."""
    mine, theirs = (Side(path, probe_file(path).of_kind(kind)[0]) for path in paths)
    with tempfile.TemporaryDirectory() as folder:
        look = Look(program, folder)
        if kind == "video":
            compare_pictures(mine, theirs, tick=theirs.stream.time_base, look=look)
        else:
            compare_sound(mine, theirs, look=look)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("output")
    parser.add_argument("--ffmpeg")
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    program, paths = locate(asked.ffmpeg), (asked.source, asked.output)
    columns = ("decode, CPU s", "compare, CPU s", "ratio", "decode, wall s", "compare, wall s")
    print("| what | " + " | ".join(columns) + " |\n|---|---|---|---|---|---|")
    for kind in ("video", "audio"):
        if all(probe_file(path).of_kind(kind) for path in paths):
            plain = measured(partial(decode, program, paths, kind), asked.runs)
            whole = measured(partial(compare, program, paths, kind), asked.runs)
            figures = (plain[0], whole[0], whole[0] / plain[0], plain[1], whole[1])
            print(f"| {kind} |" + "".join(f" {figure:.2f} |" for figure in figures))


if __name__ == "__main__":
    main()
