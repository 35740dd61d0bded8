"""How a pair of streams is looked at, and what can't be told of it; nothing is decoded here."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from suture.media.contents import Packets
from suture.media.cues import Cue
from suture.model import StreamInfo
from suture.proof import Between
from suture.proof.streams import Way, _packets_agree, _unseen, look_at
from suture.proof.witnesses import witnesses
from suture.settings import EncodeSettings
from suture.verify.clocks import Span
from suture.verify.matching import Pair
from suture.verify.side import Look

if TYPE_CHECKING:
    from collections.abc import Iterable

MS = Fraction(1, 1000)


def packets(kind: str, times: Iterable[int], codec: str = "h264", seed: int = 0) -> Packets:
    """A stream whose packets stand at these milliseconds."""
    found = Packets(0, kind, codec, MS)
    for n, at in enumerate(times):
        found.pts.append(at)
        found.durations.append(40)
        found.digests.append(seed + n)
        found.hidden.append(0)
    return found


def pair(mine: Packets, theirs: Packets, **output: Any) -> Pair:
    """Two streams of one kind."""
    source = StreamInfo(0, mine.kind, mine.codec, MS, width=640, height=360)
    copied = list(mine.digests) == list(theirs.digests)
    return Pair(source, replace(source, codec=theirs.codec, **output), mine, theirs, 0, 0, copied)


def way(*, quick: bool = True, **settings: Any) -> Way:
    """How to look."""
    return Way("in.mkv", "out.mkv", Between(EncodeSettings(**settings)), Span(), Look("", ""), quick)


FILM = packets("video", range(0, 4000, 40))


@pytest.mark.parametrize(
    ("output", "settings", "seen"),
    [
        ({}, {}, True),
        ({"width": 320, "height": 180}, {}, True),
        ({"width": 640, "height": 272}, {}, False),
        ({"width": 640, "height": 272}, {"video_filter": "crop=640:272"}, True),
        ({"width": 480, "height": 360, "sample_aspect_ratio": Fraction(4, 3)}, {}, True),
        ({}, {"subtitles": "burn"}, False),
    ],
)
def test_pictures_of_another_shape_are_not_judged(
    output: dict[str, Any], settings: dict[str, Any], *, seen: bool
) -> None:
    """Unless a filter was told of; scaled ones are, and those in which nothing was drawn."""
    theirs = packets("video", range(0, 4000, 40), "av1", 900)
    assert bool(_unseen(pair(FILM, theirs, **output), way(quick=False, **settings))) is not seen


def test_what_a_copy_holds_is_compared_by_packets() -> None:
    """And a text subtitle by its lines, copy or not."""
    assert look_at(pair(FILM, FILM), way()).how == "packets"
    mine, theirs = packets("subtitle", [0], "ass"), packets("subtitle", [0], "mov_text", 5)
    mine.cues, theirs.cues = (Cue(0, 1000, "one"),), (Cue(0, 1000, "two"),)
    looked = look_at(pair(mine, theirs), way())
    assert (looked.how, [finding.kind for finding in looked.findings]) == ("lines", ["subtitle-text"])


def test_a_quick_look_at_sound_says_what_it_can_not_tell() -> None:
    """That it ends too early is seen all the same."""
    sound = packets("audio", range(0, 4000, 40), "aac")
    whole = look_at(pair(sound, packets("audio", range(0, 4000, 40), "opus", 900)), way())
    short = look_at(pair(sound, packets("audio", range(0, 3000, 40), "opus", 900)), way())
    assert [finding.weight for finding in whole.findings] == ["unjudged"]
    assert [finding.kind for finding in short.findings] == ["tail-missing", "unjudged"]


def test_bitmaps_that_were_made_anew_are_not_judged() -> None:
    """There is nothing to compare them by."""
    mine, theirs = packets("subtitle", [0], "dvd_subtitle"), packets("subtitle", [0], "dvb_subtitle", 5)
    assert look_at(pair(mine, theirs), way()).how == "not at all"


def test_packets_may_know_better_than_a_decoder() -> None:
    """Where all of them stand where they have to; not where one does not, or a filter changed them."""
    theirs = packets("video", range(0, 4000, 40), "av1", 900)
    assert _packets_agree(pair(FILM, theirs), way(), MS)
    theirs.pts[7] += 2
    assert not _packets_agree(pair(FILM, theirs), way(), MS)
    theirs.pts[7] -= 2
    assert not _packets_agree(pair(FILM, theirs), way(scale="64:48"), MS)


def test_copies_are_the_first_to_be_asked_for_the_shift() -> None:
    """Then pictures that were encoded, then sound, which has priming."""
    late = packets("video", range(20, 4020, 40), "av1", 900)
    sound = packets("audio", range(0, 4000, 40), "aac")
    moved = packets("audio", range(20, 4020, 40), "aac")
    told = witnesses([pair(FILM, late), pair(sound, moved)], Span())
    assert [(float(w.shift), float(w.slack)) for w in told] == [(0.02, 0.001), (0.02, 0.001)]
    primed = witnesses([pair(sound, packets("audio", [-7, 13], "opus", 900))], Span())
    assert [float(w.slack) for w in primed] == [0.061]
