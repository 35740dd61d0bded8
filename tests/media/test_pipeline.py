"""Whole encodes at the edges: what is refused and leaves everything as it was, what is cut out, what is left away."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import pytest

from suture.errors import CommandFailed, ConfigError, SutureError
from suture.ffmpeg.locate import locate
from suture.pipeline import make_plan
from suture.presets import make_settings
from suture.report.plan_text import render

if TYPE_CHECKING:
    from collections.abc import Callable

    Encode = Callable[..., Any]

pytestmark = pytest.mark.media


def _open(path: object) -> Any:
    return av.open(str(path))


FAST: dict[str, Any] = {"speed": "ultrafast", "threads": 1, "workers": 2}
PIECES: dict[str, Any] = {**FAST, "chunking": "fixed", "chunk_duration": Fraction(4)}
PICTURES = {"mjpeg", "png"}


def _ffmpeg(*arguments: object) -> None:
    subprocess.run([locate(), "-v", "error", *map(str, arguments)], check=True)


def _packets(path: Path, kind: str = "video", number: int = 0) -> list[tuple[Fraction, bytes]]:
    """Time in seconds and bytes of each packet, as they are stored."""
    with _open(path) as container:
        stream = [stream for stream in container.streams if stream.type == kind][number]
        base = Fraction(stream.time_base)
        return [(packet.pts * base, bytes(packet)) for packet in container.demux(stream) if packet.size]


def _kinds(path: Path) -> list[str]:
    with _open(path) as container:
        return [f"{s.type} {s.codec_context.codec.canonical_name}" for s in container.streams if s.codec_context]


# -- parts and other frames ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chain", "frames", "first", "pieces"),
    [("fps=10", 130, Fraction(0), 4), ("trim=start=2:end=5", 72, Fraction(2002, 1000), 1)],
)
def test_a_filter_that_changes_the_frames_has_its_own_times(
    chain: str, frames: int, first: Fraction, pieces: int, film: Path, tmp_path: Path, encode: Encode
) -> None:
    """As many frames as it gives, the first where it puts it; in pieces where it looks at neighbours only."""
    output = tmp_path / "out.mkv"
    done = encode(film, output, video_filter=chain, **PIECES)
    times = sorted(time for time, _ in _packets(output))
    assert done.report.chunks == pieces
    assert abs(len(times) - frames) <= 1
    assert abs(times[0] - first) < Fraction(1, 20)
    if chain == "fps=10":
        assert all(abs(time - Fraction(n, 10)) <= Fraction(1, 1000) for n, time in enumerate(times))
    assert any("changes which frames" in str(decision) for decision in done.plans[0].decisions)


@pytest.mark.parametrize("extension", ["mkv", "mp4"])
def test_start_and_end_cut_out_a_part(extension: str, film: Path, tmp_path: Path, encode: Encode) -> None:
    """The picture begins with the first frame at or after the start; copied sound keeps its place beside it."""
    output = tmp_path / f"out.{extension}"
    start, end = Fraction(5), Fraction(9)
    settings = {**FAST, "chunking": "fixed", "chunk_duration": Fraction(3, 2)}
    done = encode(film, output, start=start, end=end, **settings)
    assert done.report.chunks == 3
    wanted = [t - start for t in sorted(time for time, _ in _packets(film)) if start <= t < end]
    found = sorted(time for time, _ in _packets(output))
    assert len(found) == len(wanted)
    assert all(abs(a - b) <= Fraction(1, 1000) for a, b in zip(found, wanted, strict=True))
    for number in range(3):
        _same_part_of_sound(film, output, number, start, end)


def _same_part_of_sound(film: Path, output: Path, number: int, start: Fraction, end: Fraction) -> None:
    """The packets that are heard between the two times, and no others, each where it was."""
    source = _packets(film, "audio", number)
    begin = {data: time for time, data in source}
    found = _packets(output, "audio", number)
    for time, data in found:
        assert abs(time + start - begin[data]) <= Fraction(1, 500)
    length = Fraction(1536 if number == 2 else 1024, 44100 if number == 1 else 48000)
    inside = [data for time, data in source if time + length > start + Fraction(1, 500) and time < end]
    heard = [data for time, data in found if time + length > 0]
    assert abs(len(heard) - len(inside)) <= 1
    assert found[0][0] >= -Fraction(1, 10) - length, "a decoder needs no more to begin with"


def test_chapters_are_cut_with_the_film(film: Path, tmp_path: Path, encode: Encode) -> None:
    """Those that lie outside fall away, the others are clipped and move along."""
    output = tmp_path / "out.mkv"
    encode(film, output, start=Fraction(5), end=Fraction(9), **FAST)
    with _open(output) as made:
        chapters = [(c["start"] * c["time_base"], c["end"] * c["time_base"], c["metadata"]) for c in made.chapters()]
    assert chapters == [(0, 4, {"title": "Middle, with a seam"})]


def test_nothing_between_start_and_end_is_an_error(film: Path, tmp_path: Path, encode: Encode) -> None:
    """With the film's length in the message."""
    with pytest.raises(ConfigError, match="no frame lies between") as caught:
        encode(film, tmp_path / "out.mkv", start=Fraction(100), **FAST)
    assert "13.0" in caught.value.hint


# -- sound alone, picture alone, copies ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "preset", "extension", "codec"),
    [
        ("flac", "audio-opus", "opus", "opus"),
        ("wav", "audio-aac", "m4a", "aac"),
        ("m4a", "audio-flac", "flac", "flac"),
        ("flac", "h264", "mkv", "flac"),
    ],
)
def test_sound_alone(source: str, preset: str, extension: str, codec: str, tmp_path: Path, encode: Encode) -> None:
    """Three seconds of sound stay three seconds of sound, with its tags."""
    path, output = tmp_path / f"in.{source}", tmp_path / f"out.{extension}"
    _ffmpeg("-f", "lavfi", "-i", "sine=r=48000:d=3", "-metadata", "title=Song", "-metadata", "artist=Nobody", path)
    encode(path, output, preset=preset)
    assert _kinds(output) == [f"audio {codec}"]
    assert abs(_heard(output) - _heard(path)) <= 1, "other than as many samples"
    with _open(output) as made:
        tags = {key.lower(): value for s in (made, made.streams[0]) for key, value in s.metadata.items()}
        assert (tags["title"], tags["artist"]) == ("Song", "Nobody")


def _heard(path: Path) -> int:
    """Samples that ffmpeg decodes."""
    command = [locate(), "-v", "error", "-i", str(path), "-map", "0:a", "-ac", "1", "-f", "s16le", "-"]
    return len(subprocess.run(command, check=True, capture_output=True).stdout) // 2


def test_an_audio_book_keeps_chapters_and_cover(tmp_path: Path, encode: Encode) -> None:
    """From m4b to m4b, the sound encoded anew."""
    book, output = tmp_path / "book.m4b", tmp_path / "out.m4b"
    _make_book(book, tmp_path)
    encode(book, output, preset="audio-aac", audio_bitrate="96k")
    with _open(book) as before, _open(output) as after:
        for container in (before, after):
            assert [c["metadata"]["title"] for c in container.chapters()] == ["One", "Two"]
        assert _cover(before)
        assert _cover(before) == _cover(after)
        assert after.metadata["title"] == "Book"


def _make_book(path: Path, folder: Path) -> None:
    chapter = "[CHAPTER]\nTIMEBASE=1/1\nSTART={}\nEND={}\ntitle={}\n"
    text = ";FFMETADATA1\ntitle=Book\n" + chapter.format(0, 2, "One") + chapter.format(2, 4, "Two")
    (folder / "tags.txt").write_text(text)
    _ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64:d=0.04", "-frames:v", 1, folder / "cover.png")
    inputs = ("-f", "lavfi", "-i", "sine=d=4", "-i", folder / "cover.png", "-i", folder / "tags.txt")
    streams = ("-map", 0, "-map", 1, "-map_metadata", 2, "-map_chapters", 2)
    _ffmpeg(*inputs, *streams, "-c:a", "aac", "-c:v", "copy", "-disposition:v", "attached_pic", "-f", "mp4", path)


def _cover(container: Any) -> bytes:
    stream = next(s for s in container.streams.video)
    assert stream.codec_context.codec.canonical_name in PICTURES
    container.seek(0)
    return next(bytes(packet) for packet in container.demux(stream) if packet.size)


def test_picture_alone(tmp_path: Path, encode: Encode) -> None:
    """No sound, no subtitles: nothing is missed."""
    source, output = tmp_path / "in.mkv", tmp_path / "out.mp4"
    _ffmpeg("-f", "lavfi", "-i", "testsrc2=s=128x96:r=25:d=2", "-c:v", "ffv1", source)
    done = encode(source, output, **FAST)
    assert (_kinds(output), done.warnings) == (["video h264"], ())
    assert len(_packets(output)) == 50


def test_copied_video_is_the_same_to_the_byte(film: Path, tmp_path: Path, encode: Encode) -> None:
    """-c:v copy encodes nothing; packets and times are the source's."""
    output = tmp_path / "out.mkv"
    done = encode(film, output, video_codec="copy")
    assert done.report.chunks == 0
    assert _packets(output) == _packets(film)
    with _open(output) as made:
        assert made.streams.video[0].sample_aspect_ratio == Fraction(64, 45)


def test_without_video(film: Path, tmp_path: Path, encode: Encode) -> None:
    """-c:v none leaves the rest as it was."""
    output = tmp_path / "out.mkv"
    encode(film, output, video_codec="none")
    assert _kinds(output) == ["audio aac", "audio aac", "audio ac3", "subtitle ass", "subtitle subrip"]


def test_maps_and_languages_choose_tracks(film: Path, tmp_path: Path, encode: Encode) -> None:
    """Only what was asked for, in the source's order."""
    output = tmp_path / "out.mkv"
    encode(film, output, video_codec="copy", audio_languages=("de",), subtitle_languages=("ger",))
    assert _kinds(output) == ["video h264", "audio aac", "subtitle subrip"]


def test_what_the_container_cannot_hold_is_converted_and_said(tmp_path: Path, encode: Encode) -> None:
    """PCM and SRT in MP4: AAC with a warning, mov_text."""
    source, output = tmp_path / "in.mkv", tmp_path / "out.mp4"
    (tmp_path / "t.srt").write_text("1\n00:00:00,500 --> 00:00:01,500\nHello\n")
    inputs = ("-f", "lavfi", "-i", "testsrc2=s=128x96:r=25:d=2", "-f", "lavfi", "-i", "sine=r=48000:d=2")
    _ffmpeg(*inputs, "-i", tmp_path / "t.srt", "-c:v", "ffv1", "-c:a", "pcm_s16le", "-c:s", "srt", source)
    done = encode(source, output, **FAST)
    assert _kinds(output) == ["video h264", "audio aac", "subtitle mov_text"]
    assert any("pcm_s16le" in text and "aac" in text for text in done.warnings)
    assert abs(_heard(output) - 96_000) <= 1


def test_no_loss_refuses_what_would_be_lost(film: Path, tmp_path: Path, encode: Encode) -> None:
    """Before anything runs; every loss is named."""
    with pytest.raises(ConfigError, match="--no-loss") as caught:
        encode(film, tmp_path / "out.mp4", no_loss=True, **FAST)
    assert "seam.ttf" in str(caught.value)
    assert "ass" in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_no_loss_lets_pass_what_arrives_whole(film: Path, tmp_path: Path, encode: Encode) -> None:
    """MKV to MKV loses nothing."""
    assert encode(film, tmp_path / "out.mkv", no_loss=True, **FAST).warnings == ()


# -- pieces that fail ---------------------------------------------------------------------------------------------


@pytest.fixture
def faulty(tmp_path: Path) -> Callable[[str], str]:
    """An ffmpeg that runs a line of shell (``$out`` is the output) before it does its work."""

    def make(line: str) -> str:
        path = tmp_path.with_name(f"{tmp_path.name}-ffmpeg")
        path.write_text(f'#!/bin/sh\nfor out; do :; done\n{line}\nexec {shlex.quote(locate())} "$@"\n')
        path.chmod(0o755)
        return str(path)

    return make


SECOND_FAILS = 'case "$out" in *video-0-00001.mkv) echo "Error: the sky fell" >&2; exit 1;; esac'


def test_a_piece_that_fails_ends_the_job(
    film: Path, tmp_path: Path, encode: Encode, faulty: Callable[[str], str]
) -> None:
    """After its retries; the error holds command and stderr, and no output is there."""
    with pytest.raises(CommandFailed, match=r"video-0-00001 failed: .*the sky fell") as caught:
        encode(film, tmp_path / "out.mkv", ffmpeg=faulty(SECOND_FAILS), max_retries=1, **PIECES)
    assert "-c:v libx264" in caught.value.details()
    assert "the sky fell" in caught.value.stderr
    assert caught.value.exit_code == 1
    assert not list(tmp_path.iterdir())


def test_permissive_leaves_the_piece_out_and_says_which(
    film: Path, tmp_path: Path, encode: Encode, faulty: Callable[[str], str]
) -> None:
    """Exit code 3; the rest is there, where it belongs; the range is named."""
    output = tmp_path / "out.mkv"
    done = encode(film, output, ffmpeg=faulty(SECOND_FAILS), max_retries=0, permissive=True, **PIECES)
    assert (done.report.status, done.report.exit_code) == ("partial", 3)
    assert [failure.task for failure in done.report.failures] == ["video-0-00001"]
    assert any("0:00:04.004 to 0:00:08.008" in text and "frames 96 to 191" in text for text in done.warnings)
    source = sorted(time for time, _ in _packets(film))
    wanted = source[:96] + source[192:]
    assert sorted(time for time, _ in _packets(output)) == wanted
    assert len(_packets(output, "audio", 0)) == len(_packets(film, "audio", 0))


def test_permissive_with_no_piece_at_all_fails(
    short: Path, tmp_path: Path, encode: Encode, faulty: Callable[[str], str]
) -> None:
    """A film of which nothing is left is no film."""
    broken = faulty('case "$out" in *video-0-*) echo "Error: the sky fell" >&2; exit 1;; esac')
    with pytest.raises(SutureError):
        encode(short, tmp_path / "out.mkv", ffmpeg=broken, max_retries=0, permissive=True, **FAST)
    assert not list(tmp_path.iterdir())


def test_a_retry_that_helps_is_counted(
    film: Path, tmp_path: Path, encode: Encode, faulty: Callable[[str], str]
) -> None:
    """A piece that fails once and then succeeds: done, one retry."""
    mark = shlex.quote(str(tmp_path.with_name(f"{tmp_path.name}-mark")))
    once = f'case "$out" in *video-0-00002.mkv) mkdir {mark} 2>/dev/null && {{ echo "odd" >&2; exit 1; }};; esac'
    done = encode(film, tmp_path / "out.mkv", ffmpeg=faulty(once), **PIECES)
    assert (done.report.status, done.report.retries, done.report.failures) == ("done", 1, ())
    assert len(_packets(tmp_path / "out.mkv")) == len(_packets(film))


def test_a_piece_cut_short_without_an_error_is_noticed(
    film: Path, tmp_path: Path, encode: Encode, faulty: Callable[[str], str]
) -> None:
    """Exit code 0 proves nothing: a piece that lacks frames does not get into the film."""
    real = shlex.quote(locate())
    short = f'case "$out" in *video-0-00001.mkv) exec {real} "$@" -frames:v 50;; esac'
    # The limit has to stand before the output.
    short = short.replace('"$@" -frames:v 50', '-t 2 "$@"')
    encode(film, tmp_path / "out.mkv", ffmpeg=faulty(short), max_retries=0, **PIECES)
    assert [t for t, _ in sorted(_packets(tmp_path / "out.mkv"))] == [t for t, _ in sorted(_packets(film))]


# -- the plan as a script -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("extension", ["mkv", "mp4"])
def test_the_printed_plan_makes_the_same_film(
    extension: str, film: Path, tmp_path: Path, encode: Encode, own_cache: Path
) -> None:
    """Run by sh, it gives packet for packet what encode gives."""
    ours, theirs = tmp_path / f"ours.{extension}", tmp_path / f"theirs.{extension}"
    encode(film, ours, **PIECES)
    script = render(make_plan(str(film), str(theirs), make_settings("h264", PIECES)), "sh")
    shim = own_cache / "bin" / "suture"
    shim.parent.mkdir(parents=True)
    shim.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m suture "$@"\n')
    shim.chmod(0o755)
    source = str(Path(__file__).parents[2] / "src")
    environment = {**os.environ, "PATH": f"{shim.parent}:{os.environ['PATH']}", "PYTHONPATH": source}
    subprocess.run(["sh", "-c", script], check=True, capture_output=True, env=environment)
    for kind, number in (("video", 0), ("audio", 0), ("audio", 2), ("subtitle", 0), ("subtitle", 1)):
        assert _packets(theirs, kind, number) == _packets(ours, kind, number)
