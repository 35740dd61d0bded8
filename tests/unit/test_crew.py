"""`Crew` over lines without processes: the test is the worker at the other end."""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import pytest

from suture import crew
from suture.crew import Crew
from suture.errors import ConfigError
from suture.model import ChunkData, EncoderResult

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


@dataclass
class Process:
    """A process that ends when it is told to, with an exit code of the test's; ``theirs`` is its end of the line."""

    theirs: Connection
    exitcode: int | None = None
    then: int = 0
    killed: bool = False

    def join(self, _timeout: float | None = None) -> None:
        """It ends if its line is closed."""
        if self.theirs.closed or self.killed:
            self.exitcode = self.then

    def kill(self) -> None:
        """As SIGKILL does."""
        self.killed, self.then = True, -9

    def say(self, *words: object) -> None:
        """Tell the pool."""
        for word in words:
            self.theirs.send(word)

    def die(self, code: int) -> None:
        """End without a further word."""
        self.then = code
        self.theirs.close()


@dataclass
class Stage:
    """A crew of stand-ins, and what is dealt to it."""

    workers: list[Process] = field(default_factory=list)
    jobs: SimpleQueue[ChunkData | None] = field(default_factory=SimpleQueue)

    def set_up(self, chunks: int, workers: int) -> Crew:
        """So many chunks for so many workers, pills included."""
        for n in range(chunks):
            self.jobs.put(ChunkData(n, 0.0, 1.0, "film.mkv"))
        played = Crew(self.jobs, lambda _number: b"", lambda chunk: f"out/{chunk.chunk_id}.mkv")
        for _ in range(workers):
            played.employ()
        for _ in range(workers):
            self.jobs.put(None)
        return played

    def start(self, _worker: bytes, _name: str) -> tuple[Any, Connection]:
        """Stands for `crew._started`."""
        ours, theirs = multiprocessing.Pipe()
        self.workers.append(Process(theirs))
        return self.workers[-1], ours

    def dealt(self, worker: int) -> list[int | None]:
        """What a worker finds on its line now: chunk ids, None for the pill, -1 for its end."""
        line = self.workers[worker].theirs
        found: list[int | None] = []
        while -1 not in found and line.poll():
            try:
                job = line.recv()
                found.append(None if job is None else job.chunk_id)
            except EOFError:
                found.append(-1)
        return found


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A stage on which nobody waits long."""
    made = Stage()
    monkeypatch.setattr(crew, "_started", made.start)
    monkeypatch.setattr(crew, "_GLANCE_S", 0.001)
    return made


def done(number: int) -> EncoderResult:
    """A success."""
    return EncoderResult(number, f"out/{number}.mkv", success=True)


def test_who_is_free_is_dealt_the_next(stage: Stage) -> None:
    """One chunk at a time to each; at the end a pill to each."""
    played = stage.set_up(3, 2)
    assert (stage.dealt(0), stage.dealt(1)) == ([0], [1])
    stage.workers[1].say(None, done(1))
    assert played.get() == done(1)
    assert stage.dealt(1) == [2]
    stage.workers[1].say(done(2))
    assert played.get() == done(2)
    stage.workers[0].say(None, done(0))
    assert played.get() == done(0)
    assert (stage.dealt(0), stage.dealt(1)) == ([None], [None])


def test_a_chunk_dies_with_its_worker_and_another_goes_on(stage: Stage) -> None:
    """The failure names the signal; the next chunk is dealt to a new worker, not the same chunk."""
    played = stage.set_up(2, 1)
    stage.workers[0].say(None)
    stage.workers[0].die(-9)
    result = played.get()
    assert (result.chunk_id, result.output_path, result.success) == (0, "out/0.mkv", False)
    assert result.error_message == "exit code -9: the worker process of chunk 0 was ended by SIGKILL"
    assert len(stage.workers) == 2
    assert stage.dealt(1) == [1]


def test_nobody_is_hired_for_a_pill(stage: Stage) -> None:
    """When no chunk is left, who died is not replaced, and the others still get their pill."""
    played = stage.set_up(2, 2)
    stage.workers[0].say(None)
    stage.workers[0].die(7)
    message = played.get().error_message
    assert message == "exit code 7: the worker process of chunk 0 ended by itself with exit code 7"
    assert len(stage.workers) == 2
    stage.workers[1].say(None, done(1))
    assert played.get() == done(1)
    assert stage.dealt(1) == [1, None]
    assert stage.jobs.empty()


def test_last_words_are_told(stage: Stage) -> None:
    """The exception first, then the whole traceback."""
    played = stage.set_up(1, 1)
    stage.workers[0].say(None, "Traceback\n  line\nZeroDivisionError: oh\n")
    stage.workers[0].die(1)
    message = played.get().error_message or ""
    first, *rest = message.splitlines()
    assert (
        first
        == "exit code 1: the worker process of chunk 0 ended by an exception of its encoder: ZeroDivisionError: oh"
    )
    assert rest == ["Traceback", "  line", "ZeroDivisionError: oh"]


def test_last_words_of_one_that_does_not_go(stage: Stage) -> None:
    """A thread of the encoder's keeps the process: it is killed, and not waited for."""
    played = stage.set_up(1, 1)
    stage.workers[0].say(None, "ValueError: no\n")
    assert "ValueError: no" in (played.get().error_message or "")
    assert stage.workers[0].killed


@pytest.mark.parametrize(
    ("words", "why"), [("", "exit code 1"), ("Traceback\nImportError: no m\n", "ImportError: no m")]
)
def test_one_that_could_not_begin_ends_all(stage: Stage, words: str, why: str) -> None:
    """The next would end the same way; the hint names the guard that scripts need."""
    played = stage.set_up(3, 1)
    if words:
        stage.workers[0].say(words)
    stage.workers[0].die(1)
    with pytest.raises(ConfigError, match=f"could not begin: {why}") as caught:
        played.get()
    assert "__main__" in caught.value.hint


def test_one_that_was_killed_while_it_began_is_charged(stage: Stage) -> None:
    """A signal from outside says nothing about the factory."""
    played = stage.set_up(2, 1)
    stage.workers[0].die(-15)
    assert "SIGTERM" in (played.get().error_message or "")
    assert stage.dealt(1) == [1]


def test_a_line_that_a_stranger_holds_open(stage: Stage) -> None:
    """A child of the dead worker's keeps its end: the process is gone all the same, and its last result counts."""
    played = stage.set_up(2, 1)
    stage.workers[0].say(None, done(0))
    assert played.get() == done(0)
    stage.workers[0].exitcode = -11
    assert "SIGSEGV" in (played.get().error_message or "")


def test_close_hangs_up_on_those_at_work_only(stage: Stage) -> None:
    """Who has its pill is let go; who holds a chunk finds its line closed; who does not go is killed."""
    played = stage.set_up(2, 2)
    stage.workers[0].say(None, done(0))
    played.get()
    assert stage.dealt(0) == [0, None]
    stage.workers[0].die(0)
    played.close()
    assert not stage.workers[0].killed
    assert stage.dealt(1) == [1, -1]
    assert stage.workers[1].killed
