"""Where to cut: every strategy, on made indexes, plain and degenerate; ranges that meet, and where to seek for them."""

from __future__ import annotations

from array import array
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture import chunker as module
from suture.chunker import Chunker, chunks_from, why_whole
from suture.cuts import Cuts, cut_points
from suture.errors import CommandTimeout, ConfigError, ProbeError
from suture.media.index import FrameIndex
from suture.model import Chapter, MediaInfo, StreamInfo
from suture.settings import CHUNKING

if TYPE_CHECKING:
    from collections.abc import Sequence

BASE = Fraction(1, 90_000)
MILLISECONDS = Fraction(1, 1000)
MICROSECOND = Fraction(1, 1_000_000)


def film(seconds: float, rate: Fraction | int = 25, gop: int = 50, start: int = 0, base: Fraction = BASE) -> FrameIndex:
    """A film of a constant rate with a keyframe every ``gop`` frames."""
    count = int(seconds * rate)
    ticks = [start + round(n / Fraction(rate) / base) for n in range(count + 1)]
    keys = bytes(n % gop == 0 for n in range(count))
    return FrameIndex(0, base, array("q", ticks[:-1]), array("I", [1000] * count), keys, ticks[-1], packets=count)


@st.composite
def films(draw: st.DrawFn) -> FrameIndex:
    """Any film: rates that vary, clocks fine and coarse, keyframes anywhere or nowhere, packets of any size."""
    gaps = draw(st.lists(st.integers(1, 10_000), min_size=1, max_size=60))
    first = draw(st.integers(-100_000, 100_000))
    ticks = [first + sum(gaps[:n]) for n in range(len(gaps) + 1)]
    keys = bytes(draw(st.lists(st.integers(0, 1), min_size=len(gaps), max_size=len(gaps))))
    sizes = array("I", draw(st.lists(st.integers(0, 10**6), min_size=len(gaps), max_size=len(gaps))))
    base = draw(st.sampled_from([BASE, MILLISECONDS, Fraction(1001, 24000), Fraction(1, 10_000_000)]))
    return FrameIndex(2, base, array("q", ticks[:-1]), sizes, keys, ticks[-1], packets=len(gaps))


# -- each strategy ----------------------------------------------------------------------------------------------------


def test_fixed_cuts_at_the_first_frame_at_or_after_each_multiple() -> None:
    """25 frames a second cut every second; at 23.976 the frame after the mark; from the first frame, not from zero."""
    assert cut_points(film(5), "fixed", chunk_duration=Fraction(1)).starts == (0, 25, 50, 75, 100)
    assert cut_points(film(5, start=90_000 * 3600), "fixed", chunk_duration=Fraction(1)).starts == (0, 25, 50, 75, 100)
    odd = cut_points(film(5, Fraction(24000, 1001)), "fixed", chunk_duration=Fraction(1))
    assert odd.starts == (0, 24, 48, 72, 96)
    assert odd.reason == "every 1 s"


def test_marks_without_a_frame_between_them_are_passed_over() -> None:
    """A slide show is cut at its slides, however short the pieces are to be."""
    slides = FrameIndex(0, Fraction(1), array("q", [0, 100, 250]), array("I", [1] * 3), b"\1\1\1", 300)
    assert cut_points(slides, "fixed", chunk_duration=Fraction(10)).starts == (0, 1, 2)
    assert cut_points(slides, "fixed", chunk_duration=Fraction(120)).starts == (0, 2)


@pytest.mark.parametrize("duration", [Fraction(1, 10**12), Fraction(10**12)])
def test_absurd_durations_cost_nothing(duration: Fraction) -> None:
    """A piece for each frame at the most, one piece at the least."""
    starts = cut_points(film(60), "fixed", chunk_duration=duration).starts
    assert starts == (tuple(range(1500)) if duration < 1 else (0,))


def test_chapters_begin_pieces() -> None:
    """At the first frame of each, in whatever order they stand; those outside the film do not count."""
    marks = [Fraction(3), Fraction(0), Fraction(201, 100), Fraction(-4), Fraction(99)]
    cuts = cut_points(film(5), "chapters", chapter_starts=marks)
    assert cuts.starts == (0, 51, 75)
    late = cut_points(film(5, start=90_000 * 10), "chapters", chapter_starts=[Fraction(10), Fraction(12)])
    assert late.starts == (0, 50), "chapters stand on the source's clock, not on the film's own"


def test_without_chapters_fixed_takes_over_and_says_so() -> None:
    """The seed's default: 600 s."""
    cuts = cut_points(film(1300), "chapters")
    assert cuts.starts == (0, 15_000, 30_000)
    assert cuts.reason == "no chapters, so every 600 s"


def test_keyframes_begin_pieces_unless_too_close() -> None:
    """Two seconds at the least, but for the last piece."""
    assert cut_points(film(5, gop=25), "keyframes").starts == (0, 50, 100)
    assert cut_points(film(9, gop=75), "keyframes").starts == (0, 75, 150)
    assert cut_points(film(9, gop=1000), "keyframes").starts == (0,)


def test_what_is_no_strategy_or_no_duration_is_refused() -> None:
    """By the function and by the class."""
    with pytest.raises(ConfigError, match="does not look at pictures"):
        Chunker("scenes")
    with pytest.raises(ConfigError, match="no chunking 'shots'"):
        cut_points(film(5), "shots")
    with pytest.raises(ConfigError, match="no chunking"):
        Chunker("shots")
    with pytest.raises(ConfigError, match="no chunk"):
        cut_points(film(5), "fixed", chunk_duration=Fraction(0))
    for duration in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ConfigError, match="no chunk"):
            Chunker(chunk_duration=duration)


@pytest.mark.parametrize("chunking", CHUNKING)
def test_films_of_one_frame_or_none(chunking: str) -> None:
    """One piece, or nothing to cut."""
    one = film(0.04)
    assert cut_points(one, chunking, workers=8).starts == (0,)
    (chunk,) = chunks_from(one, Cuts((0,), ""), "a.mkv")
    assert (chunk.frames, chunk.open_end, chunk.seek_us) == (1, True, -1)


@pytest.fixture(scope="module")
def ten_hours() -> FrameIndex:
    """864,000 frames with a keyframe every ten seconds."""
    count = 36_000 * 24
    pts = array("q", ((n * 125 + 1) // 3 for n in range(count)))
    keys = (b"\1" + bytes(239)) * (count // 240)
    return FrameIndex(0, MILLISECONDS, pts, array("I", [1000]) * count, keys, 36_000_000, packets=count)


@pytest.mark.parametrize("chunking", CHUNKING)
def test_a_long_film_is_cut_as_a_short_one(chunking: str, ten_hours: FrameIndex) -> None:
    """Pieces for each worker, no frame lost; without a calculation in fractions for every frame."""
    cuts = cut_points(ten_hours, chunking, workers=16, chunk_duration=Fraction(30))
    chunks = chunks_from(ten_hours, cuts, "a.mkv", "matroska,webm")
    assert sum(chunk.frames or 0 for chunk in chunks) == 864_000
    assert len(chunks) in {"auto": range(240, 600), "keyframes": range(3600, 3601)}.get(chunking, range(1200, 1201))


# -- what always holds ------------------------------------------------------------------------------------------------


@given(
    films(),
    st.sampled_from(CHUNKING),
    st.integers(1, 64),
    st.fractions(Fraction(1, 1000), 50),
    st.lists(st.fractions(-200, 200), max_size=8),
    st.sampled_from(["", "matroska,webm", "mov,mp4,m4a", "mpegts", "mpeg"]),
)
def test_ranges_meet_and_seeks_come_before_them(
    index: FrameIndex, chunking: str, workers: int, duration: Fraction, chapters: list[Fraction], container: str
) -> None:
    """Every frame in one piece; ids 0, 1, 2 …; a seek lands after the last frame that is not wanted, or earlier."""
    cuts = cut_points(index, chunking, chunk_duration=duration, chapter_starts=chapters, workers=workers)
    chunks = chunks_from(index, cuts, "a.mkv", container)
    assert cuts.starts[0] == 0
    assert list(cuts.starts) == sorted(set(cuts.starts))
    if chunking == "keyframes":
        assert all(index.keys[start] for start in cuts.starts[1:])
    assert [chunk.chunk_id for chunk in chunks] == list(range(len(chunks)))
    assert [n for chunk in chunks for n in range(chunk.start_frame, chunk.end_frame)] == list(range(len(index)))
    assert all((a.end_pts, a.end_time) == (b.start_pts, b.start_time) for a, b in pairwise(chunks))
    assert chunks[-1].end_pts == index.end_pts
    assert all(chunk.is_exact and chunk.stream_index == 2 for chunk in chunks)
    assert [chunk.open_end for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    for chunk in chunks:
        check_seek(index, chunk.start_frame, chunk.seek_us, loose=container in {"mpegts", "mpeg"})


def check_seek(index: FrameIndex, start: int, seek_us: int, *, loose: bool) -> None:
    """Between the frames on both sides of the cut, as exactly as microseconds go; earlier in a stream without index."""
    if start == 0 or seek_us < 0:
        assert seek_us == -1
        return
    seek = seek_us * MICROSECOND
    before, first = index.time(start - 1), index.time(start)
    assert seek < first
    if loose:
        assert seek < before
    elif first - before > 2 * MICROSECOND:
        assert seek > before
    else:
        assert seek > before - MICROSECOND


def test_the_seek_lies_half_way() -> None:
    """So that no rounding of a container's clock can pick another frame; never before the film."""
    index = film(4)
    (_, second) = chunks_from(index, Cuts((0, 50), ""), "a.mkv", "matroska,webm")
    assert second.seek_us == 1_980_000
    (_, second) = chunks_from(film(4, start=-90_000), Cuts((0, 10), ""), "a.mp4", "mov,mp4")
    assert second.seek_us == -1, "before zero nothing can be sought"


def test_streams_without_an_index_are_sought_two_groups_earlier() -> None:
    """Two of the longest; where the film is not that long, it is read from its beginning."""
    index = film(60)
    first, second, third = chunks_from(index, Cuts((0, 50, 1000), ""), "a.ts", "mpegts")
    assert (first.seek_us, second.seek_us) == (-1, -1)
    assert third.seek_us == 40_000_000 - 20_000 - 4_000_000


def test_in_open_groups_a_cut_off_a_keyframe_is_sought_a_group_earlier() -> None:
    """Its first frame may be stored behind a keyframe that comes later; on a keyframe nothing before it is needed."""
    index = replace(film(4, gop=10), open_groups=True)
    _, between, on_key = chunks_from(index, Cuts((0, 35, 60), ""), "in.mp4", "mov,mp4")
    assert between.seek_us == 1_380_000 - 400_000
    assert on_key.seek_us == 2_380_000


def test_a_margin_that_is_given_counts() -> None:
    """Before the half-way point; never before the film's beginning."""
    index = film(4, gop=10)
    _, near, far = chunks_from(index, Cuts((0, 10, 60), ""), "in.avi", margin=Fraction(1))
    assert (near.seek_us, far.seek_us) == (-1, 1_380_000)


def test_a_part_of_the_film_ends_where_it_is_told() -> None:
    """``--end``: the last piece is closed then, and ends where the next frame begins."""
    index = film(4)
    first, last = chunks_from(index, Cuts((10, 30), ""), "a.mkv", end=60)
    assert (first.start_frame, last.end_frame, last.end_pts, last.open_end) == (10, 60, index.pts[60], False)


# -- what stays whole -------------------------------------------------------------------------------------------------


def stream(**facts: Any) -> StreamInfo:
    """A video stream."""
    return StreamInfo(**{"index": 0, "kind": "video", "codec": "h264", "time_base": BASE, **facts})


def info(*streams: StreamInfo, **facts: Any) -> MediaInfo:
    """A file of these streams."""
    given: dict[str, Any] = {
        "path": "a",
        "format": "matroska,webm",
        "size_bytes": 1,
        "start_us": 0,
        "duration_us": 10**7,
    }
    return MediaInfo(streams=streams, **{**given, **facts})


@pytest.mark.parametrize(
    ("container", "facts", "trouble", "why"),
    [
        ("matroska,webm", {}, "", ""),
        ("mov,mp4,m4a,3gp,3g2,mj2", {"pix_fmt": "yuv420p", "field_order": "progressive"}, "", ""),
        ("mpegts", {"codec": "mpeg2video", "field_order": "tt"}, "", ""),
        ("matroska,webm", {"codec": "hevc", "pix_fmt": "yuv444p10le"}, "", ""),
        ("avi", {}, "", "seeking in avi is not exact"),
        ("mxf", {}, "", "seeking in mxf is not exact"),
        ("matroska,webm", {"pix_fmt": "yuv444p"}, "", "4:4:4"),
        ("mpegts", {"field_order": "tt"}, "", "single fields"),
        ("matroska,webm", {}, "3 packets are damaged", "3 packets are damaged"),
    ],
)
def test_what_can_not_be_cut_exactly_says_why(container: str, facts: dict[str, Any], trouble: str, why: str) -> None:
    """By container, codec, and what the index saw."""
    index = film(4)
    troubled = FrameIndex(0, BASE, index.pts, index.sizes, index.keys, index.end_pts, trouble)
    said = why_whole(info(stream(**facts), format=container), stream(**facts), troubled)
    assert (why in said) if why else (said == "")


# -- files ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A file that need not exist: what its probe and its index say is set here."""

    class Source:
        info: MediaInfo | Exception = info(stream())
        index = film(10)

        def probe(self, _path: str) -> MediaInfo:
            if isinstance(self.info, Exception):
                raise self.info
            return self.info

    made = Source()
    monkeypatch.setattr(module, "probe", made.probe)
    monkeypatch.setattr(module, "call", lambda *_args, **_more: None)
    monkeypatch.setattr(module, "read_index", lambda _path: made.index)
    return made


def sound(**facts: Any) -> StreamInfo:
    """A stream of sound on its sample clock."""
    return StreamInfo(**{"index": 1, "kind": "audio", "codec": "flac", "time_base": Fraction(1, 48000), **facts})


def starts(chunks: Sequence[Any]) -> list[float]:
    """When they begin."""
    return [chunk.start_time for chunk in chunks]


def test_a_file_is_cut_by_its_chapters(source: Any) -> None:
    """The default of the seed."""
    chapters = tuple(Chapter(at, at + 1, MILLISECONDS) for at in (0, 4000, 8000))
    source.info = info(stream(), chapters=chapters)
    assert starts(Chunker().create_chunks("a")) == [0, 4, 8]
    assert starts(Chunker("fixed", 5).create_chunks("a")) == [0, 5]


def test_the_first_film_counts_and_a_cover_is_none(source: Any) -> None:
    """Sound is cut only where there is no picture that moves."""
    cover = stream(index=0, disposition=("attached_pic",))
    source.info = info(cover, sound(), duration_us=25_000_000)
    chunks = Chunker(chunk_duration=10).create_chunks("a")
    assert (starts(chunks), {chunk.stream_index for chunk in chunks}) == ([0, 10, 20], {1})
    assert [chunk.end_frame for chunk in chunks] == [-1] * 3
    assert [(chunk.start_pts, chunk.end_pts) for chunk in chunks] == [
        (0, 480_000),
        (480_000, 960_000),
        (960_000, 1_200_000),
    ]


def test_an_invalid_source_has_no_chunks(source: Any) -> None:
    """Nor has one without pictures and sound, without frames, or of no length; a hang is no property of a file."""
    source.info = ProbeError("no media")
    assert Chunker().create_chunks("a") == []
    for empty in (info(), info(sound(), duration_us=None), info(sound(), duration_us=0)):
        source.info = empty
        assert Chunker().create_chunks("a") == []
    source.info, source.index = info(stream()), film(0)
    assert Chunker().create_chunks("a") == []
    source.info = CommandTimeout("hangs")
    with pytest.raises(CommandTimeout):
        Chunker().create_chunks("a")


def test_a_file_that_can_not_be_cut_is_one_chunk(source: Any) -> None:
    """With its frames counted where packets are frames, else not."""
    source.info = info(stream(), format="avi")
    (chunk,) = Chunker("fixed", 1).create_chunks("a")
    assert (chunk.frames, chunk.open_end) == (250, True)
    source.info = info(stream(field_order="tt"))
    (chunk,) = Chunker("fixed", 1).create_chunks("a")
    assert (chunk.frames, chunk.open_end) == (None, True)
