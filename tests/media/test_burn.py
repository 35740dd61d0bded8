"""Burned-in subtitles are right in every piece: the frames of the pieces are the frames of the whole."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from suture.command.burn import Burn, PictureBurn, PictureTrack, TextBurn, TextTrack
from suture.command.subtitle import SubtitleBuilder
from suture.command.video import VideoBuilder
from suture.errors import MediaError
from suture.ffmpeg.locate import locate

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.media

BINARIES = sorted({path for path in (locate(), shutil.which("ffmpeg")) if path})
MEDIA = Path(os.environ.get("SUTURE_TEST_MEDIA", Path(__file__).parents[2] / "../shared/media")) / "structure"
RATE = 25
WIDTH, HEIGHT = 192, 144


class Box(NamedTuple):
    """A box on the screen, from ``start`` to ``end`` in seconds."""

    start: float
    end: float
    x: int
    y: int
    width: int = 60
    height: int = 20
    y_cr_cb: tuple[int, int, int] = (200, 90, 60)


# The first appears with the first frame; the second lasts over several GOPs; two are a frame apart.
BOXES = [
    Box(0, 0.4, 10, 100),
    Box(0.8, 3.3, 30, 90, y_cr_cb=(60, 200, 90)),
    Box(3.52, 3.56, 4, 4),
    Box(3.6, 3.96, 90, 9),
]
SHOWN = {n for n in range(100) if any(box.start <= n / RATE < box.end for box in BOXES)}
SRT = """1
00:00:00,300 --> 00:00:01,500
one

2
00:00:01,700 --> 00:00:03,900
<i>two</i>
"""
ASS = """[Script Info]
ScriptType: v4.00+
PlayResX: 192
PlayResY: 144

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, ScaleX, ScaleY, BorderStyle, Outline, Alignment
Style: Default,DejaVu Sans,24,&H0000FFFF,100,100,1,1,2

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.20,0:00:03.80,Default,,0,0,0,,{\\fad(900,900)\\move(20,20,150,120)}moves
"""


def sup(boxes: Sequence[Box], width: int, height: int) -> bytes:
    """A PGS file (``.sup``), for a picture of this size. Source: US 2009/0185789 A1."""
    return b"".join(
        _shown(box, 2 * number, width, height) + _cleared(box.end, 2 * number + 1, width, height)
        for number, box in enumerate(boxes)
    )


def _segment(time: float, kind: int, body: bytes) -> bytes:
    return b"PG" + struct.pack(">IIBH", round(time * 90_000), 0, kind, len(body)) + body


def _shown(box: Box, number: int, width: int, height: int) -> bytes:
    at, (time, x, y, w, h) = box.start, (box.start, box.x, box.y, box.width, box.height)
    # A run of w pixels of colour 1, then the end of the line.
    row = bytes([0, 0xC0 | w >> 8, w & 255, 1, 0, 0])
    pixels = struct.pack(">HH", w, h) + row * h
    composed = struct.pack(">HHBHBBBBHBBHH", width, height, 16, number, 128, 0, 0, 1, 0, 0, 0, x, y)
    return b"".join(
        [
            _segment(at, 0x16, composed),
            _segment(at, 0x17, struct.pack(">BBHHHH", 1, 0, x, y, w, h)),
            _segment(at, 0x14, bytes([0, 0, 1, *box.y_cr_cb, 255])),
            _segment(time, 0x15, struct.pack(">HBB", 0, 0, 0xC0) + len(pixels).to_bytes(3, "big") + pixels),
            _segment(at, 0x80, b""),
        ]
    )


def _cleared(time: float, number: int, width: int, height: int) -> bytes:
    composed = struct.pack(">HHBHBBBB", width, height, 16, number, 0, 0, 0, 0)
    window = struct.pack(">BBHHHH", 1, 0, 0, 0, width, height)
    return b"".join(_segment(time, kind, body) for kind, body in ((0x16, composed), (0x17, window), (0x80, b"")))


@dataclass(frozen=True)
class Films:
    """The same picture with different subtitles, one of them with a clock that starts at five seconds."""

    folder: Path

    def __getitem__(self, name: str) -> str:
        return str(self.folder / name)


@pytest.fixture(params=BINARIES)
def ffmpeg(request: pytest.FixtureRequest) -> str:
    """A real one."""
    return str(request.param)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Films:
    """Four seconds with B-frames and a keyframe every second and a half; text and bitmap subtitles."""
    folder = tmp_path_factory.mktemp("films")

    def make(*arguments: str) -> None:
        subprocess.run([locate(), "-v", "error", "-y", *arguments], check=True, cwd=folder)

    (folder / "t.srt").write_text(SRT)
    (folder / "t.ass").write_text(ASS)
    (folder / "p.sup").write_bytes(sup(BOXES, WIDTH, HEIGHT))
    source = f"testsrc2=s={WIDTH}x{HEIGHT}:r={RATE}:d=4"
    encoder = ["-c:v", "libx264", "-g", "37", "-bf", "3", "-pix_fmt", "yuv420p"]
    make("-f", "lavfi", "-i", source, *encoder, "plain.mkv")
    both = ("-copyts", "-i", "plain.mkv", "-copyts", "-i")
    make(*both, "p.sup", "-map", "0", "-map", "1", "-c", "copy", "pgs.mkv")
    make(*both, "t.srt", "-map", "0", "-map", "1", "-c", "copy", "srt.mkv")
    make(*both, "t.ass", "-map", "0", "-map", "1", "-c", "copy", "ass.mkv")
    (folder / "e.ass").write_text(ASS.rpartition("Dialogue")[0])
    make(*both, "e.ass", "-map", "0", "-map", "1", "-c", "copy", "empty.mkv")
    make("-fix_sub_duration", "-i", "pgs.mkv", "-map", "0", "-c:v", "copy", "-c:s", "dvdsub", "vobsub.mkv")
    for name in ("pgs", "srt"):
        make("-i", f"{name}.mkv", "-map", "0", "-c", "copy", "-output_ts_offset", "5", f"{name}_late.mkv")
    return Films(folder)


def _hashes(ffmpeg: str, path: str) -> list[str]:
    """A hash of each frame."""
    command = [ffmpeg, "-v", "error", "-i", f"file:{path}", "-map", "0:v", "-f", "framemd5", "-"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [line.rpartition(",")[2].strip() for line in told.splitlines() if not line.startswith("#")]


def _times(ffmpeg: str, path: Path) -> list[Fraction]:
    """The time of each frame in seconds, by the container's clock."""
    command = [ffmpeg, "-v", "error", "-copyts", "-i", str(path), "-fps_mode", "passthrough", "-f", "framecrc", "-"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    base = Fraction(next(line for line in told if line.startswith("#tb")).split()[-1])
    return [int(line.split(",")[2]) * base for line in told if not line.startswith("#")]


def _encoded(video: VideoBuilder, name: str, folder: Path) -> list[str]:
    out = str(folder / f"{name}.mkv")
    video._with(output_path=out).run()
    return _hashes(str(video.program), out)


def _pieces(video: VideoBuilder, cuts: list[int], count: int, rate: Fraction, folder: Path) -> list[str]:
    """The frames of all pieces, each entered midway between two frames."""
    found: list[str] = []
    for first, end in zip(cuts, [*cuts[1:], count], strict=True):
        middle = round((first - Fraction(1, 2)) / rate * 1_000_000)
        piece = video.set_seek(max(0, middle)).set_frames(end - first)
        found += _encoded(piece, f"piece{first}", folder)
    return found


def _video(ffmpeg: str, film: str, burn: Burn | None) -> VideoBuilder:
    base = VideoBuilder("v0", film, "").set_codec("ffv1").set_passthrough_timestamps().set_program(ffmpeg)
    return base.set_burn(burn)


def _pictures(ffmpeg: str, film: str, folder: Path, stream: int = 0, size: tuple[int, int] = (WIDTH, HEIGHT)) -> str:
    out = str(folder / "pictures.mkv")
    PictureTrack("p0", film, out, *size, stream=stream, program=ffmpeg).run()
    return out


@pytest.mark.parametrize(("film", "start_us"), [("pgs", 0), ("vobsub", 0), ("pgs_late", 5_000_000)])
def test_bitmap_subtitles_show_in_time_and_in_every_piece(
    film: str, start_us: int, ffmpeg: str, films: Films, tmp_path: Path
) -> None:
    """Pictures show on exactly the frames of their time, and pieces have the same frames as the whole."""
    plain = _hashes(ffmpeg, films["plain.mkv"])
    source = films[f"{film}.mkv"]
    burn = PictureBurn(_pictures(ffmpeg, source, tmp_path), start_us)
    whole = _encoded(_video(ffmpeg, source, burn), "whole", tmp_path)
    changed = {n for n in range(100) if whole[n] != plain[n]}
    # VobSub counts in 1/90 s units of 1024 ticks: its ends are up to 12 ms early, which is less than a frame.
    assert changed == SHOWN
    cuts = [0, 1, 9, 37, 60, 88, 89, 95]
    assert _pieces(_video(ffmpeg, source, burn), cuts, 100, Fraction(RATE), tmp_path) == whole


@pytest.mark.parametrize(("film", "kind"), [("srt", "mks"), ("ass", "mks"), ("srt_late", "mks"), ("srt", "file")])
def test_text_subtitles_are_the_same_in_every_piece(
    film: str, kind: str, ffmpeg: str, films: Films, tmp_path: Path
) -> None:
    """Also in the middle of a fade or a move; from a track of the film or a file beside it."""
    plain = _hashes(ffmpeg, films["plain.mkv"])
    source, text = films[f"{film}.mkv"], str(tmp_path / "track.mks")
    TextTrack("t0", source, text).set_program(ffmpeg).run()
    burn = TextBurn(films["t.srt"] if kind == "file" else text)
    whole = _encoded(_video(ffmpeg, source, burn), "whole", tmp_path)
    shown = {n for n in range(100) if whole[n] != plain[n]}
    if film != "ass":
        assert shown == {n for n in range(100) if 0.3 <= n / RATE < 1.5 or 1.7 <= n / RATE < 3.9}
    else:
        assert shown > set(range(10, 90))
    assert _pieces(_video(ffmpeg, source, burn), [0, 13, 37, 60, 91], 100, Fraction(RATE), tmp_path) == whole


def test_a_films_own_text_with_a_late_clock(ffmpeg: str, films: Films, tmp_path: Path) -> None:
    """Read from the film itself, text needs the film's start time; then it is the same as from its track."""
    text = str(tmp_path / "track.mks")
    TextTrack("t0", films["srt_late.mkv"], text).set_program(ffmpeg).run()
    video = _video(ffmpeg, films["srt_late.mkv"], TextBurn(text))
    own = video.set_burn(TextBurn(films["srt_late.mkv"], start_us=5_000_000))
    assert _encoded(own, "own", tmp_path) == _encoded(video, "track", tmp_path)


def test_burning_leaves_the_timestamps_alone(ffmpeg: str, films: Films, tmp_path: Path) -> None:
    """A piece begins at zero, with and without subtitles, whatever clock burning ran on."""
    pictures = _pictures(ffmpeg, films["pgs_late.mkv"], tmp_path)
    for name, burn in (
        ("plain", None),
        ("text", TextBurn(films["t.srt"])),
        ("pictures", PictureBurn(pictures, 5_000_000)),
    ):
        out = tmp_path / f"{name}_piece.mkv"
        piece = _video(ffmpeg, films["pgs_late.mkv"], burn).set_seek(1_180_000).set_frames(5)
        piece._with(output_path=str(out)).run()
        assert 0 <= _times(ffmpeg, out)[0] <= Fraction(1, RATE), name


@pytest.mark.parametrize(
    ("name", "stream"),
    [
        ("SubtitleEdit__subtitleedit__sample_MKV_VobSub_PGS.mkv", 0),
        ("SubtitleEdit__subtitleedit__sample_MKV_VobSub_PGS.mkv", 1),
    ],
)
def test_real_bitmap_subtitles_in_pieces(name: str, stream: int, ffmpeg: str, tmp_path: Path) -> None:
    """Of another size than the picture, VobSub and PGS: scaled, shown, and the same in pieces."""
    film = MEDIA / name
    if not film.exists():
        pytest.skip("the folder of real files is not there (SUTURE_TEST_MEDIA)")
    burn = PictureBurn(_pictures(ffmpeg, str(film), tmp_path, stream, (176, 144)))
    plain = _encoded(_video(ffmpeg, str(film), None), "plain", tmp_path)
    whole = _encoded(_video(ffmpeg, str(film), burn), "whole", tmp_path)
    changed = [n for n in range(len(plain)) if whole[n] != plain[n]]
    assert 14 <= changed[0] <= 16  # they begin at 0.955 and 1.0 s, at 15 frames a second
    assert len(changed) > 50
    cuts = [0, 20, 45, 60]
    assert _pieces(_video(ffmpeg, str(film), burn), cuts, len(whole), Fraction(15), tmp_path) == whole


@pytest.mark.parametrize("kind", ["srt", "ass_subtitles"])
def test_real_text_subtitles_in_pieces(kind: str, ffmpeg: str, tmp_path: Path) -> None:
    """A film's track, taken out once, is seen and is the same in pieces, whatever the film's rate."""
    film = MEDIA / f"androidx__media__sample_with_{kind}.mkv"
    if not film.exists():
        pytest.skip("the folder of real files is not there (SUTURE_TEST_MEDIA)")
    TextTrack("t0", str(film), str(tmp_path / "t.mks")).set_program(ffmpeg).run()
    video = _video(ffmpeg, str(film), TextBurn(str(tmp_path / "t.mks")))
    whole = _encoded(video, "whole", tmp_path)
    assert whole != _encoded(video.set_burn(None), "plain", tmp_path)
    times = _times(ffmpeg, tmp_path / "plain.mkv")
    for first, end in ((11, 20), (20, len(whole))):
        middle = round((times[first - 1] + times[first]) / 2 * 1_000_000)
        piece = video.set_seek(middle).set_frames(end - first)
        assert _encoded(piece, "piece", tmp_path) == whole[first:end]


def test_an_empty_track_is_an_error(ffmpeg: str, films: Films, tmp_path: Path) -> None:
    """Nothing to burn is told at once; ffmpeg 5.1 would read the empty file again and again without end."""
    out = tmp_path / "track.mks"
    with pytest.raises(MediaError, match="is empty"):
        TextTrack("t0", films["empty.mkv"], str(out)).set_program(ffmpeg).run()
    assert not out.exists()


@pytest.mark.parametrize("film", ["srt", "ass", "pgs", "vobsub"])
def test_a_whole_film_is_burned_in_one_call(film: str, ffmpeg: str, films: Films, tmp_path: Path) -> None:
    """`SubtitleBuilder` burns a stream of the input, text or bitmap; the picture shows it."""
    out = str(tmp_path / "o.mkv")
    command = SubtitleBuilder("s0", films[f"{film}.mkv"], out).set_program(ffmpeg).set_video_codec("ffv1")
    command.burn_subtitles(0, bitmap=film in {"pgs", "vobsub"}).run()
    plain, burned = _hashes(ffmpeg, films["plain.mkv"]), _hashes(ffmpeg, out)
    assert len(burned) == 100
    assert sum(a != b for a, b in zip(plain, burned, strict=True)) > 50


def test_pictures_make_one_call_exact_too(ffmpeg: str, films: Films, tmp_path: Path) -> None:
    """Given what a `PictureTrack` wrote, `SubtitleBuilder` shows bitmaps just in their time."""
    pictures = _pictures(ffmpeg, films["pgs_late.mkv"], tmp_path)
    out = str(tmp_path / "o.mkv")
    command = SubtitleBuilder("s0", films["pgs_late.mkv"], out).set_program(ffmpeg).set_video_codec("ffv1")
    command.set_subtitle_file(pictures).burn_subtitles(bitmap=True, start_us=5_000_000).run()
    plain, burned = _hashes(ffmpeg, films["plain.mkv"]), _hashes(ffmpeg, out)
    assert {n for n in range(100) if burned[n] != plain[n]} == SHOWN
