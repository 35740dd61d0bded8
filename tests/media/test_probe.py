"""Probing real files: what is in them is found, and broken ones are errors, never crashes or hangs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import imageio_ffmpeg  # type: ignore[import-untyped]
import pytest

from suture.errors import ProbeError
from suture.main import main
from suture.media.probe import from_json, probe, probe_file, to_json

if TYPE_CHECKING:
    from suture.model import MediaInfo, StreamInfo

MEDIA = Path(os.environ.get("SUTURE_TEST_MEDIA", Path(__file__).parents[2] / "../shared/media"))
FILES = sorted(MEDIA.glob("*/*")) if MEDIA.is_dir() else []
needs_media = pytest.mark.skipif(not FILES, reason="the folder of real files is not there (SUTURE_TEST_MEDIA)")
pytestmark = pytest.mark.media


def real(name: str) -> MediaInfo:
    """A real file by the end of its name."""
    (path,) = [path for path in FILES if path.name.endswith(name)]
    return probe_file(str(path))


def _probe_or_error(path: Path) -> MediaInfo | ProbeError:
    try:
        return probe_file(str(path))
    except ProbeError as error:
        return error


def film(info: MediaInfo) -> StreamInfo:
    """The first video stream."""
    return info.of_kind("video")[0]


@needs_media
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_file_is_described_or_refused(path: Path) -> None:
    """A sane MediaInfo that JSON can hold, or one clear line; within seconds."""
    begin = time.monotonic()
    found = _probe_or_error(path)
    if isinstance(found, ProbeError):
        assert path.parent.name == "broken", found
        assert repr(str(path)) in found.message
        assert found.hint
    else:
        info = found
        assert info.size_bytes == path.stat().st_size
        assert [stream.index for stream in info.streams] == list(range(len(info.streams)))
        assert from_json(json.loads(json.dumps(to_json(info)))) == info
        assert all(stream.width > 0 for stream in info.of_kind("video"))
    assert time.monotonic() - begin < 10


@needs_media
@pytest.mark.parametrize(
    "name",
    [
        "sintel-video-segment.mp4",
        "1833894.mp4",
        "adts-truncated.aac",
        "bogus.wav",
        "empty-samples.webm",
        "fixture-corrupt.mkv",
    ],
)
def test_what_nothing_can_read_is_refused(name: str) -> None:
    """Files of which ffmpeg, too, decodes nothing."""
    with pytest.raises(ProbeError):
        real(name)


@needs_media
def test_hdr_and_dolby_vision_are_found() -> None:
    """Colours, mastering display, light levels, and the configuration record that only the container has."""
    stream = film(real("dovi_tool__regular.mkv"))
    assert (stream.pix_fmt, stream.color_range, stream.chroma_location) == ("yuv420p10le", "tv", "topleft")
    assert (stream.color_primaries, stream.color_transfer, stream.color_space) == (
        "bt2020",
        "smpte2084",
        "bt2020nc",
    )
    assert stream.side_data["dovi_configuration"]["profile"] == 8
    assert stream.side_data["content_light_level"] == {"max_content": 1000, "max_average": 400}
    assert stream.side_data["mastering_display_metadata"]["max_luminance"] == "10000000/10000"
    assert stream.side_data["mastering_display_metadata"]["red_x"] == "35400/50000"


@needs_media
def test_rotation_shape_and_fields_are_found() -> None:
    """Display matrix, sample aspect ratio, interlacing, full range."""
    assert film(real("fire2.mp4")).rotation == -180
    assert film(real("sample_edit_list.mp4")).rotation == -90
    assert film(real("smaller.mp4")).sample_aspect_ratio == Fraction(128, 135)
    assert film(real("fixture-raw.mts")).field_order == "tt"
    assert film(real("asl_book.mkv")).color_range == "pc"


@needs_media
def test_tracks_languages_chapters_attachments_and_covers_are_found() -> None:
    """Each in its own place; a cover is no film."""
    dub = real("ElephantsDream_de+en.mkv")
    assert [stream.language for stream in dub.of_kind("audio")] == ["ger", "eng"]
    assert dub.of_kind("audio")[0].disposition == ("default",)
    assert len(real("112chapters.m4b").chapters) == 112
    chapters = real("sample_with_chapters.mkv").chapters
    assert chapters[0].end * chapters[0].time_base <= chapters[1].start * chapters[1].time_base
    (attachment,) = real("testsrc_with_attachment.mkv").attachments
    assert (attachment.name, attachment.mimetype, attachment.size_bytes) == (
        "test_attachment.txt",
        "text/plain",
        47,
    )
    song = real("Vibe_Ace.hq.ogg")
    assert song.of_kind("video") == ()
    assert song.covers[0].codec == "mjpeg"
    assert song.covers[0].frame_rate is None


@needs_media
def test_unknown_codecs_have_their_tag_for_a_name() -> None:
    """Data without a decoder, and a codec that does not exist."""
    kinds = {stream.codec for stream in real("karma.mp4").streams if stream.kind == "data"}
    assert {"tmcd", "fdsc"} <= kinds
    stream = film(real("invalid-codec.mp4"))
    assert (stream.codec, stream.codec_tag, stream.width) == ("zzzz", "zzzz", 320)


@needs_media
def test_a_stream_that_does_not_decode_says_so() -> None:
    """The container's facts stand; why there are no frames is noted."""
    stream = film(real("invalid-bitstream.webm"))
    assert (stream.codec, stream.width) == ("vp9", 320)
    assert "Invalid data" in stream.side_data["not_decoded"]


@needs_media
def test_an_audio_stream_is_described() -> None:
    """Rate, layout, sample format."""
    (stream,) = real("test-8-7.1.opus").streams
    assert (stream.codec, stream.sample_rate, stream.channels) == ("opus", 48000, 8)
    assert (stream.channel_layout, stream.sample_format) == ("7.1", "fltp")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of film with sound."""
    path = tmp_path_factory.mktemp("clip") / "clip.mkv"
    sources = ["-f", "lavfi", "-i", "testsrc2=s=160x120:r=24000/1001:d=1", "-f", "lavfi", "-i", "sine=d=1"]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "flac"]
    argv = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", *sources, *codecs, str(path)]
    subprocess.run(argv, check=True)
    return path


HOSTILE = [
    "with 'quotes' and \"more\".mkv",
    "-i.mkv",
    "100%d %03d.mkv",
    "new\nline.mkv",
    "a:b:c.mkv",
    "über 映画 🎬.mkv",
    "[x],;?*#&.mkv",
    "concat:a|b.mkv",
    "pipe:0",
    "caf\udce9.mkv",
    " lead and trail ",
    "back\\slash.mkv",
]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_any_name_is_just_a_name(name: str, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the child, by relative and by absolute path."""
    shutil.copy(clip, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    for path in (name, str(tmp_path / name)):
        info = probe(path)
        assert info.path == path
        assert [stream.codec for stream in info.streams] == ["h264", "flac"]
        assert film(info).frame_rate == Fraction(24000, 1001)


def test_what_is_no_media_is_refused_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing, empty, a folder, a pipe, text under any name, noise, a truncated header: what and why."""
    monkeypatch.chdir(tmp_path)
    Path("empty.mkv").touch()
    Path("folder").mkdir()
    os.mkfifo("pipe")
    for name in ("text.txt", "text.nfo", "text.bin", "text.sw", "text.yuv", "text.sbg", "text.mkv"):
        Path(name).write_text("Just some words.\n" * 400, encoding="utf-8")
    Path("noise.mp4").write_bytes(bytes(range(256)) * 64)
    Path("zeros.avi").write_bytes(bytes(10_000))
    for path in ("missing.mkv", "nul\0.mkv", "", *map(str, sorted(Path().iterdir()))):
        with pytest.raises(ProbeError) as caught:
            probe_file(path)
        assert repr(path) in caught.value.message
        assert "\n" not in str(caught.value)
        assert caught.value.hint


def test_a_cut_file_is_described_as_far_as_it_goes(clip: Path, tmp_path: Path) -> None:
    """Half a Matroska file still has its streams."""
    half = tmp_path / "half.mkv"
    half.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    assert [stream.codec for stream in probe_file(str(half)).streams] == ["h264", "flac"]


def test_the_command_prints_a_table_and_json(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """People get lines, programs everything, and --index the frames."""
    assert main(["probe", str(clip), "--index"]) == 0
    out = capsys.readouterr().out
    assert "#0 video: h264" in out
    assert "160x120" in out
    assert "23.976 fps" in out
    assert "24 frames, constant rate, 1 keyframe, longest GOP 24 frames" in out
    assert main(["probe", str(clip), "--json", "--index"]) == 0
    data = json.loads(capsys.readouterr().out)
    frames = data.pop("frame_index")
    assert from_json(data) == probe(str(clip))
    assert (frames["0"]["frames"], frames["0"]["keyframes"], frames["0"]["trouble"]) == (24, 1, "")


def test_the_table_escapes_what_moves_the_cursor(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name from outside can't write on the terminal."""
    odd = tmp_path / "a\x1b[2Jb\nc.mkv"
    shutil.copy(clip, odd)
    assert main(["probe", str(odd)]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "a\\x1b[2Jb\\nc.mkv" in out
