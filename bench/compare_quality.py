"""How good an encode looks (VMAF), and what one tool's bytes are worth against another's (BD-rate).

VMAF is taken by an ffmpeg that has libvmaf, frame by frame in order, whatever the times are; its harmonic mean punishes
the bad moments. The source is scaled as the encode was. BD-rate: by how much the bit rate differs at equal quality,
averaged over the range that both curves have. Source: G. Bjøntegaard, "Calculation of average PSNR differences between
RD-curves", ITU-T VCEG-M33, 2001; as later became usual, with piecewise cubics that do not overshoot (Fritsch and
Carlson, SIAM J. Numer. Anal. 17, 1980) instead of one polynomial.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from itertools import pairwise
from math import exp, log
from typing import TYPE_CHECKING

import av
from bench.running import run

from suture.command.quoting import filter_value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["bd_rate", "counted", "has_vmaf", "vmaf"]

_LOWEST = 1.0


def has_vmaf(ffmpeg: str) -> bool:
    """Whether this ffmpeg can measure."""
    return re.search(r"\blibvmaf\b", run([ffmpeg, "-hide_banner", "-filters"]).stdout) is not None


def counted(path: Path) -> tuple[int, int]:
    """Packets of the first picture track, and their bytes; so containers don't count."""
    with av.open(str(path)) as film:
        sizes = [packet.size for packet in film.demux(film.streams.video[0]) if packet.size]
    return len(sizes), sum(sizes)


def vmaf(ffmpeg: str, output: Path, source: Path, scale: str = "", threads: int = 1, every: int = 1) -> float:
    """The harmonic mean over all frames.

    Args:
        ffmpeg: one with libvmaf.
        output: the encode.
        source: what it was made from.
        scale: how the source was scaled; empty: not at all.
        threads: for libvmaf.
        every: measure every so many frames.

    Raises:
        SystemExit: it could not be measured.
    """
    log_path = output.with_suffix(".vmaf.json").resolve()
    # Numbered frames meet frame by frame, also where a container rounds times.
    steps = "settb=1/25,setpts=N"
    scaled = f"scale={scale}:flags=bicubic," if scale else ""
    options = f"n_threads={threads}:n_subsample={every}:log_fmt=json:log_path={filter_value(str(log_path))}"
    sides = f"[0:v:0]format=yuv420p,{steps}[a];[1:v:0]{scaled}format=yuv420p,{steps}[b]"
    argv = [ffmpeg, "-hide_banner", "-nostdin", "-v", "error", "-i", str(output), "-i", str(source)]
    done = run([*argv, "-lavfi", f"{sides};[a][b]libvmaf={options}", "-f", "null", "-"])
    if done.returncode or not log_path.exists():
        raise SystemExit(f"VMAF: {done.stderr[-1000:]}")
    scores: list[float] = [float(frame["metrics"]["vmaf"]) for frame in json.loads(log_path.read_text())["frames"]]
    log_path.unlink()
    return len(scores) / sum(1 / max(score, _LOWEST) for score in scores)


def bd_rate(anchor: Sequence[tuple[float, float]], tested: Sequence[tuple[float, float]]) -> float:
    """By what share the bit rate of ``tested`` differs from that of ``anchor`` at equal quality.

    Args:
        anchor: at least two points: bit rate (or bytes) and quality.
        tested: the same of what is compared.

    Returns:
        0.01 for one per cent more.

    Raises:
        ValueError: too few points, a quality that does not grow with the rate, or no quality in common.
    """
    first, second = _curve(anchor), _curve(tested)
    low, high = max(first[0][0], second[0][0]), min(first[-1][0], second[-1][0])
    if high <= low:
        raise ValueError("the curves have no quality in common")
    return exp((_integral(second, low, high) - _integral(first, low, high)) / (high - low)) - 1


def _curve(points: Sequence[tuple[float, float]]) -> list[tuple[float, float, float]]:
    """Quality, logarithm of the rate, and its slope there."""
    at = sorted((quality, log(rate)) for rate, quality in points)
    if len(at) < 2 or any(b[0] <= a[0] or b[1] <= a[1] for a, b in pairwise(at)):  # noqa: PLR2004
        raise ValueError(f"no curve: {points}")
    return [(x, y, slope) for (x, y), slope in zip(at, _slopes(at), strict=True)]


def _slopes(at: Sequence[tuple[float, float]]) -> list[float]:
    """Of a piecewise cubic that is monotone where the points are."""
    widths = [b[0] - a[0] for a, b in pairwise(at)]
    rises = [(b[1] - a[1]) / width for (a, b), width in zip(pairwise(at), widths, strict=True)]
    if len(rises) == 1:
        return [rises[0], rises[0]]
    inner = [
        _middle(widths[n], widths[n + 1], rises[n], rises[n + 1]) for n in range(len(rises) - 1)
    ]  # all rises are above 0
    first = _edge(widths[0], widths[1], rises[0], rises[1])
    return [first, *inner, _edge(widths[-1], widths[-2], rises[-1], rises[-2])]


def _middle(width: float, next_width: float, rise: float, next_rise: float) -> float:
    """The weighted harmonic mean of the rises on both sides."""
    before, after = 2 * next_width + width, next_width + 2 * width
    return (before + after) / (before / rise + after / next_rise)


def _edge(width: float, next_width: float, rise: float, next_rise: float) -> float:
    """Three points' slope at the first, as far as the curve stays monotone."""
    slope = ((2 * width + next_width) * rise - width * next_rise) / (width + next_width)
    return min(max(slope, 0.0), 3 * rise)


def _integral(curve: Sequence[tuple[float, float, float]], low: float, high: float) -> float:
    """Of the curve between two qualities: Simpson's rule is exact for cubics."""
    marks = [low, *(x for x, _, _ in curve if low < x < high), high]
    return sum(
        (b - a) / 6 * (_value(curve, a) + 4 * _value(curve, (a + b) / 2) + _value(curve, b)) for a, b in pairwise(marks)
    )


def _value(curve: Sequence[tuple[float, float, float]], x: float) -> float:
    n = min(max(bisect_right([point[0] for point in curve], x) - 1, 0), len(curve) - 2)
    (x0, y0, d0), (x1, y1, d1) = curve[n], curve[n + 1]
    width = x1 - x0
    t = (x - x0) / width
    return (
        y0 * (1 + 2 * t) * (1 - t) ** 2
        + y1 * t * t * (3 - 2 * t)
        + width * (d0 * t * (1 - t) ** 2 - d1 * t * t * (1 - t))
    )
