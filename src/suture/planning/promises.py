"""What a track of the output has to show when it is finished; what it does not is named as lost. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from suture.planning.video import keeps_orientation

if TYPE_CHECKING:
    from suture.model import StreamInfo
    from suture.planning.tracks import Track
    from suture.settings import EncodeSettings

__all__ = ["promises_of"]

_COLORS: Final = ("color_primaries", "color_transfer", "color_space")
_STATIC_HDR: Final = ("mastering_display_metadata", "content_light_level")


def promises_of(track: Track, settings: EncodeSettings) -> dict[str, str]:
    """Facts by the names of `StreamInfo` and its side data."""
    stream = track.stream
    if stream is None:
        return {"language": track.language} if track.language else {}
    promises = {}
    if stream.language and stream.language != "und":
        promises["language"] = stream.language
    tags = {key.lower(): value for key, value in stream.metadata.items()}
    if title := tags.get("title") or tags.get("name"):
        promises["title"] = title
    return promises | (_picture(stream, settings) if track.kind == "video" else {})


def _picture(stream: StreamInfo, settings: EncodeSettings) -> dict[str, str]:
    """Of a picture that no filter may have changed."""
    if settings.video_filter:
        return {}
    known = {name: getattr(stream, name) for name in _COLORS}
    promises = {name: value for name, value in known.items() if value not in {"unknown", "unspecified", "gbr"}}
    promises |= {name: "present" for name in _STATIC_HDR if name in stream.side_data}
    if stream.rotation and (settings.video_codec == "copy" or keeps_orientation(settings)):
        promises["rotation"] = str(stream.rotation)
    if stream.field_order not in {"progressive", "unknown"}:
        promises["field_order"] = stream.field_order
    return promises
