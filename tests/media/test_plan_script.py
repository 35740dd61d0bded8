"""A plan that was printed as a script, run by ``sh``, makes what `suture encode` makes."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from suture import pipeline
from suture.presets import make_settings
from suture.report.plan_text import render

pytestmark = pytest.mark.media

MEDIA = Path(os.environ.get("SUTURE_TEST_MEDIA", Path(__file__).parents[2] / "../shared/media")).resolve()
ASS = "structure/androidx__media__sample_with_ass_subtitles.mkv"
TS = "structure/androidx__media__sample_h262_mpeg_audio.ts"
CASES = {
    "pieces, converted text": (ASS, "mp4", {"chunking": "fixed", "chunk_duration": Fraction(1, 4)}),
    "a part": (ASS, "mkv", {"start": Fraction(1, 5), "end": Fraction(3, 4)}),
    "sound that is encoded": (TS, "mkv", {"audio_codec": "flac"}),
}


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment in which ``suture`` is this one."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    program = tmp_path / "bin" / "suture"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m suture "$@"\n')
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "PYTHONPATH": os.pathsep.join(sys.path)}


def packets(path: Path) -> list[tuple[int, int | None, int | None, bytes]]:
    """Every packet of a file: stream, times, bytes."""
    with av.open(str(path)) as container:
        found = container.demux()
        return [(p.stream_index, p.pts, p.dts, bytes(p)) for p in found if p.size]


@pytest.mark.parametrize(("source", "extension", "settings"), CASES.values(), ids=CASES)
def test_the_script_makes_the_same_output(
    source: str, extension: str, settings: dict[str, Any], shell: dict[str, str], tmp_path: Path
) -> None:
    """Packet for packet, from a name that would trip a careless script; and nothing is left behind."""
    if not (MEDIA / source).exists():
        pytest.skip(f"{source} is not there")
    hostile = tmp_path / f"-it's $(here) %s\nü{Path(source).suffix}"
    hostile.symlink_to(MEDIA / source)
    asked = make_settings("h264", {"speed": "ultrafast", "workers": 2, **settings})
    one, other = tmp_path / f"one.{extension}", tmp_path / f"o'ther.{extension}"
    pipeline.encode(str(hostile), str(one), asked)
    plan = pipeline.make_plan(str(hostile), str(other), asked)
    done = subprocess.run(["sh"], input=render(plan, "sh"), text=True, env=shell, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert packets(one) == packets(other)
    assert not Path(plan.folder).exists()


def test_a_script_that_fails_says_so_and_makes_nothing(shell: dict[str, str], tmp_path: Path) -> None:
    """A source that is gone ends it at once, with an error and without an output."""
    if not (MEDIA / ASS).exists():
        pytest.skip(f"{ASS} is not there")
    source, output = tmp_path / "in.mkv", tmp_path / "out.mkv"
    source.symlink_to(MEDIA / ASS)
    plan = pipeline.make_plan(str(source), str(output), make_settings("h264", {}))
    source.unlink()
    done = subprocess.run(["sh"], input=render(plan, "sh"), text=True, env=shell, capture_output=True, check=False)
    assert done.returncode != 0
    assert "in.mkv" in done.stderr
    assert not output.exists()
