"""Which tags come along, and which would lie in the output. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from suture.model import MediaInfo
    from suture.planning.tracks import Track

__all__ = ["file_tags", "has_statistics", "lost_dispositions", "lost_tags", "stream_tags", "with_file_tags"]

# They describe the source's container or who wrote it, not its content.
_CONTAINER: Final = frozenset(
    {
        "major_brand",
        "minor_version",
        "compatible_brands",
        "encoder",
        "duration",
        "vendor_id",
        "creation_lib",
        "_statistics_tags",
    }
)
_STATISTICS: Final = (
    "bps",
    "number_of_frames",
    "number_of_bytes",
    "_statistics_writing_app",
    "_statistics_writing_date_utc",
    "_statistics_tags",
)
_DEFAULT_NAMES: Final = frozenset({"videohandler", "soundhandler", "subtitlehandler", "datahandler"})
# Tags of the file that libavformat's muxers write and its demuxers read back; containers that are not here take any.
# Found by trying each, and many more.
_KEPT: Final[dict[str, frozenset[str]]] = {
    "mp4": frozenset(
        """album album_artist artist comment compilation composer copyright creation_time date description disc
        episode_id episode_sort gapless_playback genre grouping hd_video keywords location lyrics media_type network
        season_number show synopsis title track""".split()  # noqa: SIM905
    ),
    "mov": frozenset(
        "album artist comment copyright creation_time date genre location make model title".split()  # noqa: SIM905
    ),
    **dict.fromkeys(("mpegts", "adts", "ac3", "eac3", "mpeg", "mp2", "dts", "truehd", "w64"), frozenset()),
}
# The same for tags of a track, besides those that are facts about it, each promised and missed for itself.
_TRACK_KEPT: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(("mp4", "mov"), frozenset({"creation_time", "timecode"})),
    **dict.fromkeys(
        """mpegts adts ac3 eac3 mpeg mp2 dts truehd wav w64 aiff caf au wv mp3 flac avi flv""".split(),  # noqa: SIM905
        frozenset(),
    ),
}
# What a picture shows stands in its comment. These containers have a place for it; to all others a cover is a cover.
_TYPED_PICTURES: Final = frozenset({"mp3", "flac"})
_COVERS: Final = frozenset({"Cover (front)", "Other"})
_PICTURE_TYPES: Final = _COVERS | {
    "32x32 pixels 'file icon'",
    "Other file icon",
    "Cover (back)",
    "Leaflet page",
    "Media (e.g. label side of CD)",
    "Lead artist/lead performer/soloist",
    "Artist/performer",
    "Conductor",
    "Band/Orchestra",
    "Composer",
    "Lyricist/text writer",
    "Recording Location",
    "During recording",
    "During performance",
    "Movie/video screen capture",
    "A bright coloured fish",
    "Illustration",
    "Band/artist logotype",
    "Publisher/Studio logotype",
}
_FACTS: Final = frozenset({"language", "title", "name", "handler_name", "filename", "mimetype"})

# What libavformat's muxers write and its demuxers read back; found by trying each.
_ROLES: Final[dict[str, frozenset[str]]] = {
    "matroska": frozenset({"dub", "original", "comment", "forced", "hearing_impaired", "visual_impaired"}),
    "webm": frozenset({"forced"}),
    "mp4": frozenset({"dub", "comment", "forced", "hearing_impaired", "visual_impaired", "captions", "descriptions"}),
    "mpegts": frozenset({"hearing_impaired", "visual_impaired", "clean_effects"}),
}


def file_tags(metadata: Mapping[str, str]) -> dict[str, str]:
    """The file's own tags, without what described its old container."""
    return {key: value for key, value in metadata.items() if key.lower() not in _CONTAINER}


def with_file_tags(info: MediaInfo) -> MediaInfo:
    """The same source; where its only sound keeps the tags of the file, as in Ogg, these are the file's.

    Else they would be looked for, and missed, at the track.
    """
    sounds = info.of_kind("audio")
    if "ogg" not in info.format.split(",") or len(sounds) != 1 or info.of_kind("video"):
        return info
    sound = sounds[0]
    own = {key: value for key, value in sound.metadata.items() if key.lower() == "language"}
    told = {key: value for key, value in sound.metadata.items() if key not in own} | info.metadata
    streams = tuple(replace(stream, metadata=own) if stream is sound else stream for stream in info.streams)
    return replace(info, streams=streams, metadata=told)


def stream_tags(track: Track, container: str) -> dict[str, str]:
    """A track's tags, without those that its old bytes made true."""
    if track.stream is None:
        return {"language": track.language} if track.language else {}
    tags = {
        key: value
        for key, value in track.stream.metadata.items()
        if key.lower() not in _CONTAINER
        and not _is_default_name(key, value, container)
        and not (key.lower() == "stereo_mode" and container in {"mp4", "mov"} and "stereo3d" in track.stream.side_data)
    }
    # MP4 calls a track's title its name; every muxer wants it as title.
    if "name" in tags and "title" not in tags:
        tags["title"] = tags.pop("name")
    if container in {"mp4", "mov"} and "title" in tags:
        # Its title atom is read by few, the handler's name by nearly all.
        tags.setdefault("handler_name", tags["title"])
    return tags if track.action == "copy" else {key: v for key, v in tags.items() if not _is_statistic(key)}


def has_statistics(metadata: Mapping[str, str]) -> bool:
    """Whether a track's frames and bytes are counted in its tags."""
    return any(_is_statistic(key) for key in metadata)


def _is_default_name(key: str, value: str, container: str) -> bool:
    return key.lower() == "handler_name" and (container not in {"mp4", "mov"} or value.lower() in _DEFAULT_NAMES)


def _is_statistic(key: str) -> bool:
    """Whether it counts frames or bytes, as mkvmerge does; also with a language behind the name."""
    return key.lower().partition("-")[0] in _STATISTICS


def lost_tags(tags: Mapping[str, str], container: str, *, of_track: bool = False) -> list[str]:
    """Names of tags that the container has no place for, or that libavformat does not write there.

    Args:
        tags: of a file, or of a track.
        container: as libavformat's muxer is called.
        of_track: they are a track's; its language and title, which are not only tags, are never named.
    """
    kept = (_TRACK_KEPT if of_track else _KEPT).get(container)
    if kept is None:
        return []
    if of_track:
        kept |= _FACTS | _CONTAINER
        tags = {key: value for key, value in tags.items() if not _is_picture_type(key, value, container)}
    return sorted(key for key in tags if key.lower() not in kept and not _is_statistic(key))


def _is_picture_type(key: str, value: str, container: str) -> bool:
    """Whether it says no more of a picture than the container does."""
    return key.lower() == "comment" and value in (_PICTURE_TYPES if container in _TYPED_PICTURES else _COVERS)


def lost_dispositions(disposition: Iterable[str], container: str) -> list[str]:
    """Roles of a track that the container has no place for. Which is the default matters only among several."""
    return sorted(set(disposition) - _ROLES.get(container, frozenset()) - {"default", "attached_pic"})
