"""Recordings that were put together: the clock starts again, and neither a frame nor a packet of sound is lost."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

import films
import sewing
from suture.pipeline import encode
from suture.presets import make_settings

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.media


@pytest.fixture(scope="module")
def recording(make_film: films.FilmMaker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two transport streams, one behind the other; both begin at the same time."""
    video = "-c:v libx264 -preset veryfast -bf 2 -g 20"
    parts = [make_film("ts", f"{video} -crf {crf}", "-c:a mp2", rate="25", seconds=2) for crf in (20, 30)]
    path = tmp_path_factory.mktemp("recording") / "film.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def joined(parts: list[Path], path: Path) -> Path:
    """One file behind the other, as `cat` does it."""
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


@pytest.mark.parametrize("extension", ["mkv", "mp4"])
def test_a_clock_that_starts_again_runs_on(extension: str, recording: Path, ffmpeg: str, tmp_path: Path) -> None:
    """All pictures and all sound, each later than the one before, sound beside its picture; and it is said."""
    output = tmp_path / f"out.{extension}"
    told: list[str] = []
    settings = make_settings("h264", {"ffmpeg": ffmpeg, "crf": 0.0, "speed": "ultrafast", "resume": False})
    encode(str(recording), str(output), settings, watcher=lambda event: told.append(str(event)))
    assert sewing.frame_hashes(output, ffmpeg) == sewing.frame_hashes(recording, ffmpeg)
    pictures, sound = sewing.shown(output), [packet.pts for packet in sewing.packets(output, "audio")]
    assert len(sound) == len(sewing.packets(recording, "audio"))
    for times in (pictures, sound):
        assert all(0 < b - a < 0.1 for a, b in pairwise(times))
    assert abs(pictures[-1] - sound[-1]) < 0.1
    assert any("copy whose clock runs on" in text for text in told)


def test_where_no_copy_can_be_made_the_film_is_encoded_all_the_same(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a copy, what can be read is encoded as before; nothing fails because of it."""
    monkeypatch.setattr("suture.command.even.Evened.line_to", lambda _self, _path: ["false"])
    settings = make_settings("h264", {"speed": "ultrafast", "resume": False})
    report = encode(str(recording), str(tmp_path / "out.mkv"), settings)
    assert (report.exit_code, report.frames) == (0, 100)


@pytest.mark.parametrize("case", ["program stream", "hole"])
def test_other_trouble_does_not_hide_a_jump(case: str, make_film: films.FilmMaker, tmp_path: Path) -> None:
    """Packets without times (ffmpeg guesses them), or a damaged one at the seam: sound and picture run on."""
    if case == "hole":
        more = [["-output_ts_offset", at] for at in ("0", "250")]
        parts = [make_film("ts", films.H264, "-c:a mp2", rate="25", seconds=2, more=one) for one in more]
    else:
        parts = [make_film("vob", f"-c:v mpeg2video -bf 2 -g 12 -q:v {q}", "-c:a mp2", rate="25") for q in (2, 6)]
    source, output = joined(parts, tmp_path / f"film{parts[0].suffix}"), tmp_path / "out.mkv"
    encode(str(source), str(output), make_settings("h264", {"crf": 0.0, "speed": "ultrafast", "resume": False}))
    pictures, sound = sewing.shown(output), [packet.pts for packet in sewing.packets(output, "audio")]
    assert (len(pictures), len(sound)) == (100, len(sewing.packets(source, "audio")))
    for times in (pictures, sound):
        assert all(0 <= b - a < 0.2 for a, b in pairwise(times))
