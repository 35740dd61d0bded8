"""What a search came to, drawn: every piece once, the goal among them, nothing where there was none."""

from __future__ import annotations

import re
from typing import Any

from suture.planning.outline import Doing
from suture.report.account import Account, Piece
from suture.report.history import Span
from suture.report.reached import target_figure, target_section

ROWS = [
    ["video-0-00000", 100, 23.5, 94.9, "near", 2, 1],
    ["video-0-00001", 100, 6.0, 88.25, "best", 5, 4],
    ["video-0-00002", 50, 31.0, 95.3, "near", 1, 1],
]


def account(rows: list[list[Any]] | None, score: float | None = 93.2) -> Account:
    """A job of three pieces, of four, four and two seconds."""
    ends = [(0.0, 4.0), (4.0, 8.0), (8.0, 10.0)]
    pieces = tuple(
        Piece(str(row[0]), Doing.PICTURE, Span(0, 0, 100, *end), "done", False, 1, 100, 500_000)
        for row, end in zip(ROWS, ends, strict=True)
    )
    report: dict[str, Any] = {"status": "done"}
    if rows is not None:
        report["target"] = {"goal": "vmaf=95:harmonic", "score": score, "pieces": rows}
    history: Any = None  # nobody asks for it
    return Account("job", {"status": "done", "report": report}, history, (), pieces, {}, (), (), 0.0)


def test_every_piece_is_there() -> None:
    """In each of three drawings, as wide as it is long, and in the table; who missed the goal is told."""
    page = target_section(account(ROWS))
    assert page.count("<svg") == 3
    assert re.findall(r"M(\d+\.\d) \d+\.\dH(\d+\.\d)", page)[:3] == [
        ("0.0", "400.0"),
        ("400.0", "800.0"),
        ("800.0", "1000.0"),
    ]
    assert page.count("video-0-00001: ") == 3
    assert "2 of 3 have it, after 8 trials, 6 of them of whole pieces" in page
    assert "<td>88.25<td>6<td>1000<td>5<td>4<td>not reached at the best quality" in page
    assert page.count('class="goal"') == 1
    heights = [float(y) for y in re.findall(r"M\d+\.\d (\d+\.\d)H", page)]
    assert all(0 < height < 110 for height in heights)
    assert target_figure(account(ROWS)) == "vmaf 95, is 93.20"
    assert target_figure(account(ROWS, None)) == "vmaf 95"


def test_equal_pieces_are_drawn_too() -> None:
    """One value makes a line in the middle."""
    page = target_section(account([[*row[:2], 20.0, 95.0, "near", 1, 1] for row in ROWS]))
    assert page.count("<svg") == 3
    assert "nan" not in page


def test_without_a_goal_there_is_nothing() -> None:
    """No heading, no figure."""
    assert target_section(account(None)) == ""
    assert target_figure(account(None)) == ""
    assert target_section(account([])) == ""
