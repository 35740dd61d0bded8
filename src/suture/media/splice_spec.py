"""What a splice has to do, as JSON between the plan that decides it and the child that does it (`splice`)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["SoundPart", "SpliceSpec", "read_splice"]


@dataclass(frozen=True, slots=True)
class SoundPart:
    """A piece of a sound.

    Args:
        path: its file.
        first: which packet of the track its first one is.
        samples: what it has in common with the piece before, as WAV; empty: not kept.
    """

    path: str
    first: int
    samples: str = ""


@dataclass(frozen=True, slots=True)
class SpliceSpec:
    """What a splice has to do.

    Args:
        output: the file to make.
        heard: the listing of the whole decode.
        pieces: in order.
        begin: where it writes when on the source's clock the file begins.
        warm: packets of a piece that are not yet as they would be in the middle of the track.
        tail: packets at the end of a piece that only serve to compare, or are not as they would be.
        reach: bytes before a packet that its own decoding needs.
        run: so many packets in a row that two pieces both have tell that their encoders agree.
    """

    output: str
    heard: str
    pieces: tuple[SoundPart, ...]
    begin: str
    warm: int = 0
    tail: int = 0
    reach: int = 0
    run: int = 1

    def to_json(self) -> str:
        """As `read_splice` reads it."""
        return json.dumps(asdict(self), indent=1)


def read_splice(path: str) -> SpliceSpec:
    """The spec in a file, as `SpliceSpec.to_json` has it."""
    told = json.loads(Path(path).read_text())
    return SpliceSpec(**(told | {"pieces": tuple(SoundPart(**each) for each in told["pieces"])}))
