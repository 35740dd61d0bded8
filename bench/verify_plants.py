"""Does `suture verify` find what is planted, and nothing in what is right?

Clean: encodes of a folder's films by Suture, and remuxes and encodes of them by plain ffmpeg; each must give no
difference. Plants: defects in outputs, one each; each must be found under its own name. One line for each.

    python -m bench.verify_plants [FOLDER] [--clean N] [--only TEXT] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.planting import Bed
from bench.plants import PLANTS
from bench.running import run, suture
from bench.table import print_table, row_line, write_json

from suture.ffmpeg.locate import locate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# What is made of every film, in turn, so that each film and each way is used: suture's options, or ffmpeg's.
_OURS = (
    ("mkv", "-c:v libx264 --crf 30 --speed ultrafast"),
    ("mp4", "-c:v libx264 --crf 30 --speed ultrafast"),
    ("mov", "-c:v libx264 --crf 30 --speed ultrafast"),
    ("mkv", "-c:v libx265 --crf 32 --speed ultrafast -c:a libopus"),
    ("mp4", "-c:v libx265 --crf 32 --speed ultrafast -c:a aac"),
    ("mkv", "-p archive"),
    ("mkv", "-c:v libsvtav1 --crf 45 --speed 12"),
    ("webm", "-c:v libvpx-vp9 --crf 45 --speed 8"),
    ("ts", "-c:v libx264 --crf 30 --speed ultrafast -c:a aac"),
    ("mp4", "-c:v copy"),
)
# Without the last option ffmpeg puts frames on a grid of the nominal rate, some far from where they were.
_X264 = "-c:v libx264 -crf 30 -preset ultrafast -fps_mode passthrough -enc_time_base demux"
_THEIRS = (
    ("mkv", "-map 0:v? -map 0:a? -map 0:s? -c copy"),
    ("mp4", f"-map 0:v:0? -map 0:a? -map 0:s? {_X264} -c:a aac -c:s mov_text"),
    ("mkv", f"-map 0:v:0? -map 0:a? -map 0:s? {_X264} -c:a copy -c:s copy"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One file that was looked at."""

    what: str
    wanted: str
    found: str
    good: bool
    seconds: float


def main() -> int:
    """Run all; 1 when anything was not found, or found where there is nothing."""
    asked = _arguments()
    rows: list[Row] = []
    print_table(("what", "to be found", "found as", "verdict", "s"), [])
    with tempfile.TemporaryDirectory(prefix="suture-plants-") as name:
        os.environ["XDG_CACHE_HOME"] = str(Path(name, "cache"))
        work = (_planted(Path(name), asked.only), _clean(Path(name), asked))
        for rows_of in work:
            for row in rows_of:
                rows.append(row)
                verdict = "as it has to be" if row.good else "NO"
                print(row_line((row.what, row.wanted, row.found, verdict, f"{row.seconds:.1f}")), flush=True)
    if asked.json:
        write_json(asked.json, [asdict(row) for row in rows])
    bad = sum(not row.good for row in rows)
    print(f"\n{len(rows) - bad} of {len(rows)} as they have to be", file=sys.stderr)
    return 1 if bad else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", default="../shared/media/structure", help="films for the clean ones")
    parser.add_argument("--clean", type=int, default=60, help="how many clean outputs (60)")
    parser.add_argument("--only", default="", help="those with this in their name")
    parser.add_argument("--json", help="the same for programs")
    parser.add_argument("--quick", action="store_true", help="the clean ones with --quick")
    return parser.parse_args()


def _verified(source: Path, output: Path, *options: str) -> tuple[list[str], float, str]:
    """The kinds of difference that are found, how long it took, and an error where there is one."""
    began = time.monotonic()
    done = run(suture("verify", str(source), str(output), "--json", *options), timeout_s=600)
    seconds = time.monotonic() - began
    try:
        told = json.loads(done.stdout)
    except ValueError:
        return ["error"], seconds, done.stderr.strip()[-300:]
    texts = [each["text"] for each in told["differences"]]
    if done.returncode != (4 if texts else 0):
        return ["error"], seconds, f"exit code {done.returncode}"
    return [each["kind"] for each in told["differences"]], seconds, texts[0] if texts else ""


def _planted(folder: Path, only: str) -> Iterator[Row]:
    bed = Bed(folder / "bed")
    for plant in PLANTS:
        if only not in plant.name:
            continue
        output = plant.make(bed)
        for options in plant.ways:
            kinds, seconds, text = _verified(bed.source(plant), output, *options)
            good = bool(kinds) and kinds[0] in plant.kinds and "error" not in kinds
            name = " ".join((plant.name, *options))
            yield Row(name, " or ".join(plant.kinds), f"{kinds[0] if kinds else 'nothing'}: {text}", good, seconds)


def _clean(folder: Path, asked: argparse.Namespace) -> Iterator[Row]:
    made = 0
    for source, extension, command, options in _ways(asked.folder, folder):
        if made == asked.clean:
            return
        output = folder / f"clean.{extension}"
        name = f"{source.name[:40]}: {command[0]} {extension} {' '.join(options)}"
        if asked.only not in name:
            continue
        output.unlink(missing_ok=True)
        done = run([*command[1:], str(output)], timeout_s=300)
        if done.returncode:
            continue  # not every film fits every container
        made += 1
        kinds, seconds, text = _verified(source, output, *options, *(["--quick"] if asked.quick else []))
        yield Row(name, "nothing", f"{kinds[0]}: {text}" if kinds else "nothing", not kinds, seconds)


def _ways(films: str, folder: Path) -> Iterator[tuple[Path, str, list[str], list[str]]]:
    """A film, an extension, a command with a word for it before, and what verify is told."""
    found = sorted(path for path in Path(films).glob("*") if path.is_file()) if Path(films).is_dir() else []
    if not found:
        found = [Bed(folder / "bed").film]
    ways = [("suture", *way) for way in _OURS] + [("ffmpeg", *way) for way in _THEIRS]
    for turn in range(len(ways)):
        for number, film in enumerate(found):
            if (number + turn) % 4:
                continue
            who, extension, options = ways[(number // 4 + turn) % len(ways)]
            yield film.resolve(), extension, _command(who, film.resolve(), options.split()), _told(who, options)


def _command(who: str, film: Path, options: Sequence[str]) -> list[str]:
    if who == "suture":
        return [f"suture {' '.join(options)}", *suture("encode", str(film), "-q", "-y", *options)]
    return [f"ffmpeg {' '.join(options)}", locate(), "-v", "error", "-nostdin", "-y", "-i", str(film), *options]


def _told(who: str, options: str) -> list[str]:
    """What the command left out on purpose."""
    if who == "suture":
        return []
    return ["--map", "0:v:0?" if "0:v:0?" in options else "0:v?", "--map", "0:a?", "--map", "0:s?"]


if __name__ == "__main__":
    sys.exit(main())
