"""`dry_run` prints exactly what `run` passes: shown by running both, on names that bite."""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from suture.command.audio import AudioBuilder
from suture.command.burn import TextBurn
from suture.command.mixing import MixingBuilder
from suture.command.subtitle import SubtitleBuilder
from suture.command.video import VideoBuilder
from suture.ffmpeg.locate import locate

pytestmark = pytest.mark.media

BINARIES = sorted({path for path in (locate(), shutil.which("ffmpeg")) if path})
NAMES = [
    'it\'s "quoted"',
    "  two  spaces ",
    "line\nend",
    "100%d %s %%",
    "-y",
    "žluťoučký 映画 🎬",
    "[a],b;c:d'e\\f=g|h",
    "$(touch oops) `id` $HOME !x *",
    "http:-not",
]
SRT = "1\n00:00:00,000 --> 00:00:09,000\nSuture\n"


# The least that is a Matroska file: a head, and a segment with nothing in it.
EMPTY_FILM = b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x80"


@pytest.fixture(params=BINARIES)
def ffmpeg(request: pytest.FixtureRequest) -> str:
    """A real one."""
    return str(request.param)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of picture and sound."""
    path = tmp_path_factory.mktemp("film") / "film.mkv"
    sources = ["-f", "lavfi", "-i", "testsrc2=s=128x96:r=10:d=1", "-f", "lavfi", "-i", "sine=d=1"]
    subprocess.run([locate(), "-v", "error", *sources, "-c:v", "ffv1", "-c:a", "flac", path], check=True)
    return path


@pytest.fixture
def recorder(tmp_path: Path) -> tuple[str, Path]:
    """A program that writes down its argument list and ends well, and where it writes."""
    record = tmp_path / "argv.json"
    program = tmp_path / "record er"
    code = f"import json, sys\nopen({str(record)!r}, 'w').write(json.dumps(sys.argv))\n"
    code += f"open(sys.argv[-1].removeprefix('file:'), 'wb').write({EMPTY_FILM!r})\n"
    program.write_text(f"#!{sys.executable}\n{code}")
    program.chmod(0o755)
    return str(program), record


def _commands(name: str) -> list[VideoBuilder | AudioBuilder | MixingBuilder | SubtitleBuilder]:
    """One of each, with the name wherever a name can stand."""
    film, text, out = f"{name}.mkv", f"{name}.srt", f"out {name}.mkv"
    video = VideoBuilder("v0", film, out).set_codec("ffv1").set_time_range(0.25, 0.75).add_filter("negate")
    return [
        video.set_burn(TextBurn(text)).add_option("-fflags", "+bitexact", "-flags:v", "+bitexact"),
        AudioBuilder("a0", film, out)
        .set_codec("pcm_s16le")
        .add_filter("volume=0.5")
        .add_option("-fflags", "+bitexact"),
        MixingBuilder("m0", out).add_video_input(film).add_audio_input(film).add_option("-fflags", "+bitexact"),
        SubtitleBuilder("s0", film, out).set_subtitle_file(text).add_option("-fflags", "+bitexact"),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_run_passes_what_dry_run_prints(
    name: str, recorder: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that records its arguments got those of the printed line, one by one; it writes to the part name."""
    monkeypatch.chdir(tmp_path)
    program, record = recorder
    for command in _commands(name):
        recorded = command.set_program(program)
        recorded.run()
        *arguments, output = shlex.split(recorded.dry_run())
        assert json.loads(record.read_text()) == [*arguments, output.replace("file:out", "file:.part-out")]


@pytest.mark.parametrize("name", NAMES)
def test_the_pasted_line_makes_the_same_file(
    name: str, ffmpeg: str, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shell that runs the line writes the bytes that `run` writes, and nothing else happens."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(film, f"{name}.mkv")
    Path(f"{name}.srt").write_text(SRT)
    out = Path(f"out {name}.mkv")
    for command in _commands(name):
        real = command.set_program(ffmpeg)
        real.run()
        ran = hashlib.sha256(out.read_bytes()).hexdigest()
        out.unlink()
        pasted = subprocess.run(["sh", "-c", real.dry_run()], capture_output=True, check=False)
        assert (pasted.returncode, pasted.stderr) == (0, b""), command.id
        assert hashlib.sha256(out.read_bytes()).hexdigest() == ran, command.id
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.mkv", f"{name}.srt", out.name}


def test_a_burned_subtitle_is_seen(ffmpeg: str, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hostile name reached the filter: with the subtitle, the picture is another."""
    monkeypatch.chdir(tmp_path)
    name = NAMES[6]
    Path(f"{name}.srt").write_text(SRT)
    plain = VideoBuilder("v0", str(film), "plain.mkv").set_codec("ffv1").set_program(ffmpeg)
    plain.run()
    plain.set_burn(TextBurn(f"{name}.srt"))._with(output_path="burned.mkv").run()
    hashes = [
        subprocess.run(
            [ffmpeg, "-v", "error", "-i", path, "-f", "framemd5", "-"], check=True, capture_output=True
        ).stdout.splitlines()[-10:]
        for path in ("plain.mkv", "burned.mkv")
    ]
    assert len(hashes[1]) == 10
    assert not set(hashes[0]) & set(hashes[1])


@pytest.mark.parametrize("name", ["lut 'a' [b],c;d:e\\f%d.cube", "trailing space ", "-lead.cube"])
def test_any_file_name_reaches_any_filter(ffmpeg: str, film: Path, tmp_path: Path, name: str) -> None:
    """A LUT of a hostile name is read; without escaping the graph would not parse."""
    from suture.command.quoting import filter_call  # noqa: PLC0415 - only this test builds a filter by hand

    lut = tmp_path / (name if name.endswith(".cube") else f"{name}/x.cube")
    lut.parent.mkdir(exist_ok=True)
    corners = "\n".join(f"{r} {g} {b}" for b in (1, 0) for g in (1, 0) for r in (1, 0))
    lut.write_text(f"LUT_3D_SIZE 2\n{corners}\n")
    video = VideoBuilder("v0", str(film), str(tmp_path / "o.mkv")).set_codec("ffv1").set_program(ffmpeg)
    assert video.add_filter(filter_call("lut3d", file=str(lut))).set_frames(10).run().frames == 10
