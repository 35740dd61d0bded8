"""Seals: what a finished file is, written beside it, so that it is worth something without the job's database.

``piece.mkv.seal`` says of ``piece.mkv`` what `store` says of it in a row: whose it is, how long, and its digest. It is
on the disk before the row is. A seal is believed only as far as the file beside it bears it out (`doubt`).
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from suture.command.part import Part
from suture.digest import digest_of
from suture.orchestrator.rows import Result

__all__ = ["doubt", "held", "read_seal", "seal_of", "unseal", "write_seal"]

SCHEMA: Final = 1
# Ours are half a kilobyte; whatever is much longer is none of them, and is not read to its end to find that out.
_LONGEST: Final = 1 << 16


def seal_of(path: str) -> Path:
    """Where the seal of a file lies."""
    return Path(f"{path}.seal")


def write_seal(result: Result) -> None:
    """Seal the file at ``result.path``; the seal is on the disk when this returns.

    Raises:
        OSError: it can't be written; an older seal stays as it was.
    """
    said = {"schema": SCHEMA, **asdict(result), "mark": result.mark}
    del said["path"]  # it stands beside the file, wherever that is carried
    with Part(str(seal_of(result.path))) as part:
        Path(part.path).write_text(json.dumps(said), encoding="ascii")
        part.settle()


def read_seal(path: str) -> Result | None:
    """What the seal of a file says; None when there is none, or it was not read back as it was written."""
    try:
        with seal_of(path).open("rb") as file:
            said = json.loads(file.read(_LONGEST))
        schema, mark = said.pop("schema"), said.pop("mark")
        result = Result(path=path, **said)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None  # what a torn or foreign file may hold; none of it is worth more than no seal
    return result if (schema, mark) == (SCHEMA, result.mark) else None


def unseal(path: str) -> None:
    """Take a file's seal away.

    Raises:
        OSError: it can't be removed.
    """
    seal_of(path).unlink(missing_ok=True)


def doubt(result: Result, path: str) -> str:
    """Why the file at ``path`` is not what the result says, or nothing. Reads all of a file of the right size."""
    try:
        size = Path(path).stat().st_size
        if size != result.size_bytes:
            return f"its size is {size} bytes, it was {result.size_bytes}"
        return "" if digest_of(path) == result.digest else "its contents changed"
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    except OSError as error:
        return f"it can't be read: {error.strerror}"


def held(task: str, fingerprint: str, path: str, known: Result | None) -> tuple[Result | None, str]:
    """What still holds of a task's result, and what there is to say about that.

    Args:
        task: who would make it.
        fingerprint: what it would be.
        path: where it would lie; where it lay when it was made does not matter, folders are moved.
        known: what the database says of the fingerprint. The seal is asked when that is nothing, or is not true.

    Raises:
        OSError: a seal that doesn't hold can't be removed.
    """
    why = doubt(known, path) if known else ""
    if known and not why:
        return replace(known, task=task, path=path), ""
    seal = read_seal(path)
    if seal is None or seal.fingerprint != fingerprint:
        return None, why
    why = why if known and (known.size_bytes, known.digest) == (seal.size_bytes, seal.digest) else doubt(seal, path)
    if not why:
        return replace(seal, task=task), "taken over from its seal"
    unseal(path)
    return None, why
