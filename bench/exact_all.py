"""Is every frame the source's own? Encodes every film of a folder without loss, in pieces, and compares all frames.

For each file with video: ``suture FILE out.mkv -p archive --chunking …``, then one linear decode of the source and one
of the output by the same ffmpeg; the hashes of all pictures and the times of all pictures must be equal, in order. A
file of which nothing decodes is a file without video. The decoding and comparing is `bench.content`'s, none of
Suture's own code.

    python -m bench.exact_all FOLDER… --ffmpeg PATH … --chunking keyframes … [-- SUTURE-OPTION…]
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import av.error
from bench.content import Frame, Video, decoded, differing_times, video_streams
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
# The plan says so where the container can't hold the source's clock.
_SHIFT = re.compile(r"everything moves by ([\d.]+) s")


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
    try:
        videos = video_streams(str(path))
    except (av.error.FFmpegError, ValueError):
        return
    sources = {video.index: decoded(ffmpeg, str(path), video) for video in videos}
    videos = [video for video in videos if sources[video.index]]
    for chunking in chunkings if videos else ():
        with tempfile.TemporaryDirectory(prefix="suture-bench-") as folder:
            output = str(Path(folder) / "out.mkv")
            command = suture(str(path), output, "-p", "archive", "--chunking", chunking, "--ffmpeg", ffmpeg, "--json")
            done = run([*command, *options])
            yield _row(path, ffmpeg, chunking, videos, sources, output, done)


def _row(
    path: Path, ffmpeg: str, chunking: str, videos: list[Video], sources: dict[int, list[Frame]], output: str, done: Run
) -> Row:
    frames = sum(map(len, sources.values()))
    row = Row(path.name, version(ffmpeg), chunking, 0, frames, 0, 0, exact=False, note="")
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[0] if done.stderr.strip() else ""
        return replace(row, note=f"exit {done.returncode}: {last}")
    plan = _plan(done)
    found = [
        _compared(_Pair(ffmpeg, str(path), video, output, made), sources[video.index], _shift(plan))
        for video, made in zip(videos, video_streams(output), strict=False)
    ]
    equal, timely = (sum(counts) for counts in list(zip(*found, strict=True))[:2])
    notes = [_why_whole(plan), *(note for one in found for note in one[2])]
    exact = equal == timely == frames
    text = "; ".join(filter(None, notes))
    return replace(row, pieces=plan["pieces"], pictures_equal=equal, times_equal=timely, exact=exact, note=text)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A picture track of the source and what became of it."""

    ffmpeg: str
    source: str
    video: Video
    output: str
    made: Video

    def decoded(self, pix_fmt: str = "") -> tuple[list[Frame], list[Frame]]:
        """Both, from their beginning."""
        source = decoded(self.ffmpeg, self.source, self.video, pix_fmt)
        return source, decoded(self.ffmpeg, self.output, self.made, pix_fmt)


def _compared(pair: _Pair, source: list[Frame], shift: Fraction) -> tuple[int, int, list[str]]:
    """Pictures that are equal, times that are equal, and what there is to say."""
    made = decoded(pair.ffmpeg, pair.output, pair.made)
    if len(source) != len(made):
        return 0, 0, [f"{len(made)} frames instead of {len(source)}"]
    notes = []
    late = differing_times(source, made, pair.made.time_base, shift)
    if late and not (ordered := _late_in_order(pair, made, shift)):
        notes.append(f"the source's own times run backwards {late} times; in order they are equal")
        late = ordered
    if not _alike(source, made) and pair.made.pix_fmt != pair.video.pix_fmt:
        # RGB in packed form has a fourth byte that means nothing.
        common = "gbrp" if pair.made.pix_fmt == "bgr0" else pair.made.pix_fmt
        source, made = pair.decoded(common)
        notes.append(f"stored as {pair.made.pix_fmt}, compared as {common}")
    if not _alike(source, made) and not _alike(source, decoded(pair.ffmpeg, pair.source, pair.video)):
        notes.append("two linear decodes of the source differ, too")
    return sum(a.digest == b.digest for a, b in zip(source, made, strict=True)), len(source) - late, notes


def _late_in_order(pair: _Pair, made: list[Frame], shift: Fraction) -> int:
    """As `differing_times`, with the times as libavcodec gives them, sorted: ffmpeg evens out those that run back."""
    with av.open(f"file:{pair.source}") as container:
        frames = container.decode(container.streams[pair.video.index])
        times = sorted((frame.pts or 0) * pair.video.time_base for frame in frames)
    in_order = [Frame(time, "") for time in times]
    return differing_times(in_order, made, pair.made.time_base, shift) + abs(len(times) - len(made))


def _alike(source: Sequence[Frame], made: Sequence[Frame]) -> bool:
    return [frame.digest for frame in source] == [frame.digest for frame in made]


def _plan(done: Run) -> dict[str, Any]:
    """The last plan of the job: a cut that was not exact makes a second one."""
    events = [json.loads(line) for line in done.stdout.splitlines()]
    plan: dict[str, Any] = [event for event in events if event["type"] == "job.planned"][-1]
    return plan


def _shift(plan: dict[str, Any]) -> Fraction:
    found = [match for decision in plan["decisions"] if (match := _SHIFT.search(decision["why"]))]
    return Fraction(found[0][1]) if found else Fraction(0)


def _why_whole(plan: dict[str, Any]) -> str:
    """Why it was not cut."""
    whys = [decision["why"] for decision in plan["decisions"] if decision["what"] == "pieces"]
    return "; ".join(why.removeprefix("one piece: ") for why in whys if why.startswith("one piece"))


if __name__ == "__main__":
    sys.exit(main())
