"""When frames are shown, against when they have to be: the first that is missing, too many, or at another time. Pure.

`part_file` asks it of what a join wrote, with times that must be equal; `suture verify` of any encode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from suture.verify.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

__all__ = ["compare_times"]

_MOST: Final = 20


def compare_times(
    found: Sequence[int], expected: Sequence[int], base: Fraction, *, slack: int = 0, stream: str = ""
) -> list[Finding]:
    """Differences, the most telling first; no more than twenty.

    Args:
        found: when frames are shown, in ticks, ascending.
        expected: when they have to be.
        base: what a tick lasts, in seconds.
        slack: by how many ticks they may differ.
        stream: for the findings.
    """
    if len(found) == len(expected):
        if found == expected:
            return []
        moved = (n for n, (a, b) in enumerate(zip(found, expected, strict=True)) if abs(a - b) > slack)
        return [_moved(n, found[n], expected[n], base, stream) for n, _ in zip(moved, range(_MOST), strict=False)]
    count = f"{len(found)} frames arrived, the source has {len(expected)}"
    told = [each for each, _ in zip(_uneven(found, expected, base, slack, stream), range(_MOST), strict=False)]
    return [Finding("frame-count", count, stream=stream), *told]


def _moved(number: int, found: int, expected: int, base: Fraction, stream: str) -> Finding:
    text = f"frame {number} stands at {_seconds(found * base)}, the source has it at {_seconds(expected * base)}"
    return Finding("frame-time", text, stream=stream, frame=number, time=expected * base)


def _uneven(
    found: Sequence[int], expected: Sequence[int], base: Fraction, slack: int, stream: str
) -> Iterator[Finding]:
    """Which are missing, which are too many."""
    n = m = 0
    while n < len(expected) or m < len(found):
        early = m < len(found) and (n == len(expected) or found[m] < expected[n] - slack)
        if early:
            text = f"a frame at {_seconds(found[m] * base)} is not in the source"
            yield Finding("frame-added", text, stream=stream, time=found[m] * base)
            m += 1
            continue
        if m == len(found) or found[m] > expected[n] + slack:
            text = f"frame {n} (at {_seconds(expected[n] * base)}) is missing"
            yield Finding("frame-missing", text, stream=stream, frame=n, time=expected[n] * base)
        else:
            m += 1
        n += 1


def _seconds(time: Fraction) -> str:
    return f"{float(time):.6f} s"
