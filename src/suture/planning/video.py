"""How a video track is encoded: filters, colours, orientation, and what forbids to cut. Pure."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from suture.encoder import VideoEncoder
from suture.planning.filters import changes_frames, remembers
from suture.planning.tracks import codec_of

if TYPE_CHECKING:
    from suture.media.index import FrameIndex
    from suture.model import StreamInfo
    from suture.planning.tracks import TrackList
    from suture.settings import EncodeSettings

__all__ = ["keeps_orientation", "video_encoder", "whole_reason"]

_COLOR = {
    "color_primaries": "color_primaries",
    "color_transfer": "color_trc",
    "color_space": "colorspace",
    "color_range": "color_range",
    "chroma_location": "chroma_sample_location",
}
_RANGES = {"tv": "tv", "pc": "pc", "limited": "tv", "full": "pc", "mpeg": "tv", "jpeg": "pc"}


def whole_reason(settings: EncodeSettings, tracks: TrackList) -> str:
    """Why these settings forbid to cut; empty when they do not."""
    chain = settings.video_filter or ""
    if name := changes_frames(chain):
        return f"the filter {name} changes which frames there are"
    if name := remembers(chain):
        return f"the pictures of the filter {name} depend on earlier frames"
    if settings.video_bitrate is not None:
        return "a bitrate is held over the whole film (-b:v)"
    del tracks
    return ""


def keeps_orientation(settings: EncodeSettings) -> bool:
    """Whether the picture stays as it is coded and the container says how to turn it.

    Filters see the picture as a viewer does, so with filters it is turned before them.
    """
    return not (settings.video_filter or settings.scale or settings.subtitles == "burn")


def video_encoder(
    stream: StreamInfo,
    index: FrameIndex,
    settings: EncodeSettings,
    tracks: TrackList,
    ffmpeg: str,
    threads: int | None,
) -> tuple[VideoEncoder, bool]:
    """The encoder of a track's pieces, and whether their own timestamps count."""
    del tracks
    own_times = bool(changes_frames(settings.video_filter or ""))
    rate = None if own_times else index.rate()
    return (
        VideoEncoder(
            codec=settings.video_codec,
            crf=settings.crf,
            speed=settings.speed,
            bitrate=settings.video_bitrate,
            options=settings.encoder_options,
            filters=_filters(stream, index, settings),
            pixel_format=settings.pixel_format,
            threads=threads,
            frame_rate=rate,
            keep_orientation=keeps_orientation(settings),
            color=_colors(stream, settings),
            ffmpeg=ffmpeg,
        ),
        own_times,
    )


def _filters(stream: StreamInfo, index: FrameIndex, settings: EncodeSettings) -> tuple[str, ...]:
    filters = [settings.video_filter] if settings.video_filter else []
    if settings.scale:
        filters.append(f"scale={settings.scale}")
    if codec_of(settings.video_codec) == "ffv1":
        filters += _as_decoded(stream)
    del index
    return tuple(filters)


def _as_decoded(stream: StreamInfo) -> list[str]:
    """Full range under its old name (yuvj…): FFV1 of some versions does not know it and would scale the values."""
    if not (stream.pix_fmt or "").startswith("yuvj"):
        return []
    plain = (stream.pix_fmt or "").replace("yuvj", "yuv")
    return [f"scale=in_range=full:out_range=full,format={plain}"]


def _colors(stream: StreamInfo, settings: EncodeSettings) -> dict[str, str]:
    """Colour as the source declares it, unless a filter may have changed it."""
    if settings.video_filter:
        return {}
    known = {option: getattr(stream, name) for name, option in _COLOR.items()}
    colors = {option: value for option, value in known.items() if value and value not in {"unknown", "unspecified"}}
    if "color_range" in colors:
        colors["color_range"] = _RANGES.get(colors["color_range"], colors["color_range"])
    return colors


def picture_shape(stream: StreamInfo, settings: EncodeSettings) -> str:
    """The sample aspect ratio to write; empty where a filter decides it."""
    ratio = stream.sample_aspect_ratio
    if settings.scale or settings.video_filter or not ratio or ratio <= 0:
        return ""
    return "" if ratio == 1 else f"{ratio.numerator}/{ratio.denominator}"


def container_rate(index: FrameIndex) -> Fraction:
    """Frames a second, for the container's header."""
    return index.rate()
