"""What of an ffmpeg command line its result depends on: all but the list below, with files by what is in them.

Resume rests on this: a piece is taken over only when the command that would make it now is, in all that matters, the
one that made it. Whatever is not known to be immaterial counts. Pure but for asking whether a word names a file.
Neighbours: `ffmpeg` uses it, `suture.orchestrator.fingerprint` makes digests of it.
"""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from suture.command.base import Files

__all__ = ["IMMATERIAL", "coders", "material"]

# Options that change no byte of the output, with how many values each has. The one list.
IMMATERIAL: Final = {
    "-hide_banner": 0,
    "-nostdin": 0,
    "-stdin": 0,
    "-loglevel": 1,
    "-v": 1,
    "-stats": 0,
    "-nostats": 0,
    "-stats_period": 1,
    "-progress": 1,
    "-report": 0,
    "-benchmark": 0,
    "-y": 0,
    "-n": 0,
    "-protocol_whitelist": 1,
}
_CODERS: Final = ("-c:v", "-c:a", "-c:s", "-c")
_INPUT: Final = "-i"


def coders(arguments: Sequence[str]) -> tuple[str, ...]:
    """The encoders that a command line names."""
    return tuple(after for option, after in pairwise(arguments) if option in _CODERS)


def material(arguments: Sequence[str], files: Files) -> Iterator[str]:
    """What counts of the arguments (without the program), in their order; the last one is the output's name."""
    rest = iter(arguments[:-1])
    for argument in rest:
        if argument in IMMATERIAL:
            for _ in range(IMMATERIAL[argument]):
                next(rest, None)
        elif argument == _INPUT:
            yield argument
            yield files.source(next(rest, "").removeprefix("file:"))
        else:
            yield _without_paths(argument, files)
    yield Path(arguments[-1]).suffix  # it chooses the format


def _without_paths(argument: str, files: Files) -> str:
    """An argument; where it names files, its words, with what is in the files in place of their names."""
    filters = [word for text in _words(argument, ",;[]") for word in _words(text, ":=|")]
    for words in ([argument], _words(argument), filters):  # as a path, an encoder's options, a filter graph
        if any(map(_file_of, words)):
            return " ".join(files.content(name) if (name := _file_of(word)) else word for word in words)
    return argument


def _file_of(word: str) -> str:
    """The file or folder that a word names; empty where it names none."""
    path = word.removeprefix("file:")
    return path if os.sep in path and os.path.exists(path) else path if os.path.isfile(path) else ""  # noqa: PTH110, PTH113


def _words(text: str, separators: str = ":=|,") -> list[str]:
    r"""The words between separators, as one level of ffmpeg's escaping reads them: ``\`` and ``'…'``."""
    words: list[str] = []
    word, quoted, escaped = "", False, False
    for character in text:
        if escaped or (quoted and character != "'"):
            word, escaped = word + character, False
        elif character == "\\":
            escaped = True
        elif character == "'":
            quoted = not quoted
        elif character in separators:
            words.append(word)
            word = ""
        else:
            word += character
    return [*words, word]
