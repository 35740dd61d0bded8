"""The four builders: values, commands, and what they refuse."""

from __future__ import annotations

import pickle
import shlex
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from suture.command.audio import AudioBuilder
from suture.command.base import PRIORITY_HIGH, PRIORITY_NORMAL, Command, Resource, TaskType
from suture.command.burn import PictureBurn, PictureTrack, TextBurn, TextTrack
from suture.command.mixing import MixingBuilder
from suture.command.step import StepCommand
from suture.command.subtitle import SubtitleBuilder, subtitle_codec
from suture.command.video import VideoBuilder
from suture.errors import ChunkError, ConfigError
from suture.ffmpeg.progress import Progress

if TYPE_CHECKING:
    from suture.command.ffmpeg import FFmpegCommand

AUDIO = AudioBuilder("a0", "in.mkv", "out.m4a")
VIDEO = VideoBuilder("v0", "in.mkv", "out.mkv")
MIXING = MixingBuilder("m0", "out.mkv").add_video_input("v.mkv").add_audio_input("a.mka").add_audio_input("b.mka")
SUBTITLE = SubtitleBuilder("s0", "in.mkv", "out.mkv")
TRACKS = (TextTrack("t0", "in.mkv", "out.mks"), PictureTrack("p0", "in.mkv", "out.mkv", 640, 360))
ALL: tuple[FFmpegCommand, ...] = (AUDIO, VIDEO, MIXING, SUBTITLE.set_subtitle_file("x.srt"), *TRACKS)
by_class = pytest.mark.parametrize("command", ALL, ids=lambda command: type(command).__name__)


def _text(command: Command) -> str:
    return " ".join(command.build_args())


@by_class
def test_a_builder_is_a_value(command: FFmpegCommand) -> None:
    """Equal when its settings are, hashable, and it survives pickling."""
    other = pickle.loads(pickle.dumps(command))  # noqa: S301 - our own bytes
    assert other == command
    assert hash(other) == hash(command)
    assert other.set_priority(PRIORITY_HIGH) != command


@by_class
def test_a_setter_changes_nothing_in_place(command: FFmpegCommand) -> None:
    """The first keeps its priority, the second has all else in common."""
    higher = command.set_priority(PRIORITY_HIGH)
    assert (command.priority, higher.priority) == (PRIORITY_NORMAL, PRIORITY_HIGH)
    assert higher.build_args() == command.build_args()
    with pytest.raises(AttributeError):
        command.priority = 0  # type: ignore[misc]


@by_class
def test_dry_run_is_the_command_line(command: FFmpegCommand) -> None:
    """The pasted line is read back as the list that `run` passes, with the program's place in front."""
    there = shutil.which("true")
    line = command.set_program(there).command_line()
    assert shlex.split(command.set_program(there).dry_run()) == line
    assert line[0] == there
    assert line[1:] == command.build_args()[1:]


@by_class
def test_building_needs_no_program(command: FFmpegCommand) -> None:
    """`build_args` is pure: nothing is looked for."""
    assert command.set_program("/nowhere/ffmpeg").build_args()[0] == "/nowhere/ffmpeg"
    assert command.build_args()[0] == "ffmpeg"


def test_what_they_work_on_and_occupy() -> None:
    """Kinds and resources follow from the settings."""
    assert [c.task_type for c in (AUDIO, VIDEO, MIXING, SUBTITLE)] == list(TaskType)
    assert (AUDIO.resource, AUDIO.set_codec("copy").resource) == (Resource.CPU, Resource.IO)
    assert (MIXING.resource, MIXING.mix_audio().resource) == (Resource.IO, Resource.CPU)
    assert (SUBTITLE.resource, SUBTITLE.burn_subtitles().resource) == (Resource.IO, Resource.CPU)
    assert VIDEO.set_codec("av1_nvenc").resource is Resource.GPU_ENCODE
    assert {track.resource for track in TRACKS} == {Resource.IO}


def test_input_paths() -> None:
    """The primary input; a mixing without inputs has none yet."""
    assert [c.input_path for c in (AUDIO, VIDEO, MIXING)] == ["in.mkv", "in.mkv", "v.mkv"]
    assert not MixingBuilder("m", "o.mkv").input_path


def test_audio_takes_one_stream_and_its_filters_in_order() -> None:
    """The first audio stream unless an index was given; nothing but audio."""
    text = _text(AUDIO.set_codec("aac").add_filter("loudnorm").add_filter("pan=stereo|c0=c2|c1=c2").set_channels(2))
    assert "-map 0:a:0 -af loudnorm,pan=stereo|c0=c2|c1=c2 -c:a aac -vn -sn -dn -ac 2" in text
    assert "-map 0:3" in _text(AUDIO.set_stream(3))


def test_audio_has_a_bitrate_or_a_quality() -> None:
    """The later call wins."""
    assert "-b:a" not in _text(AUDIO.set_codec("aac").set_bitrate("192k").set_quality(2))
    assert "-q:a" not in _text(AUDIO.set_codec("aac").set_quality(2).set_bitrate("192k"))


def test_a_frame_count_is_checked() -> None:
    """Fewer or more frames than the range holds are a failure, whatever the exit code."""
    limited = VIDEO.set_frames(50)
    limited.check(Progress(frame=50, done=True), "part.avi")
    VIDEO.check(None, "part.avi")
    for told in (Progress(frame=49, done=True), None):
        with pytest.raises(ChunkError, match="its range holds 50"):
            limited.check(told, "part.avi")


def test_a_seek_is_printed_to_the_microsecond() -> None:
    """No float comes between."""
    assert "-ss 12.345678 -protocol_whitelist" in _text(VIDEO.set_seek(12_345_678).set_frames(3))


def test_an_encoder_option_set_again_is_replaced() -> None:
    """Once on the command line, with the last value; the same key in another form is another option."""
    text = _text(
        VIDEO.set_encoder_option("g", 250).set_encoder_option("x264-params", "a=1").set_encoder_option("g", 48)
    )
    assert text.count("-g ") == 1
    assert "-x264-params a=1 -g 48" in text


def test_colours_that_are_unknown_are_not_marked() -> None:
    """Only what is known is written."""
    assert VIDEO.set_color(primaries="bt709", transfer="unknown").color == ("-color_primaries", "bt709")


def test_a_text_burn_runs_on_the_films_clock() -> None:
    """Text is drawn after the filters, then timestamps go back to where they would be without it."""
    text = _text(VIDEO.set_seek(5_000_000).add_filter("scale=640:-2").set_burn(TextBurn("t.mks")))
    assert "-copyts -start_at_zero" in text
    chain = "scale=640:-2,subtitles=filename=file\\\\:t.mks:stream_index=0,setpts=PTS-round(5.000000/TB)"
    assert f"-vf {chain} " in text


def test_a_films_own_text_runs_on_its_containers_clock() -> None:
    """The film's start time is added before drawing and taken away after."""
    drawn = TextBurn("film.ts", start_us=1_400_000).filters()
    assert drawn.startswith("setpts=PTS+round(1400000/1000000/TB),subtitles=")
    assert drawn.endswith(",setpts=PTS-round(1400000/1000000/TB)")


def test_pictures_are_entered_where_the_piece_starts() -> None:
    """Their input is sought to the position on the container's clock, a hundred seconds late."""
    burn = PictureBurn("p.mkv", start_us=1_000_000)
    assert burn.input_options(5_000_000)[-3:] == ["-noaccurate_seek", "-ss", "106.000000"]
    assert "-ss" not in burn.input_options(0)


@pytest.mark.parametrize(
    ("pix_fmt", "part"),
    [
        ("yuv420p", "[1:v]format=yuva420p[pictures];[0:v:0][pictures]overlay=format=yuv420:"),
        ("yuv420p10le", "[1:v]format=yuva420p10[pictures];[0:v:0][pictures]overlay=format=yuv420p10:"),
        ("yuvj422p", "[1:v]format=yuva422p[pictures];[0:v:0][pictures]overlay=format=yuv422:"),
        ("gbrp", "[1:v]null[pictures];[0:v:0][pictures]overlay=format=auto:"),
    ],
)
def test_pictures_are_laid_on_in_the_films_own_format(pix_fmt: str, part: str) -> None:
    """Ten bits stay ten bits."""
    assert part in _text(VIDEO.set_burn(PictureBurn("p.mkv", pix_fmt=pix_fmt)).set_codec("ffv1"))


def test_mixing_takes_each_kind_from_its_inputs() -> None:
    """In the order of adding; explicit maps take the place of that."""
    assert "-map 0:v -map 1:a -map 2:a -c copy" in _text(MIXING)
    assert "-map 2:a:1 -map 0:v:0 -c copy" in _text(MIXING.map_streams("2:a:1").map_streams("0:v:0"))
    assert "-map 3:s" in _text(MIXING.add_subtitle_input("s.srt"))


def test_merging_and_mixing() -> None:
    """The first track of each audio input, or the tracks that were named."""
    assert "[1:a:0][2:a:0]amerge=inputs=2[audio] -map 0:v -map [audio] -c:v copy" in _text(MIXING.merge_audio())
    mixed = MIXING.mix_audio("0:a:0", "0:a:1", weights=(1, 0.5)).set_codec("flac")
    args = mixed.build_args()
    graph = args[args.index("-filter_complex") + 1]
    assert graph == "[0:a:0][0:a:1]amix=inputs=2:dropout_transition=0:weights=1 0.5:normalize=1[audio]"


def test_a_subtitle_gets_the_containers_codec_and_its_language() -> None:
    """mov_text in MP4, WebVTT in WebM, as it is in MKV; it is the first of the subtitles."""
    assert [subtitle_codec(name) for name in ("a.mp4", "a.WEBM", "a.mkv")] == ["mov_text", "webvtt", "copy"]
    text = _text(SUBTITLE.set_subtitle_file("x.srt").set_language("eng"))
    assert "-map 1:s:0 -map 0:s?" in text
    assert "-c copy -metadata:s:s:0 language=eng" in text


def test_burning_a_stream_leaves_it_out_of_the_streams() -> None:
    """It is in the picture now; the other subtitles stay."""
    text = _text(SUBTITLE.burn_subtitles(1))
    assert "-map 0:s? -map -0:s:1" in text
    assert "stream_index=1" in text
    assert "[0:s:0]scale=176:144:" in _text(SUBTITLE.burn_subtitles(bitmap=True, size=(176, 144)))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: AUDIO.set_channels(0),
        lambda: AUDIO.set_sample_rate(0),
        lambda: AUDIO.set_bitrate("-1k"),
        lambda: AUDIO.set_quality(float("nan")),
        lambda: AUDIO.add_filter(" "),
        lambda: AUDIO.set_stream(-1),
        lambda: AUDIO.set_priority("high"),  # type: ignore[arg-type]
        lambda: AUDIO.set_codec("copy").set_channels(2).build_args(),
        lambda: VIDEO.set_codec("libx264").set_crf(-1),
        lambda: VIDEO.set_crf(20).set_codec("ffv1").build_args(),
        lambda: VIDEO.set_time_range(5, 4),
        lambda: VIDEO.set_seek(-1),
        lambda: VIDEO.set_seek(1.5),  # type: ignore[arg-type]
        lambda: VIDEO.set_frames(0),
        lambda: VIDEO.add_filter(""),
        lambda: VIDEO.set_encoder_option("i", "x"),
        lambda: VIDEO.set_pixel_format("yuv420p,movie"),
        lambda: VIDEO.set_threads(0),
        lambda: VIDEO.set_hardware("voodoo"),
        lambda: VIDEO.set_color(primaries="a b"),
        lambda: VIDEO.set_codec("ffv1").set_speed("fast").build_args(),
        lambda: VIDEO.set_codec("copy").add_filter("yadif").build_args(),
        MIXING.map_streams,
        lambda: MIXING.mix_audio(weights=(0, 1)),
        lambda: MIXING.mix_audio(weights=(1, 1, 1)).build_args(),
        lambda: MIXING.merge_audio("0:a:0").build_args(),
        lambda: MIXING.merge_audio().set_codec("copy").build_args(),
        lambda: MixingBuilder("m", "o.mkv").build_args(),
        SUBTITLE.build_args,
        lambda: SUBTITLE.set_language("eng, please"),
        lambda: SUBTITLE.burn_subtitles(-1),
        lambda: SUBTITLE.burn_subtitles().set_video_codec("copy").build_args(),
        lambda: PictureTrack("p", "i", "o", 0, 360).build_args(),
    ],
)
def test_wrong_settings_are_refused(wrong: Any) -> None:
    """At the setter, or at the latest before anything starts; never by ffmpeg."""
    with pytest.raises(ConfigError):
        wrong()


def test_a_step_prints_what_a_person_types() -> None:
    """And runs this Suture, in this Python."""
    step = StepCommand("j", "join", "my spec.json", "in.mkv", "out.mkv")
    assert step.dry_run() == "suture join 'my spec.json'"
    line = step.command_line()
    assert (line[1:5], line[-1]) == (["-P", "-m", "suture", "join"], "my spec.json")
    assert (step.resource, step.task_type) == (Resource.IO, TaskType.MIXING)
    assert pickle.loads(pickle.dumps(step.set_priority(10))).priority == 10  # noqa: S301 - our own bytes
    assert StepCommand("j", "join", "-x.json", "i", "o").build_args()[-1] == "./-x.json"
