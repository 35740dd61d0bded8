"""How one stream and its counterpart are looked at: by packets, lines, pictures, sound, or frame times alone.

The looking itself is `suture.verify`'s; here is decided what can be asked of a pair, and what can't be told of it.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.media import isolated
from suture.media.clock import Clock
from suture.media.index import read_index
from suture.planning.filters import changes_frames
from suture.verify.clocks import slack_of
from suture.verify.finding import EXCUSED, UNJUDGED, Finding
from suture.verify.lines import compare_lines
from suture.verify.packets import compare_packets
from suture.verify.side import Side
from suture.verify.times import compare_times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.media.index import FrameIndex
    from suture.proof.between import Between
    from suture.verify.clocks import Span
    from suture.verify.matching import Pair
    from suture.verify.side import Compared, Look

__all__ = ["Looked", "look_at"]

_INDEX_PATIENCE_S: Final = 600.0
# Other tools put frames on a grid of the nominal rate; a thousandth of a second is nobody's loss. Our own are exact.
_GRID: Final = Fraction(1, 1000)
# Two shapes are one if they differ by less than what an encoder's even sizes cost.
_SHAPE: Final = 0.02
# Seconds by which sound that was encoded may end otherwise: a packet of each codec, and priming.
_SOUND_END: Final = Fraction(1, 5)


@dataclass(frozen=True, slots=True)
class Looked:
    """What was done for a pair, and what came of it."""

    how: str
    count: int = 0
    findings: tuple[Finding, ...] = ()
    figures: dict[str, float | int | str] | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """How to look: what is the same for all pairs.

    Args:
        source: the one file.
        output: the other.
        between: what stands between them.
        span: which part, and when it is.
        look: how to decode.
        quick: nothing is decoded.
        filters: what the source's pictures run through before they are compared.
    """

    source: str
    output: str
    between: Between
    span: Span
    look: Look
    quick: bool
    filters: str = ""


def look_at(pair: Pair, way: Way) -> Looked:
    """Compare what a pair of streams holds; what can be named comes before what was only counted."""
    looked = _looked(pair, way)
    return replace(looked, findings=tuple(sorted(looked.findings, key=lambda finding: finding.kind == "frame-count")))


def _looked(pair: Pair, way: Way) -> Looked:
    kind = pair.source.kind
    if pair.mine.cues or pair.theirs.cues:
        return Looked("lines", len(pair.mine.cues), (*compare_lines(pair.mine, pair.theirs, pair.name, way.span),))
    if pair.copied:
        found = tuple(compare_packets(pair.mine, pair.theirs, pair.name, way.span))
        return Looked("packets", len(pair.mine), found)
    if kind == "video":
        return _video(pair, way)
    if kind == "audio":
        return _audio(pair, way)
    if not len(pair.mine) and not len(pair.theirs):
        return Looked("packets")
    return Looked("not at all", 0, (_unjudged(pair, "bitmap subtitles that were made anew can't be compared"),))


def _unjudged(pair: Pair, why: str) -> Finding:
    return Finding("unjudged", f"{pair.name}: {why}", UNJUDGED, pair.name)


# -- pictures -----------------------------------------------------------------------------------------------------


def _video(pair: Pair, way: Way) -> Looked:
    why = _unseen(pair, way)
    if why:
        looked = _frame_times(pair, way)
        return replace(looked, findings=(*looked.findings, _unjudged(pair, why)))
    from suture.verify.pictures import compare_pictures  # noqa: PLC0415 - numpy loads only where it is used

    span = way.span
    mine = Side(way.source, pair.source, pair.number, way.filters)
    theirs = Side(way.output, pair.output, pair.number)
    tick = _tick(pair, way)
    # What is cut before a filter needs no cut behind it, where frames may stand at other times.
    start, end = (None, None) if way.filters.startswith("trim=") else (span.start, span.end)
    said = compare_pictures(mine, theirs, tick=tick, shift=span.shift, start=start, end=end, look=way.look)
    found = [each for each in said.findings if each.kind != "frame-time" or not _packets_agree(pair, way, tick)]
    return _told("pictures", "frames", (*_sizes(pair, way), *found), said)


def _packets_agree(pair: Pair, way: Way, tick: Fraction) -> bool:
    """Whether frames stand where they have to by their packets: a decoder that finds these odd makes up its own."""
    span = way.span
    mine = [at for n in pair.mine.shown() if (at := pair.mine.time(n)) is not None and span.holds(at)]
    theirs = [at - span.shift for n in pair.theirs.shown() if (at := pair.theirs.time(n)) is not None]
    if way.between.filters or len(mine) != len(theirs):
        return False
    return all(abs(a - b) <= tick for a, b in zip(sorted(mine), sorted(theirs), strict=True))


def _tick(pair: Pair, way: Way) -> Fraction:
    """By how many seconds frame times may differ."""
    tick = slack_of(pair.mine.time_base, pair.theirs.time_base)
    return tick if way.between.is_ours else max(tick, _GRID)


def _told(how: str, count: str, findings: tuple[Finding, ...], said: Compared) -> Looked:
    number = said.figures.get(count, 0)
    return Looked(how, int(number), findings, dict(said.figures))


def _unseen(pair: Pair, way: Way) -> str:
    """Why the pictures themselves are not compared; empty: they are."""
    if way.quick:
        return "the pictures are not compared (--quick)"
    if way.between.burns:
        return "the pictures are not compared: subtitles are drawn into them"
    if not way.between.filters and not _one_shape(pair):
        sizes = f"{_size(pair.source)} became {_size(pair.output)}"
        return f"{sizes}: cropped, padded or stretched? The pictures are not compared; tell with -vf or --scale"
    return ""


def _sizes(pair: Pair, way: Way) -> tuple[Finding, ...]:
    """A size that nobody told of: the pictures are judged at a common one."""
    a, b = pair.source, pair.output
    if way.between.filters or sorted((a.width, a.height)) == sorted((b.width, b.height)):
        return ()
    text = f"{pair.name}: {_size(a)} became {_size(b)}, of one shape; judged as scaled"
    return (Finding("size-changed", text, EXCUSED, pair.name),)


def _size(stream: object) -> str:
    return f"{getattr(stream, 'width', 0)}x{getattr(stream, 'height', 0)}"


def _one_shape(pair: Pair) -> bool:
    """Whether both pictures are as wide for their height, as they are shown or as they are stored."""
    mine, theirs = (pair.source.width, pair.source.height), (pair.output.width, pair.output.height)
    if mine == theirs or 0 in (*mine, *theirs):
        return True
    shapes = [_shown_shape(pair.source), _shown_shape(pair.output)]
    return abs(shapes[0] / shapes[1] - 1) < _SHAPE


def _shown_shape(stream: object) -> float:
    width, height = getattr(stream, "width", 1), getattr(stream, "height", 1)
    shape = float(width * (getattr(stream, "sample_aspect_ratio", None) or 1) / height)
    return 1 / shape if getattr(stream, "rotation", 0) % 180 else shape


def _frame_times(pair: Pair, way: Way) -> Looked:
    """When frames are shown, by their packets."""
    if name := changes_frames(way.between.filters):
        why = f"the filter {name} changes which frames there are, so their times are not compared"
        return Looked("not at all", 0, (_unjudged(pair, why),))
    if pair.source.codec == "h264" and pair.source.field_order not in {"progressive", "unknown"}:
        why = "the source is interlaced H.264, whose packets may be fields; their times are not compared"
        return Looked("not at all", 0, (_unjudged(pair, why),))
    mine, theirs = _index(way.source, pair.source.index, way), _index(way.output, pair.output.index, way)
    for index, whose in ((mine, "source"), (theirs, "output")):
        if index.trouble:
            why = f"the {whose}'s packets can't be trusted to be its frames ({index.trouble})"
            return Looked("not at all", 0, (_unjudged(pair, why),))
    clock = Clock(mine.time_base, theirs.time_base, way.span.shift)
    times = [at for at in mine.pts if way.span.holds(at * mine.time_base)]
    expected = array("q", (clock.convert(at) for at in times))
    slack = ceil(_tick(pair, way) / theirs.time_base)
    found = compare_times(theirs.pts, expected, theirs.time_base, slack=slack, stream=pair.name)
    named = (replace(finding, text=f"{pair.name}: {finding.text}") for finding in found)
    return Looked("frame times", len(expected), tuple(named))


def _index(path: str, stream: int, way: Way) -> FrameIndex:
    place = str(Path(way.look.folder, "index"))
    isolated.call(
        "index",
        timeout_s=_INDEX_PATIENCE_S,
        on_progress=lambda number: way.look.on_progress("frame times", number),
        cancel=way.look.cancel,
        path=path,
        stream_index=stream,
        output=place,
    )
    return read_index(place)


# -- sound --------------------------------------------------------------------------------------------------------


def _audio(pair: Pair, way: Way) -> Looked:
    if way.quick:
        return Looked("lengths", 0, (*_lengths(pair, way), _unjudged(pair, "the sound is not compared (--quick)")))
    if way.between.settings.audio_filter:
        why = "the sound is not compared: a filter has changed it (-af)"
        return Looked("lengths", 0, (*_lengths(pair, way), _unjudged(pair, why)))
    from suture.verify.sound import compare_sound  # noqa: PLC0415 - numpy loads only where it is used

    span = way.span
    mine, theirs = Side(way.source, pair.source, pair.number), Side(way.output, pair.output, pair.number)
    said = compare_sound(mine, theirs, shift=span.shift, start=span.start, end=span.end, look=way.look)
    return _told("sound", "seconds", (*_but_level(said.findings, pair, way),), said)


def _but_level(findings: tuple[Finding, ...], pair: Pair, way: Way) -> Iterator[Finding]:
    """What was found, but for how loud it is, where another loudness was asked for."""
    target = way.between.settings.loudness
    yield from (finding for finding in findings if target is None or finding.kind != "sound-level")
    if target is not None:
        yield _unjudged(pair, f"how loud it is was not compared: it was made {target:g} LUFS (--loudness)")


def _lengths(pair: Pair, way: Way) -> tuple[Finding, ...]:
    """Whether encoded sound ends where it has to, as far as its packets tell."""
    ends = _end(pair, way, "mine"), _end(pair, way, "theirs")
    if None in ends or not len(pair.mine):
        return ()
    mine, theirs = Fraction(ends[0] or 0), Fraction(ends[1] or 0)
    wanted = (mine if way.span.end is None else min(mine, way.span.end)) + way.span.shift
    if abs(theirs - wanted) <= _SOUND_END:
        return ()
    text = f"{pair.name} ends at {float(theirs):.3f} s, the source's at {float(wanted):.3f} s"
    return (Finding("tail-missing" if theirs < wanted else "sound-longer", text, stream=pair.name, time=theirs),)


def _end(pair: Pair, way: Way, which: str) -> Fraction | None:  # noqa: ARG001 - one shape for both sides
    packets = pair.mine if which == "mine" else pair.theirs
    times = [(packets.time(n), packets.durations[n]) for n in range(max(0, len(packets) - 8), len(packets))]
    known = [at + length * packets.time_base for at, length in times if at is not None]
    return max(known, default=None)
