"""Events for programs: the envelope, the order, the fields."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from suture.command.base import Outcome
from suture.errors import CommandFailed, ConfigError
from suture.events import EncodeReport, Failure, Finished, Noted, Planned, Warned
from suture.ffmpeg.progress import Progress
from suture.orchestrator.states import State
from suture.orchestrator.watch import TaskEnded, TaskProgress, TaskRetry, TaskStarted
from suture.report.json_lines import JsonLines, job_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.events import JobEvent
    from suture.planning.job import Plan

    Make = Callable[..., Plan]

REPORT = EncodeReport("done", "/f/out.mp4", 0, 100, 2.00049, 15.0, 40_000, 2, 1, 1, ("w",), (Failure("t", "m", "d"),))


def events(*told: JobEvent) -> list[dict[str, Any]]:
    """What a program reads."""
    stream = io.StringIO()
    with JsonLines(stream, "/f/out.mp4", lambda: 1000.0) as watch:
        for event in told:
            watch(event)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def every(plan: Plan) -> list[JobEvent]:
    """One of each."""
    error = CommandFailed("it broke", "try again")
    return [
        Noted("n"),
        Planned(plan),
        Warned("w"),
        TaskStarted("t", 1, "local-0", 1001.0),
        TaskProgress("t", 1, "local-0", 1002.0, Progress(5, 2.5, None, 99, None)),
        TaskRetry("t", 1, "local-0", 1003.0, 1.5, error),
        TaskEnded("t", 2, "local-0", 1004.0, State.FAILED, None, error),
        TaskEnded("u", 1, "local-0", 1005.0, State.DONE, Outcome(5, 100, 1.23456, 2.0, 7)),
        Finished(REPORT),
    ]


def test_every_line_has_type_time_and_job(make_plan: Make) -> None:
    """The same job in all of them; the first has the schema, and only the first; finished is last."""
    lines = events(*every(make_plan()))
    assert [line["type"] for line in lines] == [
        "job.started",
        "note",
        "job.planned",
        "warning",
        "task.started",
        "task.progress",
        "task.retry",
        "task.ended",
        "task.ended",
        "job.finished",
    ]
    assert {line["job"] for line in lines} == {lines[0]["job"]}
    assert [line["time"] for line in lines[3:6]] == [1000.0, 1001.0, 1002.0]
    assert [line.get("schema") for line in lines] == [1] + [None] * 9


def test_task_events_carry_task_attempt_and_worker(make_plan: Make) -> None:
    """And what happened: numbers, error, state."""
    lines = [line for line in events(*every(make_plan())) if line["type"].startswith("task.")]
    assert all({"task", "attempt", "worker"} <= set(line) for line in lines)
    started, progress, retry, failed, done = lines
    assert (started["task"], started["attempt"], started["worker"]) == ("t", 1, "local-0")
    assert (progress["frame"], progress["fps"], progress["size_bytes"], progress["speed"]) == (5, 2.5, 99, None)
    assert retry["delay_s"] == 1.5
    error = {"type": "CommandFailed", "message": "it broke", "hint": "try again", "retryable": True}
    assert (retry["error"], failed["error"], done["error"]) == (error, error, None)
    assert (failed["state"], done["state"], done["cpu_seconds"]) == ("failed", "done", 1.235)


def test_the_plan_is_told(make_plan: Make) -> None:
    """Pieces, frames, decisions and losses, each with its reason."""
    (planned,) = [line for line in events(*every(make_plan())) if line["type"] == "job.planned"]
    assert (planned["pieces"], planned["frames"], planned["tasks"]) == (2, 100, 5)
    assert planned["decisions"][0]["option"] == "--chunking"
    assert {loss["what"] for loss in planned["losses"]} >= {"attachment 'font.ttf'"}
    assert planned["tracks"][0] == {
        "kind": "video",
        "action": "encode",
        "source": 0,
        "encoder": "libx264",
        "reason": "",
    }


def test_the_end_has_its_fields_at_the_top() -> None:
    """Where a consumer of any version looks for them."""
    last = events(Finished(REPORT))[-1]
    assert {key: last[key] for key in ("type", "status", "output", "exit_code", "backend", "frames", "bytes")} == {
        "type": "job.finished",
        "status": "done",
        "output": "/f/out.mp4",
        "exit_code": 0,
        "backend": "local",
        "frames": 100,
        "bytes": 40_000,
    }
    assert (last["wall_seconds"], last["cpu_seconds"], last["chunks"], last["chunks_reused"]) == (2.0, 15.0, 2, 1)
    assert (last["retries"], last["warnings"], last["error"]) == (1, ["w"], "")
    assert last["failures"] == [{"task": "t", "message": "m", "details": "d"}]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ConfigError("wrong"), "failed", 2),
        (KeyboardInterrupt(), "cancelled", 130),
        (SystemExit(143), "cancelled", 143),
        (ZeroDivisionError("oh"), "failed", 1),
    ],
)
def test_the_last_line_is_the_end_however_it_ends(error: BaseException, status: str, code: int) -> None:
    """Also when the job could not say so itself; and the error goes on its way."""
    stream = io.StringIO()
    with pytest.raises(type(error)), JsonLines(stream):
        raise error
    last = json.loads(stream.getvalue().splitlines()[-1])
    assert (last["type"], last["status"], last["exit_code"]) == ("job.finished", status, code)


def test_the_end_is_told_once() -> None:
    """An error after the end adds nothing."""
    stream = io.StringIO()
    lines = JsonLines(stream)
    lines(Finished(REPORT))
    with pytest.raises(ConfigError), lines:
        raise ConfigError("wrong")
    assert [json.loads(line)["status"] for line in stream.getvalue().splitlines() if "finished" in line] == ["done"]


class Closed(io.StringIO):
    """A pipe whose reader goes after the first line."""

    def flush(self) -> None:
        """As a pipe does."""
        if self.getvalue().count("\n") > 1:
            raise BrokenPipeError


def test_a_reader_that_has_gone_ends_the_job() -> None:
    """The error is raised where the job runs, and nothing is written on the way out."""
    stream = Closed()
    with pytest.raises(BrokenPipeError), JsonLines(stream) as watch:
        watch(Noted("n"))
    assert stream.getvalue().count("\n") == 2


class Counting(io.StringIO):
    """Counts how often it is flushed."""

    flushed = 0

    def flush(self) -> None:
        """Count."""
        self.flushed += 1


def test_each_line_is_flushed() -> None:
    """A program waits for it."""
    stream = Counting()
    with JsonLines(stream) as watch:
        watch(Noted("a"))
        watch(Noted("b"))
    assert stream.flushed == 3


def test_odd_names_stay_json() -> None:
    """Line ends and bytes that are no text do not break a line, and come back."""
    (_, line) = events(Noted("a\nb\u2028c\udce9"))
    assert line["text"] == "a\nb\u2028c\udce9"


def test_jobs_are_told_apart() -> None:
    """Two in the same second have different names, which begin with the output's."""
    one, two = job_id("/f/my film.mp4", 0.0), job_id("/f/my film.mp4", 0.0)
    assert one != two
    assert one.startswith("my_film-19700101T000000-")
    assert job_id("", 0.0).startswith("19700101T000000-")
