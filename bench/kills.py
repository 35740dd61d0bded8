"""``make fault``: kills a real encode at random moments, runs the same command again, and looks what became of it.

Each round has folders of its own. `suture` is killed (SIGKILL) once to three times, in a phase and at a moment in it
that dice choose: the process alone, whose encoders its warden then has to end, or all of its processes at once. The
same command then runs to its end. What is compared are packets as libavformat reads them, not what Suture says.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import av
from bench.film import make_film
from bench.running import suture
from bench.table import print_table, write_json
from bench.victim import PHASES, Victim

from suture.ffmpeg.locate import locate

__all__ = ["Bench", "Round", "Shot", "main"]

# Cut and index, encode of picture and sound, conversion of subtitles, join with faststart: all take some of the time.
_COMMON: Final = "--speed ultrafast --threads 1 -w 2 --chunking fixed --chunk-duration 1.5 --json"
_JOBS: Final = {"mp4": _COMMON, "mkv": f"{_COMMON} -c:a libopus"}
# Never taken over from an earlier run: they cost little, and the second checks the first.
_ALWAYS: Final = {"join", "publish"}


@dataclass(frozen=True, slots=True)
class Shot:
    """A kill: the whole tree or Suture alone, where it was aimed, where it fell, what was in flight, and the rest.

    ``gone_s``: until no process was left; -1: not looked at, since the next run began at once.
    """

    tree: bool
    aim: str
    phase: str
    in_flight: tuple[str, ...]
    done: tuple[str, ...]
    gone_s: float


@dataclass(slots=True)
class Round:
    """What became of a round; no ``wrong``: all is well."""

    number: int
    container: str
    shots: list[Shot] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    reused: int = 0
    again: int = 0
    refused: bool = False
    wall_seconds: float = 0.0


@dataclass(frozen=True)
class Bench:
    """The film, what it becomes undisturbed, and how long each phase takes then."""

    film: Path
    seed: int
    folder: Path

    def argv(self, container: str, output: Path) -> list[str]:
        """The command of a round."""
        return [*suture(str(self.film), str(output)), *_JOBS[container].split()]

    @cached_property
    def packets(self) -> dict[str, list[Any]]:
        """What each container holds after an undisturbed run."""
        return {name: packets(self.folder / f"reference.{name}") for name in _JOBS}

    @cached_property
    def seconds(self) -> dict[str, float]:
        """How long each phase takes; makes the references."""
        found: Counter[str] = Counter()
        for name in _JOBS:
            place = self.folder / f"reference-{name}"
            place.mkdir()
            victim = Victim(self.argv(name, place / f"out.{name}"), place, place / f"out.{name}", place / "cache")
            found.update(_phase_seconds(victim))
            if victim.end():
                raise SystemExit(f"the undisturbed run failed: {victim.said.read_text()}")
            (place / f"out.{name}").rename(self.folder / f"reference.{name}")
        return {phase: found[phase] / len(_JOBS) for phase in PHASES}

    def play(self, number: int) -> Round:
        """One round; its folder stays when something is wrong."""
        began = time.monotonic()
        dice = random.Random(f"{self.seed}/{number}")  # noqa: S311 - a game
        container = sorted(_JOBS)[number % 2]
        done = Round(number, container)
        folder = Path(tempfile.mkdtemp(prefix=f"round-{number:04}-", dir=self.folder))
        (folder / "out").mkdir()
        _Play(self, folder, dice, done).to_end()
        done.wall_seconds = time.monotonic() - began
        if done.wrong:
            done.wrong.append(f"kept: {folder}; again: python -m bench.kills --seed {self.seed} --only {number}")
            done.wrong.append(f"command: {shlex.join(self.argv(container, folder / 'out' / f'out.{container}'))}")
        else:
            shutil.rmtree(folder)
        return done


@dataclass(frozen=True)
class _Play:
    """A round while it goes on."""

    bench: Bench
    folder: Path
    dice: random.Random
    told: Round
    launched: list[set[str]] = field(default_factory=list)

    @property
    def output(self) -> Path:
        return self.folder / "out" / f"out.{self.told.container}"

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    def to_end(self) -> None:
        """Kill, and kill again, then let it finish and look."""
        aims = sorted((self._aim(n) for n in range(self.dice.choices([1, 2, 3], [7, 2, 1])[0])), key=PHASES.index)
        for aim in aims:
            if not os.path.lexists(self.output) and not self._shoot(aim):
                return  # it was done before the shot fell: an undisturbed round, which proves nothing
        self._finish()

    def _aim(self, shot: int) -> str:
        """All phases in turn for the first shot, which the number of the round tells; any for the others."""
        return self.dice.choice(PHASES[:-1]) if shot else PHASES[self.told.number // 2 % len(PHASES)]

    def _start(self) -> Victim:
        return Victim(self.bench.argv(self.told.container, self.output), self.folder, self.output, self.cache)

    def _shoot(self, aim: str) -> bool:
        """Start it and kill it; False: it was faster."""
        victim = self._start()
        tree, later = self.dice.random() < 0.5, self.dice.random()  # noqa: PLR2004 - a coin
        wait_s, ended = later * self.bench.seconds[aim], 0
        if aim == "encoding":  # many short tasks: which one is a better measure than the time
            wait_s, ended = later / 4, self.dice.randrange(10)
        landed = victim.reaches(aim, ended) and victim.lives(wait_s) and victim.kill(tree=tree)
        if not landed:
            return False
        phase, events = victim.phase(), victim.events()
        at_once = self.dice.random() < 0.5  # noqa: PLR2004 - a coin
        gone_s = 0.0 if tree else -1.0 if at_once else victim.gone()
        if gone_s < 0 and not at_once:
            self._wrong(f"left behind by the warden: {victim.processes()}")
        running = tuple(sorted(_started(events) - _ended(events)))
        self._judge(events)
        done = tuple(sorted((_ended(events) | self._recorded()) - _ALWAYS))
        self.told.shots.append(Shot(tree, aim, phase, running, done, gone_s))
        return True

    def _finish(self) -> None:
        """The same command, to its end, and all that has to hold then."""
        finished = self._status() == "done" and not list(self.cache.glob("suture/jobs/*/work/join.json.published"))
        victim = self._start()
        code, events, said = victim.end(), victim.events(), victim.said.read_text()
        if finished:  # it had told so; the same command now finds the output of a finished job
            self.told.refused = True
            self._expect(code == 2 and "exists" in said, f"exit code {code} for an output that is there: {said}")  # noqa: PLR2004
        else:
            self._expect(code == 0, f"exit code {code}: {said}")
            self._judge(events)
        if self.output.exists():
            same = packets(self.output) == self.bench.packets[self.told.container]
            self._expect(same, "packets differ from those of the undisturbed run")
        left = victim.gone()
        self._expect(left >= 0, f"processes left: {victim.processes()}")
        self._tidy()

    def _judge(self, events: list[dict[str, Any]]) -> None:
        """A run after a kill: what was done is reused, and only what was in flight is launched again."""
        if self.told.shots and any(event["type"] == "task.ended" for event in events):
            before = self.told.shots[-1]
            reused = {event["task"] for event in events if event["type"] == "task.ended" and event["reused"]}
            started = _started(events)
            lost = set(before.done) & started
            again = (set().union(*self.launched) & started) - _ALWAYS
            self._expect(not lost, f"done before, and made again: {sorted(lost)}")
            self._expect(
                again <= set(before.in_flight) | self._earlier_in_flight(),
                f"launched again, but not in flight: {sorted(again)}",
            )
            self.told.reused += len(reused - _ALWAYS)
            self.told.again += len(again)
        finished = next((event for event in events if event["type"] == "job.finished"), None)
        if finished and finished["chunks_reused"]:
            reused = {e["task"] for e in events if e["type"] == "task.ended" and e["reused"]}
            pieces = sum(task.startswith("video-") for task in reused)
            whole = not reused and finished["chunks_reused"] == finished["chunks"]  # published before the kill
            self._expect(
                whole or pieces == finished["chunks_reused"], f"chunks_reused says {finished['chunks_reused']}"
            )
        self.launched.append(_started(events))

    def _earlier_in_flight(self) -> set[str]:
        """What was in flight at an earlier kill and was not begun again before the next one."""
        return {task for shot in self.told.shots for task in shot.in_flight} - set(self.told.shots[-1].done)

    def _recorded(self) -> set[str]:
        """Tasks with a result in the job's database, read from a copy."""
        return {row[0] for row in self._rows("SELECT task FROM results")}

    def _status(self) -> str:
        rows = self._rows("SELECT value FROM facts WHERE key = 'status'")
        return str(rows[0][0]).strip('"') if rows else ""

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        for home in self.cache.glob("suture/jobs/*"):
            with tempfile.TemporaryDirectory() as name:
                for file in home.glob("job.db*"):
                    shutil.copy(file, name)
                try:
                    with closing(sqlite3.connect(Path(name, "job.db"))) as sql:
                        return sql.execute(query).fetchall()
                except sqlite3.Error:  # killed before there were tables
                    return []
        return []

    def _tidy(self) -> None:
        """Nothing is left but the output and the small record."""
        beside = sorted(path.name for path in self.output.parent.iterdir())
        self._expect(beside == [self.output.name], f"beside the output: {beside}")
        jobs = sorted(str(path.relative_to(home)) for home in self.cache.glob("suture/jobs/*") for path in _files(home))
        self._expect(jobs == ["job.db"], f"in the job's folder: {jobs}")

    def _expect(self, holds: object, otherwise: str) -> None:
        if not holds:
            self._wrong(otherwise)

    def _wrong(self, text: str) -> None:
        self.told.wrong.append(text)


def _started(events: list[dict[str, Any]]) -> set[str]:
    return {event["task"] for event in events if event["type"] == "task.started"}


def _ended(events: list[dict[str, Any]]) -> set[str]:
    return {event["task"] for event in events if event["type"] == "task.ended" and event["state"] == "done"}


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if not path.is_dir()]


def _phase_seconds(victim: Victim) -> dict[str, float]:
    """Watch an undisturbed run."""
    marks = [time.monotonic()]
    for phase in PHASES[1:]:
        victim.reaches(phase)
        marks.append(time.monotonic())
    victim.end()
    marks.append(time.monotonic())
    return {phase: marks[n + 1] - marks[n] for n, phase in enumerate(PHASES)}


def packets(path: Path) -> list[Any]:
    """What a file holds: of each stream codec, private data and clock, of each packet times, size, flag and hash."""
    with av.open(str(path)) as container:
        streams = [stream for stream in container.streams if stream.type != "attachment"]
        found: list[Any] = [_described(stream) for stream in streams]
        found += [str(chapter) for chapter in container.chapters()]
        for packet in container.demux(streams):
            times = (packet.pts, packet.dts, packet.duration)
            found.append((packet.stream_index, *times, packet.size, packet.is_keyframe, _hash(bytes(packet))))
    return found


def _described(stream: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a stream of any kind
    context = stream.codec_context
    private = _hash(context.extradata or b"") if context else ""
    return stream.index, stream.type, context.name if context else "", private, str(stream.time_base)


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=12).hexdigest()


def _film(folder: Path) -> Path:
    """Of the demo's film, whose second sound becomes one that MP4 does not hold, so that it is encoded there."""
    whole = make_film(folder / "demo.mkv", "192x108", 9)
    film = folder / "film.mkv"
    copied = ["-map", "0", "-c", "copy", "-c:a:1", "pcm_s16le"]
    subprocess.run([locate(), "-v", "error", "-nostdin", "-i", str(whole), *copied, str(film)], check=True)
    return film


def main() -> int:
    """Play all rounds; 1 when anything was wrong in any of them."""
    asked = _asked()
    folder = Path(tempfile.mkdtemp(prefix="suture-kills-", dir=asked.folder))
    bench = Bench(_film(folder), asked.seed, folder)
    seconds = ", ".join(f"{phase} {taken:.2f} s" for phase, taken in bench.seconds.items())
    print(f"seed {asked.seed}; undisturbed: {seconds}; {len(bench.packets['mkv'])} lines to compare", flush=True)
    numbers = [asked.only] if asked.only is not None else list(range(asked.rounds))
    with ThreadPoolExecutor(asked.jobs) as pool:
        rounds = [_told(done) for done in pool.map(bench.play, numbers)]
    _summary(rounds)
    write_json(asked.json, {"seed": asked.seed, "seconds": bench.seconds, "rounds": [asdict(each) for each in rounds]})
    if any(each.wrong for each in rounds):
        return 1
    shutil.rmtree(folder)
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", type=int, help="play this round of the seed, and no other")
    parser.add_argument("--jobs", type=int, default=2, help="rounds at once")
    parser.add_argument("--folder", help="where the rounds' folders are made")
    parser.add_argument("--json", default="build/bench/kills.json")
    return parser.parse_args()


def _told(done: Round) -> Round:
    """Say how a round went."""
    shots = " ".join(f"{shot.phase}{'*' if shot.tree else ''}" for shot in done.shots) or "too late"
    verdict = "WRONG" if done.wrong else "ok"
    print(f"{done.number:4} {done.container} {verdict:5} {done.wall_seconds:5.1f} s  {shots}", flush=True)
    for text in done.wrong:
        print(f"       {text}", flush=True)
    return done


def _summary(rounds: list[Round]) -> None:
    """Kills by phase and by kind; what came of them."""
    shots = [shot for each in rounds for shot in each.shots]
    fell = Counter((shot.phase, shot.tree) for shot in shots)
    print_table(("killed while", "Suture alone", "whole tree"), [(p, fell[p, False], fell[p, True]) for p in PHASES])
    killed = [each for each in rounds if each.shots]
    gone = sorted(shot.gone_s for shot in shots if not shot.tree and shot.gone_s >= 0)
    lost = sum(len(set(shot.in_flight) - _ALWAYS) for shot in shots)
    print_table(
        ("rounds", "with a kill", "kills", "identical", "wrong", "reused", "in flight", "made again", "gone within"),
        [
            (
                len(rounds),
                len(killed),
                len(shots),
                sum(not each.wrong for each in killed),
                sum(bool(each.wrong) for each in rounds),
                sum(each.reused for each in rounds),
                lost,
                sum(each.again for each in rounds),
                f"{gone[-1]:.2f} s" if gone else "-",
            )
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
