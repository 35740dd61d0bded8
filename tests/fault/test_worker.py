"""`WorkerPool` when things end that should not: workers, factories, encoders, and the pool's own process."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from suture.encoder import VideoEncoder
from suture.errors import CommandError
from suture.model import ChunkData
from suture.worker import WorkerPool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from suture.encoder import Encoder
    from suture.model import EncoderResult

pytestmark = pytest.mark.fault


def chunks(count: int) -> list[ChunkData]:
    """Chunks of a film that nobody opens."""
    return [ChunkData(n, n, n + 1, "film.mkv") for n in range(count)]


def process(factory: Callable[[], Encoder], folder: Path, count: int, **more: Any) -> list[EncoderResult]:
    """Let a pool process so many chunks; nothing of it is left."""
    with pytest.warns(DeprecationWarning, match="Orchestrator"):
        # What is not Matroska is not looked into: a stand-in's piece may be a word.
        pool = WorkerPool(factory, str(folder), extension="nut", **more)
    results = pool.process_all(chunks(count))
    assert not multiprocessing.active_children()
    assert not list(folder.glob(".part-*"))
    assert [result.chunk_id for result in results] == list(range(count))
    return results


def script(path: Path, text: str) -> str:
    """An executable; its last argument is the output, of which it makes a file unless the text ends it before."""
    path.write_text(f'#!/bin/sh\nfor last; do :; done\nout=${{last#file:}}\n{text}\necho piece > "$out"\n')
    path.chmod(0o755)
    return str(path)


def alive(pid: int) -> bool:
    """Whether it runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def gone_within(pids: list[int], seconds: float) -> bool:
    """Whether all of these end in time."""
    give_up_at = time.monotonic() + seconds
    while any(alive(pid) for pid in pids) and time.monotonic() < give_up_at:
        time.sleep(0.02)
    return not any(alive(pid) for pid in pids)


class TestAWorkerDies:
    """The chunk that it holds is charged and goes to another; the rest is not touched.

    The stand-ins wait half a second before they kill: `suture.process` tells its warden of a child after the start.
    """

    @pytest.mark.parametrize("name", ["KILL", "SEGV", "TERM"])
    def test_once(self, name: str, tmp_path: Path) -> None:
        """Chunk 1 kills its worker at the first try, with half a piece written: the second succeeds."""
        once = f"""case $out in *00001.nut)
            if mkdir {tmp_path}/once; then echo half > "$out"; sleep 0.5; kill -{name} $PPID; sleep 20; fi;; esac"""
        encoder = script(tmp_path / "ffmpeg", once)
        results = process(partial(VideoEncoder, ffmpeg=encoder), tmp_path / "out", 4, num_workers=2)
        assert [(each.success, each.attempts) for each in results] == [(True, 1), (True, 2), (True, 1), (True, 1)]
        assert {Path(each.output_path).read_text() for each in results} == {"piece\n"}

    def test_always(self, tmp_path: Path) -> None:
        """One worker, and a chunk that kills it every time: the others are done, and it is not waited for."""
        deadly = 'case $out in *00000.nut) echo half > "$out"; sleep 0.5; kill -KILL $PPID; sleep 20;; esac'
        encoder = script(tmp_path / "ffmpeg", deadly)
        results = process(partial(VideoEncoder, ffmpeg=encoder), tmp_path / "out", 3, max_retries=1)
        assert [(each.success, each.attempts) for each in results] == [(False, 2), (True, 1), (True, 1)]
        assert results[0].error_message == "exit code -9: the worker process of chunk 0 was ended by SIGKILL"
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["piece-00001.nut", "piece-00002.nut"]

    def test_its_encoder_goes_with_it(self, tmp_path: Path) -> None:
        """What it had started is killed, a deaf one too."""
        pid = tmp_path / "pid"
        encoder = script(tmp_path / "ffmpeg", f"trap '' TERM; echo $$ > {pid}; sleep 0.5; kill -KILL $PPID; sleep 20")
        process(partial(VideoEncoder, ffmpeg=encoder), tmp_path / "out", 1, max_retries=0)
        assert gone_within([int(pid.read_text())], 3)

    def test_an_encoder_that_fails_costs_no_worker(self, tmp_path: Path) -> None:
        """Exit code 1 is a result, with ffmpeg's words; and it is tried again."""
        encoder = script(tmp_path / "ffmpeg", f'echo "no such luck" >&2; echo $PPID >> {tmp_path}/workers; exit 1')
        (one, two) = process(partial(VideoEncoder, ffmpeg=encoder), tmp_path / "out", 2, max_retries=1)
        assert (one.success, one.attempts, two.attempts) == (False, 2, 2)
        assert "exit code 1" in (one.error_message or "")
        assert "no such luck" in (one.error_message or "")
        first, second, *_ = (tmp_path / "workers").read_text().split()
        assert first == second


class TestAFactory:
    """It is called in the worker, where anything may happen to it."""

    @pytest.mark.parametrize(
        ("factory", "word"),
        [
            (partial(int, "no number"), "ValueError: invalid literal"),
            (partial(os._exit, 7), "exit code 7: the worker process of chunk 0 ended by itself"),
            (partial(sys.exit, 3), "exit code 3"),
            (partial(CommandError, "x"), "AttributeError"),
        ],
        ids=["raises", "ends the process", "exits", "makes no encoder"],
    )
    def test_that_goes_wrong(self, factory: Any, word: str, tmp_path: Path) -> None:
        """Each chunk has its failure, and nothing waits."""
        results = process(factory, tmp_path / "out", 2, num_workers=2, max_retries=1)
        assert [(each.success, each.attempts) for each in results] == [(False, 2)] * 2
        assert word in (results[0].error_message or "")


POOL = """
import functools, sys, threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)
import suture
def factory():
    return suture.VideoEncoder(ffmpeg=sys.argv[1])
def work(factory=factory):
    chunks = [suture.ChunkData(n, n, n + 1, "film.mkv") for n in range(3)]
    return suture.WorkerPool(factory, sys.argv[2], 2).process_all(chunks)
"""


def start(folder: Path, code: str, *arguments: str) -> subprocess.Popen[str]:
    """Run a script that uses the pool, in a group of its own."""
    (folder / "program.py").write_text(POOL + textwrap.dedent(code))
    argv = [sys.executable, *(arguments or ["program.py"]), str(folder / "ffmpeg"), str(folder / "out")]
    return subprocess.Popen(argv, cwd=folder, stderr=subprocess.PIPE, text=True, start_new_session=True)


class TestThePoolsProcess:
    """However it ends, its workers and their children end too."""

    @pytest.fixture
    def working(self, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
        """A pool at work, and all that it has started: two workers, two encoders."""
        script(tmp_path / "ffmpeg", f'echo half > "$out"; echo "$$ $PPID" >> {tmp_path}/pids; sleep 60')
        with start(tmp_path, 'if __name__ == "__main__":\n    work()') as program:
            give_up_at = time.monotonic() + 20
            while not (pids := self.started(tmp_path)) and time.monotonic() < give_up_at:
                time.sleep(0.05)
            yield program, pids
            program.kill()

    @staticmethod
    def started(folder: Path) -> list[int]:
        """The four, once they are there."""
        path = folder / "pids"
        pids = [int(word) for word in path.read_text().split()] if path.exists() else []
        return pids if len(pids) == 4 else []

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
    def test_sudden_death(
        self, number: signal.Signals, working: tuple[subprocess.Popen[str], list[int]], tmp_path: Path
    ) -> None:
        """They notice, and leave no half-made piece."""
        program, pids = working
        assert len(set(pids)) == 4
        program.send_signal(number)
        assert program.wait(5) == -number
        assert gone_within(pids, 5)
        assert list((tmp_path / "out").iterdir()) == []

    def test_ctrl_c(self, working: tuple[subprocess.Popen[str], list[int]], tmp_path: Path) -> None:
        """The whole group gets SIGINT, as on a terminal: one traceback, the pool's, and nothing left."""
        program, pids = working
        assert len(set(pids)) == 4
        os.killpg(program.pid, signal.SIGINT)
        _, said = program.communicate(timeout=15)
        assert program.returncode == -signal.SIGINT
        assert not any(alive(pid) for pid in pids)
        assert said.count("Traceback") == 1
        assert list((tmp_path / "out").iterdir()) == []

    def test_ctrl_c_while_workers_begin(self, tmp_path: Path) -> None:
        """At once after the first was started: the same."""
        script(tmp_path / "ffmpeg", "sleep 60")
        code = """
            if __name__ == "__main__":
                from suture import crew
                started = crew._started
                def then_interrupt(*args):
                    made = started(*args)
                    print(made[0].pid, file=sys.stderr, flush=True)
                    return made
                crew._started = then_interrupt
                work()
        """
        with start(tmp_path, code) as program:
            assert program.stderr is not None
            pid = int(program.stderr.readline())
            os.killpg(program.pid, signal.SIGINT)
            _, said = program.communicate(timeout=15)
        assert program.returncode == -signal.SIGINT
        assert not alive(pid)
        assert said.count("Traceback") == 1

    def test_a_script_without_its_guard(self, tmp_path: Path) -> None:
        """Importing it again in a worker would start a pool there: one error that says what is missing."""
        with start(tmp_path, "work()") as program:
            _, said = program.communicate(timeout=30)
        assert program.returncode == 1
        last = said.rstrip().splitlines()[-1]
        assert last.startswith("suture.errors.ConfigError: a worker process could not begin")
        assert "if __name__ == '__main__':" in last

    def test_a_factory_that_a_worker_can_not_find(self, tmp_path: Path) -> None:
        """Defined in what ``-c`` runs, it is nowhere in the worker."""
        code = "import program\ndef mine(): ...\nprogram.work(mine)"
        with start(tmp_path, "", "-c", code) as program:
            _, said = program.communicate(timeout=30)
        assert program.returncode == 1
        last = said.rstrip().splitlines()[-1]
        assert "a worker process could not begin: AttributeError: Can't get attribute 'mine'" in last
