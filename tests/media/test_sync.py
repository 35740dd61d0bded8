"""Sound is heard where it was: priming, edit lists, coarse clocks, late streams, into every container.

Found out by decoding source and output with an ffmpeg: copied sound must come out sample for sample, encoded sound at
the same place to a sample or a tick of the container's clock.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import films
import hearing
import sewing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.media

MILLISECOND = Fraction(1, 1000)
# Half a tick where Matroska's clock rounds; a sample elsewhere, which at 90 kHz is two ticks.
TICKS = {"mkv": MILLISECOND, "webm": MILLISECOND, "mp4": Fraction(1, 44100), "mov": Fraction(1, 44100)}


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Recordings of noise, shared by the tests of this file."""
    return hearing.recorder(tmp_path_factory.mktemp("recordings"))


def tolerance(*paths: Path) -> float:
    """How far two files may lie apart by their clocks alone: half a tick of the coarsest and a sample."""
    return float(max(TICKS.get(path.suffix[1:], Fraction(1, 90000)) for path in paths) / 2 + Fraction(1, 44100))


COPIES = [
    ("mp4", "aac", 48000, "mkv"),
    ("mp4", "aac", 44100, "mp4"),
    ("mov", "aac", 44100, "mkv"),
    ("mkv", "aac", 48000, "mp4"),
    ("mp4", "libmp3lame", 44100, "mkv"),
    ("mp4", "libmp3lame", 44100, "mp4"),
    ("mkv", "libmp3lame", 48000, "mov"),
    ("mp4", "ac3", 44100, "mkv"),
    ("mkv", "ac3", 44100, "mp4"),
    ("mkv", "eac3", 48000, "mp4"),
    ("mkv", "flac", 44100, "mp4"),
    ("mkv", "libvorbis", 44100, "mp4"),
    ("mkv", "libopus", 48000, "webm"),
    ("ts", "aac", 44100, "mp4"),
    ("ts", "ac3", 44100, "mkv"),
]


@pytest.mark.parametrize(("origin", "codec", "rate", "extension"), COPIES)
def test_copied_sound_is_heard_sample_for_sample_where_it_was(
    origin: str, codec: str, rate: int, extension: str, record: Callable[..., Path], tmp_path: Path
) -> None:
    """No priming becomes audible, none of the sound is lost, and nothing moves."""
    source = record(origin, codec, rate=rate)
    output = sewing.sewn(source, tmp_path / f"out.{extension}", *sewing.copied(source, "audio"))
    before, after = hearing.heard(source), hearing.heard(output)
    assert abs(after.begin - before.begin) <= tolerance(source, output)
    whole = min(len(before.samples), rate * hearing.SECONDS - 256)  # AC-3 ends its last packet so much earlier
    assert np.array_equal(after.samples[:whole], before.samples[:whole])
    # What is longer than what was recorded is silence; Vorbis in MP4 ends with a packet, not before.
    assert len(after.samples) <= max(len(before.samples), rate * hearing.SECONDS) + (
        1024 if codec == "libvorbis" else 0
    )


def test_opus_of_mp4_ends_where_it_ended(record: Callable[..., Path], tmp_path: Path) -> None:
    """Libavformat plays 648 samples too many of it in MP4; Matroska can say that they are not to be heard."""
    source = record("mp4", "libopus")
    output = sewing.sewn(source, tmp_path / "out.mkv", *sewing.copied(source, "audio"))
    after = hearing.heard(output)
    assert after.begin == 0
    assert len(after.samples) == hearing.RATE * hearing.SECONDS
    assert np.array_equal(after.samples, hearing.heard(source).samples[: len(after.samples)])


@pytest.mark.parametrize("codec", ["ac3", "flac", "libvorbis", "libopus", "alac", "pcm_s16le", "eac3", "libmp3lame"])
def test_the_jitter_of_milliseconds_stays_in_matroska(codec: str, record: Callable[..., Path], tmp_path: Path) -> None:
    """In a container that counts samples, packet follows packet without gap or overlap."""
    source = record("mkv", codec, rate=48000 if codec == "libopus" else 44100)
    output = sewing.sewn(
        source,
        tmp_path / "out.mov" if codec.startswith("pcm") else tmp_path / "out.mp4",
        *sewing.copied(source, "audio"),
    )
    found = sewing.packets(output, "audio")
    assert all(a.pts + a.duration == b.pts for a, b in pairwise(found))
    assert found[0].pts <= 0


ENCODED = [
    ("mkv", "aac"),
    ("mkv", "ac3"),
    ("mkv", "libmp3lame"),
    ("mkv", "libvorbis"),
    ("mkv", "flac"),
    ("webm", "libopus"),
    ("mp4", "eac3"),
    ("mp4", "libmp3lame"),
    ("mp4", "flac"),
    ("ts", "aac"),
]


@pytest.mark.parametrize(("extension", "codec"), ENCODED)
def test_encoded_sound_is_heard_where_it_was(
    extension: str,
    codec: str,
    each_ffmpeg: str,
    record: Callable[..., Path],
    tmp_path: Path,
    encode: Callable[..., Any],
) -> None:
    """To the sample, whatever an encoder puts in front; also by an ffmpeg that can't tell Matroska of it."""
    source, output = record("mka", "flac", picture=""), tmp_path / f"out.{extension}"
    done = encode(source, output, audio_codec=codec, ffmpeg=each_ffmpeg)
    shift = float(Fraction(done.plans[0].spec.shift))
    before, after = hearing.heard(source), hearing.heard(output)
    moved = hearing.Heard(after.samples, after.begin - Fraction(shift), after.rate)
    for begin in (0.4, 2.2):
        late, alike = hearing.lag(before, moved, begin)
        assert abs(late) <= 1.5 / hearing.RATE
        assert alike > 0.75


@pytest.mark.parametrize("extension", ["mkv", "mp4", "ts"])
@pytest.mark.parametrize(("picture_late", "sound_late"), [(0, 0.71), (0.53, 0), (2.2, 1.3)])
def test_late_streams_stay_late(
    picture_late: float,
    sound_late: float,
    extension: str,
    tmp_path: Path,
    encode: Callable[..., Any],
) -> None:
    """Each stream keeps its own beginning; nothing is moved to zero but what the container makes move as a whole."""
    source, output = tmp_path.with_name(f"{tmp_path.name}-late.mkv"), tmp_path / f"out.{extension}"
    inputs = ("-itsoffset", str(picture_late), "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=1")
    sounds = ("-itsoffset", str(sound_late), *hearing.noise(tmp_path.parent, seconds=1))
    coding = ("-map", "0", "-map", "1", *hearing.PICTURE.split(), "-c:a", "ac3")
    films.ffmpeg(*inputs, *sounds, *coding, source)
    done = encode(source, output, speed="ultrafast")
    shift = Fraction(done.plans[0].spec.shift)
    for kind in ("video", "audio"):
        before, after = (min(packet.pts for packet in sewing.packets(path, kind)) for path in (source, output))
        assert abs(after - shift - before) <= MILLISECOND


def test_sound_before_zero_is_not_taken_for_priming(
    media: Callable[[str], Path], tmp_path: Path, encode: Callable[..., Any]
) -> None:
    """A clock that wraps begins at -9.7 s; encoded, all of the sound is there, and where the picture is."""
    source, output = media("hls-ts-rollover.ts"), tmp_path / "out.mkv"
    done = encode(source, output, video_codec="none", audio_codec="ac3")
    shift = Fraction(done.plans[0].spec.shift)
    assert shift > 9
    before, after = hearing.heard(source), hearing.heard(output)
    assert abs(after.begin - shift - before.begin) <= MILLISECOND * 6
    assert abs(len(after.samples) - len(before.samples)) <= 1536
    moved = hearing.Heard(after.samples, after.begin - shift, after.rate)
    for begin in (-9.0, 3.0):
        assert abs(hearing.lag(before, moved, begin)[0]) <= float(MILLISECOND)


def test_ten_hours_of_timestamps_are_rounded_once(tmp_path: Path, encode: Callable[..., Any]) -> None:
    """One picture every 10.01 s: the last stands where it stood, to half a tick; nothing adds up on the way."""
    source = tmp_path.with_name(f"{tmp_path.name}-long.mp4")
    slow = ("-f", "lavfi", "-i", "testsrc2=s=32x32:r=100/1001:d=36000", *hearing.PICTURE.split())
    films.ffmpeg(*slow, "-video_track_timescale", "90000", source)
    for extension, tick in (("mkv", MILLISECOND), ("mp4", Fraction(1, 90000))):
        output = tmp_path / f"out.{extension}"
        encode(source, output, speed="ultrafast", chunking="fixed", chunk_duration=7000)
        before, after = sewing.shown(source), sewing.shown(output)
        assert len(before) == len(after) == 3597
        assert after == [Fraction(int(time / tick + Fraction(1, 2))) * tick for time in before]
