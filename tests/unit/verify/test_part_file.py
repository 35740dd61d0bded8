"""What a file has to be, asked of facts that are made up: the first difference is named, and what is right passes."""

from __future__ import annotations

from array import array
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from suture.errors import ProbeError, VerificationError
from suture.media.clock import fingerprint
from suture.media.index import FrameIndex, write_index
from suture.media.inspect import FileFacts, StreamFacts
from suture.media.spec import ChapterSpec, JoinSpec, PieceSpec, TrackSpec
from suture.verify import part_file as module
from suture.verify.part_file import facts_path, verify_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MILLISECONDS = Fraction(1, 1000)
TIMES = [round(n * Fraction(1001, 24)) for n in range(60)]
KEYS = (0, 20, 40)


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A join of a film in three pieces, and sound, that went well."""
    index = FrameIndex(0, MILLISECONDS, array("q", TIMES), array("I", [1] * 60), bytes(60), TIMES[-1] + 42)
    write_index(index, str(tmp_path / "index"))
    return Job(str(tmp_path / "index"), monkeypatch)


class Job:
    """What was to be written, what was, and what is found: a test spoils one of them."""

    def __init__(self, index: str, monkeypatch: pytest.MonkeyPatch) -> None:
        pieces = tuple(PieceSpec(n, f"{n}.mkv", n * 20, n * 20 + 20) for n in range(3))
        tracks = (TrackSpec("video", "pieces", 0, pieces=pieces, index=index), TrackSpec("audio", "source", 1))
        self.spec = JoinSpec("in", "out.mkv", ".part-out.mkv", "matroska", tracks)
        video, audio = array("q", TIMES), array("q", range(0, 2500, 21))
        self.facts = FileFacts([facts("video", video), facts("audio", audio)], [], 0, 0)
        self.written = {"streams": [written(video), written(audio)]}
        self.decoded: list[tuple[int | None, int | None]] = []
        self.gives: Callable[[list[int]], tuple[list[int], str]] = lambda times: (times, "")
        monkeypatch.setattr(module, "read_facts", lambda _path: self.facts)
        monkeypatch.setattr(module, "decoded_times", self._decode)

    def _decode(self, _path: str, _number: int, spans: Any, count: Any) -> Iterator[tuple[list[int], str]]:
        for begin, end in spans:
            self.decoded.append((begin, end))
            times = [at for at in TIMES if at >= begin and (end is None or at < end)]
            for _ in times:
                count()
            yield self.gives(times)

    def verify(self, report: Any = lambda _frames: None) -> None:
        """Ask."""
        verify_part(self.spec, self.written, report)

    def refused(self) -> str:
        """Why it is refused."""
        with pytest.raises(VerificationError) as caught:
            self.verify()
        return str(caught.value)


def facts(kind: str, pts: array[int]) -> StreamFacts:
    """A stream as it is read."""
    keys = array("q", (TIMES[n] for n in KEYS)) if kind == "video" else pts
    return StreamFacts(kind, "h264", MILLISECONDS, len(pts), 1000, 77, pts, keys)


def written(pts: array[int]) -> dict[str, Any]:
    """A stream as the join wrote it."""
    return {
        "packets": len(pts),
        "bytes": 1000,
        "crc": 77,
        "begin": list(pts[:2]),
        "times": fingerprint(pts),
        "exact": True,
    }


def test_what_is_right_passes(job: Job) -> None:
    """All three ways."""
    for verify in ("packets", "joins", "full"):
        job.spec = replace(job.spec, verify=verify)
        job.verify()


@pytest.mark.parametrize(
    ("stream", "change", "said"),
    [
        (0, {"kind": "audio"}, "video stream 0 has become audio"),
        (0, {"packets": 59}, "video stream 0 has 59 packets, 60 were written"),
        (1, {"packets": 121}, "audio stream 1 has 121 packets, 120 were written"),
        (1, {"bytes": 999}, "audio stream 1 holds other bytes than were written"),
        (0, {"crc": 78}, "video stream 0 holds other bytes than were written"),
        (
            1,
            {"pts": array("q", range(5, 2505, 21))},
            "audio stream 1 begins at 0.005000 s, it was written at 0.000000 s",
        ),
        (1, {"pts": array("q", [0, 21, 43, *range(63, 2500, 21)])}, "audio stream 1: packets stand at other times"),
    ],
)
def test_a_stream_that_differs_is_named(stream: int, change: dict[str, Any], said: str, job: Job) -> None:
    """Kind, count, bytes, times."""
    job.facts.streams[stream] = replace(job.facts.streams[stream], **change)
    assert job.refused().startswith(said)


def test_a_container_that_rewrites_packets_is_not_asked_for_bytes(job: Job) -> None:
    """Transport streams have framing of their own; packets are counted all the same."""
    job.written["streams"][1]["exact"] = False
    job.facts.streams[1] = replace(job.facts.streams[1], bytes=5, crc=5, pts=array("q", [9]))
    job.verify()
    job.facts.streams[1] = replace(job.facts.streams[1], packets=1)
    assert "packets" in job.refused()


def test_one_rounding_of_where_a_stream_begins_is_none(job: Job) -> None:
    """All of it a tick beside, or only the first packet: edit lists and codec delays have clocks of their own."""
    sound = list(range(0, 2500, 21))
    for pts in ([at - 1 for at in sound], [-1, *sound[1:]]):
        job.facts.streams[1] = replace(job.facts.streams[1], pts=array("q", pts))
        job.verify()


def test_decoding_times_count_where_they_are_stored(job: Job) -> None:
    """Matroska has none; what a reader makes up for it proves nothing."""
    job.facts.streams[0] = replace(job.facts.streams[0], backwards=2)
    job.verify()
    job.spec = replace(job.spec, format="mp4")
    assert job.refused() == "video stream 0: decoding times run backwards 2 times"


def test_subtitles_may_be_padded_but_not_lost(job: Job) -> None:
    """MP4 fills the silence between them."""
    tracks = (*job.spec.tracks, TrackSpec("subtitle", "source", 2))
    job.spec = replace(job.spec, tracks=tracks)
    job.written["streams"].append({**written(array("q", [1, 2, 3])), "exact": False})
    for found, good in ((3, True), (6, True), (2, False)):
        job.facts.streams[2:] = [replace(facts("subtitle", array("q", [1])), packets=found)]
        if good:
            job.verify()
        else:
            assert job.refused() == "subtitle stream 2 has 2 packets, 3 were written"


def test_streams_chapters_and_attachments_are_counted(job: Job) -> None:
    """One too few, one too many."""
    streams = job.facts.streams
    job.facts = replace(job.facts, streams=streams[:1])
    assert job.refused() == ".part-out.mkv has 1 streams, 2 were written"
    job.facts = replace(job.facts, streams=streams, chapters=1)
    assert job.refused() == "1 chapters arrived, 0 were written"
    job.facts = replace(job.facts, chapters=0, attachments=["font.ttf"])
    assert job.refused() == "1 attachments arrived, 0 were written"


def test_fonts_and_covers_are_attachments_alike(job: Job) -> None:
    """Matroska keeps pictures as attachments; Ogg in a comment, where they are not counted."""
    cover = TrackSpec("cover", "source", 5)
    spec = replace(job.spec, tracks=(*job.spec.tracks, cover), attachments=(6,), chapters=(ChapterSpec(0, 9, "1"),))
    job.spec = spec
    job.facts = replace(job.facts, attachments=["font.ttf"], pictures=1, chapters=1)
    job.verify()
    job.facts = replace(job.facts, pictures=0)
    assert "1 attachments arrived, 2 were written" in job.refused()
    job.spec = replace(spec, format="ogg", attachments=())
    job.facts = replace(job.facts, attachments=[])
    job.verify()


def moved(job: Job, place: int, ticks: int) -> None:
    """A frame that stands elsewhere, and was written there as well."""
    pts = array("q", TIMES)
    pts[place] += ticks
    job.facts.streams[0] = replace(job.facts.streams[0], pts=pts)
    job.written["streams"][0] = written(pts)


@pytest.mark.parametrize(("place", "ticks"), [(0, 1), (31, -1), (59, 1000)])
def test_a_frame_that_was_written_at_the_wrong_time_is_named(place: int, ticks: int, job: Job) -> None:
    """The index is the judge, to the tick."""
    moved(job, place, ticks)
    at, wanted = (TIMES[place] + ticks) / 1000, TIMES[place] / 1000
    assert job.refused() == f"frame {place} stands at {at:.6f} s, the source has it at {wanted:.6f} s"


def test_a_frame_too_few_is_counted_though_the_join_wrote_no_more(job: Job) -> None:
    """What was written is no excuse."""
    pts = array("q", TIMES[:-1])
    job.facts.streams[0] = replace(job.facts.streams[0], pts=pts, packets=59)
    job.written["streams"][0] = written(pts)
    assert job.refused() == "59 frames arrived, the source has 60"


def test_packets_may_come_in_any_order(job: Job) -> None:
    """B-frames."""
    order = array("q", [at for n in range(0, 60, 3) for at in (TIMES[n + 2], TIMES[n], TIMES[n + 1])])
    job.facts.streams[0] = replace(job.facts.streams[0], pts=order)
    job.written["streams"][0] = written(order)
    job.verify()


def test_the_shift_is_part_of_the_times(job: Job) -> None:
    """What was moved on purpose is where it has to be."""
    job.spec = replace(job.spec, shift="1/4")
    assert "frame 0 stands at 0.000000 s, the source has it at 0.250000 s" in job.refused()
    pts = array("q", (at + 250 for at in TIMES))
    job.facts.streams[0] = replace(job.facts.streams[0], pts=pts, keys=array("q"))
    job.written["streams"][0] = written(pts)
    job.spec = replace(job.spec, verify="packets")
    job.verify()


def test_joins_are_decoded_from_the_keyframe_before_to_some_frames_after(job: Job) -> None:
    """And nothing else; ``full`` decodes all, and each join from before it; ``packets`` nothing."""
    job.spec = replace(job.spec, verify="full")
    job.verify()
    assert sorted(job.decoded) == [(TIMES[0], TIMES[32]), (TIMES[20], TIMES[52]), (TIMES[40], None)]
    job.decoded.clear()
    job.facts.streams[0] = replace(job.facts.streams[0], codec="dirac")
    job.verify()
    assert sorted(job.decoded) == [(TIMES[0], None)]
    job.decoded.clear()
    job.spec = replace(job.spec, verify="joins")
    job.verify()
    assert sorted(job.decoded) == [(TIMES[0], TIMES[32]), (TIMES[20], TIMES[52])]
    job.decoded.clear()
    job.spec = replace(job.spec, verify="packets")
    job.verify()
    assert job.decoded == []


@pytest.mark.parametrize(("codec", "before"), [("h264", 0), ("dirac", 20)])
def test_a_long_group_is_not_decoded_twice(codec: str, before: int, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where decoders begin anew at a keyframe; others may count on, and then a join is seen from before only."""
    monkeypatch.setattr(module, "_BEFORE_JOIN", 19)
    job.facts.streams[0] = replace(job.facts.streams[0], codec=codec)
    job.verify()
    assert sorted(job.decoded) == [(TIMES[20 - before], TIMES[32]), (TIMES[40 - before], TIMES[52])]


@pytest.mark.parametrize(
    ("gives", "said"),
    [
        (lambda times: (times[:-1], ""), "decoding around frame 31 of the output gave 31 of 32 frames"),
        (lambda times: (times[1:], ""), "decoding around frame 0 of the output gave 31 of 32 frames"),
        (lambda times: ([*times, 9], ""), "of the output gave 33 of 32 frames"),
        (lambda _times: ([], "the decoder says: no"), "gave 0 of 32 frames: the decoder says: no"),
        (lambda times: (times, "the picture at 1 s is damaged"), "the picture at 1 s is damaged"),
    ],
)
def test_what_does_not_decode_is_named(gives: Any, said: str, job: Job) -> None:
    """Frames missing, too many, or a decoder that complains."""
    job.gives = gives
    assert said in job.refused()


def test_decoding_is_reported_to_the_last_frame(job: Job) -> None:
    """So that a long check is not taken for a hang."""
    seen: list[int] = []
    job.spec = replace(job.spec, verify="full")
    job.verify(seen.append)
    assert seen[-1] == 84


def test_a_piece_that_was_left_out_is_not_looked_for(job: Job, tmp_path: Path) -> None:
    """Permissive: only what is there has to be there."""
    pieces = []
    for piece in job.spec.tracks[0].pieces:
        path = tmp_path / piece.path
        if piece.chunk_id != 1:
            path.touch()
        pieces.append(replace(piece, path=str(path)))
    video = replace(job.spec.tracks[0], pieces=tuple(pieces))
    job.spec = replace(job.spec, tracks=(video, job.spec.tracks[1]), verify="packets")
    kept = array("q", TIMES[:20] + TIMES[40:])
    job.facts.streams[0] = replace(job.facts.streams[0], pts=kept, packets=40)
    job.written["streams"][0] = written(kept)
    assert job.refused() == "40 frames arrived, the source has 60"
    job.spec = replace(job.spec, permissive=True)
    job.verify()


def test_what_can_not_be_read_back_is_not_verified(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same error as for any other fault, for the same exit code."""

    def fail(_path: str) -> FileFacts:
        raise ProbeError("no media", "was it cut short?")

    monkeypatch.setattr(module, "read_facts", fail)
    assert job.refused() == "what was written can't be read back: no media (was it cut short?)"


def test_the_facts_lie_beside_the_spec() -> None:
    """Where ``suture join`` puts them and ``suture publish`` looks."""
    assert facts_path("/job/join.json") == "/job/join.json.written"


def test_sound_that_nobody_can_play_is_refused(job: Job) -> None:
    """Its rate or channels were known before and are not any more; where they never were, nothing is new."""
    job.facts.streams[1].readable = False
    job.verify()
    job.written["streams"][1]["readable"] = True
    with pytest.raises(VerificationError, match="can't be played"):
        job.verify()
