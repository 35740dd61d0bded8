"""What ffmpeg's metric filters write for every frame, as one number each. Pure: text in, numbers out.

A log that holds another number of frames, or something else, is for `measure` to judge; what can't be read is a
`ValueError`. Equal pictures have no error, and infinitely many decibels: here they have `BEST_DB`.
"""

from __future__ import annotations

import csv
import re
from array import array
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["BEST_DB", "read_log"]

# In decibels, what equal pictures get, and the most that any get: as much as the other metrics give to equal ones.
BEST_DB: Final = 100.0
_NUMBER: Final = r"(-?(?:[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?|inf|nan))"
_XPSNR: Final = re.compile(rf" XPSNR [a-z]: *{_NUMBER}")
_SSIM: Final = re.compile(rf" All: *{_NUMBER}")
_PSNR: Final = re.compile(rf" psnr_avg: *{_NUMBER}")


def read_log(metric: str, lines: Iterable[str]) -> array[float]:
    """The score of each frame.

    For VMAF and SSIM the filter's own (SSIM's of all planes); for PSNR that of all planes together; for XPSNR that of
    the worst plane, which is nearly always luma. Source: FFmpeg, vf_xpsnr.c, where the least counts, too.

    Raises:
        ValueError: it is no log of this metric, or torn.
    """
    return array("d", _READERS[metric](lines))


def _vmaf(lines: Iterable[str]) -> Iterator[float]:
    """The CSV of libvmaf: a column for each feature, of which one is called as the score is."""
    for row in csv.DictReader(lines):
        if not (score := row.get("vmaf")):
            raise ValueError("libvmaf's log has no score of a frame")
        yield float(score)


def _xpsnr(lines: Iterable[str]) -> Iterator[float]:
    for line in lines:
        if line.startswith("n:"):
            yield min(map(_decibels, _found(_XPSNR, line)))


def _ssim(lines: Iterable[str]) -> Iterator[float]:
    for line in lines:
        yield float(_found(_SSIM, line)[0])


def _psnr(lines: Iterable[str]) -> Iterator[float]:
    for line in lines:
        if line.startswith("n:"):
            yield _decibels(_found(_PSNR, line)[0])


def _found(pattern: re.Pattern[str], line: str) -> list[str]:
    found = pattern.findall(line)
    if not found:
        raise ValueError(f"no score in {line.strip()[:80]!r}")
    return found


def _decibels(text: str) -> float:
    return min(float(text), BEST_DB)


_READERS: Final[Mapping[str, Callable[[Iterable[str]], Iterator[float]]]] = {
    "vmaf": _vmaf,
    "xpsnr": _xpsnr,
    "ssim": _ssim,
    "psnr": _psnr,
}
