"""Can anybody find the joins? Suture's sound, cut and joined, beside one serial encode by plain ffmpeg.

Encodes music, speech, film sound and hard material (`bench.seams_sound`) with both, decodes both, and compares by the
one measure (`bench.noise`): how many packets are the serial encode's, its size, its length, its place, the noise after
each join, clicks at the joins. Draws one join beside that of the naive way: cut, encode, concatenate.

    python -m bench.seams --media ../shared/media/long [--only TEXT] [--write docs/seams.md] [--json FILE]
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.noise import CLICK, click, excess, offset, over_all
from bench.running import run, suture, version
from bench.seams_naive import SIDE_S, naive
from bench.seams_page import NAMES, Row, cells, page
from bench.seams_picture import picture, png
from bench.seams_sound import Kind, Source, decoded, make_source, packets
from bench.table import print_table, row_line, write_json

from suture.ffmpeg.locate import locate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.noise import Sound
    from bench.running import Run

_STEREO, _FILM, _ROUND = Kind(44100, 2), Kind(48000, 2), Kind(48000, 6)


@dataclass(frozen=True, slots=True)
class Case:
    """One encoder with its options: which are the same for ffmpeg and for Suture.

    Args:
        options: of both.
        kind: of source.
        ending: of the output.
        frame: samples of a packet; 0 where it has no packets to speak of.
        piece_s: length of the pieces.
        serial: further options of ffmpeg's, where Suture sets them by itself.
    """

    options: str
    kind: Kind
    ending: str
    frame: int
    piece_s: float = 5.0
    serial: str = ""

    @property
    def name(self) -> str:
        """For tables, and for ``--only``."""
        return f"{self.options.replace('-c:a ', '')}, {self.kind}"


# Without it, ffmpeg's AAC has an ident string in each 256th packet, counted from where an encoder begins.
_BITEXACT: Final = "-flags:a +bitexact"
CASES: Final = (
    *(Case(f"-c:a aac -b:a {rate}", _STEREO, "m4a", 1024, 120, _BITEXACT) for rate in ("64k", "96k", "128k", "192k")),
    Case("-c:a aac -b:a 64k", Kind(44100, 1), "m4a", 1024, 120, _BITEXACT),
    Case("-c:a aac -b:a 64k", Kind(22050, 2), "m4a", 1024, 120, _BITEXACT),
    Case("-c:a aac -b:a 192k", Kind(96000, 2), "m4a", 1024, 120, _BITEXACT),
    Case("-c:a aac -b:a 384k", _ROUND, "m4a", 1024, 120, _BITEXACT),
    *(Case(f"-c:a aac -q:a {quality}", _STEREO, "m4a", 1024, 120, _BITEXACT) for quality in (1, 2)),
    *(Case(f"-c:a libopus -b:a {rate}", _FILM, "opus", 960, 10) for rate in ("32k", "64k", "96k", "128k")),
    Case("-c:a libopus -b:a 256k", _ROUND, "opus", 960, 10),
    *(Case(f"-c:a {codec} -b:a 192k", _FILM, "mp4", 1536) for codec in ("ac3", "eac3")),
    Case("-c:a ac3 -b:a 448k", _ROUND, "mp4", 1536),
    *(Case(f"-c:a libmp3lame -b:a {rate}", _STEREO, "mp3", 1152, 10) for rate in ("128k", "192k", "320k")),
    Case("-c:a libmp3lame -q:a 2", _STEREO, "mp3", 1152, 10),
    *(Case(f"-c:a {codec}", _STEREO, ending, 4096) for codec, ending in (("flac", "flac"), ("alac", "m4a"))),
    Case("-c:a pcm_s16le", _STEREO, "wav", 0),
)
# The one that is drawn, and how much of it.
_DRAWN: Final = "aac -b:a 128k"
_DRAWN_S, _WIDTH = 0.5, 800
_REACH: Final = 8192


@dataclass(frozen=True, slots=True)
class Pair:
    """One case, encoded by both and decoded again: where the joins are, in samples of the source."""

    source: Source
    serial: Path
    ours: Path
    heard: tuple[Sound, Sound]
    joins: list[int]


@dataclass(frozen=True, slots=True)
class Bench:
    """What all cases share."""

    ffmpeg: str
    folder: Path
    media: tuple[Path, ...]
    limit_s: float

    def source(self, kind: Kind) -> Source:
        """Made once."""
        return _source(self, kind)

    def pair(self, case: Case) -> Pair:
        """Encode with both, and decode.

        Raises:
            RuntimeError: when either fails.
        """
        source = self.source(case.kind)
        serial, ours = (self.folder / f"{who}.{case.ending}" for who in ("serial", "ours"))
        plain = [self.ffmpeg, "-v", "error", "-nostdin", "-y", "-i", str(source.path)]
        _checked(run([*plain, *case.options.split(), *case.serial.split(), str(serial)]))
        shutil.rmtree(self.work, ignore_errors=True)
        _checked(run(self.suture(case, source, ours), env={"XDG_CACHE_HOME": str(self.folder / "cache")}))
        first, second = (decoded(self.ffmpeg, path, case.kind) for path in (serial, ours))
        log = "".join(path.read_text() for path in self.work.glob("*/audio-0.log"))
        return Pair(source, serial, ours, (first, second), joins(log, case.frame))

    def suture(self, case: Case, source: Source, output: Path) -> list[str]:
        """The command under test."""
        cut = ("--chunking", "fixed", "--chunk-duration", f"{case.piece_s:g}")
        kept = ("--work-dir", str(self.work), "--keep-work")
        return suture(str(source.path), str(output), *case.options.split(), *cut, *kept, "--ffmpeg", self.ffmpeg, "-y")

    @property
    def work(self) -> Path:
        """Where pieces lie, and what the splice says."""
        return self.folder / "work"


@cache
def _source(bench: Bench, kind: Kind) -> Source:
    return make_source(bench.ffmpeg, kind, bench.folder, bench.media, bench.limit_s)


def _checked(done: Run) -> None:
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])


def joins(log: str, frame: int) -> list[int]:
    """Where the joins are, in samples of the source; none where the sound was encoded in one piece.

    Args:
        log: of the splice.
        frame: samples of a packet. What a packet decodes to begins at most one packet early, by the priming.
    """
    return [(int(packet) - 1) * frame for packet in re.findall(r"joined at packet (\d+)", log)]


def measured(case: Case, pair: Pair, program: str) -> Row:
    """All figures of one case."""
    source, (serial, ours), rate = pair.source.sound, pair.heard, case.kind.rate
    apart = round(case.piece_s / 2 * rate)
    sounds = (ours, serial, source)
    largest, mean = over_all(one for at in pair.joins if (one := excess(*sounds, rate, at)))
    elsewhere, _ = over_all(one for at in pair.joins if (one := excess(*sounds, rate, at + apart)))
    plain, made = packets(pair.serial), packets(pair.ours)
    same = sum(a == b for a, b in zip(plain, made, strict=False))
    return Row(
        name=case.name,
        program=program,
        joins=len(pair.joins),
        identical=same / max(len(plain), 1),
        size=sum(map(len, made)) / sum(map(len, plain)),
        samples=(len(source), len(serial), len(ours)),
        offset=offset(ours, source, _REACH),
        largest=largest,
        mean=mean,
        elsewhere=elsewhere,
        clicks=sum(click(ours, serial, source, rate, at) > CLICK for at in pair.joins),
        exact=_equal(ours, serial),
    )


def _equal(ours: Sound, serial: Sound) -> bool:
    """Sample for sample; ffmpeg's AC-3 may end 256 samples before its source does, by which ours is longer."""
    both = min(len(ours), len(serial))
    return both > 0 and bool((ours[:both] == serial[:both]).all())


def main() -> int:
    """Measure all; 1 when any join can be found, or anything did not encode."""
    asked = _arguments()
    rows: list[Row] = []
    wanted = [case for case in CASES if asked.only in case.name]
    programs = asked.ffmpeg or [locate()]
    print_table(NAMES, [])
    for program in programs:
        with tempfile.TemporaryDirectory(prefix="suture-seams-") as name:
            bench = Bench(program, Path(name), tuple(map(Path, asked.media)), asked.seconds)
            rows += _all(bench, wanted, asked.picture)
    if asked.json:
        write_json(asked.json, [asdict(row) for row in rows])
    if asked.write:
        Path(asked.write).write_text(page(rows, _relative(asked.picture, asked.write)))
    return 0 if len(rows) == len(programs) * len(wanted) and all(row.good for row in rows) else 1


def _relative(picture: str, page: str) -> str:
    return os.path.relpath(picture, Path(page).parent) if picture else ""


def _all(bench: Bench, cases: Sequence[Case], drawn: str) -> list[Row]:
    rows = []
    for case in cases:
        try:
            pair = bench.pair(case)
        except RuntimeError as error:
            print(f"{case.name}: {error}", file=sys.stderr, flush=True)
            continue
        rows.append(measured(case, pair, version(bench.ffmpeg)))
        print(row_line(cells(rows[-1])), flush=True)
        if drawn and case.name.startswith(_DRAWN):
            _draw(bench, case, pair, Path(drawn))
    return rows


def _draw(bench: Bench, case: Case, pair: Pair, path: Path) -> None:
    """The join where the naive way clicks most: source, naive, ours."""
    rate, side = case.kind.rate, round(SIDE_S * case.kind.rate)
    cuts = [at for at in pair.joins or [3 * side] if side < at < len(pair.source.sound) - side]
    found = [_around(bench, case, pair, at) for at in cuts]
    worst = max(found, key=lambda sounds: click(sounds[1], sounds[3], sounds[0], rate, side))
    shown = slice(side - round(_DRAWN_S * rate), side + round(_DRAWN_S * rate))
    png(path, picture([sound[shown] for sound in worst[:3]], _WIDTH, 0.5))


def _around(bench: Bench, case: Case, pair: Pair, at: int) -> tuple[Sound, Sound, Sound, Sound]:
    """Some seconds around a join: source, naive, ours, serial."""
    side = round(SIDE_S * case.kind.rate)
    made = naive(bench.ffmpeg, pair.source, case.options.split(), at, bench.folder)
    serial, ours = (sound[at - side : at + side] for sound in pair.heard)
    return pair.source.sound[at - side : at + side], made, ours, serial


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.seams", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--media", action="append", default=[], metavar="FOLDER", help="real files")
    parser.add_argument("--seconds", type=float, default=900.0, metavar="S", help="of real sound (900)")
    parser.add_argument("--ffmpeg", action="append", default=[], metavar="PATH", help="may be given several times")
    parser.add_argument("--only", default="", metavar="TEXT", help="cases with this in their name")
    parser.add_argument("--picture", default="", metavar="FILE", help="draw a join into this PNG")
    parser.add_argument("--json", default="build/bench/seams.json", metavar="FILE")
    parser.add_argument("--write", default="", metavar="FILE", help="the page to write")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
