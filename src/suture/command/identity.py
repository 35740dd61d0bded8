"""What of an ffmpeg command line its result depends on: all but the list below, with files by what is in them.

Resume rests on this: a piece is taken over only when the command that would make it now is, in all that matters, the
one that made it. Whatever is not known to be immaterial counts. Pure but for asking whether a word names a file.
Neighbours: `ffmpeg` uses it, `suture.orchestrator.fingerprint` makes digests of it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.command.quoting import filter_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from suture.command.base import Files

__all__ = ["IMMATERIAL", "material", "with_contents"]

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
# Options that name a file by which a command reads what another one made, or may have made.
_READ: Final = frozenset({"-i", "-/filter:a", "-filter_script:a"})


def material(arguments: Sequence[str], files: Files) -> Iterator[str]:
    """What counts of the arguments (without the program), in their order; the last one is the output's name."""
    rest = iter(arguments[:-1])
    for argument in rest:
        if argument in IMMATERIAL:
            for _ in range(IMMATERIAL[argument]):
                next(rest, None)
        elif argument in _READ:
            yield argument
            yield files.source(next(rest, "").removeprefix("file:"))
        else:
            yield with_contents(argument, files)
    yield Path(arguments[-1]).suffix  # it chooses the format


def with_contents(argument: str, files: Files) -> str:
    """An argument, with the contents of the files that it names behind it, and without the names of their folders.

    It may name them as a whole, among an encoder's options, or in a filter graph; whatever can be read as a name of
    a file counts as one.
    """
    filters = [word for text in _words(argument, ",;[]") for word in _words(text, ":=|")]
    words = dict.fromkeys(word.strip() for word in (argument, *_words(argument), *filters))
    named = {word: path for word in words if (path := _file_of(word, folders="fontsdir" in argument))}
    for word in sorted((word for word in named if os.sep in word), key=len, reverse=True):
        argument = argument.replace(filter_value(word), "").replace(word, "")
    return " ".join([argument, *sorted(set(map(files.content, named.values())))])


def _file_of(word: str, *, folders: bool) -> str:
    """The file (or folder, where one is meant) that a word names; empty where it names none."""
    path = word.removeprefix("file:")
    meant = os.path.isfile(path) or (folders and os.path.isdir(path))  # noqa: PTH112, PTH113 - strings all the way
    return path if meant else ""


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
