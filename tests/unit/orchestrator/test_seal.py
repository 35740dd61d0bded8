"""Seals: read back exactly as written, or not at all."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from small_job import quick_folder
from suture.digest import digest_of
from suture.orchestrator.rows import Result
from suture.orchestrator.seal import doubt, held, read_seal, seal_of, unseal, write_seal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def result(tmp_path: Path) -> Iterator[Result]:
    """A file's result, which is true."""
    with quick_folder(tmp_path) as folder:
        path = folder / "piece \udce9.mkv"
        path.write_bytes(b"frames")
        yield Result("f" * 64, "video-0-00001", str(path), 6, digest_of(path), 24, 1.1, 0.1 + 0.2, 12345, 1e9)


def test_a_seal_says_what_the_result_says(result: Result) -> None:
    """Every number to its last digit; it stands beside the file, alone."""
    write_seal(result)
    assert read_seal(result.path) == result
    assert sorted(path.name for path in seal_of(result.path).parent.iterdir()) == [
        "piece \udce9.mkv",
        "piece \udce9.mkv.seal",
    ]


def test_a_torn_seal_is_none(result: Result) -> None:
    """Cut off anywhere, nothing is believed of it."""
    write_seal(result)
    seal = seal_of(result.path)
    whole = seal.read_bytes()
    for length in range(len(whole)):
        seal.write_bytes(whole[:length])
        assert read_seal(result.path) is None, length


def test_an_altered_seal_is_none(result: Result) -> None:
    """No byte of it can be changed so that it says something else."""
    write_seal(result)
    seal = seal_of(result.path)
    whole = seal.read_bytes()
    chance = random.Random(1)  # noqa: S311
    for place in range(len(whole)):
        seal.write_bytes(whole[:place] + bytes([chance.randrange(256)]) + whole[place + 1 :])
        assert read_seal(result.path) in {None, result}


@pytest.mark.parametrize("text", ["", "[]", "3", "null", "{}", '{"schema": 1}', "[" * 60000, "\xff", "{}" * 99999])
def test_what_is_no_seal_is_none(result: Result, text: str) -> None:
    """Whatever lies there under its name."""
    seal_of(result.path).write_text(text, encoding="latin-1")
    assert read_seal(result.path) is None


def test_a_seal_of_another_schema_is_none(result: Result) -> None:
    """Nobody knows what a later version means by it."""
    write_seal(result)
    seal = seal_of(result.path)
    seal.write_text(json.dumps(json.loads(seal.read_text()) | {"schema": 2}))
    assert read_seal(result.path) is None


def test_no_seal_is_none(result: Result) -> None:
    """Nor is one that was taken away, once or twice, or a folder."""
    assert read_seal(result.path) is None
    write_seal(result)
    unseal(result.path)
    unseal(result.path)
    assert read_seal(result.path) is None
    seal_of(result.path).mkdir()
    assert read_seal(result.path) is None


def test_doubt_has_a_reason(result: Result, tmp_path: Path) -> None:
    """None of a file that is what it was; else what is different."""
    assert doubt(result, result.path) == ""
    assert doubt(replace(result, size_bytes=7), result.path) == "its size is 6 bytes, it was 7"
    assert doubt(replace(result, digest="0" * 64), result.path) == "its contents changed"
    assert doubt(result, str(tmp_path / "other")) == "missing"
    assert doubt(result, f"{result.path}/below") == "missing"
    size = tmp_path.stat().st_size
    assert doubt(replace(result, size_bytes=size), str(tmp_path)).startswith("it can't be read: ")
    assert doubt(result, str(tmp_path / ("x" * 300))).startswith("it can't be read: ")


def test_a_row_that_is_not_true_gives_way_to_a_seal(result: Result) -> None:
    """But not to one that says the same, and that is taken away."""
    wrong = replace(result, size_bytes=7)
    write_seal(result)
    assert held("t", result.fingerprint, result.path, wrong) == (replace(result, task="t"), "taken over from its seal")
    write_seal(wrong)
    assert held("t", result.fingerprint, result.path, wrong) == (None, "its size is 6 bytes, it was 7")
    assert not seal_of(result.path).exists()
    assert held("t", result.fingerprint, result.path, None) == (None, "")
