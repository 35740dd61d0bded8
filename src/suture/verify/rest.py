"""What is in a file beside its streams, against the source's: chapters, fonts and other files, cover art, tags, roles.

What a container has no place for is told to these functions, not known here. Pure.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from suture.units import format_time
from suture.verify.alignment import align
from suture.verify.clocks import late
from suture.verify.finding import DIFFERENCE, EXCUSED, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from suture.model import Chapter
    from suture.verify.clocks import Span

__all__ = ["compare_chapters", "compare_files", "compare_tags"]

# MP4 and some tools count chapters in thousandths, and round what they are given.
_MILLISECOND: Final = Fraction(1, 1000)
_SHOWN: Final = 60


def compare_chapters(
    source: Sequence[Chapter], output: Sequence[Chapter], span: Span, *, ends: bool = True
) -> Iterator[Finding]:
    """Chapters by title and time.

    Args:
        source: the source's.
        output: the output's.
        span: which part of the source is wanted.
        ends: whether the output can tell where a chapter ends; else it ends where the next begins.
    """
    mine = [(n, chapter) for n, chapter in enumerate(source) if _is_wanted(chapter, span)]
    titles = [_title(chapter) for _, chapter in mine], [_title(chapter) for chapter in output]
    laid = align(*titles)
    for gap in laid.gaps:
        theirs = output[gap.begin : gap.end]
        for place, (n, chapter) in enumerate(mine[gap.first : gap.last]):
            if gap.last - gap.first == len(theirs):
                yield from _renamed(n, chapter, theirs[place])
            else:
                yield Finding("chapter-lost", f"{_name(n, chapter)} is missing", time=_start(chapter))
        if gap.last - gap.first != len(theirs):
            for chapter in theirs:
                text = f"the output's chapter {_title(chapter)!r} is not in the source"
                yield Finding("chapter-added", text, time=_start(chapter) - span.shift)
    for a, b in laid.pairs:
        yield from _moved(*mine[a], output[b], span, ends=ends)


def _renamed(number: int, chapter: Chapter, other: Chapter) -> Iterator[Finding]:
    text = f"{_name(number, chapter)} is called {_title(other)!r}"
    yield Finding("chapter-title", text, time=_start(chapter))


def _moved(number: int, chapter: Chapter, other: Chapter, span: Span, *, ends: bool) -> Iterator[Finding]:
    slack = max(chapter.time_base, other.time_base, _MILLISECOND)
    begin = _start(chapter) if span.start is None else max(span.start, _start(chapter))
    if abs(delay := _start(other) - begin - span.shift) > slack:
        yield Finding("chapter-time", f"{_name(number, chapter)} begins {late(delay)}", time=_start(chapter))
    end = _end(chapter) if span.end is None else min(span.end, _end(chapter))
    if ends and abs(delay := _end(other) - end - span.shift) > slack:
        yield Finding("chapter-end", f"{_name(number, chapter)} ends {late(delay)}", time=_start(chapter))


def _is_wanted(chapter: Chapter, span: Span) -> bool:
    begins = span.end is None or _start(chapter) < span.end
    return begins and (span.start is None or _end(chapter) > span.start)


def _start(chapter: Chapter) -> Fraction:
    return chapter.start * chapter.time_base


def _end(chapter: Chapter) -> Fraction:
    return chapter.end * chapter.time_base


def _title(chapter: Chapter) -> str:
    return next((value for key, value in chapter.metadata.items() if key.lower() == "title"), "").strip()


def _name(number: int, chapter: Chapter) -> str:
    return f"chapter {number} ({_title(chapter)!r} at {format_time(_start(chapter))})"


def compare_files(
    kind: str, source: Sequence[tuple[str, str]], output: Sequence[tuple[str, str]], excuse: str = ""
) -> Iterator[Finding]:
    """Attachments or cover art, by content and name.

    Args:
        kind: ``attachment`` or ``cover``.
        source: name and digest of each.
        output: the same.
        excuse: why the output can't hold any; empty: it can.
    """
    rest = list(output)
    for name, digest in source:
        same = [each for each in rest if each[1] == digest]
        called = [each for each in rest if each[0] == name]
        whose = f"the {kind} {name!r}" if name else f"a {kind}"
        if same:
            best = next((each for each in same if each[0] == name), same[0])
            rest.remove(best)
            if name and best[0] and best[0] != name and kind == "attachment":
                yield Finding(f"{kind}-name", f"{whose} is called {best[0]!r}")
        elif excuse:
            yield Finding(f"{kind}-lost", f"{whose} is not there: {excuse}", EXCUSED)
        elif called:
            rest.remove(called[0])
            yield Finding(f"{kind}-changed", f"{whose} holds other bytes")
        else:
            yield Finding(f"{kind}-lost", f"{whose} is missing")
    for name, _ in rest:
        yield Finding(f"{kind}-added", f"the output's {kind} {name!r} is not in the source", EXCUSED)


def compare_tags(
    whose: str, wanted: Mapping[str, str], have: Mapping[str, str], excuses: Mapping[str, str], stream: str = ""
) -> Iterator[Finding]:
    """Tags by name (in any case) and value.

    Args:
        whose: for people: ``the file``, ``audio 0``.
        wanted: the source's.
        have: the output's.
        excuses: why a tag can't be held, by its name.
        stream: for the findings.
    """
    known = {key.lower(): value for key, value in have.items()}
    for key, value in wanted.items():
        found = known.get(key.lower())
        if found is not None and _tidy(found) == _tidy(value):
            continue
        what = "is missing" if found is None else f"reads {_shown(found)}"
        text = f"{whose}: the tag {key} ({_shown(value)}) {what}"
        excuse = excuses.get(key, "")
        if excuse:
            yield Finding("tag-lost", f"{text}: {excuse}", EXCUSED, stream)
        else:
            yield Finding("tag-lost" if found is None else "tag-changed", text, DIFFERENCE, stream)


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")
