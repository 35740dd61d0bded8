"""Films that can't be cut unseen are cut all the same, and come out frame for frame and time for time."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

import films
import sewing
from suture.errors import ChunkError, ConfigError
from suture.ffmpeg.locate import locate
from suture.media import index as index_module
from suture.pipeline import encode, make_plan
from suture.presets import make_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from suture.events import EncodeReport
    from suture.media.index import FrameIndex
    from suture.planning.job import Plan

pytestmark = pytest.mark.media

FIXED = {"chunking": "fixed", "chunk_duration": Fraction(7, 10)}
INTERLACED = f"{films.H264} -x264-params tff=1:open-gop=1"
SOURCES = [
    ("avi", "-c:v mpeg4 -bf 2 -g 20"),
    ("mxf", "-c:v mpeg2video -bf 2 -g 12"),
    ("flv", films.H264),
    ("h264", films.H264),
    ("m2v", "-c:v mpeg2video -bf 2 -g 12"),
    ("nut", films.H264),
    ("ts", INTERLACED),
    ("mkv", f"{films.H264} -pix_fmt yuv444p"),
]


def made(source: Path, output: Path, ffmpeg: str, **settings: Any) -> tuple[EncodeReport, list[Plan]]:
    """Encode in pieces; gives the report and every plan that was made."""
    plans: list[Plan] = []

    def watch(event: Any) -> None:
        if hasattr(event, "plan"):
            plans.append(event.plan)

    asked = make_settings("archive", {"ffmpeg": ffmpeg, "resume": False, **FIXED, **settings})
    return encode(str(source), str(output), asked, watcher=watch), plans


def frames(path: Path, ffmpeg: str, chain: str = "null") -> list[tuple[Fraction, str]]:
    """Every frame of one linear decode: its time and a hash, told by ffmpeg alone."""
    argv = [ffmpeg, "-v", "quiet", "-copyts", "-noautorotate", "-i", str(path), "-map", "0:v:0", "-vf", chain]
    argv += ["-fps_mode", "passthrough", "-enc_time_base", "1/720000", "-f", "framehash", "-hash", "md5", "-"]
    lines = subprocess.run(argv, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
    rows = [line.split(",") for line in lines if not line.startswith("#")]
    return [(Fraction(int(row[2]), 720_000), row[5].strip()) for row in rows]


def assert_same(wanted: list[tuple[Fraction, str]], found: list[tuple[Fraction, str]], tick: Fraction) -> None:
    """Equal pictures, each within half a tick of its time."""
    assert [digest for _, digest in found] == [digest for _, digest in wanted]
    assert max(abs(a - b) for (a, _), (b, _) in zip(wanted, found, strict=True)) <= tick / 2 + Fraction(1, 720_000)


@pytest.mark.parametrize(("extension", "video"), SOURCES, ids=[name for name, _ in SOURCES])
def test_what_can_not_be_sought_in_blindly_is_cut_and_proved(
    extension: str, video: str, make_film: films.FilmMaker, tmp_path: Path
) -> None:
    """Old containers, single streams, fields, 4:4:4: several pieces, all frames, all times; each ffmpeg in turn."""
    programs = list(films.binaries().values())
    ffmpeg = programs[SOURCES.index((extension, video)) % len(programs)]
    source = make_film(extension, video, rate="25", seconds=3)
    report, plans = made(source, tmp_path / "out.mkv", ffmpeg)
    assert report.exit_code == 0
    assert len(plans) == 1
    assert plans[0].pieces > 2
    assert_same(frames(source, ffmpeg), frames(tmp_path / "out.mkv", ffmpeg), Fraction(1, 1000))


@pytest.mark.parametrize("chain", ["yadif=1", "fps=30", "bwdif,scale=32:24", "tmix=frames=3"])
def test_filters_that_see_neighbours_or_make_frames_are_cut(
    chain: str, make_film: films.FilmMaker, ffmpeg: str, tmp_path: Path
) -> None:
    """Frames and times are those of the filter over the whole film."""
    source = make_film("mkv", films.H264, seconds=3)
    report, plans = made(source, tmp_path / "out.mkv", ffmpeg, video_filter=chain)
    assert report.exit_code == 0
    assert plans[-1].pieces > 2
    assert_same(frames(source, ffmpeg, chain), frames(tmp_path / "out.mkv", ffmpeg), Fraction(1, 1000))


@pytest.mark.parametrize("chain", ["select=not(mod(n\\,3))", "decimate", "setpts=PTS*2", "hqdn3d"])
def test_filters_that_count_or_remember_see_the_film_as_a_whole(
    chain: str, make_film: films.FilmMaker, tmp_path: Path
) -> None:
    """In one piece, and all the same with the exact times."""
    source, ffmpeg = make_film("mkv", films.H264, seconds=3), locate()
    report, plans = made(source, tmp_path / "out.mkv", ffmpeg, video_filter=chain)
    assert (report.exit_code, plans[-1].pieces) == (0, 1)
    assert_same(frames(source, ffmpeg, chain), frames(tmp_path / "out.mkv", ffmpeg), Fraction(1, 1000))


def test_a_range_behind_a_filter_is_exact(make_film: films.FilmMaker, ffmpeg: str, tmp_path: Path) -> None:
    """``--start`` and ``--end`` choose among the frames that the filter gives."""
    source = make_film("mkv", films.H264, rate="25", seconds=3)
    made(source, tmp_path / "out.mkv", ffmpeg, video_filter="yadif=1", start=0.7, end=2.5)
    wanted = [f for f in frames(source, ffmpeg, "yadif=1") if Fraction(7, 10) <= f[0] < Fraction(5, 2)]
    found = frames(tmp_path / "out.mkv", ffmpeg)
    assert [digest for _, digest in found] == [digest for _, digest in wanted]
    assert found[0][0] == wanted[0][0] - Fraction(7, 10)


@pytest.mark.parametrize("chain", ["fps=5", "fps=1/3", "yadif=1"])
def test_a_film_that_begins_late_stays_beside_its_sound(
    chain: str, make_film: films.FilmMaker, ffmpeg: str, tmp_path: Path
) -> None:
    """A filter counts from the film's beginning, whatever its clock says, and its frames stand on the film's clock."""
    source = make_film("ts", films.H264, "-c:a mp2", rate="25", seconds=4)
    made(source, tmp_path / "out.mkv", ffmpeg, video_filter=chain)
    picture, sound = sewing.shown(source)[0], sewing.packets(source, "audio")[0].pts
    begin = picture if chain == "yadif=1" else min(picture, sound)  # from there ``fps`` counts
    assert abs(sewing.shown(tmp_path / "out.mkv")[0] - begin) <= Fraction(1, 1000)


def test_a_range_behind_a_filter_that_moves_frames_is_refused(make_film: films.FilmMaker, tmp_path: Path) -> None:
    """Its sound would be another range."""
    asked = make_settings("archive", {"video_filter": "setpts=PTS/2", "start": 1.0})
    with pytest.raises(ConfigError, match="setpts"):
        make_plan(str(make_film("mkv", films.H264, seconds=3)), str(tmp_path / "out.mkv"), asked)


def test_a_cut_that_does_not_hold_is_given_up(
    make_film: films.FilmMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a filter that counts frames a seek shows; where a cut is not proved, its two pieces are one."""
    source = make_film("mkv", f"{films.H264} -g 5", rate="25", seconds=6)
    monkeypatch.setattr("suture.planning.linear.are_near_sighted", lambda _chain: True)
    asked = make_settings("archive", {**FIXED, "video_filter": "select=not(mod(n\\,7))"})
    plan = make_plan(str(source), str(tmp_path / "out.mkv"), asked)
    assert plan.pieces < 9
    assert "not give the frames of a linear decode" in str(plan.decisions)


def test_a_piece_of_other_frames_is_made_again_as_a_whole(
    make_film: films.FilmMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial sees some frames only; when a piece shows that it was wrong, the film is encoded as a whole."""
    source, ffmpeg = make_film("avi", "-c:v mpeg4 -bf 2 -g 20", rate="25", seconds=3), locate()

    def other(*_: object) -> None:
        raise ChunkError("frame 3 of the film is another one")

    monkeypatch.setattr("suture.command.proven.ProvenVideo.check", other)
    report, plans = made(source, tmp_path / "out.mkv", ffmpeg)
    assert [plan.pieces > 1 for plan in plans][-1] is False
    assert report.exit_code == 0
    assert_same(frames(source, ffmpeg), frames(tmp_path / "out.mkv", ffmpeg), Fraction(1, 1000))


def test_real_files_that_were_one_piece_are_cut(media: Callable[[str], Path], ffmpeg: str, tmp_path: Path) -> None:
    """An AVI and an MXF of others."""
    for name in ("sample.avi", "fixture.mxf"):
        source, output = media(name), tmp_path / f"{name}.mkv"
        report, _ = made(source, output, ffmpeg, audio_codec="none")
        assert report.exit_code == 0
        assert_same(frames(source, ffmpeg), frames(output, ffmpeg), Fraction(1, 1000))


def test_a_binary_that_counts_otherwise_is_noticed(
    make_film: films.FilmMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pictures are then counted as it does, and stand where the copied sound has them."""
    source, ffmpeg = make_film("mp4", films.H264, "-c:a aac", rate="25", seconds=3), locate()
    truth = frames(source, ffmpeg)
    real = index_module.read_index

    def later(path: str) -> FrameIndex:
        index = real(path)
        return index.shifted(7) if path.endswith("video-0.index") else index

    monkeypatch.setattr("suture.planning.frames.read_index", later)
    report, plans = made(source, tmp_path / "out.mkv", ffmpeg)
    assert report.exit_code == 0
    assert "other times" in str(plans[0].decisions)
    assert plans[0].pieces > 2
    found = frames(tmp_path / "out.mkv", ffmpeg)
    assert [digest for _, digest in found] == [digest for _, digest in truth]
    moved = [(at + 7 * plans[0].videos[0].index.time_base, digest) for at, digest in truth]
    assert_same(moved, found, Fraction(1, 1000))
