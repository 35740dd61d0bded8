"""Exactly one range of a film's frames: the options before its input, and the filter behind its decoder.

Frames are chosen by integer timestamps after decoding (``trim``); the seek only saves decoding what comes before. Pure.
Its users: `encoder.video`, which encodes a range, and `measuring`, which measures one. Where a range begins and where
its decoder seeks to is told by `suture.chunker`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from suture.command.frame_times import ALL_THAT_DECODES

if TYPE_CHECKING:
    from suture.model import ChunkData

__all__ = ["opening", "selection"]


def opening(chunk: ChunkData) -> tuple[str, ...]:
    """Options before the ``-i`` of a chunk that `ChunkData.is_exact`."""
    # Not from the container's start: what a version of ffmpeg takes for that differs, timestamps do not.
    clock = ("-copyts", *ALL_THAT_DECODES)
    if chunk.seek_us < 0:
        return clock
    at = f"{chunk.seek_us // 1_000_000}.{chunk.seek_us % 1_000_000:06d}"
    return (*clock, "-seek_timestamp", "1", "-noaccurate_seek", "-ss", at)


def selection(chunk: ChunkData) -> list[str]:
    """The filter that takes its frames; the first and the last chunk are open, so that nothing is cut off unseen."""
    if not chunk.is_exact:
        return []
    bounds = [f"start_pts={chunk.start_pts}"] if chunk.start_frame or chunk.seek_us >= 0 else []
    if not chunk.open_end:
        bounds.append(f"end_pts={chunk.end_pts}")
    return [f"trim={':'.join(bounds)}"] if bounds else []
