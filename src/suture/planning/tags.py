"""Which tags come along, and which would lie in the output. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from suture.planning.tracks import Track

__all__ = ["file_tags", "lost_tags", "stream_tags"]

# They describe the source's container or who wrote it, not its content.
_CONTAINER: Final = frozenset(
    {"major_brand", "minor_version", "compatible_brands", "encoder", "duration", "vendor_id", "creation_lib", "_statistics_tags"}
)
_STATISTICS: Final = ("bps", "number_of_frames", "number_of_bytes", "_statistics_writing_app", "_statistics_writing_date_utc")
_DEFAULT_NAMES: Final = frozenset({"videohandler", "soundhandler", "subtitlehandler", "datahandler"})
# What libavformat's MP4 muxer writes. Source: libavformat/movenc.c, mov_write_ilst_tag and its neighbours.
_MP4: Final = frozenset(
    """album album_artist artist comment compilation composer copyright creation_time date description disc
    encoding_tool episode_id episode_sort genre grouping hd_video keywords lyrics media_type network rating season_number
    show sort_album sort_album_artist sort_artist sort_composer sort_name sort_show synopsis timecode title tmpo track
    gapless_playback language handler_name location make model performer rotate""".split()  # noqa: SIM905
)


def file_tags(metadata: Mapping[str, str]) -> dict[str, str]:
    """The file's own tags, without what described its old container."""
    return {key: value for key, value in metadata.items() if key.lower() not in _CONTAINER}


def stream_tags(track: Track, container: str) -> dict[str, str]:
    """A track's tags, without those that its old bytes made true."""
    if track.stream is None:
        return {"language": track.language} if track.language else {}
    tags = {
        key: value
        for key, value in track.stream.metadata.items()
        if key.lower() not in _CONTAINER and not _is_default_name(key, value, container)
    }
    return tags if track.action == "copy" else {key: v for key, v in tags.items() if not _is_statistic(key)}


def _is_default_name(key: str, value: str, container: str) -> bool:
    return key.lower() == "handler_name" and (container not in {"mp4", "mov"} or value.lower() in _DEFAULT_NAMES)


def _is_statistic(key: str) -> bool:
    """mkvmerge counts a track's bytes and frames in tags; also with a language behind the name."""
    return key.lower().partition("-")[0] in _STATISTICS


def lost_tags(tags: Mapping[str, str], container: str) -> list[str]:
    """Names of tags that the container has no place for."""
    if container not in {"mp4", "mov"}:
        return []
    return sorted(key for key in tags if key.lower() not in _MP4)
