"""``--target`` on real encodes: each piece has what was asked for, the same way every time, or says that it can't."""

from __future__ import annotations

import json
import shutil
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

import films
from runs import packets
from suture.command.measuring import Seen
from suture.errors import CommandFailed, ConfigError, Unsupported
from suture.ffmpeg.capabilities import capabilities
from suture.goal import Goal
from suture.pipeline import make_plan
from suture.presets import make_settings
from suture.quality import targeted
from suture.quality.measure import measure
from suture.quality.targeted import TargetedVideo

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from suture.command.measuring import Gauge

pytestmark = pytest.mark.media

FAST: dict[str, Any] = {"speed": "veryfast", "audio_codec": "none", "subtitles": "none"}
CUT: dict[str, Any] = {"chunking": "fixed", "chunk_duration": "6.5"}


def scores_of(film: Path, output: Path, folder: Path, gauge: Gauge, program: str) -> list[float]:
    """Of each frame of an output, in one serial pass."""
    options = ("-copyts",)
    (scores,) = measure(
        Seen(str(film), 0, options),
        Seen(str(output), 0, options),
        (gauge,),
        folder=str(folder),
        frames=None,
        rate=Fraction(24000, 1001),
        ffmpeg=program,
    )
    return list(scores.values)


@pytest.mark.parametrize("metric", ["ssim", "vmaf"])
def test_every_piece_has_what_was_asked_for(
    metric: str, film: Path, tmp_path: Path, encode: Callable[..., Any], each_ffmpeg: str
) -> None:
    """As one pass over the whole output sees it; runs of a piece are tried first."""
    if metric == "vmaf" and "libvmaf" not in capabilities(each_ffmpeg).filters:
        pytest.skip("this ffmpeg has no libvmaf")
    goal = Goal.parse({"ssim": "ssim=0.97:mean", "vmaf": "vmaf=88:mean"}[metric])
    output = tmp_path / "out.mkv"
    # VMAF takes its time, so it is asked of little.
    part = {"end": "2.5", "chunk_duration": "1.3"} if metric == "vmaf" else {}
    done = encode(film, output, target=str(goal), ffmpeg=each_ffmpeg, **(FAST | CUT | part))
    told = done.report.target
    assert told is not None
    assert len(told["pieces"]) == 2
    targeting = done.plans[0].videos[0].targeting
    assert targeting is not None
    scores = scores_of(film, output, tmp_path, targeting.gauge, each_ffmpeg)
    assert len(scores) == done.report.frames
    at = 0
    for _task, frames, _quality, score, verdict, _trials, _wholes in told["pieces"]:
        mine = scores[at : at + frames]
        assert sum(mine) / frames == pytest.approx(score, abs=1e-3 if metric == "vmaf" else 1e-4)
        assert verdict == "near"
        assert abs(score - goal.value) <= goal.near
        at += frames
    assert sum(scores) / at == pytest.approx(told["score"], abs=1e-3)
    assert any(note.startswith(f"target {goal}: 2 of 2 pieces have it") for note in done.notes)


def test_the_way_is_the_same_whatever_is_known(
    film: Path, tmp_path: Path, encode: Callable[..., Any], own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later run measures nothing again, and gives the same bytes; another goal learns from what is known."""
    asked = []

    def counted(*arguments: Any, **more: Any) -> Any:
        asked.append(arguments)
        return measure(*arguments, **more)

    monkeypatch.setattr(targeted, "measure", counted)
    outputs = [tmp_path / f"out{number}.mkv" for number in range(3)]
    first = encode(film, outputs[0], target="ssim=0.97", **FAST, **CUT)
    after_first = len(asked)
    again = encode(film, outputs[1], target="ssim=0.97", **FAST, **CUT)
    assert len(asked) == after_first > 3
    assert again.report.target == first.report.target
    assert packets(outputs[0]) == packets(outputs[1])
    encode(film, outputs[2], target="ssim=0.97:p5", resume=False, **FAST, **CUT)
    assert len(asked) > after_first
    assert len(list((own_cache / "suture" / "trials").iterdir())) == 2


def test_what_can_not_be_reached_is_said(film: Path, tmp_path: Path, encode: Callable[..., Any]) -> None:
    """With the piece and its score; the output is there all the same, as good as it gets."""
    done = encode(film, tmp_path / "out.mkv", target="ssim=0.99999", end="3", **FAST)
    assert done.report.status == "done"
    (said,) = [text for text in done.warnings if text.startswith("target")]
    assert said.startswith("target ssim=0.99999:harmonic: video-0-00000 (0.99")
    assert "stayed below it at the best quality that is tried (6)" in said


def test_what_can_not_be_measured_is_refused(film: Path, tmp_path: Path, each_ffmpeg: str) -> None:
    """Before anything is encoded."""

    def planned(**settings: Any) -> None:
        settings = FAST | settings
        make_plan(str(film), str(tmp_path / "out.mkv"), make_settings("h264", {"ffmpeg": each_ffmpeg} | settings))

    planned(target="ssim=0.97")
    with pytest.raises(ConfigError, match="GPU"):
        planned(target="ssim=0.97", video_filter="hwupload,scale_vulkan=160:90,hwdownload")
    with pytest.raises(ConfigError, match="nobody has counted"):
        planned(target="ssim=0.97", video_filter="minterpolate=fps=30")
    if "libvmaf" not in capabilities(each_ffmpeg).filters:
        with pytest.raises(Unsupported, match="libvmaf") as caught:
            planned(target="vmaf=95")
        assert caught.value.exit_code == 5


def test_the_plan_says_what_is_aimed_at(film: Path, tmp_path: Path) -> None:
    """As a tree and as JSON; a script can't search, and says so."""
    from suture.report.plan_text import render  # noqa: PLC0415 - only here

    plan = make_plan(str(film), str(tmp_path / "out.mkv"), make_settings("h264", {"target": "ssim=0.97", **FAST}))
    assert "target ssim=0.97:harmonic" in render(plan, "tree")
    decisions = json.loads(render(plan, "json"))["decisions"]
    assert any(decision["what"] == "target" and "320x180" in decision["why"] for decision in decisions)
    with pytest.raises(ConfigError, match="--target"):
        render(plan, "sh")


def test_a_phone_film_is_measured_as_it_lies(
    tmp_path: Path, make_film: films.FilmMaker, encode: Callable[..., Any], each_ffmpeg: str
) -> None:
    """Its pieces carry how it is turned, and its reference is not turned either."""
    lying = make_film("mp4", films.H264, seconds=1, size="64x48")
    turned = tmp_path / "turned.mp4"
    films.ffmpeg("-display_rotation", "90", "-i", lying, "-c", "copy", turned)
    done = encode(turned, tmp_path / "out.mp4", target="ssim=0.95:mean", ffmpeg=each_ffmpeg, **FAST)
    assert done.report.target["pieces"][0][4] == "near"


def test_what_is_known_is_known_of_this_film_alone(tmp_path: Path, make_film: films.FilmMaker) -> None:
    """By what is in it and in the files that filters name, whatever it is called; one that is gone is said."""
    film = tmp_path / "film.mp4"
    shutil.copyfile(make_film("mp4", films.H264, seconds=1), film)
    table = tmp_path / "table.cube"

    def material(path: Path) -> list[str]:
        settings = make_settings("h264", {"target": "ssim=0.95", "video_filter": f"lut3d={table}", **FAST})
        table.write_text("LUT_3D_SIZE 2\n" + "0 0 0\n" * 8)
        plan = make_plan(str(path), str(tmp_path / "out.mkv"), settings)
        command = plan.steps[0].command
        assert isinstance(command, TargetedVideo)
        commands.append(command)
        return command.material()

    commands: list[TargetedVideo] = []
    first = material(film)
    moved = film.rename(tmp_path / "moved.mp4")
    assert material(moved) == first
    table.write_text("LUT_3D_SIZE 2\n" + "0 0 1\n" * 8)
    assert commands[-1].material() != first
    with pytest.raises(CommandFailed, match="can't be read"):
        commands[0].material()
