"""What ffmpeg's stderr means: one table from what it says to which error it is, why, and what to do.

Exit codes do not tell (they differ by version, and 255 is several things), stderr does. Pure; tested on
captured stderr of two ffmpegs (``tests/golden/stderr``). `suture.command.base` raises what comes out of
here.
"""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from typing import Final, NamedTuple

from suture.errors import CommandCrashed, CommandError, CommandFailed, DeviceBusy, DiskFull, OutOfMemory

__all__ = ["Diagnosis", "blames_input", "diagnose", "hidden_failure", "relevant_lines"]


class Diagnosis(NamedTuple):
    """An end that is no success, understood.

    Args:
        kind: the error to raise.
        reason: why it failed, in one line that quotes the most telling line of stderr.
        hint: what to do about it; may be empty.
        retryable: whether the same command, tried again, may succeed.
        missing: whether the machine or this ffmpeg lacks something, rather than the work having failed.
    """

    kind: type[CommandError]
    reason: str
    hint: str
    retryable: bool
    missing: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    """If a line of stderr matches ``pattern``, then this is what happened. Compiled when something has failed."""

    pattern: str
    reason: str
    hint: str = ""
    kind: type[CommandError] = CommandFailed
    retryable: bool = False
    names_file: bool = False


def _row(pattern: str, reason: str, hint: str = "", **more: bool | type[CommandError]) -> _Row:
    return _Row(pattern, reason, hint, **more)  # type: ignore[arg-type]


_FEWER = "use fewer workers (-w)"
_DRIVER = "check the driver (nvidia-smi), or choose a software encoder"
_LIST = "see what this ffmpeg has: ffmpeg -{}"
_ROOM = "free some room, or choose another place with --work-dir; then run the same command again"

# Troubles that make even exit code 0 a lie: FFmpeg 5.1 ends with 0 when it could not write the end of a file,
# 9.0 when it did not touch a file that existed before.
_NOT_WRITTEN: Final = (
    _row(r"No space left on device|Disk quota exceeded", "no room on the disk", _ROOM, kind=DiskFull),
    _row(r"File too large", "the file is larger than its file system allows", "see also ulimit -f"),
    _row(r"Error (writing trailer|closing file)", "the file could not be written to its end", retryable=True),
    _row(r"already exists\. Exiting", "the output exists already", "overwrite it with -y"),
)
# The machine's troubles come first: whatever else stderr says, they are the cause.
_MACHINE: Final = (
    # Source: NVENC's status codes 10 (NV_ENC_ERR_OUT_OF_MEMORY: no session or no memory left) and 21
    # (NV_ENC_ERR_INCOMPATIBLE_CLIENT_KEY: what consumer cards say past their limit of sessions).
    _row(
        r"OpenEncodeSessionEx failed: (out of memory|incompatible client key)"
        r"|(InitializeEncoder|Create\w+Buffer) failed: out of memory|CUDA_ERROR_OUT_OF_MEMORY",
        "the GPU has no encoding session or memory left",
        "use fewer GPU slots (--gpu-encode-slots)",
        kind=DeviceBusy,
        retryable=True,
    ),
    _row(
        r"Cannot allocate memory|pthread_create\(\) failed|std::bad_alloc|malloc of size \d+ failed|[Oo]ut of memory"
        r"|^MemoryError",
        "not enough memory",
        _FEWER,
        kind=OutOfMemory,
        retryable=True,
    ),
    _row(
        r"Exiting normally, received signal|Immediate exit requested",
        "it was stopped from outside",
        retryable=True,
    ),
)
_DEVICES: Final = (
    _row(
        r"Cannot load lib(cuda|nvcuvid|nvidia-encode)|CUDA_ERROR_\w+|[Nn]o CUDA-capable device"
        r"|No capable devices|OpenEncodeSessionEx failed|required nvenc API|Could not dynamically load CUDA",
        "no usable NVIDIA device",
        _DRIVER,
    ),
    _row(r"No VA display found|Failed to initialise VAAPI", "no usable VAAPI device", "see ls -l /dev/dri"),
    _row(r"MFX session|Error creating a QSV|Error setting child device", "no usable Quick Sync (QSV) device"),
    _row(r"VK_ERROR|Vulkan instance|libvulkan|No Vulkan|Vulkan devices", "no usable Vulkan device"),
    _row(
        r"No device available for decoder|Device creation failed|[Dd]evice setup failed",
        "the hardware device can't be used",
    ),
)
_NAMES: Final = (
    _row(
        r"Unknown encoder|Encoder not found|Automatic encoder selection failed",
        "this ffmpeg does not have this encoder",
        _LIST.format("encoders"),
    ),
    _row(
        r"Unknown decoder|Decoder not found|Decoder \(codec .*\) not found|no decoder found",
        "this ffmpeg does not have a decoder for this",
        _LIST.format("decoders"),
    ),
    _row(
        r"No such filter|Filter not found",
        "this ffmpeg does not have this filter",
        _LIST.format("filters"),
    ),
    _row(
        r"Requested output format '.*' is not|(find a suitable|choose an) output format",
        "this ffmpeg does not know this output format",
        _LIST.format("muxers"),
    ),
    _row(r"Unknown input format", "this ffmpeg does not know this input format", _LIST.format("demuxers")),
    _row(r"[Bb]itstream filter not found|Unknown bitstream filter", "this ffmpeg lacks a bitstream filter"),
    _row(
        r"Only VP8 or VP9 or AV1|Could not find tag for codec|not currently supported in container"
        r"|not compatible with (flv|container)|Unsupported codec id in stream|codec .* not supported in",
        "the output's container can't hold this codec",
        "choose another codec, or another container by the output's extension (.mkv holds nearly all)",
    ),
    _row(
        r"Subtitle encoding currently only possible",
        "text subtitles can't become bitmaps, nor bitmaps text",
        "copy them, burn them in, or leave them out (--subtitles)",
    ),
)
_SETTINGS: Final = (
    _row(r"matches no streams", "a stream that was asked for is not there", "see suture probe"),
    _row(
        r"Unrecognized option|Option '?\w*'? ?not found|Unknown option|^bad option",
        "an option that this ffmpeg or this encoder does not know",
        "check the spelling; the encoder's options: ffmpeg -h encoder=NAME",
    ),
    _row(
        r"not divisible by 2|dimensions? .*(too|must be)|[Pp]icture size \d+x\d+ is invalid"
        r"|Picture (width|height) must be|Source (Width|Height) must be",
        "the encoder can't take this picture size",
        "scale, crop or pad to even numbers: --scale 1280:-2, or -vf 'pad=ceil(iw/2)*2:ceil(ih/2)*2'",
    ),
    _row(
        r"Unknown pixel format|[Ii]ncompatible pixel format|pixel format .* (not|un)\s?supported"
        r"|profile doesn't support",
        "the encoder can't take this pixel format",
        "its formats: ffmpeg -h encoder=NAME",
    ),
    _row(
        r"([Ss]ample rate|[Ss]ample format|[Cc]hannel layout|channels?) .* not supported",
        "the encoder can't take this sound",
        "set --sample-rate or --channels to what it supports: ffmpeg -h encoder=NAME",
    ),
    _row(
        r"Mismatched '\['|[Ee]rror parsing (a )?filter|Error initializing filter|Cannot find a matching"
        r"|unconnected output|No option name near|Error reinitializing filters|Simple filtergraph .* expected"
        r"|Error binding filtergraph|Cannot parse expression",
        "the filters can't be set up",
        "check -vf and -af against: ffmpeg -h filter=NAME",
    ),
    _row(
        r"Error setting (option|preset|profile)|Unable to parse option value|out of range(?!: )|bad value for"
        r"|invalid (preset|profile|tune)|Undefined constant|Invalid duration|Error parsing option '",
        "an option has a value that it can't have",
        "check the settings; the encoder's options: ffmpeg -h encoder=NAME",
    ),
)
_FILES: Final = (
    _row(r"same as Input #\d", "the output is the input", "give the output another name"),
    _row(r"At least one output file must be specified", "no output was named"),
    _row(
        r"Protocol '.*' not on whitelist",
        "the input refers to a place that it may not open",
        "only local files, or the protocol of the URL that was given, are read",
    ),
    _row(r"Stream map '.*' matches no streams", "a stream that was asked for is not there", "see suture probe"),
    _row(r"does not contain any stream", "no stream was chosen for the output", "see suture probe"),
    _row(
        r"Input/output error|Stale file handle|Connection (refused|reset|timed out)|Resource temporarily",
        "reading or writing failed",
        "check the disk or the network drive",
        retryable=True,
    ),
    _row(r"Read-only file system", "the file system can only be read", names_file=True),
    _row(r"Permission denied", "access was denied", "check the permissions of file and folder", names_file=True),
    _row(r"Is a directory", "a folder stands where a file is needed", names_file=True),
    _row(r"File name too long", "a file name is too long for the file system", names_file=True),
    _row(r"No such file or directory", "a file or folder does not exist", names_file=True),
    _row(
        r"moov atom not found|EBML header parsing failed|could not find codec parameters"
        r"|^(?!Error (while|submitting|during|processing)|Decoding error|Task|Terminating)"
        r".*Invalid data found",
        "the input is no media file, or a damaged one",
        "check it with suture probe",
        names_file=True,
    ),
    _row(
        r"corrupt decoded frame|error while decoding|Error (while decoding|submitting packet to decoder)"
        r"|^Decoding error",
        "the input is damaged",
        "see suture probe",
    ),
)
_TABLE: Final = (*_NOT_WRITTEN, *_MACHINE, *_DEVICES, *_NAMES, *_SETTINGS, *_FILES)

_SIGNALS: Final = {
    signal.SIGKILL: ("it was killed (SIGKILL), most likely because memory ran out", _FEWER),
    signal.SIGSEGV: ("it crashed (SIGSEGV)", "if it does so again, try another encoder or ffmpeg (--ffmpeg)"),
    signal.SIGABRT: ("it crashed (SIGABRT)", "if it does so again, try another encoder or ffmpeg (--ffmpeg)"),
    signal.SIGILL: ("it crashed (SIGILL)", "this ffmpeg may be built for a newer processor; try --ffmpeg"),
    signal.SIGTERM: ("it was stopped from outside (SIGTERM)", ""),
    signal.SIGXFSZ: ("the file is larger than this user's files may be (SIGXFSZ)", "see ulimit -f"),
}
_KINDS: Final[dict[int, type[CommandError]]] = {
    signal.SIGKILL: OutOfMemory,
    **dict.fromkeys((signal.SIGSEGV, signal.SIGABRT, signal.SIGILL, signal.SIGBUS, signal.SIGFPE), CommandCrashed),
}


def diagnose(returncode: int, stderr: str) -> Diagnosis:
    """What an end that is no success means.

    Args:
        returncode: the exit code; negative is the signal that ended it.
        stderr: what it wrote, or the end of that.
    """
    lines = _cleaned(stderr)
    if returncode < 0:  # the signal is the cause; only the machine's troubles may have led to it
        return _look_up(_MACHINE, lines) or _by_signal(-returncode)
    return _look_up(_TABLE, lines) or _unknown(returncode, stderr)


# Source: what h264_slice.c, h264_cabac.c, h264_cavlc.c, error_resilience.c, mpeg12dec.c, mpeg4videodec.c, ffv1dec.c,
# vp9.c and fftools of 5.1 and 9.0 say of bitstreams with flipped bits.
_PATCHED: Final = re.compile(
    r"error while decoding MB|concealing \d+ DC|corrupt decoded frame|ac-tex damaged|damaged at \d|invalid mb type"
    r"|slice mismatch|cabac decode of|(?:left|top) block unavailable|CRC mismatch|slice CRC|cbp too large|invalid cbp"
    r"|Error submitting packet to decoder|Error while decoding stream|Invalid NAL unit size|mb_type \d+ in"
    r"|Error at MB|marker bit missing|Header damaged|Invalid level prefix|negative number of zero coeffs"
    r"|mb incr damaged"
)


def hidden_failure(stderr: str) -> Diagnosis | None:
    """What went wrong in spite of exit code 0: stderr says that the file was not written (to its end)."""
    return _look_up(_NOT_WRITTEN, _cleaned(stderr))


def decoder_complaint(stderr: str) -> str:
    """The first line by which a decoder says that it patched pictures up; empty where it says nothing of the kind.

    What a seek brings about (references that are missing before the first frame that counts) is no such line.
    """
    return next((line for line in map(_bare, _cleaned(stderr)) if _PATCHED.search(line)), "")


def blames_input(returncode: int, stderr: str) -> bool:
    """Whether a failure lies in what was read, so that reading it in another way may help."""
    return diagnose(returncode, stderr).reason.startswith("the input is")


def relevant_lines(stderr: str, limit: int = 12) -> list[str]:
    """The last lines that tell about trouble: no banner, no stream dump, no statistics, nothing twice."""
    lines = _cleaned(stderr)
    causes = [line for line in lines if not _CONSEQUENCE.search(line)]
    return (causes or lines)[-limit:]


def _look_up(rows: tuple[_Row, ...], lines: list[str]) -> Diagnosis | None:
    """The first row that any line matches: the order of the table is weight, that of the lines is not."""
    for row in rows:
        told = next((line for line in map(_bare, lines) if re.search(row.pattern, line)), None)
        if told is not None:
            missing = row in _DEVICES or row.reason.startswith("this ffmpeg")
            return Diagnosis(row.kind, _reason(row, told, lines), row.hint, row.retryable, missing)
    return None


def _by_signal(number: int) -> Diagnosis:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    reason, hint = _SIGNALS.get(number, (f"it was ended by {name}", ""))  # type: ignore[call-overload]
    return Diagnosis(_KINDS.get(number, CommandFailed), reason, hint, retryable=True)


def _unknown(returncode: int, stderr: str) -> Diagnosis:
    lines = [_bare(line) for line in relevant_lines(stderr)]
    said = next((line for line in reversed(lines) if not _FILE_NAME.match(line)), "it did not say why")
    return Diagnosis(CommandFailed, f"exit code {returncode}: {said}", "", retryable=True)


def _reason(row: _Row, told: str, lines: list[str]) -> str:
    """One line; where ffmpeg names the file in another line than the trouble, with the name."""
    name = next((found[1] for line in lines if (found := _FILE_NAME.match(line))), None)
    if row.names_file and name is not None and name not in told:
        told = f"{name}: {told}"
    return f"{row.reason}: {told}"


_FILE_NAME = re.compile(r"Error opening (?:input|output) file (.+)\.$")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_ADDRESS = re.compile(r" @ (?:0x)?[0-9a-f]+\]")
_PREFIX = re.compile(r"^(?:\[[^\]]*\] )+")
_NOISE = re.compile(
    r"^$|^\s"  # banner and stream dump are indented, messages are not
    r"|^ffmpeg version|^(Input|Output) #\d|^Stream mapping:|^Press \[q\]|^(frame|size)=|^Conversion failed!"
    r"|^(x26[45]|Svt)\s?\[info\]|^encoded \d+ frames|^Exiting with exit code|^progress="
    r"|^(\[[^\]]*\] )*video:\S+ audio:"
    r"|^\[(libx26\d|aac|libvpx\S*|out#\S*)\] "
    r"(using |profile |264 - core|frame [IPB]:|mb [IPB] |8x8 |coded |i\d+c? |Weighted |ref [PB] |kb/s:"
    r"|consecutive |final ratefactor|direct mvs|Qavg|v\d+\.\d)"
)
_CONSEQUENCE = re.compile(
    r"Task finished with error|Terminating thread with|Nothing was written into output|encoder before EOF"
    r"|Error initializing output stream|Error opening (input|output) files|Error while opening encoder"
    r"|Error (selecting an encoder|while filtering|while processing the decoded|sending frames to consumers)"
    r"|Failed to inject frame|^Error parsing (global )?options|Error splitting the argument list"
    r"|Error (opening|initializing) (the )?(input|output|encoder|muxer)( for \S+)?: (Invalid|Generic)"
    r"|Could not write header|detected only with low score"
    r"|^x26\d \[warning\]|^Svt\[warn\]"
)


def _cleaned(stderr: str) -> list[str]:
    """The lines that are no noise, without addresses, each once."""
    lines = (_ADDRESS.sub("]", line.rstrip()) for line in re.split(r"[\r\n]+", _COLOUR.sub("", stderr)))
    return list(dict.fromkeys(line for line in lines if not _NOISE.search(line)))


def _bare(line: str) -> str:
    return _PREFIX.sub("", line)
