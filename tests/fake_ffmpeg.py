#!/usr/bin/env python3
"""A stand-in for ffmpeg that does as it is told: for tests of what happens when an encoder does not behave.

It is no test and encodes nothing. It takes ffmpeg's command line, treats the last argument as the output,
and obeys the environment variable ``FAKE_FFMPEG``: words (``"size=2000 progress=5 exit=1"``), or a JSON
object of the same keys. Asked what it can do (``-version``, ``-encoders`` …), it answers as FFmpeg 9.0 did.
Keys, obeyed in this order:

===============  ===========================================================================================
``record``       append a line of JSON to this file: ``{"argv": […], "pid": …, "attempt": …}``
``until``        be like this for the first N runs only (counted in ``record``), then succeed
``ignore_term``  ignore SIGTERM (and SIGINT)
``grandchild``   leave a child behind that holds both pipes for so many seconds
``stderr``       a line for stderr
``flood``        write so many bytes to stderr
``progress``     report so many blocks of progress on stdout, as ``-progress pipe:1`` does
``frames``       frames of the last block (default: ten per block)
``pause``        seconds between the blocks
``size``         bytes to write to the output (default 1000; 0: an empty file)
``no_output``    write no output at all
``hang``         say nothing for so many seconds
``signal``       die by this signal (number or name)
``exit``         the exit code (default 0)
===============  ===========================================================================================

With ``real`` (JSON only) it is an ffmpeg that misbehaves now and then: everything is passed on to that binary, but for
the outputs that ``orders`` names, each with what its runs do in turn, as words of the table. Past the end of the list,
and for the word ``well``, the real one runs; a list that ends with ``always`` repeats its last orders for ever. How
often an output was asked for is kept in files in the folder ``state``. Further keys, for this way only::

    {"real": "/usr/bin/ffmpeg", "state": "/tmp/x", "orders": {"video-0-00001": ["signal=SEGV", "hang=60", "well"]}}

===============  ===========================================================================================
``garbage``      write so many random bytes to the output
``cut``          let the real one run, but for so many frames only
``limit``        let the real one run, with so many MiB of address space
``late``         let the real one run, so many seconds later
``eat``          take so many MiB of memory
===============  ===========================================================================================

Use it as the ffmpeg of a job: ``SUTURE_FFMPEG=tests/fake_ffmpeg.py`` (it is executable), or put
`fake_argv` before the arguments.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

Orders = dict[str, "str | int | float | bool"]
Told = dict[str, Any]

ANSWERS = Path(__file__).parent / "golden" / "capabilities" / "9.0"


def fake_argv(*args: str) -> list[str]:
    """The argument list that runs this file with this Python."""
    return [sys.executable, str(Path(__file__).resolve()), *args]


def parse_orders(text: str) -> Told:
    """The orders in ``FAKE_FFMPEG``: a JSON object, or words ``key=value`` and ``key``."""
    if text.lstrip().startswith("{"):
        return dict(json.loads(text))
    pairs = (word.partition("=") for word in text.split())
    return {key: value if sign else True for key, sign, value in pairs}


def answer(argv: list[str]) -> str | None:
    """What FFmpeg 9.0 says to this question; None when it is none."""
    for word in argv:
        path = ANSWERS / f"{word.removeprefix('-').replace('=', '-')}.txt"
        if word.startswith(("-", "encoder=")) and path.is_file():
            return path.read_text()
    # Of most encoders nothing was captured: they do not tell what they take, as some real ones do not.
    return "Encoder\n" if "-h" in argv else None


def obey(orders: Orders, argv: list[str]) -> int:
    """Do what the orders say; the exit code."""
    told = answer(argv)
    if told is not None:
        sys.stdout.write(told)
        return 0
    attempt = _record(orders, argv)
    if "until" in orders and attempt > int(orders["until"]):
        orders = {key: orders[key] for key in ("size", "progress", "frames") if key in orders}
    _prepare(orders)
    _speak(orders)
    _write(orders, argv)
    time.sleep(float(orders.get("hang", 0)))
    if "signal" in orders:
        _die(str(orders["signal"]))
    return int(orders.get("exit", 0))


def now_and_then(told: Told, argv: list[str]) -> int:
    """Pass a call on to the real ffmpeg, unless there are orders for this run of this output."""
    orders = _for_this_run(told, argv)
    time.sleep(float(orders.get("late", 0)))
    if not orders or "late" in orders:
        os.execv(told["real"], [told["real"], *argv])  # noqa: S606 - the same process, as if it had been called
    if "limit" in orders:
        resource.setrlimit(resource.RLIMIT_AS, (int(orders["limit"]) << 20,) * 2)
        os.execv(told["real"], [told["real"], *argv])  # noqa: S606 - as above
    if "cut" in orders:
        cut = [*argv[:-1], "-frames:v", str(orders["cut"]), "-frames:a", str(orders["cut"]), argv[-1]]
        os.execv(told["real"], [told["real"], *cut])  # noqa: S606 - as above
    eaten = b"x" * (int(orders.get("eat", 0)) << 20)
    return obey(orders, argv) + 0 * len(eaten)


def _for_this_run(told: Told, argv: list[str]) -> Orders:
    """The orders for what is asked for now; none: do it well."""
    name = Path(argv[-1]).stem.removeprefix(".part-") if argv else ""
    turns = list(told["orders"].get(name, ()))
    if not turns:
        return {}
    for_ever = turns[-1] == "always" and bool(turns.pop())
    before = _count(Path(told["state"]) / name)
    turn = turns[min(before, len(turns) - 1)] if for_ever or before < len(turns) else "well"
    return {} if turn == "well" else parse_orders(turn)


def _count(path: Path) -> int:
    """How often this was asked before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        file.write(b".")
        return file.tell() - 1


def _record(orders: Orders, argv: list[str]) -> int:
    if "record" not in orders:
        return 1
    path = Path(str(orders["record"]))
    attempt = 1 + (len(path.read_text().splitlines()) if path.exists() else 0)
    line = json.dumps({"argv": argv, "pid": os.getpid(), "attempt": attempt}) + "\n"
    with path.open("a") as file:
        file.write(line)
    return attempt


def _prepare(orders: Orders) -> None:
    if orders.get("ignore_term"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if "grandchild" in orders and os.fork() == 0:
        time.sleep(float(orders["grandchild"]))
        os._exit(0)


def _speak(orders: Orders) -> None:
    if "stderr" in orders:
        sys.stderr.write(f"{orders['stderr']}\n")
    line = "x" * 99 + "\n"
    for _ in range(int(orders.get("flood", 0)) // len(line)):
        sys.stderr.write(line)
    sys.stderr.flush()
    blocks = int(orders.get("progress", 0))
    frames = int(orders.get("frames", 10 * blocks))
    for number in range(1, blocks + 1):
        _report(frames * number // blocks, last=number == blocks)
        time.sleep(float(orders.get("pause", 0)))


def _report(frame: int, *, last: bool) -> None:
    time_us = frame * 40_000
    sys.stdout.write(
        f"frame={frame}\nfps=25.00\nstream_0_0_q=28.0\nbitrate= 100.0kbits/s\ntotal_size={frame * 100}\n"
        f"out_time_us={time_us}\nout_time_ms={time_us}\nout_time=00:00:00.000000\ndup_frames=0\ndrop_frames=0\n"
        f"speed=1.00x\nprogress={'end' if last else 'continue'}\n"
    )
    sys.stdout.flush()


def _write(orders: Orders, argv: list[str]) -> None:
    if argv and not orders.get("no_output"):
        name = argv[-1].removeprefix("file:")
        random = os.urandom(int(orders.get("garbage", 0)))
        Path(name).write_bytes(random or b"\0" * int(orders.get("size", 1000)))


def _die(name: str) -> None:
    number = int(name) if name.isdigit() else signal.Signals["SIG" + name.removeprefix("SIG")].value
    signal.signal(number, signal.SIG_DFL) if number not in {signal.SIGKILL, signal.SIGSTOP} else None
    os.kill(os.getpid(), number)


def main() -> int:
    """Do what the environment says; the exit code."""
    told = parse_orders(os.environ.get("FAKE_FFMPEG", ""))
    return now_and_then(told, sys.argv[1:]) if "real" in told else obey(told, sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
