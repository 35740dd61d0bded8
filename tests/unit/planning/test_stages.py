"""Stages: when a piece is made by several processes, by which, and what the graph looks like then."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from suture.command.base import Resource
from suture.model import StreamInfo
from suture.planning import stages
from suture.planning.chains import chain_of
from suture.planning.frames import Looking
from suture.planning.output import join_spec
from suture.planning.sound import plan_sounds
from suture.planning.stages import stage_path, staged, why_one, works_of
from suture.planning.steps import build_steps
from suture.planning.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.command.video import VideoBuilder
    from suture.planning.brief import Brief, Decision, VideoPlan
    from suture.planning.steps import Step

CPU, SCALE, ENCODE = Resource.CPU, Resource.GPU_SCALE, Resource.GPU_ENCODE
VIDEO = StreamInfo(0, "video", "h264", Fraction(1, 1000), 0, width=320, height=180, pix_fmt="yuv420p")


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch) -> list[VideoBuilder]:
    """Every trial succeeds, on a device of that name; gives the commands that were tried."""
    seen: list[VideoBuilder] = []

    def tried(command: VideoBuilder, folder: str, cancel: object = None) -> Trial:
        seen.append(command)
        return Trial("llvmpipe (software)", Fraction(801, 800), "tv")

    monkeypatch.setattr(stages, "tried", tried)
    return seen


@pytest.fixture
def plan(make_brief: Callable[..., Brief], make_video: Callable[..., VideoPlan]) -> Callable[..., Any]:
    """A film whose video is planned with these settings: the plan of it, and what was decided."""

    def make(
        stream: StreamInfo = VIDEO, starts: tuple[int, ...] = (0, 50), **asked: Any
    ) -> tuple[Brief, VideoPlan, list[Decision]]:
        brief = make_brief(stream, **asked)
        video = make_video(brief, starts)
        encoder = replace(
            video.encoder, codec=brief.settings.video_codec, filters=(brief.settings.video_filter or "null",)
        )
        encoder, decided = staged(brief, stream, encoder, video.chunks, video.index, Looking())
        return brief, replace(video, encoder=encoder), decided

    return make


def _steps(brief: Brief, video: VideoPlan) -> dict[str, Step]:
    spec = join_spec(brief, (video,))[0]
    sounds = plan_sounds(brief, (video,), Looking())
    return {step.command.id: step for step in build_steps(brief, (video,), sounds, spec, "/job/join.json")}


@pytest.mark.parametrize(
    ("chain", "codec", "resources"),
    [
        ("scale_vulkan=2:2", "libx264", [SCALE, CPU]),
        ("scale_vulkan=2:2,unsharp", "libx264", [SCALE, CPU]),
        ("nlmeans,scale_vulkan=2:2,unsharp", "libx264", [CPU, SCALE, CPU]),
        ("crop=2:2,scale_vulkan=2:2", "libx264", [SCALE, CPU]),
        ("scale_vulkan=2:2,crop=2:2,hflip_vulkan", "libx264", [SCALE, CPU]),
        ("scale_cuda=2:2", "hevc_nvenc", [ENCODE]),
        ("scale_cuda=2:2,unsharp", "hevc_nvenc", [SCALE, CPU, ENCODE]),
        ("scale_cuda=2:2,crop=2:2", "hevc_nvenc", [ENCODE]),
        ("nlmeans", "hevc_nvenc", [CPU, ENCODE]),
        ("lut3d=x.cube", "hevc_nvenc", [ENCODE]),
        ("scale_vulkan=2:2", "hevc_nvenc", [ENCODE]),
        ("split[a][b];[a][b]overlay_vulkan", "libx264", [CPU]),
    ],
)
def test_what_needs_another_resource_is_another_work(chain: str, codec: str, resources: list[Resource]) -> None:
    """Neighbours of one resource are one; a GPU that encodes scales for itself; what is little work goes along."""
    works = works_of(chain_of((chain,), codec, "yuv420p"), codec)
    assert [work.resource for work in works] == resources


def test_no_filter_is_lost_on_the_way_to_the_works() -> None:
    """Each is in one of them, in order."""
    chain = chain_of(("crop=2:2,nlmeans,scale_vulkan=2:2,setsar=1,unsharp,crop=2:2",), "libx264", "yuv420p")
    works = works_of(chain, "libx264")
    assert tuple(text for work in works for text in work.filters) == chain.filters
    assert [work.device for work in works] == ["", "vulkan", ""]


@pytest.mark.parametrize(
    ("stream", "starts", "asked", "why"),
    [
        ({}, (0, 50), {}, ""),
        ({}, (0,), {}, "there is one piece"),
        ({}, (0, 50), {"gpu_scale_slots": 2}, "a GPU slot for each worker"),
        ({"side_data": {"closed_captions": True}}, (0, 50), {}, "the pictures carry closed_captions"),
        ({"side_data": {"display_matrix": [1]}}, (0, 50), {}, ""),
        ({"pix_fmt": "gray"}, (0, 50), {"video_filter": "scale_vulkan=2:2:format=gbrpf32le"}, "keep gbrpf32le"),
        ({"time_base": Fraction(1, 2**50 + 1)}, (0, 50), {}, "no intermediate keeps a clock"),
        ({}, (0, 50), {"video_codec": "hevc_nvenc", "video_filter": "scale_cuda=2:2"}, "run on the same GPU"),
    ],
)
def test_why_a_piece_is_made_by_one_process(
    make_brief: Callable[..., Brief],
    make_video: Callable[..., VideoPlan],
    stream: dict[str, Any],
    starts: tuple[int, ...],
    asked: dict[str, Any],
    why: str,
) -> None:
    """Where nothing is gained, or something lost."""
    info = replace(VIDEO, **stream)
    asked = {"video_filter": "scale_vulkan=2:2", **asked}
    brief = make_brief(info, **asked)
    video = make_video(brief, starts)
    codec = brief.settings.video_codec
    works = works_of(chain_of((asked["video_filter"],), codec, info.pix_fmt or ""), codec)
    said = why_one(works, brief, info, video.chunks, video.index)
    assert why in said
    assert bool(said) is bool(why)


def test_without_a_gpu_nothing_changes(plan: Callable[..., Any], trials: list[VideoBuilder]) -> None:
    """Nor is anything tried, or said."""
    _, video, decided = plan(video_filter="unsharp")
    assert (video.encoder.stages, video.encoder.device, decided, trials) == ((), "", [], [])


def test_the_plan_says_which_and_why(plan: Callable[..., Any], trials: list[VideoBuilder]) -> None:
    """The device by its name, the stages by their resources, the option that says otherwise."""
    _, video, decided = plan(video_filter="scale_vulkan=2:2")
    assert [each.what for each in decided] == ["device", "stages"]
    assert "llvmpipe (software)" in decided[0].why
    assert "2 processes (gpu_scale, then cpu)" in decided[1].why
    assert decided[1].option == "--gpu-scale-slots"
    assert [stage.resource for stage in video.encoder.stages] == [SCALE, CPU]


def test_stages_are_nodes_of_the_graph(plan: Callable[..., Any], trials: list[VideoBuilder]) -> None:
    """The GPU's part first, with a slot of its own; its output is for the piece alone, which removes it."""
    steps = _steps(*plan(video_filter="scale_vulkan=2:2,unsharp")[:2])
    stage, piece = steps["stage-0-00001"], steps["video-0-00001"]
    assert (stage.transient, piece.transient) == (True, False)
    assert (stage.command.resource, piece.command.resource) == (SCALE, CPU)
    assert piece.after == ("stage-0-00001",)
    assert piece.command.input_path == stage.command.output_path == "/job/stage-0-00001.mkv"
    assert getattr(piece.command, "consumes", "") == stage.command.output_path
    assert steps["join"].after == ("video-0-00000", "video-0-00001")
    assert stage.command.priority < piece.command.priority
    assert stage.frames == piece.frames == 50


def test_three_stages_have_three_names(plan: Callable[..., Any], trials: list[VideoBuilder]) -> None:
    """Each waits for the one before it."""
    steps = _steps(*plan(video_filter="nlmeans,scale_vulkan=2:2,unsharp")[:2])
    assert steps["stage-0-00000-2"].after == ("stage-0-00000",)
    assert steps["video-0-00000"].after == ("stage-0-00000-2",)
    assert [steps[name].command.resource for name in ("stage-0-00000", "stage-0-00000-2")] == [CPU, SCALE]
    assert getattr(steps["stage-0-00000-2"].command, "consumes", "") == "/job/stage-0-00000.mkv"


def test_few_intermediates_lie_on_the_disk(plan: Callable[..., Any], trials: list[VideoBuilder]) -> None:
    """A piece is begun when the one four places before it is there, or has failed: the longest first."""
    brief, video, _ = plan(starts=(0, 10, 20, 30, 40, 50), video_filter="scale_vulkan=2:2")
    steps = _steps(brief, replace(video, costs=(1.0, 2.0, 3.0, 4.0, 5.0, 6.0)))
    waits = {name: step.after_any for name, step in steps.items() if step.transient}
    assert waits == {
        "stage-0-00000": ("video-0-00004",),
        "stage-0-00001": ("video-0-00005",),
        **{f"stage-0-0000{n}": () for n in (2, 3, 4, 5)},
    }


@pytest.mark.parametrize(
    ("slots", "resource", "codec"), [(1, SCALE, "libx264"), (2, CPU, "libx264"), (1, ENCODE, "h264_vulkan")]
)
def test_one_process_occupies_what_is_scarce(
    plan: Callable[..., Any], trials: list[VideoBuilder], slots: int, resource: Resource, codec: str
) -> None:
    """With a GPU slot for each worker, that is a core."""
    asked = {"video_codec": codec, "gpu_scale_slots": slots}
    steps = _steps(*plan(starts=(0,), video_filter="scale_vulkan=2:2", **asked)[:2])
    assert steps["video-0-00000"].command.resource is resource
    argv = steps["video-0-00000"].command.build_args()
    assert argv[argv.index("-init_hw_device") + 1] == "vulkan=gpu"


def test_the_first_piece_is_tried_without_what_is_not_there_yet(
    plan: Callable[..., Any], trials: list[VideoBuilder]
) -> None:
    """Up to the end of the GPU's part, raw: an encoder on cores needs no proof. One on the GPU is tried itself."""
    plan(video_filter="scale_vulkan=2:2,unsharp")
    (trial,) = trials
    assert (trial.codec, trial.burn) == ("rawvideo", None)
    assert not any("unsharp" in text for text in trial.filters)
    trials.clear()
    plan(video_filter="null", video_codec="hevc_nvenc", crf=25.0)
    assert [trial.codec for trial in trials] == ["hevc_nvenc"]


def test_what_a_trial_can_not_see_is_not_parted(plan: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The shape of the pixels would be lost."""
    monkeypatch.setattr(stages, "tried", lambda *_: None)
    _, video, decided = plan(video_filter="scale_vulkan=2:2")
    assert video.encoder.stages == ()
    assert "no frame came out of a trial" in decided[-1].why


def test_fields_need_the_slower_intermediate(plan: Callable[..., Any], trials: list[VideoBuilder]) -> None:
    """The fast one does not know them."""
    for order, codec in (("progressive", "ffvhuff"), ("tt", "ffv1")):
        stream = replace(VIDEO, codec="mpeg2video", field_order=order)
        steps = _steps(*plan(stream, video_filter="scale_vulkan=2:2")[:2])
        argv = steps["stage-0-00000"].command.build_args()
        assert argv[argv.index("-c:v") + 1] == codec


def test_names_of_intermediates(plan: Callable[..., Any], trials: list[VideoBuilder]) -> None:
    """By stream, piece and place."""
    _, video, _ = plan()
    assert stage_path("/job", video.chunks[1], 0) == "/job/stage-0-00001.mkv"
    assert stage_path("/job", video.chunks[1], 2) == "/job/stage-0-00001-3.mkv"
