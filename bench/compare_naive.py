"""The naive way, beside which ours is measured: fixed pieces, ``-ss`` behind ``-i``, the concat demuxer.

So every piece decodes the film from its beginning, and the cost grows with the square of the length. It is what one
writes first, with one encoder for each core, each with as many threads as it likes.

    python -m bench.compare_naive FILM OUTPUT --ffmpeg PATH [--piece SECONDS] [-w N] -- FFMPEG-OPTION…
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import av
from bench.running import split_options

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["concat_line", "piece_argv"]

_QUIET = ("-hide_banner", "-nostdin", "-v", "error", "-y")


def main() -> int:
    """Cut, encode, concatenate."""
    asked, options = _arguments()
    with av.open(asked.film) as film:
        length = (film.duration or 0) / av.time_base
    with tempfile.TemporaryDirectory(prefix="suture-bench-") as folder:
        pieces = [Path(folder) / f"{n}.mkv" for n in range(max(1, ceil(length / asked.piece - 1e-6)))]
        lines = [piece_argv(asked, n, piece, options) for n, piece in enumerate(pieces)]
        with ThreadPoolExecutor(asked.workers) as pool:
            list(pool.map(partial(subprocess.run, check=True), lines))
        listed = Path(folder) / "pieces.txt"
        listed.write_text("".join(map(concat_line, pieces)))
        joined = ["-f", "concat", "-safe", "0", "-i", str(listed), "-c", "copy", asked.output]
        subprocess.run([asked.ffmpeg, *_QUIET, *joined], check=True)
    return 0


def _arguments() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="python -m bench.compare_naive", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("film", metavar="FILM")
    parser.add_argument("output", metavar="OUTPUT")
    parser.add_argument("--ffmpeg", default="ffmpeg", metavar="PATH")
    parser.add_argument("--piece", type=float, default=10.0, metavar="SECONDS")
    parser.add_argument("-w", "--workers", type=int, default=2, metavar="N", help="pieces at a time")
    own, options = split_options(sys.argv[1:])
    return parser.parse_args(own), options


def piece_argv(asked: argparse.Namespace, number: int, output: Path, options: Sequence[str]) -> list[str]:
    """One piece: what lies before it is decoded and thrown away."""
    cut = ["-ss", f"{number * asked.piece:g}", "-t", f"{asked.piece:g}"]
    return [asked.ffmpeg, *_QUIET, "-i", f"file:{asked.film}", *cut, *options, str(output)]


def concat_line(piece: Path) -> str:
    """As the concat demuxer reads it."""
    return f"file '{piece.resolve()}'\n"


if __name__ == "__main__":
    sys.exit(main())
