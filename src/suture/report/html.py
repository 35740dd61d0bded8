"""Text as HTML: escaped, in elements, in tables. Pure; what is said where is `page`'s."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from suture.report.wording import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["block", "details", "items", "pairs", "section", "table", "text"]


def text(words: object) -> str:
    """Words as they are: names come from outside, and are neither markup nor anything that moves other words."""
    said = str(words)
    return html.escape(said if said.isprintable() else printable(said))


def block(words: str) -> str:
    """Lines as they are, to be copied."""
    return "<pre>" + "\n".join(map(text, words.split("\n"))) + "</pre>"


def section(title: str, *parts: str, key: str = "") -> str:
    """A part of the page under a heading; empty where there is nothing to say."""
    inner = "\n".join(filter(None, parts))
    name = f' id="{key}"' if key else ""
    return f"<section{name}><h2>{text(title)}</h2>\n{inner}\n</section>" if inner else ""


def details(summary: str, inner: str, *, is_open: bool = False) -> str:
    """What can be folded away."""
    return f"<details{' open' if is_open else ''}><summary>{text(summary)}</summary>\n{inner}</details>"


def items(lines: Iterable[str], kind: str = "") -> str:
    """A list of what is HTML already; empty where there is none."""
    told = "\n".join(f"<li>{line}" for line in lines)
    return f"<ul{f' class={kind}' if kind else ''}>\n{told}\n</ul>" if told else ""


def pairs(told: Iterable[tuple[str, str]]) -> str:
    """Names and values, both plain; what has no value is left out."""
    inner = "\n".join(f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in told if value)
    return f"<dl>\n{inner}\n</dl>" if inner else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells of plain text, in a frame that scrolls by itself. End tags that HTML does not need are left out."""
    top = "".join(f"<th>{text(cell)}" for cell in head)
    body = "\n".join("<tr>" + "".join(f"<td>{text(cell)}" for cell in row) for row in rows)
    return f'<div class="wide"><table><thead><tr>{top}<tbody>\n{body}\n</table></div>' if body else ""
