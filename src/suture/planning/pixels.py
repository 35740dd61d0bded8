"""How many samples a pixel has and how deep they are, told by the name of ffmpeg's pixel format. Pure.

Enough for predictions of memory and disk (`memory`, `space`); not a list of all formats.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["Pixels", "pixels_of"]

# Samples per pixel of luma and chroma together. Source: libavutil/pixdesc.c, here and below.
_CHROMA: Final = {"410": 1.125, "411": 1.5, "420": 1.5, "422": 2.0, "440": 2.0, "444": 3.0}
_SEMI_PLANAR: Final = {"nv12": 1.5, "nv21": 1.5, "nv16": 2.0, "nv20": 2.0, "nv24": 3.0, "nv42": 3.0}
_WITH_ALPHA: Final = ("yuva", "rgba", "bgra", "argb", "abgr", "gbrap", "ya8", "ya16")
_PLANAR: Final = re.compile(r"(?:yuvj?a?|gbra?)(?P<chroma>4\d\d)?p(?P<depth>\d{1,2})?")
_P0: Final = re.compile(r"p(?P<chroma>[024])(?P<depth>10|12|16)")
_PACKED: Final = {"rgb24": 8, "bgr24": 8, "rgb48": 16, "bgr48": 16, "rgba64": 16, "bgra64": 16, "x2rgb10": 10}
_GRAY: Final = re.compile(r"(?:gray|ya)(?P<depth>\d{1,2})?")


@dataclass(frozen=True, slots=True)
class Pixels:
    """A pixel format's ``samples`` per pixel (1.5 for 4:2:0) and bits of each (``depth``)."""

    samples: float
    depth: int

    @property
    def bits(self) -> float:
        """Of one pixel, as it is stored without compression and without gaps."""
        return self.samples * self.depth

    @property
    def bytes(self) -> float:
        """Of one pixel in memory, where a sample takes one byte or two."""
        return self.samples * (1 if self.depth <= 8 else 2)  # noqa: PLR2004 - bits of a byte


def pixels_of(pix_fmt: str) -> Pixels:
    """What a format's name tells. An unknown one counts as 4:4:4 of 8 bits, an empty one as 4:2:0 of 8 bits."""
    alpha = 1 if pix_fmt.startswith(_WITH_ALPHA) else 0
    if not pix_fmt or pix_fmt in _SEMI_PLANAR:
        return Pixels(_SEMI_PLANAR.get(pix_fmt, 1.5), 8)
    if found := _P0.match(pix_fmt):
        return Pixels({"0": 1.5, "2": 2.0, "4": 3.0}[found["chroma"]], int(found["depth"]))
    if found := _PLANAR.match(pix_fmt):
        return Pixels(_CHROMA.get(found["chroma"] or "444", 3.0) + alpha, int(found["depth"] or 8))
    if found := _GRAY.match(pix_fmt):
        return Pixels(1.0 + alpha, int(found["depth"] or 8))
    depth = next((bits for name, bits in _PACKED.items() if pix_fmt.startswith(name)), 8)
    return Pixels(3.0 + alpha, depth)
