"""What each pair of streams says about the shift between two files, the most trustworthy first. Pure."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from suture.verify.alignment import align
from suture.verify.clocks import Witness, slack_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from suture.media.contents import Packets
    from suture.verify.clocks import Span
    from suture.verify.matching import Pair

__all__ = ["witnesses"]

# Sound that is encoded begins with its encoder's priming, which not every container tells.
_PRIMING: Final = Fraction(3, 50)
_HUNDREDTH: Final = Fraction(1, 100)
# So many packets are enough to know where a copy stands.
_ENOUGH: Final = 2000


def witnesses(pairs: Sequence[Pair], span: Span, *, other_frames: bool = False) -> list[Witness]:
    """Ask all pairs; those of which nothing can be told are silent.

    Args:
        pairs: of streams.
        span: the part of the source that the output is to hold.
        other_frames: a filter makes other frames, so that pictures say nothing.
    """
    asked = [pair for pair in pairs if pair.copied or pair.source.kind != "video" or not other_frames]
    asked = sorted(asked, key=lambda pair: (not pair.copied, ("video", "audio", "subtitle").index(pair.source.kind)))
    return [witness for pair in asked for witness in _said(pair, span)]


def _said(pair: Pair, span: Span) -> Iterator[Witness]:
    slack = slack_of(pair.mine.time_base, pair.theirs.time_base)
    if pair.copied:
        yield from _middle(_packet_delays(pair.mine, pair.theirs), slack)
    elif pair.mine.cues and pair.theirs.cues:
        yield from _middle(_line_delays(pair.mine, pair.theirs), max(slack, _HUNDREDTH))
    elif pair.source.kind in {"video", "audio"}:
        first, other = _first(pair.mine, span), _first(pair.theirs, None)
        if first is not None and other is not None:
            yield Witness(other - first, slack if pair.source.kind == "video" else slack + _PRIMING)


def _packet_delays(mine: Packets, theirs: Packets) -> list[Fraction]:
    """By how much packets of one content are later."""
    pairs = ((0, 0),) if mine.whole else align(mine.digests, theirs.digests).pairs[:_ENOUGH]
    times = [(mine.time(n), theirs.time(m)) for n, m in pairs if n < len(mine) and m < len(theirs)]
    return [there - here for here, there in times if here is not None and there is not None]


def _line_delays(mine: Packets, theirs: Packets) -> list[Fraction]:
    pairs = align([cue.text for cue in mine.cues], [cue.text for cue in theirs.cues]).pairs
    return [theirs.cues[b].start * theirs.time_base - mine.cues[a].start * mine.time_base for a, b in pairs]


def _middle(delays: list[Fraction], slack: Fraction) -> Iterator[Witness]:
    if delays:
        yield Witness(sorted(delays)[len(delays) // 2], slack)


def _first(packets: Packets, span: Span | None) -> Fraction | None:
    """When the first packet that is shown is shown."""
    times = (packets.time(n) for n in packets.shown())
    return min((at for at in times if at is not None and (span is None or span.holds(at))), default=None)
