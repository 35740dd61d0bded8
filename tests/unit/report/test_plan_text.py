"""Plans as text: the tree, the graph and the JSON say what the plan says, folded and quoted."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from suture.errors import ConfigError
from suture.planning.tracks import Loss
from suture.report.folding import folded, folded_alike
from suture.report.plan_graph import label
from suture.report.plan_text import FORMS, render

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.planning.job import Plan

    Make = Callable[..., Plan]

GOLDEN = Path(__file__).parents[2] / "golden" / "plans"


@pytest.mark.parametrize("form", ["tree", "mermaid"])
def test_a_small_plan_is_told_whole(make_plan: Make, form: str) -> None:
    """Every stream, piece, decision, loss and step of a small plan stands in the text as agreed."""
    assert render(make_plan(), form) + "\n" == (GOLDEN / f"small.{form}.txt").read_text(encoding="utf-8")


def test_a_form_that_does_not_exist_is_refused(make_plan: Make) -> None:
    """The error names the forms that there are."""
    with pytest.raises(ConfigError, match="tree, sh, json, mermaid"):
        render(make_plan(), "yaml")


@pytest.mark.parametrize("form", FORMS)
def test_the_same_plan_gives_the_same_text(make_plan: Make, form: str) -> None:
    """Nothing but the plan is read: no clock, no chance."""
    assert render(make_plan(5), form) == render(make_plan(5), form)


def test_long_lists_fold_in_the_tree(make_plan: Make) -> None:
    """Of many pieces the first, the second and the last are told, and how many there are between."""
    text = render(make_plan(200, 1000), "tree")
    assert "video stream 0: 1,000 frames in 200 pieces" in text
    assert "piece 0: frames 0 to 4," in text
    assert "… 197 more" in text
    assert "piece 199: frames 995 to 999," in text
    assert len(text.splitlines()) < 50


def test_a_hostile_name_stays_on_its_line(make_plan: Make) -> None:
    """Line ends and escapes in names and tags reach no terminal."""
    plan = make_plan(source="/films/a\n\x1b[2Jb.mkv")
    for form in ("tree", "mermaid"):
        text = render(plan, form)
        assert "\x1b" not in text
        assert "a\\n\\x1b[2Jb.mkv" in text.replace("#92;", "\\")


def test_streams_that_are_not_taken_say_why(make_plan: Make) -> None:
    """What the user left out differs from what the container can't hold."""
    text = render(make_plan(maps=("0:v", "0:a:0")), "tree")
    assert "#2 audio opus, 48000 Hz, stereo, ger: leave out (as asked)" in text
    text = render(make_plan(audio_codec="none"), "tree")
    assert "eng: leave out (as asked)" in text
    assert "ttf: leave out (mp4 holds no attachments)" in text


def test_a_track_that_is_encoded_unasked_names_the_option(make_plan: Make) -> None:
    """Sound that the container can't hold: why, and what decides otherwise."""
    text = render(make_plan(output="/films/film.mov"), "tree")
    assert "eng: encode with aac (mov can't hold opus) [-c:a]" in text


def test_neighbours_that_differ_by_their_number_fold() -> None:
    """A hundred subtitles in as many languages stay, a hundred alike fold."""
    alike = [f"#{n} subtitle srt" for n in range(100)]
    assert folded_alike(alike) == [alike[0], alike[1], "… 97 more like these", alike[99]]
    unlike = [f"#{n} subtitle srt, {chr(97 + n)}{chr(97 + n)}x" for n in range(10)]
    assert folded_alike(unlike) == unlike


def test_few_do_not_fold() -> None:
    """A line that says "1 more" instead of the one would save nothing."""
    assert folded(list("abcdef")) == list("abcdef")
    assert folded(list("abcdefg")) == ["a", "b", "… 4 more", "g"]


def test_many_pieces_fold_in_the_graph(make_plan: Make) -> None:
    """Up to twelve pieces are drawn, more are three and a box for the rest; each arrow once."""
    assert render(make_plan(12, 120), "mermaid").count('["video-0-') == 12
    text = render(make_plan(14, 140), "mermaid")
    assert text.count('["video-0-') == 3
    assert "11 more steps like these" in text
    arrows = [line for line in text.splitlines() if "-->" in line]
    assert len(arrows) == len(set(arrows))


def test_every_box_of_the_graph_is_connected(make_plan: Make) -> None:
    """From the source to the output, over every box."""
    text = render(make_plan(20, 200), "mermaid")
    boxes = set(re.findall(r"^    (\w+)[(\[]", text, re.MULTILINE))
    arrows = re.findall(r"^    (\w+) (?:-- .* copied )?--> (\w+)$", text, re.MULTILINE)
    assert {a for a, _ in arrows} == boxes - {"output"}
    assert {b for _, b in arrows} == boxes - {"source"}


def test_labels_hold_nothing_of_mermaids() -> None:
    """Quotes, tags, markdown and entities in a name are shown, not obeyed."""
    assert label('a"b<br/>`c`#d;\\') == "a#quot;b#lt;br/#gt;#96;c#96;#35;d;#92;"


def plan_json(plan: Plan) -> dict[str, Any]:
    """What a program reads."""
    data: dict[str, Any] = json.loads(render(plan, "json"))
    return data


def test_json_has_exact_ranges(make_plan: Make) -> None:
    """Pieces are integers on the stream's clock, which is a fraction; they meet and cover everything."""
    data = plan_json(make_plan(3, 100))
    (video,) = data["videos"]
    assert data["schema"] == 1
    assert (video["time_base"], video["rate"], video["frames"]) == ("1/1000", "25", 100)
    ranges = [(piece["start_frame"], piece["end_frame"]) for piece in video["pieces"]]
    assert ranges == [(0, 34), (34, 68), (68, 100)]
    assert [(piece["start_pts"], piece["end_pts"]) for piece in video["pieces"]] == [
        (first * 40, last * 40) for first, last in ranges
    ]


def test_json_steps_are_the_commands(make_plan: Make) -> None:
    """Ids, argument lists and dependencies are those of the plan."""
    plan = make_plan(2)
    steps = plan_json(plan)["steps"]
    assert [step["id"] for step in steps] == [step.command.id for step in plan.steps]
    assert [step["argv"] for step in steps] == [step.command.build_args() for step in plan.steps]
    assert steps[-1]["after"] == ["join"]
    assert steps[-2]["after"] == list(plan.steps[-2].after)


def test_json_tells_decisions_losses_and_settings(make_plan: Make) -> None:
    """All of them, with reason and option; fractions as strings."""
    data = plan_json(make_plan(start=None, end=None))
    assert data["decisions"] == [{"what": "pieces", "why": "2 pieces of like length", "option": "--chunking"}]
    assert {loss["what"] for loss in data["losses"]} >= {"attachment 'font.ttf'"}
    assert data["settings"]["chunk_duration"] == "600"
    assert [stream["action"] for stream in data["streams"]] == ["encode", "copy", "copy", "convert", "leave out"]


def test_json_survives_a_name_that_is_no_text(make_plan: Make) -> None:
    """A file name that is not UTF-8 comes back as it was."""
    text = render(make_plan(source="/films/\udce9.mkv"), "json")
    assert text.isascii()
    assert json.loads(text)["source"]["path"] == "/films/\udce9.mkv"


def test_a_loss_is_a_warning_in_every_form_for_people(make_plan: Make) -> None:
    """Tree and script name what does not arrive."""
    plan = replace(make_plan(), losses=(Loss("the end", "it is\nmissing"),))
    for form in ("tree", "sh"):
        assert "warning: the end: it is\\nmissing" in render(plan, form)
