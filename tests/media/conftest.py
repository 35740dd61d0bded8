"""A film as people have them, made once, and a way to encode it that keeps what was told on the way."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from suture import pipeline
from suture.errors import SutureError
from suture.events import Noted, Planned, Warned
from suture.ffmpeg.locate import locate
from suture.joblist import all_jobs
from suture.jobs import DATABASE
from suture.presets import make_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from suture.events import EncodeReport
    from suture.planning.job import Plan

SECONDS = 13
RATE = "24000/1001"
SRT = """1
00:00:01,000 --> 00:00:02,500
Erster Untertitel

2
00:00:05,010 --> 00:00:07,250
Zweiter <i>Untertitel</i>

"""
ASS = """[Script Info]
ScriptType: v4.00+
PlayResX: 320
PlayResY: 180

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Seam Sans,20,&H00FFFFFF,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.50,0:00:02.00,Default,,0,0,0,,{\\b1}One{\\b0} line
Dialogue: 0,0:00:08.00,0:00:10.00,Default,,0,0,0,,Another\\Nline
"""
TAGS = """;FFMETADATA1
title=The Seam
comment=made for tests
artist=Nobody
[CHAPTER]
TIMEBASE=1/1000
START=0
END=4000
title=Opening
[CHAPTER]
TIMEBASE=1/1000
START=4000
END=9500
title=Middle, with a seam
[CHAPTER]
TIMEBASE=1/1000
START=9500
END=13000
title=Ende äöü
"""
FONT = b"not really a font, but nobody looks inside"


@dataclass(frozen=True)
class Done:
    """What became of an encode, and what was said meanwhile."""

    report: EncodeReport
    plans: tuple[Plan, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]


def _ffmpegs() -> list[Any]:
    """The one that pip brings, and another where the system has one."""
    system = shutil.which("ffmpeg", path="/usr/local/bin:/usr/bin:/bin")
    missing = pytest.mark.skip(reason="the system has no ffmpeg of its own")
    return [pytest.param(locate(), id="pip"), pytest.param(system, id="system", marks=[] if system else [missing])]


@pytest.fixture(scope="session", params=_ffmpegs())
def each_ffmpeg(request: pytest.FixtureRequest) -> str:
    """Both ffmpegs, one after the other."""
    return str(request.param)


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """13 s of 23.976 fps with B-frames and a keyframe every 1.7 s, three languages, late sound, subtitles, a font."""
    folder = tmp_path_factory.mktemp("film")
    for name, text in (("subs.srt", SRT), ("subs.ass", ASS), ("tags.txt", TAGS)):
        (folder / name).write_text(text)
    (folder / "seam.ttf").write_bytes(FONT)
    subprocess.run([locate(), *_film_arguments()], cwd=folder, check=True)
    return folder / "film.mkv"


def _film_arguments() -> list[str]:
    text = f"""-v error -f lavfi -i testsrc2=s=320x180:r={RATE}:d={SECONDS}
    -f lavfi -i aevalsrc=0.4*sin(2*PI*(300+40*t)*t):s=48000:d={SECONDS}
    -f lavfi -i aevalsrc=0.4*sin(2*PI*(900-20*t)*t):s=44100:d={SECONDS}
    -itsoffset 1.5 -f lavfi -i aevalsrc=0.4*sin(2*PI*(200+10*t)*t):s=48000:d=11 -i subs.ass -i subs.srt -i tags.txt
    -map 0 -map 1 -map 2 -map 3 -map 4 -map 5 -map_metadata 6 -map_chapters 6
    -attach seam.ttf -metadata:s:t mimetype=application/x-truetype-font
    -vf setsar=64/45,setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709
    -c:v libx264 -preset veryfast -bf 3 -g 40 -threads 1
    -c:a:0 aac -c:a:1 aac -c:a:2 ac3 -b:a 64k -c:s:0 ass -c:s:1 srt
    -metadata:s:a:0 language=eng -metadata:s:a:0 title=Stereo -metadata:s:a:1 language=ger
    -metadata:s:a:2 language=fra -metadata:s:a:2 title=Commentary
    -metadata:s:s:0 language=eng -metadata:s:s:0 title=Signs -metadata:s:s:1 language=ger
    -disposition:v:0 default -disposition:a:0 default -disposition:a:1 0 -disposition:a:2 comment
    -disposition:s:0 0 -disposition:s:1 forced film.mkv"""
    return text.split()


@pytest.fixture
def short(tmp_path: Path) -> Path:
    """Two seconds of picture and sound."""
    folder = tmp_path.with_name(f"{tmp_path.name}-short")
    folder.mkdir()
    path = folder / "short.mkv"
    sources = ("-f", "lavfi", "-i", "testsrc2=s=128x96:r=25:d=2", "-f", "lavfi", "-i", "sine=d=2")
    coding = ("-c:v", "libx264", "-preset", "veryfast", "-g", "10", "-threads", "1", "-c:a", "flac")
    subprocess.run([locate(), "-v", "error", *sources, *coding, path], check=True)
    return path


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache folder of the test's own; whatever happens, no piece and no part file may be left, records at most."""
    # Not inside tmp_path: what a test finds there is what an encode left.
    folder = tmp_path.with_name(f"{tmp_path.name}-cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    yield folder
    for record in all_jobs():  # a job that failed keeps what it had done; one that is done keeps its record alone
        assert record.unfinished or [path.name for path in record.home.rglob("*")] == [DATABASE]
    assert not list(folder.rglob(".part-*"))
    assert not list(tmp_path.rglob(".part-*"))


@pytest.fixture
def encode(own_cache: Path) -> Callable[..., Done]:
    """Encode with settings as keywords on top of a preset; raises what the pipeline raises."""

    def run(
        source: Path, output: Path, *, preset: str = "h264", overwrite: bool | None = None, **settings: Any
    ) -> Done:
        events: list[Any] = []
        try:
            report = pipeline.encode(
                str(source), str(output), make_settings(preset, settings), overwrite=overwrite, watcher=events.append
            )
        except SutureError as error:
            error.events = events  # type: ignore[attr-defined]
            raise
        return Done(
            report,
            tuple(event.plan for event in events if isinstance(event, Planned)),
            tuple(event.text for event in events if isinstance(event, Warned)),
            tuple(event.text for event in events if isinstance(event, Noted)),
        )

    return run
