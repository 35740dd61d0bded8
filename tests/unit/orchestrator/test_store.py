"""The job's state: what was done is found again, whatever ended the run; what is not so is never believed."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from small_job import Maker, SmallJob, dying, fingerprints, quick_folder
from suture.command.base import Outcome
from suture.errors import CommandCancelled, CommandFailed, DiskFull, MediaError, ResumeError
from suture.orchestrator.graph import Dag
from suture.orchestrator.rows import Counts, Finding, Worker
from suture.orchestrator.seal import seal_of
from suture.orchestrator.states import State
from suture.orchestrator.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from suture.orchestrator.journal import Journal


@pytest.fixture(autouse=True)
def _plain_fingerprints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suture.orchestrator.store.fingerprints", fingerprints)


@pytest.fixture
def job(tmp_path: Path) -> Iterator[SmallJob]:
    """A job in a folder of its own."""
    with quick_folder(tmp_path) as folder:
        yield SmallJob(folder)


def unsealed(job: SmallJob) -> SmallJob:
    """The same without its seals, so that only the database is left to know anything."""
    for name in job.names:
        seal_of(str(job.output(name))).unlink()
    return job


# What is found again.


def test_a_new_job_knows_nothing(job: SmallJob) -> None:
    """Its first run begins with no result, and leaves nothing behind that heals or is found."""
    found, store = job.resumed()
    assert (found, store.findings, store.healed, store.run) == ({}, [], "", 1)


def test_what_was_done_is_done(job: SmallJob) -> None:
    """The next run gets each outcome as it was, down to the digest."""
    done = job.done()
    found, store = unsealed(job).resumed()
    assert found == done
    assert (store.findings, store.run) == ([], 2)


def test_it_is_a_journal(job: SmallJob) -> None:
    """The runner can use it for what it is (the type checker looks at this line)."""
    with Store.open(str(job.database)) as store:
        journal: Journal = store
        assert journal.begin(Dag()) == {}


def test_only_what_may_be_reused_is(job: SmallJob) -> None:
    """A command that says no is run again, and has no seal."""
    dag = Dag()
    dag.add(Maker("p0", str(job.output("p0")), reusable=False))
    with Store.open(job.database) as store:
        store.begin(dag)
        job.do(store, "p0")
        assert store.begin(dag) == {}
        assert store.results() == []
    assert not seal_of(str(job.output("p0"))).exists()


def test_what_nobody_waits_for_any_more_is_settled(job: SmallJob) -> None:
    """Transient pieces whose join holds count as done, with nothing to tell; without the join they don't."""
    with Store.open(job.database) as store:
        assert store.begin(job.dag(transient=True)) == {}
        outcome = job.do(store, "join")
        assert store.begin(job.dag(transient=True)) == {name: Outcome() for name in job.names} | {"join": outcome}
        assert store.counts() == Counts(5, 5)
        job.output("join").unlink()
        assert store.begin(job.dag(transient=True)) == {}


def test_other_settings_are_another_job(job: SmallJob) -> None:
    """A result of another fingerprint is neither taken nor worth a word, and is still there when settings go back."""
    done = job.done()
    found, store = replace(job, said="crf 30").resumed()
    assert (found, store.findings) == ({}, [])
    assert job.resumed()[0] == done


def test_only_what_changed_is_done_again(job: SmallJob) -> None:
    """With one task changed, all others are found."""
    done = job.done()
    dag = Dag()
    for name in job.names:
        dag.add(Maker(name, str(job.output(name)), "new" if name == "p1" else f"{name} {job.said}"))
    with Store.open(job.database) as store:
        assert store.begin(dag) == {name: outcome for name, outcome in done.items() if name != "p1"}


def test_what_was_written_over_is_forgotten(job: SmallJob) -> None:
    """A path holds one file: the later result takes the earlier one's place, which is no damage to speak of."""
    job.done()
    other = replace(job, said="crf 30")
    done = other.done()
    assert other.resumed()[0] == done
    found, store = job.resumed()
    assert (found, store.findings) == ({}, [])


def test_a_moved_folder_changes_nothing(job: SmallJob, tmp_path: Path) -> None:
    """Results are looked for where the commands would write now."""
    old = SmallJob(tmp_path / "old")
    old.folder.mkdir()
    done = old.done()
    moved = SmallJob(old.folder.rename(tmp_path / "new"))
    found, store = unsealed(moved).resumed()
    assert (found, store.findings) == (done, [])
    with Store.open(moved.database) as reopened:
        assert {result.path for result in reopened.results()} == {str(moved.output(name)) for name in moved.names}


@pytest.mark.parametrize(("gone", "left"), [("p0", "p1"), ("p1", "p0")])
def test_two_tasks_may_make_the_same_file(job: SmallJob, gone: str, left: str) -> None:
    """One that is gone does not take its twin along."""
    dag = Dag()
    for name in ("p0", "p1"):
        dag.add(Maker(name, str(job.output(name)), "same"))
    with Store.open(job.database) as store:
        store.begin(dag)
        done = {name: job.do(store, name) for name in ("p0", "p1")}
        assert store.begin(dag) == done
        job.output(gone).unlink()
        assert store.begin(dag) == {left: done[left]}
        assert [result.task for result in store.results()] == [left]
        assert store.begin(dag) == {left: done[left]}


def test_a_name_need_not_be_unicode(tmp_path: Path) -> None:
    """Paths, commands and messages with bytes that are no text are kept, and don't hinder anything."""
    folder = tmp_path / os.fsdecode(b"100% caf\xe9?#'\"\n")
    folder.mkdir()
    job = SmallJob(folder, said=os.fsdecode(b"\xe9"))
    with Store.open(job.database) as store:
        store.begin(Dag())
    dag = Dag()
    dag.add(Maker("p0", str(job.output("p0")), "p0"))
    with Store.open(job.database) as store:
        store.begin(dag)
        store.launched("p0", 1, 0.0)
        store.failed("p0", 1, CommandFailed(str(folder), "", [str(folder)], 1, str(folder)), 0.0)
        outcome = replace(job, said="x").make("p0")
        store.succeeded("p0", 2, outcome, 1.0)
    assert Store.glance(job.database) is not None
    with Store.open(job.database) as store:
        assert store.begin(dag) == {"p0": outcome}


def test_the_clock_may_jump(job: SmallJob) -> None:
    """Times before all others, or the same for all, change nothing but what people read."""
    with Store.open(job.database) as store:
        store.begin(job.dag())
        for attempt, at in ((1, 9e9), (2, -1.0), (3, 0.0)):
            store.launched("p0", attempt, at)
            store.failed("p0", attempt, MediaError("no"), at - 5)
        store.launched("p0", 4, 0.0)
        outcome = job.make("p0")
        store.succeeded("p0", 4, outcome, -7.0)
        store.commit()
        assert [attempt.attempt for attempt in store.attempts("p0")] == [1, 2, 3, 4]
    assert job.resumed()[0] == {"p0": outcome}


# What does not hold.


def _gone(path: Path) -> None:
    path.unlink()


def _longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"!")


def _altered(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"!")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGE: dict[Callable[[Path], None], str] = {
    _gone: "missing",
    _longer: "its size is 501 bytes, it was 500",
    _altered: "its contents changed",
    _folder: "its size is",
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("sealed", [True, False])
def test_a_file_that_changed_is_made_again(job: SmallJob, damage: Callable[[Path], None], *, sealed: bool) -> None:
    """It is found out, said once, and forgotten, with and without its seal; all others stay."""
    done = job.done()
    if not sealed:
        unsealed(job)
    damage(job.output("p2"))
    found, store = job.resumed()
    assert found == {name: outcome for name, outcome in done.items() if name != "p2"}
    (finding,) = store.findings
    assert finding.task == "p2"
    assert finding.text.startswith(DAMAGE[damage])
    assert not seal_of(str(job.output("p2"))).exists()
    assert job.resumed()[1].findings == []


def test_the_digest_is_made_where_the_command_made_none(job: SmallJob) -> None:
    """An outcome without a digest is as safe as one with."""
    with Store.open(job.database) as store:
        store.begin(job.dag())
        outcome = job.make("p0")
        store.succeeded("p0", 1, replace(outcome, digest=""), 1.0)
        store.commit()
        assert store.begin(job.dag()) == {"p0": outcome}
        _altered(job.output("p0"))
        assert store.begin(job.dag()) == {}


def test_a_success_without_a_file_is_noted(job: SmallJob) -> None:
    """It does not end the run, it is no result, and it is not hidden."""
    with Store.open(job.database) as store:
        store.begin(job.dag())
        store.succeeded("p0", 1, Outcome(), 1.0)
        store.commit()
        assert store.results() == []
        assert [(event.kind, event.task) for event in store.events()] == [("begun", ""), ("missing", "p0")]


def test_forgotten_is_made_again(job: SmallJob) -> None:
    """Neither row nor seal bring it back; its file is left alone."""
    job.done()
    with Store.open(job.database) as store:
        store.forget("p1")
    found, store = job.resumed()
    assert (sorted(found), store.findings) == (["p0", "p2", "p3"], [])
    assert job.output("p1").exists()


def test_forgetting_after_begin_finds_the_seal_where_it_is_now(job: SmallJob) -> None:
    """Also of what the database never knew."""
    job.done()
    job.database.unlink()
    with Store.open(job.database) as store:
        store.begin(job.dag())
        store.forget("p1")
        assert sorted(store.begin(job.dag())) == ["p0", "p2", "p3"]


# Seals.


def test_a_lost_database_costs_nothing(job: SmallJob) -> None:
    """All results are taken over from the seals beside them, said, and in the new database from then on."""
    done = job.done()
    job.database.unlink()
    found, store = job.resumed()
    assert found == done
    assert store.findings == [Finding(name, "taken over from its seal") for name in job.names]
    again, store = unsealed(job).resumed()
    assert (again, store.findings) == (done, [])


def test_a_seal_of_another_job_is_none(job: SmallJob) -> None:
    """The fingerprint has to fit, however well the file does; nothing is said of it, nothing is done to it."""
    job.done()
    job.database.unlink()
    found, store = replace(job, said="crf 30").resumed()
    assert (found, store.findings) == ({}, [])
    assert seal_of(str(job.output("p0"))).exists()


def test_a_seal_must_hold_too(job: SmallJob) -> None:
    """Without a database, an altered file is found out by its seal."""
    job.done()
    job.database.unlink()
    _altered(job.output("p0"))
    found, store = job.resumed()
    assert "p0" not in found
    assert Finding("p0", "its contents changed") in store.findings


def test_the_newer_seal_beats_the_older_row(job: SmallJob) -> None:
    """A process that dies after the seal and before the commit has lost nothing, nor what was done before."""
    job.done()
    again = job.make("p0", frames=25)
    job.output("p0").write_bytes(b"another encoding")
    with Store.open(job.database) as store:
        store.begin(job.dag())
        store.succeeded("p0", 1, replace(again, digest=""), 1.0)
        store._pending.clear()
    found, store = job.resumed()
    assert (found["p0"].frames, found["p0"].size_bytes) == (25, 16)
    assert store.findings == [Finding("p0", "taken over from its seal")]


# Death.


def steps(job: SmallJob) -> list[tuple[str, Callable[[dict[str, Any]], object]]]:
    """A run of two pieces, call by call; each may be the last."""

    def of(task: str) -> list[tuple[str, Callable[[dict[str, Any]], object]]]:
        return [
            (f"launched {task}", lambda it: it["store"].launched(task, 1, 1.0)),
            (f"made {task}", lambda it: it.update({task: job.make(task)})),
            (f"succeeded {task}", lambda it: it["store"].succeeded(task, 1, it[task], 2.0)),
            (f"committed {task}", lambda it: it["store"].commit()),
            (f"ended {task}", lambda it: it["store"].ended(task, State.DONE, 1, it[task], None, 2.0)),
        ]

    return [
        ("opened", lambda it: it.update(store=Store.open(job.database))),
        ("fact", lambda it: it["store"].set_fact("cores", 8)),
        ("fact committed", lambda it: it["store"].commit()),
        ("begun", lambda it: it["store"].begin(job.dag())),
        *of("p0"),
        *of("p1"),
        ("closed", lambda it: it["store"].close()),
    ]


def played(job: SmallJob, last: str) -> list[str]:
    """Play the run in a process that dies right after the step ``last``; gives the steps."""
    names = [name for name, _step in steps(job)]
    count = names.index(last) + 1

    def play() -> None:
        it: dict[str, Any] = {}
        for _name, step in steps(job)[:count]:
            step(it)

    dying(play)
    return names[:count]


LASTS = [name for name, _step in steps(SmallJob(None))]  # type: ignore[arg-type]


@pytest.mark.parametrize("last", LASTS)
def test_death_between_any_two_calls(job: SmallJob, last: str) -> None:
    """What had succeeded is found, by its seal at least; what ran is known to have run; the fact is kept."""
    past = played(job, last)
    with Store.open(job.database) as store:
        flying = [p for p in ("p0", "p1") if f"launched {p}" in past and f"committed {p}" not in past]
        assert store.in_flight() == flying
        assert store.facts() == ({"cores": 8} if "fact committed" in past else {})
        assert store.healed == ""
        found = store.begin(job.dag())
        assert sorted(found) == [p for p in ("p0", "p1") if f"succeeded {p}" in past]
        assert [finding.task for finding in store.findings] == [p for p in flying if p in found]


@pytest.mark.parametrize("last", [name for name in LASTS if name.startswith(("succeeded", "committed", "ended"))])
def test_death_without_seals(job: SmallJob, last: str) -> None:
    """What was committed is in the database itself."""
    past = played(job, last)
    for seal in job.folder.glob("*.seal"):
        seal.unlink()
    assert sorted(job.resumed()[0]) == [p for p in ("p0", "p1") if f"committed {p}" in past]


def test_a_result_is_forced_to_the_disk(job: SmallJob) -> None:
    """A power cut does not undo what `commit` returned for; launches and failures don't pay for that."""
    with Store.open(job.database) as store:
        store.begin(job.dag())
        said: list[str] = []
        store._database._sql.set_trace_callback(said.append)
        store.launched("p0", 1, 1.0)
        store.succeeded("p0", 1, job.make("p0"), 1.0)
        store.commit()
        store.launched("p1", 1, 1.0)
        store.failed("p1", 1, MediaError("no"), 1.0)
        store.commit()
        store.set_fact("cores", 8)
        store.commit()
    modes = [line.split()[-1] for line in said if "synchronous" in line or line.startswith("COMMIT")]
    begin = ["NORMAL", "COMMIT"]  # after the graph, which was forced
    assert modes[:7] == [*begin, "FULL", "COMMIT", "NORMAL", "COMMIT", "COMMIT"]
    assert modes[7:] == ["FULL", "COMMIT"]


def test_nothing_is_sent_half_the_way(job: SmallJob) -> None:
    """A launch between a success and its commit waits with it."""
    with Store.open(job.database) as store:
        store.begin(job.dag())
        store.succeeded("p0", 1, job.make("p0"), 1.0)
        store.launched("p1", 1, 1.0)
        assert (store.results(), store.attempts()) == ([], [])
        store.commit()
        assert len(store.results()) == len(store.attempts()) == 1


# What is kept for people.


def test_where_an_attempt_ran_is_kept(job: SmallJob) -> None:
    """By task, run and number, with the moment; also when it is told after the end, as both may come at once."""
    with Store.open(job.database) as store:
        store.begin(job.dag())
        store.launched("p0", 1, 1.0)
        store.started("p0", 1, "local-0", 1.5)
        store.launched("p1", 1, 1.0)
        store.succeeded("p1", 1, job.make("p1"), 3.0)
        store.started("p1", 1, "\udcff-1", 1.25)
    past = Store.past(job.database)
    assert past is not None
    assert past.workers == (Worker("p0", 1, 1, "local-0", 1.5), Worker("p1", 1, 1, "\\udcff-1", 1.25))


def test_the_past_is_all_that_was_written(job: SmallJob) -> None:
    """Read without a lock and without a trace, at rest and while somebody writes."""
    job.done()
    files = sorted(path.name for path in job.folder.iterdir())
    at_rest = Store.past(job.database)
    assert at_rest is not None
    assert sorted(path.name for path in job.folder.iterdir()) == files
    with Store.open(job.database) as store:
        store.note("opened", "again")
        store.commit()
        now = Store.past(job.database)
        assert now is not None
        assert (now.facts, list(now.tasks), list(now.attempts)) == (store.facts(), store.tasks(), store.attempts())
        assert (list(now.results), list(now.events)) == (store.results(), store.events())
    assert now.events[:-1] == at_rest.events
    assert Store.past(job.folder / "none.db") is None


def test_attempts_are_kept_with_all_that_is_known(job: SmallJob) -> None:
    """Of a failure its command, code and stderr; of a success its cost; of a stop that it was one; by run."""
    with Store.open(job.database) as store:
        store.begin(job.dag())
        store.launched("p0", 1, 1.0)
        store.failed("p0", 1, CommandFailed("p0 failed: no", "do it", ["x264", "a b"], 187, "bad\nworse"), 2.0)
        store.launched("p0", 2, 3.0)
        store.failed("p0", 2, CommandCancelled("stopped"), 4.0)
        store.ended("p0", State.CANCELLED, 2, None, None, 4.0)
        store.commit()
        assert next((row.task, row.state, row.attempts) for row in store.tasks()) == ("p0", "cancelled", 2)
        store.begin(job.dag())
        job.do(store, "p0")
        first, second, third = store.attempts()
        assert store.attempts("p1") == []
    assert (first.run, first.attempt, first.started, first.ended, first.state) == (1, 1, 1.0, 2.0, "failed")
    assert (first.error, first.message) == ("CommandFailed", "p0 failed: no")
    assert (first.returncode, first.stderr, first.command) == (187, "bad\nworse", "x264 'a b'")
    assert (second.attempt, second.state, second.returncode) == (2, "cancelled", None)
    assert (third.run, third.attempt, third.state, third.cpu_seconds, third.wall_seconds) == (2, 1, "done", 1.5, 2.25)
    assert third.peak_memory_bytes == 1000


def test_the_graph_is_kept(job: SmallJob) -> None:
    """Each task with its place, command, fingerprint and state; that of the next run replaces it."""
    dag = job.dag()
    with Store.open(job.database) as store:
        store.begin(dag)
        job.do(store, "p1")
        store.launched("p2", 1, 0.0)
        store.launched("p3", 1, 0.0)
        store.failed("p3", 1, MediaError("no"), 1.0)
        store.commit()
        rows = store.tasks()
        assert [row.state for row in rows] == ["waiting", "done", "running", "delayed", "waiting"]
        assert [row.command for row in rows] == [node.command.dry_run() for node in dag.tasks()]
        assert {row.task: row.fingerprint for row in rows} == fingerprints(dag)
        assert store.counts() == Counts(1, 5)
        store.begin(replace(job, pieces=2).dag())
        assert [(row.task, row.place, row.state) for row in store.tasks()] == [
            ("p0", 0, "waiting"),
            ("p1", 1, "done"),
            ("join", 2, "waiting"),
        ]


def test_what_ran_when_a_process_died_is_told_until_it_ran_again(job: SmallJob) -> None:
    """Runs that never came so far don't hide it; a later attempt that ended does."""

    def die() -> None:
        store = Store.open(job.database)
        store.begin(job.dag())
        store.launched("p0", 1, 1.0)
        store.launched("p1", 1, 1.0)

    dying(die)
    job.resumed()
    with Store.open(job.database) as store:
        assert store.in_flight() == ["p0", "p1"]
        store.begin(job.dag())
        job.do(store, "p0")
        assert store.in_flight() == ["p0", "p1"]
    with Store.open(job.database) as store:
        assert store.in_flight() == ["p1"]


def test_facts_are_what_json_says(job: SmallJob) -> None:
    """Nested values, replaced values, several runs."""
    with Store.open(job.database) as store:
        store.set_fact("machine", {"cores": 8, "memory": [1, 2.5, None]})
        store.set_fact("path", "\udce9")
        store.set_fact("cores", 1)
        store.set_fact("cores", 2)
    with Store.open(job.database) as store:
        facts = store.facts()
        assert facts == {"machine": {"cores": 8, "memory": [1, 2.5, None]}, "path": "\udce9", "cores": 2}
        with pytest.raises(TypeError):
            store.set_fact("bad", object())
        assert json.loads(json.dumps(store.facts())) == facts


# Errors.


def test_a_full_disk_is_told_and_costs_nothing(job: SmallJob) -> None:
    """DiskFull names the place; once there is room the same commit goes through."""
    with Store.open(job.database) as store:
        store.begin(job.dag())
        outcome = job.make("p0")
        store.succeeded("p0", 1, outcome, 1.0)
        pages = store._database.rows("PRAGMA page_count")[0][0]
        store._database.rows(f"PRAGMA max_page_count = {pages}")
        store.set_fact("large", "x" * 100_000)
        with pytest.raises(DiskFull, match=r"no space left for .*job\.db .*free some space in"):
            store.commit()
        store._database.rows("PRAGMA max_page_count = 1000000")
        store.commit()
    assert job.resumed()[0] == {"p0": outcome}


def test_a_full_disk_stops_a_seal(job: SmallJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can't be sealed is not recorded, and no half of a seal is left."""

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with Store.open(job.database) as store:
        store.begin(job.dag())
        outcome = job.make("p0")
        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(DiskFull, match=r"no space left for .*p0\.mkv"):
            store.succeeded("p0", 1, outcome, 1.0)
        monkeypatch.undo()
        assert store.results() == []
    assert sorted(path.name for path in job.folder.iterdir()) == ["job.db", "p0.mkv"]


def test_a_file_that_can_not_be_sealed_is_told(job: SmallJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other errors of the disk are told with their reason."""

    def refused(_result: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("suture.orchestrator.store.write_seal", refused)
    with Store.open(job.database) as store:
        store.begin(job.dag())
        with pytest.raises(ResumeError, match=r"p0\.mkv can't be sealed: .*Permission denied"):
            store.succeeded("p0", 1, job.make("p0"), 1.0)


def test_the_first_error_is_the_news(job: SmallJob) -> None:
    """Leaving by an error keeps it, though nothing can be written any more; what can be is."""

    def leave(cores: int, *, locked: bool) -> None:
        with Store.open(job.database) as store:
            store.set_fact("cores", cores)
            store._database._sql.execute(f"PRAGMA query_only = {int(locked)}")
            raise KeyError

    with pytest.raises(KeyError):
        leave(8, locked=False)
    with pytest.raises(KeyError):
        leave(9, locked=True)
    with Store.open(job.database) as store:
        assert store.facts() == {"cores": 8}


# A glance from outside.


def listing(folder: Path) -> dict[str, bytes]:
    """Every file and what is in it."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_glance_disturbs_nothing(job: SmallJob) -> None:
    """Facts and counts of a job at rest; every file stays as it is, and none is added."""
    job.done()
    before = listing(job.folder)
    seen = Store.glance(job.database)
    assert seen is not None
    assert (seen.facts, seen.counts) == ({"cores": 8}, Counts(4, 5))
    assert listing(job.folder) == before


def test_a_glance_at_a_job_that_runs(job: SmallJob) -> None:
    """What was committed is seen, also while more is being written, and the run goes on."""
    with Store.open(job.database) as store, Store.open(job.database) as other:
        store.set_fact("cores", 16)
        store.begin(job.dag())
        with other._database._transaction():
            other._database._sql.execute("DELETE FROM facts")
            seen = Store.glance(str(job.database))
        assert seen is not None
        assert (seen.facts, seen.counts) == ({"cores": 16}, Counts(0, 5))
        job.do(store, "p0")


def test_a_glance_sees_what_a_dead_process_left(job: SmallJob) -> None:
    """What was committed and not merged is seen, and left as it lay."""
    played(job, "committed p0")
    before = listing(job.folder)
    seen = Store.glance(job.database)
    assert seen is not None
    assert (seen.facts, seen.counts) == ({"cores": 8}, Counts(1, 5))
    after = listing(job.folder)
    assert {name: after[name] for name in ("job.db", "job.db-wal")} == {
        name: before[name] for name in ("job.db", "job.db-wal")
    }


def test_nothing_is_seen_of_what_is_not_there(job: SmallJob) -> None:
    """None, and no file begins to be."""
    assert Store.glance(job.database) is None
    assert listing(job.folder) == {}
