"""Where the command begins: ``suture`` and ``python -m suture``.

Until `main` is loaded nobody could say anything about a Ctrl-C, so it simply ends the process, as it does any program.
"""

from __future__ import annotations

import signal
import sys

__all__ = ["run"]


def run() -> int:
    """Load the command and run it; gives the exit code."""
    heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # not with nohup, which has it ignored
    if heard:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from suture.main import main  # noqa: PLC0415 - what takes the time

    if heard:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return main()


if __name__ == "__main__":
    sys.exit(run())
