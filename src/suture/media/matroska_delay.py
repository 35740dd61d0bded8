"""Sound of which the first samples are not to be heard, declared as Matroska does it: CodecDelay.

libavformat's muxer writes it where a stream's parameters say so, and moves the blocks accordingly; PyAV does not give
that parameter to set, and of MP4's edit lists it knows nothing. So the stream's description is written into a small
Matroska file in memory, the delay is put into its header, and what is read back from there serves as the template of
the real stream. Source: RFC 9559, 5.1.4.1.25 (CodecDelay, nanoseconds); RFC 7845, 5.1 (Opus says it in its header too).

Its neighbours: `matroska` writes the shape of pixels, `copied` finds out how much is not to be heard.
"""

from __future__ import annotations

import io
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import av

from suture.errors import ConcatError
from suture.media.ebml import elements

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["with_delay"]

_HEAD: Final = b"\x1a\x45\xdf\xa3"
_SEGMENT: Final = b"\x18\x53\x80\x67"
_INFO: Final = b"\x15\x49\xa9\x66"
_TRACKS: Final = b"\x16\x54\xae\x6b"
_CLUSTER: Final = b"\x1f\x43\xb6\x75"
_ENTRY, _PRIVATE = b"\xae", b"\x63\xa2"
_DELAY: Final = b"\x56\xaa"
_OPUS_HEAD: Final = b"OpusHead"
_OPUS_RATE: Final = 48_000
_LARGEST_PRE_SKIP: Final = 65_535


def with_delay(stream: Any, packet: Any, samples: int) -> Any:  # noqa: ANN401
    """An open container whose only stream is described as ``stream``, with this many samples not to be heard.

    Args:
        stream: of sound; any container's.
        packet: one of its packets, which is spent; without one there would be no file.
        samples: at the stream's sample rate; 0: none, whatever the stream said before.

    Raises:
        ConcatError: the description can't be written so.
    """
    data = _described(stream, packet)
    try:
        whole = b"".join(_rewritten(data, samples, int(stream.codec_context.rate)))
        return av.open(io.BytesIO(whole), "r", format="matroska")
    except (LookupError, av.error.FFmpegError) as error:
        raise ConcatError(f"the delay of stream {stream.index} can't be declared: {error}") from error


def _described(stream: Any, packet: Any) -> bytes:  # noqa: ANN401
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as output:
        made = output.add_stream_from_template(stream, opaque=True)
        made.time_base = Fraction(1, 1000)
        output.start_encoding()
        packet.stream, packet.time_base = made, made.time_base
        packet.pts = packet.dts = 0
        output.mux_one(packet)
    return buffer.getvalue()


def _rewritten(data: bytes, samples: int, rate: int) -> Iterator[bytes]:
    """The same file without what points into it, and with another delay."""
    for element in elements(data, 0, len(data)):
        if element.id == _HEAD:
            yield data[element.start : element.end]
        elif element.id == _SEGMENT:
            kept = (e for e in elements(data, element.body, element.end) if e.id in {_INFO, _TRACKS, _CLUSTER})
            yield _element(
                _SEGMENT,
                b"".join(
                    _tracks(data[e.body : e.end], samples, rate) if e.id == _TRACKS else data[e.start : e.end]
                    for e in kept
                ),
            )


def _tracks(body: bytes, samples: int, rate: int) -> bytes:
    """The one entry that there is, without the checksum in front of it."""
    entry = next(e for e in elements(body, 0, len(body)) if e.id == _ENTRY)
    fields = [(e.id, body[e.body : e.end]) for e in elements(body, entry.body, entry.end)]
    new = [(id_, _private(value, samples, rate)) for id_, value in fields if id_ != _DELAY]
    delay = samples * 1_000_000_000 // rate
    if delay:
        new.append((_DELAY, delay.to_bytes((delay.bit_length() + 7) // 8)))
    return _element(_TRACKS, _element(_ENTRY, b"".join(_element(*field) for field in new)))


def _private(value: bytes, samples: int, rate: int) -> bytes:
    """Opus' own header says it once more, at 48 kHz. Only there does this text begin a field."""
    if value[:8] != _OPUS_HEAD:
        return value
    skip = min(samples * _OPUS_RATE // rate, _LARGEST_PRE_SKIP)
    return value[:10] + skip.to_bytes(2, "little") + value[12:]


def _element(id_: bytes, data: bytes) -> bytes:
    return id_ + (len(data) | 1 << 56).to_bytes(8) + data
