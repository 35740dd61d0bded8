"""What comes along with an encode, told from the source, the encoder and the container."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from suture.model import StreamInfo
from suture.planning.ability import Ability
from suture.planning.carried import Carried, carried, fields_of
from suture.settings import EncodeSettings

VIDEO = StreamInfo(3, "video", "hevc", Fraction(1, 1000), width=320, height=180, pix_fmt="yuv420p10le")
DISPLAY = {
    "red_x": "35400/50000",
    "red_y": "14600/50000",
    "green_x": "8500/50000",
    "green_y": "39850/50000",
    "blue_x": "6550/50000",
    "blue_y": "2300/50000",
    "white_point_x": "15635/50000",
    "white_point_y": "16450/50000",
    "min_luminance": "1/10000",
    "max_luminance": "1000/1",
}
LIGHT = {"max_content": 1000, "max_average": 400}
HDR = {"mastering_display_metadata": DISPLAY, "content_light_level": LIGHT}
VOLUME = "G(8500,39850)B(6550,2300)R(35400,14600)WP(15635,16450)L(10000000,1)"
RECORD = {"profile": 8, "el_flag": 0}
YOUNG = Ability(options=frozenset({"a53cc", "dolbyvision"}), libavcodec=63)
OLD = Ability(libavcodec=59)


def _along(codec: str, side: dict[str, Any], ability: Ability = YOUNG, form: str = "matroska", **more: Any) -> Carried:
    fields = {name: more.pop(name) for name in ("field_order", "chroma_location", "metadata") if name in more}
    stream = replace(VIDEO, side_data=side, **fields)
    return carried(stream, EncodeSettings(video_codec=codec, **more), ability, form)


@pytest.mark.parametrize(
    ("codec", "listed"),
    [
        ("libx264", {"mastering-display": VOLUME, "cll": "1000,400"}),
        ("libx265", {"master-display": VOLUME, "max-cll": "1000,400"}),
        (
            "libsvtav1",
            {
                "mastering-display": "G(0.17,0.797)B(0.131,0.046)R(0.708,0.292)WP(0.3127,0.329)L(1000,0.0001)",
                "content-light": "1000,400",
            },
        ),
        ("libvpx-vp9", {}),
    ],
)
def test_static_hdr_goes_into_every_piece(codec: str, listed: dict[str, str]) -> None:
    """In each encoder's own words; it arrives in any case, as the container has it."""
    along = _along(codec, HDR)
    assert along.listed == listed
    assert along.facts == set(HDR)
    assert not along.losses


def test_half_a_mastering_display_is_not_written() -> None:
    """Encoders take all or nothing of it; the container still tells what there is."""
    along = _along("libx265", {"mastering_display_metadata": {"max_luminance": "1000/1", "min_luminance": "0/1"}})
    assert along.listed == {}
    assert along.facts == {"mastering_display_metadata"}


def test_hdr_behind_a_filter_that_leaves_colours_alone() -> None:
    """Is written as without one."""
    assert _along("libx265", HDR, OLD, video_filter="hflip,crop=2:2") == _along("libx265", HDR, OLD)


@pytest.mark.parametrize(
    ("side", "fields", "chain", "what"),
    [
        (HDR, {}, "zscale=t=bt709", "HDR10 data"),
        ({"dynamic_hdr_plus": True}, {}, "hflip,tonemap", "HDR10+ data"),
        ({"closed_captions": True}, {}, "fps=10", "closed captions"),
        ({"stereo3d": "side by side"}, {}, "hflip", "stereo 3D arrangement (side by side)"),
        ({}, {"chroma_location": "topleft"}, "vflip", "chroma location (topleft)"),
        ({}, {"field_order": "tt"}, "vflip", "interlacing"),
    ],
)
def test_what_a_filter_may_have_changed_is_named(
    side: dict[str, Any], fields: dict[str, Any], chain: str, what: str
) -> None:
    """Nothing is written and nothing promised, and the filter stands in the reason."""
    along = _along("libaom-av1", side, **fields, video_filter=chain)
    (loss,) = along.losses
    assert loss.what == f"{what} of video stream 3"
    assert f"-vf {chain.rpartition(',')[2].partition('=')[0]} " in loss.why
    assert (along.listed, along.facts) == ({}, frozenset())


@pytest.mark.parametrize(
    ("codec", "form", "ability", "kept"),
    [
        ("libaom-av1", "mp4", YOUNG, True),
        ("libvpx-vp9", "webm", YOUNG, True),
        ("libvpx-vp9", "mp4", YOUNG, False),
        ("libaom-av1", "mp4", OLD, False),
        ("libx265", "matroska", YOUNG, False),
    ],
)
def test_hdr10_plus(codec: str, form: str, ability: Ability, kept: bool) -> None:  # noqa: FBT001 - a parameter
    """Some encoders write it; of others it is named."""
    along = _along(codec, {"dynamic_hdr_plus": True}, ability, form)
    assert bool(along.facts) is kept
    assert [loss.what for loss in along.losses] == ([] if kept else ["HDR10+ data of video stream 3"])


@pytest.mark.parametrize(
    ("codec", "record", "ability", "more", "why"),
    [
        ("libsvtav1", RECORD, YOUNG, {}, ""),
        ("libsvtav1", RECORD, OLD, {}, "does not write it"),
        ("libsvtav1", {"profile": 7, "el_flag": 1}, YOUNG, {}, "profile 7"),
        ("libsvtav1", RECORD, YOUNG, {"video_filter": "crop=2:2"}, "without a filter"),
        ("libx265", RECORD, YOUNG, {}, "with a VBV only"),
        ("libx265", RECORD, YOUNG, {"encoder_options": (("maxrate", "8M"), ("bufsize", "8M"))}, ""),
    ],
)
def test_dolby_vision(codec: str, record: dict[str, int], ability: Ability, more: dict[str, Any], why: str) -> None:
    """Written where this ffmpeg's encoder can; else the reason is named."""
    along = _along(codec, {"dovi_configuration": record, "dovi_rpu": True}, ability, **more)
    assert along.unofficial is not bool(why)
    assert along.options == ({} if why else {"dolbyvision": "1"})
    assert why in " ".join(loss.why for loss in along.losses)
    assert bool(along.losses) is bool(why)


def test_closed_captions() -> None:
    """Asked for where there is an option for them."""
    assert _along("libx265", {"closed_captions": True}).options == {"a53cc": "1"}
    (loss,) = _along("libx265", {"closed_captions": True}, OLD).losses
    assert str(loss).startswith("closed captions of video stream 3: libx265")


@pytest.mark.parametrize(
    ("codec", "form", "kind", "kept"),
    [
        ("libx265", "matroska", "checkerboard", True),
        ("libx265", "mp4", "side by side", True),
        ("libx265", "mp4", "checkerboard", False),
        ("libx264", "mp4", "checkerboard", True),
        ("libx265", "mpegts", "side by side", False),
    ],
)
def test_stereo(codec: str, form: str, kind: str, kept: bool) -> None:  # noqa: FBT001 - a parameter
    """In the stream or in the container."""
    along = _along(codec, {"stereo3d": kind}, form=form)
    assert ("stereo3d" in along.facts) is kept
    assert bool(along.losses) is not kept


@pytest.mark.parametrize(
    ("codec", "options", "listed"),
    [
        ("libx264", {}, {"bff": "1"}),
        ("mpeg2video", {"flags": "+ildct+ilme"}, {}),
        ("prores_ks", {"flags": "+ildct"}, {}),
        ("ffv1", {}, {}),
    ],
)
def test_fields_stay_fields(codec: str, options: dict[str, str], listed: dict[str, str]) -> None:
    """In each encoder's own way."""
    along = _along(codec, {}, field_order="bt")
    assert (along.options, along.listed, along.losses) == (options, listed, ())


@pytest.mark.parametrize("codec", ["libx265", "libsvtav1", "libvpx-vp9"])
def test_who_has_no_fields_is_named(codec: str) -> None:
    """x265's own option would call each whole picture a single field, so it is not used."""
    along = _along(codec, {}, field_order="tt")
    assert along.listed == {}
    assert "only the container says so" in str(along.losses[0])
    assert _along(codec, {}, field_order="progressive").losses == ()


def test_fields_behind_a_filter() -> None:
    """They are coded as fields where their lines are left alone; a deinterlacer's user wants none."""
    assert _along("libx264", {}, field_order="tt", video_filter="eq=contrast=1").listed == {"tff": "1"}
    assert _along("libx265", {}, field_order="tt", video_filter="eq=contrast=1").losses
    assert _along("libx265", {}, field_order="tt", video_filter="scale=2:2,bwdif") == Carried()


def test_which_field_is_first() -> None:
    """The first letter of ffmpeg's field order."""
    orders = ("tt", "tb", "bb", "bt", "progressive", "unknown", "interlaced")
    found = [fields_of(replace(VIDEO, field_order=order)) for order in orders]
    assert found == ["tff", "tff", "bff", "bff", "", "", ""]


def test_where_chroma_lies() -> None:
    """MP4 has no place for it that anybody reads, so it must be in the stream."""
    lost = _along("libvpx-vp9", {}, form="mp4", chroma_location="topleft")
    assert lost.unkept == {"chroma_location"}
    assert "topleft" in str(lost.losses[0])
    assert _along("libvpx-vp9", {}, chroma_location="topleft") == Carried()
    assert _along("libvpx-vp9", {}, form="mp4", chroma_location="left") == Carried()


def test_the_rest_is_named() -> None:
    """What no encoder writes; and transparency that the decoder leaves out."""
    along = _along("libx264", {"s12m_timecode": True, "cpb_properties": {}}, metadata={"alpha_mode": "1"})
    assert [loss.what.partition(" of ")[0] for loss in along.losses] == ["SMPTE timecodes", "transparency"]
