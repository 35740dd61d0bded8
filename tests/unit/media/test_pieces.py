"""Which packet is which frame, and when: pieces that are made up, in every order that an encoder may choose."""

from __future__ import annotations

from array import array
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.errors import ConcatError
from suture.media import pieces as module
from suture.media.index import FrameIndex
from suture.media.pieces import PieceTrack, _Format, _places
from suture.media.spec import PieceSpec, TrackSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MILLISECONDS = Fraction(1, 1000)
SAME = _Format("h264", 64, 48, "yuv420p", b"sets")


def index_of(pts: Sequence[int], end: int) -> FrameIndex:
    """An index of these frames."""
    return FrameIndex(0, MILLISECONDS, array("q", pts), array("I", [1] * len(pts)), bytes(len(pts)), end)


def sewn(
    orders: Sequence[Sequence[int]],
    index: FrameIndex | None,
    ranges: Sequence[tuple[int, int]] | None = None,
    *,
    permissive: bool = False,
    absent: Sequence[int] = (),
    formats: Sequence[_Format] = (),
    vbv: str = "",
) -> PieceTrack:
    """The track that pieces make whose packets have these pts, in decoding order.

    Args:
        orders: for each piece.
        index: the source's frames.
        ranges: of the pieces; by default each begins where the last one ended.
        permissive: pieces may be missing.
        absent: pieces whose files are not there.
        formats: of the pieces; by default all the same.
        vbv: a buffer that the track must keep to; the first packet of each piece has 100 bytes, the others none.
    """
    ends = [sum(map(len, orders[: n + 1])) for n in range(len(orders))]
    ranges = ranges or list(zip([0, *ends], ends, strict=False))
    specs = tuple(PieceSpec(n, str(n), *span) for n, span in enumerate(ranges))
    track = TrackSpec("video", "pieces", 0, pieces=specs, index="index" if index else "", vbv=vbv)

    def scan(path: str) -> tuple[_Format, array[int], Fraction, array[int]]:
        number = int(path)
        order = orders[number]
        sizes = array("I", [100, *[0] * (len(order) - 1)] if order else [])
        return formats[number] if formats else SAME, array("q", order), MILLISECONDS, sizes

    def read(path: str) -> Iterator[Any]:
        return iter([SimpleNamespace(piece=int(path), pts=at) for at in orders[int(path)]])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_scan", scan)
        patch.setattr(module, "read_index", lambda _path: index)
        patch.setattr(Path, "is_file", lambda path: int(path.name) not in absent)
        made = PieceTrack(track, permissive=permissive)
        patch.setattr(module, "_read", read)
        made.timed = list(made.packets())  # type: ignore[attr-defined]
    return made


def timed(track: PieceTrack) -> list[tuple[int, int, int]]:
    """Its packets in decoding order: pts, dts, duration."""
    return [(packet.pts, packet.dts, packet.duration) for packet in track.timed]  # type: ignore[attr-defined]


IPBB = [0, 3, 1, 2, 6, 4, 5]


def test_places_are_the_order_of_presentation() -> None:
    """Whatever the numbers are."""
    assert list(_places(array("q", [40, 160, 80, 120]))) == [0, 3, 1, 2]
    assert list(_places(array("q", [-7]))) == [0]
    assert list(_places(array("q"))) == []


def test_packets_get_the_sources_times() -> None:
    """A piece's own times only tell the order; the second piece goes on where the first one ended."""
    index = index_of([0, 42, 83, 125, 167, 208, 250, 300, 310], 350)
    track = sewn([IPBB, [5, 9]], index)
    assert timed(track) == [
        (0, -42, 42),
        (125, 0, 42),
        (42, 42, 41),
        (83, 83, 42),
        (250, 125, 50),
        (167, 167, 41),
        (208, 208, 42),
        (300, 250, 10),
        (310, 300, 40),
    ]
    assert [packet.packet.piece for packet in track.timed] == [0] * 7 + [1] * 2  # type: ignore[attr-defined]
    assert (len(track), track.first_pts, track.joins(), track.time_base) == (9, 0, [7], MILLISECONDS)


def test_without_reordering_packets_are_decoded_when_they_are_shown() -> None:
    """No delay that is not needed."""
    assert timed(sewn([[0, 1, 2]], index_of([10, 20, 40], 50))) == [(10, 10, 10), (20, 20, 20), (40, 40, 10)]


def test_a_filter_may_have_made_its_own_frames() -> None:
    """Without an index the piece's own times count, and the last frame lasts as long as the first."""
    track = sewn([[0, 60, 20, 40]], None, [(0, -1)])
    assert timed(track) == [(0, -20, 20), (60, 0, 20), (20, 20, 20), (40, 40, 20)]
    with pytest.raises(ConcatError, match="times of their own"):
        sewn([[0], [1]], None)


@st.composite
def reordered(draw: st.DrawFn, most: int = 30) -> list[int]:
    """Packets of one piece, each at most some places from where it is shown, as an encoder would do it."""
    depth = draw(st.integers(0, 8))
    keys = draw(st.lists(st.integers(0, depth), min_size=1, max_size=most))
    order = sorted(range(len(keys)), key=lambda n: (n + keys[n], n))
    gap = draw(st.integers(1, 50))
    return [n * gap for n in order]


@given(st.lists(reordered(), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_any_order_of_any_pieces_is_sewn(orders: list[list[int]], random: Any) -> None:
    """Every frame once at its time; dts ascends, is never after pts; durations fill the film without a gap."""
    count = sum(map(len, orders))
    times = sorted(random.sample(range(-1000, 100_000), count))
    index = index_of(times, times[-1] + 40)
    found = timed(sewn(orders, index))
    assert sorted(pts for pts, _, _ in found) == times
    assert all(a < b for (_, a, _), (_, b, _) in pairwise(found))
    assert all(dts <= pts for pts, dts, _ in found)
    ends = {pts + duration for pts, _, duration in found}
    assert ends == {*times[1:], index.end_pts}


@given(st.lists(reordered(10), min_size=2, max_size=6), st.data())
def test_what_is_left_out_moves_nothing(orders: list[list[int]], data: st.DataObject) -> None:
    """Any pieces missing but one: the others' frames keep times and durations, and dts keeps its order."""
    count = sum(map(len, orders))
    index = index_of([n * 42 for n in range(count)], count * 42)
    whole = {pts: duration for pts, _, duration in timed(sewn(orders, index))}
    kept = data.draw(st.integers(0, len(orders) - 1))
    absent = data.draw(st.sets(st.integers(0, len(orders) - 1).filter(lambda n: n != kept)))
    track = sewn(orders, index, permissive=True, absent=tuple(absent))
    found = timed(track)
    assert all(whole[pts] == duration for pts, _, duration in found)
    assert all(a < b for (_, a, _), (_, b, _) in pairwise(found))
    assert all(dts <= pts for pts, dts, _ in found)
    assert len(found) == len(track) == sum(len(order) for n, order in enumerate(orders) if n not in absent)
    assert [index.pts[n] for n in track.frame_numbers] == list(track.presentation_times())


@pytest.mark.parametrize(
    ("ranges", "why"),
    [
        ([(0, 3), (4, 6)], "piece 1 begins at frame 4, frame 3 was expected"),
        ([(0, 3), (2, 5)], "piece 1 begins at frame 2, frame 3 was expected"),
        ([(1, 4), (4, 6)], "piece 0 begins at frame 1, frame 0"),
        ([(0, 3), (3, 5)], "piece 1 .* holds 3 frames, its range 2|end at frame 5, the source has 6"),
        ([(0, 4), (4, 6)], r"piece 0 \(0\) holds 3 frames, its range 4"),
        ([(0, 3), (3, 7)], "end at frame 7, the source has 6"),
    ],
)
def test_ranges_must_meet_and_hold_what_they_promise(ranges: list[tuple[int, int]], why: str) -> None:
    """Gaps, overlaps, frames too few or too many."""
    with pytest.raises(ConcatError, match=why):
        sewn([[0, 1, 2], [0, 1, 2]], index_of(range(6), 6), ranges)


def test_an_open_piece_goes_to_the_end() -> None:
    """Of the index where there is one; then it must hold just these frames."""
    assert len(sewn([[0, 1, 2], [0, 1]], index_of(range(5), 5), [(0, 3), (3, -1)])) == 5
    with pytest.raises(ConcatError, match="holds 2 frames, its range 3"):
        sewn([[0, 1, 2], [0, 1]], index_of(range(6), 6), [(0, 3), (3, -1)])


def test_pieces_that_make_no_sense_are_refused() -> None:
    """None at all, an empty one, two frames of one time."""
    with pytest.raises(ConcatError, match="no pieces"):
        sewn([], index_of([], 0))
    with pytest.raises(ConcatError, match="no pieces"):
        sewn([[0]], index_of([0], 1), permissive=True, absent=(0,))
    with pytest.raises(ConcatError, match="holds no frame"):
        sewn([[]], None, [(0, -1)])
    with pytest.raises(ConcatError, match="two frames of one time"):
        sewn([[0, 1, 1]], index_of(range(3), 3))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (_Format("hevc", 64, 48, "yuv420p", b"sets"), "codec h264 and hevc"),
        (_Format("h264", 32, 48, "yuv420p", b"sets"), "width 64 and 32"),
        (_Format("h264", 64, 24, "yuv420p", b"sets"), "height 48 and 24"),
        (_Format("h264", 64, 48, "yuv420p10le", b"sets"), "pix_fmt yuv420p and yuv420p10le"),
        (_Format("h264", 64, 48, "yuv420p", b"seth"), "extradata .* of 4 and 4 bytes, from byte 3 on 73 and 68"),
        (_Format("h264", 64, 48, "yuv420p", b"set"), "extradata .* of 4 and 3 bytes, from byte 3 on 73 and nothing"),
        (_Format("h264", 64, 48, "yuv420p", b""), "extradata .* of 4 and 0 bytes, from byte 0 on 73657473 and nothing"),
    ],
)
def test_the_first_difference_in_format_is_named(other: _Format, said: str) -> None:
    """With the pieces between which it is; also when it is not the first two."""
    with pytest.raises(ConcatError, match=f"pieces 0 and 2 do not fit together: {said}"):
        sewn([[0], [0], [0]], index_of(range(3), 3), formats=(SAME, SAME, other))


def test_long_parameter_sets_do_not_flood_the_message() -> None:
    """Only what comes from the first difference on, and not all of that."""
    other = _Format("h264", 64, 48, "yuv420p", b"x" * 5000)
    with pytest.raises(ConcatError) as caught:
        sewn([[0], [0]], index_of(range(2), 2), formats=(SAME, other))
    assert len(str(caught.value)) < 300


def test_statistics_are_those_of_the_pieces() -> None:
    """Frames, bytes, and bits a second over the whole length."""
    track = sewn([[0, 1], [0]], index_of([0, 500, 1000], 2000))
    assert track.statistics() == {"NUMBER_OF_FRAMES": "3", "NUMBER_OF_BYTES": "200", "BPS": "800"}


def test_parameter_sets_inside_of_packets_must_be_equal() -> None:
    """A decoder takes over what it meets last, whatever stands in the header."""
    formats = (replace(SAME, repeated=(b"one",)), replace(SAME, repeated=(b"other",)))
    with pytest.raises(ConcatError, match="parameter sets inside of packets"):
        sewn([[0], [0]], index_of([0, 40], 80), formats=formats)
    sewn([[0], [0]], index_of([0, 40], 80), formats=formats[:1] * 2)


def test_a_buffer_is_kept_over_the_join() -> None:
    """The second piece's 800 bits are there in time, or it is no join; of one piece, nothing else helps: it is told."""
    index = index_of([0, 1000], 2000)
    sewn([[0], [0]], index, vbv="800/800/1")
    with pytest.raises(ConcatError, match="runs empty at packet 1"):
        sewn([[0], [0]], index, vbv="700/800/1")
    assert sewn([[0, 1]], index, vbv="800/800/1").doubts == ()
    (doubt,) = sewn([[0, 1]], index, vbv="1/1/1").doubts
    assert doubt.startswith("the buffer of 1 bits at 1 bits a second runs empty at packet 0 of video stream 0")
    left = sewn([[0], [0]], index, vbv="1/1/1", permissive=True, absent=(1,))
    assert left.doubts


def test_a_header_that_is_told_more_is_a_file_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first piece is the template, unless the header has to tell what its encoder did not write."""
    told: list[Any] = []
    monkeypatch.setattr(module, "write_template", lambda *given: told.append(given))
    track = sewn([[0]], index_of([0], 40))
    assert track.template_path == "0"
    track._track = replace(track._track, header={"stereo3d": "side by side"})
    assert track.template_path == "template-0.mkv"
    assert told == [("0", "template-0.mkv", {"stereo3d": "side by side"})]
