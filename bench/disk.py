"""Is the disk ever the bottleneck, and does it gain from doing several things at once? Why there is one IO slot.

Three figures of the disk that FOLDER is on: what N writers put on it together (1 MiB at a time, then fsync), what N
``suture join`` do at once with the pieces of a real job (each ends with an fsync, too), and for comparison what all
encoders of that job produced in a second. What was just written is still in memory when it is joined, as in a job of
less than the machine's memory.

    python -m bench.disk FILM --folder FOLDER --seconds 20 --runs 3
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.running import run, suture
from bench.table import print_table, row_line, write_json

if TYPE_CHECKING:
    from collections.abc import Callable

_MB = 1_000_000
_BLOCK = os.urandom(1 << 20)
_AT_ONCE = (1, 2, 4)
_PRESETS = ("h264", "archive")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: so many at once, so many bytes each, MB/s of all together in each run."""

    what: str
    at_once: int
    size_bytes: int
    mb_per_s: tuple[float, ...]

    def cells(self) -> tuple[object, ...]:
        """As the table shows it."""
        low, high = min(self.mb_per_s), max(self.mb_per_s)
        spread = f"{low:.1f} to {high:.1f}" if len(self.mb_per_s) > 1 else ""
        return self.what, self.at_once, f"{self.size_bytes / _MB:.1f}", f"{median(self.mb_per_s):.2f}", spread


def main() -> int:
    """Measure and print."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="suture-bench-", dir=asked.folder) as name:
        folder = Path(name)
        print_table(("what", "at once", "MB each", "MB/s", "runs from … to"), [])
        rows = _shown(_in_turn("write, fsync", asked.runs, lambda n: _writing(folder, n, asked.write_mb * _MB // n)))
        for preset in _PRESETS:
            rows += _shown([_encoding(asked, folder / preset, preset)])
            spec = next((folder / preset).rglob("join.json"))
            rows += _shown(_in_turn(f"join ({preset})", asked.runs, lambda n, spec=spec: _joining(spec, n)))  # type: ignore[misc]
    write_json(asked.json, [asdict(row) for row in rows])
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.disk", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("film", metavar="FILM")
    parser.add_argument("--folder", metavar="FOLDER", help="on the disk to measure; default the temporary folder")
    parser.add_argument("--seconds", default="20", metavar="T", help="how much of the film is encoded")
    parser.add_argument("--write-mb", type=int, default=512, metavar="N", help="what the writers write together")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="of each but of the encodes")
    parser.add_argument("--json", default="build/bench/disk.json", metavar="FILE")
    return parser.parse_args()


def _shown(rows: list[Row]) -> list[Row]:
    for row in rows:
        print(row_line(row.cells()), flush=True)
    return rows


def _in_turn(what: str, runs: int, measure: Callable[[int], tuple[int, float]]) -> list[Row]:
    """One, two, four at once, and again: so that whatever else the machine does falls on all of them."""
    measured: dict[int, list[tuple[int, float]]] = {n: [] for n in _AT_ONCE}
    for _ in range(runs):
        for n, found in measured.items():
            found.append(measure(n))
    return [
        Row(what, n, found[0][0], tuple(n * size / _MB / seconds for size, seconds in found))
        for n, found in measured.items()
    ]


def _writing(folder: Path, at_once: int, size: int) -> tuple[int, float]:
    """Bytes of each, and seconds until all are written."""
    blocks = size // len(_BLOCK)
    paths = [folder / f"written-{n}" for n in range(at_once)]
    seconds = _together(lambda path: _write(path, blocks), paths)
    for path in paths:
        path.unlink()
    return blocks * len(_BLOCK), seconds


def _write(path: Path, blocks: int) -> None:
    with path.open("wb", buffering=0) as file:
        for _ in range(blocks):
            file.write(_BLOCK)
        os.fsync(file.fileno())


def _encoding(asked: argparse.Namespace, work: Path, preset: str) -> Row:
    """A real job, whose pieces stay: what its encoders produced in a second, all of them together."""
    work.mkdir()
    words = ["-p", preset, "--end", asked.seconds, "--work-dir", str(work), "--keep-work", "--json", "-y"]
    done = run(suture(asked.film, str(work / "out.mkv"), *words))
    if done.returncode:
        raise SystemExit(f"exit code {done.returncode}: {done.stderr[-2000:]}")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    pieces = [event for event in events if str(event.get("task", "")).startswith("video-")]
    times = [event["time"] for event in pieces]
    size = sum(path.stat().st_size for path in work.rglob("video-*.mkv"))
    at_once = len({event["worker"] for event in pieces if event.get("worker")})
    return Row(f"encode ({preset})", at_once, size, (size / _MB / (max(times) - min(times)),))


def _joining(spec: Path, at_once: int) -> tuple[int, float]:
    """The same join, so many times at once, each into a file of its own."""
    told = json.loads(spec.read_text())
    specs = [_copy(told, spec.parent / f"join-{n}") for n in range(at_once)]
    seconds = _together(_join, specs)
    parts = [path.with_name("part.mkv") for path in specs]
    size = parts[0].stat().st_size
    for part in parts:
        part.unlink()
    return size, seconds


def _copy(told: dict[str, Any], folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "join.json"
    path.write_text(json.dumps({**told, "part": str(folder / "part.mkv")}))
    return path


def _join(spec: Path) -> None:
    done = run(suture("join", str(spec)))
    if done.returncode:
        raise SystemExit(f"exit code {done.returncode}: {done.stderr[-2000:]}")


def _together(work: Callable[[Path], None], paths: list[Path]) -> float:
    """Seconds until all are done."""
    with ThreadPoolExecutor(len(paths)) as pool:
        began = time.monotonic()
        for future in [pool.submit(work, path) for path in paths]:
            future.result()
        return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
