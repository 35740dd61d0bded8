"""The command line of a sound track, whole or in part."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from suture.encoder import AudioEncoder, Encoder, VideoEncoder
from suture.encoder.audio import seconds_ahead, sound_file
from suture.model import ChunkData, StreamInfo

WHOLE = ChunkData(0, 0.0, 0.0, "in.mkv", stream_index=2, open_end=True)
FIRST = ChunkData(0, 0.0, 4.0, "in.mkv", stream_index=2)
MIDDLE = ChunkData(1, 4.0, 8.0, "in.mkv", stream_index=2)
LAST = ChunkData(2, 8.0, 9.5, "in.mkv", stream_index=2, open_end=True)


def _argv(chunk: ChunkData, **settings: Any) -> list[str]:
    return AudioEncoder(**settings).command(chunk, "out.mka").build_args()


def _after(argv: list[str], name: str) -> str:
    return argv[argv.index(name) + 1]


def test_a_whole_track_keeps_its_clock() -> None:
    """Late sound stays late; nothing is cut."""
    argv = _argv(WHOLE, codec="libopus", bitrate="96k", channels=2, sample_rate=48000)
    assert "-copyts" in argv
    assert not {"-ss", "-t", "-af"} & set(argv)
    assert (_after(argv, "-map"), _after(argv, "-c:a"), _after(argv, "-b:a")) == ("0:2", "libopus", "96k")
    assert (_after(argv, "-ac"), _after(argv, "-ar")) == ("2", "48000")


@pytest.mark.parametrize(
    ("chunk", "seek", "chain"),
    [
        (FIRST, None, "atrim=start=0.000000:end=4.000000,asetpts=PTS-STARTPTS"),
        (MIDDLE, "3.000000", "atrim=start=1.000000:end=5.000000,asetpts=PTS-STARTPTS"),
        (LAST, "7.000000", "atrim=start=1.000000,asetpts=PTS-STARTPTS"),
    ],
)
def test_a_part_is_decoded_from_before(chunk: ChunkData, seek: str | None, chain: str) -> None:
    """A decoder needs some packets until its sound is right; they are cut off again."""
    argv = _argv(chunk)
    assert _after(argv, "-af") == chain
    assert (_after(argv, "-ss") if "-ss" in argv else None) == seek


def test_filters_run_on_the_part() -> None:
    """In the order they came, after the cut."""
    assert _after(_argv(FIRST, filters=("volume=2", "loudnorm")), "-af").endswith("STARTPTS,volume=2,loudnorm")


def test_options_for_the_container_are_passed() -> None:
    """As pairs, with their dash."""
    assert _after(_argv(WHOLE, options=(("-movie_timescale", "44100"),)), "-movie_timescale") == "44100"


@pytest.mark.parametrize("encoder", [AudioEncoder(ffmpeg="/no/such/ffmpeg"), VideoEncoder(ffmpeg="/no/such/ffmpeg")])
def test_a_failure_is_a_result(encoder: Encoder) -> None:
    """What Suture foresaw is never raised by encode; the message tells what went wrong."""
    result = encoder.encode(MIDDLE, "out.mka")
    assert (result.success, result.chunk_id, result.output_path) == (False, 1, "out.mka")
    assert result.error_message
    assert "/no/such/ffmpeg" in result.error_message


@pytest.mark.parametrize(
    ("encoder", "extension"),
    [
        ("aac", "m4a"),
        ("libopus", "mp4"),
        ("ac3", "mov"),
        ("libmp3lame", "mov"),
        ("libvorbis", "ogg"),
        ("pcm_s16le", "mka"),
    ],
)
def test_a_track_is_encoded_into_what_counts_samples(encoder: str, extension: str) -> None:
    """And can tell priming, whatever the ffmpeg; Matroska is for what nothing else holds."""
    assert sound_file(encoder) == extension


@pytest.mark.parametrize(("start", "ahead"), [(0, 0), (1458, 0), (-48, 0), (-101, 1), (-9707, 10), (-10000, 10)])
def test_a_clock_that_begins_before_zero_is_moved_by_whole_seconds(start: int, ahead: int) -> None:
    """By no more than it needs; a few milliseconds are priming, which belongs before zero."""
    assert seconds_ahead(StreamInfo(1, "audio", "aac", Fraction(1, 1000), start)) == ahead
    assert seconds_ahead(None) == 0
