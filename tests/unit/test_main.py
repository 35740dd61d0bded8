"""The command line: what it takes, what it says, how it ends."""

from __future__ import annotations

import errno
import io
import subprocess
import sys
import types
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import click
import pytest
from click.testing import CliRunner

import suture
from suture import main as main_module
from suture.cli.encode import command as encode_command
from suture.errors import CommandFailed, ConfigError, ProbeError, VerificationError
from suture.main import COMMANDS, cli, main


class Pipeline:
    """Stands for `suture.pipeline`: notes what it was asked for, and does or raises what it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str | None, Any, bool | None]] = []
        self.errors: dict[str, Exception] = {}

    def encode(  # noqa: D102 - as the real one
        self,
        source: str,
        output: str | None,
        settings: Any,
        *,
        overwrite: bool | None,
        watcher: object,
        control: object,
    ) -> types.SimpleNamespace:
        assert watcher is not None
        assert control is not None
        self.calls.append((source, output, settings, overwrite))
        if source in self.errors:
            raise self.errors[source]
        return types.SimpleNamespace(exit_code=0)

    def make_plan(self, source: str, output: str | None, settings: Any) -> str:  # noqa: D102
        self.calls.append((source, output, settings, None))
        return f"plan of {source}"


class Watcher:
    """Watches nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """A pipeline that encodes nothing."""
    stand_in = Pipeline()
    text = types.SimpleNamespace(render=lambda plan, form: f"{form}: {plan}")
    watch = types.SimpleNamespace(watcher_for=lambda _look, _name: Watcher())
    monkeypatch.setitem(sys.modules, "suture.pipeline", stand_in)
    monkeypatch.setitem(sys.modules, "suture.report.plan_text", text)
    monkeypatch.setitem(sys.modules, "suture.report.watch", watch)
    return stand_in


def settings_of(pipeline: Pipeline) -> Any:
    """The settings of the only call."""
    (call,) = pipeline.calls
    return call[2]


def test_an_input_alone_is_encoded(pipeline: Pipeline) -> None:
    """`suture INPUT` is `suture encode INPUT`, with the default preset."""
    assert main(["film.mkv"]) == 0
    assert main(["encode", "film.mkv"]) == 0
    first, second = pipeline.calls
    assert first == second
    assert first[:2] == ("film.mkv", None)
    assert (first[2].preset, first[2].video_codec, first[2].crf) == ("h264", "libx264", 20.0)


def test_ffmpegs_option_names_work(pipeline: Pipeline) -> None:
    """Options of more than one letter behind one dash, with values that look like options."""
    line = "-c:v libx265 --crf 18 -c:a libopus -b:a 128k -vf crop=10:10:-1:0 -af volume=-3dB -x a=b -x c=d=e"
    assert main([*line.split(), "--", "-in.mkv", "-out.mkv"]) == 0
    settings = settings_of(pipeline)
    assert pipeline.calls[0][:2] == ("-in.mkv", "-out.mkv")
    assert (settings.video_codec, settings.crf, settings.speed) == ("libx265", 18.0, "medium")
    assert (settings.audio_codec, settings.audio_bitrate) == ("libopus", "128k")
    assert (settings.video_filter, settings.audio_filter) == ("crop=10:10:-1:0", "volume=-3dB")
    assert settings.encoder_options == (("a", "b"), ("c", "d=e"))


def test_all_other_options_arrive(pipeline: Pipeline, tmp_path: Path) -> None:
    """Each option sets its field and no other."""
    line = (
        "--start 00:00:10 --end 1:00 --scale 640:-2 --subtitles burn:1 --chunking fixed --chunk-duration 30"
        " -w 4 --threads 2 --max-retries 0 --permissive --no-loss --verify full --keep-work --fail-fast"
        " --map 0:v --map 0:a:1 --audio-lang eng --subtitle-lang deu --gpu-encode-slots 2 --gpu-scale-slots 3"
        " --io-slots 4 --ffmpeg /x/ffmpeg --subtitle-file a:b.srt --subtitle-file c.srt:pt-BR --work-dir /w"
        " -pix_fmt yuv420p10le"
    )
    assert main(["encode", "in", *line.split()]) == 0
    settings = settings_of(pipeline)
    assert (settings.start, settings.end, settings.chunk_duration) == (10, 60, Fraction(30))
    assert (settings.scale, settings.pixel_format) == ("640:-2", "yuv420p10le")
    assert (settings.subtitles, settings.burn_index) == ("burn", 1)
    assert (settings.chunking, settings.verify) == ("fixed", "full")
    assert (settings.workers, settings.threads, settings.max_retries) == (4, 2, 0)
    assert (settings.permissive, settings.no_loss, settings.keep_work, settings.fail_fast) == (True,) * 4
    assert (settings.maps, settings.audio_languages) == (("0:v", "0:a:1"), ("eng",))
    assert settings.subtitle_languages == ("deu",)
    assert (settings.gpu_encode_slots, settings.gpu_scale_slots, settings.io_slots) == (2, 3, 4)
    assert settings.subtitle_files == (("a:b.srt", None), ("c.srt", "pt-BR"))
    assert (settings.ffmpeg, settings.work_dir) == ("/x/ffmpeg", "/w")


@pytest.mark.parametrize(("flags", "overwrite"), [([], None), (["-y"], True), (["-n"], False)])
def test_overwriting_is_asked_for_or_not(pipeline: Pipeline, flags: list[str], overwrite: object) -> None:
    """-y, -n and neither are three different things."""
    assert main(["in", "out.mkv", *flags]) == 0
    assert pipeline.calls[0][3] is overwrite


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("encode -crf 20 in", "use --crf"),
        ("encode -preset slow in", "use --speed"),
        ("encode -i in", "INPUT without an option"),
        ("encode in -vn", "use -c:v none"),
        ("encode --crff 20 in", "--crf"),
        ("encode in --chunking shots", "shots"),
        ("encode in -x tune", "KEY=VALUE"),
        ("encode in --subtitles burn:x", "burn:N"),
        ("encode in --crf 99", "0 to 51"),
        ("encode in --start soon", "--start"),
        ("encode in -p hvec", "did you mean hevc"),
        ("encode a b c", "-o DIR"),
        ("encode", "INPUT"),
        ("encde", "did you mean 'encode'"),
        ("plan", "INPUT"),
        ("probe", "INPUT"),
        ("completion tcsh", "tcsh"),
    ],
)
def test_wrong_usage_is_explained(line: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, nothing on stdout, what is wrong and what to write instead on stderr."""
    assert main(line.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("suture: error: ")
    assert said in err
    assert "Traceback" not in err


def test_several_inputs_go_into_a_folder(pipeline: Pipeline, tmp_path: Path) -> None:
    """-o DIR is made, and outputs have the inputs' stems; none is the input itself."""
    inside = tmp_path / "out" / "b.mkv"
    assert main(["-o", str(tmp_path / "out"), "a.avi", str(inside)]) == 0
    assert (tmp_path / "out").is_dir()
    outputs = [call[1] for call in pipeline.calls]
    assert outputs == [str(tmp_path / "out" / "a.mkv"), str(tmp_path / "out" / "b.suture.mkv")]


def test_two_inputs_for_one_output_are_refused(pipeline: Pipeline, tmp_path: Path) -> None:
    """One of them would be lost; nothing is started."""
    assert main(["-o", str(tmp_path), "x/a.avi", "y/a.avi"]) == 2
    assert pipeline.calls == []


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ({}, 0),
        ({"a": ProbeError("no media")}, 3),
        ({"a": ProbeError("no media"), "b": ProbeError("no media")}, 1),
        ({"a": VerificationError("wrong"), "b": ProbeError("no media")}, 4),
    ],
)
def test_a_batch_ends_with_what_became_of_it(
    pipeline: Pipeline, tmp_path: Path, errors: dict[str, Exception], code: int
) -> None:
    """All done 0, part of it failed 3, all failed the failure's own code; each one was tried."""
    pipeline.errors = errors
    assert main(["-o", str(tmp_path), "a", "b"]) == code
    assert [call[0] for call in pipeline.calls] == ["a", "b"]


def test_fail_fast_ends_a_batch(pipeline: Pipeline, tmp_path: Path) -> None:
    """The second file is not begun."""
    pipeline.errors = {"a": ProbeError("no media")}
    assert main(["--fail-fast", "-o", str(tmp_path), "a", "b"]) == 1
    assert len(pipeline.calls) == 1


def test_plan_prints_the_plan(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    """In the format that was asked for; --dry-run is the plan as a script."""
    assert main(["plan", "in", "--format", "mermaid"]) == 0
    assert main(["in", "--dry-run"]) == 0
    assert capsys.readouterr().out == "mermaid: plan of in\nsh: plan of in\n"


def _raises(error: BaseException) -> click.Command:
    def callback() -> None:
        raise error

    return click.Command("probe", callback=callback)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ConfigError("the cause", "the remedy"), 2, "suture: error: the cause\n        the remedy\n"),
        (ProbeError("two\nlines"), 1, "suture: error: two lines\n"),
        (VerificationError("not equal"), 4, "suture: error: not equal\n"),
        (PermissionError(13, "Permission denied", "/x"), 1, "suture: error: Permission denied: '/x'\n"),
        (KeyboardInterrupt(), 130, "\n"),
        (BrokenPipeError(), 141, ""),
        (BrokenPipeError(32, "Broken pipe"), 141, ""),
    ],
)
def test_errors_become_a_line_and_a_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    said: str,
) -> None:
    """No traceback; a message with line ends stays on one line."""
    monkeypatch.setattr(main_module._Commands, "get_command", lambda *_: _raises(error))
    monkeypatch.setattr("os.dup2", lambda *_: None)
    assert main(["probe"]) == code
    assert capsys.readouterr().err == said


def test_a_defect_is_kept_in_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """One line on the terminal, the traceback in the cache folder, the path of it in the line."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(main_module._Commands, "get_command", lambda *_: _raises(ZeroDivisionError("oh")))
    assert main(["probe"]) == 1
    err = capsys.readouterr().err
    (kept,) = (tmp_path / "suture").glob("crash-*.txt")
    assert "internal error: ZeroDivisionError: oh" in err
    assert str(kept) in err
    assert "Traceback" not in err
    assert "Traceback" in kept.read_text(encoding="utf-8")


def test_verbose_shows_the_traceback_and_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With -v, a defect's traceback and a failed command's line are on stderr."""
    monkeypatch.setattr(main_module._Commands, "get_command", lambda *_: _ignoring(ZeroDivisionError("oh")))
    assert main(["probe", "-v"]) == 1
    assert "Traceback" in capsys.readouterr().err
    failed = CommandFailed("it broke", command=["ffmpeg", "-i", "a b"], stderr="last words")
    monkeypatch.setattr(main_module._Commands, "get_command", lambda *_: _ignoring(failed))
    assert main(["probe", "-v"]) == 1
    err = capsys.readouterr().err
    assert "ffmpeg -i 'a b'" in err
    assert "last words" in err


def _ignoring(error: BaseException) -> click.Command:
    """Raises, whatever the options."""
    found = _raises(error)
    found.ignore_unknown_options = True
    found.allow_extra_args = True
    return found


def test_help_names_the_commands_that_exist() -> None:
    """Those of this issue and no others; every one loads and explains itself."""
    text = CliRunner().invoke(cli, ["--help"]).output
    for name in COMMANDS:
        assert f"\n  {name} " in text
        assert CliRunner().invoke(cli, [name, "--help"]).exit_code == 0
    for absent in ("sample", "cluster", "join"):
        assert f"\n  {absent} " not in text


def test_options_of_later_issues_are_absent() -> None:
    """Not even as stubs."""
    known = {name for option in encode_command.params for name in option.opts}
    assert not known & {"--target-mode", "--cluster"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It names the program and the variable that click answers to."""
    assert main(["completion", shell]) == 0
    out = capsys.readouterr().out
    assert "_SUTURE_COMPLETE" in out
    assert "suture" in out


def test_completion_completes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What the script asks for by its variable is answered, with exit code 0."""
    monkeypatch.setenv("_SUTURE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "suture encode --chunki")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert main([]) == 0
    assert capsys.readouterr().out == "plain,--chunking\n"


def test_starting_is_cheap() -> None:
    """`import suture` and the main help load neither av nor rich nor anything that starts processes."""
    code = (
        "import sys, suture, suture.main\n"
        "assert suture.main.main(['--help']) == 0\n"
        "heavy = {'av', 'rich', 'subprocess', 'imageio_ffmpeg', 'suture.pipeline'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    source = str(Path(suture.__file__).parents[1])
    ended = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": source}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_the_library_names_what_it_has() -> None:
    """Every public name has a home; an unknown one is an AttributeError."""
    assert set(suture._HOMES) <= set(suture.__all__)
    assert suture.ChunkData.__module__ == "suture.model"
    assert suture.ProbeError is ProbeError
    assert "VideoBuilder" in dir(suture)
    with pytest.raises(AttributeError, match="nothing_like_it"):
        suture.nothing_like_it  # noqa: B018 - the access is the test


class Broken(io.StringIO):
    """A stderr on a full disk."""

    def write(self, _text: str) -> int:
        """Refuse."""
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("stream", [None, Broken()])
def test_who_can_not_be_told_does_not_stop_the_work(stream: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With stderr closed or full, the exit code is what it is otherwise."""
    monkeypatch.setattr("sys.stderr", stream)
    assert main(["encode", "nothing.mkv", "out.mkv"]) == 1
    assert main(["presets", "show", "nothing"]) == 2
