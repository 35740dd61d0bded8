"""A stream that is taken over as it is: its packets on the output's clock, and a count of what was written.

No packet is changed but for its times. Which streams are taken over stands in `spec`; `mux` interleaves them.
"""

from __future__ import annotations

import struct
import zlib
from array import array
from fractions import Fraction
from typing import Any

import av

from suture.media.clock import AudioClock, Clock, fingerprint, rescale

__all__ = ["CopiedStream", "Tally", "finest"]


# Seconds of sound that a decoder may need before the first that is heard.
_PRIMING = Fraction(1, 10)


class Tally:
    """What was written into one stream, for comparing with what is read back."""

    def __init__(self) -> None:
        self.packets = self.bytes = self.crc = 0
        self._pts = array("q")

    def see(self, packet: Any) -> None:  # noqa: ANN401
        """Count one packet."""
        self.packets += 1
        self.bytes += packet.size
        self.crc = zlib.crc32(packet, self.crc)
        self._pts.append(packet.pts)

    def facts(self) -> dict[str, Any]:
        """``packets``, ``bytes``, ``crc`` of these, ``begin`` (the first two pts) and ``times`` (`fingerprint`)."""
        return {
            "packets": self.packets,
            "bytes": self.bytes,
            "crc": self.crc,
            "begin": list(self._pts[:2]),
            "times": fingerprint(self._pts),
        }


class CopiedStream:
    """One copied stream: from its clock to the output's.

    Args:
        stream: where the packets come from.
        output: the stream that they go to; its clock is known once the header is written.
    """

    def __init__(self, stream: Any, output: Any) -> None:  # noqa: ANN401
        self._base = Fraction(stream.time_base)
        self._output = output
        self._stream = stream
        self._still = bool(stream.disposition & av.stream.Disposition.attached_pic)
        self._sound: AudioClock | None = None
        self._samples = 0
        self._before: int | None = None

    def has_time(self, packet: Any) -> bool:  # noqa: ANN401
        """Whether it says when it is to be shown; a still picture needs no time and gets the first."""
        if self._still and packet.pts is None:
            packet.pts = packet.dts = 0
        return packet.pts is not None or packet.dts is not None

    def is_unheard(self, packet: Any) -> bool:  # noqa: ANN401
        """Whether an edit list hides it; a container without edit lists would make it heard.

        The last packets before the beginning stay: a decoder needs them for what comes next.
        """
        if self._stream.type != "audio" or not packet.is_discard or packet.pts is None:
            return False
        return bool(packet.pts * self._base < -_PRIMING)

    def is_outside(self, packet: Any, begin: Fraction | None, end: Fraction | None) -> bool:  # noqa: ANN401
        """Whether nothing of it lies between two times, in seconds."""
        if self._still or (begin is None and end is None):
            return False
        at = (packet.dts if packet.pts is None else packet.pts) * self._base
        until = at + (packet.duration or 0) * self._base
        return (begin is not None and until <= begin) or (end is not None and at >= end)

    def place(self, packet: Any, shift: Fraction) -> None:  # noqa: ANN401
        """Give the packet its stream and its times there, ``shift`` seconds later."""
        target = Fraction(self._output.time_base)
        clock = Clock(self._base, target, shift)
        if self._stream.type == "audio":
            self._samples = self._samples or _samples(packet, self._stream.codec_context)
        pts = packet.dts if packet.pts is None else packet.pts
        placed = (
            self._sound_clock(clock).convert(pts, _skipped(packet)[0])
            if self._is_coarse(target)
            else clock.convert(pts)
        )
        packet.duration = self._length(clock, packet, pts)
        self._before = pts
        packet.stream = self._output
        packet.time_base = target
        packet.pts = placed
        if packet.dts is not None:
            packet.dts = placed if packet.dts == pts else clock.convert(packet.dts)

    def _usual_length(self, pts: int) -> int:
        """How long sound lasts of which the container does not tell it: as long as what came before."""
        if self._stream.type != "audio" or self._before is None:
            return 0
        return max(0, pts - self._before)

    def _length(self, clock: Clock, packet: Any, pts: int) -> int:  # noqa: ANN401
        """How long it lasts: as many samples as it holds, where a coarse clock can only tell about how many."""
        duration = packet.duration or self._usual_length(pts)
        if not self._is_coarse(clock.target):
            return clock.convert(pts + duration) - clock.convert(pts)
        sample = Fraction(1, self._stream.codec_context.rate)
        if after := _skipped(packet)[1]:
            return max(1, rescale(self._samples - after, sample, clock.target))
        whole = rescale(self._samples, sample, clock.target)
        # Rounded up: what follows the last sample is silence, what is cut off is lost.
        return min(whole, rescale(duration + 1, clock.base, clock.target)) if duration else whole

    def _is_coarse(self, target: Fraction) -> bool:
        """Whether sound on a coarse clock goes to a finer one, with a known number of samples a packet."""
        return bool(self._samples and self._stream.codec_context.rate) and target < self._base

    def _sound_clock(self, clock: Clock) -> AudioClock:
        if self._sound is None:
            self._sound = AudioClock(clock, self._stream.codec_context.rate, self._samples)
        return self._sound


def _skipped(packet: Any) -> tuple[int, int]:  # noqa: ANN401
    """Samples at a packet's beginning and end that are not to be heard. Source: AV_PKT_DATA_SKIP_SAMPLES."""
    if not packet.has_sidedata("skip_samples"):
        return 0, 0
    before, after = struct.unpack("<II", bytes(packet.get_sidedata("skip_samples"))[:8])
    return before, after


def _samples(packet: Any, context: Any) -> int:  # noqa: ANN401
    """How many samples a packet decodes to; 0 when that is not known. Opus says it itself (RFC 6716, 3.1)."""
    if context.name != "opus":
        return int(context.frame_size or 0)
    head = bytes(packet)[:2]
    mode, code = head[0] >> 3, head[0] & 3
    # SILK: 10, 20, 40, 60 ms; hybrid: 10, 20 ms; CELT: 2.5, 5, 10, 20 ms.
    lengths = ((480, 960, 1920, 2880), (480, 960, 480, 960), (120, 240, 480, 960))[(mode >= 12) + (mode >= 16)]  # noqa: PLR2004
    frames = (head[1:] or b"\0")[0] & 63 if code == 3 else min(code, 1) + 1  # noqa: PLR2004
    return lengths[mode & 3] * frames


def finest(stream: Any) -> Fraction:  # noqa: ANN401
    """The clock to ask for: a sound's sample clock where it is known, else the stream's own."""
    if stream.type == "audio" and stream.codec_context and stream.codec_context.rate:
        return Fraction(1, stream.codec_context.rate)
    return Fraction(stream.time_base)
