"""A parser that crashes, hangs, prints or lies in its child process is only an error here."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from suture import process
from suture.errors import (
    CommandCancelled,
    CommandFailed,
    CommandTimeout,
    ConfigError,
    ProbeError,
    VerificationError,
)
from suture.forks import Forks
from suture.media import isolated
from suture.process import CancelToken, python_argv, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.fault

PARSERS = """
import ctypes, os, signal, sys, time
from suture.errors import CommandFailed, VerificationError

def echo(**arguments):
    return arguments

def noisy(path):
    print("progress 1")
    print('result {"path": "a lie"}', flush=True)
    os.write(1, b"result 7\\n")
    return path

def segfault(path):
    ctypes.string_at(0)

def killed(path):
    os.kill(os.getpid(), signal.SIGKILL)

def leaves(path):
    os._exit(0)

def falls(path):
    raise MemoryError("no room for it")

def ours(path):
    raise VerificationError("not equal", "look again")

def command(path):
    raise CommandFailed("it broke", "try again", ["ffmpeg", path], -9, "last words")

def hangs(path, pid_file):
    open(pid_file, "w").write(str(os.getpid()))
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(60)

def works(path, on_progress):
    for n in range(6):
        time.sleep(0.2)
        on_progress({"packets": n})
    return "done"

def big(path):
    return ["x" * 1000] * 5000
"""


CHILD = """
import sys
from suture.media import child
child.FUNCTIONS.update({name: f"parsers:{name}" for name in sys.argv[1:]})
sys.exit(child.main())
"""


@pytest.fixture(params=["executed", "forked"])
def call(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Any]]:
    """`isolated.call` with a child that knows the parsers above, started in one way, then in the other."""
    (tmp_path / "parsers.py").write_text(PARSERS, encoding="utf-8")
    (tmp_path / "parser_child.py").write_text(CHILD, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(isolated, "python_argv", lambda _, name: python_argv("parser_child", name))
    if request.param == "executed":
        yield isolated.call
    elif sys.platform != "linux":
        pytest.skip("the fork server is Linux's")
    else:
        monkeypatch.setattr(Forks, "_inherited", lambda _: None)  # pytest changes the environment
        with serving():
            monkeypatch.setattr(process, "execute", lambda argv, **_: pytest.fail(f"not forked: {argv}"))
            yield isolated.call


def test_arguments_and_answers_cross_unchanged(call: Callable[..., Any]) -> None:
    """Whatever JSON can hold, also names that are no UTF-8 and line ends in them."""
    sent = {"path": "a\n\udce9 'b'", "list": [1, None, 2.5, {"x": True}]}
    assert call("echo", **sent) == sent


def test_what_libraries_print_is_not_an_answer(call: Callable[..., Any]) -> None:
    """Even when it looks exactly like one, from Python or from C."""
    assert call("noisy", path="the truth") == "the truth"


def test_a_crash_is_an_error_that_names_signal_and_file(call: Callable[..., Any]) -> None:
    """SIGSEGV in the parser does not take us down."""
    with pytest.raises(ProbeError, match=r"parser crashed \(signal 11, SIGSEGV\) on 'x.mkv'"):
        call("segfault", path="x.mkv")
    with pytest.raises(ProbeError, match=r"signal 9, SIGKILL"):
        call("killed", path="x.mkv")


def test_an_end_without_an_answer_is_an_error(call: Callable[..., Any]) -> None:
    """Exit code 0 alone proves nothing; an exception is named by its last line."""
    with pytest.raises(ProbeError, match="no answer"):
        call("leaves", path="x.mkv")
    with pytest.raises(ProbeError, match=r"failed on 'x.mkv': MemoryError: no room for it"):
        call("falls", path="x.mkv")


def test_our_errors_cross_as_they_are(call: Callable[..., Any]) -> None:
    """Same class, message, hint and facts."""
    with pytest.raises(VerificationError) as caught:
        call("ours", path="x")
    assert (caught.value.message, caught.value.hint) == ("not equal", "look again")
    with pytest.raises(CommandFailed) as failed:
        call("command", path="x")
    assert (failed.value.command, failed.value.returncode) == (("ffmpeg", "x"), -9)
    assert failed.value.stderr == "last words"


def test_a_hang_ends_in_time_and_leaves_no_process(call: Callable[..., Any], tmp_path: Path) -> None:
    """Silence for timeout_s is a hang, and a child that ignores SIGTERM is killed."""
    pid_file = tmp_path / "pid"
    begin = time.monotonic()
    with pytest.raises(CommandTimeout, match=r"nothing for 0.7 s on 'x.mkv'"):
        call("hangs", timeout_s=0.7, path="x.mkv", pid_file=str(pid_file))
    assert time.monotonic() - begin < 15
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


def test_progress_arrives_and_counts_as_life(call: Callable[..., Any]) -> None:
    """A function that reports may take longer than timeout_s."""
    heard: list[Any] = []
    assert call("works", timeout_s=0.8, on_progress=heard.append, path="x") == "done"
    assert heard == [{"packets": n} for n in range(6)]


def test_a_cancelled_call_says_so(call: Callable[..., Any]) -> None:
    """A token that is set keeps the child from being started."""
    token = CancelToken()
    token.cancel()
    with pytest.raises(CommandCancelled):
        call("echo", cancel=token, path="x")


def test_a_large_answer_arrives_whole(call: Callable[..., Any]) -> None:
    """Five megabytes on one line."""
    assert call("big", path="x") == ["x" * 1000] * 5000


def test_an_unknown_function_is_refused_by_the_child() -> None:
    """The registry is explicit: a name from outside can't call anything else."""
    with pytest.raises(ConfigError, match=r"'os.system'"):
        isolated.call("os.system", path="x")


def test_the_real_child_probes(tmp_path: Path) -> None:
    """The registered functions load: a text file is refused by the real one."""
    (tmp_path / "a.txt").write_text("words", encoding="utf-8")
    with pytest.raises(ProbeError, match="as media"):
        isolated.call("probe", path=str(tmp_path / "a.txt"))
    with pytest.raises(ProbeError, match="as media"):
        isolated.call("index", path=str(tmp_path / "a.txt"), stream_index=0)
