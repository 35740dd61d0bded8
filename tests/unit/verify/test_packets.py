"""A copied stream and its source: each way to spoil a packet is named, with number and time, and nothing else is."""

from __future__ import annotations

from array import array
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from suture.media.contents import Packets
from suture.verify.clocks import Span
from suture.verify.packets import compare_packets, is_copy

if TYPE_CHECKING:
    from collections.abc import Iterable

MS = Fraction(1, 1000)
FINE = Fraction(1, 48000)
COUNT = 200


def packets(numbers: Iterable[int], base: Fraction = MS, late: Fraction = Fraction(0), kind: str = "audio") -> Packets:
    """A stream of packets of 1024 samples, which are known by their numbers."""
    found = Packets(1, kind, "aac", base)
    for place, number in enumerate(numbers):
        found.pts.append(round((Fraction(1024 * place, 48000) + late) / base))
        found.durations.append(round(Fraction(1024, 48000) / base))
        found.digests.append(number + 1)
        found.hidden.append(0)
    return found


def said(output: Packets, source: Packets | None = None, span: Span | None = None) -> list[tuple[str, str]]:
    """Kinds and texts of what is found."""
    found = compare_packets(source or packets(range(COUNT)), output, "audio 0", span or Span())
    return [(finding.kind, finding.text.removeprefix("audio 0: ")) for finding in found]


def test_a_copy_is_a_copy_in_whatever_clock() -> None:
    """One rounding to the coarser clock is no difference."""
    for one in (MS, FINE):
        for other in (MS, FINE, Fraction(1, 90000)):
            assert said(packets(range(COUNT), other), packets(range(COUNT), one)) == []


def test_a_lost_packet_is_named() -> None:
    """By number and time; the rest stands where it did."""
    output = packets(range(COUNT))
    for column in (output.pts, output.durations, output.digests, output.hidden):
        del column[60]
    assert said(output) == [("packet-missing", "packet 60 (at 1.280 s) is missing")]


def test_several_in_a_row_are_one_finding() -> None:
    """A hole is one thing."""
    output = packets(range(COUNT))
    for column in (output.pts, output.durations, output.digests, output.hidden):
        del column[60:70]
    assert said(output) == [("packet-missing", "packet 60 (at 1.280 s) to packet 69 are missing (10)")]


def test_a_cut_tail_is_named_as_such() -> None:
    """Not as a hundred packets."""
    assert said(packets(range(150))) == [
        ("tail-missing", "packet 150 (at 3.200 s) is missing, and all after it (50 in all): the output ends too early")
    ]


def test_damage_doubling_and_strangers_are_told_apart() -> None:
    """Other bytes, the same bytes again, bytes from elsewhere."""
    damaged = packets([*range(60), 999, *range(61, COUNT)])
    assert said(damaged) == [("packet-damaged", "packet 60 (at 1.280 s) holds other bytes")]
    doubled = packets([*range(60), 59, *range(60, COUNT)])
    assert ("packet-doubled", "the output's packet 60 at 1.280 s is there twice") in said(doubled)
    stranger = packets([*range(60), 999, *range(60, COUNT)])
    assert ("packet-added", "the output's packet 60 at 1.280 s is not in the source") in said(stranger)


def test_two_that_changed_places_are_named() -> None:
    """One of them is not where it has to be; neither is lost."""
    kinds = [kind for kind, _ in said(packets([*range(60), 61, 60, *range(62, COUNT)]))]
    assert kinds[0] == "packet-swapped"
    assert not {"packet-missing", "packet-added", "packet-doubled"} & set(kinds)


def test_a_late_stream_is_out_of_sync() -> None:
    """All of it by the same time: that is one finding, unless the whole file is moved so."""
    output = packets(range(COUNT), late=Fraction(1, 50))
    assert said(output) == [("sync", "audio 0 is 20.0 ms late against the rest")]
    assert said(output, span=Span(shift=Fraction(1, 50))) == []


def test_late_packets_are_one_finding_a_run() -> None:
    """From the middle on, and a single one."""
    output = packets(range(COUNT))
    for n in range(150, COUNT):
        output.pts[n] += 20
    output.pts[10] -= 5
    assert said(output) == [
        ("packet-time", "packet 10 (at 0.213 s) stands 5.0 ms early"),
        ("packet-time", "packet 150 (at 3.200 s) to packet 199 stand 20.0 ms late"),
    ]


def test_what_lies_outside_of_a_cut_is_not_missed() -> None:
    """At its edges a packet more or less is right; in the middle none is."""
    span = Span(Fraction(1), Fraction(3), Fraction(-1))
    inside = range(47, 141)
    output = packets(inside, late=Fraction(1024 * 47, 48000) - 1)
    assert said(output, span=span) == []
    assert next(kind for kind, _ in said(packets([n for n in inside if n != 90]), span=span)) == "packet-missing"


def test_what_an_edit_list_hides_need_not_come() -> None:
    """But a picture that was hidden must not appear."""
    source = packets(range(COUNT), kind="video")
    source.hidden[0] = source.hidden[COUNT - 1] = 1
    without = packets(range(COUNT), kind="video")
    for column in (without.pts, without.durations, without.digests, without.hidden):
        del column[COUNT - 1], column[0]
    assert said(without, source) == []
    shown = compare_packets(source, packets(range(COUNT), kind="video"), "video 0", Span())
    assert [finding.kind for finding in shown] == ["edit-list", "edit-list"]
    assert shown[0].frame == 0


def test_pictures_are_named_by_their_place_in_the_film() -> None:
    """Packets are stored in decoding order."""
    source = packets(range(4), kind="video")
    source.pts[:] = array("q", [0, 120, 40, 80])
    output = replace(source, pts=source.pts[:], digests=array("Q", [1, 99, 3, 4]))
    (finding,) = compare_packets(source, output, "video 0", Span())
    assert (finding.frame, finding.time) == (3, Fraction(120, 1000))
    assert finding.text == "video 0: packet 1 (frame 3, at 0.120 s) holds other bytes"


def test_a_flood_is_counted() -> None:
    """Twenty are told, the others counted."""
    output = packets([n if n % 2 else n + 5000 for n in range(COUNT)])
    found = said(output)
    assert len(found) == 21
    assert found[-1] == ("more-differences", "and 80 more differences")


def test_samples_in_a_row_are_compared_as_a_whole() -> None:
    """PCM is cut into packets as a reader likes."""
    source, output = packets(range(COUNT)), packets(range(1000, 1050))
    assert said(replace(output, whole="44 abc"), replace(source, whole="44 abc")) == []


@pytest.mark.parametrize(
    ("numbers", "copied"),
    [
        (range(COUNT), True),
        (range(40), True),
        ([*range(60), 999, *range(61, COUNT)], True),
        (range(1000, 1000 + COUNT), False),
        ([0] * COUNT, False),
    ],
)
def test_a_copy_is_told_from_an_encode(numbers: Iterable[int], copied: bool) -> None:  # noqa: FBT001
    """Damaged and cut short it is still one; what shares silence alone is none."""
    assert is_copy(packets(range(COUNT)), packets(numbers)) is copied


def test_encodes_of_silence_are_no_copies_of_each_other() -> None:
    """Nearly all packets are the same; the few that are not decide."""
    one, other = packets([0] * 190 + list(range(1, 11))), packets([0] * 190 + list(range(51, 61)))
    assert not is_copy(one, other)
    assert not is_copy(one, replace(one, codec="mp3"))
