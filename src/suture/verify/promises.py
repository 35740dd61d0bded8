"""What was promised of an output and is not in it: languages, titles, colours, HDR data, orientation, tags.

What a container or an encoder can't hold is mostly known before (`suture.planning`); what it swallows without a word is
found here, in the finished file. Pure: two descriptions are compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from suture.languages import same_language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.media.spec import JoinSpec, TrackSpec
    from suture.model import MediaInfo, StreamInfo

__all__ = ["missing"]


def missing(spec: JoinSpec, found: MediaInfo) -> Iterator[str]:
    """What of the promises in ``spec`` the file does not keep, in words."""
    have = {key.lower() for tags in (found.metadata, *(s.metadata for s in found.streams)) for key in tags}
    if lost := sorted(key for key in spec.promises if key.lower() not in have):
        yield f"tags {', '.join(lost)}: {spec.format} has no place for them"
    tracks = [track for track in spec.tracks if track.kind != "cover"]
    streams = [s for s in found.streams if s.kind in {"video", "audio", "subtitle"} and not s.is_cover_art]
    for track, stream in zip(tracks, streams, strict=False):
        for what, promised in track.promises.items():
            if not _is_kept(what, promised, stream):
                whose = f"{_NAMES.get(what, what)} of {track.kind} stream {track.source_index} ({promised})"
                yield f"{whose}: {_why(track, spec)}"


_NAMES = {
    "color_primaries": "colour primaries",
    "color_transfer": "colour transfer",
    "color_space": "colour matrix",
    "mastering_display_metadata": "HDR mastering display",
    "content_light_level": "HDR content light level",
    "field_order": "interlacing",
}


def _is_kept(what: str, promised: str, stream: StreamInfo) -> bool:
    """A field, a tag, or side data that only has to be there."""
    if what == "language":
        return same_language(stream.language or "und", promised)
    if what == "title":
        names = {key.lower(): value for key, value in stream.metadata.items()}
        return promised in {names.get(key) for key in ("title", "name", "handler_name")}
    if what == "field_order":
        return stream.field_order not in {"progressive", "unknown"}
    value: Any = getattr(stream, what, None)
    return what in stream.side_data if value is None else str(value) == promised


def _why(track: TrackSpec, spec: JoinSpec) -> str:
    who = "the encoder or " if track.origin == "pieces" else ""
    return f"lost by {who}{spec.format}"
