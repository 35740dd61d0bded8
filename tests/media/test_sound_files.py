"""Sound alone, as people have it: albums, audiobooks, odd containers. Tags, covers, chapters, every sample, each time.

What is counted is what an ffmpeg plays: `hearing.heard`, with the source's clock.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

import films
import hearing
from suture.errors import MediaError
from suture.media.mux import join
from suture.media.spec import JoinSpec, TrackSpec
from suture.verify import verify_part

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Encode = Callable[..., Any]

pytestmark = pytest.mark.media

SECONDS = 2
TAGS = {"title": "Seam", "artist": "Nobody", "album": "Stitches", "genre": "Jazz", "date": "1999", "track": "3/12"}
CHAPTERS = ((0, 700, "One"), (700, 1500, 'Two "quoted"'), (1500, 2000, "Drei äö"))
NOISE = f"anoisesrc=d={SECONDS}:c=pink:r=48000:a=0.4:seed=7,aformat=channel_layouts=stereo"
SAMPLES = SECONDS * 48000


@dataclass(frozen=True)
class Held:
    """What a file of sound holds beside its sound."""

    codec: str
    tags: dict[str, str]
    cover: bytes
    chapters: tuple[tuple[float, float, str], ...]


def held(path: Path) -> Held:
    """Read a file as a player would."""
    with av.open(str(path)) as file:
        sound = file.streams.audio[0]
        tags = {**file.metadata, **sound.metadata}
        covers = [s for s in file.streams.video if s.disposition & av.stream.Disposition.attached_pic]
        data = next((bytes(p) for p in file.demux(covers[0]) if p.size), b"") if covers else b""
        data = data or next((bytes(s.data) for s in file.streams.attachments), b"")
        chapters = tuple(
            (float(c["start"] * _base(c)), float(c["end"] * _base(c)), c["metadata"].get("title", ""))
            for c in file.chapters()
        )
        return Held(sound.codec_context.codec.canonical_name, {k.lower(): v for k, v in tags.items()}, data, chapters)


def _base(clocked: Any) -> Fraction:
    return Fraction(clocked["time_base"])


@pytest.fixture(scope="module")
def cover(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture."""
    path = tmp_path_factory.mktemp("cover") / "front.jpg"
    films.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64:d=0.04", "-frames:v", "1", path)
    return path


@pytest.fixture(scope="module")
def album(cover: Path) -> Path:
    """Two seconds of FLAC with tags and a cover."""
    path = cover.with_name("album.flac")
    tags = [word for key, value in TAGS.items() for word in ("-metadata", f"{key}={value}")]
    picture = ("-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic")
    films.ffmpeg("-f", "lavfi", "-i", NOISE, "-i", cover, *picture, "-c:a", "flac", *tags, path)
    return path


@pytest.fixture(scope="module")
def book(album: Path) -> Path:
    """The same as an audiobook: AAC in M4B, with chapters."""
    text = ";FFMETADATA1\ntitle=Book\nartist=Reader\n"
    for begin, end, title in CHAPTERS:
        text += f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={begin}\nEND={end}\ntitle={title}\n"
    listing, path = album.with_name("book.txt"), album.with_name("book.m4b")
    listing.write_text(text)
    picture = ("-map", "0", "-c:v", "copy", "-disposition:v", "attached_pic")
    films.ffmpeg("-i", album, "-i", listing, *picture, "-map_metadata", "1", "-map_chapters", "1", "-c:a", "aac", path)
    return path


def samples(path: Path, program: str | None = None) -> int:
    """How many an ffmpeg plays."""
    return len(hearing.heard(path, program).samples)


@pytest.mark.parametrize(
    ("extension", "codec"),
    [("opus", "opus"), ("ogg", "flac"), ("mka", "flac"), ("mp3", "mp3"), ("m4a", "flac"), ("flac", "flac")],
)
def test_an_album(album: Path, cover: Path, tmp_path: Path, encode: Encode, extension: str, codec: str) -> None:
    """Tags and the cover arrive, byte for byte, in whatever people keep music in; nothing is called lost."""
    output = tmp_path / f"album.{extension}"
    done = encode(album, output)
    found = held(output)
    assert found.codec == codec
    assert {key: found.tags.get(key) for key in TAGS} == TAGS
    assert found.cover == cover.read_bytes()
    assert not [text for text in done.warnings if "can't hold it; it is encoded" not in text]


@pytest.mark.parametrize("extension", ["m4b", "m4a", "opus", "mp3", "mka"])
def test_an_audiobook(book: Path, cover: Path, tmp_path: Path, encode: Encode, extension: str) -> None:
    """Chapters arrive with their names and times, and the cover."""
    output = tmp_path / f"book.{extension}"
    encode(book, output)
    found = held(output)
    assert [title for *_, title in found.chapters] == [title for *_, title in CHAPTERS]
    begins = [begin for begin, *_ in found.chapters]
    assert begins == pytest.approx([begin / 1000 for begin, *_ in CHAPTERS], abs=0.001)
    assert found.cover == cover.read_bytes()
    assert found.tags["title"] == "Book"


@pytest.mark.parametrize("extension", ["aac", "ac3", "mp2", "w64"])
def test_what_a_bare_stream_can_not_hold_is_named(book: Path, tmp_path: Path, encode: Encode, extension: str) -> None:
    """Cover, chapters and each tag."""
    told = "\n".join(encode(book, tmp_path / f"book.{extension}").warnings)
    for what in ("cover art", "3 chapters", "artist", "title"):
        assert what in told


def test_a_cover_has_no_comment_that_is_lost(album: Path, tmp_path: Path, encode: Encode) -> None:
    """That it is a front cover is no tag that MP4 and MP3 had no place for: nothing of an album is lost there."""
    for extension in ("m4a", "mp3"):
        settings = {"audio_codec": {"m4a": "aac", "mp3": "libmp3lame"}[extension], "no_loss": True}
        assert encode(album, tmp_path / f"album.{extension}", **settings).report.exit_code == 0


@pytest.mark.parametrize(
    ("extension", "codec"),
    [
        *(("aiff", "pcm_s16be"), ("caf", "pcm_s16be"), ("w64", "pcm_s16le"), ("au", "pcm_s16be"), ("wav", "pcm_s16le")),
        *(("wv", "wavpack"), ("mka", "wavpack"), ("m4a", "alac"), ("flac", "flac")),
    ],
)
def test_lossless_is_sample_for_sample(album: Path, tmp_path: Path, encode: Encode, extension: str, codec: str) -> None:
    """Whatever the container, both ffmpegs give the source's samples from it."""
    output = tmp_path / f"out.{extension}"
    encode(album, output, audio_codec=codec)
    assert held(output).codec == codec
    for program in films.binaries().values():
        assert _md5(output, program) == _md5(album, program)


def _md5(path: Path, program: str) -> str:
    return films.ffmpeg("-i", path, "-map", "0:a", "-c:a", "pcm_s16le", "-f", "md5", "-", program=program)


@pytest.mark.parametrize(
    ("extension", "codec"),
    [("opus", "libopus"), ("ogg", "libvorbis"), ("mp3", "libmp3lame"), ("mka", "libopus"), ("webm", "libopus")],
)
def test_as_many_samples_as_before(album: Path, tmp_path: Path, encode: Encode, extension: str, codec: str) -> None:
    """Priming and padding are declared: what is played is as long as the source, to the sample, in both ffmpegs."""
    output = tmp_path / f"out.{extension}"
    encode(album, output, audio_codec=codec)
    for program in films.binaries().values():
        assert samples(output, program) == SAMPLES


def test_aac_ends_where_it_ended(album: Path, tmp_path: Path, encode: Encode) -> None:
    """MP4's edit list tells priming and padding. FFmpeg 5.1 does not heed its end; the newer does."""
    output = tmp_path / "album.m4a"
    encode(album, output, audio_codec="aac")
    assert samples(output) == SAMPLES


def test_bare_streams_can_not_tell_their_priming(album: Path, tmp_path: Path, encode: Encode) -> None:
    """ADTS and AC-3 have no place for it: all of the sound is there, behind one frame of priming."""
    for extension, frame in (("aac", 1024), ("ac3", 1536)):
        output = tmp_path / f"album.{extension}"
        encode(album, output)
        assert SAMPLES <= samples(output) < SAMPLES + 2 * frame


@pytest.mark.parametrize("extension", ["mp4", "mov", "mka"])
@pytest.mark.parametrize("late", [Fraction(3, 2), Fraction(1, 100), Fraction(0)], ids=["late", "a little late", "zero"])
def test_late_sound_is_heard_when_it_began(album: Path, tmp_path: Path, extension: str, late: Fraction) -> None:
    """Priming stays unheard, and the first sample is where it was; not an AAC frame earlier."""
    source, part = tmp_path / "primed.m4a", tmp_path / f"out.{extension}"
    films.ffmpeg("-i", album, "-map", "0:a", "-c:a", "aac", "-movie_timescale", "48000", source)
    form = {"mka": "matroska"}.get(extension, extension)
    options = {} if extension == "mka" else {"movie_timescale": "192000", "movflags": "+faststart"}
    track = TrackSpec("audio", "source", 0)
    spec = JoinSpec(str(source), str(part), str(part), form, (track,), options=options, shift=str(late))
    verify_part(spec, join(spec))
    before, after = hearing.heard(source), hearing.heard(part)
    assert abs(after.begin - late) <= (Fraction(1, 1000) if extension == "mka" else 0)
    assert np.array_equal(after.samples[:SAMPLES], before.samples)


@pytest.mark.parametrize("name", ["a.wma", "a.amr", "a.aac", "a.ac3", "a.mp2", "a.eac3"])
def test_odd_sources(album: Path, tmp_path: Path, encode: Encode, name: str) -> None:
    """They go into Matroska: as they are, or as FLAC where it has no place for them; with all of their samples."""
    source, output = tmp_path / name, tmp_path / "out.mka"
    narrow = {"a.amr": ("-ar", "8000", "-ac", "1")}.get(name, ())
    try:
        films.ffmpeg("-i", album, "-map", "0:a", *narrow, source)
    except subprocess.CalledProcessError:
        pytest.skip("this ffmpeg has no encoder for it")
    encode(source, output)
    assert samples(output) == samples(source)


def test_nothing_that_can_be_taken_over(cover: Path, tmp_path: Path, encode: Encode) -> None:
    """A picture is no sound."""
    with pytest.raises(MediaError):
        encode(cover, tmp_path / "out.dts")


# -- gaps and late starts ---------------------------------------------------------------------------------------------


def with_times(source: Path, target: Path, moved: Callable[[Fraction], Fraction | None]) -> Path:
    """Write the packets of a sound again, each at another time, or not at all."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream_from_template(old.streams.audio[0])
        for packet in old.demux(old.streams.audio[0]):
            at = moved((packet.pts or 0) * Fraction(packet.time_base)) if packet.size else None
            if at is not None:
                packet.stream = stream
                packet.pts = packet.dts = round(at / Fraction(packet.time_base))
                new.mux_one(packet)
    return target


CODINGS: list[Any] = [
    pytest.param(*each, id=f"{each[1]} in {each[0]}")
    for each in [("opus", "libopus"), ("m4a", "aac"), ("mp3", "libmp3lame"), ("wav", "pcm_s16le"), ("mka", "flac")]
]


@pytest.mark.parametrize(("extension", "codec"), CODINGS)
def test_a_gap_is_filled(album: Path, tmp_path: Path, encode: Encode, extension: str, codec: str) -> None:
    """Two seconds in which the source is silent are two seconds of silence: nothing behind them comes too early."""
    source = with_times(album, tmp_path / "gap.mka", lambda at: at if at < 1 else at + 2)
    output = tmp_path / f"out.{extension}"
    encode(source, output, audio_codec=codec)
    found = hearing.heard(output)
    assert abs(len(found.samples) / found.rate - (SECONDS + 2)) < 0.002
    silent = found.between(float(found.begin) + 1.2, float(found.begin) + 2.9)
    assert np.abs(silent).max() < 0.001
    assert np.abs(found.between(float(found.begin) + 3.3, float(found.begin) + 3.9)).max() > 0.05


@pytest.mark.parametrize(("extension", "codec"), CODINGS[1:])
def test_an_overlap_is_heard_once(album: Path, tmp_path: Path, encode: Encode, extension: str, codec: str) -> None:
    """Sound that stands where other sound stands already does not push back all that follows."""
    early = Fraction(1, 64)  # a frame lasts longer
    source = with_times(album, tmp_path / "overlap.mka", lambda at: at if at < 1 else at - early)
    output = tmp_path / f"out.{extension}"
    encode(source, output, audio_codec=codec)
    found = hearing.heard(output)
    assert abs(len(found.samples) / found.rate - (SECONDS - early)) < 0.002


@pytest.mark.parametrize(
    ("extension", "codec"),
    [
        ("opus", "libopus"),
        ("m4a", "aac"),
        ("mka", "libopus"),
        ("mka", "flac"),
    ],
)
def test_a_late_start_stays(album: Path, tmp_path: Path, encode: Encode, extension: str, codec: str) -> None:
    """Sound that begins at 1.5 s is heard from there on, and its priming is not."""
    source = with_times(album, tmp_path / "late.mka", lambda at: at + Fraction(3, 2))
    output = tmp_path / f"out.{extension}"
    encode(source, output, audio_codec=codec)
    found = hearing.heard(output)
    assert abs(found.begin - Fraction(3, 2)) <= Fraction(1, 1000)
    later, likeness = hearing.lag(hearing.heard(album), replace(found, begin=found.begin - Fraction(3, 2)), 0.5)
    assert abs(later) <= 0.001
    assert likeness > 0.9


@pytest.mark.parametrize(("before", "after"), [("5.1(side)", "5.1"), ("3.1", "5.1"), ("4.0", "5.0")])
def test_loudspeakers_that_opus_does_not_know(before: str, after: str, tmp_path: Path, encode: Encode) -> None:
    """They become those that it knows, which no sound is lost by; a film's AC-3 is 5.1(side)."""
    source = tmp_path / "film.mka"
    films.ffmpeg("-f", "lavfi", "-i", f"anoisesrc=d=1:r=48000,aformat=channel_layouts={before}", "-c:a", "ac3", source)
    with av.open(str(source)) as file:
        assert file.streams.audio[0].layout.name == before
    encode(source, tmp_path / "out.opus", preset="audio-opus")
    with av.open(str(tmp_path / "out.opus")) as file:
        assert file.streams.audio[0].layout.name == after
