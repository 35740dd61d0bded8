"""`Trials`: what encodes of a stretch have scored, in a file that outlives the run, so that nothing is measured twice.

A line of JSON for each, with the scores of all frames: another goal, or another way of pooling, is answered from the
same lines. The file's name is made of all that a score depends on but the quality: the film (name, length, time of its
last change), the command, what is measured and how. A line that was cut off by a crash is passed over. `search` asks,
`targeted` answers.
"""

from __future__ import annotations

import json
import os
from array import array
from contextlib import suppress
from dataclasses import asdict
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from suture.command.part import Part
from suture.quality.pool import pool
from suture.quality.search import Tried

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from suture.quality.search import Found, Trial

__all__ = ["Trials", "conclude", "read_found"]

_DIGITS: Final = 6


class Trials:
    """The trials of one search, in the order in which they were asked for.

    Args:
        folder: where files of trials lie; it is made.
        what: all that a score depends on but the quality.
        pooling: what becomes of the frames' scores.
        counts: how many frames have a score, of the whole and of its parts; 0: not known.
    """

    def __init__(self, folder: str, what: Sequence[str], pooling: str, counts: tuple[int, int] = (0, 0)) -> None:
        digest = sha256("\0".join(what).encode()).hexdigest()
        self._path = Path(folder) / f"{digest[:32]}.jsonl"
        self._pooling, self._counts = pooling, counts
        self._known = dict(self._read())
        self.tried: list[Tried] = []

    def know(self, trial: Trial) -> bool:
        """Whether it was done before; then it counts as tried."""
        if (known := self._known.get((trial.quality, trial.whole))) is None:
            return False
        self._take(trial, *known)
        return True

    def add(self, trial: Trial, values: array[float], size_bytes: int) -> None:
        """Write down what became of a trial; it is on the disk when this returns, if there is room.

        Args:
            trial: what was tried.
            values: the score of each frame.
            size_bytes: of what was encoded.
        """
        values = array("d", (round(value, _DIGITS) for value in values))  # as whoever reads it will find it
        line = {"quality": trial.quality, "whole": trial.whole, "bytes": size_bytes, "scores": [*values]}
        with suppress(OSError):  # without it, it is only done again
            self._append(json.dumps(line))
        self._take(trial, values, size_bytes)

    def _take(self, trial: Trial, values: array[float], size_bytes: int) -> None:
        self.tried.append(Tried(trial.quality, trial.whole, pool(values, self._pooling), size_bytes))

    def _append(self, line: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a+b") as file:
            torn = file.seek(0, os.SEEK_END) and not _ends_line(file)
            file.write(("\n" * bool(torn) + line + "\n").encode())
            file.flush()
            os.fsync(file.fileno())

    def _read(self) -> Iterator[tuple[tuple[float, bool], tuple[array[float], int]]]:
        try:
            text = self._path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return
        for line in text.splitlines():
            with suppress(ValueError, KeyError, TypeError, OverflowError, RecursionError):  # what garbage may give
                told = json.loads(line)
                trial = float(told["quality"]), bool(told["whole"])
                values = array("d", told["scores"])
                if self._are_scores(values, trial[1]):
                    yield trial, (values, int(told["bytes"]))

    def _are_scores(self, values: array[float], whole: bool) -> bool:  # noqa: FBT001 - a part of the key
        expected = self._counts[0 if whole else 1]
        return bool(values) and len(values) == (expected or len(values)) and all(map(isfinite, values))


def _ends_line(file: Any) -> bool:  # noqa: ANN401 - a binary file
    file.seek(-1, os.SEEK_END)
    return bool(file.read(1) == b"\n")


def conclude(path: str, found: Found, tried: Sequence[Tried]) -> None:
    """Write beside a piece what was found for it, and the way to it."""
    told = {**asdict(found), "trials": [asdict(trial) for trial in tried]}
    with Part(path) as part:
        Path(part.path).write_text(json.dumps(told))
        part.settle()


def read_found(path: str) -> dict[str, Any] | None:
    """What `conclude` wrote; None where there is nothing that can be read."""
    try:
        told = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None
