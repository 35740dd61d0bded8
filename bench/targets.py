"""``python -m bench.targets FILM --target vmaf=90``: does a target arrive, in how many trials, and for how much CPU?

Encodes with an empty cache of trials, measures the whole output again in a run of its own (`suture.compare`), and
encodes every piece once more at the quality that was found, which is what a plain encode of known qualities costs.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from bench.running import run
from bench.running import suture as command
from bench.table import print_table, write_json

import suture
from suture.goal import Goal
from suture.pipeline import make_plan
from suture.presets import make_settings
from suture.quality.pool import pool

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Result:
    """One film, encoder and target."""

    film: str
    encoder: str
    target: str
    pieces: int
    reachable: int
    within: int
    largest: float
    whole: float
    trials: float
    wholes: float
    cpu: float
    rows: list[list[Any]]


def main(words: Sequence[str]) -> int:
    """Print the table."""
    asked = _asked(words)
    results = [
        _result(film, encoder, target, asked)
        for film in asked.films
        for encoder in asked.encoder or ["libx264:medium"]
        for target in asked.target or ["vmaf=90"]
    ]
    print_table(
        (
            "film",
            "encoder",
            "target",
            "pieces",
            "can",
            "within",
            "farthest",
            "whole film",
            "trials",
            "of the whole",
            "CPU ÷",
        ),
        [
            (
                *(Path(r.film).name, r.encoder, r.target, r.pieces, r.reachable, r.within),
                *(f"{r.largest:.2f}", f"{r.whole:.3f}", f"{r.trials:.2f}", f"{r.wholes:.2f}", f"{r.cpu:.2f}"),
            )
            for r in results
        ],
    )
    if asked.json:
        write_json(asked.json, [asdict(result) for result in results])
    return 0


def _asked(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bench.targets", description=__doc__)
    parser.add_argument("films", metavar="FILM", nargs="+")
    parser.add_argument("--target", action="append", help="may be given several times")
    parser.add_argument("--encoder", action="append", metavar="NAME:SPEED", help="may be given several times")
    parser.add_argument("--chunking", default="auto")
    parser.add_argument("--seconds", help="only the film's first so many")
    parser.add_argument("--json", metavar="FILE")
    return parser.parse_args(words)


def _result(film: str, encoder: str, target: str, asked: argparse.Namespace) -> Result:
    codec, _, speed = encoder.partition(":")
    options = ["-c:v", codec, *(["--speed", speed] if speed else []), "-c:a", "none", "--subtitles", "none"]
    options += ["--chunking", asked.chunking, *(["--end", asked.seconds] if asked.seconds else [])]
    with tempfile.TemporaryDirectory(prefix="suture-bench-") as folder:
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
        output = f"{folder}/out.mkv"
        made = run([*command("encode", film, output), "--target", target, *options, "--json", "-y"])
        if made.returncode:
            raise SystemExit(made.stderr)
        told = json.loads(made.stdout.splitlines()[-1])["target"]
        goal = Goal.parse(target)
        scores = suture.compare(film, output, [goal.metric]).of(goal.metric).values
        plain = _plain(film, folder, told["pieces"], codec, speed, asked)
    return _judged(film, encoder, goal, told["pieces"], scores, made.cpu_seconds / plain)


def _judged(
    film: str, encoder: str, goal: Goal, pieces: list[list[Any]], scores: Sequence[float], cpu: float
) -> Result:
    """Hold what was measured again against what was asked for; pieces that can't reach it count for nothing."""
    errors, at = [], 0
    for piece in pieces:
        errors.append(abs(pool(scores[at : at + piece[1]], goal.pool) - goal.value))
        at += piece[1]
    can = [error for piece, error in zip(pieces, errors, strict=True) if piece[4] in {"near", "nearest"}]
    within = sum(error <= goal.near for error in can)
    whole = pool(scores, goal.pool) - goal.value
    trials, wholes = fmean(piece[5] for piece in pieces), fmean(piece[6] for piece in pieces)
    return Result(
        film,
        encoder,
        str(goal),
        len(pieces),
        len(can),
        within,
        max(can, default=0.0),
        whole,
        trials,
        wholes,
        cpu,
        pieces,
    )


def _plain(film: str, folder: str, pieces: list[list[Any]], codec: str, speed: str, asked: argparse.Namespace) -> float:
    """CPU seconds of encoding each piece once, at the quality that was found for it."""
    given = {"video_codec": codec, "audio_codec": "none", "subtitles": "none", "chunking": asked.chunking}
    given |= (
        {"target": "ssim=0.9"} | ({"speed": speed} if speed else {}) | ({"end": asked.seconds} if asked.seconds else {})
    )
    (video,) = make_plan(film, f"{folder}/plain.mkv", make_settings("h264", given)).videos
    total = 0.0
    for chunk, piece in zip(video.chunks, pieces, strict=True):
        build = video.encoder.command(chunk, f"{folder}/plain.mkv").set_crf(piece[2])
        total += build.run().cpu_seconds
    return total


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
