"""The output as the join has to write it: names, clock, chapters, losses."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from suture.command.part import part_of
from suture.model import Chapter, StreamInfo
from suture.planning.output import audio_path, join_spec, piece_path, subtitle_path
from suture.planning.tracks import Track

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.media.spec import JoinSpec

BASE = Fraction(1, 1000)
VIDEO = StreamInfo(0, "video", "h264", BASE, 0, width=320, height=180, pix_fmt="yuv420p")
SOUND = StreamInfo(1, "audio", "aac", BASE, 0, channels=2, sample_rate=44100)
STYLED = StreamInfo(2, "subtitle", "ass", BASE, 0)


@pytest.fixture
def spec_of(make_brief: Callable[..., Any], make_video: Callable[..., Any]) -> Callable[..., JoinSpec]:
    """The join file of a brief with one video in two pieces."""

    def spec(*streams: StreamInfo, first_pts: int = 0, **asked: Any) -> JoinSpec:
        brief = make_brief(*(streams or (VIDEO, SOUND)), **asked)
        found: JoinSpec = join_spec(brief, (make_video(brief, first_pts=first_pts),))[0]
        return found

    return spec


@pytest.mark.parametrize(
    ("output", "part"), [("/a/b.mkv", "/a/.part-b.mkv"), ("b.mkv", ".part-b.mkv"), ("/a/-x y.mp4", "/a/.part--x y.mp4")]
)
def test_the_part_lies_beside_the_output(output: str, part: str) -> None:
    """On the same disk, hidden, and with the extension that chooses the format."""
    assert part_of(output) == part


def test_paths_in_the_jobs_folder(make_brief: Callable[..., Any], make_video: Callable[..., Any]) -> None:
    """A piece's name sorts as its number; sound lies in what can tell its priming, text in what holds it."""
    chunks = make_video(make_brief()).chunks
    assert [piece_path("/job", chunk) for chunk in chunks] == ["/job/video-0-00000.mkv", "/job/video-0-00001.mkv"]
    for encoder, name in (("aac", "audio-3.m4a"), ("alac", "audio-3.m4a"), ("libopus", "audio-3.mp4")):
        assert audio_path("/job", 3, Track("audio", "encode", SOUND, encoder=encoder)) == f"/job/{name}"
    for encoder, name in (("mov_text", "subtitle-4.mp4"), ("webvtt", "subtitle-4.mkv"), ("srt", "subtitle-4.mkv")):
        assert subtitle_path("/job", 4, Track("subtitle", "convert", STYLED, encoder=encoder)) == f"/job/{name}"


def test_pieces_index_and_rate(spec_of: Callable[..., JoinSpec]) -> None:
    """The track of pieces names them with their ranges, the index that gives their times, and the rate."""
    track = spec_of().tracks[0]
    assert (track.kind, track.origin, track.source_index) == ("video", "pieces", 0)
    assert [(piece.start_frame, piece.end_frame) for piece in track.pieces] == [(0, 50), (50, 100)]
    assert (track.index, track.rate) == ("/job/video-0.index", "10")


def test_own_times_need_no_index(make_brief: Callable[..., Any], make_video: Callable[..., Any]) -> None:
    """Where a filter made the frames, the source's index says nothing about them."""
    brief = make_brief(VIDEO, video_filter="fps=5")
    video = replace(make_video(brief, starts=(0,)), own_times=True)
    track = join_spec(brief, (video,))[0].tracks[0]
    assert (track.index, track.rate) == ("", "")


def test_other_tracks_are_copied_or_come_from_files(spec_of: Callable[..., JoinSpec]) -> None:
    """In the source's order."""
    spec = spec_of(VIDEO, SOUND, STYLED, output="/o.mp4", audio_codec="aac")
    assert [(t.kind, t.origin, t.path) for t in spec.tracks[1:]] == [
        ("audio", "file", "/job/audio-1.m4a"),
        ("subtitle", "file", "/job/subtitle-2.mp4"),
    ]
    spec = spec_of(VIDEO, SOUND, STYLED)
    assert [(t.kind, t.origin, t.source_index) for t in spec.tracks[1:]] == [
        ("audio", "source", 1),
        ("subtitle", "source", 2),
    ]


# -- the clock ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first_pts", "sound_pts", "output", "shift"),
    [
        (0, 0, "/o.mkv", "0"),
        (1400, 1390, "/o.mkv", "0"),
        (-80, 0, "/o.mkv", "2/25"),
        (-80, 0, "/o.mp4", "2/25"),
        (0, -21, "/o.mp4", "0"),
        (0, -21, "/o.mkv", "0"),
        (0, -500, "/o.mp4", "1/2"),
        (0, -500, "/o.mkv", "0"),
        (0, -1500, "/o.mkv", "3/2"),
    ],
)
def test_a_clock_that_begins_before_zero_moves(
    first_pts: int, sound_pts: int, output: str, shift: str, spec_of: Callable[..., JoinSpec]
) -> None:
    """As little as it must; a codec's priming is no reason, a clock that begins late is none either."""
    spec = spec_of(VIDEO, replace(SOUND, start_pts=sound_pts), first_pts=first_pts, output=output)
    assert spec.shift == shift


def test_a_moved_clock_is_told(make_brief: Callable[..., Any], make_video: Callable[..., Any]) -> None:
    """Nobody asked for it."""
    brief = make_brief()
    decisions = join_spec(brief, (make_video(brief, first_pts=-80),))[2]
    assert ["-0.080 s" in str(decision) and "0.08 s" in str(decision) for decision in decisions] == [True]
    assert join_spec(brief, (make_video(brief),))[2] == []


def test_start_moves_the_clock_to_zero(spec_of: Callable[..., JoinSpec]) -> None:
    """Counted from the container's start, as ffmpeg does."""
    spec = spec_of(source={"start_us": 1_400_000}, start=Fraction(3), end=Fraction(5))
    assert (spec.start, spec.end, spec.shift) == ("22/5", "32/5", "-22/5")


def test_an_end_alone_moves_nothing(spec_of: Callable[..., JoinSpec]) -> None:
    """The film still begins where it began."""
    spec = spec_of(source={"start_us": 1_400_000}, end=Fraction(5))
    assert (spec.start, spec.end, spec.shift) == ("", "32/5", "0")


CHAPTERS = tuple(
    Chapter(begin, end, BASE, {"title": name})
    for begin, end, name in ((0, 2000, "a"), (2000, 6000, "b"), (6000, 9000, "c"))
)


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (None, None, [(0, 2, "a"), (2, 6, "b"), (6, 9, "c")]),
        (Fraction(3), None, [(0, 3, "b"), (3, 6, "c")]),
        (Fraction(2), Fraction(6), [(0, 4, "b")]),
        (None, Fraction(7), [(0, 2, "a"), (2, 6, "b"), (6, 7, "c")]),
        (Fraction(5, 2), Fraction(11, 4), [(0, Fraction(1, 4), "b")]),
    ],
)
def test_chapters_are_clipped_and_moved(
    start: Fraction | None, end: Fraction | None, found: list[Any], spec_of: Callable[..., JoinSpec]
) -> None:
    """What lies outside falls away; what is cut keeps its name."""
    spec = spec_of(source={"chapters": CHAPTERS}, start=start, end=end)
    times = [
        (c.start * Fraction(c.time_base), c.end * Fraction(c.time_base), c.metadata["title"]) for c in spec.chapters
    ]
    assert times == found


def test_a_coarse_chapter_clock_loses_nothing(spec_of: Callable[..., JoinSpec]) -> None:
    """Chapters in whole seconds, cut at a fraction of one."""
    whole = (Chapter(0, 8, Fraction(1), {"title": "all"}),)
    spec = spec_of(source={"chapters": whole}, start=Fraction(1, 4), end=Fraction(5, 2))
    (only,) = spec.chapters
    assert (only.start * Fraction(only.time_base), only.end * Fraction(only.time_base)) == (Fraction(0), Fraction(9, 4))


def test_no_chapters_where_there_is_no_place(spec_of: Callable[..., JoinSpec]) -> None:
    """The loss is told elsewhere."""
    assert spec_of(source={"chapters": CHAPTERS}, output="/o.ts").chapters == ()


# -- facts of the header ------------------------------------------------------------------------------------------


def test_shape_and_orientation(spec_of: Callable[..., JoinSpec]) -> None:
    """As the source says, unless filters saw a turned and scaled picture."""
    matrix = (0, -65536, 0, 65536, 0, 0, 0, 0, 1 << 30)
    odd = replace(VIDEO, sample_aspect_ratio=Fraction(4, 3), side_data={"display_matrix": list(matrix)})
    track = spec_of(odd).tracks[0]
    assert (track.sample_aspect_ratio, track.display_matrix) == ("4/3", matrix)
    track = spec_of(odd, scale="10:10").tracks[0]
    assert (track.sample_aspect_ratio, track.display_matrix) == ("", ())


@pytest.mark.parametrize(
    ("codec", "output", "tag"), [("libx265", "/o.mp4", "hvc1"), ("libx265", "/o.mkv", ""), ("libx264", "/o.mp4", "")]
)
def test_the_tag_that_players_know(codec: str, output: str, tag: str, spec_of: Callable[..., JoinSpec]) -> None:
    """HEVC in MP4 plays everywhere as hvc1 only."""
    assert spec_of(output=output, video_codec=codec).tracks[0].tag == tag


def test_copied_hevc_gets_it_too(make_brief: Callable[..., Any]) -> None:
    """Nothing is encoded, but players are the same."""
    brief = make_brief(replace(VIDEO, codec="hevc"), output="/o.mp4", video_codec="copy", crf=None)
    assert join_spec(brief, ())[0].tracks[0].tag == "hvc1"


def test_mp4s_movie_clock_holds_every_tracks_first_time(spec_of: Callable[..., JoinSpec]) -> None:
    """Edit lists count in it: thousandths of a second, samples and ticks are all whole."""
    scale = int(spec_of(output="/o.mp4").options["movie_timescale"])
    assert all(scale % clock == 0 for clock in (1000, 44100))
    assert "movie_timescale" not in spec_of().options


def test_a_movie_clock_has_its_limit(spec_of: Callable[..., JoinSpec]) -> None:
    """32 bits; where all do not fit, the picture's own."""
    odd = [replace(SOUND, index=n, sample_rate=rate) for n, rate in enumerate((47_999, 44_101, 48_001), 1)]
    assert int(spec_of(VIDEO, *odd, output="/o.mp4").options["movie_timescale"]) == 1000


def test_tags_of_an_ogg_file_lie_on_its_track(make_brief: Callable[..., Any]) -> None:
    """So they are written there."""
    plain = replace(SOUND, index=0, codec="flac")
    settings = {"video_codec": "none", "audio_codec": "libopus", "crf": None}
    brief = make_brief(plain, output="/o.opus", source={"metadata": {"title": "Song"}}, **settings)
    assert join_spec(brief, ())[0].tracks[0].metadata == {"title": "Song"}


def test_losses_of_the_header_are_named(make_brief: Callable[..., Any], make_video: Callable[..., Any]) -> None:
    """Tags, roles, dynamic HDR."""
    stream = replace(VIDEO, side_data={"dovi_rpu": {}}, disposition=("karaoke",))
    brief = make_brief(
        stream, replace(SOUND, disposition=("lyrics",)), output="/o.mp4", source={"metadata": {"MOOD": "x"}}
    )
    named = " / ".join(map(str, join_spec(brief, (make_video(brief),))[1]))
    for what in ("tags MOOD", "role karaoke of video stream 0", "role lyrics of audio stream 1", "Dolby Vision data"):
        assert what in named


def test_how_it_is_checked_and_written_stands_in_it(spec_of: Callable[..., JoinSpec]) -> None:
    """A plan that is printed as a script has nothing but this file to go by."""
    spec = spec_of(overwrite=True, verify="full", permissive=True)
    assert (spec.overwrite, spec.verify, spec.permissive) == (True, "full", True)
    assert (spec.source, spec.output, spec.part, spec.format) == (
        "/films/in.mkv",
        "/films/out.mkv",
        "/films/.part-out.mkv",
        "matroska",
    )
