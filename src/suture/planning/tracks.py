"""What becomes of each stream, and what is lost on the way and why. Pure: from a `MediaInfo` to decisions.

Every stream of the source ends in exactly one `Track` or one `Loss`, or was left out because the user said so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from suture.errors import ConfigError, MediaError
from suture.planning.containers import Container, is_text, sound_encoder
from suture.planning.fitting import check_size
from suture.planning.selection import selected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.model import MediaInfo, StreamInfo
    from suture.settings import EncodeSettings

__all__ = ["ENCODED_CODECS", "Loss", "Track", "TrackList", "choose_tracks", "codec_of"]

# What an encoder's output is called among codecs. Source: `ffmpeg -encoders`, "(codec …)".
ENCODED_CODECS: Final = {
    "libx264": "h264",
    "libx264rgb": "h264",
    "libopenh264": "h264",
    "libx265": "hevc",
    "libkvazaar": "hevc",
    "libsvtav1": "av1",
    "libaom-av1": "av1",
    "librav1e": "av1",
    "libvpx-vp9": "vp9",
    "libvpx": "vp8",
    "libvvenc": "vvc",
    "libxvid": "mpeg4",
    "prores_ks": "prores",
    "prores_aw": "prores",
    "libopus": "opus",
    "libvorbis": "vorbis",
    "libmp3lame": "mp3",
    "libfdk_aac": "aac",
    "libtwolame": "mp2",
    "srt": "subrip",
    "libtheora": "theora",
    "libspeex": "speex",
}
_HARDWARE = ("_nvenc", "_qsv", "_vaapi", "_amf", "_videotoolbox", "_vulkan", "_mf", "_v4l2m2m")
# Streams that libavformat shows beside the chapters or tags that it made of them.
_CARRIERS = frozenset({"text", "tmcd"})


@dataclass(frozen=True, slots=True)
class Track:
    """One stream of the output.

    Args:
        kind: ``video``, ``audio``, ``subtitle`` or ``cover``.
        action: ``encode`` (video in pieces, sound whole), ``convert`` (text), ``copy``.
        stream: where it comes from; None for a file from outside.
        encoder: for ``encode`` and ``convert``: ffmpeg's encoder.
        path: for a file from outside.
        language: of a file from outside.
        reason: why this and not simply copied, for people; may be empty.
    """

    kind: str
    action: str
    stream: StreamInfo | None
    encoder: str = ""
    path: str = ""
    language: str | None = None
    reason: str = ""

    @property
    def source_index(self) -> int:
        """The stream's index in the source; -1 for a file from outside."""
        return self.stream.index if self.stream else -1


@dataclass(frozen=True, slots=True)
class Loss:
    """Something of the source that does not arrive as it was, and why."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


@dataclass(frozen=True, slots=True)
class TrackList:
    """The output's tracks in order, attachments to take along, and losses."""

    tracks: tuple[Track, ...]
    attachments: tuple[int, ...]
    losses: tuple[Loss, ...]
    burnt: StreamInfo | None = None


def codec_of(encoder: str) -> str:
    """The codec that an encoder writes."""
    for suffix in _HARDWARE:
        encoder = encoder.removesuffix(suffix)
    return ENCODED_CODECS.get(encoder, encoder)


def choose_tracks(info: MediaInfo, settings: EncodeSettings, container: Container) -> TrackList:
    """Decide for every stream.

    Raises:
        ConfigError: the settings ask for what the container or the source does not have.
        MediaError: nothing of the source can be encoded.
    """
    chosen = selected(info, settings)
    losses: list[Loss] = []
    burnt = _burnt(chosen, settings)
    tracks = [
        track
        for stream in chosen
        if stream is not burnt and (track := _track(stream, settings, container, losses)) is not None
    ]
    if settings.subtitles != "burn":
        tracks += [_file_track(path, language, container) for path, language in settings.subtitle_files]
    attachments = _attachments(info, chosen, container, losses)
    losses += _chapter_losses(info, container)
    tracks = _fitting_number(tracks, container, losses)
    if not any(track.kind in {"video", "audio", "subtitle"} for track in tracks):
        raise _nothing(info, losses)
    return TrackList(tuple(tracks), attachments, tuple(losses), burnt)


def _nothing(info: MediaInfo, losses: list[Loss]) -> Exception:
    if losses:
        return MediaError(f"nothing of {info.path!r} can be taken over: {'; '.join(map(str, losses))}")
    return ConfigError(
        f"the settings leave nothing of {info.path!r}",
        "it has " + ", ".join(f"{s.kind} {s.index}" for s in info.streams),
    )


def _burnt(chosen: tuple[StreamInfo, ...], settings: EncodeSettings) -> StreamInfo | None:
    if settings.subtitles != "burn" or settings.subtitle_files:
        return None
    subtitles = [stream for stream in chosen if stream.kind == "subtitle"]
    if settings.burn_index >= len(subtitles):
        raise ConfigError(
            f"--subtitles burn:{settings.burn_index}: the source has {len(subtitles)} subtitle tracks",
            "they count from 0; see suture probe",
        )
    return subtitles[settings.burn_index]


def _track(stream: StreamInfo, settings: EncodeSettings, container: Container, losses: list[Loss]) -> Track | None:
    if stream.is_cover_art:
        return _cover(stream, container, losses)
    rules = {"video": _video, "audio": _audio, "subtitle": _subtitle}
    if stream.kind in rules:
        return rules[stream.kind](stream, settings, container, losses)
    if stream.kind != "attachment" and stream.codec_tag not in _CARRIERS:
        name = stream.codec_tag.strip() or stream.codec
        losses.append(Loss(_name(stream, name), "data streams are not carried over"))
    return None


def _video(stream: StreamInfo, settings: EncodeSettings, container: Container, losses: list[Loss]) -> Track | None:
    codec = settings.video_codec
    if codec == "none":
        return None
    if codec == "copy":
        if settings.start is not None:
            raise ConfigError(
                "--start can't go with -c:v copy: copied video begins at a keyframe only", "encode it (-c:v)"
            )
        if not container.holds("video", stream.codec):
            raise _cant_hold(container, stream.codec, "encode it (-c:v)")
        return Track("video", "copy", stream)
    if not container.video:
        losses.append(Loss(_name(stream), f"{container.format} holds no video"))
        return None
    if not container.holds("video", codec_of(codec)):
        raise _cant_hold(container, codec_of(codec), "choose another -c:v or preset")
    if stream.codec.startswith("unknown") or not stream.width:
        losses.append(Loss(_name(stream), f"no decoder for it ({stream.codec_tag or stream.codec})"))
        return None
    check_size(stream, settings)
    return Track("video", "encode", stream, encoder=codec)


def _cant_hold(container: Container, codec: str, instead: str) -> ConfigError:
    return ConfigError(
        f"{container.format} can't hold {codec} video", f"{instead}, or another extension; mkv holds all"
    )


def _audio(stream: StreamInfo, settings: EncodeSettings, container: Container, losses: list[Loss]) -> Track | None:
    codec = settings.audio_codec
    if codec == "none":
        return None
    if stream.codec.startswith("unknown") or not stream.channels:
        losses.append(Loss(_name(stream), "it can't be read"))
        return None
    if codec != "copy":
        if not container.holds("audio", codec_of(codec)):
            raise ConfigError(f"{container.format} can't hold {codec_of(codec)} sound", "choose another -c:a")
        return Track("audio", "encode", stream, encoder=codec)
    return _kept_audio(stream, settings, container, losses)


def _kept_audio(stream: StreamInfo, settings: EncodeSettings, container: Container, losses: list[Loss]) -> Track | None:
    """Sound that is to stay as it is, where that is possible."""
    if container.holds("audio", stream.codec):
        if settings.is_part:
            if stream.codec == "flac":
                return Track("audio", "encode", stream, encoder="flac", reason="FLAC states its length in its header")
            if stream.codec.startswith("pcm_"):
                return Track("audio", "encode", stream, encoder=stream.codec, reason="it is cut at the sample")
        return Track("audio", "copy", stream)
    if not container.sound:
        losses.append(Loss(_name(stream), f"{container.format} holds no sound"))
        return None
    encoder = sound_encoder(container, stream)
    why = f"{container.format} can't hold it; it is encoded with {encoder}"
    losses.append(Loss(_name(stream), why))
    reason = f"{container.format} can't hold {stream.codec}"
    return Track("audio", "encode", stream, encoder=encoder, reason=reason)


def _subtitle(stream: StreamInfo, settings: EncodeSettings, container: Container, losses: list[Loss]) -> Track | None:
    if settings.subtitles == "none":
        return None
    if container.holds("subtitle", stream.codec):
        return Track("subtitle", "copy", stream)
    if is_text(stream.codec) and container.text:
        why = f"{container.format} can't hold {stream.codec}"
        if stream.codec in {"ass", "ssa"}:
            losses.append(Loss(_name(stream), f"{why}; converted to {container.text}, its styling is lost"))
        return Track("subtitle", "convert", stream, encoder=container.text, reason=why)
    losses.append(Loss(_name(stream), f"{container.format} can't hold it"))
    return None


def _cover(stream: StreamInfo, container: Container, losses: list[Loss]) -> Track | None:
    if not container.covers or (container.covers == "stream" and stream.codec not in {"mjpeg", "png", "bmp"}):
        losses.append(Loss(_name(stream, "cover art"), f"{container.format} can't hold it"))
        return None
    return Track("cover", "copy", stream)


def _file_track(path: str, language: str | None, container: Container) -> Track:
    if not container.text:
        raise ConfigError(f"{container.format} holds no text subtitles", f"{path!r} can't be added; mkv can hold it")
    return Track("subtitle", "convert", None, encoder=container.text, path=path, language=language)


def _attachments(
    info: MediaInfo, chosen: tuple[StreamInfo, ...], container: Container, losses: list[Loss]
) -> tuple[int, ...]:
    indexes = {stream.index for stream in chosen}
    wanted = [attachment for attachment in info.attachments if attachment.stream_index in indexes]
    if container.attachments:
        return tuple(attachment.stream_index for attachment in wanted)
    losses += [Loss(f"attachment {a.name!r}", f"{container.format} holds no attachments") for a in wanted]
    return ()


def _chapter_losses(info: MediaInfo, container: Container) -> Iterator[Loss]:
    if info.chapters and not container.chapters:
        yield Loss(f"{len(info.chapters)} chapters", f"{container.format} holds none")


def _fitting_number(tracks: list[Track], container: Container, losses: list[Loss]) -> list[Track]:
    """Plain sound files hold one stream."""
    if container.video or container.subtitles:
        return tracks
    sounds = [track for track in tracks if track.kind == "audio"]
    for track in sounds[1:]:
        if container.format in {"ogg", "oga"}:
            break
        assert track.stream  # noqa: S101 - audio tracks come from the source
        losses.append(Loss(_name(track.stream), f"{container.format} holds one stream"))
        tracks = [other for other in tracks if other is not track]
    return tracks


def _name(stream: StreamInfo, codec: str = "") -> str:
    language = f", {stream.language}" if stream.language and stream.language != "und" else ""
    return f"{stream.kind} stream {stream.index} ({codec or stream.codec}{language})"
