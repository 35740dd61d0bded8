"""How far, how fast, how long: on made event streams with a made clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.command.base import Outcome
from suture.errors import CommandFailed
from suture.ffmpeg.progress import Progress
from suture.orchestrator.states import State
from suture.orchestrator.watch import TaskEnded, TaskProgress, TaskRetry, TaskStarted
from suture.report.pace import makespan
from suture.report.progress import Overall, Tally
from suture.report.work import Kind, Part, Work

if TYPE_CHECKING:
    from collections.abc import Callable

FRAMES = 100


def work(pieces: int = 4, slots: int = 2, costs: tuple[float, ...] = (), **more: Part) -> Work:
    """Pieces of a hundred frames, a join and a check."""
    tasks = {f"p{n}": Part(Kind.PIECE, costs[n] if costs else 1.0, FRAMES) for n in range(pieces)}
    ends = {
        "join": Part(Kind.JOIN, frames=pieces * FRAMES, slot=False),
        "publish": Part(Kind.CHECK, slot=False),
    }
    return Work({**more, **tasks, **ends}, slots, seconds=100.0)


@dataclass
class Story:
    """Events in the order in which they are told, at times that are told."""

    tally: Tally
    now: float = 1000.0
    attempts: dict[str, int] = field(default_factory=dict)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def start(self, *tasks: str) -> None:
        """Launch an attempt of each."""
        for task in tasks:
            self.attempts[task] = self.attempts.get(task, 0) + 1
            self.tally.see(TaskStarted(task, self.attempts[task], "w", self.now))

    def at(self, task: str, frames: int = 0, size: int | None = None, time_us: int | None = None) -> None:
        """Report progress."""
        said = Progress(frames, 10.0, time_us, size)
        self.tally.see(TaskProgress(task, self.attempts[task], "w", self.now, said))

    def retry(self, task: str) -> None:
        """Fail, to be tried again."""
        self.tally.see(TaskRetry(task, self.attempts[task], "w", self.now, 1.0, CommandFailed("broke")))

    def end(self, task: str, size: int = 0, state: State = State.DONE) -> None:
        """End."""
        outcome = Outcome(FRAMES, size) if state is State.DONE else None
        attempt = self.attempts.get(task, 0)
        self.tally.see(TaskEnded(task, attempt, "w" if attempt else "", self.now, state, outcome))

    def run(self, task: str, seconds: float, size: int = 0) -> None:
        """Start a task and end it after so long."""
        self.start(task)
        self.wait(seconds)
        self.end(task, size)

    @property
    def state(self) -> Overall:
        """What would be shown."""
        return self.tally.overall()


@pytest.fixture
def tell() -> Callable[[Work], Story]:
    """Begins a story."""
    return lambda made: Story(Tally(made))


def test_nothing_is_known_before_anything_happened(tell: Callable[[Work], Story]) -> None:
    """No speed, no remaining time, no size; but how much there is to do."""
    state = tell(work()).state
    assert (state.phase, state.fraction, state.frames, state.frames_total) == ("encoding", 0.0, 0, 400)
    assert (state.fps, state.eta_s, state.size_bytes) == (None, None, None)
    assert (state.slots_used, state.slots, state.pieces) == (0, 2, 4)


def test_frames_and_slots_are_counted(tell: Callable[[Work], Story]) -> None:
    """Of pieces that are done and of those that run."""
    story = tell(work())
    story.run("p0", 5.0)
    story.start("p1", "p2")
    story.wait(2.0)
    story.at("p1", 30)
    state = story.state
    assert (state.frames, state.pieces_done, state.slots_used) == (130, 1, 2)
    assert state.fraction == pytest.approx(1.3 / 4)
    assert [running.task for running in state.running] == ["p1", "p2"]
    assert state.elapsed_s == pytest.approx(7.0)


def test_the_share_is_of_predicted_work(tell: Callable[[Work], Story]) -> None:
    """A piece of nine tenths of the work is nine tenths of the bar, however many frames it has."""
    story = tell(work(2, costs=(9.0, 1.0)))
    story.run("p0", 5.0)
    assert story.state.fraction == pytest.approx(0.9)
    assert story.state.frames == 100


def test_fps_is_of_the_last_seconds(tell: Callable[[Work], Story]) -> None:
    """After a slow hour a fast minute shows the fast minute."""
    story = tell(work(1))
    story.start("p0")
    for n in range(11):
        story.at("p0", n)
        story.wait(100.0)
    for n in range(10, 100):
        story.at("p0", n)
        story.wait(0.5)
    story.at("p0", 99)
    assert story.state.fps == pytest.approx(2.0, rel=0.1)


def test_there_is_no_remaining_time_without_a_basis(tell: Callable[[Work], Story]) -> None:
    """Not while encoders only read ahead, not in the first moments."""
    story = tell(work())
    story.start("p0", "p1")
    story.wait(60.0)
    story.at("p0", 0)
    assert story.state.eta_s is None
    story = tell(work())
    story.start("p0", "p1")
    story.wait(0.5)
    story.at("p0", 10)
    assert story.state.eta_s is None


def test_remaining_time_is_work_by_speed(tell: Callable[[Work], Story]) -> None:
    """Two of four equal pieces took ten seconds on two slots; the other two take ten more."""
    story = tell(work())
    story.start("p0", "p1")
    story.wait(10.0)
    story.end("p0")
    story.end("p1")
    assert story.state.eta_s == pytest.approx(10.0)


def test_remaining_time_weighs_what_is_left_by_its_cost(tell: Callable[[Work], Story]) -> None:
    """A last piece of ten times the work takes ten times as long, though half of the frames are done."""
    story = tell(work(2, 1, costs=(1.0, 10.0)))
    story.run("p0", 10.0)
    assert story.state.eta_s == pytest.approx(100.0)


def test_remaining_time_knows_that_slots_will_idle(tell: Callable[[Work], Story]) -> None:
    """One piece that is left runs on one slot, however many there are."""
    story = tell(work(5, 4))
    story.start("p0", "p1", "p2", "p3")
    story.wait(20.0)
    for task in ("p0", "p1", "p2", "p3"):
        story.end(task)
    assert story.state.eta_s == pytest.approx(20.0)


def test_pieces_of_an_earlier_run_do_not_count_as_speed(tell: Callable[[Work], Story]) -> None:
    """What was there is done, but says nothing of how long the rest takes."""
    story = tell(work(10, 1))
    for n in range(8):
        story.end(f"p{n}", 1000)
    assert story.state.pieces_done == 8
    assert story.state.eta_s is None
    story.run("p8", 30.0)
    assert story.state.eta_s == pytest.approx(30.0)


def test_a_retry_takes_its_frames_back(tell: Callable[[Work], Story]) -> None:
    """What has to be done again is not done; it is counted, and the speed stays a speed."""
    story = tell(work(2, 1))
    story.start("p0")
    story.wait(8.0)
    story.at("p0", 80)
    assert story.state.frames == 80
    story.retry("p0")
    assert (story.state.frames, story.state.retries, story.state.slots_used) == (0, 1, 0)
    story.start("p0")
    story.wait(2.0)
    story.at("p0", 20)
    state = story.state
    assert (state.frames, state.running[0].attempt) == (20, 2)
    assert state.fps is not None
    assert state.fps == pytest.approx(10.0, rel=0.1)
    assert state.eta_s == pytest.approx(18.0, rel=0.05)


def test_words_of_an_earlier_attempt_are_not_heard(tell: Callable[[Work], Story]) -> None:
    """A late report of an attempt that failed does not move the next one."""
    story = tell(work(1))
    story.start("p0")
    story.retry("p0")
    story.start("p0")
    story.tally.see(TaskProgress("p0", 1, "w", story.now, Progress(90)))
    assert story.state.frames == 0


def test_what_failed_is_not_waited_for(tell: Callable[[Work], Story]) -> None:
    """A piece that failed for good is neither done nor left."""
    story = tell(work(2, 1))
    story.run("p0", 10.0)
    story.start("p1")
    story.end("p1", state=State.FAILED)
    state = story.state
    assert (state.pieces_done, state.frames) == (1, 100)
    assert state.phase == "joining"


def test_phases_follow_each_other(tell: Callable[[Work], Story]) -> None:
    """Encoding, joining with its own share and time, checking, done."""
    story = tell(work(1))
    story.run("p0", 10.0)
    assert (story.state.phase, story.state.fraction, story.state.eta_s) == ("joining", None, None)
    story.start("join")
    story.wait(4.0)
    story.at("join", 25)
    assert (story.state.phase, story.state.fraction) == ("joining", 0.25)
    assert story.state.eta_s == pytest.approx(12.0)
    assert story.state.slots_used == 0
    story.end("join", 5000)
    story.start("publish")
    story.at("publish", 12)
    assert (story.state.phase, story.state.fraction, story.state.eta_s) == ("checking", None, None)
    story.end("publish")
    assert (story.state.phase, story.state.fraction, story.state.size_bytes) == ("done", 1.0, 5000)


def test_size_is_scaled_by_work(tell: Callable[[Work], Story]) -> None:
    """Bytes of what is done, by its share of the work; sound and copies on top."""
    made = work(4, a=Part(Kind.SOUND))
    story = tell(Work(made.tasks, 2, made.seconds, copied_bytes=500))
    story.start("a")
    story.run("p0", 5.0, 1000)
    assert story.state.size_bytes is None
    story.start("p1")
    story.wait(2.0)
    story.at("a", time_us=50_000_000, size=100)
    story.at("p1", 50, size=500)
    assert story.state.size_bytes == 4000 + 200 + 500


def test_the_size_is_not_guessed_from_a_header(tell: Callable[[Work], Story]) -> None:
    """A container's first bytes, before any frame, predict nothing."""
    story = tell(work(4))
    story.start("p0")
    story.wait(3.0)
    story.at("p0", 1, size=900)
    assert story.state.size_bytes is None


def test_sound_alone_has_a_share_and_a_time(tell: Callable[[Work], Story]) -> None:
    """By how much of the film is written."""
    made = Work({"a": Part(Kind.SOUND), "join": Part(Kind.JOIN)}, 1, seconds=100.0)
    story = tell(made)
    story.start("a")
    story.wait(5.0)
    story.at("a", time_us=25_000_000)
    state = story.state
    assert (state.phase, state.fraction, state.frames_total) == ("encoding", 0.25, 0)
    assert state.eta_s == pytest.approx(15.0)


def test_sound_that_takes_longer_than_the_pictures_is_waited_for(tell: Callable[[Work], Story]) -> None:
    """All pieces done and a track still running is not a hundred percent, and has a remaining time."""
    story = tell(work(1, a=Part(Kind.SOUND)))
    story.start("a")
    story.run("p0", 10.0)
    story.at("a", time_us=50_000_000)
    state = story.state
    assert state.fraction is not None
    assert state.fraction < 1
    assert state.phase == "encoding"
    assert state.eta_s == pytest.approx(10.0)


def test_tasks_that_the_plan_does_not_know_do_no_harm(tell: Callable[[Work], Story]) -> None:
    """A later version may tell of more."""
    story = tell(work(1))
    story.start("other")
    story.at("other", 5)
    story.end("other")
    assert story.state.frames == 0
    assert story.state.slots_used == 0


def test_makespan_is_that_of_the_last_slot() -> None:
    """Running ones keep their slots; waiting ones go where it is free first; more running than slots is no error."""
    assert makespan([5.0, 1.0], [4.0], 2) == 5.0
    assert makespan([], [3.0, 3.0, 3.0], 2) == 6.0
    assert makespan([2.0, 2.0, 2.0], [1.0], 2) == 3.0


STEPS = st.tuples(st.sampled_from(["start", "at", "retry", "end", "fail"]), st.integers(0, 3), st.integers(0, 150))


@given(st.lists(st.tuples(STEPS, st.floats(0, 1e4)), max_size=60))
def test_no_story_gives_nonsense(steps: list[tuple[tuple[str, int, int], float]]) -> None:
    """Whatever happens in whatever order: shares stay between 0 and 1, and nothing is negative."""
    story = Story(Tally(work(4, 2, costs=(0.0, 1.0, 5.0, 1.0))))
    for (what, number, frames), seconds in steps:
        task = f"p{number}"
        story.wait(seconds)
        story.attempts.setdefault(task, 0)
        actions: dict[str, Callable[[], None]] = {
            "start": lambda task=task: story.start(task),  # type: ignore[misc]
            "at": lambda task=task, frames=frames: story.at(task, frames, frames * 10),  # type: ignore[misc]
            "retry": lambda task=task: story.retry(task),  # type: ignore[misc]
            "end": lambda task=task: story.end(task, 1000),  # type: ignore[misc]
            "fail": lambda task=task: story.end(task, state=State.FAILED),  # type: ignore[misc]
        }
        actions[what]()
        state = story.state
        assert state.fraction is None or 0 <= state.fraction <= 1
        assert state.eta_s is None or state.eta_s >= 0
        assert state.fps is None or state.fps > 0
        assert state.size_bytes is None or state.size_bytes >= 0
        assert 0 <= state.frames <= 4 * 150
        assert 0 <= state.slots_used <= 4
