"""`suture verify` on real files: what is planted is found and rightly named; what is right raises no alarm."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import pytest

import films
import suture
from suture.main import main

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from suture.proof import VerifyReport

pytestmark = pytest.mark.media

X264 = "-c:v libx264 -preset ultrafast -crf 26 -fps_mode passthrough"
LINES = (("0,500", "1,000", "One"), ("1,500", "2,500", "Two"), ("3,000", "3,500", "Three"))
SRT = "\n".join(f"{n}\n00:00:0{a} --> 00:00:0{b}\n{text}\n" for n, (a, b, text) in enumerate(LINES, 1))
TAGS = """;FFMETADATA1
title=Film
[CHAPTER]
TIMEBASE=1/1000
START=0
END=2000
title=First
[CHAPTER]
TIMEBASE=1/1000
START=2000
END=4000
title=Second
"""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds: picture, two languages, subtitles, chapters, a font, pixels that are not square."""
    folder = tmp_path_factory.mktemp("verify")
    for name, text in (("subs.srt", SRT), ("tags.txt", TAGS), ("font.ttf", "no font, but bytes")):
        (folder / name).write_text(text)
    sounds = [f"aevalsrc=0.3*sin(2*PI*({pitch}+90*t)*t)*gt(mod(t\\,0.5)\\,0.1):s=48000:d=4" for pitch in (300, 700)]
    inputs: list[str | Path] = ["-f", "lavfi", "-i", "testsrc2=s=96x64:r=24:d=4,setsar=4/3"]
    for sound in sounds:
        inputs += ["-f", "lavfi", "-i", sound]
    inputs += ["-i", folder / "subs.srt", "-i", folder / "tags.txt", "-attach", folder / "font.ttf"]
    maps = "-map 0 -map 1 -map 2 -map 3 -map_metadata 4 -map_chapters 4 -metadata:s:t mimetype=font/ttf"
    coding = "-c:v libx264 -preset veryfast -g 24 -bf 2 -color_primaries bt709 -color_trc bt709 -colorspace bt709"
    names = "-c:a aac -b:a 64k -c:s srt -metadata:s:a:0 language=eng -metadata:s:a:1 language=ger"
    films.ffmpeg(*inputs, *f"{maps} {coding} {names}".split(), folder / "film.mkv")
    return folder / "film.mkv"


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def kinds(report: VerifyReport) -> list[str]:
    """Kinds of all differences, in order."""
    return [finding.kind for finding in report.differences]


def rewritten(source: Path, output: Path, change: Callable[[Any, int, int], Sequence[Any]]) -> Path:
    """Copy pictures, sound and subtitles packet by packet; ``change`` gets each, its stream and its number there."""
    with av.open(str(source)) as one, av.open(str(output), "w") as other:
        mine = [stream for stream in one.streams if stream.type != "attachment"]
        theirs = [other.add_stream_from_template(stream, opaque=True) for stream in mine]
        for stream, template in zip(theirs, mine, strict=True):
            stream.metadata.update(template.metadata)
            stream.disposition = template.disposition
            stream.time_base = template.time_base
        other.metadata.update(one.metadata)
        other.set_chapters(one.chapters())
        for item in one.streams.attachments:
            other.add_attachment(item.name or "", item.mimetype or "", item.data)
        counts = [0] * len(mine)
        for packet in one.demux(mine):
            if packet.size:
                index = packet.stream_index
                counts[index] += 1
                for each in change(packet, index, counts[index] - 1):
                    each.stream = theirs[index]
                    other.mux(each)
    return output


@pytest.mark.parametrize(
    ("extension", "settings"), [("mkv", {}), ("mp4", {"start": 1, "end": 3, "audio_codec": "aac"})]
)
def test_our_own_encodes_are_what_they_have_to_be(
    extension: str, settings: dict[str, Any], film: Path, tmp_path: Path
) -> None:
    """Decoded from end to end, with the settings of the job that made them; a cut one, too."""
    output = tmp_path / f"out.{extension}"
    suture.encode(film, output, crf=26.0, speed="ultrafast", **settings)
    report = suture.verify(film, output)
    assert kinds(report) == []
    assert "the settings are those of the job" in report.notes[0]
    assert {stream.how for stream in report.streams if stream.name == "video 0"} == {"pictures"}


def test_a_copy_is_a_copy(film: Path, tmp_path: Path) -> None:
    """Of sound whose priming Matroska tells by a delay, MP4 hides a packet: nothing of it was ever heard."""
    output = tmp_path / "out.mp4"
    suture.encode(film, output, video_codec="copy", audio_codec="copy")
    assert kinds(suture.verify(film, output, quick=True)) == []


def test_what_other_tools_make_is_right_too(film: Path, tmp_path: Path) -> None:
    """A remux into MP4 and a lossy encode; what MP4 can't hold is excused, with the reason."""
    remux, encode = tmp_path / "remux.mp4", tmp_path / "encode.mkv"
    films.ffmpeg("-i", film, *["-map", "0:v", "-map", "0:a", "-map", "0:s", "-c", "copy", "-c:s", "mov_text"], remux)
    report = suture.verify(film, remux, quick=True)
    assert kinds(report) == []
    assert [finding.kind for finding in report.excused] == ["attachment-lost"]
    films.ffmpeg("-i", film, *f"-map 0 -c copy {X264} -c:a:0 aac -b:a:0 96k".split(), encode)
    report = suture.verify(film, encode)
    assert kinds(report) == []
    assert [stream.how for stream in report.streams] == ["pictures", "sound", "packets", "lines"]


def test_everything_that_is_lost_is_listed(film: Path, tmp_path: Path) -> None:
    """A sound track from the middle, a language, a font, chapters, the title; each by its name."""
    output = tmp_path / "out.mkv"
    lost = "-map 0:v -map 0:a:1 -map 0:s -c copy -map_chapters -1 -metadata title= -metadata:s:a:0 language="
    films.ffmpeg("-i", film, *lost.split(), output)
    report = suture.verify(film, output, quick=True)
    found = ["stream-lost", "language-lost", "chapter-lost", "chapter-lost", "attachment-lost", "tag-lost"]
    assert kinds(report) == found
    assert report.differences[0].text == "audio 0 (aac, eng) is missing"
    assert suture.verify(film, output, quick=True, maps=("0:v", "0:a:1", "0:s")).differences[0].kind == "language-lost"


def test_packets_that_are_spoiled_are_named(film: Path, tmp_path: Path) -> None:
    """In one output: a picture missing, a packet of sound twice, a track late, a line late, a line lost."""

    def change(packet: Any, stream: int, number: int) -> Sequence[Any]:
        if (stream, number) in {(0, 40), (3, 0)}:
            return []
        if stream == 2:
            packet.pts, packet.dts = packet.pts + 20, packet.dts + 20
        if (stream, number) == (3, 1):
            packet.pts = packet.dts = packet.pts + 500
        if (stream, number) == (1, 60):
            again = av.Packet(bytes(packet))
            again.pts, again.dts, again.time_base = packet.pts + 1, packet.dts + 1, packet.time_base
            return [packet, again]
        return [packet]

    report = suture.verify(film, rewritten(film, tmp_path / "out.mkv", change), quick=True)
    assert kinds(report) == ["packet-missing", "packet-doubled", "sync", "subtitle-lost", "subtitle-time"]
    texts = [finding.text for finding in report.differences]
    assert texts[0].startswith("video 0: packet 40 (frame ")
    assert texts[2] == "audio 1 is 20.0 ms late against the rest"
    assert texts[3].endswith("('One') is missing")
    assert texts[4].endswith("('Two') is 500.0 ms late")


def test_one_corrupt_packet_is_found(film: Path, tmp_path: Path) -> None:
    """Four bytes in the middle of a film."""
    data = bytearray(film.read_bytes())
    with av.open(str(film)) as container:
        packet = [bytes(p) for p in container.demux(video=0) if p.size][30]
    at = data.find(packet) + len(packet) // 2
    data[at : at + 4] = bytes(byte ^ 0x5A for byte in data[at : at + 4])
    output = tmp_path / "out.mkv"
    output.write_bytes(data)
    report = suture.verify(film, output, quick=True)
    assert kinds(report) == ["packet-damaged"]
    assert report.differences[0].text.startswith("video 0: packet 30 (frame ")


def test_a_truncated_output_is_found(film: Path, tmp_path: Path) -> None:
    """And what of it is missing."""
    output = tmp_path / "out.mkv"
    output.write_bytes(film.read_bytes()[: film.stat().st_size * 3 // 4])
    report = suture.verify(film, output, quick=True)
    assert "tail-missing" in kinds(report)
    assert any("the output ends too early" in finding.text for finding in report.differences)


@pytest.mark.parametrize(
    ("chain", "kind"),
    [
        (r"select=not(eq(n\,47)),setpts=N/FR/TB", "frame-missing"),
        ("loop=1:1:47,setpts=N/FR/TB", "frame-doubled"),
        ("tpad=start=1:start_mode=clone,trim=end_frame=96", "frame-doubled"),
    ],
)
def test_a_frame_out_of_place_is_found_in_a_lossy_encode(chain: str, kind: str, film: Path, tmp_path: Path) -> None:
    """Missing, twice, and all of them late by one."""
    output = tmp_path / "out.mkv"
    films.ffmpeg("-i", film, *f"-map 0:v -map 0:a -c copy {X264}".split(), "-vf", chain, output)
    report = suture.verify(film, output, maps=("0:v", "0:a"))
    assert kinds(report)[0] == kind


def test_late_sound_and_lost_shape_are_found_in_a_lossy_encode(film: Path, tmp_path: Path) -> None:
    """20 ms, and pixels that were made square."""
    output = tmp_path / "out.mkv"
    late = "-c:a:0 aac -b:a:0 96k -filter:a:0 adelay=20:all=1 -vf setsar=1"
    films.ffmpeg("-i", film, *f"-map 0 -c copy {X264} {late}".split(), output)
    assert {"sample-aspect-ratio-changed", "sound-late"} <= set(kinds(suture.verify(film, output)))


def test_what_was_asked_for_may_be_told(film: Path, tmp_path: Path) -> None:
    """A size that is told is judged; one of another shape that is not can't be."""
    output = tmp_path / "out.mkv"
    films.ffmpeg("-i", film, *f"-map 0 -c copy {X264} -vf scale=64:64,setsar=4/3".split(), output)
    told = suture.verify(film, output, scale="64:64", video_filter=None)
    assert [finding for finding in told.differences if finding.kind.startswith("frame")] == []
    untold = suture.verify(film, output)
    assert any("96x64 became 64x64" in finding.text for finding in untold.unjudged)


def test_the_command_prints_a_report_and_ends_with_4(
    film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report on stdout, the first difference as the error; with --json one document; names may hold anything."""
    output = tmp_path / "-odd\n%\udcffname.mkv"
    films.ffmpeg("-i", film, *["-map", "0", "-map", "-0:t", "-c", "copy"], tmp_path / "out.mkv")
    (tmp_path / "out.mkv").rename(output)
    os.chdir(tmp_path)
    assert main(["verify", "--quick", str(film), "--", output.name]) == 4
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == "1 difference"
    assert "the attachment 'font.ttf' is missing" in err
    assert main(["verify", "--quick", "--json", str(film), str(output)]) == 4
    data = json.loads(capsys.readouterr().out)
    assert [each["kind"] for each in data["differences"]] == ["attachment-lost"]
    assert main(["verify", "--quick", "-q", str(film), str(film.with_name("film.mkv"))]) == 2
    assert "are one file" in capsys.readouterr().err


def test_what_is_no_film_is_one_line(film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Missing, a folder, empty, or cut before its index: of a source an error, of an output a difference."""
    cut, empty = tmp_path / "cut.mp4", tmp_path / "empty.mkv"
    films.ffmpeg("-i", film, *["-map", "0:v", "-c", "copy"], cut)
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])  # what tells where things are was at the end
    empty.touch()
    wrong = [(film, path, 4) for path in (cut, empty, tmp_path, tmp_path / "absent.mkv")]
    for source, output, code in (*wrong, (cut, film, 1), (tmp_path / "absent.mkv", film, 1)):
        assert main(["verify", "--quick", str(source), str(output)]) == code
        err = capsys.readouterr().err
        assert (source if code == 1 else output).name in err
        assert "Traceback" not in err
    assert main(["verify", "--json", str(film), str(empty)]) == 4
    found = json.loads(capsys.readouterr().out)["differences"]
    assert [each["kind"] for each in found] == ["unreadable"]
    assert found[0]["text"] == f"cannot open {str(empty)!r}: it is empty"


def test_an_interrupt_leaves_nothing(film: Path, tmp_path: Path) -> None:
    """Exit code 130, no folder in the cache, no process."""
    long, output = tmp_path / "long.mkv", tmp_path / "out.mkv"
    source = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=60"]
    films.ffmpeg(*source, *"-c:v libx264 -preset ultrafast -crf 40".split(), long)  # noqa: SIM905
    films.ffmpeg("-i", long, *f"{X264} -crf 42".split(), output)
    argv = [sys.executable, "-m", "suture", "verify", str(long), str(output)]
    child = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    cache = tmp_path / "cache" / "suture"
    deadline = time.monotonic() + 60
    while not any(path.is_file() for path in cache.glob("verify-*/*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "Traceback" not in err
    assert not list(cache.glob("verify-*"))


def test_a_cut_that_was_told_is_exact(film: Path, tmp_path: Path) -> None:
    """Frames and sound from one second on, told as an option; untold it is a difference."""
    output = tmp_path / "out.mkv"
    cut = f"-map 0:v -map 0:a -map_chapters -1 {X264} -c:a aac -b:a 96k"
    films.ffmpeg("-ss", "1", "-i", film, *cut.split(), output)
    found = kinds(suture.verify(film, output, start=Fraction(1), maps=("0:v", "0:a")))
    assert set(found) <= {"chapter-lost"}
    assert kinds(suture.verify(film, output, maps=("0:v", "0:a")))[0] != "chapter-lost"
