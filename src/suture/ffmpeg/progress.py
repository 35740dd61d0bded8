"""What ffmpeg's ``-progress`` says: blocks of ``key=value`` lines, ended by ``progress=continue`` or ``end``.

Pure: lines in, reports out. Our own children (join, index …) report in the same words. Garbage between the
    lines is
skipped, since anything may write to a pipe.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Progress", "ProgressParser"]

_NO_TIME = -(2**63)  # AV_NOPTS_VALUE, which some versions print as a number


@dataclass(frozen=True, slots=True)
class Progress:
    """One report.

    Args:
        frame: video frames that went to the muxer so far; 0 without video.
        fps: frames a second, averaged over the run.
        out_time_us: microseconds written so far, by the last timestamp; None while unknown.
        size_bytes: bytes written so far; None where the output has no size (pipes, null).
        speed: times real time; None while unknown.
        done: it is the last report. It says nothing of success: a run that was stopped ends with it too.
    """

    frame: int = 0
    fps: float = 0.0
    out_time_us: int | None = None
    size_bytes: int | None = None
    speed: float | None = None
    done: bool = False

    @property
    def position(self) -> tuple[int, int, int]:
        """Grows, compared with the one before, when something was achieved: a frame, a timestamp, a byte."""
        time_us = _NO_TIME if self.out_time_us is None else self.out_time_us
        return (self.frame, time_us, -1 if self.size_bytes is None else self.size_bytes)


class ProgressParser:
    """Gathers lines into reports."""

    def __init__(self) -> None:
        self._fields: dict[str, str] = {}

    def feed(self, line: str) -> Progress | None:
        """Take a line; the report that it completes, if it does."""
        key, sign, value = line.partition("=")
        key, value = key.strip(), value.strip()
        if not sign:
            return None
        self._fields[key] = value
        if key != "progress":
            return None
        fields, self._fields = self._fields, {}
        return _report(fields)


def _report(fields: dict[str, str]) -> Progress:
    time_us = _whole(fields.get("out_time_us"))
    if time_us is None:
        time_us = _whole(fields.get("out_time_ms"))  # microseconds too, whatever its name says (FIELD-NOTES 1)
    return Progress(
        frame=_whole(fields.get("frame")) or 0,
        fps=_number(fields.get("fps")) or 0.0,
        out_time_us=None if time_us == _NO_TIME else time_us,
        size_bytes=_whole(fields.get("total_size")),
        speed=_number(fields.get("speed", "").removesuffix("x")),
        done=fields["progress"] == "end",
    )


def _whole(text: str | None) -> int | None:
    try:
        return int(text or "")
    except ValueError:
        return None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None
