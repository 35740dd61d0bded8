"""What do cutting, joining and checking cost? Suture against plain ffmpeg on one film, run by run in turn.

Both encode the same film with the same encoder, quality and speed, and copy all other streams; plain ffmpeg with as
many threads as it likes. Runs alternate, so that whatever else the machine does falls on both; medians are compared. On
a busy machine the wall times say little: a scheduler gives the side with more threads more of it.

    python -m bench.overhead FILM --preset h264 --preset av1 --runs 3 [-- SUTURE-OPTION…]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench.running import Run, run, split_options, suture
from bench.table import print_table, write_json

from suture.ffmpeg.locate import locate

# As the presets of the same names; a preset without a line here can't be compared.
PLAIN = {
    "h264": ["-c:v", "libx264", "-crf", "20", "-preset", "medium"],
    "hevc": ["-c:v", "libx265", "-crf", "22", "-preset", "medium"],
    "av1": ["-c:v", "libsvtav1", "-crf", "30", "-preset", "8"],
}
_PHASES = ("look and plan", "encode", "join", "verify", "rest")


@dataclass
class Measured:
    """All runs of one command."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    size_bytes: list[int] = field(default_factory=list)
    phases: list[dict[str, float]] = field(default_factory=list)

    def add(self, done: Run, output: Path) -> None:
        """One more run."""
        if done.returncode != 0:
            raise SystemExit(f"exit code {done.returncode}: {done.stderr[-2000:]}")
        self.wall.append(done.wall_seconds)
        self.cpu.append(done.cpu_seconds)
        self.size_bytes.append(output.stat().st_size)

    def medians(self) -> tuple[float, float, float]:
        """Wall, CPU, bytes."""
        return median(self.wall), median(self.cpu), median(self.size_bytes)

    def best(self) -> tuple[float, float, float]:
        """The same of the least disturbed run: the fastest, the cheapest, the smallest."""
        return min(self.wall), min(self.cpu), min(self.size_bytes)


def main() -> int:
    """Measure and print."""
    asked = _arguments()
    ffmpeg = asked.ffmpeg or locate()
    results = {
        preset: _measure(asked.film, preset, ffmpeg, asked.runs, asked.options) for preset in asked.preset or ["h264"]
    }
    print_table(
        ("preset", "what", "wall s", "CPU s", "bytes"),
        [row for name, pair in results.items() for row in _rows(name, *pair)],
    )
    print()
    print_table(
        ("preset", *(f"{name} s" for name in _PHASES)), [_phase_row(name, pair[1]) for name, pair in results.items()]
    )
    data = {name: {"ffmpeg": asdict(plain), "suture": asdict(ours)} for name, (plain, ours) in results.items()}
    write_json(asked.json, {"film": Path(asked.film).name, "ffmpeg": ffmpeg, "runs": asked.runs, "results": data})
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.overhead", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("film", metavar="FILM")
    parser.add_argument("--preset", action="append", choices=tuple(PLAIN), help="may be given several times")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="of each")
    parser.add_argument("--ffmpeg", metavar="PATH")
    parser.add_argument("--json", default="build/bench/overhead.json", metavar="FILE")
    own, options = split_options(sys.argv[1:])
    asked = parser.parse_args(own)
    asked.options = options
    return asked


def _measure(film: str, preset: str, ffmpeg: str, runs: int, options: list[str]) -> tuple[Measured, Measured]:
    plain, ours = Measured(), Measured()
    with tempfile.TemporaryDirectory(prefix="suture-bench-") as folder:
        for n in range(runs):
            output = Path(folder) / "out.mkv"
            head = [ffmpeg, "-hide_banner", "-nostdin", "-v", "error", "-y", "-i", f"file:{film}"]
            plain.add(run([*head, "-map", "0", "-c", "copy", *PLAIN[preset], str(output)]), output)
            done = run(suture(film, str(output), "-p", preset, "--ffmpeg", ffmpeg, "--json", "-y", *options))
            ours.add(done, output)
            ours.phases.append(_phases(done))
            print(f"{preset}, run {n + 1}: wall {ours.wall[-1] / plain.wall[-1]:.3f}", file=sys.stderr, flush=True)
    return plain, ours


def _phases(done: Run) -> dict[str, float]:
    """Where the time went, from the job's events."""
    events = [json.loads(line) for line in done.stdout.splitlines()]
    began = {event["task"]: event["time"] for event in events if event["type"] == "task.started"}
    ended = {event["task"]: event["time"] for event in events if event["type"] == "task.ended"}
    planned = _time(events, "job.planned")
    phases = {
        "look and plan": planned - _time(events, "job.started"),
        "encode": began["join"] - planned,
        "join": ended["join"] - began["join"],
        "verify": ended["publish"] - began["publish"],
    }
    return phases | {"rest": done.wall_seconds - sum(phases.values())}


def _time(events: list[dict[str, Any]], kind: str) -> float:
    return float(next(event["time"] for event in events if event["type"] == kind))


def _rows(name: str, plain: Measured, ours: Measured) -> list[tuple[object, ...]]:
    first, second = plain.medians(), ours.medians()
    shown = [
        (name, what, f"{m[0]:.1f}", f"{m[1]:.1f}", f"{m[2]:.0f}") for what, m in (("ffmpeg", first), ("suture", second))
    ]
    ratios = [f"{b / a:.3f}" for a, b in zip(first, second, strict=True)]
    least = [f"{b / a:.3f}" for a, b in zip(plain.best(), ours.best(), strict=True)]
    return [*shown, (name, "ratio of the medians", *ratios), (name, "ratio of the best", *least)]


def _phase_row(name: str, ours: Measured) -> tuple[object, ...]:
    return name, *(f"{median(run[phase] for run in ours.phases):.2f}" for phase in _PHASES)


if __name__ == "__main__":
    sys.exit(main())
