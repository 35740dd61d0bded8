"""``--loudness`` on real music: as loud as asked, no peak too high, no sample more or less, none out of its place."""

from __future__ import annotations

import json
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import films
from suture.command.loudness import LoudnessCommand, figures_path
from suture.ffmpeg.loudness import METER, Loudness, parse_loudness
from suture.pipeline import encode
from suture.planning.loudness import ceiling_of, filter_file_option
from suture.presets import make_settings
from suture.proof import verify

if TYPE_CHECKING:
    from collections.abc import Callable

MUSIC = ("Vibe_Ace.hq.ogg", "Sugar_Plum_Fairy.hq.ogg", "BigBuckBunny_1080p25_5.1_60s.ts")
SECONDS = 15
Samples = np.ndarray[Any, np.dtype[np.float32]]


@pytest.fixture(scope="session")
def music(tmp_path_factory: pytest.TempPathFactory, media: Callable[[str], Path]) -> Callable[[str], Path]:
    """Some seconds of a real file without gaps in its clock, which Vorbis in Ogg has; each is made once."""
    folder = tmp_path_factory.mktemp("music")

    def cut(name: str) -> Path:
        path = folder / f"{name}.flac"
        if not path.exists():
            films.ffmpeg("-ss", "8", "-t", str(SECONDS), "-i", media(name), "-map", "a:0", "-map_metadata", "-1", path)
        return path

    return cut


def heard(path: Path, program: str) -> Loudness:
    """How loud a file is."""
    argv = [program, "-nostdin", "-nostats", "-loglevel", "level+info", "-i", str(path), "-map", "a:0", "-af", METER]
    said = subprocess.run([*argv, "-f", "null", "-"], check=True, capture_output=True, text=True).stderr
    found = parse_loudness(said)
    assert found is not None
    return found


def samples(path: Path, program: str) -> Samples:
    """All samples of a file, its channels mixed."""
    argv = [program, "-v", "error", "-nostdin", "-i", str(path), "-map", "a:0", "-ac", "1", "-f", "f32le", "-"]
    return np.frombuffer(subprocess.run(argv, check=True, capture_output=True).stdout, "<f4")


def lag(early: Samples, late: Samples) -> int:
    """By how many samples the one is later than the other."""
    length = 2 * len(early)
    product = np.fft.rfft(late, length) * np.conj(np.fft.rfft(early, length))
    place = int(np.argmax(np.fft.irfft(product)))
    return place if place < len(early) else place - length


def levelled(
    source: Path, output: Path, program: str, target: float, *encoder: str, before: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Both passes; gives the figures of the first."""
    filters = str(output.with_name(f"{output.name}.txt"))
    ceiling = ceiling_of(encoder[1])
    LoudnessCommand("loudness-0", str(source), filters, target, ceiling, before=before, program=program).run()
    films.ffmpeg("-copyts", "-i", source, filter_file_option(program), filters, *encoder, output, program=program)
    figures: dict[str, Any] = json.loads(Path(figures_path(filters)).read_text())
    return figures


@pytest.mark.parametrize("name", MUSIC)
@pytest.mark.parametrize("target", [-30.0, -16.0])
def test_music_becomes_as_loud_as_asked(
    name: str, target: float, ffmpeg: str, music: Callable[[str], Path], tmp_path: Path
) -> None:
    """Within 0.3 LU, peaks below -1 dBTP, every sample at its place: with one gain, and with limited peaks."""
    source, output = music(name), tmp_path / "out.flac"
    figures = levelled(source, output, ffmpeg, target, "-c:a", "flac")
    loud = heard(output, ffmpeg)
    assert loud.integrated == pytest.approx(target, abs=0.3)
    assert loud.true_peak <= -1.0
    mine, theirs = samples(source, ffmpeg), samples(output, ffmpeg)
    assert len(theirs) == len(mine)
    assert lag(mine, theirs) == 0
    limited = round(figures["before"]["true_peak"] + target - figures["before"]["integrated"], 2) > -1.5
    assert (figures["gain"]["ceiling"] is not None) == limited
    assert limited or figures["passes"] == 1


def test_the_music_here_needs_both_ways(ffmpeg: str, music: Callable[[str], Path]) -> None:
    """Else the test above would show less than it says."""
    plain = [heard(music(name), ffmpeg) for name in MUSIC]
    assert any(one.true_peak - 16.0 - one.integrated > -1.5 for one in plain)
    assert any(one.true_peak - 30.0 - one.integrated <= -1.5 for one in plain)


@pytest.mark.parametrize(
    ("extension", "encoder"),
    [("m4a", ("-c:a", "aac", "-b:a", "192k")), ("opus", ("-c:a", "libopus", "-b:a", "128k"))],
)
def test_lossy_encoders_keep_it(
    extension: str, encoder: tuple[str, ...], ffmpeg: str, music: Callable[[str], Path], tmp_path: Path
) -> None:
    """What they add to limited peaks stays below -1 dBTP."""
    output = tmp_path / f"out.{extension}"
    figures = levelled(music(MUSIC[1]), output, ffmpeg, -16.0, *encoder)
    assert figures["gain"]["ceiling"] is not None
    loud = heard(output, ffmpeg)
    assert loud.integrated == pytest.approx(-16.0, abs=0.3)
    assert loud.true_peak <= -1.0


def test_what_follows_a_gap_is_not_late(ffmpeg: str, music: Callable[[str], Path], tmp_path: Path) -> None:
    """A limiter holds sound back, and would carry it over a gap in the clock; the gap is silence now."""
    source, output = music(MUSIC[1]), tmp_path / "out.flac"
    before = ("aselect='not(between(t,4,4.02)+between(t,9,10))'",)
    figures = levelled(source, output, ffmpeg, -14.0, "-c:a", "flac", before=before)
    assert figures["gain"]["ceiling"] is not None
    mine, theirs = samples(source, ffmpeg), samples(output, ffmpeg)
    assert abs(len(mine) - len(theirs)) < 10
    rate = len(mine) // SECONDS
    for begin in (1, 5, 11):
        span = slice(begin * rate, (begin + 3) * rate)
        assert lag(mine[span], theirs[span]) == 0


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        ("anullsrc=r=48000:d=5", "it is silent"),
        ("sine=f=440:d=0.2", "too short"),
        ("sine=f=440:r=8000:d=1", "LUFS, peaks at"),
        ("sine=f=440:r=192000:d=0.6", "LUFS, peaks at"),
    ],
)
def test_little_sound_works_too(graph: str, said: str, ffmpeg: str, tmp_path: Path) -> None:
    """Silence, less than a block of the meter, less than three seconds, low and high rates."""
    source, output = tmp_path / "in.wav", tmp_path / "out.flac"
    films.ffmpeg("-f", "lavfi", "-i", graph, "-c:a", "pcm_s16le", source)
    figures = levelled(source, output, ffmpeg, -12.0, "-c:a", "flac")
    assert said in figures["said"]
    mine, theirs = samples(source, ffmpeg), samples(output, ffmpeg)
    assert len(theirs) == len(mine)
    measured = "LUFS" in said
    assert figures["said"].startswith("- ") != measured
    if measured:
        assert heard(output, ffmpeg).integrated == pytest.approx(-12.0, abs=0.3)
    else:
        assert np.array_equal(theirs, mine)


def test_the_users_filters_are_measured_and_not_undone(
    ffmpeg: str, music: Callable[[str], Path], tmp_path: Path
) -> None:
    """Range, another rate and a mix come first; the rate that they leave is the one that comes out."""
    source, output = music(MUSIC[2]), tmp_path / "out.flac"
    before = ("atrim=start=2:end=12", "aresample=32000", "aformat=channel_layouts=2c")
    figures = levelled(source, output, ffmpeg, -18.0, "-c:a", "flac", before=before)
    assert figures["gain"]["ceiling"] is not None
    assert heard(output, ffmpeg).integrated == pytest.approx(-18.0, abs=0.3)
    told = films.ffmpeg("-i", output, "-f", "framecrc", "-", program=ffmpeg)
    assert "#sample_rate 0: 32000" in told
    assert len(samples(output, ffmpeg)) == 320_000


@pytest.mark.usefixtures("own_cache")
def test_an_encode_is_levelled_and_verify_has_nothing_against_it(
    ffmpeg: str, music: Callable[[str], Path], tmp_path: Path
) -> None:
    """Through the whole job; how loud it is, the comparison says that it can't judge."""
    source, output = music(MUSIC[0]), tmp_path / "out.m4a"
    settings = make_settings("audio-aac", {"loudness": -14.0, "start": Fraction(2), "ffmpeg": ffmpeg})
    report = encode(str(source), str(output), settings)
    assert report.status == "done"
    assert heard(output, ffmpeg).integrated == pytest.approx(-14.0, abs=0.3)
    found = verify(str(source), str(output), ffmpeg=ffmpeg)
    assert found.ok, found.differences
    assert any("how loud it is was not compared" in finding.text for finding in found.unjudged)
