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
from typing import TYPE_CHECKING, Any, cast

import av
from av.packet import PacketSideData, packet_sidedata_type_from_literal

from suture.media.clock import AudioClock, Clock, fingerprint, rescale
from suture.media.frame_lengths import frame_length

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CopiedStream", "Tally", "Window", "finest", "unheard"]


# Seconds of sound that a decoder may need before the first that is heard.
_PRIMING = Fraction(1, 10)
# Containers that can say that some of the sound they hold is not to be heard, at its beginning and at its end.
_HIDING = frozenset({"matroska", "webm", "mp4", "mov"})
_DISCARDING = frozenset({"matroska", "webm"})
_EDITING = frozenset({"mp4", "mov"})
# Every sample stands for itself, or (Vorbis) the decoder holds back the first packet by itself.
_NEEDS_NO_LEAD = ("pcm_", "vorbis")


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
    """

    def __init__(self, stream: Any, output: Any, window: Window) -> None:  # noqa: ANN401
        self._base = Fraction(stream.time_base)
        self._output = output
        self._stream = stream
        self._window = window
        self._still = bool(stream.disposition & av.stream.Disposition.attached_pic)
        self._is_sound = stream.type == "audio"
        self._end = _last_moment(stream) if self._is_sound else None
        self._last_shown = _last_shown(stream) if stream.type == "video" else None
        self._sound: AudioClock | None = None
        self._samples = 0
        self._before: int | None = None

    def has_time(self, packet: Any) -> bool:  # noqa: ANN401
        """Whether it says when it is to be shown; a still picture needs no time and gets the first."""
        if self._still and packet.pts is None:
            packet.pts = packet.dts = 0
        return packet.pts is not None or packet.dts is not None

    def is_wanted(self, packet: Any) -> bool:  # noqa: ANN401
        """Whether any of it belongs into the output, be it only for a decoder to begin with."""
        if packet.is_discard and self._last_shown is not None and (packet.dts or 0) > self._last_shown:
            return False  # nothing that is shown needs it, and the output's own edit list would end behind it
        return not self._is_outside(packet) and (self._window.format in _EDITING or not self._is_unheard(packet))

    def _is_unheard(self, packet: Any) -> bool:  # noqa: ANN401
        """Whether an edit list hides sound.

        The last packets before the beginning stay: a decoder needs them for what comes next.
        """
        if not self._is_sound or not packet.is_discard or packet.pts is None:
            return False
        return bool(packet.pts * self._base < -_PRIMING)

    def _is_outside(self, packet: Any) -> bool:  # noqa: ANN401
        """Whether nothing of it lies between the window's two times."""
        begin, end = self._window.begin, self._window.end
        if self._still or self._window.is_whole:
            return False
        at = _place_of(packet) * self._base
        until = at + (packet.duration or 0) * self._base
        if begin is not None and self._is_sound:
            if self._window.hides(self._stream):
                begin -= _PRIMING
            elif self._stream.codec_context.name == "vorbis" and self._window.format in _EDITING:
                until = at  # its decoder holds back the first packet by itself, which confuses who reads an edit list
        return (begin is not None and (until <= begin and at < begin)) or (end is not None and at >= end)

    def place(self, packet: Any, shift: Fraction) -> None:  # noqa: ANN401
        """Give the packet its stream and its times there, ``shift`` seconds later."""
        target = Fraction(self._output.time_base)
        clock = Clock(self._base, target, shift)
        pts = _place_of(packet)
        if self._is_sound:
            placed = self._place_sound(packet, clock, pts)
        else:
            self._clip(packet, pts)
            pts = _place_of(packet)
            placed = clock.convert(pts)
            packet.duration = clock.convert(pts + (packet.duration or 0)) - placed
        self._before = pts
        packet.stream = self._output
        packet.time_base = target
        packet.pts = placed
        if packet.dts is not None:
            packet.dts = placed if packet.dts == pts else clock.convert(packet.dts)

    def _clip(self, packet: Any, pts: int) -> None:  # noqa: ANN401
        """A line of text that was there before the beginning, or stays beyond the end, is cut like the picture."""
        if self._stream.type != "subtitle" or self._window.is_whole or not packet.duration:
            return
        begin, end = self._window.begin, self._window.end
        until = pts + packet.duration
        first = pts if begin is None else max(pts, rescale(1, begin, self._base))
        last = until if end is None else min(until, rescale(1, end, self._base))
        packet.pts, packet.duration = first, max(1, last - first)
        if packet.dts is not None:
            packet.dts = max(packet.dts, first)

    # -- sound ----------------------------------------------------------------------------------------------------

    def _place_sound(self, packet: Any, clock: Clock, pts: int) -> int:  # noqa: ANN401
        self._samples = frame_length(packet, self._stream)
        before, _ = skipped(packet)
        after = self._unheard_after(packet, pts)
        duration = self._length(clock, packet, pts, after)
        if self._is_coarse(clock.target):
            placed = self._sound_clock(clock).convert(pts, before, self._samples)
        elif self._window.format in _DISCARDING:
            # Halfway between two ticks the earlier one: a delay halfway between two ticks is rounded to the later one.
            placed = -rescale(-pts, clock.base, clock.target, -clock.shift)
        else:
            placed = clock.convert(pts)
        packet.duration = duration
        if after and self._window.format in _DISCARDING:
            _hide(packet, before, after)
        return placed

    def _unheard_after(self, packet: Any, pts: int) -> int:  # noqa: ANN401
        """Samples at its end that are not to be heard: its container says so, or the window ends there."""
        rate, at = self._stream.codec_context.rate, pts * self._base
        if not (self._samples and rate):
            return 0
        ends = [moment for moment in (self._end_of_list(packet), self._window.end) if moment is not None]
        late = max((int((at - moment) * rate) + self._samples for moment in ends), default=0)
        return min(max(skipped(packet)[1], late, 0), self._samples - 1)

    def _end_of_list(self, packet: Any) -> Fraction | None:  # noqa: ANN401
        """Where an edit list ends the sound, if that is inside this packet and it is the last one."""
        if self._end is None or not self._stream.index_entries:
            return None
        is_last = packet.dts == self._stream.index_entries[-1].timestamp
        return self._end if is_last and _place_of(packet) * self._base < self._end else None

    def _usual_length(self, pts: int) -> int:
        """How long sound lasts of which the container does not tell it: as long as what came before."""
        return 0 if self._before is None else max(0, pts - self._before)

    def _length(self, clock: Clock, packet: Any, pts: int, after: int) -> int:  # noqa: ANN401
        """How long it lasts: as many samples as it holds, where a coarse clock can only tell about how many."""
        duration = packet.duration or self._usual_length(pts)
        sample = Fraction(1, self._stream.codec_context.rate or 1)
        if self._is_coarse(clock.target):
            whole = rescale(self._samples - after, sample, clock.target)
            # Rounded up: what follows the last sample is silence, what is cut off is lost.
            told = rescale(duration + 1, clock.base, clock.target) if duration and not after else whole
            return max(1, min(whole, told))
        until = pts + duration
        if after:
            until = min(until, pts + rescale(self._samples - after, sample, self._base))
        return clock.convert(until) - clock.convert(pts)

    def _is_coarse(self, target: Fraction) -> bool:
        """Whether sound on a coarse clock goes to a finer one, with a known number of samples a packet."""
        return bool(self._samples and self._stream.codec_context.rate) and target < self._base

    def _sound_clock(self, clock: Clock) -> AudioClock:
        if self._sound is None:
            self._sound = AudioClock(clock, self._stream.codec_context.rate, self._samples)
        return self._sound


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
    if not packet.has_sidedata("skip_samples"):
        return 0, 0
    before, after = struct.unpack("<II", bytes(packet.get_sidedata("skip_samples"))[:8])
    return before, after


def finest(stream: Any) -> Fraction:  # noqa: ANN401
    """The clock to ask for: a sound's sample clock where it is known, else the stream's own."""
    if stream.type == "audio" and stream.codec_context and stream.codec_context.rate:
        return Fraction(1, stream.codec_context.rate)
    return Fraction(stream.time_base)


def _hide(packet: Any, before: int, after: int) -> None:  # noqa: ANN401
    """Mark samples at its beginning and end; Matroska's muxer makes a DiscardPadding of the latter."""
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
