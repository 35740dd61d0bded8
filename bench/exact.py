"""The proof suite: is every frame the source's own, in its place and at its time, whatever the film is?

Makes the films of `bench.sources`, takes every real file at hand, cuts each at many odd places, encodes without loss,
and compares with one linear decode by the same ffmpeg (`bench.comparison`). Each failure is printed with the command
that repeats it. Results are kept as they come, so that a run that was interrupted goes on with ``--resume``.

    python -m bench.exact [--part K/N] [--only TEXT] [-j JOBS] [--resume|--failed] [--write docs/exactness.md]
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import av.error
from bench.comparison import compared, last_plan, source_frames, why_whole
from bench.exactness import page
from bench.kitchen import Kitchen, Unmade
from bench.outcome import EXACT, EXCEPTED, REFUSED, UNMADE, WRONG, Outcome, settle
from bench.running import Run, run, suture, version
from bench.sources import KINDS, Case, cases, films, part_of, real_files

from suture.ffmpeg.locate import locate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FOLDER = Path("build/exact")
_SYSTEM = ("/usr/bin/ffmpeg", "/usr/local/bin/ffmpeg", "/opt/homebrew/bin/ffmpeg")
_TIMEOUT_S = 600.0


@dataclass(frozen=True, slots=True)
class Bench:
    """What all cases share: where films are made, and a folder for outputs and the cache."""

    kitchen: Kitchen
    folder: Path

    def outcome(self, case: Case) -> Outcome:
        """Make the source, encode it, compare."""
        blank = Outcome.of(case)
        try:
            path = str(case.source.make(self.kitchen))
        except Unmade as error:
            return replace(blank, verdict=UNMADE, note=str(error))
        with tempfile.TemporaryDirectory(prefix="case-", dir=self.folder) as name:
            output = str(Path(name) / f"out.{case.output}")
            argv = suture(path, output, *case.options(), "--ffmpeg", case.ffmpeg, "--json", "--no-resume")
            env = {"XDG_CACHE_HOME": str((self.folder / "cache").resolve())}
            done = run(argv, env=env, timeout_s=_TIMEOUT_S)
            shown = shlex.join(["suture", *argv[3:]]).replace(output, f"out.{case.output}")
            blank = replace(blank, command=shown, seconds=round(done.wall_seconds, 1))
            return _judged(blank, case, path, output, done)


def _judged(blank: Outcome, case: Case, path: str, output: str, done: Run) -> Outcome:
    """What became of a case whose command has ended."""
    frames = sum(len(frames) for _, frames in source_frames(case.ffmpeg, path))
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if "error:" in line] or done.stderr.splitlines() or [""]
        verdict = WRONG if frames else REFUSED
        return replace(blank, verdict=verdict, frames=frames, note=f"exit {done.returncode}: {errors[0].strip()}")
    plan = last_plan(done)
    try:
        found = compared(case.ffmpeg, path, output, plan, numbered=case.source.kind != "real")
    except (av.error.FFmpegError, ValueError) as error:
        return replace(blank, frames=frames, pieces=plan["pieces"], note=f"the output can't be read: {error}")
    good = EXACT if frames else REFUSED
    bad = EXCEPTED if found.unsteady and found.times == found.frames else WRONG
    return replace(
        blank,
        verdict=good if found.exact else bad,
        pieces=plan["pieces"],
        frames=found.frames,
        pictures=found.pictures,
        times=found.times,
        whole=why_whole(plan),
        note="; ".join(found.notes),
    )


def main() -> int:
    """Prove everything; 1 when any frame of any case differs and nobody has said why that is impossible."""
    asked = _arguments()
    folder = Path(asked.folder)
    (folder / "films").mkdir(parents=True, exist_ok=True)
    wanted = _wanted(asked)
    kept = _kept(Path(asked.json), asked)
    todo = [case for case in wanted if case.name not in kept]
    bench = Bench(Kitchen(folder / "films", tuple(_programs(asked))), folder)
    print(f"{len(wanted)} cases, {len(wanted) - len(todo)} of them from an earlier run", flush=True)
    found = {**kept, **{outcome.name: outcome for outcome in _run(bench, todo, asked.jobs, Path(asked.json))}}
    results = [settle(found[case.name]) for case in wanted]
    if asked.write:
        versions = sorted({case.version for case in wanted})
        Path(asked.write).write_text(page(results, versions))
    return _say(results)


def _say(results: Sequence[Outcome]) -> int:
    counts = {verdict: sum(one.verdict == verdict for one in results) for verdict in {one.verdict for one in results}}
    cut = sum(one.pieces > 1 for one in results)
    said = ", ".join(f"{number} {verdict}" for verdict, number in sorted(counts.items()))
    print(f"\n{len(results)} cases: {said}; {cut} in more than one piece")
    return 1 if counts.get(WRONG) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.exact", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--ffmpeg", action="append", metavar="PATH", help="may be given several times")
    parser.add_argument("--media", action="append", default=[], metavar="FOLDER", help="real files")
    parser.add_argument("--long", action="store_true", help="files of a minute and more among them, too")
    parser.add_argument("--part", default="", metavar="K/N", help="the K-th of N parts")
    parser.add_argument("--only", action="append", default=[], metavar="TEXT", help="cases with this in their name")
    parser.add_argument("--kind", action="append", choices=KINDS, help="only these sources")
    parser.add_argument("-j", "--jobs", type=int, default=2, metavar="N", help="cases at once")
    parser.add_argument("--resume", action="store_true", help="keep what the JSON file has")
    parser.add_argument("--failed", action="store_true", help="as --resume, but try again what was not exact")
    parser.add_argument("--list", action="store_true", help="print the cases' names and end")
    parser.add_argument("--folder", default=str(_FOLDER), metavar="FOLDER", help="for films and outputs")
    parser.add_argument("--json", default=str(_FOLDER / "results.jsonl"), metavar="FILE")
    parser.add_argument("--write", default="", metavar="FILE", help="the page to write")
    return parser.parse_args()


def _wanted(asked: argparse.Namespace) -> list[Case]:
    programs = [(path, version(path)) for path in _programs(asked)]
    folders = [Path(folder) for folder in asked.media]
    sources = [*films(), *real_files([folder for folder in folders if asked.long or folder.name != "long"])]
    found = part_of(list(cases(sources, programs)), asked.part)
    kinds = asked.kind or KINDS
    found = [case for case in found if case.source.kind in kinds and all(text in case.name for text in asked.only)]
    if asked.list:
        print("\n".join(case.name for case in found))
        sys.exit(0)
    return found


def _programs(asked: argparse.Namespace) -> list[str]:
    """Those asked for; else the one that pip brings, and the system's where there is one. All may make films."""
    system = next((path for path in _SYSTEM if Path(path).is_file()), None)
    return asked.ffmpeg or [locate(), *([system] if system else [])]


def _run(bench: Bench, todo: Sequence[Case], jobs: int, path: Path) -> Iterator[Outcome]:
    """All of them, several at once; those of one source one after the other, so that its decode is remembered."""
    groups: dict[str, list[Case]] = {}
    for case in todo:
        groups.setdefault(case.source.name, []).append(case)
    lock = threading.Lock()
    done = [0]

    def each(group: list[Case]) -> list[Outcome]:
        outcomes = []
        for case in group:
            outcome = bench.outcome(case)
            with lock, path.open("a") as file:
                done[0] += 1
                print(json.dumps(asdict(outcome)), file=file)
                print(f"{done[0]}/{len(todo)} {settle(outcome).line()}", flush=True)
            outcomes.append(outcome)
        source_frames.cache_clear()
        return outcomes

    with ThreadPoolExecutor(jobs) as pool:
        for outcomes in pool.map(each, groups.values()):
            yield from outcomes


def _kept(path: Path, asked: argparse.Namespace) -> dict[str, Outcome]:
    """What earlier runs found, the last of each; the file begins anew where that is not asked for."""
    if not (asked.resume or asked.failed):
        path.unlink(missing_ok=True)
    if not path.is_file():
        return {}
    lines = (Outcome(**json.loads(line)) for line in path.read_text().splitlines())
    found = {outcome.name: outcome for outcome in lines}
    again = {UNMADE, REFUSED, *([WRONG] if asked.failed else [])}
    return {name: one for name, one in found.items() if one.verdict not in again}


if __name__ == "__main__":
    sys.exit(main())
