"""Is the file on disk the one that was to be made? Asked of the part file, before it gets its name.

``packets``: every stream is there with every packet that was written, at the time at which it was written; every frame
of a cut track stands at the time that the source gives it; chapters and attachments are there. ``joins``: besides, the
pictures on both sides of every join decode; of those before it, a long group was decoded when the piece was made.
``full``: all pictures decode. What the join wrote is in the facts that it left behind (`publication` says where); what
it should have written comes from the frame index.
"""

from __future__ import annotations

import json
import os
from array import array
from bisect import bisect_left
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suture.command.part import sync_folder
from suture.errors import ConfigError, ProbeError, VerificationError
from suture.media.clock import Clock, fingerprint
from suture.media.index import read_index
from suture.media.inspect import FileFacts, StreamFacts, decoded_times, read_facts
from suture.media.probe import probe_file
from suture.verify.promises import missing
from suture.verify.publication import announce, facts_path, look_at_file, losses_path
from suture.verify.times import compare_times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from suture.media.spec import JoinSpec, TrackSpec

__all__ = ["facts_path", "look_at_file", "publish", "verify_part"]

# These store no decoding times; a reader guesses them, at times wrongly.
_WITHOUT_DTS = frozenset({"matroska", "webm"})
# So many frames are decoded after a join: more than any encoder reorders.
_AFTER_JOIN = 12
# So many before it, where its last group is longer; and the codecs whose decoders forget all at a keyframe that an
# encoder begins with. Others may count on (Dirac's picture numbers).
_BEFORE_JOIN = 24
_ANEW = frozenset({"av1", "h264", "hevc", "mpeg1video", "mpeg2video", "mpeg4", "vp8", "vp9"})
# A decoder of large pictures takes some hundred megabytes.
_MOST_DECODERS = 8


def publish(spec: JoinSpec, spec_path: str, report: Callable[[int], None] = lambda _frames: None) -> None:
    """Check ``spec.part`` and give it its name; on any doubt it is removed and no name is given.

    Raises:
        VerificationError: it is not what it has to be; the first difference is named.
        ConfigError: something stands under the output's name that was not there before.
    """
    try:
        verify_part(spec, _written(spec_path), report)
        lost = _lost(spec)
    except BaseException:
        Path(spec.part).unlink(missing_ok=True)
        raise
    Path(losses_path(spec_path)).write_text(json.dumps(lost))
    if not spec.overwrite and os.path.lexists(spec.output):
        Path(spec.part).unlink(missing_ok=True)
        raise ConfigError(f"{spec.output!r} has come to exist meanwhile", "-y replaces it")
    announce(spec.part, spec_path)
    Path(spec.part).replace(spec.output)
    sync_folder(Path(spec.output).parent)


def _lost(spec: JoinSpec) -> list[str]:
    """Promises that the part file does not keep; an error where nothing may be lost."""
    lost = list(missing(spec, probe_file(spec.part)))
    if spec.no_loss and lost:
        raise VerificationError("--no-loss: not everything arrived: " + "; ".join(lost))
    return lost


def _written(spec_path: str) -> dict[str, Any]:
    """What the join said that it wrote."""
    try:
        written: dict[str, Any] = json.loads(Path(facts_path(spec_path)).read_text())
    except (OSError, ValueError) as error:
        raise VerificationError(f"what the join wrote is not known: {error}", "join again") from error
    return written


def verify_part(spec: JoinSpec, written: dict[str, Any], report: Callable[[int], None] = lambda _frames: None) -> None:
    """Compare a part file with what was to be written.

    Args:
        spec: what was to be written.
        written: what the join says that it wrote.
        report: called with the number of frames decoded so far.

    Raises:
        VerificationError: the first difference.
    """
    try:
        facts = read_facts(spec.part)
    except ProbeError as error:
        raise VerificationError(f"what was written can't be read back: {error.message}", error.hint) from error
    streams = [track for track in spec.tracks if track.kind != "cover"]
    if len(facts.streams) != len(streams):
        raise VerificationError(f"{spec.part} has {len(facts.streams)} streams, {len(streams)} were written")
    for number, (track, found) in enumerate(zip(streams, facts.streams, strict=True)):
        name = f"{track.kind} stream {number}"
        _check_stream(name, track, found, written["streams"][number])
        if found.backwards and spec.format not in _WITHOUT_DTS:
            raise VerificationError(f"{name}: decoding times run backwards {found.backwards} times")
    _check_rest(spec, facts)
    checks = [
        _Cut(track, found, number, spec)
        for number, (track, found) in enumerate(_videos(streams, facts))
        if track.origin == "pieces" and track.index
    ]
    for check in checks:
        check.times()
    _decode(spec, checks, report)


def _videos(streams: list[TrackSpec], facts: FileFacts) -> list[tuple[TrackSpec, StreamFacts]]:
    pairs = zip(streams, facts.streams, strict=True)
    return [(track, found) for track, found in pairs if track.kind == "video"]


def _check_stream(name: str, track: TrackSpec, found: StreamFacts, written: dict[str, Any]) -> None:
    """Kind and number of packets; their bytes and times where the container stores them as they were given."""
    if found.kind != track.kind:
        raise VerificationError(f"{name} has become {found.kind}")
    if written.get("readable") and not found.readable:
        why = "its rate or channels can't be found out in what was written"
        raise VerificationError(f"{name} can't be played: {why}", "choose fewer channels, or another container")
    if found.codec.startswith("pcm_"):  # samples in a row: packets are whatever a reader makes of them
        if written["exact"] and (found.bytes, found.crc) != (written["bytes"], written["crc"]):
            raise VerificationError(f"{name} holds other samples than were written")
        return
    if found.packets < written["packets"] or (found.packets > written["packets"] and not _may_pad(track)):
        raise VerificationError(f"{name} has {found.packets} packets, {written['packets']} were written")
    if written["exact"] and (found.bytes, found.crc) != (written["bytes"], written["crc"]):
        raise VerificationError(f"{name} holds other bytes than were written")
    if written["exact"]:
        _check_times(name, found, written)


def _check_times(name: str, found: StreamFacts, written: dict[str, Any]) -> None:
    """The stream begins where it began, but for one rounding, and all packets follow as they did."""
    for at, wanted in zip(found.pts, written["begin"], strict=False):
        if abs(at - wanted) > 1:
            times = f"{_seconds(at * found.time_base)}, it was written at {_seconds(wanted * found.time_base)}"
            raise VerificationError(f"{name} begins at {times}")
    if fingerprint(found.pts) != written["times"]:
        raise VerificationError(f"{name}: packets stand at other times than they were written at")


def _may_pad(track: TrackSpec) -> bool:
    """MP4 fills the silence between subtitles with empty packets of its own."""
    return track.kind == "subtitle"


def _check_rest(spec: JoinSpec, facts: FileFacts) -> None:
    pictures = sum(track.kind == "cover" for track in spec.tracks)
    if spec.format in {"ogg", "opus", "oga"}:
        pictures = facts.pictures = 0
    found = len(facts.attachments) + facts.pictures
    if found != len(spec.attachments) + pictures:
        raise VerificationError(f"{found} attachments arrived, {len(spec.attachments) + pictures} were written")
    if facts.chapters != len(spec.chapters):
        raise VerificationError(f"{facts.chapters} chapters arrived, {len(spec.chapters)} were written")


@dataclass
class _Cut:
    """A track made of pieces, and the times at which its frames have to stand."""

    track: TrackSpec
    found: StreamFacts
    number: int
    spec: JoinSpec

    def __post_init__(self) -> None:
        index = read_index(self.track.index)
        clock = Clock(index.time_base, self.found.time_base, self.spec.shift_seconds)
        pieces = [p for p in self.track.pieces if not self.spec.permissive or Path(p.path).is_file()]
        numbers = [n for p in pieces for n in range(p.start_frame, p.end_frame if p.end_frame >= 0 else len(index))]
        self.expected = array("q", (clock.convert(index.pts[n]) for n in numbers))
        lengths = [(p.end_frame if p.end_frame >= 0 else len(index)) - p.start_frame for p in pieces]
        self.joins = [sum(lengths[: n + 1]) for n in range(len(lengths) - 1)]

    def times(self) -> None:
        """Every frame at its time."""
        found = array("q", sorted(self.found.pts))
        for difference in compare_times(found, self.expected, self.found.time_base):
            raise VerificationError(difference.text)

    def spans(self) -> list[tuple[int, int]]:
        """What is decoded: from before each join to behind it, or all, in as many parts as there are pieces.

        Without ``full``, the end of a piece was decoded when it was made (`suture.media.decodes`). Where decoders are
        known to begin anew at a keyframe, a long group need not be decoded once more to come to the join.
        """
        places = ((bisect_left(self.expected, pts), pts) for pts in self.found.keys)
        keys = sorted(at for at, pts in places if self.expected[at : at + 1] == array("q", [pts]))
        before = [keys[max(0, bisect_left(keys, join) - 1)] if keys else 0 for join in self.joins]
        known = set(keys) if self.found.codec in _ANEW else set()
        if self.spec.verify == "full":
            starts = [0, *(join for join in self.joins if join in known)]
            ends = [*(start + _AFTER_JOIN for start in starts[1:]), len(self.expected)]
            return [(start, min(end, len(self.expected))) for start, end in zip(starts, ends, strict=True)]
        begins = [
            join if join in known and join - key > _BEFORE_JOIN else key
            for key, join in zip(before, self.joins, strict=True)
        ]
        return [
            (begin, min(join + _AFTER_JOIN, len(self.expected))) for begin, join in zip(begins, self.joins, strict=True)
        ]

    def decode(self, spans: Iterator[tuple[int, int]], count: Callable[[], None]) -> None:
        """The frames at these positions decode, each at its time. Several threads may share ``spans``."""
        taken: list[tuple[int, int]] = []

        def times() -> Iterator[tuple[int, int | None]]:
            for begin, end in spans:
                taken.append((begin, end))
                yield self.expected[begin], self.expected[end] if end < len(self.expected) else None

        for got, complaint in decoded_times(self.spec.part, self.number, times(), count):
            begin, end = taken[-1]
            wanted = list(self.expected[begin:end])
            if complaint or sorted(got) != wanted:
                deque(spans, 0)  # nobody else need go on
                place = next((n for n, pts in enumerate(wanted) if n >= len(got) or got[n] != pts), len(wanted))
                raise VerificationError(
                    f"decoding around frame {begin + place} of the output gave {len(got)} of {len(wanted)} frames"
                    + (f": {complaint}" if complaint else "")
                )


def _decode(spec: JoinSpec, checks: list[_Cut], report: Callable[[int], None]) -> None:
    """Decode what ``spec.verify`` asks for, on several cores: nothing else runs at the end of a job.

    Raises:
        VerificationError: something is wrong; of several places, one is named.
    """
    decoded = count(1)

    def seen() -> None:
        if (number := next(decoded)) % 100 == 0:
            report(number)

    alone = any(check.found.codec == "ffv1" for check in checks)  # what it logs is nobody's
    with ThreadPoolExecutor(1 if alone else _decoders()) as pool:
        for check in checks if spec.verify != "packets" else []:
            spans = check.spans()
            threads = min(len(spans), 1 if alone else _decoders())
            shared = iter(spans)
            for done in [pool.submit(check.decode, shared, seen) for _ in range(threads)]:
                done.result()
    report(next(decoded) - 1)


def _decoders() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _MOST_DECODERS)


def _seconds(time: Fraction) -> str:
    return f"{float(time):.6f} s"
