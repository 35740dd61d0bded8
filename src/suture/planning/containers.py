"""What each container can hold. A table, consulted by `tracks`.

Codec names are libavcodec's descriptors (``h264``, ``subrip``), not encoders. What a container holds on paper and
what players read differ; the table says what libavformat writes without ``-strict`` and reads back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.errors import ConfigError

if TYPE_CHECKING:
    from suture.model import StreamInfo

__all__ = ["CONTAINERS", "Container", "container_for", "sound_encoder"]

_ANY: Final = frozenset({"*"})
# Decoded to 32 bits a sample, they have 24 of them; only PCM and DSD have more.
_WIDER: Final = {"s32": "s24", "flt": "f32", "dbl": "f64"}
_LOSSLESS: Final = frozenset({"alac", "ape", "flac", "mlp", "shorten", "tak", "truehd", "tta", "wavpack"})
_TEXT: Final = frozenset({"subrip", "ass", "ssa", "webvtt", "mov_text", "text", "srt", "microdvd", "subviewer"})


@dataclass(frozen=True, slots=True)
class Container:
    """One container, as its extension chooses it.

    Args:
        format: libavformat's muxer.
        video: codecs that it holds; ``*`` is any.
        audio: the same for sound.
        subtitles: the same for subtitles.
        text: what text subtitles that it can't hold are converted to; empty: they are left out.
        sound: the encoder for sound that it can't hold; empty: it is left out.
        covers: how it keeps a picture: ``stream``, ``attachment``, ``tag``, or not at all.
        attachments: whether it keeps fonts and other files.
        chapters: whether it keeps chapters.
        not_video: codecs that it does not hold although ``video`` is any.
        negative: whether a timestamp may lie before zero.
        timed: whether it says when a sound is heard; else it is heard from the first moment on, without a gap.
        options: for the muxer.
    """

    format: str
    video: frozenset[str] = frozenset()
    audio: frozenset[str] = frozenset()
    subtitles: frozenset[str] = frozenset()
    text: str = ""
    sound: str = ""
    covers: str = ""
    attachments: bool = False
    chapters: bool = False
    not_video: frozenset[str] = frozenset()
    negative: bool = False
    timed: bool = True
    options: dict[str, str] = field(default_factory=dict)

    def holds(self, kind: str, codec: str) -> bool:
        """Whether a stream of this kind and codec can be written as it is."""
        allowed = {"video": self.video, "audio": self.audio, "subtitle": self.subtitles}.get(kind, frozenset())
        if kind == "video" and codec in self.not_video:
            return False
        return ("*" in allowed and not codec.startswith("unknown")) or codec in allowed


def sound_encoder(container: Container, stream: StreamInfo) -> str:
    """The encoder for a sound that a container can't hold; of PCM the one that takes nothing off its samples.

    Args:
        container: which; one that has a way out.
        stream: the sound.
    """
    if not container.sound.startswith("pcm_s16") or not _is_lossless(stream.codec):
        return container.sound
    wide = _WIDER.get(stream.sample_format.removesuffix("p"), container.sound[4:7])
    if stream.codec in {"pcm_s32le", "pcm_s32be"}:
        wide = "s32"
    found = f"pcm_{wide}{container.sound[-2:]}"
    return found if container.holds("audio", found) else container.sound


def _is_lossless(codec: str) -> bool:
    return codec.startswith("pcm_") or codec in _LOSSLESS


def is_text(codec: str) -> bool:
    """Whether a subtitle codec is text, so that it can be converted to another text."""
    return codec in _TEXT


# Without a tag of Windows' or QuickTime's, which few players follow.
_MKV_AUDIO: Final = frozenset(
    """aac ac3 alac atrac1 atrac3 cook dts eac3 flac mlp mp1 mp2 mp3 opus qdm2 qdmc ra_144 ra_288 sipr truehd tta vorbis
    wavpack pcm_f32le pcm_f64le pcm_s16be pcm_s16le pcm_s24be pcm_s24le pcm_s32be pcm_s32le pcm_u8""".split()  # noqa: SIM905
)
_MKV = Container(
    "matroska",
    video=_ANY,
    audio=_MKV_AUDIO,
    subtitles=frozenset(
        {
            "subrip",
            "ass",
            "ssa",
            "webvtt",
            "text",
            "dvd_subtitle",
            "hdmv_pgs_subtitle",
            "dvb_subtitle",
            "hdmv_text_subtitle",
        }
    ),
    text="srt",
    sound="flac",
    covers="attachment",
    attachments=True,
    chapters=True,
    not_video=frozenset({"huffyuv", "ffvhuff", "utvideo", "magicyuv", "rawvideo"}),
)
_MP4_VIDEO = frozenset({"h264", "hevc", "av1", "vp9", "vvc", "mpeg4", "mpeg2video", "mpeg1video", "mjpeg"})
_MP4_AUDIO = frozenset({"aac", "mp3", "mp2", "ac3", "eac3", "alac", "opus", "flac", "dts", "vorbis"})
_MP4 = Container(
    "mp4",
    video=_MP4_VIDEO,
    audio=_MP4_AUDIO,
    subtitles=frozenset({"mov_text", "dvd_subtitle"}),
    text="mov_text",
    sound="aac",
    covers="stream",
    chapters=True,
    negative=True,
    options={"movflags": "+faststart"},
)
_MOV = Container(
    "mov",
    video=(_MP4_VIDEO | {"prores", "dnxhd", "ffv1", "png", "rawvideo", "qtrle", "cfhd", "h263"}) - {"av1", "vp9"},
    audio=frozenset({"aac", "mp3", "ac3", "eac3", "alac", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be"})
    | {"pcm_s32le", "pcm_s32be", "pcm_f32le", "pcm_f64le", "pcm_mulaw", "pcm_alaw", "pcm_u8", "pcm_s8"},
    subtitles=frozenset({"mov_text"}),
    text="mov_text",
    sound="aac",
    chapters=True,
    negative=True,
    options={"movflags": "+faststart"},
)
_WEBM = Container(
    "webm",
    video=frozenset({"vp8", "vp9", "av1"}),
    audio=frozenset({"opus", "vorbis"}),
    subtitles=frozenset({"webvtt"}),
    text="webvtt",
    sound="libopus",
    chapters=True,
)
_TS = Container(
    "mpegts",
    video=frozenset({"h264", "hevc", "mpeg2video", "mpeg1video", "mpeg4", "vvc"}),
    audio=frozenset({"aac", "ac3", "eac3", "mp2", "mp3", "opus", "dts", "truehd"}),
    subtitles=frozenset({"dvb_subtitle", "dvb_teletext"}),
    sound="aac",
    options={"mpegts_copyts": "1"},
)
_OGG_AUDIO = frozenset({"opus", "vorbis", "flac", "speex"})
_PCM = frozenset({"pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le", "pcm_u8", "pcm_mulaw", "pcm_alaw"})
_PCM_BE = frozenset(
    {"pcm_s16be", "pcm_s24be", "pcm_s32be", "pcm_f32be", "pcm_f64be", "pcm_s8", "pcm_mulaw", "pcm_alaw"}
)
_AIFF = Container("aiff", audio=_PCM_BE, sound="pcm_s16be", timed=False, options={"write_id3v2": "1"})

CONTAINERS: Final[dict[str, Container]] = {
    "mkv": _MKV,
    "mka": _MKV,
    "mks": _MKV,
    "mp4": _MP4,
    "m4v": _MP4,
    "m4a": _MP4,
    "m4b": _MP4,
    "m4r": _MP4,
    "mov": _MOV,
    "webm": _WEBM,
    "ts": _TS,
    "m2ts": _TS,
    "mts": _TS,
    "ogg": Container(
        "ogg", video=frozenset({"theora"}), audio=_OGG_AUDIO, sound="libopus", covers="tag", chapters=True
    ),
    "oga": Container("oga", audio=_OGG_AUDIO, sound="libopus", covers="tag", chapters=True),
    "opus": Container("opus", audio=frozenset({"opus"}), sound="libopus", covers="tag", chapters=True),
    "flac": Container("flac", audio=frozenset({"flac"}), sound="flac", covers="stream", timed=False),
    "mp3": Container("mp3", audio=frozenset({"mp3"}), sound="libmp3lame", covers="stream", chapters=True, timed=False),
    "wav": Container("wav", audio=_PCM, sound="pcm_s16le", options={"rf64": "auto"}, timed=False),  # beyond 4 GB, too
    "w64": Container("w64", audio=_PCM, sound="pcm_s16le", timed=False),
    "aiff": _AIFF,
    "aif": _AIFF,
    # ALAC in it loses its last packet where FFmpeg 9 reads it back.
    "caf": Container("caf", audio=_PCM_BE | (_PCM - {"pcm_u8"}), sound="pcm_s16be", timed=False),
    "au": Container("au", audio=_PCM_BE, sound="pcm_s16be", timed=False),
    "wv": Container("wv", audio=frozenset({"wavpack"}), sound="wavpack", timed=False),
    "mp2": Container("mp2", audio=frozenset({"mp2"}), sound="mp2", timed=False),
    "dts": Container("dts", audio=frozenset({"dts"}), timed=False),
    "thd": Container("truehd", audio=frozenset({"truehd"}), timed=False),
    "aac": Container("adts", audio=frozenset({"aac"}), sound="aac", timed=False),
    "ac3": Container("ac3", audio=frozenset({"ac3"}), sound="ac3", timed=False),
    "eac3": Container("eac3", audio=frozenset({"eac3"}), sound="eac3", timed=False),
}


def container_for(path: str) -> Container:
    """The container that a name's extension chooses.

    Raises:
        ConfigError: the extension is missing or not known.
    """
    extension = Path(path).suffix.lower().lstrip(".")
    if extension not in CONTAINERS:
        known = ", ".join(sorted(CONTAINERS))
        what = f"the extension {extension!r} of {path!r} is not known" if extension else f"{path!r} has no extension"
        raise ConfigError(f"{what}, so the container is not either", f"known are {known}")
    return CONTAINERS[extension]
