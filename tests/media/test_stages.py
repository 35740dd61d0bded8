"""Pieces that are made in stages, with a real device: frame for frame what one process makes.

Software Vulkan (Mesa's llvmpipe) will do. Sizes are multiples of 128: with other ones FFmpeg 5.1 gives other pictures
from run to run on llvmpipe, in one process as in several.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

import films
from suture.command.base import Resource
from suture.errors import ConfigError, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.media

SCALE = "scale_vulkan=256:128"


@pytest.fixture
def vulkan(each_ffmpeg: str) -> str:
    """An ffmpeg that has a Vulkan device, of whatever kind."""
    if not _runs(each_ffmpeg, "vulkan", f"hwupload,{SCALE},hwdownload,format=yuv420p"):
        pytest.skip("this ffmpeg finds no Vulkan device (mesa-vulkan-drivers brings one in software)")
    return each_ffmpeg


def _runs(ffmpeg: str, device: str, chain: str) -> bool:
    line = ["-v", "error", "-init_hw_device", f"{device}=gpu", "-filter_hw_device", "gpu"]
    line += ["-f", "lavfi", "-i", "testsrc2=s=320x180:d=0.1", "-vf", chain, "-f", "null", "-"]
    # FFmpeg 9.0 crashes in one of twenty runs on llvmpipe.
    return any(subprocess.run([ffmpeg, *line], check=False, capture_output=True).returncode == 0 for _ in range(3))


def _frames(path: Path) -> list[str]:
    text = films.ffmpeg("-i", path, "-map", "0:v", "-fps_mode", "passthrough", "-f", "framemd5", "-")
    return [line for line in text.splitlines() if not line.startswith("#")]


# A rate that no millisecond fits, anamorphic; the transport stream's 90 kHz; full range; fields; times without a grid.
FILMS: dict[str, tuple[str, str, str]] = {
    "mp4": ("mp4", f"{films.H264} -vf setsar=64/45,setparams=colorspace=bt709", "24000/1001"),
    "ts": ("ts", films.H264, "30000/1001"),
    "full range": ("mkv", "-c:v mjpeg -q:v 3 -pix_fmt yuvj420p", "25"),
    "fields": ("ts", "-c:v mpeg2video -flags +ildct+ilme -vf setfield=tff -g 15 -q:v 3", "25"),
    "uneven": (
        "mp4",
        f"{films.H264} -vf setpts=PTS+mod(N\\,3)*0.011/TB -fps_mode passthrough -enc_time_base 1/90000",
        "30",
    ),
}
# Scaling on the device; then filters that look at the clock, convert, and work; and all of that with work before.
CHAINS = [SCALE, f"{SCALE},fade=in:st=0.5:d=2,format=yuv444p,unsharp", f"nlmeans,{SCALE},eq=gamma=1.2"]


@pytest.mark.parametrize("kind", FILMS)
def test_stages_give_the_frames_of_one_process(
    vulkan: str, kind: str, make_film: films.FilmMaker, tmp_path: Path, encode: Callable[..., Any]
) -> None:
    """Hash by hash and time by time, whatever the film's clock, shape, range and fields."""
    extension, video, rate = FILMS[kind]
    source = make_film(extension, video, rate=rate, seconds=3.0, size="320x180")
    for number, chain in enumerate(CHAINS[1:] if kind == "mp4" else CHAINS[1:2]):
        outputs = [tmp_path / f"{number}-{slots}.mkv" for slots in (1, 2)]
        asked: dict[str, Any] = {"ffmpeg": vulkan, "video_filter": chain, "workers": 2}
        asked |= {"chunking": "fixed", "chunk_duration": 1}
        apart, one = (
            encode(source, output, preset="archive", gpu_scale_slots=slots, **asked).plans[-1]
            for slots, output in zip((1, 2), outputs, strict=True)
        )
        assert any(step.transient for step in apart.steps)
        assert not any(step.transient for step in one.steps)
        assert len(apart.videos[0].chunks) > 1
        found, wanted = map(_frames, outputs)
        assert wanted
        assert found == wanted


def test_the_bytes_of_a_lossy_encoder_are_the_same(
    vulkan: str, make_film: films.FilmMaker, tmp_path: Path, encode: Callable[..., Any]
) -> None:
    """It sees the same frames with the same labels at the same rate."""
    source = make_film("mp4", FILMS["mp4"][1], rate="24000/1001", seconds=3.0, size="320x180")
    packets = []
    for slots in (1, 2):
        output = tmp_path / f"{slots}.mkv"
        asked: dict[str, Any] = {"ffmpeg": vulkan, "video_filter": SCALE, "workers": 2, "threads": 1}
        encode(source, output, gpu_scale_slots=slots, chunking="fixed", chunk_duration=1, **asked)
        packets.append(films.ffmpeg("-i", output, "-map", "0:v", "-c", "copy", "-f", "framemd5", "-"))
    assert packets[0] == packets[1]


def test_the_plan_names_a_device_in_software_as_such(
    vulkan: str, make_film: films.FilmMaker, tmp_path: Path, encode: Callable[..., Any]
) -> None:
    """And says which processes make a piece; no intermediate is left."""
    source = make_film("mp4", rate="25", seconds=2.0, size="320x180")
    asked: dict[str, Any] = {"video_filter": SCALE, "workers": 2, "chunking": "fixed", "chunk_duration": 1}
    done = encode(source, tmp_path / "out.mkv", ffmpeg=vulkan, work_dir=str(tmp_path), keep_work=True, **asked)
    (plan,) = done.plans
    decided = {decision.what: decision.why for decision in plan.decisions}
    assert "2 processes (gpu_scale, then cpu)" in decided["stages"]
    assert "llvmpipe" not in decided["device"] or "(software)" in decided["device"]
    assert {step.command.resource for step in plan.steps if step.transient} == {Resource.GPU_SCALE}
    assert not list(tmp_path.rglob("stage-*.mkv"))


@pytest.mark.parametrize(("device", "chain"), [("cuda", "scale_cuda=64:48"), ("vaapi", "scale_vaapi=64:48")])
def test_a_device_that_is_not_there_is_said_before_anything_starts(
    each_ffmpeg: str,
    device: str,
    chain: str,
    make_film: films.FilmMaker,
    tmp_path: Path,
    encode: Callable[..., Any],
) -> None:
    """With ffmpeg's reason, and exit code 5."""
    if _runs(each_ffmpeg, device, "null"):
        pytest.skip(f"this machine has {device}")
    with pytest.raises(Unsupported, match=f"{chain}.* does not run on this machine: .*device") as caught:
        encode(make_film("mp4"), tmp_path / "out.mkv", ffmpeg=each_ffmpeg, video_filter=chain)
    assert caught.value.exit_code == 5
    assert not (tmp_path / "out.mkv").exists()


def test_a_listed_encoder_proves_nothing(
    each_ffmpeg: str, make_film: films.FilmMaker, tmp_path: Path, encode: Callable[..., Any]
) -> None:
    """It is tried before anything starts, too."""
    if _runs(each_ffmpeg, "cuda", "null"):
        pytest.skip("this machine has cuda")
    with pytest.raises(Unsupported, match=r"-c:v h264_nvenc does not run on this machine: no usable NVIDIA device"):
        encode(make_film("mp4"), tmp_path / "out.mkv", ffmpeg=each_ffmpeg, video_codec="h264_nvenc", crf=23.0)


def test_a_wrong_option_is_wrong_usage(
    vulkan: str, make_film: films.FilmMaker, tmp_path: Path, encode: Callable[..., Any]
) -> None:
    """Not a lack of this machine."""
    with pytest.raises(ConfigError, match="foo"):
        encode(make_film("mp4"), tmp_path / "out.mkv", ffmpeg=vulkan, video_filter="scale_vulkan=64:48:foo=1")
