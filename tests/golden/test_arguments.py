"""Argument lists as they are written, to be read by people: a change shows up as a difference in one file.

After a wanted change: ``SUTURE_UPDATE_GOLDEN=1 python -m pytest tests/golden/test_arguments.py``, then read the
difference.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from suture.command.audio import AudioBuilder
from suture.command.burn import PictureBurn, PictureTrack, TextBurn, TextTrack
from suture.command.mixing import MixingBuilder
from suture.command.subtitle import SubtitleBuilder
from suture.command.video import VideoBuilder

if TYPE_CHECKING:
    from suture.command.ffmpeg import FFmpegCommand

FLAGS = {"-vn", "-an", "-sn", "-dn", "-copyts", "-start_at_zero", "-noaccurate_seek"}
FOLDER = Path(__file__).parent / "arguments"
PIECE = VideoBuilder("v0", "film.mkv", "piece.mkv").set_stream(0).set_seek(12_345_678).set_frames(240)
PIECE = PIECE.set_passthrough_timestamps().add_filter("yadif").add_filter("scale=1280:-2")
PIECE = PIECE.set_codec("libx264").set_crf(20).set_speed("medium").set_threads(1)
MIXING = MixingBuilder("m0", "out.mp4").add_video_input("v.mkv").add_audio_input("a.mka").add_audio_input("b.mka")
COMMANDS: dict[str, FFmpegCommand] = {
    "piece-x264": PIECE.set_color(primaries="bt709", transfer="bt709", space="bt709", range_="tv"),
    "piece-vp9": PIECE.set_codec("libvpx-vp9").set_crf(31).set_speed(2).set_pixel_format("yuv420p10le"),
    "piece-nvenc": PIECE.set_hardware("cuda").set_codec("hevc_nvenc").set_crf(24).set_speed("p5"),
    "piece-with-text": PIECE.set_burn(TextBurn("it's [one], two; three.ass")),
    "piece-with-pictures": PIECE.set_burn(PictureBurn("pictures.mkv", 1_400_000, "yuv420p10le", "bt709")),
    "text-track": TextTrack("t0", "film.mkv", "track.mks", stream=1),
    "picture-track": PictureTrack("p0", "film.mkv", "pictures.mkv", 1920, 1080),
    "audio": AudioBuilder("a0", "-film.mkv", "out.m4a")
    .set_codec("aac")
    .set_bitrate("192k")
    .set_channels(2)
    .add_filter("loudnorm"),
    "audio-from-a-url": AudioBuilder("a0", "https://host/film.mkv", "out.flac").set_time_range("00:50:00", 3010),
    "mix": MIXING.mix_audio(weights=(1, 0.5)).set_codec("aac", "160k"),
    "copy-all": MIXING.map_streams("0:v", "2:a", "1:a"),
    "add-subtitle": SubtitleBuilder("s0", "film.mp4", "out.mp4").set_subtitle_file("de.srt").set_language("ger"),
    "burn-subtitle": SubtitleBuilder("s0", "film.mkv", "out.mkv").burn_subtitles(1),
}


def _lines(command: FFmpegCommand) -> str:
    """One option with its value a line; what all commands begin with stands in the first."""
    arguments = command.build_args()
    begin = arguments.index("-y") + 1
    lines = [shlex.join(arguments[:begin])]
    for argument in arguments[begin:]:
        option = argument.startswith("-") and not argument[1:2].isdigit()
        if option or " " in lines[-1] or lines[-1] in FLAGS or not lines[-1].startswith("-"):
            lines.append(shlex.quote(argument))
        else:
            lines[-1] += " " + shlex.quote(argument)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_arguments_are_as_written(name: str) -> None:
    """Not one argument more, less or elsewhere than in the file that people have read."""
    path = FOLDER / f"{name}.txt"
    if os.environ.get("SUTURE_UPDATE_GOLDEN"):
        path.write_text(_lines(COMMANDS[name]), encoding="utf-8")
    assert _lines(COMMANDS[name]) == path.read_text(encoding="utf-8")


def test_no_file_is_left_over() -> None:
    """Each file belongs to a command."""
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(COMMANDS)
