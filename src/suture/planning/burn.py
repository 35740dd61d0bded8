"""Subtitles that are burnt into the picture: which, from where, and the step that takes them out of the film first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from suture.command.burn import Burn, PictureBurn, PictureTrack, TextBurn, TextTrack
from suture.planning.containers import is_text

if TYPE_CHECKING:
    from suture.command.base import Command
    from suture.model import StreamInfo
    from suture.planning.brief import Brief

__all__ = ["BURN_TASK", "burn_for"]

BURN_TASK = "burn"


def burn_for(brief: Brief, stream: StreamInfo) -> tuple[Burn | None, Command | None]:
    """What is burnt into a video stream (the film, not a second one), and what has to run before its first piece."""
    info, files = brief.info, brief.settings.subtitle_files
    if brief.settings.subtitles != "burn" or stream is not info.of_kind("video")[0]:
        return None, None
    if files:
        return TextBurn(files[0][0]), None
    burnt = brief.tracks.burnt
    assert burnt is not None  # noqa: S101 - choose_tracks found it or raised
    number = [s.index for s in info.of_kind("subtitle")].index(burnt.index)
    if is_text(burnt.codec):
        path = str(Path(brief.folder) / f"{BURN_TASK}.mks")
        codec = "ass" if burnt.codec == "mov_text" else "copy"
        taken = TextTrack(BURN_TASK, info.path, path, stream=number, codec=codec)
        return TextBurn(path), taken.set_program(brief.ffmpeg)
    path = str(Path(brief.folder) / f"{BURN_TASK}.mkv")
    drawn = PictureTrack(BURN_TASK, info.path, path, width=stream.width, height=stream.height, stream=number)
    matrix = stream.color_space if stream.color_space in {"bt709", "bt470bg", "smpte170m", "bt2020nc"} else None
    return (
        PictureBurn(path, start_us=info.start_us, pix_fmt=stream.pix_fmt or "yuv420p", matrix=matrix),
        drawn.set_program(brief.ffmpeg),
    )
