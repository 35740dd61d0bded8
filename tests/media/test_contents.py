"""What a file holds, packet by packet: the same in every container, whatever its framing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import films
from suture.errors import ProbeError
from suture.media.contents import Contents, read_contents

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.media

SRT = "1\n00:00:00,500 --> 00:00:01,000\nOne <i>word</i>\n\n2\n00:00:01,200 --> 00:00:01,900\nTwo & three\nlines\n"


def digests(contents: Contents, kind: str) -> list[int]:
    """Of the first stream of a kind."""
    return list(next(found.digests for found in contents.streams.values() if found.kind == kind))


@pytest.mark.parametrize("codec", ["libx264", "libx265", "libsvtav1"])
def test_a_packet_is_the_same_in_every_container(codec: str, make_film: films.FilmMaker, tmp_path: Path) -> None:
    """Lengths or start codes, ADTS or not, with parameter sets in every keyframe or in the header alone."""
    options = {"libx264": "-preset veryfast", "libx265": "-preset ultrafast -x265-params log-level=error"}
    film = make_film("mp4", f"-c:v {codec} {options.get(codec, '-preset 12')} -g 20", "-c:a aac")
    wanted = read_contents(str(film), str(tmp_path))
    for extension in ("mkv", "ts") if codec != "libsvtav1" else ("mkv",):
        copy = tmp_path / f"copy.{extension}"
        films.ffmpeg("-i", film, "-map", "0", "-c", "copy", copy)
        found = read_contents(str(copy), str(tmp_path))
        for kind in ("video", "audio"):
            assert digests(found, kind) == digests(wanted, kind)
    assert len(set(digests(wanted, "video"))) > 20  # some encoders only say that a picture is shown again


@pytest.mark.parametrize(
    ("extension", "codec"), [("mkv", "srt"), ("mkv", "ass"), ("mp4", "mov_text"), ("mkv", "webvtt")]
)
def test_lines_are_the_same_in_every_format(extension: str, codec: str, tmp_path: Path) -> None:
    """Words, beginning and length; styling and line breaks apart."""
    text, output = tmp_path / "subs.srt", tmp_path / f"subs.{extension}"
    text.write_text(SRT)
    films.ffmpeg("-i", text, "-c:s", codec, output)
    (found,) = read_contents(str(output), str(tmp_path)).streams.values()
    told = [(float(cue.start * found.time_base), float(cue.duration * found.time_base), cue.text) for cue in found.cues]
    assert told == [(0.5, 0.5, "One word"), (1.2, 0.7, "Two & three lines")]


def test_attachments_and_pictures_have_digests(make_film: films.FilmMaker, tmp_path: Path) -> None:
    """By the index of their stream; the same bytes have the same."""
    film, font, cover = make_film("mkv"), tmp_path / "a.ttf", tmp_path / "cover.png"
    font.write_bytes(b"some font")
    films.ffmpeg("-f", "lavfi", "-i", "testsrc=s=32x32", "-frames:v", "1", cover)
    outputs = []
    for n in range(2):
        output = tmp_path / f"out{n}.mkv"
        files = ("-attach", font, "-metadata:s:t:0", "mimetype=font/ttf", "-attach", cover)
        films.ffmpeg("-i", film, "-c", "copy", *files, "-metadata:s:t:1", "mimetype=image/png", output)
        outputs.append(read_contents(str(output), str(tmp_path)))
    assert outputs[0].attachments == outputs[1].attachments
    assert outputs[0].pictures == outputs[1].pictures
    assert [len(outputs[0].attachments), len(outputs[0].pictures)] == [1, 1]


def test_a_file_that_is_cut_short_says_so(make_film: films.FilmMaker, tmp_path: Path) -> None:
    """What is there is read; no media at all is an error. Nothing stays in the folder."""
    film, torn, work = make_film("mkv", sound="-c:a aac"), tmp_path / "torn.mkv", tmp_path / "work"
    work.mkdir()
    torn.write_bytes(film.read_bytes()[:-7000])
    found = read_contents(str(torn), str(work))
    assert found.cut_short
    assert 0 < len(found.streams[0]) < 48
    (tmp_path / "text").write_text("words")
    with pytest.raises(ProbeError):
        read_contents(str(tmp_path / "text"), str(work))
    assert not list(work.iterdir())
