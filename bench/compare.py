"""Suture beside what a user would do instead: the same film, encoder and settings, several runs of each in turn.

Plain ffmpeg with its defaults and with the best options known, the naive way of cutting, HandBrake and Av1an where they
are installed. Runs alternate (ABCABC…), so that whatever else the machine does falls on all; medians are compared, and
the ratios are to plain ffmpeg. One encoder with one thread ("bare") gives the least that can be spent: that, divided by
the cores, is what Suture's wall time is held against; and so is what it takes with a neighbour on every core, as cores
that share memory slow each other down. Sound is left out unless ``--sound copy``.

    python -m bench.compare FILM… [--encoder x264] [--runs 5] [--seconds N] [--scale W:H] [-- SUTURE-OPTION…]
    python -m bench.compare FILM… --encoder x264 --crfs 20,25,30,35        BD-rate against plain ffmpeg instead
    python -m bench.compare FILM --minutes 30 --tool suture --tool naive    how costs grow with the length
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.compare_figures import COLUMNS, WHERE_COLUMNS, Figures, Measured, efficiency_line
from bench.compare_quality import bd_rate, counted, has_vmaf, vmaf
from bench.compare_tools import BARE, CROWD, ENCODERS, PLAIN, TOOLS, Case, available, command
from bench.compare_tree import watched
from bench.running import run, split_options, version
from bench.table import print_table, write_json

from suture.ffmpeg.locate import locate
from suture.orchestrator.resources import available_cpus

if TYPE_CHECKING:
    from collections.abc import Iterator

# More than that, and the machine does something else as well.
_QUIET_LOAD = 0.5


def main() -> int:
    """Measure and print; what is done is in the JSON, also when the rest is interrupted."""
    asked = _arguments()
    load = os.getloadavg()[0]
    print(f"ffmpeg {version(asked.ffmpeg)}, {available_cpus()} cores, load {load:.2f} at the start", flush=True)
    if load > _QUIET_LOAD:
        print("the machine is not quiet: wall times say little", file=sys.stderr)
    head = {"ffmpeg": version(asked.ffmpeg), "cores": available_cpus(), "load": load, "arguments": sys.argv[1:]}
    results: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="suture-bench-", dir=asked.folder) as folder:
        for case in _cases(asked, Path(folder)):
            print(f"\n## {case.film.name}, {case.encoder.codec}{f', {case.scale}' if case.scale else ''}\n", flush=True)
            results.append(_curves(case, asked, Path(folder)) if asked.crfs else _compared(case, asked, Path(folder)))
            write_json(asked.json, {**head, "results": results})
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("films", metavar="FILM", nargs="+")
    parser.add_argument("--encoder", action="append", choices=tuple(ENCODERS), help="may be given several times")
    parser.add_argument("--tool", action="append", choices=tuple(TOOLS), help="may be given several times; default all")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="of each tool")
    parser.add_argument("--bare-runs", type=int, default=3, metavar="N", help="of the encoder with one thread")
    parser.add_argument("--seconds", type=float, metavar="N", help="only the film's first N seconds")
    parser.add_argument("--minutes", type=float, metavar="N", help="the film over and over until it is so long")
    parser.add_argument("--scale", default="", metavar="W:H")
    parser.add_argument("--sound", choices=("none", "copy"), default="none")
    parser.add_argument("--piece", type=float, default=10.0, metavar="SECONDS", help="of the naive way")
    parser.add_argument("--crfs", default="", metavar="A,B,C,D", help="BD-rate of Suture at these qualities")
    parser.add_argument("--no-vmaf", dest="vmaf", action="store_false")
    parser.add_argument("--vmaf-ffmpeg", metavar="PATH", help="one with libvmaf; default the one that encodes")
    parser.add_argument("--vmaf-every", type=int, default=1, metavar="N", help="of so many frames, one")
    parser.add_argument("--ffmpeg", metavar="PATH")
    parser.add_argument("--folder", metavar="DIR", help="where the outputs lie meanwhile")
    parser.add_argument("--json", default="build/bench/compare.json", metavar="FILE")
    own, options = split_options(sys.argv[1:])
    asked = parser.parse_args(own)
    asked.options, asked.ffmpeg = options, asked.ffmpeg or locate()
    asked.judge = next(filter(has_vmaf, [asked.vmaf_ffmpeg or asked.ffmpeg, locate()]), "") if asked.vmaf else ""
    asked.crfs = [float(word) for word in asked.crfs.split(",") if word]
    if asked.crfs and not asked.judge:
        parser.error("BD-rate needs an ffmpeg with libvmaf: --vmaf-ffmpeg")
    return asked


def _cases(asked: argparse.Namespace, folder: Path) -> Iterator[Case]:
    for name in asked.films:
        film = _shaped(Path(name), asked, folder) if asked.seconds or asked.minutes else Path(name).resolve()
        for encoder in asked.encoder or ["x264"]:
            case = Case(film, ENCODERS[encoder], asked.ffmpeg, available_cpus(), asked.scale, asked.sound == "copy")
            yield replace(case, piece_s=asked.piece, extra=tuple(asked.options))


def _shaped(film: Path, asked: argparse.Namespace, folder: Path) -> Path:
    """The film's first seconds, or the film over and over, packets copied; made once."""
    made = folder / film.name
    if not made.exists():
        again = ["-stream_loop", "-1"] if asked.minutes else []
        length = ["-t", str(60 * asked.minutes if asked.minutes else asked.seconds)]
        copied = [*length, "-c", "copy", "-map", "0:v:0", "-map", "0:a?", str(made)]
        done = run([asked.ffmpeg, "-nostdin", "-v", "error", *again, "-i", str(film), *copied])
        if done.returncode:
            raise SystemExit(done.stderr)
    return made


# -- runs in turn -----------------------------------------------------------------------------------------------------


def _compared(case: Case, asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """All tools on one case: tables on stdout, everything returned."""
    figures = _measured(case, asked, folder)
    for name, found in figures.items():
        output = _output(folder, name)
        if found.runs and asked.judge and name not in {BARE, CROWD}:
            found.vmaf = vmaf(asked.judge, output, case.film, case.scale, case.cores, asked.vmaf_every)
        output.unlink(missing_ok=True)
    plain = figures.get(PLAIN)
    print_table(COLUMNS, [row for name, found in figures.items() for row in found.rows(name, plain)])
    ours, bare = figures.get("suture"), figures.get(BARE)
    if ours and ours.runs:
        print()
        print_table(WHERE_COLUMNS, [ours.where_row()])
        if bare and bare.runs:
            print("\n" + efficiency_line(bare, ours, case.cores), flush=True)
        if (crowd := figures.get(CROWD)) and crowd.runs:
            print("\nwhile all cores are busy: " + efficiency_line(crowd, ours, case.cores), flush=True)
    frames = counted(case.film)[0]
    for name, found in figures.items():
        if found.runs and found.frames != frames:
            print(f"{name}: {found.frames} frames of {frames}")
    about = {"film": case.film.name, "encoder": case.encoder.codec, "scale": case.scale, "frames": frames}
    return {**about, "tools": {name: found.as_dict() for name, found in figures.items()}}


def _measured(case: Case, asked: argparse.Namespace, folder: Path) -> dict[str, Figures]:
    tools = [tool for tool in asked.tool or TOOLS if available(tool) and command(tool, case, folder)]
    figures = {tool: Figures() for tool in tools}
    for number in range(asked.runs):
        for tool in tools:
            if tool in {BARE, CROWD} and number >= asked.bare_runs:
                continue
            figures[tool].add(_once(tool, case, folder))
            last = figures[tool].runs[-1:]
            print(f"run {number + 1}, {tool}: {last[0].wall:.2f} s" if last else tool, file=sys.stderr, flush=True)
    return figures


def _once(tool: str, case: Case, folder: Path) -> Measured | str:
    """One run, or what went wrong with it."""
    output = _output(folder, tool)
    output.unlink(missing_ok=True)
    tree = watched(command(tool, case, output))
    if tree.done.returncode or not output.exists():
        return tree.done.stderr.strip()[-300:] or f"exit code {tree.done.returncode}"
    found = Measured.of(tree, *counted(output), tells=tool == "suture")
    return replace(found, cpu=found.cpu / case.cores) if tool == CROWD else found


def _output(folder: Path, tool: str) -> Path:
    return folder / f"{tool.partition(',')[0]}-{'best' if ',' in tool else 'out'}.mkv"


# -- BD-rate ----------------------------------------------------------------------------------------------------------


def _curves(case: Case, asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Suture and plain ffmpeg at each quality, once."""
    curves: dict[str, list[tuple[float, float]]] = {PLAIN: [], "suture": []}
    for crf in asked.crfs:
        for tool, points in curves.items():
            found = _once(tool, replace(case, crf=crf), folder)
            if isinstance(found, str):
                raise SystemExit(f"{tool}: {found}")
            output = _output(folder, tool)
            score = vmaf(asked.judge, output, case.film, case.scale, case.cores, asked.vmaf_every)
            points.append((found.size_bytes, score))
    rows = [
        (f"{crf:g}", *(f"{size:.0f}, {score:.3f}" for size, score in pair))
        for crf, *pair in zip(asked.crfs, *curves.values(), strict=True)
    ]
    print_table(("crf", *(f"{tool}: bytes, VMAF" for tool in curves)), rows)
    rate = bd_rate(*curves.values())
    print(f"\nBD-rate of Suture against plain ffmpeg: {rate:+.2%}", flush=True)
    return {
        "film": case.film.name,
        "encoder": case.encoder.codec,
        "crfs": asked.crfs,
        "curves": curves,
        "bd_rate": rate,
    }


if __name__ == "__main__":
    sys.exit(main())
