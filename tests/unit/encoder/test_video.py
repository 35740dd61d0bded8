"""The command line of a piece: exactly this range, on a constant grid, at the source's own clock."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from suture.command.burn import TextBurn
from suture.encoder import VideoEncoder
from suture.encoder.video import Proof
from suture.model import ChunkData

FIRST = ChunkData(0, 0.0, 2.0, "in.mkv", 0, 50, 0, 2000, -1, 3)
MIDDLE = ChunkData(1, 2.0, 4.0, "in.mkv", 50, 100, 2000, 4000, 1_980_000, 3)
LAST = ChunkData(2, 4.0, 6.0, "in.mkv", 100, 150, 4000, 6000, 3_980_000, 3, open_end=True)
WHOLE = ChunkData(0, 0.0, 6.0, "in.mkv", 0, 150, 0, 6000, -1, 3, open_end=True)


def _argv(chunk: ChunkData, **settings: Any) -> list[str]:
    encoder = VideoEncoder(**{"frame_rate": Fraction(25), **settings})
    return encoder.command(chunk, "out.mkv", "video-3-00001").build_args()


def _after(argv: list[str], name: str) -> str:
    return argv[argv.index(name) + 1]


def test_the_whole_line() -> None:
    """Every word of it, once; a change here changes every piece of every job."""
    argv = _argv(
        MIDDLE, crf=20.0, speed="medium", ffmpeg="/bin/ff", color={"colorspace": "bt709"}, keep_orientation=True
    )
    start = argv.index("-noautorotate")
    assert argv[start:] == [
        *("-noautorotate", "-copyts", "-max_error_rate", "1"),
        *("-seek_timestamp", "1", "-noaccurate_seek", "-ss", "1.980000"),
        *("-protocol_whitelist", "file", "-i", "file:in.mkv", "-map", "0:3"),
        *("-vf", "trim=start_pts=2000:end_pts=4000,setparams=colorspace=bt709,settb=1/25,setpts=N"),
        *("-c:v", "libx264", "-crf", "20", "-an", "-sn", "-dn", "-fps_mode", "passthrough"),
        *("-preset", "medium", "-threads", "1", "-x264-params", "stitchable=1"),
        *("-enc_time_base", "1/25", "file:out.mkv"),
    ]


@pytest.mark.parametrize(
    ("chunk", "trim"),
    [
        (FIRST, "trim=end_pts=2000,"),
        (MIDDLE, "trim=start_pts=2000:end_pts=4000,"),
        (LAST, "trim=start_pts=4000,"),
        (WHOLE, ""),
    ],
)
def test_the_ends_are_open(chunk: ChunkData, trim: str) -> None:
    """So that a frame before the first or after the last of the index is noticed, not cut off."""
    assert _after(_argv(chunk), "-vf") == f"{trim}settb=1/25,setpts=N"


def test_a_piece_at_the_beginning_does_not_seek() -> None:
    """It reads from the start, on the source's timestamps all the same."""
    argv = _argv(FIRST)
    assert "-ss" not in argv
    assert "-copyts" in argv


def test_a_part_of_the_film_that_reads_from_the_start_still_begins_where_it_should() -> None:
    """--start near the beginning: nothing to seek, something to leave out."""
    chunk = ChunkData(0, 0.2, 2.0, "in.mkv", 5, 50, 200, 2000, -1, 3)
    assert _after(_argv(chunk), "-vf").startswith("trim=start_pts=200:end_pts=2000,")


def test_seek_points_keep_their_microseconds() -> None:
    """No float in between: at 10 hours it would be another frame."""
    chunk = ChunkData(1, 0, 1, "in.mkv", 1, 2, 5, 6, 36_000_000_001, 0)
    assert _after(_argv(chunk), "-ss") == "36000.000001"


def test_a_chunk_made_by_hand_of_two_times_is_cut_by_these() -> None:
    """Seconds are all that there is then."""
    argv = _argv(ChunkData(0, 1.5, 4.0, "in.mkv"))
    assert (_after(argv, "-ss"), _after(argv, "-t")) == ("1.500000", "2.500000")
    assert "trim" not in _after(argv, "-vf")


def test_filters_stand_between_choosing_and_numbering() -> None:
    """They see the source's timestamps, and the frames of this piece only."""
    chain = _after(_argv(MIDDLE, filters=("crop=2:2", "scale=4:4")), "-vf")
    assert chain == "trim=start_pts=2000:end_pts=4000,crop=2:2,scale=4:4,settb=1/25,setpts=N"


def test_filters_count_from_the_films_beginning() -> None:
    """As in plain ffmpeg, also where the container's clock begins elsewhere."""
    chain = _after(_argv(MIDDLE, filters=("fade=st=1",), zero_us=1_400_000), "-vf")
    assert chain == (
        "trim=start_pts=2000:end_pts=4000,setpts=PTS-round(1400000/1000000/TB),fade=st=1,settb=1/25,setpts=N"
    )


def test_own_times_come_back_after_the_filters() -> None:
    """Without a grid the frames keep their times, so these have to be the source's again."""
    argv = _argv(WHOLE, frame_rate=None, filters=("fps=10",), zero_us=40)
    assert _after(argv, "-vf") == "setpts=PTS-round(40/1000000/TB),fps=10,settb=1/1000000,setpts=PTS+40"
    assert _after(argv, "-enc_time_base") == "1/60000"


def test_the_films_beginning_is_given_back_to_the_tick() -> None:
    """A filter's own clock may be too coarse for it: a fifth of a second for ``fps=5``."""
    proof = Proof("l", Fraction(1, 90_000), late=True, film_tick=Fraction(1, 90_000))
    encoder = VideoEncoder(frame_rate=Fraction(5), filters=("fps=5",), zero_us=1_456_778, proof=proof)
    chain = _after(encoder.lister(0, "in.ts", "l", proof.tick).build_args(), "-vf")
    assert chain == "setpts=PTS-round(1456778/1000000/TB),fps=5,settb=1/90000,setpts=PTS+131110"


def test_text_is_drawn_after_the_filters() -> None:
    """On the picture as it will be seen."""
    chain = _after(_argv(MIDDLE, filters=("scale=4:4",), burn=TextBurn("/job/burn.mks")), "-vf")
    assert chain.index("scale=4:4") < chain.index("subtitles=") < chain.index("setpts=N")


def test_the_frames_are_counted() -> None:
    """What a chunk knows of its length, its command checks; an unknown length is not checked."""
    encoder = VideoEncoder(frame_rate=Fraction(25))
    assert encoder.command(MIDDLE, "out.mkv").expected == 50
    assert encoder.command(ChunkData(0, 0, 6, "in.mkv", 0, -1, 0, 6000, open_end=True), "out.mkv").expected is None


def test_a_name_of_its_own() -> None:
    """In a graph there may be several video streams."""
    encoder = VideoEncoder()
    assert encoder.command(MIDDLE, "out.mkv").id == "video-00001"
    assert encoder.command(MIDDLE, "out.mkv", "video-3-00001").id == "video-3-00001"


def test_quality_or_rate() -> None:
    """Whichever was asked for, under the encoder's name for it."""
    assert "-crf" not in _argv(MIDDLE, bitrate="2M")
    assert _after(_argv(MIDDLE, bitrate="2M"), "-b:v") == "2M"
    argv = _argv(MIDDLE, codec="libvpx-vp9", crf=31.0, speed="8")
    assert (_after(argv, "-crf"), _after(argv, "-b:v"), _after(argv, "-cpu-used")) == ("31", "0", "8")


def test_the_same_chunk_gives_the_same_line() -> None:
    """What a piece's bytes depend on is in the line and nowhere else."""
    assert _argv(MIDDLE) == _argv(MIDDLE)
