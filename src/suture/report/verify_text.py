"""What came of comparing two files, for people: the streams, then differences, excuses, and what can't be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from suture.report.wording import count, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from suture.proof import StreamVerdict, VerifyReport
    from suture.verify.finding import Finding

__all__ = ["lines_of"]

_UNITS: Final = {
    "packets": "packet",
    "pictures": "picture",
    "frame times": "frame time",
    "lines": "line",
    "sound": "second",
}
# Figures worth a word, and how they are written.
_FIGURES: Final = {
    "psnr_y_mean": "PSNR {:.1f} dB",
    "psnr_y_min": "worst {:.1f} dB",
    "lag_ms": "{:.1f} ms late",
}


def lines_of(report: VerifyReport) -> Iterator[str]:
    """The report, line by line."""
    yield printable(f"{report.output} against {report.source}")
    for note in report.notes:
        yield f"  {printable(note)}"
    for stream in report.streams:
        yield f"  {printable(_stream(stream, report.differences))}"
    yield from _list("different", report.differences)
    yield from _list("otherwise, for a reason", report.excused)
    yield from _list("not judged", report.unjudged)
    yield _verdict(report)


def _stream(stream: StreamVerdict, differences: Sequence[Finding]) -> str:
    """One stream: what it is, how it was looked at, how many differences."""
    here = sum(finding.stream == stream.name for finding in differences)
    codecs = " → ".join(dict.fromkeys(codec for codec in stream.codecs if codec))
    result = f"{count(here, 'difference')}" if here else "as it has to be"
    parts = [f"{stream.name} ({codecs}): {_how(stream)}", *_figures(stream), result]
    return ", ".join(part for part in parts if part)


def _how(stream: StreamVerdict) -> str:
    if stream.output < 0:
        return "not there"
    unit = _UNITS.get(stream.how)
    return f"{count(stream.count, unit)} compared" if unit else f"{stream.how} compared"


def _figures(stream: StreamVerdict) -> Iterator[str]:
    for name, text in _FIGURES.items():
        value = stream.figures.get(name)
        if isinstance(value, int | float):
            yield text.format(value)
    alike = stream.count - int(stream.figures.get("frames_told_apart", stream.count))
    if alike > 0:
        yield f"{count(alike, 'picture')} can't be told from {'its' if alike == 1 else 'their'} neighbours"


def _list(title: str, findings: Sequence[Finding]) -> Iterator[str]:
    if findings:
        yield f"{title}:"
        yield from (f"  {printable(finding.text)}" for finding in findings)


def _verdict(report: VerifyReport) -> str:
    if not report.ok:
        return f"{count(len(report.differences), 'difference')}"
    if report.unjudged:
        return "no difference, as far as it can be told"
    return "no difference"
