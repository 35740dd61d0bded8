"""Does the output sound as the source does, at the same time, from its beginning to its end? `compare_sound`.

Both tracks are decoded once to samples of one rate (`decoded`), put on one clock (`track`) and compared: when
(`lateness`) and how loud (`loudness`). Nothing here compares packets or tags, or judges quality: a low bit rate is no
difference, a dropout is.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

from suture.command.samples import Samples
from suture.verify.decoded import cleared, complaints, decode, undecodable
from suture.verify.finding import UNJUDGED, Finding
from suture.verify.lateness import Pair, lateness
from suture.verify.loudness import LESS, LOUD, SUDDEN, added, dropouts
from suture.verify.side import Compared
from suture.verify.track import HOP, RATE, levels, track_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from suture.verify.side import Look, Side

    Floats = NDArray[np.float32]

__all__ = ["compare_sound"]

# Ends may differ by so much: a frame that was not filled, or two of the largest.
_SHORT_S: Final = 0.05
_LONG_S: Final = 0.1
_FRAME: Final = 2048


def compare_sound(
    source: Side,
    output: Side,
    *,
    shift: Fraction = Fraction(0),
    start: Fraction | None = None,
    end: Fraction | None = None,
    look: Look,
) -> Compared:
    """Decode two audio streams and say where the output is not the source.

    Args:
        source: what it should sound like; its filters are what was asked for.
        output: the other.
        shift: seconds that were added to all of the source's times.
        start: where the output begins, on the source's clock; None: where the source does.
        end: where it ends; None: where the source does.
        look: how to look.

    Raises:
        CommandError: it was stopped, or there was no room.
        FFmpegNotFound: there is no ffmpeg.
    """
    channels = 2 if min(source.stream.channels, output.stream.channels) > 1 else 1
    commands = [_command(side, which, channels, look) for side, which in ((source, "source"), (output, "output"))]
    with cleared(*commands):
        both = [
            decode(command, look, f"{source.name} of the {which}", np.int16)
            for command, which in zip(commands, ("source", "output"), strict=True)
        ]
        if failed := list(undecodable(both[0], both[1], source.name)):
            return Compared(tuple(failed))
        theirs = track_of(both[1], channels, float(shift))
        mine = track_of(both[0], channels, 0.0).within(_place(start), _place(end))
        compared = _compare(Pair(source.name, mine, theirs), output)
        broken = tuple(complaints(both[0], both[1], source.name))
    return Compared((*compared.findings, *broken), {**compared.figures, "decode_errors": len(both[1].said)})


def _command(side: Side, which: str, channels: int, look: Look) -> Samples:
    name = f"{side.name.replace(' ', '-')}-{which}"
    path = f"{look.folder}/{name}.raw"
    return Samples(name, side.path, path, side.stream.index, side.filters, RATE, channels, program=look.ffmpeg)


def _place(time: Fraction | None) -> int | None:
    return None if time is None else round(time * RATE)


def _compare(pair: Pair, output: Side) -> Compared:
    figures: dict[str, float | int | str] = {
        "seconds": round((pair.output.end - pair.output.begin) / RATE, 3),
        "source_seconds": round((pair.source.end - pair.source.begin) / RATE, 3),
    }
    mine = levels(pair.source, pair.source.begin, pair.source.end)
    theirs = levels(pair.output, pair.source.begin, pair.source.end)
    if not len(mine) or float(mine.max()) < LOUD:
        return Compared(tuple(_of_silence(pair)), figures)
    if not len(theirs) or (float(level := _loudest(pair)) < LOUD and level < LESS * float(mine.max())):
        return Compared((pair.find("sound-silent", "is silent, the source is not", pair.source.begin),), figures)
    found, lag = lateness(pair, figures)
    if lag:  # everything else is asked of the sound where it really stands
        moved = tuple(replace(span, at=span.at - lag) for span in pair.output.spans)
        pair = replace(pair, output=replace(pair.output, spans=moved))
        theirs = levels(pair.output, pair.source.begin, pair.source.end)
    if not any(finding.kind in {"sound-differs", "sound-jumps", "sound-drifts"} for finding in found):
        found += dropouts(pair, mine, theirs, figures)
        # What was hardly there is no new sound when all became louder.
        found += added(pair, mine, theirs / max(1.0, 10 ** (float(figures["gain_db"]) / 10)))
    found += [*_ends(pair, mine, output)]
    return Compared(tuple(sorted(found, key=lambda one: one.time or Fraction(0))), figures)


def _loudest(pair: Pair) -> float:
    return max((float(levels(pair.output, *ends).max(initial=0)) for ends in pair.output.stretches()), default=0.0)


def _of_silence(pair: Pair) -> Iterator[Finding]:
    """The source says nothing; the output should not either."""
    if _loudest(pair) > SUDDEN:
        yield pair.find("sound-added", "sounds where the source is silent", pair.source.begin)
    else:
        yield pair.find(
            "sound-unjudged", "is silent in both files: whether it is in time can't be judged", weight=UNJUDGED
        )


def _ends(pair: Pair, mine: Floats, output: Side) -> Iterator[Finding]:
    """Does it end where the source does?"""
    loud = np.flatnonzero(mine.sum(axis=1) > LOUD / 10)
    sounds_until = pair.source.begin + (int(loud[-1]) + 1) * HOP
    over = (pair.output.end - pair.source.end) / RATE
    if (sounds_until - pair.output.end) / RATE > _SHORT_S:
        text = f"is cut off: it ends at {pair.at(pair.output.end)}, the source sounds until {pair.at(sounds_until)}"
        yield pair.find("sound-truncated", text, pair.output.end)
    elif over > max(_LONG_S, 2 * _FRAME / (output.stream.sample_rate or RATE)):
        text = f"is {over:.2f} s longer than the source: it ends at {pair.at(pair.output.end)}"
        yield pair.find("sound-longer", text, pair.source.end)
