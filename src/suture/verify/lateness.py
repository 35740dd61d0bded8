"""When does the output sound? In time, late all along, drifting, jumping: what the windows and edges of `lag` say.

Neighbours: `sound` asks, `loudness` judges what is heard there.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

from suture.verify.finding import DIFFERENCE, UNJUDGED, Finding
from suture.verify.lag import TOLERANCE, Fit, edges, far_lag, fits
from suture.verify.sequence import runs
from suture.verify.track import RATE, Track

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["Pair", "lateness"]

# A window fits when its correlation is so large; few bits, another mix or noise leave no more.
_FITS: Final = 0.4
_FITS_NOT: Final = 0.2
# With less than this, windows elsewhere or of another length are tried; so much better, they are believed.
_GOOD: Final = 0.8
_BETTER: Final = 0.1
# Where most windows fit less than this, one that does not fit says nothing.
_MOSTLY: Final = 0.7
# Edges of the sound that speak against the place where it stands (5 ms).
_EDGE_LAG: Final = RATE // 200
# Fewer windows make no line; one alone says nothing against its neighbours; the first places tell enough.
_LINE: Final = 6
_SHORTER: Final = RATE // 4
_TOLD: Final = 5


@dataclass(frozen=True, slots=True)
class Pair:
    """Both tracks, the output's at the place where it should stand, and how loud both are every ten milliseconds."""

    name: str
    source: Track
    output: Track

    def at(self, place: float) -> str:
        """A place of the clock in words."""
        return f"{place / RATE:.2f} s"

    def find(self, kind: str, text: str, place: float | None = None, weight: str = DIFFERENCE) -> Finding:
        """A finding about this track."""
        time = None if place is None else Fraction(round(place), RATE)
        return Finding(kind, f"{self.name}: {text}", weight, self.name, None, time)


def lateness(pair: Pair, figures: dict[str, float | int | str]) -> tuple[list[Finding], int]:
    """What there is to say of its time, and by how many samples all of it is late.

    Args:
        pair: two tracks, neither of them silent.
        figures: what was measured is added here.
    """
    found = _best_fits(pair)
    good = [one for one in found if one.likeness >= _FITS]
    figures |= {"windows": len(found), "windows_that_fit": len(good)}
    if not found or 3 * len(good) < len(found):
        text = "can't be judged: it has little in common with the source's (another track, or a filter?)"
        return [pair.find("sound-differs", text, weight=UNJUDGED)], 0
    lags = np.array([one.lag for one in good])
    figures |= {
        "likeness": round(float(np.median([one.likeness for one in good])), 3),
        "lag_ms": round(float(np.median(lags)) * 1000 / RATE, 2),
        "lag_ms_max": round(float(np.abs(lags).max()) * 1000 / RATE, 2),
    }
    sharp = [one for one in good if one.sharp]
    if len(sharp) < max(1, len(good) // 10):
        return _by_edges(pair, good, figures)
    return [*_by_windows(pair, sharp), *_unlike(pair, found)], _common(sharp)


def _best_fits(pair: Pair) -> list[Fit]:
    """Windows; where they fit badly, others farther away or shorter ones (what drifts fits for a moment only)."""
    found = fits(pair.source, pair.output)
    if _likeness(found) >= _GOOD:
        return found
    far = far_lag(pair.source, pair.output)
    others = [fits(pair.source, pair.output, far)] if abs(far) > TOLERANCE else []
    for other in (*others, fits(pair.source, pair.output, window=_SHORTER)):
        found = other if _likeness(other) > _likeness(found) + _BETTER else found
    return found


def _likeness(found: list[Fit]) -> float:
    return float(np.median([one.likeness for one in found])) if found else 0.0


def _common(sharp: list[Fit]) -> int:
    """The lag that nearly all have; 0: none, or none to speak of."""
    lags = np.array([one.lag for one in sharp])
    middle = int(np.median(lags))
    same = np.abs(lags - middle) <= TOLERANCE
    return middle if same.mean() > 0.9 and abs(middle) > TOLERANCE else 0  # noqa: PLR2004 - nearly all


def _by_windows(pair: Pair, sharp: list[Fit]) -> list[Finding]:
    lags = _smooth(np.array([one.lag for one in sharp], np.float64))
    places = np.array([one.at for one in sharp], np.float64)
    off = np.abs(lags) > TOLERANCE
    if not off.any():
        return []
    if common := _common(sharp):
        return [pair.find("sound-late", f"{_ms(common)} all along", pair.source.begin)]
    if len(lags) >= _LINE:
        slope, at_zero = np.polyfit(places, lags, 1)
        rest = np.abs(lags - slope * places - at_zero)
        if abs(slope) * (places[-1] - places[0]) > 2 * TOLERANCE and np.quantile(rest, 0.9) < TOLERANCE:
            text = f"drifts: {_ms(lags[0])} at {pair.at(places[0])}, {_ms(lags[-1])} at {pair.at(places[-1])}"
            return [pair.find("sound-drifts", text, places[int(off.argmax())])]
    return [*_jumps(pair, places, lags, off)]


def _jumps(
    pair: Pair, places: NDArray[np.float64], lags: NDArray[np.float64], off: NDArray[np.bool_]
) -> Iterator[Finding]:
    stretches = list(runs(off))
    for first, last in stretches[:_TOLD]:
        until = "to the end" if last == len(lags) - 1 else f"to {pair.at(places[last])}"
        text = f"{_ms(float(np.median(lags[first : last + 1])))} from about {pair.at(places[first])} {until}"
        yield pair.find("sound-jumps", text, places[first])
    if len(stretches) > _TOLD:
        yield pair.find("sound-jumps", f"jumps {len(stretches)} times in all", places[stretches[_TOLD][0]])


def _smooth(lags: NDArray[np.float64]) -> NDArray[np.float64]:
    """A median of three: one window alone says nothing against its neighbours."""
    if len(lags) < 3:  # noqa: PLR2004
        return lags
    padded = np.concatenate((lags[:1], lags, lags[-1:]))
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, 3), axis=1))


def _ms(lag: float) -> str:
    if abs(lag) <= TOLERANCE:
        return "in time"
    return f"{abs(lag) * 1000 / RATE:.1f} ms {'late' if lag > 0 else 'early'}"


def _by_edges(pair: Pair, good: list[Fit], figures: dict[str, float | int | str]) -> tuple[list[Finding], int]:
    """Of a steady tone only its edges tell when it is."""
    off = [one for one in good if abs(one.lag) > TOLERANCE]
    asked = [one for one in edges(pair.source, pair.output) if one.likeness >= _FITS]
    figures["edges"] = len(asked)
    if not asked:
        text = "is a steady tone without an edge: whether it is in time can't be judged"
        return [pair.find("sound-unjudged", text, weight=UNJUDGED)], 0
    lags = np.array([one.lag for one in asked])
    late = np.abs(lags) > _EDGE_LAG
    if 2 * late.sum() <= len(lags) and 2 * len(off) <= len(good):
        return [], 0
    middle = int(np.median(lags[late])) if late.any() else int(np.median([one.lag for one in off]))
    return [pair.find("sound-late", f"{_ms(middle)}, by where it begins and ends", asked[0].at)], middle


def _unlike(pair: Pair, found: list[Fit]) -> Iterator[Finding]:
    """Windows that fit nowhere although all others do."""
    likeness = np.array([one.likeness for one in found])
    if float(np.median(likeness)) < _MOSTLY:
        return
    lag = int(np.median([one.lag for one in found if one.likeness >= _FITS]))
    # Where the output begins and ends, half a window has nothing to fit to: that is said elsewhere.
    inside = [pair.output.begin + 2 * RATE <= one.at + lag <= pair.output.end - 2 * RATE for one in found]
    for first, last in runs((likeness < _FITS_NOT) & np.array(inside)):
        begin, end = found[first].at, found[last].at
        text = f"sounds otherwise than the source around {pair.at(begin)}" + (
            f" to {pair.at(end)}" if last > first else ""
        )
        yield pair.find("sound-otherwise", text, begin)
