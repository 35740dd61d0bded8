"""`FFmpegBuilder` puts each argument where ffmpeg expects it, and never changes."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from suture.command.ffmpeg import FFmpegBuilder, stream_specifier
from suture.errors import ConfigError

BASE = FFmpegBuilder().add_input("in.mkv").add_output("out.mkv")


def _after_prefix(builder: FFmpegBuilder) -> list[str]:
    arguments = builder.build()
    return arguments[arguments.index("-y") + 1 :]


def test_each_call_returns_a_new_one() -> None:
    """A base can be forked: what one branch sets is not in the other."""
    before = BASE.build()
    BASE.set_video_codec("libx264", 20).add_option("-an")
    assert BASE.build() == before
    assert BASE.set_program("x") != BASE
    assert pickle.loads(pickle.dumps(BASE)) == BASE  # noqa: S301 - our own bytes


def test_the_program_comes_first_and_the_output_last() -> None:
    """The list is one for subprocess."""
    arguments = BASE.set_program("/opt/ffmpeg").build()
    assert (arguments[0], arguments[-1]) == ("/opt/ffmpeg", "file:out.mkv")


def test_every_command_is_quiet_deaf_and_reports() -> None:
    """No keyboard is read, nothing asked, and progress told on stdout."""
    arguments = BASE.build()
    assert {"-nostdin", "-y", "-nostats", "-hide_banner"} <= set(arguments)
    assert arguments[arguments.index("-progress") + 1] == "pipe:1"


def test_nothing_that_only_one_version_knows() -> None:
    """Options that 9.0 dropped are not written."""
    built = BASE.set_graph("null").add_video_filter("null").set_video_codec("libx264", 20).build()
    assert not {"-vsync", "-filter_complex_script"} & set(built)


def test_a_range_stands_before_the_input_as_start_and_length() -> None:
    """The default: reading begins near the start."""
    assert _after_prefix(BASE.set_time_range("00:50:00", 3001.5))[:6] == [
        *("-ss", "3000.000000", "-t", "1.500000"),
        *("-protocol_whitelist", "file"),
    ]


def test_a_range_after_the_input_belongs_to_the_output() -> None:
    """The old way: all that comes before is decoded and thrown away."""
    arguments = _after_prefix(BASE.set_time_range(1, "2.5", accurate="after"))
    assert arguments[arguments.index("file:in.mkv") + 1 :] == [
        *("-ss", "1.000000", "-t", "1.500000"),
        "file:out.mkv",
    ]


def test_an_open_range() -> None:
    """Without an end there is no length, without a start no seek."""
    assert "-t" not in BASE.set_time_range(5).build()
    assert "-ss" not in BASE.set_time_range(None, 5).build()
    with pytest.raises(ConfigError, match="accurate"):
        BASE.set_time_range(1, 2, accurate="between")  # type: ignore[arg-type]


def test_an_input_may_stay_whole() -> None:
    """A range applies to the inputs that are ranged, each with its own options before it."""
    both = BASE.set_time_range(1, 2).add_input("pics.mkv", ["-itsoffset", "-1"], ranged=False)
    assert both.build().count("-ss") == 1
    arguments = _after_prefix(both)
    assert arguments[8:12] == ["-itsoffset", "-1", "-protocol_whitelist", "file"]


def test_codecs_and_filters() -> None:
    """Codec, quality, bitrate; filters joined in order."""
    built = BASE.set_video_codec("libvpx-vp9", 31).set_audio_codec("aac", 192000)
    built = built.add_video_filter("yadif").add_video_filter("scale=640:-2").add_audio_filter("loudnorm")
    text = " ".join(_after_prefix(built))
    assert "-vf yadif,scale=640:-2 -af loudnorm" in text
    assert "-c:v libvpx-vp9 -crf 31 -b:v 0 -deadline good -c:a aac -b:a 192000" in text


def test_options_go_where_they_belong() -> None:
    """Global ones first, input ones before the last input, output ones before the output."""
    built = BASE.add_option("-g1", where="global").add_option("-in1", where="input").add_option("-out1")
    order = [built.build().index(text) for text in ("-g1", "-in1", "file:in.mkv", "-out1", "file:out.mkv")]
    assert order == sorted(order)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: FFmpegBuilder().build(),
        lambda: FFmpegBuilder().add_input("x").build(),
        lambda: FFmpegBuilder().add_output("x").build(),
        lambda: BASE.add_input("./a/../out.mkv").build(),
        lambda: BASE.add_output("second.mkv"),
        lambda: FFmpegBuilder().add_option("-x", where="input"),
        lambda: BASE.set_audio_codec("aac", "loud"),
        lambda: BASE.set_video_codec("libx264", 99),
        lambda: BASE.set_video_codec("-f"),
    ],
)
def test_wrong_usage_is_refused(wrong: Any) -> None:
    """Before anything is started."""
    with pytest.raises(ConfigError):
        wrong()


def test_streams_by_index() -> None:
    """An absolute index, or the first of a kind."""
    assert (stream_specifier(3, "a:0"), stream_specifier(None, "a:0")) == ("0:3", "0:a:0")
    with pytest.raises(ConfigError, match="-1"):
        stream_specifier(-1, "a:0")
