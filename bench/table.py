"""Rows for people (a Markdown table on stdout) and for programs (JSON beside)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["print_table", "row_line", "write_json"]


def row_line(cells: Sequence[object]) -> str:
    """One row; a bar inside a cell would end it."""
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def print_table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A whole table."""
    for cells in (names, ["---"] * len(names), *rows):
        print(row_line(cells), flush=True)


def write_json(path: str, data: Any) -> None:  # noqa: ANN401 - whatever was measured
    """The same figures for programs; the folder is made."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(json.dumps(data, indent=1, default=str) + "\n")
