"""Films with a frame missing, doubled, late or damaged, coded with few bits: each is found and rightly named."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

import films
from suture.cancel import CancelToken
from suture.errors import CommandCancelled
from suture.media.probe import probe_file
from suture.verify.pictures import compare_pictures
from suture.verify.side import Compared, Look, Side

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FRAMES = 60
FEW_BITS = "-c:v libx264 -preset veryfast -crf 35 -g 25 -threads 1"
RATE = "fps=25,settb=1/25"
PLANTS = {
    "missing": ("select='not(eq(n,30))',setpts=N", ["frame-count", "frame-missing", "frame-time"], 30),
    "missing, its time kept": ("select='not(eq(n,30))'", ["frame-count", "frame-missing"], 30),
    "doubled": ("loop=1:1:30,setpts=N", ["frame-count", "frame-doubled", "frame-time"], 29),
    # No filter swaps two frames once; tests/unit/verify/test_sequence.py does.
    "one missing, one doubled": ("select='not(eq(n,20))',loop=1:1:40,setpts=N", ["frame-missing", "frame-doubled"], 20),
    "late from the first on": ("loop=1:1:0,trim=end_frame=60,setpts=N", ["frame-doubled", "frame-missing"], 0),
    "tail cut off": ("trim=end_frame=45", ["frame-count", "truncated"], 45),
    "trimmed": ("trim=start_frame=12:end_frame=50,setpts=N", ["frame-count", "trimmed"], 0),
    "late": ("setpts=PTS+2", ["frame-time"], 0),
    "another rate": ("fps=12", ["frame-count", "frames-differ"], None),
    "full range taken for limited": ("scale=out_range=pc,setparams=range=tv", ["levels-differ"], None),
}


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty frames in which something moves and something stands."""
    path = tmp_path_factory.mktemp("pictures") / "source.mkv"
    coding = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "12", "-g", "25", "-threads", "1")
    films.ffmpeg("-f", "lavfi", "-i", f"testsrc2=s=320x180:r=25:d={FRAMES / 25}", *coding, path)
    return path


@pytest.fixture
def compare(tmp_path: Path) -> Callable[..., Compared]:
    """Compare two films; the folder for what is decoded is empty afterwards."""

    def run(source: Path, output: Path, *, filters: str = "", look: Look | None = None, **more: Any) -> Compared:
        folder = tmp_path / "look"
        folder.mkdir(exist_ok=True)
        mine, theirs = (probe_file(str(path)).of_kind("video")[0] for path in (source, output))
        look = look or Look(films.binaries()["pip"], str(folder))
        done = compare_pictures(
            Side(str(source), mine, 0, filters), Side(str(output), theirs), tick=theirs.time_base, look=look, **more
        )
        assert [path.suffix for path in folder.iterdir() if path.suffix != ".log"] == []
        return done

    return run


def planted(source: Path, tmp_path: Path, filters: str, *more: str) -> Path:
    """The source through filters, with few bits."""
    output = tmp_path / "output.mp4"
    passthrough = ("-fps_mode", "passthrough", "-enc_time_base", "1/25")
    films.ffmpeg("-i", source, "-vf", f"{RATE},{filters}", *passthrough, *FEW_BITS.split(), *more, output)
    return output


def kinds(done: Compared) -> list[str]:
    """What was found that is a difference."""
    return [finding.kind for finding in done.findings if finding.weight == "difference"]


@pytest.mark.parametrize(("filters", "found", "frame"), PLANTS.values(), ids=PLANTS)
def test_plants_are_found(
    compare: Callable[..., Compared], source: Path, tmp_path: Path, filters: str, found: list[str], frame: int | None
) -> None:
    """Each accident is found in a lossy output and named with its frame; nothing else is said."""
    done = compare(source, planted(source, tmp_path, filters))

    assert kinds(done) == found
    if frame is not None:
        named = next(finding for finding in done.findings if finding.frame is not None)
        assert named.frame == frame


@pytest.mark.parametrize(
    ("extension", "coding"),
    [("mp4", FEW_BITS), ("mkv", f"-vf scale=160:90 {FEW_BITS}"), ("webm", "-c:v libvpx-vp9 -b:v 60k -cpu-used 8")],
)
def test_correct_outputs_are_correct(
    compare: Callable[..., Compared], source: Path, tmp_path: Path, extension: str, coding: str
) -> None:
    """Few bits, another size or another codec is no difference."""
    output = tmp_path / f"output.{extension}"
    films.ffmpeg("-i", source, *coding.split(), output)

    done = compare(source, output)

    assert done.findings == ()
    assert done.figures["frames"] == done.figures["source_frames"] == FRAMES
    assert 20 < float(done.figures["psnr_y_min"]) <= float(done.figures["psnr_y_mean"]) < 60


def test_the_same_film(compare: Callable[..., Compared], source: Path, tmp_path: Path, ffmpeg: str) -> None:
    """A film is like itself, whichever ffmpeg decodes it."""
    (tmp_path / "look").mkdir()
    done = compare(source, source, look=Look(ffmpeg, str(tmp_path / "look")))

    assert done.findings == ()
    assert done.figures["psnr_y_min"] == 100


def test_a_fade_of_single_steps(compare: Callable[..., Compared], tmp_path: Path) -> None:
    """An encoder leaves out steps of one grey level in flat pictures, though all others are exact: no difference."""
    source, output = tmp_path / "source.mkv", tmp_path / "output.mp4"
    fade = f"color=gray:s=160x96:r=25:d={FRAMES / 25},geq=lum='128+100*cos(2*PI*N/80)':cb=128:cr=128"
    films.ffmpeg("-f", "lavfi", "-i", fade, "-c:v", "ffv1", source)
    films.ffmpeg(
        "-i", source, *["-c:v", "libx264", "-preset", "ultrafast", "-crf", "30", "-bf", "0", "-g", "250"], output
    )

    done = compare(source, output)

    assert done.findings == ()
    assert int(done.figures["frames_told_apart"]) < FRAMES


def test_crop_is_not_judged(compare: Callable[..., Compared], source: Path, tmp_path: Path) -> None:
    """A crop that nobody told of makes the pictures others: that is said, and it is no difference."""
    done = compare(source, planted(source, tmp_path, "hflip"))

    assert [(finding.kind, finding.weight) for finding in done.findings] == [("pictures-differ", "unjudged")]


def test_declared_filter_and_range(compare: Callable[..., Compared], source: Path, tmp_path: Path) -> None:
    """What was asked for is applied to the source first, and only the range that was asked for counts."""
    output = planted(source, tmp_path, "hflip,trim=start_frame=10:end_frame=30")

    done = compare(source, output, filters="hflip", start=Fraction(10, 25), end=Fraction(30, 25))

    assert done.findings == ()
    assert done.figures["frames"] == 20


def test_shift_of_the_clock(compare: Callable[..., Compared], source: Path, tmp_path: Path) -> None:
    """A shift that all streams share is taken off."""
    output = planted(source, tmp_path, "setpts=PTS+50")

    assert compare(source, output, shift=Fraction(2)).findings == ()


def test_damaged_packet(compare: Callable[..., Compared], source: Path, tmp_path: Path) -> None:
    """A packet whose bytes were spoilt is found."""
    whole = planted(source, tmp_path, "null")
    data = bytearray(whole.read_bytes())
    begin = data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 2
    data[begin : begin + 80] = bytes(byte ^ 0x5A for byte in data[begin : begin + 80])
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(data)

    assert {"decode-error", "frame-damaged"} & set(kinds(compare(source, broken)))


def test_cut_file(compare: Callable[..., Compared], source: Path, tmp_path: Path) -> None:
    """Of a file that ends in the middle it is said that it ends early."""
    whole = tmp_path / "whole.mkv"
    films.ffmpeg("-i", source, *FEW_BITS.split(), whole)
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 3 // 4])

    assert "truncated" in kinds(compare(source, cut))


def test_output_that_does_not_decode(compare: Callable[..., Compared], source: Path, tmp_path: Path) -> None:
    """An ffmpeg that gives nothing is told as such; no exception leaves."""
    mine = probe_file(str(source)).of_kind("video")[0]
    (tmp_path / "look").mkdir()
    theirs = Side(str(source), dataclasses.replace(mine, index=7))

    look = Look(films.binaries()["pip"], str(tmp_path / "look"))
    done = compare_pictures(Side(str(source), mine), theirs, tick=mine.time_base, look=look)

    assert kinds(done) == ["undecodable"]


def test_cancelled(compare: Callable[..., Compared], source: Path, tmp_path: Path) -> None:
    """A wish to stop is an error that says so, and leaves nothing."""
    token = CancelToken()
    token.cancel()
    (tmp_path / "look").mkdir()

    with pytest.raises(CommandCancelled):
        compare(source, source, look=Look(films.binaries()["pip"], str(tmp_path / "look"), cancel=token))
    assert not list((tmp_path / "look").iterdir())


def test_progress_is_told(compare: Callable[..., Compared], source: Path, tmp_path: Path) -> None:
    """Who looks on hears which side is decoded, and how many frames there were at last."""
    heard: list[tuple[str, int]] = []
    (tmp_path / "look").mkdir()

    look = Look(films.binaries()["pip"], str(tmp_path / "look"), lambda what, frames: heard.append((what, frames)))
    compare(source, source, look=look)

    assert {what for what, _ in heard} == {"video 0 of the source", "video 0 of the output"}
    assert heard[-1][1] == FRAMES
