"""`suture compare` on real files: scores are those of one serial pass, pieces alone score as in the whole film."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import films
import suture
from suture.chunker import chunks_from
from suture.command.measuring import Gauge, Seen
from suture.cuts import Cuts
from suture.ffmpeg.capabilities import capabilities
from suture.main import main
from suture.media.index import read_index
from suture.media.isolated import call
from suture.process import serving
from suture.proof import stretches
from suture.quality.measure import measure
from suture.quality.metrics import context_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suture.media.index import FrameIndex

pytestmark = pytest.mark.media

NOISY = "noise=alls=12:allf=t"
SOURCE = "-c:v libx264 -preset ultrafast -qp 8 -g 10 -bf 2 -threads 1"
X264 = "-c:v libx264 -preset ultrafast -crf 30 -g 17 -threads 1 -fps_mode passthrough"


@pytest.fixture(autouse=True)
def _small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stretches are short, as the films are."""
    monkeypatch.setattr(stretches, "_SHORTEST", 20)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module", autouse=True)
def _served() -> Iterator[None]:
    """Steps of ours begin in a tenth of the time."""
    with serving():
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of 4 seconds in MP4, and what a bad encoder made of it."""
    place = tmp_path_factory.mktemp("compare")
    source, made = place / "film.mp4", place / "made.mkv"
    films.ffmpeg("-f", "lavfi", "-i", f"testsrc2=s=160x96:r=24:d=4,{NOISY}", *SOURCE.split(), source)
    films.ffmpeg("-i", source, *X264.split(), made)
    return place


def index_of(path: Path, place: Path) -> FrameIndex:
    """All frames of a film."""
    call("index", path=str(path), stream_index=0, output=str(place / "index"))
    return read_index(str(place / "index"))


def needs(*filters: str) -> None:
    """Skip where the ffmpeg that pip brings lacks one; a build of one's own may."""
    if missing := set(filters) - capabilities(films.binaries()["pip"]).filters:
        pytest.skip(f"this ffmpeg has no {missing}")


@pytest.mark.parametrize(("rate", "pixels"), [("24", "yuv420p"), ("60", "yuv422p10le")])
def test_a_piece_alone_scores_as_in_the_whole_film(rate: str, pixels: str, tmp_path: Path) -> None:
    """By every metric, at its first and its last frame: film cut in two, each half measured from a file of its own.

    At 60 frames a second xpsnr looks back two frames. VMAF of a first frame without its context would be lower.
    """
    needs("libvmaf", "xpsnr")
    source, made = tmp_path / "film.mkv", tmp_path / "made.mkv"
    films.ffmpeg(
        "-f", "lavfi", "-i", f"testsrc2=s=192x108:r={rate}:d=4,{NOISY},trim=end_frame=31", "-pix_fmt", pixels,
        *SOURCE.split(), source,
    )  # fmt: skip
    films.ffmpeg("-i", source, *X264.split(), made)
    mine = index_of(source, tmp_path)
    names = ("vmaf", "xpsnr", "ssim", "psnr")
    gauges = [Gauge(name, 192, 108, pixels, "vmaf_v0.6.1" if name == "vmaf" else "") for name in names]

    def seen(first: int, end: int) -> Seen:
        return Seen.of(chunks_from(mine, Cuts((first,), ""), str(source), "matroska", end=end)[0])

    whole = measure(seen(0, 31), Seen(str(made)), gauges, folder=str(tmp_path), frames=31, rate=Fraction(rate))
    before, behind = context_of(names)
    for first, end in ((0, 17), (17, 31)):
        piece = tmp_path / f"piece-{first}.mkv"
        films.ffmpeg("-i", made, "-vf", f"trim=start_frame={first}:end_frame={end}", "-c:v", "ffv1", piece)
        lead_in, lead_out = min(before, first), min(behind, 31 - end)
        alone = measure(
            seen(first - lead_in, end + lead_out),
            Seen(str(piece)),
            gauges,
            folder=str(tmp_path),
            frames=end - first,
            rate=Fraction(rate),
            lead_in=lead_in,
            lead_out=lead_out,
            bare=True,
        )
        for one, all_of_it in zip(alone, whole, strict=True):
            assert list(one.values) == pytest.approx(list(all_of_it.values[first:end]), abs=1e-6), one.metric
    bare = measure(seen(17, 31), Seen(str(piece)), gauges[:1], folder=str(tmp_path), frames=14)[0]
    assert abs(bare.values[0] - whole[0].values[17]) > 0.01  # else the context would have proved nothing


def test_scores_are_libvmafs_and_pooled_as_it_does(tmp_path: Path, folder: Path) -> None:
    """A plain run of the filter gives the same number for each frame, the same mean and the same harmonic mean."""
    needs("libvmaf")
    log = tmp_path / "vmaf.json"
    size = "scale=1920:1080:flags=bicubic+accurate_rnd+bitexact:force_original_aspect_ratio=decrease"
    chain = f"trim=end_frame=12,settb=1/24,setpts=N,{size}"
    graph = f"[0:v]{chain}[r];[1:v]{chain}[d];[d][r]libvmaf=log_fmt=json:log_path={log}"
    films.ffmpeg("-i", folder / "film.mp4", "-i", folder / "made.mkv", "-filter_complex", graph, "-f", "null", "-")
    told = json.loads(log.read_text())
    made = suture.compare(folder / "film.mp4", folder / "made.mkv", ["vmaf"], end=Fraction(11, 24))
    scores = made.of("vmaf")
    assert list(scores.values[:10]) == pytest.approx([f["metrics"]["vmaf"] for f in told["frames"][:10]], abs=1e-6)
    assert (scores.model, scores.width, scores.height) == ("vmaf_v0.6.1", 1800, 1080)
    pooled = told["pooled_metrics"]["vmaf"]
    whole = suture.Scores("vmaf", type(scores.values)("d", (f["metrics"]["vmaf"] for f in told["frames"])))
    assert whole.pooled("mean") == pytest.approx(pooled["mean"], abs=1e-5)
    assert whole.pooled("harmonic") == pytest.approx(pooled["harmonic_mean"], abs=1e-5)
    assert whole.pooled("min") == pytest.approx(pooled["min"], abs=1e-6)


def test_in_parallel_as_in_one_pass(ffmpeg: str, folder: Path) -> None:
    """With both ffmpegs: stretches put together are one pass over the film, and what the filter alone says."""
    films_of = (folder / "film.mp4", folder / "made.mkv")
    metrics = [name for name in ("ssim", "psnr", "xpsnr") if name in capabilities(ffmpeg).filters]
    one = suture.compare(*films_of, metrics, ffmpeg=ffmpeg, workers=1)
    many = suture.compare(*films_of, metrics, ffmpeg=ffmpeg, workers=3)
    assert one.scores == many.scores
    assert list(many.numbers) == list(range(96))
    assert not many.alone
    graph = "[0:v]settb=1/24,setpts=N[r];[1:v]settb=1/24,setpts=N[d];[d][r]ssim=stats_file=-"
    inputs = ("-i", films_of[0], "-i", films_of[1])
    said = films.ffmpeg(*inputs, "-filter_complex", graph, "-f", "null", "-", program=ffmpeg)
    assert [float(score) for score in re.findall(r"All:(\S+)", said)] == list(many.of("ssim").values)


@pytest.mark.parametrize("pixels", ["yuv420p10le", "yuvj420p", "gbrp"])
def test_an_equal_file_is_perfect(pixels: str, tmp_path: Path) -> None:
    """In another container, on another clock; ten bits of a width at which the filter xpsnr alone would fail."""
    source, copy = tmp_path / "a.mkv", tmp_path / "b.mp4"
    lossless = ["-c:v", "libx264rgb" if pixels == "gbrp" else "libx264", "-preset", "ultrafast", "-qp", "0"]
    picture = f"testsrc2=s=98x62:r=25:d=0.6,format={pixels}"
    films.ffmpeg("-f", "lavfi", "-i", picture, *lossless, "-g", "5", source)
    films.ffmpeg("-i", source, *lossless, "-video_track_timescale", "90000", copy)
    needs("xpsnr")
    made = suture.compare(source, copy, ["ssim", "psnr", "xpsnr"])
    assert [set(scores.values) for scores in made.scores] == [{1.0}, {100.0}, {100.0}]


def test_a_deeper_file_is_not_rounded(tmp_path: Path) -> None:
    """Eight bits, stored as ten: both are compared as ten, and are equal."""
    source, deep = tmp_path / "a.mkv", tmp_path / "b.mkv"
    films.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=96x64:r=25:d=0.4", "-c:v", "ffv1", source)
    films.ffmpeg("-i", source, "-pix_fmt", "yuv420p10le", "-c:v", "ffv1", deep)
    scores = suture.compare(source, deep, ["psnr"]).of("psnr")
    assert (scores.pixel_format, set(scores.values)) == ("yuv420p10le", {100.0})


def test_frames_without_a_partner(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those that are there score as they do in the whole; what is missing is named, by number and time."""
    fewer = tmp_path / "fewer.mkv"
    chosen = "select='not(eq(n,50)+between(n,70,72))'"
    films.ffmpeg("-i", folder / "film.mp4", "-vf", chosen, *X264.replace("-crf 30", "-qp 0").split(), fewer)
    assert main(["compare", str(folder / "film.mp4"), str(fewer), "--metric", "ssim"]) == 0
    out = capsys.readouterr().out
    assert "92 frames compared" in out
    assert "4 frames of the reference have no partner: 50 (0:00:02.083), 70 to 72 (0:00:02.917)" in out
    assert set(suture.compare(folder / "film.mp4", fewer, ["ssim"]).of("ssim").values) == {1.0}


def test_a_film_beside_the_wrong_frames_is_noticed(folder: Path, tmp_path: Path) -> None:
    """Two frames were lost at the beginning, and its clock begins anew: it is bad throughout, and why is said."""
    late, source = tmp_path / "late.mkv", folder / "film.mp4"
    films.ffmpeg("-i", source, "-vf", "trim=start_frame=2,setpts=PTS-STARTPTS", *X264.split(), late)
    (note,) = suture.compare(source, late, ["psnr"]).notes
    assert "fit those 2 frames later in the reference better" in note


def test_a_part(folder: Path, tmp_path: Path) -> None:
    """Of both files, or of the reference where the file is that part; scores are those of the whole film."""
    source, made, cut = folder / "film.mp4", folder / "made.mkv", tmp_path / "cut.mkv"
    part = suture.compare(source, made, ["ssim"], start=2, end=3)
    assert list(part.numbers) == list(range(48, 72))
    whole = suture.compare(source, made, ["ssim"]).of("ssim")
    assert list(part.of("ssim").values) == list(whole.values[48:72])
    films.ffmpeg("-i", source, "-vf", "trim=start_frame=48:end_frame=72,setpts=PTS-STARTPTS", "-c:v", "ffv1", cut)
    exact = suture.compare(source, cut, ["ssim"], start=2, end=3)
    assert (list(exact.numbers), set(exact.of("ssim").values)) == (list(range(48, 72)), {1.0})


@pytest.mark.parametrize("chain", ["crop=80:64,hflip", "fps=12", "hqdn3d"])
def test_filters_apply_to_the_reference(chain: str, folder: Path, tmp_path: Path) -> None:
    """Also those that drop frames, or know earlier ones: a file made with them, without loss, is perfect."""
    made = tmp_path / "made.mkv"
    films.ffmpeg("-i", folder / "film.mp4", "-vf", chain, "-c:v", "ffv1", "-fps_mode", "passthrough", made)
    compared = suture.compare(folder / "film.mp4", made, ["psnr"], video_filter=chain, start=1, end=3)
    assert set(compared.of("psnr").values) == {100.0}
    assert len(compared.numbers) == (24 if chain == "fps=12" else 48)


def test_another_size_is_scaled_and_said(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """To the reference's; with --scale, the reference to that of the file. A page is written on the way."""
    small, page = tmp_path / "small.mkv", tmp_path / "page.html"
    films.ffmpeg("-i", folder / "film.mp4", "-vf", "scale=80:48,trim=end=0.5", *X264.split(), small)
    arguments = ["compare", str(folder / "film.mp4"), str(small), "--metric", "ssim"]
    assert main([*arguments, "--html", str(page)]) == 0
    assert "80x48 beside 160x96" in capsys.readouterr().out
    assert "80x48 beside 160x96" in page.read_text()
    assert main([*arguments, "--scale", "80:48", "--json"]) == 0
    (metric,) = json.loads(capsys.readouterr().out)["metrics"]
    assert (metric["width"], metric["height"], len(metric["scores"])) == (80, 48, 12)


def test_what_can_not_be_compared(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One clear line each, with the exit code of its kind, and nothing left in the cache."""
    film, made, sound, torn = (str(p) for p in (folder / "film.mp4", folder / "made.mkv", "s.mka", "t.mkv"))
    sound, torn = str(tmp_path / "s.mka"), str(tmp_path / "t.mkv")
    films.ffmpeg("-f", "lavfi", "-i", "sine=d=0.2", sound)
    Path(torn).write_text("no film")
    old = films.binaries().get("system", "")
    has_old = bool(old) and "libvmaf" not in capabilities(old).filters
    for words, code, said in [
        ([film, film], 2, "are one file"),
        ([film, str(tmp_path / "none.mkv")], 1, "no such file"),
        ([film, sound], 1, "has no video stream"),
        ([film, torn], 1, "cannot read"),
        ([film, made, "-vf", "nix=1"], 2, "-vf 'nix=1' does not run"),
        ([film, made, "--start", "99"], 2, "no frame in that range"),
        ([film, made, "--metric", "vmaf", "--model", "nix"], 5, "can't load the model 'nix'"),
        *([([film, made, "--metric", "vmaf", "--ffmpeg", old], 5, "has no filter 'libvmaf'")] if has_old else []),
    ]:
        assert main(["compare", *words]) == code, words
        captured = capsys.readouterr()
        assert said in captured.err
        assert len(captured.err.splitlines()) <= 2
        assert not captured.out
    assert not list((tmp_path / "cache" / "suture").glob("compare-*"))


def test_a_film_of_other_times_has_no_partner(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is measured, and it is said that the film is another one, or a part."""
    one, other = tmp_path / "one.mkv", tmp_path / "other.mkv"
    films.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x48:r=2:d=4", *SOURCE.split(), one)
    sound = ("-f", "lavfi", "-i", "anullsrc=d=60", "-c:a", "flac")
    later = ("-map", "0", "-map", "1", "-vf", "setpts=PTS+50/TB", "-frames:v", "6")
    films.ffmpeg("-i", one, *sound, *later, *SOURCE.split(), other)
    assert main(["compare", str(one), str(other), "--metric", "ssim"]) == 1
    assert "is it another film" in capsys.readouterr().err


def test_ctrl_c_ends_it_and_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    """Whatever is being done: exit code 130, one line, no folder in the cache."""
    slow = tmp_path / "slow.mkv"
    films.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x180:r=24:d=30", *SOURCE.split(), slow)
    argv = [sys.executable, "-m", "suture", "compare", str(slow), str(folder / "made.mkv"), "--metric", "ssim"]
    argv += ["-vf", "nlmeans"]  # takes its time
    child = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
    cache, until = tmp_path / "cache" / "suture", time.monotonic() + 30
    while not list(cache.glob("compare-*/*.ssim")) and time.monotonic() < until:
        time.sleep(0.05)
    os.kill(child.pid, signal.SIGINT)
    said = child.communicate(timeout=30)[1]
    assert (child.returncode, len(said.splitlines())) == (130, 2)
    assert "Traceback" not in said
    assert not list(cache.glob("compare-*"))
