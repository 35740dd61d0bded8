"""What is learned is kept, and believed only as far as it was written down whole."""

from __future__ import annotations

import json
from array import array
from typing import TYPE_CHECKING

import pytest

from suture.quality.search import Found, Trial
from suture.quality.trials import Trials, conclude, read_found

if TYPE_CHECKING:
    from pathlib import Path

WHAT = ("film", "libx264", "vmaf")
WHOLE, PART = Trial(23.5, whole=True), Trial(23.5, whole=False)


def test_a_later_search_knows(tmp_path: Path) -> None:
    """The whole and its parts apart, pooled as that search asks."""
    first = Trials(str(tmp_path / "made"), WHAT, "mean")
    assert not first.know(WHOLE)
    first.add(WHOLE, array("d", [90.0, 80.0]), 1000)
    assert [(t.quality, t.whole, t.score, t.size_bytes) for t in first.tried] == [(23.5, True, 85.0, 1000)]
    later = Trials(str(tmp_path / "made"), WHAT, "min")
    assert later.tried == []
    assert later.know(WHOLE)
    assert later.tried[0].score == 80.0
    assert not later.know(PART)
    assert not later.know(Trial(23.25, whole=True))


@pytest.mark.parametrize("number", range(3))
def test_something_else_is_not_known(number: int, tmp_path: Path) -> None:
    """Whatever the score depends on."""
    Trials(str(tmp_path), WHAT, "mean").add(WHOLE, array("d", [90.0]), 1000)
    other = [*WHAT]
    other[number] += "x"
    assert not Trials(str(tmp_path), other, "mean").know(WHOLE)


def test_a_torn_line_is_passed_over(tmp_path: Path) -> None:
    """And what is written behind it is read; garbage is no reason to fail."""
    Trials(str(tmp_path), WHAT, "mean").add(WHOLE, array("d", [90.0]), 1000)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:20])
    Trials(str(tmp_path), WHAT, "mean").add(PART, array("d", [70.0]), 10)
    with path.open("ab") as file:
        file.write(b'{"quality": "x"}\n[1]\n{"quality": 1, "whole": true, "scores": [], "bytes": 1}\n\xff\n')
    later = Trials(str(tmp_path), WHAT, "mean")
    assert later.know(WHOLE)
    assert later.know(PART)
    assert not later.know(Trial(1, whole=True))


def test_a_folder_that_can_not_be_written_does_no_harm(tmp_path: Path) -> None:
    """The search goes on; it only may have to be done again."""
    (tmp_path / "file").write_text("")
    trials = Trials(str(tmp_path / "file"), WHAT, "mean")
    trials.add(WHOLE, array("d", [90.0]), 1000)
    assert trials.tried[0].score == 90.0


def test_what_was_found_is_told(tmp_path: Path) -> None:
    """Whole or not at all."""
    path = str(tmp_path / "piece.mkv.found")
    assert read_found(path) is None
    trials = Trials(str(tmp_path), WHAT, "mean")
    trials.add(WHOLE, array("d", [90.0]), 1000)
    conclude(path, Found(23.5, 90.0, "near"), trials.tried)
    assert read_found(path) == {
        "quality": 23.5,
        "score": 90.0,
        "verdict": "near",
        "trials": [{"quality": 23.5, "whole": True, "score": 90.0, "size_bytes": 1000}],
    }
    (tmp_path / "piece.mkv.found").write_text(json.dumps([1]))
    assert read_found(path) is None


@pytest.mark.parametrize(
    "line",
    [
        '{"quality": 23.5, "whole": true, "scores": [90.0], "bytes": 1e999}',
        "[" * 100_000,
        '{"quality": 23.5, "whole": true, "scores": [90.0, NaN], "bytes": 1}',
        '{"quality": 23.5, "whole": true, "scores": [90.0], "bytes": 1}',
    ],
)
def test_what_can_not_be_is_not_believed(line: str, tmp_path: Path) -> None:
    """Numbers that are none, and scores of too few frames."""
    Trials(str(tmp_path), WHAT, "mean", (2, 1)).add(PART, array("d", [70.0]), 10)
    (path,) = tmp_path.iterdir()
    path.write_text(path.read_text() + line + "\n")
    later = Trials(str(tmp_path), WHAT, "mean", (2, 1))
    assert not later.know(WHOLE)
    assert later.know(PART)
