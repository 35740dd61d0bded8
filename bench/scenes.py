"""How well shots are found: in films whose cuts were marked by eye, and in films made of dissolves, flashes and fades.

The marks lie in ``bench/data/scenes``: the first frames of shots, and ranges in which something changes gradually; of
these one boundary each is neither right nor wrong. Beside Suture's decisions stands ffmpeg's ``scdet`` as it is and,
with ``--beside PYTHON``, PySceneDetect's adaptive detector (``pip install scenedetect`` for that Python). Printed are
precision and recall, what became of each made film, and what looking costs beside an x264 encode.

    python -m bench.scenes MEDIA [--ffmpeg PATH] [--beside PYTHON] [--frames 240] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.table import print_table, row_line, write_json

from suture.command.scene_scores import SceneScores, read_scores
from suture.command.video import VideoBuilder
from suture.ffmpeg.locate import locate
from suture.media.index import read_index
from suture.media.isolated import call
from suture.media.probe import probe
from suture.scenes import Kind, Pictures, Scores, Shots, find_shots

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Counts", "Marks", "judged", "marks"]

_DATA: Final = Path(__file__).parent / "data/scenes"
# As `suture.planning.scenes` opens a film.
_OPENING: Final = ("-skip_loop_filter", "all", "-threads", "1", "-noautorotate", "-copyts")
_SCDET: Final = (6, 8, 10, 12)
_ADAPTIVE: Final = (
    "import json, sys; from scenedetect import AdaptiveDetector, detect; "
    "print(json.dumps([first.frame_num for first, _ in detect(sys.argv[1], AdaptiveDetector())][1:]))"
)
# Frames of each of the two shots of a made film, and over how many one becomes the other.
_CLIP: Final = 75
_OVER: Final = (12, 25, 50)
# How many boundaries are wanted in a made film.
_WANTED: Final = {
    "cut": (1, 1),
    "flash": (0, 0),
    "dissolve": (0, 1),
    "fade through black": (1, 1),
    "fade through white": (0, 1),
}


@dataclass(frozen=True, slots=True)
class Marks:
    """What was seen in a film: first frames of shots; ranges, both ends included, of gradual changes, of no matter."""

    name: str
    file: str
    used_for: str
    cuts: tuple[int, ...]
    gradual: tuple[tuple[int, int], ...] = ()
    ignored: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of a film's cuts."""

    hits: tuple[int, ...] = ()
    missed: tuple[int, ...] = ()
    wrong: tuple[int, ...] = ()

    def row(self) -> list[str]:
        """For a table: precision, recall, and what is behind them."""
        found, cuts = len(self.hits) + len(self.wrong), len(self.hits) + len(self.missed)
        return [_share(len(self.hits), found), _share(len(self.hits), cuts)]


def _share(part: int, of: int) -> str:
    return f"{part}/{of} ({100 * part / of:.0f} %)" if of else "-"


def judged(marked: Marks, found: Iterable[int]) -> Counts:
    """Each boundary that was found is a hit, or wrong, or the one that a gradual change may have."""
    hits, wrong, taken = [], [], set()
    for frame in found:
        place = next((n for n, (first, last) in enumerate(marked.gradual) if first <= frame <= last), None)
        if frame in marked.cuts:
            hits.append(frame)
        elif place is not None and place not in taken:
            taken.add(place)
        elif not any(first <= frame <= last for first, last in marked.ignored):
            wrong.append(frame)
    return Counts(tuple(hits), tuple(sorted({*marked.cuts} - {*hits})), tuple(wrong))


def marks() -> list[Marks]:
    """Of all films, those by which the limits were chosen first."""
    told = [(path.stem, json.loads(path.read_text())) for path in sorted(_DATA.glob("*.json"))]
    made = [
        Marks(
            name,
            data["file"],
            data["used_for"],
            tuple(data["cuts"]),
            tuple((first, last) for first, last, _ in data["gradual"]),
            tuple((first, last) for first, last in data["ignored"]),
        )
        for name, data in told
    ]
    return sorted(made, key=lambda marked: (marked.used_for != "choosing", marked.name))


@dataclass(frozen=True, slots=True)
class Looker:
    """Looks at films with one ffmpeg; what it needs lies in a folder."""

    ffmpeg: str
    folder: Path

    def shots(self, path: Path) -> tuple[Shots, float, int]:
        """The shots of a film, the CPU seconds that they took, and its frames."""
        stream = probe(str(path)).of_kind("video")[0]
        listed, output = (str(self.folder / f"{path.name}.{what}") for what in ("index", "scores"))
        call("index", on_progress=lambda _packets: None, path=str(path), stream_index=stream.index, output=listed)
        index = read_index(listed)
        base = index.time_base
        command = SceneScores("scenes", str(path), output, stream=stream.index, time_base=base, input_options=_OPENING)
        cpu = command.set_program(self.ffmpeg).run().cpu_seconds
        _, changes, pictures = read_scores(output)
        return find_shots(Scores(changes, Pictures([pictures])), index), cpu, len(index)

    def encode(self, path: Path, frames: int) -> float:
        """CPU seconds that x264 takes for the first frames, decoding included."""
        output = str(self.folder / "encoded.mkv")
        command = VideoBuilder("x264", str(path), output).set_codec("libx264").set_crf(20).set_speed("medium")
        command = command.add_filter("crop=trunc(iw/2)*2:trunc(ih/2)*2")  # x264 takes no odd sides
        return command.set_threads(1).set_frames(frames).set_program(self.ffmpeg).run().cpu_seconds

    def scdet(self, path: Path, threshold: int) -> list[int]:
        """Where ffmpeg's filter by itself sees cuts, in pictures 320 wide."""
        told = "metadata=mode=print:key=lavfi.scd.time:file=-"
        chain = f"scale=320:-2:flags=fast_bilinear,scdet=threshold={threshold},{told}"
        lines = self.run("-i", str(path), "-map", "0:v:0", "-vf", chain, "-fps_mode", "passthrough", "-f", "null", "-")
        return [int(line.split()[0].partition(":")[2]) for line in lines.splitlines() if line.startswith("frame:")]

    def run(self, *arguments: str) -> str:
        """What an ffmpeg writes to stdout."""
        argv = [self.ffmpeg, "-v", "error", "-nostdin", "-y", *arguments]
        return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout

    def made(self, clips: Sequence[Path]) -> Iterator[tuple[str, Shots]]:
        """Films that are made of two shots each, and what is found in them."""
        for number, (one, other) in enumerate(pairwise([*clips, clips[0]])):
            for what, graph in _graphs():
                path = self.folder / f"made-{number}-{what.replace(' ', '-')}.mkv"
                ends = ("-filter_complex", graph, "-map", "[made]", "-c:v", "ffv1")
                self.run("-i", str(one), "-i", str(other), *ends, str(path))
                yield what.rpartition(" ")[0], self.shots(path)[0]

    def clip(self, path: Path, marked: Marks) -> Path:
        """The middle of a film's longest shot."""
        bounds = sorted({0, *marked.cuts, *(end for ends in (*marked.gradual, *marked.ignored) for end in ends)})
        start, end = max(pairwise(bounds), key=lambda ends: ends[1] - ends[0] if ends not in marked.ignored else 0)
        first, output = (start + end - _CLIP) // 2, self.folder / f"clip-{marked.name}.mkv"
        chosen = f"trim=start_frame={first}:end_frame={first + _CLIP},setpts=N/25/TB,scale=320:180,setsar=1"
        self.run("-i", str(path), "-map", "0:v:0", "-vf", chosen, "-r", "25", "-c:v", "ffv1", str(output))
        return output


def _graphs() -> Iterator[tuple[str, str]]:
    """Filter graphs that make one film of two clips; the last word of a name tells them apart."""
    yield "cut 0", "[0][1]concat[made]"
    for frames in (1, 2, 3):
        yield f"flash {frames}", f"[0]drawbox=c=white:t=fill:enable='between(n,30,{29 + frames})'[made];[1]nullsink"
    for frames in _OVER:
        seconds = Fraction(frames, 25)
        yield f"dissolve {frames}", f"[0][1]xfade=duration={float(seconds)}:offset={float(3 - seconds)}[made]"
        for color in ("black", "white"):
            out = f"fade=out:{_CLIP - frames}:{frames}:color={color}"
            yield (
                f"fade through {color} {frames}",
                f"[0]{out}[a];[1]fade=in:0:{frames}:color={color}[b];[a][b]concat[made]",
            )


def _adaptive(python: str, path: Path) -> list[int]:
    argv = [python, "-c", _ADAPTIVE, str(path)]
    said = subprocess.run(argv, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    found: list[int] = json.loads(said.strip().splitlines()[-1])
    return found


def _real(looker: Looker, media: Path, frames: int, beside: str | None) -> dict[str, dict[str, Counts]]:
    """The table of real films, and of each film what each way has found."""
    counts: dict[str, dict[str, Counts]] = {}
    print_table(["film", "used for", "precision", "recall", "frames", "of an x264 encode"], [])
    for marked in marks():
        path = next(media.rglob(marked.file))
        shots, cpu, length = looker.shots(path)
        pairs = zip(shots.starts, shots.kinds, strict=True)
        ours = [start for start, kind in pairs if kind in {Kind.CUT, Kind.FADE}]
        ways = {"suture": ours} | {f"scdet={n}": looker.scdet(path, n) for n in _SCDET}
        ways |= {"PySceneDetect, adaptive": _adaptive(beside, path)} if beside else {}
        counts[marked.name] = {way: judged(marked, found) for way, found in ways.items()}
        few = min(frames, length)
        share = cpu / length / (looker.encode(path, few) / few)
        seen = counts[marked.name]["suture"]
        odd = f"missed {_list(seen.missed)}; wrong {_list(seen.wrong)}"
        print(row_line([marked.name, marked.used_for, *seen.row(), odd, f"{100 * share:.1f} %"]), flush=True)
    return counts


def _list(frames: Sequence[int]) -> str:
    return ", ".join(map(str, frames)) or "none"


def _ways(counts: dict[str, dict[str, Counts]]) -> None:
    """The table of all ways, over all films for choosing and over all for checking."""
    uses = {marked.name: marked.used_for for marked in marks()}
    rows = []
    for way in next(iter(counts.values())):
        cells = []
        for use in ("choosing", "checking"):
            those = [found[way] for name, found in counts.items() if uses[name] == use]
            whole = Counts(*(sum((getattr(one, part) for one in those), ()) for part in ("hits", "missed", "wrong")))
            cells += whole.row()
        rows.append([way, *cells])
    names = ["way", *(f"{what}, {use}" for use in ("choosing", "checking") for what in ("precision", "recall"))]
    print_table(names, rows)


def _made(looker: Looker, media: Path) -> dict[str, Counter[int]]:
    """The table of made films; gives how many had how many boundaries."""
    clips = [looker.clip(next(media.rglob(marked.file)), marked) for marked in marks()]
    told: dict[str, Counter[int]] = {}
    for what, shots in looker.made(clips):
        exact = what != "cut" or shots.starts == (0, _CLIP)
        told.setdefault(what, Counter())[len(shots) - 1 if exact else -1] += 1
    rows = []
    for what, (least, most) in _WANTED.items():
        right = sum(count for found, count in told[what].items() if least <= found <= most)
        boundaries = ", ".join(f"{found}: {count}" for found, count in sorted(told[what].items()))
        wanted = str(least) if least == most else f"{least} or {most}"
        rows.append([what, wanted, _share(right, told[what].total()), boundaries])
    print_table(["made", "boundaries wanted", "as wanted", "boundaries: films"], rows)
    return told


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.scenes", description=__doc__.splitlines()[0])
    parser.add_argument("media", type=Path)
    parser.add_argument("--ffmpeg")
    parser.add_argument("--beside", metavar="PYTHON", help="a Python that has PySceneDetect")
    parser.add_argument("--frames", type=int, default=240, help="that are encoded to compare the cost")
    parser.add_argument("--json")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-scenes-") as folder:
        looker = Looker(locate(args.ffmpeg), Path(folder))
        counts = _real(looker, args.media, args.frames, args.beside)
        print()
        _ways(counts)
        print()
        made = _made(looker, args.media)
    if args.json:
        found = {name: {way: vars_of(one) for way, one in ways.items()} for name, ways in counts.items()}
        write_json(args.json, {"real": found, "made": {what: dict(told) for what, told in made.items()}})


def vars_of(counts: Counts) -> dict[str, tuple[int, ...]]:
    """For JSON."""
    return {"hits": counts.hits, "missed": counts.missed, "wrong": counts.wrong}


if __name__ == "__main__":
    main()
