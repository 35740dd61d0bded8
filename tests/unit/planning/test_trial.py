"""The trial of a piece's command: what is seen, and what a refusal becomes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from suture.cancel import CancelToken
from suture.command.stage import StagedVideo
from suture.errors import (
    CommandCancelled,
    CommandCrashed,
    CommandFailed,
    ConfigError,
    DeviceBusy,
    EnvironmentProblem,
    Unsupported,
)
from suture.planning import trial
from suture.planning.trial import Trial, tried
from suture.process import Finished

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.command.base import RunContext

COMMAND = StagedVideo("piece", "in.mkv", "out.mkv", device="vulkan", program="/bin/sh").add_filter("scale_vulkan=2:2")
STDERR = """[AVHWDeviceContext @ 0x1] [verbose]     0: Some GPU (discrete) (0x1b80)
[AVHWDeviceContext @ 0x1] [verbose] Device 0 selected: {} (0x1b80)
[Parsed_showinfo_9 @ 0x1] [info] color_range:pc color_space:unknown color_primaries:unknown color_trc:unknown
"""
LISTING = "#format: frame checksums\n#sar 0: 801/800\n0, 0, 0, 1, 2, 3\n"


@pytest.fixture
def ffmpeg(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[list[str]]]:
    """Stands in for running ffmpeg: it says this, lists that, or fails so; gives the lines that were run."""

    def stand_in(
        stderr: str = "", listing: str = LISTING, error: Exception | None = None, times: int = 9
    ) -> list[list[str]]:
        lines: list[list[str]] = []

        def run(argv: list[str], context: RunContext, name: str) -> tuple[Finished, None]:
            lines.append(argv)
            if error is not None and len(lines) <= times:
                raise error
            Path(argv[-1].removeprefix("file:")).write_text(listing)
            return Finished(0, stderr, 0.1, 0.1, 1), None

        monkeypatch.setattr(trial, "run_command_line", run)
        return lines

    return stand_in


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        ("llvmpipe (LLVM 15.0.6, 256 bits) (software)", "llvmpipe (LLVM 15.0.6, 256 bits) (software)"),
        ("Some GPU (discrete)", "Some GPU"),
    ],
)
def test_what_is_seen(ffmpeg: Callable[..., list[list[str]]], tmp_path: Path, named: str, shown: str) -> None:
    """The device, a software one as such; the pixels' shape, the range. Nothing is left behind."""
    lines = ffmpeg(STDERR.format(named))
    assert tried(COMMAND, str(tmp_path)) == Trial(shown, Fraction(801, 800), "pc")
    (argv,) = lines
    assert argv[argv.index("-loglevel") + 1] == "level+verbose"
    assert argv[argv.index("-frames:v") + 1] == "3"
    assert argv[-3:-1] == ["-f", "framemd5"]
    assert list(tmp_path.iterdir()) == []


def test_no_frame_proves_nothing(ffmpeg: Callable[..., list[list[str]]], tmp_path: Path) -> None:
    """A source may begin with damage; a device may be in use. The job will see."""
    ffmpeg(listing="#format: frame checksums\n")
    assert tried(COMMAND, str(tmp_path)) is None
    ffmpeg(error=DeviceBusy("piece failed: no session"))
    assert tried(COMMAND, str(tmp_path)) is None
    damaged = "Error opening input file file:in.mkv.\nInvalid data found when processing input"
    ffmpeg(error=CommandFailed("piece failed: the input is damaged", "", (), 1, damaged))
    assert tried(COMMAND, str(tmp_path)) is None


def test_a_missing_device_is_named_with_its_reason(ffmpeg: Callable[..., list[list[str]]], tmp_path: Path) -> None:
    """Exit code 5; the account is that of a second run, which does not talk about every detail."""
    lines = ffmpeg(
        error=CommandFailed("piece failed: no usable Vulkan device: VK_ERROR_X", "get one", (), 1, "VK_ERROR_X")
    )
    with pytest.raises(
        Unsupported, match=r"'scale_vulkan=2:2' does not run on this machine: no usable Vulkan"
    ) as caught:
        tried(COMMAND, str(tmp_path))
    assert (caught.value.exit_code, caught.value.hint) == (5, "get one")
    assert [line[line.index("-loglevel") + 1] for line in lines] == ["level+verbose", "level+warning"]


def test_a_driver_that_crashes_once_is_asked_again(ffmpeg: Callable[..., list[list[str]]], tmp_path: Path) -> None:
    """As a piece would be; what it tells is not lost. One that always does is said."""
    crash = CommandCrashed("piece failed: it crashed (SIGSEGV)", "", (), -11)
    lines = ffmpeg(STDERR.format("A GPU"), error=crash, times=2)
    assert tried(COMMAND, str(tmp_path)) == Trial("A GPU", Fraction(801, 800), "pc")
    assert len(lines) == 3
    ffmpeg(error=crash)
    with pytest.raises(Unsupported, match="SIGSEGV"):
        tried(COMMAND, str(tmp_path))


@pytest.mark.parametrize(
    ("codec", "reason", "kind"),
    [
        ("rawvideo", "an option that this ffmpeg does not know: foo", ConfigError),
        ("hevc_nvenc", "the encoder can't take this picture size: 3x3", ConfigError),
        ("rawvideo", "the encoder can't take this picture size: 640x4294967294 is invalid", Unsupported),
        ("hevc_nvenc", "exit code 1: whatever", Unsupported),
    ],
)
def test_what_is_wrong_with_the_settings_is_told_from_what_is_missing(
    ffmpeg: Callable[..., list[list[str]]], tmp_path: Path, codec: str, reason: str, kind: type[Exception]
) -> None:
    """By the reason. Nobody asked for the raw frames of a trial, so they are not named."""
    ffmpeg(error=CommandFailed(f"piece failed: {reason}", "", (), 1, "whatever"))
    with pytest.raises(kind) as caught:
        tried(COMMAND.set_codec(codec), str(tmp_path))
    assert ("rawvideo" in str(caught.value)) is False


@pytest.mark.parametrize("error", [CommandCancelled("stopped"), EnvironmentProblem("no ffmpeg")])
def test_other_ends_pass(ffmpeg: Callable[..., list[list[str]]], tmp_path: Path, error: Exception) -> None:
    """A wish to stop is no proof of anything."""
    ffmpeg(error=error)
    with pytest.raises(type(error)):
        tried(COMMAND, str(tmp_path), CancelToken())
