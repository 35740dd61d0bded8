"""Sound that tells where it stands, and what is heard of it: for tests of synchrony.

The sound is noise, so that every place in it is like no other. `heard` asks an ffmpeg what a player would give, and at
which times; `lag` finds by how much one recording is later than another, to the sample.
"""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import films

if TYPE_CHECKING:
    from collections.abc import Callable

RATE = 48_000
SECONDS = 3
# Quick, and with B-frames, so that decoding times lie before the first picture.
PICTURE = "-c:v libx264 -preset ultrafast -bf 2 -g 25 -threads 1"


@dataclass(frozen=True)
class Heard:
    """What is heard: ``samples`` of one channel, the first of them at ``begin`` seconds, each 1/``rate`` s."""

    samples: np.ndarray[Any, np.dtype[np.float32]]
    begin: Fraction
    rate: int

    def between(self, begin: float, end: float) -> np.ndarray[Any, np.dtype[np.float32]]:
        """The samples between two times."""
        first, last = (round((at - float(self.begin)) * self.rate) for at in (begin, end))
        return self.samples[max(0, first) : last]


def heard(path: Path, program: str | None = None, number: int = 0) -> Heard:
    """The ``number``-th sound of a file as an ffmpeg plays it, with the source's clock."""
    with tempfile.TemporaryDirectory() as folder:
        listing, samples = Path(folder) / "listing", Path(folder) / "samples"
        one = ("-map", f"0:a:{number}", "-ac", "1", "-c:a", "pcm_f32le")
        films.ffmpeg(
            "-copyts", "-i", path, *one, "-f", "framecrc", listing, *one, "-f", "f32le", samples, program=program
        )
        lines = listing.read_text().splitlines()
        base = next(Fraction(line.split(":")[1].strip()) for line in lines if line.startswith("#tb 0:"))
        first = next(line for line in lines if not line.startswith("#"))
        return Heard(np.fromfile(samples, "<f4"), int(first.split(",")[2]) * base, base.denominator)


def lag(early: Heard, late: Heard, begin: float, length: float = 0.5, search: float = 0.1) -> tuple[float, float]:
    """By how many seconds what is heard from ``begin`` in one is later in the other, and how alike it is (1: equal)."""
    assert early.rate == late.rate
    mine = early.between(begin, begin + length)
    theirs = late.between(begin - search, begin + length + search)
    scores = np.correlate(theirs, mine, "valid")
    best = int(np.argmax(scores))
    match = theirs[best : best + len(mine)]
    first = max(float(late.begin), begin - search)
    at = float(late.begin) + round((first - float(late.begin)) * late.rate) / late.rate + best / late.rate
    origin = float(early.begin) + round((begin - float(early.begin)) * early.rate) / early.rate
    return at - origin, float(scores[best] / np.sqrt((mine @ mine) * (match @ match)))


def noise(folder: Path, rate: int = RATE, seconds: float = SECONDS) -> tuple[str | Path, ...]:
    """Arguments for an input of noise below 8 kHz, always the same."""
    path = folder / f"noise-{rate}-{seconds}.f32"
    if not path.exists():
        spectrum = np.fft.rfft(np.random.default_rng(7).standard_normal(int(rate * seconds)))
        frequencies = np.fft.rfftfreq(int(rate * seconds), 1 / rate)
        spectrum[(frequencies > 8000) | (frequencies < 100)] = 0
        sound = np.fft.irfft(spectrum, int(rate * seconds))
        (0.15 * sound / np.std(sound)).astype("<f4").tofile(path)
    return ("-f", "f32le", "-ar", str(rate), "-ac", "1", "-i", path)


def recorder(folder: Path) -> Callable[..., Path]:
    """Makes recordings in a folder, each once: ``record("mp4", "aac")``."""

    def record(
        extension: str,
        codec: str,
        *more: str | Path,
        rate: int = RATE,
        seconds: float = SECONDS,
        picture: str = PICTURE,
    ) -> Path:
        path = folder / f"{'-'.join(map(str, (extension, codec, rate, seconds, *more)))}.{extension}".replace("/", "_")
        if not path.exists():
            film = ("-f", "lavfi", "-i", f"testsrc2=s=64x48:r=25:d={seconds}") if picture else ()
            maps = ("-map", "0", "-map", "1") if picture else ()
            coding = ("-c:a", codec, "-b:a", "128k", *picture.split())
            films.ffmpeg(*film, *noise(folder, rate, seconds), *maps, *coding, *more, path)
        return path

    return record


def played(path: Path) -> subprocess.CompletedProcess[str]:
    """Whether an ffmpeg has anything to complain of."""
    argv = [films.binaries()["pip"], "-v", "warning", "-nostdin", "-i", str(path), "-f", "null", "-"]
    return subprocess.run(argv, check=True, capture_output=True, text=True)
