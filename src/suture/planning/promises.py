"""What a track of the output has to show when it is finished; what it does not is named as lost. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from suture.planning.behind import field_mixer, is_about_fields, keeps_labels, picture_mover
from suture.planning.video import keeps_orientation, picture_shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.model import StreamInfo
    from suture.planning.carried import Carried
    from suture.planning.tracks import Track
    from suture.settings import EncodeSettings

__all__ = ["promises_of"]

_COLORS: Final = ("color_primaries", "color_transfer", "color_space")
# Values that have to arrive, and data of which it is enough that they are there.
_VALUES: Final = ("mastering_display_metadata", "content_light_level", "stereo3d", "spherical")
_MARKS: Final = ("closed_captions", "dovi_configuration", "dovi_rpu", "dynamic_hdr_plus")
_SILENT: Final = frozenset({"unknown", "unspecified", "reserved", "gbr"})
_FULL_ANYWAY: Final = ("gbr", "rgb", "bgr", "gray", "pal")
# What an encoder is asked for and a decoder gives back by the same name.
_PLAIN: Final = re.compile(r"yuv4\d\dp(\d\dle)?")


def promises_of(track: Track, settings: EncodeSettings, along: Carried | None = None) -> dict[str, str]:
    """Facts by the names of `StreamInfo` and its side data, as text: a value's JSON, or ``present``.

    Args:
        track: of the output.
        settings: what is asked for.
        along: what an encode carries over; None: all that the source has.
    """
    stream = track.stream
    if stream is None:
        return {"language": track.language} if track.language else {}
    promises = {}
    if stream.language and stream.language != "und":
        promises["language"] = stream.language
    tags = {key.lower(): value for key, value in stream.metadata.items()}
    if title := tags.get("title") or tags.get("name"):
        promises["title"] = title
    return promises | (dict(_picture(stream, settings, along)) if track.kind == "video" else {})


def _picture(stream: StreamInfo, settings: EncodeSettings, along: Carried | None) -> Iterator[tuple[str, str]]:
    """Of a picture, as far as it holds behind the filters."""
    chain = settings.video_filter or ""
    if keeps_labels(chain):
        yield from ((name, value) for name in _COLORS if (value := getattr(stream, name)) not in _SILENT)
    unkept = along.unkept if along else frozenset()
    yield from ((name, value) for name, value in _samples(stream, settings) if name not in unkept)
    yield from _beside(stream, along)
    if stream.rotation and (settings.video_codec == "copy" or keeps_orientation(settings)):
        yield "rotation", str(stream.rotation)
    if shape := picture_shape(stream, settings):
        yield "sample_aspect_ratio", shape
    if stream.field_order not in {"progressive", "unknown"} and not (field_mixer(chain) or is_about_fields(chain)):
        yield "field_order", stream.field_order


def _samples(stream: StreamInfo, settings: EncodeSettings) -> Iterator[tuple[str, str]]:
    """How samples are stored. That a range is limited, and chroma left, is taken for granted and often not written."""
    chain, have = settings.video_filter or "", stream.pix_fmt or ""
    if stream.color_range == "pc" and keeps_labels(chain) and not have.startswith(_FULL_ANYWAY):
        yield "color_range", "pc"
    if stream.chroma_location not in {"left", "unknown"} and have.startswith("yuv420p") and not picture_mover(chain):
        yield "chroma_location", stream.chroma_location
    if settings.pixel_format and _PLAIN.fullmatch(settings.pixel_format):
        yield "pix_fmt", settings.pixel_format


def _beside(stream: StreamInfo, along: Carried | None) -> Iterator[tuple[str, str]]:
    """What rides along with the pictures, as far as it comes along."""
    for name in (*_VALUES, *_MARKS):
        value = stream.side_data.get(name)
        if value is not None and (along is None or name in along.facts):
            yield name, _text(value) if name in _VALUES else "present"


def _text(value: Any) -> str:  # noqa: ANN401 - as various as side data
    return value if isinstance(value, str) else json.dumps(value)
