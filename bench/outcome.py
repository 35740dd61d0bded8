"""What became of a case of the proof suite, and which failures are known to be impossible to avoid, with the reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bench.sources import Case

__all__ = ["EXACT", "EXCEPTED", "EXCEPTIONS", "REFUSED", "UNMADE", "WRONG", "Outcome", "settle"]

EXACT, WRONG, EXCEPTED, REFUSED, UNMADE = "exact", "WRONG", "excepted", "no pictures", "not made"
# The start of a case's name, and why it can't be exact.
EXCEPTIONS: Final[dict[str, str]] = {
    "VP8/mkv/damaged": "libavcodec makes other pictures of damaged VP8 at every run, with one thread, too",
    "HEVC, open GOP (RASL)/ts/lost packets": "where references are lost, libavcodec makes other pictures at some runs",
    "VC-2/drc": "ffmpeg 5.1 finds no times in it, all frames stand at zero; they are given 25 a second",
    "structure/androidx__media__sample_fragmented_sgpd_v2.mp4": "encrypted; two linear decodes of it differ",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case with its result; all of it is text and numbers, so that it can be kept.

    Args:
        name: of the case.
        row: of the matrix.
        container: column of the matrix.
        oddity: rate, oddity, or a real file's name.
        kind: of source.
        way: how it was cut.
        version: of the ffmpeg.
        output: container.
        verdict: one of this module's words.
        pieces: how many.
        frames: of the source, by one linear decode.
        pictures: how many are equal.
        times: how many are equal.
        whole: why it was not cut.
        note: what there is to say.
        command: repeats the encode.
        seconds: that the encode took.
    """

    name: str
    row: str
    container: str
    oddity: str
    kind: str
    way: str
    version: str
    output: str
    verdict: str = WRONG
    pieces: int = 0
    frames: int = 0
    pictures: int = 0
    times: int = 0
    whole: str = ""
    note: str = ""
    command: str = ""
    seconds: float = 0.0

    @classmethod
    def of(cls, case: Case) -> Outcome:
        """Of a case that has not been tried."""
        source = case.source
        where = (source.row, source.container, source.oddity, source.kind)
        return cls(case.name, *where, case.way, case.version, case.output)

    def line(self) -> str:
        """For people; a failure with the command that repeats it."""
        counts = f"{self.pictures}/{self.frames} pictures, {self.times}/{self.frames} times, {self.pieces} pieces"
        text = f"{self.verdict}: {self.name} ({counts}{f': {self.whole}' if self.whole else ''})"
        if self.verdict == EXACT:
            return text
        repeat = f"\n    python -m bench.exact --only {self.name!r}" if self.verdict == WRONG else ""
        encode = f"\n    {self.command}" if self.command and self.verdict == WRONG else ""
        return f"{text} {self.note}{repeat}{encode}"


def settle(outcome: Outcome) -> Outcome:
    """A failure that is on the list of exceptions becomes one, with its reason; anything else stays what it is."""
    reason = next((why for start, why in EXCEPTIONS.items() if outcome.name.startswith(start)), "")
    if outcome.verdict == WRONG and reason and outcome.pieces:
        return replace(outcome, verdict=EXCEPTED, note=f"{reason} ({outcome.note})" if outcome.note else reason)
    return outcome
