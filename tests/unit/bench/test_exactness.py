"""`bench.exactness` and `bench.outcome`: the page says what the results say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bench import outcome as outcomes
from bench.exactness import page
from bench.outcome import EXACT, EXCEPTED, REFUSED, UNMADE, WRONG, Outcome, settle

if TYPE_CHECKING:
    import pytest

GOOD = Outcome(
    "H.264/mp4:0.37:9:mkv", "H.264", "mp4", "", "plain", "0.37", "9", "mkv", EXACT, 9, 75, 75, 75, seconds=1.0
)
BAD = replace(
    GOOD, name="H.264/mp4:0.13:5:mp4", way="0.13", version="5", output="mp4", verdict=WRONG, pictures=74, note="74|75"
)
WHOLE = replace(GOOD, name="M/mpg:0.7:5:mkv", row="M", container="mpg", pieces=1, whole="65 packets have no timestamp")


def test_a_cell_counts_exact_cases() -> None:
    """Exact of all; what is not whole stands out."""
    text = page([GOOD, BAD, WHOLE], ["5", "9"])
    assert "| H.264 | **1/2** |" in text
    assert "**2 of 3 cases are exact**: 2 films, 150 frames compared; 2 cases in more than one piece." in text


def test_containers_share_columns() -> None:
    """A program stream by any extension; what has no column stands under "others"."""
    row = replace(GOOD, row="M", container="vob")
    text = page([WHOLE, row, replace(row, container="ogv")], ["9"])
    (line,) = [line for line in text.splitlines() if line.startswith("| M |")]
    cells = [cell.strip() for cell in line.split("|")[1:-1]]
    assert cells == ["M", "", "", "", "", "", "", "2/2", "", "", "1/1"]


def test_whoever_is_not_exact_is_named_with_the_reason() -> None:
    """A bar in the note does not break the table."""
    assert "| `H.264/mp4:0.13:5:mp4` | 74/75 | 75/75 | 74\\|75 |" in page([GOOD, BAD], ["5"])


def test_reasons_for_one_piece_are_counted_without_their_figures() -> None:
    """65 and 64 packets without timestamps are one reason."""
    other = replace(WHOLE, name="x", whole="64 packets have no timestamp")
    assert "| one piece: N packets have no timestamp | 2 |" in page([WHOLE, other], ["9"])


def test_what_was_needed_to_compare_is_told() -> None:
    """Of exact cases; the others tell it themselves."""
    note = "stored as bgr0, compared as gbrp"
    text = page([replace(GOOD, note=note), replace(GOOD, name="x", note=note), replace(BAD, note="lost")], ["9"])
    assert f"| {note} | 2 |" in text
    assert "| lost |" in text.partition("## Not exact")[2]
    assert "| lost |" not in text.partition("## Not exact")[0]


def test_what_can_not_be_judged_is_no_success() -> None:
    """Neither a film that can't be made nor one that does not decode counts, and both are named."""
    refused = replace(GOOD, row="VVC", verdict=REFUSED, frames=0)
    unmade = replace(GOOD, row="AVS2", verdict=UNMADE, note="Unknown encoder")
    text = page([GOOD, refused, unmade], ["9"])
    assert "**1 of 1 cases" in text
    assert "`VVC/mp4` (9)" in text
    assert "`AVS2/mp4` (Unknown encoder)" in text


def test_a_known_exception_has_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a failure becomes one, and only the one that is named."""
    monkeypatch.setattr(outcomes, "EXCEPTIONS", {"H.264/mp4": "it is encrypted"})
    assert settle(BAD).verdict == EXCEPTED
    assert settle(BAD).note == "it is encrypted (74|75)"
    assert settle(GOOD) == GOOD
    assert settle(replace(BAD, name="H.264/mov:0.13:5:mp4")).verdict == WRONG


def test_a_failure_tells_how_to_repeat_it() -> None:
    """By the case's name, and by the command that encoded it."""
    line = replace(BAD, command="suture a.mp4 out.mkv").line()
    assert "python -m bench.exact --only 'H.264/mp4:0.13:5:mp4'" in line
    assert "suture a.mp4 out.mkv" in line
    assert "--only" not in GOOD.line()
