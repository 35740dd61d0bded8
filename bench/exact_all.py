"""Is every frame the source's own? Encodes every film of a folder without loss, in pieces, and compares all frames.

For folders of one's own, cut in one way; `bench.exact` is the proof suite. For each file with video: ``suture FILE
out.mkv -p archive --chunking …``, then what `bench.comparison` says. A file of which nothing decodes is a file without
video.

    python -m bench.exact_all FOLDER… --ffmpeg PATH … --chunking keyframes … [-- SUTURE-OPTION…]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.comparison import compared, last_plan, source_frames, why_whole
from bench.running import Run, run, split_options, suture, version
from bench.table import print_table, row_line, write_json

from suture.ffmpeg.locate import locate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_COLUMNS = (
    "file",
    "ffmpeg",
    "chunking",
    "pieces",
    "frames",
    "pictures equal",
    "times equal",
    "verdict",
    "why one piece, or what differs",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One file with one ffmpeg and one way to cut it."""

    file: str
    ffmpeg: str
    chunking: str
    pieces: int
    frames: int
    pictures_equal: int
    times_equal: int
    exact: bool
    note: str

    def cells(self) -> tuple[object, ...]:
        """As the table shows it."""
        counts = (f"{self.pictures_equal}/{self.frames}", f"{self.times_equal}/{self.frames}")
        verdict = "exact" if self.exact else "NO"
        return (self.file, self.ffmpeg, self.chunking, self.pieces, self.frames, *counts, verdict, self.note)


def main() -> int:
    """Compare everything; 1 when any frame of any file differs."""
    asked = _arguments()
    programs = asked.ffmpeg or [locate()]
    chunkings = asked.chunking or ["keyframes"]
    rows: list[Row] = []
    print_table(_COLUMNS, [])
    for path in _files(asked.folders, asked.only, asked.skip):
        for ffmpeg in programs:
            for row in _rows(path, ffmpeg, chunkings, asked.options):
                rows.append(row)
                print(row_line(row.cells()), flush=True)
        source_frames.cache_clear()
    exact, cut = sum(row.exact for row in rows), sum(row.pieces > 1 for row in rows)
    files = len({row.file for row in rows})
    print(f"\n{exact} of {len(rows)} encodes are exact ({files} files; {cut} encodes in more than one piece)")
    write_json(asked.json, [asdict(row) for row in rows])
    return 0 if exact == len(rows) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.exact_all", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--ffmpeg", action="append", metavar="PATH", help="may be given several times")
    parser.add_argument("--chunking", action="append", choices=("keyframes", "auto", "fixed", "chapters"))
    parser.add_argument("--only", default="", metavar="TEXT", help="files with this in their name")
    parser.add_argument("--skip", default="\n", metavar="TEXT", help="no files with this in their name")
    parser.add_argument("--json", default="build/bench/exact_all.json", metavar="FILE")
    own, options = split_options(sys.argv[1:])
    asked = parser.parse_args(own)
    asked.options = options
    return asked


def _files(folders: Sequence[str], only: str, skip: str) -> Iterator[Path]:
    """Everything under the folders that is no text about it."""
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            wanted = only in path.name and skip not in path.name
            if path.is_file() and path.suffix not in {".tsv", ".md"} and wanted:
                yield path


def _rows(path: Path, ffmpeg: str, chunkings: Sequence[str], options: Sequence[str]) -> Iterator[Row]:
    for chunking in chunkings if source_frames(ffmpeg, str(path)) else ():
        with tempfile.TemporaryDirectory(prefix="suture-bench-") as folder:
            output = str(Path(folder) / "out.mkv")
            command = suture(str(path), output, "-p", "archive", "--chunking", chunking, "--ffmpeg", ffmpeg, "--json")
            yield _row(path, ffmpeg, chunking, output, run([*command, *options]))


def _row(path: Path, ffmpeg: str, chunking: str, output: str, done: Run) -> Row:
    frames = sum(len(frames) for _, frames in source_frames(ffmpeg, str(path)))
    row = Row(path.name, version(ffmpeg), chunking, 0, frames, 0, 0, exact=False, note="")
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[0] if done.stderr.strip() else ""
        return replace(row, note=f"exit {done.returncode}: {last}")
    plan = last_plan(done)
    found = compared(ffmpeg, str(path), output, plan)
    notes = "; ".join(filter(None, (why_whole(plan), *found.notes)))
    row = replace(row, pictures_equal=found.pictures, times_equal=found.times)
    return replace(row, pieces=plan["pieces"], exact=found.exact, note=notes)


if __name__ == "__main__":
    sys.exit(main())
