"""How a video track is encoded, told from the source and the settings."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from suture.model import StreamInfo
from suture.planning.video import keeps_orientation, picture_shape, video_encoder, whole_reason
from suture.settings import EncodeSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.encoder import VideoEncoder

VIDEO = StreamInfo(0, "video", "h264", Fraction(1, 1000), width=320, height=180, pix_fmt="yuv420p")


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({}, ""),
        ({"video_filter": "scale=2:2"}, ""),
        ({"scale": "640:360"}, ""),
        ({"video_filter": "fps=10"}, ""),
        ({"video_bitrate": "2M"}, "held over the whole film"),
        ({"video_codec": "vc2"}, "pictures are numbered"),
    ],
)
def test_why_a_film_is_not_cut(settings: dict[str, Any], why: str) -> None:
    """Only where pieces would come out other than the whole."""
    reason = whole_reason(EncodeSettings(**settings))
    assert why in reason
    assert bool(reason) is bool(why)


@pytest.mark.parametrize(
    ("settings", "kept"),
    [({}, True), ({"scale": "2:2"}, False), ({"video_filter": "negate"}, False), ({"subtitles": "burn"}, False)],
)
def test_filters_see_what_a_viewer_sees(settings: dict[str, Any], kept: bool) -> None:  # noqa: FBT001 - a parameter
    """With any, the picture is turned before them."""
    assert keeps_orientation(EncodeSettings(**settings)) is kept


@pytest.mark.parametrize(
    ("ratio", "settings", "written"),
    [
        (Fraction(64, 45), {}, "64/45"),
        (Fraction(1), {}, ""),
        (None, {}, ""),
        (Fraction(0), {}, ""),
        (Fraction(64, 45), {"scale": "2:2"}, ""),
        (Fraction(64, 45), {"video_filter": "setsar=1"}, ""),
    ],
)
def test_the_shape_of_a_pixel(ratio: Fraction | None, settings: dict[str, Any], written: str) -> None:
    """As the source has it, unless a filter decides."""
    assert picture_shape(replace(VIDEO, sample_aspect_ratio=ratio), EncodeSettings(**settings)) == written


def _encoder(make_brief: Callable[..., Any], stream: StreamInfo = VIDEO, **settings: Any) -> VideoEncoder:
    return video_encoder(make_brief(stream, **settings), stream, Fraction(25), 1, None)


def test_colours_are_declared_as_the_source_declares_them(make_brief: Callable[..., Any]) -> None:
    """By the names that setparams has; what is not known is not declared, nor that RGB is RGB."""
    stream = replace(
        VIDEO,
        color_primaries="bt470bg",
        color_transfer="bt470bg",
        color_space="gbr",
        color_range="pc",
        chroma_location="left",
    )
    assert _encoder(make_brief, stream).color == {
        "color_primaries": "bt470bg",
        "color_trc": "bt470bg",
        "range": "pc",
    }
    assert _encoder(make_brief).color == {}


def test_a_filter_may_change_colours(make_brief: Callable[..., Any]) -> None:
    """Then the frames tell, not the source."""
    stream = replace(VIDEO, color_primaries="bt2020")
    assert _encoder(make_brief, stream, video_filter="zscale=p=bt709").color == {}
    assert _encoder(make_brief, stream, scale="640:360").color == {"color_primaries": "bt2020"}


def test_filters_come_before_scaling(make_brief: Callable[..., Any]) -> None:
    """The user's own see the source's size."""
    assert _encoder(make_brief, video_filter="crop=2:2", scale="4:4").filters == ("crop=2:2", "scale=4:4")


def test_full_range_stays_full_in_ffv1(make_brief: Callable[..., Any]) -> None:
    """Values as decoded, under the name that every version knows; other encoders need nothing."""
    stream = replace(VIDEO, pix_fmt="yuvj422p")
    settings: dict[str, Any] = {"video_codec": "ffv1", "crf": None}
    assert _encoder(make_brief, stream, **settings).filters == ("scale=in_range=full:out_range=full,format=yuv422p",)
    assert _encoder(make_brief, stream).filters == ()
    assert _encoder(make_brief, **settings).filters == ()


def test_settings_arrive(make_brief: Callable[..., Any]) -> None:
    """Each in its place."""
    asked: dict[str, Any] = {"video_codec": "libx265", "crf": 24.0, "speed": "fast", "pixel_format": "yuv420p10le"}
    encoder = _encoder(make_brief, encoder_options=(("tune", "grain"),), **asked)
    assert (encoder.codec, encoder.crf, encoder.speed) == ("libx265", 24.0, "fast")
    assert (encoder.pixel_format, encoder.options, encoder.threads) == ("yuv420p10le", (("tune", "grain"),), 1)
    assert (encoder.frame_rate, encoder.ffmpeg) == (Fraction(25), "/bin/ffmpeg")


@pytest.mark.parametrize(
    ("chain", "color"),
    [
        ("hflip,crop=2:2", {"range": "pc"}),
        ("scale=2:2", {"range": "pc"}),
        ("scale=2:2:out_range=tv", {}),
        ("zscale=range=limited", {}),
        ("hflip,format=yuv420p", {}),
    ],
)
def test_full_range_behind_a_filter(make_brief: Callable[..., Any], chain: str, color: dict[str, str]) -> None:
    """It is known where no filter can have changed it; ffmpeg would convert what is not declared."""
    assert _encoder(make_brief, replace(VIDEO, color_range="pc"), video_filter=chain).color == color
    limited = {"range": "tv"} if color else {}
    assert _encoder(make_brief, replace(VIDEO, color_range="tv"), video_filter=chain).color == limited


def test_colours_behind_a_filter(make_brief: Callable[..., Any]) -> None:
    """Are called what the source calls them where the filter leaves them alone."""
    stream = replace(VIDEO, color_primaries="bt2020", color_transfer="smpte2084")
    called = {"color_primaries": "bt2020", "color_trc": "smpte2084"}
    assert _encoder(make_brief, stream, video_filter="crop=2:2").color == called
    assert _encoder(make_brief, stream, video_filter="crop=2:2,tonemap").color == {}


def test_scaling_keeps_fields_apart(make_brief: Callable[..., Any]) -> None:
    """Lines of two moments must not be mixed; with filters of the user's, who knows what the pictures are."""
    fields = replace(VIDEO, field_order="tt")
    assert _encoder(make_brief, fields, scale="4:4").filters == ("scale=4:4:interl=1",)
    assert _encoder(make_brief, fields, scale="4:4", video_filter="bwdif").filters == ("bwdif", "scale=4:4")
    assert _encoder(make_brief, scale="4:4").filters == ("scale=4:4",)


def test_the_users_options_win(make_brief: Callable[..., Any]) -> None:
    """Behind ours in a list, instead of ours elsewhere; flags are added."""
    fields = replace(VIDEO, field_order="tt", side_data={"content_light_level": {"max_content": 9, "max_average": 4}})
    asked: dict[str, Any] = {"encoder_options": (("x264-params", "cll=1,1"), ("tune", "film"))}
    options = dict(_encoder(make_brief, fields, **asked).options)
    assert options == {"x264-params": "cll=9,4:tff=1:cll=1,1", "tune": "film"}
    asked = {"video_codec": "mpeg2video", "crf": None, "encoder_options": (("flags", "cgop"),)}
    assert dict(_encoder(make_brief, fields, **asked).options) == {"flags": "+ildct+ilme+cgop"}


def test_jpeg_is_converted_to_its_only_range(make_brief: Callable[..., Any]) -> None:
    """It refuses pictures that are declared as limited."""
    assert _encoder(make_brief, replace(VIDEO, color_range="tv"), video_codec="mjpeg", crf=None).color == {}


def test_dolby_vision_by_x265_is_not_cut() -> None:
    """It writes its buffer's state into the stream; without a buffer there is no Dolby Vision."""
    stream = replace(VIDEO, side_data={"dovi_configuration": {"profile": 8}})
    buffer = (("maxrate", "8M"), ("bufsize", "8M"))
    assert "Dolby Vision" in whole_reason(EncodeSettings(video_codec="libx265", encoder_options=buffer), stream)
    assert not whole_reason(EncodeSettings(video_codec="libx265", encoder_options=buffer))
    assert not whole_reason(EncodeSettings(video_codec="libx265"), stream)
