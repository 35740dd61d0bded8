"""Ctrl-C once and twice, termination, a closed terminal, in every phase: nothing lives on, and nothing is lost."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from runs import OPTIONS, SOUND, SPLICE, Home, Living, Told, packets, within

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.fault

LATE = "video-0-00001"
PHASES = ("looking", "encoding", "joining", "publishing")
# A terminal of the child's own: a leader of a session that opens one gets it.
_ON_A_TERMINAL = "import os, sys; t = os.open(sys.argv[1], os.O_RDWR); [os.dup2(t, n) for n in range(3)]; \
os.execv(sys.argv[2], sys.argv[2:])"


def run_until(home: Home, phase: str, late: str = "late=1.5") -> Living:
    """Start a run and wait until it is in the middle of a phase; what it waits for in the first two comes late."""
    slow = {"looking": {"-encoders": [late]}, "encoding": {LATE: [late]}}
    living = home.start(env=home.lying(**slow.get(phase, {})))
    if phase == "looking":
        assert within(30, lambda: any("-encoders" in line for line in living.processes().values()))
    elif phase == "encoding":
        living.until("task.started", LATE)
    else:
        living.until("task.started", {"joining": "join", "publishing": "publish"}[phase])
    return living


def ended(living: Living, home: Home) -> Told:
    """Its end: nothing of it lives, no part of a file is left, nobody saw a traceback."""
    told = living.end()
    assert living.gone(), living.processes()
    assert not list(home.folder.rglob(".part-*"))
    assert "Traceback" not in told.said
    return told


def goes_on(home: Home, before: Told, wanted: list[Any]) -> None:
    """The same command finds all that was done, and gives what an undisturbed run gives."""
    told = home.run()
    assert told.code == 0, told.said
    assert told.reused == before.done - {"join", "publish"}
    assert packets(home.output) == wanted


@pytest.mark.parametrize("phase", PHASES[:-1])
def test_ctrl_c_once(phase: str, home: Home, wanted: list[Any]) -> None:
    """What runs may finish, nothing new starts, and how to go on is said."""
    living = run_until(home, phase)
    begun = {event["task"] for event in living.events() if event["type"] == "task.started"}
    living.signal(signal.SIGINT)
    told = ended(living, home)
    assert (told.code, told.finished["status"], told.finished["exit_code"]) == (130, "cancelled", 130)
    assert not home.output.exists()
    if phase == "looking":
        assert home.left() == [], "nothing was done, so nothing has to be kept"
    else:
        assert begun - {SPLICE} <= told.done
        assert "`suture resume" in told.said
    goes_on(home, told, wanted)


def test_ctrl_c_once_while_publishing(home: Home, wanted: list[Any]) -> None:
    """It is the last that runs: the job is finished."""
    living = run_until(home, "publishing")
    living.signal(signal.SIGINT)
    told = ended(living, home)
    assert (told.code, told.finished["status"]) == (0, "done")
    assert packets(home.output) == wanted


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("how", ["twice", "SIGTERM", "SIGHUP"])
def test_at_once(phase: str, how: str, home: Home, wanted: list[Any]) -> None:
    """Nothing is waited for, whatever runs; the exit code is the signal's."""
    # Who only asks ffmpeg what it can do waits for the answer, which takes no time otherwise.
    living = run_until(home, phase, late="late=1" if phase == "looking" else "late=60")
    began = time.monotonic()
    number = signal.SIGINT if how == "twice" else signal.Signals[how]
    living.signal(number)
    if how == "twice":  # two signals that wait for the same process are one, so the first has to be heard
        assert within(30, lambda: "Ctrl-C again" in living.said() or living.gone())
        living.signal(number)
    told = ended(living, home)
    assert time.monotonic() - began < 20
    if phase == "publishing" and home.output.exists():  # the rename was faster
        assert told.code in {0, 128 + number}
        assert packets(home.output) == wanted
        assert home.run().code == (0 if told.code else 2)
        return
    assert told.code == 128 + number
    assert (told.finished["status"], told.finished["exit_code"]) == ("cancelled", told.code)
    assert not home.output.exists()
    goes_on(home, told, wanted)


@pytest.mark.parametrize("delay_s", [0.0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3])
def test_ctrl_c_before_anything(delay_s: float, home: Home) -> None:
    """While Suture is still loading, too, nobody sees a traceback of it; before, it is Python's."""
    script = str(Path(sys.executable).with_name("suture"))
    living = home.start(argv=[script, *home.argv()[3:]])
    time.sleep(delay_s)
    living.signal(signal.SIGINT)
    told = living.end()
    assert living.gone(), living.processes()
    assert told.code in {130, -signal.SIGINT}
    assert ", in run\n" not in told.said
    assert not home.output.exists()


def test_a_closed_terminal(home: Home, wanted: list[Any]) -> None:
    """Its end is a SIGHUP, and nobody can be told any more; the job ends as with SIGTERM, and goes on later."""
    master, slave = os.openpty()
    words = [sys.executable, "-m", "suture", str(home.film), str(home.output), *OPTIONS, *SOUND]
    argv = [sys.executable, "-c", _ON_A_TERMINAL, os.ttyname(slave), *words]
    living = home.start(argv=argv, env={"TERM": "xterm", **home.lying(**{LATE: ["late=60"]})})
    os.close(slave)
    os.set_blocking(master, False)
    shown = bytearray()
    assert within(60, _drawing(master, shown, lambda: len(list(home.cache.rglob("video-*.mkv.seal"))) == 3)), shown
    os.close(master)
    told = ended(living, home)
    assert told.code in {129, 1}
    assert b"Traceback" not in shown
    again = home.run()
    assert (again.code, sorted(again.started)) == (0, [LATE])
    assert packets(home.output) == wanted


def _drawing(master: int, shown: bytearray, holds: Callable[[], bool]) -> Callable[[], bool]:
    """Read what the terminal shows, so that nobody waits for that, and ask."""

    def look() -> bool:
        with suppress(OSError):  # nothing to read, or nobody on the other side yet
            shown.extend(os.read(master, 65536))
        return holds()

    return look
