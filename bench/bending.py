"""Elementary streams that no encoder at hand makes: MPEG-2 with telecine flags, MPEG-4 with packed B-frames, damage.

All of it is done on bytes, after the formats' specifications; nothing here decodes. Each of `BENDS` makes a file out of
a straight one.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import av

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["BENDS", "Bend", "after_packets", "flipped", "telecined", "without_packets"]

TS_PACKET: Final = 188
# Source: ISO/IEC 13818-2, 6.2.3.1: the picture coding extension's id is 8.
_PICTURE_EXTENSION = re.compile(rb"\x00\x00\x01\xb5[\x80-\x8f]", re.DOTALL)
# Of four film frames the first shows its top field twice, the third its bottom field: (top first, repeat first).
_CADENCE: Final = ((1, 1), (0, 0), (0, 1), (1, 0))
# A P-picture that is not coded: "as the one before". Source: ISO/IEC 14496-2, 6.2.5, with five bits of time.
_NOT_CODED: Final = b"\x00\x00\x01\xb6\x50\x4f"
_DIVX: Final = b"\x00\x00\x01\xb2DivX503b1393p"


def telecined(data: bytes) -> bytes:
    """MPEG-2 whose pictures say, in coding order, that they last three and two fields in turn."""
    out = bytearray(data)
    for number, found in enumerate(_PICTURE_EXTENSION.finditer(data)):
        top, repeat = _CADENCE[number % 4]
        at = found.start() + 4
        out[at + 3] = out[at + 3] & 0b01111101 | top << 7 | repeat << 1
        out[at + 4] |= 0b10000000  # a progressive frame
    return bytes(out)


def _telecine(source: Path, target: Path) -> None:
    """As soft telecine is stored: the flags; the times follow in the copy."""
    target.write_bytes(telecined(source.read_bytes()))


def _telecine_times() -> str:
    """Times of three and two fields in turn, for the copy."""
    field = "1001/60000/TB"
    shown = f"floor(round(PTS*TB*30000/1001)*2.5+0.5)*{field}"
    return f"-bsf:v setts=pts='{shown}':dts='(floor(N*2.5+0.5)-3)*{field}'"


def _packed(source: Path, target: Path) -> None:
    """As DivX wrote AVI: a B-picture travels with the picture that it waits for, and an empty one follows."""
    with av.open(str(source)) as film, av.open(str(target), "w", format="avi") as out:
        stream = film.streams.video[0]
        made = out.add_stream_from_template(stream)
        made.codec_context.extradata = bytes(stream.codec_context.extradata or b"") + _DIVX
        for at, (data, key) in enumerate(_chunks(film.demux(stream))):
            packet = av.Packet(data)
            packet.stream, packet.time_base, packet.is_keyframe = made, 1 / Fraction(stream.average_rate or 25), key
            packet.pts = packet.dts = at
            out.mux(packet)


def _chunks(packets: Iterator[Any]) -> Iterator[tuple[bytes, bool]]:
    """Chunks of an AVI: a picture with the B-picture behind it, then one that is not coded."""
    held: Any = None
    for packet in packets:
        if held is None:
            held = packet if packet.size else None
        elif packet.size and packet.pts < held.pts:
            yield bytes(held) + bytes(packet), held.is_keyframe
            yield _NOT_CODED, False
            held = None
        else:
            yield bytes(held), held.is_keyframe
            held = packet if packet.size else None


@dataclass(frozen=True, slots=True)
class Bend:
    """A change of a straight film.

    Args:
        make: reads the one, writes the other.
        container: that it writes.
        copying: arguments with which it is copied on; empty: it is done.
    """

    make: Callable[[Path, Path], None]
    container: str
    copying: str = ""


BENDS: Final[dict[str, Bend]] = {
    "telecine": Bend(_telecine, "mkv", _telecine_times()),
    "packed": Bend(_packed, "avi"),
}


# -- damage ---------------------------------------------------------------------------------------------------------


def flipped(data: bytes, share: float, seed: int = 1, keep: int = 4096) -> bytes:
    """Some bytes changed, none of the first ``keep``; the same ones for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - damage, not a secret
    out = bytearray(data)
    for _ in range(max(1, int(len(data) * share))):
        out[chance.randrange(min(keep, len(data) - 1), len(data))] ^= 1 << chance.randrange(8)
    return bytes(out)


def without_packets(data: bytes, share: float, seed: int = 1, keep: int = 20) -> bytes:
    """A transport stream of which some packets were lost on the way, none of the first ``keep``."""
    chance = random.Random(seed)  # noqa: S311 - damage, not a secret
    packets = [data[at : at + TS_PACKET] for at in range(0, len(data), TS_PACKET)]
    return b"".join(packet for n, packet in enumerate(packets) if n < keep or chance.random() >= share)


def after_packets(data: bytes, share: float) -> bytes:
    """A transport stream from somewhere in the middle on, at a packet's border."""
    return data[int(len(data) * share) // TS_PACKET * TS_PACKET :]
