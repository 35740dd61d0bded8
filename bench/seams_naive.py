"""The way that is common: cut by time, encode each piece by itself, concatenate. Here to be seen beside ours.

Every piece has the encoder's priming at its beginning and its padding at its end, and no container declares those in
the middle, so that each join brings a gap, and shifts all that follows. `naive` makes one such join.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bench.running import run
from bench.seams_sound import decoded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.noise import Sound
    from bench.seams_sound import Source

__all__ = ["SIDE_S", "naive"]

# Of sound before the cut, and as much after it.
SIDE_S: Final = 3.0
_QUIET: Final = ("-v", "error", "-nostdin", "-y")


def naive(ffmpeg: str, source: Source, options: Sequence[str], at: int, folder: Path) -> Sound:
    """What the common way makes of the sound around one join.

    Args:
        ffmpeg: the binary.
        source: the whole.
        options: the encoder and its options.
        at: where to cut, a sample; `SIDE_S` and more from both ends.
        folder: for what lies around meanwhile.

    Returns:
        As long as two sides, the cut in the middle; ffmpeg ends it where the priming in its middle has pushed it.
    """
    rate, side = source.kind.rate, round(SIDE_S * source.kind.rate)
    pieces = [folder / f"naive-{number}.m4a" for number in range(2)]
    for piece, begin in zip(pieces, (at - side, at), strict=True):
        cut = ["-ss", f"{begin / rate:.9f}", "-t", f"{SIDE_S}", "-i", str(source.path)]
        _run([ffmpeg, *_QUIET, *cut, *options, str(piece)])
    joined = _concatenated(ffmpeg, pieces, folder)
    return decoded(ffmpeg, joined, source.kind)[: 2 * side]


def _concatenated(ffmpeg: str, pieces: Sequence[Path], folder: Path) -> Path:
    """By the concat demuxer, packets copied."""
    listed, joined = folder / "naive.txt", folder / "naive.m4a"
    listed.write_text("".join(f"file '{piece.resolve()}'\n" for piece in pieces))
    _run([ffmpeg, *_QUIET, "-f", "concat", "-safe", "0", "-i", str(listed), "-c", "copy", str(joined)])
    return joined


def _run(argv: Sequence[str]) -> None:
    done = run(argv)
    if done.returncode:
        raise RuntimeError(done.stderr)
