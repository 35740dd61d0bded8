"""A slice of the proof suite (`make exact`): one film of each kind that once was not exact, or that others get wrong.

What is tried is `bench.exact`'s own code with its own films, so that what it says of the whole matrix can be believed:
also that it finds what is planted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from bench.comparison import compared
from bench.exact import Bench
from bench.kitchen import Kitchen, Unmade
from bench.outcome import EXACT
from bench.running import version
from bench.sources import OUTPUTS, Case, films

import films as small_films

if TYPE_CHECKING:
    from bench.sources import Source

pytestmark = pytest.mark.media

NO_PLAN: dict[str, Any] = {"decisions": []}
# Film, way of cutting, output.
CASES = (
    ("H.264, open GOP/mp4", "0.13", "mkv"),
    ("H.264, open GOP/mp4/edit list into a GOP", "0.37", "mkv"),
    ("H.264, open GOP/mp4/VFR, pauses", "0.37", "mp4"),
    ("H.264, open GOP/mkv/VFR, jitter", "0.37", "mov"),
    ("H.264, intra refresh/mkv", "0.7", "mkv"),
    ("H.264, MBAFF/ts", "0.37", "mkv"),
    ("H.264, open GOP/ts/clock runs over", "0.7", "mkv"),
    ("H.264, open GOP/ts/clock jumps ahead 4 s", "0.37", "mkv"),
    ("HEVC, open GOP (RASL)/ts", "0.37", "mkv"),
    ("HEVC, open GOP (RASL)/mp4/fragments of a frame", "0.7", "mkv"),
    ("HEVC, open GOP (RASL)/mkv/begins with RASL pictures", "0.37", "mkv"),
    ("MPEG-2, open GOP/mpg", "0.37", "ts"),
    ("MPEG-2, telecine/mpg", "0.7", "mkv"),
    ("MPEG-4 ASP, packed/avi", "0.37", "mkv"),
    ("VP9, superframes/webm", "0.37", "webm"),
    ("AV1, hidden frames/mp4", "0.7", "mkv"),
    ("VP8/webm/another size", "0.7", "mkv"),
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A kitchen with all ffmpegs, and a folder for outputs."""
    folder = tmp_path_factory.mktemp("exact")
    (folder / "films").mkdir()
    return Bench(Kitchen(folder / "films", tuple(small_films.binaries().values())), folder)


def _source(name: str) -> Source:
    return next(source for source in films() if source.name == name)


@pytest.mark.parametrize(("name", "way", "output"), CASES, ids=["-".join(case) for case in CASES])
def test_every_frame_and_time_is_the_sources(bench: Bench, name: str, way: str, output: str) -> None:
    """Cut at odd places and encoded without loss, it is what one linear decode of the source gives."""
    programs = bench.kitchen.programs
    # Each ffmpeg gets half of them.
    program = programs[len(name) % len(programs)]
    outcome = bench.outcome(Case(_source(name), way, program, version(program), output))
    assert outcome.verdict == EXACT, outcome.line()


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        ("select='not(eq(n,10))'", "numbers in the output: 0-9, 11-74"),
        ("select='lt(n,74)',loop=loop=1:size=1:start=30", "numbers in the output: 0-29, 29-73"),
        ("shuffleframes=0 2 1", "numbers in the output: 0, 2, 1, 3, 5"),
    ],
    ids=["missing", "doubled", "swapped"],
)
def test_what_is_planted_is_found(bench: Bench, plant: str, said: str) -> None:
    """A frame missing, doubled and swapped is found, and its number said."""
    kitchen = bench.kitchen
    source = _source("H.264, open GOP/mkv").make(kitchen)
    spoiled = kitchen.run("mkv", "-i", str(source), "-vf", plant, "-fps_mode", "passthrough", "-c:v", "ffv1")
    found = compared(kitchen.programs[0], str(source), str(spoiled), NO_PLAN, numbered=True)
    assert not found.exact
    assert said in "; ".join(found.notes)


def test_a_moved_time_is_found(bench: Bench) -> None:
    """All pictures are right, and one stands a frame late."""
    kitchen = bench.kitchen
    source = _source("H.264, open GOP/mkv").make(kitchen)
    late = "setpts='PTS+if(eq(N,30),0.03/TB,0)'"
    spoiled = kitchen.run("mkv", "-i", str(source), "-vf", late, "-fps_mode", "passthrough", "-c:v", "ffv1")
    found = compared(kitchen.programs[0], str(source), str(spoiled), NO_PLAN)
    assert (found.pictures, found.times, found.frames) == (75, 74, 75)
    assert "first frame 30: 1.200000 s became 1.240000 s" in "; ".join(found.notes)


def test_what_no_ffmpeg_makes_is_said(bench: Bench) -> None:
    """With the last one's reason; a film that is not there proves nothing."""
    with pytest.raises(Unmade, match="nosuch"):
        bench.kitchen.run("mkv", "-f", "lavfi", "-i", "testsrc2=d=0.1", "-c:v", "nosuch")


def test_outputs_without_loss_lose_nothing(bench: Bench) -> None:
    """What each output's encoder is told makes it lossless for all films of 8-bit 4:2:0, not for clean ones alone."""
    assert set(OUTPUTS) == {"mkv", "mp4", "mov", "ts", "webm"}
    program = bench.kitchen.programs[0]
    case = Case(_source("VP8/webm/another size"), "0.7", program, version(program), "mov")
    assert bench.outcome(case).verdict == EXACT
