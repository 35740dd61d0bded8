"""The child process in which files from outside are parsed: ``python -m suture.media.child FUNCTION``.

Arguments come as JSON on stdin. Answers go to what was stdout at the start, one marked line each: ``progress
…`` while it works, at the end ``result …`` or ``error …``; what libraries print goes to stderr. Starts
cheaply: a function's module is imported when it is called. The other side of the pipe is `isolated`.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

from suture.errors import ConfigError, SutureError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["FUNCTIONS", "main"]

# All that a child may be asked for. Each takes keyword arguments and gives back what JSON can hold.
FUNCTIONS = {
    "contents": "suture.media.contents:contents_file",
    "decode": "suture.media.decodes:decode_piece",
    "index": "suture.media.packet_index:index_file",
    "join": "suture.media.mux:join_file",
    "probe": "suture.media.probe:probe_to_json",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one function of `FUNCTIONS` and answer; errors that are not ours end it with a traceback."""
    name = (sys.argv[1:] if argv is None else argv)[0]
    out = _take_stdout()
    request = json.load(sys.stdin)
    arguments = dict(request["arguments"])
    if request.get("progress"):
        arguments["on_progress"] = lambda value: _say(out, "progress", value)
    try:
        _say(out, "result", _load(name)(**arguments))
    except SutureError as error:
        _say(out, "error", {"type": type(error).__name__, "args": list(error.args)})
    return 0


def _take_stdout() -> TextIO:
    """Keep stdout for the answers and point file descriptor 1 at stderr: C libraries print there, too."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return out


def _say(out: TextIO, kind: str, value: object) -> None:
    out.write(f"{kind} {json.dumps(value)}\n")
    out.flush()


def _load(name: str) -> Callable[..., Any]:
    if name not in FUNCTIONS:
        raise ConfigError(f"the parser child knows no function {name!r}", f"it knows {', '.join(FUNCTIONS)}")
    module, _, attribute = FUNCTIONS[name].partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return function


if __name__ == "__main__":
    sys.exit(main())
