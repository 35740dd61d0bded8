"""What a long film costs Suture itself: a made-up film of hours, whose pictures are so small that encoding is nothing.

What is left is what is ours: reading the packets, the plan, the journal, starting thousands of processes, the join and
the check. The film is one minute over and over, 2.2 million packets in ten hours (30 pictures and 31.25 packets of
sound a second), and a hundred and sixty megabytes.

    python -m bench.long_film --hours 10 [--pieces 5000] [--ffmpeg PATH] [--profile] [-- SUTURE-OPTION…]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.compare_tree import encoder_named, watched
from bench.compare_where import read_events, where
from bench.running import run, split_options, suture, version
from bench.table import print_table, write_json

from suture.ffmpeg.locate import locate

if TYPE_CHECKING:
    from bench.compare_tree import Tree
    from bench.compare_where import Where

__all__ = ["made_film", "rows"]

_SIZE: Final = "64x36"
_RATE: Final = 30
_MINUTE: Final = 60
_ENCODE: Final = ("-c:v", "libx264", "--speed", "ultrafast", "--crf", "30")
_MIB: Final = 1 << 20
# What the issue asks for.
_FIRST_S, _OWN_BYTES, _OUTSIDE = 1.0, 200e6, 0.01


def main() -> int:
    """Measure and print; 1 where a target is missed."""
    asked = _arguments()
    ffmpeg = asked.ffmpeg or locate()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="suture-bench-", dir=asked.folder)))
        film = made_film(ffmpeg, asked.hours, folder, asked.container)
        print(f"ffmpeg {version(ffmpeg)}, {os.cpu_count()} cores, {asked.hours:g} h, {film.stat().st_size} bytes")
        tree = watched(_command(film, ffmpeg, asked), first=encoder_named("libx264"), every_s=0.5)
        if tree.done.returncode:
            raise SystemExit(f"exit code {tree.done.returncode}: {tree.done.stderr[-2000:]}")
        found = where(read_events(tree.done.stdout), tree.began, tree.done.wall_seconds)
    lines = rows(tree, found)
    print_table(("what", "measured", "at most"), lines)
    write_json(asked.json, {"hours": asked.hours, "rows": lines, "where": found.as_dict()})
    return 0 if _is_good(tree, found) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.long_film", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--hours", type=float, default=10.0, metavar="N")
    parser.add_argument("--pieces", type=int, metavar="N", help="cut into so many; default as Suture likes")
    parser.add_argument("--container", default="mp4", choices=("mp4", "mkv"))
    parser.add_argument("--ffmpeg", metavar="PATH")
    parser.add_argument("--folder", metavar="DIR", help="where the film is made; it takes 16 MB an hour")
    parser.add_argument("--profile", metavar="FILE", help="cProfile's statistics of the main process")
    parser.add_argument("--json", default="build/bench/long_film.json", metavar="FILE")
    own, options = split_options(sys.argv[1:])
    asked = parser.parse_args(own)
    asked.options = options
    return asked


def made_film(ffmpeg: str, hours: float, folder: Path, container: str = "mp4") -> Path:
    """A film of so many hours; seconds to make, since only its first minute is encoded."""
    minute, sound, film = folder / "minute.mp4", folder / "minute.m4a", folder / f"film.{container}"
    # By themselves, each is as long as its own packets; together, the longer one would leave gaps in the other.
    drawn = ("-f", "lavfi", "-i", f"testsrc2=s={_SIZE}:r={_RATE}:d={_MINUTE}", "-c:v", "libx264", "-g", str(2 * _RATE))
    heard = ("-f", "lavfi", "-i", f"sine=440:r=32000:d={_MINUTE}", "-c:a", "aac", "-b:a", "24k")
    again = [word for path in (minute, sound) for word in ("-stream_loop", "-1", "-i", str(path))]
    copied = ("-map", "0:v", "-map", "1:a", "-c", "copy", "-t", str(hours * 3600))
    head = (ffmpeg, "-nostdin", "-v", "error", "-y")
    small = ("-preset", "veryfast", "-crf", "35", "-bf", "0")  # a copied loop of reordered frames is not even
    for words in ((*drawn, *small, str(minute)), (*heard, str(sound)), (*again, *copied, str(film))):
        made = run([*head, *words])
        if made.returncode:
            raise SystemExit(made.stderr)
    return film


def _command(film: Path, ffmpeg: str, asked: argparse.Namespace) -> list[str]:
    cut = (
        ["--chunking", "fixed", "--chunk-duration", f"{asked.hours * 3600 / asked.pieces:.3f}"] if asked.pieces else []
    )
    place = ["--work-dir", str(film.parent / "work")]
    words = [str(film), str(film.with_name("out.mkv")), *_ENCODE, "--ffmpeg", ffmpeg, "--json", "-y", *place, *cut]
    command = suture(*words, *asked.options)
    if not asked.profile:
        return command
    at = command.index("-m")
    return [*command[:at], "-m", "cProfile", "-o", asked.profile, *command[at:]]


def rows(tree: Tree, found: Where) -> list[tuple[object, ...]]:
    """What was measured, and what it may be at most."""
    first = f"{tree.first_s:.2f} s" if tree.first_s is not None else "not seen"
    return [
        ("wall", f"{found.wall:.1f} s", ""),
        ("pieces, at once", f"{found.pieces}, {found.workers}", ""),
        ("first encoder process", first, f"{_FIRST_S:.1f} s"),
        ("memory of Suture's own processes: shared pages once", f"{tree.own_peak_bytes / _MIB:.0f} MiB", "191 MiB"),
        ("the same, shared pages for each process", f"{tree.own_resident_bytes / _MIB:.0f} MiB", ""),
        *((f"of it at most: {name}", f"{most / _MIB:.0f} MiB", "") for name, most in tree.own_each.items()),
        ("start, to the first encoder's task", f"{found.start:.2f} s", ""),
        ("encoders", f"{found.encoders:.1f} s", ""),
        ("no encoder at all meanwhile", f"{found.alone:.2f} s", ""),
        ("idle slots meanwhile", f"{found.idle:.1f} s", ""),
        ("join, behind the last encoder", f"{found.join:.2f} s", ""),
        ("check, behind the last encoder", f"{found.verify:.2f} s", ""),
        ("outside encoders and check", f"{found.outside:.2f} s = {found.outside / found.wall:.2%}", f"{_OUTSIDE:.0%}"),
        ("that is 1 % of a job of", f"{found.outside / _OUTSIDE / 60:.0f} min", ""),
        ("CPU: all, encoders", f"{tree.cpu_seconds:.1f} s, {found.cpu:.1f} s", ""),
    ]


def _is_good(tree: Tree, found: Where) -> bool:
    early = tree.first_s is not None and tree.first_s <= _FIRST_S
    return early and tree.own_peak_bytes <= _OWN_BYTES and found.outside <= _OUTSIDE * found.wall


if __name__ == "__main__":
    sys.exit(main())
