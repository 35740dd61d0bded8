"""`Step`: a node of the graph-to-be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suture.command.base import Command

__all__ = ["Step"]


@dataclass(frozen=True, slots=True)
class Step:
    """A command, what it waits for, and what it costs.

    ``frames`` is what its progress counts to, ``seconds`` how much sound it encodes; 0: not known. ``transient``: what
    it makes is only for those that wait for it. ``memory_bytes`` is an estimate, which what others of its
    ``memory_kind`` take replaces.
    """

    command: Command
    after: tuple[str, ...] = ()
    after_any: tuple[str, ...] = ()
    cost: float = 0.0
    frames: int = 0
    seconds: float = 0.0
    transient: bool = False
    memory_bytes: int = 0
    memory_kind: str = ""
