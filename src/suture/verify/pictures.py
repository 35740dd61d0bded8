"""Do the output's pictures show the source's, each one, in order, at its time? `compare_pictures`.

Both are decoded once from end to end into small pictures (`decoded`); `order` tells which shows which,
`likeness` how well, `frames` says it in words. Nothing here compares packets, tags or sizes. Where the pictures are
others altogether (a crop, a filter that nobody told of) their number and times are judged all the same.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

from suture.command.thumbnails import Thumbnails
from suture.verify.decoded import Decoded, cleared, complaints, decode, undecodable
from suture.verify.finding import DIFFERENCE, UNJUDGED, Finding
from suture.verify.frames import Times, frame_findings, time_findings
from suture.verify.likeness import Likeness, levels, likeness, psnr
from suture.verify.order import FEW, Film, align
from suture.verify.side import Compared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from suture.verify.side import Look, Side

    Numbers = NDArray[np.int64]

__all__ = ["compare_pictures"]

# Luma samples of a small picture: 160 by 90. Fewer for films so long that they would not fit in the room below.
_SAMPLES: Final = 14_400
FEWEST: Final = 2_304
_ROOM_BYTES: Final = 1_500_000_000
_CELL: Final = 8
# Times of a source that are finer than this are themselves rounded, and another tool may have undone it.
_ROUNDED_S: Final = 1 / 500
# Above it the coarse pictures have little in common (0 equal, 1 chance); below, coding explains it.
_OTHER: Final = 0.3

# What comes out of them is what went in, so that any difference tells.
_LOSSLESS: Final = frozenset({"ffv1", "ffvhuff", "huffyuv", "utvideo", "magicyuv", "rawvideo", "v210", "png"})

# Contrast and brightness that coding does not change.
_CONTRAST: Final = 0.06
_BRIGHTNESS: Final = 5.0


def compare_pictures(
    source: Side,
    output: Side,
    *,
    tick: Fraction,
    shift: Fraction = Fraction(0),
    start: Fraction | None = None,
    end: Fraction | None = None,
    look: Look,
) -> Compared:
    """Decode two video streams and say where the output is not the source.

    Args:
        source: what it should show; its filters are what was asked for.
        output: the other.
        tick: the output's time base, to which times were rounded once.
        shift: seconds that were added to all of the source's times.
        start: the output begins with the first frame at or after it, on the source's clock; None: with the first.
        end: it ends before the first frame at or after it; None: with the last.
        look: how to look.

    Raises:
        CommandError: it was stopped, or there was no room.
        FFmpegNotFound: there is no ffmpeg.
    """
    size = _size(source, output)
    commands = [
        _command(side, which, size, source, output, look) for side, which in ((source, "source"), (output, "output"))
    ]
    with cleared(*commands):
        both = [
            decode(command, look, f"{source.name} of the {which}", np.uint8)
            for command, which in zip(commands, ("source", "output"), strict=True)
        ]
        if failed := list(undecodable(both[0], both[1], source.name)):
            return Compared(tuple(failed))
        mine = _within(_film(both[0], size), start, end)
        theirs = _film(both[1], size)
        theirs = Film(theirs.rows, theirs.seconds - float(shift))
        compared = _compare(
            mine, theirs, _allowed(source, tick), size, source.name, lossless=output.stream.codec in _LOSSLESS
        )
        broken = tuple(complaints(both[0], both[1], source.name))
    return Compared((*compared.findings, *broken), {**compared.figures, "decode_errors": len(both[1].said)})


def _size(source: Side, output: Side) -> tuple[int, int]:
    """Of the small pictures: the source's shape, in whole cells."""
    width, height = source.stream.width or 160, source.stream.height or 90
    if _upright(source, output) and source.stream.rotation % 180:
        width, height = height, width
    per_picture = _ROOM_BYTES / max(1, source.stream.frames, output.stream.frames) / 1.5
    area = min(_SAMPLES, max(FEWEST, per_picture))
    factor = min(1.0, math.sqrt(area / (width * height)))
    return _cells(width * factor), _cells(height * factor)


def _cells(length: float) -> int:
    return max(2, round(length / _CELL)) * _CELL


def _upright(source: Side, output: Side) -> bool:
    """Whether the output's pictures were turned as the source says that players should: plain ffmpeg does that."""
    return source.stream.rotation != 0 and output.stream.rotation == 0


def _command(side: Side, which: str, size: tuple[int, int], source: Side, output: Side, look: Look) -> Thumbnails:
    name = f"{side.name.replace(' ', '-')}-{which}"
    # A filter may give any rate: fine ticks, which all common rates divide.
    base = Fraction(1, 360_360_000) if side.filters else side.stream.time_base
    return Thumbnails(
        name,
        side.path,
        f"{look.folder}/{name}.raw",
        side.stream.index,
        side.filters,
        *size,
        base,
        upright=side is source and _upright(source, output),
        program=look.ffmpeg,
    )


def _film(decoded: Decoded, size: tuple[int, int]) -> Film:
    per_picture = size[0] * size[1] * 3 // 2
    count = min(len(decoded.listing.pts), len(decoded.numbers) // per_picture)
    return Film(decoded.numbers[: count * per_picture].reshape(count, per_picture), decoded.seconds[:count])


def _within(film: Film, start: Fraction | None, end: Fraction | None) -> Film:
    """The stretch from ``start`` to ``end``; rows stay views into the file."""
    if start is None and end is None:
        return film
    inside = np.ones(len(film.seconds), bool)
    if start is not None:
        inside &= film.seconds >= float(start) - 1e-9
    if end is not None:
        inside &= film.seconds < float(end) - 1e-9
    places = np.flatnonzero(inside)
    part = slice(int(places[0]), int(places[-1]) + 1) if places.size else slice(0, 0)
    return Film(film.rows[part], film.seconds[part])


def _allowed(source: Side, tick: Fraction) -> float:
    """One rounding to the output's ticks; half of one where they are coarse, so that a frame late is not within it."""
    own = float(source.stream.time_base)
    if float(tick) > _ROUNDED_S:
        return float(tick) / 2
    return max(float(tick), own if own <= _ROUNDED_S else 0.0)


def _compare(
    mine: Film, theirs: Film, allowed_s: float, size: tuple[int, int], name: str, *, lossless: bool
) -> Compared:
    figures: dict[str, float | int | str] = {"frames": len(theirs.rows), "source_frames": len(mine.rows)}
    if not len(theirs.rows) or not len(mine.rows):
        lost = Finding(
            "frames-lost", f"{name} has {len(theirs.rows)} frames, the source has {len(mine.rows)}", stream=name
        )
        return Compared((lost,) if len(theirs.rows) != len(mine.rows) else (), figures)
    shown, told = align(mine, theirs, allowed_s, lossless=lossless)
    alike = likeness(mine.rows, theirs.rows, shown, size)
    times = Times(mine.seconds, theirs.seconds, allowed_s)
    findings = list(_counted(mine, theirs, name))
    if float(np.median(alike.other)) > _OTHER:
        findings += [
            _unjudged(name),
            *time_findings(np.minimum(np.arange(len(shown)), len(mine.rows) - 1), times, name),
        ]
        return Compared(tuple(findings), figures)
    frames = frame_findings(shown, times, name)
    if not any(finding.kind in {"trimmed", "truncated", "frames-differ"} for finding in frames):
        frames += time_findings(shown, times, name)
    findings += sorted(frames, key=lambda finding: finding.frame or 0)
    if abs(len(theirs.rows) - len(mine.rows)) <= FEW:  # else a picture may be taken for its neighbour
        findings += _damage(alike, shown, times, name)
    findings += [*_levels(mine, theirs, shown, size, name)]
    return Compared(tuple(findings), figures | _figures(alike, told, size))


def _counted(mine: Film, theirs: Film, name: str) -> list[Finding]:
    if len(mine.rows) == len(theirs.rows):
        return []
    text = f"{name}: {len(theirs.rows)} frames arrived, the source has {len(mine.rows)}"
    return [Finding("frame-count", text, stream=name)]


def _unjudged(name: str) -> Finding:
    text = f"{name}: the pictures can't be judged, they differ all over: crop, pad, another film?"
    text += " If a filter did that, say -vf"
    return Finding("pictures-differ", text, UNJUDGED, name)


def _damage(alike: Likeness, shown: Numbers, times: Times, name: str) -> list[Finding]:
    found = []
    for first, last in alike.damaged():
        number, low = int(shown[first]), float(psnr(alike.error[first : last + 1].max()))
        which = f"frame {number}" if first == last else f"frames {number} to {int(shown[last])}"
        usual = float(psnr(np.median(alike.error)))
        text = (
            f"{name}: {which} (from {times.at(number)}) differ in places from the source, as if damaged ({low:.1f} dB, "
        )
        text += f"usually {usual:.1f} dB)"
        found.append(Finding("frame-damaged", text, DIFFERENCE, name, number, times.moment(number)))
    return found


def _levels(mine: Film, theirs: Film, shown: Numbers, size: tuple[int, int], name: str) -> list[Finding]:
    """Contrast and brightness all over: full range taken for limited, or the reverse."""
    places = np.unique(np.linspace(0, len(shown) - 1, 60).astype(int))
    found = levels(mine.rows[shown[places]], theirs.rows[places], size)
    if found is None or (abs(found[0] - 1) <= _CONTRAST and abs(found[1]) <= _BRIGHTNESS):
        return []
    text = (
        f"{name}: all pictures have {found[0]:.2f} times the contrast and are {abs(found[1]):.0f} grey levels "
        f"{'brighter' if found[1] > 0 else 'darker'}: full and limited range mixed up, or a filter?"
    )
    return [Finding("levels-differ", text, stream=name)]


def _figures(alike: Likeness, told: int, size: tuple[int, int]) -> dict[str, float | int | str]:
    decibels = psnr(alike.error)
    return {
        "compared_at": f"{size[0]}x{size[1]}",
        "psnr_y_mean": round(float(np.mean(decibels)), 2),
        "psnr_y_min": round(float(decibels.min()), 2),
        "psnr_y_min_frame": int(decibels.argmin()),
        "ssim_y_mean": round(float(alike.ssim.mean()), 4),
        "ssim_y_min": round(float(alike.ssim.min()), 4),
        "frames_told_apart": told,
    }
