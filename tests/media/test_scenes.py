"""Shots of films whose cuts are known to the frame: in all sorts of clothes, in parts and in one go."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

import films
import suture
from suture.command.scene_scores import SceneScores, read_scores
from suture.errors import ChunkError, Unsupported
from suture.ffmpeg.capabilities import capabilities
from suture.ffmpeg.locate import locate
from suture.pipeline import make_plan
from suture.planning import scenes
from suture.planning.frames import Looking
from suture.planning.job import make_plan as plan_in
from suture.scenes import PICTURE, Kind
from suture.settings import EncodeSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from suture.planning.job import Plan
    from suture.scenes import Shots

CUTS = (70, 140, 200)
# Inside of a shot: a flash of one frame and one of three.
_SHOTS = "negate=enable='between(n,70,139)+gte(n,200)'"
_FLASHES = "drawbox=color=white:t=fill:enable='eq(n,35)+between(n,170,172)'"
_H264 = "-c:v libx264 -preset veryfast -threads 1 -sc_threshold 0"
CLOTHES = {
    "B-frames in MP4": ("mp4", f"{_H264} -bf 3 -g 48", ""),
    "open groups in MKV": ("mkv", f"{_H264} -bf 3 -g 50 -x264-params open-gop=1", ""),
    "a transport stream": ("ts", f"{_H264} -bf 3 -g 48 -x264-params open-gop=1", ""),
    "MPEG-2": ("ts", "-c:v mpeg2video -bf 2 -g 15 -b:v 2M", ""),
    "a variable rate": (
        "mkv",
        f"{_H264} -bf 2 -g 60 -fps_mode passthrough",
        "settb=1/1000,setpts='N*40+mod(N*N,3)*15'",
    ),
    "seeks that are not trusted": ("avi", f"{_H264} -bf 0 -g 48", ""),
}


@pytest.fixture(scope="module")
def clothed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """The same 260 frames in other containers and codecs, each made once."""
    folder, made = tmp_path_factory.mktemp("scenes"), dict[str, str]()

    def make(name: str) -> str:
        if name not in made:
            extension, video, times = CLOTHES[name]
            path = folder / f"{len(made)}.{extension}"
            chain = ",".join(filter(None, [_SHOTS, _FLASHES, times]))
            source = f"testsrc2=s=96x64:r=25:d=10.4,{chain}"
            films.ffmpeg("-f", "lavfi", "-i", source, *video.split(), path)
            made[name] = str(path)
        return made[name]

    return make


def planned(source: str, tmp_path: Path, **asked: Any) -> Plan:
    """The plan of a film that is cut at shots."""
    return make_plan(source, str(tmp_path / "out.mkv"), EncodeSettings(chunking="scenes", crf=30, **asked))


def shots_in(plan: Plan) -> Shots:
    """Those of its one track."""
    (video,) = plan.videos
    assert video.shots is not None, [str(decision) for decision in plan.decisions]
    return video.shots


@pytest.mark.parametrize("name", CLOTHES)
def test_cuts_are_exact(
    name: str, clothed: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the frame, whatever the order in which frames are stored; flashes are none. In many parts, where it can be."""
    monkeypatch.setattr(scenes, "_LEAST", Fraction(1))
    assert shots_in(planned(clothed(name), tmp_path)).starts == (0, *CUTS)


def test_each_ffmpeg_sees_the_same(ffmpeg: str, clothed: Callable[[str], str], tmp_path: Path) -> None:
    """The filters are in all of them, and give the same."""
    shots = shots_in(planned(clothed("B-frames in MP4"), tmp_path, ffmpeg=ffmpeg))
    assert shots.starts == (0, *CUTS)
    assert shots.kinds[1:] == (Kind.CUT,) * 3


@pytest.mark.parametrize("name", ["open groups in MKV", "a transport stream", "a variable rate"])
def test_parts_together_see_what_one_pass_sees(
    name: str, clothed: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every change and every picture is the same, however many parts there are."""
    seen = []
    for least in (Fraction(1), Fraction(100)):
        folder = tmp_path / str(least)
        folder.mkdir()
        monkeypatch.setattr(scenes, "_LEAST", least)
        asked = EncodeSettings(chunking="scenes", crf=30)
        plan_in(clothed(name), str(tmp_path / "out.mkv"), asked, str(folder))
        seen.append([read_scores(str(path)) for path in sorted(folder.glob("*.scores"))])
    parts, (whole,) = seen
    assert len(parts) >= 4
    assert [time for times, _, _ in parts[:-1] for time in times[:-1]] == list(whole[0][: -len(parts[-1][0])])
    # The first change of a part is the last of the one before.
    changes = [change for _, part, _ in parts for change in part[1:]]
    assert [0, *changes] == list(whole[1])
    ends = [len(part) - PICTURE for _, _, part in parts[:-1]] + [len(parts[-1][2])]
    assert b"".join(part[:end] for (_, _, part), end in zip(parts, ends, strict=True)) == whole[2]


def test_a_film_is_encoded_at_its_shots(clothed: Callable[[str], str], tmp_path: Path) -> None:
    """Pieces begin at shots, every frame arrives, and the report says how it was cut."""
    output = tmp_path / "out.mkv"
    done = suture.encode(clothed("B-frames in MP4"), output, chunking="scenes", speed="ultrafast", crf=40, workers=2)
    assert (done.frames, done.chunks) == (260, 2)
    plan = planned(clothed("B-frames in MP4"), tmp_path)
    assert [chunk.start_frame for chunk in plan.videos[0].chunks] == [0, 140]
    reason = next(decision.why for decision in plan.decisions if decision.what == "pieces")
    assert reason == "4 shots, 2.4 to 2.8 s long, in 2 pieces, 4.8 to 5.6 s long"


@pytest.mark.parametrize("name", ["B-frames in MP4", "seeks that are not trusted"])
def test_a_range_has_its_own_shots(name: str, clothed: Callable[[str], str], tmp_path: Path) -> None:
    """Counted from its first frame, also where it begins in the middle of a shot."""
    plan = planned(clothed(name), tmp_path, start=2, end=9)
    assert shots_in(plan).starts == (0, 20, 90, 150)
    assert plan.videos[0].chunks[0].start_frame == 50


def test_filters_do_not_change_what_is_seen(clothed: Callable[[str], str], tmp_path: Path) -> None:
    """Shots are the film's, whatever is made of its pictures; filters that make frames are passed first."""
    assert shots_in(planned(clothed("B-frames in MP4"), tmp_path, video_filter="lutyuv=y=128")).starts == (0, *CUTS)
    doubled = planned(clothed("B-frames in MP4"), tmp_path, video_filter="fps=50")
    assert shots_in(doubled).starts == (0, *(2 * cut for cut in CUTS))


def test_what_was_seen_is_not_looked_at_again(
    clothed: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that goes on finds the scores in its folder."""
    asked, output = EncodeSettings(chunking="scenes", crf=30), str(tmp_path / "out.mkv")
    first = plan_in(clothed("a variable rate"), output, asked, str(tmp_path))
    monkeypatch.setattr(SceneScores, "run", pytest.fail)
    second = plan_in(clothed("a variable rate"), output, asked, str(tmp_path))
    assert shots_in(first) == shots_in(second)
    assert not list(tmp_path.glob("*.rows"))


def test_a_film_that_can_not_be_seen_is_cut_otherwise(
    clothed: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason is told, and the film is encoded all the same."""

    def broken(*_: object) -> None:
        raise ChunkError("scenes-0 gave 12 frames, its range holds 260")

    monkeypatch.setattr(SceneScores, "check", broken)
    plan = planned(clothed("B-frames in MP4"), tmp_path)
    assert plan.videos[0].shots is None
    reason = next(decision.why for decision in plan.decisions if decision.what == "pieces")
    assert reason.endswith("; not at shots: scenes-0 gave 12 frames, its range holds 260")


def test_an_ffmpeg_without_the_filter_is_named(
    clothed: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a capability that is missing, not something that the film could be blamed for."""
    able = replace(capabilities(locate()), filters=frozenset())
    monkeypatch.setattr(scenes, "capabilities", lambda _ffmpeg: able)
    with pytest.raises(Unsupported, match="has no filter 'scdet'"):
        planned(clothed("B-frames in MP4"), tmp_path)


def test_how_far_it_is_is_said(clothed: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In per cent, by the one who waits."""
    monkeypatch.setattr(scenes, "_PATIENCE_S", 0)
    monkeypatch.setattr(scenes, "_EVERY_S", 0)
    said: list[str] = []
    asked = EncodeSettings(chunking="scenes", crf=30)
    source = clothed("B-frames in MP4")
    plan_in(source, str(tmp_path / "out.mkv"), asked, str(tmp_path), looking=Looking(on_note=said.append))
    assert said[-1] == "looking for shots: 100 %"
