"""`Ability`: what this ffmpeg's video encoder can take. A value, so that a plan is decided without asking anybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suture.ffmpeg.capabilities import Capabilities

__all__ = ["Ability", "ability_of"]


@dataclass(frozen=True, slots=True)
class Ability:
    """One encoder of one binary.

    Args:
        pix_fmts: the pixel formats that it takes; empty: it does not tell.
        options: the names of its own options.
        libavcodec: the major version of the library around it; 0: not known.
    """

    pix_fmts: tuple[str, ...] = ()
    options: frozenset[str] = frozenset()
    libavcodec: int = 0


def ability_of(able: Capabilities, encoder: str) -> Ability:
    """What a binary says of an encoder; of ``copy`` and ``none`` there is nothing to say.

    Raises:
        Unsupported: it has no such encoder.
    """
    library = able.libraries.get("libavcodec", (0, 0, 0))[0]
    if encoder in {"copy", "none"}:
        return Ability(libavcodec=library)
    return Ability(able.encoder_pix_fmts(encoder), able.encoder_options(encoder), library)
