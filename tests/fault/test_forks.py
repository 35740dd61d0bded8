"""Children of the fork server: what executed ones are, whatever happens to the server or to us."""

from __future__ import annotations

import json
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
from typing import TYPE_CHECKING, Any

import pytest

from runs import packets, within
from suture import forks, process
from suture.forks import Forked, Forks
from suture.process import CancelToken, Finished, python_argv, run, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runs import Home

pytestmark = [pytest.mark.fault, pytest.mark.skipif(sys.platform != "linux", reason="the fork server is Linux's")]

# What a program can find out about itself, but for numbers that are never the same.
FACTS = """
    import gc, json, os, resource, signal, sys, threading
    status = open("/proc/self/status").read().splitlines()
    print(json.dumps({
        "signals": [line for line in status if line[:3] in ("Sig", "Shd")],
        "handlers": [str(signal.getsignal(number)).partition(" at ")[0] for number in sorted(signal.valid_signals())],
        "files": [os.path.exists(f"/proc/self/fd/{number}") for number in range(64)],
        "leader": os.getsid(0) == os.getpgid(0) == os.getpid(),
        "cwd": os.getcwd(), "umask": os.umask(0o22), "nice": os.nice(0), "environ": dict(os.environ),
        "limits": [resource.getrlimit(number) for number in range(16)],
        "argv": sys.argv[1:], "path": sys.path, "flags": str(sys.flags), "name": __name__, "prefix": sys.prefix,
        "streams": [(s.encoding, s.errors, s.line_buffering, s.isatty(), s.fileno()) for s in (sys.stdout, sys.stderr)],
        "threads": threading.active_count(), "gc": gc.isenabled(), "stdin": sys.stdin.read(),
    }))
"""
# It starts and ends children in threads, as a job does; what it prints tells of them.
SUTURE = """
    import os, sys, threading, time
    from suture.process import _forks, python_argv, run, serving
    say = lambda line: print(line, flush=True) or True
    child = "import os, signal, time; signal.signal(15, signal.SIG_IGN); print(os.getpid(), flush=True); time.sleep(60)"
    with serving():
        work = lambda: run(python_argv("run_code", child), on_stdout=say)
        threading.Thread(target=work, daemon=True).start()
        say(_forks._server.pid)
        time.sleep(0.7)
        if sys.argv[1] == "fork" and os.fork() == 0:
            time.sleep(5)
            os._exit(0)
        if sys.argv[1] == "ends":
            sys.exit()
        time.sleep(60)
"""


def step(code: str, *words: str) -> list[str]:
    """The argument list of a child that runs this code."""
    return python_argv("run_code", textwrap.dedent(code), *words)


def children() -> set[int]:
    """The processes, also ended ones, that are ours."""
    return {int(pid) for pid in Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()}


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture(autouse=True)
def finds_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children find `run_code`. Pytest changes the environment in each test, which would rule the server out."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    monkeypatch.setattr(Forks, "_inherited", lambda _: None)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How children come to be: gets a word for each."""
    ways: list[str] = []
    start = process._start

    def told(*args: Any, **more: Any) -> Any:
        child = start(*args, **more)
        ways.append("forked" if isinstance(child, Forked) else "executed")
        return child

    monkeypatch.setattr(process, "_start", told)
    return ways


@pytest.fixture
def server(started: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A server."""
    with serving():
        assert process._forks._server is not None
        yield process._forks._server


def lines_of(argv: list[str], **more: Any) -> tuple[Finished, list[str]]:
    """How a child ended, and what it printed."""
    lines: list[str] = []

    def keep(line: str) -> bool:
        lines.append(line)
        return True

    return run(argv, on_stdout=keep, **more), lines


def both(argv: list[str], started: list[str], **more: Any) -> list[tuple[Finished, list[str]]]:
    """The same child executed and forked."""
    ends = [lines_of(argv, **more)]
    with serving():
        ends.append(lines_of(argv, **more))
    assert started == ["executed", "forked"]
    return ends


class TestTheSameChild:
    """Whoever starts a child can't tell how it came to be, and neither can the child."""

    def test_what_a_program_sees(self, started: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Signals, descriptors, session, folder, limits, interpreter: all is what it is after an exec."""
        monkeypatch.chdir(tmp_path)
        (_, (executed,)), (_, (forked,)) = both(step(FACTS, "a", "ü\udce9"), started)
        assert json.loads(executed) == json.loads(forked)

    @pytest.mark.parametrize(
        "code",
        [
            "raise LookupError('no')",
            "import sys; sys.exit('a word')",
            "import sys; sys.exit(300)",
            "import os; os.kill(os.getpid(), 11)",
            "import os; os.kill(os.getpid(), 2)",
            "import os; os._exit(7)",
            "import atexit; atexit.register(print, 'bye'); print('first')",
            "import threading, time; threading.Thread(target=lambda: time.sleep(0.1) or print('late')).start()",
            "import sys; sys.stdout.close()",
        ],
    )
    def test_how_a_program_ends(self, code: str, started: list[str]) -> None:
        """Exit code, what it says at last, what it does at its exit."""
        executed, forked = both(step(code), started)
        assert forked[0].returncode == executed[0].returncode
        assert forked[1] == executed[1]
        assert forked[0].stderr_tail.splitlines()[-1:] == executed[0].stderr_tail.splitlines()[-1:]

    @pytest.mark.usefixtures("server")
    def test_stdin_is_given(self, started: list[str]) -> None:
        """More than a pipe holds arrives, and the end of it."""
        data = b"0123456789abcde\n" * 20_000
        _, lines = lines_of(step("import sys; print(len(sys.stdin.read()))"), stdin=data)
        assert (lines, started) == ([str(len(data))], ["forked"])

    @pytest.mark.usefixtures("server")
    def test_a_log_begins_with_the_command(self, tmp_path: Path) -> None:
        """Also of a forked child."""
        argv = step("import os; os.write(2, b'oops\\n')")
        finished = run(argv, log_path=tmp_path / "x.log")
        assert finished.stderr_tail == "oops"
        first, last = (tmp_path / "x.log").read_text().splitlines()
        assert first.startswith(f"$ {sys.executable} -P -m run_code")
        assert last == "oops"

    @pytest.mark.usefixtures("server")
    def test_the_deaf_are_killed(self) -> None:
        """Cancelled, and silent for too long, with SIGTERM ignored; and all of the group goes."""
        code = """
            import os, signal, time
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.write(1, b'%d\\n' % (os.fork() or os.getpid()))  # at one go: two write here
            time.sleep(60)
        """
        token = CancelToken()
        pids: list[str] = []

        def stop(line: str) -> bool:
            pids.append(line)
            if len(pids) == 2:
                token.cancel()
            return True

        cancelled = run(step(code), on_stdout=stop, cancel=token, grace_s=0.2)
        stalled, more = lines_of(step(code), stall_timeout_s=0.3, grace_s=0.2)
        assert (cancelled.returncode, cancelled.cancelled) == (-signal.SIGKILL, True)
        assert (stalled.returncode, stalled.stalled) == (-signal.SIGKILL, True)
        assert within(3, lambda: not any(alive(int(pid)) for pid in pids + more))

    @pytest.mark.usefixtures("server")
    def test_the_bill_is_its_own(self) -> None:
        """Neither time nor memory of the server is on it, which is busy and holds libraries in its memory."""
        ends = [lines_of(step("x = bytearray(b'x') * 200_000_000"))[0], lines_of(step(""))[0]]
        assert ends[0].peak_memory_bytes > 200_000_000
        assert ends[1].peak_memory_bytes < 100_000_000
        assert 0 <= ends[1].wall_seconds < 5
        assert 0 < ends[1].cpu_seconds < 0.5


class TestMany:
    """All day long."""

    def test_two_hundred_leave_nothing(self, server: subprocess.Popen[bytes], started: list[str]) -> None:
        """No zombie, no descriptor, here or there, and each has its own exit code."""

        def open_files() -> list[int]:
            return [len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in (os.getpid(), server.pid)]

        def ended(number: int) -> int:
            return run(step(f"import os; os._exit({number % 200})")).returncode

        ended(0)
        before, ours = open_files(), children()
        with ThreadPoolExecutor(4) as pool:
            codes = list(pool.map(ended, range(100)))
        codes += [ended(number) for number in range(100, 200)]
        assert codes == list(range(200))
        assert started == ["forked"] * 201
        assert within(3, lambda: open_files() == before)
        assert children() == ours
        assert Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text() == ""

    def test_it_lives_as_long_as_somebody_holds_it(self, started: list[str]) -> None:
        """Blocks may be nested, and a child that runs holds it, too; afterwards it is gone."""
        with serving(), serving():
            server = process._forks._server
            assert server is not None
            with serving():
                assert process._forks._server is server
            thread = threading.Thread(target=run, args=(step("import time; time.sleep(1)"),))
            thread.start()
            assert within(10, lambda: started == ["forked"])
        assert alive(server.pid)
        thread.join()
        assert within(3, lambda: process._forks._server is None)
        assert not Path(f"/proc/{server.pid}").exists()
        run(step(""))
        assert started == ["forked", "executed"]

    def test_nobody_waits_for_it(self) -> None:
        """Opening takes milliseconds; who opens it in vain has lost nothing."""

        def opened() -> float:
            begin = time.monotonic()
            with serving():
                return time.monotonic() - begin

        run(["true"])  # the warden is there
        assert min(opened() for _ in range(5)) < 0.02


class TestWithoutServer:
    """Never a failure because of the server."""

    @pytest.mark.parametrize("argv", [["/no/such/program"], ["false"], ["true"]])
    def test_it_can_not_be_had(self, argv: list[str], started: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        """It can't be started, or ends at once: children are executed."""
        popen = subprocess.Popen
        monkeypatch.setattr("suture.forks.subprocess.Popen", lambda _, **more: popen(argv, **more))
        with serving():
            monkeypatch.setattr("suture.forks.subprocess.Popen", popen)
            ends = [lines_of(step("print(1)")) for _ in range(2)]
        assert [(end.returncode, lines) for end, lines in ends] == [(0, ["1"])] * 2
        assert started == ["executed"] * 2

    def test_it_dies_while_a_child_runs(self, server: subprocess.Popen[bytes], started: list[str]) -> None:
        """The child is killed and begun anew, executed; so are those that follow."""
        pids: list[int] = []

        def first(line: str) -> bool:
            pids.append(int(line))
            if len(pids) == 1:
                server.kill()
            return True

        code = "import os, sys, time; print(os.getpid(), flush=True); sys.exit(sys.stdin.read() != 'x')"
        slow = code.replace("sys.exit", "time.sleep(0.5); sys.exit")
        assert run(step(slow), on_stdout=first, stdin=b"x").returncode == 0
        assert run(step(code), stdin=b"x").returncode == 0
        assert started == ["forked", "executed", "executed"]
        assert len(set(pids)) == 2
        assert not alive(pids[0])

    def test_a_child_that_is_to_stop_is_not_begun_anew(
        self, server: subprocess.Popen[bytes], started: list[str]
    ) -> None:
        """Who was cancelled stays so, whatever becomes of the server."""
        token = CancelToken()

        def stop(_line: str) -> bool:
            token.cancel()
            threading.Timer(0.3, server.kill).start()
            return True

        code = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
        finished = run(step(code), on_stdout=stop, cancel=token, grace_s=30)
        assert (finished.returncode, finished.cancelled) == (-signal.SIGKILL, True)
        assert finished.wall_seconds < 5
        assert started == ["forked"]

    def test_it_says_nothing_any_more(
        self, server: subprocess.Popen[bytes], started: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One that hangs is killed after a while."""
        monkeypatch.setattr(forks, "_PATIENCE_S", 0.3)
        run(step(""))
        server.send_signal(signal.SIGSTOP)
        assert run(step("")).returncode == 0
        assert started == ["forked", "executed"]
        assert not Path(f"/proc/{server.pid}").exists()

    @pytest.mark.usefixtures("server")
    def test_what_it_can_not_give(self, started: list[str], tmp_path: Path) -> None:
        """Other programs, another environment or folder, and more than a message holds are executed."""
        run(["true"])
        run(step(""), env={**os.environ, "X": "1"})
        run(step(""), cwd=tmp_path)
        run(step("", "x" * 100_000, "x" * 100_000))
        assert started == ["executed"] * 4


class TestWhatIsInherited:
    """The server has what was ours when it was started; a child is to have what is ours now."""

    @pytest.fixture(autouse=True)
    def finds_code(self) -> None:
        """Not here."""

    @pytest.mark.parametrize("what", ["environment", "umask", "limits", "nothing"])
    def test_what_has_changed_since(self, what: str, started: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        """Then it is executed."""
        soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        umask = os.umask(0o22)
        with serving():
            if what == "environment":
                monkeypatch.setenv("SUTURE_TEST", "1")
            elif what == "umask":
                os.umask(0o77)
            elif what == "limits":
                resource.setrlimit(resource.RLIMIT_CORE, (0 if soft else min(hard, 1 << 20), hard))
            try:
                run(python_argv("__future__"))
            finally:
                os.umask(umask)
                resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))
        assert started == ["forked" if what == "nothing" else "executed"]


class TestTheEndOfSuture:
    """However we end, neither the server nor what it has forked runs on."""

    @pytest.mark.parametrize("how", ["killed", "terminated", "ends", "fork"])
    def test_nothing_is_left(self, how: str) -> None:
        """Also when a fork of us lives on."""
        argv = [sys.executable, "-c", textwrap.dedent(SUTURE), how]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as suture:
            assert suture.stdout is not None
            pids = [int(suture.stdout.readline()) for _ in range(2)]
            if how != "ends":
                time.sleep(1 if how == "fork" else 0)
                assert all(alive(pid) for pid in pids)
                suture.send_signal(signal.SIGTERM if how == "terminated" else signal.SIGKILL)
            suture.wait()
            assert within(4, lambda: not any(alive(pid) for pid in pids))

    def test_without_a_warden(self) -> None:
        """The server itself kills children that nobody waits for, and ends."""
        code = textwrap.dedent(SUTURE).replace("say = ", "_forks._warden._hire = lambda: open('/no/where'); say = ", 1)
        with subprocess.Popen([sys.executable, "-c", code, "killed"], stdout=subprocess.PIPE, text=True) as suture:
            assert suture.stdout is not None
            pids = [int(suture.stdout.readline()) for _ in range(2)]
            suture.kill()
            suture.wait()
            assert within(4, lambda: not any(alive(pid) for pid in pids))

    def test_a_fork_of_ours_executes(self, server: subprocess.Popen[bytes]) -> None:
        """The server is not its own: it does without, and does not end it."""
        pid = os.fork()
        if pid == 0:
            code = run(step("raise SystemExit(5)")).returncode if process._forks._server is None else 1
            os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 5
        assert alive(server.pid)
        assert run(step("raise SystemExit(6)")).returncode == 6


@pytest.mark.parametrize("phase", ["looking", "encoding", "joining"])
def test_a_job_survives_its_server(phase: str, home: Home, wanted: list[Any]) -> None:
    """Killed in the middle, it is not missed: the job gives what an undisturbed run gives."""
    living = home.start(env=home.lying(video_0_00001=["late=1"]) if phase == "encoding" else {})

    def servers() -> list[int]:
        return [pid for pid, words in living.processes().items() if "suture.forkserver" in words]

    if phase == "looking":
        assert within(30, lambda: bool(servers()))
    else:
        living.until("task.started", "video-0-00001" if phase == "encoding" else "join")
    for pid in servers():
        os.kill(pid, signal.SIGKILL)
    told = living.end()
    assert told.code == 0, told.said
    assert living.gone()
    assert packets(home.output) == wanted
