"""How fast is sound? Suture against plain ffmpeg on half an hour of stereo and of 5.1, run by run in turn.

The sources are FLAC, made of a folder's media over and over. Both encode with the same options and the same ffmpeg.
Runs alternate, so that whatever else the machine does falls on both; medians and the least of each are compared.

    python -m bench.sound_speed --media ../shared/media/long [--runs 3] [--minutes 30] [-- SUTURE-OPTION…]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from bench.running import run, split_options, suture, version
from bench.seams_sound import Kind, make_source
from bench.table import print_table, write_json

from suture.ffmpeg.locate import locate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.running import Run

# What the issue asks for.
_FASTER, _DEARER = 1.7, 1.05
_KINDS: Final = {"stereo": Kind(48000, 2), "5.1": Kind(48000, 6)}
_ENCODERS: Final = {
    ("aac", "stereo"): ("m4a", "-c:a aac -b:a 128k"),
    ("aac", "5.1"): ("m4a", "-c:a aac -b:a 384k"),
    ("opus", "stereo"): ("opus", "-c:a libopus -b:a 128k"),
    ("opus", "5.1"): ("opus", "-c:a libopus -b:a 256k"),
}
NAMES: Final = (
    "encoder",
    "source",
    "ffmpeg: wall s, CPU s",
    "suture: wall s, CPU s",
    "times faster: medians, least",
    "CPU: medians, least",
)


@dataclass
class Measured:
    """All runs of one command: seconds."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def add(self, done: Run) -> None:
        """One more run.

        Raises:
            SystemExit: when it failed.
        """
        if done.returncode:
            raise SystemExit(f"exit code {done.returncode}: {done.stderr[-2000:]}")
        self.wall.append(done.wall_seconds)
        self.cpu.append(done.cpu_seconds)


@dataclass(frozen=True, slots=True)
class Pair:
    """Plain ffmpeg and Suture with one encoder and one source."""

    encoder: str
    source: str
    plain: Measured
    ours: Measured

    def faster(self, pick: Callable[[Sequence[float]], float] = median) -> float:
        """How many times faster Suture is."""
        return pick(self.plain.wall) / pick(self.ours.wall)

    def dearer(self, pick: Callable[[Sequence[float]], float] = median) -> float:
        """How many times the CPU seconds it takes."""
        return pick(self.ours.cpu) / pick(self.plain.cpu)

    @property
    def good(self) -> bool:
        """Whether the targets are met by the medians."""
        return self.faster() >= _FASTER and self.dearer() <= _DEARER

    def cells(self) -> list[str]:
        """For a table."""
        sides = [f"{median(side.wall):.1f}, {median(side.cpu):.1f}" for side in (self.plain, self.ours)]
        ratios = [f"{ratio():.2f}, {ratio(min):.2f}" for ratio in (self.faster, self.dearer)]
        return [self.encoder, self.source, *sides, *ratios]


def main() -> int:
    """Measure and print; 1 where a target is missed."""
    asked = _arguments()
    ffmpeg = asked.ffmpeg or locate()
    print(f"ffmpeg {version(ffmpeg)}, {os.cpu_count()} cores, {asked.runs} runs of each in turn\n")
    pairs: list[Pair] = []
    with tempfile.TemporaryDirectory(prefix="suture-bench-", dir=asked.folder) as name:
        for source in asked.source or _KINDS:
            path = long_source(ffmpeg, _KINDS[source], Path(name), asked)
            wanted = [encoder for encoder, kind in _ENCODERS if kind == source and asked.only in encoder]
            pairs += [_measure(ffmpeg, encoder, source, path, asked) for encoder in wanted]
            path.unlink()
    print_table(NAMES, [pair.cells() for pair in pairs])
    if asked.json:
        write_json(asked.json, [asdict(pair) for pair in pairs])
    return 0 if all(pair.good for pair in pairs) else 1


def long_source(ffmpeg: str, kind: Kind, folder: Path, asked: argparse.Namespace) -> Path:
    """The media's sound and the hard material over and over, so long as asked for."""
    once = make_source(ffmpeg, kind, folder, [Path(path) for path in asked.media], 600.0)
    path = folder / f"long-{kind.channels}.flac"
    argv = [ffmpeg, "-v", "error", "-nostdin", "-y", "-stream_loop", "-1", "-i", str(once.path)]
    subprocess.run([*argv, "-t", f"{asked.minutes * 60:g}", str(path)], check=True)
    once.path.unlink()
    return path


def _measure(ffmpeg: str, encoder: str, source: str, path: Path, asked: argparse.Namespace) -> Pair:
    ending, options = _ENCODERS[encoder, source]
    output = path.with_suffix(f".{ending}")
    plain = [ffmpeg, "-hide_banner", "-nostdin", "-v", "error", "-y", "-i", str(path), *options.split(), str(output)]
    shared = ["--ffmpeg", ffmpeg, "-y", "-q", *asked.options]
    ours = suture(str(path), str(output), *options.split(), *shared)
    pair = Pair(encoder, source, Measured(), Measured())
    for number in range(asked.runs):
        pair.plain.add(run(plain))
        pair.ours.add(run(ours))
        said = f"{encoder} {source}, run {number + 1}: {pair.plain.wall[-1] / pair.ours.wall[-1]:.2f} times faster"
        print(said, file=sys.stderr, flush=True)
    output.unlink()
    return pair


def _arguments() -> argparse.Namespace:
    own, options = split_options(sys.argv[1:])
    parser = argparse.ArgumentParser(prog="python -m bench.sound_speed", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--media", action="append", default=[], metavar="FOLDER", help="real files")
    parser.add_argument("--minutes", type=float, default=30.0, metavar="N", help="of sound (30)")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="of each (3)")
    parser.add_argument("--only", default="", metavar="TEXT", help="encoders with this in their name: aac, opus")
    parser.add_argument("--source", action="append", choices=tuple(_KINDS), help="may be given several times")
    parser.add_argument("--ffmpeg", metavar="PATH")
    parser.add_argument("--folder", metavar="FOLDER", help="for sources and outputs; default the temporary one")
    parser.add_argument("--json", default="build/bench/sound_speed.json", metavar="FILE")
    asked = parser.parse_args(own)
    asked.options = options
    return asked


if __name__ == "__main__":
    sys.exit(main())
