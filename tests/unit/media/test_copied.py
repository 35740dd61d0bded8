"""What of a copied sound is wanted, and how much of its beginning is not to be heard; with packets made up."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.media.clock import rescale
from suture.media.copied import CopiedStream, Window, unheard

if TYPE_CHECKING:
    from collections.abc import Iterator

RATE = 48000
PRIMED = ((-1024, 1024), (0, 0), (1024, 0))


@dataclass
class Packet:
    """1024 samples of sound at ``pts``, of which the first ``skip`` are not to be heard."""

    pts: int
    skip: int = 0
    is_discard: bool = False
    duration: int = 1024
    size: int = 1

    dts: int | None = None

    def __post_init__(self) -> None:
        """Sound comes in the order in which it is heard."""
        self.dts = self.pts

    def has_sidedata(self, _: str) -> bool:
        """Only what has something to skip says so."""
        return bool(self.skip)

    def iter_sidedata(self) -> Iterator[bytes]:
        """All there is."""
        if self.skip:
            yield self.get_sidedata("skip_samples")

    def get_sidedata(self, _: str) -> bytes:
        """As libavcodec lays it out."""
        return struct.pack("<IIBB", self.skip, 0, 0, 0)


def stream(codec: str = "aac", extradata: bytes = b"\x11\x90", start: int = -1024) -> Any:
    """A sound stream on its sample clock."""
    context = SimpleNamespace(name=codec, rate=RATE, extradata=extradata, frame_size=1024)
    container = SimpleNamespace(format=SimpleNamespace(name="matroska,webm"))
    given = {"type": "audio", "disposition": 0, "start_time": start, "duration": None}
    return SimpleNamespace(codec_context=context, time_base=Fraction(1, RATE), container=container, **given)


@pytest.mark.parametrize(
    ("packets", "window", "first", "samples"),
    [
        (PRIMED, Window(format="matroska"), -1024, 1024),
        (((0, 0), (1024, 0)), Window(format="matroska"), 0, None),
        # From half a second on: 100 ms earlier for the decoder, all of that unheard.
        (
            tuple((n * 1024, 0) for n in range(40)),
            Window(Fraction(1, 2), None, "matroska"),
            18 * 1024,
            24000 - 18 * 1024,
        ),
        # Sound that begins after the beginning is heard from its first sample on.
        (((30 * 1024, 0), (31 * 1024, 0)), Window(Fraction(1, 2), None, "matroska"), 30 * 1024, 0),
        # A beginning within the priming: what comes later counts.
        (PRIMED, Window(Fraction(-1, 100), None, "matroska"), -1024, 1024),
        (PRIMED, Window(Fraction(1, 100), None, "matroska"), -1024, 1024 + 480),
    ],
)
def test_how_much_is_not_heard(
    packets: tuple[tuple[int, int], ...], window: Window, first: int, samples: int | None
) -> None:
    """Priming, or what lies before the window, whichever is more; None where nobody says anything."""
    packet, found = unheard((Packet(*packet) for packet in packets), stream(), window)
    assert (packet.pts, found) == (first, samples)


def test_packets_that_are_dropped_do_not_count() -> None:
    """An edit list that hides half a second: 100 ms of that come along, and are what is not heard."""
    hidden = [Packet(-24000 + n * 1024, 24000 if n == 0 else 0, is_discard=n < 23) for n in range(30)]
    packet, found = unheard(hidden, stream(start=0), Window(format="matroska"))
    assert Fraction(-1, 10) * RATE <= packet.pts < Fraction(-1, 10) * RATE + 1024
    assert found == -packet.pts


def test_nothing_wanted() -> None:
    """No packet at all, or none in the window."""
    assert unheard([], stream(), Window(format="matroska")) == (None, None)
    assert unheard([Packet(0)], stream(), Window(Fraction(1), None, "matroska")) == (None, None)


@pytest.mark.parametrize(
    ("codec", "extradata", "form", "hides"),
    [
        ("aac", b"\x11\x90", "matroska", True),
        ("aac", b"", "matroska", False),
        ("aac", b"", "mp4", True),
        ("ac3", b"", "webm", True),
        ("ac3", b"", "mpegts", False),
        ("pcm_s16le", b"", "mov", False),
        ("vorbis", b"\x02", "matroska", False),
    ],
)
def test_which_container_can_hide_what(codec: str, extradata: bytes, form: str, hides: bool) -> None:  # noqa: FBT001
    """MPEG-TS nothing; Matroska not AAC that brings headers of its own; what needs no lead gets none."""
    assert Window(format=form).hides(stream(codec, extradata)) is hides


RATIOS = st.sampled_from([Fraction(1, 1000), Fraction(1, RATE), Fraction(1, 44100), Fraction(1, 90000)])


@given(RATIOS, RATIOS, st.lists(st.integers(1, 4000), max_size=20), st.fractions(0, 3), st.sampled_from(["mp4", "ogg"]))
def test_places_and_lengths_are_the_formulas(
    base: Fraction, target: Fraction, gaps: list[int], end: Fraction, form: str
) -> None:
    """With integers worked out once, what fractions at every packet gave: where it goes, and how much of it counts."""
    source = stream(start=0)
    source.time_base = base
    lane = CopiedStream(source, SimpleNamespace(time_base=target), Window(None, end, form), Fraction(1, 7))
    plain = target >= base
    for pts in accumulate(gaps):
        packet = Packet(pts, duration=round(1024 / (RATE * base)))
        duration = packet.duration
        lane.place(packet)
        hidden = min(max(int((pts * base - end) * RATE) + 1024, 0), 1023)
        kept = 1024 - hidden
        if plain:
            until = pts + (min(duration, rescale(kept, Fraction(1, RATE), base)) if hidden else duration)
            at = rescale(pts, base, target, Fraction(1, 7))
            assert (packet.pts, packet.duration) == (at, rescale(until, base, target, Fraction(1, 7)) - at)
        else:
            whole = rescale(kept, Fraction(1, RATE), target)
            told = whole if hidden else rescale(duration + 1, base, target)
            assert packet.duration == max(1, min(whole, told))


def test_hidden_pictures_at_the_end_are_not_copied() -> None:
    """What an edit list hides and nothing that is shown needs stays behind; a picture that others need comes along."""
    entries = [SimpleNamespace(timestamp=n, is_discard=n in {1, 4, 5}) for n in range(6)]
    container = SimpleNamespace(format=SimpleNamespace(name="mov,mp4,m4a"))
    given = {"type": "video", "disposition": av.stream.Disposition(0), "index_entries": entries}
    pictures = SimpleNamespace(time_base=Fraction(1, 25), container=container, **given)
    lane = CopiedStream(pictures, None, Window(format="mp4"))

    wanted = [lane.is_wanted(Packet(n, is_discard=entries[n].is_discard)) for n in range(6)]

    assert wanted == [True, True, True, True, False, False]
