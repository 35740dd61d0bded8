"""`Finding`: one thing that was found when two files were compared. A value; who finds it stands in the neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

__all__ = ["DIFFERENCE", "EXCUSED", "UNJUDGED", "Finding"]

# The output is not what the source asks for: exit code 4.
DIFFERENCE: Final = "difference"
# It is otherwise than in the source, for a reason that lies in the container or in what was asked for.
EXCUSED: Final = "excused"
# It can't be told from these two files.
UNJUDGED: Final = "unjudged"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Args:
        kind: a short machine word of lower case and dashes, such as ``frame-missing`` or ``chapter-lost``.
        text: one line for people: what, where, and what was expected instead.
        weight: `DIFFERENCE`, `EXCUSED` or `UNJUDGED`.
        stream: whose: ``video 0``, ``audio 1`` (counted within the kind, in the source); empty: the file's.
        frame: of the source, from 0; None: it is not about a frame.
        time: seconds on the source's clock; None: it is not about a moment.
    """

    kind: str
    text: str
    weight: str = DIFFERENCE
    stream: str = ""
    frame: int | None = None
    time: Fraction | None = None
