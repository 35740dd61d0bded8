"""The steps of a plan: what runs, and what waits for what."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from suture.command.base import PRIORITY_HIGH, PRIORITY_LOW, Resource
from suture.command.burn import TextTrack
from suture.model import StreamInfo
from suture.planning.frames import Looking
from suture.planning.output import join_spec
from suture.planning.sound import plan_sounds
from suture.planning.steps import build_steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.planning.steps import Step

BASE = Fraction(1, 1000)
VIDEO = StreamInfo(0, "video", "h264", BASE, 0, width=320, height=180, pix_fmt="yuv420p")
SOUND = StreamInfo(1, "audio", "aac", BASE, 0, channels=2, sample_rate=44100)
TEXT = StreamInfo(2, "subtitle", "subrip", BASE, 0)


@pytest.fixture
def steps_of(make_brief: Callable[..., Any], make_video: Callable[..., Any]) -> Callable[..., dict[str, Step]]:
    """The steps of a film in two pieces, by name."""

    def steps(*streams: StreamInfo, before: Any = None, **asked: Any) -> dict[str, Step]:
        brief = make_brief(*(streams or (VIDEO, SOUND)), **asked)
        video = replace(make_video(brief), before=before)
        spec = join_spec(brief, (video,))[0]
        sounds = plan_sounds(brief, (video,), Looking())
        return {step.command.id: step for step in build_steps(brief, (video,), sounds, spec, "/job/join.json")}

    return steps


def test_the_join_waits_for_all_pieces_and_the_name_for_the_join(steps_of: Callable[..., dict[str, Step]]) -> None:
    """Copied tracks are nobody's work but the join's."""
    steps = steps_of()
    assert list(steps) == ["video-0-00000", "video-0-00001", "join", "publish"]
    assert steps["join"].after == ("video-0-00000", "video-0-00001")
    assert steps["join"].after_any == ()
    assert steps["publish"].after == ("join",)
    assert steps["video-0-00000"].after == ()


def test_permissive_waits_for_pieces_but_not_for_their_success(steps_of: Callable[..., dict[str, Step]]) -> None:
    """Sound and subtitles are not left out, though."""
    steps = steps_of(permissive=True, audio_codec="libopus")
    assert steps["join"].after == ("audio-1",)
    assert steps["join"].after_any == ("video-0-00000", "video-0-00001")


def test_pieces_know_their_work(steps_of: Callable[..., dict[str, Step]]) -> None:
    """Frames for the progress, cost for the order."""
    step = steps_of()["video-0-00001"]
    assert (step.frames, step.cost) == (50, 1.0)
    assert step.command.output_path == "/job/video-0-00001.mkv"
    assert steps_of()["join"].frames == 100


def test_sound_and_text_run_beside_the_pieces(steps_of: Callable[..., dict[str, Step]]) -> None:
    """Sound first: it is one long task, which must not be alone at the end."""
    steps = steps_of(VIDEO, SOUND, TEXT, output="/o.mp4", audio_codec="aac", audio_bitrate="192k")
    assert set(steps["join"].after) == {"audio-1", "subtitle-2", "video-0-00000", "video-0-00001"}
    assert steps["audio-1"].after == ("audio-1-00000",)
    assert steps["audio-1-00000"].command.priority == PRIORITY_HIGH
    assert steps["join"].command.priority == PRIORITY_LOW
    argv = steps["audio-1-00000"].command.build_args()
    assert argv[argv.index("-b:a") + 1] == "192k"
    assert argv[argv.index("-filter_complex") + 1].startswith("[0:1]")


def test_a_bitrate_is_for_the_encoder_that_was_asked_for(steps_of: Callable[..., dict[str, Step]]) -> None:
    """Not for one that a container made necessary; MP4 is told a clock that every sample rate divides."""
    steps = steps_of(VIDEO, replace(SOUND, codec="pcm_s16le"), output="/o.mp4")
    argv = steps["audio-1-00000"].command.build_args()
    assert "-b:a" not in argv
    scale = int(argv[argv.index("-movie_timescale") + 1])
    assert [scale % rate for rate in (44100, 48000, 32000, 96000, 192000)] == [0] * 5


def test_sound_before_zero_is_encoded_later_by_whole_seconds(steps_of: Callable[..., dict[str, Step]]) -> None:
    """Where ffmpeg tells its place: behind the user's filters, which see the source's clock; priming stays."""
    early = replace(SOUND, start_pts=-9707)
    steps = steps_of(VIDEO, early, audio_codec="flac", audio_filter="volume=0.5")
    assert "atrim" not in steps["audio-1"].command.dry_run()
    assert steps["audio-1"].command.dry_run().count("volume=0.5,asetpts=PTS+10/TB") == 1
    primed = steps_of(VIDEO, replace(SOUND, start_pts=-21), audio_codec="flac")
    assert "asetpts" not in primed["audio-1"].command.dry_run()


def test_sound_of_pieces_begins_with_its_first_sample(steps_of: Callable[..., dict[str, Step]]) -> None:
    """Its file does, also where there is one piece; the place is in the listing of what was decoded."""
    steps = steps_of(VIDEO, replace(SOUND, start_pts=-9707), audio_codec="aac", audio_filter="volume=0.5")
    line = steps["audio-1-00000"].command.dry_run()
    assert line.index("volume=0.5") < line.index("[heard]") < line.index("asetpts=PTS-STARTPTS")
    assert "asetpts=PTS+10/TB" not in line


def test_flac_in_mp4_is_no_experiment_for_its_encoder(steps_of: Callable[..., dict[str, Step]]) -> None:
    """Only the container's strictness is lowered; the encoder would write 32 bits a sample."""
    argv = steps_of(VIDEO, SOUND, audio_codec="flac")["audio-1"].command.build_args()
    assert argv[argv.index("-strict") + 1] == "experimental"
    assert argv[argv.index("-strict:a") + 1] == "normal"
    assert argv.index("-strict") < argv.index("-strict:a")


def test_a_subtitle_from_a_file_is_read_from_there(steps_of: Callable[..., dict[str, Step]]) -> None:
    """Its own first stream, not one of the film's."""
    steps = steps_of(VIDEO, SOUND, subtitle_files=(("extra.srt", "eng"),))
    assert steps["subtitle-2"].command.input_path == "extra.srt"


def test_what_is_burnt_is_taken_out_before_the_first_piece(steps_of: Callable[..., dict[str, Step]]) -> None:
    """Every piece waits for it."""
    taken = TextTrack("burn", "/films/in.mkv", "/job/burn.mks")
    steps = steps_of(before=taken)
    assert steps["burn"].command == taken
    assert steps["video-0-00000"].after == steps["video-0-00001"].after == ("burn",)


def test_the_join_uses_the_disk_and_the_check_a_core(steps_of: Callable[..., dict[str, Step]]) -> None:
    """So that two joins do not fight for one disk."""
    steps = steps_of()
    assert steps["join"].command.resource is Resource.IO
    assert steps["publish"].command.resource is Resource.CPU
