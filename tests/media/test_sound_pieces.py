"""Sound that is cut, encoded in pieces and spliced, from end to end: as if one encoder had made it.

Held against the same ffmpeg's own encode of the whole. What is heard is measured as in `bench.noise`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from bench.noise import excess, offset, over_all

import films
import hearing
import suture
from suture import pipeline
from suture.presets import make_settings
from suture.report.plan_text import render

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Encode = Callable[..., Any]
    Music = Callable[..., Path]

pytestmark = pytest.mark.media

# How long pieces are, so that a short excerpt is cut into several: longer than what neighbours overlap by.
PIECE = {"ac3": "4", "eac3": "4", "alac": "4", "mp2": "4", "libopus": "7", "libmp3lame": "11.1", "aac": "13.5"}


@pytest.fixture(scope="session")
def music(media: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Music:
    """An excerpt of real music as FLAC, each made once: ``music(12, 48000)``."""
    folder = tmp_path_factory.mktemp("music")
    made: dict[Any, Path] = {}

    def excerpt(seconds: float, rate: int = 48_000, *more: str, extension: str = "flac") -> Path:
        key = (seconds, rate, *more, extension)
        if key not in made:
            made[key] = folder / f"{len(made)}.{extension}"
            asked = ("-t", str(seconds), "-ar", str(rate), "-c:a", "flac", "-sample_fmt", "s16", "-bitexact")
            films.ffmpeg("-ss", "20", "-i", media("Vibe_Ace.hq.ogg"), "-vn", *asked, *more, made[key])
        return made[key]

    return excerpt


@dataclass(frozen=True)
class Cut:
    """What was made, and of how many pieces."""

    path: Path
    pieces: int
    notes: str
    why: str


@pytest.fixture
def cut(encode: Encode) -> Callable[..., Cut]:
    """Encode with pieces of a fixed length."""

    def make(source: Path, output: Path, codec: str, **settings: Any) -> Cut:
        asked = {"chunking": "fixed", "chunk_duration": PIECE[codec], "workers": 2, "audio_codec": codec}
        done = encode(source, output, **{**asked, **settings})
        plan = done.plans[-1]
        why = "\n".join(str(sound.decision()) for sound in plan.sounds)
        return Cut(output, plan.sound_pieces, "\n".join(done.notes), why)

    return make


def serial(source: Path, output: Path, codec: str, program: str, *more: str) -> Path:
    """The whole, by one encoder."""
    films.ffmpeg("-i", source, "-map", "0:a", "-c:a", codec, *more, output, program=program)
    return output


def packets(path: Path, number: int = 0) -> list[bytes]:
    """The bytes of every packet of a sound."""
    with av.open(str(path)) as file:
        return [bytes(packet) for packet in file.demux(file.streams.audio[number]) if packet.size]


def samples(path: Path, program: str) -> Any:
    """What an ffmpeg plays: samples by channels."""
    argv = [program, "-v", "error", "-nostdin", "-i", str(path), "-map", "0:a:0", "-f", "f32le", "-ac", "2", "-"]
    done = subprocess.run(argv, check=True, capture_output=True)
    return np.frombuffer(done.stdout, "<f4").reshape(-1, 2)


@pytest.mark.parametrize(
    ("codec", "rate", "extension", "more"),
    [
        ("ac3", 48_000, "mp4", {}),
        ("ac3", 44_100, "mka", {"audio_bitrate": "192k"}),
        ("eac3", 48_000, "mp4", {}),
        ("alac", 44_100, "m4a", {}),
    ],
)
def test_packets_are_those_of_one_encoder(
    music: Music,
    cut: Callable[..., Cut],
    tmp_path: Path,
    each_ffmpeg: str,
    codec: str,
    rate: int,
    extension: str,
    more: dict[str, str],
) -> None:
    """All of them, byte for byte, and in the same number; what is played is as long as the source."""
    source = music(12, rate)
    made = cut(source, tmp_path / f"out.{extension}", codec, ffmpeg=each_ffmpeg, **more)
    assert made.pieces == 3
    options = ("-b:a", more["audio_bitrate"]) if more else ()
    wanted = packets(serial(source, tmp_path / "whole.mov", codec, each_ffmpeg, *options))
    found = packets(made.path)
    assert found[: len(wanted)] == wanted
    assert len(found) - len(wanted) in ({0} if codec == "alac" else {0, 1})  # the sound's end, which FFmpeg leaves out


@pytest.mark.parametrize(
    ("codec", "rate", "extension", "seconds"),
    [("libopus", 48_000, "opus", 20), ("libmp3lame", 44_100, "mp3", 22), ("mp2", 48_000, "mp4", 12)],
)
def test_joins_are_not_heard(
    music: Music,
    cut: Callable[..., Cut],
    tmp_path: Path,
    each_ffmpeg: str,
    codec: str,
    rate: int,
    extension: str,
    seconds: int,
) -> None:
    """As many samples as the source, in their places; no second of it is noisier than one encoder's."""
    source = music(seconds, rate)
    made = cut(source, tmp_path / f"out.{extension}", codec, ffmpeg=each_ffmpeg)
    assert made.pieces == (2 if codec == "libmp3lame" else 3)
    given, ours = samples(source, films.binaries()["pip"]), samples(made.path, films.binaries()["pip"])
    theirs = samples(serial(source, tmp_path / f"whole.{extension}", codec, each_ffmpeg), films.binaries()["pip"])
    assert len(ours) == len(given) == seconds * rate
    assert offset(ours, given, 2000) == 0
    theirs = theirs[max(0, offset(theirs, given, 4000)) :]  # MP2 has no place for its delay
    found = [excess(ours, theirs, given, rate, at) for at in range(0, (seconds - 1) * rate, rate // 2)]
    assert len(found) > 20
    assert [(n / 2, one) for n, one in enumerate(found) if one and not one.good] == []


def test_aac(music: Music, cut: Callable[..., Cut], tmp_path: Path) -> None:
    """Forty seconds: length, place, number of packets and the joins, though no packet need be as one encoder's."""
    program, source = films.binaries()["pip"], music(40, 44_100)
    made = cut(source, tmp_path / "out.m4a", "aac", ffmpeg=program)
    assert made.pieces > 1
    whole = serial(source, tmp_path / "whole.m4a", "aac", program, "-flags:a", "+bitexact")
    given, ours, theirs = (samples(path, program) for path in (source, made.path, whole))
    assert len(ours) == len(given)
    assert offset(ours, given, 2000) == 0
    assert abs(len(packets(made.path)) - len(packets(whole))) <= 1
    assert hearing.heard(made.path).begin == 0
    found = [excess(ours, theirs, given, 44_100, at) for at in range(0, 39 * 44_100, 22_050)]
    assert len(found) > 70
    largest, mean = over_all(one for one in found if one)
    # Rate control of native AAC goes its own ways for a whole piece: now louder, now less, on average the same.
    assert mean.mean < 0.1
    assert largest.mean < 2.0
    assert largest.worst < 3.0


# -- where sound begins and ends --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("codec", "extension"), [("ac3", "mp4"), ("libopus", "mka")])
def test_a_late_start_stays(music: Music, cut: Callable[..., Cut], tmp_path: Path, codec: str, extension: str) -> None:
    """Sound that begins at 1.5 s is heard from there on, to its end."""
    source = music(14, 48_000, "-output_ts_offset", "1.5", extension="mka")
    made = cut(source, tmp_path / f"out.{extension}", codec, chunk_duration="8")
    assert made.pieces == 2
    found, given = hearing.heard(made.path), hearing.heard(source)
    assert given.begin == Fraction(3, 2)
    assert abs(found.begin - Fraction(3, 2)) <= Fraction(0 if extension == "mp4" else 1, 1000)
    late, likeness = hearing.lag(given, found, 8.0)
    assert abs(late) <= 0.001
    assert likeness > 0.9


def with_gap(source: Path, target: Path) -> Path:
    """The packets of a sound, from 5 s on two seconds later."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream_from_template(old.streams.audio[0])
        for packet in old.demux(old.streams.audio[0]):
            if packet.size:
                packet.stream = stream
                late = 2 if (packet.pts or 0) * Fraction(packet.time_base or 1) >= 5 else 0
                packet.pts = packet.dts = (packet.pts or 0) + round(late / Fraction(packet.time_base or 1))
                new.mux_one(packet)
    return target


def test_a_gap_is_filled(music: Music, cut: Callable[..., Cut], tmp_path: Path) -> None:
    """Pieces hold the silence: what is behind it is in its place."""
    source = with_gap(music(8), tmp_path / "gap.mka")
    made = cut(source, tmp_path / "out.mp4", "ac3")
    assert made.pieces == 3
    found, given = hearing.heard(made.path), hearing.heard(music(8))
    assert np.abs(found.between(5.3, 6.8)).max() < 0.001
    assert np.abs(found.between(3.2, 4.7)).max() > 0.05
    # Packets of FLAC are 96 ms long: the gap begins behind 5 s.
    for at, later in ((4.0, 0), (5.3, 2), (7.0, 2)):
        mine, theirs = given.between(at, at + 0.5), found.between(at + later, at + later + 0.5)
        assert mine @ theirs / np.sqrt((mine @ mine) * (theirs @ theirs)) > 0.98, at


def test_a_clock_that_may_start_again_is_not_filled(music: Music, cut: Callable[..., Cut], tmp_path: Path) -> None:
    """Pieces can't tell its gap: the track is encoded whole, and why is said; what is behind it is in its place."""
    coded = serial(music(8), tmp_path / "coded.mka", "ac3", films.binaries()["pip"])
    made = cut(with_gap(coded, tmp_path / "gap.ts"), tmp_path / "out.mka", "ac3", audio_bitrate="256k")
    assert made.pieces == 0
    assert "the sound's clock jumps: at " in made.notes
    assert "encoded whole: its pieces did not fit together" in made.why
    with av.open(str(made.path)) as file:
        at = [float((p.pts or 0) * Fraction(p.time_base or 1)) for p in file.demux(audio=0) if p.size]
    assert max(b - a for a, b in pairwise(at)) == pytest.approx(2, abs=0.1)


def test_a_source_that_tells_too_much(music: Music, cut: Callable[..., Cut], tmp_path: Path) -> None:
    """Matroska tells one length for all tracks; the shorter one is encoded whole in the end, and whole it is."""
    source = tmp_path / "two.mka"
    films.ffmpeg("-i", music(6), "-i", music(12), "-map", "0", "-map", "1", "-c", "copy", source)
    made = cut(source, tmp_path / "out.mka", "alac")
    assert "the sound ends before sample" in made.notes
    assert made.pieces == 3, "the longer one is still cut"
    assert [_length(made.path, number) for number in (0, 1)] == [6 * 48_000, 12 * 48_000]


def test_a_source_that_tells_a_little_too_much(music: Music, cut: Callable[..., Cut], tmp_path: Path) -> None:
    """The last piece is shorter than thought: it is spliced where it should be all the same."""
    source = tmp_path / "two.mka"
    films.ffmpeg("-i", music(15), "-i", music(20), "-map", "0", "-map", "1", "-c", "copy", source)
    made = cut(source, tmp_path / "out.mka", "libopus", chunk_duration="7")
    assert made.pieces == 6
    found, given = hearing.heard(made.path), hearing.heard(music(15))
    assert len(found.samples) == 15 * 48_000
    for at in (1.0, 6.5, 8.0, 13.0, 14.3):
        late, likeness = hearing.lag(given, found, at)
        assert abs(late) < 0.0001, at
        assert likeness > 0.98, at


def _length(path: Path, number: int) -> int:
    return len(hearing.heard(path, number=number).samples)


def test_a_part(music: Music, cut: Callable[..., Cut], tmp_path: Path) -> None:
    """--start and --end: to the sample, though the pieces begin there."""
    source = music(14)
    made = cut(source, tmp_path / "out.m4a", "alac", start=Fraction(5, 4), end=Fraction(51, 4))
    assert made.pieces == 3
    given = samples(source, films.binaries()["pip"])
    assert np.array_equal(samples(made.path, films.binaries()["pip"]), given[60_000 : 48_000 * 51 // 4])


# -- ways to ask for it -----------------------------------------------------------------------------------------------


def test_filters_with_labels_and_a_memory(
    music: Music, cut: Callable[..., Cut], tmp_path: Path, each_ffmpeg: str
) -> None:
    """They run once, before the cut: every sample is as behind the same filters in one go."""
    graph = "asplit[a][b];[b]volume=0.3,aecho=0.8:0.6:150:0.4[c];[a][c]amix=2:normalize=0,aresample=44100"
    source = music(12)
    made = cut(source, tmp_path / "out.m4a", "alac", ffmpeg=each_ffmpeg, audio_filter=graph, sample_rate=44_100)
    assert made.pieces > 1
    # 24 bits at most are ALAC's, so its own form is asked for in the same words.
    asked = ("-af", f"{graph},aformat=sample_fmts=s32:sample_rates=44100")
    wanted = samples(serial(source, tmp_path / "whole.m4a", "alac", each_ffmpeg, *asked), each_ffmpeg)
    assert np.array_equal(samples(made.path, each_ffmpeg)[: len(wanted)], wanted)


def test_the_library(music: Music, own_cache: Path, tmp_path: Path) -> None:
    """The same by a call, with plain numbers."""
    assert own_cache
    source, output = music(12), tmp_path / "out.mka"
    report = suture.encode(source, output, audio_codec="ac3", chunking="fixed", chunk_duration=4, workers=2)
    assert (report.status, report.chunks, report.warnings) == ("done", 3, ())
    assert packets(output)[:-1] == packets(serial(source, tmp_path / "w.mka", "ac3", films.binaries()["pip"]))[:375]


def test_a_film_whose_sound_is_cut(music: Music, cut: Callable[..., Cut], tmp_path: Path) -> None:
    """Beside its pictures, in pieces of its own; both are whole and in step."""
    source, output = tmp_path / "film.mkv", tmp_path / "out.mp4"
    picture = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=12")
    films.ffmpeg(*picture, "-i", music(12), "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "copy", source)
    made = cut(source, output, "ac3", speed="ultrafast")
    assert made.pieces == 3
    with av.open(str(output)) as file:
        assert sum(1 for packet in file.demux(video=0) if packet.size) == 300
    assert packets(output)[:375] == packets(serial(source, tmp_path / "w.mov", "ac3", films.binaries()["pip"]))[:375]
    late, likeness = hearing.lag(hearing.heard(source), hearing.heard(output), 6.0)
    assert abs(late) < 0.0001
    assert likeness > 0.98


def test_the_script_makes_the_same(music: Music, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each slice by a command of its own: the same packets, and nothing is left behind."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    program = tmp_path / "bin" / "suture"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m suture "$@"\n')
    program.chmod(0o755)
    asked = {"audio_codec": "libopus", "chunking": "fixed", "chunk_duration": Fraction(7), "workers": 2}
    settings, source = make_settings("h264", asked), str(music(20))
    one, other = tmp_path / "one.mka", tmp_path / "other.mka"
    pipeline.encode(source, str(one), settings)
    plan = pipeline.make_plan(source, str(other), settings)
    path = f"{program.parent}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(["sh"], input=render(plan, "sh"), text=True, env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert plan.sound_pieces == 3
    assert packets(one) == packets(other)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "cache", "one.mka", "other.mka"]
