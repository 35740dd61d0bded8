"""``make demo``: makes a film, encodes it with the `suture` command, and compares the two, in plain words.

The comparison uses none of Suture's code: `bench.content` decodes both files from their beginning. The film is encoded
twice: as anybody would, and without loss, where every picture must come back bit for bit although the film was cut.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from bench.content import Held, decoded, differing_times, held, video_streams
from bench.film import make_film

from suture.ffmpeg.locate import locate

_MILLISECOND = Fraction(1, 1000)


@dataclass
class Verdict:
    """What was found so far; each finding is printed at once."""

    good: bool = True
    said: list[str] = field(default_factory=list)

    def say(self, holds: bool, text: str) -> None:  # noqa: FBT001 - it is the finding
        """One finding."""
        print(f"   {'yes' if holds else 'NO '}  {text}", flush=True)
        self.good &= holds


def main() -> int:
    """Make, encode, compare; 0 when everything is there."""
    folder = Path("demo")
    film = make_film(folder / "film.mkv")
    print(f"1. A film to work on: {film} ({film.stat().st_size / 1e6:.1f} MB)", flush=True)
    subprocess.run(_suture("probe", str(film)), check=True)
    verdict = Verdict()
    for number, (words, lossless) in enumerate(((["-p", "h264"], False), (["-p", "archive"], True)), start=2):
        made = folder / f"film.{words[1]}.mkv"
        command = _suture(str(film), str(made), *words, "-y")
        print(f"\n{number}. $ suture {shlex.join(command[3:])}", flush=True)
        subprocess.run(command, check=True)
        print("   Compared with the film, both decoded from their first frame:", flush=True)
        _compare(film, made, verdict, lossless=lossless)
    print("\nEvery frame, timestamp and stream of the film is there." if verdict.good else "\nSOMETHING IS MISSING.")
    return 0 if verdict.good else 1


def _suture(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "suture", *arguments]


def _compare(film: Path, made: Path, verdict: Verdict, *, lossless: bool) -> None:
    ffmpeg = locate(os.environ.get("SUTURE_FFMPEG"))
    before, after = (decoded(ffmpeg, str(path), video_streams(str(path))[0]) for path in (film, made))
    verdict.say(len(before) == len(after), f"{len(after)} of {len(before)} frames")
    late = differing_times(before, after, _MILLISECOND, Fraction(0))
    verdict.say(
        late == 0, f"every frame stands at its time ({late} do not)" if late else "every frame stands at its time"
    )
    if lossless:
        same = sum(a.digest == b.digest for a, b in zip(before, after, strict=False))
        verdict.say(same == len(before), f"{same} of {len(before)} pictures are the same, bit for bit")
    _compare_rest(held(str(film)), held(str(made)), verdict)


def _compare_rest(film: Held, made: Held, verdict: Verdict) -> None:
    verdict.say(len(made.streams) == len(film.streams), f"{len(made.streams)} of {len(film.streams)} streams")
    pairs = zip(film.streams, film.packets, made.streams, made.packets, strict=False)
    for number, (stream, packets, other, copied) in enumerate(pairs):
        if stream[0] != "video":
            name = f"{stream[0]} stream {number} ({', '.join(filter(None, stream[1:]))})"
            verdict.say(stream == other and packets == copied, f"{name}: {len(copied)} packets, same bytes, same times")
    verdict.say(made.chapters == film.chapters, f"{len(made.chapters)} chapters, same names, same times")
    verdict.say(made.attachments == film.attachments, f"{len(made.attachments)} attached font, same bytes")


if __name__ == "__main__":
    sys.exit(main())
