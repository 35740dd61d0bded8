"""How a video track is encoded: filters, colours, orientation, and what forbids to cut. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from suture.encoder import VideoEncoder
from suture.encoder.pieces import rules_of
from suture.planning.behind import keeps_labels, keeps_range
from suture.planning.carried import carried, is_interlaced
from suture.planning.tracks import codec_of
from suture.planning.vbv import vbv_of, why_whole

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


def whole_reason(settings: EncodeSettings, stream: StreamInfo | None = None) -> str:
    """Why these settings forbid to cut, whatever the filters do (`linear` sees to these); empty when they do not.

    Args:
        settings: what is asked for.
        stream: of the source; where it carries Dolby Vision, x265 writes its buffer's state into the stream.
    """
    if settings.video_bitrate is not None:
        return "a bitrate is held over the whole film (-b:v)"
    if settings.video_codec == "vc2":
        return "its pictures are numbered, and each piece would begin anew"
    if why := why_whole(settings):
        return why
    dolby = stream is not None and "dovi_configuration" in stream.side_data
    if dolby and settings.video_codec == "libx265" and vbv_of(settings):
        return "with Dolby Vision, libx265 writes the state of its buffer into the stream"
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
        options=_options(stream, brief),
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


def _options(stream: StreamInfo, brief: Brief) -> tuple[tuple[str, str], ...]:
    """What makes the encoder carry over what lies beside the pictures, and the user's options, which win."""
    settings = brief.settings
    along = carried(stream, settings, brief.ability, brief.container.format)
    asked = dict(settings.encoder_options)
    options = {**along.options, **asked}
    if "flags" in along.options and "flags" in asked:
        more = asked["flags"]
        options["flags"] = along.options["flags"] + (more if more[:1] in {"+", "-"} else f"+{more}")
    if along.listed:
        name = rules_of(settings.video_codec).list_option
        ours = ":".join(f"{key}={value}" for key, value in along.listed.items())
        options[name] = f"{ours}:{asked[name]}" if name in asked else ours
    return tuple(options.items())


def _filters(stream: StreamInfo, settings: EncodeSettings) -> tuple[str, ...]:
    filters = [settings.video_filter] if settings.video_filter else []
    if settings.scale:
        # Lines of two fields must not be mixed.
        fields = ":interl=1" if is_interlaced(stream) and not settings.video_filter else ""
        filters.append(f"scale={settings.scale}{fields}")
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
    chain = settings.video_filter or ""
    if not keeps_labels(chain):
        return {"range": "pc"} if stream.color_range == "pc" and keeps_range(chain) else {}
    labels = {
        option: getattr(stream, fact) for fact, (option, known) in _COLOR.items() if getattr(stream, fact) in known
    }
    if codec_of(settings.video_codec) == "mjpeg":  # it knows full range only, and is converted to
        labels.pop("range", None)
    # RGB has no other matrix, and a label that says so is no news to anybody.
    return {option: value for option, value in labels.items() if value != "gbr"}


def picture_shape(stream: StreamInfo, settings: EncodeSettings) -> str:
    """The sample aspect ratio to write; empty where a filter decides it."""
    ratio = stream.sample_aspect_ratio
    if settings.scale or settings.video_filter or not ratio or ratio <= 0:
        return ""
    return "" if ratio == 1 else f"{ratio.numerator}/{ratio.denominator}"
