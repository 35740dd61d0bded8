"""A stream that is taken over as it is: its packets on the output's clock, and a count of what was written.

No packet is changed but for its times. Of sound that begins or ends inside a packet, the container says how much is not
to be heard (an edit list; Matroska's CodecDelay and DiscardPadding), where it can. Which streams are taken over stands
in `spec`; `mux` interleaves them; how long a packet of sound is tells `frame_lengths`.
"""

from __future__ import annotations

import struct
import zlib
from array import array
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, Any, cast

import av
from av.packet import PacketSideData, packet_sidedata_type_from_literal

from suture.media.clock import AudioClock, Clock, fingerprint, rescale
from suture.media.frame_lengths import frame_lengths

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CopiedStream", "Tally", "Window", "finest", "unheard"]


# Seconds of sound that a decoder may need before the first that is heard.
_PRIMING = Fraction(1, 10)
# Containers that can say that some of the sound they hold is not to be heard, at its beginning and at its end.
_HIDING = frozenset({"matroska", "webm", "mp4", "mov"})
_DISCARDING = frozenset({"matroska", "webm"})
# To these muxers a mark on the last packet tells what of it is padding.
_MARKING = _DISCARDING | {"mp3"}
_EDITING = frozenset({"mp4", "mov"})
# Every sample stands for itself, or (Vorbis) the decoder holds back the first packet by itself.
_NEEDS_NO_LEAD = ("pcm_", "vorbis")
# Codecs whose last packet holds as many samples as are left, and none to hide.
_SHORT_AT_THE_END = frozenset({"alac", "flac", "tta", "wavpack"})


@dataclass(frozen=True, slots=True)
class Window:
    """What of a stream is wanted, and what the output's container can say of it.

    Args:
        begin: seconds of the source's clock where the output begins; None: at its beginning.
        end: seconds where it ends; None: at its end.
        format: the output's, as libavformat's muxer is called.
    """

    begin: Fraction | None = None
    end: Fraction | None = None
    format: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is cut off."""
        return self.begin is None and self.end is None

    def hides(self, stream: Any) -> bool:  # noqa: ANN401
        """Whether packets of a sound may be in the output only for a decoder to begin with, and not be heard.

        Not those that a decoder has no use for; and not AAC with headers of its own in Matroska: its description is
        made anew when its first packet is written.
        """
        context = stream.codec_context
        framed = context.name == "aac" and not context.extradata and self.format in _DISCARDING
        return self.format in _HIDING and not framed and not context.name.startswith(_NEEDS_NO_LEAD)


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
        output: the stream that they go to; its clock is known once the header is written. None: only `is_wanted` is
            asked.
        window: what of it is wanted.
        shift: seconds by which its packets are later in the output.
    """

    def __init__(self, stream: Any, output: Any, window: Window, shift: Fraction = Fraction(0)) -> None:  # noqa: ANN401
        self._base = Fraction(stream.time_base)
        self._output = output
        self._stream = stream
        self._window = window
        self._whole = window.is_whole
        self._shift = shift
        self._still = bool(stream.disposition & av.stream.Disposition.attached_pic)
        self._is_sound = stream.type == "audio"
        self._last_shown = _last_shown(stream) if stream.type == "video" else None
        self._clock: Clock | None = None
        self._sound: _Sound | None = None

    def has_time(self, packet: Any) -> bool:  # noqa: ANN401
        """Whether it says when it is to be shown; a still picture needs no time and gets the first."""
        if self._still and packet.pts is None:
            packet.pts = packet.dts = 0
        return packet.pts is not None or packet.dts is not None

    def is_wanted(self, packet: Any) -> bool:  # noqa: ANN401
        """Whether any of it belongs into the output, be it only for a decoder to begin with."""
        if not packet.is_discard:
            return self._whole or not self._is_outside(packet)
        if self._last_shown is not None and (packet.dts or 0) > self._last_shown:
            return False  # nothing that is shown needs it, and the output's own edit list would end behind it
        return not self._is_outside(packet) and (self._window.format in _EDITING or not self._is_unheard(packet))

    def _is_unheard(self, packet: Any) -> bool:  # noqa: ANN401
        """Whether an edit list hides sound.

        The last packets before the beginning stay: a decoder needs them for what comes next.
        """
        if not self._is_sound or packet.pts is None:
            return False
        return bool(packet.pts * self._base < -_PRIMING)

    def _is_outside(self, packet: Any) -> bool:  # noqa: ANN401
        """Whether nothing of it lies between the window's two times."""
        begin, end = self._window.begin, self._window.end
        if self._still or self._whole:
            return False
        at = _place_of(packet) * self._base
        until = at + (packet.duration or 0) * self._base
        if begin is not None and self._is_sound:
            if self._window.hides(self._stream):
                begin -= _PRIMING
            elif self._stream.codec_context.name == "vorbis" and self._window.format in _EDITING:
                until = at  # its decoder holds back the first packet by itself, which confuses who reads an edit list
        return (begin is not None and (until <= begin and at < begin)) or (end is not None and at >= end)

    def place(self, packet: Any) -> None:  # noqa: ANN401
        """Give the packet its stream and its times there."""
        clock = self._clock or self._begin()
        pts, dts = packet.pts, packet.dts
        if pts is None:
            pts = dts
        if self._sound is not None:
            placed = self._sound.place(packet, pts)
        else:
            if not self._whole:
                pts, dts = self._clip(packet, pts, dts)
            placed = clock.convert(pts)
            packet.duration = clock.convert(pts + (packet.duration or 0)) - placed
        packet.stream = self._output
        packet.time_base = clock.target
        packet.pts = placed
        if dts is not None:
            packet.dts = placed if dts == pts else clock.convert(dts)

    @property
    def priming(self) -> int:
        """Ticks of the output's clock by which the first packet that was placed begins before it is heard."""
        return self._sound.priming if self._sound else 0

    def _begin(self) -> Clock:
        """The output's header is written, and has decided on its clock."""
        self._clock = Clock(self._base, Fraction(self._output.time_base), self._shift)
        if self._is_sound:
            self._sound = _Sound(self._stream, self._window, self._clock)
        return self._clock

    def _clip(self, packet: Any, pts: int, dts: int | None) -> tuple[int, int | None]:  # noqa: ANN401
        """A line of text that was there before the beginning, or stays beyond the end, is cut like the picture."""
        if self._stream.type != "subtitle" or not packet.duration:
            return pts, dts
        begin, end = self._window.begin, self._window.end
        until = pts + packet.duration
        first = pts if begin is None else max(pts, rescale(1, begin, self._base))
        last = until if end is None else min(until, rescale(1, end, self._base))
        packet.duration = max(1, last - first)
        return first, None if dts is None else max(dts, first)


class _Sound:
    """Places packets of sound: where their samples are, and how many of these are to be heard.

    Args:
        stream: where they come from.
        window: what of it is wanted.
        clock: from the stream's to the output's.
    """

    def __init__(self, stream: Any, window: Window, clock: Clock) -> None:  # noqa: ANN401
        rate = int(stream.codec_context.rate or 0)
        self._stream = stream
        self._clock = clock
        self._rate = rate
        self._count = frame_lengths(stream)
        self._discards = window.format in _DISCARDING
        self._marks = window.format in _MARKING
        # Halfway between two ticks the earlier one: a delay halfway between two ticks is rounded to the later one.
        self._earlier = Clock(clock.base, clock.target, -clock.shift)
        self._finer = bool(rate) and clock.target < clock.base
        self._in_target = Clock(Fraction(1, rate or 1), clock.target)
        self._in_base = Clock(Fraction(1, rate or 1), clock.base)
        self._told = Clock(clock.base, clock.target)
        self._window_end = None if window.end is None else _Samples(clock.base, window.end, rate)
        self._last_moment = None if stream.codec_context.name in _SHORT_AT_THE_END else _last_moment(stream)
        self._list_end = None if self._last_moment is None else _Samples(clock.base, self._last_moment, rate)
        self._samples_clock: AudioClock | None = None
        self._before: int | None = None
        self.priming = 0

    def place(self, packet: Any, pts: int) -> int:  # noqa: ANN401
        """Where the packet that the source puts at ``pts`` goes; it gets its length, and what hides its end."""
        samples = self._count(packet)
        before, after = skipped(packet)
        after = self._unheard_after(packet, pts, samples, after)
        if self._before is None and self._rate:
            self.priming = self._in_target.convert(before)
        duration = packet.duration or (0 if self._before is None else max(0, pts - self._before))
        self._before = pts
        if self._finer and samples:
            packet.duration = self._length(duration, samples, after)
            placed = self._in_samples(samples).convert(pts, before, samples)
        else:
            nearest = self._clock.convert(pts)
            placed = -self._earlier.convert(-pts) if self._discards else nearest
            if after:
                duration = min(duration, self._in_base.convert(samples - after))
            packet.duration = self._clock.convert(pts + duration) - nearest
        if after and self._marks:
            _hide(packet, before, after)
        return placed

    def _unheard_after(self, packet: Any, pts: int, samples: int, skip: int) -> int:  # noqa: ANN401
        """Samples at its end that are not to be heard: its container says so, or the window ends there."""
        if not (samples and self._rate):
            return 0
        after = skip
        if self._window_end is not None:
            after = max(after, self._window_end.since(pts) + samples)
        if self._list_end is not None and (late := self._list_end.since(pts) + samples) > after:
            after = late if self._ends_in(packet, pts) else after
        return min(after, samples - 1)

    def _ends_in(self, packet: Any, pts: int) -> bool:  # noqa: ANN401
        """Whether an edit list ends the sound inside this packet and it is the last one."""
        entries, end = self._stream.index_entries, self._last_moment
        if end is None or pts * self._clock.base >= end:
            return False
        return bool(len(entries)) and packet.dts == entries[-1].timestamp

    def _length(self, duration: int, samples: int, after: int) -> int:
        """How long it lasts: as many samples as it holds, where a coarse clock can only tell about how many."""
        whole = self._in_target.convert(samples - after)
        # Rounded up: what follows the last sample is silence, what is cut off is lost.
        told = self._told.convert(duration + 1) if duration and not after else whole
        return max(1, min(whole, told))

    def _in_samples(self, samples: int) -> AudioClock:
        if self._samples_clock is None:
            self._samples_clock = AudioClock(self._clock, self._rate, samples)
        return self._samples_clock


class _Samples:
    """Counts samples from a moment on. It is asked about every packet, so its fractions are worked out once."""

    def __init__(self, base: Fraction, moment: Fraction, rate: int) -> None:
        slope, offset = base * rate, moment * rate
        self._under = lcm(slope.denominator, offset.denominator)
        self._slope, self._offset = int(slope * self._under), int(offset * self._under)

    def since(self, ticks: int) -> int:
        """Whole samples from the moment to a time in ticks; before it, the negative of the whole ones between."""
        exact = ticks * self._slope - self._offset
        return exact // self._under if exact >= 0 else -(-exact // self._under)


def unheard(packets: Iterable[Any], stream: Any, window: Window) -> tuple[Any, int | None]:  # noqa: ANN401
    """The first packet of sound that goes into the output, and how many of the samples from there on are not heard.

    Args:
        packets: the stream's, from a place before the window on.
        stream: where they come from.
        window: what of it is wanted.

    Returns:
        The packet, or None when nothing is wanted; and None where nobody says so and nothing is cut off.
    """
    lane = CopiedStream(stream, None, window)
    heard: Fraction | None = None
    for packet in packets:
        if not packet.size or not lane.has_time(packet):
            continue
        at = _place_of(packet) * Fraction(stream.time_base)
        skip = skipped(packet)[0]
        if heard is None:
            heard = at + Fraction(skip, stream.codec_context.rate)
        if lane.is_wanted(packet):
            if window.begin is None and at + Fraction(skip, stream.codec_context.rate) == heard:
                return packet, skip or None
            first = max(heard, at if window.begin is None else window.begin)
            return packet, round((first - at) * stream.codec_context.rate) if first > at else 0
    return None, None


def skipped(packet: Any) -> tuple[int, int]:  # noqa: ANN401
    """Samples at a packet's beginning and end that are not to be heard. Source: AV_PKT_DATA_SKIP_SAMPLES."""
    # Nearly no packet has any side data, and asking for one kind of it takes longer than all else that is asked here.
    if next(packet.iter_sidedata(), None) is None or not packet.has_sidedata("skip_samples"):
        return 0, 0
    before, after = struct.unpack("<II", bytes(packet.get_sidedata("skip_samples"))[:8])
    return before, after


def finest(stream: Any) -> Fraction:  # noqa: ANN401
    """The clock to ask for: a sound's sample clock where it is known, else the stream's own."""
    if stream.type == "audio" and stream.codec_context and stream.codec_context.rate:
        return Fraction(1, stream.codec_context.rate)
    return Fraction(stream.time_base)


def _hide(packet: Any, before: int, after: int) -> None:  # noqa: ANN401
    """Mark samples at its beginning and end; muxers make a DiscardPadding, or a field of LAME's, of the latter."""
    kind: Any = packet_sidedata_type_from_literal("skip_samples")
    data = cast("Any", PacketSideData)(kind, 10)
    data.update(struct.pack("<IIBB", before, after, 0, 0))
    packet.set_sidedata(data)


def _place_of(packet: Any) -> int:  # noqa: ANN401
    return int(packet.dts if packet.pts is None else packet.pts)


def _last_moment(stream: Any) -> Fraction | None:  # noqa: ANN401
    """Where MP4's edit list ends a sound; None elsewhere: other containers' lengths are only estimates."""
    if "mp4" not in stream.container.format.name or stream.duration is None or stream.start_time is None:
        return None
    return Fraction((stream.start_time + stream.duration) * stream.time_base)


def _last_shown(stream: Any) -> int | None:  # noqa: ANN401
    """The decoding time of the last packet that MP4's edit lists show; None elsewhere, or where all are shown."""
    if "mp4" not in stream.container.format.name:
        return None
    entries = stream.index_entries
    if not len(entries) or not entries[-1].is_discard:
        return None
    return max((entry.timestamp for entry in entries if not entry.is_discard), default=None)
