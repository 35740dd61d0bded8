"""What must arrive with the pictures: HDR, 3D, captions, fields, samples; in pieces, with each ffmpeg."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import films
from suture.errors import ConfigError
from suture.media.probe import probe_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from suture.model import StreamInfo

pytestmark = pytest.mark.media

PQ = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=tv"
DISPLAY = "G(8500,39850)B(6550,2300)R(35400,14600)WP(15635,16450)L(10000000,1)"
HDR10 = f"-vf {PQ} -c:v libx265 -preset ultrafast -pix_fmt yuv420p10le -x265-params"
HDR10 += f" log-level=none:keyint=12:master-display={DISPLAY}:max-cll=1000,400"
X264 = "-c:v libx264 -preset ultrafast -g 12 -pix_fmt yuv420p"
FIELDS = "-vf tinterlace=interleave_top,fieldorder=bff,setfield=bff -c:v mpeg2video -flags +ildct+ilme -g 12"


def _video(path: Path) -> StreamInfo:
    return probe_file(str(path)).of_kind("video")[0]


def _fast(codec: str, ffmpeg: str, **more: Any) -> dict[str, Any]:
    speed = {"libx264": "ultrafast", "libx265": "ultrafast", "libsvtav1": "12", "libvpx-vp9": "8"}.get(codec)
    speeds = {"speed": speed} if speed else {}
    cuts = {"chunking": "fixed", "chunk_duration": 0.5, "workers": 2, "threads": 1}
    return {"video_codec": codec, "ffmpeg": ffmpeg, **speeds, **cuts, **more}


@pytest.mark.parametrize(
    ("codec", "extension"), [("libx264", "mp4"), ("libx265", "mkv"), ("libsvtav1", "mp4"), ("libvpx-vp9", "webm")]
)
def test_hdr10_arrives(
    each_ffmpeg: str, make_film: films.FilmMaker, encode: Callable[..., Any], tmp_path: Path, codec: str, extension: str
) -> None:
    """Mastering display and content light with their values, from SEI of the source, whatever ffmpeg does by itself."""
    source = make_film("ts", HDR10, seconds=1, size="96x80")
    done = encode(source, tmp_path / f"out.{extension}", **_fast(codec, each_ffmpeg, no_loss=True))
    assert done.plans[-1].pieces == 2
    side = _video(tmp_path / f"out.{extension}").side_data
    assert side["content_light_level"] == {"max_content": 1000, "max_average": 400}
    above, below = side["mastering_display_metadata"]["red_x"].split("/")
    assert abs(int(above) / int(below) - 0.708) < 0.0001


def test_hdr10_behind_a_filter(
    each_ffmpeg: str, make_film: films.FilmMaker, encode: Callable[..., Any], tmp_path: Path
) -> None:
    """A filter that leaves colours alone loses nothing; one that may not is a loss, refused with --no-loss."""
    source, output = make_film("ts", HDR10, seconds=1, size="96x80"), tmp_path / "out.mkv"
    encode(source, output, **_fast("libx265", each_ffmpeg, no_loss=True, video_filter="hflip"))
    found = _video(output)
    assert found.side_data["content_light_level"] == {"max_content": 1000, "max_average": 400}
    assert "mastering_display_metadata" in found.side_data
    assert (found.color_transfer, found.color_primaries) == ("smpte2084", "bt2020")
    with pytest.raises(ConfigError, match="HDR10 data"):
        encode(
            source, tmp_path / "no.mkv", **_fast("libx265", each_ffmpeg, no_loss=True, video_filter="lutyuv=y=val/2")
        )


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_hdr10_stands_in_each_piece(
    each_ffmpeg: str, make_film: films.FilmMaker, encode: Callable[..., Any], tmp_path: Path, codec: str
) -> None:
    """Not in the header alone: a raw copy of the stream, without any container, still has it."""
    encode(make_film("ts", HDR10, seconds=1, size="96x80"), tmp_path / "out.mkv", **_fast(codec, each_ffmpeg))
    name = {"libx264": "h264", "libx265": "hevc"}[codec]
    films.ffmpeg("-ss", "0.5", "-i", tmp_path / "out.mkv", "-c", "copy", tmp_path / f"raw.{name}")
    assert _video(tmp_path / f"raw.{name}").side_data["content_light_level"]["max_content"] == 1000


@pytest.mark.parametrize(("codec", "extension"), [("libx265", "mkv"), ("libx265", "mp4"), ("libvpx-vp9", "webm")])
def test_stereo_arrives(
    each_ffmpeg: str, make_film: films.FilmMaker, encode: Callable[..., Any], tmp_path: Path, codec: str, extension: str
) -> None:
    """From the source's stream into the container's header, and pixels stay square."""
    source = make_film("mkv", f"{X264} -x264-params frame-packing=3", seconds=1)
    output = tmp_path / f"out.{extension}"
    encode(source, output, **_fast(codec, each_ffmpeg, no_loss=True))
    if extension == "mp4":  # libavformat writes the box but reads another one back
        assert b"\x00\x00\x00\x0dst3d\x00\x00\x00\x00\x02" in output.read_bytes()
    else:
        assert _video(output).side_data["stereo3d"] == "side by side"
    assert _video(output).sample_aspect_ratio in {None, 1}


@pytest.mark.parametrize("codec", ["libx264", "mpeg2video", "ffv1"])
def test_fields_stay_fields(
    each_ffmpeg: str, make_film: films.FilmMaker, encode: Callable[..., Any], tmp_path: Path, codec: str
) -> None:
    """Coded as fields, the bottom one first, as in the source."""
    encode(make_film("ts", FIELDS, seconds=1), tmp_path / "out.mkv", **_fast(codec, each_ffmpeg, no_loss=True))
    found = _video(tmp_path / "out.mkv")
    assert found.side_data.get("interlaced_frame")
    assert found.field_order.startswith("b")


def test_fields_behind_a_filter(
    each_ffmpeg: str, make_film: films.FilmMaker, encode: Callable[..., Any], tmp_path: Path
) -> None:
    """Lines that stay where they are stay fields; x265 has none, with a filter or without."""
    source, chain = make_film("ts", FIELDS, seconds=1), {"video_filter": "eq=contrast=1", "no_loss": True}
    encode(source, tmp_path / "out.mkv", **_fast("libx264", each_ffmpeg, **chain))
    assert _video(tmp_path / "out.mkv").side_data.get("interlaced_frame")
    assert _video(tmp_path / "out.mkv").field_order.startswith("b")
    with pytest.raises(ConfigError, match="interlacing"):
        encode(source, tmp_path / "no.mkv", **_fast("libx265", each_ffmpeg, **chain))


def test_x265_does_not_call_frames_fields(
    each_ffmpeg: str, make_film: films.FilmMaker, encode: Callable[..., Any], tmp_path: Path
) -> None:
    """Whole pictures in its stream, the fields in the container; that is said, and refused with --no-loss."""
    source = make_film("ts", FIELDS, seconds=1)
    done = encode(source, tmp_path / "out.mkv", **_fast("libx265", each_ffmpeg))
    found = _video(tmp_path / "out.mkv")
    assert "interlaced_frame" not in found.side_data
    assert found.field_order.startswith("b")
    assert any("interlacing of video stream 0" in text for text in done.warnings)
    with pytest.raises(ConfigError, match="interlacing"):
        encode(source, tmp_path / "no.mkv", **_fast("libx265", each_ffmpeg, no_loss=True))


def test_samples_that_do_not_fit_are_named(
    each_ffmpeg: str, make_film: films.FilmMaker, encode: Callable[..., Any], tmp_path: Path
) -> None:
    """4:2:2 into SVT-AV1, which takes 4:2:0 only."""
    done = encode(
        make_film("mkv", "-c:v ffv1 -pix_fmt yuv422p", seconds=1, size="96x80"),
        tmp_path / "out.mkv",
        **_fast("libsvtav1", each_ffmpeg),
    )
    assert any("4:2:2 colour of video stream 0" in text for text in done.warnings)


def test_odd_sizes_are_refused_at_once(
    each_ffmpeg: str, make_film: films.FilmMaker, encode: Callable[..., Any], tmp_path: Path
) -> None:
    """A usage error with the way out, and the way out works."""
    source = make_film("mkv", "-vf crop=63:47:exact=1 -c:v ffv1 -pix_fmt yuv420p", seconds=1)
    with pytest.raises(ConfigError, match="63x47") as caught:
        encode(source, tmp_path / "out.mkv", **_fast("libx264", each_ffmpeg))
    assert caught.value.exit_code == 2
    encode(source, tmp_path / "out.mkv", **_fast("libx264", each_ffmpeg, video_filter="pad=64:48"))
    assert (_video(tmp_path / "out.mkv").width, _video(tmp_path / "out.mkv").height) == (64, 48)


def test_full_range_stays_behind_a_filter(
    each_ffmpeg: str, make_film: films.FilmMaker, encode: Callable[..., Any], tmp_path: Path
) -> None:
    """Flipped twice, the pictures are the same, value for value."""
    source = make_film("mkv", f"-vf scale=out_range=full,setparams=range=pc -color_range pc {X264}", seconds=1)
    output = tmp_path / "out.mkv"
    encode(source, output, preset="archive", ffmpeg=each_ffmpeg, video_filter="hflip,vflip")
    assert _video(output).color_range == "pc"
    back = ("-vf", "vflip,hflip,scale=in_range=full:out_range=full,format=yuv420p", "-f", "framehash", "-")
    plain = ("-vf", "scale=in_range=full:out_range=full,format=yuv420p", "-f", "framehash", "-")
    one, other = (films.ffmpeg("-i", path, *how).splitlines() for path, how in ((source, plain), (output, back)))
    assert [line.rsplit(",")[-1] for line in one[-5:]] == [line.rsplit(",")[-1] for line in other[-5:]]


@pytest.mark.parametrize("keeps", [True, False])
def test_a_buffer_is_simulated(
    each_ffmpeg: str,
    make_film: films.FilmMaker,
    encode: Callable[..., Any],
    tmp_path: Path,
    keeps: bool,  # noqa: FBT001 - a parameter
) -> None:
    """A wide one lets the pieces join; one that the second piece would empty makes it one piece, with the reason."""
    noise = "-vf noise=alls=60:allf=t -c:v libx264 -preset ultrafast -crf 10 -g 12 -pix_fmt yuv420p"
    source = make_film("mkv", noise, seconds=2, size="160x96")
    rate = "50M" if keeps else "300k"
    buffer = (("maxrate", rate), ("bufsize", rate))
    done = encode(source, tmp_path / "out.mkv", **_fast("libx264", each_ffmpeg, encoder_options=buffer))
    assert (done.plans[-1].pieces > 1) is keeps
    assert any("runs empty" in text for text in done.notes) is not keeps


def test_a_buffer_that_one_piece_empties_is_told(
    make_film: films.FilmMaker, encode: Callable[..., Any], tmp_path: Path
) -> None:
    """An encoder may fail to keep to a buffer: no other way of cutting helps, so the output stands, with a warning."""
    noise = "-vf noise=alls=60:allf=t -c:v libx264 -preset ultrafast -crf 10 -pix_fmt yuv420p"
    source = make_film("mkv", noise, seconds=1, size="160x96")
    buffer = (("maxrate", "9k"), ("bufsize", "9k"))
    done = encode(source, tmp_path / "out.mkv", **_fast("libx264", films.binaries()["pip"], encoder_options=buffer))
    assert done.plans[-1].pieces == 1
    assert any("which the encoder did not prevent" in text for text in done.warnings)
    assert (tmp_path / "out.mkv").is_file()
