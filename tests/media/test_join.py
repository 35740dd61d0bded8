"""Joins of real pieces: the same pictures at the same times, sound byte for byte, and everything else beside them."""

from __future__ import annotations

import itertools
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import films
import sewing
from suture.errors import ConcatError, DiskFull, MediaError, Unsupported
from suture.ffmpeg.locate import locate
from suture.media.index import write_index
from suture.media.mux import join
from suture.media.probe import probe_file
from suture.media.spec import ChapterSpec, JoinSpec, PieceSpec, TrackSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.media

# Frames 0, 20 and 40 are keyframes; the others are between B-frames.
STARTS = (0, 7, 20, 33)
_MILLISECOND = 48  # samples
OPEN_GOP = "-c:v libx264 -preset veryfast -bf 3 -g 10 -x264-params open-gop=1:b-adapt=0:bframes=3 -threads 1"
VARIABLE = f"-vf select='not(eq(mod(n\\,5)\\,3))' -fps_mode passthrough {films.H264}"
SOURCES = {
    "mkv": ("mkv", films.H264, "24000/1001", ()),
    "mp4": ("mp4", films.H264, "24000/1001", ()),
    "ts": ("ts", films.H264, "25", ()),
    "mpeg4 in mov": ("mov", "-c:v mpeg4 -bf 2 -g 12", "30000/1001", ()),
    "intra": ("mkv", "-c:v ffv1", "24000/1001", ()),
    "variable": ("mkv", VARIABLE, "30", ()),
    "variable in mp4": ("mp4", VARIABLE, "30", ()),
    "late start": ("mkv", films.H264, "24000/1001", ("-output_ts_offset", "3.7")),
    "late start in mp4": ("mp4", films.H264, "25", ("-output_ts_offset", "3.7", "-use_editlist", "0")),
    "open, few frames a second": ("mp4", OPEN_GOP, "12", ()),
}
JOINS = [
    ("mkv", "ffv1", "mkv"),
    ("mkv", "libx264", "mp4"),
    ("mp4", "libx264", "mkv"),
    ("mp4", "libx264", "mov"),
    ("mp4", "libx264", "ts"),
    ("ts", "ffv1", "mkv"),
    ("ts", "libx264", "mp4"),
    ("mpeg4 in mov", "libvpx-vp9", "webm"),
    ("intra", "libx264", "mp4"),
    ("variable", "libx264", "mkv"),
    ("variable in mp4", "libx264", "mp4"),
    ("late start", "libx264", "mp4"),
    ("late start in mp4", "ffv1", "mkv"),
    ("open, few frames a second", "libx264", "mp4"),
]
# Every join with the ffmpeg that pip brings, and those that seek in different ways with the system's as well.
OTHER = {("mp4", "libx264", "mkv"), ("ts", "ffv1", "mkv"), ("open, few frames a second", "libx264", "mp4"), JOINS[-2]}
CASES = [(binary, *case) for binary in films.binaries() for case in JOINS if binary == "pip" or case in OTHER]


def film(make_film: films.FilmMaker, name: str) -> Path:
    """One of `SOURCES`."""
    extension, video, rate, more = SOURCES[name]
    seconds = 48 / float(Fraction(rate))
    return make_film(extension, video, rate=rate, seconds=seconds, more=more)


def on_clock(times: Sequence[Fraction], base: Fraction) -> list[Fraction]:
    """Times rounded once to a clock."""
    return [Fraction(int(time / base + Fraction(1, 2))) * base for time in times]


@pytest.mark.parametrize(("binary", "name", "codec", "extension"), CASES)
def test_no_frame_is_lost_doubled_or_moved(
    binary: str, name: str, codec: str, extension: str, make_film: films.FilmMaker, tmp_path: Path
) -> None:
    """The joined pictures hash as those of one linear decode, each at the source's time after one rounding."""
    ffmpeg = films.binaries()[binary]
    source = film(make_film, name)
    pieces = sewing.cut(source, STARTS if name != "variable" else (0, 7, 16, 25), tmp_path, codec, ffmpeg)
    output = sewing.sewn(source, tmp_path / f"out.{extension}", pieces.track)
    assert sewing.frame_hashes(output, ffmpeg) == sewing.frame_hashes(source, ffmpeg)
    assert sewing.shown(output) == on_clock(sewing.shown(source), sewing.time_base(output))
    assert len(set(sewing.shown(output))) == len(pieces.index)


def test_a_constant_rate_stays_constant(make_film: films.FilmMaker, tmp_path: Path) -> None:
    """From a clock of milliseconds to one that holds the rate: the header says 24000/1001, no frame drifts."""
    source = film(make_film, "mkv")
    output = sewing.sewn(source, tmp_path / "out.mp4", sewing.cut(source, STARTS, tmp_path, "libx264").track)
    assert probe_file(str(output)).streams[0].frame_rate == Fraction(24000, 1001)
    times = sewing.shown(output)
    assert all(abs(time - times[0] - n * Fraction(1001, 24000)) <= Fraction(1, 1000) for n, time in enumerate(times))


def test_decoding_times_ascend_and_are_never_late(make_film: films.FilmMaker, tmp_path: Path) -> None:
    """Also where pieces with and without B-frames meet."""
    source = film(make_film, "mp4")
    pieces = sewing.cut(source, (0, 20, 21, 22, 40), tmp_path, "libx264")
    output = sewing.sewn(source, tmp_path / "out.mp4", pieces.track)
    found = sewing.packets(output)
    decoding = [packet.dts for packet in found if packet.dts is not None]
    assert len(decoding) == len(found)
    assert decoding == sorted(set(decoding))
    assert all(packet.dts is not None and packet.dts <= packet.pts for packet in found)


def test_frames_last_until_the_next(make_film: films.FilmMaker, tmp_path: Path) -> None:
    """Durations are the source's own distances, the last one's included."""
    source = film(make_film, "variable in mp4")
    output = sewing.sewn(source, tmp_path / "out.mp4", sewing.cut(source, (0, 11), tmp_path, "libx264").track)
    mine, theirs = (sorted(sewing.packets(path), key=lambda p: p.pts) for path in (output, source))
    assert mine[-1].duration == theirs[-1].duration
    assert [b.pts - a.pts for a, b in itertools.pairwise(mine)] == [
        b.pts - a.pts for a, b in itertools.pairwise(theirs)
    ]


def test_pieces_of_other_parameter_sets_are_refused(make_film: films.FilmMaker, tmp_path: Path) -> None:
    """Two qualities without x264's stitchable give two sets; a decoder would stumble at the join."""
    source = film(make_film, "mkv")
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    options = (("x264-params", "stitchable=0"),)
    good = sewing.cut(source, (0, 20), tmp_path / "a", "libx264", crf=10, options=options)
    other = sewing.cut(source, (0, 20), tmp_path / "b", "libx264", crf=40, options=options)
    mixed = replace(good.track, pieces=(good.track.pieces[0], other.track.pieces[1]))
    spec = sewing.spec_of(source, tmp_path / "out.mkv", mixed)
    with pytest.raises(ConcatError, match=r"pieces 0 and 1 do not fit together: extradata .* from byte \d+ on"):
        join(spec)
    assert not Path(spec.part).exists()


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"codec": "libx264"}, "codec ffv1 and h264"),
        ({"filters": ("scale=32:24",)}, "width 64 and 32"),
        ({"pixel_format": "yuv444p"}, "pix_fmt yuv420p and yuv444p"),
    ],
)
def test_pieces_of_another_format_are_refused(
    settings: dict[str, Any], what: str, make_film: films.FilmMaker, tmp_path: Path
) -> None:
    """Codec, size and pixel format are compared, and the difference is named."""
    source = film(make_film, "mkv")
    for name in "ab":
        (tmp_path / name).mkdir()
    good = sewing.cut(source, (0, 20), tmp_path / "a")
    other = sewing.cut(source, (0, 20), tmp_path / "b", **settings)
    mixed = replace(good.track, pieces=(good.track.pieces[0], other.track.pieces[1]))
    with pytest.raises(ConcatError, match=what):
        join(sewing.spec_of(source, tmp_path / "out.mkv", mixed))


@pytest.fixture(scope="module")
def pieces(make_film: films.FilmMaker, tmp_path_factory: pytest.TempPathFactory) -> sewing.Cut:
    """Four pieces of a film with B-frames; tests must not change them."""
    return sewing.cut(film(make_film, "mkv"), STARTS, tmp_path_factory.mktemp("pieces"), "libx264")


def without(track: TrackSpec, chunk_id: int, folder: Path) -> TrackSpec:
    """The track with one piece that is not there."""
    gone = str(folder / "gone.mkv")
    return replace(track, pieces=tuple(replace(p, path=gone) if p.chunk_id == chunk_id else p for p in track.pieces))


def test_a_missing_piece_is_an_error(pieces: sewing.Cut, tmp_path: Path) -> None:
    """Strict: nothing is written, whether its file or its place in the list is missing."""
    absent = without(pieces.track, 1, tmp_path)
    with pytest.raises(MediaError, match=r"gone\.mkv"):
        join(sewing.spec_of(pieces.source, tmp_path / "out.mkv", absent))
    for left_out, expected in (
        (0, "begins at frame 7, frame 0"),
        (1, "begins at frame 20, frame 7"),
        (3, "end at frame 33"),
    ):
        kept = tuple(piece for piece in pieces.track.pieces if piece.chunk_id != left_out)
        with pytest.raises(ConcatError, match=expected):
            join(sewing.spec_of(pieces.source, tmp_path / "out.mkv", replace(pieces.track, pieces=kept)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", [0, 1, 3])
@pytest.mark.parametrize("extension", ["mkv", "mp4"])
def test_permissive_leaves_a_hole_and_moves_nothing(
    missing: int, extension: str, pieces: sewing.Cut, tmp_path: Path
) -> None:
    """The frames of the missing piece are left out; every other frame keeps its time."""
    track = without(pieces.track, missing, tmp_path)
    output = sewing.sewn(pieces.source, tmp_path / f"out.{extension}", track, permissive=True)
    hole = pieces.track.pieces[missing]
    kept = [n for n in range(len(pieces.index)) if not hole.start_frame <= n < hole.end_frame]
    whole = on_clock(sewing.shown(pieces.source), sewing.time_base(output))
    assert sewing.shown(output) == [whole[n] for n in kept]
    hashes = sewing.frame_hashes(pieces.source)
    assert sewing.frame_hashes(output) == [hashes[n] for n in kept]


def test_permissive_forgives_no_wrong_piece(pieces: sewing.Cut, tmp_path: Path) -> None:
    """Nothing at all, a piece twice, and a piece of too few frames are errors in either mode."""
    track = pieces.track
    twice = replace(track, pieces=(track.pieces[0], *track.pieces))
    nothing = replace(track, pieces=tuple(replace(piece, path=str(tmp_path / "no")) for piece in track.pieces))
    short = replace(
        track, pieces=(*track.pieces[:1], replace(track.pieces[1], path=track.pieces[0].path), *track.pieces[2:])
    )
    for wrong, why in (
        (twice, "begins at frame 0, frame 7"),
        (nothing, "no pieces"),
        (short, "piece 1 .* holds 7 frames, its range 13"),
    ):
        with pytest.raises(ConcatError, match=why):
            join(sewing.spec_of(pieces.source, tmp_path / "out.mkv", wrong, permissive=True))


def test_one_open_piece_goes_to_the_end_of_the_index(make_film: films.FilmMaker, tmp_path: Path) -> None:
    """A piece whose end is not told holds all frames, or is refused; without an index it keeps its own times."""
    source = film(make_film, "late start")
    cut = sewing.cut(source, (0,), tmp_path, "libx264")
    whole = replace(cut.track, pieces=(PieceSpec(0, cut.track.pieces[0].path, 0, -1),))
    output = sewing.sewn(source, tmp_path / "out.mkv", whole)
    assert sewing.shown(output) == sewing.shown(source)
    own = sewing.sewn(source, tmp_path / "own.mkv", replace(whole, index=""))
    assert sewing.shown(own)[0] == 0
    (tmp_path / "parts").mkdir()
    parts = sewing.cut(source, (0, 20), tmp_path / "parts", "libx264").track.pieces
    with pytest.raises(ConcatError, match="holds 20 frames, its range 48"):
        join(sewing.spec_of(source, tmp_path / "no.mkv", replace(whole, pieces=(replace(parts[0], end_frame=-1),))))
    with pytest.raises(ConcatError, match="times of their own"):
        join(sewing.spec_of(source, tmp_path / "no.mkv", replace(whole, index="", pieces=parts)))


@pytest.mark.parametrize("codec", ["aac", "libopus", "ac3", "flac", "libmp3lame"])
@pytest.mark.parametrize(("origin", "extension"), [("mp4", "mkv"), ("mkv", "mp4"), ("mkv", "mkv"), ("mp4", "mov")])
def test_sound_is_copied_byte_for_byte_at_its_time(
    codec: str, origin: str, extension: str, pieces: sewing.Cut, make_film: films.FilmMaker, tmp_path: Path
) -> None:
    """Every packet is there, unchanged, at the source's time within its clock; the priming stays unheard."""
    if extension == "mov" and codec in {"libopus", "flac"}:
        pytest.skip("MOV does not hold it")
    source = make_film(origin, films.H264, f"-c:a {codec} -b:a 96k")
    output = sewing.sewn(source, tmp_path / f"out.{extension}", pieces.track, *sewing.copied(source, "audio"))
    before, after = (sewing.packets(path, "audio") for path in (source, output))
    assert [packet.md5 for packet in after] == [packet.md5 for packet in before]
    clock = Fraction(1, 1000)
    assert all(abs(a.pts - b.pts) <= clock for a, b in zip(after, before, strict=True))
    assert [packet.pts < 0 for packet in after] == [packet.pts < 0 for packet in before]
    mine, theirs = heard(output), heard(source)
    place = mine.find(theirs[40000:44000], 40000 - 2 * _MILLISECOND)
    # Matroska of this libavformat does not take over how many samples MP4 leaves unheard: they lie before zero.
    unheard = -before[0].pts if (origin, extension) == ("mp4", "mkv") else Fraction(0)
    assert place + 2 * _MILLISECOND >= 40000
    assert place <= 40000 + 2 * (_MILLISECOND + round(unheard * 48000))
    # The 2 s that were recorded; not every container tells how much of the last packet is padding.
    assert 192000 <= len(mine) <= 192000 + 4 * 1536


def heard(path: Path) -> bytes:
    """The sound as a player gives it, 16 bits a sample."""
    argv = [locate(), "-v", "error", "-i", str(path), "-map", "0:a:0", "-f", "s16le", "-"]
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout


def test_sound_without_lengths_keeps_its_last_packet(
    pieces: sewing.Cut, make_film: films.FilmMaker, tmp_path: Path
) -> None:
    """ALAC in Matroska has no durations; the last packet is heard all the same in MP4, which needs one."""
    source = make_film("mkv", films.H264, "-c:a alac")
    output = sewing.sewn(source, tmp_path / "out.mp4", pieces.track, *sewing.copied(source, "audio"))
    assert [p.md5 for p in sewing.packets(output, "audio")] == [p.md5 for p in sewing.packets(source, "audio")]
    assert len(heard(output)) >= len(heard(source)) >= 192000


CHAPTERS = (
    ChapterSpec(0, 900, "1/1000", {"title": "One"}),
    ChapterSpec(900, 2000, "1/1000", {"title": "Zwei, äöü; = # \\ line"}),
)


@pytest.fixture(scope="module")
def full(make_film: films.FilmMaker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Matroska film with two languages, subtitles, a cover and a font."""
    folder = tmp_path_factory.mktemp("full")
    (folder / "font.ttf").write_bytes(b"no font, but nobody looks")
    (folder / "subs.srt").write_text("1\n00:00:00,500 --> 00:00:01,000\nA\n\n2\n00:00:01,200 --> 00:00:01,900\nB\n")
    films.ffmpeg("-f", "lavfi", "-i", "testsrc=s=32x32", "-frames:v", "1", folder / "cover.png")
    cover = ("-attach", folder / "cover.png", "-metadata:s:t:0", "mimetype=image/png")
    font = ("-attach", folder / "font.ttf", "-metadata:s:t:1", "mimetype=font/ttf")
    maps = ("-map", "0", "-map", "1", "-map", "1", "-map", "2")
    tags = ("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger", "-metadata:s:a:1", "title=Zweite")
    flags = ("-disposition:a:0", "default", "-disposition:a:1", "comment", "-disposition:s:0", "forced")
    more = ("-i", folder / "subs.srt", *maps, *tags, *flags, *cover, *font)
    return make_film("mkv", films.H264, "-c:a aac -b:a 64k", more=more)


def whole_spec(full: Path, output: Path, pieces: sewing.Cut) -> JoinSpec:
    """Everything that the container holds."""
    matroska = output.suffix == ".mkv"
    tracks = [pieces.track, *sewing.copied(full, "audio"), *sewing.copied(full, "cover")]
    tracks += sewing.copied(full, "subtitle") if matroska else []
    fonts = tuple(a.stream_index for a in probe_file(str(full)).attachments) if matroska else ()
    tags = {"title": "Äpfel", "comment": "x=y"}
    return sewing.spec_of(full, output, *tracks, attachments=fonts, chapters=CHAPTERS, metadata=tags)


@pytest.mark.parametrize("extension", ["mkv", "mp4"])
def test_everything_else_arrives(extension: str, full: Path, pieces: sewing.Cut, tmp_path: Path) -> None:
    """Languages, titles, dispositions, chapters, tags; the cover, and the font where it can be held."""
    spec = whole_spec(full, tmp_path / f"out.{extension}", pieces)
    join(spec)
    info = probe_file(spec.part)
    assert [s.language for s in info.of_kind("audio")] == ["eng", "ger"]
    assert [s.disposition for s in info.of_kind("audio")] == [("default",), ("comment",)]
    spans = [(c.start * c.time_base, c.end * c.time_base, c.metadata["title"]) for c in info.chapters]
    assert spans == [(Fraction(c.start, 1000), Fraction(c.end, 1000), c.metadata["title"]) for c in CHAPTERS]
    assert {"title": "Äpfel", "comment": "x=y"}.items() <= {k.lower(): v for k, v in info.metadata.items()}.items()
    (cover,) = info.covers
    assert sewing.packets(Path(spec.part), number=1)[0].md5 == sewing.packets(full, number=1)[0].md5
    assert (cover.codec, cover.width) == ("png", 32)
    if extension == "mkv":
        assert info.of_kind("audio")[1].metadata["title"] == "Zweite"
        assert [s.disposition for s in info.of_kind("subtitle")] == [("forced",)]
        assert sewing.packets(Path(spec.part), "subtitle") == sewing.packets(full, "subtitle")
        assert [(a.name, a.mimetype, a.size_bytes) for a in info.attachments] == [("font.ttf", "font/ttf", 25)]


def test_a_part_of_the_film_moves_to_zero(full: Path, pieces: sewing.Cut, tmp_path: Path) -> None:
    """With a shift and bounds every stream moves alike, and nothing from outside comes along."""
    frame, end = 20, 40
    begin = pieces.index.time(frame)
    part = pieces.index.part(frame, end)
    write_index(part, str(tmp_path / "part"))
    piece = sewing.cut(pieces.source, (0, frame, end), tmp_path, "libx264").track.pieces[1]
    track = TrackSpec(
        "video", "pieces", 0, pieces=(replace(piece, start_frame=0, end_frame=20),), index=str(tmp_path / "part")
    )
    bounds = {"shift": str(-begin), "start": str(begin), "end": str(pieces.index.time(end))}
    output = sewing.sewn(full, tmp_path / "out.mkv", track, *sewing.copied(full, "audio"), **bounds)
    assert sewing.shown(output) == on_clock(
        [pieces.index.time(n) - begin for n in range(frame, end)], Fraction(1, 1000)
    )
    lead = begin - Fraction(1, 10)  # for the decoder, not to be heard
    before = [p for p in sewing.packets(full, "audio") if p.pts + p.duration > lead and p.pts < pieces.index.time(end)]
    after = sewing.packets(output, "audio")
    assert [p.md5 for p in after] == [p.md5 for p in before]
    assert [p.pts for p in after] == [p.pts - begin for p in before]


def test_a_stream_that_the_container_refuses_is_named(full: Path, pieces: sewing.Cut, tmp_path: Path) -> None:
    """Text subtitles of Matroska do not go into MP4: an error, and no part file."""
    spec = sewing.spec_of(full, tmp_path / "out.mp4", pieces.track, *sewing.copied(full, "subtitle"))
    with pytest.raises((Unsupported, ConcatError), match="mp4"):
        join(spec)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_called_so(pieces: sewing.Cut, tmp_path: Path) -> None:
    """What the system says of the target is what the user hears."""
    (tmp_path / ".part-out.mkv").symlink_to("/dev/full")
    spec = sewing.spec_of(pieces.source, tmp_path / "out.mkv", pieces.track)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_args, **_more: None)
        with pytest.raises(DiskFull, match="no space left"):
            join(spec)


def test_progress_counts_to_the_last_frame(pieces: sewing.Cut, tmp_path: Path) -> None:
    """The last report is the number of frames that were written, which the facts say as well."""
    seen: list[int] = []
    spec = sewing.spec_of(pieces.source, tmp_path / "out.mkv", pieces.track)
    facts = join(spec, seen.append)
    assert seen[-1] == facts["frames"] == len(pieces.index)
    assert facts["bytes"] == Path(spec.part).stat().st_size
    assert facts["dropped"] == 0
