"""Stubborn children: whatever they do, `run` comes back, nothing of them is left, and the bill is right."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from suture import process
from suture.errors import CommandFailed, ConfigError, EnvironmentProblem, FFmpegNotFound
from suture.forks import Forks
from suture.process import CancelToken, Finished, python_argv, run, serving, terminate_all
from suture.warden import Warden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Python: TypeAlias = Callable[[str], list[str]]

pytestmark = pytest.mark.fault

FAKE = Path(__file__).parents[1] / "fake_ffmpeg.py"


def executed(code: str) -> list[str]:
    """The argument list of a child that runs this code."""
    return [sys.executable, "-S", "-E", "-c", textwrap.dedent(code)]


def forked(code: str) -> list[str]:
    """The same, of a child that the fork server can give."""
    return python_argv("run_code", textwrap.dedent(code))


@pytest.fixture(scope="module")
def server() -> Iterator[None]:
    """A fork server that finds `run_code`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(FAKE.parent))
        patch.setattr(Forks, "_inherited", lambda _: None)  # pytest changes the environment for each test
        with serving():
            yield


@pytest.fixture(params=["executed", "forked"])
def python(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Python:
    """Gives the argument list of a child that runs some code; `run` starts it in one way, then in the other."""
    if request.param == "executed":
        return executed
    if sys.platform != "linux":
        pytest.skip("the fork server is Linux's")
    request.getfixturevalue("server")
    monkeypatch.setattr(process, "execute", lambda argv, **_: pytest.fail(f"not forked: {argv}"))
    return forked


def fake(orders: str, **kwargs: object) -> Finished:
    """Run the stand-in for ffmpeg under these orders."""
    env = {**os.environ, "FAKE_FFMPEG": "no_output " + orders}
    return run([sys.executable, "-S", "-E", str(FAKE)], env=env, **kwargs)  # type: ignore[arg-type]


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def gone_within(pid: int, seconds: float) -> bool:
    """Whether a process ends in this time."""
    give_up_at = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < give_up_at:
        time.sleep(0.01)
    return not alive(pid)


def cancel_after(seconds: float) -> CancelToken:
    """A token that somebody cancels in a moment."""
    token = CancelToken()
    timer = threading.Timer(seconds, token.cancel)
    timer.daemon = True
    timer.start()
    return token


def open_files() -> int:
    """How many descriptors this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


class Collected(list[str]):
    """The lines of stdout; every line counts as progress."""

    def __call__(self, line: str) -> bool:
        """Keep it."""
        self.append(line)
        return True


class TestAnOrdinaryChild:
    """What `run` gives back."""

    def test_exit_code_lines_and_tail(self, python: Python) -> None:
        """The exit code, every line of stdout and the end of stderr arrive."""
        lines = Collected()
        code = "import sys; print('a'); print('b'); print('oops', file=sys.stderr); sys.exit(3)"
        finished = run(python(code), on_stdout=lines)
        assert (finished.returncode, lines, finished.stderr_tail) == (3, ["a", "b"], "oops")
        assert not finished.cancelled
        assert not finished.stalled

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
    def test_death_by_signal_is_negative(self, number: signal.Signals) -> None:
        """A signal that nobody here sent shows in the exit code and is no cancellation."""
        finished = fake(f"signal={number.value}")
        assert finished.returncode == -number
        assert not finished.cancelled

    def test_a_last_line_without_an_end_arrives(self, python: Python) -> None:
        """What stands after the last newline is a line too."""
        lines = Collected()
        run(python("import sys; sys.stdout.write('one\\ntwo')"), on_stdout=lines)
        assert lines == ["one", "two"]

    def test_a_huge_line_arrives_whole(self, python: Python) -> None:
        """A line of megabytes is one line."""
        lines = Collected()
        run(python("print('x' * 8_000_000)"), on_stdout=lines)
        assert [len(line) for line in lines] == [8_000_000]

    def test_stdin_is_closed(self, python: Python) -> None:
        """A child that reads finds the end at once, even when we have a terminal."""
        lines = Collected()
        run(python("import sys; print(repr(sys.stdin.read()))"), on_stdout=lines)
        assert lines == ["''"]

    def test_a_large_stdin_and_stdout_do_not_block_each_other(self) -> None:
        """A child that echoes more than a pipe holds gets all of it and gives all of it."""
        data = b"0123456789abcde\n" * 40_000
        lines = Collected()
        finished = run(["cat"], stdin=data, on_stdout=lines)
        assert finished.returncode == 0
        assert "\n".join(lines).encode() + b"\n" == data

    def test_a_child_that_does_not_read_its_stdin(self) -> None:
        """An unread stdin is no error."""
        assert run(["true"], stdin=b"x" * 1_000_000).returncode == 0

    def test_cpu_time_is_the_childs_and_its_childrens(self, python: Python) -> None:
        """Work of a grandchild that the child waited for is on the bill."""
        work = "import time\nwhile time.process_time() < 0.3: pass"
        code = f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-E', '-c', {work!r}])"
        assert 0.3 <= run(python(code)).cpu_seconds < 3

    def test_memory_is_the_childs_not_ours(self, python: Python) -> None:
        """A small child of a large process is small, a large one large."""
        ballast = bytearray(b"x") * 150_000_000
        small = run(python("import time; time.sleep(0.3)")).peak_memory_bytes
        large = run(python("x = bytearray(b'x') * 400_000_000")).peak_memory_bytes
        ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        assert 1_000_000 < small < 100_000_000 < len(ballast) < ours < large

    def test_it_has_a_session_of_its_own(self, python: Python) -> None:
        """A Ctrl-C on our terminal does not reach the child."""
        lines = Collected()
        run(python("import os; print(os.getsid(0) == os.getpid() == os.getpgid(0))"), on_stdout=lines)
        assert lines == ["True"]

    def test_many_at_once_and_nothing_is_lost(self) -> None:
        """Threads that run short children all day get every exit code and lose no descriptor."""
        run(["true"])
        before = open_files()
        with ThreadPoolExecutor(8) as pool:
            codes = list(pool.map(lambda n: run(["sh", "-c", f"exit {n}"]).returncode, range(120)))
        assert codes == list(range(120))
        assert open_files() == before

    def test_python_children_do_not_import_from_the_current_folder(self, tmp_path: Path) -> None:
        """A file that happens to be called like a module does not get in."""
        (tmp_path / "platform.py").write_text("print('intruder')")
        lines = Collected()
        assert run(python_argv("platform"), cwd=tmp_path, on_stdout=lines).returncode == 0
        assert lines
        assert "intruder" not in lines


class TestStderr:
    """The undrained pipe is this trade's most repeated bug."""

    def test_a_flood_does_not_block_and_is_bounded(self, tmp_path: Path) -> None:
        """Megabytes of stderr are read, logged whole, and remembered in part."""
        log = tmp_path / "logs" / "v0.log"
        finished = fake("flood=5000000 exit=1", log_path=log)
        assert finished.returncode == 1
        assert 20_000 < len(finished.stderr_tail) <= 32_000
        assert log.stat().st_size > 5_000_000

    def test_it_is_read_while_on_stdout_is_busy(self, python: Python) -> None:
        """A slow callback does not stop the reading of stderr."""
        seen: list[str] = []

        def slow(line: str) -> bool:
            time.sleep(0.5)
            seen.append(line)
            return True

        code = """
            import sys, time
            print("go", flush=True)
            begin = time.monotonic()
            sys.stderr.write("x" * 1_000_000)
            print(time.monotonic() - begin < 0.4, flush=True)
        """
        run(python(code), on_stdout=slow)
        assert seen == ["go", "True"]

    def test_progress_that_rewrites_itself_collapses(self, python: Python) -> None:
        """Of lines that overwrite each other the tail holds the last, and it holds the error before them."""
        code = """
            import sys
            print("the cause", file=sys.stderr)
            for n in range(5000): sys.stderr.write(f"frame={n} fps=1 q=1 size=1 time=00:00:00\\r")
            print("\\nend", file=sys.stderr)
        """
        lines = run(python(code)).stderr_tail.splitlines()
        assert lines == ["the cause", "frame=4999 fps=1 q=1 size=1 time=00:00:00", "end"]

    def test_the_log_begins_with_the_command_and_keeps_earlier_attempts(self, tmp_path: Path) -> None:
        """A log can be read without us, and a second attempt does not hide the first."""
        log = tmp_path / "x.log"
        for word in ("first", "second"):
            run(["sh", "-c", f"echo {word} >&2"], log_path=log)
        expected = "$ sh -c 'echo {0} >&2'\n{0}\n"
        assert log.read_text() == expected.format("first") + expected.format("second")

    def test_a_log_without_room_is_given_up(self) -> None:
        """A full disk under the log loses the log, not the encode."""
        finished = fake("flood=300000", log_path=Path("/dev/full"))
        assert finished.returncode == 0
        assert len(finished.stderr_tail) > 20_000


class TestStopping:
    """SIGTERM, grace, SIGKILL, always reaped."""

    def test_cancel_is_quick(self) -> None:
        """A willing child is gone soon after the token is set, and the account says why."""
        finished = fake("hang=60", cancel=cancel_after(0.3))
        assert finished.cancelled
        assert finished.returncode == -signal.SIGTERM
        assert finished.wall_seconds < 2

    def test_a_cancelled_token_starts_nothing(self, tmp_path: Path) -> None:
        """Who comes too late is not even started."""
        token = CancelToken()
        token.cancel()
        finished = run(["touch", str(tmp_path / "started")], cancel=token)
        assert finished.cancelled
        assert not (tmp_path / "started").exists()

    def test_who_ignores_sigterm_is_killed_after_the_grace(self) -> None:
        """Deafness does not help."""
        finished = fake("ignore_term hang=60", cancel=cancel_after(0.5), grace_s=0.4)
        assert finished.returncode == -signal.SIGKILL
        assert finished.cancelled
        assert 0.8 < finished.wall_seconds < 5

    def test_who_ends_in_the_grace_keeps_its_exit_code_and_last_words(self, python: Python) -> None:
        """A child may clean up on SIGTERM; what it says then is heard."""
        code = """
            import os, signal, sys, time
            def leave(*_):
                os.write(1, b"bye\\n"); sys.exit(255)
            signal.signal(signal.SIGTERM, leave)
            os.write(1, b"ready\\n")
            time.sleep(60)
        """
        lines = Collected()
        token = CancelToken()

        def on_line(line: str) -> bool:
            token.cancel()
            return lines(line)

        finished = run(python(code), on_stdout=on_line, cancel=token)
        assert (finished.returncode, finished.cancelled, lines) == (255, True, ["ready", "bye"])

    def test_silence_is_a_stall(self) -> None:
        """Without output for too long, it is stopped, and the account says so."""
        finished = fake("progress=3 hang=60", stall_timeout_s=0.4)
        assert finished.stalled
        assert not finished.cancelled
        assert finished.wall_seconds < 3

    def test_output_without_progress_is_a_stall(self, python: Python) -> None:
        """Reports that always say the same do not count, however many come, and neither does stderr."""
        code = """
            import sys, time
            while True:
                print("frame=0", flush=True); print("warning", file=sys.stderr, flush=True); time.sleep(0.02)
        """
        finished = run(python(code), on_stdout=lambda _: False, stall_timeout_s=0.5)
        assert finished.stalled
        assert finished.wall_seconds < 3

    def test_steady_progress_is_no_stall(self) -> None:
        """A slow child lives, as long as it moves."""
        finished = fake("progress=8 pause=0.15", stall_timeout_s=0.6, on_stdout=lambda _: True)
        assert not finished.stalled
        assert finished.returncode == 0
        assert finished.wall_seconds > 1

    def test_a_child_that_closed_its_pipes_can_be_stopped(self, python: Python) -> None:
        """Deaf and dumb, but not immortal."""
        code = "import os, time; os.close(1); os.close(2); time.sleep(60)"
        finished = run(python(code), cancel=cancel_after(0.4))
        assert finished.cancelled
        assert finished.wall_seconds < 2

    def test_an_exception_of_the_callback_kills_the_child(self, python: Python) -> None:
        """What on_stdout raises comes out, and the child is gone by then."""
        pids: list[int] = []

        def on_line(line: str) -> bool:
            pids.append(int(line))
            raise LookupError(line)

        with pytest.raises(LookupError):
            run(python("import os, time; print(os.getpid(), flush=True); time.sleep(60)"), on_stdout=on_line)
        assert not alive(pids[0])

    def test_keyboard_interrupt_kills_the_child(self, python: Python) -> None:
        """Ctrl-C in the thread that waits leaves nothing behind."""
        pids: list[int] = []

        def on_line(line: str) -> bool:
            pids.append(int(line))
            os.kill(os.getpid(), signal.SIGINT)
            return True

        with pytest.raises(KeyboardInterrupt):
            run(python("import os, time; print(os.getpid(), flush=True); time.sleep(60)"), on_stdout=on_line)
        assert not alive(pids[0])


class TestGrandchildren:
    """A child is a group."""

    def test_who_stays_behind_is_killed(self) -> None:
        """A grandchild that holds the pipes neither keeps us waiting nor stays."""
        lines = Collected()
        finished = run(["sh", "-c", "sleep 60 & echo $!"], on_stdout=lines)
        assert finished.returncode == 0
        assert finished.wall_seconds < 2
        assert gone_within(int(lines[0]), 1)

    def test_cancel_reaches_the_whole_group(self) -> None:
        """SIGTERM and SIGKILL go to all of it."""
        lines = Collected()
        script = "trap '' TERM; sleep 60 & echo $!; wait; sleep 60"
        finished = run(["sh", "-c", script], on_stdout=lines, cancel=cancel_after(0.3), grace_s=0.3)
        assert finished.cancelled
        assert gone_within(int(lines[0]), 1)

    def test_a_stranger_that_holds_the_pipes_is_not_waited_for(self, python: Python) -> None:
        """A grandchild with a session of its own can't be found by its group; we go on without it."""
        lines = Collected()
        code = """
            import os, time
            if os.fork() == 0:
                os.setsid(); print(os.getpid(), flush=True); time.sleep(30); os._exit(0)
            time.sleep(0.3)
        """
        begin = time.monotonic()
        assert run(python(code), on_stdout=lines).returncode == 0
        assert time.monotonic() - begin < 5
        os.kill(int(lines[0]), signal.SIGKILL)

    def test_the_fake_ffmpegs_grandchild(self) -> None:
        """The same by the stand-in that others use."""
        assert fake("grandchild=30 exit=1").wall_seconds < 3


class TestTerminateAll:
    """The second Ctrl-C."""

    def test_all_share_one_deadline(self) -> None:
        """Four deaf children take as long as one, and every call of run comes back as cancelled."""
        ends: list[Finished] = []
        threads = [
            threading.Thread(target=lambda: ends.append(fake("ignore_term hang=60", grace_s=30))) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        time.sleep(1.0)
        begin = time.monotonic()
        terminate_all(0.5)
        for thread in threads:
            thread.join(5)
        assert time.monotonic() - begin < 2.5
        assert [(end.returncode, end.cancelled) for end in ends] == [(-signal.SIGKILL, True)] * 4

    def test_with_nothing_in_flight(self) -> None:
        """It returns at once."""
        begin = time.monotonic()
        terminate_all(5)
        assert time.monotonic() - begin < 0.5

    def test_run_works_afterwards(self) -> None:
        """A library's next job is not touched by the end of the last."""
        terminate_all(0)
        assert run(["true"]).returncode == 0


SUTURE = """
import os, sys, threading, time
from suture.process import run
def work():
    run(["sh", "-c", "trap '' TERM; sleep 61 & echo $$ $!; wait; sleep 62"], on_stdout=say, grace_s=60)
def say(line):
    print(line, flush=True)
    return True
thread = threading.Thread(target=work, daemon=True)
thread.start()
time.sleep(0.5)
if sys.argv[2:] and os.fork() == 0:
    time.sleep(5)
    os._exit(0)
time.sleep(float(sys.argv[1]))
"""


def start_suture(seconds: float, *words: str) -> tuple[subprocess.Popen[str], list[int]]:
    """A process that uses `run`, and the pids of what it has started."""
    suture = subprocess.Popen(
        [sys.executable, "-c", SUTURE, str(seconds), *words],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert suture.stdout is not None
    return suture, [int(word) for word in suture.stdout.readline().split()]


class TestTheEndOfSuture:
    """However we end, nothing of ours runs on."""

    def test_exit_stops_what_daemon_threads_run(self) -> None:
        """At interpreter exit, deaf children are killed too."""
        suture, pids = start_suture(1)
        with suture:
            assert suture.wait(10) == 0
        assert len(pids) == 2
        assert not any(alive(pid) for pid in pids)

    def test_exit_gives_them_time_to_clean_up(self, tmp_path: Path) -> None:
        """At interpreter exit a willing child gets SIGTERM first, as ever."""
        trace = tmp_path / "cleaned"
        child = f"trap 'touch {trace}; exit' TERM; echo ready; sleep 61 & wait"
        code = f"""
            import threading, suture.process as p
            ready = threading.Event()
            on_line = lambda line: ready.set() or True
            argv = ["sh", "-c", {child!r}]
            threading.Thread(target=p.run, args=(argv,), kwargs=dict(on_stdout=on_line), daemon=True).start()
            ready.wait()
        """
        subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, timeout=10)
        assert trace.exists()

    def test_every_child_is_reported_to_the_warden_and_off_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Its number is given back when it ended, before somebody else can have it."""
        told: list[tuple[str, int]] = []
        monkeypatch.setattr(process._warden, "tell", lambda what, group: told.append((what, group)))
        lines = Collected()
        run(["sh", "-c", "echo $$"], on_stdout=lines)
        assert told == [("+", int(lines[0])), ("-", int(lines[0]))]

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
    def test_sudden_death(self, number: signal.Signals) -> None:
        """Killed without a word, we take our children with us."""
        suture, pids = start_suture(60)
        with suture:
            suture.send_signal(number)
            assert suture.wait(10) == -number
        assert len(pids) == 2
        assert all(gone_within(pid, 3) for pid in pids)

    def test_the_warden_kills_those_in_flight_and_no_others(self) -> None:
        """What was seen to its end is not killed: its number may be somebody else's by then."""
        sleepers = [subprocess.Popen(["sleep", "60"], start_new_session=True) for _ in range(3)]
        warden = Warden()
        warden.marked({})
        for sleeper in sleepers:
            warden.tell("+", sleeper.pid)
        warden.tell("-", sleepers[1].pid)
        warden.dismiss()
        gone = [gone_within(sleeper.pid, 0.3) for sleeper in sleepers]
        for sleeper in sleepers:
            sleeper.kill()
            sleeper.wait()
        assert gone == [True, False, True]

    def test_a_child_that_nobody_was_told_of_is_killed_too(self) -> None:
        """Who dies between starting a child and telling of it leaves no orphan: the child's environment tells."""
        code = """if True:
            import suture.process as p
            p.Warden.tell = lambda *_: None
            p.run(["sh", "-c", "echo $$; exec sleep 61"], on_stdout=lambda line: print(line, flush=True) or True)
        """
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as suture:
            assert suture.stdout is not None
            child = int(suture.stdout.readline())
            suture.kill()
        if not Path("/proc/self/environ").exists():
            os.kill(child, signal.SIGKILL)
            pytest.skip("there is no /proc here")
        assert gone_within(child, 3)

    def test_a_warden_that_was_killed_is_replaced(self) -> None:
        """And the new one knows the children that the old one knew, by their environment."""
        code = """if True:
            import os, signal, threading, time, suture.process as p
            say = lambda line: print(line, flush=True) or True
            work = lambda: p.run(["sh", "-c", "echo $$; exec sleep 61"], on_stdout=say)
            threading.Thread(target=work, daemon=True).start()
            time.sleep(0.5)
            p._warden._process.kill()
            p._warden._process.wait()
            work()
        """
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as suture:
            assert suture.stdout is not None
            children = [int(suture.stdout.readline()) for _ in range(2)]
            suture.kill()
        if not Path("/proc/self/environ").exists():
            for child in children:
                os.kill(child, signal.SIGKILL)
            pytest.skip("there is no /proc here")
        assert all(gone_within(child, 3) for child in children)

    def test_a_fork_of_ours_does_not_keep_our_children_alive(self) -> None:
        """A forked process (a pool of somebody's) neither owns what we started nor hides our death."""
        suture, pids = start_suture(60, "fork")
        time.sleep(1)
        with suture:
            suture.kill()
            assert all(gone_within(pid, 2) for pid in pids)


class TestNotStarted:
    """A child that can't be started is one clear error."""

    def test_no_such_program(self) -> None:
        """A missing program is a missing ffmpeg, and a FileNotFoundError, with a hint."""
        with pytest.raises(FFmpegNotFound, match="no-such-program") as caught:
            run(["/no-such-program"])
        assert "--ffmpeg" in caught.value.hint
        assert isinstance(caught.value, FileNotFoundError)

    def test_not_executable(self, tmp_path: Path) -> None:
        """A file without the permission says how to give it."""
        path = tmp_path / "ffmpeg"
        path.write_text("#!/bin/sh\n")
        with pytest.raises(EnvironmentProblem, match="Permission denied") as caught:
            run([str(path)])
        assert "executable" in caught.value.hint

    def test_not_a_program(self, tmp_path: Path) -> None:
        """A file of another machine, or of none, is named as such."""
        path = tmp_path / "ffmpeg"
        path.write_bytes(b"\x7fNOT")
        path.chmod(0o755)
        with pytest.raises(EnvironmentProblem, match="format"):
            run([str(path)])

    def test_no_such_folder(self, tmp_path: Path) -> None:
        """A missing cwd is not a missing program."""
        with pytest.raises(EnvironmentProblem, match="no such folder") as caught:
            run(["true"], cwd=tmp_path / "nowhere")
        assert not isinstance(caught.value, FFmpegNotFound)

    def test_a_nul_in_an_argument(self) -> None:
        """Wrong settings, not a broken machine."""
        with pytest.raises(ConfigError):
            run(["true", "a\0b"])

    def test_too_long_a_command_line(self) -> None:
        """Trying again would not make it shorter."""
        with pytest.raises(CommandFailed, match="Argument list too long") as caught:
            run(["true", "x" * 3_000_000])
        assert not caught.value.retryable

    def test_too_many_open_files(self) -> None:
        """Later there may be room: it is worth another try, and no descriptor is lost."""
        run(["true"])
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        before = open_files()
        resource.setrlimit(resource.RLIMIT_NOFILE, (before + 1, limits[1]))
        try:
            with pytest.raises(CommandFailed, match="Too many open files") as caught:
                run(["true"])
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert caught.value.retryable
        assert open_files() == before


class TestToken:
    """A wish to stop."""

    def test_callbacks_are_called_once(self) -> None:
        """However often it is cancelled."""
        token, calls = CancelToken(), Collected()
        token.on_cancel(lambda: calls.append("x"))
        token.cancel()
        token.cancel()
        assert calls == ["x"]

    def test_unsubscribed_callbacks_are_not_called(self) -> None:
        """Taken back is taken back, twice too."""
        token, calls = CancelToken(), Collected()
        take_back = token.on_cancel(lambda: calls.append("x"))
        take_back()
        take_back()
        token.cancel()
        assert calls == []

    def test_too_late_is_at_once(self) -> None:
        """Who subscribes to a cancelled token is called at once."""
        token, calls = CancelToken(), Collected()
        token.cancel()
        token.on_cancel(lambda: calls.append("x"))
        assert calls == ["x"]

    def test_wait_ends_when_cancelled(self) -> None:
        """A sleeper wakes up."""
        assert cancel_after(0.05).wait(10)
        assert not CancelToken().wait(0.01)
