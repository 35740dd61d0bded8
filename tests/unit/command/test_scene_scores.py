"""The command that lists changes: its arguments, what it makes of a listing, what it refuses."""

from __future__ import annotations

from array import array
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from suture.command.scene_scores import SceneScores, read_scores
from suture.errors import ChunkError
from suture.scenes import PICTURE

if TYPE_CHECKING:
    from pathlib import Path

ROWS = """frame:0    pts:1000    pts_time:0.0416667
lavfi.scd.mafd=0.000
frame:1    pts:2001    pts_time:0.0833333
lavfi.scd.mafd=12.345
"""


def command(folder: Path, expected: int | None = 2) -> SceneScores:
    """One that has two frames to look at."""
    return SceneScores(
        "scenes-1", "in.mkv", str(folder / "o,d'd.scores"), stream=1, time_base=Fraction(1, 24_000), expected=expected
    )


def ran(made: SceneScores, rows: str, pictures: int) -> str:
    """What ffmpeg would have left: the listing, and the pictures."""
    with open(made.listing, "w") as listing:  # noqa: PTH123 - a string
        listing.write(rows)
    with open(made.output_path, "wb") as output:  # noqa: PTH123 - as above
        output.write(bytes(n % 251 for n in range(pictures * PICTURE)))
    return made.output_path


def test_small_pictures_are_compared_and_smaller_ones_kept(tmp_path: Path) -> None:
    """In colour, on the film's own clock, each frame once; the listing's name is quoted."""
    argv = command(tmp_path).build_args()
    chain = argv[argv.index("-vf") + 1]
    assert chain.startswith("settb=1/24000,scale=32:18:flags=area,format=rgb24,scdet=threshold=100,metadata=")
    assert chain.endswith("scale=16:9:flags=area,format=gray")
    assert r"o\,d\\\'d.scores.rows" in chain
    assert argv[argv.index("-map") + 1] == "0:1"
    assert argv[argv.index("-fps_mode") + 1] == "passthrough"


def test_times_and_changes_are_put_behind_the_pictures(tmp_path: Path) -> None:
    """And come back as they were listed."""
    made = command(tmp_path)
    path = ran(made, ROWS, 2)
    made.check(None, path)
    times, changes, pictures = read_scores(path)
    assert (times, changes) == (array("q", [1000, 2001]), array("i", [0, 12_345]))
    assert len(pictures) == 2 * PICTURE
    assert pictures[PICTURE] == PICTURE


@pytest.mark.parametrize(
    ("rows", "pictures", "expected", "said"),
    [
        (ROWS, 3, 2, "listed 2 of 3 frames"),
        (ROWS, 2, 3, "gave 2 frames, its range holds 3"),
        (ROWS.replace("12.345", "nan"), 2, 2, "are not listed"),
        (ROWS[:-30], 2, 2, "listed 2 of 2 frames|are not listed"),
    ],
)
def test_what_is_not_whole_is_refused(tmp_path: Path, rows: str, pictures: int, expected: int, said: str) -> None:
    """Too few, too many, half a listing."""
    made = command(tmp_path, expected)
    with pytest.raises(ChunkError, match=said):
        made.check(None, ran(made, rows, pictures))


def test_a_torn_file_is_not_read(tmp_path: Path) -> None:
    """A byte more or less is an error."""
    (tmp_path / "torn").write_bytes(bytes(2 * (PICTURE + 12) + 1))
    with pytest.raises(ValueError, match="is torn"):
        read_scores(str(tmp_path / "torn"))
