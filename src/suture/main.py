"""The command: arguments in, exit code out.

Commands live in `cli` and load when they are called, so that ``suture --help`` costs little. Errors end here:
ours as one line (what, on which thing, why) with what to do and their own exit code, anything else as one
line and a traceback in a file.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys
import time
import traceback
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

import click

from suture.errors import CommandError, SutureError
from suture.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["cli", "main"]

COMMANDS: Final = {
    "encode": "encode one file or several (what suture INPUT does)",
    "plan": "print what encode would do and why",
    "resume": "list unfinished jobs, or go on with one",
    "probe": "print streams, chapters, attachments and, if asked, the frame index",
    "verify": "prove that an output holds all of its source",
    "compare": "measure how good a file is beside its reference: VMAF, XPSNR, SSIM, PSNR",
    "report": "make a page of what a job did: timeline, pieces, decisions, settings",
    "presets": "list, show and save presets",
    "clean": "remove what finished or abandoned jobs left behind",
    "completion": "print a completion script for bash, zsh or fish",
}
# Plumbing: the steps of a plan that are ours, for scripts that `suture plan --format sh` printed.
HIDDEN: Final = ("index", "join", "loudness", "publish", "splice")
_OWN_OPTIONS = ("--help", "-h", "--version")
USAGE, INTERRUPTED, PIPE_CLOSED = 2, 130, 141


class _Commands(click.Group):
    """Loads `suture.cli.NAME` when it is called; what is no command is encode's INPUT."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's interface
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name in HIDDEN:
            module, name = "plumbing", cmd_name
        elif cmd_name in COMMANDS:
            module, name = cmd_name, "command"
        else:
            return None
        command: click.Command = getattr(importlib.import_module(f"suture.cli.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in _OWN_OPTIONS and not self._names_command(args[0]):
            args = ["encode", *args]
        return super().parse_args(ctx, args)

    def _names_command(self, word: str) -> bool:
        """Whether it is a command; a misspelled one, of which no file is there, is refused."""
        if word in COMMANDS or word in HIDDEN:
            return True
        near = get_close_matches(word, COMMANDS, n=1, cutoff=0.75)
        if near and not word.startswith("-") and not os.path.lexists(word):
            raise click.UsageError(f"no such command or file: {word!r}, did you mean {near[0]!r}?")
        return False


def _print_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's
    if wanted:
        click.echo(importlib.import_module("suture.cli.versions").text(__version__))
        ctx.exit()


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="`suture COMMAND --help` explains a command.",
    no_args_is_help=True,
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print versions.",
)
def cli() -> None:
    """Cut a film into pieces, encode them in parallel, and sew them back without a visible seam.

    `suture INPUT` is `suture encode INPUT`.
    """


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit code.

    0 done, 1 failed, 2 wrong usage or settings, 3 part of a batch failed, 4 verification failed, 5 a tool or
    capability is missing, 130 interrupted, 143 terminated.
    """
    args = list(sys.argv[1:] if argv is None else argv)
    with contextlib.redirect_stderr(_Unfailing(sys.stderr)):
        return _run(args)


class _Unfailing:
    """stderr, which is for people: where nobody can read it (a full disk, a terminal that is gone), work goes on."""

    def __init__(self, stream: TextIO | None) -> None:
        self._closed = stream is None
        self._stream = stream or io.StringIO()

    def write(self, text: str) -> int:
        """Write, if that can be."""
        with contextlib.suppress(OSError):
            if not self._closed:
                self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, if that can be."""
        with contextlib.suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - all else is the stream's
        return getattr(self._stream, name)


def _run(args: list[str]) -> int:
    try:
        result = cli.main(args=args, prog_name="suture", standalone_mode=False)
        if sys.stdout is not None:  # a caller may have closed it
            sys.stdout.flush()
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        return _pipe_closed()
    except SystemExit as ended:  # click's: 0 after completing a word, 1 when a pipe was closed
        return _pipe_closed() if ended.code else 0
    except (SutureError, click.ClickException, OSError) as error:
        return _expected(error, args)
    except Exception as error:  # noqa: BLE001 - the package's edge: nothing may reach the user as a traceback
        return _unexpected(error, args)
    return result if isinstance(result, int) else 0


def _expected(error: Exception, args: Sequence[str]) -> int:
    """What can go wrong without a defect of ours."""
    if isinstance(error, SutureError):
        return _ours(error, args)
    if isinstance(error, click.UsageError):
        return _usage(error)
    if isinstance(error, click.ClickException):
        return _say(error.format_message(), "", error.exit_code)
    return _say(_system(error), "", 1)


def _say(message: str, hint: str, code: int) -> int:
    """One line for the error, one for what to do; names that hold line ends stay on it."""
    click.echo(f"suture: error: {_one_line(message)}", err=True)
    if hint:
        click.echo(f"        {_one_line(hint)}", err=True)
    return code


def _one_line(text: str) -> str:
    return " ".join(text.splitlines())


def _usage(error: click.UsageError) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return USAGE
    where = error.ctx.command_path if error.ctx else "suture"
    return _say(error.format_message(), f"`{where} --help` lists the options", USAGE)


def _ours(error: SutureError, args: Sequence[str]) -> int:
    _say(error.message, error.hint, error.exit_code)
    reported = hasattr(error, "failures")  # with the job's
    if _talkative(args) and isinstance(error, CommandError) and not reported:
        click.echo(error.details(), err=True)
    return error.exit_code


def _talkative(args: Sequence[str]) -> bool:
    return any(arg == "--verbose" or (arg.startswith("-v") and set(arg[1:]) == {"v"}) for arg in args)


def _system(error: Exception) -> str:
    """An error of the operating system that nobody expected: what and where."""
    what = getattr(error, "strerror", None) or str(error) or type(error).__name__
    name = getattr(error, "filename", None)
    return what if name is None else f"{what}: {name!r}"


def _pipe_closed() -> int:
    """Whoever read our output has gone; be quiet, also when the interpreter flushes at its end."""
    with contextlib.suppress(OSError), Path(os.devnull).open("w", encoding="utf-8") as nothing:
        os.dup2(nothing.fileno(), 1)
    return PIPE_CLOSED


def _unexpected(error: Exception, args: Sequence[str]) -> int:
    """A defect of ours: name it in a line, keep the traceback."""
    text = "".join(traceback.format_exception(error))
    if _talkative(args):
        click.echo(text, err=True)
        hint = "this is a defect of Suture, please report it"
    else:
        hint = f"this is a defect of Suture; details are in {_kept(text)}"
    return _say(f"internal error: {type(error).__name__}: {error}", hint, 1)


def _kept(text: str) -> str:
    """Write a traceback into the user's cache folder; gives its path, or how to see it where that fails."""
    from suture.places import cache_folder  # noqa: PLC0415 - for this rare case only

    path = cache_folder() / f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError:
        return "the same command with -v"
    return str(path)
