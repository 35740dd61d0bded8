"""What was promised of an output and is not in it: languages, titles, colours, HDR data, shape, orientation, tags.

What a container or an encoder can't hold is mostly known before (`suture.planning`); what it swallows without a word is
found here, in the finished file. Facts have the names of `StreamInfo` and its side data, and are text, so that they can
lie in a job's folder. Pure: descriptions are compared.
"""

from __future__ import annotations

import ast
import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from suture.languages import same_language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from suture.media.spec import JoinSpec, TrackSpec
    from suture.model import MediaInfo, StreamInfo

__all__ = ["PRESENT", "added", "fact_name", "missing", "unkept"]

# The value of a fact that only has to be there.
PRESENT: Final = "present"
_NAMES: Final = {
    "chroma_location": "chroma location",
    "closed_captions": "closed captions",
    "color_primaries": "colour primaries",
    "color_range": "colour range",
    "color_space": "colour matrix",
    "color_transfer": "colour transfer",
    "content_light_level": "HDR content light level",
    "dovi_configuration": "Dolby Vision configuration",
    "dovi_rpu": "Dolby Vision data",
    "dynamic_hdr_plus": "HDR10+ data",
    "field_order": "interlacing",
    "mastering_display_metadata": "HDR mastering display",
    "sample_aspect_ratio": "pixel shape",
    "stereo3d": "stereo 3D arrangement",
}
_SILENT: Final = frozenset({"unknown", "unspecified", "reserved", ""})
# What a picture is that says nothing of it: nothing is lost where that is not said any more. Source: H.264, E.2.1.
_IMPLIED: Final = {"color_range": "tv", "chroma_location": "left"}
# A container may store chromaticities in steps of 1/50000 and luminances in steps of 1/10000 cd/m².
_NEAR: Final = 0.0006

_FULL: Final = frozenset({"full", "pc"})
_HDR: Final = frozenset({"arib-std-b67", "smpte2084"})


def fact_name(what: str) -> str:
    """A fact's name for people."""
    return _NAMES.get(what, what.replace("_", " "))


def missing(spec: JoinSpec, found: MediaInfo) -> Iterator[str]:
    """What of the promises in ``spec`` the file does not keep, in words."""
    have = {key.lower() for tags in (found.metadata, *(s.metadata for s in found.streams)) for key in tags}
    if lost := sorted(key for key in spec.promises if key.lower() not in have):
        yield f"tags {', '.join(lost)}: {spec.format} has no place for them"
    tracks = [track for track in spec.tracks if track.kind != "cover"]
    streams = [s for s in found.streams if s.kind in {"video", "audio", "subtitle"} and not s.is_cover_art]
    for track, stream in zip(tracks, streams, strict=False):
        for what, promised in unkept(track.promises, stream):
            whose = f"{fact_name(what)} of {track.kind} stream {track.source_index} ({promised})"
            yield f"{whose}: {_why(track, spec)}"


def _why(track: TrackSpec, spec: JoinSpec) -> str:
    who = "the encoder or " if track.origin == "pieces" else ""
    return f"lost by {who}{spec.format}"


def unkept(promises: Mapping[str, str], stream: StreamInfo) -> Iterator[tuple[str, str]]:
    """The facts that a stream does not show, with what was promised."""
    for what, promised in promises.items():
        if not _is_kept(what, promised, stream):
            yield what, promised


def added(source: StreamInfo, output: StreamInfo) -> Iterator[tuple[str, str]]:
    """What an output says of its pictures that shows them otherwise, and the source does not say: fact and value.

    A label for what was not labelled (BT.709, limited range) changes nothing that a player does, and is none of these.
    """
    if output.rotation and not source.rotation:
        yield "rotation", str(output.rotation)
    if (output.sample_aspect_ratio or 1) != 1 and (source.sample_aspect_ratio or 1) == 1:
        yield "sample_aspect_ratio", str(output.sample_aspect_ratio)
    if output.color_range in _FULL and source.color_range not in _FULL:
        yield "color_range", output.color_range
    if output.color_transfer in _HDR and source.color_transfer not in _HDR:
        yield "color_transfer", output.color_transfer


def _is_kept(what: str, promised: str, stream: StreamInfo) -> bool:
    """A field, a tag, or side data."""
    if what in _READERS:
        return _READERS[what](promised, stream)
    if _IMPLIED.get(what) == promised and getattr(stream, what) in _SILENT:
        return True
    value: Any = stream.side_data.get(what) if what in stream.side_data else getattr(stream, what, None)
    if value is None or promised == PRESENT:
        return value is not None
    return str(value) == promised or _same(_parsed(promised), value)


def _has_language(promised: str, stream: StreamInfo) -> bool:
    return same_language(stream.language or "und", promised)


def _has_title(promised: str, stream: StreamInfo) -> bool:
    names = {key.lower(): value for key, value in stream.metadata.items()}
    return promised in {names.get(key) for key in ("title", "name", "handler_name")}


def _has_fields(_promised: str, stream: StreamInfo) -> bool:
    """Which field is first is not told by every container."""
    return stream.field_order not in {"progressive", "unknown"}


def _has_shape(promised: str, stream: StreamInfo) -> bool:
    return Fraction(promised.replace(":", "/")) == (stream.sample_aspect_ratio or 1)


_READERS: Final[dict[str, Callable[[str, StreamInfo], bool]]] = {
    "field_order": _has_fields,
    "language": _has_language,
    "sample_aspect_ratio": _has_shape,
    "title": _has_title,
}


def _parsed(text: str) -> Any:  # noqa: ANN401 - as various as side data
    """What a fact's text stands for."""
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text)
        except (ValueError, SyntaxError):
            continue
    return text


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 - as above
    """Whether two values are equal but for the rounding of the container that stores them."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(key in other and _same(value, other[key]) for key, value in one.items())
    a, b = _number(one), _number(other)
    if a is None or b is None:
        return str(one) == str(other)
    return abs(a - b) <= max(_NEAR, 0.001 * abs(a))


def _number(value: object) -> float | None:
    try:
        return float(Fraction(str(value)))
    except (ValueError, ZeroDivisionError):
        return None
