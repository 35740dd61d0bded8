"""Tracks brought together and subtitles added: what is in the file is what was asked for."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from suture.command.audio import AudioBuilder
from suture.command.mixing import MixingBuilder
from suture.command.subtitle import SubtitleBuilder
from suture.ffmpeg.locate import locate
from suture.media.probe import probe_file

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.media

BINARIES = sorted({path for path in (locate(), shutil.which("ffmpeg")) if path})


@pytest.fixture(params=BINARIES)
def ffmpeg(request: pytest.FixtureRequest) -> str:
    """A real one."""
    return str(request.param)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture, two sounds of a second, and a subtitle."""
    made = tmp_path_factory.mktemp("parts")

    def make(source: str, *arguments: str) -> None:
        command = [locate(), "-v", "error", "-f", "lavfi", "-i", source, *arguments]
        subprocess.run(command, check=True, cwd=made)

    make("testsrc2=s=128x96:r=10:d=1", "-c:v", "mpeg4", "v.mkv")
    make("sine=300:r=48000:d=1", "-c:a", "flac", "a.mka")
    make("sine=500:r=48000:d=1", "-c:a", "flac", "b.mka")
    (made / "s.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nSuture\n")
    return made


def _mean_volume(ffmpeg: str, path: Path) -> float:
    command = [ffmpeg, "-nostdin", "-i", str(path), "-af", "volumedetect", "-f", "null", "-"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    return float(told.partition("mean_volume:")[2].split()[0])


def _mixing(ffmpeg: str, folder: Path, out: Path) -> MixingBuilder:
    base = MixingBuilder("m0", str(out)).set_program(ffmpeg).add_video_input(str(folder / "v.mkv"))
    return base.add_audio_input(str(folder / "a.mka")).add_audio_input(str(folder / "b.mka"))


def test_all_streams_arrive_copied(ffmpeg: str, folder: Path, tmp_path: Path) -> None:
    """The picture of one, the sounds of two others, a subtitle; nothing encoded anew."""
    out = tmp_path / "o.mkv"
    _mixing(ffmpeg, folder, out).add_subtitle_input(str(folder / "s.srt")).run()
    streams = probe_file(str(out)).streams
    assert [(s.kind, s.codec) for s in streams] == [
        ("video", "mpeg4"),
        ("audio", "flac"),
        ("audio", "flac"),
        ("subtitle", "subrip"),
    ]


def test_merged_tracks_are_channels_of_one(ffmpeg: str, folder: Path, tmp_path: Path) -> None:
    """Two mono tracks give one of two channels; the picture is copied."""
    out = tmp_path / "o.mp4"
    _mixing(ffmpeg, folder, out).merge_audio().run()
    video, audio = probe_file(str(out)).streams
    assert (video.codec, audio.codec, audio.channels) == ("mpeg4", "aac", 2)


def test_mixed_tracks_sound_together(ffmpeg: str, folder: Path, tmp_path: Path) -> None:
    """One track of one channel; with all the weight on one, it is nearly as loud as alone."""
    out = tmp_path / "o.mka"
    mixing = _mixing(ffmpeg, folder, out).map_streams("0:v?")
    mixing.mix_audio(weights=(1, 0.001)).set_codec("flac").run()
    assert [s.channels for s in probe_file(str(out)).of_kind("audio")] == [1]
    alone = _mean_volume(ffmpeg, folder / "a.mka")
    assert _mean_volume(ffmpeg, out) == pytest.approx(alone, abs=0.2)
    mixing.mix_audio().set_codec("flac").run()
    assert _mean_volume(ffmpeg, out) == pytest.approx(alone - 3, abs=0.3)  # two halves, uncorrelated


@pytest.mark.parametrize(("extension", "codec"), [("mkv", "subrip"), ("mp4", "mov_text"), ("mov", "mov_text")])
def test_an_added_subtitle_fits_its_container(
    extension: str, codec: str, ffmpeg: str, folder: Path, tmp_path: Path
) -> None:
    """With its language; the picture is copied."""
    out = tmp_path / f"o.{extension}"
    command = SubtitleBuilder("s0", str(folder / "v.mkv"), str(out)).set_program(ffmpeg)
    command.set_subtitle_file(str(folder / "s.srt")).set_language("ger").run()
    video, text = probe_file(str(out)).streams
    assert (video.codec, text.codec, text.language) == ("mpeg4", codec, "ger")


def test_audio_is_taken_out_and_changed(ffmpeg: str, folder: Path, tmp_path: Path) -> None:
    """Codec, channels, rate and range are those that were set."""
    out = tmp_path / "o.mka"
    audio = AudioBuilder("a0", str(folder / "a.mka"), str(out)).set_program(ffmpeg).set_codec("pcm_s16le")
    audio = audio.add_filter("volume=-6dB").set_channels(2).set_sample_rate(24_000).set_time_range("0.25", 0.75)
    audio.run()
    (stream,) = probe_file(str(out)).streams
    assert (stream.codec, stream.channels, stream.sample_rate) == ("pcm_s16le", 2, 24_000)
    assert probe_file(str(out)).duration_us == pytest.approx(500_000, abs=2_000)
    assert _mean_volume(ffmpeg, out) == pytest.approx(_mean_volume(ffmpeg, folder / "a.mka") - 9, abs=3.5)
