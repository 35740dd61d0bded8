"""--start and --end cut sound, text and chapters where they cut the picture.

Copied sound is cut at the sample too: packets before the beginning are there for the decoder, and the container says
that they are not to be heard.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import films
import hearing
import sewing
from suture.media.opening import open_input
from suture.media.probe import probe_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.media

MILLISECOND = Fraction(1, 1000)
# Between two frames, inside of packets of every codec.
BEGIN, END = Fraction(611, 500), Fraction(2333, 1000)
COPIES = [
    ("mp4", "aac", "mkv"),
    ("mkv", "aac", "mp4"),
    ("mkv", "aac", "mkv"),
    ("ts", "aac", "mp4"),
    ("mkv", "libopus", "mkv"),
    ("mp4", "libmp3lame", "mkv"),
    ("mkv", "ac3", "mov"),
]


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Recordings of noise, shared by the tests of this file."""
    return hearing.recorder(tmp_path_factory.mktemp("recordings"))


def bounds(source: Path) -> dict[str, str]:
    """What a join is told of the range: on the source's clock."""
    zero = Fraction(probe_file(str(source)).start_us, 1_000_000)
    return {"start": str(zero + BEGIN), "end": str(zero + END), "shift": str(-zero - BEGIN)}


@pytest.mark.parametrize(("origin", "codec", "extension"), COPIES)
def test_copied_sound_begins_and_ends_at_the_sample(
    origin: str, codec: str, extension: str, record: Callable[..., Path], tmp_path: Path
) -> None:
    """As long as the range, at its place in it, and right from its first sample on."""
    source = record(origin, codec)
    given = bounds(source)
    output = sewing.sewn(source, tmp_path / f"out.{extension}", *sewing.copied(source, "audio"), **given)
    before, after = hearing.heard(source), hearing.heard(output)
    assert abs(after.begin) <= MILLISECOND
    assert abs(len(after.samples) / after.rate - (END - BEGIN)) <= MILLISECOND
    moved = hearing.Heard(after.samples, after.begin + Fraction(given["start"]), after.rate)
    for begin in (0.002, 0.6):
        late, alike = hearing.lag(before, moved, begin + float(Fraction(given["start"])), length=0.4, search=0.01)
        assert abs(late) <= MILLISECOND
        assert alike > (0.99 if codec != "libopus" else 0.95)


@pytest.mark.parametrize(("origin", "codec"), [("ts", "aac"), ("mkv", "ac3"), ("mkv", "libopus")])
def test_where_nothing_can_be_hidden_no_packet_too_many_is_heard(
    origin: str, codec: str, record: Callable[..., Path], tmp_path: Path
) -> None:
    """MPEG-TS plays all that it holds: the packet in which the range begins, none before it."""
    source = record(origin, codec)
    given = bounds(source)
    given["shift"] = str(Fraction(given["shift"]) + 1)
    output = sewing.sewn(source, tmp_path / "out.ts", *sewing.copied(source, "audio"), **given)
    found = sewing.packets(output, "audio")
    assert found[0].pts <= 1 < found[0].pts + found[0].duration + MILLISECOND
    assert found[-1].pts < END - BEGIN + 1


@pytest.mark.parametrize(("begin", "end"), [(BEGIN, END), (BEGIN, None), (None, END)])
def test_encoded_sound_is_cut_at_the_sample(
    begin: Fraction | None,
    end: Fraction | None,
    record: Callable[..., Path],
    tmp_path: Path,
    encode: Callable[..., Any],
    each_ffmpeg: str,
) -> None:
    """Without loss: exactly these samples of the source, no other."""
    source, output = record("mov", "pcm_s16le", picture=""), tmp_path / "out.mka"
    encode(source, output, audio_codec="flac", start=begin, end=end, ffmpeg=each_ffmpeg)
    before, after = hearing.heard(source), hearing.heard(output)
    first, last = (round((at or 0) * hearing.RATE) for at in (begin, end))
    assert np.array_equal(after.samples, before.samples[first : last or None])
    assert after.begin == 0


SRT = """1
00:00:00,200 --> 00:00:00,900
gone before it begins

2
00:00:00,500 --> 00:00:01,322
still there

3
00:00:01,400 --> 00:00:02,000
whole

4
00:00:02,100 --> 00:00:02,900
cut short

5
00:00:02,400 --> 00:00:02,800
too late
"""
LINES = [(b"still there", Fraction(0), Fraction(1, 10)), (b"whole", Fraction(89, 500), Fraction(3, 5))]
LINES.append((b"cut short", Fraction(439, 500), Fraction(233, 1000)))
CHAPTERS = """;FFMETADATA1
[CHAPTER]
TIMEBASE=1/1000
START=0
END=1500
title=A
[CHAPTER]
TIMEBASE=1/1000
START=1500
END=3000
title=B
"""


@pytest.mark.parametrize("extension", ["mkv", "mp4"])
def test_text_and_chapters_are_cut_like_the_picture(
    extension: str, record: Callable[..., Path], tmp_path: Path, encode: Callable[..., Any]
) -> None:
    """A line that is there at the beginning is there from zero on; none is seen beyond the end; chapters alike."""
    folder = tmp_path.with_name(f"{tmp_path.name}-text")
    folder.mkdir()
    (folder / "lines.srt").write_text(SRT)
    (folder / "chapters.txt").write_text(CHAPTERS)
    film, output = record("mkv", "aac"), tmp_path / f"out.{extension}"
    more = ("-i", film, "-i", folder / "lines.srt", "-i", folder / "chapters.txt")
    source = folder / "source.mkv"
    films.ffmpeg(*more, "-map", "0", "-map", "1", "-map_chapters", "2", "-c", "copy", "-c:s", "srt", source)
    encode(source, output, start=BEGIN, end=END, speed="ultrafast")
    assert lines_of(output) == LINES
    spans = [(c.start * c.time_base, c.end * c.time_base) for c in probe_file(str(output)).chapters]
    assert spans == [(0, Fraction(3, 2) - BEGIN), (Fraction(3, 2) - BEGIN, END - BEGIN)]
    pictures = sewing.shown(output)
    assert pictures[0] == Fraction(31, 25) - BEGIN
    assert pictures[-1] == Fraction(58, 25) - BEGIN


def lines_of(path: Path) -> list[tuple[bytes, Fraction, Fraction]]:
    """Text, beginning and length of each line; MP4 fills the gaps with empty ones."""
    with open_input(str(path)) as container:
        stream = container.streams.subtitles[0]
        base = Fraction(stream.time_base or 1)
        found = [(bytes(p), (p.pts or 0) * base, (p.duration or 0) * base) for p in container.demux(stream) if p.size]
    texts = [(data[2:] if path.suffix == ".mp4" else data, at, length) for data, at, length in found]
    return [line for line in texts if line[0].strip()]
