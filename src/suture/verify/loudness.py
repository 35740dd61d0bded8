"""How loud is the output where the source sounds, and where it does not? Dropouts, and sound that came in.

Asked of the sound where it really stands (`lateness`), every ten milliseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from suture.verify.finding import UNJUDGED, Finding
from suture.verify.sequence import runs
from suture.verify.track import HOP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from suture.verify.lateness import Pair

    Floats = NDArray[np.float32]

__all__ = ["LESS", "LOUD", "SUDDEN", "added", "dropouts"]

# Loud (-50 dB), silent beside it (25 dB less), loud where there should be silence (-40 dB).
LOUD: Final = 1e-5
LESS: Final = 10**-2.5
SUDDEN: Final = 1e-4
# A dropout is so many hops long (30 ms), within so many of the loudest around (what a coder may leave out lies below).
_DROP_HOPS: Final = 3
_ADDED_HOPS: Final = 10
_NEAR_HOPS: Final = 20
_MASKED: Final = 10**-2.5
_LOUDER_DB: Final = 3.0
# A channel so much quieter than the other tells nothing by itself; the first places tell enough.
_OTHER_CHANNEL: Final = 1e-3
_TOLD: Final = 5


def dropouts(pair: Pair, mine: Floats, theirs: Floats, figures: dict[str, float | int | str]) -> Iterator[Finding]:
    """Spans where the source sounds and the output does not, before the output's end."""
    both = (mine.sum(axis=1) > LOUD) & (theirs.sum(axis=1) > LOUD)
    gain = float(np.median(theirs.sum(axis=1)[both] / mine.sum(axis=1)[both])) if both.any() else 1.0
    figures["gain_db"] = round(10 * float(np.log10(gain)), 2)
    if abs(float(figures["gain_db"])) > _LOUDER_DB:
        way = f"{abs(float(figures['gain_db'])):.1f} dB {'louder' if gain > 1 else 'quieter'}"
        text = f"is {way} than the source (a filter, a mix?)"
        yield pair.find("sound-level", text, weight=UNJUDGED)
    loudest = max(float(mine[:, channel].max()) for channel in range(mine.shape[1]))
    last = (pair.output.end - pair.source.begin) // HOP
    for channel in range(mine.shape[1]):
        if float(mine[:, channel].max()) < _OTHER_CHANNEL * loudest:
            continue
        gone = _lacking(mine[:, channel], theirs[:, channel] / gain)
        gone[max(0, last - 1) :] = False
        which = "" if mine.shape[1] == 1 else f" ({'left' if channel == 0 else 'right'})"
        yield from _spans(pair, gone, _DROP_HOPS, "sound-dropout", f"silence instead of sound{which}")


def _lacking(mine: Floats, theirs: Floats) -> NDArray[np.bool_]:
    near = _around(mine, _NEAR_HOPS)
    return np.asarray((mine > LOUD) & (mine > _MASKED * near) & (_around(theirs, 1) < LESS * mine))


def _around(values: Floats, hops: int) -> Floats:
    """The loudest so many hops before and after."""
    return np.asarray(np.lib.stride_tricks.sliding_window_view(np.pad(values, hops), 2 * hops + 1).max(axis=1))


def added(pair: Pair, mine: Floats, theirs: Floats) -> Iterator[Finding]:
    """Sound where the source is silent."""
    there = _around(mine.sum(axis=1), 5)
    loud = theirs.sum(axis=1)
    flags = np.asarray((loud > SUDDEN) & (there < LESS * loud))
    yield from _spans(pair, flags, _ADDED_HOPS, "sound-added", "sound where the source is silent")


def _spans(pair: Pair, flags: NDArray[np.bool_], least: int, kind: str, what: str) -> Iterator[Finding]:
    found = [(first, last) for first, last in runs(flags) if last - first + 1 >= least]
    for first, last in found[:_TOLD]:
        begin, end = (pair.source.begin + hop * HOP for hop in (first, last + 1))
        yield pair.find(kind, f"{what} from {pair.at(begin)} to {pair.at(end)}", begin)
    if len(found) > _TOLD:
        yield pair.find(kind, f"{what} in {len(found)} places", pair.source.begin + found[_TOLD][0] * HOP)
