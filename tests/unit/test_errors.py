"""The error tree: every class crosses a process border whole, and is what its builtin says."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import TYPE_CHECKING

import pytest

from suture import errors
from suture.errors import CommandError, CommandFailed, SutureError

if TYPE_CHECKING:
    from collections.abc import Callable

ALL: list[type[SutureError]] = [getattr(errors, name) for name in errors.__all__]
COMMANDS = [kind for kind in ALL if issubclass(kind, CommandError)]

BUILTINS: dict[str, type[BaseException]] = {
    "ConfigError": ValueError,
    "EnvironmentProblem": OSError,
    "FFmpegNotFound": FileNotFoundError,
    "Unsupported": NotImplementedError,
    "MediaError": ValueError,
    "CommandError": RuntimeError,
    "DiskFull": OSError,
    "CommandTimeout": TimeoutError,
    "OrchestrationError": RuntimeError,
    "GraphError": ValueError,
    "ResourceError": ValueError,
    "ConcatError": ValueError,
}
EXIT_CODES = {
    "ConfigError": 2,
    "EnvironmentProblem": 5,
    "FFmpegNotFound": 5,
    "Unsupported": 5,
    "VerificationError": 4,
    "CommandCancelled": 130,
    "GraphError": 2,
    "ResourceError": 2,
}
RETRYABLE = {"ChunkError", "CommandCrashed", "CommandFailed", "CommandTimeout", "DeviceBusy", "OutOfMemory"}


def pickled(error: SutureError) -> SutureError:
    """Sent to another process and back."""
    return pickle.loads(pickle.dumps(error))  # type: ignore[no-any-return]  # noqa: S301  # our own bytes


@pytest.mark.parametrize("there_and_back", [pickled, copy.copy, copy.deepcopy])
@pytest.mark.parametrize("kind", ALL)
def test_pickles_with_message_and_hint(
    kind: type[SutureError], there_and_back: Callable[[SutureError], SutureError]
) -> None:
    """Class, message and hint arrive."""
    error = there_and_back(kind("what went wrong", "what to do"))
    assert type(error) is kind
    assert (error.message, error.hint) == ("what went wrong", "what to do")
    assert str(error) == "what went wrong (what to do)"


@pytest.mark.parametrize("kind", COMMANDS)
def test_command_errors_pickle_with_all_their_fields(kind: type[CommandError]) -> None:
    """Command, exit code, stderr and what is known of retrying arrive."""
    for retryable in (True, False):
        error = pickled(kind("m", "h", ["ffmpeg", "-i", "a b"], -9, "last words", retryable))
        assert isinstance(error, CommandError)
        assert error.command == ("ffmpeg", "-i", "a b")
        assert error.returncode == -9
        assert error.stderr == "last words"
        assert error.retryable is retryable


@pytest.mark.parametrize("name", BUILTINS)
def test_is_also_the_builtin_of_the_same_meaning(name: str) -> None:
    """Who catches the builtin catches ours."""
    assert issubclass(getattr(errors, name), BUILTINS[name])


@pytest.mark.parametrize("kind", ALL)
def test_exit_code(kind: type[SutureError]) -> None:
    """The exit codes are those of the specification; what is not named there is 1."""
    assert kind.exit_code == EXIT_CODES.get(kind.__name__, 1)


@pytest.mark.parametrize("kind", ALL)
def test_retryable(kind: type[SutureError]) -> None:
    """Only what may pass by itself is tried again."""
    assert kind("m").retryable is (kind.__name__ in RETRYABLE)


def test_all_are_listed() -> None:
    """No error class of the module is missing in ``__all__``, which these tests go through."""
    defined = {name for name, value in vars(errors).items() if inspect.isclass(value)}
    assert defined == set(errors.__all__)


def test_without_a_hint_the_message_stands_alone() -> None:
    """No empty brackets."""
    assert str(SutureError("what went wrong")) == "what went wrong"


def test_details_are_fit_for_a_shell() -> None:
    """The command line can be pasted, the stderr follows."""
    error = CommandFailed("v0 failed", "", ["ffmpeg", "-i", "it's"], 1, "bad\n")
    assert error.details() == "v0 failed\ncommand: ffmpeg -i 'it'\"'\"'s'\nreturn code: 1\nbad"
