"""What an encoder of a piece really takes, against the estimate; ``bench/memory.py`` does the same at length."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from suture.encoder import VideoEncoder
from suture.ffmpeg.capabilities import capabilities
from suture.model import ChunkData
from suture.planning.memory import estimate_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from films import FilmMaker

pytestmark = pytest.mark.media

FRAMES = 60


@pytest.fixture(scope="module")
def source(make_film: FilmMaker) -> Path:
    """Frames enough for a lookahead, in a size at which the pictures count for more than the program."""
    return make_film(rate="25", seconds=FRAMES / 25, size="640x360")


@pytest.mark.parametrize(("codec", "speed"), [("libx264", "medium"), ("libsvtav1", "8"), ("ffv1", "")])
def test_the_peak_is_below_the_estimate(source: Path, ffmpeg: str, tmp_path: Path, codec: str, speed: str) -> None:
    """Not above it by more than a twentieth, and not below a quarter, or the estimate is of no use."""
    if codec not in capabilities(ffmpeg).encoders:
        pytest.skip(f"this ffmpeg has no {codec}")
    encoder = VideoEncoder(codec=codec, speed=speed or None, frame_rate=Fraction(25), ffmpeg=ffmpeg)
    chunk = ChunkData(0, 0.0, 2.4, str(source), end_frame=FRAMES, end_pts=1, open_end=True)
    peak = encoder.command(chunk, str(tmp_path / "piece.mkv")).run().peak_memory_bytes
    estimate = estimate_bytes(codec, 640, 360, "yuv420p", 1, "h264", speed=speed)
    assert 0.25 * estimate < peak < 1.05 * estimate
