"""A stream's description with a delay in it: what libavformat reads back from it, and writes again."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any

import av
import pytest

from suture.media.ebml import elements
from suture.media.matroska_delay import with_delay

CODEC_DELAY = b"\x56\xaa"


def recording(codec: str, rate: int = 48000) -> io.BytesIO:
    """A Matroska file with a second of silence."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as output:
        stream: Any = output.add_stream(codec, rate=rate)
        stream.codec_context.layout = "stereo"
        silence = av.AudioFrame(format="fltp", layout="stereo", samples=rate)
        silence.sample_rate = rate
        for plane in silence.planes:
            plane.update(bytes(plane.buffer_size))
        resampled = av.AudioResampler(format=stream.codec_context.format, rate=rate, frame_size=0).resample(silence)
        for frame in [*resampled, None]:
            output.mux(stream.encode(frame))
    file.seek(0)
    return file


def told(file: io.BytesIO, samples: int) -> dict[bytes, bytes]:
    """The fields of the track of a file that was written by such a template."""
    with av.open(file, "r") as container:
        stream = container.streams.audio[0]
        packet = next(packet for packet in container.demux(stream) if packet.size)
        rewritten = io.BytesIO()
        with with_delay(stream, packet, samples) as described, av.open(rewritten, "w", format="matroska") as output:
            made = output.add_stream_from_template(described.streams[0], opaque=True)
            made.time_base = Fraction(1, 1000)
            output.start_encoding()
    return fields(rewritten.getvalue(), b"\x18\x53\x80\x67", b"\x16\x54\xae\x6b", b"\xae")


def fields(data: bytes, *path: bytes) -> dict[bytes, bytes]:
    """The children of the element that a path of ids leads to."""
    at, end = 0, len(data)
    for wanted in path:
        element = next(e for e in elements(data, at, end) if e.id == wanted)
        at, end = element.body, element.end
    return {e.id: data[e.body : e.end] for e in elements(data, at, end)}


@pytest.mark.parametrize(("codec", "rate"), [("aac", 48000), ("aac", 44100), ("ac3", 48000)])
@pytest.mark.parametrize("samples", [1024, 2112, 5000])
def test_the_muxer_writes_the_delay_that_the_template_has(codec: str, rate: int, samples: int) -> None:
    """In nanoseconds, and the codec's own description beside it as it was."""
    file = recording(codec, rate)
    with av.open(file) as container:
        before = container.streams.audio[0].codec_context.extradata
    file.seek(0)
    track = told(file, samples)
    assert abs(int.from_bytes(track[CODEC_DELAY]) - samples * 1_000_000_000 // rate) <= 1_000_000_000 // rate
    assert track.get(b"\x63\xa2") == before


def test_no_delay_takes_away_the_one_there_was() -> None:
    """What is cut off in front takes its priming along."""
    assert CODEC_DELAY not in told(recording("ac3"), 0)


def test_opus_says_it_in_its_own_header_too() -> None:
    """Both must agree."""
    track = told(recording("libopus"), 4824)
    assert int.from_bytes(track[CODEC_DELAY]) == 100_500_000
    assert int.from_bytes(track[b"\x63\xa2"][10:12], "little") == 4824
