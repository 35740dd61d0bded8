"""Two lists of digests laid side by side: what is in both, what is lost, what came in. Pure, and fast for long lists.

Packets are anchored by digests that occur once in each list (a patience diff); only what lies between two anchors is
looked at more closely. What it means for a stream is `packets`' business.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

__all__ = ["Alignment", "Gap", "align", "share"]

# A gap of more items a side is not searched for what repeats in it.
_SEARCHED: Final = 300


@dataclass(frozen=True, slots=True)
class Gap:
    """A place where the lists differ: numbers ``[first, last)`` of the one stand for ``[begin, end)`` of the other."""

    first: int
    last: int
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Alignment:
    """Pairs of numbers that belong together, ascending in both, and the gaps between them."""

    pairs: tuple[tuple[int, int], ...]
    gaps: tuple[Gap, ...]


def align(one: Sequence[Hashable], other: Sequence[Hashable]) -> Alignment:
    """Lay two lists side by side."""
    pairs = [*_matched(one, other)]
    ends = zip([(-1, -1), *pairs], [*pairs, (len(one), len(other))], strict=True)
    gaps = (Gap(a + 1, c, b + 1, d) for (a, b), (c, d) in ends)
    return Alignment(tuple(pairs), tuple(gap for gap in gaps if gap.last > gap.first or gap.end > gap.begin))


def share(one: Sequence[Hashable], other: Sequence[Hashable]) -> float:
    """How much of the shorter list is in the other, 0 to 1; 0 where one is empty."""
    few, many = sorted((one, other), key=len)
    known = set(many)
    return sum(item in known for item in few) / len(few) if few else 0.0


def _matched(one: Sequence[Hashable], other: Sequence[Hashable]) -> Iterator[tuple[int, int]]:
    head = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    yield from ((n, n) for n in range(head))
    most = min(len(one), len(other)) - head
    tail = next((n for n in range(most) if one[-1 - n] != other[-1 - n]), most)
    at, end = (head, head), (len(one) - tail, len(other) - tail)
    for anchor in [*_anchors(one, other, head, tail), end]:
        yield from _between(one, other, at, anchor)
        if anchor != end:
            yield anchor
        at = anchor[0] + 1, anchor[1] + 1
    yield from ((end[0] + n, end[1] + n) for n in range(tail))


def _anchors(one: Sequence[Hashable], other: Sequence[Hashable], head: int, tail: int) -> list[tuple[int, int]]:
    """What is unique in both lists, as many of them as follow each other in both."""
    places, others = _unique(one, head, len(one) - tail), _unique(other, head, len(other) - tail)
    return _longest_rising([(n, others[item]) for item, n in places.items() if item in others])


def _unique(items: Sequence[Hashable], begin: int, end: int) -> dict[Hashable, int]:
    counts = Counter(items[n] for n in range(begin, end))
    return {items[n]: n for n in range(begin, end) if counts[items[n]] == 1}


def _longest_rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest part whose second numbers rise; the first ones do already."""
    tops: list[int] = []
    tails: list[int] = []
    before = [-1] * len(pairs)
    for n, (_, at) in enumerate(pairs):
        place = bisect_left(tops, at)
        before[n] = tails[place - 1] if place else -1
        tops[place : place + 1], tails[place : place + 1] = [at], [n]
    found, n = [], tails[-1] if tails else -1
    while n >= 0:
        found.append(pairs[n])
        n = before[n]
    return found[::-1]


def _between(
    one: Sequence[Hashable], other: Sequence[Hashable], begin: tuple[int, int], end: tuple[int, int]
) -> Iterator[tuple[int, int]]:
    """What repeats in a short gap, such as silence."""
    mine, theirs = one[begin[0] : end[0]], other[begin[1] : end[1]]
    if mine and theirs and max(len(mine), len(theirs)) <= _SEARCHED:
        for a, b, length in SequenceMatcher(None, mine, theirs, autojunk=False).get_matching_blocks():
            yield from ((begin[0] + a + n, begin[1] + b + n) for n in range(length))
