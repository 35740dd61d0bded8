"""What a plan does for ``--loudness``: a track is measured before it is encoded, and what was found is a file.

The file holds the whole chain of filters, since an output has one; ffmpeg reads it there (`Levelled.option`). What is
measured and searched for is `suture.command.loudness`' and `gain`'s; who makes steps of it is `steps`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.command.loudness import LoudnessCommand, figures_path
from suture.ffmpeg.capabilities import capabilities
from suture.planning.brief import Decision
from suture.planning.filters import filter_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from suture.command.base import Command
    from suture.planning.brief import Brief
    from suture.planning.tracks import Track

__all__ = ["Levelled", "ceiling_of", "filter_file_option", "loudness_decision", "loudness_said", "loudness_step"]

# From FFmpeg 7.0 any option's value may come from a file; the one for filters alone is gone in 9.0.
_ANY_FROM_FILE: Final = (7, 0)
# How many channels encoders take; ffmpeg would mix more of them down behind the filters, and that is another loudness.
# Source: ffmpeg -h encoder=NAME of 5.1 and 9.0.
_STEREO: Final = frozenset({"libmp3lame", "mp2", "mp2fixed", "libtwolame", "wmav1", "wmav2"})
_SURROUND: Final = frozenset({"ac3", "ac3_fixed", "eac3"})
# Behind them there may be other channels than the source's.
_REMIXING: Final = frozenset(
    """aformat amerge amix channelmap channelsplit crossfeed earwax extrastereo headphone join pan sofalizer stereotools
    stereowiden surround""".split()  # noqa: SIM905
)
_LOSSLESS: Final = frozenset({"flac", "alac", "wavpack", "tta"})
# The highest peaks, in dBTP: EBU R128 allows -1, and what a lossy encoder makes of a limited peak is up to a decibel
# higher (docs/loudness.md).
_CEILING: Final = -1.5
_LOSSY_CEILING: Final = -2.0


@dataclass(frozen=True, slots=True)
class Levelled:
    """A track whose filters are in a file that a command has to write first.

    Args:
        command: writes it.
        option: takes the place of ``-af``: the option's name and the file's.
    """

    command: LoudnessCommand
    option: tuple[str, str]


def loudness_step(
    brief: Brief, number: int, track: Track, before: tuple[str, ...] = (), behind: tuple[str, ...] = ()
) -> Levelled | None:
    """What measures a track that is encoded; None where no loudness is asked for.

    Args:
        brief: what is planned.
        number: of the track in the output.
        track: which.
        before: its filters: range, ``-af``, and whatever fills gaps in its clock.
        behind: filters that have to come last and change no loudness, such as those that move its times.
    """
    target, stream = brief.settings.loudness, track.stream
    if target is None or stream is None:
        return None
    path = str(Path(brief.folder) / f"loudness-{number}.txt")
    command = LoudnessCommand(
        f"loudness-{number}",
        brief.info.path,
        path,
        target,
        ceiling=ceiling_of(track.encoder),
        stream=stream.index,
        before=(*before, *_mix(brief, track)),
        behind=(*_depth(track), *behind),
        rate=stream.sample_rate or 48_000,
        program=brief.ffmpeg,
    )
    return Levelled(command, (filter_file_option(brief.ffmpeg), path))


def filter_file_option(ffmpeg: str) -> str:
    """The option with which a binary reads the filters of a sound from a file; of a build without number, the newer."""
    version = capabilities(ffmpeg).version_tuple
    return "-filter_script:a" if version and version < _ANY_FROM_FILE else "-/filter:a"


def ceiling_of(encoder: str) -> float:
    """The highest peak that an encoder is given, in dBTP."""
    return _CEILING if encoder in _LOSSLESS or encoder.startswith("pcm_") else _LOSSY_CEILING


def _mix(brief: Brief, track: Track) -> tuple[str, ...]:
    """The channels that are encoded, so that these are what is measured."""
    settings = brief.settings
    if settings.channels is not None:
        return (f"aformat=channel_layouts={settings.channels}c",)
    most = 2 if track.encoder in _STEREO else 6 if track.encoder in _SURROUND else 8
    known = not _REMIXING.intersection(filter_names(settings.audio_filter or ""))
    too_many = track.stream is not None and track.stream.channels > most
    return (f"aformat=channel_layouts={most}c",) if known and too_many else ()


def _depth(track: Track) -> tuple[str, ...]:
    """16 bits stay 16 where the encoder would keep the 24 that a gain makes of them; with dither, as is usual."""
    form = track.stream.sample_format.removesuffix("p") if track.stream else ""
    return ("aresample=osf=s16:dither_method=triangular",) if form == "s16" and track.encoder in _LOSSLESS else ()


def loudness_decision(target: float) -> Decision:
    """What `suture plan` says of it."""
    why = "each track is measured first, then gets one gain; peaks are limited only where they would come too high"
    return Decision(f"sound at {target:g} LUFS", why, "--loudness")


def loudness_said(commands: Iterable[Command]) -> Iterator[tuple[str, bool]]:
    """Of each track that was measured, what was found and done; and whether it is a warning: the target was missed."""
    for command in commands:
        if isinstance(command, LoudnessCommand):
            try:
                told = json.loads(Path(figures_path(command.output_path)).read_text(encoding="utf-8"))["said"]
            except (OSError, ValueError, KeyError):  # the job's folder lost it; the filters are what counts
                continue
            yield f"the loudness of sound stream {command.stream}: {told.removeprefix('- ')}", told.startswith("- ")
