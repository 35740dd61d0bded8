"""What an output has to hold, by what was asked for and what its container is known to take; and why not all. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from suture.errors import ConfigError, MediaError
from suture.planning.containers import CONTAINERS, Container, container_for
from suture.planning.promises import promises_of
from suture.planning.selection import selected
from suture.planning.tags import file_tags, lost_dispositions, lost_tags, stream_tags
from suture.planning.tracks import Track, TrackList, choose_tracks, codec_of
from suture.settings import EncodeSettings
from suture.verify.promises import PRESENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from suture.model import MediaInfo, StreamInfo
    from suture.verify.matching import Pair

__all__ = ["Wanted", "container_of", "facts_wanted"]

# Containers that are known by libavformat's name, whatever the file is called.
_BY_FORMAT: Final = {"matroska": "mkv", "mov": "mp4", "mpegts": "ts", "ogg": "ogg", "flac": "flac", "mp3": "mp3"} | {
    name: name for name in ("wav", "aac", "ac3", "eac3")
}
# Muxers whose files one demuxer of another name reads.
_FAMILY: Final = {"mp4": "mov", "oga": "ogg", "opus": "ogg", "adts": "aac"}
_ALL: Final = frozenset({"*"})
# Tracks have no title there. Found by trying each.
_WITHOUT_TITLES: Final = frozenset({"mpegts", "adts", "ac3", "eac3", "wav", "mp3", "flac", "avi", "flv", "mpeg"})
_WITHOUT_LANGUAGES: Final = frozenset({"ogg", "oga", "opus", "flac", "wav", "mp3", "adts", "ac3", "eac3", "avi", "flv"})
# What only a container can tell of a picture, and those that do not.
_NEED_CONTAINER: Final = frozenset({"rotation", "display_matrix", "spherical"})
_BARE: Final = frozenset({"mpegts", "mpeg", "avi", "flv", "ogg"})
# What lies in the packets of a few codecs only.
_DOVI: Final = frozenset({"hevc", "av1"})
_CARRY: Final = {
    "dovi_configuration": _DOVI,
    "dovi_rpu": _DOVI,
    "dynamic_hdr_plus": _DOVI | {"vp9"},
    "dynamic_hdr_vivid": frozenset({"hevc"}),
    "ambient_viewing_environment": frozenset({"hevc", "h264"}),
    "closed_captions": frozenset({"h264", "hevc", "mpeg2video", "av1"}),
}
# A few names each; which, their readers and writers do not agree on.
_FEW_TAGS: Final = frozenset({"wav", "avi"})
_DATES: Final = frozenset({"creation_time"})
# Compared for themselves, or made of the bytes; some tools put a language behind the name.
_APART: Final = (
    _DATES
    | {"language", "title", "name", "handler_name", "filename", "mimetype", "duration"}
    | {
        "_statistics_tags",
        "encoder_options",
    }
)
# How the encoder that ffmpeg ran is written into a track's tags.
_ENCODER: Final = re.compile(r"Lavc\S* (\S+)")
_GUESSED: Final = {"h264": "libx264", "hevc": "libx265", "av1": "libsvtav1", "vp9": "libvpx-vp9", "vp8": "libvpx"}
# What each keeps of a track's roles has been tried for these; others keep none.
_ROLES_KNOWN: Final = frozenset({"matroska", "webm", "mp4"})


def container_of(info: MediaInfo) -> Container:
    """What is known of a file's container; of one that Suture does not write: that it holds any picture and sound."""
    names = info.format.split(",")
    try:
        named = container_for(info.path)
        if _FAMILY.get(named.format, named.format) in names:
            return named
    except ConfigError:
        pass
    if "mov" in names and info.metadata.get("major_brand", "").startswith("qt"):
        return CONTAINERS["mov"]
    known = next((CONTAINERS[_BY_FORMAT[name]] for name in names if name in _BY_FORMAT), None)
    return known or Container(names[0], video=_ALL, audio=_ALL)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of an output.

    Args:
        info: the source.
        container: the output's.
        settings: what stands between the two.
    """

    info: MediaInfo
    container: Container
    settings: EncodeSettings

    def streams(self) -> tuple[StreamInfo, ...]:
        """The source's streams that have to be in the output, where it can hold them.

        Raises:
            ConfigError: the settings do not fit the source.
        """
        settings = self.settings
        left_out = {"video": settings.video_codec, "audio": settings.audio_codec, "subtitle": settings.subtitles}
        chosen = [s for s in selected(self.info, settings) if s.is_cover_art or left_out.get(s.kind) != "none"]
        if settings.subtitles == "burn" and not settings.subtitle_files:
            drawn = [stream for stream in chosen if stream.kind == "subtitle"][settings.burn_index :][:1]
            chosen = [stream for stream in chosen if stream not in drawn]
        return tuple(chosen)

    def excuse(self, stream: StreamInfo) -> str:
        """Why a stream is not there; empty: there is no reason."""
        if stream.kind not in {"video", "audio", "subtitle"}:
            return "data streams are not carried over"
        if stream.kind == "video" and not stream.is_cover_art and not self.container.video:
            return f"{self.container.format} holds no video"
        tracks = self._tracks()
        if any(track.source_index == stream.index for track in tracks.tracks):
            return ""
        name = f"{stream.kind} stream {stream.index} ("
        whys = [loss.why for loss in tracks.losses if loss.what.startswith(name)]
        return whys[-1] if whys else ""  # the last one took it out

    def _tracks(self) -> TrackList:
        """What Suture would do to get all of it into this container; of video, that it is there."""
        plain = EncodeSettings(video_codec="copy" if self.container.video else "none", maps=self.settings.maps)
        try:
            holding = replace(self.container, video=_ALL) if self.container.video else self.container
            return choose_tracks(self.info, plain, holding)
        except (ConfigError, MediaError):
            return TrackList((), (), ())

    def attachments_excuse(self) -> str:
        """Why there are no attachments."""
        return "" if self.container.attachments else f"{self.container.format} holds no attachments"

    def tags(self) -> dict[str, str]:
        """The file's tags that are its content's."""
        return {key: value for key, value in file_tags(self.info.metadata).items() if key.lower() not in _DATES}

    def stream_tags(self, pair: Pair) -> dict[str, str]:
        """A track's tags that are its content's; language and title are facts, compared for themselves."""
        track = Track(pair.source.kind, "encode", pair.source)
        tags = file_tags(stream_tags(track, self.container.format))
        return {key: value for key, value in tags.items() if key.lower().partition("-")[0] not in _APART}

    def tag_excuses(self, tags: Mapping[str, str], *, of_stream: bool) -> dict[str, str]:
        """Why tags can't be held, by their names."""
        form = self.container.format
        # Whose timecode MP4 keeps depends on which track its own track of timecodes was made for.
        unsure = form in _FEW_TAGS or (of_stream and form in {"mp4", "mov"})
        lost = list(tags) if unsure else lost_tags(tags, form, of_track=of_stream)
        return dict.fromkeys(lost, f"{form} has no place for it")

    def fact_excuse(self, pair: Pair, what: str) -> str:
        """Why a track can't show a fact here; empty: it can."""
        form, kind = self.container.format, pair.source.kind
        if what == "title" and form in _WITHOUT_TITLES:
            return f"{form} has no place for it"
        if what == "rotation" and _was_turned(pair):
            return "the picture itself was turned"
        if what == "language" and (form in _WITHOUT_LANGUAGES or (form == "mpegts" and kind == "video")):
            return f"{form} has no place for it"
        if not pair.copied and pair.output.codec not in _CARRY.get(what, {pair.output.codec}):
            return f"{pair.output.codec} has no place for it"
        if kind == "video" and what in _NEED_CONTAINER and form in _BARE:
            return f"{form} has no place for it"
        return ""

    def roles(self, pair: Pair, *, among: int) -> list[str]:
        """The roles that a track has to keep; which is the default matters among several."""
        form = self.container.format
        if form not in _ROLES_KNOWN:
            return []
        lost = set(lost_dispositions(pair.source.disposition, form))
        roles = set(pair.source.disposition) - lost - {"attached_pic", "still_image", "timed_thumbnails"}
        return sorted(roles if among > 1 and form != "webm" else roles - {"default"})


def _was_turned(pair: Pair) -> bool:
    """Whether the encode turned the picture instead of saying so: by its sides; half a turn shows in the pictures."""
    source, output = pair.source, pair.output
    if pair.copied or output.rotation:
        return False
    turned = abs(source.rotation) % 180 == 90  # noqa: PLR2004 - degrees
    return not turned or (source.width > source.height) != (output.width > output.height)


def facts_wanted(pair: Pair, settings: EncodeSettings, container: Container) -> dict[str, str]:
    """What the output's stream has to say about itself."""
    if pair.copied or pair.source.kind != "video":
        facts = promises_of(Track(pair.source.kind, "copy", pair.source), EncodeSettings(video_codec="copy"))
    else:
        encoder = _encoder_of(pair)
        track = Track("video", "encode", pair.source, encoder=encoder)
        facts = promises_of(track, _encoding(settings, encoder))
    if "stereo3d" in facts and container.format in {"mp4", "mov"}:
        facts["stereo3d"] = PRESENT  # how it is arranged, libavformat does not read back there
    return facts


def _encoding(settings: EncodeSettings, encoder: str) -> EncodeSettings:
    try:
        return replace(settings, video_codec=encoder, crf=None, speed=None, video_bitrate=None)
    except ConfigError:
        return settings


def _encoder_of(pair: Pair) -> str:
    """The encoder that a track says it is from; else one that writes its codec."""
    told = next((value for key, value in pair.output.metadata.items() if key.lower() == "encoder"), "")
    found = _ENCODER.match(told)
    if found and codec_of(found[1]) == pair.output.codec:
        return found[1]
    return _GUESSED.get(pair.output.codec, pair.output.codec)
