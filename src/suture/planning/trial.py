"""Whether a piece's command runs on this machine: its first frames are made, and thrown away.

That a filter or an encoder is listed proves nothing: the device may be missing, or refuse these pictures. So before
anything starts, the very command of the first piece runs until a few frames are through.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.command.base import RunContext, run_command_line
from suture.errors import (
    CommandCancelled,
    CommandCrashed,
    CommandError,
    ConfigError,
    DeviceBusy,
    EnvironmentProblem,
    Unsupported,
)
from suture.ffmpeg.diagnose import blames_input

if TYPE_CHECKING:
    from suture.cancel import CancelToken
    from suture.command.video import VideoBuilder
    from suture.process import Finished

__all__ = ["WATCH", "Trial", "tried"]

# A filter that tells about the pictures that pass it.
WATCH: Final = "showinfo"

_FRAMES: Final = 3
_ATTEMPTS: Final = 3
_HUNG_AFTER_S: Final = 60.0
# Source: libavutil/hwcontext_vulkan.c, which lists devices as "0: llvmpipe (…) (software) (0x0)".
_DEVICE: Final = re.compile(r"Device \d+ selected: (.+?)(?: \(0x[0-9a-f]+\))?$", re.MULTILINE)
_KINDS_OF_DEVICE: Final = re.compile(r" \((integrated|discrete|virtual|unknown)\)$")
# Source: libavfilter/vf_scale_vulkan.c of 5.1, which takes -1 and -2 for sizes of unsigned integers.
_NO_SIDE: Final = re.compile(r"429496729[45]")
_RANGE: Final = re.compile(r"color_range:(tv|pc)\b")
_TICK: Final = re.compile(r"config in time_base: (\d+)/(\d+)")
_SHAPE: Final = re.compile(r"^#sar 0: (\d+)/(\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of it.

    Args:
        device: the device's name, with ``(software)`` where it is none; empty where ffmpeg does not tell.
        shape: the sample aspect ratio of what came out, 0 where it has none.
        color_range: what `WATCH` saw of its range, ``tv`` or ``pc``; empty where that is not known.
        tick: what `WATCH` saw of the clock behind the filters, in seconds; None where that is not known.
    """

    device: str = ""
    shape: Fraction = Fraction(0)
    color_range: str = ""
    tick: Fraction | None = None


def tried(command: VideoBuilder, folder: str, cancel: CancelToken | None = None) -> Trial | None:
    """Make the first frames of a piece.

    Returns:
        What was seen; None where the source gives no frame, or the device is in use: that proves nothing either way.

    Raises:
        CommandCancelled: it was stopped.
        Unsupported: a device or a capability is missing.
        ConfigError: a filter or the encoder does not know an option.
    """
    listing = Path(folder) / f"{command.id}.trial"
    options = (*command.options, "-f", "framemd5")
    trial = replace(command, output_path=str(listing), frames=_FRAMES, options=options)
    try:
        return _ran(trial, listing, cancel)
    except (CommandCancelled, EnvironmentProblem):
        raise
    except DeviceBusy:
        return None
    except CommandError as error:
        if blames_input(error.returncode or 0, error.stderr):
            return None
        raise _refusal(error, command) from error
    finally:
        listing.unlink(missing_ok=True)


def _ran(trial: VideoBuilder, listing: Path, cancel: CancelToken | None) -> Trial | None:
    context = RunContext(stall_timeout_s=_HUNG_AFTER_S)
    context = context if cancel is None else replace(context, cancel=cancel)
    finished = _finished(trial, context)
    shape = _SHAPE.search(listing.read_text())
    device = _DEVICE.search(finished.stderr_tail)
    name = _KINDS_OF_DEVICE.sub("", device[1]) if device else ""
    seen = _RANGE.search(finished.stderr_tail)
    ratio = Fraction(int(shape[1]), int(shape[2]) or 1) if shape else None
    tick = _TICK.search(finished.stderr_tail)
    base = Fraction(int(tick[1]), int(tick[2])) if tick else None
    return None if ratio is None else Trial(name, ratio, seen[1] if seen else "", base)


def _finished(trial: VideoBuilder, context: RunContext) -> Finished:
    """The end of a run that names the device; of a failure the account that is not lost among the talk."""
    for _ in range(_ATTEMPTS):
        try:
            return run_command_line(_talking(trial.command_line()), context, trial.id)[0]
        except CommandCrashed:  # drivers do, now and then, and the next time not
            continue
        except CommandCancelled:
            raise
        except CommandError:
            break
    return run_command_line(trial.command_line(), context, trial.id)[0]


def _talking(argv: list[str]) -> list[str]:
    """The same, naming the device that it opens."""
    level = argv.index("-loglevel") + 1
    return [*argv[:level], "level+verbose", *argv[level + 1 :]]


def _refusal(error: CommandError, command: VideoBuilder) -> EnvironmentProblem | ConfigError:
    """Why it can't be done here, as the reason that ffmpeg gives."""
    reason = error.message.partition(" failed: ")[2] or error.message
    filters = [text for text in command.filters if not text.startswith(("trim=", "setpts=", "settb=", WATCH))]
    encoder = "" if command.codec in {"", "rawvideo"} else f"-c:v {command.codec}"
    what = " with ".join(filter(None, [f"-vf {','.join(filters)!r}" if filters else "", encoder]))
    if _NO_SIDE.search(reason):
        return Unsupported(f"{what}: this ffmpeg's filter knows no -1 or -2 for a side", "name width and height")
    if reason.startswith("an option") or (encoder and reason.startswith("the encoder can't take")):
        return ConfigError(f"{what} can't be set up: {reason}", error.hint)
    return Unsupported(f"{what} does not run on this machine: {reason}", error.hint or "choose software filters")
