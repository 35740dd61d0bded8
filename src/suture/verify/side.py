"""What is compared, with what, and what came of it: the values that the comparisons of pictures and of sound share.

`Side` is one stream of one file, `Look` how to look at it, `Compared` what was found. Values only, nothing is opened
here. Neighbours: `pictures` and `sound` take two sides and give a `Compared`; who matches streams makes the sides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from suture.cancel import CancelToken
    from suture.model import StreamInfo
    from suture.verify.finding import Finding

__all__ = ["Compared", "Look", "Side"]


@dataclass(frozen=True, slots=True)
class Side:
    """One stream of one of the two files.

    Args:
        path: the file.
        stream: the stream as `probe` describes it; its ``index`` says which one is decoded.
        number: its position within its kind, from 0: ``video 0``. In both sides that of the source.
        filters: a filter chain that it runs through when it is decoded, such as ``scale=640:360``: what was asked of
            the
            output, applied to the source. Empty: none.
    """

    path: str
    stream: StreamInfo
    number: int = 0
    filters: str = ""

    @property
    def name(self) -> str:
        """What a `Finding` calls it: ``video 0``."""
        return f"{self.stream.kind} {self.number}"


def _ignore(_what: str, _frames: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class Look:
    """How to look: nothing in here changes what is found.

    Args:
        ffmpeg: the binary that decodes, as the user named it.
        folder: an existing folder for what is decoded; whoever made it removes it. Some kB per picture and 32 kB per
            second of sound lie there while a stream is compared.
        on_progress: called with what is done (``video 0 of the source``) and the frames so far, some times a second.
        cancel: stops the decoding when set; None: nobody stops it.
    """

    ffmpeg: str
    folder: str
    on_progress: Callable[[str, int], None] = _ignore
    cancel: CancelToken | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of it.

    Args:
        findings: what was found, in the order of the source's time where it has one.
        figures: numbers for the report: ``frames``, ``psnr_min``, ``lag_ms`` …
    """

    findings: tuple[Finding, ...] = ()
    figures: dict[str, float | int | str] = field(default_factory=dict)
