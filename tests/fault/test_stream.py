"""`Stream`: a child whose stdout is data, read when somebody wants it, and of which nothing is left afterwards."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
import threading
import time
from typing import TYPE_CHECKING

import pytest

from runs import within
from suture import process
from suture.cancel import CancelToken
from suture.errors import FFmpegNotFound
from suture.process import Stream, terminate_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.fault

ENDLESS = """
    import sys
    while True:
        sys.stdout.buffer.write(b"x" * 4096)
"""
SILENT = """
    import sys, time
    sys.stdout.write("ready")
    sys.stdout.flush()
    time.sleep(60)
"""
STUBBORN = """
    import signal, sys, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.stdout.write("ready")
    sys.stdout.flush()
    time.sleep(60)
"""


@pytest.fixture
def start() -> Iterator[Callable[..., Stream]]:
    """Starts children that run some code; none outlives the test."""
    streams: list[Stream] = []

    def begin(code: str, log_path: Path | None = None) -> Stream:
        argv = [sys.executable, "-S", "-E", "-c", textwrap.dedent(code)]
        streams.append(Stream(argv, log_path))
        return streams[-1]

    yield begin
    for stream in streams:
        stream.close()


def pid_of(stream: Stream) -> int:
    """Its process, which is its group."""
    return stream._child._started.pid


def gone(pid: int) -> bool:
    """Whether a process group ends, in a moment."""

    def is_gone() -> bool:
        try:
            os.killpg(pid, 0)
        except ProcessLookupError:
            return True
        return False

    return within(5.0, is_gone)


def read(stream: Stream, size: int = 65_536, cancel: CancelToken | None = None, stall_s: float | None = None) -> bytes:
    """One read."""
    buffer = memoryview(bytearray(size))
    return bytes(buffer[: stream.read_into(buffer, cancel or CancelToken(), stall_s)])


def all_of(stream: Stream) -> bytes:
    """All that comes."""
    found = b""
    while data := read(stream):
        found += data
    return found


def test_all_that_it_writes_is_read(start: Callable[..., Stream]) -> None:
    """In order, to the last byte; then there is no more, and its end is told."""
    stream = start("import sys\nsys.stdout.buffer.write(bytes(range(256)) * 4000)\nsys.stderr.write('said')")
    assert all_of(stream) == bytes(range(256)) * 4000
    assert read(stream) == b""
    finished = stream.finish()
    assert (finished.returncode, finished.stderr_tail) == (0, "said")
    assert not finished.cancelled
    assert gone(pid_of(stream))


def test_a_read_gives_what_is_there(start: Callable[..., Stream]) -> None:
    """It waits neither for a full buffer nor longer than for the first bytes, and takes no more than there is room."""
    stream = start(SILENT)
    assert read(stream, 3) == b"rea"
    assert read(stream) == b"dy"


def test_it_waits_while_nobody_reads(start: Callable[..., Stream]) -> None:
    """What is written ahead is no more than a pipe holds, so the disk and the memory hold none of it."""
    stream = start("""
        import os, sys
        for n in range(1500):
            os.write(1, b"x" * 4096)
            os.write(2, b"%d\\n" % n)
    """)
    assert within(5.0, lambda: _counted(stream) > 10)
    before = -1
    while (now := _counted(stream)) != before:
        before = now
        time.sleep(0.2)
    assert before * 4096 <= 2 << 20, "it ran on by itself"
    assert len(all_of(stream)) == 1500 * 4096


def _counted(stream: Stream) -> int:
    lines = stream._child._drain.tail.text().splitlines()
    return int(lines[-2]) if len(lines) > 1 else 0


def test_an_end_that_is_no_success(start: Callable[..., Stream]) -> None:
    """What came before is read; the code and what it said are the account's."""
    stream = start("import sys\nprint('half')\nsys.stdout.flush()\nsys.exit('it broke')")
    assert all_of(stream) == b"half\n"
    finished = stream.finish()
    assert (finished.returncode, finished.stderr_tail.strip()) == (1, "it broke")


def test_killed_from_outside(start: Callable[..., Stream]) -> None:
    """No more data, and the signal."""
    stream = start(SILENT)
    read(stream)
    os.kill(pid_of(stream), signal.SIGKILL)
    assert read(stream) == b""
    assert stream.finish().returncode == -signal.SIGKILL


@pytest.mark.parametrize("code", [SILENT, STUBBORN], ids=["obedient", "stubborn"])
def test_a_cancel_ends_a_read(start: Callable[..., Stream], code: str) -> None:
    """Also of one that does not hear SIGTERM: in little more than a second it is gone."""
    stream, token = start(code), CancelToken()
    assert read(stream) == b"ready"
    threading.Timer(0.1, token.cancel).start()
    began = time.monotonic()
    assert read(stream, cancel=token) == b""
    assert stream.finish().cancelled
    assert time.monotonic() - began < 5.0
    assert gone(pid_of(stream))


def test_a_cancel_before_a_read(start: Callable[..., Stream]) -> None:
    """Nothing is read any more, though there is enough."""
    stream, token = start(ENDLESS), CancelToken()
    assert read(stream)
    token.cancel()
    assert read(stream, cancel=token) == b""
    assert stream.finish().cancelled


def test_silence_is_a_stall(start: Callable[..., Stream]) -> None:
    """It is stopped, and it is told why."""
    stream = start(SILENT)
    assert read(stream) == b"ready"
    assert read(stream, stall_s=0.2) == b""
    finished = stream.finish()
    assert (finished.stalled, finished.cancelled) == (True, False)


def test_waiting_for_a_reader_is_no_stall(start: Callable[..., Stream]) -> None:
    """Only the time in which somebody waits for it counts, not what went by before."""
    stream = start("""
        import sys, time
        for word in ("ready", "again"):
            sys.stdout.write(word)
            sys.stdout.flush()
            time.sleep(1.5)
    """)
    assert read(stream) == b"ready"
    time.sleep(1.2)
    assert read(stream, stall_s=1.0) == b"again"


def test_closing_leaves_nothing_running(start: Callable[..., Stream]) -> None:
    """Neither it nor its own children, and no pipe; once more does no harm."""
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - only how many
    stream = start("""
        import subprocess, sys, time
        subprocess.Popen([sys.executable, "-S", "-E", "-c", "import time; time.sleep(60)"])
        sys.stdout.write("ready")
        sys.stdout.flush()
        time.sleep(60)
    """)
    read(stream)
    stream.close()
    stream.close()
    assert gone(pid_of(stream))
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208 - as above
    assert stream._child not in process._in_flight


def test_a_flood_of_stderr_stops_nothing(start: Callable[..., Stream], tmp_path: Path) -> None:
    """It is read all the time, into the log, though nobody reads the data."""
    log = tmp_path / "child.log"
    stream = start("import sys\nsys.stderr.write('noise\\n' * 500_000)\nsys.stdout.write('done')", log)
    assert within(10.0, lambda: log.exists() and log.stat().st_size > 3_000_000)
    assert all_of(stream) == b"done"
    finished = stream.finish()
    assert finished.returncode == 0
    assert len(finished.stderr_tail) < 40_000
    assert log.read_text().startswith("$ ")


def test_all_are_stopped_at_once(start: Callable[..., Stream]) -> None:
    """`terminate_all` knows streams, too; a read of one that was stopped gives nothing."""
    streams = [start(SILENT), start(ENDLESS)]
    assert all(read(stream) for stream in streams)
    terminate_all(1.0)
    assert all(gone(pid_of(stream)) for stream in streams)
    assert read(streams[0]) == b""
    assert streams[0].finish().cancelled


def test_a_program_that_is_not_there() -> None:
    """As for every child."""
    with pytest.raises(FFmpegNotFound):
        Stream(["/nowhere/ffmpeg"])
