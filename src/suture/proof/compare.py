"""`verify`: two files, all questions, one report.

Both are probed and read packet by packet in child processes; streams are matched; the shift that all have in common is
found; then each pair is asked what it says of itself, and what it holds.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from suture.errors import CommandCancelled, ProbeError
from suture.ffmpeg.locate import locate
from suture.media.contents import read_contents
from suture.media.probe import probe
from suture.planning.filters import changes_frames
from suture.proof.between import Between, told_by_job
from suture.proof.streams import Way, look_at
from suture.proof.verdict import StreamVerdict, VerifyReport
from suture.proof.wanted import Wanted, container_of, facts_wanted
from suture.proof.witnesses import witnesses
from suture.proof.workplace import refuse_one_file, workplace
from suture.verify.clocks import common_shift, late
from suture.verify.finding import DIFFERENCE, EXCUSED, UNJUDGED, Finding
from suture.verify.matching import match
from suture.verify.promises import added, fact_name, unkept
from suture.verify.rest import compare_chapters, compare_files, compare_tags
from suture.verify.side import Look

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from suture.cancel import CancelToken
    from suture.media.contents import Contents
    from suture.model import MediaInfo
    from suture.proof.streams import Looked
    from suture.verify.clocks import Span, Witness
    from suture.verify.matching import Matched, Pair

__all__ = ["verify"]

_KEPT: Final = frozenset({"video", "audio", "subtitle"})


def _nobody(_what: str, _done: int, _total: int) -> None:
    """Nobody watches."""


def verify(
    source: str,
    output: str,
    between: Between | None = None,
    *,
    quick: bool = False,
    ffmpeg: str | None = None,
    on_progress: Callable[[str, int, int], None] = _nobody,
    cancel: CancelToken | None = None,
) -> VerifyReport:
    """Compare a file with its source.

    Args:
        source: the one.
        output: the other; nothing in either is changed.
        between: what was done on the way; None: what our job that made it has written down, else nothing.
        quick: packets, tags and times only; nothing is decoded.
        ffmpeg: the binary that decodes; None: the one that `locate` finds.
        on_progress: told what is done, how far it is, and how far it goes (0: nobody knows).
        cancel: stops it.

    Returns:
        What came of it; an output that can't be opened is one difference.

    Raises:
        ProbeError: the source can't be read.
        ConfigError: both are one file, or what was told does not fit the source.
        CommandCancelled: ``cancel`` was set.
        EnvironmentProblem: there is no ffmpeg.
    """
    refuse_one_file(source, output, "name the source, then the output")
    program = "" if quick else locate(ffmpeg)
    info = probe(source, cancel=cancel)
    with workplace("verify") as place:
        look = Look(program, place, lambda what, done: on_progress(what, done, 0), cancel)
        mine = _read(info, look)
        try:
            other = probe(output, cancel=cancel)
            theirs = _read(other, look)
        except ProbeError as error:
            return _unreadable(source, output, error, quick=quick)
        between = between or told_by_job(source, output) or Between()
        return _Comparison((info, other), (mine, theirs), between, look, on_progress, quick=quick).report()


def _unreadable(source: str, output: str, error: ProbeError, *, quick: bool) -> VerifyReport:
    """An output that holds nothing of its source: cut off before its index, empty, no media, not there."""
    found = Finding("unreadable", error.message)
    return VerifyReport(source, output, (), (found,), quick=quick)


def _read(info: MediaInfo, look: Look) -> Contents:
    what = f"reading {os.path.basename(info.path)}"  # noqa: PTH119 - a string all the way
    return read_contents(
        info.path, look.folder, on_progress=lambda number: look.on_progress(what, number), cancel=look.cancel
    )


class _Comparison:
    """Two files that were read."""

    def __init__(
        self,
        infos: tuple[MediaInfo, MediaInfo],
        contents: tuple[Contents, Contents],
        between: Between,
        look: Look,
        on_progress: Callable[[str, int, int], None],
        *,
        quick: bool,
    ) -> None:
        self.infos, self.contents, self.between, self.quick = infos, contents, between, quick
        self.wanted = Wanted(infos[0], container_of(infos[1]), between.settings)
        self.matched: Matched = match(self.wanted.streams(), contents[0], infos[1].streams, contents[1])
        self.look = replace(look, on_progress=_Totals(self._frames(), on_progress))
        declared = between.span(infos[0])
        known = [declared.shift]
        if declared.start is None:
            known.append(Fraction(infos[1].start_us - infos[0].start_us, 1_000_000))
        self.span: Span = replace(declared, shift=common_shift(self._witnesses(declared), known))
        self.declared = declared.shift

    def _witnesses(self, declared: Span) -> list[Witness]:
        changed = bool(changes_frames(self.between.filters))
        return witnesses(self.matched.pairs, declared, other_frames=changed)

    def _frames(self) -> int:
        """Frames to be decoded, roughly."""
        pairs = [pair for pair in self.matched.pairs if not pair.copied and pair.source.kind == "video"]
        return sum(len(pair.mine) + len(pair.theirs) for pair in pairs)

    def report(self) -> VerifyReport:
        """Ask everything."""
        findings = [*self._whole(), *self._missing_streams()]
        streams = [StreamVerdict(name, s.index, -1, (s.codec, ""), "not at all") for name, s in self.matched.lost]
        for pair in self.matched.pairs:
            self._check()
            findings += self._said(pair)
            looked = self._held(pair)
            findings += looked.findings
            streams.append(_verdict(pair, looked))
        findings += self._rest()
        streams.sort(key=lambda stream: stream.source)
        paths = self.infos[0].path, self.infos[1].path
        return VerifyReport(*paths, tuple(streams), tuple(findings), self.span.shift, tuple(self._notes()), self.quick)

    def _check(self) -> None:
        if self.look.cancel is not None and self.look.cancel.cancelled:
            raise CommandCancelled("stopped before everything was compared", "nothing was changed")

    def _notes(self) -> Iterator[str]:
        if self.between.note:
            yield self.between.note
        if told := self.between.told():
            yield f"taken into account: {told}"

    # -- the file -------------------------------------------------------------------------------------------------

    def _whole(self) -> Iterator[Finding]:
        """What concerns all of it."""
        if self.contents[1].cut_short:
            text = f"the output is damaged or cut short: {'; '.join(self.contents[1].cut_short)}"
            weight = EXCUSED if self.contents[0].cut_short else DIFFERENCE
            yield Finding("cut-short", text, weight)
        if self.contents[0].cut_short:
            text = f"the source itself is damaged or cut short: {'; '.join(self.contents[0].cut_short)}"
            yield Finding("source-cut-short", text, UNJUDGED)
        if self.span.shift != self.declared:
            moved = late(self.span.shift - self.declared)
            yield Finding("shift", f"all of it is {moved}, as where its container's clock begins", EXCUSED)

    def _missing_streams(self) -> Iterator[Finding]:
        for name, stream in self.matched.lost:
            excuse = self.wanted.excuse(stream)
            what = f"{name} ({stream.codec}{_language(stream.language)}) is missing"
            weight = EXCUSED if excuse else DIFFERENCE
            yield Finding("stream-lost", f"{what}: {excuse}" if excuse else what, weight, name)
        extra = len(self.between.settings.subtitle_files)
        for name, stream in self.matched.added:
            if stream.kind == "subtitle" and extra:
                extra -= 1
                continue
            what = f"the output's {name} ({stream.codec}{_language(stream.language)}) is not in the source"
            yield Finding("stream-added", what, stream=name)
        for stream in self.infos[0].streams:
            if stream.kind not in {*_KEPT, "attachment"} and self.between.settings.maps == ():
                what = (
                    f"stream {stream.index} ({stream.kind}, {stream.codec_tag.strip() or stream.codec}) is not compared"
                )
                yield Finding("data", f"{what}: {self.wanted.excuse(stream)}", EXCUSED)

    def _rest(self) -> Iterator[Finding]:
        """Chapters, fonts, pictures, tags of the file."""
        (source, output), (mine, theirs), wanted = self.infos, self.contents, self.wanted
        if output.chapters or wanted.container.chapters:
            ends = wanted.container.format not in {"mp4", "mov", "ogg", "oga", "opus"}
            yield from compare_chapters(source.chapters, output.chapters, self.span, ends=ends)
        elif source.chapters:
            text = f"{len(source.chapters)} chapters are missing: {wanted.container.format} holds none"
            yield Finding("chapter-lost", text, EXCUSED)
        asked = {stream.index for stream in wanted.streams()}
        yield from compare_files(
            "attachment", _attached(source, mine, asked), _attached(output, theirs), wanted.attachments_excuse()
        )
        yield from self._covers()
        tags = wanted.tags()
        have = output.metadata
        if "ogg" in output.format:  # it keeps the file's tags with its first stream
            have = {
                key: value for s in output.streams if not s.is_cover_art for key, value in s.metadata.items()
            } | have
        yield from compare_tags("the file", tags, have, wanted.tag_excuses(tags, of_stream=False))

    def _covers(self) -> Iterator[Finding]:
        output, (mine, theirs) = self.infos[1], self.contents
        chosen = [s for s in self.wanted.streams() if s.is_cover_art]
        excuses = {s.index: self.wanted.excuse(s) for s in chosen}
        excuse = next((why for why in excuses.values() if why), "")
        wanted = [("", mine.pictures.get(s.index, "")) for s in chosen]
        found = [("", theirs.pictures.get(s.index, "")) for s in output.covers]
        yield from compare_files("cover", wanted, found, excuse)

    # -- one stream -----------------------------------------------------------------------------------------------

    def _said(self, pair: Pair) -> Iterator[Finding]:
        """What a stream says about itself: facts, tags, roles."""
        wanted = facts_wanted(pair, self.between.settings, self.wanted.container)
        for what, promised in unkept(wanted, pair.output):
            yield self._fact(pair, what, promised)
        if pair.source.kind == "video" and not self.between.filters and not self.between.burns:
            yield from self._added(pair)
        if "not_decoded" in pair.output.side_data and "not_decoded" not in pair.source.side_data:
            why = pair.output.side_data["not_decoded"]
            yield Finding("not-decoded", f"{pair.name} does not decode: {why}", stream=pair.name)
        tags = self.wanted.stream_tags(pair)
        have = self.infos[1].metadata | pair.output.metadata
        yield from compare_tags(pair.name, tags, have, self.wanted.tag_excuses(tags, of_stream=True), pair.name)
        among = sum(other.source.kind == pair.source.kind for other in self.matched.pairs)
        for role in self.wanted.roles(pair, among=among):
            if role not in pair.output.disposition:
                yield Finding("role-lost", f"{pair.name}: the role {role} is missing", stream=pair.name)

    def _added(self, pair: Pair) -> Iterator[Finding]:
        """What only the output says, and by which it is shown otherwise."""
        for what, value in added(pair.source, pair.output):
            text = f"{pair.name}: the output says {fact_name(what)} {value}, the source does not"
            yield Finding(f"{what.replace('_', '-')}-added", text, stream=pair.name)

    def _fact(self, pair: Pair, what: str, promised: str) -> Finding:
        """A fact that the output does not show."""
        found = _shown(pair, what)
        became = f"has become {_plain(found)}" if found else "is missing"
        text = f"{pair.name}: {fact_name(what)} ({_plain(promised)}) {became}"
        excuse = self.wanted.fact_excuse(pair, what)
        kind = f"{what.replace('_', '-')}-{'changed' if found else 'lost'}"
        return Finding(kind, f"{text}: {excuse}" if excuse else text, EXCUSED if excuse else DIFFERENCE, pair.name)

    def _held(self, pair: Pair) -> Looked:
        """What a stream holds."""
        source, output = self.infos
        filters = self.between.chain(source, pair.source.time_base)
        way = Way(source.path, output.path, self.between, self.span, self.look, self.quick, filters)
        return look_at(pair, way)


class _Totals:
    """Adds up the frames of all that is decoded, each under its own name."""

    def __init__(self, total: int, on_progress: Callable[[str, int, int], None]) -> None:
        self._total, self._tell = total, on_progress
        self._done: dict[str, int] = {}

    def __call__(self, what: str, done: int) -> None:
        """One of them is so far."""
        self._done[what] = done
        self._tell(what, sum(self._done.values()), self._total)


def _attached(info: MediaInfo, contents: Contents, asked: Collection[int] | None = None) -> list[tuple[str, str]]:
    """Name and digest of each attachment; ``asked``: indexes, None: all."""
    chosen = (item for item in info.attachments if asked is None or item.stream_index in asked)
    return [(item.name, contents.attachments.get(item.stream_index, "")) for item in chosen]


def _language(language: str | None) -> str:
    return f", {language}" if language and language != "und" else ""


def _shown(pair: Pair, what: str) -> str:
    """What the output says instead; empty: nothing."""
    stream, tags = pair.output, {key.lower(): value for key, value in pair.output.metadata.items()}
    value: Any = stream.side_data.get(what, getattr(stream, what, tags.get(what)))
    if isinstance(value, dict):
        return json.dumps(value)
    return "" if value in (None, "unknown", "und", 0) else str(value)


def _plain(text: str) -> str:
    """A fact for people: JSON's braces say nothing to them."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if not isinstance(value, dict):
        return text
    return ", ".join(f"{key.replace('_', ' ')} {entry}" for key, entry in value.items())


def _verdict(pair: Pair, looked: Looked) -> StreamVerdict:
    indexes, codecs = (pair.source.index, pair.output.index), (pair.source.codec, pair.output.codec)
    return StreamVerdict(pair.name, *indexes, codecs, looked.how, looked.count, looked.figures or {})
