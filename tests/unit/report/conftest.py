"""Made plans: everything that a real one holds, from no file and with no ffmpeg."""

from __future__ import annotations

from array import array
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from suture.chunker import chunks_from
from suture.command.frame_times import FrameTimes
from suture.cuts import Cuts
from suture.encoder import VideoEncoder
from suture.media.index import FrameIndex
from suture.model import Attachment, Chapter, MediaInfo, StreamInfo
from suture.planning.brief import Brief
from suture.planning.containers import container_for
from suture.planning.frames import Looking
from suture.planning.job import Decision, Plan, VideoPlan
from suture.planning.output import join_spec
from suture.planning.sound import plan_sounds
from suture.planning.steps import build_steps
from suture.planning.tracks import choose_tracks
from suture.settings import EncodeSettings

if TYPE_CHECKING:
    from collections.abc import Callable

RATE = Fraction(25)
MILLISECONDS = Fraction(1, 1000)
# Any program that exists: nothing is run, but a command line names its place on this machine.
FFMPEG = "/bin/sh"
FOLDER = "/jobs/film job"


def streams() -> tuple[StreamInfo, ...]:
    """A film's: pictures, two languages, styled text, a font."""
    picture = StreamInfo(
        0, "video", "h264", MILLISECONDS, 0, width=1280, height=720, pix_fmt="yuv420p", frame_rate=RATE
    )
    sound = StreamInfo(
        1,
        "audio",
        "opus",
        MILLISECONDS,
        0,
        bit_rate=96_000,
        language="eng",
        sample_rate=48000,
        channels=2,
        channel_layout="stereo",
    )
    german = replace(sound, index=2, language="ger")
    text = StreamInfo(3, "subtitle", "ass", MILLISECONDS, 0, language="eng")
    font = StreamInfo(4, "attachment", "ttf", MILLISECONDS)
    return (picture, sound, german, text, font)


def media(frames: int, name: str, which: tuple[StreamInfo, ...]) -> MediaInfo:
    """A file of so many frames at 25 a second."""
    return MediaInfo(
        name,
        "matroska,webm",
        size_bytes=frames * 1000,
        start_us=0,
        duration_us=frames * 40_000,
        streams=which,
        chapters=(Chapter(0, frames * 40, MILLISECONDS, {"title": "All"}),),
        attachments=(Attachment(4, "font.ttf", "font/ttf", 5000),) if len(which) > 4 else (),
    )


def index_of(frames: int, *, linear: bool) -> FrameIndex:
    """Frames of 800 bytes, a keyframe every 25; a linear decode knows neither."""
    sizes = array("I", [0 if linear else 800] * frames)
    keys = bytes(n == 0 or (not linear and n % 25 == 0) for n in range(frames))
    return FrameIndex(0, MILLISECONDS, array("q", range(0, frames * 40, 40)), sizes, keys, frames * 40, packets=frames)


@pytest.fixture
def make_plan() -> Callable[..., Plan]:
    """A factory of plans."""
    return build


def build(
    pieces: int = 2,
    frames: int = 100,
    *,
    source: str = "/films/film.mkv",
    output: str = "/films/film.mp4",
    linear: bool = False,
    first: int = 0,
    which: tuple[StreamInfo, ...] | None = None,
    **asked: Any,
) -> Plan:
    """A plan of so many pieces, all of them of one length but the last.

    Args:
        pieces: how many; 0: no video at all.
        frames: in the source.
        source: its name.
        output: its name.
        linear: whether the frame index came from a linear decode.
        first: where the output begins in the source.
        which: the source's streams; None: those of a film.
        asked: settings.
    """
    which = streams() if which is None else which
    info = media(frames, source, which if pieces else which[1:])
    settings = EncodeSettings(**{"crf": 20.0, "workers": 2, "threads": 1, **asked})
    container = container_for(output)
    tracks = choose_tracks(info, settings, container)
    videos = []
    if pieces:
        full = index_of(frames, linear=linear)
        part = full.part(first, frames)
        step = -(-len(part) // pieces)
        cuts = Cuts(tuple(range(first, frames, step)), f"{pieces} pieces of {step} frames")
        chunks = tuple(chunks_from(full, cuts, source, info.format))
        encoder = VideoEncoder(
            settings.video_codec, 20.0, "medium", threads=settings.threads, frame_rate=RATE, ffmpeg=FFMPEG
        )
        costs = tuple(float(chunk.frames or 0) for chunk in chunks)
        track = next(track for track in tracks.tracks if track.kind == "video")
        listing = FrameTimes("frames-0", source, f"{FOLDER}/video-0.frames").set_program(FFMPEG) if linear else None
        index = f"{FOLDER}/video-0.index"
        videos = [VideoPlan(track, part, index, chunks, encoder, costs, first, listing=listing)]
    brief = Brief(output, settings, FOLDER, info, container, tracks, FFMPEG, 2, 2)
    spec, losses, _ = join_spec(brief, tuple(videos))
    path = f"{FOLDER}/join.json"
    sounds = plan_sounds(brief, tuple(videos), Looking())
    steps = build_steps(brief, tuple(videos), sounds, spec, path)
    decisions = (Decision("pieces", f"{pieces} pieces of like length", "--chunking"),)
    return Plan(
        source,
        output,
        FOLDER,
        settings,
        info,
        container,
        tracks,
        tuple(videos),
        settings.workers or 1,
        FFMPEG,
        decisions,
        losses,
        sounds,
        steps,
        spec,
        path,
    )
