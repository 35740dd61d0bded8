"""Cuts that have to be proved: where a seek may give other pictures, and behind filters that see neighbouring frames.

One linear decode lists every frame, with a checksum of its picture. A cut is tried before anything is encoded: the
first frames after its seek have to be the ones of that list. One that fails is given up, and its two pieces are one.
When pieces are encoded, all of their frames are compared (`suture.command.proven`).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suture.chunker import chunks_from, is_loose, longest_group
from suture.command.proven import ProvenVideo
from suture.cuts import Cuts
from suture.encoder.video import Proof
from suture.errors import CommandFailed
from suture.media.listing import read_listed
from suture.orchestrator.once import run_once
from suture.planning.filters import are_near_sighted, can_be_counted, changes_frames, remembers
from suture.planning.frames import listed
from suture.planning.stages import raw
from suture.planning.trial import tried

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suture.command.frame_times import FrameTimes
    from suture.encoder import VideoEncoder
    from suture.media.index import FrameIndex
    from suture.model import ChunkData, StreamInfo
    from suture.planning.brief import Brief
    from suture.planning.frames import Looking, Packets

__all__ = ["Linear", "linear", "why_linear", "with_proved_cuts"]

# Frames behind a cut that are compared when it is tried.
_SAMPLE: Final = 8
# Frames that a filter may want to see before the first that counts, or a decoder may need to get going.
_CONTEXT: Final = 16
# What ffmpeg's fractions hold.
_LARGEST_NUMBER: Final = 2**31
# No film has so many frames a second.
_FASTEST: Final = Fraction(10_000)
# Where packets do not tell how far keyframes are apart, a seek goes back so many seconds.
_FAR: Final = Fraction(10)


@dataclass(frozen=True, slots=True)
class Linear:
    """What one linear decode gave.

    Args:
        index: of the frames behind the filters, if these are ``late``.
        proof: what pieces are held against.
        margin: seconds by which a seek goes back further than to the piece's first frame.
        whole: why it can't be cut all the same; empty where it can be tried.
        why: what gave cause for it.
        listing: the command that decoded.
    """

    index: FrameIndex
    proof: Proof
    margin: Fraction
    whole: str
    why: str
    listing: FrameTimes


def why_linear(brief: Brief, packets: Packets) -> str:
    """Why packets and filters do not tell which frames there are, or what a cut of them would show; empty: they do."""
    return packets.doubt or why_filtered(brief)


def why_filtered(brief: Brief) -> str:
    """What a filter does that forbids to cut unseen; empty where it does nothing of the kind."""
    chain = brief.settings.video_filter or ""
    if name := changes_frames(chain):
        return f"the filter {name} changes which frames there are"
    if name := remembers(chain):
        return f"what the filter {name} gives may depend on earlier frames or on their number"
    return ""


def linear(brief: Brief, stream: StreamInfo, packets: Packets, encoder: VideoEncoder, looking: Looking) -> Linear:
    """Decode once, and list what comes.

    Raises:
        CommandCancelled: looking was stopped.
        MediaError: nothing decodes.
    """
    chain = brief.settings.video_filter or ""
    late = bool(why_filtered(brief)) and can_be_counted(chain) and stream.index not in looking.whole
    # A range is chosen among the film's own frames, unless the filters keep to their times.
    late = late and (are_near_sighted(chain) or not brief.settings.is_part)
    listing = str(Path(brief.folder) / f"video-{stream.index}.frames")
    tick = _tick(brief, stream, packets.index, encoder, looking) if late else stream.time_base
    form = "" if late or not stream.pix_fmt or "yuvj" in stream.pix_fmt else stream.pix_fmt
    proof = Proof(listing, tick, late, form, stream.time_base)
    why = why_linear(brief, packets)
    looking.on_note(f"decoding video stream {stream.index} once to know its frames: {why}")
    command = replace(encoder, proof=proof).lister(stream.index, brief.info.path, listing, tick)
    index = listed(command, looking)
    keys = packets.index.keyframes()
    if timeless := _timeless(stream, index):
        index = index.regular(stream.frame_rate or Fraction(25))
    index = index.with_keys([packets.index.time(key) for key in keys])
    margin = _margin(brief, packets) + _CONTEXT * index.gap() * index.time_base
    return Linear(
        index, proof, margin, timeless or _why_whole(brief, stream, packets, index, encoder, looking), why, command
    )


def _margin(brief: Brief, packets: Packets) -> Fraction:
    """Seconds by which a seek goes back so that all that is needed is decoded; a trial shows whether it was."""
    index = packets.index
    if not packets.doubt and not index.open_groups and not is_loose(brief.info.format):
        return Fraction(0)
    return 2 * (longest_group(index) if len(index.keyframes()) > 1 else _FAR)


def _timeless(stream: StreamInfo, index: FrameIndex) -> str:
    """That no reader found times in a stream, so that they were counted in ticks; empty where there are times."""
    nominal = stream.frame_rate or Fraction(25)
    if len(index) < _SAMPLE or index.rate() < max(_FASTEST, 2 * nominal):
        return ""
    return f"its frames have no times, and are given {float(nominal):g} a second"


def _why_whole(
    brief: Brief, stream: StreamInfo, packets: Packets, index: FrameIndex, encoder: VideoEncoder, looking: Looking
) -> str:
    """Why not even a proved cut is tried."""
    why = why_filtered(brief)
    if stream.index in looking.whole:
        return packets.doubt
    if index.trouble or not index.is_ascending():
        return index.trouble or "its frames have no times of their own, each later than the one before"
    if why and not are_near_sighted(brief.settings.video_filter or ""):
        return why
    if encoder.burn is not None and (why or brief.tracks.burnt is not None):
        return "subtitles are burnt in"
    return "its filters run on a device" if encoder.device or encoder.slot else ""


def _tick(brief: Brief, stream: StreamInfo, index: FrameIndex, encoder: VideoEncoder, looking: Looking) -> Fraction:
    """The clock behind the filters."""
    chunk = chunks_from(index, Cuts((0,), ""), brief.info.path)[0]
    seen = tried(raw(encoder).command(chunk, "-", f"clock-{stream.index}"), brief.folder, looking.cancel)
    tick = (seen.tick if seen else None) or stream.time_base
    # What is taken off before the filters has to be given back behind them, to the tick.
    common = Fraction(gcd(tick.numerator * stream.time_base.denominator, stream.time_base.numerator * tick.denominator))
    both = common / (tick.denominator * stream.time_base.denominator)
    return both if brief.info.start_us and both.denominator < _LARGEST_NUMBER else tick


def with_proved_cuts(
    brief: Brief, found: Linear, cuts: Cuts, chunks: Sequence[ChunkData], encoder: VideoEncoder, looking: Looking
) -> Cuts:
    """The cuts that hold: after their seek come the frames that a linear decode gives there.

    Args:
        brief: the job.
        found: the linear decode.
        cuts: that are wanted.
        chunks: the ranges between them.
        encoder: with the proof.
        looking: how the source is looked at.
    """
    folder = Path(brief.folder)
    commands = [
        encoder.command(chunk, str(folder / f"cut-{chunk.stream_index}-{chunk.start_frame}")) for chunk in chunks[1:]
    ]
    with ThreadPoolExecutor(max(1, brief.cores)) as pool:
        holds = list(pool.map(lambda command: _holds(command, looking), commands))
    starts = (cuts.starts[0], *(start for start, good in zip(cuts.starts[1:], holds, strict=True) if good))
    if len(starts) == 1:
        return Cuts(starts, f"one piece: {found.why}, and no cut of it gave the frames of a linear decode")
    dropped = f"; {holds.count(False)} more did not give the frames of a linear decode" if not all(holds) else ""
    return Cuts(starts, f"{cuts.reason}; each frame is proved against a linear decode ({found.why}){dropped}")


def _holds(command: object, looking: Looking) -> bool:
    assert isinstance(command, ProvenVideo)  # noqa: S101 - the encoder has a proof
    path = f"{command.output_path}.frames"
    try:
        run_once(command.sample(path, _SAMPLE), looking.context())
        made = read_listed(path)
    except (CommandFailed, OSError, ValueError):
        return False
    wanted = read_listed(command.listing, command.first, min(_SAMPLE, command.expected or _SAMPLE))
    return len(made) >= len(wanted) and all(a.is_like(b) for a, b in zip(made, wanted, strict=False))
