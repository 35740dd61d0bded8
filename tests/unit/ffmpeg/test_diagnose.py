"""The table of diagnoses, on captured stderr of two ffmpegs (``tests/golden/capture_stderr.py`` makes it)."""

from __future__ import annotations

from pathlib import Path

import pytest

from suture.errors import CommandCrashed, CommandError, CommandFailed, DeviceBusy, DiskFull, OutOfMemory
from suture.ffmpeg.diagnose import blames_input, diagnose, hidden_failure, relevant_lines

GOLDEN = Path(__file__).parents[2] / "golden" / "stderr"
CAPTURES = sorted(GOLDEN.glob("*/*.txt"))

# case: what the reason must begin with, and what it must quote
LASTING = {
    "input-missing": ("a file or folder does not exist", "missing.mkv"),
    "input-is-a-folder": ("a folder stands where a file is needed", "folder"),
    "input-permission": ("access was denied", "secret.mp4"),
    "input-not-media": ("the input is no media file", "EBML header parsing failed"),
    "input-empty": ("the input is no media file", "moov atom not found"),
    "input-no-moov": ("the input is no media file", "moov atom not found"),
    "input-garbage-ts": ("the input is no media file", "garbage.ts"),
    "input-no-video": ("a stream that was asked for is not there", "Stream map"),
    "input-nothing-mapped": ("no stream was chosen", "does not contain any stream"),
    "input-protocol": ("the input refers to a place", "Protocol 'http' not on whitelist"),
    "input-bad-format": ("this ffmpeg does not know this input format", "nosuchdemuxer"),
    "decode-damaged-fatal": ("the input is damaged", "decod"),
    "output-no-folder": ("a file or folder does not exist", "nowhere/out.mkv"),
    "output-permission": ("access was denied", "locked/out.mkv"),
    "output-is-a-folder": ("a folder stands where a file is needed", "folder"),
    "output-too-large": ("the file is larger than its file system allows", "File too large"),
    "output-no-format": ("this ffmpeg does not know this output format", "out.nosuch"),
    "output-bad-muxer": ("this ffmpeg does not know this output format", "nosuchmuxer"),
    "output-exists": ("the output exists already", "film.mp4"),
    "output-is-input": ("the output is the input", "film.mp4"),
    "output-none": ("no output was named", ""),
    "codec-in-webm": ("the output's container can't hold this codec", "WebM"),
    "codec-in-mp4": ("the output's container can't hold this codec", "wmav2"),
    "subtitle-in-mp4": ("the output's container can't hold this codec", "subrip"),
    "text-to-bitmap": ("text subtitles can't become bitmaps", "bitmap to bitmap"),
    "unknown-encoder": ("this ffmpeg does not have this encoder", "nosuchcodec"),
    "unknown-decoder": ("this ffmpeg does not have a decoder", "nosuchcodec"),
    "unknown-filter": ("this ffmpeg does not have this filter", "nosuchfilter"),
    "unknown-bsf": ("this ffmpeg lacks a bitstream filter", "nosuchbsf"),
    "unknown-option": ("an option that this ffmpeg or this encoder does not know", "nosuchoption"),
    "unknown-encoder-option": ("an option that this ffmpeg or this encoder does not know", "nosuch"),
    "unknown-pix-fmt": ("the encoder can't take this pixel format", "nosuchfmt"),
    "unsupported-pix-fmt": ("the encoder can't take this pixel format", "4:4:4"),
    "bad-filter-option": ("an option that this ffmpeg or this encoder does not know", "nosuch"),
    "bad-filter-value": ("the filters can't be set up", "abc"),
    "bad-filter-syntax": ("the filters can't be set up", "Mismatched '['"),
    "bad-filter-graph": ("a stream that was asked for is not there", "[0:a]anull[x]"),
    "bad-option-value": ("an option has a value that it can't have", "abc"),
    "bad-preset-x264": ("an option has a value that it can't have", "nosuch"),
    "bad-preset-x265": ("an option has a value that it can't have", "nosuch"),
    "bad-preset-svtav1": ("an option has a value that it can't have", "99"),
    "bad-crf-vp9": ("an option has a value that it can't have", "crf"),
    "bad-profile-x264": ("an option has a value that it can't have", "nosuch"),
    "bad-time": ("an option has a value that it can't have", "nosuchtime"),
    "bad-sample-rate": ("the encoder can't take this sound", "12345"),
    "bad-channels": ("the encoder can't take this sound", "5.1"),
    "bad-size": ("the encoder can't take this picture size", "127x95"),
    "bad-map": ("a stream that was asked for is not there", "Stream map"),
    "no-nvenc": ("no usable NVIDIA device", "libcuda"),
    "no-cuda": ("no usable NVIDIA device", "libcuda"),
    "no-cuda-device": ("no usable NVIDIA device", "libcuda"),
    "no-vaapi": ("no usable VAAPI device", "/dev/dri/renderD128"),
    "no-qsv": ("no usable Quick Sync (QSV) device", "MFX"),
}
PASSING = {
    "signal-term": ("it was stopped from outside", "signal 15"),
    "signal-int": ("it was stopped from outside", "signal 2"),
}
NO_MEMORY = {
    "memory": ("not enough memory", "malloc of size"),
    "signal-kill": ("it was killed (SIGKILL)", "memory"),
}
CRASHES = {
    "signal-segv": ("it crashed (SIGSEGV)", ""),
    "signal-abrt": ("it crashed (SIGABRT)", ""),
}
FULL = {
    "output-full": ("no room on the disk", "No space left on device"),
    "output-full-mp4": ("no room on the disk", "No space left on device"),
}
FINE = {"success", "success-x265", "success-svtav1", "damaged-but-encoded", "no-vulkan"}
EXPECTED: dict[str, tuple[type[CommandError], bool, tuple[str, str]]] = {
    **{case: (CommandFailed, False, words) for case, words in LASTING.items()},
    **{case: (CommandFailed, True, words) for case, words in PASSING.items()},
    **{case: (OutOfMemory, True, words) for case, words in NO_MEMORY.items()},
    **{case: (CommandCrashed, True, words) for case, words in CRASHES.items()},
    **{case: (DiskFull, False, words) for case, words in FULL.items()},
}


def captured(path: Path) -> tuple[int, str]:
    """The exit code and stderr of a capture."""
    code, _, stderr = path.read_text().partition("\n")
    return int(code), stderr


def named(paths: list[Path]) -> list[object]:
    """The same as parameters with readable names."""
    return [pytest.param(path, id=f"{path.parent.name}-{path.stem}") for path in paths]


FAILED = [path for path in CAPTURES if path.stem in EXPECTED]


def test_every_capture_is_expected() -> None:
    """No capture without an expectation, no expectation without a capture of both versions."""
    cases = {*EXPECTED, *FINE}
    for version in ("5.1", "9.0"):
        assert {path.stem for path in CAPTURES if path.parent.name == version} == cases


@pytest.mark.parametrize("path", named(FAILED))
def test_captured_failures(path: Path) -> None:
    """Class, reason, quote and whether to try again, for every way to fail that was captured."""
    kind, retryable, (reason, quote) = EXPECTED[path.stem]
    found = diagnose(*captured(path))
    assert (found.kind, found.retryable) == (kind, retryable)
    assert found.reason.startswith(reason)
    assert quote in found.reason


@pytest.mark.parametrize("path", named(FAILED))
def test_a_reason_is_one_readable_line(path: Path) -> None:
    """No line breaks, no addresses, no prefixes, not longer than a person reads."""
    reason = diagnose(*captured(path)).reason
    assert "\n" not in reason
    assert " @ 0x" not in reason
    assert len(reason) < 250


@pytest.mark.parametrize("path", named(FAILED))
def test_relevant_lines_hold_the_cause(path: Path) -> None:
    """The lines that go into an error message are few, no banner, no statistics, and the cause is in them."""
    code, stderr = captured(path)
    lines = relevant_lines(stderr)
    text = "\n".join(lines)
    assert len(lines) <= 12
    for noise in ("configuration:", "built with", "Stream mapping:", "kb/s:", "frame=", "Last message", "0x"):
        assert noise not in text
    if code > 0 and "bitmap" not in text:
        assert EXPECTED[path.stem][2][1] in text


@pytest.mark.parametrize("path", named([path for path in CAPTURES if path.stem in FINE]))
def test_success_is_no_hidden_failure(path: Path) -> None:
    """The talk of a run that did its work accuses it of nothing, damaged input or not."""
    assert hidden_failure(captured(path)[1]) is None


@pytest.mark.parametrize("case", ["5.1/output-full", "9.0/output-exists"])
def test_exit_code_0_can_lie(case: str) -> None:
    """5.1 ends with 0 when the disk was full at the end, 9.0 when it refused to overwrite: both are found."""
    code, stderr = captured(GOLDEN / f"{case}.txt")
    found = hidden_failure(stderr)
    assert code == 0
    assert found is not None
    assert found.kind is EXPECTED[case.partition("/")[2]][0]


NVENC = "[h264_nvenc @ 0x55d0c8] OpenEncodeSessionEx failed: {}: (no details)\nConversion failed!\n"


@pytest.mark.parametrize("status", ["out of memory (10)", "incompatible client key (21)"])
def test_no_free_encoding_session_is_busy(status: str) -> None:
    """A GPU without a free session is no failure of the piece."""
    found = diagnose(1, NVENC.format(status))
    assert found.kind is DeviceBusy
    assert found.retryable
    assert status in found.reason


@pytest.mark.parametrize("status", ["unsupported device (2)", "no encode device (1)"])
def test_a_gpu_that_cannot_encode_is_not_busy(status: str) -> None:
    """It will not learn it later."""
    found = diagnose(1, NVENC.format(status))
    assert found.kind is CommandFailed
    assert not found.retryable


@pytest.mark.parametrize(
    ("returncode", "stderr", "reason", "retryable"),
    [
        (1, "", "exit code 1: it did not say why", True),
        (1, "[out#0 @ 0x55aa11] Odd\nError opening output file x.mkv.\n", "exit code 1: Odd", True),
        (69, "[enc @ 0x55aa11] The moon is in the wrong quarter\nConversion failed!\n", "The moon is", True),
        (-8, "", "SIGFPE", True),
        (-40, "", "signal 40", True),
        (-9, "x264 [error]: malloc of size 99 failed\n", "malloc of size 99", True),
        (-6, "terminate called after throwing an instance of 'std::bad_alloc'\n", "not enough memory", True),
        (-9, "film.mkv: No such file or directory\n", "SIGKILL", True),
        (1, "MemoryError\n", "not enough memory", True),
        (1, "OSError: [Errno 28] No space left on device: 'x'\n", "no room on the disk", False),
        (1, "av_interleaved_write_frame(): Input/output error\n", "reading or writing failed", True),
        (1, "\x1b[31mUnknown encoder 'x'\x1b[0m\n", "does not have this encoder: Unknown encoder 'x'", False),
    ],
)
def test_other_ends(returncode: int, stderr: str, reason: str, *, retryable: bool) -> None:
    """What could not be captured here: unknown words, other signals, our own children, colours."""
    found = diagnose(returncode, stderr)
    assert reason in found.reason
    assert found.retryable is retryable


def test_the_machines_troubles_outweigh_the_files() -> None:
    """A damaged input that met a full disk failed because of the disk."""
    stderr = "a.mkv: Invalid data found when processing input\nError writing trailer: No space left on device\n"
    assert diagnose(1, stderr).kind is DiskFull


def test_damage_that_is_survived_is_not_the_cause() -> None:
    """A decoder's complaints do not turn an unknown end into bad input that is not worth another try."""
    stderr = "Error while decoding stream #0:0: Invalid data found when processing input\n" * 3
    assert "damaged" in diagnose(1, stderr).reason
    assert not diagnose(1, stderr).reason.startswith("the input is no media file")


def test_repeated_lines_are_told_once() -> None:
    """A thousand equal complaints do not push the cause out."""
    stderr = "cause\n" + "[h264 @ 0x5501] error while decoding MB\n" * 500 + "[h264 @ 0x5502] error while decoding MB\n"
    assert relevant_lines(stderr) == ["cause", "[h264] error while decoding MB"]


def test_only_noise_gives_nothing() -> None:
    """A banner is not a reason."""
    assert relevant_lines("ffmpeg version 9\n  built with gcc\n") == []


@pytest.mark.parametrize(
    "line",
    [
        "[libx264 @ 0x55] width not divisible by 2 (129x97)",
        "x265 [error]: Picture width must be an integer multiple of the specified chroma subsampling",
        "Svt[error]: Error Instance 1: Source Height must be even for YUV_420 colorspace",
    ],
)
def test_odd_picture_sizes_are_named_for_every_encoder(line: str) -> None:
    """Whatever follows: ffmpeg then speaks of invalid data, which is not the input's."""
    after = "[vf#0:0 @ 0x5] Error sending frames to consumers: Invalid data found when processing input"
    found = diagnose(183, f"{line}\n{after}\n")
    assert "picture size" in found.reason
    assert "--scale" in found.hint
    assert not found.retryable
    assert not blames_input(183, f"{line}\n{after}\n")
