"""The frame index without files: made of packets that are made up, of captured listings, and read back."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from fractions import Fraction
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suture.errors import ProbeError
from suture.media.index import FrameIndex, index_of_listing, read_index, write_index
from suture.media.packet_index import _from_packets, _Shown

if TYPE_CHECKING:
    from pathlib import Path

MILLISECONDS = Fraction(1, 1000)


def index_of(
    pts: list[int], base: Fraction = MILLISECONDS, keys: tuple[int, ...] = (0,), end: int | None = None
) -> FrameIndex:
    """An index of frames of 100 bytes each."""
    flags = bytes(n in keys for n in range(len(pts)))
    last = end if end is not None else (pts[-1] + 40 if pts else 0)
    return FrameIndex(0, base, array("q", pts), array("I", [100] * len(pts)), flags, last, packets=len(pts))


@dataclass
class Packet:
    """What the index asks of a packet."""

    pts: int | None
    dts: int | None = None
    duration: int | None = 40
    size: int = 100
    is_keyframe: bool = False
    is_discard: bool = False
    is_corrupt: bool = False
    encrypted: bool = False
    head: int = 0x10

    def has_sidedata(self, name: str) -> bool:
        """Whether it is encrypted."""
        return self.encrypted and name == "encryption_info"

    def __bytes__(self) -> bytes:
        return bytes([self.head]) + bytes(self.size - 1)


def collected(*packets: Packet, codec: str = "h264") -> FrameIndex:
    """The index of a stream of these packets, and of the empty one that flushes."""
    stream = SimpleNamespace(index=3, time_base=MILLISECONDS, codec_context=SimpleNamespace(name=codec))
    return _from_packets([*packets, Packet(None, size=0)], stream)


def steady(count: int = 12) -> list[Packet]:
    """Packets without fault: I B B P …, in decoding order."""
    order = [n + d for n in range(0, count, 3) for d in (2, 0, 1)]
    return [Packet(40 * at, 40 * n - 80, is_keyframe=n == 0) for n, at in enumerate(order)]


# -- what an index tells ----------------------------------------------------------------------------------------------


def test_times_are_exact_and_end_with_the_last_frame() -> None:
    """Fractions of seconds; one past the last frame is when it ends."""
    index = index_of([0, 42, 83], end=125)
    assert [index.time(n) for n in range(4)] == [0, Fraction(42, 1000), Fraction(83, 1000), Fraction(1, 8)]


def test_keyframes_are_numbered() -> None:
    """By their place in presentation."""
    assert index_of([0, 40, 80, 120], keys=(0, 2, 3)).keyframes() == [0, 2, 3]


def test_a_part_is_an_index_on_the_same_clock() -> None:
    """It ends where the frame after it begins; the last part where the film ends."""
    index = index_of([0, 42, 83, 125, 167], keys=(0, 3), end=208)
    part = index.part(1, 3)
    assert (list(part.pts), part.keys, part.end_pts, len(part.sizes)) == ([42, 83], bytes(2), 125, 2)
    assert index.part(3, 5).end_pts == 208
    assert index.part(3, 5).keyframes() == [0]
    assert len(index.part(2, 2)) == 0


def test_the_usual_gap_is_the_median() -> None:
    """A hole or a doubled frame does not count; with no gap at all it is one tick."""
    assert index_of([0, 42, 83, 125, 9000, 9042]).gap() == 42
    assert index_of([7]).gap() == index_of([]).gap() == index_of([5, 5]).gap() == 1


@pytest.mark.parametrize(
    ("rate", "base"),
    [
        (Fraction(24000, 1001), MILLISECONDS),
        (Fraction(24000, 1001), Fraction(1, 90000)),
        (Fraction(30000, 1001), MILLISECONDS),
        (Fraction(25), Fraction(1, 12800)),
        (Fraction(60), MILLISECONDS),
        (Fraction(120), MILLISECONDS),
    ],
)
def test_the_standard_rate_is_seen_through_the_rounding(rate: Fraction, base: Fraction) -> None:
    """As soon as there are enough frames to tell 24 from 23.976 on that clock, and for ever."""
    for frames in (250, 20_000):
        index = index_of([round(n / rate / base) for n in range(frames)], base)
        assert index.is_constant()
        assert index.rate() == rate


def test_other_rates_are_what_they_are() -> None:
    """12.5, 179/6, one frame in ten seconds; without two different times there is a usual one."""
    assert index_of([n * 80 for n in range(100)]).rate() == Fraction(25, 2)
    ticks = [round(n * Fraction(6, 179) * 90000) for n in range(1000)]
    assert abs(index_of(ticks, Fraction(1, 90000)).rate() - Fraction(179, 6)) < Fraction(1, 1000)
    assert index_of([0, 10_000, 20_000]).rate() == Fraction(1, 10)
    assert index_of([0, 10_000_000]).rate() > 0
    assert index_of([]).rate() == index_of([5]).rate() == index_of([5, 5]).rate() == 25


def test_a_variable_rate_is_not_constant() -> None:
    """One frame left out is enough."""
    grid = [n * 40 for n in range(100)]
    assert index_of(grid).is_constant()
    assert not index_of(grid[:50] + grid[51:]).is_constant()
    assert index_of([3]).is_constant()


# -- from packets -----------------------------------------------------------------------------------------------------


def test_packets_become_frames_in_the_order_of_presentation() -> None:
    """Sizes and keyframes go with their frames; the end is the last frame's."""
    index = collected(
        Packet(0, -80, is_keyframe=True, size=900),
        Packet(120, -40, size=300),
        Packet(40, 0, size=10),
        Packet(80, 40, size=20),
    )
    assert list(index.pts) == [0, 40, 80, 120]
    assert list(index.sizes) == [900, 10, 20, 300]
    assert (index.keys, index.end_pts, index.trouble) == (b"\1\0\0\0", 160, "")
    assert (index.stream_index, index.time_base, index.packets) == (3, MILLISECONDS, 4)


def test_what_is_not_shown_is_no_frame() -> None:
    """Packets before an edit list's begin, and VP8's alternate references; they are counted as packets."""
    index = collected(Packet(0, is_discard=True), Packet(40), Packet(80))
    assert (list(index.pts), index.packets) == ([40, 80], 3)
    hidden = collected(Packet(0), Packet(40, head=0x01), Packet(40), codec="vp8")
    assert (list(hidden.pts), hidden.trouble) == ([0, 40], "")
    assert len(collected(Packet(0), Packet(40, head=0x01), Packet(80))) == 3, "the bit means that in VP8 alone"


def test_a_last_frame_without_length_gets_the_usual_one() -> None:
    """Also where the container says nothing about any."""
    assert collected(Packet(0, duration=None), Packet(42, duration=None), Packet(83, duration=0)).end_pts == 83 + 42


def test_nothing_gives_an_empty_index() -> None:
    """No packets, no frames, no trouble."""
    index = collected()
    assert (len(index), index.end_pts, index.trouble, index.packets) == (0, 0, "", 0)


@pytest.mark.parametrize(
    ("spoil", "trouble"),
    [
        (lambda p: replace(p, encrypted=True), "its packets are encrypted"),
        (lambda p: replace(p, pts=None), "1 packets have no timestamp"),
        (lambda p: replace(p, is_corrupt=True), "1 packets are damaged"),
        (lambda p: replace(p, dts=-400), "the clock runs backwards 1 times"),
        (lambda p: replace(p, pts=p.pts + 40), "1 timestamps stand twice"),
        (lambda p: replace(p, pts=p.pts + 20_000), "the clock jumps by 19.9 s"),
    ],
)
def test_each_reason_not_to_trust_packets_is_named(spoil: Any, trouble: str) -> None:
    """One packet out of twelve suffices."""
    packets = steady()
    assert collected(*packets).trouble == ""
    packets[6] = spoil(packets[6])
    assert collected(*packets).trouble == trouble


def test_a_few_pictures_far_apart_are_no_jumping_clock() -> None:
    """A slide show of three."""
    assert collected(Packet(0), Packet(20_000), Packet(60_000)).trouble == ""


# -- from a linear decode ---------------------------------------------------------------------------------------------

LISTING = """#software: {version}
#tb 0: 1/12800
#media_type 0: video
#codec_id 0: rawvideo
#dimensions 0: 480x320
#sar 0: 1/1
0,      13760,      13760,      512,   230400, 0x18058af5
0,      14272,      14272,      512,   230400, 0x18058af5
0,      14784,      14784,      {last},   230400, 0xaea2e313
"""


def listing(folder: Path, text: str) -> str:
    """A file that says so."""
    path = folder / "film.frames"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("version", ["Lavf63.1.102", "Lavf59.27.100"])
def test_a_listing_of_either_ffmpeg_is_read(version: str, tmp_path: Path) -> None:
    """Captured from 9.0 and from 5.1: times on the clock that the listing names."""
    index = index_of_listing(listing(tmp_path, LISTING.format(version=version, last=512)), 2)
    assert (index.stream_index, index.time_base) == (2, Fraction(1, 12800))
    assert list(index.pts) == [13760, 14272, 14784]
    assert (index.end_pts, index.keys, index.trouble, len(index.sizes)) == (15296, b"\1\0\0", "", 3)


def test_a_listing_without_a_last_length_ends_after_the_usual_gap(tmp_path: Path) -> None:
    """Old ones say 0 where they do not know."""
    assert index_of_listing(listing(tmp_path, LISTING.format(version="", last=0)), 0).end_pts == 15296


def test_an_empty_listing_is_an_empty_index(tmp_path: Path) -> None:
    """Nothing decoded."""
    index = index_of_listing(listing(tmp_path, "#software: x\n#tb 0: 1/25\n"), 0)
    assert (len(index), index.keys, index.end_pts) == (0, b"", 0)


@pytest.mark.parametrize("text", ["", "#software: x\n", "#tb 0: 1/25\n0, 1\n", "#tb 0: a\n", None])
def test_what_is_no_listing_is_refused(text: str | None, tmp_path: Path) -> None:
    """A torn file, another one, none."""
    path = str(tmp_path / "absent") if text is None else listing(tmp_path, text)
    with pytest.raises(ProbeError, match="no listing"):
        index_of_listing(path, 0)


def test_keyframes_are_taken_over_by_their_times() -> None:
    """From packets to the frames of a linear decode, whose times may be others: the first frame after counts."""
    index = index_of([0, 40, 80, 120])
    bare = replace(index, keys=bytes(4))
    assert bare.with_keys([Fraction(0), Fraction(41, 1000), Fraction(9)]).keys == b"\1\0\1\0"
    assert bare.with_keys([]).keys == bytes(4)


def test_frames_of_one_time_are_spread_by_next_to_nothing() -> None:
    """Other frames stay where they are, also on a clock whose ticks are frames."""
    index = index_of([0, 40, 40, 40, 80], end=120)
    spread = index.spread()
    times = [spread.time(n) * 90_000 for n in range(6)]
    assert times == [0, 3600, 3601, 3602, 7200, 10800]
    assert index_of([0, 1, 1, 2], Fraction(1, 25)).spread().is_ascending()
    assert index_of([0, 40, 80]).spread().time_base == MILLISECONDS
    assert list(index_of([0, 40, 40, 20]).spread().pts) == [0, 40, 40, 20], "a clock that runs back is another matter"


def test_an_index_is_moved_as_a_whole() -> None:
    """To another clock's zero."""
    moved = index_of([0, 40, 80], keys=(0, 2), end=120).shifted(-7)
    assert (list(moved.pts), moved.end_pts, moved.keyframes()) == ([-7, 33, 73], 113, [0, 2])


def test_pictures_behind_a_keyframe_that_are_shown_before_it_make_open_groups(tmp_path: Path) -> None:
    """They may need the keyframe before; where none is, groups are closed; a file keeps the knowledge."""
    closed = [Packet(0, is_keyframe=True), Packet(80), Packet(40), Packet(120, is_keyframe=True), Packet(160)]
    opened = [*closed[:3], Packet(160, is_keyframe=True), Packet(120), Packet(200)]
    assert not collected(*closed).open_groups
    assert collected(*opened).open_groups
    for packets in (closed, opened):
        write_index(collected(*packets), str(tmp_path / "index"))
        assert read_index(str(tmp_path / "index")).open_groups is collected(*packets).open_groups


def test_frames_ascend_when_each_has_a_time_of_its_own() -> None:
    """Two at one time, or one that goes back, can't be told apart by time."""
    assert index_of([0, 40, 41]).is_ascending()
    assert not index_of([0, 40, 40]).is_ascending()
    assert not index_of([0, 40, 39]).is_ascending()


# -- on disk ----------------------------------------------------------------------------------------------------------


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    st.lists(st.tuples(st.integers(-(2**62), 2**62), st.integers(0, 2**32 - 1), st.booleans()), max_size=50),
    st.fractions(Fraction(1, 10**9), 100),
    st.text(max_size=20),
)
def test_what_is_written_is_read(
    tmp_path: Path, frames: list[tuple[int, int, bool]], base: Fraction, trouble: str
) -> None:
    """Every field, whatever is in it."""
    pts, sizes, keys = array("q"), array("I"), bytearray()
    for at, size, key in sorted(frames):
        pts.append(at)
        sizes.append(size)
        keys.append(key)
    index = FrameIndex(5, base, pts, sizes, bytes(keys), 2**62, trouble, 99)
    path = str(tmp_path / "index")
    write_index(index, path)
    again = read_index(path)
    assert all(getattr(again, name) == getattr(index, name) for name in FrameIndex.__slots__)
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


def test_a_torn_index_is_refused_wherever_it_is_torn(tmp_path: Path) -> None:
    """One byte less, one more, half of it: never a wrong index, never another error."""
    path = tmp_path / "index"
    write_index(index_of([0, 40, 80]), str(path))
    whole = path.read_bytes()
    for torn in [*(whole[:n] for n in range(len(whole))), whole + b"\0"]:
        path.write_bytes(torn)
        with pytest.raises(ProbeError):
            read_index(str(path))


def test_what_is_no_index_is_refused(tmp_path: Path) -> None:
    """Another file, another machine's sizes, a head that makes no sense, nothing at all."""
    path = tmp_path / "index"
    for content in (b"", b"RIFF....", b"suture-index 1\n[]\n", b"suture-index 1\n{}\n", b"suture-index 1\nnull\n"):
        path.write_bytes(content)
        with pytest.raises(ProbeError):
            read_index(str(path))
    write_index(index_of([0, 40]), str(path))
    path.write_bytes(path.read_bytes().replace(b'"size_width": 4', b'"size_width": 8'))
    with pytest.raises(ProbeError, match="torn"):
        read_index(str(path))
    with pytest.raises(ProbeError, match="can't be read"):
        read_index(str(tmp_path / "absent"))


def test_a_change_of_size_is_trouble(tmp_path: Path) -> None:
    """Raw frames tell it by their bytes; filters begin anew there."""
    lines = ["#tb 0: 1/30", "0, 0, 0, 1, 3600, 0x1", "0, 1, 1, 1, 3600, 0x2", "0, 2, 2, 1, 900, 0x3"]
    assert index_of_listing(listing(tmp_path, "\n".join(lines[:3])), 0).trouble == ""
    assert "size" in index_of_listing(listing(tmp_path, "\n".join(lines)), 0).trouble


def test_frames_without_times_are_given_some() -> None:
    """So many a second, from zero."""
    regular = index_of([0, 1, 2], end=3).regular(Fraction(25))
    assert [regular.time(n) for n in range(4)] == [0, Fraction(1, 25), Fraction(2, 25), Fraction(3, 25)]


@pytest.mark.parametrize(("step", "jumps"), [(-80, False), (-700, True)])
def test_a_clock_that_starts_again_is_told_from_a_guess(step: int, jumps: bool) -> None:  # noqa: FBT001 - parametrized
    """A reader that guesses decoding times may step back by a frame; a recording that begins anew steps back far."""
    packets = [*steady(30), *(Packet(1240 + 40 * n, 1120 + step + 40 * n) for n in range(12))]
    index = collected(*packets)
    assert (index.clock_jumps, "backwards" in index.trouble) == (jumps, True)


# -- frames sink to their places --------------------------------------------------------------------------------------


def shown(*times: int) -> _Shown:
    """Frames that are decoded in this order; each has its number for a size, and the even ones are keyframes."""
    made = _Shown()
    for number, pts in enumerate(times):
        made.add(pts, number, not number % 2, 40)
    return made


@given(st.lists(st.integers(-50, 400), min_size=1, max_size=200))
def test_whatever_the_order_frames_end_up_as_sorted(times: list[int]) -> None:
    """With the sizes and keys that they came with; equal times in the order in which they came."""
    made = shown(*times)
    made.settle()
    order = sorted(range(len(times)), key=times.__getitem__)
    assert list(made.pts) == sorted(times)
    assert sorted(zip(made.pts, made.sizes, made.keys, strict=True)) == sorted((times[n], n, not n % 2) for n in order)
    assert made.end == max(times) + 40


@pytest.mark.parametrize("times", [(2, 0, 1, 3, 4), (5, 3, 1, 0, 2, 4, 8, 6, 7), tuple(range(64, 0, -1))])
def test_neighbours_are_no_strays(times: tuple[int, ...]) -> None:
    """Also those that are shown before the very first, which open groups begin with: a sort would cost memory."""
    assert not shown(*times).strays


def test_a_clock_that_goes_back_has_strays() -> None:
    """Else each would be moved past all that came before."""
    assert len(shown(*range(1000, 1200), *range(100)).strays) > 30
