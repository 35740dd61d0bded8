"""What stands between a source and an output: settings that were told, or those of the job that made the output.

Nothing is guessed. A job of ours is known by the names of both files and by the inode, size and date of what it has
published.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, Any, Final

from suture.joblist import record_of
from suture.jobs import job_name
from suture.places import jobs_folder
from suture.planning.filters import are_near_sighted
from suture.settings import EncodeSettings, option_of
from suture.settings_json import settings_of
from suture.verify.clocks import Span
from suture.verify.part_file import look_at_file

if TYPE_CHECKING:
    from suture.model import MediaInfo

__all__ = ["Between", "told_by_job"]

# What a person may say stands between two files.
_TELLING: Final = (
    "start",
    "end",
    "video_filter",
    "scale",
    "audio_filter",
    "loudness",
    "channels",
    "sample_rate",
    "subtitles",
    "subtitle_files",
    "maps",
    "audio_languages",
    "subtitle_languages",
)
# Seconds by which a file's date may lie after the moment at which its job wrote down that it was done.
_LATE_S: Final = 2.0

# Fine enough for what filters count in, behind which the film's own ticks have to be given back.
_FINER: Final = 100


@dataclass(frozen=True, slots=True)
class Between:
    """What was done to a source on its way to the output.

    Args:
        settings: as `suture encode` takes them.
        note: where they come from, for people.
        is_ours: a job of ours has made the output.
    """

    settings: EncodeSettings = field(default_factory=EncodeSettings)
    note: str = ""
    is_ours: bool = False

    @property
    def filters(self) -> str:
        """The chain that the source's pictures ran through, as the encode ran it."""
        settings = self.settings
        parts = [settings.video_filter or "", f"scale={settings.scale}" if settings.scale else ""]
        return ",".join(part for part in parts if part)

    def chain(self, info: MediaInfo, tick: Fraction) -> str:
        """`filters` on the clock on which the encode ran them: it begins at 0, wherever the source's does.

        Args:
            info: the source.
            tick: of the stream, in seconds.
        """
        if not self.filters:
            return ""
        zero, span = info.start_us, self.span(info)
        bounds = [f"{key}={float(at):.6f}" for key, at in (("start", span.start), ("end", span.end)) if at is not None]
        chosen = [f"trim={':'.join(bounds)}"] if bounds and not are_near_sighted(self.filters) else []
        before = [f"setpts=PTS-round({zero}/1000000/TB)"] if zero else []
        ticks, fine = floor(Fraction(zero, 1_000_000) / tick + Fraction(1, 2)), tick / _FINER
        behind = [f"settb={fine.numerator}/{fine.denominator}", f"setpts=PTS+{ticks * _FINER}"] if zero else []
        return ",".join([*chosen, *before, self.filters, *behind])

    @property
    def burns(self) -> bool:
        """Whether subtitles are drawn into the pictures."""
        return self.settings.subtitles == "burn"

    def span(self, info: MediaInfo) -> Span:
        """The part of the source that was asked for; its shift is what an exact cut gives."""
        zero = Fraction(info.start_us, 1_000_000)
        start = None if self.settings.start is None else zero + self.settings.start
        end = None if self.settings.end is None else zero + self.settings.end
        return Span(start, end, -start if start is not None else Fraction(0))

    def told(self) -> str:
        """The settings that matter here, as options; empty: none."""
        plain, settings = EncodeSettings(), self.settings
        changed = [name for name in _TELLING if getattr(settings, name) != getattr(plain, name)]
        # With which encoder it was made is seen in the file.
        changed += [name for name in ("video_codec", "audio_codec") if getattr(settings, name) == "none"]
        return ", ".join(f"{option_of(name)} {_shown(getattr(self.settings, name))}" for name in changed)


def told_by_job(source: str, output: str) -> Between | None:
    """The settings of our finished job that made an output; None where there is none, or the file is another."""
    home = jobs_folder() / job_name(source, output)
    if not home.is_dir():
        return None
    facts = record_of(home).facts
    settings = settings_of(facts)
    if facts.get("status") != "done" or settings is None or not _is_its_work(facts, output):
        return None
    return Between(settings, f"the settings are those of the job {home.name}, which made it", is_ours=True)


def _is_its_work(facts: dict[str, Any], output: str) -> bool:
    """Whether the file is still what the job has put there: by inode, size and date, or, of old jobs, by the latter."""
    report = facts.get("report")
    if not isinstance(report, dict):
        return False
    if isinstance(made := facts.get("made"), list):
        return made == look_at_file(output)
    status = os.stat(output)  # noqa: PTH116 - a string all the way
    return bool(status.st_size == report.get("bytes") and status.st_mtime <= facts.get("ended", 0.0) + _LATE_S)


def _shown(value: Any) -> str:  # noqa: ANN401 - a setting
    if isinstance(value, tuple):
        return " ".join(":".join(filter(None, each)) if isinstance(each, tuple) else str(each) for each in value)
    return f"{float(value):g}" if isinstance(value, Fraction) else str(value)
