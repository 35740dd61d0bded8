"""Made sources and briefs: what a plan is made from, with no file and no ffmpeg."""

from __future__ import annotations

from array import array
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from suture.chunker import chunks_from
from suture.cuts import Cuts
from suture.encoder import VideoEncoder
from suture.media.index import FrameIndex
from suture.model import MediaInfo, StreamInfo
from suture.planning.brief import Brief, VideoPlan
from suture.planning.containers import container_for
from suture.planning.tracks import choose_tracks
from suture.settings import EncodeSettings

if TYPE_CHECKING:
    from collections.abc import Callable

BASE = Fraction(1, 1000)
VIDEO = StreamInfo(0, "video", "h264", BASE, 0, width=320, height=180, pix_fmt="yuv420p")
SOUND = StreamInfo(1, "audio", "aac", BASE, 0, channels=2, sample_rate=48000)


@pytest.fixture
def make_brief() -> Callable[..., Brief]:
    """A factory of briefs: keywords are settings, but for those of the source and the output."""

    def make(
        *streams: StreamInfo,
        output: str = "/films/out.mkv",
        source: dict[str, Any] | None = None,
        overwrite: bool = False,
        **settings: Any,
    ) -> Brief:
        info = MediaInfo("/films/in.mkv", "matroska,webm", 1, 0, 10_000_000, streams or (VIDEO, SOUND))
        info = replace(info, **(source or {}))
        asked, container = EncodeSettings(**{"crf": 20.0, **settings}), container_for(output)
        tracks = choose_tracks(info, asked, container)
        return Brief(output, asked, "/job", info, container, tracks, "/bin/ffmpeg", 2, 2, overwrite)

    return make


@pytest.fixture
def make_video() -> Callable[..., VideoPlan]:
    """A factory of video plans: ten frames a second, cut where it is said."""

    def make(brief: Brief, starts: tuple[int, ...] = (0, 50), frames: int = 100, first_pts: int = 0) -> VideoPlan:
        track = next(track for track in brief.tracks.tracks if track.action == "encode" and track.kind == "video")
        pts = array("q", range(first_pts, first_pts + frames * 100, 100))
        index = FrameIndex(0, BASE, pts, array("I", [10] * frames), bytes([1] * frames), first_pts + frames * 100)
        chunks = tuple(chunks_from(index, Cuts(starts, "here"), brief.info.path, brief.info.format))
        encoder = VideoEncoder(ffmpeg="/bin/sh", frame_rate=Fraction(10))
        return VideoPlan(track, index, "/job/video-0.index", chunks, encoder, tuple(1.0 for _ in chunks))

    return make
