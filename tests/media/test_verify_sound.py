"""Sound that is late, cut, silent, too long or damaged is found behind lossy codecs; correct sound is not accused."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

import films
from suture.media.probe import probe_file
from suture.verify.side import Compared, Look, Side
from suture.verify.sound import compare_sound

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECONDS = 8
# Two channels of their own, with a rhythm, a sweep and a noise: no second of it is like another.
MUSIC = (
    f"aevalsrc='0.3*sin(2*PI*(200+60*t)*t)*exp(-3*mod(t,0.71))+0.05*random(0)"
    f"|0.3*sin(2*PI*(500-20*t)*t)*exp(-2*mod(t,0.53))+0.05*random(1)':s=48000:d={SECONDS}"
)
TONE = f"sine=440:r=48000:d={SECONDS}"
PLANTS = {
    "20 ms late": ("adelay=20:all=1", ["sound-late"], "20.0 ms late"),
    "20 ms early": ("atrim=start=0.02,asetpts=PTS-STARTPTS", ["sound-late"], "20.0 ms early"),
    "a second late": ("adelay=1000:all=1", ["sound-late"], "1000.0 ms late"),
    "300 ms cut out": (
        "aselect='not(between(t,3,3.3))',asetpts=N/SR/TB",
        ["sound-jumps", "sound-truncated"],
        "ms early from about",
    ),
    "dropout": (
        "volume=0:enable='between(t,4.02,4.2)'",
        ["sound-dropout", "sound-dropout"],
        "silence instead of sound",
    ),
    "tail cut off": ("atrim=end=5.5", ["sound-truncated"], "it ends at 5.50 s"),
    "tail too long": ("apad=pad_dur=0.4", ["sound-longer"], "0.40 s longer"),
    "silence": ("volume=0", ["sound-silent"], "is silent"),
}


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds of two channels."""
    path = tmp_path_factory.mktemp("sound") / "source.mkv"
    films.ffmpeg("-f", "lavfi", "-i", MUSIC, "-c:a", "flac", path)
    return path


@pytest.fixture
def compare(tmp_path: Path) -> Callable[..., Compared]:
    """Compare the first sound of two files."""

    def run(source: Path, output: Path, ffmpeg: str = "", **more: Any) -> Compared:
        folder = tmp_path / "look"
        folder.mkdir(exist_ok=True)
        mine, theirs = (probe_file(str(path)).of_kind("audio")[0] for path in (source, output))
        look = Look(ffmpeg or films.binaries()["pip"], str(folder))
        return compare_sound(Side(str(source), mine), Side(str(output), theirs), look=look, **more)

    return run


def kinds(done: Compared) -> list[str]:
    """What was found that is a difference."""
    return [finding.kind for finding in done.findings if finding.weight == "difference"]


@pytest.mark.parametrize(("filters", "found", "words"), PLANTS.values(), ids=PLANTS)
def test_plants_are_found(
    compare: Callable[..., Compared], source: Path, tmp_path: Path, filters: str, found: list[str], words: str
) -> None:
    """Each accident is found behind a lossy codec, and named with its size."""
    output = tmp_path / "output.webm"
    films.ffmpeg("-i", source, "-af", filters, *["-c:a", "libopus", "-b:a", "48k"], output)

    done = compare(source, output)

    assert kinds(done)
    assert set(kinds(done)) <= {*found, "sound-longer", "sound-truncated"}
    assert any(words in finding.text for finding in done.findings)


@pytest.mark.parametrize(
    ("extension", "coding"),
    [
        ("mp4", "-c:a aac -b:a 32k"),
        ("mkv", "-c:a ac3 -b:a 128k"),
        ("mkv", "-c:a libmp3lame -b:a 64k"),
        ("webm", "-c:a libopus -b:a 16k"),
        ("ogg", "-c:a libvorbis -q:a 0"),
        ("mp4", "-c:a aac -ac 1 -af volume=-10dB"),
    ],
)
def test_correct_outputs_are_correct(
    compare: Callable[..., Compared], source: Path, tmp_path: Path, extension: str, coding: str
) -> None:
    """Few bits, a mix to mono or another loudness is no difference."""
    output = tmp_path / f"output.{extension}"
    picture = ("-f", "lavfi", "-i", f"color=s=16x16:r=5:d={SECONDS}", "-map", "0", "-map", "1")
    video = ("-c:v", "libvpx" if extension == "webm" else "mpeg4")
    films.ffmpeg("-i", source, *(() if extension == "ogg" else (*picture, *video)), *coding.split(), output)
    pictures = probe_file(str(output)).of_kind("video")
    # What the container adds to all streams, to keep a coder's delay above zero, is no lateness.
    shift = pictures[0].start_pts * pictures[0].time_base if pictures and pictures[0].start_pts else Fraction(0)

    assert kinds(compare(source, output, shift=shift)) == []


def test_late_sound_is_heard_by_both(
    compare: Callable[..., Compared], source: Path, tmp_path: Path, ffmpeg: str
) -> None:
    """Whichever ffmpeg decodes hears 20 ms, and nothing where there is nothing."""
    late, right = tmp_path / "late.mp4", tmp_path / "right.mp4"
    films.ffmpeg("-i", source, *["-af", "adelay=20:all=1", "-c:a", "aac", "-b:a", "96k"], late)
    films.ffmpeg("-i", source, *["-c:a", "aac", "-b:a", "96k"], right)

    assert kinds(compare(source, late, ffmpeg))[0] == "sound-late"
    assert kinds(compare(source, right, ffmpeg)) == []


@pytest.mark.parametrize(("filters", "found"), [("adelay=20", ["sound-late"]), ("anull", [])])
def test_steady_tone_is_judged_by_its_edges(
    compare: Callable[..., Compared], tmp_path: Path, filters: str, found: list[str]
) -> None:
    """A sine that is 20 ms late fits as well as one that is not, but for where it begins and ends."""
    source, output = tmp_path / "source.mkv", tmp_path / "output.mp4"
    films.ffmpeg("-f", "lavfi", "-i", TONE, "-c:a", "flac", source)
    films.ffmpeg("-i", source, "-af", filters, "-c:a", "aac", output)

    assert kinds(compare(source, output)) == found


def test_silence_is_not_judged(compare: Callable[..., Compared], tmp_path: Path) -> None:
    """Whether silence is late nobody can tell; that is said."""
    source = tmp_path / "source.mkv"
    films.ffmpeg("-f", "lavfi", "-i", "anullsrc=d=3", "-c:a", "flac", source)

    done = compare(source, source)

    assert [(finding.kind, finding.weight) for finding in done.findings] == [("sound-unjudged", "unjudged")]


def test_range(compare: Callable[..., Compared], source: Path, tmp_path: Path) -> None:
    """Of a range only that range counts; without it the sound is early and cut off."""
    output = tmp_path / "output.mp4"
    films.ffmpeg("-ss", "2", "-t", "3", "-i", source, "-c:a", "aac", output)

    assert kinds(compare(source, output, start=Fraction(2), end=Fraction(5), shift=Fraction(-2))) == []
    assert "sound-late" in kinds(compare(source, output))


def test_damaged_packet(compare: Callable[..., Compared], source: Path, tmp_path: Path) -> None:
    """A packet whose bytes were spoilt makes the decoder complain, or sounds otherwise."""
    whole, broken = tmp_path / "whole.mp4", tmp_path / "broken.mp4"
    films.ffmpeg("-i", source, "-c:a", "aac", whole)
    data = bytearray(whole.read_bytes())
    begin = data.index(b"mdat") + 20_000
    data[begin : begin + 400] = bytes(byte ^ 0x5A for byte in data[begin : begin + 400])
    broken.write_bytes(data)

    assert kinds(compare(source, whole)) == []
    assert kinds(compare(source, broken))


def test_what_was_hardly_there_is_no_new_sound_when_all_is_louder(
    compare: Callable[..., Compared], tmp_path: Path
) -> None:
    """A gain that was asked for (``--loudness``) lifts what was nearly silence over the line."""
    source, output = tmp_path / "quiet.mkv", tmp_path / "loud.mkv"
    quiet = f"aevalsrc='(0.01+0.0015*lt(mod(t,2),1)-0.009*lt(mod(t,2),1))*random(0)':s=48000:d={SECONDS}"
    films.ffmpeg("-f", "lavfi", "-i", quiet, "-c:a", "flac", "-sample_fmt", "s32", source)
    films.ffmpeg("-i", source, "-af", "volume=36dB", "-c:a", "flac", "-sample_fmt", "s32", output)
    assert kinds(compare(source, output)) == []


def test_sound_in_a_silence_is_found_behind_a_gain(compare: Callable[..., Compared], tmp_path: Path) -> None:
    """All is louder, but not so much that a beep comes from nothing."""
    source, output = tmp_path / "quiet.mkv", tmp_path / "loud.mkv"
    silent = f"aevalsrc='0.05*random(0)*gt(abs(t-4),1)':s=48000:d={SECONDS}"
    films.ffmpeg("-f", "lavfi", "-i", silent, "-c:a", "flac", source)
    beep = "volume=12dB,aeval='val(0)+0.2*sin(2*PI*700*t)*lt(abs(t-4),0.3)'"
    films.ffmpeg("-i", source, "-af", beep, "-c:a", "flac", output)
    assert "sound-added" in kinds(compare(source, output))
