"""Pictures that carry their own number, so that a wrong frame in an output says which one it is.

The number's eight bits stand as blocks in the upper third of the picture and, inverted, in the lower third; what is
between moves, so that an encoder has something to do. Blocks of an eighth of the width survive lossy coding, a change
of size and of the sample format. Numbers are modulo 256. Made with lavfi, read with numpy; no code of Suture's.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

__all__ = ["graph", "number", "read_numbers", "run_text"]

BITS = 8
_DARK, _BRIGHT = 60, 190
# Every picture is looked at in this size.
_WIDTH, _HEIGHT = 128, 96
_UNREADABLE = -1


def graph(
    rate: str, seconds: float, size: str = "128x96", *, fields: bool = False, frames: int = 0, first: int = 0
) -> str:
    """The lavfi source of a numbered film in 8-bit 4:2:0.

    Args:
        rate: frames a second, as a fraction.
        seconds: its length.
        size: of the picture, ``WxH``.
        fields: the moving part has two moments in time in each frame, as interlaced video has.
        frames: end after so many; 0: not.
        first: the number of the first frame.
    """
    bit = f"mod(floor(mod(N+{first},256)/pow(2,floor(X*{BITS}/W))),2)"
    span = _BRIGHT - _DARK
    luma = f"if(lt(Y,H/3),{_DARK}+{span}*{bit},if(gte(Y,H*2/3),{_BRIGHT}-{span}*{bit},lum(X,Y)))"
    chroma = "if(lt(Y,H/3)+gte(Y,H*2/3),128,{0}(X,Y))"
    numbers = f"geq=lum='{luma}':cb='{chroma.format('cb')}':cr='{chroma.format('cr')}'"
    moving = f"testsrc2=s={size}:r={rate}*{2 if fields else 1}:d={seconds}".replace("*1:", ":")
    woven = ["tinterlace=interleave_top"] if fields else []
    short = [f"trim=end_frame={frames}"] if frames else []
    return ",".join([moving, "format=yuv420p", *woven, *short, numbers])


def number(picture: npt.NDArray[np.uint8]) -> int:
    """The number that a grey picture carries; -1 where the two rows of blocks do not say the same."""
    height, width = picture.shape
    block = width / BITS
    bits = []
    for n in range(BITS):
        columns = slice(int((n + 0.25) * block), max(int((n + 0.75) * block), int((n + 0.25) * block) + 1))
        upper = float(picture[height // 12 : height // 4, columns].mean())
        lower = float(picture[height * 3 // 4 : height * 11 // 12, columns].mean())
        if abs(upper - lower) < (_BRIGHT - _DARK) / 3:
            return _UNREADABLE
        bits.append(upper > lower)
    return sum(bit << n for n, bit in enumerate(bits))


def read_numbers(ffmpeg: str, path: str, stream: int) -> list[int]:
    """The numbers of all frames that one linear decode gives, in order."""
    head = [ffmpeg, "-hide_banner", "-nostdin", "-v", "quiet", "-copyts", "-noautorotate", "-i", f"file:{path}"]
    form = ["-map", f"0:{stream}", "-fps_mode", "passthrough", "-vf", f"scale={_WIDTH}:{_HEIGHT}:flags=area"]
    argv = [*head, *form, "-pix_fmt", "gray", "-f", "rawvideo", "-"]
    data = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False).stdout
    whole = len(data) // (_WIDTH * _HEIGHT) * _WIDTH * _HEIGHT
    pictures = np.frombuffer(data[:whole], np.uint8).reshape(-1, _HEIGHT, _WIDTH)
    return [number(picture) for picture in pictures]


def run_text(numbers: Sequence[int]) -> str:
    """Numbers as runs: ``0-36, 38-74``; a question mark where none can be read."""
    runs: list[list[int]] = []
    for value in numbers:
        if runs and value != _UNREADABLE and runs[-1][1] != _UNREADABLE and value == (runs[-1][1] + 1) % 256:
            runs[-1][1] = value
        else:
            runs.append([value, value])
    return ", ".join("?" if a == _UNREADABLE else str(a) if a == b else f"{a}-{b}" for a, b in runs)
