"""Which stream of the output is which of the source. One that is lost in the middle is named, not all after it.

Streams of a kind are paired by what they hold, then by language, title and shape, then by their place. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from suture.languages import same_language
from suture.verify.alignment import share
from suture.verify.packets import is_copy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from suture.media.contents import Contents, Packets
    from suture.model import StreamInfo

__all__ = ["KINDS", "Matched", "Pair", "match"]

KINDS: Final = ("video", "audio", "subtitle")


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A stream of the source and what became of it.

    Args:
        source: as the source's container describes it.
        output: as the output's does.
        mine: the source's packets.
        theirs: the output's.
        number: of the stream within its kind, in the source.
        place: of the output's stream within its kind.
        copied: the packets are the source's.
    """

    source: StreamInfo
    output: StreamInfo
    mine: Packets
    theirs: Packets
    number: int
    place: int
    copied: bool

    @property
    def name(self) -> str:
        """``audio 0``."""
        return f"{self.source.kind} {self.number}"


@dataclass(frozen=True, slots=True)
class Matched:
    """Pairs in the source's order, streams that are not in the output, and streams that are not in the source."""

    pairs: tuple[Pair, ...]
    lost: tuple[tuple[str, StreamInfo], ...]
    added: tuple[tuple[str, StreamInfo], ...]


def match(wanted: Iterable[StreamInfo], source: Contents, found: Iterable[StreamInfo], output: Contents) -> Matched:
    """Pair the streams.

    Args:
        wanted: the source's streams that are asked for, in their order.
        source: the source's packets.
        found: the output's streams.
        output: the output's packets.
    """
    pairs: list[Pair] = []
    lost: list[tuple[str, StreamInfo]] = []
    added: list[tuple[str, StreamInfo]] = []
    wanted, found = tuple(wanted), tuple(found)
    for kind in KINDS:
        mine, theirs = _of_kind(wanted, kind), _of_kind(found, kind)
        chosen = _chosen(mine, source, theirs, output)
        for number, stream in enumerate(mine):
            if number not in chosen:
                lost.append((f"{kind} {number}", stream))
                continue
            other = theirs[chosen[number]]
            packets = source.streams[stream.index], output.streams[other.index]
            pairs.append(Pair(stream, other, *packets, number, chosen[number], is_copy(*packets)))
        added += [(f"{kind} {n}", s) for n, s in enumerate(theirs) if n not in chosen.values()]
    return Matched(tuple(pairs), tuple(lost), tuple(added))


def _of_kind(streams: Iterable[StreamInfo], kind: str) -> list[StreamInfo]:
    return [stream for stream in streams if stream.kind == kind and not stream.is_cover_art]


def _chosen(mine: list[StreamInfo], source: Contents, theirs: list[StreamInfo], output: Contents) -> dict[int, int]:
    """Numbers of the output's streams by those of the source's: the likeliest pair first."""
    scores = [
        (_likeness(a, source.streams[a.index], b, output.streams[b.index]), -abs(n - m), n, m)
        for n, a in enumerate(mine)
        for m, b in enumerate(theirs)
    ]
    chosen: dict[int, int] = {}
    for _, _, n, m in sorted(scores, key=lambda entry: (-entry[0], -entry[1], entry[2])):
        if n not in chosen and m not in chosen.values():
            chosen[n] = m
    return chosen


def _likeness(a: StreamInfo, mine: Packets, b: StreamInfo, theirs: Packets) -> float:
    """The more, the likelier they are one."""
    score = 40 * share(mine.digests, theirs.digests) if mine.codec == theirs.codec else 0.0
    if mine.cues and theirs.cues:
        score += 40 * share([cue.text for cue in mine.cues], [cue.text for cue in theirs.cues])
    one, other = a.language or "und", b.language or "und"
    if "und" not in {one, other}:
        score += 8 if same_language(one, other) else -8
    titles = _title(a), _title(b)
    score += 4 if titles[0] and titles[0] == titles[1] else 0
    score += 2 * (a.codec == b.codec) + 2 * (a.channels == b.channels) + (a.sample_rate == b.sample_rate)
    return score + (a.width == b.width) + (a.disposition == b.disposition)


def _title(stream: StreamInfo) -> str:
    tags = {key.lower(): value for key, value in stream.metadata.items()}
    return tags.get("title") or tags.get("name") or ""
