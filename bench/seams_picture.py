"""Spectrograms of one join, side by side, as a PNG: for the eye.

Time runs to the right, frequency upwards to half the sampling rate, brightness over 100 dB. The panels stand one under
the other with a white line between them; ticks at their upper edges stand at the join. A click is a bright upright
line.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.noise import Sound
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

__all__ = ["coloured", "picture", "png", "spectrogram"]

_RANGE_DB: Final = 100.0
_SIZE: Final = 512
_TICK: Final = 6
# Dark to bright, evenly for the eye: black, violet, red, orange, pale yellow.
_COLOURS: Final = ((0, 0, 4), (81, 18, 124), (183, 55, 121), (252, 137, 97), (252, 253, 191))


def spectrogram(sound: Sound, width: int) -> NDArray[np.float64]:
    """Levels in dB under full scale, 0 to -100: rows are frequencies, the highest first; columns are times.

    Args:
        sound: of all its channels the mean is shown; at least 512 samples.
        width: columns.
    """
    mono = sound.astype(np.float64).mean(axis=1)
    begins = np.linspace(0, len(mono) - _SIZE, width).astype(int)
    window = np.hanning(_SIZE)
    frames = np.stack([mono[begin : begin + _SIZE] * window for begin in begins])
    levels = np.abs(np.fft.rfft(frames, axis=1)) / (window.sum() / 2)
    decibels: NDArray[np.float64] = 20 * np.log10(np.maximum(levels, 10 ** (-_RANGE_DB / 20)))
    return np.minimum(decibels, 0.0).T[::-1]


def coloured(levels: NDArray[np.float64]) -> Pixels:
    """Colours for levels from -100 to 0 dB."""
    anchors = np.linspace(-_RANGE_DB, 0, len(_COLOURS))
    parts = [np.interp(levels, anchors, [colour[part] for colour in _COLOURS]) for part in range(3)]
    return np.stack(parts, axis=-1).astype(np.uint8)


def picture(panels: Sequence[Sound], width: int, tick: float) -> Pixels:
    """All panels, one under the other.

    Args:
        panels: sounds of one length.
        width: in pixels.
        tick: where the join stands, as a share of the width.
    """
    rows = []
    for panel in panels:
        pixels = coloured(spectrogram(panel, width))
        pixels[:_TICK, int(tick * (width - 1))] = 255
        rows += [pixels, np.full((2, width, 3), 255, np.uint8)]
    return np.concatenate(rows[:-1])


def png(path: Path, pixels: Pixels) -> None:
    """Write 8-bit RGB. The folder is made."""
    height, width, _ = pixels.shape
    lines = b"".join(b"\0" + line.tobytes() for line in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
