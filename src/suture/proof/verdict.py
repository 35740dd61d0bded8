"""`VerifyReport`: what came of comparing two files. Values; how they are shown is `report`'s."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from suture.verify.finding import DIFFERENCE, EXCUSED, UNJUDGED

if TYPE_CHECKING:
    from suture.verify.finding import Finding

__all__ = ["SCHEMA", "StreamVerdict", "VerifyReport"]

SCHEMA: Final = 1
_FAILED: Final = 4


@dataclass(frozen=True, slots=True)
class StreamVerdict:
    """How one stream of the source was looked at.

    Args:
        name: ``video 0``: its place within its kind.
        source: its index in the source.
        output: its index in the output; -1 where it is not there.
        codecs: of both; the second may be empty.
        how: ``packets``, ``pictures``, ``frame times``, ``sound``, ``lines``, ``lengths`` or ``not at all``.
        count: of packets, pictures or lines that were compared.
        figures: numbers, such as ``psnr_y_min`` or ``lag_ms``.
    """

    name: str
    source: int
    output: int
    codecs: tuple[str, str]
    how: str
    count: int = 0
    figures: dict[str, float | int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What came of it.

    Args:
        source: the one file.
        output: the other.
        streams: of the source, in its order; those that were not asked for are not there.
        findings: everything that was found, in the order in which it was looked for.
        shift: seconds that all of the output is later than the source.
        notes: what was taken for granted and from where, for people.
        quick: nothing was decoded.
    """

    source: str
    output: str
    streams: tuple[StreamVerdict, ...]
    findings: tuple[Finding, ...]
    shift: Fraction = Fraction(0)
    notes: tuple[str, ...] = ()
    quick: bool = False

    @property
    def differences(self) -> tuple[Finding, ...]:
        """What is not as it has to be."""
        return self._of(DIFFERENCE)

    @property
    def excused(self) -> tuple[Finding, ...]:
        """What is otherwise for a reason."""
        return self._of(EXCUSED)

    @property
    def unjudged(self) -> tuple[Finding, ...]:
        """What can't be told."""
        return self._of(UNJUDGED)

    @property
    def ok(self) -> bool:
        """Whether there is no difference."""
        return not self.differences

    @property
    def exit_code(self) -> int:
        """0, or 4 where something differs."""
        return 0 if self.ok else _FAILED

    def to_json(self) -> dict[str, Any]:
        """Plain data for JSON; times are seconds."""
        return {
            "schema": SCHEMA,
            "source": self.source,
            "output": self.output,
            "ok": self.ok,
            "exit_code": self.exit_code,
            "quick": self.quick,
            "shift": float(self.shift),
            "notes": list(self.notes),
            "streams": [_stream(stream) for stream in self.streams],
            "differences": [_finding(finding) for finding in self.differences],
            "excused": [_finding(finding) for finding in self.excused],
            "unjudged": [_finding(finding) for finding in self.unjudged],
        }

    def _of(self, weight: str) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.weight == weight)


def _stream(stream: StreamVerdict) -> dict[str, Any]:
    names = ("name", "source", "output", "how", "count", "figures")
    return {name: getattr(stream, name) for name in names} | {"codecs": list(stream.codecs)}


def _finding(finding: Finding) -> dict[str, Any]:
    time = None if finding.time is None else float(finding.time)
    return {
        "kind": finding.kind,
        "text": finding.text,
        "stream": finding.stream,
        "frame": finding.frame,
        "time": time,
    }
