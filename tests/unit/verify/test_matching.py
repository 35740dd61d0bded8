"""Streams find their counterpart by what they hold, what they say, where they stand; the one that is lost is named."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from suture.media.contents import Contents, Packets
from suture.media.cues import Cue
from suture.model import StreamInfo
from suture.verify.clocks import Span, Witness, common_shift
from suture.verify.matching import Matched, match

if TYPE_CHECKING:
    from collections.abc import Sequence

MS = Fraction(1, 1000)


def sound(index: int, language: str = "und", codec: str = "aac", seed: int | None = None) -> tuple[StreamInfo, Packets]:
    """A sound track; tracks of one seed hold the same packets."""
    stream = StreamInfo(index, "audio", codec, MS, language=language, channels=2)
    found = Packets(index, "audio", codec, MS)
    for n in range(20):
        found.pts.append(n * 20)
        found.durations.append(20)
        found.digests.append(1000 * (index if seed is None else seed) + n)
        found.hidden.append(0)
    return stream, found


def matched(mine: Sequence[tuple[StreamInfo, Packets]], theirs: Sequence[tuple[StreamInfo, Packets]]) -> Matched:
    """Match two files of these tracks."""
    contents = [Contents({s.index: p for s, p in side}, {}, {}) for side in (mine, theirs)]
    return match([s for s, _ in mine], contents[0], [s for s, _ in theirs], contents[1])


def pairs(found: Matched) -> list[tuple[int, int]]:
    """Indexes of what was paired."""
    return [(pair.source.index, pair.output.index) for pair in found.pairs]


def test_the_one_that_is_lost_in_the_middle_is_named() -> None:
    """By language where it was encoded, by its packets where it was copied."""
    mine = [sound(0, "eng"), sound(1, "ger"), sound(2, "fra")]
    encoded = matched(mine, [sound(0, "eng", "opus", 50), sound(1, "fra", "opus", 51)])
    assert (pairs(encoded), [name for name, _ in encoded.lost]) == ([(0, 0), (2, 1)], ["audio 1"])
    copied = matched(mine, [sound(0, seed=0), sound(1, seed=2)])
    assert (pairs(copied), [name for name, _ in copied.lost]) == ([(0, 0), (2, 1)], ["audio 1"])
    assert all(pair.copied for pair in copied.pairs)


def test_without_anything_to_tell_them_apart_their_order_counts() -> None:
    """Three that say nothing stay as they stand."""
    found = matched([sound(n) for n in range(3)], [sound(n, codec="opus", seed=9 + n) for n in range(3)])
    assert pairs(found) == [(0, 0), (1, 1), (2, 2)]


def test_a_language_that_was_lost_does_not_lose_the_stream() -> None:
    """There is no other that it could be."""
    found = matched([sound(0, "eng")], [sound(0, "ger", "opus", 9)])
    assert (pairs(found), found.lost, found.added) == ([(0, 0)], (), ())


def test_one_too_many_is_named() -> None:
    """The one that is in both is paired, wherever it stands."""
    found = matched([sound(0)], [sound(0, seed=7), sound(1, seed=0)])
    assert (pairs(found), [name for name, _ in found.added]) == ([(0, 1)], ["audio 0"])


def test_subtitles_are_known_by_their_words() -> None:
    """In whatever format, without a language."""

    def lines(index: int, codec: str, word: str) -> tuple[StreamInfo, Packets]:
        cues = tuple(Cue(n, 1, f"{word} {n}") for n in range(5))
        return StreamInfo(index, "subtitle", codec, MS), Packets(index, "subtitle", codec, MS, cues=cues)

    found = matched([lines(0, "ass", "ja"), lines(1, "ass", "yes")], [lines(0, "mov_text", "yes")])
    assert (pairs(found), [name for name, _ in found.lost]) == ([(1, 0)], ["subtitle 0"])


def test_the_shift_is_what_most_agree_on() -> None:
    """One stream that is late is out of sync; all that are late are moved. What was declared wins a draw."""
    still, late = Witness(Fraction(0), MS), Witness(Fraction(1, 50), MS)
    assert common_shift([still, still, late], [Fraction(0)]) == 0
    assert common_shift([late, late], [Fraction(0)]) == Fraction(1, 50)
    assert common_shift([late, still], [Fraction(0)]) == 0
    assert common_shift([], [Fraction(-3)]) == -3


def test_a_span_is_half_open() -> None:
    """Its beginning belongs to it, its end does not; what has no time is always wanted."""
    span = Span(Fraction(1), Fraction(2))
    assert [span.holds(Fraction(at)) for at in (0, 1, 2)] == [False, True, False]
    assert span.holds(None)
    assert span.wider(Fraction(1)).holds(Fraction(0))
    assert not span.narrower(Fraction(1, 4)).holds(Fraction(1))
