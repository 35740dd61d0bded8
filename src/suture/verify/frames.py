"""What a path through the pictures means, in words: findings about frames that are missing, doubled, swapped, late.

Pure; `pictures` gives it numbers and times. Few of one kind are named one by one, many are counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

from suture.verify.finding import DIFFERENCE, EXCUSED, Finding
from suture.verify.sequence import Event, events_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["Times", "frame_findings", "time_findings"]

# More events than this, and more than this share of the frames: another rate, not accidents.
_MANY: Final = 20
_SHARE: Final = 0.02
# So many frames at an end that are missing were cut off, not lost.
_CUT: Final = 4
_ROUNDING_S: Final = 1e-6
_GRID_S: Final = 0.002


@dataclass(frozen=True, slots=True)
class Times:
    """When the pictures stand.

    Args:
        source: seconds on the source's clock.
        output: seconds on the source's clock too (its shift is taken off).
        allowed_s: by so much they may differ.
    """

    source: NDArray[np.float64]
    output: NDArray[np.float64]
    allowed_s: float

    def at(self, number: int) -> str:
        """A source frame's time in words."""
        return f"{self.source[number]:.3f} s"

    def moment(self, number: int) -> Fraction:
        """The same for `Finding.time`."""
        return Fraction(float(self.source[number])).limit_denominator(1_000_000)


def frame_findings(shown: NDArray[np.int64], times: Times, name: str) -> list[Finding]:
    """What is missing, doubled or swapped, given which source frame each output picture shows."""
    length = len(times.source)
    events = events_of(shown, length)
    inside = [event for event in events if not _at_end(event, length)]
    if len(events) > max(_MANY, _SHARE * length):
        return [_another_rate(events, shown, times, name)]
    found = [_told(event, shown, times, name) for event in inside]
    return found + ([_cut_off(shown, times, name)] if len(inside) < len(events) else [])


def _at_end(event: Event, length: int) -> bool:
    """Whether so much is missing at an end that it was cut off."""
    long = event.last - event.first + 1 >= _CUT
    return event.kind == "missing" and long and (event.first == 0 or event.last == length - 1)


def _cut_off(shown: NDArray[np.int64], times: Times, name: str) -> Finding:
    """The output holds one stretch of the source."""
    length, first, last = len(times.source), int(shown.min()), int(shown.max())
    holds = f"frames {first} to {last} ({times.at(first)} to {times.at(last)}) of {length}"
    if first < _CUT:
        text = f"{name} ends early: it holds {holds}; the tail is missing (if that was asked for, say --end)"
        return Finding("truncated", text, stream=name, frame=last + 1, time=times.moment(last + 1))
    text = f"{name} is a part of the source: it holds {holds}; if that was asked for, say --start and --end"
    return Finding("trimmed", text, stream=name, frame=0, time=times.moment(0))


def _another_rate(events: list[Event], shown: NDArray[np.int64], times: Times, name: str) -> Finding:
    missing = sum(event.last - event.first + 1 for event in events if event.kind == "missing")
    doubled = sum(event.count for event in events if event.kind == "doubled")
    text = (
        f"{name} has another order or rate of frames: of {len(times.source)} source frames {missing} are missing and "
        f"{doubled} repeat in {len(shown)}, all over; if a filter did that, say -vf"
    )
    return Finding("frames-differ", text, stream=name, frame=events[0].first, time=times.moment(events[0].first))


def _told(event: Event, shown: NDArray[np.int64], times: Times, name: str) -> Finding:
    first, last = event.first, event.last
    where = (
        f"frame {first} ({times.at(first)})" if first == last else f"frames {first} to {last} (from {times.at(first)})"
    )
    match event.kind:
        case "missing":
            be = "is" if first == last else "are"
            text = f"{name}: {where} of the source {be} missing"
            if event.place < len(shown) and last < len(times.source) - 1 and shown[event.place] == first - 1:
                text += f"; frame {first - 1} stands in its place"
        case "doubled":
            again = "twice" if event.count == 1 else f"{event.count + 1} times"
            text = f"{name}: {where} of the source is shown {again}, again as frame {event.place} of the output"
        case _:
            text = f"{name}: frames {first} and {last} of the source (at {times.at(first)}) are swapped"
    return Finding(f"frame-{event.kind}", text, DIFFERENCE, name, first, times.moment(first))


def time_findings(shown: NDArray[np.int64], times: Times, name: str) -> Iterator[Finding]:
    """The first frame that does not stand at its time, and how many more.

    With as many frames as the source they are compared in order, whatever they show; else each with the one it shows.
    """
    equal = len(times.source) == len(times.output)
    numbers = np.arange(len(times.output)) if equal else shown
    off = times.output - times.source[numbers]
    wrong = np.flatnonzero(np.abs(off) > times.allowed_s + _ROUNDING_S)
    if not wrong.size:
        return
    place, number = int(wrong[0]), int(numbers[wrong[0]])
    if len(wrong) == len(off) and np.ptp(off) <= 2 * times.allowed_s + _ROUNDING_S:
        text = f"{name}: every frame stands {1000 * abs(off[0]):.1f} ms too {'late' if off[0] > 0 else 'early'}"
    else:
        more = f"; {len(wrong)} of {len(off)} frames are off, by {1000 * np.abs(off).max():.1f} ms at most"
        text = (
            f"{name}: frame {number} stands at {times.output[place]:.6f} s, the source has it at "
            f"{times.source[number]:.6f} s{more if len(wrong) > 1 else ''}"
        )
    # Tools that write times on a regular grid undo what a source had rounded.
    weight = EXCUSED if np.abs(off).max() <= _GRID_S else DIFFERENCE
    yield Finding("frame-time", text, weight, name, number, times.moment(number))
