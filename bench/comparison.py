"""Is a lossless encode the source, frame for frame? One linear decode of each by the same ffmpeg, compared.

The hashes of all pictures must be equal, in order; the times too, within half a tick of the output's clock, after the
shift that the plan declares. Used by `bench.exact` and `bench.exact_all`; decoding is `bench.content`'s, none of
Suture's own code. Where something differs, the number in the picture (`bench.numbered`) says which frame stands there.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import av.error
from bench.content import Frame, Video, decoded, differing_times, video_streams
from bench.numbered import read_numbers, run_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.running import Run

__all__ = ["Found", "compared", "last_plan", "source_frames", "why_whole"]

# The plan says so where the container can't hold the source's clock; it prints six digits.
_SHIFT = re.compile(r"moves by (-?[\d.e+]+) s")
# RGB in packed form, with a fourth byte that means nothing.
_PADDED = frozenset({"bgr0", "rgb0", "0rgb", "0bgr"})
_RUNS_ON = "from a copy whose clock runs on"
_LONGEST_RUNS = 160
# ffmpeg counts what it moves a clock by in microseconds, and both it and the output round that to their ticks.
_SEAM = Fraction(1, 20_000)
_ASCENDING = frozenset({".mp4", ".mov", ".ts"})
_NEAR = Fraction(1, 1000)
_REPEATS = 4


@dataclass(frozen=True, slots=True)
class Found:
    """What a comparison gives: frames of the source, how many pictures and times are equal, what there is to say.

    ``unsteady``: the pictures differ, and so do linear decodes of the source among themselves, one thread each.
    """

    frames: int
    pictures: int
    times: int
    notes: tuple[str, ...] = ()
    unsteady: bool = False

    @property
    def exact(self) -> bool:
        """Every picture and every time."""
        return self.pictures == self.times == self.frames


@dataclass(frozen=True, slots=True)
class _Pair:
    """A picture track of the source and what became of it."""

    ffmpeg: str
    source: str
    video: Video
    output: str
    made: Video

    def decoded(self, pix_fmt: str = "") -> tuple[list[Frame], list[Frame]]:
        """Both, from their beginning."""
        source = decoded(self.ffmpeg, self.source, self.video, pix_fmt)
        return source, decoded(self.ffmpeg, self.output, self.made, pix_fmt)


@cache
def source_frames(ffmpeg: str, path: str) -> tuple[tuple[Video, list[Frame]], ...]:
    """The picture tracks of which something decodes, each with its frames; remembered."""
    try:
        videos = video_streams(path)
    except (av.error.FFmpegError, ValueError):
        return ()
    found = ((video, decoded(ffmpeg, path, video)) for video in videos)
    return tuple((video, frames) for video, frames in found if frames)


def compared(ffmpeg: str, source: str, output: str, plan: dict[str, Any], *, numbered: bool = False) -> Found:
    """All picture tracks of an output with those of its source.

    Args:
        ffmpeg: decodes both.
        source: the film.
        output: the lossless encode.
        plan: the job's last plan.
        numbered: the pictures carry numbers.
    """
    tracks, made = source_frames(ffmpeg, source), video_streams(output)
    if len(tracks) != len(made):
        wanted = sum(len(frames) for _, frames in tracks)
        return Found(wanted, 0, 0, (f"{len(made)} picture tracks instead of {len(tracks)}",))
    found = [
        _track(_Pair(ffmpeg, source, video, output, one), frames, plan, numbered=numbered)
        for (video, frames), one in zip(tracks, made, strict=True)
    ]
    frames, pictures, times = (sum(getattr(one, name) for one in found) for name in ("frames", "pictures", "times"))
    notes = tuple(note for one in found for note in one.notes)
    return Found(frames, pictures, times, notes, any(one.unsteady for one in found))


def _track(pair: _Pair, source: list[Frame], plan: dict[str, Any], *, numbered: bool) -> Found:
    made = decoded(pair.ffmpeg, pair.output, pair.made)
    notes = []
    shift, slack = _shift(plan, source, made), pair.made.time_base
    if any(_RUNS_ON in decision["why"] for decision in plan["decisions"]):
        begin = source[0].time
        source, slack = decoded(pair.ffmpeg, pair.source, pair.video, evened=True), max(slack, _SEAM)
        shift += begin - source[0].time
        notes.append("the source's clock jumps: its times as this ffmpeg evens them out, each seam to the microsecond")
    source = _apart(source, pair, notes)
    late = differing_times(source, made, slack, shift)
    if late and not (ordered := _late_in_order(pair, made, shift)):
        notes.append(f"the source's own times run backwards {late} times; in order they are equal")
        late = ordered
    if late:
        notes.append(_late_note(source, made, slack, shift))
    hashes, wanted = tuple(frame.digest for frame in made), tuple(frame.digest for frame in source)
    other_form = pair.made.pix_fmt != pair.video.pix_fmt or pair.made.pix_fmt in _PADDED
    if hashes != wanted and other_form and len(source) == len(made):
        hashes, wanted = _in_common(pair, notes)
    unsteady = False
    if hashes != wanted and len(set(decodes := _one_thread(pair, wanted))) > 1:
        wanted = hashes if hashes in decodes else decodes[1]
        unsteady = hashes != wanted and len({tuple(one) for one in decodes[1:]}) > 1
        notes.append(
            "linear decodes of the source differ, with several threads or with one; compared with one thread's"
        )
    if hashes != wanted:
        notes += _differences(pair, hashes, wanted, numbered=numbered)
    equal = sum(a == b for a, b in zip(wanted, hashes, strict=False)) if len(source) == len(made) else 0
    timely = len(source) - late if len(source) == len(made) else 0
    return Found(len(source), equal, timely, tuple(notes), unsteady)


def _in_common(pair: _Pair, notes: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The hashes of both in a format that both have."""
    common = "gbrp" if pair.made.pix_fmt in _PADDED else pair.made.pix_fmt
    source, made = pair.decoded(common)
    notes.append(f"stored as {pair.made.pix_fmt}, compared as {common}")
    return tuple(frame.digest for frame in made), tuple(frame.digest for frame in source)


def _differences(pair: _Pair, made: Sequence[str], wanted: Sequence[str], *, numbered: bool) -> list[str]:
    """What is wrong with the pictures, as far as can be told."""
    notes = [f"{len(made)} frames instead of {len(wanted)}"] if len(made) != len(wanted) else []
    first = next((n for n, (a, b) in enumerate(zip(made, wanted, strict=False)) if a != b), min(len(made), len(wanted)))
    notes.append(f"first differing frame: {first}")
    if numbered:
        for path, video, name in ((pair.source, pair.video, "source"), (pair.output, pair.made, "output")):
            runs = run_text(read_numbers(pair.ffmpeg, path, video.index))
            notes.append(f"numbers in the {name}: {runs[:_LONGEST_RUNS]}")
    return notes


def _one_thread(pair: _Pair, wanted: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The pictures of a default decode, then those of some with one thread: damage is patched up so or so."""
    decodes = [wanted]
    for _ in range(_REPEATS):
        one = decoded(pair.ffmpeg, pair.source, pair.video, threads=1)
        decodes.append(tuple(frame.digest for frame in one))
    return decodes


def _apart(source: list[Frame], pair: _Pair, notes: list[str]) -> list[Frame]:
    """The source's frames, those of one time a tick of 90 kHz apart, where the output's container holds no two such."""
    if Path(pair.output).suffix not in _ASCENDING or all(a.time != b.time for a, b in pairwise(source)):
        return source
    notes.append(f"frames of one time stand 1/90000 s apart: {Path(pair.output).suffix[1:]} holds no two such")
    apart = source[:1]
    for frame in source[1:]:
        same = apart[-1].time >= frame.time > apart[-1].time - _NEAR
        apart.append(replace(frame, time=apart[-1].time + Fraction(1, 90_000)) if same else frame)
    return apart


def _late_note(source: Sequence[Frame], made: Sequence[Frame], tick: Fraction, shift: Fraction) -> str:
    """The first time that differs, and by how much."""
    pairs = enumerate(zip(source, made, strict=False))
    number, (a, b) = next((n, two) for n, two in pairs if abs(two[0].time + shift - two[1].time) > tick / 2)
    late = differing_times(source, made, tick, shift)
    moved = f", beside a declared shift of {float(shift):g} s" if shift else ""
    return f"{late} times differ, first frame {number}: {float(a.time):.6f} s became {float(b.time):.6f} s{moved}"


def _late_in_order(pair: _Pair, made: list[Frame], shift: Fraction) -> int:
    """As `differing_times`, with the times as libavcodec gives them, sorted: ffmpeg evens out those that run back."""
    try:
        with av.open(f"file:{pair.source}") as container:
            frames = container.decode(container.streams[pair.video.index])
            times = sorted((frame.pts or 0) * pair.video.time_base for frame in frames)
    except av.error.FFmpegError:
        return len(made)
    in_order = [Frame(time, "") for time in times]
    return differing_times(in_order, made, pair.made.time_base, shift) + abs(len(times) - len(made))


def _shift(plan: dict[str, Any], source: Sequence[Frame], made: Sequence[Frame]) -> Fraction:
    """The declared shift, in full thousandths: six digits do not name those of a clock that began days ago."""
    found = [match for decision in plan["decisions"] if (match := _SHIFT.search(decision["why"]))]
    if not found:
        return Fraction(0)
    told = Fraction(found[0][1])
    moved = Fraction(round((made[0].time - source[0].time) * 1000), 1000) if source and made else told
    return moved if abs(moved - told) <= abs(told) / 100_000 else told


def last_plan(done: Run) -> dict[str, Any]:
    """The last plan of the job: a cut that was not exact makes a second one."""
    events = [json.loads(line) for line in done.stdout.splitlines()]
    plan: dict[str, Any] = [event for event in events if event["type"] == "job.planned"][-1]
    return plan


def why_whole(plan: dict[str, Any]) -> str:
    """Why it was not cut; empty when it was."""
    whys = [decision["why"] for decision in plan["decisions"] if decision["what"] == "pieces"]
    return "; ".join(why.removeprefix("one piece: ") for why in whys if why.startswith("one piece"))
