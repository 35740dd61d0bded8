"""`bench.compare`: what each tool is told, and how its figures are shown."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from bench.compare_figures import COLUMNS, WHERE_COLUMNS, Figures, Measured, efficiency_line
from bench.compare_naive import concat_line
from bench.compare_tools import BARE, CROWD, ENCODERS, PLAIN, TOOLS, Case, command
from bench.compare_tree import Process, encoder_named
from bench.compare_where import Where
from bench.running import run

CASE = Case(Path("film.mp4"), ENCODERS["x264"], "ffmpeg", 2)
OUTPUT = Path("out.mkv")
WHERE = Where(10, 1, 8, 1, 0.5, 0.25, 2, 1, 0, 2, 4, 14)


def measured(wall: float, cpu: float = 16.0, size: int = 1000) -> Measured:
    """One run."""
    return Measured(wall, cpu, 1 << 20, 48, size, WHERE)


@pytest.mark.parametrize("tool", [PLAIN, "naive", BARE, "HandBrake", "Av1an"])
@pytest.mark.parametrize("name", ENCODERS)
def test_the_quality_of_the_case_reaches_every_tool(name: str, tool: str) -> None:
    """Else the sizes of a BD-rate would be of one quality; a tool without such an encoder has no command."""
    words = command(tool, replace(CASE, encoder=ENCODERS[name], crf=17), OUTPUT)
    assert not words or "17" in " ".join(words).replace("=17", " 17").split()
    assert bool(words) == (tool != "HandBrake" or name not in {"aom", "rav1e"})


@pytest.mark.parametrize("name", ENCODERS)
def test_suture_is_asked_for_what_ffmpeg_is_asked_for(name: str) -> None:
    """Encoder, quality and speed are the same in both tools' words."""
    encoder = ENCODERS[name]
    ours = command("suture", replace(CASE, encoder=encoder), OUTPUT)
    plain = command(PLAIN, replace(CASE, encoder=encoder), OUTPUT)
    for option, value in (("-c:v", encoder.codec), ("--crf", f"{encoder.crf:g}"), ("--speed", encoder.speed)):
        assert ours[ours.index(option) + 1] == value
        assert value in plain


@pytest.mark.parametrize("tool", TOOLS)
def test_sound_is_left_out_or_copied_by_all(tool: str) -> None:
    """Nobody may gain by doing less."""
    vp9 = replace(CASE, encoder=ENCODERS["vp9"])
    silent, sounding = (" ".join(command(tool, replace(vp9, sound=sound), OUTPUT)).split() for sound in (False, True))
    assert silent != sounding
    assert {"-an", "none"} & set(silent)
    assert any("copy" in word for word in sounding)
    assert not {"-an", "none"} & set(sounding) - {"none" if tool == "HandBrake" else ""}


@pytest.mark.parametrize("tool", TOOLS)
def test_all_scale_or_none(tool: str) -> None:
    """The picture's size reaches every tool."""
    words = " ".join(command(tool, replace(CASE, encoder=ENCODERS["vp9"], scale="640:360"), OUTPUT))
    assert "640:360" in words or "-w 640 -l 360" in words


def test_the_bare_encoder_has_one_thread() -> None:
    """For decoding, filters and each encoder in its own words; that x264 has as many as it likes else."""
    for name, single in (("x264", "-threads 1"), ("x265", "pools=1"), ("svtav1", "lp=1"), ("rav1e", "threads=1")):
        words = command(BARE, replace(CASE, encoder=ENCODERS[name]), OUTPUT)
        assert words.index("-threads") < words.index("-i")
        assert single in " ".join(words[words.index("-i") :])
    assert "-threads" not in command(PLAIN, CASE, OUTPUT)


def test_a_crowd_is_the_bare_encoder_once_for_each_core() -> None:
    """Each writes a file of its own, and the first one that which is looked at."""
    *shell, line = command(CROWD, replace(CASE, cores=3, film=Path("/a film.mkv")), OUTPUT)
    encodes, wait = line.rsplit(" & ", 1)
    each = [shlex.split(one) for one in encodes.split(" & ")]
    assert (shell, wait) == (["sh", "-c"], "wait")
    assert each[0] == command(BARE, replace(CASE, film=Path("/a film.mkv")), OUTPUT)
    assert len({words[-1] for words in each}) == 3


def test_the_best_settings_are_those_that_differ() -> None:
    """Where the default is the best known, there is nothing to run twice."""
    assert [name for name, it in ENCODERS.items() if command("ffmpeg, best", replace(CASE, encoder=it), OUTPUT)] == [
        "vp9",
        "aom",
        "rav1e",
    ]
    rows = command("ffmpeg, best", replace(CASE, encoder=ENCODERS["rav1e"], cores=16), OUTPUT)
    assert rows[rows.index("-tiles") + 1] == "16"


def test_a_file_of_a_list_is_quoted() -> None:
    """As the concat demuxer reads it."""
    assert concat_line(Path("/a b/0.mkv")) == "file '/a b/0.mkv'\n"


def test_medians_are_shown_with_ratios_to_plain_ffmpeg() -> None:
    """One slow run of three changes nothing but the least."""
    plain, ours = Figures([measured(10.0)] * 3), Figures([measured(9.0), measured(30.0), measured(8.0, 20.0, 1010)])
    (row,) = ours.rows("suture", plain)
    assert len(row) == len(COLUMNS)
    assert row[:6] == ("suture", "9.00", "16.00", "1", "1000", "")
    assert row[6:] == ("0.900", "1.000", "1.000", "0.800")


def test_a_tool_that_failed_says_why() -> None:
    """In a row as wide as the others."""
    failed = Figures()
    failed.add("no such\nencoder")
    (row,) = failed.rows("HandBrake", None)
    assert len(row) == len(COLUMNS)
    assert row[1] == "no such encoder"


def test_where_the_time_went_has_a_cell_for_each_column() -> None:
    """The medians of all runs."""
    row = Figures([measured(10.0)]).where_row()
    assert len(row) == len(WHERE_COLUMNS)
    assert row == ("1.00", "8.00", "1.00", "0.50, 0.25", "2.00", "1.00", "4, 2", "14.00")


def test_efficiency_is_bare_work_over_what_the_cores_could_have_done() -> None:
    """16 s of work in 10 s on two cores."""
    assert efficiency_line(Figures([measured(17.0, 16.0)]), Figures([measured(10.0)]), 2).startswith("efficiency 0.800")


def test_an_encoder_is_told_from_suture_itself() -> None:
    """Whose own command line has the encoder's name as well."""
    is_encoder = encoder_named("libx264")
    assert is_encoder(Process(1, ("/bin/ffmpeg", "-c:v", "libx264"), is_python=False))
    assert not is_encoder(Process(1, ("/bin/ffmpeg", "-c", "copy"), is_python=False))
    assert not is_encoder(Process(1, ("python", "-m", "suture", "-c:v", "libx264"), is_python=True))


def test_processes_of_suture_have_names() -> None:
    """The command by itself, the steps with their name, a parser with what it does."""
    names = [
        ("python", "-m", "suture", "/a/film.mp4"),
        ("python", "-P", "-m", "suture", "join", "--as-step"),
        ("python", "-P", "-m", "suture.media.child", "index"),
        ("/bin/sh", "-c", "trap"),
    ]
    found = [Process(1, argv, is_python=True).name for argv in names]
    assert found == ["suture", "suture join", "suture.media.child index", "sh"]


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="the system does not tell")
def test_a_process_that_left_its_parent_is_counted() -> None:
    """Its memory and its CPU seconds, though nobody but us waits for it."""
    left = "x = bytearray(60 << 20); import time; t = time.process_time()\nwhile time.process_time() < t + 0.2: pass"
    parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {left!r}])"
    # In a process of its own, for it becomes the parent of orphans.
    watch = f"from bench.compare_tree import watched as w; t = w([{sys.executable!r}, '-c', {parent!r}], every_s=0.02)"
    found = f"import sys; sys.path.insert(0, {str(Path(__file__).parents[3])!r})"
    told = "print(t.peak_bytes >> 20, t.own_peak_bytes >> 20, t.cpu_seconds, t.processes)"
    done = run([sys.executable, "-c", f"{found}\n{watch}\n{told}"])
    assert not done.returncode, done.stderr
    peak, own, cpu, processes = map(float, done.stdout.split())
    assert 60 < own <= peak < 120
    assert 0.2 < cpu < 1
    assert processes >= 1
