"""What a decode of sound gave, as ffmpeg's ``framecrc`` lists it: from when on, how many samples, and where time jumps.

Samples alone do not tell when they are to be heard. Where the listed times do not follow from counting the samples,
the source has a gap, an overlap or a drifting clock. `listing` reads such listings of pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.errors import MediaError
from suture.media.listing import read_frames, read_time_base

if TYPE_CHECKING:
    from suture.media.listing import Listed

__all__ = ["Heard", "read_heard"]

# Containers whose clock counts thousandths of a second tell the time of a packet one too early or too late.
_LOOSE: Final = Fraction(2, 1000)
# Ogg tells some packets' times 10 ms too late, and the next ones' right again; what is further off is no mistake.
_FAR: Final = Fraction(1, 20)


@dataclass(frozen=True, slots=True)
class Heard:
    """A track's samples.

    Args:
        rate: a second has so many.
        first: when the first one is heard, in samples on the source's clock.
        samples: how many there are.
        jump: where a time is not the one that counting gives, for people; empty: nowhere.
    """

    rate: int
    first: int
    samples: int
    jump: str = ""


def read_heard(path: str) -> Heard:
    """What a listing tells, as far as it is written: its last line may be half there.

    Raises:
        MediaError: it lists nothing.
    """
    try:
        tick = read_time_base(path)
        frames = list(read_frames(Path(path).read_text().rpartition("\n")[0].splitlines()))
    except (OSError, ValueError, IndexError) as error:
        raise MediaError(f"the listing {path!r} of a sound can't be read: {error}") from error
    if not frames:
        raise MediaError("nothing of the sound decodes")
    first = frames[0].pts
    return Heard(int(1 / tick), first, sum(frame.duration for frame in frames), _jump(frames, tick))


def _jump(frames: list[Listed], tick: Fraction) -> str:
    """A time that is far off, or two in a row that are off at all."""
    counted, before = frames[0].pts, Fraction(0)
    for frame in frames:
        late = (frame.pts - counted) * tick
        if abs(late) > _FAR or min(abs(late), abs(before)) > _LOOSE:
            return f"at {float(frame.pts * tick):.3f} s by {float(late):+.3f} s"
        counted, before = counted + frame.duration, late
    return ""
