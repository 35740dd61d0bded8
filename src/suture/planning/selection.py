"""Which streams the user wants: ``--map`` as ffmpeg has it, and languages. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from suture.errors import ConfigError
from suture.languages import same_language

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.model import MediaInfo, StreamInfo
    from suture.settings import EncodeSettings

__all__ = ["selected"]

_SPEC = re.compile(r"(?P<minus>-?)0(?P<rest>(:[^?]+)?)(?P<optional>\??)")
_KINDS: Final = {"v": "video", "V": "video", "a": "audio", "s": "subtitle", "d": "data", "t": "attachment"}


def selected(info: MediaInfo, settings: EncodeSettings) -> tuple[StreamInfo, ...]:
    """The streams to take, in the source's order unless ``--map`` gives another.

    Raises:
        ConfigError: a map matches nothing (and does not end in ``?``), or no track has a wanted language.
    """
    streams = _mapped(info, settings.maps) if settings.maps else info.streams
    streams = _in_language(streams, "audio", settings.audio_languages)
    return _in_language(streams, "subtitle", settings.subtitle_languages)


def _mapped(info: MediaInfo, maps: tuple[str, ...]) -> tuple[StreamInfo, ...]:
    taken: list[StreamInfo] = []
    if maps[0].startswith("-"):
        taken = list(info.streams)
    for spec in maps:
        parts = _SPEC.fullmatch(spec)
        if parts is None:
            raise ConfigError(
                f"--map {spec!r} is no stream specifier",
                "as ffmpeg's: 0, 0:a, 0:s:1, 0:3, -0:a:2, 0:m:language:eng",
            )
        found = _matching(info.streams, parts["rest"].removeprefix(":"), spec)
        if parts["minus"]:
            taken = [stream for stream in taken if stream not in found]
            continue
        if not found and not parts["optional"]:
            raise ConfigError(f"--map {spec!r} matches no stream of {info.path!r}", f"a final ? allows that: {spec}?")
        taken += [stream for stream in found if stream not in taken]
    return tuple(taken)


def _matching(streams: tuple[StreamInfo, ...], rest: str, spec: str) -> list[StreamInfo]:
    if not rest:
        return list(streams)
    head, _, tail = rest.partition(":")
    if head.isdigit() and not tail:
        return [stream for stream in streams if stream.index == int(head)]
    if head == "m":
        key, _, value = tail.partition(":")
        return [stream for stream in streams if _tagged(stream, key, value)]
    if head not in _KINDS or (tail and not tail.isdigit()):
        raise ConfigError(f"--map {spec!r} is no stream specifier", "types are v, V, a, s, d, t; then a number from 0")
    same = [stream for stream in streams if _is_kind(stream, head)]
    return same[int(tail) : int(tail) + 1] if tail else same


def _is_kind(stream: StreamInfo, letter: str) -> bool:
    return stream.kind == _KINDS[letter] and not (letter == "V" and stream.is_cover_art)


def _tagged(stream: StreamInfo, key: str, value: str) -> bool:
    tags = {name.lower(): text for name, text in stream.metadata.items()}
    return key.lower() in tags and (not value or tags[key.lower()] == value)


def _in_language(streams: tuple[StreamInfo, ...], kind: str, languages: tuple[str, ...]) -> tuple[StreamInfo, ...]:
    if not languages:
        return streams
    wanted: Callable[[StreamInfo], bool] = lambda stream: any(  # noqa: E731 - one line says it
        same_language(stream.language or "und", language) for language in languages
    )
    tracks = [stream for stream in streams if stream.kind == kind]
    if tracks and not any(map(wanted, tracks)):
        have = ", ".join(sorted({stream.language or "und" for stream in tracks}))
        raise ConfigError(f"no {kind} track is in {', '.join(languages)}", f"the source has {have}")
    return tuple(stream for stream in streams if stream.kind != kind or wanted(stream))
