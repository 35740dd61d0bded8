"""What does a proof cost? The same packets in a container that is trusted and in one whose cuts have to be proved.

The film is copied (not encoded) into MKV and into NUT. Suture encodes both with the same settings, in turn; the
difference is one linear decode, the trials of the cuts, and a checksum of every frame. The last line is a filter that
sees neighbouring frames, against plain ffmpeg with that filter in one process.

    python -m bench.proof_cost FILM --preset h264 --runs 3 [--seconds 30]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from bench.overhead import PLAIN, Measured
from bench.running import run, suture
from bench.table import print_table, write_json

from suture.ffmpeg.locate import locate

_FILTER = "yadif=1"


def main() -> int:
    """Measure and print."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="suture-bench-") as folder:
        trusted, proved = (_copy(asked.film, Path(folder) / name, asked.seconds) for name in ("film.mkv", "film.nut"))
        sides = {
            "trusted (MKV)": suture(str(trusted), "", "-p", asked.preset),
            "proved (NUT)": suture(str(proved), "", "-p", asked.preset),
            f"suture -vf {_FILTER}": suture(str(trusted), "", "-p", asked.preset, "-vf", _FILTER),
            f"ffmpeg -vf {_FILTER}": _plain(trusted, asked.preset),
        }
        found = _measured(sides, Path(folder) / "out.mkv", asked.runs)
    _report(found)
    write_json(asked.json, {name: {"wall": m.wall, "cpu": m.cpu, "bytes": m.size_bytes} for name, m in found.items()})
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.proof_cost", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("film", metavar="FILM")
    parser.add_argument("--preset", default="h264", choices=tuple(PLAIN))
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="of each")
    parser.add_argument("--seconds", type=float, default=30.0, metavar="S", help="of the film")
    parser.add_argument("--json", default="build/bench/proof_cost.json", metavar="FILE")
    return parser.parse_args(sys.argv[1:])


def _copy(film: str, path: Path, seconds: float) -> Path:
    argv = [
        locate(),
        "-v",
        "error",
        "-y",
        "-i",
        f"file:{film}",
        "-t",
        str(seconds),
        "-map",
        "0:v:0",
        "-c",
        "copy",
        str(path),
    ]
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)
    return path


def _plain(film: Path, preset: str) -> list[str]:
    head = [locate(), "-hide_banner", "-nostdin", "-v", "error", "-y", "-i", str(film), "-vf", _FILTER]
    return [*head, *PLAIN[preset], ""]


def _measured(sides: dict[str, list[str]], output: Path, runs: int) -> dict[str, Measured]:
    """Each side once a round, so that whatever else the machine does falls on all."""
    found = {name: Measured() for name in sides}
    for n in range(runs):
        for name, argv in sides.items():
            line = [str(output) if word == "" else word for word in argv]
            output.unlink(missing_ok=True)
            found[name].add(run([*line, "--no-resume", "-q"] if line[2] == "suture" else line), output)
        print(f"round {n + 1} of {runs}", file=sys.stderr, flush=True)
    return found


def _report(found: dict[str, Measured]) -> None:
    rows = [(name, *(f"{value:.2f}" for value in m.medians()[:2])) for name, m in found.items()]
    print_table(("what", "wall s", "CPU s"), rows)
    names = list(found)
    for a, b in ((names[1], names[0]), (names[2], names[3])):
        ratios = [median(x / y for x, y in zip(p, q, strict=True)) for p, q in _pairs(found[a], found[b])]
        print(f"\n{a} / {b}: wall {ratios[0]:.3f}, CPU {ratios[1]:.3f}")


def _pairs(one: Measured, other: Measured) -> tuple[tuple[list[float], list[float]], ...]:
    return (one.wall, other.wall), (one.cpu, other.cpu)


if __name__ == "__main__":
    sys.exit(main())
