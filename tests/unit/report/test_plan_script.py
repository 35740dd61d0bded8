"""The script: what it says, that a shell can read it, that names stay names. That it works is tested on media."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from suture import __version__
from suture.command.stage import StagedVideo
from suture.media.spec import to_json
from suture.planning.steps import Step
from suture.report.plan_text import render

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.planning.job import Plan

    Make = Callable[..., Plan]

GOLDEN = Path(__file__).parents[2] / "golden" / "plans"
HOSTILE = "/films/-a 'b' \"c\" $(touch x) `y` %s\\n\n*é.mkv"


def script(plan: Plan) -> str:
    """The text."""
    return render(plan, "sh")


def around_the_commands(plan: Plan) -> str:
    """The script with commands and join file, which others word, replaced by their names."""
    text = script(plan).replace(to_json(plan.spec), "JOIN FILE").replace(__version__, "VERSION")
    for step in plan.steps:
        text = text.replace(step.command.dry_run(), f"COMMAND OF {step.command.id}")
    return text


def test_a_small_script_is_as_agreed(make_plan: Make) -> None:
    """Header, guard, indexes, join file, steps in order, removal of the folder at the end."""
    assert around_the_commands(make_plan()) + "\n" == (GOLDEN / "small.sh.txt").read_text(encoding="utf-8")


def test_commands_stand_in_it_as_they_run(make_plan: Make) -> None:
    """Each once, word for word, without its progress."""
    plan = make_plan(5)
    lines = script(plan).splitlines()
    for step in plan.steps:
        assert lines.count(f"{step.command.dry_run()} >/dev/null") == 1


@pytest.mark.parametrize("settings", [{}, {"permissive": True}, {"start": 1, "end": 3}])
def test_a_shell_can_read_it(make_plan: Make, settings: dict[str, Any]) -> None:
    """Whatever the names are."""
    plan = make_plan(source=HOSTILE, output=HOSTILE.replace(".mkv", ".mp4"), **settings)
    done = subprocess.run(["sh", "-n"], input=script(plan), text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_names_stay_names(make_plan: Make) -> None:
    """A shell reads the index line back as the words that are meant."""
    plan = make_plan(source=HOSTILE)
    (video,) = plan.videos
    words = ["suture", "index", HOSTILE, "--stream", "0", "-o", video.index_path]
    assert f"{shlex.join(words)} >/dev/null" in script(plan)


def test_a_name_with_a_dash_first_is_no_option(make_plan: Make) -> None:
    """Relative names get a ./ where a program would take them for options."""
    text = script(make_plan(source="-i.mkv", output="-o.mp4"))
    assert "suture index ./-i.mkv " in text
    assert "[ -e ./-o.mp4 ]" in text
    assert "count from the folder in which it was made" in text


def test_comments_are_one_line_each(make_plan: Make) -> None:
    """A line end in a name does not end the comment that it stands in."""
    head = script(make_plan(source="/a\nrm -rf x.mkv")).split("set -eu")[0]
    assert all(line.startswith("#") for line in head.strip().splitlines())


def test_the_join_file_is_not_cut_short(make_plan: Make) -> None:
    """The mark that ends it does not occur in it."""
    plan = make_plan(source="/films/END_OF_JOIN_FILE.mkv")
    text = script(plan)
    assert f"<<'END_OF_JOIN_FILE_'\n{to_json(plan.spec)}\nEND_OF_JOIN_FILE_\n" in text


def test_an_index_is_made_as_the_plan_made_it(make_plan: Make) -> None:
    """By a linear decode with the same ffmpeg where the packets can't be trusted, and only the part in use."""
    linear = make_plan(1, linear=True)
    assert linear.videos[0].listing is not None
    assert f"\n{linear.videos[0].listing.dry_run()} >/dev/null || :\nsuture index" in script(linear)
    assert " --listing '/jobs/film job/video-0.frames'" in script(linear)
    part = make_plan(2, 100, first=10, start=0.4)
    assert " --first 10 --end 100 >/dev/null" in script(part)
    assert "--listing" not in script(part)


def test_without_video_there_is_no_index(make_plan: Make) -> None:
    """Sound alone needs none."""
    text = script(make_plan(0, output="/films/film.mka", audio_codec="libopus"))
    assert "suture index" not in text
    assert "audio-0" in text


def test_what_is_there_is_not_replaced_unless_asked(make_plan: Make) -> None:
    """The script refuses early, as the command does; with -y it does not."""
    plan = make_plan()
    assert "exit 2" in script(plan)
    assert "exit 2" not in script(replace(plan, spec=replace(plan.spec, overwrite=True)))


def test_a_piece_that_may_be_missing_does_not_end_it(make_plan: Make) -> None:
    """With --permissive a piece that fails leaves nothing behind, and the script goes on; other steps end it."""
    lines = script(make_plan(permissive=True)).splitlines()
    pieces = [line for line in lines if "video-0-0000" in line and "-map" in line]
    assert len(pieces) == 2
    assert all(line.endswith(".mkv'") and ">/dev/null || rm -f -- " in line for line in pieces)
    assert not any("||" in line for line in lines if line.startswith("suture "))


def _staged(plan: Plan) -> Plan:
    """The same with every piece made in two stages, the second waiting for room on the disk."""
    pieces = {step.command.id: step for step in plan.steps if step.command.id.startswith("video-")}
    (_, first), (_, second) = pieces.items()
    made: list[Step] = []
    for step in (first, second):
        between = step.command.output_path.replace("video-", "stage-")
        before = StagedVideo(step.command.id.replace("video-", "stage-"), plan.source, between, program="/bin/sh")
        last = StagedVideo(step.command.id, between, step.command.output_path, program="/bin/sh", consumes=between)
        room = (first.command.id,) if step is second else ()
        made += [Step(before, after_any=room, transient=True), Step(last, after=(before.id,))]
    return replace(plan, steps=(*made, *(step for step in plan.steps if step.command.id not in pieces)))


def test_an_intermediate_goes_when_it_was_read(make_plan: Make) -> None:
    """Right behind the piece that was made of it; and waiting for room forgives no failure."""
    lines = script(_staged(make_plan())).splitlines()
    piece = next(n for n, line in enumerate(lines) if "video-0-00000.mkv" in line and "-map" in line)
    assert lines[piece].endswith(">/dev/null")
    assert lines[piece + 1] == "rm -f -- '/jobs/film job/stage-0-00000.mkv'"


def test_what_is_made_for_a_piece_that_may_be_missing_may_fail_too(make_plan: Make) -> None:
    """With --permissive the script goes on then; without a stage's file its piece fails, and is left out."""
    lines = script(_staged(make_plan(permissive=True))).splitlines()
    assert sum("-map" in line and "|| rm -f -- " in line for line in lines) == 4


def test_steps_come_behind_what_they_wait_for(make_plan: Make) -> None:
    """Whatever their order in the plan."""
    plan = make_plan(3)
    backwards = replace(plan, steps=tuple(reversed(plan.steps)))
    text = script(backwards)
    places = {step.command.id: text.index(step.command.dry_run()) for step in plan.steps}
    for step in plan.steps:
        assert isinstance(step, Step)
        assert all(places[task] < places[step.command.id] for task in step.after)


def test_the_folder_goes_last(make_plan: Make) -> None:
    """A failure before leaves it, so that nothing that was made is lost."""
    lines = script(make_plan()).splitlines()
    assert lines[-2] == "rm -rf -- '/jobs/film job'"
    assert "set -eu" in lines
