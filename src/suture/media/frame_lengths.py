"""How many samples a packet of sound decodes to, told by its own first bytes or its stream's header.

Containers with a coarse clock (Matroska counts thousandths of a second) only say about how long a packet lasts. Whoever
puts sound on a clock that counts samples has to know it exactly. Nothing is decoded here; `copied` places packets with
it. 0 always means: not known.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["frame_length", "frame_lengths"]

# Source: RFC 6716, 3.1. SILK: 10, 20, 40, 60 ms; hybrid: 10, 20 ms; CELT: 2.5, 5, 10, 20 ms.
_OPUS: Final = ((480, 960, 1920, 2880), (480, 960, 480, 960), (120, 240, 480, 960))
_AC3_SAMPLES: Final = 1536  # Source: ETSI TS 102 366, 4.1: six blocks of 256.
_EAC3_BLOCKS: Final = (1, 2, 3, 6)  # Source: ETSI TS 102 366, E.1.3.1.4.
_AC3_SYNC: Final = b"\x0b\x77"
_DTS_SYNC: Final = b"\x7f\xfe\x80\x01"
_PCM_BITS: Final = {"pcm_alaw": 8, "pcm_mulaw": 8, "pcm_u8": 8, "pcm_s8": 8}


def frame_lengths(stream: Any) -> Callable[[Any], int]:  # noqa: ANN401
    """What counts the samples (of one channel) in each packet of a stream of sound; it gives 0 where that is not known.

    Args:
        stream: whose packets it is given.
    """
    context = stream.codec_context
    if known := int(context.frame_size or 0):
        return lambda _: known
    if context.name.startswith("pcm_"):
        return _pcm(context)
    count = _COUNTS.get(context.name)
    return lambda packet: count(data, packet, stream) if count is not None and (data := bytes(packet)) else 0


def frame_length(packet: Any, stream: Any) -> int:  # noqa: ANN401
    """Samples (of one channel) in a packet; 0 when that is not known.

    Args:
        packet: of sound.
        stream: the one that it came from.
    """
    return frame_lengths(stream)(packet)


def _opus(data: bytes, *_: Any) -> int:  # noqa: ANN401
    mode, code = data[0] >> 3, data[0] & 3
    length = _OPUS[(mode >= 12) + (mode >= 16)][mode & 3]  # noqa: PLR2004 - where hybrid and CELT begin
    frames = (data[1:2] or b"\0")[0] & 63 if code == 3 else min(code, 1) + 1  # noqa: PLR2004 - a count follows
    return length * frames


def _ac3(data: bytes, *_: Any) -> int:  # noqa: ANN401
    return _AC3_SAMPLES if data[:2] == _AC3_SYNC else 0


def _eac3(data: bytes, *_: Any) -> int:  # noqa: ANN401
    """A packet may hold several frames; those of the first independent substream follow each other in time."""
    samples = at = 0
    while data[at : at + 2] == _AC3_SYNC and len(data) >= at + 6:
        head = int.from_bytes(data[at + 2 : at + 5])
        kind, substream, size = head >> 22, head >> 19 & 7, (head >> 8 & 0x7FF) + 1
        rate, blocks = head >> 6 & 3, head >> 4 & 3
        if kind != 1 and substream == 0:
            samples += 256 * (6 if rate == 3 else _EAC3_BLOCKS[blocks])  # noqa: PLR2004 - a reduced rate
        at += 2 * size
    return samples


def _dts(data: bytes, *_: Any) -> int:  # noqa: ANN401
    """Blocks of 32 samples. Source: ETSI TS 102 114, 5.3.1 (7 bits after 4 + 7 bytes' worth of fields)."""
    return ((int.from_bytes(data[4:6]) >> 2 & 0x7F) + 1) * 32 if data[:4] == _DTS_SYNC and len(data) > 6 else 0  # noqa: PLR2004


def _flac(data: bytes, *_: Any) -> int:  # noqa: ANN401
    """Source: RFC 9639, 9.1.1 to 9.1.6."""
    if len(data) < 16 or data[0] != 0xFF or data[1] >> 2 != 0b111110:  # noqa: PLR2004 - the sync code
        return 0
    code = data[2] >> 4
    if code in {6, 7}:  # it stands behind the number, which is written as in UTF-8
        ones = next((n for n in range(8) if not data[4] << n & 0x80), 8)
        at = 4 + max(1, ones)
        return int.from_bytes(data[at : at + code - 5]) + 1
    return (0, 192, 576, 1152, 2304, 4608)[code] if code < 6 else 1 << code  # noqa: PLR2004


def _vorbis(_: bytes, packet: Any, stream: Any) -> int:  # noqa: ANN401
    """The one of the three lengths that two block sizes make, that is next to what the container says.

    Source: Vorbis I, 4.2.2 and 4.3.8.
    """
    header = bytes(stream.codec_context.extradata or b"")
    at = header.find(b"\x01vorbis") + 28
    if at < 28 or len(header) <= at or not packet.duration or not stream.codec_context.rate:  # noqa: PLR2004
        return 0
    small, large = 1 << (header[at] & 15), 1 << (header[at] >> 4)
    told = packet.duration * Fraction(stream.time_base) * stream.codec_context.rate
    tick = Fraction(stream.time_base) * stream.codec_context.rate
    near = [n for n in {small // 2, (small + large) // 4, large // 2} if abs(n - told) < tick]
    return near[0] if len(near) == 1 else 0


def _alac(_: bytes, __: Any, stream: Any) -> int:  # noqa: ANN401
    """Source: ALACMagicCookieDescription; the cookie stands at the end of a box of 36 bytes, or alone."""
    cookie = bytes(stream.codec_context.extradata or b"")[-24:]
    return int.from_bytes(cookie[:4]) if len(cookie) == 24 else 0  # noqa: PLR2004


def _truehd(_: bytes, __: Any, stream: Any) -> int:  # noqa: ANN401
    """An access unit is 1/1200 s, at 44.1 kHz and its multiples 40 samples of these."""
    rate = int(stream.codec_context.rate or 0)
    return rate // (1102 if rate % 44100 == 0 else 1200)


def _pcm(context: Any) -> Callable[[Any], int]:  # noqa: ANN401
    digits = "".join(c for c in context.name.removeprefix("pcm_")[:3] if c.isdigit())
    bits = _PCM_BITS.get(context.name, int(digits or 0)) * int(context.channels or 0)
    return lambda packet: len(memoryview(packet)) * 8 // bits if bits else 0


_COUNTS: Final[dict[str, Callable[[bytes, Any, Any], int]]] = {
    "opus": _opus,
    "libopus": _opus,
    "ac3": _ac3,
    "eac3": _eac3,
    "dca": _dts,
    "flac": _flac,
    "vorbis": _vorbis,
    "alac": _alac,
    "truehd": _truehd,
    "mlp": _truehd,
}
