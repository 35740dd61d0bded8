"""How a video track is encoded: filters, colours, orientation, and what forbids to cut. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from suture.encoder import VideoEncoder
from suture.planning.filters import changes_frames, remembers
from suture.planning.tracks import codec_of

if TYPE_CHECKING:
    from fractions import Fraction

    from suture.command.burn import Burn
    from suture.model import StreamInfo
    from suture.planning.brief import Brief
    from suture.settings import EncodeSettings


__all__ = ["keeps_orientation", "picture_shape", "video_encoder", "whole_reason"]

# Source: the constants of libavfilter's setparams in 5.1 and 9.0. Other labels are left to the decoder.
_SAME: Final = frozenset({"bt709", "smpte170m", "smpte240m", "bt470bg"})
_COLOR: Final = {
    "color_primaries": ("color_primaries", _SAME | {"bt470m", "film", "bt2020", "smpte428", "smpte431", "smpte432"}),
    "color_transfer": (
        "color_trc",
        _SAME | {"bt470m", "linear", "smpte2084", "smpte428", "arib-std-b67", "iec61966-2-1", "bt2020-10", "bt2020-12"},
    ),
    "color_space": ("colorspace", _SAME | {"gbr", "fcc", "ycgco", "bt2020nc", "bt2020c"}),
    "color_range": ("range", frozenset({"tv", "pc", "limited", "full"})),
}


def whole_reason(settings: EncodeSettings) -> str:
    """Why these settings forbid to cut; empty when they do not."""
    chain = settings.video_filter or ""
    if name := changes_frames(chain):
        return f"the filter {name} changes which frames there are"
    if name := remembers(chain):
        return f"what the filter {name} gives may depend on earlier frames or on their number"
    if settings.video_bitrate is not None:
        return "a bitrate is held over the whole film (-b:v)"
    return ""


def keeps_orientation(settings: EncodeSettings) -> bool:
    """Whether the picture stays as it is coded and the container says how to turn it.

    Filters see the picture as a viewer does, so with filters it is turned before them.
    """
    return not (settings.video_filter or settings.scale or settings.subtitles == "burn")


def video_encoder(
    brief: Brief, stream: StreamInfo, rate: Fraction | None, threads: int | None, burn: Burn | None
) -> VideoEncoder:
    """The encoder of a track's pieces.

    Args:
        brief: the job.
        stream: which stream of the source.
        rate: of the grid that the encoder sees; None: the pieces keep their timestamps.
        threads: for each piece; None: the encoder decides.
        burn: a subtitle to burn in.
    """
    settings = brief.settings
    return VideoEncoder(
        codec=settings.video_codec,
        crf=settings.crf,
        speed=settings.speed,
        bitrate=settings.video_bitrate,
        options=_options(stream, settings),
        filters=_filters(stream, settings),
        pixel_format=settings.pixel_format,
        threads=threads,
        frame_rate=rate,
        keep_orientation=keeps_orientation(settings),
        color=_colors(stream, settings),
        burn=burn,
        zero_us=brief.info.start_us,
        ffmpeg=brief.ffmpeg,
    )


def _options(stream: StreamInfo, settings: EncodeSettings) -> tuple[tuple[str, str], ...]:
    """The user's options; and interlaced pictures stay interlaced where the encoder has a way to do that."""
    fields = {"tt": "tff", "tb": "tff", "bb": "bff", "bt": "bff"}.get(stream.field_order)
    how = {"libx264": ("x264-params", f"{fields}=1"), "libx265": ("x265-params", f"interlace={fields}")}
    if not fields or settings.video_filter or settings.scale or settings.video_codec not in how:
        return settings.encoder_options
    name, value = how[settings.video_codec]
    asked = dict(settings.encoder_options)
    return tuple({**asked, name: f"{value}:{asked[name]}" if name in asked else value}.items())


def _filters(stream: StreamInfo, settings: EncodeSettings) -> tuple[str, ...]:
    filters = [settings.video_filter] if settings.video_filter else []
    if settings.scale:
        filters.append(f"scale={settings.scale}")
    if codec_of(settings.video_codec) == "ffv1":
        filters += _as_decoded(stream)
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
    labels = {
        option: getattr(stream, fact) for fact, (option, known) in _COLOR.items() if getattr(stream, fact) in known
    }
    # RGB has no other matrix, and a label that says so is no news to anybody.
    return {option: value for option, value in labels.items() if value != "gbr"}


def picture_shape(stream: StreamInfo, settings: EncodeSettings) -> str:
    """The sample aspect ratio to write; empty where a filter decides it."""
    ratio = stream.sample_aspect_ratio
    if settings.scale or settings.video_filter or not ratio or ratio <= 0:
        return ""
    return "" if ratio == 1 else f"{ratio.numerator}/{ratio.denominator}"
