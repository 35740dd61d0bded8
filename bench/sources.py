"""The proof suite's list: every film that is made, every real file, and in which ways each is cut and encoded.

A `Case` is a source, a way of cutting, an ffmpeg and an output; its name is what ``--only`` takes and what the page
shows. Ways and outputs go round, so that each row of the matrix meets all of them and no film all. Order is stable: a
case keeps its name when others are added behind it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.matrix import CODINGS, STEADY, TIMED, Coding, Rate, coding
from bench.oddities import ODDITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from bench.kitchen import Kitchen

__all__ = ["KINDS", "OUTPUTS", "WAYS", "Case", "Source", "cases", "films", "part_of", "real_files"]

KINDS: Final = ("plain", "rate", "long", "oddity", "real")
# How suture is told to cut: seconds, at odd places; or by itself.
WAYS: Final[dict[str, tuple[str, ...]]] = {
    "0.13": ("--chunking", "fixed", "--chunk-duration", "0.13"),
    "0.37": ("--chunking", "fixed", "--chunk-duration", "0.37"),
    "0.7": ("--chunking", "fixed", "--chunk-duration", "0.7"),
    "keyframes": ("--chunking", "keyframes"),
    "auto": ("--chunking", "auto"),
}
_ODD_WAYS: Final = ("0.37", "0.13", "0.7")
# Constant quality 0 is lossless for 8 bits; but x264 skips blocks that differ by next to nothing unless told not to.
_CAREFUL = "x264-params=no-fast-pskip=1:no-dct-decimate=1"
_X264 = ("-c:v", "libx264", "--crf", "0", "--speed", "ultrafast", "-x", _CAREFUL)
# What each output's container is given: the archive, or an encoder that loses nothing of 8-bit 4:2:0.
OUTPUTS: Final[dict[str, tuple[str, ...]]] = {
    "mkv": ("-p", "archive"),
    "mp4": _X264,
    "ts": _X264,
    "mov": _X264,
    "webm": ("-c:v", "libvpx-vp9", "--crf", "0", "-x", "lossless=1", "--speed", "8"),
}
_OTHERS: Final = tuple(OUTPUTS)[1:]
_SHORT_S: Final = 3.0
_LONG_S: Final = 21.0
# Films long enough for the two ways that do not cut short ones.
_LONG: Final = (
    ("H.264, open GOP", "mp4"),
    ("H.264, open GOP", "mkv"),
    ("H.264, open GOP", "ts"),
    ("HEVC, open GOP (RASL)", "mkv"),
    ("HEVC, open GOP (RASL)", "ts"),
    ("MPEG-2, open GOP", "mpg"),
    ("MPEG-2, open GOP", "ts"),
    ("VP9, superframes", "webm"),
    ("AV1, hidden frames", "mp4"),
    ("MPEG-4 ASP", "avi"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """A film, made or real.

    Args:
        row: codec and GOP structure; of a real file: the folder.
        container: extension.
        oddity: rate or what is odd; empty for neither. Of a real file: its name.
        make: gives its path.
        plain: its samples are 8-bit 4:2:0.
        kind: one of `KINDS`.
    """

    row: str
    container: str
    oddity: str
    make: Callable[[Kitchen], Path]
    plain: bool
    kind: str

    @property
    def name(self) -> str:
        """As ``--only`` takes it."""
        return "/".join(filter(None, (self.row, self.container, self.oddity)))


@dataclass(frozen=True, slots=True)
class Case:
    """A source, a way to cut it, an ffmpeg (its path and version), and an output."""

    source: Source
    way: str
    ffmpeg: str
    version: str
    output: str

    @property
    def name(self) -> str:
        """As ``--only`` takes it; unlike any other's."""
        return f"{self.source.name}:{self.way}:{self.version}:{self.output}"

    def options(self) -> tuple[str, ...]:
        """Suture's, without source, output and ffmpeg."""
        workers = "3" if self.way == "auto" else "2"
        return (*OUTPUTS[self.output], *WAYS[self.way], "-w", workers, "--threads", "1")


def films() -> Iterator[Source]:
    """Every film that is made: the matrix at a steady rate, at every rate, long ones, then the odd ones."""
    for row in CODINGS:
        for container in row.containers.split():
            yield _film(row, container, None, row.seconds)
    for name, containers, rates in TIMED:
        for container in containers.split():
            yield from (_film(coding(name), container, rate) for rate in rates)
    for name, container in _LONG:
        yield _film(coding(name), container, Rate("12", "12"), _LONG_S)
    for odd in ODDITIES:
        yield Source(odd.row, odd.container, odd.name, odd.make, coding(odd.row).plain, "oddity")


def _film(row: Coding, container: str, rate: Rate | None, seconds: float = _SHORT_S) -> Source:
    kind = "long" if seconds == _LONG_S else "rate" if rate else "plain"
    name = f"{seconds:g} s" if kind == "long" else rate.name if rate else ""
    assert row.rate == STEADY or rate is None  # noqa: S101 - a row with a rate of its own has no other
    return Source(row.name, container, name, lambda k: k.film(row, container, rate, seconds=seconds), row.plain, kind)


def real_files(folders: Sequence[Path]) -> Iterator[Source]:
    """Every file of these folders that is no text about the others."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix not in {".tsv", ".md"}:
                yield Source(folder.name, "", path.name, lambda _kitchen, path=path: path.resolve(), False, "real")  # type: ignore[misc]


def cases(sources: Iterable[Source], programs: Sequence[tuple[str, str]]) -> Iterator[Case]:
    """What is to be done with each source; ``programs`` are paths and versions of ffmpegs."""
    seen: Counter[str] = Counter()
    for number, source in enumerate(sources):
        place = seen[source.row]
        seen[source.row] += 1
        for turn, (way, output) in enumerate(_turns(source, place)):
            path, version = programs[(number + turn) % len(programs)]
            yield Case(source, way, path, version, output)


def _turns(source: Source, place: int) -> Iterator[tuple[str, str]]:
    """Ways and outputs of one source, the ``place``-th of its row; each goes with the next ffmpeg."""
    if source.kind == "real":
        yield from (("0.37", "mkv"), ("0.37", "mkv"), ("keyframes", "mkv"))
        return
    if source.kind == "long":
        yield from (("auto", "mkv"), ("keyframes", "mkv"), ("keyframes", "mp4"), ("auto", "ts"))
        return
    ways = [_ODD_WAYS[(place + turn) % len(_ODD_WAYS)] for turn in range(3)]
    others = [_OTHERS[(place + turn) % len(_OTHERS)] for turn in range(2)] if source.plain else []
    matroska = ["mkv"] * (1 if source.plain and source.kind != "oddity" else 2)
    outputs = [*matroska, *others[: 2 if source.kind == "rate" else 1]]
    yield from zip(ways, outputs, strict=False)


def part_of(all_cases: Sequence[Case], part: str) -> list[Case]:
    """The K-th of N parts (``K/N``), by whole sources, so that a film is made once."""
    if not part:
        return list(all_cases)
    which, _, number = part.partition("/")
    order = {name: place for place, name in enumerate(dict.fromkeys(case.source.name for case in all_cases))}
    return [case for case in all_cases if order[case.source.name] % int(number) == int(which) - 1]
