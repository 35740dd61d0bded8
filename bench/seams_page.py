"""What the bench of joins found, as rows and as a page for the documentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench.noise import MEAN_DB, WORST_DB, Excess
from bench.table import row_line

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["NAMES", "Row", "cells", "page"]

NAMES: Final = (
    "encoder",
    "ffmpeg",
    "joins",
    "packets as serial",
    "size",
    "samples more than source (serial, ours)",
    "offset",
    "mean dB: largest, mean",
    "worst dB: largest, mean",
    "elsewhere: largest mean, worst dB",
    "clicks",
    "samples as serial",
)
_HEAD: Final = f"""\
# Joins of sound

Written by `python -m bench.seams`. Music, speech, film sound and hard material (strokes, steps of noise, chords with
silence between them) are encoded by Suture in pieces and by plain ffmpeg in one, with the same options, and both are
decoded. Noise is the energy of (decoded - source) in windows of 20 ms over the second after each join: *mean* is the
whole second against the same second of the serial encode, *worst* the noisiest window of ours against the noisiest of
the serial encode. The target is at most {MEAN_DB} dB and {WORST_DB} dB more, for every join by itself. A click is an
edge in the noise at a join twice as steep as any in the serial encode's noise of the seconds around it.

*Elsewhere* is the same measure half a piece behind each join, where nothing is joined: AAC at a bit rate remembers its
loudest place for good, so that two encoders that began at different places differ by as much anywhere.
"""
# What the size may differ from the serial encode's.
_SIZE: Final = 0.02
_LOSSLESS: Final = ("flac", "alac", "pcm", "ac3", "eac3")


@dataclass(frozen=True, slots=True)
class Row:
    """One encoder with one rate.

    Args:
        name: the encoder, its options, and the source's kind.
        program: version of the ffmpeg.
        joins: how many; 0 where it was encoded in one piece.
        identical: share of packets that are the serial encode's, in the same place.
        size: bytes of all packets, against the serial encode's.
        samples: of the source, the serial encode and ours, the last two decoded.
        offset: by how many samples ours comes late.
        largest: noise after a join above the serial encode's, the largest of all joins.
        mean: the mean of all joins.
        elsewhere: as `largest`, but of seconds half a piece behind the joins: what two encoders differ by anywhere.
        clicks: how many joins click.
        exact: whether every decoded sample is the serial encode's, as far as that one goes.
    """

    name: str
    program: str
    joins: int
    identical: float
    size: float
    samples: tuple[int, int, int]
    offset: int
    largest: Excess
    mean: Excess
    elsewhere: Excess
    clicks: int
    exact: bool

    @property
    def good(self) -> bool:
        """Whether nobody can find the joins: within the targets, in its place, as large, exact where it can be."""
        placed = self.offset == 0 and self.samples[0] == self.samples[2] and abs(self.size - 1) <= _SIZE
        needed = self.exact or not self.name.startswith(_LOSSLESS)
        return placed and needed and self.largest.good and not self.clicks


def cells(row: Row) -> list[str]:
    """Of one row."""
    source, *made = row.samples
    return [
        row.name,
        row.program,
        str(row.joins) if row.joins else "none: encoded whole",
        f"{100 * row.identical:.1f} %",
        f"{row.size:.4f}",
        ", ".join(str(samples - source) for samples in made),
        str(row.offset),
        f"{row.largest.mean:+.2f}, {row.mean.mean:+.2f}",
        f"{row.largest.worst:+.2f}, {row.mean.worst:+.2f}",
        f"{row.elsewhere.mean:+.2f}, {row.elsewhere.worst:+.2f}",
        str(row.clicks),
        ("yes" if row.exact else "no") + ("" if row.good else " **NOT GOOD**"),
    ]


def page(rows: Sequence[Row], drawn: str = "") -> str:
    """All of it, in Markdown.

    Args:
        rows: in the order in which they are shown.
        drawn: the picture of a join, where one was made, as seen from the page.
    """
    good, joins = sum(row.good for row in rows), sum(row.joins for row in rows)
    counted = f"{good} of {len(rows)} are as they have to be, with {joins} joins in all."
    table = [row_line(NAMES), row_line(["---"] * len(NAMES)), *(row_line(cells(row)) for row in rows)]
    return "\n".join([_HEAD, counted, "", *table, *_picture(drawn)]) + "\n"


def _picture(drawn: str) -> list[str]:
    if not drawn:
        return []
    text = "One join of AAC at 128 kb/s, a second of it, up to 22 kHz: the source, the common way (cut, encode,"
    return ["", f"{text} concatenate), and ours. The white ticks stand at the join.", "", f"![a join]({drawn})"]
